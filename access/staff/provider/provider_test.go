package provider_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/access/staff/provider/providertest"
)

func now() time.Time { return time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC) }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// flow begins a sign-in; the forger remembers what its sign-in page was sent.
func flow(t *testing.T, f *providertest.Forger, p *provider.Provider) provider.Flow {
	t.Helper()
	to, flow, err := p.Begin(t.Context(), rand.Text(), "https://jate.ngo.example/office/provider-ngo", 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, q := f.SignIn(t, to)
	for name, want := range map[string]string{"response_type": "code", "client_id": providertest.Client, "scope": "openid", "code_challenge_method": "S256", "state": flow.State,
		"max_age": "300", "redirect_uri": "https://jate.ngo.example/office/provider-ngo"} {
		if q.Get(name) != want {
			t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	if len(q.Get("code_challenge")) != 43 || len(q.Get("nonce")) != 43 || q.Get("nonce") == q.Get("code_challenge") {
		t.Error(to)
	}
	return flow
}

// attempt signs in, with an answer that the test changes.
func attempt(t *testing.T, f *providertest.Forger, p *provider.Provider, change func(*provider.Answer)) (provider.Identity, error) {
	t.Helper()
	flow := flow(t, f, p)
	a := provider.Answer{State: flow.State, Code: rand.Text(), Issuer: f.URL}
	if change != nil {
		change(&a)
	}
	return p.Finish(t.Context(), flow, a)
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, provider.ErrRefused) {
		t.Errorf("%s: %v", what, err)
	} else if strings.Contains(err.Error(), "amadou") {
		t.Errorf("%s: a person is in %v", what, err)
	} else if strings.Contains(err.Error(), "status 400") && !strings.Contains(what, "code") {
		t.Errorf("%s: refused for the code: %v", what, err)
	}
}

// Somebody of one issuer never counts as somebody of another, and an answer of
// another issuer is not taken (mix-up, RFC 9207).
func TestASVS_6_8_1_issuers(t *testing.T) {
	f, other := providertest.New(t, now), providertest.New(t, now)
	p := f.Provider(t)
	id, err := attempt(t, f, p, nil)
	if err != nil || id.Issuer != f.URL || id.Subject != "amadou" || id.Second || !id.Authenticated.Equal(now()) {
		t.Fatalf("%+v, %v", id, err)
	}
	if there, err := attempt(t, other, other.Provider(t), nil); err != nil || there.Issuer == id.Issuer || there.Subject != id.Subject {
		t.Errorf("%+v, %v", there, err)
	}
	_, err = attempt(t, f, p, func(a *provider.Answer) { a.Issuer = other.URL })
	refused(t, "iss of another", err)
	_, err = attempt(t, f, p, func(a *provider.Answer) { a.Issuer = "" })
	refused(t, "no iss", err)
	f.Change = func(c jwt.MapClaims) { c["iss"] = other.URL }
	_, err = attempt(t, f, p, nil)
	refused(t, "a token of another issuer", err)
	f.Change = func(c jwt.MapClaims) { c["iss"] = f.URL + "/" }
	_, err = attempt(t, f, p, nil)
	refused(t, "almost the issuer", err)
	f.Change, f.Says = nil, map[string]any{"issuer": other.URL}
	if _, _, err := f.Provider(t).Begin(t.Context(), "s", "r", 0); !errors.Is(err, provider.ErrUnavailable) {
		t.Errorf("discovery of another issuer: %v", err)
	}
}

// A token counts with a signature of the provider's published key alone.
func TestASVS_6_8_2(t *testing.T) {
	f, other := providertest.New(t, now), providertest.New(t, now)
	p := f.Provider(t)
	public, err := x509.MarshalPKIXPublicKey(&f.Key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for what, sign := range map[string]func(jwt.MapClaims) string{
		"another key":              func(c jwt.MapClaims) string { return f.Signed(jwt.SigningMethodES256, other.Key, c) },
		"a key that is not listed": func(c jwt.MapClaims) string { return f.Signed(jwt.SigningMethodES256, f.Other, c) },
		"none": func(c jwt.MapClaims) string {
			return f.Signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, c)
		},
		"HS256 with the public key": func(c jwt.MapClaims) string { return f.Signed(jwt.SigningMethodHS256, public, c) },
		"HS256 with the secret":     func(c jwt.MapClaims) string { return f.Signed(jwt.SigningMethodHS256, []byte("a secret of both"), c) },
		"its own key in the header": func(c jwt.MapClaims) string {
			token := jwt.NewWithClaims(jwt.SigningMethodES256, c)
			point, _ := other.Key.PublicKey.Bytes()
			token.Header["jwk"] = map[string]any{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
			s, _ := token.SignedString(other.Key)
			return s
		},
		"claims that were changed": func(c jwt.MapClaims) string {
			parts := strings.Split(f.Signed(jwt.SigningMethodES256, f.Key, c), ".")
			c["sub"] = "awa"
			b, _ := json.Marshal(c)
			return parts[0] + "." + b64(b) + "." + parts[2]
		},
		"no signature": func(c jwt.MapClaims) string {
			s := f.Signed(jwt.SigningMethodES256, f.Key, c)
			return s[:strings.LastIndex(s, ".")+1]
		},
		"no token":  func(jwt.MapClaims) string { return "" },
		"too long":  func(jwt.MapClaims) string { return strings.Repeat("x", 20_000) },
		"no tokens": func(jwt.MapClaims) string { return "a.b.c" },
	} {
		f.Sign = sign
		_, err := attempt(t, f, p, nil)
		refused(t, what, err)
	}
	f.Sign = nil
	if _, err := attempt(t, f, p, nil); err != nil {
		t.Errorf("its own: %v", err)
	}
}

// A token of another flow does not count.
func TestASVS_10_5_1(t *testing.T) {
	f := providertest.New(t, now)
	p := f.Provider(t)
	for what, nonce := range map[string]any{"another": "another", "none": nil, "empty": "", "a number": 5} {
		f.Change = func(c jwt.MapClaims) { c["nonce"] = nonce }
		_, err := attempt(t, f, p, nil)
		refused(t, what, err)
	}
}

// State and PKCE bind the answer to this flow, and a code is good once.
func TestASVS_10_2_1_provider(t *testing.T) {
	f := providertest.New(t, now)
	p := f.Provider(t)
	_, err := attempt(t, f, p, func(a *provider.Answer) { a.State = rand.Text() })
	refused(t, "another state", err)
	_, err = attempt(t, f, p, func(a *provider.Answer) { a.Code = "" })
	refused(t, "no code", err)
	_, err = attempt(t, f, p, func(a *provider.Answer) { a.Code = strings.Repeat("c", 5000) })
	refused(t, "a long code", err)
	_, err = attempt(t, f, p, func(a *provider.Answer) { a.Error = "access_denied" })
	refused(t, "stopped", err)
	begun := flow(t, f, p)
	a := provider.Answer{State: begun.State, Code: "once", Issuer: f.URL}
	if _, err := p.Finish(t.Context(), begun, a); err != nil {
		t.Fatal(err)
	}
	_, err = p.Finish(t.Context(), begun, a)
	refused(t, "a code again", err)
	stolen := flow(t, f, p)
	mine := flow(t, f, p) // its challenge is the last that the provider saw
	_, err = p.Finish(t.Context(), stolen, provider.Answer{State: stolen.State, Code: "another's", Issuer: f.URL})
	refused(t, "a code of another flow", err)
	if _, err = p.Finish(t.Context(), provider.Flow{}, provider.Answer{}); err == nil {
		t.Error("no flow at all")
	}
	_ = mine
}

// What a token says must be for us, for now, and of somebody.
func TestProvider_claims(t *testing.T) {
	f := providertest.New(t, now)
	p := f.Provider(t)
	for what, change := range map[string]func(jwt.MapClaims){
		"expired":                   func(c jwt.MapClaims) { c["exp"] = now().Add(-time.Second).Unix() },
		"no end":                    func(c jwt.MapClaims) { delete(c, "exp") },
		"not yet":                   func(c jwt.MapClaims) { c["nbf"] = now().Add(time.Hour).Unix() },
		"of the future":             func(c jwt.MapClaims) { c["iat"] = now().Add(time.Hour).Unix() },
		"for another client":        func(c jwt.MapClaims) { c["aud"] = "another" },
		"for others too":            func(c jwt.MapClaims) { c["aud"] = []string{providertest.Client, "another"} },
		"for nobody":                func(c jwt.MapClaims) { delete(c, "aud") },
		"given to another":          func(c jwt.MapClaims) { c["azp"] = "another" },
		"nobody":                    func(c jwt.MapClaims) { c["sub"] = "" },
		"no subject":                func(c jwt.MapClaims) { delete(c, "sub") },
		"a subject with a zero":     func(c jwt.MapClaims) { c["sub"] = "ama\x00dou" },
		"a subject that is long":    func(c jwt.MapClaims) { c["sub"] = strings.Repeat("s", 256) },
		"a subject of another kind": func(c jwt.MapClaims) { c["sub"] = 7 },
	} {
		f.Change = change
		_, err := attempt(t, f, p, nil)
		refused(t, what, err)
	}
	f.Change = func(c jwt.MapClaims) {
		c["aud"], c["azp"], c["amr"], c["acr"] = []string{providertest.Client}, providertest.Client, []string{"pwd", "mfa"}, "urn:ngo:two"
		delete(c, "auth_time")
	}
	if id, err := attempt(t, f, p, nil); err != nil || id.Second || !id.Authenticated.IsZero() {
		t.Errorf("%+v, %v", id, err)
	}
	for _, c := range []func(*provider.Config){func(c *provider.Config) { c.AMR = []string{"mfa"} }, func(c *provider.Config) { c.ACR = []string{"urn:ngo:two"} }} {
		if id, err := attempt(t, f, f.Provider(t, c), nil); err != nil || !id.Second {
			t.Errorf("%+v, %v", id, err)
		}
	}
	if id, err := attempt(t, f, f.Provider(t, func(c *provider.Config) { c.AMR, c.ACR = []string{"hwk"}, []string{"urn:ngo:three"} }), nil); err != nil || id.Second {
		t.Errorf("%+v, %v", id, err)
	}
}

// A provider that is down, hangs, floods or leads astray ends in an error, soon.
func TestProvider_unavailable(t *testing.T) {
	f := providertest.New(t, now)
	begin := func(p *provider.Provider) error {
		_, _, err := p.Begin(t.Context(), rand.Text(), "https://jate.ngo.example/", 0)
		return err
	}
	unavailable := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, says := range map[string]map[string]any{
		"sign-in in the clear": {"authorization_endpoint": "http://login.ngo.example/auth"}, "sign-in nowhere": {"authorization_endpoint": "javascript:alert(1)"},
		"a document too long": {"x": strings.Repeat("x", 2<<20)}} {
		f.Says = says
		unavailable(what, begin(f.Provider(t)))
	}
	f.Says = map[string]any{"token_endpoint": strings.Replace(f.URL, "https:", "http:", 1) + "/token"}
	_, err := attempt(t, f, f.Provider(t), nil)
	unavailable("tokens in the clear", err)
	f.Says, f.Status = nil, http.StatusInternalServerError
	unavailable("500", begin(f.Provider(t)))
	f.Status = http.StatusFound
	unavailable("elsewhere", begin(f.Provider(t)))
	f.Status = 0
	p := f.Provider(t)
	begun := flow(t, f, p)
	f.Status = http.StatusBadGateway
	_, err = p.Finish(t.Context(), begun, provider.Answer{State: begun.State, Code: "c", Issuer: f.URL})
	unavailable("no tokens", err)
	f.Status = 0

	// Eight calls wait; the others do not.
	f.Slow = make(chan struct{})
	p = f.Provider(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 20)
	for range cap(ended) {
		go func() {
			_, _, err := p.Begin(ctx, rand.Text(), "https://jate.ngo.example/", 0)
			ended <- err
		}()
	}
	for i := range cap(ended) {
		if i == cap(ended)-8 {
			stop()
		}
		if err := <-ended; !errors.Is(err, provider.ErrUnavailable) || i < cap(ended)-8 && !strings.Contains(err.Error(), "calls wait") {
			t.Errorf("%d: %v", i, err)
		}
	}
	close(f.Slow)
	f.Close()
	unavailable("down", begin(f.Provider(t)))
}

// What a Config may be.
func TestConfig_Check(t *testing.T) {
	good := provider.Config{ID: "ngo", Name: "NGO", Issuer: "https://login.ngo.example/tenant", ClientID: "c"}
	if err := good.Check(false); err != nil {
		t.Error(err)
	}
	local := good
	local.Issuer = "http://localhost:9/"
	if local.Check(false) == nil || local.Check(true) != nil {
		t.Error("the loopback is for development alone")
	}
	for i, change := range []func(*provider.Config){
		func(c *provider.Config) { c.ID = "N.GO" }, func(c *provider.Config) { c.ID = "" }, func(c *provider.Config) { c.Name = "" },
		func(c *provider.Config) { c.Issuer = "http://login.ngo.example" }, func(c *provider.Config) { c.Issuer = "https://" },
		func(c *provider.Config) { c.Issuer = "https://u:p@login.ngo.example" }, func(c *provider.Config) { c.Issuer = "https://login.ngo.example?x" },
		func(c *provider.Config) { c.ClientID = "" }} {
		c := good
		change(&c)
		if c.Check(true) == nil {
			t.Errorf("%d: %+v", i, c)
		}
	}
	if b, err := json.Marshal(provider.Config{Secret: "a secret of both"}); err != nil || strings.Contains(string(b), "a secret") {
		t.Errorf("%s, %v", b, err)
	}
}
