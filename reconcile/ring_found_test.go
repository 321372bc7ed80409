package reconcile_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// padded is a round in which one person listed every tenth household and prepared
// the lot. The cards of those go over the counter of v1 in one night, twenty
// seconds apart, while the others buy by day at eight traders. It returns the
// ring's cards.
func padded(t *testing.T) (*world, []voucher.Serial) {
	const cards, every = 400, 10 // of 200 households
	w := bareWorld(t)
	for i := range 6 {
		v, h := vendors.ID(fmt.Sprintf("v%d", i+3)), vendors.HandheldID(fmt.Sprintf("h%d", i+3))
		w.must(w.db.Vendors().Update(t.Context(), func(tx vendors.Tx) error {
			return tx.PutVendor(vendors.Vendor{ID: v, Programme: "mopti", Zone: "z1",
				Contract: vendors.Contract{From: vouchertest.Opens.AddDate(-1, 0, 0), Until: vouchertest.Opens.AddDate(1, 0, 0)}})
		}))
		w.Handheld(h, v, vendors.ForSales)
	}
	w.cards = w.Issue("l1", cards, 1, voucher.ModeSecret)[:cards]
	w.must(w.db.Distribution().Update(t.Context(), func(tx distribution.Tx) error {
		errs := []error{
			tx.PutImport(distribution.Import{ID: "i1", Programme: "mopti", By: "registrar"}),
			tx.PutImport(distribution.Import{ID: "i2", Programme: "mopti", By: "padder"}),
			tx.PutLot(distribution.Lot{ID: "l1", Round: "r1", Programme: "mopti", PreparedBy: "padder",
				Approvals: []access.Approval{{Role: access.RoleListApprover, Proof: access.Proof{ID: "lister"}}}}),
			tx.PutRound(distribution.Round{ID: "r1", Programme: "mopti", Opens: vouchertest.Opens}),
		}
		for i := range cards / 2 {
			list := "i1"
			if i%every == 0 {
				list = "i2"
			}
			errs = append(errs, tx.PutBeneficiary(distribution.Beneficiary{ID: distribution.BeneficiaryID(fmt.Sprintf("b%d", i)), Programme: "mopti", Import: list}))
		}
		return errors.Join(errs...)
	}))
	w.Clock.Now = vouchertest.Opens.Add(8 * time.Hour)
	for at := 0; at < cards; at += 40 {
		w.Expect(w.Activate(w.cards[at:at+40]...), voucher.Accepted, "")
	}
	var ring, others []voucher.Serial
	for i, c := range w.cards {
		if i/2%every == 0 {
			ring = append(ring, c)
		} else {
			others = append(others, c)
		}
	}
	sell := func(h vendors.HandheldID, c voucher.Serial) {
		w.Expect(w.Send(h, w.Sale(h, c))[0], voucher.Payable, "")
	}
	for i := range others { // by days of 9 to 16 o'clock, in no order of the list
		if i%108 == 0 {
			w.Clock.Now = vouchertest.Opens.AddDate(0, 0, 2+i/108).Add(9 * time.Hour)
			for h := range w.Phones {
				if h != "d1" {
					w.Refresh(h)
				}
			}
		}
		w.Clock.Now = w.Clock.Now.Add(time.Duration(3+i*5%3) * time.Minute)
		sell(vendors.HandheldID(fmt.Sprintf("h%d", 1+i*5%8)), others[i*71%len(others)])
	}
	w.Clock.Now = vouchertest.Opens.AddDate(0, 0, 6).Add(22 * time.Hour)
	w.sync()
	for _, c := range ring {
		w.Clock.Now = w.Clock.Now.Add(20 * time.Second)
		sell("h1", c)
	}
	return w, ring
}

// What a person who pads the list and a trader do together is found from what the
// store holds, is proposed as the team's case and not as the trader's, freezes
// exactly those sales, is decided by nobody who listed the households, and leaves
// the house as a pack that holds.
func TestService_OpenProposed_found(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	w, ring := padded(t)
	ps, err := w.s.ProposeCases(t.Context(), reconcile.ProposeCases{By: auditor, Round: "r1"})
	w.must(err)
	p := ps[0]
	var detectors []string
	for _, f := range p.Findings {
		detectors = append(detectors, f.Detector)
	}
	if !strings.HasPrefix(string(p.About), "staff:") || p.Vendor != "" || !p.Freezes || !slices.Contains(detectors, "combined") || !slices.Contains(detectors, "one-person") {
		t.Fatalf("proposed %q %q by %v, score %d", p.Vendor, p.About, detectors, p.Score)
	}
	opened, err := w.s.OpenProposed(t.Context(), reconcile.OpenProposed{By: monitor, Key: w.Key(), Round: "r1", ScoreMin: 50})
	w.must(err)
	if len(opened) != 1 || opened[0].About != p.About {
		t.Fatalf("opened %+v", opened)
	}
	c, err := w.s.AssignCase(t.Context(), reconcile.Assign{Decide: decide(preparer, w, reconcile.Case{ID: opened[0].Case}), To: "p-investigator", Due: w.Clock.Now.AddDate(0, 0, 14)})
	w.must(err)
	c = w.freeze(c)
	frozen := map[string]bool{}
	for _, m := range c.Money {
		frozen[fmt.Sprint(m.Entry)] = true
	}
	for _, card := range ring {
		if e := w.Voucher(card).RedeemEntry; !frozen[fmt.Sprint(e)] {
			t.Errorf("entry %d of the ring is not frozen", e)
		}
	}
	if len(c.Money) != len(ring) || w.Balance(ledger.Contested("v1")) != int64(1000*len(ring)) {
		t.Errorf("%d frozen, %d francs, of %d", len(c.Money), w.Balance(ledger.Contested("v1")), len(ring))
	}
	w.run() // the totals tie
	c = w.hear(c)
	for _, id := range []string{"padder", "lister"} {
		_, err := w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(person(id, access.RoleFinanceApprover), w, c), Digest: c.Digest})
		if !errors.Is(err, reconcile.ErrInvolved) {
			t.Errorf("%s decides: %v", id, err)
		}
	}
	w.Clock.Now = w.Clock.Now.Add(73 * time.Hour)
	c, err = w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest})
	w.must(err)
	if c.State != reconcile.CaseUpheld || w.Balance(ledger.Contested("v1")) != 0 {
		t.Errorf("%s, %d frozen", c.State, w.Balance(ledger.Contested("v1")))
	}
	if again := w.propose(); slices.ContainsFunc(again, func(s string) bool { return strings.Contains(s, "staff:") }) {
		t.Errorf("proposed again: %v", again)
	}
	key := w.sign()
	pack, err := w.s.CasePack(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	if _, err := pack.Verify(logName, key); err != nil || len(pack.Redemptions) != len(ring) {
		t.Errorf("the pack has %d redemptions, %v", len(pack.Redemptions), err)
	}
	file, err := pack.Bytes()
	w.must(err)
	var b bytes.Buffer
	w.must(evidence.WritePDF(&b, file, "fr"))
	path := filepath.Join(t.TempDir(), "pack.pdf")
	w.must(os.WriteFile(path, b.Bytes(), 0o600))
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	w.must(err)
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{string(p.About), "une seule personne", "approbateur financier", judge.Pseudonym, "commerçant v1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the paper has no %q", want)
		}
	}
	for _, secret := range []string{"padder", "lister", string(ring[0]), ring[0].Printed()} {
		if bytes.Contains(file, []byte(secret)) || strings.Contains(text, secret) {
			t.Errorf("it names %q", secret)
		}
	}
	if keep := os.Getenv("KEEP_PDF"); keep != "" {
		w.must(os.WriteFile(keep+"-found.pdf", b.Bytes(), 0o600))
	}
}
