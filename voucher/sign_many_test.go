package voucher

import (
	"bytes"
	"crypto/ed25519"
	"math/rand/v2"
	"testing"
)

// Signatures made together are those that crypto/ed25519 makes one by one, for
// any key, any number of messages and any length.
func TestExpandedKey_sameAsStandard(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fill := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for n := 1; n <= signedTogether; n++ {
		key := ed25519.NewKeyFromSeed(fill(ed25519.SeedSize))
		k, err := expand(key)
		if err != nil {
			t.Fatal(err)
		}
		messages := make([][]byte, n)
		for i := range messages {
			messages[i] = fill(random.IntN(300))
		}
		var sigs [signedTogether][ed25519.SignatureSize]byte
		if err := k.sign(messages, &sigs); err != nil {
			t.Fatal(err)
		}
		for i, m := range messages {
			if want := ed25519.Sign(key, m); !bytes.Equal(sigs[i][:], want) {
				t.Fatalf("message %d of %d: %x, want %x", i, n, sigs[i], want)
			}
		}
	}
}

// What has a mistake is refused, and nothing of it is signed.
func TestSigner_SignAll(t *testing.T) {
	m, key := testLot(), seedKey("lot")
	s, err := NewSigner(m, key)
	if err != nil {
		t.Fatal(err)
	}
	good := make([]Claims, 2*signedTogether+1)
	for i := range good {
		good[i] = testClaims()
	}
	tokens, err := s.SignAll(good)
	if err != nil || len(tokens) != len(good) {
		t.Fatalf("%d tokens, %v", len(tokens), err)
	}
	for i, token := range tokens {
		if err := s.prove(token, good[i]); err != nil {
			t.Fatal(err)
		}
	}
	good[len(good)-1].Issuer = "other"
	if tokens, err := s.SignAll(good); err == nil || tokens != nil {
		t.Errorf("a wrong issuer: %d tokens, %v", len(tokens), err)
	}
}
