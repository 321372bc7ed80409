package feedback

import (
	"encoding/binary"
	"strings"
)

// A code is 55 bits as eleven characters of Crockford's base 32 (digits and
// capitals without I, L, O and U) and a check character. At a try a second,
// which is far more than the ration of one address, somebody who wants to hit
// any of 100,000 complaints tries for five thousand years on the average.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeRandom   = 11 // characters before the check character
	codeTextMax  = 40 // bytes of what a person typed
)

// codeOf makes a code of the first 55 bits of a secret, in groups of four.
func codeOf(secret [32]byte) string {
	bits := binary.BigEndian.Uint64(secret[:8]) >> 9
	var b [codeRandom]byte
	for i := range b {
		b[codeRandom-1-i] = codeAlphabet[bits&31]
		bits >>= 5
	}
	text := string(b[:])
	return printedCode(text + string(codeAlphabet[checkOf(text)]))
}

// printedCode is a bare code in groups of four.
func printedCode(bare string) string { return bare[:4] + "-" + bare[4:8] + "-" + bare[8:] }

// checkOf returns the last digit of a weighted sum over the field of 32
// elements (x⁵+x²+1), whose weights are the powers of x: it catches every
// single wrong character and every exchange of two neighbours.
func checkOf(text string) int {
	sum := 0
	for i := range len(text) {
		sum = timesX(sum ^ strings.IndexByte(codeAlphabet, text[i])&31)
	}
	return sum
}

// timesX multiplies by x in that field.
func timesX(a int) int {
	if a <<= 1; a&32 != 0 {
		a ^= 0b100101
	}
	return a
}

var confusions = strings.NewReplacer("-", "", " ", "", ".", "", "I", "1", "L", "1", "O", "0")

// bareCode undoes what people do to a code when they copy it, or returns
// ErrCodeForm.
func bareCode(text string) (string, error) {
	if len(text) > codeTextMax {
		return "", ErrCodeForm
	}
	plain := confusions.Replace(strings.ToUpper(text))
	if len(plain) != codeRandom+1 || strings.Trim(plain, codeAlphabet) != "" ||
		codeAlphabet[checkOf(plain[:codeRandom])] != plain[codeRandom] {
		return "", ErrCodeForm
	}
	return plain, nil
}
