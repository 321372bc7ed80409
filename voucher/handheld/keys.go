package handheld

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/voucher"
)

// trusted is the keys that a handheld believes, those that it believed before
// included: pinned at enrolment, and moved on by the root key's successions in
// the journal.
type trusted struct {
	beacons []ed25519.PublicKey // the last one is in use
	roots   []trustedRoot       // the last one is in use
}

type trustedRoot struct {
	key   ed25519.PublicKey
	until time.Time // manifests count in bundles made before; zero while it is in use
}

func newTrusted(t Trust) trusted {
	return trusted{[]ed25519.PublicKey{t.Beacon}, []trustedRoot{{key: t.Root}}}
}

func (t *trusted) beacon() ed25519.PublicKey { return t.beacons[len(t.beacons)-1] }

func (t *trusted) root() ed25519.PublicKey { return t.roots[len(t.roots)-1].key }

// beaconOf returns the key that signed a text of our own storage, which came
// there when that key was in use; without one that fits, the one in use.
func (t *trusted) beaconOf(jws string) ed25519.PublicKey {
	kid := voucher.KeyIDOf(jws)
	for _, k := range t.beacons {
		if voucher.KeyID(k) == kid {
			return k
		}
	}
	return t.beacon()
}

// rootOf returns the root key by which a manifest in a bundle made then counts.
func (t *trusted) rootOf(manifest string, made time.Time) ed25519.PublicKey {
	kid := voucher.KeyIDOf(manifest)
	for _, r := range t.roots {
		if voucher.KeyID(r.key) == kid && (r.until.IsZero() || made.Before(r.until)) {
			return r.key
		}
	}
	return t.root()
}

// errElsewhere is a succession that begins from keys that are not in use here:
// one that was taken before, or that follows one still to come.
var errElsewhere = errors.New("not from the keys in use")

func (t *trusted) read(jws string) (voucher.Succession, error) {
	if voucher.KeyIDOf(jws) != voucher.KeyID(t.root()) {
		return voucher.Succession{}, errElsewhere
	}
	s, err := voucher.ParseSuccession(jws, t.root())
	if err == nil && s.Was != voucher.KeyID(t.beacon()) {
		err = errElsewhere
	}
	return s, err
}

func (t *trusted) succeed(s voucher.Succession) {
	t.beacons = append(t.beacons, ed25519.PublicKey(s.Beacon))
	if next := ed25519.PublicKey(s.Root); !next.Equal(t.root()) {
		t.roots[len(t.roots)-1].until = s.Until.Time()
		t.roots = append(t.roots, trustedRoot{key: next})
	}
}

// Successor is what a Server is too where it tells of new keys: the root key's
// successions, the oldest first.
type Successor interface {
	Successions(ctx context.Context) ([]string, error)
}

// Trust returns the keys that the handheld believes now.
func (h *Handheld) Trust() Trust {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Trust{Root: h.chain.trust.root(), Beacon: h.chain.trust.beacon()}
}

// TakeKeys takes the root key's successions in, however they came, and returns
// how many changed what the handheld believes. Those that it took before, or
// that begin elsewhere, are passed over. What a former beacon key signs counts
// no longer, but for the bundle in use. It returns ErrAnswer for what is no
// succession, and ErrStorage.
func (h *Handheld) TakeKeys(list []string) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, jws := range list {
		_, err := h.chain.trust.read(jws)
		if errors.Is(err, errElsewhere) {
			continue
		}
		if err != nil {
			return n, fmt.Errorf("%w: %w", ErrAnswer.At("keys", "not the root key's word"), err)
		}
		if err := h.commit(line{lineKeys, jws}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// learn asks the server for new keys where an answer is signed by one that is
// not in use.
func (h *Handheld) learn(ctx context.Context, server Server, jws string) error {
	s, ok := server.(Successor)
	if kid := voucher.KeyIDOf(jws); !ok || kid == "" || kid == voucher.KeyID(h.Trust().Beacon) {
		return nil
	}
	list, err := s.Successions(ctx)
	if err != nil {
		return err
	}
	_, err = h.TakeKeys(list)
	return err
}
