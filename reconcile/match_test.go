package reconcile_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// An honest claim of either kind is matched whole, and paid.
func TestService_Run_honest(t *testing.T) {
	w := newWorld(t, 6)
	w.cash()
	w.sell("h1", w.cards[:4]...)
	w.sell("h2", w.cards[4:]...)
	self, brought := w.bill("v1"), w.bring("v2", rows(w.cards[4:]...)...)
	w.run()
	w.accept(self)
	w.accept(brought)
	if diff := cmp.Diff(map[string]int{"matched": 6}, counts(w.run())); diff != "" {
		t.Error(diff)
	}
	st := w.order()
	r := w.run()
	if got := r.Totals[0].InTransit; !got.Equal(francs(4_000)) {
		t.Errorf("in transit %s", got)
	}
	if l := lineOf(t, r, brought.ID, firstLine(w, brought)); l.Settlement != st.ID {
		t.Errorf("the line names settlement %q", l.Settlement)
	}
	file := []byte("reference,status\n" + st.Payments[0].Reference + ",success\n" + st.Payments[1].Reference + ",error\n")
	_, err := w.vendors.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.Key(), Settlement: st.ID, File: file})
	w.must(err)
	r = w.run()
	v1, v2 := r.Totals[0], r.Totals[1]
	if !v1.Settled.Equal(francs(4_000)) || !v1.ClaimedSelfBilled.Equal(francs(4_000)) || !v1.ClaimedIndependent.IsZero() {
		t.Errorf("v1: %+v", v1)
	}
	if !v2.Owed.Equal(francs(2_000)) || !v2.ClaimedIndependent.Equal(francs(2_000)) || !v2.ClaimedSelfBilled.IsZero() || !v2.InTransit.IsZero() {
		t.Errorf("v2, whose payment failed: %+v", v2)
	}
	if len(r.Findings) != 0 {
		t.Errorf("findings about honest traders: %+v", r.Findings)
	}
}

// firstLine returns the number of a claim's first line.
func firstLine(w *world, c vendors.Claim) int {
	w.Helper()
	p, err := w.vendors.ClaimLines(w.Context(), vendors.LinesOf{By: auditor, Claim: c.ID, Limit: 1})
	w.must(err)
	return p.Items[0].N
}

// Each exception is found once, exactly, and none of its money moves.
func TestService_Run_exceptions(t *testing.T) {
	w := newWorld(t, 12)
	c := w.cards
	w.sell("h1", c[0], c[1], c[2])
	w.sell("h2", c[3])
	_, err := w.Service.Void(t.Context(), w.Change(c[5]))
	w.must(err)
	w.Expect(w.Send("h1", w.SaleWith("h1", c[7], voucher.Factor{}))[0], voucher.Contested, voucher.ReasonFactorMissing)
	w.sell("h1", c[9]) // and never claims it
	wrong := []byte(c[10].Printed())
	wrong[0] = next(wrong[0])

	honest := w.bring("v1", rows(c[0])...)
	claim := w.bring("v1",
		row{c[1].Printed(), 1_000, ""},           // 3 matched
		row{c[2].Printed(), 1_500, ""},           // 4 amount differs
		row{c[0].Printed(), 1_000, ""},           // 5 claimed twice
		row{c[3].Printed(), 1_000, ""},           // 6 another's
		row{c[4].Printed(), 1_000, ""},           // 7 claimed, not redeemed
		row{c[5].Printed(), 1_000, ""},           // 8 void
		row{c[6].Printed(), 1_000, "2024-12-31"}, // 9 outside the window
		row{c[7].Printed(), 1_000, ""},           // 10 contested
		row{string(wrong), 1_000, ""},            // 11 check digits
		row{"chez Awa", 1_000, ""},               // 12 no number
	)
	r := w.run()
	for n, want := range map[int]reconcile.Line{
		3:  {Matched: true},
		4:  {Exception: reconcile.AmountDiffers},
		5:  {Exception: reconcile.ClaimedTwice, Detail: "asked for before in: claim:" + string(honest.ID) + "/3"},
		6:  {Exception: reconcile.AnotherVendors, Detail: "redeemed at: v2"},
		7:  {Exception: reconcile.ClaimedNotRedeemed},
		8:  {Exception: reconcile.VoidBefore, Detail: "void since: 2025-03-02"},
		9:  {Exception: reconcile.OutsideWindow},
		10: {Exception: reconcile.NotPayable, Detail: "its receipt is: contested, factor-missing"},
		11: {Exception: reconcile.UnknownSerial, Detail: "check digits do not fit"},
		12: {Exception: reconcile.UnknownSerial, Detail: "not a card number"},
	} {
		got := lineOf(t, r, claim.ID, n)
		if got.Matched != want.Matched || got.Exception != want.Exception || got.Detail != want.Detail {
			t.Errorf("line %d: matched %v, %s, %q; want %v, %s, %q", n, got.Matched, got.Exception, got.Detail, want.Matched, want.Exception, want.Detail)
		}
	}
	want := map[string]int{"matched": 2, "unknown-serial": 2, "redeemed-not-claimed": 2}
	for _, e := range []string{"amount-differs", "claimed-twice", "another-vendors", "claimed-not-redeemed", "void-before", "outside-window", "not-payable"} {
		want[e] = 1
	}
	if diff := cmp.Diff(want, counts(r)); diff != "" {
		t.Error(diff)
	}

	t.Run("an inflated and an invented line are caught and not paid", func(t *testing.T) {
		if f := finding(t, r, "inflated-claim"); !f.Value.Equal(francs(500)) || f.Vendor != "v1" {
			t.Errorf("inflated: %+v", f)
		}
		if f := finding(t, r, "invented-claim"); !f.Value.Equal(francs(1_000)) {
			t.Errorf("invented: %+v", f)
		}
		finding(t, r, "borrowed-claim")
		finding(t, r, "claimed-twice")
		finding(t, r, "redeem-after-void")
		got := w.accept(claim)
		if !got.Accepted.Equal(francs(1_000)) {
			t.Errorf("accepted %s, want 1000", got.Accepted)
		}
		if diff := cmp.Diff([3]int64{3_000, 1_000, 0}, w.balances("v1")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the same exceptions stand after the acceptance", func(t *testing.T) {
		if diff := cmp.Diff(want, counts(w.run())); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a redemption left out can be claimed anew", func(t *testing.T) {
		again := w.bring("v1", rows(c[2])...)
		if got := w.accept(again); !got.Accepted.Equal(francs(1_000)) {
			t.Errorf("accepted %s", got.Accepted)
		}
		if l := lineOf(t, w.run(), claim.ID, 4); l.Exception != reconcile.ClaimedTwice {
			t.Errorf("the inflated line: %+v", l)
		}
	})
}

func next(c byte) byte {
	if c == '7' {
		return '8'
	}
	return '7'
}

// A sale that a better receipt undoes is taken out of its accepted claim.
func TestService_Run_reversal(t *testing.T) {
	w := newWorld(t, 3)
	w.sell("h2", w.cards...) // a visitor below the floor
	claim := w.accept(w.bring("v2", rows(w.cards...)...))
	w.Expect(w.Send("h1", w.Sale("h1", w.cards[0]))[0], voucher.Payable, "")
	r := w.run()
	l := lineOf(t, r, claim.ID, 3)
	if l.Exception != reconcile.NotPayable || l.HasEntry {
		t.Errorf("the line whose sale was undone: %+v", l)
	}
	// He kept every rule, so the programme bears the loss: the voucher is paid
	// twice, which is a finding, and the accept-loss entry waits for a claim.
	if got := counts(r)["redeemed-not-claimed"]; got != 2 {
		t.Errorf("%d redemptions unclaimed, want the home's and the loss", got)
	}
	if f := finding(t, r, "double-spend"); f.Score != 30 || f.Vendor != "v2" {
		t.Errorf("%+v", f)
	}
}

// What a vendor brings as a workbook is matched like a text.
func TestService_MatchClaim_workbook(t *testing.T) {
	w := newWorld(t, 3)
	w.sell("h1", w.cards[:2]...)
	f := excelize.NewFile()
	for i, row := range [][]any{{"N° du bon", "Date", "Montant FCFA"}, {w.cards[0].Printed(), "02/03/2025", 1000}, {string(w.cards[1]), "02/03/2025", 1000},
		{w.cards[2].Printed(), "02/03/2025", 1000}, {"TOTAL", "", 3000}} {
		w.must(f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row))
	}
	var b bytes.Buffer
	w.must(f.Write(&b))
	c := w.bringFile("v1", b.Bytes())
	m, err := w.s.MatchClaim(t.Context(), reconcile.MatchClaim{By: monitor, Claim: c.ID})
	w.must(err)
	if len(m.Entries) != 2 || !m.Matched.Equal(francs(2_000)) || m.Problems[4] != string(reconcile.ClaimedNotRedeemed) {
		t.Errorf("matched %v, problems %v", m.Entries, m.Problems)
	}
	got := w.accept(c)
	if !got.Accepted.Equal(francs(2_000)) {
		t.Errorf("accepted %s", got.Accepted)
	}

	t.Run("of a refused claim nothing matches", func(t *testing.T) {
		c := w.bring("v1", rows(w.cards[2])...)
		_, err := w.s.AcceptMatched(t.Context(), reconcile.AcceptMatched{By: approver, Key: w.Key(), Claim: c.ID})
		if !errors.Is(err, reconcile.ErrMatched) {
			t.Errorf("accepted without a match: %v", err)
		}
		_, err = w.vendors.RefuseClaim(t.Context(), vendors.RefuseClaim{By: approver, Key: w.Key(), Claim: c.ID, Reason: "invented"})
		w.must(err)
		if _, err := w.s.MatchClaim(t.Context(), reconcile.MatchClaim{By: monitor, Claim: c.ID}); !errors.Is(err, vendors.ErrClaimState) {
			t.Errorf("got %v", err)
		}
		w.run()
	})
}

// A repeated acceptance is answered as the first, whatever came in between.
func TestService_AcceptMatched_again(t *testing.T) {
	w := newWorld(t, 3)
	w.sell("h1", w.cards[0])
	c := w.bring("v1", rows(w.cards...)...)
	cmd := reconcile.AcceptMatched{By: approver, Key: "once", Claim: c.ID}
	first, err := w.s.AcceptMatched(t.Context(), cmd)
	w.must(err)
	w.sell("h1", w.cards[1]) // a line that was left out has its receipt now
	again, err := w.s.AcceptMatched(t.Context(), cmd)
	w.must(err)
	if again.Entry != first.Entry || !again.Accepted.Equal(first.Accepted) {
		t.Errorf("got %+v, want %+v", again, first)
	}
	if l := lineOf(t, w.run(), c.ID, 4); l.Exception != reconcile.NotPayable || l.HasEntry {
		t.Errorf("the line left out: %+v", l)
	}
}

// The same journal gives the same report, byte for byte, at any time.
func TestService_Run_same(t *testing.T) {
	w := newWorld(t, 8)
	w.sell("h1", w.cards[:5]...)
	w.accept(w.bring("v1", append(rows(w.cards[:3]...), row{w.cards[6].Printed(), 9_000, ""})...))
	first := w.json(w.run())
	w.Clock.Now = w.Clock.Now.Add(100 * time.Hour)
	if second := w.json(w.run()); first != second {
		t.Error(cmp.Diff(first, second))
	}
	if r := w.run(); r.Size == 0 || r.Checkpoint == "" {
		t.Errorf("the report names no checkpoint: %d %q", r.Size, r.Checkpoint)
	}
	w.sell("h1", w.cards[5])
	if w.json(w.run()) == first {
		t.Error("another journal gives the same report")
	}
}

// Sales outside the window and of void cards are named by their receipts.
func TestService_Run_receipts(t *testing.T) {
	w := newWorld(t, 4)
	_, err := w.Service.Void(t.Context(), w.Change(w.cards[0]))
	w.must(err)
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	w.sync()
	w.Expect(w.Send("h1", w.Sale("h1", w.cards[0]))[0], voucher.Rejected, voucher.ReasonVoid)
	for range 3 {
		w.Expect(w.Send("h1", w.SaleWith("h1", w.cards[1], voucher.Factor{Secret: "0000000000000000"}))[0], voucher.Rejected, voucher.ReasonFactorWrong)
	}
	w.Clock.Now = vouchertest.SalesEnd.Add(time.Hour)
	w.sync()
	w.Expect(w.Send("h1", w.Sale("h1", w.cards[2]))[0], voucher.Rejected, voucher.ReasonExpired)
	c := w.bring("v1", rows(w.cards...)...)
	r := w.run()
	for i, want := range []reconcile.Exception{reconcile.VoidBefore, reconcile.NotPayable, reconcile.OutsideWindow, reconcile.ClaimedNotRedeemed} {
		if l := lineOf(t, r, c.ID, i+3); l.Exception != want {
			t.Errorf("line %d: %s, want %s", i, l.Exception, want)
		}
	}
	if f := finding(t, r, "redeem-after-void"); f.Score != 80 || f.Handheld != "h1" {
		t.Errorf("%+v", f)
	}
	if f := finding(t, r, "wrong-factor"); f.Score != 60 || len(f.Evidence) != 3 {
		t.Errorf("%+v", f)
	}
}
