package reconcile_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// world is vouchertest's, with the services of vendors and reconcile on the
// same store: vendors v1 and v2 with a handheld each, one round of vouchers of
// 1,000 francs, everything real.
type world struct {
	testing.TB
	*vouchertest.World
	db      *mem.DB
	vendors vendors.Service
	s       reconcile.Service
	cards   []voucher.Serial
	sealer  *distribution.Sealer // of persons, where there are some
	// original is h1 as it was before a copy of it took its place.
	original *vouchertest.Phone
}

func person(id string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: "mopti", Roles: roles, TokenID: "t-" + id}
}

var (
	preparer = person("preparer", access.RoleFinancePreparer)
	approver = person("approver", access.RoleFinanceApprover)
	judge    = person("judge", access.RoleFinanceApprover) // had a part in nothing
	both     = person("both", access.RoleFinancePreparer, access.RoleFinanceApprover)
	monitor  = person("monitor", access.RoleMonitor)
	auditor  = person("auditor", access.RoleAuditor)
)

const signed = "signed-pdf:00000000000000000000000000000000000000000000000000000000000000aa"

// newWorld issues n cards with scratch secrets and hands them over, a day after
// opening.
func newWorld(t testing.TB, n int) *world {
	t.Helper()
	w := bareWorld(t)
	w.issue(n, voucher.ModeSecret)
	return w
}

func (w *world) issue(n int, mode voucher.Mode) {
	w.Helper()
	w.cards = w.Issue("l1", n, 1, mode)[:n]
	w.Clock.Now = vouchertest.Opens.Add(24 * time.Hour)
	for at := 0; at < n; at += 64 {
		w.Expect(w.Activate(w.cards[at:min(at+64, n)]...), voucher.Accepted, "")
	}
	w.sync()
}

func bareWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t}
	w.World = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		w.db = mem.Open(now)
		return w.db.Vouchers()
	})
	prover := access.TokenProver{Now: w.Clock.Read}
	var err error
	w.vendors, err = vendors.New(vendors.Config{Store: w.db.Vendors(), Rand: rand.Reader, Prover: prover, Bank: "b1", Serial: reconcile.CanonicalSerial})
	w.must(err)
	w.s, err = reconcile.New(reconcile.Config{Store: w.db.Reconcile(), Vendors: w.vendors, Prover: prover, Limits: detect.Defaults(), Papers: w.papers(), Keeper: reconcile.NewKeeper(detect.Defaults())})
	w.must(err)
	return w
}

// papers keeps documents in a folder of the test.
func (w *world) papers() *documents.Folder {
	w.Helper()
	f, err := documents.NewFolder(filepath.Join(w.TempDir(), "documents"), make([]byte, 32))
	w.must(err)
	return f
}

// sync gives both shops a fresh bundle.
func (w *world) sync() {
	w.Helper()
	w.Refresh("h1")
	w.Refresh("h2")
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// sell redeems cards on a handheld, all payable.
func (w *world) sell(h vendors.HandheldID, cards ...voucher.Serial) {
	w.Helper()
	for _, c := range cards {
		w.Expect(w.Send(h, w.Sale(h, c))[0], voucher.Payable, "")
	}
}

// row is a line of an invoice, as a vendor types it.
type row struct {
	serial string
	amount int
	date   string
}

// rows invoices cards at their value.
func rows(cards ...voucher.Serial) []row {
	out := make([]row, len(cards))
	for i, c := range cards {
		out[i] = row{serial: c.Printed(), amount: 1_000}
	}
	return out
}

// bring takes an invoice in CSV and returns its claim.
func (w *world) bring(v vendors.ID, lines ...row) vendors.Claim {
	w.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "Facture %s\nCoupon;Date;Montant\n", w.Key())
	for _, l := range lines {
		fmt.Fprintf(&b, "%s;%s;%d\n", l.serial, l.date, l.amount)
	}
	return w.bringFile(v, []byte(b.String()))
}

func (w *world) bringFile(v vendors.ID, file []byte) vendors.Claim {
	w.Helper()
	c, err := w.vendors.BringInvoice(w.Context(), vendors.BringInvoice{By: preparer, Key: w.Key(), Vendor: v, Round: "r1", File: file})
	w.must(err)
	w.Clock.Now = w.Clock.Now.Add(time.Second) // ids sort by the second
	return c
}

// bill writes a self-billed claim.
func (w *world) bill(v vendors.ID) vendors.Claim {
	w.Helper()
	c, err := w.vendors.PrepareClaim(w.Context(), vendors.PrepareClaim{By: preparer, Key: w.Key(), Vendor: v, Round: "r1"})
	w.must(err)
	w.Clock.Now = w.Clock.Now.Add(time.Second)
	return c
}

func (w *world) accept(c vendors.Claim) vendors.Claim {
	w.Helper()
	got, err := w.s.AcceptMatched(w.Context(), reconcile.AcceptMatched{By: approver, Key: w.Key(), Claim: c.ID, VendorProof: signed})
	w.must(err)
	return got
}

// pay settles every accepted claim; the bank pays all of it.
func (w *world) pay() {
	w.Helper()
	w.confirm(w.order())
}

// confirm has the bank pay all of a settlement.
func (w *world) confirm(st vendors.Settlement) {
	w.Helper()
	var b strings.Builder
	b.WriteString("reference,status\n")
	for _, p := range st.Payments {
		fmt.Fprintf(&b, "%s,success\n", p.Reference)
	}
	_, err := w.vendors.ImportResults(w.Context(), vendors.ImportResults{By: preparer, Key: w.Key(), Settlement: st.ID, File: []byte(b.String())})
	w.must(err)
}

// order orders the payment of every accepted claim.
func (w *world) order() vendors.Settlement {
	w.Helper()
	st, err := w.vendors.PrepareSettlement(w.Context(), vendors.PrepareSettlement{By: preparer, Key: w.Key(), Method: "mobile-money"})
	w.must(err)
	return w.approve(st)
}

func (w *world) approve(st vendors.Settlement) vendors.Settlement {
	w.Helper()
	st, err := w.vendors.ApproveSettlement(w.Context(), vendors.ApproveSettlement{By: approver, Key: w.Key(), Settlement: st.ID, Digest: st.Digest})
	w.must(err)
	return st
}

// cash lets both vendors be paid in cash.
func (w *world) cash() {
	w.Helper()
	w.Update(func(tx voucher.Tx) error {
		for _, id := range []vendors.ID{"v1", "v2"} {
			v, err := tx.Vendor(id)
			if err != nil {
				return err
			}
			v.Contract.Payment.Method, v.Contract.Payment.Alias = "mobile-money", "70000001"
			if err := tx.PutVendor(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// run reconciles and fails the test unless the books tie and every line is in
// exactly one class.
func (w *world) run() reconcile.Report {
	w.Helper()
	r, err := w.s.Run(w.Context(), reconcile.Query{By: auditor, Round: "r1"})
	w.must(err)
	if !r.Ties {
		w.Fatalf("the totals do not tie: %q", r.TieErrors)
	}
	w.complete(r)
	w.whole(r)
	return r
}

// whole checks that a report that was made from what the service kept, and from
// what came since, is that of reading everything.
func (w *world) whole(r reconcile.Report) {
	w.Helper()
	w.must(w.db.Reconcile().View(w.Context(), func(tx reconcile.Tx) error {
		all, err := reconcile.Make(tx, r.Programme, r.Round, detect.Defaults(), nil)
		if err == nil {
			if got, want := w.json(r), w.json(all); got != want {
				w.Errorf("by what came since\n%s\nby everything\n%s", got, want)
			}
		}
		return err
	}))
}

// complete checks that the report holds each claim line and each standing
// redemption once, and that its sums are those of its lines.
func (w *world) complete(r reconcile.Report) {
	w.Helper()
	lines, entries := map[string]int{}, map[uint64]int{}
	redeemed := map[vendors.ID]int64{}
	for _, l := range r.Lines.All() {
		if l.Matched == (l.Exception != "") {
			w.Errorf("line %+v is in no class or in two", l)
		}
		if l.Claim != "" {
			lines[fmt.Sprintf("%s/%d", l.Claim, l.N)]++
		}
		if l.HasEntry {
			entries[l.Entry]++
			redeemed[l.Vendor] += l.Redeemed.Minor()
		}
		if l.Matched && !l.Claimed.Equal(l.Redeemed) {
			w.Errorf("a matched line claims %s of %s", l.Claimed, l.Redeemed)
		}
	}
	want := 0
	w.must(w.db.Vendors().View(w.Context(), func(tx vendors.Tx) error {
		for c, err := range tx.Claims("mopti", "") {
			if err != nil {
				return err
			}
			if c.State == vendors.ClaimRefused {
				continue
			}
			for l, err := range tx.ClaimLines(c.ID, 0) {
				if err != nil {
					return err
				}
				want++
				if n := lines[fmt.Sprintf("%s/%d", c.ID, l.N)]; n != 1 {
					w.Errorf("line %s/%d is %d times in the report", c.ID, l.N, n)
				}
			}
		}
		return nil
	}))
	if len(lines) != want {
		w.Errorf("%d claim lines in the report, want %d", len(lines), want)
	}
	for seq, n := range entries {
		if n != 1 {
			w.Errorf("redemption %d is on %d lines", seq, n)
		}
	}
	for _, o := range r.Totals {
		if o.Redeemed.Minor() != redeemed[o.Vendor] {
			w.Errorf("%s: redeemed %s, by the lines %d", o.Vendor, o.Redeemed, redeemed[o.Vendor])
		}
		claimed := o.ClaimedSelfBilled.Minor() + o.ClaimedIndependent.Minor()
		explained := o.Matched.Minor()
		for e, m := range o.ExceptionValue {
			if e != reconcile.RedeemedNotClaimed {
				explained += m.Minor()
			}
		}
		for _, l := range r.Lines.All() { // frozen and in no claim: nothing claims it
			if l.Vendor == o.Vendor && l.Claim == "" && l.Exception == reconcile.NotPayable {
				explained -= l.Redeemed.Minor()
			}
		}
		if claimed != explained {
			w.Errorf("%s: %d claimed, %d explained", o.Vendor, claimed, explained)
		}
	}
}

// lineOf returns the report's line of a claim.
func lineOf(t testing.TB, r reconcile.Report, c vendors.ClaimID, n int) reconcile.Line {
	t.Helper()
	for _, l := range r.Lines.All() {
		if l.Claim == c && l.N == n {
			return l
		}
	}
	t.Fatalf("no line %s/%d", c, n)
	return reconcile.Line{}
}

// counts returns how many lines are in each class.
func counts(r reconcile.Report) map[string]int {
	out := map[string]int{}
	for _, l := range r.Lines.All() {
		if l.Matched {
			out["matched"]++
		} else {
			out[string(l.Exception)]++
		}
	}
	return out
}

// finding returns the one finding of a detector.
func finding(t testing.TB, r reconcile.Report, detector string) reconcile.Finding {
	t.Helper()
	var found []reconcile.Finding
	for _, f := range r.Findings {
		if f.Detector == detector {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d findings of %s, want 1: %+v", len(found), detector, r.Findings)
	}
	return found[0]
}

func (w *world) balances(v vendors.ID) (b [3]int64) {
	w.Helper()
	for i, a := range []ledger.Account{ledger.Redeemed(string(v)), ledger.Claimed(string(v)), ledger.Contested(string(v))} {
		b[i] = w.Balance(a)
	}
	return b
}

func (w *world) json(r reconcile.Report) string {
	w.Helper()
	var b bytes.Buffer
	w.must(reconcile.WriteJSON(&b, r))
	return b.String()
}

func francs(n int64) money.Amount { return money.Francs(n) }
