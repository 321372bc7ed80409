package voucher

import (
	"strings"

	"github.com/jate-cva/jate/fault"
)

// ErrWire refuses a scanned or typed text that is not a voucher's card form.
var ErrWire = fault.New(fault.Invalid, "wire_malformed",
	"This code is not a voucher card.",
	"Ce code n'est pas une carte de coupon.")

const (
	// wireFormat is the first character of the card form; another layout
	// gets another character.
	wireFormat = "1"
	// DigitsMax bounds a scanned code, in digits. The longest token takes
	// 586, within the 604 of QR version 11 at level M.
	DigitsMax = 620
	// Each digit pair is a character's code less digitBase, as in SMART
	// Health Cards: "-" is 00 and "z" is 77.
	digitBase = '-'
	digitTop  = 'z' - digitBase

	payloadCharsMax = (payloadMax*8 + 5) / 6
	sigChars        = 86
)

// Wire returns the card form "<format><kid>.<payload>.<signature>": the token
// without its header, which the reader puts back. It returns nothing for a
// text that is not a token.
func (t Token) Wire() string {
	kid := t.KID()
	if kid == "" {
		return ""
	}
	_, rest, _ := strings.Cut(string(t), ".")
	return wireFormat + kid + "." + rest
}

// Digits returns the card form in decimal digits, two for each character, for
// a QR code in numeric mode.
func (t Token) Digits() string {
	wire := t.Wire()
	b := make([]byte, 0, 2*len(wire))
	for i := range len(wire) {
		n := wire[i] - digitBase
		b = append(b, '0'+n/10, '0'+n%10)
	}
	return string(b)
}

// ParseWire rebuilds the token from its card form. What it accepts, Wire
// writes back unchanged; whether the token is genuine is for Verify. It
// returns ErrWire.
func ParseWire(wire string) (Token, error) {
	if len(wire) > DigitsMax/2 {
		return "", ErrWire.At("text", "longer than %d characters", DigitsMax/2)
	}
	head, rest, _ := strings.Cut(wire, ".")
	payload, sig, ok := strings.Cut(rest, ".")
	kid, known := strings.CutPrefix(head, wireFormat)
	if !ok || !known || !isTokenKID(kid) || len(payload) > payloadCharsMax || len(sig) != sigChars {
		return "", ErrWire
	}
	t := Token(encodeSegment([]byte(jwsHeader(kid, typToken.typ))) + "." + rest)
	if t.KID() != kid {
		return "", ErrWire
	}
	return t, nil
}

// ParseDigits rebuilds the token from the digits of a scanned code, at most
// DigitsMax. What it accepts, Digits writes back unchanged. It returns ErrWire.
func ParseDigits(digits string) (Token, error) {
	if len(digits) > DigitsMax || len(digits)%2 != 0 || !isDigits(digits, len(digits)) {
		return "", ErrWire.At("text", "not an even number of digits, at most %d", DigitsMax)
	}
	b := make([]byte, 0, len(digits)/2)
	for i := 0; i < len(digits); i += 2 {
		n := (digits[i]-'0')*10 + digits[i+1] - '0'
		if n > digitTop {
			return "", ErrWire.At("text", "no character is %d", n)
		}
		b = append(b, digitBase+n)
	}
	return ParseWire(string(b))
}
