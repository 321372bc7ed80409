package bolt

import (
	"fmt"
	"iter"
)

// keyCodec says how a K stands in a key. decode reads the parts in the order in
// which encode added them to an empty key.
type keyCodec[K any] struct {
	encode func(key, K) key
	decode func(*keyReader) K
}

// numberKey is a sequence or issue number.
func numberKey[K ~uint64]() keyCodec[K] {
	return keyCodec[K]{
		encode: func(to key, k K) key { return to.u64(uint64(k)) },
		decode: func(r *keyReader) K { return K(r.u64()) },
	}
}

// textKey is an identifier.
func textKey[K ~string]() keyCodec[K] {
	return keyCodec[K]{
		encode: func(to key, k K) key { return to.str(string(k)) },
		decode: func(r *keyReader) K { return K(r.str()) },
	}
}

// hashKey is a SHA-256.
func hashKey[K ~[32]byte]() keyCodec[K] {
	return keyCodec[K]{
		encode: func(to key, k K) key { h := [32]byte(k); return to.fixed(h[:]) },
		decode: func(r *keyReader) K { return K(r.take(32)) },
	}
}

// table is a bucket of records of one type. V is a record, a struct of this
// package, and not a type of the domain: those are free to change.
//
//	var lots = table[uint64, lotRecord]{newBucket("lot"), 1, numberKey[uint64]()}
type table[K, V any] struct {
	bucket  bucket
	version byte
	key     keyCodec[K]
}

// row is a key and its record.
type row[K, V any] struct {
	key   K
	value V
}

// bytes returns the key's bytes, which are good until the next call, or ErrKey.
func (t table[K, V]) bytes(tx *Tx, k K) ([]byte, error) {
	kb := t.key.encode(tx.blank(), k)
	tx.scratch.key = kb.b
	return kb.bytes()
}

// get returns the record of the key, missing if there is none, ErrKey, or
// ErrRecord.
func (t table[K, V]) get(tx *Tx, k K, missing error) (V, error) {
	var none V
	kb, err := t.bytes(tx, k)
	if err != nil {
		return none, t.wrap(err)
	}
	p := tx.look(t.bucket, kb)
	if p == nil {
		return none, missing
	}
	v, err := decodeFrom[V](&tx.unpacker, t.version, p)
	if err == nil {
		err = t.open(tx, kb, k, &v)
	}
	if err != nil {
		return none, t.wrap(err)
	}
	return v, nil
}

// open opens the boxes of a record, if it is of a kind that has some.
func (t table[K, V]) open(tx *Tx, kb []byte, k K, v *V) error {
	if r, ok := any(v).(boxed[K]); ok {
		return openBoxes(tx, bucketNames[t.bucket], kb, r.boxes(k))
	}
	return nil
}

// has reports whether the key has a record.
func (t table[K, V]) has(tx *Tx, k K) (bool, error) {
	kb, err := t.bytes(tx, k)
	if err != nil {
		return false, t.wrap(err)
	}
	return tx.look(t.bucket, kb) != nil, nil
}

// put stores the record in place of an earlier one.
func (t table[K, V]) put(tx *Tx, k K, v V) error {
	kb, err := t.bytes(tx, k)
	if err != nil {
		return t.wrap(err)
	}
	if r, ok := any(&v).(boxed[K]); ok {
		if err := sealBoxes(tx, bucketNames[t.bucket], kb, r.boxes(k)); err != nil {
			return t.wrap(err)
		}
		if kb, err = t.bytes(tx, k); err != nil { // what it was in has been used again
			return t.wrap(err)
		}
	}
	if err := encodeTo(&tx.packer, t.version, v); err != nil {
		return t.wrap(err)
	}
	return tx.put(t.bucket, kb, tx.packer.b)
}

// putPacked is put of a record that packs itself, without an allocation.
func putPacked[K any, V packed](tx *Tx, t table[K, V], k K, v V) error {
	kb, err := t.bytes(tx, k)
	if err != nil {
		return t.wrap(err)
	}
	tx.packer.b = append(tx.packer.b[:0], t.version)
	v.pack(&tx.packer)
	return tx.put(t.bucket, kb, tx.packer.b)
}

// delete removes the record, if there is one.
func (t table[K, V]) delete(tx *Tx, k K) error {
	kb, err := t.bytes(tx, k)
	if err != nil {
		return t.wrap(err)
	}
	return tx.delete(t.bucket, kb)
}

// scan yields the span's rows in key order. A row that cannot be read is
// yielded as an error and is the last; the caller must return that error.
func (t table[K, V]) scan(tx *Tx, s span) iter.Seq2[row[K, V], error] {
	return t.rows(tx, s, tx.scan(t.bucket, s))
}

// scanDown is scan in descending order.
func (t table[K, V]) scanDown(tx *Tx, s span) iter.Seq2[row[K, V], error] {
	return t.rows(tx, s, tx.scanDown(t.bucket, s))
}

// last returns the span's last row, or false where it has none.
func (t table[K, V]) last(tx *Tx, s span) (row[K, V], bool, error) {
	for r, err := range t.scanDown(tx, s) {
		return r, err == nil, err
	}
	return row[K, V]{}, false, nil
}

func (t table[K, V]) rows(tx *Tx, s span, raw iter.Seq2[[]byte, []byte]) iter.Seq2[row[K, V], error] {
	return func(yield func(row[K, V], error) bool) {
		if s.err != nil {
			yield(row[K, V]{}, t.wrap(s.err))
			return
		}
		for kb, p := range raw {
			r, err := t.row(tx, kb, p)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (t table[K, V]) row(tx *Tx, kb, p []byte) (row[K, V], error) {
	reader := &keyReader{b: kb}
	r := row[K, V]{key: t.key.decode(reader)}
	if err := reader.done(); err != nil {
		return row[K, V]{}, t.wrap(fmt.Errorf("%w: %w", ErrRecord, err))
	}
	var err error
	if r.value, err = decode[V](t.version, p); err == nil {
		err = t.open(tx, kb, r.key, &r.value)
	}
	if err != nil {
		return row[K, V]{}, t.wrap(err)
	}
	return r, nil
}

// wrap says which table refused. It names no key: one may be secret or a
// person's.
func (t table[K, V]) wrap(err error) error {
	return fmt.Errorf("%s: %w", bucketNames[t.bucket], err)
}
