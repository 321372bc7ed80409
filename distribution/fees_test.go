package distribution_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// A lot whose traders' commission and transport could exceed what the round
// has set aside is neither prepared nor approved, and the refusal has the sum.
func TestService_ApproveLot_fees(t *testing.T) {
	w := ready(t, 10, nil)
	terms := func(perSale int64) {
		w.must(w.store.Update(t.Context(), func(tx distribution.Tx) error {
			last, err := tx.Terms("v1", 0)
			if err != nil && !errors.Is(err, vendors.ErrNotFound) {
				return err
			}
			return tx.PutTerms(vendors.Terms{Vendor: "v1", Version: last.Version + 1, From: tx.Now(), ApprovedBy: "s2",
				Lines: []vendors.Term{{Name: "c", Kind: vendors.Commission, PerSale: money.Francs(perSale)}}})
		}))
	}
	terms(100)
	prepare := func() (distribution.Lot, error) {
		return w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}})
	}
	fees := w.balance(ledger.Fees("r"), money.XOF)
	_, err := prepare() // 10 households with a voucher of 5,000 and three of 1,000: 40 sales, and a franc for the line
	if !errors.Is(err, distribution.ErrBudget) || !strings.Contains(err.Error(), "4001 XOF") {
		t.Fatalf("%v, want ErrBudget with 4001 XOF; fees hold %d", err, fees)
	}
	w.allocate("r", distribution.Draw{Fund: "g1", Fees: money.Francs(4_001 - fees)})
	l, err := prepare()
	w.must(err)
	terms(101)
	if _, err := w.approve(approver, l); !errors.Is(err, distribution.ErrBudget) || !strings.Contains(err.Error(), "4041 XOF") {
		t.Errorf("dearer by the time of approval: %v", err)
	}
	terms(100)
	_, err = w.approve(approver, l)
	w.must(err)
}
