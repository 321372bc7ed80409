package vendors_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/vendors/bankfile"
	"github.com/jate-cva/jate/vendors/bankfile/bankfiletest"
)

func (w *world) day() time.Time { return w.now.Truncate(24 * time.Hour) }

// statement brings what the bank states of the days from..today as camt.053.
func (w *world) statement(from time.Time, opening int64, lines ...bankfile.Line) (vendors.StatementImport, error) {
	w.Helper()
	return w.s.ImportStatement(w.Context(), vendors.ImportStatement{By: preparer, Key: w.key(), Bank: "main", File: w.statementFile(from, opening, lines...)})
}

func (w *world) statementFile(from time.Time, opening int64, lines ...bankfile.Line) []byte {
	st := bankfile.Statement{ID: "st", Account: "ML13ML0160120102600100668497", From: from, To: w.day(), Balanced: true, Opening: money.Francs(opening)}
	sum := opening
	for _, l := range lines {
		if l.Booked.IsZero() {
			l.Booked = w.day()
		}
		if l.Code == "" {
			l.Code = "PMNT/ICDT/DMCT"
		}
		sum += l.Amount.Minor()
		st.Lines = append(st.Lines, l)
	}
	st.Closing = money.Francs(sum)
	return bankfiletest.Camt(8, st)
}

func (w *world) month() vendors.BankMonth {
	w.Helper()
	m, err := w.s.BankMonth(w.Context(), vendors.BankMonthOf{By: approver, Bank: "main", Until: w.day()})
	w.must(err)
	return m
}

func (w *world) explain(n int, what vendors.Explanation, change func(*vendors.ExplainLine)) error {
	w.Helper()
	cmd := vendors.ExplainLine{By: preparer, Key: w.key(), Bank: "main", N: n, What: what, Note: "seen"}
	if change != nil {
		change(&cmd)
	}
	_, err := w.s.ExplainLine(w.Context(), cmd)
	return err
}

// shown returns the digest of the line as it is now.
func (w *world) shown(n int) [32]byte {
	w.Helper()
	p, err := w.s.BankLines(w.Context(), vendors.BankLinesOf{By: approver, Bank: "main", After: n - 1, Limit: 1})
	w.must(err)
	d, err := p.Items[0].Digest()
	w.must(err)
	return d
}

func (w *world) agree(by access.Actor, n int) (vendors.BankLine, error) {
	w.Helper()
	return w.s.AnswerLine(w.Context(), vendors.AnswerLine{By: by, Key: w.key(), Bank: "main", N: n, Digest: w.shown(n)})
}

func movement(n int64, ref, bankRef, text string) bankfile.Line {
	return bankfile.Line{Amount: money.Francs(n), Reference: ref, BankRef: bankRef, Text: text}
}

// A month in the life of an account: what the bank did is in the books line by
// line, and what nobody knows is said to be unknown until two persons say more.
func TestService_BankMonth(t *testing.T) {
	w := newWorld(t)
	w.registerAs("v1", "bank")
	w.registerAs("v2", "bank")
	w.now = time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	st := w.ordered("bank", map[vendors.ID]int64{"v1": 5000, "v2": 7000})
	amounts := map[string]int64{}
	for _, p := range st.Payments {
		amounts[p.Reference] = p.Amount.Minor()
	}
	one, two := st.ID+"-1", st.ID+"-2"
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	w.now = time.Date(2026, 3, 31, 18, 0, 0, 0, time.UTC)
	file := w.statementFile(from, bankStart, movement(-amounts[one], one, "T1", ""), movement(-amounts[two], "", "T2", "VIR "+strings.ToUpper(two)+" BOUTIQUE"),
		movement(-250, "", "T3", "Frais de tenue"), movement(4000, "", "T4", "Versement espèces"), movement(amounts[two]-100, two, "T5", "retour"))
	bring := func() vendors.StatementImport {
		t.Helper()
		r, err := w.s.ImportStatement(t.Context(), vendors.ImportStatement{By: preparer, Key: w.key(), Bank: "main", File: file})
		w.must(err)
		return r
	}
	if r := bring(); r.New != 6 || r.Matched != 2 || r.Open != 4 {
		t.Fatalf("%+v", r)
	}
	size := w.size()
	if r := bring(); r.New != 0 || r.Same != 5 || w.size() != size {
		t.Fatalf("the same file again: %+v, %d entries more", r, w.size()-size)
	}
	w.holds(map[ledger.Account]int64{ledger.Transit(st.ID): 0, "bank:main": bankStart - 12_000})
	m := w.month()
	unknown := bankStart - 250 + 4000 + amounts[two] - 100
	if m.Unexplained != money.Francs(unknown) || !m.Ties || m.Ledger != money.Francs(bankStart-12_000) || m.BankBalance != money.Francs(unknown-12_000) {
		t.Fatalf("%+v", m)
	}
	// The opening balance is the fund's receipt, which is the journal's first entry.
	w.must(w.explain(1, vendors.IsEntry, func(c *vendors.ExplainLine) { c.Entries = []uint64{0} }))
	w.must(w.explain(4, vendors.IsFee, func(c *vendors.ExplainLine) { c.Round = "r1" }))
	t.Run("what one person says is not posted", func(t *testing.T) {
		w.holds(map[ledger.Account]int64{"fees:r1": feesStart})
		if m := w.month(); m.Unexplained != money.Francs(4000+amounts[two]-100) || m.Explained.Minor() != -250-bankStart+bankStart || !m.Ties {
			t.Errorf("%+v", m)
		}
		if _, err := w.agree(preparer, 4); !errors.Is(err, access.ErrDenied) {
			t.Error(err)
		}
		w.must(w.explain(5, vendors.IsUnknown, func(c *vendors.ExplainLine) { c.By = both }))
		if _, err := w.agree(both, 5); !errors.Is(err, access.ErrSamePerson) {
			t.Error(err)
		}
	})
	t.Run("what was read is not what is agreed to once it is said otherwise", func(t *testing.T) {
		answer := vendors.AnswerLine{By: approver, Key: w.key(), Bank: "main", N: 4, Digest: w.shown(4), Refuse: true}
		_, err := w.s.AnswerLine(t.Context(), answer)
		w.must(err)
		w.must(w.explain(4, vendors.IsFee, func(c *vendors.ExplainLine) { c.Round, c.Note = "r1", "of another month" }))
		answer.Key, answer.Refuse = w.key(), false
		if _, err := w.s.AnswerLine(t.Context(), answer); !errors.Is(err, vendors.ErrBankLine) {
			t.Errorf("agreed to what was said before: %v", err)
		}
		w.holds(map[ledger.Account]int64{"fees:r1": feesStart})
	})
	for _, n := range []int{4, 5} {
		_, err := w.agree(approver, n)
		w.must(err)
	}
	w.must(w.explain(6, vendors.IsReturn, func(c *vendors.ExplainLine) { c.Payment, c.Round = two, "r1" }))
	_, err := w.agree(approver, 6)
	w.must(err)
	vendor := string(st.Payments[1].Vendor)
	w.holds(map[ledger.Account]int64{"fees:r1": feesStart - 250 - 100, "suspense:main": 4000, ledger.Claimed(vendor): amounts[two]})
	m = w.month()
	if !m.Unexplained.IsZero() || !m.Difference.IsZero() || len(m.Differences) != 0 || !m.Ties || m.Suspense != money.Francs(4000) || len(m.Suspended) != 1 {
		t.Fatalf("%+v", m)
	}
	t.Run("what was in suspense leaves it when somebody knows", func(t *testing.T) {
		w.post(ledger.KindFund, "", "gift", ledger.Posting{Debit: ledger.Bank("main"), Credit: ledger.Fund("f1"), Amount: money.Francs(4000)})
		seq := w.size() - 1
		w.must(w.explain(5, vendors.IsEntry, func(c *vendors.ExplainLine) { c.Entries = []uint64{seq} }))
		l, err := w.agree(approver, 5)
		w.must(err)
		if l.State != vendors.LineMatched || len(l.Entries) != 3 {
			t.Errorf("%+v", l)
		}
		w.holds(map[ledger.Account]int64{"suspense:main": 0, "bank:main": m.BankBalance.Minor()})
		if m := w.month(); len(m.Suspended) != 0 || !m.Difference.IsZero() || len(m.Differences) != 0 || !m.Ties {
			t.Errorf("%+v", m)
		}
	})
	t.Run("a payment that the operator confirmed before is one with the bank's line", func(t *testing.T) {
		w.now = w.now.AddDate(0, 0, 1)
		from := w.day()
		w.registerAs("v3", "bank")
		next := w.ordered("bank", map[vendors.ID]int64{"v3": 900})
		_, err := w.results(next, next.ID+"-1;900;ok;OM1;")
		w.must(err)
		if m := w.month1(t); m != nil {
			t.Errorf("there is no statement yet: %v", m)
		}
		r, err := w.statement(from, m.BankBalance.Minor(), movement(-900, next.ID+"-1", "T9", ""))
		if err != nil || r.Matched != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		if m := w.month(); !m.Difference.IsZero() || !m.Ties {
			t.Errorf("%+v", m)
		}
	})
}

// month1 is month where there may be no statement.
func (w *world) month1(t *testing.T) any {
	m, err := w.s.BankMonth(t.Context(), vendors.BankMonthOf{By: approver, Bank: "main", Until: w.day()})
	if errors.Is(err, vendors.ErrBankMonth) {
		return nil
	}
	return fmt.Sprint(m, err)
}

func TestService_ImportStatement_refuses(t *testing.T) {
	w := newWorld(t)
	from := w.day()
	_, err := w.statement(from, 1000, movement(-10, "", "T1", "a"))
	w.must(err)
	w.now = w.now.AddDate(0, 0, 1)
	size := w.size()
	for name, try := range map[string]func() error{
		"a statement between is missing": func() error { _, err := w.statement(w.day(), 900); return err },
		"a line of these days is not there": func() error {
			_, err := w.statement(from, 1000, bankfile.Line{Booked: from, Amount: money.Francs(-11), BankRef: "T1", Text: "a"})
			return err
		},
	} {
		if err := try(); !errors.Is(err, vendors.ErrStatementGap) || w.size() != size {
			t.Errorf("%s: %v, %d entries", name, err, w.size()-size)
		}
	}
	r, err := w.statement(from, 1000, bankfile.Line{Booked: from, Amount: money.Francs(-10), BankRef: "T1", Text: "a"}, movement(-5, "", "T2", "b"))
	if err != nil || r.Same != 1 || r.New != 1 {
		t.Errorf("days that overlap: %+v, %v", r, err)
	}
	_, err = w.s.ImportStatement(t.Context(), vendors.ImportStatement{By: person("p", "gao", access.RoleFinancePreparer), Key: "k", Bank: "main",
		File: w.statementFile(w.day(), 985)})
	if !errors.Is(err, vendors.ErrNotFound) {
		t.Errorf("another programme's account: %v", err)
	}
	other := strings.Replace(string(w.statementFile(w.day().AddDate(0, 0, 1), 985)), "ML13ML0160120102600100668497", "FR7630006000011234567890189", 1)
	if _, err := w.s.ImportStatement(t.Context(), vendors.ImportStatement{By: preparer, Key: "k2", Bank: "main", File: []byte(other)}); !errors.Is(err, bankfile.ErrStatement) {
		t.Errorf("a statement of another account: %v", err)
	}
}

// A bank that writes tables is read by its balances, in whichever order.
func TestService_ImportStatement_table(t *testing.T) {
	for name, file := range map[string]string{
		"debit and credit":  "Date;Libellé;Référence;Débit;Crédit;Solde\n01/03/2026;Ouverture de compte;;;10 000;10 000\n02/03/2026;Frais;;250;;9 750\n02/03/2026;Retrait;;9 800;;-50\n",
		"the latest first":  "Date,Description,Amount,Balance\n2026-03-02,Retrait,-9800,-50\n2026-03-02,Frais,-250,9750\n2026-03-01,Ouverture de compte,10000,10000\n",
		"debits with signs": "Date;Libellé;Débit;Crédit;Solde\n01/03/2026;Ouverture de compte;;10000;10000\n02/03/2026;Frais;-250;;9750\n02/03/2026;Retrait;-9800;;-50\n",
	} {
		w := newWorld(t)
		r, err := w.s.ImportStatement(t.Context(), vendors.ImportStatement{By: preparer, Key: w.key(), Bank: "main", File: []byte(file)})
		if err != nil || r.New != 3 || r.Open != 3 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		p, err := w.s.BankLines(t.Context(), vendors.BankLinesOf{By: approver, Bank: "main", Limit: 10, Open: true})
		w.must(err)
		var got []string
		for _, l := range p.Items {
			got = append(got, l.Booked.Format("02 ")+l.Amount.Text()+" "+l.Text)
		}
		if diff := cmp.Diff([]string{"01 10000 Ouverture de compte", "02 -250 Frais", "02 -9800 Retrait"}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	w := newWorld(t)
	_, err := w.s.ImportStatement(t.Context(), vendors.ImportStatement{By: preparer, Key: w.key(), Bank: "main",
		File: []byte("Date;Libellé;Débit;Crédit;Solde\n01/03/2026;a;;100;100\n02/03/2026;b;10;;80\n")})
	if !errors.Is(err, bankfile.ErrStatement) {
		t.Errorf("balances that do not add up: %v", err)
	}
}

// What a statement may hold is bounded, and a refusal says by what; nothing of a
// file that is too large is kept.
func TestService_ImportStatement_bounds(t *testing.T) {
	w := newWorld(t)
	size := w.size()
	row := "01/03/2026;a;;1;%d\n"
	var long strings.Builder
	long.WriteString("Date;Libellé;Débit;Crédit;Solde\n")
	for n := range 20_001 {
		fmt.Fprintf(&long, row, n+1)
	}
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"bytes of a message": {[]byte("<Document>" + strings.Repeat(" ", bankfile.FileMax)), "16777216 bytes"},
		"bytes of a table":   {[]byte("Date;Libellé;Débit;Crédit;Solde\n" + strings.Repeat("\n", bankfile.FileMax)), "16777216"},
		"rows":               {[]byte(long.String()), "20000"},
		"a cell":             {[]byte("Date;Libellé;Débit;Crédit;Solde\n01/03/2026;" + strings.Repeat("a", 513) + ";;1;1\n"), "row[2]"},
		"nesting":            {[]byte("<Document>" + strings.Repeat("<a>", 32)), "32 deep"},
	} {
		_, err := w.s.ImportStatement(t.Context(), vendors.ImportStatement{By: preparer, Key: w.key(), Bank: "main", File: c.file})
		if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
	if w.size() != size {
		t.Errorf("%d entries", w.size()-size)
	}
}
