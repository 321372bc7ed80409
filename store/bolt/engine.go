package bolt

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
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

// command is a function in the queue, and where its caller waits. Without a
// function it asks for a flush.
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
// ErrOutcomeUnknown, ErrAborted, ErrFailed, ErrClosed, or ErrNested (see there).
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.enqueueAndWait(ctx, fn)
}

// commands that were answered, to be used again.
var commands = sync.Pool{New: func() any { return &command{answer: make(chan error, 1)} }}

func (db *DB) enqueueAndWait(ctx context.Context, fn func(*Tx) error) error {
	if findNesting && insideFunction() {
		return ErrNested
	}
	c := commands.Get().(*command)
	c.fn, c.result = fn, nil
	c.state.Store(queued)
	if err := db.enqueue(ctx, c); err != nil {
		return err
	}
	var err error
	select {
	case err = <-c.answer:
	case <-ctx.Done():
		if c.state.CompareAndSwap(queued, withdrawn) {
			return ctx.Err() // c is still in the queue
		}
		err = <-c.answer
	}
	c.fn, c.result = nil, nil
	commands.Put(c)
	return err
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
			close(db.groups)
			return
		}
		// A function ended this goroutine, as t.FailNow does. Its batch was
		// given up; the others still need a writer.
		go db.write()
	}()
	for c := db.take(); c != nil; c = db.take() {
		switch {
		case db.hasFailed():
			c.answer <- ErrFailed
		case c.fn == nil:
			db.freeze()
			go db.answerFlushed(c, db.thaw)
		default:
			db.runBatch(c)
		}
	}
	db.freeze()
	ended = true
}

// take returns the next command, or nil when there will be none.
func (db *DB) take() *command {
	if c := db.held; c != nil {
		db.held = nil
		return c
	}
	return <-db.queue
}

// batch is the commands that share one group of the WAL.
type batch struct {
	commands []*command
	laid     *group // what they did
	half     bool   // only a part of what one of them did is laid
	outcome  error  // of all of them, if not nil

	segment uint64        // where it goes
	memory  *memory       // of the segment
	then    *memory       // of the next one, where this batch ends the segment
	thaw    chan struct{} // not nil where it does: closed when the segment is flushed
}

// answer tells every command of the batch its outcome: its own, or the batch's.
func (b *batch) answer() {
	for _, c := range b.commands {
		if b.outcome != nil {
			c.result = b.outcome
		}
		c.answer <- c.result
	}
}

// runBatch runs the first command and those that queue up behind it, until the
// batch before is durable, and hands them on.
func (db *DB) runBatch(first *command) {
	if db.live.bytes >= db.opt.FlushBytes {
		<-db.thaw // two segments in memory are enough
	}
	views := db.views() // before the file: what is flushed meanwhile is then in both
	file, err := db.file.Begin(false)
	if err != nil {
		db.fail(fmt.Errorf("begin: %w", err))
		first.answer <- ErrFailed
		return
	}
	defer file.Rollback()
	b := &batch{laid: db.newGroup()}
	// Also where a function ends this goroutine: the ones before it succeeded.
	// Not where a mistake of our own ends the process.
	defer func() {
		if !b.half {
			db.hand(b, db.live.bytes >= db.opt.FlushBytes && db.thawed())
		}
	}()
	at, oldest := newSnapshot(file), db.oldest()
	for c, ok := first, true; ok; c, ok = db.next(b) {
		if c.state.CompareAndSwap(queued, started) {
			b.commands = append(b.commands, c)
			db.runCommand(at, views, b, c, oldest)
		}
	}
}

// newGroup begins the group that the next batch writes.
func (db *DB) newGroup() *group {
	db.number++
	if g, ok := usedGroups.Get().(*group); ok {
		g.number = db.number
		return g
	}
	return newGroup(db.number)
}

// usedGroups are groups that are on the disk, to be used again.
var usedGroups sync.Pool

// next takes a further command, if the batch has room for it and nobody waits
// for the batch.
func (db *DB) next(b *batch) (*command, bool) {
	if len(b.commands) >= db.opt.BatchMax || b.laid.bytes >= batchBytesMax {
		return nil, false
	}
	var c *command
	select {
	case c = <-db.queue:
	default:
		select {
		case c = <-db.queue:
		case db.idle <- struct{}{}:
		}
	}
	if c != nil && c.fn == nil {
		db.held, c = c, nil
	}
	return c, c != nil
}

// hand gives the batch to the one who syncs, and begins a new segment behind it
// if it is to be the last of its own.
func (db *DB) hand(b *batch, last bool) {
	b.segment, b.memory = db.segment, db.live
	if last {
		db.thaw = make(chan struct{})
		db.frozen, db.live = db.live, db.live.next()
		b.thaw, b.then = db.thaw, db.live
		db.segment++
	}
	db.groups <- b
}

// freeze ends the segment, when the one before it is flushed.
func (db *DB) freeze() {
	<-db.thaw
	if db.thawed(); !db.live.empty() && !db.hasFailed() {
		db.hand(&batch{laid: db.newGroup()}, true)
	}
}

// thawed reports whether nothing is being flushed.
func (db *DB) thawed() bool {
	select {
	case <-db.thaw:
		db.frozen = nil
		return true
	default:
		return false
	}
}

// views returns what is not in the file, as the writer sees it.
func (db *DB) views() []view {
	if db.thawed() {
		return []view{{db.live, newest, true}}
	}
	return []view{{db.frozen, newest, true}, {db.live, newest, true}}
}

// answerFlushed answers a command that asked for a flush.
func (db *DB) answerFlushed(c *command, thaw <-chan struct{}) {
	<-thaw
	if db.hasFailed() {
		c.answer <- ErrFailed
		return
	}
	c.answer <- nil
}

// runCommand runs one function over the file and what the batch did so far,
// and lays what it did over that if it succeeds.
func (db *DB) runCommand(at *snapshot, views []view, b *batch, c *command, oldest uint64) {
	db.own.reset()
	c.result = ErrAborted // where the function ends its goroutine
	c.result = db.invoke(db.newTx(at, views, db.own, &db.scratch), c.fn)
	if c.result != nil {
		return
	}
	m := db.live
	m.mu.Lock()
	defer m.mu.Unlock()
	b.half = true
	db.own.each(func(c *change) { m.lay(c, b.laid, oldest) })
	b.half = false
}

// syncGroups makes one batch after the other durable, shows it to readers, and
// answers its commands.
func (db *DB) syncGroups() {
	defer close(db.written)
	for {
		var b *batch
		select {
		case <-db.idle: // the writer has no further command for its batch
			b = <-db.groups
		case b = <-db.groups:
		}
		if b == nil {
			return
		}
		b.outcome = db.syncGroup(b)
		db.metrics.answered(b)
		b.answer()
		b.laid.reset()
		usedGroups.Put(b.laid)
	}
}

// syncGroup writes the batch to the WAL. After an error it is not known whether
// the batch is there.
func (db *DB) syncGroup(b *batch) (err error) {
	if b.thaw != nil {
		defer func() {
			if err != nil {
				close(b.thaw)
				return
			}
			db.show(func(s *state) {
				s.frozen, s.live, s.segment, s.group = b.memory, b.then, b.segment+1, b.laid.number
			})
			go db.flush(b.memory, db.wal.last, b.thaw)
		}()
	}
	if db.hasFailed() {
		return ErrAborted
	}
	if !b.laid.empty() {
		took, syncs := stopwatch(), db.wal.syncs
		if err := db.wal.append(b.segment, b.laid.appendTo); err != nil {
			db.fail(fmt.Errorf("write to the WAL: %w", err))
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		db.metrics.committed(b, len(db.wal.buf), db.wal.syncs-syncs, took())
		db.feed.add(b.laid)
	}
	db.show(func(s *state) { s.group = b.laid.number })
	return nil
}

// fail lets nothing more be served.
func (db *DB) fail(err error) {
	db.failOnce.Do(func() {
		db.opt.Logger.Error("the store failed and serves nothing more", slog.Any("error", err))
		close(db.failed)
	})
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

// invokeReturn is where invoke goes on after the function that it was given.
var invokeReturn = func() uintptr {
	var pcs [1]uintptr
	_ = new(DB).invoke(new(Tx), func(*Tx) error {
		runtime.Callers(2, pcs[:]) // past Callers and this function
		return nil
	})
	return pcs[0]
}()

// insideFunction reports whether the calling goroutine is running a function
// given to the store. A writer that waits for itself, or for a reader of its
// own, would hang every caller for ever.
func insideFunction() bool {
	var pcs [128]uintptr
	return slices.Contains(pcs[:runtime.Callers(2, pcs[:])], invokeReturn)
}
