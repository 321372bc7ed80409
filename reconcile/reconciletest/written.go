package reconciletest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// testWritten checks that no claim that is written is kept from who follows the
// store, and that what is rolled back is not said.
func testWritten(t *testing.T, s reconcile.Store) {
	var last reconcile.Mark
	mark := func() (m reconcile.Mark) {
		look(t, s, func(tx reconcile.Tx) { m = tx.Mark() })
		return m
	}
	update(t, s, func(tx reconcile.Tx) error { return tx.PutClaim(claimOf("c0")) })
	mark()                                                                                  // a store may begin to look now
	update(t, s, func(tx reconcile.Tx) error { return tx.PutCase(full("mopti", "k-any")) }) // and know all of what comes next
	if last = mark(); last == 0 {
		t.Fatal("a View has no mark")
	}
	for _, tt := range []struct {
		what  string
		write func(reconcile.Tx) error
		want  reconcile.Written
	}{
		{"nothing", nil, reconcile.Written{}},
		{"a claim", func(tx reconcile.Tx) error { return tx.PutClaim(claimOf("c1")) }, reconcile.Written{Claims: map[vendors.ClaimID]bool{"c1": true}}},
		{"lines", func(tx reconcile.Tx) error {
			one := vendors.ClaimLine{Claim: "c1", N: 1, Serial: "X", Amount: money.Francs(1)}
			two := one
			two.Claim, two.N = "c0", 2
			return errors.Join(tx.PutClaimLine(one), tx.PutClaimLine(two))
		}, reconcile.Written{Claims: map[vendors.ClaimID]bool{"c0": true, "c1": true}}},
		{"a reading", func(tx reconcile.Tx) error {
			return tx.PutReading(vendors.Reading{Claim: "c1", N: 1, Row: 1, Typed: "X"})
		}, reconcile.Written{Claims: map[vendors.ClaimID]bool{"c1": true}}},
		{"an entry of a claim", func(tx reconcile.Tx) error { return tx.PutClaimOf(7, "c1") }, reconcile.Written{Entries: []uint64{7}}},
		{"an entry of none", func(tx reconcile.Tx) error { return tx.PutClaimOf(7, "") }, reconcile.Written{Entries: []uint64{7}}},
		{"a vendor", func(tx reconcile.Tx) error {
			return tx.PutVendor(vendors.Vendor{ID: "v9", Programme: "mopti", Name: "Nine", Zone: "z1", Created: at})
		}, reconcile.Written{Else: true}},
	} {
		if tt.write != nil {
			update(t, s, tt.write)
		}
		look(t, s, func(tx reconcile.Tx) {
			got, ok := tx.Written(last)
			if !ok {
				t.Fatalf("%s: the store does not know what was written", tt.what)
			}
			if len(got.Claims) > 0 || len(tt.want.Claims) > 0 {
				if diff := cmp.Diff(tt.want.Claims, got.Claims); diff != "" {
					t.Errorf("%s: claims -want +got\n%s", tt.what, diff)
				}
			}
			if diff := cmp.Diff(tt.want.Entries, got.Entries); diff != "" {
				t.Errorf("%s: entries -want +got\n%s", tt.what, diff)
			}
			if tt.want.Else && !got.Else {
				t.Errorf("%s was not said to be written", tt.what)
			}
		})
		last = mark()
	}
	gone := errors.New("gone")
	err := s.Update(t.Context(), func(tx reconcile.Tx) error {
		if m := tx.Mark(); m != 0 {
			t.Errorf("an Update has mark %d", m)
		}
		if _, ok := tx.Written(last); ok {
			t.Error("an Update says what was written")
		}
		return errors.Join(tx.PutClaim(claimOf("c2")), gone)
	})
	if !errors.Is(err, gone) {
		t.Fatal(err)
	}
	look(t, s, func(tx reconcile.Tx) {
		if got, ok := tx.Written(last); !ok || len(got.Claims)+len(got.Entries) > 0 {
			t.Errorf("after a failed update %+v, %t", got, ok)
		}
		if _, ok := tx.Written(0); ok {
			t.Error("since no mark something is known")
		}
	})
}

func claimOf(id vendors.ClaimID) vendors.Claim {
	return vendors.Claim{ID: id, Programme: "mopti", Vendor: "v1", Round: "r1", Kind: vendors.Independent, State: vendors.ClaimProposed,
		Claimed: money.Francs(1), Accepted: money.Francs(0), Charges: money.Francs(0), Recovered: money.Francs(0), Created: at}
}

func look(t *testing.T, s reconcile.Store, fn func(reconcile.Tx)) {
	t.Helper()
	view(t, s, func(tx reconcile.Tx) error {
		fn(tx)
		return nil
	})
}
