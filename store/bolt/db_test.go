package bolt

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"

	"github.com/jate-cva/jate/fault"
)

func TestOpen(t *testing.T) {
	t.Run("makes a file that only its owner reads", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir+"/store", Options{})
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 1 {
			t.Errorf("left %v, want the store alone", files)
		}
		info, err := os.Stat(dir + "/store")
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
	})
	t.Run("a second opener is told that it is in use", func(t *testing.T) {
		path := t.TempDir() + "/store"
		open(t, path, Options{})
		_, err := Open(path, Options{})
		if !errors.Is(err, ErrInUse) || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("needs its folder", func(t *testing.T) {
		if _, err := Open(t.TempDir()+"/none/store", Options{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("keeps what is there, and adds buckets", func(t *testing.T) {
		path := t.TempDir() + "/store"
		db := open(t, path, Options{})
		if err := db.Update(t.Context(), put("k", "v")); err != nil {
			t.Fatal(err)
		}
		db.Close()
		bare(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(bucketNames[bucketB])) })
		db = open(t, path, Options{})
		if v, _ := value(t, db, bucketA, "k"); v != "v" {
			t.Errorf("k = %q", v)
		}
		if err := db.Update(t.Context(), func(tx *Tx) error { return tx.put(bucketB, []byte("k"), nil) }); err != nil {
			t.Error(err)
		}
	})
}

// bare changes a file behind the store's back.
func bare(t *testing.T, path string, fn func(*bbolt.Tx) error) {
	t.Helper()
	file, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Update(fn), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// What is not a store is refused and left as it is.
func TestOpen_refuses(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"another format": func(t *testing.T, path string) {
			open(t, path, Options{}).Close()
			bare(t, path, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("store")).Put(formatKey, []byte("jate 3"))
			})
		},
		"another program's bbolt file": func(t *testing.T, path string) {
			bare(t, path, func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucket([]byte("other"))
				return err
			})
		},
		"some other file": func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("a table;"), 4096), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"both first pages overwritten": func(t *testing.T, path string) {
			open(t, path, Options{}).Close()
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.Write(make([]byte, 2*os.Getpagesize())); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/store"
			spoil(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if db, err := Open(path, Options{}); !errors.Is(err, ErrNotStore) {
				t.Errorf("got %v, %v", db, err)
			}
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

func TestDB_Close(t *testing.T) {
	db := newDB(t, Options{BatchMax: 1}) // so that what is queued needs commits of its own
	release := gate(t, db)
	wait := enqueue(db, put("k", "v"), put("l", "v"))
	var closes sync.WaitGroup
	for range 3 {
		closes.Go(func() {
			if err := db.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	for closing := false; !closing; {
		db.closing.RLock()
		closing = db.closed
		db.closing.RUnlock()
	}
	release()
	for _, err := range wait() {
		if err != nil {
			t.Errorf("what was queued before: %v", err)
		}
	}
	closes.Wait()
	if err := db.Update(t.Context(), put("m", "v")); !errors.Is(err, ErrClosed) {
		t.Errorf("Update: %v", err)
	}
	if err := db.View(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("View: %v", err)
	}
	if err := db.Check(); !errors.Is(err, ErrClosed) {
		t.Errorf("Check: %v", err)
	}
}

// A store takes its metrics away with it, and two cannot share names.
func TestOpen_metrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	dir := t.TempDir()
	db := open(t, dir+"/one", Options{Registerer: reg})
	if err := db.Update(t.Context(), put("k", "v")); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "jate_store_") {
			t.Errorf("metric %s", f.GetName())
		}
	}
	if len(families) != len(db.metrics.all()) {
		t.Errorf("%d families of %d", len(families), len(db.metrics.all()))
	}
	if _, err := Open(dir+"/two", Options{Registerer: reg}); err == nil {
		t.Error("two stores share their metrics")
	}
	db.Close()
	open(t, dir+"/two", Options{Registerer: reg})
}

// A backup taken under load is a store, sound, and one state.
func TestDB_Backup(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir+"/store", Options{FlushBytes: 32 << 10, flushChanges: 3})
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	twice := func(i int) func(*Tx) error { // always in both buckets, or in neither
		k := key{}.u64(uint64(i)).b
		return func(tx *Tx) error {
			return errors.Join(tx.put(bucketA, k, make([]byte, 1000)), tx.put(bucketB, k, make([]byte, 1000)))
		}
	}
	for i := range 100 {
		if err := db.Update(ctx, twice(i)); err != nil {
			t.Fatal(err)
		}
	}
	writers.Go(func() {
		for i := 100; db.Update(ctx, twice(i)) == nil; i++ {
		}
	})
	f, err := os.Create(dir + "/copy")
	if err != nil {
		t.Fatal(err)
	}
	n, err := db.Backup(t.Context(), f)
	stop()
	writers.Wait()
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir + "/copy"); err != nil || info.Size() != n {
		t.Errorf("%d bytes reported: %v, %v", n, info, err)
	}
	backup := open(t, dir+"/copy", Options{})
	if err := backup.Check(); err != nil {
		t.Error(err)
	}
	err = backup.View(t.Context(), func(tx *Tx) error {
		rows := 0
		for k := range tx.scan(bucketA, span{}) {
			rows++
			if tx.get(bucketB, k) == nil {
				t.Errorf("%x is in one bucket only", k)
			}
		}
		if rows < 100 {
			t.Errorf("%d rows", rows)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Run("stops with its context", func(t *testing.T) {
		if _, err := db.Backup(ctx, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestDB_Check(t *testing.T) {
	path := t.TempDir() + "/store"
	db := open(t, path, Options{})
	for i := range 200 {
		if err := db.Update(t.Context(), put(fmt.Sprintf("key %03d", i), strings.Repeat("v", 200))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Check(); err != nil {
		t.Errorf("a sound store: %v", err)
	}
	db.Close()
	// Change a key in the middle of a page that is in use.
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte("key 100"), []byte("zzz 100"))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, Options{}).Check(); err == nil {
		t.Error("keys out of order were not found")
	}
}

// writeUntilKilled is a process that stores keys and says each one that was
// acknowledged, for as long as it lives.
func writeUntilKilled(path string) error {
	db, err := Open(path, Options{})
	if err != nil {
		return err
	}
	var say sync.Mutex
	errs := make(chan error)
	for range 8 {
		go func() {
			for {
				k := fmt.Sprintf("%016x", rand.Uint64())
				err := db.Update(context.Background(), func(tx *Tx) error {
					return errors.Join(tx.put(bucketA, []byte(k), []byte(k)), tx.put(bucketB, []byte(k), []byte(k)))
				})
				if err != nil {
					errs <- err
					return
				}
				say.Lock()
				fmt.Println(k)
				say.Unlock()
			}
		}()
	}
	return <-errs
}

// A killed process loses nothing that it acknowledged, and leaves no half of a
// command. (That the kernel's copy reaches the disk is for tests that cut power.)
func TestDB_killed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	var acknowledged []string
	for kill := range 4 {
		cmd := exec.Command(os.Args[0], path)
		cmd.Env = append(os.Environ(), child+"=load")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(out)
		for n := 0; said.Scan(); n++ {
			if len(said.Text()) == 16 { // the last line may be cut short
				acknowledged = append(acknowledged, said.Text())
			}
			if n == 100+137*kill {
				cmd.Process.Kill()
			}
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the process was not killed: %v", err)
		}
		checkAcknowledged(t, path, acknowledged)
	}
}

func checkAcknowledged(t *testing.T, path string, keys []string) {
	t.Helper()
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Check(); err != nil {
		t.Error(err)
	}
	err = db.View(t.Context(), func(tx *Tx) error {
		for _, k := range keys {
			if got := tx.get(bucketA, []byte(k)); string(got) != k {
				t.Errorf("the acknowledged %s is %q", k, got)
			}
		}
		for k := range tx.scan(bucketA, span{}) {
			if tx.get(bucketB, k) == nil {
				t.Errorf("half of the command %s is there", k)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
