package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// What one command may write. The largest legitimate one imports or issues a
// part of a list.
const (
	keyBytesMax     = 1 << 10
	valueBytesMax   = 16 << 20
	commandBytesMax = 128 << 20
	entryBytes      = 128 // what a change costs in memory besides its key and value
)

// change is a value put, or the deletion of a key. It is never changed itself.
type change struct {
	bucket     bucket
	key, value []byte
	deleted    bool
}

// size is about what the change takes in memory.
func (c *change) size() int { return len(c.key) + len(c.value) + entryBytes }

// changes are what was done to one bucket, in key order. A sorted slice of
// pointers costs less than a tree for the few writes of a command and for keys
// that grow, and a lot of 60,000 random keys still takes under a second.
type changes []*change

// at returns the index of the first change at or after the key.
func (cs changes) at(key []byte) (i int, found bool) {
	return slices.BinarySearchFunc(cs, key, func(c *change, key []byte) int {
		return bytes.Compare(c.key, key)
	})
}

// find returns the change of the key, or nil.
func (cs changes) find(key []byte) *change {
	if i, found := cs.at(key); found {
		return cs[i]
	}
	return nil
}

// set records the change in place of an earlier one of the same key, and
// returns by how many bytes the changes grew, which may be less than zero.
func (cs *changes) set(c *change) int {
	i, found := cs.at(c.key)
	if found {
		grown := len(c.value) - len((*cs)[i].value)
		(*cs)[i] = c
		return grown
	}
	*cs = slices.Insert(*cs, i, c)
	return c.size()
}

// from returns the first change at or after the key, or nil.
func (cs changes) from(key []byte) *change {
	if i, _ := cs.at(key); i < len(cs) {
		return cs[i]
	}
	return nil
}

// above returns the first change after the key, or nil.
func (cs changes) above(key []byte) *change {
	i, found := cs.at(key)
	if found {
		i++
	}
	if i < len(cs) {
		return cs[i]
	}
	return nil
}

// below returns the last change before the key, or nil; a nil key stands after
// all.
func (cs changes) below(key []byte) *change {
	i := len(cs)
	if key != nil {
		i, _ = cs.at(key)
	}
	if i > 0 {
		return cs[i-1]
	}
	return nil
}

// overlay is what was done to every bucket by one function, or by those of a
// batch.
type overlay struct {
	buckets []changes // by bucket
	bytes   int       // about what it holds in memory
}

func newOverlay() *overlay { return &overlay{buckets: make([]changes, len(bucketNames))} }

func (o *overlay) set(c *change) { o.bytes += o.buckets[c.bucket].set(c) }

// merge lays what was done later over o.
func (o *overlay) merge(later *overlay) {
	for _, cs := range later.buckets {
		for _, c := range cs {
			o.set(c)
		}
	}
}

// reset makes o empty.
func (o *overlay) reset() {
	for b, cs := range o.buckets {
		clear(cs)
		o.buckets[b] = cs[:0]
	}
	o.bytes = 0
}

// empty reports whether nothing was done.
func (o *overlay) empty() bool { return o.bytes == 0 }

// appendTo appends the changes as the payload of a group in the WAL: for each
// bucket that was changed, the length of its name, the name, the number of
// changes, and each change as the length of its key, the key, 0 for a deletion
// or the length of the value and 1, and the value. Numbers are unsigned varints.
func (o *overlay) appendTo(p []byte) []byte {
	for b, cs := range o.buckets {
		if len(cs) == 0 {
			continue
		}
		p = appendCounted(p, []byte(bucketNames[b]))
		p = binary.AppendUvarint(p, uint64(len(cs)))
		for _, c := range cs {
			p = appendCounted(p, c.key)
			if c.deleted {
				p = append(p, 0)
				continue
			}
			p = binary.AppendUvarint(p, uint64(len(c.value))+1)
			p = append(p, c.value...)
		}
	}
	return p
}

func appendCounted(p, q []byte) []byte {
	return append(binary.AppendUvarint(p, uint64(len(q))), q...)
}

// readChanges hands on what appendTo wrote. The changes keep parts of p.
func readChanges(p []byte, fn func(*change)) error {
	r := &countedReader{p: p}
	for len(r.p) > 0 && !r.broken {
		name := string(r.counted(r.number()))
		b := slices.Index(bucketNames, name)
		if b < 0 {
			return fmt.Errorf("no bucket %q: %w", name, ErrDamaged)
		}
		for n := r.number(); n > 0 && !r.broken; n-- {
			c := &change{bucket: bucket(b), key: r.counted(r.number())}
			if length := r.number(); length == 0 {
				c.deleted = true
			} else {
				c.value = r.counted(length - 1)
			}
			if !r.broken {
				fn(c)
			}
		}
	}
	if r.broken {
		return fmt.Errorf("a group that ends too early: %w", ErrDamaged)
	}
	return nil
}

// countedReader takes texts with their lengths apart. After a part that is not
// there every part reads as nothing, and broken says so.
type countedReader struct {
	p      []byte
	broken bool
}

func (r *countedReader) number() uint64 {
	n, size := binary.Uvarint(r.p)
	if size <= 0 {
		r.p, r.broken = nil, true
		return 0
	}
	r.p = r.p[size:]
	return n
}

func (r *countedReader) counted(n uint64) []byte {
	if n > uint64(len(r.p)) {
		r.p, r.broken = nil, true
		return nil
	}
	p := r.p[:n:n]
	r.p = r.p[n:]
	return p
}
