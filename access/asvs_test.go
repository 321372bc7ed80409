package access_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
)

// forged is a good token with one thing changed in its header or its claims,
// signed with the server's own key.
func forged(t *testing.T, good, from, to string) string {
	t.Helper()
	var text [2]string
	for i, part := range strings.Split(good, ".")[:2] {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		text[i] = strings.Replace(string(raw), from, to, 1)
	}
	token := sign(text[0], text[1], keyOf(1))
	if (token == good) != (from == to) {
		t.Fatalf("%q is not in the token", from)
	}
	return token
}

func refused(t *testing.T, a *access.Authority, tokens map[string]string) {
	t.Helper()
	for name, token := range tokens {
		if actor, err := a.Verify(token); !errors.Is(err, access.ErrToken) {
			t.Errorf("%s: %+v, %v", name, actor, err)
		}
	}
}

// A token has the one algorithm; TestAuthority_Attacks has more of its kind.
func TestASVS_9_1_2(t *testing.T) {
	a, _ := authority(t)
	good := mint(t, a, grant)
	if _, err := a.Verify(forged(t, good, "", "")); err != nil {
		t.Fatalf("a good token: %v", err)
	}
	refused(t, a, map[string]string{
		"none":    forged(t, good, "EdDSA", "none"),
		"HS256":   forged(t, good, "EdDSA", "HS256"),
		"Ed25519": forged(t, good, "EdDSA", "Ed25519"),
		"ES256":   forged(t, good, "EdDSA", "ES256"),
	})
}

// The key is the server's own; a token cannot bring or name another.
func TestASVS_9_1_3(t *testing.T) {
	a, _ := authority(t)
	good := mint(t, a, grant)
	refused(t, a, map[string]string{
		"jwk": forged(t, good, `{"alg"`, `{"jwk":{"kty":"OKP"},"alg"`),
		"jku": forged(t, good, `{"alg"`, `{"jku":"https://evil.example/keys","alg"`),
		"x5u": forged(t, good, `{"alg"`, `{"x5u":"https://evil.example/chain","alg"`),
		"kid": forged(t, good, `"kid":"`, `"kid":"../`),
	})
}

// A token is good from its beginning to its end, and not a second longer.
func TestASVS_9_2_1(t *testing.T) {
	a, c := authority(t)
	token := mint(t, a, grant)
	for after, want := range map[time.Duration]error{
		-time.Second: access.ErrToken, 0: nil, access.TTLDefault - time.Second: nil, access.TTLDefault: access.ErrExpired, 24 * time.Hour: access.ErrExpired,
	} {
		c.now = noon.Add(after)
		if _, err := a.Verify(token); !errors.Is(err, want) {
			t.Errorf("after %v: %v, want %v", after, err, want)
		}
	}
}

// What is signed for another purpose is no access token.
func TestASVS_9_2_2(t *testing.T) {
	a, _ := authority(t)
	good := mint(t, a, grant)
	refused(t, a, map[string]string{
		"a voucher":       forged(t, good, "at+jwt", "ev+jwt"),
		"a receipt":       forged(t, good, "at+jwt", "evr+jwt"),
		"an ID token":     forged(t, good, "at+jwt", "JWT"),
		"without purpose": forged(t, good, `,"typ":"at+jwt"`, ""),
	})
}

// A token is for this server, and for it alone.
func TestASVS_9_2_3(t *testing.T) {
	a, _ := authority(t)
	good := mint(t, a, grant)
	refused(t, a, map[string]string{
		"another audience":  forged(t, good, `"aud":"jate"`, `"aud":"other"`),
		"several audiences": forged(t, good, `"aud":"jate"`, `"aud":["jate","other"]`),
		"another issuer":    forged(t, good, "jate.example.org", "jate.example.com"),
	})
}

// Nobody is let in for longer than a working day, however the token was made.
func TestASVS_7_3_2(t *testing.T) {
	a, c := authority(t)
	g := grant
	g.TTL = access.TTLMax + time.Second
	if _, err := a.Mint(g); !errors.Is(err, access.ErrGrant) {
		t.Errorf("a longer token: %v", err)
	}
	g.TTL = access.TTLMax
	token := mint(t, a, g)
	if c.now = noon.Add(12 * time.Hour); access.TTLMax > 12*time.Hour {
		t.Errorf("a token may live for %v", access.TTLMax)
	}
	if _, err := a.Verify(token); !errors.Is(err, access.ErrExpired) {
		t.Errorf("after twelve hours: %v", err)
	}
}

// Nobody approves what he prepared, nobody approves twice, and what is approved
// is the very content; TestProposal_Model has the rules in every order.
func TestASVS_2_3_5(t *testing.T) {
	content, other := [32]byte{1}, [32]byte{2}
	p := access.Proposal{Programme: "mopti", Digest: content, PreparedBy: "a", Roles: []access.Role{access.RoleFinanceApprover}}
	for name, tt := range map[string]struct {
		who    string
		digest [32]byte
		want   error
	}{
		"who prepared it": {"a", content, access.ErrSamePerson},
		"other content":   {"b", other, access.ErrProof},
		"somebody else":   {"b", content, nil},
	} {
		by := actor(tt.who, access.RoleFinanceApprover)
		after, err := p.Approve(by, prove(t, by, tt.digest, noon), noon)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if tt.want != nil {
			continue
		}
		if _, err := after.Approve(by, prove(t, by, content, noon), noon); !errors.Is(err, access.ErrSamePerson) {
			t.Errorf("the same person again: %v", err)
		}
	}
}
