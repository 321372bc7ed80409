package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
)

// A seat is a role, or "second" and a role where two people of one role are
// needed.
func roleOf(seat string) access.Role { return access.Role(strings.TrimPrefix(seat, "second ")) }

// twoPeople lists the acts that take two people: who ends one had no part as
// begin. TestFewestPeople holds it to what the server refuses, both ways.
var twoPeople = []struct {
	route string
	begin []string // seats
	ends  string
}{
	{"POST /api/v1/advances/{id}/approval", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/banks/{id}/cheques/{n}/answer", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/banks/{id}/lines/{n}/answer", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/cases/{id}/give-up-approval", []string{"finance-preparer", "finance-approver"}, "second finance-approver"},
	{"POST /api/v1/cases/{id}/release", []string{"finance-preparer", "registrar", "issuer", "list-approver", "handheld-manager", "second handheld-manager"}, "second finance-approver"},
	{"POST /api/v1/cases/{id}/uphold", []string{"finance-preparer"}, "second finance-approver"},
	{"POST /api/v1/claims/{id}/acceptance", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/exports/{id}/approval", []string{"registrar"}, "dpo"},
	{"POST /api/v1/funds/{id}/return/approval", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/grants/{id}/approvals", []string{"administrator"}, "second administrator"},
	{"POST /api/v1/handhelds/{id}/activation", []string{"handheld-manager"}, "second handheld-manager"},
	{"POST /api/v1/lots/{id}/approvals", []string{"issuer"}, "list-approver"},
	{"POST /api/v1/movements/{id}/approval", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/periods/{id}/approval", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/proposals/{id}/agreement", []string{"issuer"}, "list-approver"},
	{"POST /api/v1/rounds/{id}/return/approval", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/settlements/{id}/approval", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/settlements/{id}/payments/{n}/confirmation", []string{"finance-preparer"}, "finance-approver"},
	{"POST /api/v1/vendors/{id}/payment-change/answer", []string{"vendor-manager"}, "finance-approver"},
	{"POST /api/v1/vendors/{id}/terms/approval", []string{"vendor-manager"}, "finance-approver"},
}

// together reports whether one person may have both seats.
func together(a, b string) bool {
	if roleOf(a) == roleOf(b) || access.Incompatible(roleOf(a), roleOf(b)) {
		return false
	}
	for _, two := range twoPeople {
		if two.ends == a && slices.Contains(two.begin, b) || two.ends == b && slices.Contains(two.begin, a) {
			return false
		}
	}
	return true
}

// fewest returns the least number of people who fill every role and every seat
// of twoPeople, each with what he holds.
func fewest() [][]string {
	var seats []string
	for _, r := range access.Roles() {
		seats = append(seats, string(r))
	}
	for _, two := range twoPeople {
		if !slices.Contains(seats, two.ends) {
			seats = append(seats, two.ends)
		}
	}
	var fill func(seat, most int, people [][]string) [][]string
	fill = func(seat, most int, people [][]string) [][]string {
		if seat == len(seats) {
			return people
		}
		for i, p := range people {
			if !slices.ContainsFunc(p, func(held string) bool { return !together(held, seats[seat]) }) {
				next := slices.Clone(people)
				next[i] = append(slices.Clone(p), seats[seat])
				if done := fill(seat+1, most, next); done != nil {
					return done
				}
			}
		}
		if len(people) == most {
			return nil
		}
		return fill(seat+1, most, append(slices.Clone(people), []string{seats[seat]}))
	}
	for most := 1; ; most++ {
		if people := fill(0, most, nil); people != nil {
			return people
		}
	}
}

// seatOf is who of a story has which seat: a lost card is replaced by an issuer
// and, where there is one alone, by who approves lists.
func seatOf(who string) string {
	if who == "second issuer" {
		return "list-approver"
	}
	return who
}

// samePerson reports whether a request was refused for who made it.
func samePerson(a answer) bool {
	return a.status == http.StatusForbidden && (a.text("code") == "same_person" || a.text("code") == "case_involved")
}

// A whole round is done by exactly the people of docs/roles.md. With one fewer
// somebody would have two seats of an act that takes two people, which the server
// refuses, or roles that CheckRoles does.
func TestFewestPeople(t *testing.T) {
	people := fewest()
	person := func(seat string) (string, []string) {
		i := slices.IndexFunc(people, func(p []string) bool { return slices.Contains(p, seat) })
		if i < 0 {
			t.Fatalf("nobody is %s", seat)
		}
		return "person-" + string(rune('1'+i)), people[i]
	}
	tried := map[string]bool{"POST /api/v1/grants/{id}/approvals": true} // below
	s := newStory(t, newContract(t))
	s.http = &http.Client{} // TestOpenAPI has held these answers to the description
	s.staffed = func(who string) (string, []access.Role) {
		id, seats := person(seatOf(who))
		held := make([]access.Role, len(seats))
		for i, seat := range seats {
			held[i] = roleOf(seat)
		}
		if err := access.CheckRoles(held); err != nil {
			t.Fatal(err)
		}
		return id, held
	}
	s.trial = func(who, method, path string, body any) {
		for _, two := range twoPeople {
			if strings.HasPrefix(who, "@") || s.routeOf(method, path) != two.route {
				continue
			}
			tried[two.route] = true
			for _, seat := range two.begin {
				as := s.staffed
				id, _ := person(seat)
				s.staffed = func(string) (string, []access.Role) { return id, []access.Role{roleOf(two.ends)} }
				if a := s.send(s.request(who, method, path, body)); !samePerson(a) {
					t.Errorf("%s by %s, who was %s: %d %s", two.route, who, seat, a.status, shortly(a.raw))
				}
				s.staffed = as
			}
		}
	}
	if !t.Run("a round", s.tell) {
		return
	}
	s.in(t)
	for _, two := range twoPeople {
		if !tried[two.route] {
			t.Errorf("nothing tried %s", two.route)
		}
	}
	awa := s.get("@awa", "/api/v1/me").need("member")
	p := s.post("@ben", "/api/v1/grants", field{"member": awa, "role": "auditor"})
	a := s.send(s.request("@ben", http.MethodPost, "/api/v1/grants/"+p.need("id")+"/approvals", field{"digest": p.need("digest")}))
	if !samePerson(a) {
		t.Errorf("a grant by one person: %d\n%s", a.status, shortly(a.raw))
	}
}

// One person who is everybody is refused at each act of twoPeople and at no
// other (ASVS 2.3.5): an act that is new to the server has to come into that table.
func TestASVS_2_3_5(t *testing.T) {
	s := newStory(t, newContract(t))
	s.http = &http.Client{} // TestOpenAPI has held these answers to the description
	person := "one"
	s.staffed = func(who string) (string, []access.Role) { return person, []access.Role{roleOf(who)} }
	refused := map[string]bool{"POST /api/v1/grants/{id}/approvals": true} // TestFewestPeople
	s.trial = func(_, _, path string, _ any) {
		if strings.Contains(path, "kind=payment-receipt") { // by somebody else than who paid, or no one confirms it
			person = "two"
		}
	}
	s.instead = func(who, method, path string, body any, a answer) answer {
		for _, person = range []string{"two", "three", "four"} {
			if !samePerson(a) {
				break
			}
			refused[s.routeOf(method, path)] = true
			a = s.send(s.request(who, method, path, body))
		}
		person = "one"
		return a
	}
	if !t.Run("a round", s.tell) {
		return
	}
	want := map[string]bool{}
	for _, two := range twoPeople {
		want[two.route] = true
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("acts that take two people (-twoPeople +refused):\n%s", diff)
	}
}

// routeOf is the described route of a path.
func (s *story) routeOf(method, path string) string {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, nil)
	s.must(err)
	route, _, err := s.contract.router.FindRoute(r)
	s.must(err)
	return route.Method + " " + route.Path
}
