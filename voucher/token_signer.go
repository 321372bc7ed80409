package voucher

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"github.com/jate-cva/jate/fault"
)

// Errors of a Signer.
var (
	ErrSignerDestroyed = fault.New(fault.Gone, "signer_destroyed",
		"The lot's signing key was destroyed after issue; no voucher can be added.",
		"La clé de signature du lot a été détruite après l'émission ; aucun coupon ne peut être ajouté.")
	ErrSignerKey = fault.New(fault.Invalid, "signer_key",
		"The private key is missing or not the one expected.",
		"La clé privée manque ou n'est pas celle attendue.")
)

// Signer signs the vouchers of one lot and nothing else. Its key exists in
// this process alone and must be destroyed when the lot is issued: afterwards
// nobody can make another voucher of it, the administrator included. A Signer
// may be used by several goroutines.
type Signer struct {
	lot    Manifest
	header string // its segment and the point after it

	mu       sync.RWMutex // held for writing by Destroy alone
	key      ed25519.PrivateKey
	expanded expandedKey
}

// NewSigner returns a signer of the lot that m describes; count, spares,
// profiles, dates and key must be set, total and digest need not be yet. It
// takes over the key: Destroy zeroes the caller's slice too. It returns
// ErrSignerKey for a key that is not the lot's, and the faults of a lot that
// cannot be.
func NewSigner(m Manifest, key ed25519.PrivateKey) (*Signer, error) {
	if err := m.checkLot(); err != nil {
		return nil, fmt.Errorf("signer of lot %s: %w", m.Lot, err)
	}
	if len(key) != ed25519.PrivateKeySize || !m.Key.Equal(key.Public()) {
		return nil, fmt.Errorf("signer of lot %s: %w", m.Lot, ErrSignerKey)
	}
	header := encodeSegment([]byte(jwsHeader(m.KID, typToken.typ))) + "."
	expanded, err := expand(key)
	if err != nil {
		return nil, fmt.Errorf("signer of lot %s: %w", m.Lot, err)
	}
	return &Signer{lot: m.clone(), header: header, key: key, expanded: expanded}, nil
}

// KID returns the name of the lot's key.
func (s *Signer) KID() string { return s.lot.KID }

// Sign lints the claims, then signs them: they must be what a voucher may say
// and what the lot's manifest admits (issuer, profile, cap, index, dates). The
// bytes are those that Verify reads the same claims from. It returns
// ErrTokenClaims, ErrTokenIssuer, ErrTokenManifest, or ErrSignerDestroyed after
// Destroy.
func (s *Signer) Sign(c Claims) (Token, error) {
	tokens, err := s.SignAll([]Claims{c})
	if err != nil {
		return "", err
	}
	return tokens[0], nil
}

// SignAll signs many vouchers, faster than Sign does one by one, or none of
// them. It returns Sign's errors.
func (s *Signer) SignAll(cs []Claims) ([]Token, error) {
	tokens := make([]Token, 0, len(cs))
	for some := range slices.Chunk(cs, signedTogether) {
		var err error
		if tokens, err = s.appendSigned(tokens, some); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// appendSigned signs at most signedTogether vouchers.
func (s *Signer) appendSigned(tokens []Token, cs []Claims) ([]Token, error) {
	var texts [signedTogether][]byte
	for i := range cs {
		c := &cs[i]
		if err := s.lint(c); err != nil {
			return nil, fmt.Errorf("sign voucher %d: %w", c.Index, err)
		}
		var room [payloadMax + 100]byte // what lint allows is shorter than that
		said := c.appendTo(room[:0])
		if len(said) > payloadMax {
			return nil, fmt.Errorf("sign voucher %d: %w", c.Index,
				ErrTokenClaims.At("payload", "%d bytes, at most %d", len(said), payloadMax))
		}
		text := make([]byte, 0, len(s.header)+rawURL.EncodedLen(len(said))+1+rawURL.EncodedLen(ed25519.SignatureSize))
		texts[i] = rawURL.AppendEncode(append(text, s.header...), said)
	}
	var sigs [signedTogether][ed25519.SignatureSize]byte
	if err := s.sign(texts[:len(cs)], &sigs); err != nil {
		return nil, fmt.Errorf("sign vouchers: %w", err)
	}
	for i := range cs {
		tokens = append(tokens, Token(rawURL.AppendEncode(append(texts[i], '.'), sigs[i][:])))
	}
	return tokens, nil
}

func (s *Signer) sign(texts [][]byte, sigs *[signedTogether][ed25519.SignatureSize]byte) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.key == nil {
		return ErrSignerDestroyed
	}
	return s.expanded.sign(texts, sigs)
}

func (s *Signer) lint(c *Claims) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Issuer != s.lot.Issuer {
		return ErrTokenIssuer
	}
	return s.lot.admits(c)
}

// prove reads a token back as everybody will, and refuses it unless it says
// the claims.
func (s *Signer) prove(t Token, c Claims) error {
	read, err := verify(string(t), KeySet{lots: map[string]Manifest{s.lot.KID: s.lot}})
	if err == nil && read.json() != c.json() {
		err = ErrTokenClaims.At("payload", "says something else than asked for")
	}
	if err != nil {
		return fmt.Errorf("voucher %d does not read as it was signed: %w", c.Index, err)
	}
	return nil
}

// Destroy zeroes the key; every later Sign is refused. What the runtime
// copied elsewhere in memory lasts until the process ends, which is why issue
// runs in a process of its own where that matters.
func (s *Signer) Destroy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.key)
	s.key, s.expanded = nil, expandedKey{}
}

// IssuedSet gathers the tokens of a lot for the digest in its manifest. The
// zero value is an empty set. It takes 32 bytes a voucher, and tokens may come
// in any order and from several batches.
type IssuedSet struct{ hashes []Hash }

// Add puts a token in the set.
func (s *IssuedSet) Add(t Token) { s.add(t.Hash()) }

func (s *IssuedSet) add(h Hash) { s.hashes = append(s.hashes, h) }

// Len returns how many tokens were added.
func (s *IssuedSet) Len() int { return len(s.hashes) }

// Digest returns the SHA-256 over the ascending SHA-256 hashes of the tokens'
// compact forms, each 32 bytes, one after another.
func (s *IssuedSet) Digest() Hash {
	slices.SortFunc(s.hashes, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, t := range s.hashes {
		h.Write(t[:])
	}
	return Hash(h.Sum(nil))
}
