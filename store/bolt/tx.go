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
}

func newSnapshot(file *bbolt.Tx) *snapshot {
	return &snapshot{file: file, buckets: make([]*bbolt.Bucket, len(bucketNames))}
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
	file     *snapshot
	clock    time.Time
	memories []*memory  // over the file, the newer last
	layers   []*overlay // over those: the batch's, and last the function's own; none in a View
	probe    change
	packer   packer   // of table.put
	unpacker unpacker // of table.get
}

// newTx makes a Tx over the file, what was not flushed to it yet, and the
// layers. Where there are layers, the last one takes the writes.
func newTx(file *snapshot, now time.Time, memories []*memory, layers ...*overlay) *Tx {
	return &Tx{file: file, clock: now.UTC().Truncate(time.Second), memories: memories, layers: layers}
}

// finish makes every later use of the Tx panic.
func (tx *Tx) finish() { tx.file = nil }

// Now returns the function's one clock reading, in UTC seconds.
func (tx *Tx) Now() time.Time { return tx.clock }

// bucket returns the bucket as the file has it.
func (tx *Tx) bucket(b bucket) *bbolt.Bucket {
	if tx.file == nil {
		panic("bolt: a Tx is used after its function returned")
	}
	return tx.file.bucket(b)
}

// get returns a copy of the value of the key, or nil if there is none.
func (tx *Tx) get(b bucket, key []byte) []byte { return bytes.Clone(tx.look(b, key)) }

// look is get without the copy: the bytes are not the caller's to change or to
// keep.
func (tx *Tx) look(b bucket, key []byte) []byte {
	file := tx.bucket(b)
	if c := tx.laid(b, key); c != nil {
		return c.value
	}
	return file.Get(key)
}

// laid returns the last change of the key that is not in the file, or nil.
func (tx *Tx) laid(b bucket, key []byte) *change {
	for _, o := range slices.Backward(tx.layers) {
		if c := o.buckets[b].find(key); c != nil {
			return c
		}
	}
	tx.probe.bucket, tx.probe.key = b, key
	for _, m := range slices.Backward(tx.memories) {
		if c := m.find(&tx.probe); c != nil {
			return c
		}
	}
	return nil
}

// put stores a copy of the value under a copy of the key: ErrReadOnly in a
// View, ErrKey and ErrTooLarge where they are out of bounds.
func (tx *Tx) put(b bucket, key, value []byte) error { return tx.keep(b, bytes.Clone(key), value) }

// keep is put of a key that nobody else has.
func (tx *Tx) keep(b bucket, key, value []byte) error {
	if len(value) > valueBytesMax {
		return fmt.Errorf("a value of %d bytes in %s: %w", len(value), bucketNames[b], ErrTooLarge)
	}
	// A value of no bytes is not the absence of a value.
	return tx.set(&change{bucket: b, key: key, value: append([]byte{}, value...)})
}

// delete removes the key, whether it is there or not; errors as with put.
func (tx *Tx) delete(b bucket, key []byte) error {
	return tx.set(&change{bucket: b, key: bytes.Clone(key), deleted: true})
}

func (tx *Tx) set(c *change) error {
	switch {
	case tx.file == nil:
		panic("bolt: a Tx is used after its function returned")
	case len(tx.layers) == 0:
		return fmt.Errorf("write to %s: %w", bucketNames[c.bucket], ErrReadOnly)
	case len(c.key) == 0 || len(c.key) > keyBytesMax:
		return fmt.Errorf("a key of %d bytes in %s: %w", len(c.key), bucketNames[c.bucket], ErrKey)
	}
	own := tx.layers[len(tx.layers)-1]
	if own.bytes+c.size() > commandBytesMax {
		return ErrTooLarge
	}
	own.set(c)
	return nil
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
		walks := make([]*walk, 0, len(tx.memories))
		for _, m := range tx.memories {
			if !m.empty() {
				walks = append(walks, way.walk(m, b, s))
			}
		}
		var at []byte // the last key, nil before the first
		var inFile change
		for {
			var next *change
			if k != nil {
				inFile = change{key: k, value: v}
				next = &inFile
			}
			nearer := func(c *change) {
				if c != nil && (next == nil || !way.before(next.key, c.key)) {
					next = c
				}
			}
			for _, w := range walks {
				nearer(w.head())
			}
			for _, o := range tx.layers {
				nearer(way.after(o.buckets[b], s, at))
			}
			if next == nil || way.beyond(next.key, s) {
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
	walk(*memory, bucket, span) *walk
	after(cs changes, s span, at []byte) *change // the first after at; where at is nil, of the span
	before(a, b []byte) bool
	beyond(key []byte, s span) bool
}

type ascent struct{}

func (ascent) first(c *bbolt.Cursor, s span) (k, v []byte) { return c.Seek(s.from) }
func (ascent) next(c *bbolt.Cursor) (k, v []byte)          { return c.Next() }
func (ascent) walk(m *memory, b bucket, s span) *walk      { return m.up(b, s.from) }
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

func (descent) next(c *bbolt.Cursor) (k, v []byte)     { return c.Prev() }
func (descent) walk(m *memory, b bucket, s span) *walk { return m.downFrom(b, s.to) }
func (descent) before(a, b []byte) bool                { return bytes.Compare(a, b) > 0 }
func (descent) beyond(key []byte, s span) bool         { return bytes.Compare(key, s.from) < 0 }
func (descent) after(cs changes, s span, at []byte) *change {
	if at == nil {
		return cs.below(s.to)
	}
	return cs.below(at)
}
