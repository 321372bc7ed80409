//go:build linux

package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/test/crash/cutfs"
)

// create is a process that opens the store of a folder that may be empty, says
// so, writes one entry, and says how many there are.
func create() error {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	_, missing := os.Stat(storePath(o.Dir))
	db, err := bolt.Open(storePath(o.Dir), bolt.Options{FlushBytes: o.FlushBytes})
	if err != nil {
		return errors.Join(err, out.Encode(event{Failed: err.Error()}))
	}
	if err := out.Encode(event{Opened: true, Made: errors.Is(missing, fs.ErrNotExist)}); err != nil {
		return err
	}
	for range 3 {
		var size uint64
		err := db.Ledger().Update(context.Background(), func(tx ledger.Tx) error {
			e, err := ledger.Decide(tx, ledger.Actor{Role: "server", Name: "test"}, "", "test", "", nil)
			size = e.Seq + 1
			return err
		})
		if err != nil {
			return err
		}
		if err := out.Encode(event{Audit: &audit{Size: size}}); err != nil {
			return err
		}
	}
	return db.Close()
}

// grown is what is known of a store that is made and grows under cuts.
type grown struct {
	disk  *cutfs.Disk
	dir   string
	made  bool   // Open has returned
	size  uint64 // entries that were acknowledged
	doubt uint64 // that may be there besides: one for each cut
	ops   int    // of the last step
}

// step starts the process, cuts the power at the n-th operation, or lets it
// end where n is 0, and returns what is wrong.
func (g *grown) step(t *testing.T, n int, torn *rand.Rand) string {
	t.Helper()
	mount, err := g.disk.Mount(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	fired := g.disk.Arm(cutfs.Fault{At: n})
	p, err := startAs("create", order{Dir: g.dir, FlushBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	complaint := ""
	for e := range p.events {
		switch {
		case e.Failed != "" && !isClosed(fired):
			complaint = e.Failed
		case e.Opened && e.Made && g.made:
			complaint = "a store that was there is gone"
		case e.Opened:
			g.made = true
		case e.Audit != nil && (e.Audit.Size <= g.size || e.Audit.Size > g.size+1+g.doubt):
			complaint = fmt.Sprintf("entry %d was made after %d were acknowledged and up to %d more", e.Audit.Size, g.size, g.doubt)
		case e.Audit != nil:
			g.size, g.doubt = e.Audit.Size, 0
		}
	}
	<-p.exited
	g.doubt++
	if complaint == "" && p.waitErr != nil && !isClosed(fired) {
		complaint = p.waitErr.Error() + ": " + p.log.String()
	}
	g.ops = g.disk.Ops()
	if err := mount.Unmount(); err != nil {
		t.Fatal(err)
	}
	g.disk.PowerOn(torn)
	return complaint
}

// The power goes while the store is made, its WAL begun, and its first entries
// are written and flushed: what Open has returned once is there for ever.
func TestPowerCut_create(t *testing.T) {
	skipShort(t)
	cutfs.Need(t)
	whole := &grown{disk: cutfs.New(), dir: t.TempDir()}
	if wrong := whole.step(t, 0, nil); wrong != "" {
		t.Fatal(wrong)
	}
	seed := seedOf(t)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for _, torn := range []*rand.Rand{nil, rnd} {
		for _, n := range sample(whole.ops, counts(t, 6)) {
			g := &grown{disk: cutfs.New(), dir: whole.dir}
			for i, at := range []int{n, 1 + rnd.IntN(20), 0, 0} {
				if wrong := g.step(t, at, torn); wrong != "" {
					t.Errorf("JATE_CRASH_SEED=%d: cut at %d (torn %v), start %d: %s", seed, n, torn != nil, i+1, wrong)
					break
				}
			}
		}
	}
}

// The same on a disk that does not sync its folders: the store is lost, and the
// test sees it.
func TestPowerCut_createControl(t *testing.T) {
	skipShort(t)
	cutfs.Need(t)
	g := &grown{disk: cutfs.New(), dir: t.TempDir()}
	g.disk.IgnoreFolderSync = true
	if wrong := g.step(t, 0, nil); wrong != "" {
		t.Fatal(wrong)
	}
	if wrong := g.step(t, 0, nil); wrong == "" {
		t.Error("a disk that forgets the names of files keeps a store")
	}
}
