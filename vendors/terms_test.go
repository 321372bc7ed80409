package vendors_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// terms proposes and approves a vendor's terms.
func (w *world) terms(vendor vendors.ID, km int, lines ...vendors.Term) vendors.Terms {
	w.Helper()
	t, err := w.s.SetTerms(w.Context(), vendors.SetTerms{By: manager, Key: w.key(), Vendor: vendor, Km: km, Lines: lines})
	w.must(err)
	t, err = w.s.ApproveTerms(w.Context(), vendors.ApproveTerms{By: approver, Key: w.key(), Vendor: vendor, Digest: t.Digest})
	w.must(err)
	return t
}

var (
	commission = vendors.Term{Name: "Commission", Kind: vendors.Commission, BasisPoints: 150, PerSale: money.Francs(25)}
	transport  = vendors.Term{Name: "Transport", Kind: vendors.Transport, Bands: []vendors.Band{
		{UpToKm: 20, Amount: money.Francs(2_000)}, {UpToKm: 60, Amount: money.Francs(5_000)}, {UpToKm: 200, Amount: money.Francs(9_000)}}}
	tax = vendors.Term{Name: "Retenue", Kind: vendors.Withholding, BasisPoints: 300, On: vendors.OfFees}
)

func (w *world) charges(c vendors.Claim) (amounts []int64) {
	w.Helper()
	lines, err := w.s.ClaimCharges(w.Context(), vendors.ByID{By: approver, ID: string(c.ID)})
	w.must(err)
	for _, l := range lines {
		amounts = append(amounts, l.Amount.Minor())
	}
	return amounts
}

// Each line of a contract is a line of the claim, paid from the round's fees or
// kept for the treasury, and transport once in a round.
func TestService_Terms(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.terms("v1", 45, commission, transport, tax)
	w.francs("v1", 10_000)
	w.francs("v1", 3_333)
	c := w.claimed("v1", "r1")
	// 13,333 x 1.5 % = 199.995, and 2 x 25; 5,000 for 45 km; 3 % of 5,250 = 157.5, to the even franc.
	if got := w.charges(c); len(got) != 3 || got[0] != 250 || got[1] != 5_000 || got[2] != -158 || c.Charges.Minor() != 5_092 {
		t.Errorf("charges %v, together %s", got, c.Charges)
	}
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 13_333 + 5_092, "fees:r1": feesStart - 5_250, "withheld:mopti": 158})
	st := w.approve(w.settle("v1"))
	if st.Total.Minor() != 18_425 {
		t.Errorf("paid %s", st.Total)
	}
	w.francs("v1", 2_000)
	if got := w.charges(w.claimed("v1", "r1")); got[0] != 55 || got[1] != 0 || got[2] != -1 {
		t.Errorf("the round's second claim: %v", got) // 15,333 x 1.5 % = 229.995 + 75 in all; 3 % of 5,305 = 159.15
	}
}

func TestService_SetTerms_refuses(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	for name, lines := range map[string][]vendors.Term{
		"no kind":                  {{Name: "x", BasisPoints: 1}},
		"over all":                 {{Name: "x", Kind: vendors.Commission, BasisPoints: 10_001}},
		"a commission of nothing":  {{Name: "x", Kind: vendors.Commission}},
		"transport in parts":       {{Name: "x", Kind: vendors.Transport, BasisPoints: 5}},
		"bands that end too soon":  {{Name: "x", Kind: vendors.Transport, Bands: []vendors.Band{{UpToKm: 10, Amount: money.Francs(1)}}}},
		"bands that do not ascend": {{Name: "x", Kind: vendors.Transport, Bands: []vendors.Band{{UpToKm: 50, Amount: money.Francs(1)}, {UpToKm: 50, Amount: money.Francs(1)}}}},
		"a withholding of nothing": {{Name: "x", Kind: vendors.Withholding, BasisPoints: 5}},
		"a withholding in one sum": {{Name: "x", Kind: vendors.Withholding, BasisPoints: 5, On: vendors.OfAll, PerSale: money.Francs(1)}},
		"nine lines":               {tax, tax, tax, tax, tax, tax, tax, tax, tax},
		"a name of two lines":      {{Name: "a\nb", Kind: vendors.Commission, BasisPoints: 1}},
	} {
		if _, err := w.s.SetTerms(t.Context(), vendors.SetTerms{By: manager, Key: w.key(), Vendor: "v1", Km: 40, Lines: lines}); !errors.Is(err, vendors.ErrVendor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.s.SetTerms(t.Context(), vendors.SetTerms{By: manager, Key: w.key(), Vendor: "v1", From: w.now.Add(-time.Hour), Lines: []vendors.Term{commission}}); !errors.Is(err, vendors.ErrVendor) {
		t.Errorf("terms that reach back: %v", err)
	}
	// Who proposed does not approve, an old digest approves nothing, and what
	// nobody approved is not in force.
	one := person("one", "mopti", access.RoleVendorManager)
	p, err := w.s.SetTerms(t.Context(), vendors.SetTerms{By: one, Key: w.key(), Vendor: "v1", Lines: []vendors.Term{commission}})
	w.must(err)
	again, err := w.s.SetTerms(t.Context(), vendors.SetTerms{By: one, Key: w.key(), Vendor: "v1", Lines: []vendors.Term{tax}})
	w.must(err)
	if _, err := w.s.ApproveTerms(t.Context(), vendors.ApproveTerms{By: approver, Key: w.key(), Vendor: "v1", Digest: p.Digest}); !errors.Is(err, vendors.ErrTerms) {
		t.Errorf("an old version: %v", err)
	}
	one.Roles = []access.Role{access.RoleFinanceApprover}
	if _, err := w.s.ApproveTerms(t.Context(), vendors.ApproveTerms{By: one, Key: w.key(), Vendor: "v1", Digest: again.Digest}); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("the same person: %v", err)
	}
	w.francs("v1", 1_000)
	if c := w.claimed("v1", "r1"); !c.Charges.IsZero() {
		t.Errorf("terms that nobody approved: %s", c.Charges)
	}
}

// However a round's sales are split into claims, and whichever are undone, the
// lines come to what the whole comes to, rounded once: no franc is lost or won.
func TestService_Terms_split(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.register("v1", 0)
		points, kept := rapid.IntRange(1, 500).Draw(rt, "points"), rapid.IntRange(1, 500).Draw(rt, "kept")
		each := rapid.Int64Range(1, 40).Draw(rt, "each")
		w.terms("v1", 0, vendors.Term{Name: "c", Kind: vendors.Commission, BasisPoints: points, PerSale: money.Francs(each)},
			vendors.Term{Name: "w", Kind: vendors.Withholding, BasisPoints: kept, On: vendors.OfSales})
		var sum, sales int64
		var lines [2]int64
		for range rapid.IntRange(1, 4).Draw(rt, "claims") {
			var sold []sale
			for range rapid.IntRange(1, 3).Draw(rt, "sales") {
				s := w.francs("v1", rapid.Int64Range(500, 9_999).Draw(rt, "value"))
				sold, sum, sales = append(sold, s), sum+s.value.Minor(), sales+1
			}
			for i, n := range w.charges(w.claimed("v1", "r1")) {
				lines[i] += n
			}
			if len(sold) > 1 && rapid.Bool().Draw(rt, "undo") {
				if w.undo(sold[0], "r1") != "" {
					sum, sales = sum-sold[0].value.Minor(), sales-1
				}
			}
		}
		w.francs("v1", 20_000) // enough for whatever is taken back
		for i, n := range w.charges(w.claimed("v1", "r1")) {
			lines[i] += n
		}
		sum, sales = sum+20_000, sales+1
		if want := halfEven(sum*int64(points)) + sales*each; lines[0] != want {
			rt.Fatalf("commission %d, want %d", lines[0], want)
		}
		if want := -halfEven(sum * int64(kept)); lines[1] != want {
			rt.Fatalf("withheld %d, want %d", lines[1], want)
		}
		w.holds(map[ledger.Account]int64{"fees:r1": feesStart - lines[0], "withheld:mopti": -lines[1]})
	})
}

// halfEven is n ten thousandths, in other words than the code's.
func halfEven(n int64) int64 {
	whole, rest := n/10_000, n%10_000
	if 2*rest > 10_000 || 2*rest == 10_000 && whole%2 == 1 {
		whole++
	}
	return whole
}

// A round is worth approving only with fees for what contracts could add.
func TestFeesMax(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("v2", 20) // 2 % by its contract alone
	w.terms("v1", 45, commission, transport, tax)
	w.view(func(tx vendors.Tx) error {
		for zones, want := range map[string]int64{
			"gao":       20_001 + 10*25 + 2, // 2 % of 1,000,001 and 25 for each of ten vouchers, and two lines
			"gao mopti": 20_001 + 10*25 + 5_002,
		} {
			if got, err := vendors.FeesMax(tx, "mopti", strings.Fields(zones), money.Francs(1_000_001), 10, tx.Now()); err != nil || got.Minor() != want {
				t.Errorf("%s: %s, %v; want %d", zones, got, err, want)
			}
		}
		return nil
	})
}
