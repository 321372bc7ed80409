package provider_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jate-cva/jate/access/staff/provider"
)

// forger answers as an OpenID provider does, and lies where a test says so. What a
// provider in earnest does is tested in cmd/jate.
type forger struct {
	*httptest.Server
	key   *rsa.PrivateKey
	curve *ecdsa.PrivateKey

	mu     sync.Mutex
	nonce  string
	proof  string                       // the code challenge of the flow
	used   map[string]bool              // codes
	change func(c jwt.MapClaims)        // what the token says
	sign   func(c jwt.MapClaims) string // with what
	says   map[string]any               // changes of the discovery document
	slow   chan struct{}                // answers wait for it
	status int                          // of answers, instead of 200
}

const client = "jate-at-ngo"

func newForger(t *testing.T) *forger {
	t.Helper()
	f := &forger{used: map[string]bool{}}
	var err error
	if f.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if f.curve, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	f.Server = httptest.NewTLSServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *forger) signed(m jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t := jwt.NewWithClaims(m, c)
	t.Header["kid"] = "one"
	s, err := t.SignedString(key)
	if err != nil {
		panic(err)
	}
	return s
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (f *forger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow != nil {
		<-f.slow
	}
	if f.status != 0 {
		w.WriteHeader(f.status)
		return
	}
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		d := map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
			"authorization_response_iss_parameter_supported": true}
		for k, v := range f.says {
			d[k] = v
		}
		answer = d
	case "/keys":
		answer = map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "one", "use": "sig", "n": b64(f.key.N.Bytes()), "e": b64(big.NewInt(int64(f.key.E)).Bytes())}}}
	case "/token":
		code, verifier := r.FormValue("code"), r.FormValue("code_verifier")
		sum := sha256.Sum256([]byte(verifier))
		id, secret, _ := r.BasicAuth()
		secret, _ = url.QueryUnescape(secret) // RFC 6749, 2.3.1
		if code == "" || f.used[code] || b64(sum[:]) != f.proof || id != client || secret != "a secret of both" {
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]any{"error": "invalid_grant", "error_description": "amadou@ngo.example"}
			break
		}
		f.used[code] = true
		c := jwt.MapClaims{"iss": f.URL, "sub": "amadou", "aud": client, "exp": now().Add(time.Minute).Unix(), "iat": now().Unix(), "nonce": f.nonce,
			"auth_time": now().Unix(), "email": "amadou@ngo.example"}
		if f.change != nil {
			f.change(c)
		}
		token := ""
		if f.sign != nil {
			token = f.sign(c)
		} else {
			token = f.signed(jwt.SigningMethodRS256, f.key, c)
		}
		answer = map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": token}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func now() time.Time { return time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC) }

func (f *forger) provider(t *testing.T, change ...func(*provider.Config)) *provider.Provider {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	c := provider.Config{ID: "ngo", Name: "NGO", Issuer: f.URL, ClientID: client, Secret: "a secret of both"}
	for _, fn := range change {
		fn(&c)
	}
	p, err := provider.New(c, provider.Surroundings{Now: now, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// flow begins a sign-in; the forger remembers what its sign-in page was sent.
func (f *forger) flow(t *testing.T, p *provider.Provider) provider.Flow {
	t.Helper()
	to, flow, err := p.Begin(t.Context(), rand.Text(), "https://jate.ngo.example/office/provider-ngo", 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": client, "scope": "openid", "code_challenge_method": "S256", "state": flow.State,
		"max_age": "300", "redirect_uri": "https://jate.ngo.example/office/provider-ngo"} {
		if q.Get(name) != want {
			t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	if len(q.Get("code_challenge")) != 43 || len(q.Get("nonce")) != 43 || q.Get("nonce") == q.Get("code_challenge") {
		t.Error(to)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nonce, f.proof = q.Get("nonce"), q.Get("code_challenge")
	return flow
}

// attempt signs in, with an answer that the test changes.
func (f *forger) attempt(t *testing.T, p *provider.Provider, change func(*provider.Answer)) (provider.Identity, error) {
	t.Helper()
	flow := f.flow(t, p)
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
	f, other := newForger(t), newForger(t)
	p := f.provider(t)
	id, err := f.attempt(t, p, nil)
	if err != nil || id.Issuer != f.URL || id.Subject != "amadou" || id.Second || !id.Authenticated.Equal(now()) {
		t.Fatalf("%+v, %v", id, err)
	}
	if there, err := other.attempt(t, other.provider(t), nil); err != nil || there.Issuer == id.Issuer || there.Subject != id.Subject {
		t.Errorf("%+v, %v", there, err)
	}
	_, err = f.attempt(t, p, func(a *provider.Answer) { a.Issuer = other.URL })
	refused(t, "iss of another", err)
	_, err = f.attempt(t, p, func(a *provider.Answer) { a.Issuer = "" })
	refused(t, "no iss", err)
	f.change = func(c jwt.MapClaims) { c["iss"] = other.URL }
	_, err = f.attempt(t, p, nil)
	refused(t, "a token of another issuer", err)
	f.change = func(c jwt.MapClaims) { c["iss"] = f.URL + "/" }
	_, err = f.attempt(t, p, nil)
	refused(t, "almost the issuer", err)
	f.change, f.says = nil, map[string]any{"issuer": other.URL}
	if _, _, err := f.provider(t).Begin(t.Context(), "s", "r", 0); !errors.Is(err, provider.ErrUnavailable) {
		t.Errorf("discovery of another issuer: %v", err)
	}
}

// A token counts with a signature of the provider's published key alone.
func TestASVS_6_8_2(t *testing.T) {
	f, other := newForger(t), newForger(t)
	p := f.provider(t)
	public, err := x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var whole string
	for what, sign := range map[string]func(jwt.MapClaims) string{
		"another key":              func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodRS256, other.key, c) },
		"a key that is not listed": func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodES256, f.curve, c) },
		"none": func(c jwt.MapClaims) string {
			return f.signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, c)
		},
		"HS256 with the public key": func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodHS256, public, c) },
		"HS256 with the secret":     func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodHS256, []byte("a secret of both"), c) },
		"its own key in the header": func(c jwt.MapClaims) string {
			token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
			token.Header["jwk"] = map[string]any{"kty": "RSA", "n": b64(other.key.N.Bytes()), "e": "AQAB"}
			s, _ := token.SignedString(other.key)
			return s
		},
		"claims that were changed": func(c jwt.MapClaims) string {
			parts := strings.Split(f.signed(jwt.SigningMethodRS256, f.key, c), ".")
			c["sub"] = "awa"
			b, _ := json.Marshal(c)
			return parts[0] + "." + b64(b) + "." + parts[2]
		},
		"no signature": func(c jwt.MapClaims) string {
			s := f.signed(jwt.SigningMethodRS256, f.key, c)
			return s[:strings.LastIndex(s, ".")+1]
		},
		"no token":  func(jwt.MapClaims) string { return "" },
		"too long":  func(jwt.MapClaims) string { return strings.Repeat("x", 20_000) },
		"no tokens": func(jwt.MapClaims) string { return "a.b.c" },
	} {
		f.sign = sign
		_, err := f.attempt(t, p, nil)
		refused(t, what, err)
	}
	f.sign = func(c jwt.MapClaims) string { whole = f.signed(jwt.SigningMethodPS256, f.key, c); return whole }
	if _, err := f.attempt(t, p, nil); err != nil || whole == "" {
		t.Errorf("PS256: %v", err)
	}
}

// A token of another flow does not count.
func TestASVS_10_5_1(t *testing.T) {
	f := newForger(t)
	p := f.provider(t)
	for what, nonce := range map[string]any{"another": "another", "none": nil, "empty": "", "a number": 5} {
		f.change = func(c jwt.MapClaims) { c["nonce"] = nonce }
		_, err := f.attempt(t, p, nil)
		refused(t, what, err)
	}
}

// State and PKCE bind the answer to this flow, and a code is good once.
func TestASVS_10_2_1_provider(t *testing.T) {
	f := newForger(t)
	p := f.provider(t)
	_, err := f.attempt(t, p, func(a *provider.Answer) { a.State = rand.Text() })
	refused(t, "another state", err)
	_, err = f.attempt(t, p, func(a *provider.Answer) { a.Code = "" })
	refused(t, "no code", err)
	_, err = f.attempt(t, p, func(a *provider.Answer) { a.Code = strings.Repeat("c", 5000) })
	refused(t, "a long code", err)
	_, err = f.attempt(t, p, func(a *provider.Answer) { a.Error = "access_denied" })
	refused(t, "stopped", err)
	flow := f.flow(t, p)
	a := provider.Answer{State: flow.State, Code: "once", Issuer: f.URL}
	if _, err := p.Finish(t.Context(), flow, a); err != nil {
		t.Fatal(err)
	}
	_, err = p.Finish(t.Context(), flow, a)
	refused(t, "a code again", err)
	stolen := f.flow(t, p)
	mine := f.flow(t, p) // its challenge is the last that the provider saw
	_, err = p.Finish(t.Context(), stolen, provider.Answer{State: stolen.State, Code: "another's", Issuer: f.URL})
	refused(t, "a code of another flow", err)
	if _, err = p.Finish(t.Context(), provider.Flow{}, provider.Answer{}); err == nil {
		t.Error("no flow at all")
	}
	_ = mine
}

// What a token says must be for us, for now, and of somebody.
func TestProvider_claims(t *testing.T) {
	f := newForger(t)
	p := f.provider(t)
	for what, change := range map[string]func(jwt.MapClaims){
		"expired":                   func(c jwt.MapClaims) { c["exp"] = now().Add(-time.Second).Unix() },
		"no end":                    func(c jwt.MapClaims) { delete(c, "exp") },
		"not yet":                   func(c jwt.MapClaims) { c["nbf"] = now().Add(time.Hour).Unix() },
		"of the future":             func(c jwt.MapClaims) { c["iat"] = now().Add(time.Hour).Unix() },
		"for another client":        func(c jwt.MapClaims) { c["aud"] = "another" },
		"for others too":            func(c jwt.MapClaims) { c["aud"] = []string{client, "another"} },
		"for nobody":                func(c jwt.MapClaims) { delete(c, "aud") },
		"given to another":          func(c jwt.MapClaims) { c["azp"] = "another" },
		"nobody":                    func(c jwt.MapClaims) { c["sub"] = "" },
		"no subject":                func(c jwt.MapClaims) { delete(c, "sub") },
		"a subject with a zero":     func(c jwt.MapClaims) { c["sub"] = "ama\x00dou" },
		"a subject that is long":    func(c jwt.MapClaims) { c["sub"] = strings.Repeat("s", 256) },
		"a subject of another kind": func(c jwt.MapClaims) { c["sub"] = 7 },
	} {
		f.change = change
		_, err := f.attempt(t, p, nil)
		refused(t, what, err)
	}
	f.change = func(c jwt.MapClaims) {
		c["aud"], c["azp"], c["amr"], c["acr"] = []string{client}, client, []string{"pwd", "mfa"}, "urn:ngo:two"
		delete(c, "auth_time")
	}
	if id, err := f.attempt(t, p, nil); err != nil || id.Second || !id.Authenticated.IsZero() {
		t.Errorf("%+v, %v", id, err)
	}
	for _, c := range []func(*provider.Config){func(c *provider.Config) { c.AMR = []string{"mfa"} }, func(c *provider.Config) { c.ACR = []string{"urn:ngo:two"} }} {
		if id, err := f.attempt(t, f.provider(t, c), nil); err != nil || !id.Second {
			t.Errorf("%+v, %v", id, err)
		}
	}
	if id, err := f.attempt(t, f.provider(t, func(c *provider.Config) { c.AMR, c.ACR = []string{"hwk"}, []string{"urn:ngo:three"} }), nil); err != nil || id.Second {
		t.Errorf("%+v, %v", id, err)
	}
}

// A provider that is down, hangs, floods or leads astray ends in an error, soon.
func TestProvider_unavailable(t *testing.T) {
	f := newForger(t)
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
		f.says = says
		unavailable(what, begin(f.provider(t)))
	}
	f.says = map[string]any{"token_endpoint": strings.Replace(f.URL, "https:", "http:", 1) + "/token"}
	_, err := f.attempt(t, f.provider(t), nil)
	unavailable("tokens in the clear", err)
	f.says, f.status = nil, http.StatusInternalServerError
	unavailable("500", begin(f.provider(t)))
	f.status = http.StatusFound
	unavailable("elsewhere", begin(f.provider(t)))
	f.status = 0
	p := f.provider(t)
	flow := f.flow(t, p)
	f.mu.Lock()
	f.status = http.StatusBadGateway
	f.mu.Unlock()
	_, err = p.Finish(t.Context(), flow, provider.Answer{State: flow.State, Code: "c", Issuer: f.URL})
	unavailable("no tokens", err)
	f.status = 0

	// Eight calls wait; the ninth does not.
	f.mu.Lock()
	f.slow = make(chan struct{})
	f.mu.Unlock()
	p = f.provider(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 8)
	for range cap(ended) {
		go func() {
			_, _, err := p.Begin(ctx, rand.Text(), "https://jate.ngo.example/", 0)
			ended <- err
		}()
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		_, _, err := p.Begin(short, rand.Text(), "https://jate.ngo.example/", 0)
		cancel()
		unavailable("hangs", err)
		if strings.Contains(err.Error(), "calls wait") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("calls are without a bound")
		}
	}
	stop()
	for range cap(ended) {
		unavailable("hangs", <-ended)
	}
	close(f.slow)
	f.Close()
	unavailable("down", begin(f.provider(t)))
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
