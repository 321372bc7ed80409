package finance_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
)

// world is a programme with money, one round, a zone and two vendors, over a
// store in memory and a folder on the disk.
type world struct {
	testing.TB
	now     time.Time
	db      *mem.DB
	dir     string
	s       finance.Service
	vendors vendors.Service
	keys    int
	sold    int
}

func person(id, programme string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: programme, Roles: roles, TokenID: "t-" + id}
}

var (
	manager  = person("manager", "mopti", access.RoleVendorManager)
	preparer = person("preparer", "mopti", access.RoleFinancePreparer)
	approver = person("approver", "mopti", access.RoleFinanceApprover)
	second   = person("second", "mopti", access.RoleFinanceApprover)
	auditor  = person("auditor", "mopti", access.RoleAuditor)
	stranger = person("stranger", "gao", access.Roles()...)
	system   = ledger.Actor{Role: "system", Name: "test"}
)

const proof = "signed-pdf:00000000000000000000000000000000000000000000000000000000000000aa"

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), dir: filepath.Join(t.TempDir(), "documents")}
	w.db = mem.Open(w.clock)
	folder, err := documents.NewFolder(w.dir, make([]byte, 32))
	w.must(err)
	w.s, err = finance.New(finance.Config{Store: w.db.Finance(), Folder: folder, Rand: rand.NewChaCha8([32]byte{2}), Prover: access.TokenProver{Now: w.clock},
		Contested: func(finance.Tx, string, vendors.ID) ([]finance.Held, error) {
			return []finance.Held{{Amount: money.Francs(300), EN: "A receipt is missing", FR: "Il manque un reçu"}}, nil
		}})
	w.must(err)
	w.vendors, err = vendors.New(vendors.Config{Store: w.db.Vendors(), Rand: rand.NewChaCha8([32]byte{1}), Prover: access.TokenProver{Now: w.clock}})
	w.must(err)
	fund := ledger.Fund("f1")
	w.post(ledger.KindFund, "", ledger.Posting{Debit: ledger.Bank("main"), Credit: fund, Amount: money.Francs(10_000_000)})
	w.post(ledger.KindAllocate, "r1", ledger.Posting{Debit: fund, Credit: ledger.Round("r1"), Amount: money.Francs(3_000_000)},
		ledger.Posting{Debit: fund, Credit: ledger.Fees("r1"), Amount: money.Francs(200_000)},
		ledger.Posting{Debit: fund, Credit: ledger.Contingency("r1"), Amount: money.Francs(100_000)})
	_, err = w.vendors.SetZone(t.Context(), vendors.SetZone{By: manager, Key: w.key(), Code: "mopti"})
	w.must(err)
	for _, id := range []vendors.ID{"v1", "v2"} {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		_, err := w.vendors.RegisterVendor(t.Context(), vendors.RegisterVendor{By: manager, Key: w.key(), ID: id, Name: "Boutique " + string(id), Zone: "mopti",
			Contract: vendors.Contract{From: start, Until: start.AddDate(2, 0, 0), Categories: []string{"food"},
				Payment:   vendors.Payment{Method: "mobile-money", Provider: "orange", Alias: "+223 70 00 00 01"},
				Screening: vendors.Screening{On: start, Result: "clear"}, DeclaredOn: start}})
		w.must(err)
	}
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) key() string { w.keys++; return fmt.Sprintf("key-%d", w.keys) }

func (w *world) post(kind ledger.Kind, round string, ps ...ledger.Posting) (seq uint64) {
	w.Helper()
	w.must(w.db.Finance().Update(w.Context(), func(tx finance.Tx) error {
		e, err := ledger.Post(tx, ledger.Entry{Kind: kind, Actor: system, Round: round, Postings: ps})
		seq = e.Seq
		return err
	}))
	return seq
}

// sell issues a voucher and redeems it with the vendor; the sale happened so
// long before it arrived.
func (w *world) sell(vendor vendors.ID, francs int64, ago time.Duration) uint64 {
	w.Helper()
	w.sold++
	card := ledger.Voucher("h1", fmt.Sprintf("S%04d", w.sold))
	w.must(w.db.Finance().Update(w.Context(), func(tx finance.Tx) error { return tx.PutVoucherSalt(card, []byte{byte(w.sold)}) }))
	w.post(ledger.KindIssue, "r1", ledger.Posting{Debit: ledger.Round("r1"), Credit: card, Amount: money.Francs(francs)})
	var seq uint64
	w.must(w.db.Finance().Update(w.Context(), func(tx finance.Tx) error {
		at := tx.Now().Add(-ago)
		e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindRedeem, Actor: system, Round: "r1", Ref: "receipt", From: at, To: at,
			Postings: []ledger.Posting{{Debit: card, Credit: ledger.Redeemed(string(vendor)), Amount: money.Francs(francs)}}})
		seq = e.Seq
		return err
	}))
	return seq
}

func (w *world) claimed(vendor vendors.ID) vendors.Claim {
	w.Helper()
	c, err := w.vendors.PrepareClaim(w.Context(), vendors.PrepareClaim{By: manager, Key: w.key(), Vendor: vendor, Round: "r1"})
	w.must(err)
	c, err = w.vendors.AcceptClaim(w.Context(), vendors.AcceptClaim{By: preparer, Key: w.key(), Claim: c.ID, VendorProof: proof})
	w.must(err)
	return c
}

func (w *world) settle() vendors.Settlement {
	w.Helper()
	st, err := w.vendors.PrepareSettlement(w.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "mobile-money"})
	w.must(err)
	return st
}

func (w *world) approve(st vendors.Settlement) (vendors.Settlement, error) {
	w.Helper()
	return w.vendors.ApproveSettlement(w.Context(), vendors.ApproveSettlement{By: approver, Key: w.key(), Settlement: st.ID, Digest: st.Digest})
}

func (w *world) size() (n uint64) {
	w.Helper()
	w.must(w.db.Finance().View(w.Context(), func(tx finance.Tx) (err error) {
		n, err = tx.Size()
		return err
	}))
	return n
}

func donor(id, programme string) distribution.Fund {
	return distribution.Fund{ID: id, Programme: programme, Name: "Emergency", Donor: "ECHO", Currency: money.XOF, Pledged: money.Francs(1)}
}
