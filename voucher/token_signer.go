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
	lot Manifest
	mu  sync.RWMutex // held for writing by Destroy alone
	key ed25519.PrivateKey
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
	return &Signer{lot: m.clone(), key: key}, nil
}

// KID returns the name of the lot's key.
func (s *Signer) KID() string { return s.lot.KID }

// Sign lints the claims, then signs exactly the bytes it linted: it writes
// them, reads them as Verify does, requires the same claims back, and
// requires that the lot's manifest admits them (issuer, profile, cap, index,
// dates). It returns ErrTokenClaims, ErrTokenIssuer, ErrTokenManifest, or
// ErrSignerDestroyed after Destroy.
func (s *Signer) Sign(c Claims) (Token, error) {
	payload, err := canonical(c.json())
	if err != nil {
		return "", fmt.Errorf("sign voucher %d: %w", c.Index, err)
	}
	if err := s.lint(payload, c); err != nil {
		return "", fmt.Errorf("sign voucher %d: %w", c.Index, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.key == nil {
		return "", fmt.Errorf("sign voucher %d: %w", c.Index, ErrSignerDestroyed)
	}
	return Token(signCompact(s.lot.KID, typToken.typ, payload, s.key)), nil
}

func (s *Signer) lint(payload []byte, c Claims) error {
	w, err := parseClaims(payload)
	if err != nil {
		return err
	}
	read, err := w.claims()
	if err != nil {
		return err
	}
	// Fractions of a second, or a verifier that would not be written, show
	// as a difference.
	if !read.NotBefore.Equal(c.NotBefore) || !read.Expires.Equal(c.Expires) || read.Verifier != c.Verifier {
		return ErrTokenClaims.At("payload", "says something else than asked for")
	}
	if read.Issuer != s.lot.Issuer {
		return ErrTokenIssuer
	}
	return s.lot.admits(read)
}

// Destroy zeroes the key; every later Sign is refused. What the runtime
// copied elsewhere in memory lasts until the process ends, which is why issue
// runs in a process of its own where that matters.
func (s *Signer) Destroy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.key)
	s.key = nil
}

// IssuedSet gathers the tokens of a lot for the digest in its manifest. The
// zero value is an empty set. It takes 32 bytes a voucher, and tokens may come
// in any order and from several batches.
type IssuedSet struct{ hashes []Hash }

// Add puts a token in the set.
func (s *IssuedSet) Add(t Token) { s.hashes = append(s.hashes, t.Hash()) }

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
