package voucher

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"testing"
)

func testSealKey(t testing.TB, label string) hpke.PrivateKey {
	t.Helper()
	k, err := SealKeyFrom(seedKey(label).Seed())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A factor opens for the receipt it was sealed in and for no other.
func TestOpenFactor(t *testing.T) {
	key, serial := testSealKey(t, "seal"), newSerial(t)
	to, err := SealPublic(key.PublicKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Factor{
		{Secret: "0123456789012345"}, {PIN: "000001"}, {Secret: "0000000000000000", PIN: "000000"},
	} {
		sealed, err := SealFactor(to, f, "h1", serial, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != SealedLen || bytes.Contains(sealed, []byte(f.PIN+f.Secret)) {
			t.Errorf("sealed to %d bytes", len(sealed))
		}
		if got, err := OpenFactor(key, sealed, "h1", serial, 7); err != nil || got != f {
			t.Errorf("OpenFactor = %v, %v, want %v", got, err, f)
		}
		changed := bytes.Clone(sealed)
		changed[40] ^= 1
		for name, open := range map[string]func() (Factor, error){
			"another handheld": func() (Factor, error) { return OpenFactor(key, sealed, "h2", serial, 7) },
			"another voucher":  func() (Factor, error) { return OpenFactor(key, sealed, "h1", newSerial(t), 7) },
			"another receipt":  func() (Factor, error) { return OpenFactor(key, sealed, "h1", serial, 8) },
			"another key":      func() (Factor, error) { return OpenFactor(testSealKey(t, "x"), sealed, "h1", serial, 7) },
			"a changed bit":    func() (Factor, error) { return OpenFactor(key, changed, "h1", serial, 7) },
			"half of it":       func() (Factor, error) { return OpenFactor(key, sealed[:30], "h1", serial, 7) },
			"an absent key":    func() (Factor, error) { return OpenFactor(key, make([]byte, SealedLen), "h1", serial, 7) },
		} {
			if got, err := open(); !errors.Is(err, ErrSeal) || got != (Factor{}) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	}
}

func TestSealFactor_refuses(t *testing.T) {
	to := testSealKey(t, "seal").PublicKey()
	for _, f := range []Factor{{}, {PIN: "12345"}, {Secret: "123456"}, {Secret: "012345678901234x"}, {PIN: "١٢٣"}} {
		if _, err := SealFactor(to, f, "h1", newSerial(t), 1); !errors.Is(err, ErrFactorForm) {
			t.Errorf("SealFactor(%v) = %v", f, err)
		}
	}
}

// A plaintext that SealFactor would not write is refused even where the
// sender held the right key: two spellings of one factor never exist.
func TestOpenFactor_refusesOtherPlaintexts(t *testing.T) {
	key, serial := testSealKey(t, "seal"), newSerial(t)
	for name, plain := range map[string][]byte{
		"no flag":                make([]byte, 12),
		"an unknown flag":        append([]byte{7}, make([]byte, 11)...),
		"an absent PIN that is":  append([]byte{1}, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3),
		"digits above nine":      append([]byte{1}, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"an absent secret there": append([]byte{2}, 1, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56),
	} {
		enc, s, err := hpke.NewSender(key.PublicKey(), hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo))
		if err != nil {
			t.Fatal(err)
		}
		box, err := s.Seal(sealContext("h1", serial, 1), plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := OpenFactor(key, append(enc, box...), "h1", serial, 1); !errors.Is(err, ErrSeal) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
