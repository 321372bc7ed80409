package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type testID string

type testRecord struct {
	_      struct{} `cbor:",toarray"`
	Name   string
	Amount int64
	Hash   []byte
}

type testPair struct {
	Vendor testID
	Number uint64
}

var (
	testTable = table[testID, testRecord]{newBucket("test-records"), 3, textKey[testID]()}
	pairTable = table[testPair, struct{}]{newBucket("test-pairs"), 1, keyCodec[testPair]{
		encode: func(to key, p testPair) key { return to.str(string(p.Vendor)).u64(p.Number) },
		decode: func(r *keyReader) testPair { return testPair{testID(r.str()), r.u64()} },
	}}
	errMissing = errors.New("missing")
)

// update runs fn and fails the test where it fails.
func update(t testing.TB, db *DB, fn func(*Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestTable(t *testing.T) {
	db := newDB(t, Options{})
	want := testRecord{Name: "Aïssata", Amount: -5, Hash: []byte{1}}
	t.Run("a record that is not there is the caller's error", func(t *testing.T) {
		update(t, db, func(tx *Tx) error {
			if _, err := testTable.get(tx, "a", errMissing); err != errMissing {
				t.Errorf("get: %v", err)
			}
			if found, err := testTable.has(tx, "a"); found || err != nil {
				t.Errorf("has: %v, %v", found, err)
			}
			return testTable.delete(tx, "a")
		})
	})
	t.Run("a record comes back as it was put", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return testTable.put(tx, "a", want) })
		update(t, db, func(tx *Tx) error {
			got, err := testTable.get(tx, "a", errMissing)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(testRecord{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			return err
		})
	})
	t.Run("a deleted record is gone", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return testTable.delete(tx, "a") })
		update(t, db, func(tx *Tx) error {
			if found, err := testTable.has(tx, "a"); found || err != nil {
				t.Errorf("has: %v, %v", found, err)
			}
			return nil
		})
	})
	t.Run("a key with a zero byte is refused", func(t *testing.T) {
		update(t, db, func(tx *Tx) error {
			const bad = testID("a\x00b")
			_, getErr := testTable.get(tx, bad, errMissing)
			_, hasErr := testTable.has(tx, bad)
			for name, err := range map[string]error{
				"get": getErr, "has": hasErr,
				"put": testTable.put(tx, bad, want), "delete": testTable.delete(tx, bad),
			} {
				if !errors.Is(err, ErrKey) {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, err := range testTable.scan(tx, under(key{}.str(string(bad)))) {
				if !errors.Is(err, ErrKey) {
					t.Errorf("scan: %v", err)
				}
			}
			return nil
		})
	})
}

// Ranges of a composite key answer questions about its first part alone.
func TestTable_scan(t *testing.T) {
	db := newDB(t, Options{})
	update(t, db, func(tx *Tx) error {
		for _, v := range []testID{"", "a", "a!", "b"} {
			for _, n := range []uint64{0, 1, 256, math.MaxUint64} {
				if err := pairTable.put(tx, testPair{v, n}, struct{}{}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	of := func(v string) span { return under(key{}.str(v)) }
	at := func(v string, n uint64) key { return key{}.str(v).u64(n) }
	for name, c := range map[string]struct {
		s    span
		want string
	}{
		"one vendor, not the one whose name begins likewise": {of("a"), "a/0 a/1 a/256 a/max"},
		"the empty name":                 {of(""), "/0 /1 /256 /max"},
		"names that begin with a text":   {under(key{}.open("a")), "a/0 a/1 a/256 a/max a!/0 a!/1 a!/256 a!/max"},
		"at and after a key":             {of("a").since(at("a", 1)), "a/1 a/256 a/max"},
		"since a key before the span":    {of("a").since(at("", 1)), "a/0 a/1 a/256 a/max"},
		"after a key":                    {of("a").after(at("a", 1)), "a/256 a/max"},
		"after the last key of a prefix": {of("a").after(at("a", math.MaxUint64)), ""},
		"after a prefix":                 {under(key{}).after(key{}.str("a!")), "b/0 b/1 b/256 b/max"},
		"before a key":                   {of("a").before(at("a", 256)), "a/0 a/1"},
		"before the empty key":           {of("").before(key{}), ""},
		"nobody":                         {of("c"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var up, down []string
			var last testPair
			var found bool
			err := db.View(t.Context(), func(tx *Tx) error {
				for r, err := range pairTable.scan(tx, c.s) {
					if err != nil {
						return err
					}
					up = append(up, strings.ReplaceAll(fmt.Sprintf("%s/%d", r.key.Vendor, r.key.Number),
						fmt.Sprint(uint64(math.MaxUint64)), "max"))
					last = r.key
				}
				for _, err := range pairTable.scanDown(tx, c.s) {
					if err != nil {
						return err
					}
					down = append(down, "")
				}
				r, ok, err := pairTable.last(tx, c.s)
				if found = ok; ok && r.key != last {
					t.Errorf("last = %v, want %v", r.key, last)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(up, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if len(down) != len(up) || found != (len(up) > 0) {
				t.Errorf("%d rows up, %d down, last %v", len(up), len(down), found)
			}
		})
	}
}

// A record that this version cannot read is an error, never a zero value.
func TestTable_unreadable(t *testing.T) {
	db := newDB(t, Options{})
	good, err := encode(3, testRecord{Name: "n", Hash: []byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	a := key{}.str("a").b
	for name, c := range map[string]struct{ key, value []byte }{
		"no bytes":                {a, nil},
		"an unknown version":      {a, append([]byte{4}, good[1:]...)},
		"bytes after the record":  {a, append(bytes.Clone(good), 0)},
		"a record cut short":      {a, good[:len(good)-1]},
		"too few fields":          {a, []byte{3, 0x82, 0x61, 'n', 0}},
		"a tag":                   {a, append([]byte{3, 0xc1}, good[1:]...)},
		"an indefinite length":    {a, []byte{3, 0x9f, 0x61, 'n', 0, 0x41, 1, 0xff}},
		"a text that is no UTF-8": {a, []byte{3, 0x83, 0x61, 0xff, 0, 0x41, 1}},
		"an amount out of range":  {a, []byte{3, 0x83, 0x61, 'n', 0x1b, 255, 255, 255, 255, 255, 255, 255, 255, 0x41, 1}},
		"a key of another shape":  {[]byte("a"), good},
		"a key with more in it":   {append(bytes.Clone(a), 1), good},
	} {
		t.Run(name, func(t *testing.T) {
			err := db.Update(t.Context(), func(tx *Tx) error {
				if err := errors.Join(tx.put(testTable.bucket, c.key, c.value),
					testTable.put(tx, "b", testRecord{})); err != nil { // readable, and not reached
					return err
				}
				rows := 0
				for _, err := range testTable.scan(tx, span{}) {
					if rows++; !errors.Is(err, ErrRecord) {
						t.Errorf("scan: %v", err)
					}
				}
				if rows != 1 {
					t.Errorf("scan yielded %d times", rows)
				}
				if bytes.Equal(c.key, a) {
					if _, err := testTable.get(tx, "a", errMissing); !errors.Is(err, ErrRecord) {
						t.Errorf("get: %v", err)
					}
				}
				return errRefused
			})
			if !errors.Is(err, errRefused) {
				t.Error(err)
			}
		})
	}
	t.Run("an unknown field of a named record", func(t *testing.T) {
		p, err := encode(1, map[string]int{"A": 1, "B": 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode[struct{ A, B int }](1, p); err != nil {
			t.Errorf("with both fields known: %v", err)
		}
		if _, err := decode[struct{ A int }](1, p); !errors.Is(err, ErrRecord) {
			t.Errorf("with one unknown: %v", err)
		}
	})
	t.Run("a number that is none is not written", func(t *testing.T) {
		if _, err := encode(1, math.NaN()); err == nil {
			t.Error("NaN was encoded")
		}
	})
}

// Keys sort as what they are made of, and come apart again.
func TestKey(t *testing.T) {
	type parts struct {
		S string
		N uint64
		B uint8
		T int64
		H [4]byte
	}
	some := rapid.Custom(func(t *rapid.T) parts {
		return parts{
			S: rapid.StringOfN(rapid.SampledFrom([]rune{1, 'a', 'é', 0x10ffff}), 0, 3, -1).Draw(t, "s"),
			N: rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 2)).Draw(t, "n"),
			B: rapid.Byte().Draw(t, "b"),
			T: rapid.Int64Range(0, 1<<40).Draw(t, "t"),
			H: [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "h")),
		}
	})
	build := func(p parts) key {
		return key{}.str(p.S).u64(p.N).u8(p.B).seconds(time.Unix(p.T, 999)).fixed(p.H[:])
	}
	rapid.Check(t, func(t *rapid.T) {
		p, q := some.Draw(t, "p"), some.Draw(t, "q")
		if rapid.Bool().Draw(t, "same text") {
			q.S = p.S
		}
		kp, err := build(p).bytes()
		if err != nil {
			t.Fatal(err)
		}
		r := &keyReader{b: kp}
		got := parts{S: r.str(), N: r.u64(), B: r.u8(), T: r.seconds().Unix(), H: [4]byte(r.fixed(4))}
		if err := r.done(); err != nil || got != p {
			t.Fatalf("%+v came apart as %+v, %v", p, got, err)
		}
		want := strings.Compare(p.S, q.S)
		if want == 0 && p.N != q.N {
			want = -1
			if p.N > q.N {
				want = 1
			}
		}
		if got := bytes.Compare(kp, build(q).b); want != 0 && got != want {
			t.Fatalf("%+v and %+v compare as %d, want %d", p, q, got, want)
		}
	})
	t.Run("two keys of one beginning do not share memory", func(t *testing.T) {
		k := key{}.open("a")
		one, two := k.u8(1), k.u8(2)
		if one.b[1] != 1 || two.b[1] != 2 {
			t.Errorf("%x and %x", one.b, two.b)
		}
	})
	t.Run("a time before 1970 is refused", func(t *testing.T) {
		if _, err := (key{}.seconds(time.Unix(-1, 0))).bytes(); !errors.Is(err, ErrKey) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a hash and a number are keys", func(t *testing.T) {
		h := [32]byte{1, 31: 2}
		k := hashKey[[32]byte]()
		if got := k.decode(&keyReader{b: k.encode(key{}, h).b}); got != h {
			t.Errorf("got %x", got)
		}
		n := numberKey[uint64]()
		if got := n.decode(&keyReader{b: n.encode(key{}, 7).b}); got != 7 {
			t.Errorf("got %d", got)
		}
	})
}

func TestUnder_endOfBucket(t *testing.T) {
	if s := under(key{}.fixed([]byte{0xff, 0xff})); s.to != nil {
		t.Errorf("to = %x, want the end", s.to)
	}
	if s := under(key{}.u8(0xff)).after(key{}.fixed([]byte{0xff, 0xff})); !bytes.Equal(s.from, s.to) || s.to == nil {
		t.Errorf("after the last possible prefix: [%x, %x), want nothing", s.from, s.to)
	}
}
