package reconcile_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
)

// A receipt that comes late, after a report, changes the line that waited for
// it and the totals of its vendor, and nothing else.
func TestSince_lateReceipt(t *testing.T) {
	w := newWorld(t, 6)
	w.sell("h1", w.cards[:3]...)
	w.sell("h2", w.cards[4])
	c := w.bring("v1", rows(w.cards[:4]...)...) // the fourth has not come yet
	w.bring("v2", rows(w.cards[4])...)
	earlier := w.run()
	before := w.json(earlier)
	since := func(was string, now reconcile.Report) (out reconcile.Changes, err error) {
		err = w.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
			out, err = reconcile.Since(tx, strings.NewReader(was), now)
			return err
		})
		return out, err
	}
	same, err := since(before, w.run())
	w.must(err)
	if len(same.Lines)+len(same.Totals) != 0 {
		t.Errorf("nothing happened, and it says %+v", same)
	}
	w.sell("h1", w.cards[3])
	now := w.run()
	got, err := since(before, now)
	w.must(err)
	if len(got.Lines) != 1 || got.Lines[0].Of != "claim:"+string(c.ID)+"/6" || !bytes.Contains(got.Lines[0].Before, []byte(reconcile.ClaimedNotRedeemed)) ||
		bytes.Contains(got.Lines[0].After, []byte("exception")) {
		t.Errorf("lines %+v", got.Lines)
	}
	if len(got.Totals) != 1 || got.Totals[0].Of != "v1, r1" {
		t.Errorf("totals %+v", got.Totals)
	}
	if got.From.Root != earlier.Checkpoint || got.To.Root != now.Checkpoint {
		t.Errorf("from %+v to %+v", got.From, got.To)
	}
	for lang, want := range map[string]string{"en": "claimed, not redeemed -> matched", "fr": "réclamé, pas échangé -> rapproché"} {
		var b bytes.Buffer
		w.must(reconcile.WriteChanges(&b, got, lang))
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: %s", lang, b.String())
		}
	}
	for name, was := range map[string]string{
		"another round":   strings.Replace(before, `"round":"r1"`, `"round":"r2"`, 1),
		"another journal": strings.Replace(before, earlier.Checkpoint, now.Checkpoint, 1),
		"a later one":     strings.Replace(before, `"size":"`, `"size":"9`, 1),
		"no report":       "[]",
	} {
		if _, err := since(was, now); !errors.Is(err, reconcile.ErrEarlier) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What points and days come to is what vendors redeemed.
func TestService_Run_parts(t *testing.T) {
	w := newWorld(t, 5)
	w.sell("h1", w.cards[:2]...)
	w.Clock.Now = w.Clock.Now.Add(24 * time.Hour)
	w.sync()
	w.sell("h2", w.cards[2:4]...)
	w.bring("v2", rows(w.cards[2])...)
	r := w.run()
	if diff := cmp.Diff([]reconcile.Part{{Round: "r1", Point: "p1", Sales: 4, Redeemed: francs(4_000), Matched: francs(1_000), Unclaimed: francs(3_000)}},
		r.Points, cmp.Comparer(func(a, b reconcile.Part) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if len(r.Days) != 2 || !r.Days[0].Redeemed.Equal(francs(2_000)) || r.Days[1].Sales != 2 || r.Days[0].Day >= r.Days[1].Day {
		t.Errorf("days %+v", r.Days)
	}
}
