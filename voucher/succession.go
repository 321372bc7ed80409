package voucher

import (
	"crypto/ed25519"
	"fmt"
)

// Succession is the root key's word on which keys handhelds believe from now
// on. A handheld applies the one that its own root signed and that ends its own
// beacon key, and no other, so that the same list brings each to the present
// from wherever it is.
type Succession struct {
	At     Unix   `json:"at"`     // when it was made
	Was    string `json:"was"`    // KeyID of the beacon key that it ends
	Beacon Base64 `json:"beacon"` // signs bundles, beacons and acknowledgements; may stay the same where the root does not
	Root   Base64 `json:"root"`   // signs manifests and the next succession; the signer itself where it stays
	Until  Unix   `json:"until"`  // manifests of the signer count in bundles made before; At where the root stays
}

var typSuccession = docType{typ: "evs+jwt", max: 1 << 10}

// SignSuccession signs with the root key that the handhelds believe until
// then. It returns ErrSignedContent, with the member concerned, for what no
// succession may say.
func SignSuccession(s Succession, root ed25519.PrivateKey) (string, error) {
	if len(root) == ed25519.PrivateKeySize {
		if err := s.changes(root.Public().(ed25519.PublicKey)); err != nil {
			return "", fmt.Errorf("sign %s: %w", typSuccession.typ, err)
		}
	}
	return signAsKeyID(typSuccession, root, s)
}

// ParseSuccession returns what the root key signed; it refuses every text that
// SignSuccession would not have written, with the faults of signed texts.
func ParseSuccession(jws string, root ed25519.PublicKey) (Succession, error) {
	s, err := parseJWS[Succession](typSuccession, KeyID(root), root, jws)
	if err == nil {
		err = s.changes(root)
	}
	if err != nil {
		return Succession{}, fmt.Errorf("parse a succession: %w", err)
	}
	return s, nil
}

func (s Succession) check() error {
	switch {
	case !s.At.inRange():
		return ErrSignedContent.At("at", "out of range")
	case !isName(s.Was, kidMax):
		return ErrSignedContent.At("was", "not a key's id")
	case len(s.Beacon) != ed25519.PublicKeySize:
		return ErrSignedContent.At("beacon", "not an Ed25519 key")
	case len(s.Root) != ed25519.PublicKeySize:
		return ErrSignedContent.At("root", "not an Ed25519 key")
	case !s.Until.inRange() || s.Until < s.At:
		return ErrSignedContent.At("until", "before it was made, or out of range")
	}
	return nil
}

// changes refuses a succession of root that leaves everything as it is: a
// handheld would take it for ever.
func (s Succession) changes(root ed25519.PublicKey) error {
	if root.Equal(ed25519.PublicKey(s.Root)) && KeyID(ed25519.PublicKey(s.Beacon)) == s.Was {
		return ErrSignedContent.At("beacon", "no key changes")
	}
	return nil
}

// KeyIDOf returns the kid of a signed text, about which nothing else is
// verified, or "".
func KeyIDOf(jws string) string {
	c, err := splitJWS(jws, typBundle.max)
	if err != nil {
		return ""
	}
	return c.kid
}

// Roots returns the root keys that a list of successions leads to from the
// one given, which is the first. What it does not sign is passed over.
func Roots(root ed25519.PublicKey, successions []string) []ed25519.PublicKey {
	roots := []ed25519.PublicKey{root}
	for _, jws := range successions {
		s, err := ParseSuccession(jws, roots[len(roots)-1])
		if next := ed25519.PublicKey(s.Root); err == nil && !next.Equal(roots[len(roots)-1]) {
			roots = append(roots, next)
		}
	}
	return roots
}
