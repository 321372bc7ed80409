// Package financetest holds the contract of finance.Store as tests that every
// store runs.
package financetest

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) finance.Store) {
	t.Run("what is not there is not found", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what is put is read back, whole and newest", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("attachments are one subject's or one document's, in order", func(t *testing.T) { testLists(t, open(t)) })
	t.Run("movements and limits are a programme's", func(t *testing.T) { testMoney(t, open(t)) })
	t.Run("a failed update leaves nothing", func(t *testing.T) { testRollback(t, open(t)) })
	t.Run("a view writes nothing", func(t *testing.T) { testReadOnly(t, open(t)) })
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

func update(t testing.TB, s finance.Store, fn func(finance.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s finance.Store, fn func(finance.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless a value was read without error and is the wanted.
func same[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{})); err != nil || diff != "" {
			t.Errorf("%T: %v, differs (-want +got):\n%s", want, err, diff)
		}
	}
}

func collect[V any](t testing.TB, seq iter.Seq2[V, error]) []V {
	t.Helper()
	var out []V
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func document(n byte) documents.Document {
	return documents.Document{Hash: documents.Hash{n, 0, 7}, Type: documents.PDF, Size: int64(n), Stored: at}
}

func attachment(programme string, s documents.Subject, k documents.Kind, n byte) documents.Attachment {
	return documents.Attachment{Programme: programme, Subject: s, Kind: k, Document: document(n), Note: "page 2", By: "s1", At: at, Entry: uint64(n)}
}

var rules = []documents.Rule{{Subject: documents.OfVendor, Kind: documents.Contract, Method: "cash", Above: money.Francs(5)}, {Subject: documents.OfClaim, Kind: documents.Invoice}}

func testMissing(t *testing.T, s finance.Store) {
	view(t, s, func(tx finance.Tx) error {
		if _, err := tx.Document(documents.Hash{1}); !errors.Is(err, documents.ErrNotFound) {
			t.Errorf("document: %v, want ErrNotFound", err)
		}
		same[[]documents.Rule](t, nil)(tx.DocumentRules("p1"))
		if n := len(collect(t, tx.Documents())) + len(collect(t, tx.Attachments("p1", documents.Subject{Kind: documents.OfVendor, ID: "v1"}))) +
			len(collect(t, tx.AttachmentsOf("p1", documents.Hash{1}))); n != 0 {
			t.Errorf("an empty store lists %d things", n)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s finance.Store) {
	v1 := documents.Subject{Kind: documents.OfVendor, ID: "v1"}
	a := attachment("p1", v1, documents.Contract, 1)
	update(t, s, func(tx finance.Tx) error {
		return errors.Join(tx.PutDocument(document(1)), tx.PutAttachment(a), tx.PutDocumentRules("p1", rules))
	})
	if err := s.Update(t.Context(), func(tx finance.Tx) error { return tx.PutAttachment(attachment("p1", v1, documents.Contract, 9)) }); err == nil {
		t.Error("an attachment of a document that nobody put")
	}
	view(t, s, func(tx finance.Tx) error {
		same(t, document(1))(tx.Document(document(1).Hash))
		same(t, []documents.Attachment{a})(collect(t, tx.Attachments("p1", v1)), nil)
		same(t, rules)(tx.DocumentRules("p1"))
		return nil
	})
	update(t, s, func(tx finance.Tx) error { return tx.PutDocumentRules("p1", rules[:1]) })
	view(t, s, func(tx finance.Tx) error {
		same(t, rules[:1])(tx.DocumentRules("p1"))
		return nil
	})
}

func testLists(t *testing.T, s finance.Store) {
	v1, v11 := documents.Subject{Kind: documents.OfVendor, ID: "v1"}, documents.Subject{Kind: documents.OfVendor, ID: "v11"}
	claim := documents.Subject{Kind: documents.OfClaim, ID: "v1"}
	all := []documents.Attachment{
		attachment("p1", v1, documents.Invoice, 1), attachment("p1", v1, documents.Contract, 2), attachment("p1", v1, documents.Contract, 1),
		attachment("p1", v11, documents.Contract, 1), attachment("p1", claim, documents.Invoice, 1), attachment("p", v1, documents.Contract, 1),
	}
	update(t, s, func(tx finance.Tx) error {
		errs := []error{tx.PutDocument(document(2)), tx.PutDocument(document(1))}
		for _, a := range all {
			errs = append(errs, tx.PutAttachment(a))
		}
		return errors.Join(errs...)
	})
	view(t, s, func(tx finance.Tx) error {
		same(t, []documents.Document{document(1), document(2)})(collect(t, tx.Documents()), nil)
		same(t, []documents.Attachment{all[2], all[1], all[0]})(collect(t, tx.Attachments("p1", v1)), nil)
		same(t, []documents.Attachment{all[4], all[2], all[0], all[3]})(collect(t, tx.AttachmentsOf("p1", document(1).Hash)), nil)
		same(t, []documents.Attachment{all[5]})(collect(t, tx.AttachmentsOf("p", document(1).Hash)), nil)
		for range tx.Attachments("p1", v1) {
			break // a walk that is left early must not panic
		}
		return nil
	})
}

func movement(programme, id string) finance.Movement {
	return finance.Movement{ID: id, Programme: programme, Kind: finance.WriteOff, Vendor: "v1", Amount: money.Francs(5), Bank: "main", Fund: "f1", Reason: "fire",
		State: finance.MovementPosted, Digest: [32]byte{4}, PreparedBy: "s1", RefusedBy: "s3", Created: at, Entry: 9,
		Approval: access.Approval{Role: access.RoleFinanceApprover, Proof: access.Proof{Kind: "token", ID: "s2", Pseudonym: "p2", Digest: [32]byte{4}, At: at, Reference: "t1"}}}
}

func testMoney(t *testing.T, s finance.Store) {
	limits := vendors.AdvanceLimits{Vendor: money.Francs(5), Programme: money.Francs(6)}
	planned := vendors.AdvanceLine{ID: "a1", Programme: "p1", Vendor: "v1", Amount: money.Francs(5), Plan: []vendors.Installment{{Due: at, Amount: money.Francs(5)}}}
	period := finance.Period{Month: "2025-02", State: finance.PeriodClosed, Digest: [32]byte{1}, Before: at, Approval: movement("p1", "x").Approval, Entry: 4,
		Proposed: finance.Proposed{State: finance.PeriodOpen, Digest: [32]byte{2}, Reason: "r", Programme: "p1", PreparedBy: "s1", At: at}}
	update(t, s, func(tx finance.Tx) error {
		return errors.Join(tx.PutMovement(movement("p1", "b")), tx.PutMovement(movement("p1", "a")), tx.PutMovement(movement("p", "x")),
			tx.PutAdvanceLimits("p1", limits), tx.PutAdvance(planned), tx.PutPeriod(period))
	})
	view(t, s, func(tx finance.Tx) error {
		same(t, movement("p1", "a"))(tx.Movement("a"))
		same(t, []finance.Movement{movement("p1", "a"), movement("p1", "b")})(collect(t, tx.Movements("p1", "")), nil)
		same(t, []finance.Movement{movement("p1", "b")})(collect(t, tx.Movements("p1", "a")), nil)
		if _, err := tx.Movement("c"); !errors.Is(err, finance.ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
		same(t, period)(tx.Period("2025-02"))
		if _, err := tx.Period("2025-03"); !errors.Is(err, finance.ErrNotFound) {
			t.Errorf("a month that is not there: %v", err)
		}
		same(t, limits)(tx.AdvanceLimits("p1"))
		same(t, vendors.AdvanceLimits{})(tx.AdvanceLimits("p"))
		same(t, planned)(tx.Advance("a1"))
		same(t, []vendors.AdvanceLine{planned})(collect(t, tx.Advances("v1")), nil)
		return nil
	})
}

func testRollback(t *testing.T, s finance.Store) {
	v1 := documents.Subject{Kind: documents.OfVendor, ID: "v1"}
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx finance.Tx) error {
		return errors.Join(tx.PutDocument(document(1)), tx.PutAttachment(attachment("p1", v1, documents.Contract, 1)),
			tx.PutDocumentRules("p1", rules), stop)
	})
	if err == nil || err.Error() != stop.Error() {
		t.Fatalf("Update = %v, want only the function's own error", err)
	}
	testMissing(t, s)
}

func testReadOnly(t *testing.T, s finance.Store) {
	for name, put := range map[string]func(finance.Tx) error{
		"document": func(tx finance.Tx) error { return tx.PutDocument(document(1)) },
		"rules":    func(tx finance.Tx) error { return tx.PutDocumentRules("p1", rules) },
	} {
		if err := s.View(t.Context(), put); err == nil {
			t.Errorf("a view stored %s", name)
		}
	}
}
