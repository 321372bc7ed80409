package bolt

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// bucket is one of the file's buckets.
type bucket int

// bucketNames is the closed set of buckets. Only newBucket adds to it, while
// the package's variables are initialised; Open creates what a file lacks.
var bucketNames []string

// newBucket declares a bucket. It is for package variables alone, and the name
// must be new: it is what the file knows the bucket by, for ever.
func newBucket(name string) bucket {
	if name == "" || slices.Contains(bucketNames, name) {
		panic("bolt: two buckets are named " + name)
	}
	bucketNames = append(bucketNames, name)
	return bucket(len(bucketNames) - 1)
}

// growingBuckets are those whose new keys stand behind the others.
var growingBuckets = map[bucket]bool{}

// growing says that nearly every new key of the bucket sorts behind those it
// has, and that its records keep their size: its pages are then filled, where
// bbolt would leave half of each for keys that never come. It is for package
// variables alone.
func growing(b bucket) bucket {
	growingBuckets[b] = true
	return b
}

// snapshot is one bbolt transaction and its buckets, each looked up once.
type snapshot struct {
	file    *bbolt.Tx
	buckets []*bbolt.Bucket
	cursors []*bbolt.Cursor // of get
}

func newSnapshot(file *bbolt.Tx) *snapshot {
	return &snapshot{file: file, buckets: make([]*bbolt.Bucket, len(bucketNames)), cursors: make([]*bbolt.Cursor, len(bucketNames))}
}

// get returns what the file has under the key, or nil. A cursor that is used
// again looks without allocating, which Bucket.Get does not.
func (s *snapshot) get(b bucket, key []byte) []byte {
	c := s.cursors[b]
	if c == nil {
		c = s.bucket(b).Cursor()
		s.cursors[b] = c
	}
	if k, v := c.Seek(key); bytes.Equal(k, key) {
		return v
	}
	return nil
}

func (s *snapshot) bucket(b bucket) *bbolt.Bucket {
	if s.buckets[b] == nil {
		s.buckets[b] = s.file.Bucket([]byte(bucketNames[b]))
	}
	return s.buckets[b]
}

// Tx is what a function given to View or Update reads and writes. It must not
// be used by another goroutine nor after the function has returned: using it
// then panics. Byte slices that come out of it are copies.
type Tx struct {
	file  *snapshot
	clock time.Time
	views []view   // over the file, the newer last
	own   *overlay // over those, what the function writes; nil in a View
	feed  *feed    // of a View
	vault *vault   // nil where the store was opened without keys
	*scratch

	size sizeRecord // of the journal, where it was read
	read bool       // it was
}

// scratch is memory that one function after the other works in.
type scratch struct {
	key      []byte   // of table.get and its like
	packer   packer   // of table.put
	unpacker unpacker // of table.get
}

// newTx makes a Tx over the file and what was not flushed to it yet. own, if
// there is one, takes the writes.
func (db *DB) newTx(file *snapshot, views []view, own *overlay, with *scratch) *Tx {
	return &Tx{file: file, clock: db.opt.Now().UTC().Truncate(time.Second), views: views, own: own, scratch: with, vault: db.vault}
}

// blank returns an empty key that is built in memory which the next blank uses
// again.
func (tx *Tx) blank() key {
	tx.mustRun()
	return key{b: tx.scratch.key[:0], alone: true}
}

// finish makes every later use of the Tx panic.
func (tx *Tx) finish() { tx.file, tx.scratch = nil, nil }

// Now returns the function's one clock reading, in UTC seconds.
func (tx *Tx) Now() time.Time { return tx.clock }

// bucket returns the bucket as the file has it.
func (tx *Tx) bucket(b bucket) *bbolt.Bucket {
	tx.mustRun()
	return tx.file.bucket(b)
}

func (tx *Tx) mustRun() {
	if tx.file == nil {
		panic("bolt: a Tx is used after its function returned")
	}
}

// get returns a copy of the value of the key, or nil if there is none.
func (tx *Tx) get(b bucket, key []byte) []byte { return bytes.Clone(tx.look(b, key)) }

// look is get without the copy: the bytes are not the caller's to change or to
// keep.
func (tx *Tx) look(b bucket, key []byte) []byte {
	tx.mustRun()
	if tx.own != nil {
		if c := tx.own.buckets[b].find(key); c != nil {
			return c.value
		}
	}
	for i := len(tx.views) - 1; i >= 0; i-- {
		if v := tx.views[i].find(b, key); v != nil {
			return v.value
		}
	}
	return tx.file.get(b, key)
}

// put stores a copy of the value under a copy of the key: ErrReadOnly in a
// View, ErrKey and ErrTooLarge where they are out of bounds.
func (tx *Tx) put(b bucket, key, value []byte) error {
	if len(value) > valueBytesMax {
		return fmt.Errorf("a value of %d bytes in %s: %w", len(value), bucketNames[b], ErrTooLarge)
	}
	return tx.set(b, key, value, false)
}

// delete removes the key, whether it is there or not; errors as with put.
func (tx *Tx) delete(b bucket, key []byte) error { return tx.set(b, key, nil, true) }

func (tx *Tx) set(b bucket, key, value []byte, deleted bool) error {
	tx.mustRun()
	switch {
	case tx.own == nil:
		return fmt.Errorf("write to %s: %w", bucketNames[b], ErrReadOnly)
	case len(key) == 0 || len(key) > keyBytesMax:
		return fmt.Errorf("a key of %d bytes in %s: %w", len(key), bucketNames[b], ErrKey)
	}
	return tx.own.set(b, key, value, deleted)
}

// scan yields the keys of the span and their values in ascending order. Writes
// that the function makes meanwhile show where the scan has not been yet.
func (tx *Tx) scan(b bucket, s span) iter.Seq2[[]byte, []byte] {
	return tx.merge(b, s, ascent{})
}

// scanDown is scan in descending order.
func (tx *Tx) scanDown(b bucket, s span) iter.Seq2[[]byte, []byte] {
	return tx.merge(b, s, descent{})
}

// merge yields what the file and all that is laid over it have in the span.
// Where several have a key, the uppermost counts.
func (tx *Tx) merge(b bucket, s span, way direction) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		cursor := tx.bucket(b).Cursor()
		k, v := way.first(cursor, s)
		walks := make([]*walk, 0, len(tx.views))
		for _, m := range tx.views {
			if m.has(b) {
				walks = append(walks, way.walk(m, b, s))
			}
		}
		var at []byte // the last key, nil before the first
		for {
			var next change
			if k != nil {
				next = change{key: k, value: v}
			}
			nearer := func(key, value []byte, deleted bool) {
				if next.key == nil || !way.before(next.key, key) {
					next = change{key: key, value: value, deleted: deleted}
				}
			}
			for _, w := range walks {
				if c := w.head(); c != nil {
					nearer(c.key, c.value, c.deleted)
				}
			}
			if tx.own != nil {
				if c := way.after(tx.own.buckets[b], s, at); c != nil {
					nearer(c.key, c.value, c.deleted)
				}
			}
			if next.key == nil || way.beyond(next.key, s) {
				return
			}
			if at = next.key; !next.deleted && !yield(bytes.Clone(at), bytes.Clone(next.value)) {
				return
			}
			if bytes.Equal(k, at) {
				k, v = way.next(cursor)
			}
			for _, w := range walks {
				w.pass(at)
			}
		}
	}
}

// direction is the order of a merge.
type direction interface {
	first(*bbolt.Cursor, span) (k, v []byte)
	next(*bbolt.Cursor) (k, v []byte)
	walk(view, bucket, span) *walk
	after(cs changes, s span, at []byte) *change // the first after at; where at is nil, of the span
	before(a, b []byte) bool
	beyond(key []byte, s span) bool
}

type ascent struct{}

func (ascent) first(c *bbolt.Cursor, s span) (k, v []byte) { return c.Seek(s.from) }
func (ascent) next(c *bbolt.Cursor) (k, v []byte)          { return c.Next() }
func (ascent) walk(v view, b bucket, s span) *walk         { return v.up(b, s.from) }
func (ascent) before(a, b []byte) bool                     { return bytes.Compare(a, b) < 0 }
func (ascent) beyond(key []byte, s span) bool              { return s.to != nil && bytes.Compare(key, s.to) >= 0 }
func (ascent) after(cs changes, s span, at []byte) *change {
	if at == nil {
		return cs.from(s.from)
	}
	return cs.above(at)
}

type descent struct{}

// first moves to the last key before the end of the span.
func (descent) first(c *bbolt.Cursor, s span) (k, v []byte) {
	if s.to == nil {
		return c.Last()
	}
	if k, _ = c.Seek(s.to); k == nil {
		return c.Last()
	}
	return c.Prev()
}

func (descent) next(c *bbolt.Cursor) (k, v []byte)  { return c.Prev() }
func (descent) walk(v view, b bucket, s span) *walk { return v.downFrom(b, s.to) }
func (descent) before(a, b []byte) bool             { return bytes.Compare(a, b) > 0 }
func (descent) beyond(key []byte, s span) bool      { return bytes.Compare(key, s.from) < 0 }
func (descent) after(cs changes, s span, at []byte) *change {
	if at == nil {
		return cs.below(s.to)
	}
	return cs.below(at)
}
