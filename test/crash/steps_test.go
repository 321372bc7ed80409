//go:build linux

package crash

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/jate-cva/jate/test/crash/cutfs"
)

// A power cut between any two steps of a short day with one client, from the
// start of the server on, and another one while the store recovers from it. The
// store flushes every few receipts.
func TestPowerCut_steps(t *testing.T) {
	d := newCutDay(t, plan{tills: 1, vouchers: 12})
	for kind, step := range map[string]struct {
		torn  bool
		errno syscall.Errno
		short int
	}{
		"each step":       {false, 0, 5},
		"each step, torn": {true, 0, 5},
		"EIO at each":     {false, syscall.EIO, 3},
		"ENOSPC at each":  {false, syscall.ENOSPC, 3},
	} {
		t.Run(kind, func(t *testing.T) {
			seed := seedOf(t)
			rnd := rand.New(rand.NewPCG(seed, 0))
			sum := newTally()
			defer func() { sum.report("power cuts, "+kind, seed) }()
			for _, n := range sample(d.steps(t, rnd), counts(t, step.short)) {
				r := d.begin(t, rnd, step.torn)
				r.flushBytes = 4 << 10
				r.live(accident{fault: cutfs.Fault{At: n, Errno: step.errno}, early: true})
				sum.accidents++
				if r.told.ok() {
					r.live(accident{fault: cutfs.Fault{At: 1 + rnd.IntN(30)}, early: true})
					sum.accidents++
				}
				r.over(fmt.Sprintf("%s, step %d", kind, n), seed, sum)
			}
		})
	}
}

// steps returns how many operations a day takes that nothing happens on.
func (d cutDay) steps(t *testing.T, rnd *rand.Rand) int {
	t.Helper()
	r := d.begin(t, rnd, false)
	r.flushBytes = 4 << 10
	mount, err := r.disk.Mount(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	r.disk.Arm(cutfs.Fault{})
	r.finish()
	n := r.disk.Ops()
	if err := mount.Unmount(); err != nil {
		t.Fatal(err)
	}
	r.fail("a day without an accident", 0)
	return n
}

// The disk fills up under the server: it stops, keeps what it answered, and
// goes on when there is room again.
func TestFullDisk(t *testing.T) {
	const kind = "full disks"
	n := counts(t, 3)
	if n > 50 {
		n = 50
	}
	d := newCutDay(t, plan{tills: 4, vouchers: 120})
	seed := seedOf(t)
	rnd := rand.New(rand.NewPCG(seed, 0))
	sum := newTally()
	defer func() { sum.report(kind, seed) }()
	for sum.accidents < n && !t.Failed() {
		r := d.begin(t, rnd, false)
		r.disk.Limit(r.disk.Used() + int64(rnd.IntN(256<<10)))
		for range 2 { // started on the full disk it serves, or says why not
			r.fill()
		}
		sum.accidents++
		r.disk.Limit(0)
		r.over(kind, seed, sum)
	}
}

// fill trades until the server stops because the disk is full.
func (r *powered) fill() {
	r.t.Helper()
	mount, err := r.disk.Mount(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := start(r.order())
	if err != nil {
		r.t.Fatal(err)
	}
	if url, err := r.await(p, nil); err == nil {
		r.tradeUntil(url, p)
	} // or there was no room to begin with
	if err := p.kill(); err != nil {
		r.t.Fatal(err)
	}
	if err := r.after(mount, accident{killed: r.rnd.IntN(2) == 0}); err != nil {
		r.t.Fatal(err)
	}
}

// tradeUntil lets the clients trade until the server ends by itself, or until
// there was room for the whole day.
func (r *powered) tradeUntil(url string, p *process) {
	stop, traded := r.tradeAt(url)
	defer stop()
	select {
	case <-p.exited:
	case <-traded:
	case <-time.After(r.patience):
		r.corrupt("on a full disk the server goes on: %s", p.log)
	}
}
