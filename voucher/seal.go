package voucher

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"
	"strconv"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
)

// Factor is what the household showed besides the card: the 16 digits under
// the scratch label, the PIN of 6 digits, or both. Either may be empty, not
// both.
type Factor struct{ Secret, PIN string }

// Sealed factors use HPKE (RFC 9180) in base mode with
// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM, in @hpke/core:
// DhkemX25519HkdfSha256, HkdfSha256, Aes128Gcm.
const sealInfo = "jate ev1 factor"

const (
	factorLen = 1 + secretLen/2 + pinLen/2
	// SealedLen is the length of every sealed factor, in bytes, whatever it
	// holds: encapsulated key, ciphertext and tag.
	SealedLen = 32 + factorLen + 16

	factorHasSecret = 1
	factorHasPIN    = 2
)

// ErrSeal refuses a sealed factor that does not open: damaged, sealed to
// another key, or moved from another handheld, voucher or receipt.
var ErrSeal = fault.New(fault.Invalid, "factor_seal",
	"The sealed secret does not belong to this receipt.",
	"Le code scellé n'appartient pas à ce reçu.")

// SealKeyFrom returns the private key that factors of a round are sealed to,
// from 32 secret bytes kept by the settlement process alone. PublicKey().Bytes()
// is what handhelds carry.
func SealKeyFrom(secret []byte) (hpke.PrivateKey, error) {
	return hpke.DHKEM(ecdh.X25519()).NewPrivateKey(secret)
}

// SealPublic reads a public key of 32 bytes from a bundle.
func SealPublic(key []byte) (hpke.PublicKey, error) {
	return hpke.DHKEM(ecdh.X25519()).NewPublicKey(key)
}

// SealFactor encrypts the factor so that only the server can read it, and
// only as part of receipt seq of this handheld for this voucher: a carrier
// can neither read nor move it. The result has SealedLen bytes. It returns
// ErrFactorForm.
//
// The plaintext is 12 bytes: 1 where there is a secret plus 2 where there is a
// PIN, then the secret and the PIN in binary-coded decimal, absent digits 0.
// The additional data is the handheld, the serial and the decimal number,
// with "|" between.
func SealFactor(to hpke.PublicKey, f Factor, handheld vendors.HandheldID, serial Serial, seq uint64) ([]byte, error) {
	plain, err := f.pack()
	if err != nil {
		return nil, fmt.Errorf("seal a factor: %w", err)
	}
	enc, s, err := hpke.NewSender(to, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo))
	if err != nil {
		return nil, fmt.Errorf("seal a factor: %w", err)
	}
	box, err := s.Seal(sealContext(handheld, serial, seq), plain)
	if err != nil {
		return nil, fmt.Errorf("seal a factor: %w", err)
	}
	return append(enc, box...), nil
}

// OpenFactor decrypts what SealFactor returned for the same handheld, voucher
// and number. It returns ErrSeal.
func OpenFactor(key hpke.PrivateKey, sealed []byte, handheld vendors.HandheldID, serial Serial, seq uint64) (Factor, error) {
	if len(sealed) != SealedLen {
		return Factor{}, ErrSeal
	}
	r, err := hpke.NewRecipient(sealed[:32], key, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo))
	if err != nil {
		return Factor{}, ErrSeal
	}
	plain, err := r.Open(sealContext(handheld, serial, seq), sealed[32:])
	if err != nil {
		return Factor{}, ErrSeal
	}
	return unpackFactor(plain)
}

func sealContext(handheld vendors.HandheldID, serial Serial, seq uint64) []byte {
	return []byte(string(handheld) + "|" + string(serial) + "|" + strconv.FormatUint(seq, 10))
}

func (f Factor) pack() ([]byte, error) {
	b := make([]byte, 1, factorLen)
	if f.Secret != "" {
		b[0] |= factorHasSecret
	}
	if f.PIN != "" {
		b[0] |= factorHasPIN
	}
	if b[0] == 0 || f.Secret != "" && !isDigits(f.Secret, secretLen) || f.PIN != "" && !isDigits(f.PIN, pinLen) {
		return nil, ErrFactorForm
	}
	digits := fmt.Sprintf("%0*s%0*s", secretLen, f.Secret, pinLen, f.PIN)
	for i := 0; i < len(digits); i += 2 {
		b = append(b, (digits[i]-'0')<<4|(digits[i+1]-'0'))
	}
	return b, nil
}

func unpackFactor(b []byte) (Factor, error) {
	digits := fmt.Sprintf("%x", b[1:])
	var f Factor
	if b[0]&factorHasSecret != 0 {
		f.Secret = digits[:secretLen]
	}
	if b[0]&factorHasPIN != 0 {
		f.PIN = digits[secretLen:]
	}
	again, err := f.pack()
	if err != nil || string(again) != string(b) {
		return Factor{}, ErrSeal
	}
	return f, nil
}
