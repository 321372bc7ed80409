package reconcile_test

import (
	"testing"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
)

// The same money is in question once, however many detectors say so.
func TestWorthOf(t *testing.T) {
	f := func(detector string, value int64, evidence ...string) reconcile.Finding {
		return reconcile.Finding{Detector: detector, Value: money.Francs(value), Evidence: evidence}
	}
	for name, c := range map[string]struct {
		of   []reconcile.Finding
		want int64
	}{
		"apart":                     {[]reconcile.Finding{f("a", 100, "entry:1"), f("b", 200, "entry:2")}, 300},
		"the same sales":            {[]reconcile.Finding{f("a", 300, "entry:1", "entry:2"), f("b", 300, "entry:1", "entry:2")}, 300},
		"some of them, found first": {[]reconcile.Finding{f("a", 100, "entry:1"), f("b", 300, "entry:1", "entry:2")}, 300},
		"of two others":             {[]reconcile.Finding{f("a", 300, "entry:1", "entry:2"), f("b", 200, "entry:3"), f("c", 150, "entry:2", "entry:3")}, 500},
		"with others of its own":    {[]reconcile.Finding{f("a", 300, "entry:1", "entry:2"), f("b", 200, "entry:2", "entry:3")}, 500},
		"by receipts and entries":   {[]reconcile.Finding{f("a", 300, "entry:1", "receipt:a"), f("b", 300, "entry:1", "receipt:b")}, 300},
		"lines of claims":           {[]reconcile.Finding{f("a", 100, "claim:c/1"), f("b", 100, "claim:c/2"), f("d", 100, "claim:c/2")}, 200},
		"no evidence":               {[]reconcile.Finding{f("a", 100), f("b", 50)}, 150},
		"grown":                     {[]reconcile.Finding{f("a", 100, "entry:1"), f("a", 80, "entry:1", "entry:2")}, 80},
	} {
		if got, err := reconcile.WorthOf(c.of); err != nil || got.Minor() != c.want {
			t.Errorf("%s: %v, %v; want %d", name, got, err, c.want)
		}
	}
}
