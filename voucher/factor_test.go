package voucher

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"testing"
)

func TestNewSecret(t *testing.T) {
	// Bytes of 250 and more are drawn again, or low digits would be likelier.
	got, err := NewSecret(strings.NewReader("\xff\xfa" + strings.Repeat("\xf9", 16)))
	if err != nil || got != "9999999999999999" {
		t.Errorf("NewSecret = %q, %v", got, err)
	}
	if _, err := NewSecret(strings.NewReader("short")); err == nil {
		t.Error("too little randomness was enough")
	}
}

func TestNewPIN(t *testing.T) {
	got, err := NewPIN(strings.NewReader("\x01\x02\x03\x04\x05\x06" + "\x07\x01\x02\x09\x00\x05"))
	if err != nil || got != "712905" {
		t.Errorf("after 123456 came %q, %v", got, err)
	}
	if _, err := NewPIN(strings.NewReader("\x01\x02\x03\x04\x05\x06")); err == nil {
		t.Error("too little randomness was enough")
	}
	for range 2000 {
		if pin, err := NewPIN(rand.Reader); err != nil || trivial(pin) || !isDigits(pin, 6) {
			t.Fatalf("NewPIN = %q, %v", pin, err)
		}
	}
}

// The comment of NewPIN promises which PINs never come, and how few they are.
func TestTrivial(t *testing.T) {
	n := 0
	pin := []byte("000000")
	for i := range 1_000_000 {
		for k := len(pin) - 1; k >= 0; k, i = k-1, i/10 {
			pin[k] = '0' + byte(i%10)
		}
		if trivial(string(pin)) {
			n++
		}
	}
	// abcabc: 1000; ababab: 100, ten of them among the former; runs: 20.
	if n != 1000+90+20 {
		t.Errorf("%d trivial PINs", n)
	}
	for _, pin := range []string{"000000", "777777", "123456", "654321", "890123", "210987", "121212", "123123"} {
		if !trivial(pin) {
			t.Errorf("%s is not trivial", pin)
		}
	}
}

func TestVerifier_refuses(t *testing.T) {
	serial := newSerial(t)
	for _, secret := range []string{"", "123456", "123456789012345", "12345678901234567", "123456789012345a"} {
		if _, err := Verifier(secret, serial); !errors.Is(err, ErrFactorForm) {
			t.Errorf("Verifier(%q) = %v", secret, err)
		}
	}
	if _, err := Verifier("1234567890123456", "short"); !errors.Is(err, ErrSerialForm) {
		t.Errorf("without a serial: %v", err)
	}
}

// A hint is 10 bits, differs between vouchers and bundles, and is no part of
// the MAC that the server keeps, even under one key.
func TestPINHint(t *testing.T) {
	key, a, b := []byte("0123456789abcdef0123456789abcdef"), Serial("0000000000000000"), Serial("0000000000000001")
	seen := 0
	same := 0
	for i := range 4096 {
		pin := fmt.Sprintf("%06d", i)
		h := PINHint(key, a, pin)
		seen |= int(h)
		if h >= 1<<10 {
			t.Fatalf("hint %d", h)
		}
		m := FactorMAC(key, a, pin)
		if h == PINHint(key, b, pin) || h == uint16(m[0])<<2|uint16(m[1])>>6 {
			same++
		}
	}
	if bits.OnesCount(uint(seen)) != 10 || same > 40 {
		t.Errorf("bits %b, %d hints alike", seen, same)
	}
}
