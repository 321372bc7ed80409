package feedback_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/ledger"
)

// wordsOf returns what a PDF says, word by word in the order of drawing.
func wordsOf(t testing.TB, pdf []byte) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "slips.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-raw", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// slipsOn returns the numbers and codes of blank slips, in order.
func slipsOn(t testing.TB, pdf []byte) (numbers, codes []string) {
	t.Helper()
	for _, word := range wordsOf(t, pdf) {
		switch parts := strings.Split(word, "-"); {
		case len(parts) == 3 && len(parts[2]) == 1:
			numbers = append(numbers, word)
		case len(parts) == 3 && len(word) == 14:
			codes = append(codes, word)
		}
	}
	return numbers, codes
}

// A slip printed ahead is worth nothing until the desk records a complaint by
// the number on its stub; then its author asks by the code on the other part,
// which nobody at the desk was told.
func TestService_PrintSlips(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	w := newWorld(t, 2, 1)
	ctx := t.Context()
	cmd := feedback.PrintSlips{By: meal, Key: w.Key(), Count: 6, Desk: feedback.Desk{Hotline: "80 00 11 22"}}
	batch, err := w.s.PrintSlips(ctx, cmd)
	w.must(err)
	again, err := w.s.PrintSlips(ctx, cmd)
	if err != nil || !bytes.Equal(batch.PDF, again.PDF) || len(w.entries("complaint-slips")) != 1 {
		t.Errorf("the same command again prints something else, %v", err)
	}
	numbers, codes := slipsOn(t, batch.PDF)
	if len(numbers) != 6 || len(codes) != 6 {
		t.Fatalf("%d numbers and %d codes", len(numbers), len(codes))
	}
	if _, err := w.s.Ask(ctx, feedback.Ask{Code: codes[1]}); !errors.Is(err, feedback.ErrCode) {
		t.Errorf("a blank slip is worth %v", err)
	}
	said := feedback.RecordComplaint{By: officer, Key: w.Key(), Channel: feedback.ByPaper, Category: feedback.Price, Text: "Trop cher.",
		Slip: strings.ToLower(strings.ReplaceAll(numbers[1], "-", " "))}
	r, err := w.s.RecordComplaint(ctx, said)
	w.must(err)
	if r.Code != "" || !r.OnPaper.Equal(r.Complaint.Due) {
		t.Errorf("the desk was told %+v", r)
	}
	if _, err := w.s.RecordComplaint(ctx, said); err != nil {
		t.Errorf("the same command again: %v", err)
	}
	if p, err := w.s.Ask(ctx, feedback.Ask{Code: codes[1]}); err != nil || p.State != feedback.Received {
		t.Errorf("the author learns %+v, %v", p, err)
	}
	for n, code := range codes {
		if _, err := w.s.Ask(ctx, feedback.Ask{Code: code}); n != 1 && !errors.Is(err, feedback.ErrCode) {
			t.Errorf("slip %d: %v", n, err)
		}
	}
	held, err := w.s.ReportHeld(ctx, feedback.ReportHeld{By: meal, Key: w.Key(), Channel: feedback.AtPoint, Serials: w.cards[:1], Slip: numbers[2]})
	w.must(err)
	if p, err := w.s.Ask(ctx, feedback.Ask{Code: codes[2]}); err != nil || p.State != feedback.Received || held.Code != "" {
		t.Errorf("of a held card: %+v, %v, and the desk was told %q", p, err, held.Code)
	}
	for _, secret := range []string{codes[1], strings.ReplaceAll(codes[1], "-", ""), numbers[1], strings.ReplaceAll(numbers[1], "-", "")} {
		if bytes.Contains(w.leaves(), []byte(secret)) {
			t.Errorf("the journal shows %q", secret)
		}
	}
	other := string("ABCDEF"[strings.IndexByte("ABCDEF", numbers[3][len(numbers[3])-1])+1])
	for what, tt := range map[string]struct {
		by   access.Actor
		slip string
		want error
	}{
		"used before":             {meal, numbers[1], feedback.ErrSlipTaken},
		"with a slip of the pen":  {meal, numbers[3][:len(numbers[3])-1] + other, feedback.ErrSlip},
		"beyond the batch":        {meal, feedback.SlipNumber(batch.Batch, 7), feedback.ErrSlip},
		"of no batch":             {meal, feedback.SlipNumber(batch.Batch+1, 1), feedback.ErrSlip},
		"of a batch to come":      {meal, feedback.SlipNumber(1<<40, 1), feedback.ErrSlip},
		"of another organisation": {stranger, numbers[3], feedback.ErrSlip},
		"that is no number":       {meal, "hello", feedback.ErrSlip},
		"without end":             {meal, strings.Repeat("9", 41), feedback.ErrSlip},
	} {
		cmd := feedback.RecordComplaint{By: tt.by, Key: w.Key(), Channel: feedback.ByPaper, Category: feedback.Price, Text: "x", Slip: tt.slip}
		if _, err := w.s.RecordComplaint(ctx, cmd); !errors.Is(err, tt.want) {
			t.Errorf("a slip %s: %v", what, err)
		}
	}
}

func TestService_PrintSlips_refused(t *testing.T) {
	w := newWorld(t, 0, 0)
	for what, tt := range map[string]struct {
		change func(*feedback.PrintSlips)
		kind   fault.Kind
	}{
		"none":               {func(c *feedback.PrintSlips) { c.Count = 0 }, fault.Invalid},
		"too many":           {func(c *feedback.PrintSlips) { c.Count = feedback.SlipsMax + 1 }, fault.Invalid},
		"in no language":     {func(c *feedback.PrintSlips) { c.Lang = "xx" }, fault.Invalid},
		"a long telephone":   {func(c *feedback.PrintSlips) { c.Hotline = strings.Repeat("8", 25) }, fault.Invalid},
		"by who only writes": {func(c *feedback.PrintSlips) { c.By = officer }, fault.Denied},
	} {
		cmd := feedback.PrintSlips{By: meal, Key: w.Key(), Count: 1}
		tt.change(&cmd)
		if _, err := w.s.PrintSlips(t.Context(), cmd); fault.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(w.entries("complaint-slips")); n != 0 {
		t.Errorf("%d refused batches are in the journal", n)
	}
	cmd := feedback.PrintSlips{By: meal, Key: "k", Count: 1}
	_, err := w.s.PrintSlips(t.Context(), cmd)
	w.must(err)
	cmd.Count = 2
	if _, err := w.s.PrintSlips(t.Context(), cmd); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("more under the same key: %v", err)
	}
}

// The slip of a complaint tells its day, and by no day that somebody is accused.
func TestService_ComplaintSlip(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	w := newWorld(t, 0, 0)
	day := func(code string) (found string) {
		t.Helper()
		pdf, err := w.s.ComplaintSlip(t.Context(), feedback.ComplaintSlip{By: officer, Code: code, Desk: feedback.Desk{Lang: "fr"}})
		w.must(err)
		for _, word := range wordsOf(t, pdf) {
			if strings.Count(word, "/") == 2 {
				found = word
			}
			if low := strings.ToLower(word); strings.Contains(low, "plainte") || strings.Contains(low, "abus") {
				t.Errorf("the slip says %q", word)
			}
		}
		return found
	}
	price := w.record(meal, feedback.Price, "x")
	held := w.record(meal, feedback.CardHeld, "x")
	abuse := w.record(focal, feedback.Safeguarding, "x")
	in := func(days int) string {
		return price.Complaint.Recorded.Add(time.Duration(days) * 24 * time.Hour).Format("02/01/2006")
	}
	if got, want := []string{day(price.Code), day(held.Code), day(abuse.Code)}, []string{in(14), in(2), in(14)}; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("days are %v, not %v", got, want)
	}
	if !abuse.OnPaper.After(abuse.Complaint.Due) {
		t.Errorf("written by hand: %v, due %v", abuse.OnPaper, abuse.Complaint.Due)
	}
	for what, q := range map[string]feedback.ComplaintSlip{
		"a code that there is not": {By: officer, Code: "0000-0000-0000"},
		"another organisation's":   {By: stranger, Code: price.Code},
	} {
		if _, err := w.s.ComplaintSlip(t.Context(), q); !errors.Is(err, feedback.ErrCode) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.s.ComplaintSlip(t.Context(), feedback.ComplaintSlip{By: auditor, Code: price.Code}); fault.KindOf(err) != fault.Denied {
		t.Errorf("for somebody without a role: %v", err)
	}
}
