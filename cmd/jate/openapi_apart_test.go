package main

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
)

// otherProgramme is another organisation's, in the same server.
const otherProgramme = "other-ngo"

// visitor is a token in the other programme.
func (s *story) visitor(role string) string {
	s.t.Helper()
	token, err := s.app.authority.Mint(access.Grant{Staff: "visitor-" + role, Programme: otherProgramme, Roles: []access.Role{access.Role(role)}})
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// apart repeats every request of staff that succeeded from another programme, in
// a role that the route allows, another one for each route (ASVS 8.2.2, 8.4.1): something of the first
// programme is to it as something that does not exist, and nothing of it is in
// any answer.
func (s *story) apart(t *testing.T) {
	s.in(t)
	r := s.request("", http.MethodPost, "/api/v1/programmes", field{"name": "Another NGO"})
	s.visit(r, "administrator")
	a := s.send(r)
	if a.status != http.StatusCreated {
		t.Fatalf("another programme: %d\n%s", a.status, shortly(a.raw))
	}
	marks := s.marks()
	operations, asked := s.contract.operations(), 0
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		allowed, byStaff := roles(operations[name])
		if !byStaff {
			continue
		}
		_, path, _ := strings.Cut(name, " ")
		of := strings.Contains(path, "{")
		held := slices.Sorted(maps.Keys(allowed))
		role := held[asked%len(held)]
		asked++
		said := ""
		here := s.repeat(t, name, func(r *http.Request) {
			s.visit(r, role)
			said = s.said(r)
		})
		for _, mark := range marks {
			if here.status < http.StatusBadRequest && bytes.Contains(here.raw, []byte(`"`+mark+`"`)) && !strings.Contains(said, mark) {
				t.Errorf("%s as %s: %q of another programme is in the answer\n%s", name, role, mark, shortly(here.raw))
			}
		}
		if !of || answersUnknown[name] || ofTheServer[name] || here.text("code") == errShared.Code {
			continue
		}
		nowhere := s.repeat(t, name, func(r *http.Request) {
			s.visit(r, role)
			r.URL.Path = pathParameter.ReplaceAllString(path, "0000000000000000")
		})
		if here.status != nowhere.status || here.text("code") != nowhere.text("code") {
			t.Errorf("%s as %s: %d %s of another programme's, %d %s of what does not exist", name, role,
				here.status, here.text("code"), nowhere.status, nowhere.text("code"))
		}
	}
	if asked < 180 {
		t.Errorf("only %d requests", asked)
	}
}

// ofTheServer lists what asks of something that no programme has.
var ofTheServer = map[string]bool{"GET /api/v1/banks/{id}/lines": true}

// visit has a request come from the other programme.
func (s *story) visit(r *http.Request, role string) {
	r.Header.Set("Authorization", "Bearer "+s.visitor(role))
	if r.Header.Get("Idempotency-Key") != "" {
		r.Header.Set("Idempotency-Key", s.key())
	}
}

// said is what a request says itself, and may be told again.
func (s *story) said(r *http.Request) string {
	body, err := r.GetBody()
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := readAll(body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.URL.Path + "?" + r.URL.RawQuery + string(text)
}

// marks are the ids of the first programme, as requests named them.
func (s *story) marks() []string {
	found := map[string]bool{}
	for name, r := range s.contract.done {
		_, path, _ := strings.Cut(name, " ")
		pattern, got := strings.Split(path, "/"), strings.Split(r.URL.Path, "/")
		for i := range min(len(pattern), len(got)) {
			// One or two digits stand anywhere by chance, in what is encrypted too.
			if strings.HasPrefix(pattern[i], "{") && len(got[i]) > 2 {
				found[got[i]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
