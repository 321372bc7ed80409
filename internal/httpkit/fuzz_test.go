package httpkit_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

// What Body accepts is one JSON object in which no field is given twice, and
// writing what was read yields the same fields with the same values: nothing
// was dropped, nothing won over another, no number changed or was made up.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x","b":{"c":[1,2]}}`, `{"a":"x","A":"y"}`, `{}{}`, `[`, `{"b":{"c":[1],"c":[]}}`, `{"d":1}`,
		`{"value":{"amount":"10.50","asset":"RICE-KG/2"},"at":"2026-11-22T12:00:00Z","map":{"k":"é","K":null},"yes":true,"n":9007199254740993}`,
		`{"list":[{"c":[]},{"c":[-1]}],"b":{"c":[null]}}`, `{"list":[{"c":[]},null,{"c":[-1]}]}`, `{"list":[{"c":[]},{"c":[-1]}],"a":"\ud83d\ude00\u0000"}`, `{"ſ":1,"s":2}`, `{"n":1e2}`, `{"n":-0}`, `{"a":"\ud800"}`, `null`, ` {"a" : null } `,
	} {
		f.Add([]byte(seed))
	}
	type inner struct {
		C []int64 `json:"c"`
	}
	type wire struct {
		A     *string            `json:"a"`
		B     *inner             `json:"b"`
		List  []*inner           `json:"list"`
		Map   map[string]*string `json:"map"`
		Value *money.Amount      `json:"value"`
		At    *time.Time         `json:"at"`
		Yes   *bool              `json:"yes"`
		N     *int64             `json:"n"`
	}
	header := http.Header{"Content-Type": {"application/json"}}
	body := func(text []byte) (wire, error) {
		return httpkit.Body[wire](&http.Request{Method: http.MethodPost, Header: header, Body: io.NopCloser(bytes.NewReader(text))})
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := body(text)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("a refusal without a kind: %v", err)
			}
			return
		}
		if _, err := jcs.Transform(text); err != nil {
			t.Fatalf("%q is accepted, and another parser refuses it: %v", text, err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := body(again); err != nil || !reflect.DeepEqual(norm(t, again), norm(t, mustJSON(t, back))) {
			t.Fatalf("%q is written %s, which reads as %+v, %v", text, again, back, err)
		}
		if given, kept := norm(t, text), norm(t, again); !reflect.DeepEqual(given, kept) {
			t.Fatalf("%q became %s:\n%v\n%v", text, again, given, kept)
		}
	})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// norm decodes a text into what it says, whatever the case of its fields' names
// and whether nothing is null or not there. Amounts and times, which have
// several spellings, are left to their own tests.
func norm(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("accepted %q: %v", text, err)
	}
	m, ok := v.(map[string]any) // null is an object without fields
	if !ok && v != nil {
		t.Fatalf("accepted %q", text)
	}
	out := map[string]any{}
	for name, value := range m {
		// Up and down again, as "ſ" is a small letter of its own.
		switch name = strings.ToLower(strings.ToUpper(name)); name {
		case "map":
			out[name] = value
		case "value", "at":
		default:
			out[name] = plain(value)
		}
		if out[name] == nil {
			delete(out, name)
		}
	}
	return out
}

// plain is norm within a value.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if value = plain(value); value != nil {
				out[strings.ToLower(strings.ToUpper(name))] = value
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case json.Number:
		if v == "-0" {
			return json.Number("0") // one whole number with two spellings
		}
	}
	return v
}
