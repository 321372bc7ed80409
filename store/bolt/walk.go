package bolt

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Who reads a table from one end to the other pays for each allocation a
// million times. A walk yields what a scan yields, from larger pieces of memory.

// pieces are memory from which the texts and lists of many records are cut. A
// text or list is as good as any other, but keeps the piece in memory that it
// was cut from. Nil pieces give each memory of its own.
type pieces struct {
	texts    strings.Builder
	postings []ledger.Posting
	accounts []ledger.Account
	amounts  []money.Amount
	numbers  []uint64
	bytes    []byte
}

const (
	pieceTexts = 16 << 10 // bytes of a piece of texts
	pieceParts = 256      // elements of a piece of others
)

// text returns a text of the bytes.
func (a *pieces) text(b []byte) string {
	if a == nil || len(b) > pieceTexts/8 {
		return string(b)
	}
	if a.texts.Cap()-a.texts.Len() < len(b) {
		a.texts = strings.Builder{}
		a.texts.Grow(pieceTexts)
	}
	from := a.texts.Len()
	a.texts.Write(b)
	return a.texts.String()[from:]
}

// cut returns an empty list with room for n.
func cut[T any](a *pieces, of func(*pieces) *[]T, n int) []T {
	if a == nil || n > pieceParts/8 {
		return make([]T, 0, n)
	}
	rest := of(a)
	if n > len(*rest) {
		*rest = make([]T, pieceParts)
	}
	out := (*rest)[:0:n]
	*rest = (*rest)[n:]
	return out
}

func postingsOf(a *pieces) *[]ledger.Posting { return &a.postings }
func accountsOf(a *pieces) *[]ledger.Account { return &a.accounts }
func amountsOf(a *pieces) *[]money.Amount    { return &a.amounts }
func numbersOf(a *pieces) *[]uint64          { return &a.numbers }
func bytesOf(a *pieces) *[]byte              { return &a.bytes }

// walk is scan of very many rows.
func (t table[K, V]) walk(tx *Tx, s span) iter.Seq2[row[K, V], error] {
	return func(yield func(row[K, V], error) bool) {
		if s.err != nil {
			yield(row[K, V]{}, t.wrap(s.err))
			return
		}
		reader, u, r := &keyReader{}, &unpacker{cut: &pieces{}}, &row[K, V]{}
		for kb, p := range tx.walk(t.bucket, s) {
			*reader = keyReader{b: kb}
			r.key = t.key.decode(reader)
			err := reader.done()
			if err != nil {
				err = fmt.Errorf("%w: %w", ErrRecord, err)
			} else {
				err = decodeInto(u, t.version, p, &r.value)
			}
			if err != nil {
				yield(row[K, V]{}, t.wrap(err))
				return
			}
			if !yield(*r, nil) {
				return
			}
		}
	}
}

// walk is scan whose bytes are not the caller's to change or to keep.
func (tx *Tx) walk(b bucket, s span) iter.Seq2[[]byte, []byte] {
	if tx.own != nil || slices.ContainsFunc(tx.views, func(v view) bool { return v.has(b) }) {
		return tx.scan(b, s)
	}
	return func(yield func(k, v []byte) bool) {
		cursor := tx.bucket(b).Cursor()
		for k, v := cursor.Seek(s.from); k != nil; k, v = cursor.Next() {
			if s.to != nil && bytes.Compare(k, s.to) >= 0 || !yield(k, v) {
				return
			}
		}
	}
}

// MakesLeaves reports that the file holds no leaves: Journal yields what
// ledger.AppendLeaf writes for an entry, and nothing that could differ from it.
func (tx *Tx) MakesLeaves() bool { return true }
