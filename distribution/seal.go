package distribution

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// schema is the version of a sealed Person; it is authenticated with it.
const schema = "1"

// Sealer encrypts persons and makes the keyed digests by which they are found
// again. Its keys are derived from the data key (HKDF-SHA-256, RFC 5869), one
// for each purpose. It is safe for concurrent use.
type Sealer struct {
	wrap    []cipher.AEAD // of households' own keys; the first wraps, any opens
	blind   []byte
	content []byte
	journal []byte
	secret  []byte
}

// NewSealer returns the sealer of a data key of 32 random bytes. Other keys of
// 32 bytes, the newest first, wrap households' keys instead of it; what they and
// it wrapped before is opened too, until Rewrap has done it anew.
func NewSealer(dataKey []byte, wraps ...[]byte) (*Sealer, error) {
	s := &Sealer{}
	for _, key := range append(slices.Clone(wraps), dataKey) {
		if len(key) != 32 {
			return nil, errors.New("the data key must have 32 bytes")
		}
		wrap, err := hkdf.Key(sha256.New, key, nil, "jate household wrap 1", 32)
		if err != nil {
			return nil, err
		}
		box, err := aead(wrap)
		if err != nil {
			return nil, err
		}
		s.wrap = append(s.wrap, box)
	}
	for label, to := range map[string]*[]byte{"blind": &s.blind, "content": &s.content, "journal": &s.journal, "secret": &s.secret} {
		key, err := hkdf.Key(sha256.New, dataKey, nil, "jate household "+label+" 1", 32)
		if err != nil {
			return nil, err
		}
		*to = key
	}
	return s, nil
}

// aead returns AES-256-GCM with a random nonce before each ciphertext.
func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func bindTo(id string) []byte { return []byte(id + "|" + schema) }

// seal encrypts the person under a new key of the household's own, and wraps
// that key. The two are kept apart: without the second the first is noise.
func (s *Sealer) seal(id BeneficiaryID, p Person) (sealed, wrapped []byte, err error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, nil, err
	}
	return s.SealBytes(string(id), plain)
}

// open decrypts what seal made for the same household.
func (s *Sealer) open(id BeneficiaryID, sealed, wrapped []byte) (Person, error) {
	plain, err := s.OpenBytes(string(id), sealed, wrapped)
	if err != nil {
		return Person{}, fmt.Errorf("open a household: %w", err)
	}
	var p Person
	return p, json.Unmarshal(plain, &p)
}

// SealBytes encrypts what is personal under a new key of its own, and wraps
// that key. Both are bound to the id, which no two things share. Whoever deletes
// the wrapped key has erased the rest.
func (s *Sealer) SealBytes(id string, plain []byte) (sealed, wrapped []byte, err error) {
	key, wrapped, err := s.NewKey(id)
	if err != nil {
		return nil, nil, err
	}
	box, err := aead(key)
	if err != nil {
		return nil, nil, err
	}
	return box.Seal(nil, nil, plain, bindTo(id)), wrapped, nil // #nosec G407 -- the AEAD draws its nonce
}

// NewKey returns a new key of 32 bytes, for who seals with it himself, and the
// same wrapped and bound to the id, which no two things share.
func (s *Sealer) NewKey(id string) (key, wrapped []byte, err error) {
	key = make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, nil, err
	}
	return key, s.wrap[0].Seal(nil, nil, key, bindTo(id)), nil // #nosec G407 -- the AEAD draws its nonce
}

// OpenKey unwraps what NewKey wrapped for the same id.
func (s *Sealer) OpenKey(id string, wrapped []byte) ([]byte, error) {
	key, _, err := s.unwrap(id, wrapped)
	return key, err
}

// OpenBytes decrypts what SealBytes made for the same id.
func (s *Sealer) OpenBytes(id string, sealed, wrapped []byte) ([]byte, error) {
	key, _, err := s.unwrap(id, wrapped)
	if err != nil {
		return nil, err
	}
	box, err := aead(key)
	if err != nil {
		return nil, err
	}
	return box.Open(nil, nil, sealed, bindTo(id))
}

// unwrap opens a wrapped key, and says with which of the keys.
func (s *Sealer) unwrap(id string, wrapped []byte) (key []byte, with int, err error) {
	for i, box := range s.wrap {
		if key, err = box.Open(nil, nil, wrapped, bindTo(id)); err == nil {
			return key, i, nil
		}
	}
	return nil, 0, fmt.Errorf("unwrap a key: %w", err)
}

// Rewrap returns the wrapped key under the key that wraps now, or nil where it
// is already.
func (s *Sealer) Rewrap(id string, wrapped []byte) ([]byte, error) {
	key, with, err := s.unwrap(id, wrapped)
	if err != nil || with == 0 {
		return nil, err
	}
	return s.wrap[0].Seal(nil, nil, key, bindTo(id)), nil // #nosec G407 -- the AEAD draws its nonce
}

// Secret returns bytes that nobody can tell from random ones without the data
// key, and always the same for the same label and parts. None of them holds a
// zero byte.
func (s *Sealer) Secret(label string, parts ...string) [32]byte {
	return digest(s.secret, append([]string{label}, parts...)...)
}

// SealPerson encrypts a household's person for Beneficiary.Sealed and
// Tx.PutWrappedKey.
func (s *Sealer) SealPerson(id BeneficiaryID, p Person) (sealed, wrapped []byte, err error) {
	return s.seal(id, p)
}

// Person decrypts a household's person for a caller who has the right to see
// it. It returns ErrForgotten where the key was deleted.
func (s *Sealer) Person(tx Tx, b Beneficiary) (Person, error) { return s.personOf(tx, b) }

// personOf decrypts a household's person. It returns ErrForgotten where the
// key was deleted.
func (s *Sealer) personOf(tx Tx, b Beneficiary) (Person, error) {
	wrapped, err := tx.WrappedKey(b.ID)
	if errors.Is(err, ErrNotFound) {
		return Person{}, ErrForgotten
	}
	if err != nil {
		return Person{}, err
	}
	return s.open(b.ID, b.Sealed, wrapped)
}

// digest is HMAC-SHA-256 over parts, none of which holds a zero byte.
func digest(key []byte, parts ...string) (sum [32]byte) {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	h.Sum(sum[:0])
	return sum
}

// blinded returns the 16 bytes under which something searched for is filed.
// Equal values in two programmes have nothing in common.
func (s *Sealer) blinded(programme, label, value string) [16]byte {
	sum := digest(s.blind, programme, label, value)
	return [16]byte(sum[:16])
}

// contentOf returns the digest that tells a changed person from the same.
func (s *Sealer) contentOf(p Person) ([32]byte, error) {
	plain, err := json.Marshal(p)
	return digest(s.content, string(plain)), err
}

// pseudonym names a household in the journal, where its id must not appear.
func (s *Sealer) pseudonym(id BeneficiaryID) string {
	sum := digest(s.journal, string(id))
	return "household:" + hex.EncodeToString(sum[:8])
}
