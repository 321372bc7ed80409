package vendors_test

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// attach attaches a document to a settlement as somebody's.
func (w *world) attach(by access.Actor, settlement string, kind documents.Kind, content string) documents.Hash {
	w.Helper()
	h := documents.HashOf([]byte(content))
	w.update(func(tx vendors.Tx) error {
		_, err := documents.Attach(tx, system, documents.Attachment{Programme: "mopti", Subject: documents.Subject{Kind: documents.OfSettlement, ID: settlement},
			Kind: kind, Document: documents.Document{Hash: h, Type: documents.PDF, Size: 3}, By: by.ID})
		return err
	})
	return h
}

// Cash counts as paid when the signed receipt of exactly this payment is there,
// and neither attached nor confirmed by who handed the money over.
func TestService_ConfirmCash(t *testing.T) {
	w := newWorld(t)
	w.registerAs("v1", "cash")
	w.registerAs("v2", "cash")
	st := w.ordered("cash", map[vendors.ID]int64{"v1": 5000, "v2": 7000})
	one, two := st.Payments[0], st.Payments[1]
	confirm := func(by access.Actor, p vendors.PaymentLine, receipt documents.Hash, change func(*vendors.ConfirmCash)) error {
		t.Helper()
		cmd := vendors.ConfirmCash{By: by, Key: w.key(), Payment: p.Reference, Code: st.ReceiptCode(p), Receipt: receipt}
		if change != nil {
			change(&cmd)
		}
		_, err := w.s.ConfirmCash(t.Context(), cmd)
		return err
	}
	payOut := func(p vendors.PaymentLine) error {
		_, err := w.s.PayOut(t.Context(), vendors.PayOut{By: both, Key: w.key(), Payment: p.Reference})
		return err
	}
	if _, err := w.results(st, one.Reference+";"+one.Amount.Text()+";success;B1;"); !errors.Is(err, vendors.ErrResult) {
		t.Errorf("by a file that one person typed: %v", err)
	}
	signed := w.attach(approver, st.ID, documents.PaymentReceipt, "one")
	if err := confirm(approver, one, signed, nil); !errors.Is(err, vendors.ErrCash) {
		t.Errorf("that nobody has paid out: %v", err)
	}
	w.must(payOut(one))
	if err := payOut(one); !errors.Is(err, vendors.ErrCash) {
		t.Errorf("paid out twice: %v", err)
	}
	w.holds(map[ledger.Account]int64{ledger.Transit(st.ID): 12000, "bank:main": bankStart})
	if _, err := w.results(st, one.Reference+";;error;;"); !errors.Is(err, vendors.ErrResult) {
		t.Errorf("a file says that it was not paid, who paid it out says it was: %v", err)
	}
	for name, tt := range map[string]struct {
		by      access.Actor
		receipt documents.Hash
		change  func(*vendors.ConfirmCash)
		want    error
	}{
		"by who paid it out":           {both, signed, nil, access.ErrSamePerson},
		"by who may not":               {manager, signed, nil, access.ErrDenied},
		"without a paper":              {approver, documents.Hash{}, nil, vendors.ErrCash},
		"with the code of another":     {approver, signed, func(c *vendors.ConfirmCash) { c.Code = st.ReceiptCode(two) }, vendors.ErrCash},
		"with a paper that he brought": {approver, w.attach(both, st.ID, documents.PaymentReceipt, "mine"), nil, vendors.ErrCash},
		"with an invoice":              {approver, w.attach(approver, st.ID, documents.Invoice, "invoice"), nil, vendors.ErrCash},
		"of another programme":         {stranger, signed, nil, vendors.ErrNotFound},
	} {
		if err := confirm(tt.by, one, tt.receipt, tt.change); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.must(confirm(approver, one, signed, nil))
	w.holds(map[ledger.Account]int64{ledger.Transit(st.ID): two.Amount.Minor(), "bank:main": bankStart - one.Amount.Minor()})
	if err := confirm(approver, one, signed, nil); !errors.Is(err, vendors.ErrCash) {
		t.Errorf("twice: %v", err)
	}
	w.must(payOut(two))
	if err := confirm(approver, two, signed, nil); !errors.Is(err, vendors.ErrCash) {
		t.Errorf("with the receipt of another payment: %v", err)
	}
	w.must(confirm(approver, two, documents.Hash{}, func(c *vendors.ConfirmCash) { c.NotPaid = "he was ill; the cashier brought it back" }))
	w.holds(map[ledger.Account]int64{ledger.Transit(st.ID): 0, ledger.Claimed(string(two.Vendor)): two.Amount.Minor()})
}
