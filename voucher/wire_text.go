package voucher

import (
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// safeMax is the largest whole number that JavaScript holds exactly; no
// number in a signed text is larger.
const safeMax = 1<<53 - 1

// rawURL refuses trailing bits that are not zero (RFC 4648, section 3.5), so
// that bytes have one spelling.
var rawURL = base64.RawURLEncoding.Strict()

func encodeSegment(b []byte) string { return rawURL.EncodeToString(b) }

func decodeSegment(s string) ([]byte, error) {
	b, err := rawURL.DecodeString(s)
	if err != nil {
		return nil, ErrSignedEncoding
	}
	return b, nil
}

// Hash is a SHA-256. Its text form is base64url without padding, 43
// characters.
type Hash [sha256.Size]byte

// HashOf returns the SHA-256 of a signed text in its compact form: the name
// by which records, beacons and vouchers are referred to.
func HashOf(jws string) Hash {
	var room [signedUsual]byte
	return sha256.Sum256(append(room[:0], jws...))
}

// signedUsual is room for most signed texts, in bytes.
const signedUsual = 1024

// String returns the text form.
func (h Hash) String() string { return encodeSegment(h[:]) }

// IsZero reports whether h is no hash at all.
func (h Hash) IsZero() bool { return h == Hash{} }

// ParseHash reads the text form. It returns ErrSignedEncoding.
func ParseHash(s string) (Hash, error) {
	var h Hash
	return h, h.UnmarshalText([]byte(s))
}

// MarshalText writes the text form.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the text form. It returns ErrSignedEncoding.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) != rawURL.EncodedLen(len(h)) {
		return ErrSignedEncoding
	}
	raw, err := decodeSegment(string(b))
	if err != nil || len(raw) != len(h) {
		return ErrSignedEncoding
	}
	copy(h[:], raw)
	return nil
}

// Unix is a time in whole seconds since 1970 UTC.
type Unix int64

// UnixOf returns t without its fraction of a second.
func UnixOf(t time.Time) Unix { return Unix(t.Unix()) }

// Time returns u in UTC.
func (u Unix) Time() time.Time { return time.Unix(int64(u), 0).UTC() }

// inRange reports whether u is from 1970 to 2286: handheld clocks may be
// wrong, and are believed within limits only.
func (u Unix) inRange() bool { return u >= 0 && u <= secondsMax }

// Base64 is bytes whose text form is base64url without padding.
type Base64 []byte

// MarshalText writes the text form.
func (b Base64) MarshalText() ([]byte, error) { return []byte(encodeSegment(b)), nil }

// UnmarshalText reads the text form. It returns ErrSignedEncoding.
func (b *Base64) UnmarshalText(text []byte) error {
	raw, err := decodeSegment(string(text))
	if err != nil {
		return err
	}
	*b = raw
	return nil
}
