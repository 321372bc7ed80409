package vendors

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

func bankRoutes(e Endpoints, opts, upload []httpkit.Option) map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v1/banks/{id}/statements":            httpkit.Shown(e.ImportStatement, wireOfImport, decodeStatement, http.StatusOK, upload),
		"GET /api/v1/banks/{id}/lines":                  httpkit.Shown(e.BankLines, wirePage(wireOfBankLine), decodeBankLines, http.StatusOK, opts),
		"POST /api/v1/banks/{id}/lines/{n}/explanation": httpkit.Shown(e.ExplainLine, wireOfBankLine, decodeExplain, http.StatusOK, opts),
		"POST /api/v1/banks/{id}/lines/{n}/answer":      httpkit.Shown(e.AnswerLine, wireOfBankLine, decodeAnswer, http.StatusOK, opts),
		"GET /api/v1/banks/{id}/reconciliation":         httpkit.Shown(e.BankMonth, wireOfMonth, decodeMonth, http.StatusOK, opts),
		"GET /api/v1/banks/{id}/reconciliation.csv":     httpkit.Shown(e.BankMonth, monthAs("csv"), decodeMonth, http.StatusOK, opts),
		"GET /api/v1/banks/{id}/reconciliation.xlsx":    httpkit.Shown(e.BankMonth, monthAs("xlsx"), decodeMonth, http.StatusOK, opts),
	}
}

func decodeStatement(ctx context.Context, r *http.Request) (ImportStatement, error) {
	o, err := access.OrderOn(ctx, r)
	if err != nil {
		return ImportStatement{}, err
	}
	b, err := file(r)
	return ImportStatement{o.By, o.Key, o.ID, b}, err
}

// lineNumber reads the {n} of a path.
func lineNumber(r *http.Request) (int, error) {
	text, err := httpkit.PathValue(r, "n")
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, ErrNotFound
	}
	return n, nil
}

func decodeExplain(ctx context.Context, r *http.Request) (ExplainLine, error) {
	o, b, err := access.Command[struct {
		What    Explanation `json:"what"`
		Round   string      `json:"round"`
		Payment string      `json:"payment"`
		To      string      `json:"to"`
		Entries []sequence  `json:"entries"`
		Note    string      `json:"note"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return ExplainLine{}, err
	}
	n, err := lineNumber(r)
	return ExplainLine{o.By, o.Key, o.ID, n, b.What, b.Round, b.Payment, b.To, numbersOf(b.Entries), b.Note}, err
}

func decodeAnswer(ctx context.Context, r *http.Request) (AnswerLine, error) {
	o, b, err := access.Command[struct {
		Digest string `json:"digest"`
		Refuse bool   `json:"refuse"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return AnswerLine{}, err
	}
	d, err := readDigest(b.Digest)
	if err != nil {
		return AnswerLine{}, err
	}
	n, err := lineNumber(r)
	return AnswerLine{o.By, o.Key, o.ID, n, d, b.Refuse}, err
}

func decodeBankLines(ctx context.Context, r *http.Request) (BankLinesOf, error) {
	q, err := decodeID(ctx, r)
	if err != nil {
		return BankLinesOf{}, err
	}
	query, err := httpkit.Query(r, "cursor", "limit", "open")
	if err != nil {
		return BankLinesOf{}, err
	}
	out := BankLinesOf{By: q.By, Bank: q.ID, Limit: 100, Open: query.Get("open") == "true"}
	for name, to := range map[string]*int{"cursor": &out.After, "limit": &out.Limit} {
		if text := query.Get(name); text != "" {
			if *to, err = strconv.Atoi(text); err != nil || *to < 0 {
				return out, httpkit.ErrQuery.At("query."+name, "a whole number")
			}
		}
	}
	return out, nil
}

func decodeMonth(ctx context.Context, r *http.Request) (BankMonthOf, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return BankMonthOf{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return BankMonthOf{}, err
	}
	q, err := httpkit.Query(r, "until")
	if err != nil {
		return BankMonthOf{}, err
	}
	var until time.Time
	if text := q.Get("until"); text != "" {
		until, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		return BankMonthOf{}, httpkit.ErrQuery.At("query.until", "a day such as 2026-03-31")
	}
	return BankMonthOf{by, id, until}, nil
}

// sequence is the number of an entry: a string, as JSON's numbers lose digits.
type sequence uint64

// MarshalText writes its digits.
func (s sequence) MarshalText() ([]byte, error) { return strconv.AppendUint(nil, uint64(s), 10), nil }

// UnmarshalText reads digits.
func (s *sequence) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 10, 64)
	*s = sequence(n)
	return err
}

func numbersOf(ss []sequence) (ns []uint64) {
	for _, s := range ss {
		ns = append(ns, uint64(s))
	}
	return ns
}

type importWire struct {
	Statements []statementWire `json:"statements"`
	New        int             `json:"new"`
	Same       int             `json:"same"`
	Matched    int             `json:"matched"`
	Open       int             `json:"open"`
}

type statementWire struct {
	ID      string       `json:"id"`
	From    string       `json:"from"`
	To      string       `json:"to"`
	Opening money.Amount `json:"opening"`
	Closing money.Amount `json:"closing"`
	Lines   int          `json:"lines"`
}

func wireOfImport(r StatementImport) importWire {
	w := importWire{[]statementWire{}, r.New, r.Same, r.Matched, r.Open}
	for _, s := range r.Statements {
		w.Statements = append(w.Statements, statementWire{s.ID, s.From.Format(time.DateOnly), s.To.Format(time.DateOnly), s.Opening, s.Closing, s.Lines})
	}
	return w
}

type bankLineWire struct {
	N         int          `json:"n"`
	Statement string       `json:"statement"`
	Booked    string       `json:"booked"`
	Amount    money.Amount `json:"amount"`
	Reference string       `json:"reference,omitempty"`
	BankRef   string       `json:"bank_reference,omitempty"`
	Cheque    string       `json:"cheque,omitempty"`
	Code      string       `json:"code,omitempty"`
	Text      string       `json:"text,omitempty"`
	State     LineState    `json:"state"`
	What      Explanation  `json:"what,omitempty"`
	Round     string       `json:"round,omitempty"`
	Payment   string       `json:"payment,omitempty"`
	To        string       `json:"to,omitempty"`
	Note      string       `json:"note,omitempty"`
	Named     []sequence   `json:"named,omitempty"`
	Entries   []sequence   `json:"entries,omitempty"`
	Digest    string       `json:"digest,omitempty"` // where somebody else has to agree
}

func wireOfBankLine(l BankLine) bankLineWire {
	w := bankLineWire{N: l.N, Statement: l.Statement, Booked: l.Booked.Format(time.DateOnly), Amount: l.Amount, Reference: l.Reference,
		BankRef: l.BankRef, Cheque: l.Cheque, Code: l.Code, Text: l.Text, State: l.State, What: l.What, Round: l.Round, Payment: l.Payment, To: l.To, Note: l.Note}
	for _, n := range l.Named {
		w.Named = append(w.Named, sequence(n))
	}
	for _, n := range l.Entries {
		w.Entries = append(w.Entries, sequence(n))
	}
	if d, err := l.Digest(); err == nil && l.State == LineProposed {
		w.Digest = hex.EncodeToString(d[:])
	}
	if w.State == LineOpen {
		w.State = "open"
	}
	return w
}

type monthWire struct {
	Bank        string           `json:"bank"`
	From        string           `json:"from"`
	Until       string           `json:"until"`
	BankOpening money.Amount     `json:"bank_opening"`
	BankBalance money.Amount     `json:"bank_balance"`
	Ledger      money.Amount     `json:"ledger_balance"`
	Difference  money.Amount     `json:"difference"`
	Explained   money.Amount     `json:"explained"`
	Unexplained money.Amount     `json:"unexplained"`
	Differences []differenceWire `json:"differences"`
	Flows       []flowWire       `json:"flows"`
	InTransit   []transitWire    `json:"in_transit"`
	Suspended   []differenceWire `json:"suspended"`
	Cheques     []differenceWire `json:"cheques"`
	ChequesOut  money.Amount     `json:"cheques_out"`
	Suspense    money.Amount     `json:"suspense"`
	Missing     money.Amount     `json:"missing"`
	Ties        bool             `json:"ties"`
	Size        uint64           `json:"journal_size,string"`
}

type differenceWire struct {
	Kind   DifferenceKind `json:"kind"`
	What   Explanation    `json:"what,omitempty"`
	Day    string         `json:"day"`
	Amount money.Amount   `json:"amount"`
	Line   int            `json:"line,omitempty"`
	Entry  *uint64        `json:"entry,string,omitempty"`
	Ref    string         `json:"ref,omitempty"`
	Text   string         `json:"text,omitempty"`
}

type flowWire struct {
	What  Explanation  `json:"what,omitempty"`
	Lines int          `json:"lines"`
	In    money.Amount `json:"in"`
	Out   money.Amount `json:"out"`
}

type transitWire struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
}

func wireOfDifferences(ds []Difference) []differenceWire {
	out := []differenceWire{}
	for _, d := range ds {
		w := differenceWire{Kind: d.Kind, What: d.What, Day: d.Day.Format(time.DateOnly), Amount: d.Amount, Line: d.Line, Ref: d.Ref, Text: d.Text}
		if d.Line == 0 && d.Kind != DifferenceKind(ChequeIssued) && d.Kind != DifferenceKind(ChequeStale) {
			w.Entry = &d.Entry
		}
		out = append(out, w)
	}
	return out
}

func wireOfMonth(m BankMonth) monthWire {
	w := monthWire{m.Bank, m.From.Format(time.DateOnly), m.Until.Format(time.DateOnly), m.BankOpening, m.BankBalance, m.Ledger, m.Difference,
		m.Explained, m.Unexplained, wireOfDifferences(m.Differences), []flowWire{}, []transitWire{}, wireOfDifferences(m.Suspended), wireOfDifferences(m.Cheques), m.ChequesOut, m.Suspense, m.Missing, m.Ties, m.Size}
	for _, f := range m.Flows {
		w.Flows = append(w.Flows, flowWire(f))
	}
	for _, t := range m.InTransit {
		w.InTransit = append(w.InTransit, transitWire{string(t.Account), t.Amount})
	}
	return w
}

// monthAs shows a statement as a file.
func monthAs(form string) func(BankMonth) httpkit.Content {
	types := map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
	return func(m BankMonth) httpkit.Content {
		return httpkit.Content{Type: types[form], Filename: m.Bank + "-" + m.Until.Format(time.DateOnly) + "." + form,
			Leaving: httpkit.Leaving{Kind: "bank-statement", Of: "bank:" + m.Bank, Form: form, From: func() uint64 { return m.Size }, Guessable: true},
			Write:   func(w io.Writer) error { return m.Write(w, form) }}
	}
}
