package distribution_test

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
)

// A lot is issued after it was approved, once, and approved as it was prepared.
func TestASVS_2_3_1(t *testing.T) {
	w := ready(t, 3, nil)
	l := w.prepare("r", "pt")
	if _, err := w.issue(l); !errors.Is(err, access.ErrApprovals) {
		t.Errorf("issued before anybody approved: %v", err)
	}
	w.must(second(w.approve(approver, l)))
	issued, err := w.issue(l)
	w.must(err)
	if _, err := w.approve(finance, issued); !errors.Is(err, distribution.ErrLotState) {
		t.Errorf("approved after it was issued: %v", err)
	}
	if _, err := w.issue(issued); !errors.Is(err, distribution.ErrLotState) {
		t.Errorf("issued twice: %v", err)
	}
}

// Households times their amount, with spares and what is in other lots, is
// never more than the round has.
func TestASVS_2_2_3(t *testing.T) {
	w := newWorld(t)
	w.importing(village("Konna", 10)) // 10 x 8,000
	w.point("pt", "Konna", "Konna/Konna")
	w.fund("f", 79_999)
	w.round("r", nil)
	w.allocate("r", distribution.Draw{Fund: "f", Vouchers: money.Francs(79_999)})
	_, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}})
	if !errors.Is(err, distribution.ErrBudget) {
		t.Errorf("one franc less than they are owed: %v", err)
	}
	w.fund("f2", 1)
	w.allocate("r", distribution.Draw{Fund: "f2", Vouchers: money.Francs(1)})
	if l := w.prepare("r", "pt"); l.Total.Minor() != 80_000 {
		t.Errorf("the lot is %s", l.Total)
	}
}
