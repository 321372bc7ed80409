package vendors

import (
	"context"
	"slices"
	"time"

	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// The columns of a bank's statement that is a table, besides date, amount,
// reference and the bank's own.
const (
	colDebit   columnName = "debit"
	colCredit  columnName = "credit"
	colBalance columnName = "balance"
	colCheque  columnName = "cheque"
	colBooked  columnName = "booked"
)

var statementRules = []rule{
	{colBalance, []string{"solde", "balance"}},
	{colDebit, []string{"debit", "debits", "retrait", "retraits", "sortie"}},
	{colCredit, []string{"credit", "credits", "depot", "depots", "entree"}},
	{colAmount, []string{"montant", "amount"}},
	{colCheque, []string{"cheque"}},
	{colBankRef, []string{"transaction", "operation", "piece", "banque", "bank"}},
	{colReference, []string{"reference", "ref"}},
	{colMessage, []string{"libelle", "description", "motif", "details", "nature", "message", "narrative"}},
	{colBooked, []string{"date", "jour", "day"}},
}

// readStatement reads a bank's statement: camt.053, or a table with a day, a
// sum (or a debit and a credit) and the balance after each movement. It returns
// the statements of the account in the order of their days.
func readStatement(ctx context.Context, file []byte, account bankfile.Account) ([]bankfile.Statement, error) {
	if !bankfile.IsXML(file) {
		st, err := readSheetStatement(ctx, file)
		return []bankfile.Statement{st}, err
	}
	all, err := bankfile.ReadCamt(file)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if !s.Balanced {
			return nil, bankfile.ErrStatement.At("file", "a camt.054 has no balances: import it as results of a settlement")
		}
	}
	if account != "" {
		all = slices.DeleteFunc(all, func(s bankfile.Statement) bool { return !sameAccount(s.Account, account) })
	}
	if len(all) == 0 || account == "" && slices.ContainsFunc(all, func(s bankfile.Statement) bool { return s.Account != all[0].Account }) {
		return nil, bankfile.ErrStatement.At("account", "it has no statement of this account, or several accounts and the settings do not name ours")
	}
	slices.SortStableFunc(all, func(a, b bankfile.Statement) int { return a.From.Compare(b.From) })
	return all, nil
}

// sameAccount reports whether two numbers are of one account: an IBAN of Mali
// has the RIB in it.
func sameAccount(a, b bankfile.Account) bool {
	bare := func(a bankfile.Account) string {
		if a.IsIBAN() {
			return string(a[4:])
		}
		return string(a)
	}
	return bare(a) == bare(b)
}

func readSheetStatement(ctx context.Context, file []byte) (bankfile.Statement, error) {
	sh, err := openSheet(file, statementRules, func(c map[columnName]int) bool {
		has := func(n columnName) bool { _, ok := c[n]; return ok }
		return has(colBooked) && has(colBalance) && (has(colAmount) || has(colDebit) && has(colCredit))
	}, "a date, an amount (or a debit and a credit), and the balance after each movement")
	if err != nil {
		return bankfile.Statement{}, err
	}
	var st bankfile.Statement
	var balances []int64
	var f rowFaults
	err = sh.each(ctx, &f, func(row table.Row) {
		if row.Kind == table.Total {
			return
		}
		if l, balance, ok := readMovement(sh, row, &f); ok {
			st.Lines, balances = append(st.Lines, l), append(balances, balance)
		}
	})
	if err != nil {
		return st, err
	}
	if len(st.Lines) == 0 && len(f) == 0 {
		f.add(sh.Header.N, colBooked, "", "no movement follows the titles")
	}
	if len(f) > 0 {
		return st, bankfile.ErrStatement.With(f...)
	}
	if n := len(st.Lines); n > 1 && st.Lines[0].Booked.After(st.Lines[n-1].Booked) { // the latest first, as screens show it
		slices.Reverse(st.Lines)
		slices.Reverse(balances)
	}
	last := len(balances) - 1
	st.Balanced, st.Opening, st.Closing = true, money.Francs(balances[0]-st.Lines[0].Amount.Minor()), money.Francs(balances[last])
	st.From, st.To = st.Lines[0].Booked, st.Lines[last].Booked
	if err := st.Check(); err != nil {
		return st, bankfile.ErrStatement.At("file", "%v", err)
	}
	return st, nil
}

// readMovement reads one row of a statement, and the balance after it.
func readMovement(sh sheet, row table.Row, f *rowFaults) (bankfile.Line, int64, bool) {
	before := len(*f)
	l := bankfile.Line{Reference: sh.cell(row, colReference), BankRef: sh.cell(row, colBankRef), Cheque: sh.cell(row, colCheque), Text: sh.cell(row, colMessage)}
	for _, c := range []columnName{colReference, colBankRef, colCheque, colMessage} {
		if !plain(sh.cell(row, c)) {
			f.add(row.N, c, sh.cell(row, c), "more than %d bytes", textMax)
		}
	}
	day, err := readDate(sh.cell(row, colBooked))
	if err != nil {
		f.add(row.N, colBooked, sh.cell(row, colBooked), "%v", err)
	}
	l.Booked = day.UTC().Truncate(24 * time.Hour)
	n := signedCell(sh, row, colAmount, f) + signedCell(sh, row, colCredit, f)
	debit := signedCell(sh, row, colDebit, f)
	l.Amount = money.Francs(n - max(debit, -debit)) // some banks write debits with a sign
	if l.Amount.IsZero() && len(*f) == before {
		f.add(row.N, colAmount, "", "a movement of nothing")
	}
	return l, signedCell(sh, row, colBalance, f), len(*f) == before
}

// signedCell reads a sum that may be below zero, or nothing.
func signedCell(sh sheet, row table.Row, c columnName, f *rowFaults) int64 {
	text := sh.cell(row, c)
	rest, negative := cutSign(text)
	if rest == "" || rest == "0" {
		return 0
	}
	m, err := readFrancs(rest)
	if err != nil {
		f.add(row.N, c, text, "%v", err)
		return 0
	}
	if negative {
		return -m.Minor()
	}
	return m.Minor()
}

// cutSign takes a minus before or behind a sum, of either kind, off it.
func cutSign(s string) (string, bool) {
	for _, sign := range []string{"-", "−"} {
		if len(s) > len(sign) && s[:len(sign)] == sign {
			return s[len(sign):], true
		}
		if len(s) > len(sign) && s[len(s)-len(sign):] == sign {
			return s[:len(s)-len(sign)], true
		}
	}
	return s, false
}
