package bolt

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// format is what the record "format" of the bucket "store" holds.
const format = "jate 2"

var (
	bucketStore = newBucket("store")
	formatKey   = []byte("format")
	idKey       = []byte("id")
	sealedKey   = []byte("sealed")
)

// Options are what Open may be told. The zero value is safe.
type Options struct {
	Now         func() time.Time      // the clock: time.Now where nil
	Logger      *slog.Logger          // told of panics and of a failed disk; silent where nil
	Registerer  prometheus.Registerer // takes the metrics jate_store_…; none where nil
	Keys        Keys                  // seal what a copied file must not show: where nil it stays in the clear, and where it was sealed before it is empty, and stays so
	LockTimeout time.Duration         // how long to wait for another process: 250 ms where zero
	BatchMax    int                   // functions in one group of the WAL: 1024 where zero
	FlushBytes  int                   // memory taken by changes, about, at which they are flushed: 64 MiB where zero
	UnmapPages  bool                  // take the file's pages out of the process's memory after each flush, to keep it small
	MmapBytes   int                   // address space laid aside for the file: 64 GiB where zero (1 GiB on 32 bits)

	// flushChanges is how many changes go into one transaction of the file: its
	// memory is that of the pages they touch, and random keys touch one each.
	flushChanges int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.LockTimeout <= 0 {
		o.LockTimeout = 250 * time.Millisecond
	}
	if o.BatchMax <= 0 {
		o.BatchMax = 1024
	}
	if o.flushChanges <= 0 {
		o.flushChanges = 8 << 10
	}
	if o.FlushBytes <= 0 {
		o.FlushBytes = 64 << 20
	}
	if o.MmapBytes <= 0 {
		// Growing the map waits for every read to end, and holds up every new
		// one. Address space costs nothing, so that it should never have to.
		o.MmapBytes = 1 << (30 + 6*(^uint(0)>>63))
	}
	return o
}

// DB is an open store. Its methods may be called by many goroutines at once.
type DB struct {
	feed    feed
	opt     Options
	file    *bbolt.DB
	metrics *metrics
	vault   *vault
	sealed  bool // nothing in the file is in the clear that has a box

	closing sync.RWMutex // held for reading by whoever sends to queue
	closed  bool
	queue   chan *command

	// The writer's own.
	held    *command      // taken from the queue, and not for the batch it was taken for
	own     *overlay      // what the function under way did
	scratch scratch       // of that function
	number  uint64        // of the last group begun
	live    *memory       // what the present segment did
	frozen  *memory       // what the one before did, until it is flushed
	thaw    chan struct{} // closed when it is
	segment uint64        // of live

	idle    chan struct{} // sent to while nothing is being synced
	groups  chan *batch   // from the writer to the one who syncs
	wal     *wal          // of the one who syncs
	written chan struct{} // closed when that one has ended

	flushing sync.Mutex     // held while the file holds a part of a segment
	showing  sync.Mutex     // held to use the next two
	state    state          // what readers see from now on
	reading  map[uint64]int // how many readers see the store as it was after a group
	failed   chan struct{}  // closed by the first failure
	failOnce sync.Once

	closeOnce func() error
}

// Open opens the store at path, whose folder must exist, or creates it. It
// waits up to LockTimeout for another process to let go of the file, and then
// returns ErrInUse; ErrNotStore where the file is something else. With keys it
// first seals what an earlier version left in the clear, which takes the time
// and the room of a copy, once.
func Open(path string, opt Options) (*DB, error) {
	opt = opt.withDefaults()
	db, err := openOnce(path, opt)
	if err != nil || opt.Keys == nil || db.sealed {
		return db, err
	}
	if err := db.sealAll(path); err != nil {
		return nil, fmt.Errorf("seal store %s: %w", path, err)
	}
	return openOnce(path, opt)
}

func openOnce(path string, opt Options) (*DB, error) {
	if err := prepare(path, opt.Keys != nil); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	file, err := openFile(path, opt)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	db := &DB{
		opt:     opt,
		file:    file,
		queue:   make(chan *command, 2*opt.BatchMax),
		own:     newOverlay(),
		reading: map[uint64]int{},
		thaw:    make(chan struct{}),
		idle:    make(chan struct{}),
		groups:  make(chan *batch),
		written: make(chan struct{}),
		failed:  make(chan struct{}),
	}
	close(db.thaw)
	db.closeOnce = sync.OnceValue(db.close)
	if db.sealed, err = isSealed(file); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), file.Close())
	}
	db.vault = newVault(opt.Keys, db.sealed)
	if db.metrics, err = newMetrics(db, opt.Registerer); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), file.Close())
	}
	if err := db.recover(path); err != nil {
		db.metrics.unregister(opt.Registerer)
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), file.Close())
	}
	go db.write()
	go db.syncGroups()
	return db, nil
}

// prepare creates the file if there is none, and syncs what is there: a process
// that was killed may have left pages that the kernel has and the disk has not,
// and nobody may build on those.
func prepare(path string, sealed bool) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path, sealed); err != nil {
			return fmt.Errorf("create: %w", err)
		}
	}
	if err := syncPath(path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// create makes a complete store under another name and links it to path. A
// store that somebody else made there meanwhile stays.
func create(path string, sealed bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	file, err := bbolt.Open(f.Name(), 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return err
	}
	err = file.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucketNames[bucketStore]))
		if err != nil {
			return err
		}
		id := storeID(make([]byte, len(storeID{})))
		rand.Read(id[:])
		if sealed {
			if err := b.Put(sealedKey, []byte{1}); err != nil {
				return err
			}
		}
		return errors.Join(b.Put(formatKey, []byte(format)), b.Put(idKey, id[:]), b.Put(flushedKey, flushed{}.bytes()))
	})
	if err := errors.Join(err, file.Close(), syncPath(f.Name())); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// syncPath makes a file's bytes, or a folder's names, durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// bboltOptions never turns off syncing, and keeps the list of free pages on
// the disk: without it opening reads the whole file.
func bboltOptions(opt Options) *bbolt.Options {
	return &bbolt.Options{
		Timeout:         opt.LockTimeout,
		InitialMmapSize: opt.MmapBytes,
		FreelistType:    bbolt.FreelistMapType,
	}
}

// openFile opens and locks the file, recognises it, and adds buckets that an
// earlier version did not have.
func openFile(path string, opt Options) (*bbolt.DB, error) {
	if err := checkLength(path); err != nil {
		return nil, err
	}
	before, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	file, err := bbolt.Open(path, 0o600, bboltOptions(opt))
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, ErrInUse
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrVersionMismatch),
		errors.Is(err, bbolterrors.ErrChecksum):
		return nil, fmt.Errorf("%w: %w", ErrNotStore, err)
	case err != nil:
		return nil, err
	}
	after, err := os.Stat(path)
	if err == nil && !os.SameFile(before, after) {
		err = ErrInUse // it was replaced by who had it, and this one has no name any more
	}
	if err == nil {
		err = adopt(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func adopt(file *bbolt.DB) error {
	missing := false
	err := file.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucketNames[bucketStore]))
		if b == nil {
			return fmt.Errorf("no bucket %q: %w", bucketNames[bucketStore], ErrNotStore)
		}
		if got := b.Get(formatKey); string(got) != format {
			return fmt.Errorf("format %q where %q is known: %w", got, format, ErrNotStore)
		}
		for _, name := range bucketNames {
			missing = missing || tx.Bucket([]byte(name)) == nil
		}
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return file.Update(func(tx *bbolt.Tx) error {
		for _, name := range bucketNames {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("create bucket %s: %w", name, err)
			}
		}
		return nil
	})
}

// Failed is closed when the disk has failed. The process should then stop: see
// the package comment.
func (db *DB) Failed() <-chan struct{} { return db.failed }

// Close refuses new work, waits until the writer has stored and answered what
// was queued, brings it into the bbolt file, waits until every View has ended,
// and closes the files. Closing again waits likewise and returns what the first
// call returned. From inside a function it returns ErrNested.
func (db *DB) Close() error {
	if findNesting && insideFunction() {
		return ErrNested
	}
	return db.closeOnce()
}

func (db *DB) close() error {
	db.closing.Lock()
	db.closed = true
	close(db.queue)
	db.closing.Unlock()
	<-db.written
	<-db.thaw
	db.metrics.unregister(db.opt.Registerer)
	return errors.Join(db.wal.close(!db.hasFailed()), db.file.Close())
}

// View runs fn over one state of the store. fn must be short, must not write,
// and must not call the store. What it found may be used only after View has
// returned nil. View returns fn's error, ctx's, ErrClosed, ErrFailed, or an
// error of kind Internal where fn panicked.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.read(ctx, func(file *bbolt.Tx, s state) error {
		tx := db.newTx(newSnapshot(file), s.views(), nil, &scratch{})
		tx.feed = &db.feed
		return db.invoke(tx, fn)
	})
}

// read runs fn with what readers see.
func (db *DB) read(ctx context.Context, fn func(*bbolt.Tx, state) error) error {
	if findNesting && insideFunction() {
		return ErrNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.hasFailed() {
		return ErrFailed
	}
	file, s, err := db.begin()
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	if err != nil {
		return fmt.Errorf("begin a read: %w", err)
	}
	defer db.done(s)
	defer file.Rollback() // also where fn ends its goroutine
	return fn(file, s)
}

func (db *DB) hasFailed() bool {
	select {
	case <-db.failed:
		return true
	default:
		return false
	}
}

// ReleasePages takes the pages of the file that were read out of the process's
// memory, in which the system counts them. Open transactions go on: what they
// read again comes back from the system's memory.
func (db *DB) ReleasePages() error { return db.file.View(unmapPages) }
