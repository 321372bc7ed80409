package voucher

import (
	"errors"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// The largest voucher fits a code of 61 by 61 modules at level M; a larger
// one reads badly on a cheap camera.
func TestToken_Digits_fitTheCode(t *testing.T) {
	token := mustSign(t, largestClaims())
	if n := len(strings.Split(string(token), ".")[1]); n != payloadCharsMax {
		t.Fatalf("the largest payload has %d characters, want %d", n, payloadCharsMax)
	}
	digits := token.Digits()
	code, err := qr.Encode(digits, qr.M, qr.Numeric)
	if err != nil {
		t.Fatal(err)
	}
	if n := code.Bounds().Dx(); n > 61 {
		t.Errorf("%d digits make %d modules", len(digits), n)
	}
	if len(digits) > 586 {
		t.Errorf("%d digits", len(digits))
	}
}

func TestParseWire_refuses(t *testing.T) {
	wire := mustSign(t, testClaims()).Wire()
	for name, w := range map[string]string{
		"nothing":              "",
		"another format":       "2" + wire[1:],
		"a kid of one":         "1k" + wire[5:],
		"a kid of five":        "1k" + wire[1:],
		"no signature":         wire[:strings.LastIndex(wire, ".")],
		"a line end":           wire[:40] + "\n" + wire[41:],
		"padding":              wire + "=",
		"a fourth part":        wire + ".AA",
		"a natural JWT":        string(mustSign(t, testClaims())),
		"far too long":         strings.Repeat("A", 1<<20),
		"trailing bits":        wire[:len(wire)-1] + "B",
		"an oversized payload": "1k7Qz." + strings.Repeat("A", 201) + wire[strings.LastIndex(wire, "."):],
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ParseWire(w); !errors.Is(err, ErrWire) {
				t.Errorf("ParseWire = %q, %v", got, err)
			}
		})
	}
}

func TestToken_Wire_ofNoToken(t *testing.T) {
	for _, s := range []Token{"", "..", "a.b.c", Token(strings.Repeat("a", 2000))} {
		if s.Wire() != "" || s.Digits() != "" || s.KID() != "" {
			t.Errorf("%.20q has a card form", s)
		}
	}
}
