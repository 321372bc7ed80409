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
	_, ok := s.Bits()
	return ok
}

// Bits are the 80 bits of a serial: those of its first twelve characters and of
// its last four.
type Bits struct {
	Head uint64
	Tail uint32
}

// Bits returns the serial's bits. It reports false for a serial that is not
// Valid.
func (s Serial) Bits() (b Bits, ok bool) {
	if len(s) != serialLen {
		return Bits{}, false
	}
	var plain [serialLen]byte
	copy(plain[:], s)
	return bitsOf(&plain)
}

func bitsOf(plain *[serialLen]byte) (b Bits, ok bool) {
	var wrong int8
	for _, c := range plain[:12] {
		v := serialValues[c]
		wrong, b.Head = wrong|v, b.Head<<5|uint64(v&31)
	}
	for _, c := range plain[12:] {
		v := serialValues[c]
		wrong, b.Tail = wrong|v, b.Tail<<5|uint32(v&31)
	}
	return b, wrong >= 0
}

// check returns the number that the check digits say.
func (b Bits) check() int {
	r := (b.Head%checkMod<<20 + uint64(b.Tail)) % checkMod
	return checkMod + 1 - int(r*100%checkMod)
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
	b, _ := s.Bits()
	return b.check()
}

// ParseSerial reads the printed form as a person types it: capitals or not,
// with or without dashes and spaces, I and L for 1, O for 0. It returns
// ErrSerialForm for what cannot be a card number and ErrSerialCheck where the
// check digits do not fit.
func ParseSerial(text string) (Serial, error) {
	if _, ok := PrintedBits(text); ok {
		return Serial(text[:4] + text[5:9] + text[10:14] + text[15:19]), nil
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

// PrintedBits returns the bits of a serial that is written exactly as Printed
// writes it, as most of a long list is. It reports false for every other text.
func PrintedBits(text string) (b Bits, ok bool) {
	const dashes = serialLen / 4
	if len(text) != serialLen+dashes+checkLen || text[4] != '-' || text[9] != '-' || text[14] != '-' || text[19] != '-' {
		return Bits{}, false
	}
	var plain [serialLen]byte
	copy(plain[:4], text)
	copy(plain[4:8], text[5:])
	copy(plain[8:12], text[10:])
	copy(plain[12:], text[15:])
	if b, ok = bitsOf(&plain); !ok {
		return Bits{}, false
	}
	check := b.check()
	return b, text[20] == byte('0'+check/10) && text[21] == byte('0'+check%10)
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
