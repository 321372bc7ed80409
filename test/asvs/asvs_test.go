package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each item has a test of its name or a sentence in SECURITY.md, and nothing is
// named after an item that is not in the list.
func TestList(t *testing.T) {
	const root = "../.."
	var said strings.Builder
	missing, err := list(&said, root)
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 58 || len(missing) > 0 {
		t.Errorf("%d items, of which these have neither a test nor a sentence: %v\n%s", len(items), missing, &said)
	}
	tests, err := testsIn(root)
	if err != nil {
		t.Fatal(err)
	}
	sentences, err := sentencesIn(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := func(id string) bool { return slices.ContainsFunc(items, func(i item) bool { return i.id == id }) }
	for id := range tests {
		if !known(id) {
			t.Errorf("%v is named after no item", tests[id])
		}
	}
	for id, sentence := range sentences {
		if !known(id) || !strings.HasSuffix(sentence, ".") {
			t.Errorf("SECURITY.md of %s: %q", id, sentence)
		}
		// What was not there yet, and is now.
		if tests[id] != nil && strings.HasPrefix(sentence, "Not yet") {
			t.Errorf("SECURITY.md says of %s that it is not yet, but there are %v", id, tests[id])
		}
	}
}

// The list notices what is missing.
func TestList_Bites(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"SECURITY.md": "| 1.4.2 | Not yet: nothing adds. |\n",
		"a_test.go":   "package a\n\nfunc TestASVS_1_2_10_cells(t *testing.T) {}\nfunc TestOther(t *testing.T) {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	missing, err := list(&strings.Builder{}, dir)
	if err != nil || len(missing) != len(items)-2 || slices.Contains(missing, "1.2.10") || slices.Contains(missing, "1.4.2") {
		t.Errorf("%v, %v", missing, err)
	}
}
