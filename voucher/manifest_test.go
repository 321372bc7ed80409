package voucher

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/money"
)

var assets = cmp.Comparer(func(a, b money.Asset) bool { return a == b })

// What the root key signed is read back unchanged, with that key alone.
func TestParseManifest(t *testing.T) {
	root := seedKey("root")
	jws, err := SignManifest(root, testLot())
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseManifest(jws, public(root))
	if err != nil {
		t.Fatal(err)
	}
	want := testLot()
	want.Profiles[1].Categories = []string{}
	if d := cmp.Diff(want, got, assets); d != "" {
		t.Error(d)
	}
	again, err := SignManifest(root, got)
	if err != nil || again != jws {
		t.Errorf("signed again it differs: %v", err)
	}
	if _, err := ParseManifest(jws, public(seedKey("other"))); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("another root: %v", err)
	}
	if _, err := ParseManifest(string(mustSign(t, testClaims())), public(root)); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("a voucher for a manifest: %v", err)
	}
}

func TestSignManifest_refuses(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Manifest)
	}{
		{"no digest", func(m *Manifest) { m.Digest = Hash{} }},
		{"no total", func(m *Manifest) { m.Total = nil }},
		{"totals in the wrong order", func(m *Manifest) { m.Total[0], m.Total[1] = m.Total[1], m.Total[0] }},
		{"one asset twice", func(m *Manifest) { m.Total[0] = m.Total[1] }},
		{"a total of no profile", func(m *Manifest) { m.Profiles = m.Profiles[:1] }},
		{"a negative total", func(m *Manifest) { m.Total[1] = money.Francs(-1) }},
		{"no vouchers", func(m *Manifest) { m.Count, m.Spares, m.Total = 0, 0, nil }},
		{"a negative count", func(m *Manifest) { m.Count = -1 }},
		{"a count that overflows", func(m *Manifest) { m.Count = 1 << 62 }},
		{"no profile", func(m *Manifest) { m.Profiles = nil }},
		{"profiles in the wrong order", func(m *Manifest) { m.Profiles[0].Number = 3 }},
		{"a profile without asset", func(m *Manifest) { m.Profiles[0].Asset = money.Asset{} }},
		{"a profile without cap", func(m *Manifest) { m.Profiles[0].Cap = 0 }},
		{"a basket out of order", func(m *Manifest) { m.Profiles[0].Basket = []string{"rice", "oil"} }},
		{"a basket with a free text", func(m *Manifest) { m.Profiles[0].Basket = []string{"riz brisé"} }},
		{"a kid too long", func(m *Manifest) { m.KID = "k7Qz1" }},
		{"no key", func(m *Manifest) { m.Key = nil }},
		{"no lot", func(m *Manifest) { m.Lot = "" }},
		{"no issuer", func(m *Manifest) { m.Issuer = "" }},
		{"no dates", func(m *Manifest) { m.NotBefore, m.Expires = time.Time{}, time.Time{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := testLot()
			m.Total = append([]money.Amount(nil), m.Total...)
			c.edit(&m)
			if jws, err := SignManifest(seedKey("root"), m); !errors.Is(err, ErrManifest) || jws != "" {
				t.Errorf("SignManifest = %v", err)
			}
		})
	}
	if _, err := SignManifest(nil, testLot()); !errors.Is(err, ErrSignerKey) {
		t.Errorf("no root key: %v", err)
	}
}

// A manifest in a key set is the set's own: changing the caller's changes
// nothing.
func TestKeySet_Manifest_isACopy(t *testing.T) {
	m := testLot()
	keys, err := NewKeySet(m)
	if err != nil {
		t.Fatal(err)
	}
	m.Profiles[0].Cap = 1
	clear(m.Key)
	if _, err := Verify(string(mustSign(t, testClaims())), keys, testNow); err != nil {
		t.Error(err)
	}
}
