//go:build linux

package crash

import (
	"errors"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/jate-cva/jate/test/crash/cutfs"
)

// powered is a run on a disk whose power can be cut.
type powered struct {
	*run
	disk   *cutfs.Disk
	torn   bool
	rnd    *rand.Rand
	image  func(string) error // saves the disk as it was found last
	before []byte             // what clients had been told by then
}

// opsMax bounds the operations between the start of a server, or of trade, and
// an accident.
const opsMax = 200

// cutDay is a day on a disk that can be cut.
type cutDay struct{ storedDay }

func newCutDay(t *testing.T, p plan) cutDay {
	t.Helper()
	cutfs.Need(t)
	return cutDay{newStoredDay(t, p)}
}

func (d cutDay) begin(t *testing.T, rnd *rand.Rand, torn bool) *powered {
	t.Helper()
	return &powered{run: newRun(t, t.TempDir(), d.day, rnd, 2), disk: d.disk.Clone(), torn: torn, rnd: rnd}
}

// accident says what happens to a server on such a disk.
type accident struct {
	fault  cutfs.Fault
	early  bool // counted from the start of the server, not of trade
	killed bool // and afterwards only the process is gone: the disk still has what was not synced
}

// chance draws an accident: mostly a cut, at any operation while it opens or
// serves, mostly an early one.
func chance(rnd *rand.Rand) accident {
	a := accident{early: rnd.IntN(3) == 0, killed: rnd.IntN(6) == 0}
	most := 1 << rnd.IntN(8)
	a.fault.At = 1 + rnd.IntN(min(most, opsMax))
	if a.early {
		a.fault.At = 1 + rnd.IntN(min(most, 40))
	}
	switch rnd.IntN(10) {
	case 0:
		a.fault.Errno = syscall.EIO
	case 1:
		a.fault.Errno = syscall.ENOSPC
	}
	return a
}

// live starts the server on the disk, has the accident happen to it, and leaves
// the disk as the next server finds it.
func (r *powered) live(a accident) {
	r.t.Helper()
	mount, err := r.disk.Mount(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	fired := r.disk.Arm(cutfs.Fault{})
	if a.early {
		fired = r.disk.Arm(a.fault)
	}
	p, err := start(r.order())
	if err != nil {
		r.t.Fatal(errors.Join(err, mount.Unmount()))
	}
	cut := fired
	if a.fault.Errno != 0 {
		cut = nil // an error is met by the server itself
	}
	url, err := r.await(p, cut)
	switch {
	case err == nil && url != "" && r.told.ok():
		if !a.early {
			fired = r.disk.Arm(a.fault)
		}
		r.load(p, url, fired, a)
	case errors.Is(err, errEnded) && isClosed(fired):
		// It refused a disk that failed under it.
	case err != nil:
		r.corrupt("%v", err)
	}
	if err := errors.Join(p.kill(), r.after(mount, a)); err != nil {
		r.t.Fatal(err)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// load lets the clients trade until the accident, and after an error until the
// server has met it: it either stops, or did not need what failed.
func (r *powered) load(p *process, url string, fired <-chan struct{}, a accident) {
	stop, traded := r.tradeAt(url)
	select {
	case <-fired:
		if a.fault.Errno != 0 {
			select {
			case <-p.exited:
			case <-traded:
			case <-time.After(300 * time.Millisecond):
			}
		}
	case <-p.exited:
		r.corrupt("the server ended by itself: %s", p.log)
	case <-traded: // all is sold: cut what still goes on behind
		select {
		case <-fired:
		case <-time.After(50 * time.Millisecond):
		}
	case <-time.After(patience):
		r.corrupt("no accident and no end of trade within %v: %s", patience, p.log)
	}
	r.disk.Cut()
	if err := p.kill(); err != nil {
		r.corrupt("%v", err)
	}
	stop()
}

// after takes the disk away from the dead process and switches it on again.
func (r *powered) after(m *cutfs.Mount, a accident) error {
	if err := m.Unmount(); err != nil {
		return err
	}
	var torn *rand.Rand
	if r.torn {
		torn = r.rnd
	}
	if a.killed {
		r.disk.Revive()
	} else {
		r.disk.PowerOn(torn)
	}
	if r.told.ok() {
		c := r.disk.Clone()
		r.image, r.before = c.Save, r.snapshot()
	}
	return nil
}

// end lives the rest of the day without an accident.
func (r *powered) end() {
	r.t.Helper()
	mount, err := r.disk.Mount(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	r.finish()
	if err := mount.Unmount(); err != nil {
		r.t.Fatal(err)
	}
}

// cuts lives days until there were n accidents.
func (d cutDay) cuts(t *testing.T, kind string, n int, torn bool) {
	seed := seedOf(t)
	rnd := rand.New(rand.NewPCG(seed, 0))
	sum := newTally()
	defer func() { sum.report(kind, seed) }()
	for sum.accidents < n && !t.Failed() {
		r := d.begin(t, rnd, torn)
		for sum.accidents < n && r.told.ok() && !r.told.all() {
			r.live(chance(rnd))
			sum.accidents++
		}
		r.over(kind, seed, sum)
	}
}

// over lives the rest of the day without an accident, and reports.
func (r *powered) over(kind string, seed uint64, sum *tally) {
	r.t.Helper()
	if r.told.ok() {
		r.end()
	}
	sum.add(r.told)
	if !r.told.ok() {
		r.fail(kind, seed)
		if r.image != nil {
			r.keep(r.image, r.before)
		}
	}
}

// Nothing that was acknowledged is lost when the power goes, at whatever step.
func TestPowerCut(t *testing.T) {
	cutfs.Need(t)
	d := cutDay{newBusyDay(t)}
	t.Run("plain", func(t *testing.T) { d.cuts(t, "power cuts", counts(t, 15), false) })
	t.Run("torn", func(t *testing.T) { d.cuts(t, "power cuts, torn", counts(t, 15), true) })
}

// The harness bites: on a disk that says it has synced and has not, the same
// cuts lose what was acknowledged, and the oracle sees it.
func TestPowerCut_control(t *testing.T) {
	d := newCutDay(t, plan{tills: 2, vouchers: 60})
	for _, torn := range []bool{false, true} {
		for i := range 4 {
			r := d.begin(t, rand.New(rand.NewPCG(1, uint64(i))), torn)
			r.disk.IgnoreSync, r.patience = true, 10*time.Second // a broken store may hang
			for range 20 {
				r.live(accident{fault: cutfs.Fault{At: 150}})
				if !r.told.ok() {
					break
				}
			}
			if r.told.ok() {
				r.end()
			}
			if r.told.ok() {
				t.Errorf("torn %v, day %d: nothing is wrong after cuts of a disk that never syncs (%d answers)", torn, i, r.told.Acks)
			}
		}
	}
}
