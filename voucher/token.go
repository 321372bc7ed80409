package voucher

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jate-cva/jate/fault"
)

// Token is a signed voucher: a compact JWS of type ev+jwt. A Token is not yet
// a genuine one; Verify tells.
type Token string

var typToken = docType{typ: "ev+jwt", max: 1024}

// The refusals of Verify beyond those that every signed text shares.
var (
	ErrTokenKey = fault.New(fault.Invalid, "token_key_unknown",
		"The voucher names a signing key that no manifest holds.",
		"Le coupon indique une clé de signature qu'aucun manifeste ne contient.")
	ErrTokenClaims = fault.New(fault.Invalid, "token_claims",
		"The voucher's claims are not what a voucher may say.",
		"Le contenu du coupon n'est pas ce qu'un coupon peut dire.")
	ErrTokenAudience = fault.New(fault.Invalid, "token_audience",
		"The voucher is not meant for redemption here.",
		"Le coupon n'est pas destiné à un échange ici.")
	ErrTokenIssuer = fault.New(fault.Invalid, "token_issuer",
		"The voucher's issuer is not the one its signing key belongs to.",
		"L'émetteur du coupon n'est pas celui de sa clé de signature.")
	ErrTokenManifest = fault.New(fault.Invalid, "token_outside_manifest",
		"The voucher goes beyond what the manifest of its lot allows.",
		"Le coupon dépasse ce que permet le manifeste de son lot.")
	ErrTokenNotYet = fault.New(fault.Unavailable, "token_not_yet",
		"The voucher is not valid yet.",
		"Le coupon n'est pas encore valable.")
	ErrTokenExpired = fault.New(fault.Gone, "token_expired",
		"The voucher has expired.",
		"Le coupon a expiré.")
)

// Verify returns what a genuine voucher says. It accepts only what a Signer
// writes with a key in keys, and only while nbf ≤ now < exp, without leeway
// (RFC 8725; golang-jwt alone would let pass another typ, crit, claims given
// twice or in another order, and line ends inside a segment). It checks, in
// this order: length, alphabet, three segments, the header's bytes, base64,
// the key, the claims' bytes and bounds, the signature, issuer, audience, the
// lot's manifest, the time. Each refusal is a fault of its own.
//
// Tokens are never compared to find a voucher again; serials are.
func Verify(token string, keys KeySet, now time.Time) (Claims, error) {
	c, err := VerifySignature(token, keys)
	if err != nil {
		return Claims{}, err
	}
	w := c.json()
	err = jwt.NewValidator(
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithLeeway(0),
		jwt.WithTimeFunc(func() time.Time { return now }),
	).Validate(&w)
	if err != nil {
		return Claims{}, fmt.Errorf("verify a voucher: %w", refusal(err))
	}
	return c, nil
}

// VerifySignature is Verify without the clock: for a server that judges the
// time of a redemption by the interval in which it must have happened.
func VerifySignature(token string, keys KeySet) (Claims, error) {
	c, err := verify(token, keys)
	if err != nil {
		return Claims{}, fmt.Errorf("verify a voucher: %w", err)
	}
	return c, nil
}

func verify(token string, keys KeySet) (Claims, error) {
	j, err := splitJWS(token, typToken.max)
	if err != nil {
		return Claims{}, err
	}
	if j.typ != typToken.typ || !isTokenKID(j.kid) {
		return Claims{}, ErrSignedHeader.At("header", "want typ %q", typToken.typ)
	}
	m, ok := keys.Manifest(j.kid)
	if !ok {
		return Claims{}, ErrTokenKey
	}
	w, err := parseClaims(j.payload)
	if err != nil {
		return Claims{}, err
	}
	c, err := w.claims()
	if err != nil {
		return Claims{}, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwsAlg}),
		jwt.WithStrictDecoding(),
		jwt.WithIssuer(m.Issuer),
		jwt.WithAudience(audience))
	keyOf := func(*jwt.Token) (any, error) { return m.Key, nil }
	if _, err := parser.ParseWithClaims(token, &timeless{}, keyOf); err != nil {
		return Claims{}, refusal(err)
	}
	return c, m.admits(&c)
}

// refusal turns an error of golang-jwt, which may join several, into the first
// of ours. Another error means that the two of us read a token differently:
// it stays a refusal, of kind Internal.
func refusal(err error) error {
	for _, c := range []struct {
		theirs error
		ours   *fault.Error
	}{
		{jwt.ErrTokenSignatureInvalid, ErrSignature},
		{jwt.ErrTokenInvalidIssuer, ErrTokenIssuer},
		{jwt.ErrTokenInvalidAudience, ErrTokenAudience},
		{jwt.ErrTokenExpired, ErrTokenExpired},
		{jwt.ErrTokenNotValidYet, ErrTokenNotYet},
	} {
		if errors.Is(err, c.theirs) {
			return c.ours
		}
	}
	return err
}

// KID returns the name of the key that the token says signed it, or nothing
// for a text that is not a token.
func (t Token) KID() string {
	j, err := splitJWS(string(t), typToken.max)
	if err != nil || j.typ != typToken.typ || !isTokenKID(j.kid) {
		return ""
	}
	return j.kid
}

// Hash returns the SHA-256 of the token's compact form.
func (t Token) Hash() Hash { return HashOf(string(t)) }

// isTokenKID reports whether kid is 2 to 4 letters and digits: short, because
// it is printed in the code.
func isTokenKID(kid string) bool {
	return len(kid) >= 2 && len(kid) <= 4 &&
		!strings.ContainsFunc(kid, func(r rune) bool { return !isAlphanumeric(r) })
}

// KeySet holds the signing keys that vouchers are verified with, each with
// the manifest that the root key signed for it. A key that is in no manifest
// verifies nothing; a header cannot bring one along.
type KeySet struct{ lots map[string]Manifest }

// ErrKeyTwice is returned where two lots claim one kid.
var ErrKeyTwice = fault.New(fault.Conflict, "kid_taken",
	"Two lots name different signing keys alike.",
	"Deux lots donnent le même nom à des clés de signature différentes.")

// NewKeySet returns the keys of the manifests, which must come from
// ParseManifest or be about to be signed. The same manifest may be given
// twice. It returns ErrKeyTwice where two manifests differ and have one kid,
// and the faults of a manifest that cannot be.
func NewKeySet(manifests ...Manifest) (KeySet, error) {
	lots := make(map[string]Manifest, len(manifests))
	for _, m := range manifests {
		if err := m.checkLot(); err != nil {
			return KeySet{}, fmt.Errorf("lot %s: %w", m.Lot, err)
		}
		if o, ok := lots[m.KID]; ok && !o.equal(m) {
			return KeySet{}, fmt.Errorf("lots %s and %s: %w", o.Lot, m.Lot, ErrKeyTwice)
		}
		lots[m.KID] = m.clone()
	}
	return KeySet{lots: lots}, nil
}

// Manifest returns the manifest of the lot whose vouchers the named key
// signed. It must not be changed.
func (k KeySet) Manifest(kid string) (Manifest, bool) {
	m, ok := k.lots[kid]
	return m, ok
}
