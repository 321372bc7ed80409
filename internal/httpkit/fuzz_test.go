package httpkit_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/internal/httpkit"
)

// What Body accepts is one JSON object, and encoding what was read again
// yields the same fields: nothing was dropped and nothing won over another.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"a":"x","b":{"c":[1,2]}}`, `{"a":"x","A":"y"}`, `{}{}`, `[`, `{"b":{"c":[1],"c":[]}}`, `{"d":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		type inner struct {
			C []int64 `json:"c"`
		}
		type wire struct {
			A *string `json:"a,omitempty"`
			B *inner  `json:"b,omitempty"`
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
		v, err := httpkit.Body[wire](r)
		if err != nil {
			return
		}
		var given, kept map[string]any
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal([]byte(text), &given) != nil || json.Unmarshal(again, &kept) != nil {
			t.Fatalf("accepted %q", text)
		}
		for name, value := range given {
			if value == nil {
				delete(given, name) // null and absent are the same
			}
		}
		lower := func(m map[string]any) []string {
			var names []string
			for name := range maps.Keys(m) {
				names = append(names, strings.ToLower(name))
			}
			slices.Sort(names)
			return names
		}
		if !slices.Equal(lower(given), lower(kept)) {
			t.Errorf("%q became %s", text, again)
		}
	})
}
