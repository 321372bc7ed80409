//go:build linux

package crash

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jate-cva/jate/test/crash/cutfs"
)

// storedDay is a data folder to begin a day from again and again.
type storedDay struct {
	day  day
	disk *cutfs.Disk // as a copy of the folder; it is not mounted
}

func newStoredDay(t *testing.T, p plan) storedDay {
	t.Helper()
	skipShort(t)
	dir := t.TempDir()
	d := storedDay{newDay(t, dir, newKeys(t), p), cutfs.New()}
	if err := d.disk.Load(dir); err != nil {
		t.Fatal(err)
	}
	return d
}

// busyDay is made once: each test begins it on a copy.
var busyDay struct {
	once sync.Once
	storedDay
}

func newBusyDay(t *testing.T) storedDay {
	t.Helper()
	skipShort(t)
	busyDay.once.Do(func() { busyDay.storedDay = newStoredDay(t, plan{tills: 6, vouchers: 480}) })
	if busyDay.disk == nil {
		t.Fatal("the day could not be made")
	}
	return busyDay.storedDay
}

// begin puts the day into a folder of its own, on a real disk.
func (d storedDay) begin(t *testing.T, rnd *rand.Rand, most int) *run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := d.disk.Save(dir); err != nil {
		t.Fatal(err)
	}
	return newRun(t, dir, d.day, rnd, most)
}

// killed starts a server and kills it after a while: before it serves, or
// while it does.
func (r *run) killed(rnd *rand.Rand) {
	r.t.Helper()
	p, err := start(r.order())
	if err != nil {
		r.t.Fatal(err)
	}
	var now <-chan struct{}
	if rnd.IntN(4) == 0 {
		now = after(time.Duration(rnd.IntN(60)) * time.Millisecond)
	}
	url, err := r.await(p, now)
	if err != nil {
		r.corrupt("%v", err)
	}
	if url != "" && r.told.ok() {
		r.tradeFor(url, p, time.Duration(rnd.IntN(1<<rnd.IntN(8)))*time.Millisecond)
	}
	if err := p.kill(); err != nil {
		r.corrupt("%v", err)
	}
}

func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

// tradeFor lets the clients trade for a while and kills the server under them.
func (r *run) tradeFor(url string, p *process, d time.Duration) {
	stop, _ := r.tradeAt(url)
	select {
	case <-time.After(d):
	case <-p.exited:
		r.corrupt("the server ended by itself: %s", p.log)
	}
	if err := p.kill(); err != nil {
		r.corrupt("%v", err)
	}
	stop()
}

// folder saves the run's folder as it is.
func (r *run) folder(to string) error { return os.CopyFS(to, os.DirFS(r.dir)) }

// A server that is killed at any moment, again and again, forgets nothing that
// it answered. This proves the recovery, not that anything reached the disk.
func TestKill(t *testing.T) {
	const kind = "kills"
	n := counts(t, 40)
	d := newBusyDay(t)
	seed := seedOf(t)
	rnd := rand.New(rand.NewPCG(seed, 0))
	sum := newTally()
	defer func() { sum.report(kind, seed) }()
	for sum.accidents < n && !t.Failed() {
		r := d.begin(t, rnd, 2)
		before := r.snapshot()
		for sum.accidents < n && r.told.ok() && !r.told.all() {
			before = r.snapshot()
			r.killed(rnd)
			sum.accidents++
		}
		if r.told.ok() {
			r.finish()
		}
		sum.add(r.told)
		if !r.told.ok() {
			r.fail(kind, seed)
			r.keep(r.folder, before)
		}
		if err := os.RemoveAll(r.dir); err != nil {
			t.Error(err)
		}
	}
}
