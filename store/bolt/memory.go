package bolt

import (
	"bytes"

	"github.com/google/btree"
)

// memory is what was done since a flush, in the order of buckets and keys. A
// still of it may be read while it is written to.
type memory struct {
	tree  *btree.BTreeG[*change]
	bytes int // about what it takes
}

func newMemory() *memory { return &memory{tree: btree.NewG(32, before)} }

func before(a, b *change) bool {
	if a.bucket != b.bucket {
		return a.bucket < b.bucket
	}
	return bytes.Compare(a.key, b.key) < 0
}

// lay lays the change over those that are there.
func (m *memory) lay(c *change) {
	m.bytes += c.size()
	if old, replaced := m.tree.ReplaceOrInsert(c); replaced {
		m.bytes -= old.size()
	}
}

// still returns m as it is now. Later changes of m do not show in it.
func (m *memory) still() *memory { return &memory{tree: m.tree.Clone(), bytes: m.bytes} }

func (m *memory) empty() bool { return m.tree.Len() == 0 }

// find returns the change of the probe's bucket and key, or nil.
func (m *memory) find(probe *change) *change {
	c, _ := m.tree.Get(probe)
	return c
}

// walk is a way through one bucket of a memory, up or down, that takes a few
// changes from it at a time. The memory must not change meanwhile.
type walk struct {
	in   *memory
	down bool
	of   bucket
	from *change   // where to go on
	past bool      // from itself is not to be taken
	got  []*change // taken and not yet passed
	many int       // how many to take next: none at the end
}

// walksMax is how many changes a walk takes at once, at most.
const walksMax = 64

// up walks from a key on.
func (m *memory) up(b bucket, from []byte) *walk {
	return &walk{in: m, of: b, from: &change{bucket: b, key: from}, many: 1}
}

// downFrom walks down from below a key; nil stands above all.
func (m *memory) downFrom(b bucket, to []byte) *walk {
	w := &walk{in: m, down: true, of: b, from: &change{bucket: b, key: to}, past: true, many: 1}
	if to == nil {
		w.from = &change{bucket: b + 1} // no key is empty, so that nothing is passed over
	}
	return w
}

// head returns the change where the walk stands, or nil at its end.
func (w *walk) head() *change {
	if len(w.got) == 0 && w.many > 0 {
		w.take()
	}
	if len(w.got) == 0 {
		return nil
	}
	return w.got[0]
}

func (w *walk) take() {
	full := false
	each := func(c *change) bool {
		switch {
		case c.bucket != w.of:
			return false
		case w.past && c.bucket == w.from.bucket && bytes.Equal(c.key, w.from.key):
			return true
		}
		w.got = append(w.got, c)
		full = len(w.got) == w.many
		return !full
	}
	if w.down {
		w.in.tree.DescendLessOrEqual(w.from, each)
	} else {
		w.in.tree.AscendGreaterOrEqual(w.from, each)
	}
	if !full {
		w.many = 0
		return
	}
	w.from, w.past = w.got[len(w.got)-1], true
	w.many = min(w.many*8, walksMax)
}

// pass moves on if the walk stands at the key.
func (w *walk) pass(key []byte) {
	if len(w.got) > 0 && bytes.Equal(w.got[0].key, key) {
		w.got = w.got[1:]
	}
}
