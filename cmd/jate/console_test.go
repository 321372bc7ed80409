package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// At the console of a folder in earnest nobody's word counts in a role that needs a
// passkey, whatever --staff and --role say; reading goes on, and so does what needs
// none. The same commands reach their rules in a folder for development.
func TestConsole(t *testing.T) {
	r := openRegistry(t, "mopti")
	pass, paper := t.TempDir(), filepath.Join(t.TempDir(), "paper.txt")
	writeText(t, filepath.Join(pass, "server.txt"), "pass of server")
	writeText(t, paper, "received")
	digest := strings.Repeat("a", 64)
	approver := []string{"--staff", "bakary", "--role", "finance-approver"}
	words := map[string][]string{
		"a frozen case released":    append([]string{"cases", "release", "--case", "k1"}, approver...),
		"a case upheld":             append([]string{"cases", "uphold", "--case", "k1", "--digest", digest}, approver...),
		"a debt given up":           append([]string{"cases", "give-up", "--case", "k1", "--digest", digest}, approver...),
		"a case frozen":             {"cases", "freeze", "--case", "k1", "--staff", "awa", "--role", "finance-preparer"},
		"a settlement approved":     append([]string{"settlements", "approve", "--batch", "s1", "--digest", digest}, approver...),
		"a round's return":          append([]string{"round", "approve-return", "--round", "r1", "--digest", digest}, approver...),
		"a second person's word":    {"complaint", "held", "--household", "h1", "--round", "r1", "--second", "colleague"},
		"words erased":              {"complaint", "erase"},
		"a receipt that was signed": {"attach", "--to", "settlement:s1", "--kind", "payment-receipt"},
	}
	give := func(args []string) error {
		args = append(slices.Clone(args), "--data", r.dir, "--passphrases", pass)
		switch {
		case args[0] == "attach":
			args = append(args, paper)
		case args[1] == "erase":
			args = append(args, "q1")
		}
		_, err := jate(t, args...)
		return err
	}
	for name, args := range words {
		if err := give(args); err == nil || !strings.Contains(err.Error(), "console_role") && !strings.Contains(err.Error(), errConsoleRole.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, args := range [][]string{append([]string{"cases", "list"}, approver...), append([]string{"claims", "list"}, approver...)} {
		if err := give(args); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	s, err := readSettings(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Development = true
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(r.dir, "jate.json"), string(b))
	for name, args := range words {
		if err := give(args); err == nil || strings.Contains(err.Error(), "console_role") || strings.Contains(err.Error(), errConsoleRole.Error()) {
			t.Errorf("%s, for development: %v", name, err)
		}
	}
}
