package staff

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// sealer encrypts what is read back, and makes the keyed digests by which the
// rest is found. Its keys are derived from data keys (HKDF-SHA-256, RFC 5869):
// digests for ever from the first, boxes from each.
type sealer struct {
	boxes []cipher.AEAD // the first one seals; the others open what is older
	blind []byte
}

func newSealer(data []byte, wraps ...[]byte) (*sealer, error) {
	s := &sealer{}
	for _, k := range append(slices.Clone(wraps), data) {
		if len(k) != 32 {
			return nil, errors.New("a data key must have 32 bytes")
		}
		seal, err := hkdf.Key(sha256.New, k, nil, "jate staff seal 1", 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(seal)
		if err != nil {
			return nil, err
		}
		box, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		s.boxes = append(s.boxes, box)
	}
	var err error
	s.blind, err = hkdf.Key(sha256.New, data, nil, "jate staff blind 1", 32)
	return s, err
}

// seal encrypts what belongs to a member, for one use.
func (s *sealer) seal(use, member string, plain []byte) []byte {
	return s.boxes[0].Seal(nil, nil, plain, []byte(use+"\x00"+member)) // #nosec G407 -- the AEAD draws its nonce
}

// open decrypts what seal made for the same use and member.
func (s *sealer) open(use, member string, sealed []byte) ([]byte, error) {
	plain, _, err := s.openOf(use, member, sealed)
	return plain, err
}

// openOf is open, and says which box it was: 0 for the one that seals.
func (s *sealer) openOf(use, member string, sealed []byte) (plain []byte, box int, err error) {
	for i, b := range s.boxes {
		if plain, err = b.Open(nil, nil, sealed, []byte(use+"\x00"+member)); err == nil {
			return plain, i, nil
		}
	}
	return nil, 0, fmt.Errorf("open a member's %s: %w", use, err)
}

// again seals anew what is under an older key.
func (s *sealer) again(use, member string, sealed []byte) ([]byte, bool, error) {
	plain, box, err := s.openOf(use, member, sealed)
	if err != nil || box == 0 {
		return sealed, false, err
	}
	return s.seal(use, member, plain), true, nil
}

// Reseal seals members' names and factors anew by the newest of the keys that wrap,
// which come newest first, as in Config. It returns how many it changed; what is
// under the newest already stays. Passwords and codes are hashes, and passkeys
// public.
func Reseal(tx Tx, data []byte, wraps ...[]byte) (int, error) {
	s, err := newSealer(data, wraps...)
	if err != nil {
		return 0, err
	}
	n := 0
	var members []Member
	var credentials []Credential
	for m, err := range tx.Members() {
		if err != nil {
			return 0, err
		}
		for c, err := range tx.Credentials(m.ID) {
			if err != nil {
				return 0, err
			}
			from, sealed := 0, false
			switch c.Kind {
			case TOTP:
				sealed = true
			case Identity:
				from, sealed = sha256.Size, true // after the digest by which it is found
			}
			if !sealed {
				continue
			}
			secret, changed, err := s.again(string(c.Kind), m.ID, c.Secret[from:])
			if err != nil {
				return 0, err
			}
			if changed {
				c.Secret = append(slices.Clone(c.Secret[:from]), secret...)
				credentials = append(credentials, c)
			}
		}
		if m.Name == nil {
			continue
		}
		name, changed, err := s.again("name", m.ID, m.Name)
		if err != nil {
			return 0, err
		}
		if changed {
			m.Name = name
			members = append(members, m)
		}
	}
	for _, m := range members {
		if err := tx.PutMember(m); err != nil {
			return 0, err
		}
		n++
	}
	for _, c := range credentials {
		if err := tx.PutCredential(c); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
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
