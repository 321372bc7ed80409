package finance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// A statement's closing balance is the ledger's, its rows lead there, and a
// trader can read what it says.
func TestService_Statement(t *testing.T) {
	w := newWorld(t)
	terms, err := w.vendors.SetTerms(t.Context(), vendors.SetTerms{By: manager, Key: w.key(), Vendor: "v1", Lines: []vendors.Term{
		{Name: "Commission", Kind: vendors.Commission, BasisPoints: 150}, {Name: "Retenue", Kind: vendors.Withholding, BasisPoints: 300, On: vendors.OfAll}}})
	w.must(err)
	_, err = w.vendors.ApproveTerms(t.Context(), vendors.ApproveTerms{By: approver, Key: w.key(), Vendor: "v1", Digest: terms.Digest})
	w.must(err)
	_, err = w.advance("v1", 2_000, 500)
	w.must(err)
	w.now = w.now.AddDate(0, 0, 1) // 3 March
	w.sell("v1", 10_000, 0)
	w.sell("v1", 5_000, 0)
	w.claimed("v1")
	st, err := w.approve(w.settle())
	w.must(err)
	w.now = w.now.AddDate(0, 0, 1) // 4 March
	_, err = w.vendors.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.key(), Settlement: st.ID,
		File: []byte("Référence;Montant;Statut;ID transaction\n" + st.Payments[0].Reference + ";" + st.Payments[0].Amount.Text() + ";ok;T1\n")})
	w.must(err)
	w.sell("v1", 700, 0)
	held := w.sell("v1", 300, 0)
	w.must(w.db.Finance().Update(t.Context(), func(tx finance.Tx) error {
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFreeze, Actor: system, Round: "r1", Ref: fmt.Sprintf("entry:%d", held),
			Postings: []ledger.Posting{{Debit: ledger.Redeemed("v1"), Credit: ledger.Contested("v1"), Amount: money.Francs(300)}}})
		return err
	}))
	read := func(from time.Time, lang string) finance.Statement {
		s, err := w.s.Statement(t.Context(), finance.ReadStatement{By: auditor, Vendor: "v1", From: from, Lang: lang})
		w.must(err)
		return s
	}
	fr := read(time.Time{}, "")
	owed := w.balance("vendor:v1:redeemed") + w.balance("vendor:v1:claimed") + w.balance("vendor:v1:contested") - w.balance("advance:v1")
	if fr.Closing.Minor() != owed || owed != 1_000 {
		t.Errorf("closes with %s, the ledger has %d", fr.Closing, owed)
	}
	sum := fr.Opening.Minor()
	for _, r := range fr.Rows {
		if sum += r.Moved.Minor(); sum != r.Balance.Minor() {
			t.Errorf("%s: %d, not %s", r.Text, sum, r.Balance)
		}
	}
	parts := int64(0)
	for _, p := range fr.Parts {
		parts += p.Amount.Minor()
	}
	if sum != owed || parts != owed {
		t.Errorf("rows come to %d, parts to %d, want %d", sum, parts, owed)
	}
	late := read(w.now, "en")
	if late.Opening.Minor() != 12_768 || late.Closing.Minor() != owed { // 15,000 + 225 - 457 - 2,000
		t.Errorf("from 4 March: %s to %s", late.Opening, late.Closing)
	}
	for _, c := range []struct {
		s    finance.Statement
		want []string
	}{
		{fr, []string{"Relevé de compte du commerçant", "Boutique v1", "Avance reçue", "Ventes : 2 coupons", "+15 000", "Commission", "+225", "Retenue à la source",
			"−457", "Retenu sur votre avance", "(2 000)", "Payé " + st.Payments[0].Reference, "Solde à la clôture", "1 000", "Sommes contestées, et pourquoi", "Il manque un reçu"}},
		{late, []string{"Trader's statement of account", "Opening balance", "Closing balance", "A receipt is missing"}},
	} {
		text := pdftotext(t, c.s.PDF)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
	if _, err := w.s.Statement(t.Context(), finance.ReadStatement{By: stranger, Vendor: "v1"}); err == nil {
		t.Error("another programme reads it")
	}
}

// pdftotext returns what poppler reads, with plain spaces.
func pdftotext(t *testing.T, pdf []byte) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if keep := os.Getenv("KEEP_STATEMENT"); keep != "" {
		_ = os.WriteFile(keep, pdf, 0o600)
	}
	out, err := exec.Command(path, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(string(out))
}
