package export

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
)

// MethodExport is the name of the one method, as middleware, metrics and logs
// know it.
const MethodExport = "export"

// within is how long a reader on a slow line may take over the whole journal.
const within = time.Hour

// Routes adds GET /api/v1/ledger/export to mux, behind staff. guard must refuse
// callers who may not read the books, as for ledger.NewEndpoints. The parameter
// format is hledger, ledger, beancount, sycebnl or sycebnl-daily for the journal
// of an accounting package, or csv for the trial balance; chart is plain or
// sycebnl, with the numbers of the mapping.
func Routes(mux *http.ServeMux, store ledger.Store, mapping Mapping, guard func(method string) endpoint.Middleware, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	e := httpkit.Wrap(func(ctx context.Context, q query) (httpkit.Content, error) {
		return q.content(ctx, store, mapping), nil
	}, guard(MethodExport))
	mux.Handle("GET /api/v1/ledger/export", staff(httpkit.Handler(e, decodeQuery, http.StatusOK, append(opts[:len(opts):len(opts)], httpkit.Within(within))...)))
}

// query asks for the books in a format.
type query struct {
	format   string
	numbered bool
}

func decodeQuery(_ context.Context, r *http.Request) (query, error) {
	v, err := httpkit.Query(r, "format", "chart")
	if err != nil {
		return query{}, err
	}
	q := query{format: v.Get("format")}
	switch v.Get("chart") {
	case "", "plain":
	case "sycebnl":
		q.numbered = true
	default:
		return query{}, httpkit.ErrQuery.At("query.chart", "plain or sycebnl")
	}
	switch q.format {
	case "csv", "sycebnl", "sycebnl-daily":
		return q, nil
	}
	_, err = ParseDialect(q.format)
	return q, err
}

func (q query) content(ctx context.Context, store ledger.Store, m Mapping) httpkit.Content {
	var chart Chart
	if q.numbered {
		chart = m.Chart()
	}
	var size uint64
	leaving := httpkit.Leaving{Kind: "books", Form: q.format, From: func() uint64 { return size }}
	read := func(n uint64) { size = n }
	switch q.format {
	case "csv":
		leaving.Kind = "trial-balance"
		return httpkit.Content{Type: "text/csv; charset=utf-8", Filename: "trial-balance.csv", Leaving: leaving,
			Write: func(w io.Writer) error { return TrialBalance(ctx, w, store, chart) }}
	case "sycebnl", "sycebnl-daily":
		return httpkit.Content{Type: "text/csv; charset=utf-8", Filename: "journal-" + q.format + ".csv", Leaving: leaving,
			Write: func(w io.Writer) error {
				return WriteJournal(ctx, w, store, JournalOptions{Mapping: m, Daily: q.format == "sycebnl-daily", Read: read})
			}}
	}
	return httpkit.Content{Type: "text/plain; charset=utf-8", Filename: "journal." + q.format, Leaving: leaving,
		Write: func(w io.Writer) error {
			return Write(ctx, w, store, Options{Dialect: Dialect(q.format), Accounts: chart, Read: read})
		}}
}
