package voucher

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// Everything signed is a JWS in compact form (RFC 7515, section 7.1) with
// Ed25519 (RFC 8037) whose header is fixed byte for byte:
//
//	{"alg":"EdDSA","kid":"…","typ":"…"}
//
// and whose payload is JSON in one form only: the members in the order of the
// Go struct, no spaces, nothing else. A reader parses into the struct, writes
// it again and compares the bytes; so two members of one name, an unknown
// one, another order, 1.5e3 for 1500 or an escape that was not needed are all
// refused, by every reader alike.

// jwsAlg is the only algorithm. RFC 9864 renames it "Ed25519"; golang-jwt does
// not know that name yet.
const jwsAlg = "EdDSA"

const (
	headerStart = `{"alg":"` + jwsAlg + `","kid":"`
	headerTyp   = `","typ":"`
	headerEnd   = `"}`
)

// The refusals that every signed text shares.
var (
	ErrSignedTooLong = fault.New(fault.Invalid, "signed_too_long",
		"The signed text is longer than allowed.",
		"Le texte signé est plus long que permis.")
	ErrSignedAlphabet = fault.New(fault.Invalid, "signed_alphabet",
		"The signed text holds a character that does not belong in it.",
		"Le texte signé contient un caractère interdit.")
	ErrSignedSegments = fault.New(fault.Invalid, "signed_segments",
		"The signed text does not have its three parts.",
		"Le texte signé n'a pas ses trois parties.")
	ErrSignedHeader = fault.New(fault.Invalid, "signed_header",
		"The signed text is not of the expected kind.",
		"Le texte signé n'est pas du type attendu.")
	ErrSignedEncoding = fault.New(fault.Invalid, "signed_encoding",
		"A part of the signed text is not written in its one allowed form.",
		"Une partie du texte signé n'est pas écrite sous sa seule forme permise.")
	ErrSignedForm = fault.New(fault.Invalid, "signed_form",
		"The content of the signed text is not written in its one allowed form.",
		"Le contenu du texte signé n'est pas écrit sous sa seule forme permise.")
	ErrSignedContent = fault.New(fault.Invalid, "signed_content",
		"The signed text says something that cannot be.",
		"Le texte signé affirme quelque chose d'impossible.")
	ErrSignature = fault.New(fault.Invalid, "signed_signature",
		"The signature is not that of the key named.",
		"La signature n'est pas celle de la clé indiquée.")
)

// docType is a kind of signed text: its typ header, by which one kind is never
// taken for another even under one key, and the most bytes its compact form
// may have.
type docType struct {
	typ string
	max int
}

// document is what a signed text says. check refuses what cannot be; it runs
// before signing and after parsing.
type document interface{ check() error }

// signJWS checks v and signs its canonical JSON.
func signJWS(d docType, kid string, key ed25519.PrivateKey, v document) (string, error) {
	if len(key) != ed25519.PrivateKeySize || !isName(kid, kidMax) {
		return "", fmt.Errorf("sign %s: %w", d.typ, ErrSignedHeader)
	}
	if err := v.check(); err != nil {
		return "", fmt.Errorf("sign %s: %w", d.typ, err)
	}
	payload, err := canonical(v)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", d.typ, err)
	}
	jws := signCompact(kid, d.typ, payload, key)
	if len(jws) > d.max {
		return "", fmt.Errorf("sign %s: %w", d.typ, ErrSignedTooLong.At("text", "%d bytes, at most %d", len(jws), d.max))
	}
	return jws, nil
}

// signAsKeyID signs with a key that is named by its own thumbprint.
func signAsKeyID(d docType, key ed25519.PrivateKey, v document) (string, error) {
	if len(key) != ed25519.PrivateKeySize {
		return "", fmt.Errorf("sign %s: %w", d.typ, ErrSignerKey)
	}
	return signJWS(d, KeyID(key.Public().(ed25519.PublicKey)), key, v)
}

// parseJWS accepts exactly what signJWS writes with the same type, kid and
// key, and nothing else.
func parseJWS[T document](d docType, kid string, key ed25519.PublicKey, jws string) (T, error) {
	c, err := splitJWS(jws, d.max)
	if err != nil {
		var none T
		return none, err
	}
	return parseSplit[T](d, kid, key, c)
}

// parseSplit is parseJWS of a text that is taken apart already.
func parseSplit[T document](d docType, kid string, key ed25519.PublicKey, c compactJWS) (T, error) {
	var none T
	if c.kid != kid || c.typ != d.typ {
		return none, ErrSignedHeader.At("header", "want kid %q and typ %q", kid, d.typ)
	}
	if !c.signedBy(key) {
		return none, ErrSignature
	}
	return parseDocument[T](c.payload)
}

// parseDocument reads what a signed text says; its signature was checked.
func parseDocument[T document](payload []byte) (T, error) {
	var none T
	v, err := parseCanonical[T](payload)
	if err != nil {
		return none, err
	}
	if err := v.check(); err != nil {
		return none, err
	}
	return v, nil
}

// compactJWS is a JWS taken apart; nothing about it is verified yet but its
// form.
type compactJWS struct {
	kid, typ string
	payload  []byte
	covered  string // header and payload segments: what the signature covers
	sig      []byte
}

// splitJWS takes a compact JWS of at most limit bytes apart. Length and
// alphabet are checked before anything is decoded: encoding/base64 skips CR
// and LF, so they must be refused here.
func splitJWS(jws string, limit int) (compactJWS, error) {
	if len(jws) > limit {
		return compactJWS{}, ErrSignedTooLong.At("text", "%d bytes, at most %d", len(jws), limit)
	}
	for i := range len(jws) {
		if b := jws[i]; b != '.' && !isBase64URL(rune(b)) {
			return compactJWS{}, ErrSignedAlphabet.At("text", "at byte %d", i)
		}
	}
	first, last := strings.IndexByte(jws, '.'), strings.LastIndexByte(jws, '.')
	if first < 1 || last <= first+1 || last == len(jws)-1 || strings.IndexByte(jws[first+1:last], '.') >= 0 {
		return compactJWS{}, ErrSignedSegments
	}
	header, err := decodeSegment(jws[:first])
	if err != nil {
		return compactJWS{}, err
	}
	c := compactJWS{covered: jws[:last]}
	var ok bool
	if c.kid, c.typ, ok = parseHeader(string(header)); !ok {
		return compactJWS{}, ErrSignedHeader
	}
	if c.payload, err = decodeSegment(jws[first+1 : last]); err != nil {
		return compactJWS{}, err
	}
	if c.sig, err = decodeSegment(jws[last+1:]); err != nil {
		return compactJWS{}, err
	}
	if len(c.sig) != ed25519.SignatureSize {
		return compactJWS{}, ErrSignedEncoding.At("signature", "%d bytes", len(c.sig))
	}
	return c, nil
}

func (c compactJWS) signedBy(key ed25519.PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, []byte(c.covered), c.sig)
}

// signCompact signs the payload as it stands.
func signCompact(kid, typ string, payload []byte, key ed25519.PrivateKey) string {
	covered := encodeSegment([]byte(jwsHeader(kid, typ))) + "." + encodeSegment(payload)
	return covered + "." + encodeSegment(ed25519.Sign(key, []byte(covered)))
}

func jwsHeader(kid, typ string) string { return headerStart + kid + headerTyp + typ + headerEnd }

// parseHeader reads what jwsHeader writes. Names hold no quote, so a header
// with crit, b64, jku or anything else does not fit.
func parseHeader(h string) (kid, typ string, ok bool) {
	h, start := strings.CutPrefix(h, headerStart)
	h, end := strings.CutSuffix(h, headerEnd)
	kid, typ, mid := strings.Cut(h, headerTyp)
	name, plus := strings.CutSuffix(typ, "+jwt")
	return kid, typ, start && end && mid && plus && isName(kid, kidMax) && isName(name, 8)
}

// kidMax bounds a kid, in characters; a thumbprint (RFC 7638) has 43.
const kidMax = 43

// isName reports whether s is 1 to limit letters, digits, "-", "_" and ".".
// Identifiers, codes and kids are names: JSON never escapes them.
func isName(s string, limit int) bool {
	return s != "" && len(s) <= limit && !strings.ContainsFunc(s, func(r rune) bool { return r != '.' && !isBase64URL(r) })
}

func isBase64URL(r rune) bool { return isAlphanumeric(r) || r == '-' || r == '_' }

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || isDigit(r)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// canonical writes v as JSON.stringify would write the same members in the
// same order: no spaces, and <, > and & as they are.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// parseCanonical reads what canonical writes, and only that.
func parseCanonical[T any](payload []byte) (T, error) {
	var v, none T
	if err := json.Unmarshal(payload, &v); err != nil {
		return none, ErrSignedForm
	}
	again, err := canonical(v)
	if err != nil || !bytes.Equal(again, payload) {
		return none, ErrSignedForm
	}
	return v, nil
}

// KeyID returns the JWK thumbprint of an Ed25519 key (RFC 7638 and RFC 8037,
// appendix A.3): the kid of root and beacon keys.
func KeyID(key ed25519.PublicKey) string {
	return HashOf(`{"crv":"Ed25519","kty":"OKP","x":"` + encodeSegment(key) + `"}`).String()
}
