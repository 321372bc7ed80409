package reconcile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// fileOf reads claim lines of both vendors.
func (w *world) fileOf(rows ...string) *reconcile.File {
	w.Helper()
	text := "Boutique;Coupon;Date;Montant\n" + strings.Join(rows, "\n") + "\n"
	f := &reconcile.File{From: strings.NewReader(text), Size: int64(len(text))}
	w.must(f.Read(w.Context(), w.Clock.Now))
	return f
}

func (w *world) matchFile(r *reconcile.Redemptions, f *reconcile.File) (out reconcile.FileReport) {
	w.Helper()
	w.must(w.db.Reconcile().View(w.Context(), func(tx reconcile.Tx) error {
		if err := r.Follow(tx, nil); err != nil {
			return err
		}
		var err error
		out, err = r.Match(tx, f)
		return err
	}))
	return out
}

// A file of many traders' lines is matched with what the journal says.
func TestRedemptions_Match(t *testing.T) {
	w := newWorld(t, 8)
	c := w.cards
	w.sell("h1", c[:4]...)
	w.sell("h2", c[4:6]...)
	file := []string{
		"v1;" + c[0].Printed() + ";2/3/2025;1 000 F",
		"v1;" + exchanged(c[1]) + ";;1000",
		"v1;" + c[2].Printed() + ";;1500",
		"v1;" + without(c[3]) + ";;1000",
		"v1;" + c[4].Printed() + ";;1000",
		"v2;" + c[5].Printed() + ";;1000",
		"v2;" + c[5].Printed() + ";;1000",
		"v2;" + c[6].Printed() + ";;1000",
		"v2;chez Awa;;1000",
		"v2;" + c[4].Printed() + ";;mille",
	}
	r := w.matchFile(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...))
	var got []string
	for _, l := range r.Exceptions {
		got = append(got, fmt.Sprintf("%d %s %s %d", l.Row, l.Vendor, l.Exception, len(l.Candidates)))
	}
	want := []string{"4 v1 amount-differs 0", "5 v1 ambiguous 1", "6 v1 another-vendors 0", "8 v2 claimed-twice 0", "9 v2 claimed-not-redeemed 0", "10 v2 unknown-serial 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Lines != 9 || r.Unreadable != 1 || len(r.Flaws) != 1 || r.Flaws[0].Location != "row[11].amount" {
		t.Errorf("%d lines, %d unreadable, %+v", r.Lines, r.Unreadable, r.Flaws)
	}
	run := w.run()
	for i, o := range r.Totals {
		if !o.Redeemed.Equal(run.Totals[i].Redeemed) {
			t.Errorf("%s: redeemed %s, by the report of the round %s", o.Vendor, o.Redeemed, run.Totals[i].Redeemed)
		}
	}
	if v1 := r.Totals[0]; !v1.Matched.Equal(francs(2_000)) || v1.Read != 1 || !v1.Unclaimed.Equal(francs(1_000)) || !v1.Claimed.Equal(francs(5_500)) {
		t.Errorf("%+v", v1)
	}
	if r.Size != run.Size || r.Checkpoint != run.Checkpoint {
		t.Error("the file was matched with another journal than the round")
	}
	for lang, want := range map[string]string{"en": "could not be read: 1", "fr": "réclamé deux fois"} {
		var b bytes.Buffer
		w.must(reconcile.WriteFileText(&b, r, lang))
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: %s", lang, b.String())
		}
	}
}

// Going on from where the journal was left says what reading all of it says,
// and a late receipt changes the one line that it concerns.
func TestRedemptions_Follow(t *testing.T) {
	w := newWorld(t, 6)
	var rows []string
	for _, c := range w.cards {
		rows = append(rows, "v2;"+c.Printed()+";;1000")
	}
	r, f := reconcile.NewRedemptions("mopti", "r1"), w.fileOf(rows...)
	json := func(r reconcile.FileReport) string {
		b, err := json.Marshal(r)
		w.must(err)
		return string(b)
	}
	for i, c := range w.cards[:4] {
		w.sell("h2", c)
		went, anew := w.matchFile(r, f), w.matchFile(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(rows...))
		if diff := cmp.Diff(json(anew), json(went)); diff != "" {
			t.Fatal(diff)
		}
		if len(went.Exceptions) != 5-i {
			t.Errorf("%d exceptions after %d receipts", len(went.Exceptions), i+1)
		}
	}
	// The home handheld's receipt comes late and undoes the visitor's.
	w.Expect(w.Send("h1", w.Sale("h1", w.cards[0]))[0], voucher.Payable, "")
	went, anew := w.matchFile(r, f), w.matchFile(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(rows...))
	if diff := cmp.Diff(json(anew), json(went)); diff != "" {
		t.Fatal(diff)
	}
	var wrong []vendors.ID
	for _, l := range went.Exceptions {
		wrong = append(wrong, l.Vendor)
	}
	if len(wrong) == 0 || len(went.Totals) != 2 {
		t.Errorf("%v, %+v", wrong, went.Totals)
	}
}
