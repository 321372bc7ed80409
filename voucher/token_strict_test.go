package voucher

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/fault"
)

// signedKind is one kind of signed text, for the tests that all kinds must pass.
type signedKind struct {
	name, typ, kid string
	key            ed25519.PrivateKey
	good           string
	max            int   // bytes that are looked at; a request is first asked whose it is, like a record
	form           error // refuses a payload in another form
	parse          func(string) error
}

func signedKinds(t *testing.T) []signedKind {
	t.Helper()
	root, beacon, handheld, keys := seedKey("root"), seedKey("beacon"), seedKey("handheld"), testKeys(t)
	_, records := testRecords(t)
	must := func(jws string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return jws
	}
	record := func(s string) error { _, _, err := ParseRecord(s, public(handheld)); return err }
	return []signedKind{
		{"voucher", "ev+jwt", "k7Qz", seedKey("lot"), string(mustSign(t, testClaims())), 1024, ErrTokenClaims,
			func(s string) error { _, err := Verify(s, keys, testNow); return err }},
		{"receipt", "evr+jwt", string(testHandheld), handheld, records[2], 8 << 10, ErrSignedForm, record},
		{"activation", "eva+jwt", string(testHandheld), handheld, records[0], 8 << 10, ErrSignedForm, record},
		{"cancellation", "evc+jwt", string(testHandheld), handheld, records[4], 8 << 10, ErrSignedForm, record},
		{"request", "evreq+jwt", string(testHandheld), handheld, must(SignRequest(Request{Handheld: testHandheld, Method: "GET", Path: "/x", Body: HashOf(""), Nonce: "n", Counter: 1}, handheld)),
			8 << 10, ErrSignedForm, func(s string) error { _, err := ParseRequest(s, public(handheld)); return err }},
		{"manifest", "evm+jwt", KeyID(public(root)), root, must(SignManifest(root, testLot())), 96 << 10, ErrSignedForm,
			func(s string) error { _, err := ParseManifest(s, public(root)); return err }},
		{"bundle", "evz+jwt", KeyID(public(beacon)), beacon, must(signAsKeyID(typBundle, beacon, testBundle(t, root, beacon))), 32 << 20, ErrSignedForm,
			func(s string) error { _, err := ParseBundle(s, public(beacon)); return err }},
		{"acknowledgement", "evk+jwt", KeyID(public(beacon)), beacon, must(SignAck(Ack{Handheld: testHandheld, Seq: 1, Head: HashOf("x"), Time: 1, Nonce: "n"}, beacon)), 256 << 10, ErrSignedForm,
			func(s string) error { _, err := ParseAck(s, public(beacon)); return err }},
		{"beacon", "evb+jwt", KeyID(public(beacon)), beacon, must(SignBeacon(Beacon{Handheld: testHandheld, Time: 1, Nonce: "n"}, beacon)), 8 << 10, ErrSignedForm,
			func(s string) error { _, err := ParseBeacon(s, public(beacon)); return err }},
	}
}

func (k signedKind) payload(t *testing.T) string { return string(payloadOf(t, k.good)) }

// with signs the payload under another header.
func (k signedKind) with(header, payload string) string {
	covered := encodeSegment([]byte(header)) + "." + encodeSegment([]byte(payload))
	return covered + "." + encodeSegment(ed25519.Sign(k.key, []byte(covered)))
}

func (k signedKind) says(payload string) string { return k.with(jwsHeader(k.kid, k.typ), payload) }

// member is one member of a JSON object, as it stands.
type member struct {
	name  string
	value json.RawMessage
}

func membersOf(t *testing.T, payload string) []member {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(payload))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var all []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		m := member{name: name.(string)}
		if err := d.Decode(&m.value); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func object(members ...member) string {
	var b bytes.Buffer
	for i, m := range members {
		fmt.Fprintf(&b, "%c%q:%s", "{,"[min(i, 1)], m.name, m.value)
	}
	return b.String() + "}"
}

var firstNumber = regexp.MustCompile(`:(\d+)([,}\]])`)

// The rules for signed texts that RFC 8725 asks for and golang-jwt holds only in
// part, one after another, for every kind of text that has a signature. Access
// tokens have the same table in package access.
func TestStrictJWT(t *testing.T) {
	kinds := signedKinds(t)
	refuse := func(t *testing.T, k signedKind, name, jws string, want error) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			if err := k.parse(jws); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
	rows := []struct {
		name  string
		check func(*testing.T, signedKind)
	}{
		{"the algorithm is EdDSA, and no other, none or symmetric one", func(t *testing.T, k signedKind) {
			for _, alg := range []string{"none", "None", "HS256", "HS512", "ES256", "RS256", "Ed25519", "eddsa", ""} {
				refuse(t, k, "alg "+alg, k.with(strings.Replace(jwsHeader(k.kid, k.typ), "EdDSA", alg, 1), k.payload(t)), ErrSignedHeader)
			}
			seg := strings.Split(k.good, ".")
			refuse(t, k, "no signature", seg[0]+"."+seg[1]+".", ErrSignedSegments)
			text := encodeSegment([]byte(strings.Replace(jwsHeader(k.kid, k.typ), "EdDSA", "HS256", 1))) + "." + seg[1]
			mac := hmac.New(sha256.New, public(k.key))
			mac.Write([]byte(text))
			refuse(t, k, "HS256 with the public key", text+"."+encodeSegment(mac.Sum(nil)), ErrSignedHeader)
			refuse(t, k, "another key", signCompact(k.kid, k.typ, []byte(k.payload(t)), seedKey("other")), ErrSignature)
			refuse(t, k, "a changed signature", seg[0]+"."+seg[1]+"."+encodeSegment(make([]byte, 64)), ErrSignature)
		}},
		{"every member is required, exp and nbf among them", func(t *testing.T, k signedKind) {
			all := membersOf(t, k.payload(t))
			for i, m := range all {
				if k.name == "voucher" && m.name == "h" {
					continue // absent in PIN-only mode
				}
				rest := append(append([]member{}, all[:i]...), all[i+1:]...)
				if err := k.parse(k.says(object(rest...))); fault.KindOf(err) != fault.Invalid {
					t.Errorf("without %s: %v", m.name, err)
				}
				null := append(append(append([]member{}, all[:i]...), member{m.name, json.RawMessage("null")}), all[i+1:]...)
				if err := k.parse(k.says(object(null...))); fault.KindOf(err) != fault.Invalid {
					t.Errorf("with %s null: %v", m.name, err)
				}
			}
		}},
		{"iat and other claims of RFC 7519 are unknown", func(t *testing.T, k signedKind) {
			for _, name := range []string{"iat", "sub", "cnf", "__proto__"} {
				refuse(t, k, name, k.says(object(append(membersOf(t, k.payload(t)), member{name, json.RawMessage("1")})...)), k.form)
			}
		}},
		{"base64url is strict and without padding", func(t *testing.T, k signedKind) {
			seg := strings.Split(k.good, ".")
			for i := range seg {
				for name, c := range map[string]string{"line feed": "\n", "CR": "\r", "CR LF": "\r\n", "space": " ", "padding": "=", "plus": "+", "slash": "/", "NUL": "\x00", "beyond ASCII": "é"} {
					parts := append([]string{}, seg...)
					parts[i] = parts[i][:4] + c + parts[i][4:]
					refuse(t, k, fmt.Sprintf("%s in segment %d", name, i), strings.Join(parts, "."), ErrSignedAlphabet)
				}
			}
			refuse(t, k, "padding at the end", k.good+"==", ErrSignedAlphabet)
			refuse(t, k, "trailing bits", k.good[:len(k.good)-1]+string(rune(otherLowBit(k.good[len(k.good)-1]))), ErrSignedEncoding)
			refuse(t, k, "the JSON serialization", `{"payload":"`+seg[1]+`","protected":"`+seg[0]+`","signature":"`+seg[2]+`"}`, ErrSignedAlphabet)
			refuse(t, k, "four segments", k.good+"."+seg[2], ErrSignedSegments)
		}},
		{"the type is explicit", func(t *testing.T, k signedKind) {
			h := jwsHeader(k.kid, k.typ)
			for name, header := range map[string]string{
				"JWT": strings.Replace(h, k.typ, "JWT", 1), "capitals": strings.Replace(h, k.typ, strings.ToUpper(k.typ), 1),
				"a media type": strings.Replace(h, k.typ, "application/"+k.typ, 1), "none": `{"alg":"EdDSA","kid":"` + k.kid + `"}`,
				"two": strings.Replace(h, `"typ"`, `"typ":"JWT","typ"`, 1),
			} {
				refuse(t, k, name, k.with(header, k.payload(t)), ErrSignedHeader)
			}
		}},
		{"crit, b64 and keys in the header are refused", func(t *testing.T, k signedKind) {
			for _, more := range []string{`"crit":["exp"]`, `"b64":false`, `"crit":["b64"],"b64":false`, `"jku":"https://example.org"`, `"x5u":"https://example.org"`,
				`"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + base64.RawURLEncoding.EncodeToString(public(k.key)) + `"}`, `"zip":"DEF"`, `"cty":"JWT"`} {
				h := jwsHeader(k.kid, k.typ)
				refuse(t, k, more+" behind", k.with(h[:len(h)-1]+","+more+"}", k.payload(t)), ErrSignedHeader)
				refuse(t, k, more+" in front", k.with("{"+more+","+h[1:], k.payload(t)), ErrSignedHeader)
			}
			refuse(t, k, "space", k.with(strings.Replace(jwsHeader(k.kid, k.typ), ",", ", ", 1), k.payload(t)), ErrSignedHeader)
			refuse(t, k, "order", k.with(`{"typ":"`+k.typ+`","alg":"EdDSA","kid":"`+k.kid+`"}`, k.payload(t)), ErrSignedHeader)
		}},
		{"the payload has one form", func(t *testing.T, k signedKind) {
			all := membersOf(t, k.payload(t))
			for i, m := range all {
				twice := append(append(append([]member{}, all[:i+1]...), m), all[i+1:]...)
				refuse(t, k, m.name+" twice", k.says(object(twice...)), k.form)
			}
			refuse(t, k, "an unknown member", k.says(object(append(all, member{"extra", json.RawMessage(`""`)})...)), k.form)
			refuse(t, k, "another order", k.says(object(append(all[1:len(all):len(all)], all[0])...)), k.form)
			refuse(t, k, "space", k.says(strings.Replace(k.payload(t), ",", ", ", 1)), k.form)
			refuse(t, k, "a line end behind", k.says(k.payload(t)+"\n"), k.form)
			refuse(t, k, "a second value", k.says(k.payload(t)+"{}"), k.form)
			refuse(t, k, "a byte order mark", k.says("\ufeff"+k.payload(t)), k.form)
			refuse(t, k, "a needless escape", k.says(strings.Replace(k.payload(t), `{"`, fmt.Sprintf(`{"\u%04x`, k.payload(t)[2]), 1)[:8]+k.payload(t)[3:]), k.form)
			for _, number := range []string{`:${1}e0$2`, `:${1}.0$2`, `:0${1}$2`, `:"$1"$2`, `:1.5e3$2`, `:-0$2`, `:99999999999999999999$2`, `:NaN$2`} {
				if at := firstNumber.FindStringIndex(k.payload(t)); at != nil {
					refuse(t, k, "a number as "+number, k.says(k.payload(t)[:at[0]]+firstNumber.ReplaceAllString(k.payload(t)[at[0]:at[1]], number)+k.payload(t)[at[1]:]), k.form)
				}
			}
			for _, p := range []string{"null", "[]", "0", `""`, "{}", "\xff"} {
				if err := k.parse(k.says(p)); fault.KindOf(err) != fault.Invalid {
					t.Errorf("payload %q: %v", p, err)
				}
			}
		}},
		{"length comes before everything", func(t *testing.T, k signedKind) {
			refuse(t, k, "a byte more", strings.Repeat("A", k.max+1), ErrSignedTooLong)
			refuse(t, k, "a byte more, of a good one", k.good+strings.Repeat("\x00", k.max+1-len(k.good)), ErrSignedTooLong)
			if k.max <= 1<<20 {
				refuse(t, k, "a megabyte", strings.Repeat("\n", 1<<20+1), ErrSignedTooLong)
			}
		}},
		{"each purpose has its own type, and the key of one is not that of another", func(t *testing.T, k signedKind) {
			for _, o := range kinds {
				if o.typ == k.typ {
					continue
				}
				record := strings.HasPrefix(k.typ, "ev") && k.max == 8<<10 && k.name != "beacon" && o.max == 8<<10 && o.name != "beacon"
				if !record { // one parser reads the three kinds of record
					if err := k.parse(o.good); fault.KindOf(err) != fault.Invalid {
						t.Errorf("a %s as it is: %v", o.name, err)
					}
					want := error(ErrSignedHeader)
					if len(o.good)+len(k.kid) > k.max {
						want = ErrSignedTooLong
					}
					refuse(t, k, "a "+o.name+" signed by its key", signCompact(k.kid, o.typ, []byte(o.payload(t)), k.key), want)
				}
				if err := k.parse(signCompact(k.kid, k.typ, []byte(o.payload(t)), k.key)); fault.KindOf(err) != fault.Invalid {
					t.Errorf("what a %s says: %v", o.name, err)
				}
			}
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, k := range kinds {
				t.Run(k.name, func(t *testing.T) {
					if err := k.parse(k.good); err != nil {
						t.Fatalf("the good one: %v", err)
					}
					if got := k.says(k.payload(t)); got != k.good {
						t.Fatalf("built again it is another: %s", got)
					}
					row.check(t, k)
				})
			}
		})
	}
	// What only a voucher has: dates, issuer and audience.
	t.Run("issuer, audience and dates of a voucher", func(t *testing.T) {
		k := kinds[0]
		change := func(old, new string) string {
			changed := strings.Replace(k.payload(t), old, new, 1)
			if changed == k.payload(t) {
				t.Fatalf("%q is not in it", old)
			}
			return k.says(changed)
		}
		refuse(t, k, "another issuer", change(`"iss":"J7"`, `"iss":"K7"`), ErrTokenIssuer)
		refuse(t, k, "another audience", change(`"aud":"rd"`, `"aud":"rx"`), ErrTokenAudience)
		refuse(t, k, "a list of audiences with ours", change(`"aud":"rd"`, `"aud":["rd"]`), ErrTokenClaims)
		refuse(t, k, "exp as a fraction", change(`"exp":1792592000`, `"exp":1792592000.5`), ErrTokenClaims)
		refuse(t, k, "exp before nbf", change(`"exp":1792592000`, `"exp":1789999999`), ErrTokenClaims)
		for now, want := range map[time.Time]error{testNotBefore.Add(-time.Second): ErrTokenNotYet, testNotBefore: nil, testExpires.Add(-time.Nanosecond): nil, testExpires: ErrTokenExpired} {
			if _, err := Verify(k.good, testKeys(t), now); !errors.Is(err, want) {
				t.Errorf("at %v: %v, want %v", now, err, want)
			}
		}
		refuse(t, k, "a kid in no manifest", k.with(jwsHeader("zzzz", k.typ), k.payload(t)), ErrTokenKey)
	})
}
