package vendors_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// undo does what package voucher does when a redemption is undone.
func (w *world) undo(s sale, round string) ledger.Account {
	w.Helper()
	var at ledger.Account
	w.update(func(tx vendors.Tx) error {
		var err error
		if at, err = vendors.ReverseInClaim(tx, s.seq); err != nil || at == "" {
			return err
		}
		_, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindReverse, Actor: system, Round: round, Ref: fmt.Sprintf("entry:%d", s.seq),
			Postings: []ledger.Posting{{Debit: at, Credit: s.voucher, Amount: s.value}}})
		return err
	})
	return at
}

// Wherever the value of an undone sale is, it comes back from there, and
// nobody is paid for it; once ordered it stands.
func TestReverseInClaim(t *testing.T) {
	start := func(t *testing.T) (*world, sale, sale) {
		w := newWorld(t)
		w.register("v1", 0)
		return w, w.francs("v1", 5000), w.francs("v1", 2000)
	}
	t.Run("not claimed", func(t *testing.T) {
		w, s, _ := start(t)
		if at := w.undo(s, "r1"); at != ledger.Redeemed("v1") {
			t.Errorf("it was at %q", at)
		}
		if c := w.prepare("v1", "r1"); c.Claimed != money.Francs(2000) || c.Lines != 1 {
			t.Errorf("the claim asks for it: %+v", c)
		}
	})
	t.Run("in a proposed claim", func(t *testing.T) {
		w, s, _ := start(t)
		c := w.prepare("v1", "r1")
		if at := w.undo(s, "r1"); at != ledger.Redeemed("v1") {
			t.Errorf("it was at %q", at)
		}
		if got := w.claim(c.ID); got.Claimed != money.Francs(2000) || !w.lines(c.ID)[0].Reversed {
			t.Errorf("claim %+v", got)
		}
		if c = w.accept(c); c.Accepted != money.Francs(2000) {
			t.Errorf("accepted %s", c.Accepted)
		}
		w.holds(map[ledger.Account]int64{"vendor:v1:redeemed": 0, "vendor:v1:claimed": 2000})
	})
	t.Run("in an accepted claim", func(t *testing.T) {
		w, s, _ := start(t)
		c := w.claimed("v1", "r1")
		if at := w.undo(s, "r1"); at != ledger.Claimed("v1") {
			t.Errorf("it was at %q", at)
		}
		if got := w.claim(c.ID); got.Accepted != money.Francs(2000) {
			t.Errorf("accepted %s", got.Accepted)
		}
		if st := w.settle(); st.Total != money.Francs(2000) {
			t.Errorf("paid %s", st.Total)
		}
	})
	t.Run("in a settlement that is not approved yet", func(t *testing.T) {
		w, s, _ := start(t)
		w.claimed("v1", "r1")
		st := w.settle()
		if at := w.undo(s, "r1"); at != ledger.Claimed("v1") {
			t.Errorf("it was at %q", at)
		}
		_, err := w.s.ApproveSettlement(t.Context(), vendors.ApproveSettlement{By: approver, Key: w.key(), Settlement: st.ID, Digest: st.Digest})
		if !errors.Is(err, vendors.ErrSettlementChanged) {
			t.Errorf("approved all the same: %v", err)
		}
		_, err = w.s.RefuseSettlement(t.Context(), vendors.RefuseSettlement{By: approver, Key: w.key(), Settlement: st.ID, Reason: "changed"})
		w.must(err)
		if st = w.approve(w.settle()); st.Total != money.Francs(2000) {
			t.Errorf("paid %s", st.Total)
		}
	})
	t.Run("once ordered the payment stands", func(t *testing.T) {
		w, s, _ := start(t)
		w.claimed("v1", "r1")
		w.approve(w.settle())
		before := w.size()
		if at := w.undo(s, "r1"); at != "" || w.size() != before {
			t.Errorf("it was undone at %q", at)
		}
	})
	t.Run("frozen by a case", func(t *testing.T) {
		w, s, _ := start(t)
		w.post(ledger.KindFreeze, "r1", "case", ledger.Posting{Debit: ledger.Redeemed("v1"), Credit: ledger.Contested("v1"), Amount: money.Francs(5000)})
		if at := w.undo(s, "r1"); at != ledger.Contested("v1") {
			t.Errorf("it was at %q", at)
		}
	})
	t.Run("worked off an advance it stands, though other claims have the money", func(t *testing.T) {
		w, s, _ := start(t)
		a, err := w.s.PrepareAdvance(t.Context(), vendors.PrepareAdvance{By: preparer, Key: w.key(), Vendor: "v1", Amount: money.Francs(6000), Permille: 1000})
		w.must(err)
		_, err = w.s.ApproveAdvance(t.Context(), vendors.ApproveAdvance{By: approver, Key: w.key(), Advance: a.ID, Digest: a.Digest()})
		w.must(err)
		w.claimed("v1", "r1")
		st := w.approve(w.settle()) // 6000 recovered, 1000 sent
		_, err = w.results(st, st.ID+"-1;1000;error;;")
		w.must(err)
		w.francs("v1", 9000)
		w.claimed("v1", "r1")
		before := w.size()
		if at := w.undo(s, "r1"); at != "" || w.size() != before {
			t.Errorf("it was undone at %q", at)
		}
	})
	t.Run("goods that were bought stay bought", func(t *testing.T) {
		w, _, _ := start(t)
		s := w.sell("v1", "r2", money.FromMinor(1000, w.rice()), map[string]string{"price": "400"})
		w.claimed("v1", "r2")
		if at := w.undo(s, "r2"); at != "" {
			t.Errorf("it was undone at %q", at)
		}
	})
	t.Run("an entry that is no sale", func(t *testing.T) {
		w, _, _ := start(t)
		err := w.db.Vendors().Update(t.Context(), func(tx vendors.Tx) error { _, err := vendors.ReverseInClaim(tx, 0); return err })
		if !errors.Is(err, vendors.ErrClaimLine) {
			t.Error(err)
		}
	})
}
