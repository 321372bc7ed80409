// Package providertest is an OpenID provider that lies where a test says so. What
// one in earnest does is tested in cmd/jate.
package providertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jate-cva/jate/access/staff/provider"
)

// Client is what the provider knows the server as, and Secret what they share.
const (
	Client = "jate-at-ngo"
	Secret = "a secret of both"
)

// Forger answers over TLS. Its fields may be changed while nobody asks.
type Forger struct {
	*httptest.Server
	Key    *ecdsa.PrivateKey            // whose public half it publishes
	Other  *ecdsa.PrivateKey            // of which it publishes nothing
	Now    func() time.Time             // of its tokens
	Change func(c jwt.MapClaims)        // what the token says
	Sign   func(c jwt.MapClaims) string // with what
	Says   map[string]any               // changes of the discovery document
	Status int                          // of answers, instead of 200
	Slow   chan struct{}                // answers wait for it

	mu    sync.Mutex
	nonce string
	proof string          // the code challenge of the last sign-in
	used  map[string]bool // codes
}

// New returns one that answers until the test ends.
func New(t testing.TB, now func() time.Time) *Forger {
	t.Helper()
	f := &Forger{Now: now, used: map[string]bool{}}
	for _, k := range []**ecdsa.PrivateKey{&f.Key, &f.Other} {
		var err error
		if *k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	f.Server = httptest.NewTLSServer(f)
	t.Cleanup(f.Close)
	return f
}

// Signed is a token.
func (f *Forger) Signed(m jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t := jwt.NewWithClaims(m, c)
	t.Header["kid"] = "one"
	s, err := t.SignedString(key)
	if err != nil {
		panic(err)
	}
	return s
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// ServeHTTP implements http.Handler.
func (f *Forger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Slow != nil {
		<-f.Slow
	}
	if f.Status != 0 {
		w.WriteHeader(f.Status)
		return
	}
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		d := map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
			"authorization_response_iss_parameter_supported": true}
		for k, v := range f.Says {
			d[k] = v
		}
		answer = d
	case "/keys":
		point, err := f.Key.PublicKey.Bytes()
		if err != nil {
			panic(err)
		}
		answer = map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])}}}
	case "/token":
		code, verifier := r.FormValue("code"), r.FormValue("code_verifier")
		sum := sha256.Sum256([]byte(verifier))
		id, secret, _ := r.BasicAuth()
		secret, _ = url.QueryUnescape(secret) // RFC 6749, 2.3.1
		if code == "" || f.used[code] || b64(sum[:]) != f.proof || id != Client || secret != Secret {
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]any{"error": "invalid_grant", "error_description": "amadou@ngo.example"}
			break
		}
		f.used[code] = true
		c := jwt.MapClaims{"iss": f.URL, "sub": "amadou", "aud": Client, "exp": f.Now().Add(time.Minute).Unix(), "iat": f.Now().Unix(), "nonce": f.nonce,
			"auth_time": f.Now().Unix(), "email": "amadou@ngo.example"}
		if f.Change != nil {
			f.Change(c)
		}
		token := ""
		if f.Sign != nil {
			token = f.Sign(c)
		} else {
			token = f.Signed(jwt.SigningMethodES256, f.Key, c)
		}
		answer = map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": token}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// SignIn is what its sign-in page does with where a browser was sent: it returns a
// code, and the query that it was sent with.
func (f *Forger) SignIn(t testing.TB, location string) (string, url.Values) {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nonce, f.proof = u.Query().Get("nonce"), u.Query().Get("code_challenge")
	return rand.Text(), u.Query()
}

// Provider is the server's side of it.
func (f *Forger) Provider(t testing.TB, change ...func(*provider.Config)) *provider.Provider {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	c := provider.Config{ID: "ngo", Name: "NGO", Issuer: f.URL, ClientID: Client, Secret: Secret}
	for _, fn := range change {
		fn(&c)
	}
	p, err := provider.New(c, provider.Surroundings{Now: f.Now, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
