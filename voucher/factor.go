package voucher

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"github.com/jate-cva/jate/fault"
)

const (
	secretLen          = 16
	pinLen             = 6
	verifierLen        = 16
	factorMACLen       = 16
	verifierSalt       = "ev1"
	verifierIterations = 1000
	hintLabel          = "hint1"
	hintBits           = 10
)

// ErrFactorForm refuses a secret that is not 16 digits or a PIN that is not 6.
var ErrFactorForm = fault.New(fault.Invalid, "factor_malformed",
	"The secret has 16 digits and the PIN has 6.",
	"Le code à gratter a 16 chiffres et le PIN en a 6.")

// NewSecret draws the 16 digits under a scratch label (53 bits) from random,
// which must be cryptographically secure. It returns the errors of random.
func NewSecret(random io.Reader) (string, error) { return drawDigits(random, secretLen) }

// NewPIN draws a PIN of 6 digits from random, which must be cryptographically
// secure. It never returns one that a thief tries first: one digit throughout
// (777777), a run up or down (123456, 210987), or two or three digits
// repeated (121212, 123123). These are about one in a thousand. It returns
// the errors of random.
func NewPIN(random io.Reader) (string, error) {
	for {
		pin, err := drawDigits(random, pinLen)
		if err != nil || !trivial(pin) {
			return pin, err
		}
	}
}

// trivial reports whether the pin repeats its first two or three digits, which
// includes one digit throughout, or is a run.
func trivial(pin string) bool {
	if pin[:2] == pin[2:4] && pin[:2] == pin[4:] || pin[:3] == pin[3:] {
		return true
	}
	step := (10 + pin[1] - pin[0]) % 10
	for i := 2; i < len(pin); i++ {
		if (10+pin[i]-pin[i-1])%10 != step {
			return false
		}
	}
	return step == 1 || step == 9
}

// drawDigits draws n uniform decimal digits, one from each byte below 250.
func drawDigits(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	for have := 0; have < n; {
		drawn := b[have:]
		if _, err := io.ReadFull(random, drawn); err != nil {
			return "", fmt.Errorf("draw digits: %w", err)
		}
		for _, d := range drawn {
			if d < 250 {
				b[have] = '0' + d%10
				have++
			}
		}
	}
	return string(b), nil
}

// Verifier returns the claim h, which a handheld checks the scratched secret
// with: the first 16 bytes of PBKDF2-HMAC-SHA256 (RFC 8018) of the secret,
// salt "ev1" and the serial's 16 characters, 1,000 iterations. So few are
// enough, since the secret is 53 random bits and no password. A PIN must
// never get a verifier: whoever holds the card could try them all. It returns
// ErrFactorForm or ErrSerialForm.
func Verifier(secret string, serial Serial) ([verifierLen]byte, error) {
	var h [verifierLen]byte
	if !isDigits(secret, secretLen) {
		return h, ErrFactorForm
	}
	if !serial.Valid() {
		return h, ErrSerialForm
	}
	key, err := pbkdf2.Key(sha256.New, secret, []byte(verifierSalt+string(serial)), verifierIterations, verifierLen)
	if err != nil {
		return h, fmt.Errorf("verifier: %w", err)
	}
	copy(h[:], key)
	return h, nil
}

// FactorMAC returns what the server keeps of a secret or PIN until the round
// closes: the first 16 bytes of HMAC-SHA-256 under the lot's factor key over
// the serial's 16 characters and the digits. Compare with hmac.Equal.
func FactorMAC(lotFactorKey []byte, serial Serial, factor string) [factorMACLen]byte {
	return factorMAC(hmac.New(sha256.New, lotFactorKey), serial, factor)
}

// PINHint returns the 10 bits by which a handheld catches most mistyped PINs:
// the highest of HMAC-SHA-256 under the bundle's secret over "hint1", the
// serial's 16 characters and the PIN. A hint that fits proves nothing; the
// server judges the sealed PIN.
func PINHint(bundleSecret []byte, serial Serial, pin string) uint16 {
	return pinHint(hmac.New(sha256.New, bundleSecret), serial, pin)
}

// factorMAC and pinHint take the keyed HMAC, which a lot's issue uses again.

func factorMAC(keyed hash.Hash, serial Serial, factor string) [factorMACLen]byte {
	return [factorMACLen]byte(mac(keyed, "", serial, factor))
}

func pinHint(keyed hash.Hash, serial Serial, pin string) uint16 {
	return binary.BigEndian.Uint16(mac(keyed, hintLabel, serial, pin)) >> (16 - hintBits)
}

func mac(keyed hash.Hash, label string, serial Serial, factor string) []byte {
	message := make([]byte, 0, 64)
	message = append(append(append(message, label...), serial...), factor...)
	keyed.Reset()
	keyed.Write(message)
	return keyed.Sum(message[:0])
}

// IssuanceTag returns the first 16 bits of the SHA-256 of the token, big
// endian. The table of a handheld's home vouchers holds it, so that even a
// stolen signing key has to guess it offline.
func IssuanceTag(t Token) uint16 {
	return tagOf(t.Hash())
}

func tagOf(h Hash) uint16 { return binary.BigEndian.Uint16(h[:]) }
