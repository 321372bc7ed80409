package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The office's pages, the trader's application and the API have names of their
// own, and none is served under another's.
func TestASVS_3_5_4(t *testing.T) {
	s := runServer(t, func(_ string, c *appConfig) {
		c.url, c.handheldHost, c.apiHost = "https://office.example", "shop.example", "api.example"
	})
	ask := func(host, path string, edit ...func(*http.Request)) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		for _, e := range edit {
			e(r)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	const unknown = http.StatusNotFound
	for path, reached := range map[string]string{
		"/office/":                   "office.example",
		"/handheld/":                 "shop.example",
		"/api/v1/me":                 "office.example api.example",
		"/api/v1/handhelds/x/bundle": "office.example shop.example api.example",
		"/api/v1/keys":               "office.example shop.example api.example",
		"/readyz":                    "office.example shop.example api.example 127.0.0.1 other.example",
	} {
		for _, host := range []string{"office.example", "shop.example", "api.example", "127.0.0.1", "other.example", "OFFICE.example:443"} {
			name, _, _ := strings.Cut(strings.ToLower(host), ":")
			status, body := ask(host, path)
			if refused := status == unknown; refused == strings.Contains(" "+reached+" ", " "+name+" ") {
				t.Errorf("%s under %s: %d %.100s", path, host, status, body)
			}
		}
	}
	if status, body := ask("api.example", "/api/v1/me", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-sid", Value: "x"}) }); !strings.Contains(body, "unauthenticated") {
		t.Errorf("a cookie under the API's name: %d %s", status, body)
	}
	for _, wrong := range [][3]string{{"https://a.example", "a.example", ""}, {"https://a.example", "b.example", "b.example"}, {"", "b.example", ""}, {"https://a.example", "https://b.example", ""}} {
		if _, err := newHosts(wrong[0], wrong[1], wrong[2]); err == nil {
			t.Errorf("taken: %v", wrong)
		}
	}
}
