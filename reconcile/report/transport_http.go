package report

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// slowly is how long a report may take to count, and to read over a slow line.
const slowly = 10 * time.Minute

// media are what formats are on the wire.
var media = map[string]string{"json": "application/json", "html": "text/html; charset=utf-8", "pdf": "application/pdf",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}

// Routes adds the service's routes to mux, all behind staff, which puts the
// actor into the request's context. Columns are those of activities.
func Routes(mux *http.ServeMux, e Endpoints, columns []Column, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	long := append(opts[:len(opts):len(opts)], httpkit.Within(slowly))
	mux.Handle("GET /api/v1/rounds/{id}/report", staff(httpkit.Handler(content(e.Round, func(r Round, a answer) (func(io.Writer) error, httpkit.Leaving) {
		return func(w io.Writer) error { return Formats[a.format](w, r, a.lang) }, a.leaves("round-report", "round:"+r.Round.ID, r.Round.ID, r.Size)
	}), decode("json", Formats, queryOf), http.StatusOK, long...)))
	mux.Handle("GET /api/v1/rounds/{id}/report/figure", staff(httpkit.Handler(e.Explain, decodeExplain, http.StatusOK, long...)))
	mux.Handle("GET /api/v1/funds/{id}/report", staff(httpkit.Handler(content(e.Donor, func(d Donor, a answer) (func(io.Writer) error, httpkit.Leaving) {
		return func(w io.Writer) error { return DonorFormats[a.format](w, d, a.lang) }, a.leaves("donor-report", "fund:"+d.Fund.ID, "", d.Size)
	}), decode("html", DonorFormats, func(by access.Actor, id string) DonorQuery { return DonorQuery{By: by, Fund: id} }), http.StatusOK, long...)))
	mux.Handle("GET /api/v1/activities", staff(httpkit.Handler(content(e.Activities, func(rows []Activity, a answer) (func(io.Writer) error, httpkit.Leaving) {
		return func(w io.Writer) error { return activityFormats[a.format](w, rows, columns, a.lang, a.tags) }, a.leaves("activities", "", "", 0)
	}), decode("csv", activityFormats, queryOf), http.StatusOK, long...)))
}

// activityFormats write activities.
var activityFormats = map[string]func(io.Writer, []Activity, []Column, string, bool) error{"csv": WriteActivitiesCSV, "xlsx": WriteActivitiesXLSX}

func queryOf(by access.Actor, id string) Query { return Query{By: by, Round: id} }

// answer is the form and language that a report is asked for in.
type answer struct {
	format, lang, name string
	tags               bool
}

// leaves is what the journal says of the file.
func (a answer) leaves(kind, of, round string, size uint64) httpkit.Leaving {
	return httpkit.Leaving{Kind: kind, Of: of, Round: round, Form: a.format, Lang: a.lang, From: func() uint64 { return size }}
}

type asked[Q any] struct {
	query Q
	answer
}

// decode reads the format, which must be one of those on offer, the language
// and what the report is on: the path's id or, without one, the round of the
// query.
func decode[Q, F any](usual string, offer map[string]F, query func(access.Actor, string) Q) func(context.Context, *http.Request) (asked[Q], error) {
	return func(ctx context.Context, r *http.Request) (asked[Q], error) {
		by, err := access.FromContext(ctx)
		if err != nil {
			return asked[Q]{}, err
		}
		names := []string{"format", "lang"}
		id := r.PathValue("id")
		if id == "" {
			names = append(names, "round", "hxl")
		}
		v, err := httpkit.Query(r, names...)
		if err != nil {
			return asked[Q]{}, err
		}
		a := answer{format: v.Get("format"), lang: v.Get("lang"), name: id, tags: v.Get("hxl") == "true"}
		if a.format == "" {
			a.format = usual
		}
		if _, ok := offer[a.format]; !ok {
			return asked[Q]{}, httpkit.ErrQuery.At("query.format", "%s", strings.Join(slices.Sorted(maps.Keys(offer)), ", "))
		}
		if a.lang, err = languageOf(r, a.lang); err != nil {
			return asked[Q]{}, err
		}
		if id == "" {
			id, a.name = v.Get("round"), "activities"
		}
		return asked[Q]{query(by, id), a}, nil
	}
}

// languageOf is the language that was asked for, or else the one that the browser
// prefers.
func languageOf(r *http.Request, asked string) (string, error) {
	switch asked {
	case "en", "fr":
		return asked, nil
	case "":
		if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "fr") {
			return "fr", nil
		}
		return "en", nil
	}
	return "", httpkit.ErrQuery.At("query.lang", "en or fr")
}

// content answers in the form asked for. A page comes with its own policy, which
// lets its one style through and nothing else.
func content[Q, R any](run httpkit.Endpoint[Q, R], write func(R, answer) (func(io.Writer) error, httpkit.Leaving)) httpkit.Endpoint[asked[Q], httpkit.Content] {
	return func(ctx context.Context, a asked[Q]) (httpkit.Content, error) {
		r, err := run(ctx, a.query)
		if err != nil {
			return httpkit.Content{}, err
		}
		c := httpkit.Content{Type: media[a.format]}
		c.Write, c.Leaving = write(r, a.answer)
		switch a.format {
		case "html":
			c.Header = http.Header{"Content-Security-Policy": {layout.Policy + "; frame-ancestors 'none'"}}
		case "json":
		default:
			c.Filename = "report-" + a.name + "." + a.format
		}
		return c, nil
	}
}

func decodeExplain(ctx context.Context, r *http.Request) (Explain, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return Explain{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return Explain{}, err
	}
	v, err := httpkit.Query(r, "id")
	return Explain{Query: Query{By: by, Round: id}, Figure: v.Get("id")}, err
}
