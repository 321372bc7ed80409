package vendors

import (
	"context"
	"slices"

	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
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
}

// resultRow is the bank's answer to one payment.
type resultRow struct {
	n         int
	reference string
	outcome   Outcome
	bankRef   string
	message   string
	amount    money.Amount // zero of no asset where the file has none
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

// fit finds the payment of each row, and those rows whose answer is new. It
// returns ErrResult with every row that contradicts the settlement, an earlier
// answer, or another row.
func fit(s Settlement, rows []resultRow) (fresh map[int]resultRow, same int, err error) {
	var f rowFaults
	fresh = map[int]resultRow{}
	for _, r := range rows {
		i := slices.IndexFunc(s.Payments, func(p PaymentLine) bool { return p.Reference == r.reference })
		if i < 0 {
			f.add(r.n, colReference, r.reference, "no payment of this settlement")
			continue
		}
		p := s.Payments[i]
		if earlier, ok := fresh[i]; ok {
			p.Result, p.BankRef = earlier.outcome, earlier.bankRef
		}
		switch {
		case p.Amount.IsZero():
			f.add(r.n, colReference, r.reference, "nothing was sent: an advance took it all")
		case !r.amount.Asset().IsZero() && !r.amount.Equal(p.Amount):
			f.add(r.n, colAmount, r.amount.Text(), "the payment is of %s", p.Amount.Text())
		case p.Result == "":
			fresh[i] = r
		case p.Result != r.outcome:
			f.add(r.n, colStatus, string(r.outcome), "it was answered with %s before", p.Result)
		case p.BankRef != r.bankRef:
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
