package distribution_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/toolcheck"
)

// More cards than one document holds are printed in parts, which together are all of
// them, each once and in the order of issue.
func TestService_PrintCards_parts(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	w := ready(t, 4, nil)
	l := w.prepare("r", "pt")
	_, err := w.approve(approver, l)
	w.must(err)
	_, err = w.issue(l)
	w.must(err)
	serial := regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}`)
	printed := func(part int) []string {
		doc, err := w.service.PrintCards(t.Context(), distribution.Print{By: planner, Lot: l.ID, Part: part, PartSize: 7})
		w.must(err)
		var content, text bytes.Buffer
		if err := doc.Write(&content); err != nil {
			return nil
		}
		read := exec.Command("pdftotext", "-raw", "-", "-")
		read.Stdin, read.Stdout = &content, &text
		w.must(read.Run())
		// A card has its serial on the card and on the stub.
		var all []string
		for _, s := range serial.FindAllString(text.String(), -1) {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		slices.Sort(all)
		return all
	}
	whole := printed(0)
	var parts []string
	n := 1
	for ; ; n++ {
		p := printed(n)
		if len(p) == 0 {
			break
		}
		if len(p) > 7 {
			t.Errorf("part %d has %d cards", n, len(p))
		}
		parts = append(parts, p...)
	}
	slices.Sort(parts)
	if len(whole) < 8 || !slices.Equal(whole, parts) {
		t.Errorf("all: %d cards; in %d parts: %d", len(whole), n-1, len(parts))
	}
	for _, part := range []int{-1, 101} {
		if _, err := w.service.PrintCards(t.Context(), distribution.Print{By: planner, Lot: l.ID, Part: part}); err == nil {
			t.Errorf("part %d is printed", part)
		}
	}
}
