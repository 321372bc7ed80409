package voucher

import (
	"bytes"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func newSerial(t testing.TB) Serial {
	t.Helper()
	s, err := NewSerial(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNewSerial(t *testing.T) {
	zero, err := NewSerial(strings.NewReader(strings.Repeat("\x00", 10)))
	if err != nil || zero != "0000000000000000" {
		t.Errorf("of zeros: %q, %v", zero, err)
	}
	top, err := NewSerial(strings.NewReader(strings.Repeat("\xff", 10)))
	if err != nil || top != "ZZZZZZZZZZZZZZZZ" {
		t.Errorf("of ones: %q, %v", top, err)
	}
	if _, err := NewSerial(strings.NewReader("nine byte")); err == nil {
		t.Error("too little randomness was enough")
	}
	if _, err := NewSerial(iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("no randomness was enough")
	}
}

// What is printed is read back, however it is typed.
func TestParseSerial_asTyped(t *testing.T) {
	for range 200 {
		want := newSerial(t)
		p := want.Printed()
		confused := strings.NewReplacer("1", "l", "0", "o").Replace(strings.ToLower(p))
		for _, typed := range []string{
			p, strings.ToLower(p), strings.ReplaceAll(p, "-", ""), strings.ReplaceAll(p, "-", " "),
			confused, strings.ReplaceAll(p, "1", "I"), " " + p + " ",
		} {
			if got, err := ParseSerial(typed); err != nil || got != want {
				t.Fatalf("ParseSerial(%q) = %q, %v, want %q", typed, got, err, want)
			}
		}
	}
}

// The check digits catch every wrong character and every exchange of two
// characters, check digits included.
func TestParseSerial_catches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Serial(rapid.StringOfN(rapid.RuneFrom([]rune(serialAlphabet)), 16, 16, -1).Draw(t, "serial"))
		right := strings.ReplaceAll(s.Printed(), "-", "")
		for i := range len(right) {
			alphabet := serialAlphabet
			if i >= serialLen {
				alphabet = "0123456789"
			}
			for _, c := range alphabet {
				refuse(t, right, right[:i]+string(c)+right[i+1:])
			}
			for j := i + 1; j < len(right); j++ {
				b := []byte(right)
				b[i], b[j] = b[j], b[i]
				// An exchange across the end makes a letter a check digit
				// only where it is malformed anyway.
				if (i < serialLen) == (j < serialLen) {
					refuse(t, right, string(b))
				}
			}
		}
	})
}

func refuse(t *rapid.T, right, wrong string) {
	if _, err := ParseSerial(wrong); wrong != right && !errors.Is(err, ErrSerialCheck) {
		t.Fatalf("%s for %s: %v", wrong, right, err)
	}
}

func TestParseSerial_malformed(t *testing.T) {
	for _, text := range []string{
		"", "0123-4567-89AB-CDEF", "0123-4567-89AB-CDEF-7", "0123-4567-89AB-CDEF-777",
		"U123-4567-89AB-CDEF-77", "0123-4567-89AB-CDEF-7A", "0123/4567/89AB/CDEF/77",
		"é123-4567-89AB-CDEF-77", strings.Repeat("0", 1<<20), strings.Repeat("-", 41),
	} {
		if _, err := ParseSerial(text); !errors.Is(err, ErrSerialForm) {
			t.Errorf("ParseSerial(%.40q) = %v", text, err)
		}
	}
}

// What stands exactly as it is printed is read by a way of its own. A space in
// front makes a text go the long way, and both must say the same.
func TestParseSerial_printed(t *testing.T) {
	r := mathrand.New(mathrand.NewPCG(3, 4))
	read := 0
	for range 20_000 {
		drawn := make([]byte, 10)
		for i := range drawn {
			drawn[i] = byte(r.Uint32())
		}
		s, err := NewSerial(bytes.NewReader(drawn))
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(s.Printed())
		for range r.IntN(3) {
			text[r.IntN(len(text))] = "0123456789ABCXYZOIL-a 'é"[r.IntN(22)]
		}
		short, err1 := ParseSerial(string(text))
		long, err2 := ParseSerial(" " + string(text))
		if short != long || err1 != err2 {
			t.Fatalf("%q: %q, %v; the long way %q, %v", text, short, err1, long, err2)
		}
		if err1 == nil {
			read++
		}
	}
	if read < 5_000 {
		t.Errorf("only %d were read", read)
	}
}
