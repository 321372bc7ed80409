package httpkit_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jate-cva/jate/internal/httpkit"
)

// A page of another origin changes nothing, and a request that does not say
// where it comes from changes nothing by a credential that travels by itself.
func TestASVS_3_5_1_credentials(t *testing.T) {
	var logged bytes.Buffer
	h := httpkit.Guard(ok, httpkit.NewLogger(&logged, slog.LevelInfo), httpkit.Limits{PerSecond: httpkit.AnyRate})
	for name, tt := range map[string]struct {
		method  string
		headers []string
		want    int
	}{
		"a page of our own":                  {"POST", []string{"Sec-Fetch-Site", "same-origin", "Cookie", "s=1"}, 204},
		"typed into the browser":             {"POST", []string{"Sec-Fetch-Site", "none"}, 204},
		"another site":                       {"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another site with a token":          {"POST", []string{"Sec-Fetch-Site", "cross-site", "Authorization", "Bearer x"}, 403},
		"another host of the site":           {"PUT", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"another origin":                     {"DELETE", []string{"Origin", "https://evil.example"}, 403},
		"another port":                       {"POST", []string{"Origin", "http://example.com:81"}, 403},
		"an origin that hides":               {"POST", []string{"Origin", "null"}, 403},
		"our own origin":                     {"POST", []string{"Origin", "http://example.com", "Cookie", "s=1"}, 204},
		"nothing said, no credential":        {"POST", nil, 204}, // a handheld's records prove themselves
		"nothing said, a token":              {"POST", []string{"Authorization", "Bearer x"}, 204},
		"nothing said, a cookie":             {"POST", []string{"Cookie", "s=1"}, 403},
		"nothing said, a token and a cookie": {"PATCH", []string{"Authorization", "bearer x", "Cookie", "s=1"}, 403},
		"nothing said, a kept password":      {"POST", []string{"Authorization", "Basic eDp5"}, 403},
		"nothing said, a ticket":             {"POST", []string{"Authorization", "Negotiate x"}, 403},
		"a link on another site":             {"GET", []string{"Sec-Fetch-Site", "cross-site", "Cookie", "s=1"}, 204},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := httptest.NewRequest(tt.method, "http://example.com/", nil), httptest.NewRecorder()
			for i := 0; i < len(tt.headers); i += 2 {
				r.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			h.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Fatalf("%d, want %d", w.Code, tt.want)
			}
			if tt.want != http.StatusForbidden {
				return
			}
			if p := problem(t, w); p.Code != "cross_origin" || !strings.Contains(logged.String(), p.Reference) {
				t.Errorf("%+v", p)
			}
		})
	}
}
