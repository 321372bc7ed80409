package voucher

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/fault"
)

// refusedTokens has at least one token for each way in which a JWS may
// deviate: the rules of RFC 8725, and what golang-jwt alone lets pass.
func refusedTokens(t testing.TB) []refusedVector {
	key := seedKey("lot")
	token := string(mustSign(t, testClaims()))
	seg := strings.Split(token, ".")
	payload, err := canonical(testClaims().json())
	if err != nil {
		t.Fatal(err)
	}
	var all []refusedVector
	add := func(code *fault.Error, name, jws string) {
		all = append(all, refusedVector{Name: name, JWS: jws, Code: code.Code})
	}
	at := func(code *fault.Error, name string, now time.Time) {
		all = append(all, refusedVector{Name: name, JWS: token, Code: code.Code, Now: now.Unix()})
	}
	header := func(code *fault.Error, name, h string) {
		covered := encodeSegment([]byte(h)) + "." + seg[1]
		add(code, name, covered+"."+encodeSegment(ed25519.Sign(key, []byte(covered))))
	}
	claims := func(code *fault.Error, name, old, new string) {
		changed := strings.Replace(string(payload), old, new, 1)
		if changed == string(payload) {
			t.Fatalf("%s: nothing changed", name)
		}
		add(code, name, signCompact("k7Qz", "ev+jwt", []byte(changed), key))
	}
	refusedForms(add, token, seg)
	refusedHeaders(header)
	refusedKeys(add, seg, payload)
	refusedClaims(claims)
	for _, p := range []string{"null", "[]", "{}", `"x"`, "0", string(payload) + "\n", string(payload) + "{}", "\ufeff" + string(payload), "\xff"} {
		add(ErrTokenClaims, fmt.Sprintf("payload %q", strings.ReplaceAll(p, string(payload), "claims")), signCompact("k7Qz", "ev+jwt", []byte(p), key))
	}
	at(ErrTokenNotYet, "a second before nbf", testNotBefore.Add(-time.Second))
	at(ErrTokenExpired, "at exp", testExpires)
	return all
}

func refusedForms(add func(*fault.Error, string, string), token string, seg []string) {
	add(ErrSignedTooLong, "1,025 bytes", token+strings.Repeat("A", 1025-len(token)))
	add(ErrSignedAlphabet, "a line feed inside the signature", token[:len(token)-10]+"\n"+token[len(token)-10:])
	add(ErrSignedAlphabet, "a line feed at the end", token+"\n")
	add(ErrSignedAlphabet, "a carriage return inside the claims", seg[0]+"."+seg[1][:8]+"\r"+seg[1][8:]+"."+seg[2])
	add(ErrSignedAlphabet, "CR LF inside the header", seg[0][:4]+"\r\n"+seg[0][4:]+"."+seg[1]+"."+seg[2])
	add(ErrSignedAlphabet, "padding", token+"==")
	add(ErrSignedAlphabet, "a space before", " "+token)
	add(ErrSignedAlphabet, "the standard alphabet's plus", seg[0]+"."+seg[1]+".+"+seg[2][1:])
	add(ErrSignedAlphabet, "the standard alphabet's slash", seg[0]+"."+seg[1]+"./"+seg[2][1:])
	add(ErrSignedAlphabet, "a letter beyond ASCII", "é"+token)
	add(ErrSignedAlphabet, "a NUL at the end", token+"\x00")
	add(ErrSignedAlphabet, "the JSON serialization", `{"payload":"`+seg[1]+`"}`)
	add(ErrSignedSegments, "nothing", "")
	add(ErrSignedSegments, "two segments", seg[0]+"."+seg[1])
	add(ErrSignedSegments, "four segments", token+"."+seg[2])
	add(ErrSignedSegments, "no signature", seg[0]+"."+seg[1]+".")
	add(ErrSignedSegments, "no claims", seg[0]+".."+seg[2])
	add(ErrSignedSegments, "no header", "."+seg[1]+"."+seg[2])
	add(ErrSignedEncoding, "trailing bits in the signature", token[:len(token)-1]+string(rune(otherLowBit(token[len(token)-1]))))
	add(ErrSignedEncoding, "a signature of 63 bytes", token[:len(token)-2])
	add(ErrSignedEncoding, "a signature of 65 bytes", token+"A")
	add(ErrSignedEncoding, "a single character for the claims", seg[0]+".A."+seg[2])
}

// otherLowBit returns a base64url character that differs in its lowest bit.
func otherLowBit(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)^1]
}

func refusedHeaders(header func(*fault.Error, string, string)) {
	for _, h := range []string{
		`{"alg":"EdDSA","kid":"k7Qz","typ":"JWT"}`,
		`{"alg":"EdDSA","kid":"k7Qz"}`,
		`{"alg":"EdDSA","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"evr+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"evm+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"EV+JWT"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"application/ev+jwt"}`,
		`{"alg":"Ed25519","kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"none","kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"HS512","kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"ES256","kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","crit":["exp"],"kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt","crit":["b64"],"b64":false}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt","b64":true}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt","jku":"https://example.org/keys"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt","jwk":{"kty":"OKP"}}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt","zip":"DEF"}`,
		`{"kid":"k7Qz","alg":"EdDSA","typ":"ev+jwt"}`,
		`{"alg":"EdDSA", "kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt"} `,
		`{"alg":"EdDSA","alg":"EdDSA","kid":"k7Qz","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz","typ":"JWT","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz\u0000","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"../k","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"k7Qz1","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":"","typ":"ev+jwt"}`,
		`{"alg":"EdDSA","kid":["k7Qz"],"typ":"ev+jwt"}`,
		`[]`,
	} {
		header(ErrSignedHeader, "header "+h, h)
	}
	header(ErrTokenKey, "a kid in no manifest", `{"alg":"EdDSA","kid":"zzzz","typ":"ev+jwt"}`)
	header(ErrTokenKey, "a kid in other letters", `{"alg":"EdDSA","kid":"K7QZ","typ":"ev+jwt"}`)
}

func refusedKeys(add func(*fault.Error, string, string), seg []string, payload []byte) {
	hs := encodeSegment([]byte(`{"alg":"HS256","kid":"k7Qz","typ":"ev+jwt"}`)) + "." + seg[1]
	m := hmac.New(sha256.New, public(seedKey("lot")))
	m.Write([]byte(hs))
	add(ErrSignedHeader, "HS256 keyed with the public key", hs+"."+encodeSegment(m.Sum(nil)))
	add(ErrSignature, "signed by another key", signCompact("k7Qz", "ev+jwt", payload, seedKey("other")))
	add(ErrSignature, "signed by the root key", signCompact("k7Qz", "ev+jwt", payload, seedKey("root")))
	sig, err := decodeSegment(seg[2])
	if err != nil {
		panic(err)
	}
	flipped := bytes.Clone(sig)
	flipped[10] ^= 4
	add(ErrSignature, "one bit of the signature", seg[0]+"."+seg[1]+"."+encodeSegment(flipped))
	add(ErrSignature, "a signature of zeros", seg[0]+"."+seg[1]+"."+encodeSegment(make([]byte, 64)))
	add(ErrSignature, "the signature's S plus the group order", seg[0]+"."+seg[1]+"."+encodeSegment(addOrder(sig)))
	richer := strings.Replace(string(payload), `"v":5000`, `"v":9000`, 1)
	add(ErrSignature, "a higher value under the old signature", seg[0]+"."+encodeSegment([]byte(richer))+"."+seg[2])
}

// addOrder returns the other signature that a verifier accepts which does not
// reduce S (RFC 8032, section 8.4).
func addOrder(sig []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := bytes.Clone(sig)
	le := func(b []byte) []byte {
		r := bytes.Clone(b)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return r
	}
	sum := new(big.Int).Add(new(big.Int).SetBytes(le(sig[32:])), order)
	copy(s[32:], le(sum.FillBytes(make([]byte, 32))))
	return s
}

func refusedClaims(claims func(code *fault.Error, name, old, new string)) {
	for _, c := range []struct{ name, old, new string }{
		{"value given twice", `"v":5000`, `"v":5,"v":5000`},
		{"exp given twice", `,"v":`, `,"exp":1790000001,"v":`},
		{"an unknown claim", `,"p":1`, `,"p":1,"iat":1790000000`},
		{"a name in the claims", `,"p":1`, `,"p":1,"sub":"Awa"`},
		{"another order", `"iss":"J7","aud":"rd"`, `"aud":"rd","iss":"J7"`},
		{"a value with exponent", `"v":5000`, `"v":5e3`},
		{"a value of 1.5e3", `"v":5000`, `"v":1.5e3`},
		{"a value with a fraction", `"v":5000`, `"v":5000.0`},
		{"a value as text", `"v":5000`, `"v":"5000"`},
		{"a value with a leading zero", `"v":5000`, `"v":05000`},
		{"a negative value", `"v":5000`, `"v":-5000`},
		{"a value of minus zero", `"v":5000`, `"v":-0`},
		{"a value of nothing", `"v":5000`, `"v":0`},
		{"a value of null", `"v":5000`, `"v":null`},
		{"a value beyond 64 bits", `"v":5000`, `"v":9223372036854775808`},
		{"a value beyond the highest", `"v":5000`, `"v":1000000000000`},
		{"no value", `"v":5000,`, ``},
		{"an audience list", `"aud":"rd"`, `"aud":["rd"]`},
		{"an audience list with ours", `"aud":"rd"`, `"aud":["x","rd"]`},
		{"no audience", `"aud":"rd",`, ``},
		{"an empty audience", `"aud":"rd"`, `"aud":""`},
		{"no issuer", `"iss":"J7",`, ``},
		{"an empty issuer", `"iss":"J7"`, `"iss":""`},
		{"no exp", `"exp":1792592000,`, ``},
		{"no nbf", `"nbf":1790000000,`, ``},
		{"exp as text", `"exp":1792592000`, `"exp":"1792592000"`},
		{"exp with a fraction", `"exp":1792592000`, `"exp":1792592000.5`},
		{"exp before nbf", `"exp":1792592000`, `"exp":1789999999`},
		{"exp beyond ten digits", `"exp":1792592000`, `"exp":17925920000`},
		{"a space", `,"p"`, `, "p"`},
		{"a claim in capitals", `"v":`, `"V":`},
		{"a needless escape", `"rd"`, `"\u0072d"`},
		{"no serial", `"jti":"0123456789ABCDEF",`, ``},
		{"a serial in small letters", `0123456789ABCDEF`, `0123456789abcdef`},
		{"a serial with a letter that is not Crockford's", `0123456789ABCDEF`, `I123456789ABCDEF`},
		{"a serial of 15", `0123456789ABCDEF`, `0123456789ABCDE`},
		{"a serial as printed", `0123456789ABCDEF`, `0123-4567-89AB-CDEF-77`},
		{"a negative index", `"x":4711`, `"x":-1`},
		{"an index beyond 32 bits", `"x":4711`, `"x":4294967296`},
		{"profile 0", `"p":1`, `"p":0`},
		{"profile 100", `"p":1`, `"p":100`},
		{"an empty binding", `"b":"z14"`, `"b":""`},
		{"a binding with a space", `"b":"z14"`, `"b":"z 4"`},
		{"a verifier of 15 bytes", `AQIDBAUGBwgJCgsMDQ4PEA`, `AQIDBAUGBwgJCgsMDQ4P`},
		{"a verifier with trailing bits", `AQIDBAUGBwgJCgsMDQ4PEA`, `AQIDBAUGBwgJCgsMDQ4PEB`},
		{"an empty verifier", `AQIDBAUGBwgJCgsMDQ4PEA`, ``},
		{"claims too large for the code", `"b":"z14","x":4711`, `"b":"z1414141","x":47110`},
	} {
		claims(ErrTokenClaims, c.name, c.old, c.new)
	}
	claims(ErrTokenAudience, "another audience", `"aud":"rd"`, `"aud":"rx"`)
	claims(ErrTokenAudience, "an audience in capitals", `"aud":"rd"`, `"aud":"RD"`)
	claims(ErrTokenIssuer, "another issuer", `"iss":"J7"`, `"iss":"K7"`)
	claims(ErrTokenManifest, "a profile that the lot has not", `"p":1`, `"p":3`)
	claims(ErrTokenManifest, "a value above the cap", `"v":5000`, `"v":1000000`)
	claims(ErrTokenManifest, "an index beyond the lot", `"x":4711`, `"x":1020000`)
	claims(ErrTokenManifest, "exp after the lot's", `"exp":1792592000`, `"exp":1792592001`)
	claims(ErrTokenManifest, "nbf before the lot's", `"nbf":1790000000`, `"nbf":1789999999`)
}
