package finance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

type periodWire struct {
	Month    string      `json:"month"`
	State    PeriodState `json:"state"`
	Proposed PeriodState `json:"proposed,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Digest   string      `json:"digest,omitempty"` // of what is proposed
	Report   string      `json:"report"`           // digest
	Entry    uint64      `json:"entry,string,omitempty"`
}

func wireOfPeriod(p Period) periodWire {
	w := periodWire{Month: p.Month, State: p.State, Proposed: p.Proposed.State, Reason: p.Proposed.Reason, Report: fmt.Sprintf("%x", p.Digest), Entry: p.Entry}
	if p.Proposed.State != "" {
		w.Digest = fmt.Sprintf("%x", p.Proposed.Digest)
	}
	return w
}

type periodLineWire struct {
	Account ledger.Account `json:"account"`
	Opening money.Amount   `json:"opening"`
	Debit   money.Amount   `json:"debit"`
	Credit  money.Amount   `json:"credit"`
	Closing money.Amount   `json:"closing"`
}

type reportWire struct {
	Month  string           `json:"month"`
	Size   uint64           `json:"entries,string"`
	Late   int              `json:"late"`
	Digest string           `json:"digest"`
	Lines  []periodLineWire `json:"lines"`
}

func wireOfReport(r PeriodReport) reportWire {
	w := reportWire{r.Month, r.Size, r.Late, fmt.Sprintf("%x", r.Digest), []periodLineWire{}}
	for _, l := range r.Lines {
		w.Lines = append(w.Lines, periodLineWire(l))
	}
	return w
}

type cutOffLineWire struct {
	Vendor    vendors.ID     `json:"vendor"`
	Delivered []money.Amount `json:"delivered_unclaimed"`
	Claimed   money.Amount   `json:"claimed_unpaid"`
	Contested []money.Amount `json:"contested"`
	InTransit money.Amount   `json:"in_transit"`
	Advance   money.Amount   `json:"advance"`
}

type cutOffWire struct {
	At    time.Time        `json:"at"`
	Size  uint64           `json:"entries,string"`
	Lines []cutOffLineWire `json:"lines"`
}

func wireOfCutOff(c CutOff) cutOffWire {
	w := cutOffWire{c.At, c.Size, []cutOffLineWire{}}
	for _, l := range c.Lines {
		l.Delivered, l.Contested = append([]money.Amount{}, l.Delivered...), append([]money.Amount{}, l.Contested...)
		w.Lines = append(w.Lines, cutOffLineWire(l))
	}
	return w
}

func decodePeriod(ctx context.Context, r *http.Request) (ReadPeriod, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ReadPeriod{}, err
	}
	month, err := monthOf(r)
	return ReadPeriod{by, month}, err
}

// monthOf reads the path; what is no month is the name of nothing.
func monthOf(r *http.Request) (string, error) {
	month, err := httpkit.PathValue(r, "id")
	if err == nil && !monthForm.MatchString(month) {
		err = ErrNotFound
	}
	return month, err
}

func decodePreparePeriod(ctx context.Context, r *http.Request) (PreparePeriod, error) {
	o, b, err := access.Command[struct {
		Reopen bool   `json:"reopen"`
		Reason string `json:"reason"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return PreparePeriod{}, err
	}
	month, err := monthOf(r)
	return PreparePeriod{o.By, o.Key, month, b.Reopen, b.Reason}, err
}

func decodeApprovePeriod(ctx context.Context, r *http.Request) (ApprovePeriod, error) {
	o, b, err := access.Command[digestBody](ctx, r, access.OrderOf)
	if err != nil {
		return ApprovePeriod{}, err
	}
	month, err := monthOf(r)
	if err != nil {
		return ApprovePeriod{}, err
	}
	d, err := b.digest()
	return ApprovePeriod{o.By, o.Key, month, d}, err
}

func decodeCutOff(ctx context.Context, r *http.Request) (ReadCutOff, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ReadCutOff{}, err
	}
	q, err := httpkit.Query(r, "day")
	if err != nil || q.Get("day") == "" {
		return ReadCutOff{By: by}, err
	}
	day, err := time.Parse(time.DateOnly, q.Get("day"))
	if err != nil {
		return ReadCutOff{}, httpkit.ErrQuery.At("query.day", "a day such as 2026-03-31")
	}
	return ReadCutOff{By: by, Day: day}, nil
}

func decodeStatement(ctx context.Context, r *http.Request) (ReadStatement, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ReadStatement{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return ReadStatement{}, err
	}
	form, err := httpkit.Query(r, "from", "to", "lang")
	if err != nil {
		return ReadStatement{}, err
	}
	q := ReadStatement{By: by, Vendor: vendors.ID(id), Lang: form.Get("lang")}
	if q.Lang != "" && q.Lang != "fr" && q.Lang != "en" {
		return ReadStatement{}, httpkit.ErrQuery.At("query.lang", "fr or en")
	}
	for name, to := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text := form.Get(name); text != "" {
			if *to, err = time.Parse(time.DateOnly, text); err != nil {
				return ReadStatement{}, httpkit.ErrQuery.At("query."+name, "a day such as 2026-03-31")
			}
		}
	}
	return q, nil
}

func pdfOf(s Statement) httpkit.Content {
	return httpkit.Content{Type: "application/pdf", Filename: "statement-" + s.Vendor + "-" + s.To.Format(time.DateOnly) + ".pdf",
		Leaving: httpkit.Leaving{Kind: "vendor-statement", Of: "vendor:" + s.Vendor, Form: "pdf", Lang: langOf(s), From: func() uint64 { return s.Size }},
		Write: func(w io.Writer) error {
			_, err := w.Write(s.PDF)
			return err
		}}
}

func langOf(s Statement) string {
	if s.French {
		return "fr"
	}
	return "en"
}

func decodeReceipts(ctx context.Context, r *http.Request) (ReadReceipts, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ReadReceipts{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return ReadReceipts{}, err
	}
	form, err := httpkit.Query(r, "lang")
	if err != nil {
		return ReadReceipts{}, err
	}
	q := ReadReceipts{by, id, form.Get("lang")}
	if q.Lang != "" && q.Lang != "fr" && q.Lang != "en" {
		return ReadReceipts{}, httpkit.ErrQuery.At("query.lang", "fr or en")
	}
	return q, nil
}

func receiptsOf(r Receipts) httpkit.Content {
	return httpkit.Content{Type: "application/pdf", Filename: "receipts-" + r.Settlement + ".pdf",
		Leaving: httpkit.Leaving{Kind: "cash-receipts", Of: "settlement:" + r.Settlement, Form: "pdf", Lang: r.Lang, Guessable: true},
		Write:   func(w io.Writer) error { _, err := w.Write(r.PDF); return err }}
}

var fileTypes = map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

// cutOffAs shows a cut-off list as a file.
func cutOffAs(form string) func(CutOff) httpkit.Content {
	return func(c CutOff) httpkit.Content {
		return httpkit.Content{Type: fileTypes[form], Filename: "cut-off-" + c.At.Format(time.DateOnly) + "." + form,
			Leaving: httpkit.Leaving{Kind: "cut-off", Of: "day:" + c.At.Format(time.DateOnly), Form: form, From: func() uint64 { return c.Size }}, Write: func(w io.Writer) error {
				if form == "csv" {
					return c.table().WriteCSV(w)
				}
				return c.table().WriteXLSX(w)
			}}
	}
}
