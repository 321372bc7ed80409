package bolt

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/google/btree"
)

// memory is what was done since a flush. One goroutine writes to it, a group
// at a time; others read it as it was after an earlier group.
//
// Keys are found by their hash. Most are never asked for in order before the
// flush, which sorts them all, so that the order of a bucket's keys is kept only
// from when somebody first walks through it.
type memory struct {
	mu      sync.RWMutex // held to write, and by whoever is not the writer to read
	buckets []keys       // by bucket
	room    arena
	slots   slab[slot]
	puts    slab[version]
	bytes   int // about what it takes
}

// keys are those of one bucket.
type keys struct {
	byHash map[uint64]*slot
	order  *btree.BTreeG[*slot] // of those that are not fresh; nil where nobody has walked
	fresh  []*slot
}

// slot is a key, and what it holds.
type slot struct {
	key  []byte
	last *version
	twin *slot // another key with the same hash
}

// version is what a group left under a key.
type version struct {
	group   uint64
	value   []byte
	deleted bool
	older   *version // what was there before, where somebody may still read it
}

// slotBytes and versionBytes are what a key and a version cost besides their
// bytes, the map included.
const (
	slotBytes    = 96
	versionBytes = 56
)

var hashSeed = maphash.MakeSeed()

// group is what the functions of one batch wrote: each key once, with what they
// left under it.
type group struct {
	number uint64
	puts   [][]written // by bucket
	bytes  int         // of keys and values
}

type written struct {
	key []byte
	*version
}

func newGroup(number uint64) *group {
	return &group{number: number, puts: make([][]written, len(bucketNames))}
}

func (g *group) add(b bucket, key []byte, v *version) {
	g.puts[b] = append(g.puts[b], written{key, v})
	g.bytes += len(key)
}

// reset makes g empty.
func (g *group) reset() {
	for b, puts := range g.puts {
		clear(puts)
		g.puts[b] = puts[:0]
	}
	g.bytes = 0
}

// empty reports whether nothing was written.
func (g *group) empty() bool { return g.bytes == 0 }

func newMemory() *memory { return &memory{buckets: make([]keys, len(bucketNames))} }

// next returns an empty memory with room for as many keys as m has: the work of
// the next segment is mostly the same.
func (m *memory) next() *memory {
	n := newMemory()
	for b := range m.buckets {
		if many := len(m.buckets[b].byHash); many > 0 {
			n.buckets[b].byHash = make(map[uint64]*slot, many)
			n.buckets[b].fresh = make([]*slot, 0, many)
		}
	}
	return n
}

// find returns the key's slot, or nil.
func (k *keys) find(hash uint64, key []byte) *slot {
	s := k.byHash[hash]
	for s != nil && !bytes.Equal(s.key, key) {
		s = s.twin
	}
	return s
}

// lay makes the change part of the group. Versions that are older than the one
// that readers of group oldest see are forgotten; nobody may read an earlier
// state than that.
func (m *memory) lay(c *change, g *group, oldest uint64) {
	k := &m.buckets[c.bucket]
	hash := maphash.Bytes(hashSeed, c.key)
	s := k.find(hash, c.key)
	if s == nil {
		if k.byHash == nil {
			k.byHash = map[uint64]*slot{}
		}
		s = m.slots.next()
		s.key, s.twin = m.room.keep(c.key), k.byHash[hash]
		k.byHash[hash] = s
		k.fresh = append(k.fresh, s)
		m.bytes += len(s.key) + slotBytes
	}
	v := s.last
	if v == nil || v.group != g.number {
		v = m.puts.next()
		v.group, v.older = g.number, s.last
		s.last = v
		m.bytes += versionBytes
		g.add(c.bucket, s.key, v)
	}
	g.bytes += len(c.value) - len(v.value)
	v.deleted = c.deleted
	switch {
	case c.deleted:
		v.value = nil
	case v.value != nil && cap(v.value) >= len(c.value):
		v.value = append(v.value[:0], c.value...) // nobody reads an unfinished group
	default:
		v.value = m.room.keep(c.value)
		m.bytes += len(v.value)
	}
	for ; v != nil; v = v.older {
		if v.group <= oldest {
			v.older = nil
		}
	}
}

// at returns what the key held after the group, or nil where m says nothing of
// it.
func (s *slot) at(group uint64) *version {
	v := s.last
	for v != nil && v.group > group {
		v = v.older
	}
	return v
}

// settle puts every key of the bucket in order.
func (k *keys) settle() {
	if k.order == nil {
		k.order = btree.NewG(32, before)
	}
	slices.SortFunc(k.fresh, bySlot) // neighbours are added together
	for _, s := range k.fresh {
		k.order.ReplaceOrInsert(s)
	}
	k.fresh = nil
}

func bySlot(a, b *slot) int { return bytes.Compare(a.key, b.key) }

func before(a, b *slot) bool { return bytes.Compare(a.key, b.key) < 0 }

// sorted returns the bucket's keys in order.
func (m *memory) sorted(b bucket) []*slot {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k := &m.buckets[b]
	all := slices.Clone(k.fresh)
	if k.order != nil {
		k.order.Ascend(func(s *slot) bool { all = append(all, s); return true })
	}
	slices.SortFunc(all, bySlot)
	return all
}

func (m *memory) empty() bool { return m.bytes == 0 }

// view is a memory as it was after a group.
type view struct {
	*memory
	group uint64
	alone bool // the one who looks is the writer: nothing is changed meanwhile
}

// newest is the group of a view that shows everything.
const newest = ^uint64(0)

// find returns the last version of the key, or nil.
func (v view) find(b bucket, key []byte) *version {
	if !v.alone {
		v.mu.RLock()
		defer v.mu.RUnlock()
	}
	k := &v.buckets[b]
	if len(k.byHash) == 0 {
		return nil
	}
	if s := k.find(maphash.Bytes(hashSeed, key), key); s != nil {
		return s.at(v.group)
	}
	return nil
}

// has reports whether anything was written to the bucket.
func (v view) has(b bucket) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.buckets[b].byHash) > 0
}

// walk is a way through one bucket of a view, up or down, that takes a few keys
// from it at a time.
type walk struct {
	in   view
	down bool
	of   bucket
	from []byte // where to go on
	past bool   // from itself is not to be taken
	end  bool   // from is above all
	got  []step // taken and not yet passed
	many int    // how many to take next: none at the end
}

// step is a key on a walk, and what it held.
type step struct {
	key []byte
	*version
}

// walksMax is how many keys a walk takes at once, at most.
const walksMax = 64

// up walks from a key on.
func (v view) up(b bucket, from []byte) *walk { return &walk{in: v, of: b, from: from, many: 1} }

// downFrom walks down from below a key; nil stands above all.
func (v view) downFrom(b bucket, to []byte) *walk {
	return &walk{in: v, down: true, of: b, from: to, past: true, end: to == nil, many: 1}
}

// head returns the step where the walk stands, or nil at its end.
func (w *walk) head() *step {
	for len(w.got) == 0 && w.many > 0 {
		w.take()
	}
	if len(w.got) == 0 {
		return nil
	}
	return &w.got[0]
}

func (w *walk) take() {
	keys, done := w.in.ordered(w.of)
	defer done()
	passed, full := 0, false
	w.got = w.got[:0]
	each := func(s *slot) bool {
		if w.past && bytes.Equal(s.key, w.from) {
			return true
		}
		passed++
		if v := s.at(w.in.group); v != nil {
			w.got = append(w.got, step{s.key, v})
		}
		if full = passed == w.many; full {
			w.from, w.past, w.end = s.key, true, false
		}
		return !full
	}
	switch at := (&slot{key: w.from}); {
	case w.down && w.end:
		keys.Descend(each)
	case w.down:
		keys.DescendLessOrEqual(at, each)
	default:
		keys.AscendGreaterOrEqual(at, each)
	}
	if !full {
		w.many = 0
		return
	}
	w.many = min(w.many*8, walksMax)
}

// ordered returns the bucket's keys in order, which stay as they are until done
// is called.
func (v view) ordered(b bucket) (keys *btree.BTreeG[*slot], done func()) {
	k := &v.buckets[b]
	v.mu.RLock()
	if k.order != nil && len(k.fresh) == 0 {
		return k.order, v.mu.RUnlock
	}
	v.mu.RUnlock()
	v.mu.Lock()
	k.settle()
	return k.order, v.mu.Unlock
}

// pass moves on if the walk stands at the key.
func (w *walk) pass(key []byte) {
	if len(w.got) > 0 && bytes.Equal(w.got[0].key, key) {
		w.got = w.got[1:]
	}
}

// arena hands out parts of large pieces of memory. They are given back
// together.
type arena struct {
	pieces [][]byte
	used   int    // of pieces
	piece  []byte // what is left of the last one used
}

// arenaPiece is the length of a piece.
const arenaPiece = 64 << 10

// keep returns a copy of p, which is not nil.
func (a *arena) keep(p []byte) []byte {
	if len(p) > arenaPiece/4 {
		return bytes.Clone(p)
	}
	if len(p) > len(a.piece) || a.piece == nil {
		if a.used == len(a.pieces) {
			a.pieces = append(a.pieces, make([]byte, arenaPiece))
		}
		a.piece = a.pieces[a.used]
		a.used++
	}
	q := a.piece[:len(p):len(p)]
	a.piece = a.piece[len(p):]
	copy(q, p)
	return q
}

// reuse hands out the first pieces again, at most so many. What was handed out
// before must not be looked at any more.
func (a *arena) reuse(most int) {
	a.pieces, a.used, a.piece = first(a.pieces, most), 0, nil
}

// slab hands out values that are allocated many at a time: zero values, but for
// those that were handed out before reuse.
type slab[T any] struct {
	pieces [][]T
	used   int // of pieces
	free   []T
}

const slabMany = 64

func (s *slab[T]) next() *T {
	if len(s.free) == 0 {
		if s.used == len(s.pieces) {
			s.pieces = append(s.pieces, make([]T, slabMany))
		}
		s.free = s.pieces[s.used]
		s.used++
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}

// reuse hands out the first pieces again, at most so many.
func (s *slab[T]) reuse(most int) {
	s.pieces, s.used, s.free = first(s.pieces, most), 0, nil
}

// first returns the first pieces and lets go of the others.
func first[T any](pieces [][]T, most int) [][]T {
	if len(pieces) > most {
		clear(pieces[most:])
		pieces = pieces[:most]
	}
	return pieces
}
