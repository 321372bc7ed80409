package distribution

import (
	"context"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

func exportRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	slow := with(opts, httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/exports":               httpkit.Shown(e.PrepareExport, wireOfExport, decodePrepareExport, http.StatusCreated, opts),
		"GET /api/v1/exports":                httpkit.Shown(e.Exports, wireList(wireOfExport), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/exports/{id}/approval": httpkit.Shown(e.ApproveExport, wireOfExport, decodeApproveExport, http.StatusOK, opts),
		"POST /api/v1/exports/{id}/copies":   httpkit.Shown(e.TakeExport, sealedOf, decodeTakeExport, http.StatusOK, slow),
		"POST /api/v1/exports/trace":         httpkit.Shown(e.TraceExport, wireList(wireOfTraced), decodeTrace, http.StatusOK, slow),
	}
}

type exportWire struct {
	ID         string    `json:"id"`
	Recipient  string    `json:"recipient"`
	Point      string    `json:"point,omitempty"`
	Fields     []Field   `json:"fields"`
	Purpose    string    `json:"purpose"`
	Households int       `json:"households"`
	Digest     string    `json:"digest"`
	Prepared   time.Time `json:"prepared"`
	Approvals  int       `json:"approvals"`
	Copies     int       `json:"copies"`
}

func wireOfExport(e Export) exportWire {
	return exportWire{e.ID, e.Recipient, e.Point, e.Fields, e.Purpose, e.Households, hexOf(e.Digest()), e.Prepared, len(e.Approvals), e.Copies}
}

type tracedWire struct {
	Export     string `json:"export"`
	Copy       int    `json:"copy"`
	Recipient  string `json:"recipient"`
	Refs       int    `json:"refs"`
	Neighbours int    `json:"neighbours"`
	InOrder    int    `json:"in_order"`
}

func wireOfTraced(t Traced) tracedWire { return tracedWire(t) }

func sealedOf(d Document) httpkit.Content {
	return httpkit.Content{Type: "application/octet-stream", Filename: d.Filename, Write: d.Write}
}

func decodePrepareExport(ctx context.Context, r *http.Request) (PrepareExport, error) {
	o, b, err := access.Command[struct {
		Recipient string  `json:"recipient"`
		Point     string  `json:"point,omitempty"`
		Fields    []Field `json:"fields"`
		Purpose   string  `json:"purpose"`
	}](ctx, r, access.OrderOf)
	return PrepareExport{o.By, o.Key, b.Recipient, b.Point, b.Fields, b.Purpose}, err
}

func decodeApproveExport(ctx context.Context, r *http.Request) (ApproveExport, error) {
	o, b, err := access.Command[digestBody](ctx, r, access.OrderOn)
	if err != nil {
		return ApproveExport{}, err
	}
	sum, err := b.sum()
	return ApproveExport{o.By, o.Key, o.ID, sum}, err
}

// decodeTakeExport takes no key: each call is a copy of its own.
func decodeTakeExport(ctx context.Context, r *http.Request) (TakeExport, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return TakeExport{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return TakeExport{by, id}, err
}

func decodeTrace(ctx context.Context, r *http.Request) (TraceExport, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return TraceExport{}, err
	}
	b, err := httpkit.Body[struct {
		Refs   []string `json:"refs,omitempty"`
		Phones []string `json:"phones,omitempty"`
	}](r)
	return TraceExport{by, b.Refs, b.Phones}, err
}

func decodeNameReader(ctx context.Context, r *http.Request) (NameReader, error) {
	o, b, err := access.Command[struct {
		Person string `json:"person"`
		Remove bool   `json:"remove,omitempty"`
	}](ctx, r, access.OrderOn)
	return NameReader{o.By, o.Key, o.ID, b.Person, b.Remove}, err
}

func decodeNamePerson(ctx context.Context, r *http.Request) (NamePerson, error) {
	o, b, err := access.Command[struct {
		Person string `json:"person"`
	}](ctx, r, access.OrderOn)
	return NamePerson{o.By, o.Key, o.ID, b.Person}, err
}
