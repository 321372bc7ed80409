package main

import (
	"strings"
	"testing"
	"time"
)

// What a finance officer asks of a server at the command line is what its API
// says, and a refusal names why.
func TestFinance_server(t *testing.T) {
	dir := office(t)
	set, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := openSite(t, dir, newDonor(t, set.Checkpoint))
	server := []string{"--server", s.http.URL, "--token", s.token()}
	ask := func(args ...string) (string, error) {
		t.Helper()
		return jate(t, append(args, server...)...)
	}
	month := time.Now().UTC().Format("2006-01")
	for action, want := range map[string]string{"finance ageing": `"advances"`, "period cut-off": "Claimed, not paid",
		"period cut-off --format json": `"lines"`, "period cut-off --format csv": "Claimed, not paid / Réclamé, non payé", "period report --month " + month: `"digest"`} {
		if out, err := ask(strings.Fields(action)...); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v %s", action, err, out)
		}
	}
	if _, err := ask("period", "approve", "--month", month, "--digest", strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), "role_missing") {
		t.Errorf("a monitor closes a month: %v", err)
	}
}
