package reconcile

import (
	"cmp"
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// slowly is how long a report or a document may take over a slow line.
const slowly = 10 * time.Minute

// Routes adds the service's routes to mux, all behind staff, which puts the
// actor into the request's context. A report is JSON, or what its path's ending
// or else the Accept header asks for.
func Routes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, opts ...httpkit.Option) {
	long := append(append([]httpkit.Option{}, opts...), httpkit.Within(slowly))
	for _, f := range formats {
		mux.Handle(f.pattern, staff(httpkit.Handler(asContent(e.Run), decodeRun(f), http.StatusOK, long...)))
	}
	for pattern, h := range map[string]http.Handler{
		"POST /api/v1/claims/{id}/match":                 httpkit.Handler(httpkit.Present(e.MatchClaim, wireOfMatch), decodeMatch, http.StatusOK, opts...),
		"POST /api/v1/claims/{id}/readings":              httpkit.Handler(httpkit.Present(e.ReadLines, wireOfRead), decodeRead, http.StatusOK, opts...),
		"POST /api/v1/claims/{id}/acceptance-of-matched": httpkit.Handler(httpkit.Present(e.AcceptMatched, wireOfAccepted), decodeAccept, http.StatusOK, opts...),
	} {
		mux.Handle(pattern, staff(h))
	}
	caseRoutes(mux, e, staff, opts...)
}

// format is one form of the report.
type format struct {
	pattern, suffix, form, media string
	write                        func(io.Writer, Report, string) error
}

// formats are on offer; the first is for who asks for none of them.
var formats = []format{
	{"GET /api/v1/reconciliation", "", "json", "application/json", func(w io.Writer, r Report, _ string) error { return WriteJSON(w, r) }},
	{"GET /api/v1/reconciliation.csv", ".csv", "csv", "text/csv", WriteCSV},
	{"GET /api/v1/reconciliation.xlsx", ".xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", WriteXLSX},
	{"GET /api/v1/reconciliation.txt", ".txt", "txt", "text/plain", WriteText},
}

// asked is a query with the form and language of its answer.
type asked struct {
	Query
	format format
	lang   string
}

// decodeRun reads the query of the route of a format.
func decodeRun(f format) func(context.Context, *http.Request) (asked, error) {
	return func(ctx context.Context, r *http.Request) (asked, error) {
		by, err := access.FromContext(ctx)
		if err != nil {
			return asked{}, err
		}
		q, err := httpkit.Query(r, "round", "lang", "findings")
		if err != nil {
			return asked{}, err
		}
		a := asked{Query{By: by, Round: q.Get("round")}, f, q.Get("lang")}
		switch q.Get("findings") {
		case "", "yes":
		case "no":
			a.Quick = true
		default:
			return asked{}, httpkit.ErrQuery.At("query.findings", "yes or no")
		}
		if f.suffix == "" {
			a.format = accepted(r.Header.Get("Accept"))
		}
		switch a.lang {
		case "en", "fr":
		case "":
			if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "fr") {
				a.lang = "fr"
			}
		default:
			return asked{}, httpkit.ErrQuery.At("query.lang", "en or fr")
		}
		return a, nil
	}
}

// accepted returns the first format on offer that the header names.
func accepted(header string) format {
	for part := range strings.SplitSeq(header, ",") {
		media, _, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		for _, f := range formats {
			if f.media == media {
				return f
			}
		}
	}
	return formats[0]
}

// asContent answers with the report in the form asked for.
func asContent(run httpkit.Endpoint[Query, Report]) httpkit.Endpoint[asked, httpkit.Content] {
	return func(ctx context.Context, a asked) (httpkit.Content, error) {
		r, err := run(ctx, a.Query)
		if err != nil {
			return httpkit.Content{}, err
		}
		c := httpkit.Content{Type: a.format.media, Write: func(w io.Writer) error { return a.format.write(w, r, a.lang) }}
		if strings.HasPrefix(c.Type, "text/") {
			c.Type += "; charset=utf-8"
		}
		if a.format.form != "json" { // which programs go on with
			c.Leaving = httpkit.Leaving{Kind: "reconciliation", Round: r.Round, Form: a.format.form, Lang: cmp.Or(a.lang, "en"), From: func() uint64 { return r.Size }}
		}
		if a.format.suffix == ".csv" || a.format.suffix == ".xlsx" {
			c.Filename = "reconciliation-" + strings.Trim(r.Programme+"-"+r.Round, "-") + a.format.suffix
		}
		return c, nil
	}
}

func decodeMatch(ctx context.Context, r *http.Request) (MatchClaim, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return MatchClaim{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return MatchClaim{By: by, Claim: vendors.ClaimID(id)}, err
}

func decodeAccept(ctx context.Context, r *http.Request) (AcceptMatched, error) {
	o, b, err := access.Command[struct {
		VendorProof string `json:"vendor_proof"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return AcceptMatched{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return AcceptMatched{By: o.By, Key: o.Key, Claim: vendors.ClaimID(id), VendorProof: b.VendorProof}, err
}

// matchWire is how a claim's lines match.
type matchWire struct {
	Claim      vendors.ClaimID             `json:"claim"`
	Kind       vendors.ClaimKind           `json:"kind"`
	State      vendors.ClaimState          `json:"state"`
	Claimed    money.Amount                `json:"claimed"`
	Matched    money.Amount                `json:"matched"`
	Exceptions map[Exception]exceptionJSON `json:"exceptions"`
	Lines      []lineJSON                  `json:"lines"`
}

func wireOfMatch(m Match) matchWire {
	w := matchWire{Claim: m.Claim.ID, Kind: m.Claim.Kind, State: m.Claim.State, Claimed: m.Claim.Claimed, Matched: m.Matched,
		Exceptions: map[Exception]exceptionJSON{}, Lines: make([]lineJSON, len(m.Lines))}
	for e, p := range m.ByReason {
		w.Exceptions[e] = exceptionJSON(p)
	}
	for i, l := range m.Lines {
		w.Lines[i] = jsonOfLine(l)
	}
	return w
}

// acceptedWire says what was accepted of a claim.
type acceptedWire struct {
	Claim    vendors.ClaimID    `json:"claim"`
	State    vendors.ClaimState `json:"state"`
	Claimed  money.Amount       `json:"claimed"`
	Accepted money.Amount       `json:"accepted"`
	Charges  money.Amount       `json:"charges"`
	Entry    uint64             `json:"entry,string"`
}

func wireOfAccepted(c vendors.Claim) acceptedWire {
	return acceptedWire{c.ID, c.State, c.Claimed, c.Accepted, c.Charges, c.Entry}
}
