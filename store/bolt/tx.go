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
	file   *snapshot
	clock  time.Time
	layers []*overlay // over the file: the function's own last, the batch's before it; none in a View
}

// newTx makes a Tx over the file and the layers. Where there are layers, the
// last one takes the writes.
func newTx(file *snapshot, now time.Time, layers ...*overlay) *Tx {
	return &Tx{file: file, clock: now.UTC().Truncate(time.Second), layers: layers}
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

// get returns the value of the key, or nil if there is none.
func (tx *Tx) get(b bucket, key []byte) []byte {
	file := tx.bucket(b)
	for _, o := range slices.Backward(tx.layers) {
		if c := o.buckets[b].find(key); c != nil {
			return bytes.Clone(c.value)
		}
	}
	return bytes.Clone(file.Get(key))
}

// put stores a copy of the value under a copy of the key: ErrReadOnly in a
// View, ErrKey and ErrTooLarge where they are out of bounds.
func (tx *Tx) put(b bucket, key, value []byte) error {
	if len(value) > valueBytesMax {
		return fmt.Errorf("a value of %d bytes in %s: %w", len(value), bucketNames[b], ErrTooLarge)
	}
	// A value of no bytes is not the absence of a value.
	return tx.set(b, &change{key: bytes.Clone(key), value: append([]byte{}, value...)})
}

// delete removes the key, whether it is there or not; errors as with put.
func (tx *Tx) delete(b bucket, key []byte) error {
	return tx.set(b, &change{key: bytes.Clone(key), deleted: true})
}

func (tx *Tx) set(b bucket, c *change) error {
	switch {
	case tx.file == nil:
		panic("bolt: a Tx is used after its function returned")
	case len(tx.layers) == 0:
		return fmt.Errorf("write to %s: %w", bucketNames[b], ErrReadOnly)
	case len(c.key) == 0 || len(c.key) > keyBytesMax:
		return fmt.Errorf("a key of %d bytes in %s: %w", len(c.key), bucketNames[b], ErrKey)
	}
	own := tx.layers[len(tx.layers)-1]
	if own.bytes+len(c.key)+len(c.value)+entryBytes > commandBytesMax {
		return ErrTooLarge
	}
	own.set(b, c)
	return nil
}

// scan yields the keys of the span and their values in ascending order. Writes
// that the function makes meanwhile show where the scan has not been yet.
func (tx *Tx) scan(b bucket, s span) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		cursor := tx.bucket(b).Cursor()
		k, v := cursor.Seek(s.from)
		laid := tx.lowest(b, func(cs changes) *change { return cs.from(s.from) })
		for k != nil || laid != nil {
			next := &change{key: k, value: v}
			if k == nil || laid != nil && bytes.Compare(laid.key, k) <= 0 {
				next = laid
			}
			if s.to != nil && bytes.Compare(next.key, s.to) >= 0 {
				return
			}
			at := bytes.Clone(next.key)
			if !next.deleted && !yield(bytes.Clone(at), bytes.Clone(next.value)) {
				return
			}
			if bytes.Equal(k, at) {
				k, v = cursor.Next()
			}
			laid = tx.lowest(b, func(cs changes) *change { return cs.above(at) })
		}
	}
}

// lowest returns the change of the lowest key that pick finds in a layer: the
// uppermost layer's where two have the key.
func (tx *Tx) lowest(b bucket, pick func(changes) *change) *change {
	var low *change
	for _, o := range tx.layers {
		if c := pick(o.buckets[b]); c != nil && (low == nil || bytes.Compare(c.key, low.key) <= 0) {
			low = c
		}
	}
	return low
}

// scanDown is scan in descending order.
func (tx *Tx) scanDown(b bucket, s span) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		cursor := tx.bucket(b).Cursor()
		k, v := seekBelow(cursor, s.to)
		laid := tx.highestBelow(b, s.to)
		for k != nil || laid != nil {
			next := &change{key: k, value: v}
			if k == nil || laid != nil && bytes.Compare(laid.key, k) >= 0 {
				next = laid
			}
			if bytes.Compare(next.key, s.from) < 0 {
				return
			}
			at := bytes.Clone(next.key)
			if !next.deleted && !yield(bytes.Clone(at), bytes.Clone(next.value)) {
				return
			}
			if bytes.Equal(k, at) {
				k, v = cursor.Prev()
			}
			laid = tx.highestBelow(b, at)
		}
	}
}

// highestBelow returns the change of the highest key below the given one, the
// uppermost layer's where two have the key.
func (tx *Tx) highestBelow(b bucket, key []byte) *change {
	var high *change
	for _, o := range tx.layers {
		if c := o.buckets[b].below(key); c != nil && (high == nil || bytes.Compare(c.key, high.key) >= 0) {
			high = c
		}
	}
	return high
}

// seekBelow moves to the last key before the given one; nil stands after all.
func seekBelow(cursor *bbolt.Cursor, key []byte) (k, v []byte) {
	if key == nil {
		return cursor.Last()
	}
	if k, _ = cursor.Seek(key); k == nil {
		return cursor.Last()
	}
	return cursor.Prev()
}
