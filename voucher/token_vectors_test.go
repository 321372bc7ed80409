package voucher

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/fault"
)

var update = flag.Bool("update", false, "write testdata/vectors anew from fixed seeds")

// vectors returns what testdata/vectors holds under the name. The file must be
// what generate makes; with -update it is written first.
func vectors[T any](t testing.TB, name string, generate func(testing.TB) T) T {
	t.Helper()
	want := encodeVectors(t, generate(t))
	path := filepath.Join("testdata", "vectors", name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Fatalf("%s is not what the code writes now; if that is meant, run go test -run Vectors -update\n%s", name, d)
	}
	return decodeVectors[T](t, got)
}

func encodeVectors(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decodeVectors[T any](t testing.TB, b []byte) (v T) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

type refusedVector struct {
	Name string `json:"name"`
	JWS  string `json:"jws"`
	Code string `json:"code"`
	Now  int64  `json:"now,omitempty"` // instead of the file's
}

type tokenVectors struct {
	Root     Base64          `json:"root"`
	Manifest string          `json:"manifest"`
	Now      int64           `json:"now"`
	Valid    []tokenVector   `json:"valid"`
	Refused  []refusedVector `json:"refused"`
}

type tokenVector struct {
	Name   string          `json:"name"`
	JWS    string          `json:"jws"`
	Wire   string          `json:"wire"`
	Digits string          `json:"digits"`
	Claims json.RawMessage `json:"claims"`
	Hash   Hash            `json:"hash"`
	Tag    uint16          `json:"tag"`
}

// Every reader of vouchers agrees on these tokens: what is genuine, and why
// what is not is refused.
func TestTokenVectors(t *testing.T) {
	v := vectors(t, "tokens.json", generateTokens)
	m, err := ParseManifest(v.Manifest, ed25519.PublicKey(v.Root))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := NewKeySet(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Valid {
		t.Run(c.Name, func(t *testing.T) {
			claims, err := Verify(c.JWS, keys, time.Unix(v.Now, 0))
			if err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, c.Claims); err != nil {
				t.Fatal(err)
			}
			if got, err := canonical(claims.json()); err != nil || string(got) != compact.String() {
				t.Errorf("claims %s, %v", got, err)
			}
			fromWire, err := ParseWire(c.Wire)
			if err != nil || string(fromWire) != c.JWS {
				t.Errorf("ParseWire = %s, %v", fromWire, err)
			}
			fromDigits, err := ParseDigits(c.Digits)
			if err != nil || string(fromDigits) != c.JWS {
				t.Errorf("ParseDigits = %s, %v", fromDigits, err)
			}
			if fromWire.Hash() != c.Hash || IssuanceTag(fromWire) != c.Tag {
				t.Error("hash or issuance tag differ")
			}
		})
	}
	checkRefused(t, v.Refused, 80, func(c refusedVector) error {
		now := v.Now
		if c.Now != 0 {
			now = c.Now
		}
		_, err := Verify(c.JWS, keys, time.Unix(now, 0))
		return err
	})
}

// checkRefused fails where a vector is accepted or refused for another
// reason, and where vectors have been lost.
func checkRefused(t *testing.T, vs []refusedVector, least int, parse func(refusedVector) error) {
	t.Helper()
	if len(vs) < least {
		t.Errorf("%d refused vectors, want %d", len(vs), least)
	}
	for _, c := range vs {
		t.Run(c.Name, func(t *testing.T) {
			err := parse(c)
			if e := fault.Of(err); e == nil || e.Code != c.Code {
				t.Errorf("%v, want %s", err, c.Code)
			}
		})
	}
}

func generateTokens(t testing.TB) tokenVectors {
	root := seedKey("root")
	manifest, err := SignManifest(root, testLot())
	if err != nil {
		t.Fatal(err)
	}
	v := tokenVectors{Root: Base64(public(root)), Manifest: manifest, Now: testNow.Unix(), Refused: refusedTokens(t)}
	kilos, pinOnly := testClaims(), testClaims()
	kilos.Profile, kilos.Value = 2, 5_000
	pinOnly.HasVerifier, pinOnly.Verifier, pinOnly.Binding = false, [16]byte{}, "mopti-14"
	for _, c := range []struct {
		name   string
		claims Claims
	}{
		{"with a scratch secret", testClaims()}, {"the largest", largestClaims()},
		{"kilos of rice", kilos}, {"a PIN only", pinOnly},
	} {
		token := mustSign(t, c.claims)
		payload, err := canonical(c.claims.json())
		if err != nil {
			t.Fatal(err)
		}
		v.Valid = append(v.Valid, tokenVector{c.name, string(token), token.Wire(), token.Digits(), payload, token.Hash(), IssuanceTag(token)})
	}
	return v
}
