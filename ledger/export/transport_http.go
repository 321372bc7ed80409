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
// format is hledger, ledger, beancount, or csv for the trial balance; chart is
// plain or sycebnl.
func Routes(mux *http.ServeMux, store ledger.Store, guard func(method string) endpoint.Middleware, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	e := httpkit.Wrap(func(ctx context.Context, q query) (httpkit.Content, error) { return q.content(ctx, store), nil }, guard(MethodExport))
	mux.Handle("GET /api/v1/ledger/export", staff(httpkit.Handler(e, decodeQuery, http.StatusOK, append(opts[:len(opts):len(opts)], httpkit.Within(within))...)))
}

// query asks for the books. An empty dialect is the trial balance.
type query struct {
	Options
}

func decodeQuery(_ context.Context, r *http.Request) (query, error) {
	v, err := httpkit.Query(r, "format", "chart")
	if err != nil {
		return query{}, err
	}
	var q query
	switch v.Get("chart") {
	case "", "plain":
	case "sycebnl":
		q.Accounts = SYCEBNL
	default:
		return query{}, httpkit.ErrQuery.At("query.chart", "plain or sycebnl")
	}
	if v.Get("format") == "csv" {
		return q, nil
	}
	q.Dialect, err = ParseDialect(v.Get("format"))
	return q, err
}

func (q query) content(ctx context.Context, store ledger.Store) httpkit.Content {
	if q.Dialect == "" {
		return httpkit.Content{Type: "text/csv; charset=utf-8", Filename: "trial-balance.csv",
			Write: func(w io.Writer) error { return TrialBalance(ctx, w, store, q.Accounts) }}
	}
	return httpkit.Content{Type: "text/plain; charset=utf-8", Filename: "journal." + string(q.Dialect),
		Write: func(w io.Writer) error { return Write(ctx, w, store, q.Options) }}
}
