package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// asKilled copies the files of an open store at which nobody is at work, as the
// kernel would have them had its process been killed.
func asKilled(t testing.TB, db *DB, from, to string) {
	t.Helper()
	db.flushing.Lock()
	defer db.flushing.Unlock()
	for _, name := range []string{"", "-wal-0", "-wal-1"} {
		p, err := os.ReadFile(from + name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		// The zeros that a file has grown by ahead of its content are not copied.
		used := len(p)
		for used >= len(zeros) && bytes.Equal(p[used-len(zeros):used], zeros[:]) {
			used -= len(zeros)
		}
		err = os.WriteFile(to+name, p[:used], 0o600)
		if err := errors.Join(err, os.Truncate(to+name, int64(len(p)))); err != nil {
			t.Fatal(err)
		}
	}
}

// killedStore returns the path of a store that was killed before it flushed
// what n updates did: key i holds i.
func killedStore(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	db := open(t, dir+"/store", Options{})
	for i := range n {
		if err := db.Update(t.Context(), put(fmt.Sprint(i), fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	asKilled(t, db, dir+"/store", dir+"/killed")
	return dir + "/killed"
}

// holds returns how many of killedStore's keys are there, from 0 on.
func holds(t *testing.T, db *DB, n int) (found int) {
	t.Helper()
	for i := range n {
		if v, ok := value(t, db, bucketA, fmt.Sprint(i)); ok && v == fmt.Sprint(i) {
			if found != i {
				t.Errorf("%d is there, %d is not", i, found)
			}
			found++
		}
	}
	return found
}

// edit changes a file in place.
func edit(t *testing.T, path string, fn func([]byte) []byte) {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, fn(p), 0o600); err != nil {
		t.Fatal(err)
	}
}

const groups = 5

// What was acknowledged is in the WAL and comes back; what the last write left
// unfinished was not acknowledged and does not; anything else is damage.
func TestOpen_wal(t *testing.T) {
	const first = "-wal-1" // segments count from 1
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  int // groups that come back; -1 for ErrDamaged, -2 for ErrNotStore
	}{
		"as it was": {func(*testing.T, string) {}, groups},
		"the last group torn": {func(t *testing.T, path string) {
			edit(t, path+first, func(p []byte) []byte { p[(groups-1)*walBlock+walHeader+3] ^= 1; return p })
		}, groups - 1},
		"the last group's header torn": {func(t *testing.T, path string) {
			edit(t, path+first, func(p []byte) []byte { clear(p[(groups-1)*walBlock:][:20]); return p })
		}, groups - 1},
		"the file cut inside the last group": {func(t *testing.T, path string) {
			edit(t, path+first, func(p []byte) []byte { return p[:(groups-1)*walBlock+walHeader+2] })
		}, groups - 1},
		"a group in the middle changed": {func(t *testing.T, path string) {
			edit(t, path+first, func(p []byte) []byte { p[2*walBlock+walHeader] ^= 1; return p })
		}, -1},
		"the first group lost": {func(t *testing.T, path string) {
			edit(t, path+first, func(p []byte) []byte { clear(p[:walBlock]); return p })
		}, -1},
		"another store's": {func(t *testing.T, path string) {
			other := killedStore(t, 1)
			if err := os.Rename(other+first, path+first); err != nil {
				t.Fatal(err)
			}
		}, -2},
		"an earlier bbolt file under it": {func(t *testing.T, path string) {
			// The store goes on through two more segments, and then the bbolt
			// file of before comes back.
			db := open(t, path, Options{})
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := errors.Join(db.Update(t.Context(), put("k", "v")), db.Flush(t.Context())); err != nil {
					t.Fatal(err)
				}
			}
			later := t.TempDir() + "/store"
			asKilled(t, db, path, later)
			db.Close()
			edit(t, path, func([]byte) []byte { return old })
			if err := errors.Join(os.Remove(path+"-wal-0"), os.Rename(later+"-wal-1", path+"-wal-1")); err != nil {
				t.Fatal(err)
			}
		}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			path := killedStore(t, groups)
			tt.spoil(t, path)
			db, err := Open(path, Options{})
			switch {
			case tt.want == -1 && errors.Is(err, ErrDamaged), tt.want == -2 && errors.Is(err, ErrNotStore):
				return
			case tt.want < 0 || err != nil:
				t.Fatalf("got %v", err)
			}
			defer db.Close()
			if n := holds(t, db, groups); n != tt.want {
				t.Errorf("%d groups came back, want %d", n, tt.want)
			}
			if err := db.Update(t.Context(), put("more", "v")); err != nil {
				t.Error(err)
			}
		})
	}
}

// A flush that stopped after any of its transactions is made again.
func TestOpen_flushInterrupted(t *testing.T) {
	for _, part := range []int{0, 1, 7, 3 * groups} {
		path := killedStore(t, 3*groups)
		file, err := openFile(path, Options{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		var changes []change
		for i := range part {
			changes = append(changes, change{bucket: bucketA, key: []byte(fmt.Sprint(i)), value: []byte(fmt.Sprint(i))})
		}
		slices.SortFunc(changes, func(a, b change) int { return bytes.Compare(a.key, b.key) })
		tx, err := file.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(writeChanges(newSnapshot(tx), changes, mark{1, 3 * groups}, false), tx.Commit(), file.Close()); err != nil {
			t.Fatal(err)
		}
		db := open(t, path, Options{})
		if n := holds(t, db, 3*groups); n != 3*groups {
			t.Errorf("after %d of %d changes were flushed, %d are there", part, 3*groups, n)
		}
	}
}

// A View sees one state while segments are frozen, flushed and written over.
func TestDB_View_duringFlushes(t *testing.T) {
	db := newDB(t, Options{FlushBytes: 1, flushChanges: 1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 400 {
			v := []byte(fmt.Sprint(i))
			err := db.Update(t.Context(), func(tx *Tx) error {
				return errors.Join(tx.put(bucketA, []byte("k"), v), tx.put(bucketB, []byte("k"), v), tx.put(bucketA, v, v))
			})
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		err := db.View(t.Context(), func(tx *Tx) error {
			a, b := string(tx.get(bucketA, []byte("k"))), string(tx.get(bucketB, []byte("k")))
			rows := 0
			for range tx.scan(bucketA, span{}) {
				rows++
			}
			var n int
			if fmt.Sscan(a, &n); a != b || a != "" && rows != n+2 {
				return fmt.Errorf("a state with %q, %q and %d rows", a, b, rows)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := count(db.metrics.flushes); n < 2 {
		t.Errorf("%d flushes", n)
	}
}

// The WAL's two files stop growing, however much goes through them.
func TestWAL_bounded(t *testing.T) {
	path := t.TempDir() + "/store"
	db := open(t, path, Options{FlushBytes: 256 << 10})
	size := func() (sum int64) {
		for _, name := range []string{"-wal-0", "-wal-1"} {
			if info, err := os.Stat(path + name); err == nil {
				sum += info.Size()
			}
		}
		return sum
	}
	var sizes []int64
	for range 4 {
		for i := range 200 {
			if err := db.Update(t.Context(), put(fmt.Sprint(i), strings.Repeat("v", 3000))); err != nil {
				t.Fatal(err)
			}
		}
		sizes = append(sizes, size())
	}
	if sizes[1] != sizes[3] || sizes[3] > 4<<20 {
		t.Errorf("sizes %v", sizes)
	}
	db.Close()
	if n := size(); n != 0 {
		t.Errorf("%d bytes after a clean end", n)
	}
	if n := count(db.metrics.bytes); n != 4*200*walBlock {
		t.Errorf("%d bytes for 800 groups of one block", n)
	}
}

// Whatever stands in a WAL's file, reading it ends, with what was written or
// without.
func FuzzReadGroup(f *testing.F) {
	w := &wal{id: storeID{1}}
	for _, payload := range []string{"", "x", strings.Repeat("long", 2000)} {
		p := append(make([]byte, walHeader), payload...)
		sealGroup(p, w.id, mark{3, 9})
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		g, err := readGroup(bytes.NewReader(p), int64(len(p)), 0, 1)
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if g == nil {
			return
		}
		again := append(make([]byte, walHeader), g.payload...)
		sealGroup(again, g.id, g.mark)
		if !bytes.Equal(again, p[:len(again)]) {
			t.Fatal("it is not what was written")
		}
	})
}

// Whatever a group's payload holds, reading it ends, and what it gives is what
// would be written for it.
func FuzzReadChanges(f *testing.F) {
	put := func(into *group) func(*change) {
		m := newMemory()
		return func(c *change) { m.lay(c, into, 0) }
	}
	seed := newGroup(1)
	lay := put(seed)
	for _, c := range []change{
		{bucket: bucketA, key: []byte("k"), value: []byte("v")},
		{bucket: bucketA, key: []byte("l"), deleted: true},
		{bucket: bucketB, key: []byte("k"), value: []byte{}},
	} {
		lay(&c)
	}
	f.Add(seed.appendTo(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		got := newGroup(1)
		if readChanges(p, put(got)) != nil {
			return
		}
		again := newGroup(1)
		if err := readChanges(got.appendTo(nil), put(again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.appendTo(nil), again.appendTo(nil)) {
			t.Fatal("it reads otherwise again")
		}
	})
}
