package access_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func authority(t *testing.T) (*access.Authority, *clock) {
	t.Helper()
	c := &clock{noon}
	a, err := access.NewAuthority("https://jate.example.org",
		access.Keys{Access: keyOf(1), Pseudonym: bytes.Repeat([]byte{2}, 32)}, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

var grant = access.Grant{Staff: "s-017", Programme: "mopti", Roles: []access.Role{access.RoleIssuer, access.RoleAuditor}}

func mint(t *testing.T, a *access.Authority, g access.Grant) string {
	t.Helper()
	token, err := a.Mint(g)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAuthority(t *testing.T) {
	a, c := authority(t)
	token := mint(t, a, grant)
	got, err := a.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	want := access.Actor{ID: "s-017", Pseudonym: a.Pseudonym("mopti", "s-017"), Programme: "mopti",
		Roles: grant.Roles, TokenID: got.TokenID}
	if diff := cmp.Diff(want, got); diff != "" || got.TokenID == "" {
		t.Errorf("actor %v (-want +got):\n%s", got, diff)
	}
	if other, _ := a.Verify(mint(t, a, grant)); other.TokenID == got.TokenID {
		t.Error("two tokens have one identifier")
	}
	c.now = noon.Add(access.TTLDefault - time.Second)
	if _, err := a.Verify(token); err != nil {
		t.Errorf("in its last second: %v", err)
	}
	c.now = noon.Add(access.TTLDefault)
	if _, err := a.Verify(token); !errors.Is(err, access.ErrExpired) {
		t.Errorf("at its expiry: %v", err)
	}
	c.now = noon.Add(-time.Second)
	if _, err := a.Verify(token); !errors.Is(err, access.ErrToken) {
		t.Errorf("before it was minted: %v", err)
	}
}

func TestAuthority_Mint(t *testing.T) {
	a, _ := authority(t)
	with := func(change func(*access.Grant)) access.Grant { g := grant; change(&g); return g }
	for name, tt := range map[string]struct {
		grant access.Grant
		want  error
	}{
		"no person":             {with(func(g *access.Grant) { g.Staff = "" }), access.ErrGrant},
		"an e-mail address":     {with(func(g *access.Grant) { g.Staff = "awa@example.org" }), access.ErrGrant},
		"a name with a space":   {with(func(g *access.Grant) { g.Staff = "Awa Traoré" }), access.ErrGrant},
		"no programme":          {with(func(g *access.Grant) { g.Programme = "" }), access.ErrGrant},
		"a long programme":      {with(func(g *access.Grant) { g.Programme = strings.Repeat("p", 65) }), access.ErrGrant},
		"over twelve hours":     {with(func(g *access.Grant) { g.TTL = access.TTLMax + time.Second }), access.ErrGrant},
		"centuries":             {with(func(g *access.Grant) { g.TTL = 1<<63 - 1 }), access.ErrGrant},
		"a life that is over":   {with(func(g *access.Grant) { g.TTL = -time.Minute }), access.ErrGrant},
		"less than a second":    {with(func(g *access.Grant) { g.TTL = time.Millisecond }), access.ErrGrant},
		"an unknown role":       {with(func(g *access.Grant) { g.Roles = []access.Role{"root"} }), access.ErrRole},
		"roles that are apart":  {with(func(g *access.Grant) { g.Roles = []access.Role{access.RoleIssuer, access.RoleRegistrar} }), access.ErrIncompatible},
		"no role is allowed":    {with(func(g *access.Grant) { g.Roles = nil }), nil},
		"twelve hours are too":  {with(func(g *access.Grant) { g.TTL = access.TTLMax }), nil},
		"every name at its end": {with(func(g *access.Grant) { g.Staff, g.Programme = strings.Repeat("s", 64), strings.Repeat("p", 64) }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := a.Mint(tt.grant)
			if !errors.Is(err, tt.want) {
				t.Fatalf("err = %v, want %v", err, tt.want)
			}
			if err == nil {
				if _, err := a.Verify(token); err != nil {
					t.Errorf("its own token: %v", err)
				}
			}
		})
	}
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func sign(header, payload string, key crypto.Signer) string {
	text := b64(header) + "." + b64(payload)
	sig, err := key.Sign(nil, []byte(text), crypto.Hash(0))
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// The attacks of RFC 8725 and those that golang-jwt alone lets through, by the
// rule that stops them; TestStrictJWT of package voucher has the same rules for
// everything else that is signed. Every forged token differs from a good one in
// one respect, and the good one, built in the same way, is accepted.
func TestAuthority_Attacks(t *testing.T) {
	a, _ := authority(t)
	good := mint(t, a, grant)
	parts := strings.Split(good, ".")
	decode := func(part string) string {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	header, payload := decode(parts[0]), decode(parts[1])
	own := keyOf(1)
	if token := sign(header, payload, own); token != good {
		t.Fatalf("cannot build a good token: %s, want %s", token, good)
	}
	replaced := func(text, from, to string) string {
		if !strings.Contains(text, from) {
			t.Fatalf("%q is not in %s", from, text)
		}
		return strings.Replace(text, from, to, 1)
	}
	claim := func(from, to string) string { return sign(header, replaced(payload, from, to), own) }
	head := func(from, to string) string { return sign(replaced(header, from, to), payload, own) }
	changed := func(edit func(m map[string]any)) string {
		var m map[string]any
		if err := json.Unmarshal([]byte(payload), &m); err != nil {
			t.Fatal(err)
		}
		edit(m)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return sign(header, string(text), own)
	}
	hs256 := func() string {
		text := b64(replaced(header, "EdDSA", "HS256")) + "." + parts[1]
		mac := hmac.New(sha256.New, own.Public().(ed25519.PublicKey))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	flipped := []byte(good)
	flipped[len(good)-10] ^= 1
	for row, tokens := range map[string]map[string]string{
		"the algorithm is EdDSA, and no other, none or symmetric one": {
			"alg none":                  b64(replaced(header, "EdDSA", "none")) + "." + parts[1] + ".",
			"alg none with a signature": head("EdDSA", "none"),
			"HS256 with the public key": hs256(),
			"another key":               sign(header, payload, keyOf(9)),
			"a changed signature":       string(flipped),
			"no signature":              parts[0] + "." + parts[1] + ".",
			"alg Ed25519":               head("EdDSA", "Ed25519"),
			"alg HS512":                 head("EdDSA", "HS512"),
		},
		"iss, aud and the times are required, aud a plain string": {
			"another audience":       claim(`"aud":"jate"`, `"aud":"rd"`),
			"a list of audiences":    claim(`"aud":"jate"`, `"aud":["jate"]`),
			"another issuer":         claim("jate.example.org", "jate.example.com"),
			"another client":         claim(`"client_id":"jate"`, `"client_id":"x"`),
			"no start":               changed(func(m map[string]any) { delete(m, "nbf") }),
			"a life of a year":       claim(`"exp":1`, `"exp":3`),
			"minted later":           claim(`"iat":1`, `"iat":2`),
			"no audience":            changed(func(m map[string]any) { delete(m, "aud") }),
			"a time with a fraction": claim(`,"nbf"`, `.5,"nbf"`),
		},
		"base64url is strict and without padding": {
			"two parts":                     parts[0] + "." + parts[1],
			"four parts":                    good + "." + parts[2],
			"a line break in the signature": good[:len(good)-4] + "\n" + good[len(good)-4:],
			"a line break in the claims":    parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2],
			"padding":                       good + "==",
			"a space behind":                good + " ",
			"CR LF in the header":           parts[0][:4] + "\r\n" + parts[0][4:] + "." + parts[1] + "." + parts[2],
			"the other alphabet":            parts[0] + "." + parts[1] + ".+" + parts[2][1:],
		},
		"the type is explicit": {
			"typ of a voucher":    head("at+jwt", "ev+jwt"),
			"typ JWT":             head("at+jwt", "JWT"),
			"no typ":              head(`,"typ":"at+jwt"`, ""),
			"typ in capitals":     head("at+jwt", "AT+JWT"),
			"typ as a media type": head("at+jwt", "application/at+jwt"),
		},
		"crit, b64 and keys in the header are refused": {
			"another kid":         head(`"kid":"`, `"kid":"x`),
			"crit in the header":  head(`{"alg"`, `{"crit":["exp"],"alg"`),
			"jwk in the header":   head(`{"alg"`, `{"jwk":{},"alg"`),
			"space in the header": head(`{"alg"`, `{ "alg"`),
			"b64 in the header":   head(`{"alg"`, `{"b64":false,"crit":["b64"],"alg"`),
			"jku in the header":   head(`{"alg"`, `{"jku":"https://example.org","alg"`),
		},
		"the claims have one form": {
			"a claim given twice":          claim(`{"iss"`, `{"sub":"s-018","iss"`),
			"an unknown claim":             claim(`{"iss"`, `{"admin":true,"iss"`),
			"space in the claims":          claim(`{"iss"`, `{ "iss"`),
			"an escaped letter":            claim(`"mopti"`, `"m\u006fpti"`),
			"claims in another order":      changed(func(map[string]any) {}),
			"roles that are apart":         claim(`"auditor"`, `"registrar"`),
			"an unknown role":              claim(`"auditor"`, `"root"`),
			"a number with an exponent":    claim(`,"nbf"`, `e0,"nbf"`),
			"a line end behind the claims": sign(header, payload+"\n", own),
		},
		"length comes before everything": {
			"nothing":     "",
			"a megabyte":  strings.Repeat("a", 1<<20),
			"2,049 bytes": good + strings.Repeat("A", 2049-len(good)),
		},
	} {
		t.Run(row, func(t *testing.T) {
			for name, token := range tokens {
				t.Run(name, func(t *testing.T) {
					if actor, err := a.Verify(token); !errors.Is(err, access.ErrToken) {
						t.Errorf("actor %+v, err %v", actor, err)
					}
				})
			}
		})
	}
	t.Run("no expiry", func(t *testing.T) {
		// An exp that is not there is the beginning of 1970.
		if _, err := a.Verify(changed(func(m map[string]any) { delete(m, "exp") })); !errors.Is(err, access.ErrExpired) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("another server's token", func(t *testing.T) {
		b, err := access.NewAuthority("https://other.example.org", access.Keys{Access: own, Pseudonym: make([]byte, 32)},
			func() time.Time { return noon })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Verify(good); !errors.Is(err, access.ErrToken) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("trailing bits of the signature", func(t *testing.T) {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, good[len(good)-1])
		if _, err := a.Verify(good[:len(good)-1] + string(alphabet[last^1])); !errors.Is(err, access.ErrToken) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestAuthority_Authenticate(t *testing.T) {
	a, c := authority(t)
	good := mint(t, a, grant)
	ask := func(headers ...string) (context.Context, error) {
		r := httptest.NewRequest("GET", "/?access_token="+good, nil)
		r.AddCookie(&http.Cookie{Name: "token", Value: good})
		for _, h := range headers {
			r.Header.Add("Authorization", h)
		}
		return a.Authenticate(r.Context(), r)
	}
	for _, header := range []string{"Bearer " + good, "bearer " + good} {
		ctx, err := ask(header)
		if err != nil {
			t.Fatal(err)
		}
		if actor, err := access.FromContext(ctx); err != nil || actor.ID != "s-017" {
			t.Errorf("actor %+v, %v", actor, err)
		}
	}
	for name, tt := range map[string]struct {
		headers []string
		want    error
	}{
		"no header":         {nil, access.ErrUnauthenticated},
		"an empty header":   {[]string{""}, access.ErrToken},
		"a bare token":      {[]string{good}, access.ErrToken},
		"another scheme":    {[]string{"Basic " + good}, access.ErrToken},
		"two spaces":        {[]string{"Bearer  " + good}, access.ErrToken},
		"two headers":       {[]string{"Bearer " + good, "Bearer " + good}, access.ErrToken},
		"two good in one":   {[]string{"Bearer " + good + ", Bearer " + good}, access.ErrToken},
		"nothing behind it": {[]string{"Bearer "}, access.ErrToken},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ask(tt.headers...); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
	c.now = noon.Add(time.Hour)
	if _, err := ask("Bearer " + good); !errors.Is(err, access.ErrExpired) {
		t.Errorf("an hour later: %v", err)
	}
}

func TestAuthority_Pseudonym(t *testing.T) {
	a, _ := authority(t)
	seen := map[string]bool{}
	for _, pair := range [][2]string{{"mopti", "s-017"}, {"gao", "s-017"}, {"mopti", "s-018"}, {"moptis", "-017"}, {"mopt", "is-017"}} {
		p := a.Pseudonym(pair[0], pair[1])
		if len(p) != 16 || seen[p] || strings.ToLower(p) != p || p != a.Pseudonym(pair[0], pair[1]) {
			t.Errorf("pseudonym of %v = %q", pair, p)
		}
		seen[p] = true
	}
	// Journals outlive programs: the derivation must never change.
	if got, want := a.Pseudonym("mopti", "s-017"), "67mnyzhxqeskcur3"; got != want {
		t.Errorf("pseudonym = %q, want %q", got, want)
	}
}

func TestNewAuthority(t *testing.T) {
	keys := access.Keys{Access: keyOf(1), Pseudonym: make([]byte, 32)}
	now := func() time.Time { return noon }
	for name, try := range map[string]func() (*access.Authority, error){
		"no issuer":             func() (*access.Authority, error) { return access.NewAuthority("", keys, now) },
		"an issuer with quotes": func() (*access.Authority, error) { return access.NewAuthority(`a"b`, keys, now) },
		"no clock":              func() (*access.Authority, error) { return access.NewAuthority("jate", keys, nil) },
		"no access key": func() (*access.Authority, error) {
			return access.NewAuthority("jate", access.Keys{Pseudonym: keys.Pseudonym}, now)
		},
		"a short pseudonym key": func() (*access.Authority, error) {
			return access.NewAuthority("jate", access.Keys{Access: keys.Access, Pseudonym: make([]byte, 31)}, now)
		},
	} {
		if _, err := try(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Whatever is accepted is a token that was minted, byte for byte.
func FuzzVerify(f *testing.F) {
	now := func() time.Time { return noon }
	a, err := access.NewAuthority("jate", access.Keys{Access: keyOf(1), Pseudonym: make([]byte, 32)}, now)
	if err != nil {
		f.Fatal(err)
	}
	good, err := a.Mint(grant)
	if err != nil {
		f.Fatal(err)
	}
	for i := range len(good) {
		f.Add(i, good[i:i+1])
	}
	f.Add(len(good), "\n")
	f.Fuzz(func(t *testing.T, at int, text string) {
		if at < 0 || at > len(good) {
			return
		}
		for _, token := range []string{good[:at] + text + good[min(at+len(text), len(good)):], good[:at] + text + good[at:]} {
			if _, err := a.Verify(token); (err == nil) != (token == good) {
				t.Errorf("%q: %v", token, err)
			}
		}
	})
}
