package provider

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Answer is what a browser came back with (RFC 6749, 4.1.2; RFC 9207, 2).
type Answer struct {
	State  string
	Code   string
	Issuer string // the iss parameter; "" where there was none
	Error  string // of the provider, in the place of a code
}

// Identity is somebody at a provider.
type Identity struct {
	Provider      string // its id here
	Issuer        string
	Subject       string
	Authenticated time.Time // when; zero where the provider does not say
	Second        bool      // the provider saw a second factor, in a way that its Config names
}

// algorithms are what an ID token may be signed with: no "none", and none whose
// key the provider and its clients share (ASVS 6.8.2, 9.1.2).
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// claims are what we read of an ID token besides.
type claims struct {
	Party string   `json:"azp"`
	At    int64    `json:"auth_time"`
	ACR   string   `json:"acr"`
	AMR   []string `json:"amr"`
}

// skew is how far a provider's clock may be ahead.
const skew = time.Minute

// Finish exchanges an answer for an identity. A flow must not be given twice.
// Errors: ErrRefused, ErrUnavailable.
func (p *Provider) Finish(ctx context.Context, f Flow, a Answer) (Identity, error) {
	refuse := func(why string) (Identity, error) {
		return Identity{}, fmt.Errorf("%w (%s: %s)", ErrRefused, p.ID, why)
	}
	switch {
	case f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(a.State)) != 1:
		return refuse("another state")
	case a.Issuer != "" && a.Issuer != p.Issuer:
		return refuse("the answer is of another issuer")
	case a.Error != "":
		return refuse("the provider says no")
	case a.Code == "" || len(a.Code) > codeMost:
		return refuse("no code")
	}
	done, err := p.turn()
	if err != nil {
		return Identity{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, finishWithin)
	defer cancel()
	ctx = oidc.ClientContext(ctx, p.client) // package oauth2 looks for it under the same key
	k, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if k.meta.SaysIssuer && a.Issuer == "" {
		return refuse("the answer names no issuer")
	}
	token, err := p.oauth(k, f.redirect).Exchange(ctx, a.Code, oauth2.VerifierOption(f.verifier))
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered) && answered.Response.StatusCode < http.StatusInternalServerError:
		return refuse("the code: " + short(err))
	case err != nil:
		return Identity{}, fmt.Errorf("%w (%s: the code: %s)", ErrUnavailable, p.ID, short(err))
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" || len(raw) > tokenMost {
		return refuse("no ID token")
	}
	t, err := k.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return refuse("the ID token: " + short(err))
	}
	var c claims
	if err := t.Claims(&c); err != nil {
		return refuse("the claims of the ID token")
	}
	now := p.now()
	switch {
	case t.Nonce == "" || subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(f.nonce)) != 1:
		return refuse("another nonce")
	case len(t.Audience) != 1 || c.Party != "" && c.Party != p.ClientID:
		return refuse("a token for others too")
	case t.IssuedAt.After(now.Add(skew)):
		return refuse("a token of the future")
	case !fits(t.Subject):
		return refuse("no subject")
	}
	id := Identity{Provider: p.ID, Issuer: p.Issuer, Subject: t.Subject,
		Second: slices.Contains(p.ACR, c.ACR) || slices.ContainsFunc(c.AMR, func(m string) bool { return slices.Contains(p.AMR, m) })}
	if c.At > 0 {
		if id.Authenticated = time.Unix(c.At, 0); id.Authenticated.After(now) {
			id.Authenticated = now
		}
	}
	return id, nil
}

// fits reports whether a subject is one: up to 255 characters of ASCII (OpenID
// Connect Core 1.0, 2), none of them a control character.
func fits(subject string) bool {
	for i := range len(subject) {
		if subject[i] < ' ' || subject[i] > '~' {
			return false
		}
	}
	return subject != "" && len(subject) <= 255
}
