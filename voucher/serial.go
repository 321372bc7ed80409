package voucher

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// Serial is a voucher's jti: 80 random bits as 16 characters of Crockford's
// base 32 (digits and capitals without I, L, O and U). It is drawn anew for
// each voucher and says nothing about the household, the round or the place.
type Serial string

const (
	serialAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	serialLen      = 16
	checkLen       = 2
	checkMod       = 97
	// serialTextMax bounds what a person typed, spaces and dashes included.
	serialTextMax = 40
)

var crockford = base32.NewEncoding(serialAlphabet).WithPadding(base32.NoPadding)

// Errors of ParseSerial.
var (
	ErrSerialForm = fault.New(fault.Invalid, "serial_malformed",
		"This is not a card number: it has 16 letters and digits and two check digits.",
		"Ce n'est pas un numéro de carte : il a 16 lettres et chiffres et deux chiffres de contrôle.")
	ErrSerialCheck = fault.New(fault.Invalid, "serial_check",
		"A character of the card number is wrong; read it again.",
		"Un caractère du numéro de carte est faux ; relisez-le.")
)

// NewSerial draws a serial from random, which must be cryptographically
// secure. It returns the errors of random.
func NewSerial(random io.Reader) (Serial, error) {
	var b [10]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a serial: %w", err)
	}
	return Serial(crockford.EncodeToString(b[:])), nil
}

// Valid reports whether s is in canonical form: 16 characters of the
// alphabet.
func (s Serial) Valid() bool {
	return len(s) == serialLen && strings.Trim(string(s), serialAlphabet) == ""
}

// head returns the serial's first 60 bits.
func (s Serial) head() (bits uint64) {
	for i := range min(len(s), 12) {
		bits = bits<<5 | uint64(strings.IndexByte(serialAlphabet, s[i])&31)
	}
	return bits
}

// Printed returns the form for people, "XXXX-XXXX-XXXX-XXXX-CC". The two
// check digits are ISO 7064 MOD 97-10 over the serial read as a number in
// base 32. They catch every wrong character and every exchange of two
// characters, wherever they stand, because 97 is prime and no power of 32
// below the 48th is 1 modulo 97; of all other mistakes, 96 in 97. The result
// means something only for a Valid serial.
func (s Serial) Printed() string {
	var b strings.Builder
	for i := 0; i+4 <= len(s); i += 4 {
		b.WriteString(string(s[i:i+4]) + "-")
	}
	return b.String() + fmt.Sprintf("%02d", s.Check())
}

// Check returns the number that the check digits say, from 2 to 98: it makes
// number·100 + check ≡ 1 modulo 97. It means something only for a Valid serial.
func (s Serial) Check() int {
	r := 0
	for i := range len(s) {
		r = (r*32 + strings.IndexByte(serialAlphabet, s[i])) % checkMod
	}
	return checkMod + 1 - r*100%checkMod
}

// ParseSerial reads the printed form as a person types it: capitals or not,
// with or without dashes and spaces, I and L for 1, O for 0. It returns
// ErrSerialForm for what cannot be a card number and ErrSerialCheck where the
// check digits do not fit.
func ParseSerial(text string) (Serial, error) {
	if s, ok := asPrinted(text); ok {
		return s, nil
	}
	if len(text) > serialTextMax {
		return "", ErrSerialForm
	}
	plain := confusions.Replace(strings.ToUpper(text))
	if len(plain) != serialLen+checkLen {
		return "", ErrSerialForm
	}
	s, check := Serial(plain[:serialLen]), plain[serialLen:]
	if !s.Valid() || !isDigits(check, checkLen) {
		return "", ErrSerialForm
	}
	if fmt.Sprintf("%02d", s.Check()) != check {
		return "", ErrSerialCheck
	}
	return s, nil
}

// asPrinted reads exactly what Printed writes, as most of a long list is.
func asPrinted(text string) (Serial, bool) {
	const dashes = serialLen / 4
	if len(text) != serialLen+dashes+checkLen {
		return "", false
	}
	var plain [serialLen]byte
	r := 0
	for i := range plain {
		c := text[i+i/4]
		value := serialValues[c]
		if value < 0 || i%4 == 3 && text[i+i/4+1] != '-' {
			return "", false
		}
		plain[i], r = c, (r*32+int(value))%checkMod
	}
	check := checkMod + 1 - r*100%checkMod
	if tail := text[len(text)-checkLen:]; tail[0] != byte('0'+check/10) || tail[1] != byte('0'+check%10) {
		return "", false
	}
	return Serial(plain[:]), true
}

// serialValues are what the characters of a serial stand for, -1 for others.
var serialValues = func() (v [256]int8) {
	for i := range v {
		v[i] = int8(strings.IndexByte(serialAlphabet, byte(i)))
	}
	return v
}()

var confusions = strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1", "O", "0")

// isDigits reports whether s is n decimal digits.
func isDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}
