package voucher

import (
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a voucher says about itself: no name, no telephone, no
// place. Its JSON has the members iss, aud, jti, nbf, exp, v, b, x, h (not in
// PIN-only mode) and p, in this order.
type Claims struct {
	Issuer string // iss: short id of the issuer, 1 to 8 letters and digits
	Serial Serial // jti
	// NotBefore and Expires (nbf, exp) are whole seconds in UTC; the voucher
	// is good from the first and until just before the second.
	NotBefore, Expires time.Time
	// Value (v) is what the voucher is worth, in the smallest unit of its
	// profile's asset: 1 to 999,999,999,999.
	Value int64
	// Binding (b) names the home vendor group or the zone, an opaque code of
	// 1 to 8 letters, digits and dashes.
	Binding string
	Index   uint32 // x: place in the lot's status list, a random permutation
	// Verifier (h) checks the secret under the scratch label, where there is
	// one; see Verifier.
	Verifier    [verifierLen]byte
	HasVerifier bool
	// Profile (p) is the number, 1 to 99, of the manifest's profile that
	// holds asset, basket and categories.
	Profile int
}

const (
	audience = "rd"
	// payloadMax bounds the claims' JSON so that the printed code stays
	// within QR version 11 at level M (61x61 modules): 150 bytes are 200
	// base64url characters.
	payloadMax = 150
	codeMax    = 8
	valueMax   = 999_999_999_999
	profileMax = 99
	// Dates have ten digits, from 2001 to 2286.
	secondsMin, secondsMax = 1_000_000_000, 9_999_999_999
)

// claimsJSON is the payload.
type claimsJSON struct {
	Iss string `json:"iss"`
	Aud string `json:"aud"`
	JTI Serial `json:"jti"`
	NBF int64  `json:"nbf"`
	Exp int64  `json:"exp"`
	V   int64  `json:"v"`
	B   string `json:"b"`
	X   uint32 `json:"x"`
	H   string `json:"h,omitempty"`
	P   int    `json:"p"`
}

func (c Claims) json() claimsJSON {
	w := claimsJSON{
		Iss: c.Issuer, Aud: audience, JTI: c.Serial, NBF: c.NotBefore.Unix(), Exp: c.Expires.Unix(),
		V: c.Value, B: c.Binding, X: c.Index, P: c.Profile,
	}
	if c.HasVerifier {
		w.H = encodeSegment(c.Verifier[:])
	}
	return w
}

// parseClaims reads the one form that a payload may have.
func parseClaims(payload []byte) (claimsJSON, error) {
	if len(payload) > payloadMax {
		return claimsJSON{}, ErrTokenClaims.At("payload", "%d bytes, at most %d", len(payload), payloadMax)
	}
	w, err := parseCanonical[claimsJSON](payload)
	if err != nil {
		return claimsJSON{}, ErrTokenClaims.At("payload", "not in the one allowed form")
	}
	return w, nil
}

// claims refuses what no voucher may say. Whether issuer and audience are the
// expected ones is left to golang-jwt.
func (w claimsJSON) claims() (Claims, error) {
	c := Claims{
		Issuer: w.Iss, Serial: w.JTI, NotBefore: time.Unix(w.NBF, 0).UTC(), Expires: time.Unix(w.Exp, 0).UTC(),
		Value: w.V, Binding: w.B, Index: w.X, Profile: w.P,
	}
	if w.Aud == "" {
		return Claims{}, ErrTokenClaims.At("aud", "missing")
	}
	if w.H != "" {
		h, err := decodeSegment(w.H)
		if err != nil || len(h) != verifierLen {
			return Claims{}, ErrTokenClaims.At("h", "not %d bytes in base64url", verifierLen)
		}
		copy(c.Verifier[:], h)
		c.HasVerifier = true
	}
	if err := c.check(); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// check refuses what no voucher may say, and what would be read otherwise than
// it is here.
func (c *Claims) check() error {
	switch nbf, exp := c.NotBefore.Unix(), c.Expires.Unix(); {
	case !isCode(c.Issuer):
		return ErrTokenClaims.At("iss", "not 1 to %d letters and digits", codeMax)
	case !c.Serial.Valid():
		return ErrTokenClaims.At("jti", "not a serial")
	case nbf < secondsMin || exp > secondsMax || nbf >= exp:
		return ErrTokenClaims.At("nbf", "not before exp, or out of range")
	case c.NotBefore.Nanosecond() != 0 || c.Expires.Nanosecond() != 0:
		return ErrTokenClaims.At("nbf", "not in whole seconds")
	case c.Value < 1 || c.Value > valueMax:
		return ErrTokenClaims.At("v", "not from 1 to %d", int64(valueMax))
	case !isBinding(c.Binding):
		return ErrTokenClaims.At("b", "not 1 to %d letters, digits and dashes", codeMax)
	case c.Profile < 1 || c.Profile > profileMax:
		return ErrTokenClaims.At("p", "not from 1 to %d", profileMax)
	case !c.HasVerifier && c.Verifier != [verifierLen]byte{}:
		return ErrTokenClaims.At("h", "there is one, and it is not to be written")
	}
	return nil
}

// appendTo appends the payload, which is what canonical writes for json. No
// text that check allows needs an escape.
func (c *Claims) appendTo(b []byte) []byte {
	b = append(append(b, `{"iss":"`...), c.Issuer...)
	b = append(append(b, `","aud":"`+audience+`","jti":"`...), c.Serial...)
	b = strconv.AppendInt(append(b, `","nbf":`...), c.NotBefore.Unix(), 10)
	b = strconv.AppendInt(append(b, `,"exp":`...), c.Expires.Unix(), 10)
	b = strconv.AppendInt(append(b, `,"v":`...), c.Value, 10)
	b = append(append(b, `,"b":"`...), c.Binding...)
	b = strconv.AppendUint(append(b, `","x":`...), uint64(c.Index), 10)
	if c.HasVerifier {
		b = append(rawURL.AppendEncode(append(b, `,"h":"`...), c.Verifier[:]), '"')
	}
	b = strconv.AppendInt(append(b, `,"p":`...), int64(c.Profile), 10)
	return append(b, '}')
}

// isCode reports whether s is 1 to 8 letters and digits.
func isCode(s string) bool {
	return s != "" && len(s) <= codeMax && !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) })
}

// isBinding reports whether s is 1 to 8 letters, digits and dashes.
func isBinding(s string) bool {
	return s != "" && len(s) <= codeMax && !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && !isAlphanumeric(r) })
}

// The accessors below are what golang-jwt validates claims through.

func (w *claimsJSON) GetIssuer() (string, error)              { return w.Iss, nil }
func (w *claimsJSON) GetSubject() (string, error)             { return "", nil }
func (w *claimsJSON) GetAudience() (jwt.ClaimStrings, error)  { return jwt.ClaimStrings{w.Aud}, nil }
func (w *claimsJSON) GetIssuedAt() (*jwt.NumericDate, error)  { return nil, nil }
func (w *claimsJSON) GetNotBefore() (*jwt.NumericDate, error) { return numericDate(w.NBF), nil }
func (w *claimsJSON) GetExpirationTime() (*jwt.NumericDate, error) {
	return numericDate(w.Exp), nil
}

func numericDate(seconds int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(seconds, 0)) }

// timeless shows golang-jwt claims without dates.
type timeless struct{ claimsJSON }

func (*timeless) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (*timeless) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
