package simulate

import (
	"slices"
	"testing"
)

// Every kind names its traders, and takes what they can be asked about; the facts of
// strange rounds fit together as others do.
func TestKinds(t *testing.T) {
	nothing := []Kind{SplitClaims, TakesMarket, MadeUp} // take nothing by themselves
	for _, kinds := range [][]Kind{Kinds(), Former(), Holdout()} {
		c := Default(7)
		c.Households, c.Vendors, c.Points, c.Kinds, c.Share, c.Strange = 12_000, 100, 8, kinds, 0.2, true
		round, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := round.Facts.Check(); err != nil {
			t.Error(err)
		}
		taken, named := map[Kind]int64{}, map[Kind]bool{}
		for i, k := range round.Truth.Records {
			taken[k] += round.Truth.Taken[i]
			if x := round.Facts.Records[i]; k == "" && round.Truth.Taken[i] != 0 || round.Truth.Taken[i] > x.Value {
				t.Fatalf("record %d, %q: %d taken of %d", i, k, round.Truth.Taken[i], x.Value)
			}
		}
		for i, k := range round.Truth.Lines {
			taken[k] += round.Truth.TakenLines[i]
		}
		for _, ks := range round.Truth.Vendors {
			for _, k := range ks {
				named[k] = true
			}
		}
		for _, k := range kinds {
			if !named[k] || taken[k] == 0 && !slices.Contains(nothing, k) {
				t.Errorf("%s: named %v, took %d", k, named[k], taken[k])
			}
		}
	}
}
