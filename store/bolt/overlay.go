package bolt

import (
	"bytes"
	"fmt"
	"slices"
)

// What one command may write. The largest legitimate one issues a lot.
const (
	keyBytesMax     = 1 << 10
	valueBytesMax   = 16 << 20
	commandBytesMax = 256 << 20
	entryBytes      = 64 // what an overlay entry costs besides its key and value
)

// change is a value put, or the deletion of a key.
type change struct {
	key, value []byte
	deleted    bool
}

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
	return len(c.key) + len(c.value) + entryBytes
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

// overlay is what was done to every bucket since the file's last commit, by
// one function or by a whole batch.
type overlay struct {
	buckets []changes // by bucket
	bytes   int       // about what it holds in memory
}

func newOverlay() *overlay { return &overlay{buckets: make([]changes, len(bucketNames))} }

func (o *overlay) set(b bucket, c *change) { o.bytes += o.buckets[b].set(c) }

// merge lays what was done later over o.
func (o *overlay) merge(later *overlay) {
	for b, cs := range later.buckets {
		for _, c := range cs {
			o.set(bucket(b), c)
		}
	}
}

// empty reports whether nothing was done.
func (o *overlay) empty() bool { return o.bytes == 0 }

// apply does to the file, in key order, what was done to o.
func (o *overlay) apply(file *snapshot) error {
	for b, cs := range o.buckets {
		if len(cs) == 0 {
			continue
		}
		to := file.bucket(bucket(b))
		if growingBuckets[bucket(b)] {
			to.FillPercent = 1
		}
		for _, c := range cs {
			err := error(nil)
			if c.deleted {
				err = to.Delete(c.key)
			} else {
				err = to.Put(c.key, c.value)
			}
			if err != nil {
				return fmt.Errorf("write to %s: %w", bucketNames[b], err)
			}
		}
	}
	return nil
}
