package vendors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/workbook"
	"github.com/jate-cva/jate/money"
)

// ErrMonthForm refuses a form that statements are not written in.
var ErrMonthForm = fault.New(fault.Invalid, "statement_form",
	"A statement is written as text, json, csv or xlsx.",
	"Un relevé s'écrit en text, json, csv ou xlsx.")

// monthWords name the parts of a statement, in English and French.
var monthWords = map[string]string{
	"bank": "Balance at the bank / Solde en banque", "ledger": "Balance in the books / Solde des livres", "difference": "Difference / Écart",
	"explained": "Explained / Expliqué", "unexplained": "Unexplained / Inexpliqué", "transit": "On its way / En transit",
	"suspense": "In suspense, came in / En attente, entré", "missing": "In suspense, left / En attente, sorti",
	string(DiffLater):       "in the books later / comptabilisé après",
	string(DiffOutstanding): "not shown by the bank yet / pas encore vu par la banque",
	string(DiffProposed):    "waits for a second person / attend une deuxième personne",
	string(DiffUnknown):     "UNKNOWN / INCONNU",
	"cheques":               "Cheques that are out / Chèques en circulation",
	string(ChequeIssued):    "cheque, not presented yet / chèque non encore présenté",
	string(ChequeStale):     "cheque, STALE / chèque PÉRIMÉ",
	"suspended":             "in suspense, to be explained / en attente, à expliquer",
}

// monthTitles head the lines of a statement.
var monthTitles = []string{"Section", "Day / Jour", "What / Nature", "Amount XOF / Montant XOF", "Bank line / Ligne", "Entry / Écriture", "Reference / Référence", "Text / Libellé"}

// rows returns a statement as lines under monthTitles: the balances, what
// explains their difference, and what is still open.
func (m BankMonth) rows() [][]any {
	until := m.Until.Format(time.DateOnly)
	total := func(word string, a money.Amount, text string) []any {
		return []any{monthWords[word], until, "", a.Minor(), nil, nil, "", text}
	}
	rows := [][]any{total("bank", m.BankBalance, ""), total("ledger", m.Ledger, fmt.Sprintf("journal %d", m.Size)), total("difference", m.Difference, "")}
	line := func(section string, d Difference) []any {
		r := []any{section, d.Day.Format(time.DateOnly), string(d.What), d.Amount.Minor(), nil, nil, d.Ref, d.Text}
		if d.Line > 0 {
			r[4] = d.Line
		} else {
			r[5] = int64(d.Entry)
		}
		return r
	}
	for _, d := range m.Differences {
		rows = append(rows, line(monthWords[string(d.Kind)], d))
	}
	rows = append(rows, total("explained", m.Explained, ""), total("unexplained", m.Unexplained, ""))
	for _, t := range m.InTransit {
		rows = append(rows, total("transit", t.Amount, string(t.Account)))
	}
	for _, d := range m.Cheques {
		row := line(monthWords[string(d.Kind)], d)
		row[5] = nil
		rows = append(rows, row)
	}
	rows = append(rows, total("cheques", m.ChequesOut, ""))
	rows = append(rows, total("suspense", m.Suspense, "suspense:"+m.Bank), total("missing", m.Missing, "unexplained:"+m.Bank))
	for _, d := range m.Suspended {
		rows = append(rows, line(monthWords["suspended"], d))
	}
	return rows
}

// Write writes the statement as "text", "json", "csv" or "xlsx".
func (m BankMonth) Write(w io.Writer, form string) error {
	switch form {
	case "text":
		return m.writeText(w)
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(wireOfMonth(m))
	case "csv":
		return m.table().WriteCSV(w)
	case "xlsx":
		return m.table().WriteXLSX(w)
	}
	return ErrMonthForm
}

func (m BankMonth) table() workbook.Table {
	return workbook.Table{Name: m.Bank, Titles: monthTitles, Rows: m.rows()}
}

func (m BankMonth) writeText(w io.Writer) error {
	var errs []error
	p := func(format string, args ...any) {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		errs = append(errs, err)
	}
	p("bank:%s  %s – %s", m.Bank, m.From.Format(time.DateOnly), m.Until.Format(time.DateOnly))
	for _, r := range m.rows() {
		ref := ""
		switch {
		case r[4] != nil:
			ref = fmt.Sprintf("line %d", r[4])
		case r[5] != nil:
			ref = fmt.Sprintf("entry %d", r[5])
		}
		p("%-55s %s %14s  %-10s %-10s %s %s", r[0], r[1], money.Francs(r[3].(int64)).Format("en"), r[2], ref, r[6], r[7])
	}
	for _, f := range m.Flows {
		what := string(f.What)
		if what == "" {
			what = "?"
		}
		p("%-10s %5d lines  in %s  out %s", what, f.Lines, f.In.Format("en"), f.Out.Format("en"))
	}
	if !m.Ties {
		p("THE BOOKS DO NOT TIE / LES LIVRES NE CONCORDENT PAS")
	}
	return errors.Join(errs...)
}
