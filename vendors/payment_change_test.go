package vendors_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/vendors"
)

func (w *world) moveTo(alias string) (vendors.PaymentChange, error) {
	w.Helper()
	return w.s.ChangePayment(w.Context(), vendors.ChangePayment{By: manager, Key: w.key(), Vendor: "v1", Reason: "called back on the number of the contract",
		Payment: vendors.Payment{Method: "mobile-money", Provider: "orange-money", Alias: alias}})
}

func (w *world) answerMove(by access.Actor, c vendors.PaymentChange, refuse bool) error {
	w.Helper()
	_, err := w.s.AnswerPaymentChange(w.Context(), vendors.AnswerPaymentChange{By: by, Key: w.key(), Vendor: "v1", Digest: c.Digest, Refuse: refuse})
	return err
}

// paysTo prepares v1's payments and returns where they go, "" where none is
// prepared; and frees them again.
func (w *world) paysTo() string {
	w.Helper()
	st, err := w.s.PrepareSettlement(w.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "mobile-money"})
	if errors.Is(err, vendors.ErrNothingToPay) {
		return ""
	}
	w.must(err)
	_, err = w.s.RefuseSettlement(w.Context(), vendors.RefuseSettlement{By: preparer, Key: w.key(), Settlement: st.ID, Reason: "only looking"})
	w.must(err)
	return st.Payments[0].To.Alias
}

// A change of address takes a person who chooses vendors and one who pays them,
// and time; money that was prepared for the old address never leaves.
func TestService_ChangePayment(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	was, err := w.s.Vendor(t.Context(), vendors.ByID{By: approver, ID: "v1"})
	w.must(err)
	old, next := was.Contract.Payment.Alias, "70 99 99 99"
	w.francs("v1", 5000)
	w.claimed("v1", "r1")
	for name, err := range map[string]error{
		"what no operator takes": func() error { _, err := w.moveTo("x"); return err }(),
		"by who pays": func() error {
			_, err := w.s.ChangePayment(t.Context(), vendors.ChangePayment{By: both, Key: w.key(), Vendor: "v1"})
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	c, err := w.moveTo(next)
	w.must(err)
	if got := w.paysTo(); got != old {
		t.Fatalf("on one person's word: %s", got)
	}
	prepared := w.settle("v1")
	approvePrepared := func() error {
		_, err := w.s.ApproveSettlement(t.Context(), vendors.ApproveSettlement{By: approver, Key: w.key(), Settlement: prepared.ID, Digest: prepared.Digest})
		return err
	}
	if err := w.answerMove(preparer, c, false); !errors.Is(err, access.ErrDenied) {
		t.Error(err)
	}
	if err := w.answerMove(approver, vendors.PaymentChange{}, false); !errors.Is(err, vendors.ErrPaymentChange) {
		t.Errorf("without having read it: %v", err)
	}
	w.must(w.answerMove(approver, c, false))
	if err := w.answerMove(approver, c, false); !errors.Is(err, vendors.ErrPaymentChange) {
		t.Errorf("twice: %v", err)
	}
	t.Run("nothing is paid while it cools", func(t *testing.T) {
		if err := approvePrepared(); !errors.Is(err, vendors.ErrSettlementChanged) {
			t.Errorf("a batch of before: %v", err)
		}
		w.now = w.now.Add(vendors.CoolingDefault - time.Second)
		if _, err := w.moveTo("70 88 88 88"); !errors.Is(err, vendors.ErrPaymentChange) {
			t.Errorf("another one: %v", err)
		}
		_, err := w.s.RefuseSettlement(t.Context(), vendors.RefuseSettlement{By: preparer, Key: w.key(), Settlement: prepared.ID, Reason: "moved"})
		w.must(err)
		if got := w.paysTo(); got != "" {
			t.Errorf("prepared for %s", got)
		}
	})
	t.Run("then the new address is paid, and shown", func(t *testing.T) {
		w.now = w.now.Add(time.Second)
		v, err := w.s.Vendor(t.Context(), vendors.ByID{By: approver, ID: "v1"})
		if w.must(err); v.Contract.Payment.Alias != next || w.paysTo() != next {
			t.Errorf("%+v", v.Contract.Payment)
		}
	})
	t.Run("a batch of before cannot be approved then either", func(t *testing.T) {
		prepared = w.settle("v1")
		c, err := w.moveTo("70 77 77 77")
		w.must(err)
		w.must(w.answerMove(approver, c, false))
		w.now = w.now.Add(vendors.CoolingDefault)
		if err := approvePrepared(); !errors.Is(err, vendors.ErrSettlementChanged) {
			t.Error(err)
		}
		_, err = w.s.RefuseSettlement(t.Context(), vendors.RefuseSettlement{By: preparer, Key: w.key(), Settlement: prepared.ID, Reason: "moved"})
		w.must(err)
	})
	t.Run("one that was refused while it cooled is as if it had not been", func(t *testing.T) {
		c, err := w.moveTo("70 66 66 66")
		w.must(err)
		w.must(w.answerMove(approver, c, false))
		w.must(w.answerMove(approver, c, true))
		w.now = w.now.Add(vendors.CoolingDefault)
		if got := w.paysTo(); got != "70 77 77 77" {
			t.Errorf("pays to %s", got)
		}
	})
	t.Run("where he is paid is for those who pay", func(t *testing.T) {
		officer := person("officer", "mopti", access.RoleDistributionOfficer)
		if _, err := w.s.PaymentChange(t.Context(), vendors.ByID{By: officer, ID: "v1"}); !errors.Is(err, access.ErrDenied) {
			t.Error(err)
		}
		if _, err := w.s.PaymentChange(t.Context(), vendors.ByID{By: stranger, ID: "v1"}); !errors.Is(err, vendors.ErrNotFound) {
			t.Error(err)
		}
	})
}

// Whose address cannot be read any more, as after a restore without the backup's
// key file, is not paid until it was set again; and what was ordered before goes
// nowhere.
func TestService_paymentLost(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.francs("v1", 5000)
	w.claimed("v1", "r1")
	lose := func(st vendors.Settlement) {
		w.update(func(tx vendors.Tx) error {
			v, err := tx.Vendor("v1")
			v.Contract.Payment.Alias = ""
			for i := range st.Payments {
				st.Payments[i].To.Alias = ""
			}
			return errors.Join(err, tx.PutVendor(v), tx.PutSettlement(st))
		})
	}
	st := w.approve(w.settle("v1"))
	lose(st)
	if _, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: "mobile-money"}); !errors.Is(err, vendors.ErrPaymentLost) {
		t.Errorf("a file: %v", err)
	}
	w.francs("v1", 3000)
	w.claimed("v1", "r1")
	_, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "mobile-money"})
	if !errors.Is(err, vendors.ErrNothingToPay) {
		t.Errorf("prepared: %v", err)
	}
	c, err := w.moveTo("70 99 99 99")
	w.must(err)
	w.must(w.answerMove(approver, c, false))
	w.now = w.now.Add(25 * time.Hour)
	if got := w.paysTo(); got != "70 99 99 99" {
		t.Errorf("after it was set again: %q", got)
	}
}
