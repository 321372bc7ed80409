// Package reconciletest holds the contract of reconcile.Store as tests that
// every store runs.
package reconciletest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) reconcile.Store) {
	t.Run("what is not there is not found", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what is put is read back, whole and newest", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("a list is one programme's, in the order of ids", func(t *testing.T) { testList(t, open(t)) })
	t.Run("comments are one case's, in the order of their numbers", func(t *testing.T) { testComments(t, open(t)) })
	t.Run("what is read is a copy", func(t *testing.T) { testCopies(t, open(t)) })
	t.Run("a failed update leaves nothing, in vendors' data neither", func(t *testing.T) { testRollback(t, open(t)) })
	t.Run("a view says what was written since another", func(t *testing.T) { testWritten(t, open(t)) })
	t.Run("a view writes nothing", func(t *testing.T) { testReadOnly(t, open(t)) })
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

// full has every field set, so that a store that forgets one is found.
func full(programme, id string) reconcile.Case {
	return reconcile.Case{
		ID: id, Programme: programme, Vendor: "v1", Round: "r1", About: "handheld:h1", Refers: "k0", State: reconcile.CaseUpheld,
		Findings: []reconcile.Finding{{ID: "f1", Detector: "double-spend", Vendor: "v1", Handheld: "h1", Round: "r1", Score: 90,
			Value: money.Francs(1000), Evidence: []string{"entry:7", "receipt:x"}, Says: "two", Dit: "deux", Clears: "a stub", Clairait: "une souche"}},
		Value: money.Francs(1000), Frozen: money.Francs(900),
		Money: []reconcile.Held{{Entry: 7, From: ledger.Claimed("v1"), Amount: money.Francs(900), Value: money.Francs(900),
			Claim: vendors.ClaimID("c1"), Freeze: 9, Paid: true, Outcome: reconcile.WrittenOff}},
		Digest: [32]byte{1, 2}, OpenedBy: "s1", FrozenBy: "s2", DecidedBy: "s3",
		Approval: access.Approval{Role: access.RoleFinanceApprover, Proof: access.Proof{Kind: "token", ID: "s3", Pseudonym: "p3",
			Digest: [32]byte{1, 2}, At: at, Reference: "t3"}},
		Note: "seen at the office", Assigned: reconcile.Assignment{To: "p1", Due: at},
		Hearing: reconcile.Hearing{Findings: 1, Asked: at, Until: at.Add(time.Hour), Answered: at.Add(time.Minute), Answer: [32]byte{3}},
		Debt: reconcile.Debt{Charged: money.Francs(900), Recovered: money.Francs(300), GivenUp: money.Francs(100), Permille: 250,
			Claims: []vendors.ClaimID{"c2"}, GiveUpBy: "s4"},
		Entries: []uint64{8, 9}, Opened: at, Decided: at.Add(time.Hour),
	}
}

func update(t testing.TB, s reconcile.Store, fn func(reconcile.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s reconcile.Store, fn func(reconcile.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{}, money.Amount{})); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func testMissing(t *testing.T, s reconcile.Store) {
	view(t, s, func(tx reconcile.Tx) error {
		if _, err := tx.Case("k1"); !errors.Is(err, reconcile.ErrNotFound) {
			t.Errorf("Case: %v", err)
		}
		for c := range tx.Cases("mopti") {
			t.Errorf("Cases yields %v", c)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s reconcile.Store) {
	first := full("mopti", "k1")
	first.State = reconcile.CaseOpen
	update(t, s, func(tx reconcile.Tx) error { return tx.PutCase(first) })
	update(t, s, func(tx reconcile.Tx) error { return tx.PutCase(full("mopti", "k1")) })
	view(t, s, func(tx reconcile.Tx) error {
		got, err := tx.Case("k1")
		same(t, full("mopti", "k1"), got)
		return err
	})
	bare := reconcile.Case{ID: "k2", Programme: "mopti"}
	update(t, s, func(tx reconcile.Tx) error { return tx.PutCase(bare) })
	view(t, s, func(tx reconcile.Tx) error {
		got, err := tx.Case("k2")
		same(t, bare, got)
		return err
	})
}

func testList(t *testing.T, s reconcile.Store) {
	update(t, s, func(tx reconcile.Tx) error {
		return errors.Join(tx.PutCase(full("mopti", "k3")), tx.PutCase(full("gao", "k2")), tx.PutCase(full("mopti", "k1")))
	})
	view(t, s, func(tx reconcile.Tx) error {
		var ids []string
		for c, err := range tx.Cases("mopti") {
			if err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		same(t, []string{"k1", "k3"}, ids)
		for range tx.Cases("mopti") {
			break // a caller may stop
		}
		return nil
	})
	if err := s.Update(t.Context(), func(tx reconcile.Tx) error { return tx.PutCase(full("gao", "k1")) }); err == nil {
		t.Error("a case changed its programme")
	}
}

func testComments(t *testing.T, s reconcile.Store) {
	comment := func(of string, n int) reconcile.Comment {
		return reconcile.Comment{Case: of, N: n, By: "s1", Actor: "p1", Role: access.RoleMonitor, Vendor: true, Text: "he was there",
			SHA256: [32]byte{4}, At: at, Entry: 11}
	}
	update(t, s, func(tx reconcile.Tx) error {
		return errors.Join(tx.PutCaseComment(comment("k1", 10)), tx.PutCaseComment(comment("k2", 1)), tx.PutCaseComment(comment("k1", 9)))
	})
	erased := comment("k1", 9)
	erased.Text = ""
	update(t, s, func(tx reconcile.Tx) error { return tx.PutCaseComment(erased) })
	view(t, s, func(tx reconcile.Tx) error {
		var got []reconcile.Comment
		for c, err := range tx.CaseComments("k1") {
			if err != nil {
				return err
			}
			got = append(got, c)
		}
		same(t, []reconcile.Comment{erased, comment("k1", 10)}, got)
		for range tx.CaseComments("k3") {
			t.Error("another case's comment")
		}
		return nil
	})
}

func testCopies(t *testing.T, s reconcile.Store) {
	update(t, s, func(tx reconcile.Tx) error {
		c := full("mopti", "k1")
		if err := tx.PutCase(c); err != nil {
			return err
		}
		c.Money[0].Entry, c.Findings[0].Evidence[0] = 99, "edited"
		got, err := tx.Case("k1")
		same(t, full("mopti", "k1"), got)
		got.Findings[0].Evidence[0] = "edited"
		return err
	})
	view(t, s, func(tx reconcile.Tx) error {
		got, err := tx.Case("k1")
		same(t, full("mopti", "k1"), got)
		return err
	})
}

func testRollback(t *testing.T, s reconcile.Store) {
	broken := errors.New("broken")
	err := s.Update(t.Context(), func(tx reconcile.Tx) error {
		return errors.Join(tx.PutCase(full("mopti", "k1")), tx.PutVendor(vendors.Vendor{ID: "v1", Programme: "mopti"}), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("Update: %v", err)
	}
	testMissing(t, s)
	view(t, s, func(tx reconcile.Tx) error {
		if _, err := tx.Vendor("v1"); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("Vendor: %v", err)
		}
		return nil
	})
}

func testReadOnly(t *testing.T, s reconcile.Store) {
	if err := s.View(t.Context(), func(tx reconcile.Tx) error { return tx.PutCase(full("mopti", "k1")) }); err == nil {
		t.Error("a view has written")
	}
	testMissing(t, s)
}
