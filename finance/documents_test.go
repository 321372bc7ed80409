package finance_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

var contract = []byte("%PDF-1.7 a contract with Awa Coulibaly")

func (w *world) attach(by access.Actor, kind documents.SubjectKind, id string, k documents.Kind, content []byte) (documents.Attachment, error) {
	w.Helper()
	return w.s.Attach(w.Context(), finance.Attach{By: by, Key: w.key(), Subject: documents.Subject{Kind: kind, ID: id}, Kind: k, File: content})
}

// A document is stored once, attached once to each thing, journalled by its
// hash, and handed out only to those of the programme who may see it.
func TestService_Attach(t *testing.T) {
	w := newWorld(t)
	a, err := w.attach(manager, documents.OfVendor, "v1", documents.Contract, contract)
	w.must(err)
	size := w.size()
	again, err := w.attach(manager, documents.OfVendor, "v1", documents.Contract, contract)
	if err != nil || again != a || w.size() != size {
		t.Errorf("attached again: %+v, %v; %d entries, then %d", again, err, size, w.size())
	}
	if _, err := w.attach(manager, documents.OfVendor, "v2", documents.Contract, contract); err != nil {
		t.Error(err)
	}
	if names, _ := os.ReadDir(w.dir); len(names) != 1 {
		t.Errorf("%d files", len(names))
	}
	w.must(w.db.Finance().View(t.Context(), func(tx finance.Tx) error {
		e, err := tx.Entry(a.Entry)
		leaf, _ := tx.Leaf(a.Entry)
		if err != nil || e.Ref != documents.HashOf(contract).String() || e.Facts["subject"] != "vendor:v1" || bytes.Contains(leaf, []byte("Coulibaly")) {
			t.Errorf("%+v, %v", e, err)
		}
		return nil
	}))
	c, err := w.s.Document(t.Context(), finance.ReadDocument{By: auditor, Hash: a.Document.Hash})
	if err != nil || !bytes.Equal(c.Bytes, contract) || c.Type != documents.PDF {
		t.Errorf("%q, %v", c.Bytes, err)
	}
	if _, err := w.s.Document(t.Context(), finance.ReadDocument{By: stranger, Hash: a.Document.Hash}); !errors.Is(err, documents.ErrNotFound) {
		t.Errorf("another programme's: %v", err)
	}

	sheet, err := w.attach(preparer, documents.OfPeriod, "2026-03", documents.SignedSheet, []byte("%PDF-1.4 names"))
	w.must(err)
	if _, err := w.s.Document(t.Context(), finance.ReadDocument{By: auditor, Hash: sheet.Document.Hash}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("names, to an auditor: %v", err)
	}
	if _, err := w.s.Document(t.Context(), finance.ReadDocument{By: approver, Hash: sheet.Document.Hash}); err != nil {
		t.Error(err)
	}
	list, err := w.s.Attachments(t.Context(), finance.AttachedTo{By: auditor, Subject: a.Subject})
	if err != nil || len(list) != 1 || list[0] != a {
		t.Errorf("%+v, %v", list, err)
	}

	w.must(os.Remove(filepath.Join(w.dir, a.Document.Hash.String())))
	if _, err := w.s.Document(t.Context(), finance.ReadDocument{By: auditor, Hash: a.Document.Hash}); !errors.Is(err, documents.ErrDamaged) {
		t.Errorf("a file that is gone: %v", err)
	}
}

func TestService_Attach_refuses(t *testing.T) {
	w := newWorld(t)
	size := w.size()
	for name, c := range map[string]struct {
		by   access.Actor
		kind documents.SubjectKind
		id   string
		k    documents.Kind
		file []byte
		want error
	}{
		"a vendor nobody has":    {manager, documents.OfVendor, "v9", documents.Contract, contract, vendors.ErrNotFound},
		"another programme's":    {stranger, documents.OfVendor, "v1", documents.Contract, contract, vendors.ErrNotFound},
		"no month":               {preparer, documents.OfPeriod, "2026-13", documents.Report, contract, vendors.ErrNotFound},
		"a case, from outside":   {preparer, documents.OfCase, "k1", documents.Evidence, contract, vendors.ErrNotFound},
		"no kind":                {preparer, documents.OfVendor, "v1", "selfie", contract, documents.ErrDocument},
		"a web page":             {preparer, documents.OfVendor, "v1", documents.Contract, []byte("<html>"), documents.ErrDocument},
		"one who may only read":  {auditor, documents.OfVendor, "v1", documents.Contract, contract, access.ErrDenied},
		"a path in place of ids": {preparer, documents.OfVendor, "../v1", documents.Contract, contract, documents.ErrDocument},
	} {
		if _, err := w.attach(c.by, c.kind, c.id, c.k, c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if names, _ := os.ReadDir(w.dir); len(names) != 0 || w.size() != size {
		t.Errorf("refusals left %d files and %d entries", len(names), w.size()-size)
	}
}

// Nothing is paid while a required document is missing, and the refusal names
// each; with them it is paid.
func TestService_DocumentRules(t *testing.T) {
	w := newWorld(t)
	rules := []documents.Rule{
		{Subject: documents.OfVendor, Kind: documents.Contract},
		{Subject: documents.OfClaim, Kind: documents.Invoice, Method: "mobile-money", Above: money.Francs(10_000)},
		{Subject: documents.OfClaim, Kind: documents.SignedSheet, Method: "cash"},
	}
	if _, err := w.s.SetDocumentRules(t.Context(), finance.SetDocumentRules{By: preparer, Key: w.key(), Rules: rules}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a preparer says what is required: %v", err)
	}
	_, err := w.s.SetDocumentRules(t.Context(), finance.SetDocumentRules{By: approver, Key: w.key(), Rules: rules})
	w.must(err)
	w.sell("v1", 10_001, 0)
	w.sell("v2", 10_000, 0)
	c1, _ := w.claimed("v1"), w.claimed("v2")
	st := w.settle()

	_, err = w.approve(st)
	want := []string{"vendor:v1", "claim:" + string(c1.ID), "vendor:v2"}
	if !errors.Is(err, documents.ErrMissing) || len(fault.Of(err).Fields) != len(want) {
		t.Fatalf("%v, want fields %v", err, want)
	}
	for _, place := range want {
		if !strings.Contains(err.Error(), place) {
			t.Errorf("%v does not name %s", err, place)
		}
	}
	for _, v := range []string{"v1", "v2"} {
		_, err = w.attach(manager, documents.OfVendor, v, documents.Contract, contract)
		w.must(err)
	}
	if _, err = w.approve(st); !errors.Is(err, documents.ErrMissing) {
		t.Errorf("without the invoice: %v", err)
	}
	_, err = w.attach(manager, documents.OfClaim, string(c1.ID), documents.Invoice, []byte("%PDF-1.7 F-12"))
	w.must(err)
	if st, err = w.approve(st); err != nil || st.State != vendors.SettlementOrdered {
		t.Errorf("%s, %v", st.State, err)
	}
	w.must(w.db.Finance().View(t.Context(), func(tx finance.Tx) error {
		b, err := tx.Balance(ledger.Transit(st.ID), money.XOF)
		if b.Minor() != 20_001 {
			t.Errorf("%s in transit", b)
		}
		return err
	}))

	a, err := w.vendors.PrepareAdvance(t.Context(), vendors.PrepareAdvance{By: preparer, Key: w.key(), Vendor: "v1", Amount: money.Francs(5_000), Permille: 200})
	w.must(err)
	_, err = w.s.SetDocumentRules(t.Context(), finance.SetDocumentRules{By: approver, Key: w.key(), Rules: []documents.Rule{{Subject: documents.OfAdvance, Kind: documents.Contract}}})
	w.must(err)
	give := func() error {
		_, err := w.vendors.ApproveAdvance(t.Context(), vendors.ApproveAdvance{By: approver, Key: w.key(), Advance: a.ID, Digest: a.Digest()})
		return err
	}
	if err := give(); !errors.Is(err, documents.ErrMissing) || !strings.Contains(err.Error(), a.ID) {
		t.Errorf("an advance without its contract: %v", err)
	}
	_, err = w.attach(preparer, documents.OfAdvance, a.ID, documents.Contract, contract)
	w.must(err)
	w.must(give())
}

// Each kind of document that may be required holds its payment up by itself, until
// it is attached as that kind and to that thing.
func TestService_DocumentRules_kinds(t *testing.T) {
	for _, rule := range []documents.Rule{
		{Subject: documents.OfVendor, Kind: documents.Contract},
		{Subject: documents.OfClaim, Kind: documents.Invoice},
		{Subject: documents.OfClaim, Kind: documents.SignedSheet, Method: "mobile-money"},
		{Subject: documents.OfSettlement, Kind: documents.PaymentReceipt},
		{Subject: documents.OfSettlement, Kind: documents.Report, Above: money.Francs(999)},
	} {
		t.Run(string(rule.Subject)+" "+string(rule.Kind), func(t *testing.T) {
			w := newWorld(t)
			w.sell("v1", 1_000, 0)
			claim := w.claimed("v1")
			st := w.settle()
			_, err := w.s.SetDocumentRules(t.Context(), finance.SetDocumentRules{By: approver, Key: w.key(), Rules: []documents.Rule{rule}})
			w.must(err)
			id := map[documents.SubjectKind]string{documents.OfVendor: "v1", documents.OfClaim: string(claim.ID), documents.OfSettlement: st.ID}[rule.Subject]
			refused := func(when string) {
				t.Helper()
				size := w.size()
				_, err := w.approve(st)
				if f := fault.Of(err); !errors.Is(err, documents.ErrMissing) || len(f.Fields) != 1 || f.Fields[0].Location != string(rule.Subject)+":"+id || !strings.Contains(f.Fields[0].Message, string(rule.Kind)) {
					t.Errorf("%s: %v", when, err)
				}
				if w.size() != size {
					t.Errorf("%s: the refusal left %d entries", when, w.size()-size)
				}
			}
			refused("with nothing attached")
			_, err = w.attach(preparer, rule.Subject, id, documents.Other, contract)
			w.must(err)
			refused("with the paper attached as another kind")
			for _, other := range []documents.Subject{{Kind: documents.OfVendor, ID: "v2"}, {Kind: documents.OfPeriod, ID: "2026-03"}} {
				_, err = w.attach(preparer, other.Kind, other.ID, rule.Kind, contract)
				w.must(err)
			}
			refused("with the paper attached to other things")
			_, err = w.attach(preparer, rule.Subject, id, rule.Kind, contract)
			w.must(err)
			if st, err = w.approve(st); err != nil || st.State != vendors.SettlementOrdered {
				t.Errorf("with it: %s, %v", st.State, err)
			}
		})
	}
}
