package vendors

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// ImportResults is the command to take a bank's answers: a CSV or XLSX
// file, or a camt.053 or camt.054 message, of at most 16 MiB.
type ImportResults struct {
	By         access.Actor `json:"-"`
	Key        string       `json:"-"`
	Settlement string
	File       []byte `json:"-"`
}

// Results says what a result file changed.
type Results struct {
	Settlement Settlement
	Paid       int // payments that the bank made
	Failed     int // payments that it did not: their claims can be settled again
	Returned   int // payments that it had made and that came back: likewise
	Same       int // lines that said what was known
	Others     int // movements of a message that are of nothing in the settlement
}

func (s *service) ImportResults(ctx context.Context, cmd ImportResults) (Results, error) {
	if _, err := acting(MethodImportResults, cmd.By); err != nil {
		return Results{}, err
	}
	rows, lines, err := readAnswers(ctx, cmd.File)
	if err != nil {
		return Results{}, err
	}
	content := struct {
		ImportResults
		File [32]byte
	}{cmd, sha256.Sum256(cmd.File)}
	return once(ctx, s, MethodImportResults, cmd.By, cmd.Key, content, func(tx Tx, as ledger.Actor) (Results, error) {
		st, err := ownSettlement(tx, cmd.Settlement, cmd.By)
		if err != nil {
			return Results{}, err
		}
		if st.State != SettlementOrdered && st.State != SettlementDone {
			return Results{}, ErrSettlementState.At("state", "it is %s", st.State)
		}
		said, others := st.answers(lines)
		fresh, same, err := fit(st, append(slices.Clone(rows), said...))
		if err != nil {
			return Results{}, err
		}
		out := Results{Same: same, Others: others}
		var f rowFaults
		for _, a := range fresh {
			why, err := st.Payments[a.payment].onPaper(tx, a.row.outcome, a.row.statement)
			if err != nil {
				return Results{}, err
			}
			if why != "" {
				f.add(a.row.n, colReference, a.row.reference, "%s", why)
			}
		}
		if len(f) > 0 {
			return Results{}, ErrResult.With(f...)
		}
		for _, a := range fresh {
			_, err := st.take(tx, as, a.payment, a.row.outcome, a.row.bankRef, a.row.message)
			if err != nil {
				return Results{}, err
			}
			out.count(a.row.outcome)
		}
		out.Settlement = st
		if len(fresh) == 0 {
			return out, nil
		}
		return out, tx.PutSettlement(st)
	})
}

func (r *Results) count(o Outcome) {
	switch o {
	case PaidOut:
		r.Paid++
	case NotPaid:
		r.Failed++
	case CameBack:
		r.Returned++
	}
}

// take writes down what the bank said of one payment, posts it, and returns the
// entry. What was not paid, or came back, is owed again.
func (s *Settlement) take(tx Tx, as ledger.Actor, i int, said Outcome, bankRef, message string) (ledger.Entry, error) {
	p := &s.Payments[i]
	c, err := tx.Claim(p.Claim)
	if err != nil {
		return ledger.Entry{}, err
	}
	e := ledger.Entry{Kind: ledger.KindReverse, Actor: as, Round: p.Round, Ref: p.Reference,
		Facts: map[string]string{"settlement": s.ID, "claim": string(p.Claim), "bank-reference": bankRef}}
	transit, bank, claimed := ledger.Transit(s.ID), ledger.Bank(s.Bank), ledger.Claimed(string(p.Vendor))
	c.State, c.Settlement = ClaimAccepted, ""
	switch said {
	case PaidOut:
		e.Kind, e.Postings = ledger.KindConfirm, []ledger.Posting{{Debit: transit, Credit: bank, Amount: p.Amount}}
		c.State, c.Settlement, p.BankRef = ClaimSettled, s.ID, bankRef
	case NotPaid:
		e.Ref, e.Postings = refEntry(p.Entry), []ledger.Posting{{Debit: transit, Credit: claimed, Amount: p.Amount}}
		p.BankRef = bankRef
	case CameBack:
		e.Postings = []ledger.Posting{{Debit: bank, Credit: claimed, Amount: p.Amount}}
	}
	p.Result, p.Reported = said, message
	s.State = s.progress()
	if e, err = ledger.Post(tx, e); err != nil {
		return ledger.Entry{}, err
	}
	if p.To.channel() == MethodCheque {
		if err := endCheque(tx, p.Reference, said, message); err != nil {
			return ledger.Entry{}, err
		}
	}
	return e, tx.PutClaim(c)
}
