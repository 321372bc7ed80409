package bolt

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// Buckets that only tests use.
var (
	bucketA = newBucket("test-a")
	bucketB = newBucket("test-b")
)

// child names what this binary does instead of tests, where a test starts it
// as a process to be killed or to run out of disk.
const child = "JATE_BOLT_TEST_CHILD"

func TestMain(m *testing.M) {
	run, ok := map[string]func(path string) error{
		"load": writeUntilKilled,
		"full": writeUntilFull,
	}[os.Getenv(child)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// open opens a store that is closed when the test ends.
func open(t testing.TB, path string, opt Options) *DB {
	t.Helper()
	db, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func newDB(t testing.TB, opt Options) *DB {
	t.Helper()
	return open(t, t.TempDir()+"/store", opt)
}

// inMemory returns a folder for stores that are killed and never cut off from
// their power: on the machine's memory disk, where it has one, as a real one
// takes a minute for the syncs of a few thousand of them.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "jate-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// removeStore removes a closed store.
func removeStore(t testing.TB, path string) {
	t.Helper()
	for _, name := range []string{"", "-wal-0", "-wal-1"} {
		if err := os.Remove(path + name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// value returns what the key holds, by a View.
func value(t testing.TB, db *DB, b bucket, key string) (v string, found bool) {
	t.Helper()
	err := db.View(t.Context(), func(tx *Tx) error {
		p := tx.get(b, []byte(key))
		v, found = string(p), p != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return v, found
}

func put(key, value string) func(*Tx) error {
	return func(tx *Tx) error { return tx.put(bucketA, []byte(key), []byte(value)) }
}

func count(c prometheus.Collector) int { return int(testutil.ToFloat64(c)) }
