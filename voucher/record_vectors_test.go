package voucher

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
)

type signedVector struct {
	JWS     string          `json:"jws"`
	Hash    Hash            `json:"hash"`
	Payload json.RawMessage `json:"payload"`
}

type recordVectors struct {
	Handheld vendors.HandheldID `json:"dev"`
	Key      Base64             `json:"key"`
	Chain    []signedVector     `json:"chain"`
	Request  signedVector       `json:"request"`
	Refused  []refusedVector    `json:"refused"`
}

func signedAs(t testing.TB, jws string) signedVector {
	t.Helper()
	payload, err := decodeSegment(strings.Split(jws, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return signedVector{jws, HashOf(jws), payload}
}

// Every reader of a handheld's journal agrees on these records.
func TestRecordVectors(t *testing.T) {
	v := vectors(t, "records.json", generateRecords)
	key := ed25519.PublicKey(v.Key)
	var prev Hash
	for _, c := range v.Chain {
		r, hash, err := ParseRecord(c.JWS, key)
		if err != nil || r.Handheld != v.Handheld || r.Prev != prev || hash != c.Hash {
			t.Errorf("record %d: %v", r.Seq, err)
		}
		prev = hash
	}
	if _, err := ParseRequest(v.Request.JWS, key); err != nil {
		t.Error(err)
	}
	checkRefused(t, v.Refused, 30, func(c refusedVector) error {
		_, _, err := ParseRecord(c.JWS, key)
		return err
	})
}

func generateRecords(t testing.TB) recordVectors {
	key := seedKey("handheld")
	v := recordVectors{Handheld: testHandheld, Key: Base64(public(key))}
	_, signed := testRecords(t)
	for _, jws := range signed {
		v.Chain = append(v.Chain, signedAs(t, jws))
	}
	request, err := SignRequest(testRequest(), key)
	if err != nil {
		t.Fatal(err)
	}
	v.Request = signedAs(t, request)
	change := func(code *fault.Error, name string, record int, old, new string) {
		payload := string(v.Chain[record].Payload)
		changed := strings.Replace(payload, old, new, 1)
		if changed == payload {
			t.Fatalf("%s: nothing changed", name)
		}
		kind := []RecordKind{RecordActivation, RecordActivation, RecordReceipt, RecordReceipt, RecordCancellation}[record]
		v.Refused = append(v.Refused, refusedVector{Name: name, Code: code.Code,
			JWS: signCompact(string(testHandheld), string(kind), []byte(changed), key)})
	}
	for _, c := range []struct{ name, old, new string }{
		{"a number given twice", `"seq":3`, `"seq":2,"seq":3`},
		{"a number with a fraction", `"seq":3`, `"seq":3.0`},
		{"a number as text", `"seq":3`, `"seq":"3"`},
		{"an unknown member", `"cash":250`, `"cash":250,"name":"Awa"`},
		{"another order", `"cash":250,"short":0`, `"short":0,"cash":250`},
		{"an amount with exponent", `"amt":5000`, `"amt":5e3`},
		{"a missing member", `"short":0,`, ``},
		{"a space", `"cash":250`, `"cash": 250`},
		{"a needless escape", `"rice"`, `"\u0072ice"`},
		{"a hash with padding", `","t":`, `=","t":`},
		{"an unknown member of a line", `"price":400`, `"price":400,"total":5000`},
	} {
		change(ErrSignedForm, c.name, 2, c.old, c.new)
	}
	for _, c := range []struct {
		name     string
		record   int
		old, new string
	}{
		{"number 0", 2, `"seq":3`, `"seq":0`},
		{"a first record with a predecessor", 2, `"seq":3`, `"seq":1`},
		{"a time before 1970", 2, `"t":1`, `"t":-1`},
		{"a number beyond 53 bits", 2, `"snap":12`, `"snap":9007199254740992`},
		{"a serial in small letters", 2, `ABCDEF`, `abcdef`},
		{"an amount of nothing", 2, `"amt":5000`, `"amt":0`},
		{"null for the lines", 3, `"lines":[]`, `"lines":null`},
		{"null for the risks", 3, `"risk":[]`, `"risk":null`},
		{"an unknown risk", 2, `"no-hint"`, `"no-goat"`},
		{"risks out of order", 2, `"no-hint","not-home"`, `"not-home","no-hint"`},
		{"a quantity with a needless zero", 2, `"12.5"`, `"12.50"`},
		{"a quantity of nothing", 2, `"12.5"`, `"0"`},
		{"a negative price", 2, `"price":400`, `"price":-400`},
		{"an item in free words", 2, `"rice"`, `"riz brisé"`},
		{"an unknown reason to cancel", 4, `"mistake"`, `"mood"`},
		{"a card activated twice", 0, `"ZYXWVTSRQPNMKJHG"`, `"0123456789ABCDEF"`},
		{"a third party without a reason", 1, `,"reason":"distance"`, ``},
		{"a reason for the head", 0, `"by":"head"`, `"by":"head","reason":"distance"`},
		{"an unknown taker", 0, `"by":"head"`, `"by":"chief"`},
	} {
		change(ErrSignedContent, c.name, c.record, c.old, c.new)
	}
	change(ErrSignedHeader, "another handheld's id", 2, `"dev":"h7M2K9"`, `"dev":"h7M2K8"`)
	v.Refused = append(v.Refused,
		refusedVector{Name: "a request for a record", JWS: request, Code: ErrSignedHeader.Code},
		refusedVector{Name: "a receipt as a cancellation", Code: ErrSignedForm.Code,
			JWS: signCompact(string(testHandheld), string(RecordCancellation), v.Chain[2].Payload, key)},
		refusedVector{Name: "signed by another handheld", Code: ErrSignature.Code,
			JWS: signCompact(string(testHandheld), string(RecordReceipt), v.Chain[2].Payload, seedKey("other"))},
		refusedVector{Name: "8,193 bytes", JWS: strings.Repeat("A", 8193), Code: ErrSignedTooLong.Code})
	return v
}

type sealVectors struct {
	Secret  Base64       `json:"secret"` // of the round's key; the vectors' only
	Public  Base64       `json:"public"`
	Factors []sealVector `json:"factors"`
}

type sealVector struct {
	Handheld vendors.HandheldID `json:"dev"`
	Serial   Serial             `json:"jti"`
	Seq      uint64             `json:"seq"`
	Secret   string             `json:"secret"`
	PIN      string             `json:"pin"`
	Sealed   Base64             `json:"ev"`
}

// Sealing draws a key of its own each time, so the file is only opened, never
// compared.
func TestSealVectors(t *testing.T) {
	key, path := testSealKey(t, "seal"), filepath.Join("testdata", "vectors", "seal.json")
	if *update {
		cryptotest.SetGlobalRandom(t, 1)
		v := sealVectors{Secret: seedKey("seal").Seed(), Public: key.PublicKey().Bytes()}
		for i, f := range []Factor{{Secret: "1234567890123456"}, {PIN: "480271"}, {Secret: "0000000000000000", PIN: "000102"}} {
			c := sealVector{testHandheld, "0123456789ABCDEF", uint64(i + 1), f.Secret, f.PIN, nil}
			var err error
			if c.Sealed, err = SealFactor(key.PublicKey(), f, c.Handheld, c.Serial, c.Seq); err != nil {
				t.Fatal(err)
			}
			v.Factors = append(v.Factors, c)
		}
		if err := os.WriteFile(path, encodeVectors(t, v), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := decodeVectors[sealVectors](t, b)
	if len(v.Factors) != 3 {
		t.Fatalf("%d factors", len(v.Factors))
	}
	for _, c := range v.Factors {
		got, err := OpenFactor(key, c.Sealed, c.Handheld, c.Serial, c.Seq)
		if err != nil || got != (Factor{c.Secret, c.PIN}) {
			t.Errorf("OpenFactor = %v, %v", got, err)
		}
	}
}

type statusVectors struct {
	N        int    `json:"n"`
	Statuses []int  `json:"statuses"`
	Bits     Base64 `json:"bits"`
	Zlib     Base64 `json:"zlib"` // unpacks to bits; other packers write other bytes
}

func TestStatusVectors(t *testing.T) {
	path := filepath.Join("testdata", "vectors", "status.json")
	if *update {
		v := statusVectors{N: 21}
		l, err := NewStatusList(v.N)
		if err != nil {
			t.Fatal(err)
		}
		for i := range v.N {
			s := ListStatus(i * i / 2 % 4)
			if err := l.Set(uint32(i), s); err != nil {
				t.Fatal(err)
			}
			v.Statuses = append(v.Statuses, int(s))
		}
		v.Bits = l.bits
		if v.Zlib, err = l.Encode(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, encodeVectors(t, v), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := decodeVectors[statusVectors](t, b)
	l, err := DecodeStatusList(v.Zlib, v.N)
	if err != nil || !slices.Equal(l.bits, v.Bits) || len(v.Statuses) != 21 {
		t.Fatalf("DecodeStatusList = %v", err)
	}
	for i, want := range v.Statuses {
		if got := int(l.At(uint32(i))); got != want {
			t.Errorf("voucher %d is %d, want %d", i, got, want)
		}
	}
}
