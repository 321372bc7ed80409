package report

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
)

// MonthRoutes adds to mux what the finance office reads of a month on paper and
// as a workbook: the books, and a bank account less the books. Roles are those of
// the endpoints.
func MonthRoutes(mux *http.ServeMux, books httpkit.Endpoint[finance.ReadPeriod, finance.PeriodReport], bank httpkit.Endpoint[vendors.BankMonthOf, vendors.BankMonth],
	staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	long := append(opts[:len(opts):len(opts)], httpkit.Within(slowly))
	period := func(form string) http.Handler {
		return httpkit.Handler(monthContent(books, form, func(r finance.PeriodReport, lang string) (httpkit.Content, uint64) {
			return httpkit.Content{Filename: "month-" + r.Month, Leaving: httpkit.Leaving{Kind: "month-report", Of: "month:" + r.Month},
				Write: func(w io.Writer) error { return PeriodFormats[form](w, r, lang) }}, r.Size
		}), decodePeriodMonth, http.StatusOK, long...)
	}
	mux.Handle("GET /api/v1/periods/{id}/report.pdf", staff(period("pdf")))
	mux.Handle("GET /api/v1/periods/{id}/report.xlsx", staff(period("xlsx")))
	mux.Handle("GET /api/v1/banks/{id}/reconciliation.pdf", staff(httpkit.Handler(monthContent(bank, "pdf", func(m vendors.BankMonth, lang string) (httpkit.Content, uint64) {
		return httpkit.Content{Filename: m.Bank + "-" + m.Until.Format(time.DateOnly), Leaving: httpkit.Leaving{Kind: "bank-statement", Of: "bank:" + m.Bank, Guessable: true},
			Write: func(w io.Writer) error { return BankFormats["pdf"](w, m, lang) }}, m.Size
	}), decodeBankMonth, http.StatusOK, long...)))
}

// monthly is a query of a month, and the language of its answer.
type monthly[Q any] struct {
	query Q
	lang  string
}

func monthContent[Q, R any](run httpkit.Endpoint[Q, R], form string, show func(R, string) (httpkit.Content, uint64)) httpkit.Endpoint[monthly[Q], httpkit.Content] {
	return func(ctx context.Context, q monthly[Q]) (httpkit.Content, error) {
		r, err := run(ctx, q.query)
		if err != nil {
			return httpkit.Content{}, err
		}
		c, size := show(r, q.lang)
		c.Type, c.Filename = media[form], c.Filename+"."+form
		c.Leaving.Form, c.Leaving.Lang, c.Leaving.From = form, q.lang, func() uint64 { return size }
		return c, nil
	}
}

// monthOf reads who asks, the path's id, the language, and one more parameter
// where it has a name.
func monthOf(ctx context.Context, r *http.Request, more ...string) (by access.Actor, id, lang, text string, err error) {
	if by, err = access.FromContext(ctx); err != nil {
		return by, "", "", "", err
	}
	if id, err = httpkit.PathValue(r, "id"); err != nil {
		return by, "", "", "", err
	}
	v, err := httpkit.Query(r, append([]string{"lang"}, more...)...)
	if err != nil {
		return by, "", "", "", err
	}
	if lang, err = languageOf(r, v.Get("lang")); err != nil || len(more) == 0 {
		return by, id, lang, "", err
	}
	return by, id, lang, v.Get(more[0]), nil
}

func decodePeriodMonth(ctx context.Context, r *http.Request) (monthly[finance.ReadPeriod], error) {
	by, id, lang, _, err := monthOf(ctx, r)
	if err != nil {
		return monthly[finance.ReadPeriod]{}, err
	}
	if _, bad := time.Parse("2006-01", id); bad != nil {
		return monthly[finance.ReadPeriod]{}, finance.ErrNotFound // what is no month is the name of nothing
	}
	return monthly[finance.ReadPeriod]{finance.ReadPeriod{By: by, Month: id}, lang}, nil
}

func decodeBankMonth(ctx context.Context, r *http.Request) (monthly[vendors.BankMonthOf], error) {
	by, id, lang, text, err := monthOf(ctx, r, "until")
	q := monthly[vendors.BankMonthOf]{vendors.BankMonthOf{By: by, Bank: id}, lang}
	if err != nil || text == "" {
		return q, err
	}
	if q.query.Until, err = time.Parse(time.DateOnly, text); err != nil {
		return q, httpkit.ErrQuery.At("query.until", "a day such as 2026-03-31")
	}
	return q, nil
}
