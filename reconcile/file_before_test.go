package reconcile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// wrong lists what does not match: row, exception, and the claim that has it.
func wrong(r reconcile.FileReport) []string {
	out := []string{}
	for _, l := range r.Exceptions {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", l.Row, l.Exception, l.Claim, l.State)))
	}
	return out
}

// What an earlier claim has is not matched again, wherever that claim is in its
// life; the line names it. What was refused, or left out, can be asked for.
func TestRedemptions_Match_claimedBefore(t *testing.T) {
	w := newWorld(t, 10)
	w.cash()
	c := w.cards
	w.sell("h1", c[:8]...)
	w.sell("h2", c[8])
	paid := w.accept(w.bring("v1", row{exchanged(c[0]), 1_000, ""}, rows(c[1])[0], row{c[7].Printed(), 900, ""}))
	w.pay()
	ordered := w.accept(w.bring("v1", rows(c[2])...))
	w.order()
	accepted := w.accept(w.bring("v1", rows(c[3])...))
	billed := w.bill("v2")
	refused := w.bring("v1", rows(c[4])...)
	_, err := w.vendors.RefuseClaim(t.Context(), vendors.RefuseClaim{By: approver, Key: w.Key(), Claim: refused.ID, Reason: "no stubs"})
	w.must(err)
	proposed := w.bring("v1", rows(c[5])...)

	file := []string{
		"v1;" + exchanged(c[0]) + ";;1000",
		"v1;" + c[1].Printed() + ";;1000",
		"v1;" + c[2].Printed() + ";;1000",
		"v1;" + c[3].Printed() + ";;1000",
		"v1;" + c[4].Printed() + ";;1000",
		"v1;" + exchanged(c[5]) + ";;1000",
		"v1;" + c[6].Printed() + ";;1000",
		"v1;" + c[7].Printed() + ";;1000",
		"v2;" + c[8].Printed() + ";;1000",
		"v1;" + c[1].Printed() + ";;700", // another sum for what is paid
		"v1;" + c[6].Printed() + ";;1000",
		"v1;" + without(c[2]) + ";;1000", // without check digits it is anybody's guess
	}
	r := w.matchFile(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...))
	want := []string{
		fmt.Sprintf("2 claimed-before %s settled", paid.ID), fmt.Sprintf("3 claimed-before %s settled", paid.ID),
		fmt.Sprintf("4 claimed-before %s ordered", ordered.ID), fmt.Sprintf("5 claimed-before %s accepted", accepted.ID),
		fmt.Sprintf("7 claimed-before %s proposed", proposed.ID), fmt.Sprintf("10 claimed-before %s proposed", billed.ID),
		fmt.Sprintf("11 claimed-before %s settled", paid.ID), "12 claimed-twice", "13 ambiguous",
	}
	if diff := cmp.Diff(want, wrong(r)); diff != "" {
		t.Error(diff)
	}
	v1 := r.Totals[0]
	if !v1.Matched.Equal(francs(3_000)) || !v1.Before.Equal(francs(5_700)) || !v1.Unclaimed.IsZero() || v1.Lines != 11 || r.Claims != 5 {
		t.Errorf("%+v of %d claims", v1, r.Claims)
	}
	for lang, want := range map[string]string{"en": string(paid.ID) + " (paid)", "fr": "déjà réclamé"} {
		var b bytes.Buffer
		w.must(reconcile.WriteFileText(&b, r, lang))
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: %s", lang, b.String())
		}
	}

	t.Run("run again it says the same, and what changed since is the claim's state", func(t *testing.T) {
		state, f := reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...)
		text := func(r reconcile.FileReport) string {
			b, err := json.Marshal(r)
			w.must(err)
			return string(b)
		}
		first := w.matchFile(state, f)
		if diff := cmp.Diff(text(r), text(first)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(text(first), text(w.matchFile(state, f))); diff != "" {
			t.Error(diff)
		}
		w.accept(proposed)
		late := w.bring("v1", rows(c[6])...)
		now := w.matchFile(state, f)
		if diff := cmp.Diff(text(w.matchFile(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...))), text(now)); diff != "" {
			t.Errorf("going on says otherwise than reading everything: %s", diff)
		}
		want := append([]string{}, want...)
		want[4] = fmt.Sprintf("7 claimed-before %s accepted", proposed.ID)
		want[7] = fmt.Sprintf("12 claimed-before %s proposed", late.ID)
		want = append(want[:5], append([]string{fmt.Sprintf("8 claimed-before %s proposed", late.ID)}, want[5:]...)...)
		if diff := cmp.Diff(want, wrong(now)); diff != "" {
			t.Error(diff)
		}
	})
}

// A receipt that comes late reopens the one line that waited for it, in a file
// and in a claim whose doubtful line a person had settled.
func TestLateReceipt_reopensOneLine(t *testing.T) {
	w := newWorld(t, 6)
	w.cash()
	c := w.cards
	w.sell("h2", c[:4]...)
	claim := w.bring("v2", row{without(c[0]), 1_000, ""}, rows(c[1])[0], row{without(c[2]), 1_000, ""})
	r := w.run()
	w.must(w.read(claim, []int{3}, w.entryOf(r, c[0])))
	w.must(w.read(claim, []int{5}, w.entryOf(r, c[2])))
	w.accept(claim)
	file := []string{"v2;" + c[3].Printed() + ";;1000", "v1;" + c[4].Printed() + ";;1000", "v1;" + c[5].Printed() + ";;1000"}
	match := func() reconcile.FileReport {
		return w.matchFile(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...))
	}
	settled, before := w.run(), match()
	if a, b := w.json(settled), w.json(w.run()); a != b {
		t.Error(cmp.Diff(a, b))
	}
	if got, want := wrong(before), []string{"3 claimed-not-redeemed", "4 claimed-not-redeemed"}; !cmp.Equal(want, got) {
		t.Errorf("before: %v", got)
	}

	// The home shop's phone comes back: it sold the first card before the visitor did.
	w.Expect(w.Send("h1", w.Sale("h1", c[0]))[0], voucher.Payable, "")
	w.sell("h1", c[4])
	now := w.run()
	var got reconcile.Changes
	w.must(w.db.Ledger().View(t.Context(), func(tx ledger.Tx) (err error) {
		got, err = reconcile.Since(tx, strings.NewReader(w.json(settled)), now)
		return err
	}))
	changed := []string{}
	for _, l := range got.Lines {
		changed = append(changed, fmt.Sprintf("%s %t>%t", l.Of, len(l.Before) > 0, len(l.After) > 0))
	}
	first := w.entryOf(now, c[0])
	want := []string{
		fmt.Sprintf("entry:%d false>true", first), fmt.Sprintf("entry:%d false>true", w.entryOf(now, c[4])),
		"claim:" + string(claim.ID) + "/3 true>true", // the line that was read, and no other of that claim
		fmt.Sprintf("entry:%d false>true", first-1),  // the visitor sold in good faith: his loss, in no claim yet
	}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Error(diff)
	}
	if l := lineOf(t, now, claim.ID, 3); l.Matched || l.Typed != without(c[0]) {
		t.Errorf("the reopened line: %+v", l)
	}
	for _, n := range []int{4, 5} {
		if a, b := lineOf(t, settled, claim.ID, n), lineOf(t, now, claim.ID, n); !cmp.Equal(fmt.Sprint(a), fmt.Sprint(b)) {
			t.Errorf("line %d is %+v, was %+v", n, b, a)
		}
	}
	if got, want := wrong(match()), []string{"4 claimed-not-redeemed"}; !cmp.Equal(want, got) {
		t.Errorf("the file now: %v", got)
	}
	if a, b := w.json(now), w.json(w.run()); a != b {
		t.Error(cmp.Diff(a, b))
	}
}

// Of what was claimed before, only claims that were written since are read
// again, and the report is that of reading all of them.
func TestRedemptions_Match_again(t *testing.T) {
	w := newWorld(t, 12)
	w.cash()
	c := w.cards
	w.sell("h1", c[:10]...)
	file := []string{}
	for i := range c {
		file = append(file, "v1;"+c[i].Printed()+";;1000")
	}
	file[2] = "v1;" + exchanged(c[2]) + ";;1000"
	state, f := reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...)
	lines := 0
	match := func(r *reconcile.Redemptions, f *reconcile.File) (out reconcile.FileReport) {
		w.must(w.db.Reconcile().View(t.Context(), func(tx reconcile.Tx) (err error) {
			if err = r.Follow(tx, nil); err == nil {
				out, err = r.Match(counting{tx, &lines}, f)
			}
			return err
		}))
		return out
	}
	var gone, kept, open vendors.Claim
	refuse := func(c vendors.Claim) {
		_, err := w.vendors.RefuseClaim(t.Context(), vendors.RefuseClaim{By: approver, Key: w.Key(), Claim: c.ID, Reason: "no stubs"})
		w.must(err)
	}
	for _, step := range []struct {
		name  string
		do    func()
		reads int
	}{
		{"the first", func() {
			gone = w.bring("v1", row{exchanged(c[7]), 1_000, ""})
			kept = w.accept(w.bring("v1", row{exchanged(c[0]), 1_000, ""}, rows(c[1])[0]))
			open = w.bring("v1", row{exchanged(c[2]), 1_000, ""}, rows(c[3])[0], row{c[4].Printed(), 400, ""})
		}, 3},
		{"nothing new", func() {}, 0},
		{"receipts", func() { w.sell("h1", c[10]) }, 0},
		{"the first of three is refused, and another asks for the rest of a sale", func() { refuse(gone); w.bring("v1", row{c[4].Printed(), 600, ""}) }, 1},
		{"one is accepted, and one brought", func() { w.accept(open); w.bring("v1", rows(c[5])...) }, 2},
		{"one is brought and refused", func() { refuse(w.bring("v1", row{exchanged(c[6]), 1_000, ""})) }, 0},
		{"the first is ordered", func() { w.order() }, 2},
	} {
		step.do()
		lines = 0
		got := match(state, f)
		if lines != step.reads {
			t.Errorf("%s: the lines of %d claims were read, want %d", step.name, lines, step.reads)
		}
		if diff := cmp.Diff(match(reconcile.NewRedemptions("mopti", "r1"), w.fileOf(file...)), got, cmp.Comparer(money.Amount.Equal)); diff != "" {
			t.Errorf("%s: going on says otherwise than reading everything: %s", step.name, diff)
		}
		if !strings.Contains(fmt.Sprint(wrong(got)), string(kept.ID)) {
			t.Errorf("%s: %v", step.name, wrong(got))
		}
	}
}

// counting counts the claims whose lines are read.
type counting struct {
	reconcile.Tx
	claims *int
}

func (c counting) ClaimLines(id vendors.ClaimID, after int) iter.Seq2[vendors.ClaimLine, error] {
	*c.claims++
	return c.Tx.ClaimLines(id, after)
}
