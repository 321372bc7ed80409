package bolt

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// batchBytesMax is when a batch takes no further functions: memory, and the
// time of one commit, stay bounded.
const batchBytesMax = 64 << 20

// The states of a command. Whoever moves it on from queued decides whether the
// function runs.
const (
	queued int32 = iota
	started
	withdrawn
)

// command is a function in the queue, and where its caller waits.
type command struct {
	fn     func(*Tx) error
	state  atomic.Int32
	result error      // fn's, until the batch's outcome is known
	answer chan error // holds one, so that the writer never waits
}

// Update runs fn and makes what it wrote durable, or nothing of it where fn
// returns an error. fn must be quick and must not call the store, wait for
// anybody or do anything that cannot be undone: others wait for it.
//
// Where ctx ends before fn has started, Update returns ctx's error and fn never
// runs; once started, Update returns the outcome however long that takes.
// Otherwise it returns fn's error, an error of kind Internal where fn panicked,
// ErrOutcomeUnknown, ErrAborted, ErrFailed, ErrClosed, or ErrNested, which is
// detected on fn's own goroutine only.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if insideFunction() {
		return ErrNested
	}
	c := &command{fn: fn, answer: make(chan error, 1)}
	if err := db.enqueue(ctx, c); err != nil {
		return err
	}
	select {
	case err := <-c.answer:
		return err
	case <-ctx.Done():
		if c.state.CompareAndSwap(queued, withdrawn) {
			return ctx.Err()
		}
		return <-c.answer
	}
}

func (db *DB) enqueue(ctx context.Context, c *command) error {
	// Close waits for this lock, and the writer goes on until Close has it, so
	// that a sender is never left with a full queue that nobody reads.
	db.closing.RLock()
	defer db.closing.RUnlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case db.closed:
		return ErrClosed
	case db.hasFailed():
		return ErrFailed
	}
	select {
	case db.queue <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the one writer. It ends when the queue is closed and empty.
func (db *DB) write() {
	ended := false
	defer func() {
		if ended {
			close(db.written)
			return
		}
		// A function ended this goroutine, as t.FailNow does. Its batch was
		// given up; the others still need a writer.
		go db.write()
	}()
	for c := range db.queue {
		if db.hasFailed() {
			c.answer <- ErrFailed
			continue
		}
		db.runBatch(c)
	}
	ended = true
}

// batch is the commands that share one commit.
type batch struct {
	commands []*command
	laid     *overlay // what they did to the file
}

// answer tells every command of the batch its outcome: its own, or err.
func (b *batch) answer(err error) {
	for _, c := range b.commands {
		if err != nil {
			c.result = err
		}
		c.answer <- c.result
	}
}

// runBatch runs the first command and those that queue up behind it, commits
// once, and answers them all.
func (db *DB) runBatch(first *command) {
	b := &batch{laid: newOverlay()}
	outcome := error(ErrAborted) // unless it is known to be another
	defer func() {
		db.metrics.answered(b, outcome)
		b.answer(outcome)
	}()
	file, err := db.file.Begin(true)
	if err != nil {
		db.fail(fmt.Errorf("begin: %w", err))
		first.answer <- ErrFailed
		return
	}
	defer file.Rollback() // does nothing after a commit
	at := newSnapshot(file)
	for c, ok := first, true; ok; c, ok = db.next(b) {
		if c.state.CompareAndSwap(queued, started) {
			b.commands = append(b.commands, c)
			db.runCommand(at, b, c)
		}
	}
	if b.laid.empty() { // and so none has seen what is not durable
		outcome = nil
		return
	}
	if outcome = db.commitBatch(at, b); outcome != nil {
		outcome = fmt.Errorf("%w: %w", ErrOutcomeUnknown, outcome)
	}
}

// next takes a command that waits already, if the batch has room for it.
func (db *DB) next(b *batch) (*command, bool) {
	if len(b.commands) >= db.opt.BatchMax || b.laid.bytes >= batchBytesMax {
		return nil, false
	}
	select {
	case c, ok := <-db.queue:
		return c, ok
	default:
		return nil, false
	}
}

// runCommand runs one function over the file and what the batch did so far,
// and lays what it did over that if it succeeds.
func (db *DB) runCommand(at *snapshot, b *batch, c *command) {
	own := newOverlay()
	c.result = db.invoke(newTx(at, db.opt.Now(), b.laid, own), c.fn)
	if c.result == nil {
		b.laid.merge(own)
	}
}

// commitBatch writes the batch to the file and syncs it. After an error it is
// not known whether the batch is in the file.
func (db *DB) commitBatch(at *snapshot, b *batch) (err error) {
	db.commit.Lock()
	defer db.commit.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("commit: panic: %v", p)
		}
		if err != nil {
			db.fail(err) // before readers of this commit go on
		}
	}()
	id, took := uint64(at.file.ID()), stopwatch()
	if err := b.laid.apply(at); err != nil {
		return err
	}
	if err := at.file.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	db.durable.Store(id)
	db.metrics.committed(b, at.file.Stats(), took())
	return nil
}

// fail lets nothing more be served. Only the writer calls it, and once.
func (db *DB) fail(err error) {
	db.opt.Logger.Error("the store failed and serves nothing more", slog.Any("error", err))
	close(db.failed)
}

// invoke runs fn, and returns its error or says that it panicked. It is never
// inlined: insideFunction finds it on the stack.
//
//go:noinline
func (db *DB) invoke(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		tx.finish()
		if p := recover(); p != nil {
			db.opt.Logger.Error("a function given to the store panicked",
				slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("a function given to the store panicked: %v", p)
		}
	}()
	return fn(tx)
}

var invokeEntry = reflect.ValueOf((*DB).invoke).Pointer()

// insideFunction reports whether the calling goroutine is running a function
// given to the store. A writer that waits for itself, or for a reader of its
// own, would hang every caller for ever; looking costs a few microseconds.
func insideFunction() bool {
	var pcs [128]uintptr
	for _, pc := range pcs[:runtime.Callers(2, pcs[:])] {
		if f := runtime.FuncForPC(pc - 1); f != nil && f.Entry() == invokeEntry {
			return true
		}
	}
	return false
}
