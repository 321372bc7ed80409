package staff

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// sealer encrypts what is read back, and makes the keyed digests by which the
// rest is found. Its keys are derived from the data key (HKDF-SHA-256, RFC 5869).
type sealer struct {
	box   cipher.AEAD
	blind []byte
}

func newSealer(dataKey []byte) (*sealer, error) {
	if len(dataKey) != 32 {
		return nil, errors.New("the data key must have 32 bytes")
	}
	seal, err := hkdf.Key(sha256.New, dataKey, nil, "jate staff seal 1", 32)
	if err != nil {
		return nil, err
	}
	blind, err := hkdf.Key(sha256.New, dataKey, nil, "jate staff blind 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{box, blind}, err
}

// seal encrypts what belongs to a member, for one use.
func (s *sealer) seal(use, member string, plain []byte) []byte {
	return s.box.Seal(nil, nil, plain, []byte(use+"\x00"+member))
}

// open decrypts what seal made for the same use and member.
func (s *sealer) open(use, member string, sealed []byte) ([]byte, error) {
	plain, err := s.box.Open(nil, nil, sealed, []byte(use+"\x00"+member))
	if err != nil {
		return nil, fmt.Errorf("open a member's %s: %w", use, err)
	}
	return plain, nil
}

// digest is HMAC-SHA-256 over a use and parts, none of which holds a zero byte.
func (s *sealer) digest(use string, parts ...string) (sum [32]byte) {
	h := hmac.New(sha256.New, s.blind)
	for _, p := range append([]string{use}, parts...) {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	h.Sum(sum[:0])
	return sum
}
