package voucher

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSuccession(t *testing.T) {
	root, other := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed([]byte(strings.Repeat("o", 32)))
	public := func(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
	at := UnixOf(time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC))
	good := Succession{At: at, Was: KeyID(public(root)), Beacon: Base64(public(other)), Root: Base64(public(root)), Until: at}
	jws, err := SignSuccession(good, root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseSuccession(jws, public(root))
	if err != nil || got.Was != good.Was || !public(other).Equal(ed25519.PublicKey(got.Beacon)) || !public(root).Equal(ed25519.PublicKey(got.Root)) {
		t.Errorf("%+v, %v", got, err)
	}
	if KeyIDOf(jws) != KeyID(public(root)) || KeyIDOf(jws[1:]) != "" {
		t.Error("not the key that signed")
	}
	for i := range jws {
		changed := []byte(jws)
		changed[i] ^= 1
		if _, err := ParseSuccession(string(changed), public(root)); err == nil {
			t.Errorf("byte %d may be another", i)
		}
	}
	if _, err := ParseSuccession(jws, public(other)); !errors.Is(err, ErrSignedHeader) {
		t.Errorf("by another root: %v", err)
	}
	for name, edit := range map[string]func(*Succession){
		"no former key":    func(s *Succession) { s.Was = "" },
		"no beacon":        func(s *Succession) { s.Beacon = s.Beacon[1:] },
		"no root":          func(s *Succession) { s.Root = nil },
		"until before":     func(s *Succession) { s.Until-- },
		"nothing changes":  func(s *Succession) { s.Was = KeyID(public(other)) },
		"a time too great": func(s *Succession) { s.At, s.Until = 1<<53, 1<<53 },
	} {
		s := good
		edit(&s)
		if _, err := SignSuccession(s, root); !errors.Is(err, ErrSignedContent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRoots follows successions from one root to the next, and nothing else.
func TestRoots(t *testing.T) {
	at := UnixOf(time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC))
	var keys []ed25519.PrivateKey
	for i := range 4 {
		keys = append(keys, ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+i)), 32))))
	}
	public := func(i int) ed25519.PublicKey { return keys[i].Public().(ed25519.PublicKey) }
	step := func(from, to, beacon int) string {
		jws, err := SignSuccession(Succession{At: at, Was: KeyID(public(3)), Beacon: Base64(public(beacon)), Root: Base64(public(to)), Until: at}, keys[from])
		if err != nil {
			t.Fatal(err)
		}
		return jws
	}
	list := []string{step(1, 3, 3), step(0, 0, 2), step(0, 1, 3), step(0, 3, 3), "nonsense", step(1, 2, 3)}
	got := Roots(public(0), list)
	if len(got) != 3 || !got[0].Equal(public(0)) || !got[1].Equal(public(1)) || !got[2].Equal(public(2)) {
		t.Errorf("%d roots", len(got))
	}
}
