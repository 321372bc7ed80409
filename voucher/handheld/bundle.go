package handheld

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jate-cva/jate/voucher"
)

// carried is a bundle that was verified, ready to judge cards with.
type carried struct {
	voucher.Bundle
	word  voucher.Beacon
	keys  voucher.KeySet
	lots  map[string]lot // by kid
	items map[string]voucher.BundleItem
	seal  hpke.PublicKey
	// sealed is how many lots are under embargo, and not opened by a code.
	sealed int
}

// lot is what the bundle says about one lot.
type lot struct {
	manifest voucher.Manifest
	status   *voucher.StatusList
	homes    map[uint32]voucher.HomeVoucher
	hints    []byte
}

// readBundle verifies a bundle with the beacon key and the root keys that are
// believed, everything in it included. It returns ErrBundle and ErrBundleOther.
func (h *Handheld) readBundle(jws string, beacon ed25519.PublicKey) (*carried, error) {
	b, err := voucher.ParseBundle(jws, beacon)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if b.Handheld != h.id.Handheld {
		return nil, ErrBundleOther
	}
	c := &carried{Bundle: b, lots: map[string]lot{}, items: map[string]voucher.BundleItem{}}
	if err := c.fill(&h.chain.trust, h.codes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if c.word, err = voucher.ParseBeacon(b.Beacon, beacon); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if c.word.Handheld != b.Handheld || b.Purpose != h.id.Purpose {
		return nil, ErrBundleOther
	}
	return c, nil
}

func (c *carried) fill(trust *trusted, codes [][]byte) error {
	var manifests []voucher.Manifest
	for _, l := range c.Lots {
		if len(l.Sealed) > 0 {
			opened, err := openLot(l, codes)
			if errors.Is(err, voucher.ErrOfficerCode) {
				c.sealed++
				continue
			}
			if err != nil {
				return err
			}
			l = opened
		}
		m, err := voucher.ParseManifest(l.Manifest, trust.rootOf(l.Manifest, c.made()))
		if err != nil {
			return err
		}
		status, err := voucher.DecodeStatusList(l.Status, m.Count+m.Spares)
		if err != nil {
			return err
		}
		manifests = append(manifests, m)
		c.lots[m.KID] = lot{m, status, l.Homes(), l.Hints}
	}
	for _, it := range c.Items {
		c.items[it.Code] = it
	}
	var err error
	if c.keys, err = voucher.NewKeySet(manifests...); err != nil {
		return err
	}
	c.seal, err = voucher.SealPublic(c.Seal)
	return err
}

// made returns when the server made the bundle.
func (c *carried) made() time.Time { return time.Unix(int64(c.Snapshot), 0).UTC() }

// Freshness says how far a bundle may be relied on.
type Freshness string

// The freshness of a bundle, by its zone's policy.
const (
	Fresh    Freshness = "fresh"
	Degraded Freshness = "degraded" // only home vouchers, with their full factor
	Stale    Freshness = "stale"    // nothing without a network
	Missing  Freshness = "missing"  // or damaged
)

// freshness judges the bundle's age as the server will: to the hour's end.
func (c *carried) freshness(now time.Time) Freshness {
	switch age := now.Sub(c.made()); {
	case age <= time.Duration(c.Policy.Fresh)*time.Hour:
		return Fresh
	case age <= time.Duration(c.Policy.Degraded)*time.Hour:
		return Degraded
	}
	return Stale
}

// FetchBundle gets a new bundle from the server and carries it from now on. It
// returns what TakeBundle returns, and the server's errors.
func (h *Handheld) FetchBundle(ctx context.Context, server Server) error {
	path := h.path("bundle")
	var got voucher.SignedBundle
	err := h.signed(http.MethodGet, path, nil, func(proof string) (err error) {
		got, err = server.Bundle(ctx, voucher.AskBundle{Proof: proof, Method: http.MethodGet, Path: path})
		return err
	})
	if err != nil {
		return fmt.Errorf("fetch the bundle: %w", err)
	}
	if err := h.learn(ctx, server, got.Bundle); err != nil {
		return fmt.Errorf("fetch the bundle: %w", err)
	}
	return h.TakeBundle(got.Bundle)
}

// path returns the path of one of the handheld's own addresses.
func (h *Handheld) path(what string) string { return handheldPath(h.id.Handheld, what) }

// TakeBundle carries a bundle from now on, however it came. It returns
// ErrBundle, ErrBundleOther, ErrBundleOlder, ErrStorage.
func (h *Handheld) TakeBundle(jws string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	next, err := h.readBundle(jws, h.chain.trust.beacon())
	if err != nil {
		return err
	}
	if h.bundle != nil && next.Snapshot < h.bundle.Snapshot {
		return ErrBundleOlder
	}
	if voucher.HashOf(next.Beacon) != h.chain.beaconHash {
		if err := h.commit(line{lineBeacon, next.Beacon}); err != nil {
			return err
		}
	}
	if err := h.save(docBundle, []byte(jws)); err != nil {
		return err
	}
	h.bundle, h.unfit = next, nil
	return h.keepSession(session{next.word.Nonce, h.sess.Counter})
}

// usable returns the bundle, or why there is none.
func (h *Handheld) usable() (*carried, error) {
	if h.bundle == nil {
		return nil, h.unfit
	}
	return h.bundle, nil
}
