package vendorstest

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func testTerms(t *testing.T, s vendors.Store) {
	terms := func(vendor vendors.ID, version int, by string) vendors.Terms {
		return vendors.Terms{Vendor: vendor, Version: version, From: at, Km: 40, Digest: [32]byte{3}, SetBy: "s1", ApprovedBy: by, Lines: []vendors.Term{
			{Name: "Commission", Kind: vendors.Commission, BasisPoints: 150, PerSale: money.Francs(25)},
			{Name: "Transport", Kind: vendors.Transport, PerRound: money.Francs(9), Bands: []vendors.Band{{UpToKm: 50, Amount: money.Francs(5000)}}},
			{Name: "Tax", Kind: vendors.Withholding, BasisPoints: 300, On: vendors.OfAll}}}
	}
	charged := vendors.Charged{Vendor: "v1", Round: "r1", Version: 2, Sales: 3, Sum: 4, Fees: 5, Lines: []int64{6, 7}, Hauled: true}
	lines := []vendors.ChargeLine{{Name: "Tax", Kind: vendors.Withholding, Base: money.Francs(7), Amount: money.Francs(-1)}}
	update(t, s, func(tx vendors.Tx) error {
		return errors.Join(tx.PutTerms(terms("v1", 1, "")), tx.PutTerms(terms("v1", 1, "s2")), tx.PutTerms(terms("v1", 2, "")),
			tx.PutTerms(terms("v11", 1, "")), tx.PutCharged(charged), tx.PutClaimCharges("c1", lines))
	})
	for _, wrong := range []int{0, 1, 4} {
		if err := s.Update(t.Context(), func(tx vendors.Tx) error { return tx.PutTerms(terms("v1", wrong, "")) }); err == nil {
			t.Errorf("version %d was stored after 2", wrong)
		}
	}
	view(t, s, func(tx vendors.Tx) error {
		same(t, terms("v1", 2, ""))(tx.Terms("v1", 0))
		same(t, terms("v1", 1, "s2"))(tx.Terms("v1", 1))
		same(t, charged)(tx.Charged("v1", "r1"))
		same(t, lines)(tx.ClaimCharges("c1"))
		same[[]vendors.ChargeLine](t, nil)(tx.ClaimCharges("c2"))
		_, none := tx.Terms("v", 0)
		_, round := tx.Charged("v1", "r2")
		if !errors.Is(none, vendors.ErrNotFound) || !errors.Is(round, vendors.ErrNotFound) {
			t.Errorf("what is not there: %v, %v", none, round)
		}
		return nil
	})
}
