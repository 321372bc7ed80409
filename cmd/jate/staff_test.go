package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/softkey"
)

// call sends a command in JSON to a running server, with what change adds, and
// decodes the answer.
func (r *running) call(t *testing.T, method, path string, body any, change func(*http.Request)) (*http.Response, answer) {
	t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.address+path, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(q)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{t: t, status: res.StatusCode}
	if a.raw, err = readAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.raw, &a.value); err != nil {
		t.Fatalf("%s: %s", path, a.raw)
	}
	return res, a
}

// firstCookie has the first administrator of programme p1 accept, as a browser
// does, and returns the session's cookie.
func (r *running) firstCookie(t *testing.T) (*http.Cookie, softkey.Key) {
	t.Helper()
	code, err := r.people.First(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, o := r.call(t, http.MethodPost, "/api/v1/invitations/opening", field{"code": code, "name": "awa"}, nil)
	key, made, err := softkey.Create(r.cfg.url, o.passkey("offer", "passkey"))
	if err != nil {
		t.Fatal(err)
	}
	res, a := r.call(t, http.MethodPost, "/api/v1/invitations/acceptance",
		field{"code": code, "name": "awa", "ceremony": o.need("offer", "ceremony"), "passkey": made, "programme": "p1"}, nil)
	if len(res.Cookies()) != 1 {
		t.Fatalf("%d %s, %d cookies", res.StatusCode, a.raw, len(res.Cookies()))
	}
	return res.Cookies()[0], key
}

// The session's cookie stays with this host and TLS, no script reads it and no
// other site has it sent.
func TestASVS_3_3_3(t *testing.T) {
	s := runServer(t, nil)
	c, _ := s.firstCookie(t)
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("%+v", c)
	}
	if strings.Contains(s.log.String(), c.Value) {
		t.Error("the cookie is in the log")
	}
	by := func(origin string) func(*http.Request) {
		return func(r *http.Request) {
			r.AddCookie(c)
			if origin != "" {
				r.Header.Set("Origin", origin)
			}
		}
	}
	if _, a := s.call(t, http.MethodGet, "/api/v1/me", nil, by("")); a.text("name") != "awa" {
		t.Errorf("%s", a.raw)
	}
	// What changes something must come from our own pages.
	for origin, want := range map[string]int{"": http.StatusForbidden, "https://evil.example": http.StatusForbidden, "http://" + s.address: http.StatusOK} {
		if res, a := s.call(t, http.MethodPost, "/api/v1/me/factors/offer", field{}, by(origin)); res.StatusCode != want {
			t.Errorf("from %q: %d %s", origin, res.StatusCode, a.raw)
		}
	}
	// The administrator's role counts on every route.
	if res, a := s.call(t, http.MethodPost, "/api/v1/programmes", field{"name": "One"}, func(r *http.Request) {
		by("http://" + s.address)(r)
		r.Header.Set("Idempotency-Key", "k")
	}); res.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", res.StatusCode, a.raw)
	}
}

// Over HTTP as well, a token without a session is believed in a folder for
// development alone.
func TestServe_development(t *testing.T) {
	s := runServer(t, nil)
	token := s.token(t, access.RoleAdministrator)
	people, err := staff.New(staff.Config{Store: s.db.Staff(), Authority: s.authority, Data: s.keys.data, Now: s.cfg.now, URL: usualURL, Organisation: "ngo.example"})
	if err != nil {
		t.Fatal(err)
	}
	r := programme(t, "http://"+s.address, token)
	if _, err := s.people.Authenticate(t.Context(), r); err != nil {
		t.Error(err)
	}
	if _, err := people.Authenticate(t.Context(), r); err == nil {
		t.Error("a token that nobody signed in for is believed")
	}
}
