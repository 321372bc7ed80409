package voucher

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/jate-cva/jate/fault"
)

type serialVectors struct {
	Valid   []serialVector  `json:"valid"`
	Refused []refusedSerial `json:"refused"`
}

type serialVector struct {
	Serial  Serial   `json:"serial"`
	Printed string   `json:"printed"`
	Typed   []string `json:"typed"`
}

type refusedSerial struct {
	Typed string `json:"typed"`
	Code  string `json:"code"`
}

func TestSerialVectors(t *testing.T) {
	v := vectors(t, "serials.json", func(testing.TB) (v serialVectors) {
		for _, s := range []Serial{"0000000000000000", "ZZZZZZZZZZZZZZZZ", "0123456789ABCDEF", "GHJKMNPQRSTVWXYZ", "10101010TTTTMMMM"} {
			p := s.Printed()
			v.Valid = append(v.Valid, serialVector{s, p, []string{p, strings.ToLower(p), strings.ReplaceAll(p, "-", ""), strings.NewReplacer("0", "o", "1", "l").Replace(p)}})
		}
		right := Serial("0123456789ABCDEF").Printed()
		for _, typed := range []string{"1" + right[1:], "1023" + right[4:]} {
			v.Refused = append(v.Refused, refusedSerial{typed, ErrSerialCheck.Code})
		}
		for _, typed := range []string{"", right[:19], "U" + right[1:], right + "0"} {
			v.Refused = append(v.Refused, refusedSerial{typed, ErrSerialForm.Code})
		}
		return v
	})
	for _, c := range v.Valid {
		for _, typed := range c.Typed {
			if got, err := ParseSerial(typed); err != nil || got != c.Serial || got.Printed() != c.Printed {
				t.Errorf("ParseSerial(%q) = %q, %v", typed, got, err)
			}
		}
	}
	for _, c := range v.Refused {
		if _, err := ParseSerial(c.Typed); fault.Of(err) == nil || fault.Of(err).Code != c.Code {
			t.Errorf("ParseSerial(%q) = %v, want %s", c.Typed, err, c.Code)
		}
	}
}

type factorVectors struct {
	FactorKey    Base64         `json:"factorKey"`
	BundleSecret Base64         `json:"bundleSecret"`
	Factors      []factorVector `json:"factors"`
}

type factorVector struct {
	Serial    Serial `json:"serial"`
	Secret    string `json:"secret"`
	PIN       string `json:"pin"`
	Verifier  Base64 `json:"verifier"`
	SecretMAC Base64 `json:"secretMac"`
	PINMAC    Base64 `json:"pinMac"`
	PINHint   uint16 `json:"pinHint"`
}

// The derived values are computed here a second time, step by step.
func TestFactorVectors(t *testing.T) {
	v := vectors(t, "factors.json", func(t testing.TB) factorVectors {
		v := factorVectors{FactorKey: seedKey("factor").Seed(), BundleSecret: seedKey("bundle").Seed()}
		for _, c := range []factorVector{
			{Serial: "0123456789ABCDEF", Secret: "1234567890123456", PIN: "480271"},
			{Serial: "ZZZZZZZZZZZZZZZZ", Secret: "0000000000000000", PIN: "000102"},
		} {
			h, err := Verifier(c.Secret, c.Serial)
			if err != nil {
				t.Fatal(err)
			}
			s, p := FactorMAC(v.FactorKey, c.Serial, c.Secret), FactorMAC(v.FactorKey, c.Serial, c.PIN)
			c.Verifier, c.SecretMAC, c.PINMAC = h[:], s[:], p[:]
			c.PINHint = PINHint(v.BundleSecret, c.Serial, c.PIN)
			v.Factors = append(v.Factors, c)
		}
		return v
	})
	hash := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	for _, c := range v.Factors {
		u := hash([]byte(c.Secret), "ev1"+string(c.Serial)+"\x00\x00\x00\x01")
		sum := bytes.Clone(u)
		for range 999 {
			u = hash([]byte(c.Secret), string(u))
			for i := range sum {
				sum[i] ^= u[i]
			}
		}
		hint := binary.BigEndian.Uint16(hash(v.BundleSecret, "hint1"+string(c.Serial)+c.PIN)) / 64
		if !bytes.Equal(c.Verifier, sum[:16]) || c.PINHint != hint ||
			!bytes.Equal(c.SecretMAC, hash(v.FactorKey, string(c.Serial)+c.Secret)[:16]) ||
			!bytes.Equal(c.PINMAC, hash(v.FactorKey, string(c.Serial)+c.PIN)[:16]) {
			t.Errorf("factors of %s differ", c.Serial)
		}
	}
}

type wireVectors struct {
	Refused []refusedWire `json:"refused"`
}

type refusedWire struct {
	Name   string `json:"name"`
	Digits string `json:"digits"`
}

func TestWireVectors(t *testing.T) {
	v := vectors(t, "wire.json", func(t testing.TB) (v wireVectors) {
		good := mustSign(t, testClaims()).Digits()
		v.Refused = []refusedWire{
			{"nothing", ""}, {"an odd number of digits", good[:len(good)-1]}, {"a letter", good[:len(good)-1] + "x"},
			{"a pair above 77", "78" + good[2:]}, {"another format", "05" + good[2:]},
			{"a pair that is no base64url character", good[:20] + "02" + good[22:]},
			{"a byte too few", good[:len(good)-2]}, {"a byte too many", good + "20"},
			{"621 digits", strings.Repeat("4", 621)}, {"622 digits", strings.Repeat("4", 622)},
			{"digits of another script", "٠٤" + good[4:]},
		}
		return v
	})
	for _, c := range v.Refused {
		if token, err := ParseDigits(c.Digits); !errors.Is(err, ErrWire) {
			t.Errorf("%s: %q, %v", c.Name, token, err)
		}
	}
}
