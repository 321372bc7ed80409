package voucher

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// seedKey returns the key that a label stands for in tests and vectors.
func seedKey(label string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("jate test key: " + label))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

var (
	testNotBefore = time.Unix(1_790_000_000, 0).UTC()
	testNow       = testNotBefore.Add(48 * time.Hour)
	testExpires   = testNotBefore.Add(30 * 24 * time.Hour)
)

// testLot is a lot of 1,000 vouchers in francs or kilos of rice.
func testLot() Manifest {
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		panic(err)
	}
	return Manifest{
		Issuer: "J7", Programme: "mopti-2026", Round: "mopti-2026-r1", Lot: "mopti-2026-r1-l1",
		KID: "k7Qz", Key: public(seedKey("lot")),
		Profiles: []Profile{
			{Number: 1, Asset: money.XOF, Basket: []string{"oil", "rice", "salt"}, Categories: []string{"food"}, Cap: 999_999},
			{Number: 2, Asset: rice, Basket: []string{"rice"}, Cap: 5_000},
		},
		Count: 1_000_000, Spares: 20_000,
		Total:     []money.Amount{money.FromMinor(250_000, rice), money.Francs(5_000_000)},
		NotBefore: testNotBefore, Expires: testExpires,
		Digest: HashOf("the tokens"),
	}
}

func testClaims() Claims {
	return Claims{
		Issuer: "J7", Serial: "0123456789ABCDEF", NotBefore: testNotBefore, Expires: testExpires,
		Value: 5000, Binding: "z14", Index: 4711, Profile: 1, HasVerifier: true,
		Verifier: [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
	}
}

// largestClaims fills the payload to its last byte.
func largestClaims() Claims {
	c := testClaims()
	c.Binding, c.Index, c.Value, c.Profile = "abc", 1_019_999, 999_999, 1
	return c
}

func testSigner(t testing.TB) *Signer {
	t.Helper()
	s, err := NewSigner(testLot(), seedKey("lot"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testKeys(t testing.TB) KeySet {
	t.Helper()
	k, err := NewKeySet(testLot())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustSign(t testing.TB, c Claims) Token {
	t.Helper()
	token, err := testSigner(t).Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func drawClaims(t *rapid.T) Claims {
	c := Claims{
		Issuer:    "J7",
		Serial:    Serial(rapid.StringOfN(rapid.RuneFrom([]rune(serialAlphabet)), 16, 16, -1).Draw(t, "serial")),
		NotBefore: testNotBefore.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "nbf")) * time.Second),
		Expires:   testExpires.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "exp")) * time.Second),
		Value:     rapid.Int64Range(1, 999_999).Draw(t, "v"),
		Binding:   rapid.StringMatching(`[0-9A-Za-z-]{1,3}`).Draw(t, "b"),
		Index:     rapid.Uint32Range(0, 1_019_999).Draw(t, "x"),
		Profile:   1,
	}
	if c.HasVerifier = rapid.Bool().Draw(t, "h?"); c.HasVerifier {
		copy(c.Verifier[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "h"))
	}
	return c
}

// What the signer signs, verification returns, on the card as in the file.
func TestVerify_roundTrip(t *testing.T) {
	signer, keys := testSigner(t), testKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		want := drawClaims(t)
		token, err := signer.Sign(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Verify(string(token), keys, testNow)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		back, err := ParseDigits(token.Digits())
		if err != nil || back != token {
			t.Fatalf("ParseDigits = %q, %v", back, err)
		}
	})
}

// The bytes that the signer writes by hand are those that encoding/json and
// golang-jwt write of the same claims and key.
func TestSigner_sameAsOthers(t *testing.T) {
	signer := testSigner(t)
	same := func(t require, c Claims) {
		token, err := signer.Sign(c)
		if err != nil {
			t.Fatal(err)
		}
		w := c.json()
		theirs := jwt.NewWithClaims(jwt.SigningMethodEdDSA, &w)
		theirs.Header = map[string]any{"alg": "EdDSA", "kid": "k7Qz", "typ": "ev+jwt"} // maps are written in order
		want, err := theirs.SignedString(seedKey("lot"))
		if err != nil || string(token) != want {
			t.Fatalf("%s\nwhere golang-jwt writes\n%s, %v", token, want, err)
		}
	}
	same(t, testClaims())
	same(t, largestClaims())
	rapid.Check(t, func(t *rapid.T) { same(t, drawClaims(t)) })
}

type require interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// A token that does not read as it was signed is refused: a machine may sign
// badly.
func TestSigner_proves(t *testing.T) {
	s, c := testSigner(t), testClaims()
	token := mustSign(t, c)
	if err := s.prove(token, c); err != nil {
		t.Fatal(err)
	}
	other := c
	other.Value++
	if err := s.prove(token, other); !errors.Is(err, ErrTokenClaims) {
		t.Errorf("other claims: %v", err)
	}
	if err := s.prove(token[:len(token)-10]+"AAAAAAAAAA", c); err == nil {
		t.Error("a bad signature passes")
	}
}

// A genuine token with one byte changed is never accepted.
func TestVerify_refusesEveryChangedByte(t *testing.T) {
	token, keys := string(mustSign(t, testClaims())), testKeys(t)
	for i := range len(token) {
		for _, b := range []byte{'A', 'z', '-', '.', '\n', '=', token[i] ^ 1, token[i] ^ 32} {
			changed := token[:i] + string(rune(b)) + token[i+1:]
			if changed == token {
				continue
			}
			if _, err := VerifySignature(changed, keys); fault.KindOf(err) != fault.Invalid {
				t.Fatalf("byte %d to %q: %v", i, b, err)
			}
		}
	}
}

func TestVerify_clock(t *testing.T) {
	token, keys := string(mustSign(t, testClaims())), testKeys(t)
	for _, c := range []struct {
		name string
		now  time.Time
		want error
	}{
		{"a second before it starts", testNotBefore.Add(-time.Second), ErrTokenNotYet},
		{"the second it starts", testNotBefore, nil},
		{"the last second", testExpires.Add(-time.Second), nil},
		{"the second it expires", testExpires, ErrTokenExpired},
		{"a year later", testExpires.AddDate(1, 0, 0), ErrTokenExpired},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Verify(token, keys, c.now); !errors.Is(err, c.want) {
				t.Errorf("Verify = %v, want %v", err, c.want)
			}
			if _, err := VerifySignature(token, keys); err != nil {
				t.Errorf("VerifySignature = %v", err)
			}
		})
	}
}

// A megabyte is refused for its length before any of it is decoded.
func TestVerify_refusesLengthFirst(t *testing.T) {
	_, err := Verify(strings.Repeat("\x00", 1<<20), testKeys(t), testNow)
	if !errors.Is(err, ErrSignedTooLong) {
		t.Errorf("Verify = %v", err)
	}
}

func TestSigner_lints(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Claims)
		want error
	}{
		{"a fraction of a second", func(c *Claims) { c.Expires = c.Expires.Add(-time.Millisecond) }, ErrTokenClaims},
		{"no serial", func(c *Claims) { c.Serial = "" }, ErrTokenClaims},
		{"a serial that is not canonical", func(c *Claims) { c.Serial = "o123456789ABCDEF" }, ErrTokenClaims},
		{"no value", func(c *Claims) { c.Value = 0 }, ErrTokenClaims},
		{"no binding", func(c *Claims) { c.Binding = "" }, ErrTokenClaims},
		{"a binding with a quote", func(c *Claims) { c.Binding = `a"b` }, ErrTokenClaims},
		{"dates the wrong way round", func(c *Claims) { c.NotBefore = c.Expires }, ErrTokenClaims},
		{"no dates", func(c *Claims) { c.NotBefore, c.Expires = time.Time{}, time.Time{} }, ErrTokenClaims},
		{"a verifier that would not be written", func(c *Claims) { c.HasVerifier = false }, ErrTokenClaims},
		{"too large for the code", func(c *Claims) { c.Binding, c.Index, c.Value = "abcd", 1_019_999, 999_999 }, ErrTokenClaims},
		{"another issuer", func(c *Claims) { c.Issuer = "K7" }, ErrTokenIssuer},
		{"above the cap", func(c *Claims) { c.Value, c.Binding = 1_000_000, "z" }, ErrTokenManifest},
		{"no such profile", func(c *Claims) { c.Profile = 3 }, ErrTokenManifest},
		{"an index beyond the lot", func(c *Claims) { c.Index = 1_020_000 }, ErrTokenManifest},
		{"longer than the lot", func(c *Claims) { c.Expires = c.Expires.Add(time.Second) }, ErrTokenManifest},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := testClaims()
			c.edit(&claims)
			token, err := testSigner(t).Sign(claims)
			if !errors.Is(err, c.want) || token != "" {
				t.Errorf("Sign = %q, %v, want %v", token, err, c.want)
			}
		})
	}
}

// After Destroy nothing is signed and the key is gone from the caller's hands
// too.
func TestSigner_Destroy(t *testing.T) {
	key := seedKey("lot")
	s, err := NewSigner(testLot(), key)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if token, err := s.Sign(testClaims()); err != nil && (token != "" || !errors.Is(err, ErrSignerDestroyed)) {
					t.Errorf("Sign = %q, %v", token, err)
				}
			}
		})
	}
	s.Destroy()
	wg.Wait()
	if _, err := s.Sign(testClaims()); !errors.Is(err, ErrSignerDestroyed) {
		t.Errorf("Sign after Destroy = %v", err)
	}
	if strings.Trim(string(key), "\x00") != "" {
		t.Error("the key is still there")
	}
	s.Destroy()
}

func TestNewSigner_refusesAForeignKey(t *testing.T) {
	for name, key := range map[string]ed25519.PrivateKey{"another": seedKey("other"), "none": nil, "half a one": seedKey("lot")[:32]} {
		if _, err := NewSigner(testLot(), key); !errors.Is(err, ErrSignerKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := testLot()
	m.KID = "k"
	if _, err := NewSigner(m, seedKey("lot")); !errors.Is(err, ErrManifest) {
		t.Errorf("a lot that cannot be: %v", err)
	}
	if _, err := NewKeySet(m); !errors.Is(err, ErrManifest) {
		t.Errorf("a key set of it: %v", err)
	}
	if kid := testSigner(t).KID(); kid != "k7Qz" {
		t.Errorf("KID = %q", kid)
	}
}

func TestParseHash(t *testing.T) {
	want := HashOf("x")
	if got, err := ParseHash(want.String()); err != nil || got != want {
		t.Errorf("ParseHash = %v, %v", got, err)
	}
	good := want.String()
	for _, s := range []string{"", good[:42], good + "A", good[:42] + "\n", good[:42] + string(rune(otherLowBit(good[42])))} {
		if h, err := ParseHash(s); !errors.Is(err, ErrSignedEncoding) || !h.IsZero() {
			t.Errorf("ParseHash(%q) = %v, %v", s, h, err)
		}
	}
}

// The digest of the issued set does not depend on the order of issue.
func TestIssuedSet(t *testing.T) {
	var a, b IssuedSet
	for _, token := range []Token{"one", "two", "three"} {
		a.Add(token)
	}
	for _, token := range []Token{"three", "one", "two"} {
		b.Add(token)
	}
	if a.Digest() != b.Digest() || a.Len() != 3 {
		t.Error("the order shows")
	}
	b.Add("two")
	if a.Digest() == b.Digest() {
		t.Error("a token more makes no difference")
	}
	var none IssuedSet
	if none.Digest() != Hash(sha256.Sum256(nil)) {
		t.Error("the empty set has another digest than nothing")
	}
}

func TestNewKeySet(t *testing.T) {
	other := testLot()
	other.Key = public(seedKey("other"))
	if _, err := NewKeySet(testLot(), other); !errors.Is(err, ErrKeyTwice) {
		t.Errorf("two keys of one kid: %v", err)
	}
	more := testLot()
	more.Count++
	if _, err := NewKeySet(testLot(), more); !errors.Is(err, ErrKeyTwice) {
		t.Errorf("two manifests of one lot: %v", err)
	}
	if _, err := NewKeySet(testLot(), testLot()); err != nil {
		t.Errorf("the same manifest twice: %v", err)
	}
	if _, err := Verify(string(mustSign(t, testClaims())), KeySet{}, testNow); !errors.Is(err, ErrTokenKey) {
		t.Errorf("no keys at all: %v", err)
	}
}
