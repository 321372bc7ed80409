package reconcile_test

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/voucher"
)

// A weak finding may be looked at, but its case freezes nothing.
func TestService_Freeze_weak(t *testing.T) {
	w := newWorld(t, 2)
	w.sell("h2", w.cards...) // a visitor below the floor, who kept every rule
	w.Expect(w.Send("h1", w.Sale("h1", w.cards[0]))[0], voucher.Payable, "")
	c := w.open(finding(t, w.run(), "double-spend"))
	before := w.balances("v2")
	cmd := reconcile.Decide{By: preparer, Key: w.Key(), Case: c.ID}
	for range 2 {
		if _, err := w.s.Freeze(t.Context(), cmd); !errors.Is(err, reconcile.ErrWeak) {
			t.Errorf("freezing for a score of %d: %v", c.Findings[0].Score, err)
		}
	}
	if got := w.balances("v2"); got != before {
		t.Errorf("balances are %v, were %v", got, before)
	}
}
