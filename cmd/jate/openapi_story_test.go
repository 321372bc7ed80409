package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/access/staff/provider/providertest"
	"github.com/jate-cva/jate/access/staff/softkey"
)

// story is the server of the demo, with a round that is played over HTTP alone
// and through the contract.
type story struct {
	*demo
	t        *testing.T
	contract *contract
	http     *http.Client

	lot        string
	phones     map[string]*demoPhone  // by who has them: officer, v1, v2 …
	colleagues map[string]softkey.Key // who sign in, named @NAME

	openCase string // about what is paid later

	paying map[string]answer // files that order payments, which cannot be had again once they are made

	// staffed says who is whom, and in which roles; nil where each is a person
	// with one role. trial stands before each request and may try it otherwise;
	// instead stands after it and may take another answer.
	staffed func(who string) (person string, held []access.Role)
	trial   func(who, method, path string, body any)
	instead func(who, method, path string, body any, a answer) answer
	forger  *providertest.Forger
}

func newStory(t *testing.T, c *contract) *story {
	t.Helper()
	d := &demo{development: true, dir: t.TempDir(), rnd: mathrand.New(mathrand.NewPCG(1, 1)), out: &progress{io.Discard},
		clock: &demoClock{now: time.Now().UTC().Truncate(time.Second).AddDate(0, 0, -60)}}
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	})
	f := providertest.New(t, d.clock.Now)
	d.providers = []*provider.Provider{f.Provider(t)}
	if err := d.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &story{forger: f, demo: d, t: t, contract: c, http: &http.Client{Transport: c}, phones: map[string]*demoPhone{}, colleagues: map[string]softkey.Key{}, paying: map[string]answer{}}
}

// in makes t the test that complaints go to.
func (s *story) in(t *testing.T) { s.t, s.contract.t = t, t }

// token is a new access token: days pass in a story. Who is a role, or
// "second" and a role.
func (s *story) token(who string) string {
	s.t.Helper()
	if name, ok := strings.CutPrefix(who, "@"); ok {
		return s.signedIn(name).Access
	}
	g := access.Grant{Staff: strings.ReplaceAll(who, " ", "-"), Programme: demoProgramme,
		Roles: []access.Role{access.Role(strings.TrimPrefix(who, "second "))}}
	if s.staffed != nil {
		g.Staff, g.Roles = s.staffed(who)
	}
	token, err := s.app.authority.Mint(g)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// idOf is the staff identifier of somebody of the story.
func (s *story) idOf(who string) string {
	if s.staffed == nil {
		return strings.ReplaceAll(who, " ", "-")
	}
	id, _ := s.staffed(who)
	return id
}

// same reports whether two of the story are one person.
func (s *story) same(a, b string) bool {
	if s.staffed == nil {
		return a == b
	}
	one, _ := s.staffed(a)
	other, _ := s.staffed(b)
	return one == other
}

// answer is what the server said.
type answer struct {
	t      *testing.T
	status int
	raw    []byte
	value  any
}

// at follows names and indices into the answer.
func (a answer) at(path ...any) any {
	v := a.value
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (a answer) text(path ...any) string { text, _ := a.at(path...).(string); return text }

func (a answer) list(path ...any) []any { list, _ := a.at(path...).([]any); return list }

// need is text that must be there.
func (a answer) need(path ...any) string {
	a.t.Helper()
	text := a.text(path...)
	if text == "" {
		a.t.Fatalf("no %v in\n%s", path, shortly(a.raw))
	}
	return text
}

// upload is a body that is not JSON.
type upload struct{ media, content string }

// field is a body in JSON.
type field = map[string]any

type whoKey struct{}

// ask has somebody send a request, "" nobody, and expects an answer between 200
// and 299.
func (s *story) ask(who, method, path string, body any) answer {
	s.t.Helper()
	if s.trial != nil {
		s.trial(who, method, path, body)
	}
	a := s.send(s.request(who, method, path, body))
	if s.instead != nil {
		a = s.instead(who, method, path, body, a)
	}
	if a.status >= http.StatusMultipleChoices {
		s.t.Fatalf("%s: %s %s answered %d\n%s", who, method, path, a.status, shortly(a.raw))
	}
	return a
}

func (s *story) get(who, path string) answer {
	s.t.Helper()
	return s.ask(who, http.MethodGet, path, nil)
}

func (s *story) post(who, path string, body any) answer {
	s.t.Helper()
	return s.ask(who, http.MethodPost, path, body)
}

func (s *story) request(who, method, path string, body any) *http.Request {
	s.t.Helper()
	var content []byte
	media := ""
	switch b := body.(type) {
	case nil:
	case upload:
		content, media = []byte(b.content), b.media
	default:
		var err error
		if content, err = json.Marshal(b); err != nil {
			s.t.Fatal(err)
		}
		media = "application/json"
	}
	r, err := http.NewRequestWithContext(context.WithValue(s.t.Context(), whoKey{}, who), method, s.address+path, bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+s.token(who))
	}
	if method != http.MethodGet {
		r.Header.Set("Idempotency-Key", s.key())
	}
	return r
}

func (s *story) send(r *http.Request) answer {
	s.t.Helper()
	res, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{t: s.t, status: res.StatusCode}
	if a.raw, err = readAll(res.Body); err != nil {
		s.t.Fatal(err)
	}
	if media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";"); strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json") {
		if err := json.Unmarshal(a.raw, &a.value); err != nil {
			s.t.Fatal(err)
		}
	}
	return a
}

// repeat sends the request by which an operation succeeded, changed.
func (s *story) repeat(t *testing.T, name string, change func(*http.Request)) answer {
	t.Helper()
	s.in(t)
	first := s.contract.done[name]
	body, err := first.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	content, err := readAll(body)
	if err != nil {
		t.Fatal(err)
	}
	who, _ := first.Context().Value(whoKey{}).(string)
	r := withBody(first.WithContext(context.WithValue(t.Context(), whoKey{}, who)), content)
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+s.token(who))
	}
	change(r)
	return s.send(r)
}

// refused is repeat where a refusal is expected.
func (s *story) refused(t *testing.T, name string, status int, code string, change func(*http.Request)) {
	t.Helper()
	a := s.repeat(t, name, change)
	if a.status != status || a.text("code") != code {
		t.Errorf("%d %s, want %d %s", a.status, a.text("code"), status, code)
	}
}

// keyOfAnother is a key that the same person has used for another command, or
// "" if there is none.
func (s *story) keyOfAnother(name string) string {
	who := s.contract.done[name].Context().Value(whoKey{})
	for other, op := range s.contract.operations() {
		r := s.contract.done[other]
		if other != name && takesKey(op) && r.Context().Value(whoKey{}) == who {
			return r.Header.Get("Idempotency-Key")
		}
	}
	return ""
}

// tell plays the round. Each part goes on where the one before ended.
func (s *story) tell(t *testing.T) {
	s.in(t)
	for _, part := range []func(){s.service, s.fund, s.traders, s.terms, s.handhelds, s.list, s.round, s.papers, s.activate, s.sell,
		s.care, s.complaints, s.sampled, s.claims, s.cases, s.papersOfTraders, s.owed, s.settle, s.books, s.end, s.housekeeping, s.people} {
		part()
	}
}

func (s *story) service() {
	for _, path := range []string{"/livez", "/readyz", "/api/v1/keys"} {
		s.get("", path)
	}
}

func francs(n int) field { return field{"amount": fmt.Sprint(n), "asset": "XOF/0"} }

func (s *story) now(days int) string { return s.clock.Now().AddDate(0, 0, days).Format(time.RFC3339) }

func (s *story) pass(d time.Duration) { s.clock.set(s.clock.Now().Add(d)) }
