package vendors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/workbook"
	"github.com/jate-cva/jate/money"
)

// ChequeRegisterOf asks for the register of an account as on a day.
type ChequeRegisterOf struct {
	By   access.Actor
	Bank string
	Day  time.Time // today where zero
}

// ChequeFindingKind says what is wrong in a register.
type ChequeFindingKind string

// The kinds.
const (
	ChequeGap       ChequeFindingKind = "gap"            // numbers that were passed over: nobody has said what became of the leaves
	ChequeIsStale   ChequeFindingKind = "stale"          // out for ChequeStaleMonths
	ChequePresented ChequeFindingKind = "void-presented" // the bank has paid one that is void
	ChequeAmount    ChequeFindingKind = "amount-differs" // the bank has paid another sum than was written
	ChequeStrange   ChequeFindingKind = "unknown"        // the bank has paid a number that the register does not have
)

// ChequeFinding is one thing that somebody has to look into.
type ChequeFinding struct {
	Kind        ChequeFindingKind
	First, Last string // numbers, both included
	Line        int    // of the bank; 0 where it is about no line
	Amount      money.Amount
}

// ChequeRegister is what is known of an account's cheques.
type ChequeRegister struct {
	Programme   string
	Bank        string
	Day         time.Time
	Books       []ChequeBook
	Cheques     []Cheque // by number
	Findings    []ChequeFinding
	Outstanding money.Amount // what those come to that are out
}

func (s *service) ChequeRegister(ctx context.Context, q ChequeRegisterOf) (ChequeRegister, error) {
	return read(ctx, s, MethodChequeRegister, q.By, func(tx Tx) (ChequeRegister, error) {
		if err := s.accountOf(tx, q.Bank, q.By); err != nil {
			return ChequeRegister{}, err
		}
		r := ChequeRegister{Programme: q.By.Programme, Bank: q.Bank, Day: q.Day.UTC().Truncate(24 * time.Hour), Outstanding: money.Francs(0)}
		if q.Day.IsZero() {
			r.Day = tx.Now().UTC().Truncate(24 * time.Hour)
		}
		return r, errors.Join(r.read(tx), r.lines(tx))
	})
}

// read reads books and cheques, and finds the gaps: numbers that were never
// used below one that was.
func (r *ChequeRegister) read(tx Tx) error {
	for c, err := range tx.Cheques(r.Bank) {
		if err != nil {
			return err
		}
		r.Cheques = append(r.Cheques, c)
		if c.Date.After(r.Day) {
			continue
		}
		switch c.On(r.Day) {
		case ChequeStale:
			r.find(ChequeFinding{ChequeIsStale, c.No(), c.No(), 0, c.Amount})
			fallthrough
		case ChequeIssued:
			if r.Outstanding, err = r.Outstanding.Add(c.Amount); err != nil {
				return err
			}
		}
	}
	next := 0 // of the cheques, which are in order as the books are
	for b, err := range tx.ChequeBooks(r.Bank) {
		if err != nil {
			return err
		}
		r.Books = append(r.Books, b)
		want := b.First
		for ; next < len(r.Cheques) && r.Cheques[next].Number <= b.Last; next++ {
			n := r.Cheques[next].Number
			if n > want {
				r.find(ChequeFinding{ChequeGap, b.Number(want), b.Number(n - 1), 0, money.Francs(0)})
			}
			want = n + 1
		}
	}
	return nil
}

// lines looks at what the bank has paid by cheque and that no payment explains.
func (r *ChequeRegister) lines(tx Tx) error {
	if len(r.Books) == 0 {
		return nil
	}
	for l, err := range tx.BankLines(r.Bank, 0) {
		if err != nil {
			return err
		}
		n, ok := l.cheque()
		if !ok || l.Amount.Sign() >= 0 || l.Booked.After(r.Day) {
			continue
		}
		f := ChequeFinding{ChequeStrange, fmt.Sprint(n), fmt.Sprint(n), l.N, money.Francs(-l.Amount.Minor())}
		c, err := tx.Cheque(r.Bank, n)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case c.Line == l.N:
			continue
		case c.State == ChequeVoid:
			f.Kind, f.First, f.Last = ChequePresented, c.No(), c.No()
		default:
			f.Kind, f.First, f.Last = ChequeAmount, c.No(), c.No()
		}
		r.find(f)
	}
	return nil
}

func (r *ChequeRegister) find(f ChequeFinding) { r.Findings = append(r.Findings, f) }

var chequeWords = map[string]string{
	"cheque": "cheque / chèque", "finding": "FINDING / ANOMALIE", "book": "book / chéquier",
	string(ChequeIssued): "issued / émis", string(ChequeCleared): "cleared / payé", string(ChequeVoid): "void / annulé", string(ChequeStale): "stale / périmé",
	string(ChequeGap): "gap in the numbers / numéros manquants", string(ChequePresented): "void, and the bank paid it / annulé, et payé par la banque",
	string(ChequeAmount): "the bank paid another sum / la banque a payé une autre somme", string(ChequeStrange): "not in the register / absent du registre",
}

var chequeTitles = []string{"Section", "Number / Numéro", "To / Au", "State / État", "Date", "Amount XOF / Montant XOF", "Payee / Bénéficiaire",
	"Payment / Paiement", "Bank line / Ligne", "Ended / Clos", "Reason / Motif"}

// table returns the register as rows under chequeTitles. Numbers are text: they
// begin with zeros.
func (r ChequeRegister) table() workbook.Table {
	t := workbook.Table{Name: "cheques " + r.Bank, Titles: chequeTitles}
	if len(t.Name) > 31 {
		t.Name = t.Name[:31]
	}
	add := func(cells ...any) { t.Rows = append(t.Rows, cells) }
	for _, f := range r.Findings {
		var line any
		if f.Line > 0 {
			line = f.Line
		}
		add(chequeWords["finding"], f.First, f.Last, chequeWords[string(f.Kind)], "", f.Amount.Minor(), "", "", line, "", "")
	}
	for _, c := range r.Cheques {
		var line, amount any
		if c.Line > 0 {
			line = c.Line
		}
		if c.Payment != "" {
			amount = c.Amount.Minor()
		}
		ended := ""
		if !c.Ended.IsZero() {
			ended = c.Ended.Format(time.DateOnly)
		}
		add(chequeWords["cheque"], c.No(), "", chequeWords[string(c.On(r.Day))], c.Date.Format(time.DateOnly), amount, c.Payee, c.Payment, line, ended, c.Reason)
	}
	for _, b := range r.Books {
		add(chequeWords["book"], b.Number(b.First), b.Number(b.Last), "", b.Registered.Format(time.DateOnly), nil, "", "", nil, "", "")
	}
	return t
}

// Write writes the register as "json", "csv" or "xlsx".
func (r ChequeRegister) Write(w io.Writer, form string) error {
	switch form {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(wireOfRegister(r))
	case "csv":
		return r.table().WriteCSV(w)
	case "xlsx":
		return r.table().WriteXLSX(w)
	}
	return ErrMonthForm
}
