package access

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jate-cva/jate/fault"
)

// How long an access token lives.
const (
	TTLDefault = 15 * time.Minute
	TTLMax     = 12 * time.Hour
)

const (
	audience  = "jate"   // aud and client_id: this server, asked by its own programs
	tokenType = "at+jwt" // RFC 9068, 2.1
	algorithm = "EdDSA"  // RFC 8037
	tokenMax  = 2048     // bytes, looked at before anything is decoded
	keyMin    = 32       // bytes of the pseudonym key
	kidLength = 8        // of base64url: which key, not a proof of it
	pseudoLen = 16       // of base32: 80 bits
)

// Errors about tokens. ErrToken never says which check failed.
var (
	ErrToken = fault.New(fault.Unauthenticated, "token_invalid",
		"This access token is not valid here. Log in again.",
		"Ce jeton d'accès n'est pas valable ici. Reconnectez-vous.")
	ErrExpired = fault.New(fault.Unauthenticated, "token_expired",
		"Your session is over. Log in again.",
		"Votre session est terminée. Reconnectez-vous.")
	ErrGrant = fault.New(fault.Invalid, "grant_invalid",
		"Such an access token cannot be given.",
		"Un tel jeton d'accès ne peut pas être délivré.")
)

// identifier is the form of staff and programme identifiers. It has no sign
// that JSON escapes, and no @: an address is not an identifier.
var identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

var issuerForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:/._-]{0,127}$`)

// Keys are the secrets of an Authority. They serve nothing else.
type Keys struct {
	Access    ed25519.PrivateKey // signs access tokens
	Pseudonym []byte             // at least 32 bytes; changing it renames everybody
}

// Authority mints access tokens and believes its own. It is safe for
// concurrent use.
type Authority struct {
	issuer string
	keys   Keys
	now    func() time.Time
	header string // the only header there is, encoded
	parser *jwt.Parser
}

// Issuer is the server that the authority speaks for.
func (a *Authority) Issuer() string { return a.issuer }

// NewAuthority returns the authority of one server. issuer names the server
// in its tokens: up to 128 letters, digits and ":/._-". now is the clock by
// which tokens live and die.
func NewAuthority(issuer string, keys Keys, now func() time.Time) (*Authority, error) {
	switch {
	case !issuerForm.MatchString(issuer):
		return nil, errors.New("the issuer must be up to 128 letters, digits and :/._-")
	case len(keys.Access) != ed25519.PrivateKeySize:
		return nil, errors.New("the access key must be an Ed25519 private key")
	case len(keys.Pseudonym) < keyMin:
		return nil, fmt.Errorf("the pseudonym key must have at least %d bytes", keyMin)
	case now == nil:
		return nil, errors.New("an authority needs a clock")
	}
	a := &Authority{issuer: issuer, keys: keys, now: now}
	header, err := json.Marshal(a.headerFields())
	if err != nil {
		return nil, err
	}
	a.header = base64.RawURLEncoding.EncodeToString(header)
	a.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{algorithm}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(0),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	)
	return a, nil
}

func (a *Authority) headerFields() map[string]any {
	sum := sha256.Sum256(a.keys.Access.Public().(ed25519.PublicKey))
	return map[string]any{
		"alg": algorithm,
		"kid": base64.RawURLEncoding.EncodeToString(sum[:])[:kidLength],
		"typ": tokenType,
	}
}

// claims are those of RFC 9068, 2.2, plus the programme and the session (sid of
// OpenID Connect Front-Channel Logout 1.0). Times are whole
// seconds, the audience a plain string.
type claims struct {
	Issuer    string `json:"iss"`
	Audience  string `json:"aud"`
	Client    string `json:"client_id"`
	Subject   string `json:"sub"`
	ID        string `json:"jti"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
	Programme string `json:"programme"`
	Roles     []Role `json:"roles"`
	Session   string `json:"sid,omitempty"`
}

func seconds(t int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(t, 0)) }

// The getters that golang-jwt validates by.

func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return seconds(c.IssuedAt), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return seconds(c.NotBefore), nil }
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return seconds(c.Expires), nil }

// Validate checks what golang-jwt does not: the form of identifiers, the
// roles, and the longest life.
func (c *claims) Validate() error {
	life := time.Duration(c.Expires-c.IssuedAt) * time.Second
	switch {
	case !identifier.MatchString(c.Subject), !identifier.MatchString(c.Programme), !identifier.MatchString(c.ID):
		return ErrGrant.At("staff, programme", "up to 64 letters, digits and ._-, a letter or digit first")
	case c.Session != "" && !identifier.MatchString(c.Session):
		return ErrGrant.At("sid", "not as minted")
	case c.Client != audience || c.NotBefore != c.IssuedAt:
		return ErrGrant.At("client_id, nbf", "not as minted")
	case life < time.Second || life > TTLMax:
		return ErrGrant.At("ttl", "from 1 s to %s", TTLMax)
	}
	return CheckRoles(c.Roles)
}

// Grant is what an access token is to say.
type Grant struct {
	Staff     string // opaque identifier of the person
	Programme string
	Roles     []Role
	TTL       time.Duration // whole seconds up to TTLMax; zero means TTLDefault
	Session   string        // id of the sign-in whose token it is; "" in a development folder
}

// Mint returns a signed access token (RFC 9068) for the grant. Errors are
// ErrGrant, ErrRole and ErrIncompatible. Whoever calls it has established who
// the person is.
func (a *Authority) Mint(g Grant) (string, error) {
	if g.TTL == 0 {
		g.TTL = TTLDefault
	}
	now := a.now().Unix()
	c := &claims{
		Issuer: a.issuer, Audience: audience, Client: audience, Subject: g.Staff, ID: rand.Text(),
		IssuedAt: now, NotBefore: now, Expires: now + int64(g.TTL/time.Second),
		Programme: g.Programme, Roles: append([]Role{}, g.Roles...), Session: g.Session,
	}
	if err := c.Validate(); err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header = a.headerFields()
	return t.SignedString(a.keys.Access)
}

// Verify returns the actor that a token of this authority speaks for. Errors
// are ErrExpired for one whose time is over, and ErrToken.
//
// golang-jwt alone accepts any typ, crit and b64, line breaks inside a part,
// repeated claims and any size, so the header must be the only one there is
// and the claims must encode again to the very same text.
func (a *Authority) Verify(token string) (Actor, error) {
	if len(token) > tokenMax {
		return Actor{}, ErrToken
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != a.header {
		return Actor{}, ErrToken
	}
	var c claims
	_, err := a.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) {
		return a.keys.Access.Public(), nil
	})
	if errors.Is(err, jwt.ErrTokenExpired) {
		return Actor{}, ErrExpired
	}
	if err != nil {
		return Actor{}, ErrToken
	}
	again, err := json.Marshal(c)
	if err != nil || base64.RawURLEncoding.EncodeToString(again) != parts[1] ||
		strings.ContainsAny(parts[2], "\r\n") {
		return Actor{}, ErrToken
	}
	return Actor{
		ID:        c.Subject,
		Pseudonym: a.Pseudonym(c.Programme, c.Subject),
		Programme: c.Programme,
		Roles:     c.Roles,
		TokenID:   c.ID,
		Session:   c.Session,
	}, nil
}

// Authenticate returns ctx with the actor of r's bearer token (RFC 6750, 2.1:
// the Authorization header, exactly once, and nowhere else). Errors are
// ErrUnauthenticated where there is none, ErrExpired and ErrToken.
func (a *Authority) Authenticate(ctx context.Context, r *http.Request) (context.Context, error) {
	token, err := BearerToken(r)
	if err != nil {
		return nil, err
	}
	actor, err := a.Verify(token)
	if err != nil {
		return nil, err
	}
	return NewContext(ctx, actor), nil
}

// BearerToken returns the token in r's Authorization header. Errors are
// ErrUnauthenticated where there is none, and ErrToken.
func BearerToken(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return "", ErrUnauthenticated
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if len(values) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", ErrToken
	}
	return token, nil
}

// Pseudonym returns the name under which a person appears in a programme's
// journal and logs: 80 bits of HMAC-SHA-256 in lower-case base32. Without the
// key nobody can tell two programmes' pseudonyms of one person together.
func (a *Authority) Pseudonym(programme, staff string) string {
	mac := hmac.New(sha256.New, a.keys.Pseudonym)
	// NUL is in no identifier, so no two pairs make one text.
	mac.Write([]byte(programme + "\x00" + staff))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:pseudoLen])
}
