package vendors

import (
	"context"
	"slices"

	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// The columns of a result file, besides the amount.
const (
	colReference columnName = "reference"
	colStatus    columnName = "status"
	colBankRef   columnName = "bank-reference"
	colMessage   columnName = "message"
)

var resultRules = []rule{
	{colBankRef, []string{"transaction", "txn", "bank", "banque", "bancaire", "operateur", "operator", "recu", "receipt"}},
	{colStatus, []string{"status", "statut", "etat", "resultat", "result"}},
	{colMessage, []string{"message", "motif", "raison", "reason", "commentaire", "comment", "description", "erreur", "error"}},
	{colAmount, []string{"montant", "amount", "somme", "sum"}},
	{colReference, []string{"reference", "ref"}},
}

// outcomes are the words for the two answers, folded.
var outcomes = map[string]Outcome{
	"success": PaidOut, "successful": PaidOut, "succes": PaidOut, "succeeded": PaidOut, "ok": PaidOut, "reussi": PaidOut,
	"reussie": PaidOut, "paid": PaidOut, "paye": PaidOut, "payee": PaidOut, "completed": PaidOut, "effectue": PaidOut,
	"effectuee": PaidOut, "execute": PaidOut, "executee": PaidOut,
	"error": NotPaid, "erreur": NotPaid, "failed": NotPaid, "failure": NotPaid, "echec": NotPaid, "echoue": NotPaid,
	"echouee": NotPaid, "rejected": NotPaid, "rejete": NotPaid, "rejetee": NotPaid, "refused": NotPaid, "refuse": NotPaid,
	"refusee": NotPaid, "cancelled": NotPaid, "annule": NotPaid, "annulee": NotPaid,
	"returned": CameBack, "retourne": CameBack, "retournee": CameBack, "reversed": CameBack, "restitue": CameBack, "restituee": CameBack,
}

// resultRow is the bank's answer to one payment.
type resultRow struct {
	n         int
	reference string
	outcome   Outcome
	bankRef   string
	message   string
	amount    money.Amount // zero of no asset where the file has none
	statement bool         // from a bank's message, whose references need not be the operator's
}

// readResults returns the answers in a bank's file, or ErrResult with the rows
// that cannot be read.
func readResults(ctx context.Context, file []byte) ([]resultRow, error) {
	sh, err := openSheet(file, resultRules, func(c map[columnName]int) bool {
		_, reference := c[colReference]
		_, status := c[colStatus]
		return reference && status
	}, "our reference and a status")
	if err != nil {
		return nil, err
	}
	var rows []resultRow
	var f rowFaults
	err = sh.each(ctx, &f, func(row table.Row) {
		if row.Kind == table.Total {
			return
		}
		if r, ok := readResult(sh, row, &f); ok {
			rows = append(rows, r)
		}
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && len(f) == 0 {
		f.add(sh.Header.N, colReference, "", "no line follows the titles")
	}
	if len(f) > 0 {
		return nil, ErrResult.With(f...)
	}
	return rows, nil
}

func readResult(sh sheet, row table.Row, f *rowFaults) (resultRow, bool) {
	r := resultRow{n: row.N, reference: sh.cell(row, colReference), bankRef: sh.cell(row, colBankRef), message: sh.cell(row, colMessage)}
	status := sh.cell(row, colStatus)
	before := len(*f)
	if r.reference == "" {
		f.add(row.N, colReference, "", "every line names a payment")
	}
	var known bool
	if r.outcome, known = outcomes[table.Fold(status)]; !known {
		f.add(row.N, colStatus, status, "neither success nor error")
	}
	if !plain(r.bankRef) {
		f.add(row.N, colBankRef, r.bankRef, "more than %d bytes", textMax)
	}
	if !plain(r.message) {
		f.add(row.N, colMessage, r.message, "more than %d bytes", textMax)
	}
	if text := sh.cell(row, colAmount); text != "" {
		var err error
		if r.amount, err = readFrancs(text); err != nil {
			f.add(row.N, colAmount, text, "%v", err)
		}
	}
	return r, len(*f) == before
}

// readAnswers reads a bank's file of whichever form: rows of a table, which name
// payments, or movements of a message, which may be of anything.
func readAnswers(ctx context.Context, file []byte) ([]resultRow, []bankfile.Line, error) {
	if !bankfile.IsXML(file) {
		rows, err := readResults(ctx, file)
		return rows, nil, err
	}
	statements, err := bankfile.ReadCamt(file)
	var lines []bankfile.Line
	for _, s := range statements {
		lines = append(lines, s.Lines...)
	}
	return nil, lines, err
}

// answers returns what movements say of the settlement's payments, and how many
// are of something else.
func (s Settlement) answers(lines []bankfile.Line) (rows []resultRow, others int) {
	for n, l := range lines {
		named := s.named(l)
		if len(named) == 0 {
			others++
		}
		for _, i := range named {
			r := resultRow{n: n + 1, reference: s.Payments[i].Reference, outcome: PaidOut, bankRef: l.BankRef, message: l.Text, statement: true}
			if l.Amount.Sign() > 0 {
				r.outcome = CameBack
			}
			if l.Reference != "" {
				r.amount = money.Francs(max(l.Amount.Minor(), -l.Amount.Minor()))
			}
			rows = append(rows, r)
		}
	}
	return rows, others
}

// named returns the payments that a movement is of: the one whose reference it
// has, or all that were sent where the bank booked the order in one sum.
func (s Settlement) named(l bankfile.Line) []int {
	if l.Reference != "" {
		if i := slices.IndexFunc(s.Payments, func(p PaymentLine) bool { return p.Reference == l.Reference }); i >= 0 {
			return []int{i}
		}
		return nil
	}
	if l.Batch != s.ID || l.Amount.Minor() != -s.Total.Minor() {
		return nil
	}
	var all []int
	for i, p := range s.Payments {
		if !p.Amount.IsZero() {
			all = append(all, i)
		}
	}
	return all
}

// answered is a payment and what is new about it.
type answered struct {
	payment int
	row     resultRow
}

// fit finds the payment of each row, and those rows whose answer is new, in
// order. It returns ErrResult with every row that contradicts the settlement, an
// earlier answer, or another row.
func fit(s Settlement, rows []resultRow) (fresh []answered, same int, err error) {
	var f rowFaults
	known := slices.Clone(s.Payments)
	for _, r := range rows {
		i := slices.IndexFunc(known, func(p PaymentLine) bool { return p.Reference == r.reference })
		if i < 0 {
			f.add(r.n, colReference, r.reference, "no payment of this settlement")
			continue
		}
		p := &known[i]
		if p.Result == "" && r.outcome == CameBack {
			r.outcome = NotPaid // it left and came back between two files
		}
		switch {
		case p.Amount.IsZero():
			f.add(r.n, colReference, r.reference, "nothing was sent: an advance took it all")
		case !r.amount.Asset().IsZero() && !r.amount.Equal(p.Amount):
			f.add(r.n, colAmount, r.amount.Text(), "the payment is of %s", p.Amount.Text())
		case p.Result == "", p.Result == PaidOut && r.outcome == CameBack:
			if r.outcome != CameBack {
				p.BankRef = r.bankRef
			}
			p.Result, p.Reported = r.outcome, r.message
			fresh = append(fresh, answered{i, r})
		case p.Result == NotPaid && r.outcome == CameBack, p.Result == CameBack && r.outcome == CameBack:
			same++
		case p.Result != r.outcome && !(p.Result == CameBack && r.outcome == PaidOut):
			f.add(r.n, colStatus, string(r.outcome), "it was answered with %s before", p.Result)
		case p.BankRef != r.bankRef && !r.statement:
			f.add(r.n, colBankRef, r.bankRef, "it was answered under another bank reference before")
		default:
			same++
		}
	}
	if len(f) > 0 {
		return nil, 0, ErrResult.With(f...)
	}
	return fresh, same, nil
}
