package bolt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// again reads a record from p; what can be read is written and read again, and
// must be the same.
func again[V any](t *testing.T, version byte, p []byte) {
	t.Helper()
	v, err := decode[V](version, p)
	if err != nil {
		if !errors.Is(err, ErrRecord) {
			t.Fatal(err)
		}
		return
	}
	q, err := encode(version, v)
	if err != nil {
		t.Fatal(err)
	}
	w, err := decode[V](version, q)
	if err != nil || !reflect.DeepEqual(v, w) {
		t.Fatalf("%x reads as %+v and writes as %x, which reads as %+v, %v", p, v, q, w, err)
	}
}

// seeds adds a record that is full, one that is empty, and every beginning of
// the full one.
func seeds[V any](f *testing.F, version byte, full V) {
	p, err := encode(version, full)
	if err != nil {
		f.Fatal(err)
	}
	for n := range p {
		f.Add(p[:n])
	}
	f.Add(p)
	var empty V
	if p, err = encode(version, empty); err != nil {
		f.Fatal(err)
	}
	f.Add(p)
}

func FuzzVoucherRecord(f *testing.F) {
	seeds(f, 2, voucherRecord{filled[voucher.Voucher](), 5})
	f.Fuzz(func(t *testing.T, p []byte) { again[voucherRecord](t, 2, p) })
}

func FuzzReceiptRecord(f *testing.F) {
	r := filled[voucher.StoredReceipt]()
	r.JWS = aRecord(f)
	seeds(f, 2, receiptRecord{r})
	f.Fuzz(func(t *testing.T, p []byte) { again[receiptRecord](t, 2, p) })
}

func FuzzNumbers(f *testing.F) {
	seeds(f, 2, numbers{0, 1, 2, 70, 71, math.MaxUint64})
	f.Fuzz(func(t *testing.T, p []byte) {
		again[numbers](t, 2, p)
		if ns, err := decode[numbers](2, p); err == nil && !slices.IsSorted(ns) {
			t.Fatal(ns)
		}
	})
}

// FuzzSignedText packs any text, which must come back, and unpacks any bytes.
func FuzzSignedText(f *testing.F) {
	f.Add(aRecord(f), []byte{})
	f.Add("", []byte{1, 0, 0})
	f.Add("a.b.c", []byte{1, 2, codeBase64, 0, 0})
	f.Fuzz(func(t *testing.T, s string, p []byte) {
		comesBack(t, s)
		again[jws](t, 2, append([]byte{2}, p...))
	})
}

// comesBack packs the text as a record of its own and returns how many bytes
// it takes.
func comesBack(t testing.TB, s string, names ...string) int {
	t.Helper()
	var p packer
	p.signedText(s, names...)
	u := unpacker{b: p.b}
	if got := u.signedText(names...); got != s || u.done() != nil {
		t.Fatalf("%q came back as %q, %v", s, got, u.done())
	}
	return len(p.b)
}

// aRecord is a sale as handhelds sign it.
func aRecord(t testing.TB) string {
	t.Helper()
	s, err := voucher.SignRecord(voucher.Record{
		Head: voucher.Head{Handheld: "h1", Seq: 300, Prev: voucher.HashOf("a"), Time: 1_740_812_400, Beacon: voucher.HashOf("b"), Bundle: 3},
		Body: voucher.Receipt{Serial: "0123456789ABCDEF", Amount: 5_000, Cash: 250,
			Lines:  []voucher.Line{{Item: "rice", Quantity: "2.5", Price: 1_500}, {Item: "oil", Quantity: "1", Price: 1_250}},
			Factor: bytes.Repeat([]byte{200}, voucher.SealedLen), Risk: []voucher.Risk{voucher.RiskNoHint}},
	}, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A signed text comes back byte for byte, whatever it is; a sale takes little
// more than the 188 bytes of digests, ciphertext and signature in it.
func TestSignedText(t *testing.T) {
	sale := aRecord(t)
	if n := comesBack(t, sale, "h1", "0123456789ABCDEF", "300", "5000", "1740812400"); n > 250 {
		t.Errorf("a sale of %d characters takes %d bytes", len(sale), n)
	}
	for _, s := range []string{"", ".", "..", "...", "a", "é", "e30.e30.AAAA", "e30.e30.AAA", "e30.e30.AAB", "e30.e30.\nAAA",
		"\x00", "\x01", strings.Repeat("A", textMax+1), strings.Repeat("A", 4000) + ".e30.e30", sale + ".", sale + "A", sale[1:]} {
		comesBack(t, s)
		comesBack(t, s, s, "")
	}
	pieces := append([]string{"", "0", "00", "1", "123", "1234", "01234", "18446744073709551615", "18446744073709551616", "0123456789ABCDEF",
		"0123456789abcdef", strings.Repeat("A", 22), strings.Repeat("A", 43), strings.Repeat("_", 43), strings.Repeat("B", 340),
		strings.Repeat("C", 344), "h1", "\x80", "\xff", "\x00", "é", "\n", `\"`}, phrases...)
	rapid.Check(t, func(t *rapid.T) {
		part := func(name string) []byte {
			return []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, name), ""))
		}
		s := strings.Join([]string{strictURL.EncodeToString(part("header")), strictURL.EncodeToString(part("payload")),
			strictURL.EncodeToString(rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "signature"))}, ".")
		var p packer
		p.signedText(s, "h1", "1234")
		u := unpacker{b: p.b}
		if got := u.signedText("h1", "1234"); got != s || u.done() != nil {
			t.Fatalf("%q came back as %q, %v", s, got, u.done())
		}
	})
}

// A few stored bytes cannot grow beyond any signed text, nor be read as codes
// that nobody wrote.
func TestSignedText_refused(t *testing.T) {
	text := func(codes ...byte) []byte {
		p := packer{b: []byte{2, 1}}
		p.u64(uint64(len(codes)))
		p.fixed(codes)
		p.u64(0)
		return p.b
	}
	for name, stored := range map[string][]byte{
		"another form":             {2, 2},
		"no form":                  {2},
		"no parts":                 {2, 1},
		"a part too short":         {2, 1, 5, 'a'},
		"one part":                 {2, 1, 1, 'a'},
		"a phrase that is none":    text(codePhrase + byte(len(phrases))),
		"a name that is not there": text(codeName),
		"a hash too short":         text(codeBase64, 5, 1),
		"a serial too short":       text(codeSerial, 5),
		"a long varint":            text(codeNumber, 0x80, 0),
		"no number":                text(codeNumber),
		"an ASCII byte as another": text(codeByte, 'a'),
		"no byte":                  text(codeByte),
		"a text that never ends":   text(bytes.Repeat([]byte{codePhrase}, textMax/16)...),
	} {
		if got, err := decode[jws](2, stored); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %.40q, %v", name, got, err)
		}
	}
	if got, err := decode[jws](2, text(codeByte, 0xff)); err != nil || got != "_w.." {
		t.Fatalf("%q, %v", got, err)
	}
}

// What a record may hold is read whole, and nothing but what was written.
func TestPacked(t *testing.T) {
	goods := must(money.NewAsset("RICE-KG", 2))
	times := []time.Time{{}, time.Unix(1, 0).UTC(), time.Unix(-5, 0).UTC(), time.Unix(1_740_812_400, 0).UTC(),
		time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	for _, at := range times {
		for _, from := range times {
			var p packer
			p.since(from, at)
			u := unpacker{b: p.b}
			if got := u.since(from); !got.Equal(at) || u.done() != nil {
				t.Errorf("%s since %s came back as %s, %v", at, from, got, u.done())
			}
		}
	}
	for _, m := range []money.Amount{{}, money.Francs(0), money.Francs(-5), money.FromMinor(math.MaxInt64, goods), money.FromMinor(math.MinInt64, money.Asset{})} {
		var p packer
		p.amount(m)
		u := unpacker{b: p.b}
		if got := u.amount(); got != m || u.done() != nil {
			t.Errorf("%v came back as %v, %v", m, got, u.done())
		}
	}
	for name, broken := range map[string]func() error{
		"a long varint":          func() error { u := unpacker{b: []byte{0x80, 0}}; u.u64(); return u.done() },
		"an endless varint":      func() error { u := unpacker{b: bytes.Repeat([]byte{0xff}, 11)}; u.u64(); return u.done() },
		"a number above limit":   func() error { u := unpacker{b: []byte{5}}; u.upTo(4); return u.done() },
		"a text too short":       func() error { u := unpacker{b: []byte{5, 'a'}}; _ = u.text(); return u.done() },
		"a known word spelt out": func() error { u := unpacker{b: []byte{0, 1, 'S'}}; u.word(); return u.done() },
		"a word that is none":    func() error { u := unpacker{b: []byte{255}}; u.word(); return u.done() },
		"a serial spelt out": func() error {
			u := unpacker{b: append([]byte{0, 16}, "0123456789ABCDEF"...)}
			u.serial()
			return u.done()
		},
		"a serial of another way": func() error { u := unpacker{b: []byte{2}}; u.serial(); return u.done() },
		"an amount of no asset":   func() error { u := unpacker{b: []byte{2, 0, 3, 'x', 'o', 'f'}}; u.amount(); return u.done() },
		"something left over":     func() error { u := unpacker{b: []byte{1, 1}}; u.u64(); return u.done() },
		"numbers that overflow": func() error {
			_, err := decode[numbers](2, []byte{2, 5, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1})
			return err
		},
		"a run of none":     func() error { _, err := decode[numbers](2, []byte{2, 5, 0}); return err },
		"a run of too many": func() error { _, err := decode[numbers](2, []byte{2, 5, 0x81, 0x80, 0x40}); return err },
		"members too short": func() error { _, err := decode[members](2, []byte{2, 5}); return err },
		"parts that are zero": func() error {
			p := must(encode(2, voucherRecord{}))
			p[1] |= wasHeld
			_, err := decode[voucherRecord](2, append(p, 0))
			return err
		},
	} {
		if broken() == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// Stores hold places in these lists, so that what stands there must never
// change. Add at the end, and then the new length and digest here.
func TestPlacesInLists(t *testing.T) {
	for _, l := range []struct {
		name   string
		list   []string
		most   int
		n      int
		digest string
	}{
		{"words", words, math.MaxUint8, 79, "2b64754a542ce2ab"},
		{"phrases", phrases, codeName - codePhrase, 47, "432e40b50dae4528"},
	} {
		sum := sha256.Sum256([]byte(strings.Join(l.list[:min(l.n, len(l.list))], "\x00")))
		if got := hex.EncodeToString(sum[:8]); got != l.digest || len(l.list) != l.n {
			t.Errorf("%s: %d with digest %s, want %d with %s", l.name, len(l.list), got, l.n, l.digest)
		}
		if len(l.list) > l.most || len(slices.Compact(slices.Sorted(slices.Values(l.list)))) != len(l.list) {
			t.Errorf("%s: %d of at most %d, or one is there twice", l.name, len(l.list), l.most)
		}
	}
	if words[wordXOF-1] != money.XOF.String() {
		t.Error(words[wordXOF-1])
	}
}

// BenchmarkRecord reads and writes the records of a sale.
func BenchmarkRecord(b *testing.B) {
	r := filled[voucher.StoredReceipt]()
	r.JWS, r.Kind, r.Handheld, r.Serial, r.Seq = aRecord(b), voucher.RecordReceipt, "h1", "0123456789ABCDEF", 300
	r.Hash, r.Value, r.State, r.Reason, r.Channel = voucher.HashOf(r.JWS), money.Francs(5_000), voucher.Payable, "", "https"
	b.Run("receipt", func(b *testing.B) { benchmarkRecord(b, receiptRecord{r}) })
	v := filled[voucher.Voucher]()
	v.Serial, v.Value = "0123456789ABCDEF", money.Francs(5_000)
	b.Run("voucher", func(b *testing.B) { benchmarkRecord(b, voucherRecord{v, 1}) })
	b.Run("token", func(b *testing.B) { benchmarkRecord(b, jws(r.JWS)) })
}

func benchmarkRecord[V any](b *testing.B, v V) {
	p, err := encode(2, v)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encode(2, v)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decode[V](2, p); err != nil {
				b.Fatal(err)
			}
		}
	})
}
