// Package provider learns from an OpenID provider who somebody is: the relying
// party of OpenID Connect Core 1.0, by the authorization code flow alone.
//
// A sign-in at a provider is a Flow: Begin says where the browser goes, Finish
// takes what it came back with. It guarantees:
//
//  1. an identity is the pair of the configured issuer and the token's subject;
//     no e-mail address or name is read (ASVS 6.8.1);
//  2. an ID token counts only with a signature by a key of that issuer, under an
//     asymmetric algorithm, for this client alone, unexpired, with the nonce of
//     this flow (ASVS 6.8.2, 10.5.1);
//  3. a code counts only with the state and the PKCE verifier of this flow
//     (RFC 7636, S256), and an answer of another issuer is refused (RFC 9207);
//  4. what is fetched comes over TLS, without redirects, bounded in size and
//     time, and few calls run at once: a provider that hangs holds nobody up.
//
// Whether the identity is anybody's account is not known here.
package provider

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/jate-cva/jate/fault"
)

// Bounds on a provider.
const (
	callWithin   = 5 * time.Second  // one request
	finishWithin = 12 * time.Second // discovery, token and keys together
	answerMost   = 1 << 20          // bytes of an answer
	callsMost    = 8                // at once
	knownFor     = time.Hour        // what discovery said
	codeMost     = 4 << 10          // bytes of a code
	tokenMost    = 16 << 10         // bytes of an ID token
)

// Errors of a sign-in at a provider.
var (
	ErrUnavailable = fault.New(fault.Unavailable, "provider_unavailable",
		"Your organisation's sign-in cannot be reached. Try again later, or sign in here with a passkey or a password.",
		"La connexion de votre organisation est injoignable. Réessayez plus tard, ou connectez-vous ici avec une clé d'accès ou un mot de passe.")
	ErrRefused = fault.New(fault.Unauthenticated, "provider_refused",
		"The answer of your organisation's sign-in does not count: it was stopped, is too old, or was not meant for here. Begin again.",
		"La réponse de la connexion de votre organisation ne compte pas : elle a été interrompue, est trop ancienne ou n'était pas destinée à ce service. Recommencez.")
)

// Config says which provider it is, and what it knows this server as.
type Config struct {
	ID       string   // short name, part of addresses: small letters, digits and -
	Name     string   // what people read on the button
	Issuer   string   // exactly as in its tokens
	ClientID string   // what it knows this server as
	Secret   string   `json:"-"`          // "" for a client without one, which has PKCE alone
	ACR      []string `json:",omitempty"` // values of acr that say that a second factor was presented
	AMR      []string `json:",omitempty"` // values of amr that do
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Check refuses what cannot be. insecure allows an issuer on this machine's
// loopback without TLS, for development.
func (c Config) Check(insecure bool) error {
	u, err := url.Parse(c.Issuer)
	switch {
	case !idForm.MatchString(c.ID):
		return errors.New("a provider's id is 1 to 32 small letters, digits and -, a letter or digit first")
	case c.Name == "" || len(c.Name) > 64:
		return errors.New("a provider has a name of 1 to 64 characters")
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(c.Issuer) > 512:
		return errors.New("an issuer is an address such as https://login.ngo.example, without query")
	case u.Scheme != "https" && !(insecure && u.Scheme == "http" && isLoopback(u.Hostname())):
		return errors.New("an issuer is reached over https; over http only on this machine, by a folder for development")
	case c.ClientID == "" || len(c.ClientID) > 256 || len(c.Secret) > 512:
		return errors.New("a provider knows this server by a client id of up to 256 characters")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Surroundings are what a Provider needs besides its Config.
type Surroundings struct {
	Now      func() time.Time
	Insecure bool           // http on the loopback is let pass
	Roots    *x509.CertPool // nil for those of the system
}

// Provider is one OpenID provider. Its methods may be called at once.
type Provider struct {
	Config
	now    func() time.Time
	client *http.Client
	turns  chan struct{}

	mu    sync.Mutex
	known *known
}

// known is what discovery said.
type known struct {
	*oidc.Provider
	meta metadata
	at   time.Time
}

// metadata is what we read of a discovery document beside what package oidc does
// (OpenID Connect Discovery 1.0, 3; RFC 9207, 3).
type metadata struct {
	Auth       string   `json:"authorization_endpoint"`
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// New returns a provider. Nothing is fetched before it is needed, so that one
// that is down does not keep the server from starting.
func New(c Config, s Surroundings) (*Provider, error) {
	if err := c.Check(s.Insecure); err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: callWithin}
	return &Provider{Config: c, now: s.Now, turns: make(chan struct{}, callsMost), client: &http.Client{
		Timeout:       callWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: careful{s.Insecure, &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: callWithin,
			TLSClientConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
			ResponseHeaderTimeout: callWithin, MaxResponseHeaderBytes: 64 << 10}},
	}}, nil
}

// careful refuses addresses in the clear, whoever named them, and cuts answers
// that are too long.
type careful struct {
	insecure bool
	next     http.RoundTripper
}

func (c careful) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !(c.insecure && isLoopback(r.URL.Hostname())) {
		return nil, errors.New("an address of the provider is not https")
	}
	res, err := c.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, answerMost), res.Body}
	}
	return res, err
}

// turn waits for nothing: where enough calls wait for the provider already, it is
// as good as down.
func (p *Provider) turn() (func(), error) {
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns }, nil
	default:
		return nil, fmt.Errorf("%w (%s: %d calls wait)", ErrUnavailable, p.ID, callsMost)
	}
}

// discover returns what the provider says about itself, at most an hour old.
func (p *Provider) discover(ctx context.Context) (*known, error) {
	p.mu.Lock()
	k := p.known
	p.mu.Unlock()
	if k != nil && p.now().Sub(k.at) < knownFor {
		return k, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w (%s: discovery: %s)", ErrUnavailable, p.ID, short(err))
	}
	k = &known{Provider: found, at: p.now()}
	if err := found.Claims(&k.meta); err != nil {
		return nil, fmt.Errorf("%w (%s: discovery: %s)", ErrUnavailable, p.ID, short(err))
	}
	// The browser is sent there.
	if u, err := url.Parse(k.meta.Auth); err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname()) && p.client.Transport.(careful).insecure) {
		return nil, fmt.Errorf("%w (%s: the address to sign in at is not https)", ErrUnavailable, p.ID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = k
	return k, nil
}

// oauth is the client at the provider. The way to authenticate is not tried out:
// a code that was presented in the wrong way is used up.
func (p *Provider) oauth(k *known, redirect string) *oauth2.Config {
	e := k.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInHeader
	if p.Secret == "" || len(k.meta.Methods) > 0 && !slices.Contains(k.meta.Methods, "client_secret_basic") {
		e.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: e, RedirectURL: redirect, Scopes: []string{oidc.ScopeOpenID}}
}

// Flow is a sign-in that was begun. The caller keeps it, and gives it back once.
type Flow struct {
	State    string
	nonce    string
	verifier string
	redirect string
}

// Begin returns where the browser goes. state comes back with it, and must be 128
// random bits or more; redirect is where to. Whoever signed in at the provider
// longer ago than fresh is asked again. Errors: ErrUnavailable.
func (p *Provider) Begin(ctx context.Context, state, redirect string, fresh time.Duration) (string, Flow, error) {
	done, err := p.turn()
	if err != nil {
		return "", Flow{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, finishWithin)
	defer cancel()
	k, err := p.discover(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f := Flow{State: state, nonce: random(), verifier: random(), redirect: redirect}
	with := []oauth2.AuthCodeOption{oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier),
		oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(fresh/time.Second)))}
	for _, acr := range p.ACR[:min(1, len(p.ACR))] {
		with = append(with, oauth2.SetAuthURLParam("acr_values", acr))
	}
	return p.oauth(k, redirect).AuthCodeURL(state, with...), f, nil
}

// random returns 256 random bits, as 43 characters.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// short is what an error says, in a length for a log. Errors of the libraries name
// issuers, audiences and algorithms, and no person; answers of a provider are not
// quoted.
func short(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Sprintf("status %d", refused.Response.StatusCode)
	}
	var unreached *url.Error
	if errors.As(err, &unreached) {
		err = unreached.Err // without the address
	}
	text := err.Error()
	return text[:min(len(text), 200)]
}
