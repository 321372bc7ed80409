package vendors

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

func chequeRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	return map[string]http.Handler{
		"POST /api/v1/vendors/{id}/payment-change":        httpkit.Shown(e.ChangePayment, wireOfChange, decodeChangePayment, http.StatusCreated, opts),
		"GET /api/v1/vendors/{id}/payment-change":         httpkit.Shown(e.PaymentChange, wireOfShownChange, decodeID, http.StatusOK, opts),
		"POST /api/v1/vendors/{id}/payment-change/answer": httpkit.Shown(e.AnswerPaymentChange, wireOfChange, decodeAnswerChange, http.StatusOK, opts),

		"POST /api/v1/settlements/{id}/payments/{n}/payout":       httpkit.Shown(e.PayOut, wireOfPayout, decodePayOut, http.StatusOK, opts),
		"POST /api/v1/settlements/{id}/payments/{n}/confirmation": httpkit.Shown(e.ConfirmCash, wireOfSettlement, decodeConfirmCash, http.StatusOK, opts),

		"POST /api/v1/banks/{id}/cheque-books":        httpkit.Shown(e.RegisterChequeBook, wireOfBook, decodeBook, http.StatusCreated, opts),
		"POST /api/v1/banks/{id}/cheques":             httpkit.Shown(e.IssueCheque, wireOfCheque, decodeIssueCheque, http.StatusCreated, opts),
		"POST /api/v1/banks/{id}/cheques/{n}/spoilt":  httpkit.Shown(e.SpoilCheque, wireOfCheque, decodeSpoil, http.StatusOK, opts),
		"POST /api/v1/banks/{id}/cheques/{n}/outcome": httpkit.Shown(e.SayCheque, wireOfCheque, decodeSayCheque, http.StatusOK, opts),
		"POST /api/v1/banks/{id}/cheques/{n}/answer":  httpkit.Shown(e.AnswerCheque, wireOfCheque, decodeAnswerCheque, http.StatusOK, opts),
		"GET /api/v1/banks/{id}/cheques":              httpkit.Shown(e.ChequeRegister, wireOfRegister, decodeChequeRegister, http.StatusOK, opts),
		"GET /api/v1/banks/{id}/cheques.csv":          httpkit.Shown(e.ChequeRegister, registerAs("csv"), decodeChequeRegister, http.StatusOK, opts),
		"GET /api/v1/banks/{id}/cheques.xlsx":         httpkit.Shown(e.ChequeRegister, registerAs("xlsx"), decodeChequeRegister, http.StatusOK, opts),
	}
}

func decodeBook(ctx context.Context, r *http.Request) (RegisterChequeBook, error) {
	o, b, err := access.Command[struct {
		First string `json:"first"`
		Last  string `json:"last"`
	}](ctx, r, access.OrderOn)
	return RegisterChequeBook{o.By, o.Key, o.ID, b.First, b.Last}, err
}

func decodeIssueCheque(ctx context.Context, r *http.Request) (IssueCheque, error) {
	o, b, err := access.Command[struct {
		Number  string `json:"number"`
		Payment string `json:"payment"`
		Date    string `json:"date"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return IssueCheque{}, err
	}
	day, err := dayIn(b.Date, "date")
	return IssueCheque{o.By, o.Key, o.ID, b.Number, b.Payment, day}, err
}

// chequeIn reads the {n} of a path; what is no number names no cheque.
func chequeIn(r *http.Request) (string, error) {
	text, err := httpkit.PathValue(r, "n")
	if _, _, ok := readCheque(text); err == nil && !ok {
		err = ErrNotFound
	}
	return text, err
}

// dayIn reads a day of a body's member, the zero time for none.
func dayIn(text, member string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, httpkit.ErrBody.At("$."+member, "a day such as 2026-03-31")
	}
	return day, nil
}

func decodeSpoil(ctx context.Context, r *http.Request) (SpoilCheque, error) {
	o, b, err := access.Command[struct {
		Reason string `json:"reason"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return SpoilCheque{}, err
	}
	n, err := chequeIn(r)
	return SpoilCheque{o.By, o.Key, o.ID, n, b.Reason}, err
}

func decodeSayCheque(ctx context.Context, r *http.Request) (SayCheque, error) {
	o, b, err := access.Command[struct {
		Is     ChequeState `json:"is"`
		Reason string      `json:"reason"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return SayCheque{}, err
	}
	n, err := chequeIn(r)
	return SayCheque{o.By, o.Key, o.ID, n, b.Is, b.Reason}, err
}

func decodeAnswerCheque(ctx context.Context, r *http.Request) (AnswerCheque, error) {
	o, b, err := access.Command[struct {
		Digest string `json:"digest"`
		Refuse bool   `json:"refuse"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return AnswerCheque{}, err
	}
	d, err := readDigest(b.Digest)
	if err != nil {
		return AnswerCheque{}, err
	}
	n, err := chequeIn(r)
	return AnswerCheque{o.By, o.Key, o.ID, n, d, b.Refuse}, err
}

func decodeChequeRegister(ctx context.Context, r *http.Request) (ChequeRegisterOf, error) {
	q, err := decodeID(ctx, r)
	if err != nil {
		return ChequeRegisterOf{}, err
	}
	query, err := httpkit.Query(r, "day")
	if err != nil {
		return ChequeRegisterOf{}, err
	}
	day, err := time.Time{}, error(nil)
	if text := query.Get("day"); text != "" {
		if day, err = time.Parse(time.DateOnly, text); err != nil {
			return ChequeRegisterOf{}, httpkit.ErrQuery.At("query.day", "a day such as 2026-03-31")
		}
	}
	return ChequeRegisterOf{q.By, q.ID, day}, nil
}

type bookWire struct {
	Bank  string `json:"bank"`
	First string `json:"first"`
	Last  string `json:"last"`
}

func wireOfBook(b ChequeBook) bookWire { return bookWire{b.Bank, b.Number(b.First), b.Number(b.Last)} }

type chequeWire struct {
	Bank    string       `json:"bank"`
	Number  string       `json:"number"`
	State   ChequeState  `json:"state"`
	Payment string       `json:"payment,omitempty"`
	Vendor  ID           `json:"vendor,omitempty"`
	Payee   string       `json:"payee,omitempty"`
	Amount  money.Amount `json:"amount,omitzero"`
	Date    string       `json:"date"`
	Said    ChequeState  `json:"said,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Line    int          `json:"line,omitempty"`
	Ended   string       `json:"ended,omitempty"`
	Digest  string       `json:"digest,omitempty"` // where somebody else has to agree
}

func wireOfCheque(c Cheque) chequeWire {
	w := chequeWire{Bank: c.Bank, Number: c.No(), State: c.State, Payment: c.Payment, Vendor: c.Vendor, Payee: c.Payee, Amount: c.Amount,
		Date: c.Date.Format(time.DateOnly), Said: c.Said, Reason: c.Reason, Line: c.Line}
	if !c.Ended.IsZero() {
		w.Ended = c.Ended.Format(time.DateOnly)
	}
	if d, err := c.Digest(); err == nil && c.Said != "" {
		w.Digest = hex.EncodeToString(d[:])
	}
	return w
}

type chequeFindingWire struct {
	Kind   ChequeFindingKind `json:"kind"`
	First  string            `json:"first"`
	Last   string            `json:"last"`
	Line   int               `json:"line,omitempty"`
	Amount money.Amount      `json:"amount"`
}

type registerWire struct {
	Bank        string              `json:"bank"`
	Day         string              `json:"day"`
	Outstanding money.Amount        `json:"outstanding"`
	Findings    []chequeFindingWire `json:"findings"`
	Cheques     []chequeWire        `json:"cheques"`
	Books       []bookWire          `json:"books"`
}

func wireOfRegister(r ChequeRegister) registerWire {
	w := registerWire{r.Bank, r.Day.Format(time.DateOnly), r.Outstanding, []chequeFindingWire{}, []chequeWire{}, []bookWire{}}
	for _, f := range r.Findings {
		w.Findings = append(w.Findings, chequeFindingWire(f))
	}
	for _, c := range r.Cheques {
		x := wireOfCheque(c)
		x.State = c.On(r.Day)
		w.Cheques = append(w.Cheques, x)
	}
	for _, b := range r.Books {
		w.Books = append(w.Books, wireOfBook(b))
	}
	return w
}

// registerAs shows a register as a file.
func registerAs(form string) func(ChequeRegister) httpkit.Content {
	month := monthAs(form)(BankMonth{})
	return func(c ChequeRegister) httpkit.Content {
		return httpkit.Content{Type: month.Type, Filename: "cheques-" + c.Bank + "-" + c.Day.Format(time.DateOnly) + "." + form,
			Leaving: httpkit.Leaving{Kind: "cheque-register", Of: "bank:" + c.Bank, Form: form},
			Write:   func(w io.Writer) error { return c.Write(w, form) }}
	}
}

type changeWire struct {
	Vendor  ID          `json:"vendor"`
	Payment paymentWire `json:"payment"`
	Reason  string      `json:"reason"`
	State   string      `json:"state,omitempty"`
	From    *time.Time  `json:"from,omitempty"`
	Digest  string      `json:"digest"`
}

func wireOfChange(c PaymentChange) changeWire {
	w := changeWire{Vendor: c.Vendor, Payment: paymentWire(c.Payment), Reason: c.Reason, Digest: hex.EncodeToString(c.Digest[:])}
	if !c.From.IsZero() {
		w.From = &c.From
	}
	return w
}

func wireOfShownChange(c ShownChange) changeWire {
	w := wireOfChange(c.PaymentChange)
	w.State = c.Is
	return w
}

func decodeChangePayment(ctx context.Context, r *http.Request) (ChangePayment, error) {
	o, b, err := access.Command[struct {
		Payment paymentWire `json:"payment"`
		Reason  string      `json:"reason"`
	}](ctx, r, access.OrderOn)
	return ChangePayment{o.By, o.Key, ID(o.ID), Payment(b.Payment), b.Reason}, err
}

func decodeAnswerChange(ctx context.Context, r *http.Request) (AnswerPaymentChange, error) {
	o, b, err := access.Command[struct {
		Digest string `json:"digest"`
		Refuse bool   `json:"refuse"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return AnswerPaymentChange{}, err
	}
	d, err := readDigest(b.Digest)
	return AnswerPaymentChange{o.By, o.Key, ID(o.ID), d, b.Refuse}, err
}
