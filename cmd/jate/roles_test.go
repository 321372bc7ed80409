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
	b.WriteString("\n## Two people\n\nWhat the right-hand role approves is refused to a person who had the left-hand part in it; second\n" +
		"means another person of that role. A case is decided by nobody who had a part in what it is about.\n\n| Route | Prepared by | Approved by |\n|---|---|---|\n")
	for _, two := range twoPeople {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", two.route, strings.Join(two.begin, ", "), two.ends)
	}
	people := fewest()
	fmt.Fprintf(&b, "\n## The fewest people\n\n%d people can fill every role and do all of a round, so that nobody approves what he prepared; one of them is the\ndonor's person, who reads alone. A test plays one with exactly these:\n\n", len(people))
	for i, p := range people {
		fmt.Fprintf(&b, "%d. %s\n", i+1, strings.Join(p, ", "))
	}
	b.WriteString("\n## Routes\n\nOf routes of staff. Those of handhelds prove themselves by their key; others take no one's name.\n\n| Route | Roles |\n|---|---|\n")
	routes := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if allowed, byStaff := roles(op); byStaff {
				text := strings.Join(slices.Sorted(maps.Keys(allowed)), ", ")
				switch {
				case len(allowed) == len(access.Roles()):
					text = "every role"
				case len(allowed) == len(access.Roles())-1 && !allowed[string(access.RoleDonor)]:
					text = "every role but donor"
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
