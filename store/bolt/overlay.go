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
	changeBytes     = 128 // what a change costs in memory besides its key and value
)

// change is a value put, or the deletion of a key.
type change struct {
	bucket     bucket
	key, value []byte
	deleted    bool
}

// changes are what was done to one bucket, in key order. A sorted slice costs
// less than a tree for the few writes of a command and for keys that grow, and a
// lot of 60,000 random keys still takes under a second.
type changes []*change

// at returns the index of the first change at or after the key.
func (cs changes) at(key []byte) (i int, found bool) {
	return slices.BinarySearchFunc(cs, key, func(c *change, key []byte) int {
		return bytes.Compare(c.key, key)
	})
}

// find returns the change of the key, or nil.
func (cs changes) find(key []byte) *change {
	if len(cs) == 0 {
		return nil
	}
	if i, found := cs.at(key); found {
		return cs[i]
	}
	return nil
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

// overlay is what one function did. It is used again for the next one, with the
// memory of the largest part of a list that is issued at once.
type overlay struct {
	buckets []changes // by bucket
	touched []bucket  // those that have changes
	bytes   int       // about what it holds in memory
	room    arena
	made    slab[change]
}

const (
	overlayPieces  = 64  // of its arena: 4 MiB
	overlayChanges = 256 // pieces of its slab: 16,384 changes
)

func newOverlay() *overlay { return &overlay{buckets: make([]changes, len(bucketNames))} }

// set records the change, of which it keeps copies, in place of an earlier one
// of the same key.
func (o *overlay) set(b bucket, key, value []byte, deleted bool) error {
	cs := o.buckets[b]
	i, found := cs.at(key)
	grows := len(value)
	if found {
		grows -= len(cs[i].value)
	} else {
		grows += len(key) + changeBytes
	}
	if o.bytes+grows > commandBytesMax {
		return ErrTooLarge
	}
	o.bytes += grows
	if !found {
		if len(cs) == 0 {
			o.touched = append(o.touched, b)
		}
		c := o.made.next()
		c.bucket, c.key = b, o.room.keep(key)
		cs = slices.Insert(cs, i, c)
		o.buckets[b] = cs
	}
	if cs[i].value, cs[i].deleted = nil, deleted; !deleted {
		cs[i].value = o.room.keep(value) // a value of no bytes is not the absence of a value
	}
	return nil
}

// each calls fn with every change, by bucket and in key order.
func (o *overlay) each(fn func(*change)) {
	for _, b := range o.touched {
		for _, c := range o.buckets[b] {
			fn(c)
		}
	}
}

// reset makes o empty.
func (o *overlay) reset() {
	for _, b := range o.touched {
		clear(o.buckets[b])
		o.buckets[b] = o.buckets[b][:0]
	}
	o.touched, o.bytes = o.touched[:0], 0
	o.made.reuse(overlayChanges)
	o.room.reuse(overlayPieces)
}

// appendTo appends what was written as the payload of a group in the WAL: for
// each bucket that was written to, the length of its name, the name, the number
// of changes, and each change as the length of its key, the key, 0 for a
// deletion or the length of the value and 1, and the value. Numbers are unsigned
// varints.
func (g *group) appendTo(p []byte) []byte {
	for b, puts := range g.puts {
		if len(puts) == 0 {
			continue
		}
		p = appendCounted(p, []byte(bucketNames[b]))
		p = binary.AppendUvarint(p, uint64(len(puts)))
		for _, c := range puts {
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
