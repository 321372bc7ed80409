package bolt

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// A walk yields what a scan yields, wherever it stands: in the file, in the
// memory over it, or in the function's own changes.
func TestTable_walk(t *testing.T) {
	db, err := Open(filepath.Join(t.TempDir(), "jate.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	put := func(tx *Tx, from, to uint64) {
		t.Helper()
		for n := from; n < to; n += 3 {
			if err := hashTable.put(tx, n, hashPack(bytes.Repeat([]byte{byte(n)}, 32))); err != nil {
				t.Fatal(err)
			}
		}
	}
	same := func(tx *Tx) error {
		for _, s := range []span{{}, span{}.since(key{}.u64(7)), span{}.since(key{}.u64(7)).before(key{}.u64(40)), {err: ErrKey}} {
			var got, want []string
			for r, err := range hashTable.walk(tx, s) {
				got = append(got, fmt.Sprint(r, err))
			}
			for r, err := range hashTable.scan(tx, s) {
				want = append(want, fmt.Sprint(r, err))
			}
			if !slices.Equal(got, want) {
				t.Errorf("a walk yields %d rows, a scan %d:\n%s\n%s", len(got), len(want), got, want)
			}
		}
		for range hashTable.walk(tx, span{}) {
			break
		}
		return nil
	}
	for from := range uint64(3) {
		err := db.Update(t.Context(), func(tx *Tx) error {
			put(tx, from, 60)
			return same(tx)
		})
		if err == nil {
			err = db.View(t.Context(), same)
		}
		if err == nil && from == 1 {
			err = db.Flush(t.Context())
		}
		if err == nil {
			err = db.View(t.Context(), same)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is cut from one piece of memory does not run into what is cut next, and
// what is too long for a piece gets memory of its own.
func TestPieces(t *testing.T) {
	for name, a := range map[string]*pieces{"none": nil, "one": {}} {
		var texts []string
		var lists [][]uint64
		for n := range 3 * pieceTexts / 100 {
			texts = append(texts, a.text(bytes.Repeat([]byte{'a' + byte(n%26)}, n%100)))
			l := cut(a, numbersOf, n%40)
			if len(l) != 0 || cap(l) != n%40 {
				t.Fatalf("%s: a list of %d with room for %d, want %d", name, len(l), cap(l), n%40)
			}
			for range n % 41 { // one more than there is room for
				l = append(l, uint64(n))
			}
			lists = append(lists, l)
		}
		for n, text := range texts {
			if want := string(bytes.Repeat([]byte{'a' + byte(n%26)}, n%100)); text != want {
				t.Errorf("%s: text %d is %q, want %q", name, n, text, want)
			}
			if want := slices.Repeat([]uint64{uint64(n)}, n%41); !slices.Equal(lists[n], want) {
				t.Errorf("%s: list %d is %v, want %v", name, n, lists[n], want)
			}
		}
		if long := bytes.Repeat([]byte("x"), 2*pieceTexts); a.text(long) != string(long) {
			t.Errorf("%s: a long text comes back as another", name)
		}
	}
}
