package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jate-cva/jate/access"
)

var updateRoles = flag.Bool("update-roles", false, "write docs/roles.md anew")

// twice are the roles of acts that one person of the role begins and another
// ends: who makes an administrator or activates a handheld is not who proposed
// it. pairs are acts that begin in one role and end in another, compatible, role.
var (
	twice = []access.Role{access.RoleAdministrator, access.RoleHandheldManager}
	pairs = [][2]access.Role{{access.RoleFinancePreparer, access.RoleFinanceApprover}, {access.RoleIssuer, access.RoleListApprover}}
)

// TestRoles holds docs/roles.md to the description, which TestOpenAPI holds to
// the server: every role on every route.
func TestRoles(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(openapiFile)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Roles\n\nWhat each role may do, what one person may not hold together, and how few people a programme needs. Written by\n" +
		"`go test ./cmd/jate -run TestRoles -update-roles`; a test compares it with [openapi.yaml](../openapi.yaml), and another every role\n" +
		"on every route of a server with that.\n\n## Not together\n\nOne person may not hold both in one programme, deputies and dates that overlap included.\n\n| Role | Not with |\n|---|---|\n")
	for _, r := range access.Roles() {
		var apart []string
		for _, other := range access.Roles() {
			if access.Incompatible(r, other) {
				apart = append(apart, string(other))
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", r, strings.Join(apart, ", "))
	}
	people := fewest()
	fmt.Fprintf(&b, "\n## The fewest people\n\n%d people can fill every role, those for which two are needed twice, so that nobody approves what he prepared. For instance:\n\n", len(people))
	for i, p := range people {
		fmt.Fprintf(&b, "%d. %s\n", i+1, strings.Join(p, ", "))
	}
	b.WriteString("\n## Routes\n\nOf routes of staff. Those of handhelds prove themselves by their key; others take no one's name.\n\n| Route | Roles |\n|---|---|\n")
	routes := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if allowed, byStaff := roles(op); byStaff {
				text := strings.Join(slices.Sorted(maps.Keys(allowed)), ", ")
				if len(allowed) == len(access.Roles()) {
					text = "every role"
				}
				routes[path+" "+method] = text
			}
		}
	}
	for _, r := range slices.Sorted(maps.Keys(routes)) {
		path, method, _ := strings.Cut(r, " ")
		fmt.Fprintf(&b, "| `%s %s` | %s |\n", method, path, routes[r])
	}
	const file = "../../docs/roles.md"
	if *updateRoles {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if readFile(t, file) != b.String() {
		t.Error("docs/roles.md is not what the tables say; write it anew with -update-roles")
	}
}

// fewest returns the least number of people who fill every role, each with what
// he holds.
func fewest() [][]string {
	seats := append(access.Roles(), twice...)
	together := func(a, b access.Role) bool {
		return a != b && !access.Incompatible(a, b) && !slices.Contains(pairs, [2]access.Role{a, b}) && !slices.Contains(pairs, [2]access.Role{b, a})
	}
	var fill func(seat, most int, people [][]access.Role) [][]access.Role
	fill = func(seat, most int, people [][]access.Role) [][]access.Role {
		if seat == len(seats) {
			return people
		}
		for i, p := range people {
			if !slices.ContainsFunc(p, func(r access.Role) bool { return !together(r, seats[seat]) }) {
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
		return fill(seat+1, most, append(slices.Clone(people), []access.Role{seats[seat]}))
	}
	for most := 1; ; most++ {
		if people := fill(0, most, nil); people != nil {
			list := make([][]string, len(people))
			for i, p := range people {
				for _, r := range p {
					list[i] = append(list[i], string(r))
				}
			}
			return list
		}
	}
}
