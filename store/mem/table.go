package mem

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
)

// table is a map that can be walked in the order of its keys. The zero table
// is empty and ready.
type table[K cmp.Ordered, V any] struct {
	rows map[K]V
	keys []K // sorted
}

// get returns a copy of the row, and whether it is there.
func (t *table[K, V]) get(k K) (V, bool) {
	v, ok := t.rows[k]
	return clone(v), ok
}

// find returns a copy of the row, or missing where it is not there.
func (t *table[K, V]) find(k K, missing error) (V, error) {
	v, ok := t.get(k)
	if !ok {
		return v, missing
	}
	return v, nil
}

// put keeps a copy of v under the key.
func (t *table[K, V]) put(tx *Tx, k K, v V) error {
	if !tx.writable {
		return errReadOnly
	}
	t.remember(tx, k)
	t.set(k, clone(v))
	return nil
}

// remove takes the row out, if it is there.
func (t *table[K, V]) remove(tx *Tx, k K) error {
	if !tx.writable {
		return errReadOnly
	}
	t.remember(tx, k)
	t.unset(k)
	return nil
}

// remember notes how to bring the row back to what it is now.
func (t *table[K, V]) remember(tx *Tx, k K) {
	before, was := t.rows[k]
	tx.undo = append(tx.undo, func() {
		if was {
			t.set(k, before)
			return
		}
		t.unset(k)
	})
}

func (t *table[K, V]) set(k K, v V) {
	if i, ok := slices.BinarySearch(t.keys, k); !ok {
		t.keys = slices.Insert(t.keys, i, k)
	}
	if t.rows == nil {
		t.rows = map[K]V{}
	}
	t.rows[k] = v
}

func (t *table[K, V]) unset(k K) {
	if i, ok := slices.BinarySearch(t.keys, k); ok {
		t.keys = slices.Delete(t.keys, i, i+1)
	}
	delete(t.rows, k)
}

// from walks the rows whose key is k or above, in order. Rows may be put and
// removed while it runs; it never yields a key twice.
func (t *table[K, V]) from(k K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		i, _ := slices.BinarySearch(t.keys, k)
		for i < len(t.keys) {
			at := t.keys[i]
			if !yield(at, clone(t.rows[at])) {
				return
			}
			var still bool
			if i, still = slices.BinarySearch(t.keys, at); still {
				i++
			}
		}
	}
}

// under yields, in order, the rows whose key starts with prefix and sorts
// above prefix+after; all of them where after is "".
func under[V any](t *table[string, V], prefix, after string) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for k, v := range t.from(prefix + after) {
			if !strings.HasPrefix(k, prefix) {
				return
			}
			if after != "" && k == prefix+after {
				continue
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// key joins the parts of a key so that keys sort part by part. Parts of
// varying length hold no zero byte. key("p", "") is the prefix of all keys
// whose first part is "p".
func key(parts ...string) string { return strings.Join(parts, "\x00") }

// num is a number as a part of a key: eight bytes that sort as the number.
func num(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }
