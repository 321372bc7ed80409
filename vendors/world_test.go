package vendors_test

import (
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
)

// world is a programme with money in the bank, one round in francs (r1), one in
// rice (r2), a zone, and people in all roles. Everything is real.
type world struct {
	testing.TB
	now  time.Time
	db   *mem.DB
	s    vendors.Service
	keys int
	sold int
}

func person(id, programme string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: programme, Roles: roles, TokenID: "t-" + id}
}

var (
	manager  = person("manager", "mopti", access.RoleVendorManager, access.RoleHandheldManager)
	manager2 = person("manager2", "mopti", access.RoleVendorManager, access.RoleHandheldManager)
	preparer = person("preparer", "mopti", access.RoleFinancePreparer)
	approver = person("approver", "mopti", access.RoleFinanceApprover)
	both     = person("both", "mopti", access.RoleFinancePreparer, access.RoleFinanceApprover)
	stranger = person("stranger", "gao", access.Roles()...)
)

const (
	bankStart = 10_000_000
	feesStart = 100_000
	rib       = "ML016 01201 026001006684 97"
	proof     = "signed-pdf:00000000000000000000000000000000000000000000000000000000000000aa"
)

var system = ledger.Actor{Role: "system", Name: "test"}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	w.db = mem.Open(w.clock)
	seed := rand.NewChaCha8([32]byte{1})
	var err error
	w.s, err = vendors.New(vendors.Config{Store: w.db.Vendors(), Rand: seed, Prover: access.TokenProver{Now: w.clock},
		Banks: map[string]vendors.BankAccount{"main": {Holder: "Association Jate", Account: "ML13ML0160120102600100668497", Agent: "BDMAMLBA"}}})
	w.must(err)
	fund := ledger.Fund("f1")
	rice := w.rice()
	w.post(ledger.KindFund, "", "", ledger.Posting{Debit: ledger.Bank("main"), Credit: fund, Amount: money.Francs(bankStart)})
	for round, sums := range map[string][]money.Amount{
		"r1": {money.Francs(3_000_000), money.Francs(feesStart), money.Francs(100_000)},
		"r2": {money.Francs(3_000_000), money.Francs(feesStart), money.Francs(100_000)},
	} {
		w.post(ledger.KindAllocate, round, "",
			ledger.Posting{Debit: fund, Credit: ledger.Round(round), Amount: sums[0]},
			ledger.Posting{Debit: fund, Credit: ledger.Fees(round), Amount: sums[1]},
			ledger.Posting{Debit: fund, Credit: ledger.Contingency(round), Amount: sums[2]})
	}
	w.post(ledger.KindAllocate, "r2", "",
		ledger.Posting{Debit: ledger.Pledge("r2"), Credit: ledger.Round("r2"), Amount: money.FromMinor(500_000, rice)},
		ledger.Posting{Debit: ledger.Pledge("r2"), Credit: ledger.Contingency("r2"), Amount: money.FromMinor(10_000, rice)})
	_, err = w.s.SetZone(t.Context(), vendors.SetZone{By: manager, Key: w.key(), Code: "mopti"})
	w.must(err)
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

func (w *world) rice() money.Asset {
	a, err := money.NewAsset("RICE-KG", 2)
	w.must(err)
	return a
}

func (w *world) update(fn func(vendors.Tx) error) {
	w.Helper()
	w.must(w.db.Vendors().Update(w.Context(), fn))
}

func (w *world) view(fn func(vendors.Tx) error) {
	w.Helper()
	w.must(w.db.Vendors().View(w.Context(), fn))
}

func (w *world) post(kind ledger.Kind, round, ref string, ps ...ledger.Posting) uint64 {
	w.Helper()
	return w.postWith(kind, round, ref, nil, ps...)
}

func (w *world) postWith(kind ledger.Kind, round, ref string, facts map[string]string, ps ...ledger.Posting) (seq uint64) {
	w.Helper()
	w.update(func(tx vendors.Tx) error {
		e, err := ledger.Post(tx, ledger.Entry{Kind: kind, Actor: system, Round: round, Ref: ref, Facts: facts, Postings: ps})
		seq = e.Seq
		return err
	})
	return seq
}

// sale is a redemption that the journal knows.
type sale struct {
	seq     uint64
	serial  string
	voucher ledger.Account
	value   money.Amount
}

// sell issues a voucher and redeems it with the vendor.
func (w *world) sell(vendor vendors.ID, round string, value money.Amount, facts map[string]string) sale {
	w.Helper()
	w.sold++
	s := sale{serial: fmt.Sprintf("S%04d", w.sold), value: value}
	s.voucher = ledger.Voucher("h1", s.serial)
	w.update(func(tx vendors.Tx) error { return tx.PutVoucherSalt(s.voucher, []byte{byte(w.sold)}) })
	w.post(ledger.KindIssue, round, "", ledger.Posting{Debit: ledger.Round(round), Credit: s.voucher, Amount: value})
	s.seq = w.postWith(ledger.KindRedeem, round, "receipt", facts,
		ledger.Posting{Debit: s.voucher, Credit: ledger.Redeemed(string(vendor)), Amount: value})
	return s
}

func (w *world) francs(vendor vendors.ID, n int64) sale {
	w.Helper()
	return w.sell(vendor, "r1", money.Francs(n), nil)
}

func contract(permille int, method string) vendors.Contract {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	pay := vendors.Payment{Method: method, Provider: "orange", Alias: "+223 70 00 00 01"}
	switch method {
	case "bank":
		pay.Provider, pay.Alias = "BDM", rib
	case "wholesaler":
		pay = vendors.Payment{Method: method, Provider: "BDM", Alias: rib, Payee: "Grossiste Touré", Via: "bank", Consent: "sha256:" + strings.Repeat("ab", 32)}
	}
	return vendors.Contract{
		From: start, Until: start.AddDate(1, 0, 0), Categories: []string{"food"},
		Charges:   []vendors.Charge{{Name: "commission", Permille: permille}},
		Payment:   pay,
		Screening: vendors.Screening{On: start, Result: "clear"}, DeclaredOn: start,
	}
}

// register contracts a vendor who is paid by mobile money.
func (w *world) register(id vendors.ID, permille int) vendors.Vendor {
	w.Helper()
	v, err := w.s.RegisterVendor(w.Context(), vendors.RegisterVendor{By: manager, Key: w.key(), ID: id, Name: "Boutique " + string(id),
		Zone: "mopti", Contract: contract(permille, "mobile-money")})
	w.must(err)
	return v
}

func (w *world) prepare(vendor vendors.ID, round string) vendors.Claim {
	w.Helper()
	c, err := w.s.PrepareClaim(w.Context(), vendors.PrepareClaim{By: manager, Key: w.key(), Vendor: vendor, Round: round})
	w.must(err)
	return c
}

func (w *world) accept(c vendors.Claim) vendors.Claim {
	w.Helper()
	c, err := w.s.AcceptClaim(w.Context(), vendors.AcceptClaim{By: preparer, Key: w.key(), Claim: c.ID, VendorProof: proof})
	w.must(err)
	return c
}

// claimed prepares and accepts what a vendor has sold.
func (w *world) claimed(vendor vendors.ID, round string) vendors.Claim {
	w.Helper()
	return w.accept(w.prepare(vendor, round))
}

func (w *world) settle(ids ...vendors.ID) vendors.Settlement {
	w.Helper()
	st, err := w.s.PrepareSettlement(w.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "mobile-money", Vendors: ids})
	w.must(err)
	return st
}

func (w *world) approve(st vendors.Settlement) vendors.Settlement {
	w.Helper()
	st, err := w.s.ApproveSettlement(w.Context(), vendors.ApproveSettlement{By: approver, Key: w.key(), Settlement: st.ID, Digest: st.Digest})
	w.must(err)
	return st
}

// results sends the lines of a bank's file under a fixed header.
func (w *world) results(st vendors.Settlement, lines ...string) (vendors.Results, error) {
	w.Helper()
	return w.s.ImportResults(w.Context(), vendors.ImportResults{By: preparer, Key: w.key(), Settlement: st.ID, File: resultFile(lines...)})
}

func resultFile(lines ...string) []byte {
	return []byte("Référence;Montant;Statut;ID transaction;Motif\n" + strings.Join(lines, "\n") + "\n")
}

// holds checks what accounts hold of XOF, or of rice where they begin with "kg ".
func (w *world) holds(want map[ledger.Account]int64) {
	w.Helper()
	w.view(func(tx vendors.Tx) error {
		for a, n := range want {
			asset := money.XOF
			account, kilos := strings.CutPrefix(string(a), "kg ")
			if kilos {
				asset = w.rice()
			}
			if b, err := tx.Balance(ledger.Account(account), asset); err != nil || b.Minor() != n {
				w.Errorf("%s holds %d, want %d (%v)", a, b.Minor(), n, err)
			}
		}
		return nil
	})
}

func (w *world) size() (n uint64) {
	w.Helper()
	w.view(func(tx vendors.Tx) error {
		var err error
		n, err = tx.Size()
		return err
	})
	return n
}

func (w *world) claim(id vendors.ClaimID) vendors.Claim {
	w.Helper()
	c, err := w.s.Claim(w.Context(), vendors.ByID{By: approver, ID: string(id)})
	w.must(err)
	return c
}

func (w *world) lines(id vendors.ClaimID) []vendors.ClaimLine {
	w.Helper()
	p, err := w.s.ClaimLines(w.Context(), vendors.LinesOf{By: approver, Claim: id, Limit: 1000})
	w.must(err)
	return p.Items
}

// handheldKey is the key that a handheld of a test makes.
func handheldKey(seed byte) ed25519.PrivateKey {
	s := make([]byte, ed25519.SeedSize)
	s[0] = seed
	return ed25519.NewKeyFromSeed(s)
}

func enrolment(code string, key ed25519.PrivateKey) vendors.EnrolHandheld {
	public := key.Public().(ed25519.PublicKey)
	return vendors.EnrolHandheld{Code: code, PublicKey: public, Signature: ed25519.Sign(key, vendors.EnrolmentText(code, public))}
}

// handheld invites, enrols and activates one for a vendor's sales.
func (w *world) handheld(vendor vendors.ID, seed byte) vendors.Handheld {
	w.Helper()
	inv, err := w.s.InviteHandheld(w.Context(), vendors.InviteHandheld{By: manager, Key: w.key(), Purpose: vendors.ForSales, Vendor: vendor})
	w.must(err)
	_, err = w.s.EnrolHandheld(w.Context(), enrolment(inv.Code, handheldKey(seed)))
	w.must(err)
	h, err := w.s.ActivateHandheld(w.Context(), vendors.ActivateHandheld{By: manager2, Key: w.key(), Handheld: inv.Handheld.ID})
	w.must(err)
	return h
}
