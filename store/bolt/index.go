package bolt

import (
	"errors"
	"fmt"
	"iter"
)

// none is the record of a table whose keys say everything.
type none struct{}

// numbered is a key of a text and a number: an account and an entry, a round
// and an arrival.
type numbered[K ~string] struct {
	of K
	n  uint64
}

func (k numbered[K]) key() key { return k.appendTo(key{}) }

func (k numbered[K]) appendTo(to key) key { return to.str(string(k.of)).u64(k.n) }

func numberedKey[K ~string]() keyCodec[numbered[K]] {
	return keyCodec[numbered[K]]{
		encode: func(to key, k numbered[K]) key { return k.appendTo(to) },
		decode: func(r *keyReader) numbered[K] { return numbered[K]{K(r.str()), r.u64()} },
	}
}

// ownedKey is a key of an owner and an identifier.
type ownedKey[K ~string] struct {
	owner string
	id    K
}

func (k ownedKey[K]) key() key { return k.appendTo(key{}) }

func (k ownedKey[K]) appendTo(to key) key { return to.str(k.owner).str(string(k.id)) }

func ownedKeys[K ~string]() keyCodec[ownedKey[K]] {
	return keyCodec[ownedKey[K]]{
		encode: func(to key, k ownedKey[K]) key { return k.appendTo(to) },
		decode: func(r *keyReader) ownedKey[K] { return ownedKey[K]{r.str(), K(r.str())} },
	}
}

// Errors that a caller of these packages' own rules never meets.
var (
	errOwner = errors.New("the thing belongs to another owner")
	errIndex = fmt.Errorf("an index points to nothing: %w", ErrRecord)
)

// owned is a table of things that have an id of their own and are listed by
// their owner, which never changes.
type owned[K ~string, V any] struct {
	rows  table[K, V]
	index table[ownedKey[K], none]
}

// newOwned declares the bucket name and its index, name + "-of".
func newOwned[K ~string, V any](name string) owned[K, V] { return newOwnedOf[K, V](name, 1) }

// newOwnedOf is newOwned of records that are in a later version than the first.
func newOwnedOf[K ~string, V any](name string, version byte) owned[K, V] {
	return owned[K, V]{
		rows:  table[K, V]{newBucket(name), version, textKey[K]()},
		index: table[ownedKey[K], none]{newBucket(name + "-of"), 1, ownedKeys[K]()},
	}
}

// put stores the thing. The index, which never changes, is written once.
func (o owned[K, V]) put(tx *Tx, owner string, id K, v V) error {
	listed, err := o.index.has(tx, ownedKey[K]{owner, id})
	if err != nil {
		return err
	}
	if !listed {
		taken, err := o.rows.has(tx, id)
		if err != nil {
			return err
		}
		if taken {
			return o.rows.wrap(errOwner)
		}
		if err := o.index.put(tx, ownedKey[K]{owner, id}, none{}); err != nil {
			return err
		}
	}
	return o.rows.put(tx, id, v)
}

// of yields what the owner has with an id above after, in the order of ids.
func (o owned[K, V]) of(tx *Tx, owner string, after K) iter.Seq2[V, error] {
	s := under(key{}.str(owner))
	if after != "" {
		s = s.after(ownedKey[K]{owner, after}.key())
	}
	return follow(tx, o.index, s, o.rows, func(k ownedKey[K]) K { return k.id })
}

// follow yields the rows that the keys of an index point to.
func follow[I, K, V any](tx *Tx, index table[I, none], s span, rows table[K, V], to func(I) K) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for r, err := range index.scan(tx, s) {
			var v V
			if err == nil {
				v, err = rows.get(tx, to(r.key), rows.wrap(errIndex))
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// convert yields what to makes of each value. An error is the last thing that
// is yielded.
func convert[A, B any](seq iter.Seq2[A, error], to func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		for a, err := range seq {
			if err != nil {
				var b B
				yield(b, err)
				return
			}
			if !yield(to(a), nil) {
				return
			}
		}
	}
}

// read returns what to makes of the record of the key, or missing.
func read[K, V, D any](tx *Tx, t table[K, V], k K, missing error, to func(V) D) (D, error) {
	v, err := t.get(tx, k, missing)
	if err != nil {
		var none D
		return none, err
	}
	return to(v), nil
}
