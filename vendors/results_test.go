package vendors_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/vendors/bankfile"
	"github.com/jate-cva/jate/vendors/bankfile/bankfiletest"
)

// camt sends movements as the bank's message about a settlement.
func (w *world) camt(version int, st vendors.Settlement, lines ...bankfile.Line) (vendors.Results, error) {
	w.Helper()
	for i := range lines {
		lines[i].Booked, lines[i].Code = w.now.Truncate(24*time.Hour), "PMNT/ICDT/DMCT"
	}
	file := bankfiletest.Camt(version, bankfile.Statement{ID: "n", Account: "ML13ML0160120102600100668497", Lines: lines})
	return w.s.ImportResults(w.Context(), vendors.ImportResults{By: preparer, Key: w.key(), Settlement: st.ID, File: file})
}

// The bank's own message says what was paid; what it says of others is passed
// over; what comes back after days is owed again.
func TestService_ImportResults_camt(t *testing.T) {
	for _, version := range []int{2, 8} {
		w := newWorld(t)
		w.registerAs("v1", "bank")
		w.registerAs("v2", "bank")
		st := w.ordered("bank", map[vendors.ID]int64{"v1": 5000, "v2": 7000})
		first, second := st.Payments[0], st.Payments[1]
		paid := bankfile.Line{Amount: money.Francs(-first.Amount.Minor()), Reference: first.Reference, BankRef: "T1"}
		other := bankfile.Line{Amount: money.Francs(-3), Reference: "s9-1", BankRef: "T2"}
		r, err := w.camt(version, st, paid, other)
		if err != nil || r.Paid != 1 || r.Others != 1 || r.Settlement.State != vendors.SettlementOrdered {
			t.Fatalf("a part: %+v, %v", r, err)
		}
		w.holds(map[ledger.Account]int64{ledger.Transit(st.ID): second.Amount.Minor(), "bank:main": bankStart - first.Amount.Minor()})
		back := bankfile.Line{Amount: first.Amount, Reference: first.Reference, BankRef: "T7", Returned: true, Text: "Compte clos"}
		for i, want := range []vendors.Results{{Returned: 1}, {Same: 1}} {
			size := w.size()
			r, err := w.camt(version, st, back)
			if err != nil || r.Returned != want.Returned || r.Same != want.Same {
				t.Fatalf("%d: %+v, %v", i, r, err)
			}
			if i == 1 && w.size() != size {
				t.Error("what came back was posted twice")
			}
		}
		w.holds(map[ledger.Account]int64{"bank:main": bankStart, ledger.Claimed(string(first.Vendor)): first.Amount.Minor()})
		if r, err := w.camt(version, st, paid); err != nil || r.Same != 1 {
			t.Errorf("the first file again: %+v, %v", r, err)
		}
		if c := w.claim(first.Claim); c.State != vendors.ClaimAccepted || c.Settlement != "" {
			t.Errorf("the claim is not owed again: %+v", c)
		}
		wrong := paid
		wrong.Reference, wrong.Amount = second.Reference, money.Francs(-1)
		if _, err := w.camt(version, st, wrong); !errors.Is(err, vendors.ErrResult) {
			t.Errorf("another sum: %v", err)
		}
	}
}

// A bank may book an order in one sum: then all of it was paid.
func TestService_ImportResults_batch(t *testing.T) {
	w := newWorld(t)
	w.registerAs("v1", "bank")
	w.registerAs("v2", "bank")
	st := w.ordered("bank", map[vendors.ID]int64{"v1": 5000, "v2": 7000})
	r, err := w.camt(8, st, bankfile.Line{Amount: money.Francs(-12_000), Batch: st.ID, BankRef: "T1"})
	if err != nil || r.Paid != 2 || r.Settlement.State != vendors.SettlementDone {
		t.Fatalf("%+v, %v", r, err)
	}
	w.holds(map[ledger.Account]int64{"bank:main": bankStart - 12_000, ledger.Transit(st.ID): 0})
}

// A table says that a payment came back in words of its own.
func TestService_ImportResults_returned(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	st := w.ordered("mobile-money", map[vendors.ID]int64{"v1": 5000})
	ref := st.Payments[0].Reference
	_, err := w.results(st, ref+";5000;ok;T1;")
	w.must(err)
	r, err := w.results(st, ref+";5000;ok;T1;", ref+";5000;Retourné;T8;numéro résilié")
	if err != nil || r.Returned != 1 || r.Same != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	w.holds(map[ledger.Account]int64{"bank:main": bankStart, "vendor:v1:claimed": 5000})
	next := w.approve(w.settle())
	_, err = w.results(next, next.Payments[0].Reference+";5000;ok;T9;")
	w.must(err)
	w.holds(map[ledger.Account]int64{"bank:main": bankStart - 5000, "vendor:v1:claimed": 0})
}
