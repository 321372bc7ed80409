package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jate-cva/jate/fault"
)

var errRefused = errors.New("refused")

// gate holds the writer inside a function, so that a queue builds up behind it.
// A call of the function it returns lets the writer go.
func gate(t *testing.T, db *DB) (release func()) {
	t.Helper()
	inside, goOn := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- db.Update(context.Background(), func(*Tx) error {
			close(inside)
			<-goOn
			return nil
		})
	}()
	<-inside
	return func() {
		close(goOn)
		if err := <-ended; err != nil {
			t.Errorf("the gate: %v", err)
		}
	}
}

// enqueue starts each function by Update and returns when all stand in the
// queue, in that order. The function it returns waits for their errors.
func enqueue(db *DB, fns ...func(*Tx) error) (wait func() []error) {
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		n := len(db.queue)
		wg.Go(func() { errs[i] = db.Update(context.Background(), fn) })
		for len(db.queue) == n {
			runtime.Gosched()
		}
	}
	return func() []error {
		wg.Wait()
		return errs
	}
}

// An Update whose function does not succeed leaves nothing, and harms nobody.
func TestASVS_2_3_3_leavesNothing(t *testing.T) {
	db := newDB(t, Options{})
	if err := db.Update(t.Context(), put("k", "before")); err != nil {
		t.Fatal(err)
	}
	write := func(tx *Tx) error {
		return errors.Join(put("k", "after")(tx), put("new", "x")(tx),
			tx.put(bucketB, []byte("new"), nil), tx.delete(bucketA, []byte("k")))
	}
	untouched := func(t *testing.T) {
		t.Helper()
		if v, _ := value(t, db, bucketA, "k"); v != "before" {
			t.Errorf("k = %q, want what it was before", v)
		}
		for _, b := range []bucket{bucketA, bucketB} {
			if _, found := value(t, db, b, "new"); found {
				t.Errorf("%s holds what a failed function wrote", bucketNames[b])
			}
		}
	}
	t.Run("after an error", func(t *testing.T) {
		err := db.Update(t.Context(), func(tx *Tx) error { return errors.Join(write(tx), errRefused) })
		if !errors.Is(err, errRefused) {
			t.Errorf("got %v, want the function's error", err)
		}
		untouched(t)
	})
	t.Run("after a panic, which is an internal error", func(t *testing.T) {
		err := db.Update(t.Context(), func(tx *Tx) error {
			_ = write(tx)
			panic("a mistake")
		})
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("got %v, want an internal error", err)
		}
		untouched(t)
	})
	t.Run("after its goroutine was ended", func(t *testing.T) {
		err := db.Update(t.Context(), func(tx *Tx) error {
			_ = write(tx)
			runtime.Goexit() // as t.FailNow does
			return nil
		})
		if !errors.Is(err, ErrAborted) {
			t.Errorf("got %v, want ErrAborted", err)
		}
		untouched(t)
	})
	t.Run("and costs no commit", func(t *testing.T) {
		if n := count(db.metrics.commits); n != 1 {
			t.Errorf("%d commits, want the first one only", n)
		}
	})
	t.Run("and the writer goes on", func(t *testing.T) {
		if err := db.Update(t.Context(), put("k", "later")); err != nil {
			t.Error(err)
		}
	})
}

// Functions of one batch run in order, see what the ones before them did, and
// never what a failed one did.
func TestDB_Update_batchOrder(t *testing.T) {
	db := newDB(t, Options{})
	add := func(s string, fails func() error) func(*Tx) error {
		return func(tx *Tx) error {
			if err := tx.put(bucketA, []byte("k"), append(tx.get(bucketA, []byte("k")), s...)); err != nil {
				return err
			}
			return fails()
		}
	}
	succeed := func() error { return nil }
	release := gate(t, db)
	wait := enqueue(db,
		add("1", succeed),
		add("2", func() error { return errRefused }),
		add("3", succeed),
		add("4", func() error { panic("a mistake") }),
		func(tx *Tx) error { return tx.delete(bucketA, []byte("k")) },
		add("6", succeed),
		add("7", succeed),
		func(tx *Tx) error {
			if got := string(tx.get(bucketA, []byte("k"))); got != "67" {
				return fmt.Errorf("the eighth sees %q, want 67", got)
			}
			return nil
		},
	)
	release()
	errs := wait()
	for i, failed := range []bool{false, true, false, true, false, false, false, false} {
		if (errs[i] != nil) != failed {
			t.Errorf("function %d: %v", i+1, errs[i])
		}
	}
	if v, _ := value(t, db, bucketA, "k"); v != "67" {
		t.Errorf("k = %q after the commit, want 67", v)
	}
	if n := count(db.metrics.commits); n != 1 {
		t.Errorf("%d commits for one batch", n)
	}
}

// Commands that wait together share commits: at most one for each BatchMax.
func TestDB_Update_sharesCommits(t *testing.T) {
	const commands, batchMax = 300, 150 // the queue holds two batches
	db := newDB(t, Options{BatchMax: batchMax})
	release := gate(t, db)
	fns := make([]func(*Tx) error, commands)
	for i := range fns {
		fns[i] = put(fmt.Sprint(i), "x")
	}
	wait := enqueue(db, fns...)
	release()
	for i, err := range wait() {
		if err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
	}
	// The gate is one of the first batch, so that one command is left over.
	if n := count(db.metrics.commits); n != commands/batchMax+1 {
		t.Errorf("%d commits for %d commands", n, commands)
	}
	// One sync a group, and a few while the WAL's file grows.
	if n := count(db.metrics.syncs) - count(db.metrics.commits); n < 1 || n > 2 {
		t.Errorf("%d syncs more than groups", n)
	}
	if n := count(db.metrics.commands.WithLabelValues(outcomeCommitted)); n != commands+1 {
		t.Errorf("%d commands counted", n)
	}
}

// A caller who gives up before the function started is told that it never
// runs; one who gives up later is told the outcome.
func TestDB_Update_context(t *testing.T) {
	t.Run("ended before the call", func(t *testing.T) {
		db := newDB(t, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Update(ctx, put("k", "v")); !errors.Is(err, context.Canceled) {
			t.Errorf("Update: %v", err)
		}
		if err := db.View(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("View: %v", err)
		}
	})
	t.Run("ended in the queue", func(t *testing.T) {
		db := newDB(t, Options{})
		release := gate(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- db.Update(ctx, put("k", "v")) }()
		for len(db.queue) == 0 {
			runtime.Gosched()
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		release()
		if _, found := value(t, db, bucketA, "k"); found {
			t.Error("it ran all the same")
		}
	})
	t.Run("ended while it ran", func(t *testing.T) {
		db := newDB(t, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Update(ctx, func(tx *Tx) error {
			cancel()
			return put("k", "v")(tx)
		})
		if err != nil {
			t.Errorf("got %v, want the outcome", err)
		}
		if _, found := value(t, db, bucketA, "k"); !found {
			t.Error("it is not stored")
		}
	})
	t.Run("ended while the queue was full", func(t *testing.T) {
		db := newDB(t, Options{BatchMax: 1})
		release := gate(t, db)
		wait := enqueue(db, put("1", ""), put("2", ""))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- db.Update(ctx, put("3", "")) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		release()
		wait()
	})
}

// A View sees commits, whole, and nothing that is not durable.
func TestDB_View(t *testing.T) {
	t.Run("sees nothing of a function that is running", func(t *testing.T) {
		db := newDB(t, Options{})
		wrote, goOn := make(chan struct{}), make(chan struct{})
		done := make(chan error)
		go func() {
			done <- db.Update(context.Background(), func(tx *Tx) error {
				err := put("k", "v")(tx)
				close(wrote)
				<-goOn
				return err
			})
		}()
		<-wrote
		if _, found := value(t, db, bucketA, "k"); found {
			t.Error("it saw what was not committed")
		}
		close(goOn)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if _, found := value(t, db, bucketA, "k"); !found {
			t.Error("it does not see the commit")
		}
	})
	t.Run("refuses writes", func(t *testing.T) {
		db := newDB(t, Options{})
		err := db.View(t.Context(), put("k", "v"))
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("put: %v", err)
		}
		err = db.View(t.Context(), func(tx *Tx) error { return tx.delete(bucketA, []byte("k")) })
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("delete: %v", err)
		}
	})
	t.Run("turns a panic into an internal error", func(t *testing.T) {
		db := newDB(t, Options{})
		err := db.View(t.Context(), func(*Tx) error { panic("a mistake") })
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("got %v", err)
		}
	})
}

// What would wait for itself is refused instead.
func TestDB_nested(t *testing.T) {
	if !findNesting {
		t.Skip("built without the race detector, which is what looks for it")
	}
	db := newDB(t, Options{})
	nothing := func(*Tx) error { return nil }
	calls := map[string]func() error{
		"View":   func() error { return db.View(t.Context(), nothing) },
		"Update": func() error { return db.Update(t.Context(), nothing) },
		"Backup": func() error { _, err := db.Backup(t.Context(), io.Discard); return err },
		"Check":  db.Check,
		"Close":  db.Close,
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			inside := func(*Tx) error { return call() }
			if err := db.Update(t.Context(), inside); !errors.Is(err, ErrNested) {
				t.Errorf("in Update: %v", err)
			}
			if err := db.View(t.Context(), inside); !errors.Is(err, ErrNested) {
				t.Errorf("in View: %v", err)
			}
		})
	}
}

// BenchmarkUpdate is one small durable command from each of 64 callers.
func BenchmarkUpdate(b *testing.B) {
	db := newDB(b, Options{})
	b.SetParallelism(32)
	var next atomic.Uint64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k := key{}.u64(next.Add(1))
			if err := db.Update(b.Context(), func(tx *Tx) error { return tx.put(bucketA, k.b, k.b) }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(count(db.metrics.commits))/float64(b.N), "fsyncs/op")
}
