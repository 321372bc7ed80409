package leaving

import (
	"context"
	"net/http"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Routes adds the service's routes to mux, behind known, which puts the actor into
// the request's context.
func Routes(mux *http.ServeMux, e Endpoints, known func(http.Handler) http.Handler, opts ...httpkit.Option) {
	mux.Handle("GET /api/v1/staff/{id}/work", known(httpkit.Shown(e.Work, wireOfLeft, decodeWork, http.StatusOK, opts)))
	mux.Handle("POST /api/v1/staff/{id}/leaving", known(httpkit.Shown(e.Leave, wireOfLeft, decodeLeave, http.StatusOK, opts)))
}

func decodeWork(ctx context.Context, r *http.Request) (Work, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return Work{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return Work{by, id}, err
}

func decodeLeave(ctx context.Context, r *http.Request) (Leave, error) {
	o, b, err := access.Command[struct {
		Successor    string `json:"successor"`
		ShortStaffed bool   `json:"short_staffed"`
	}](ctx, r, access.OrderOn)
	return Leave{o.By, o.Key, o.ID, b.Successor, b.ShortStaffed}, err
}

type itemWire struct {
	Kind      Kind    `json:"kind"`
	What      string  `json:"what,omitempty"`
	ID        string  `json:"id"`
	Programme string  `json:"programme,omitempty"`
	Outcome   Outcome `json:"outcome,omitempty"`
}

type gapWire struct {
	Programme string      `json:"programme"`
	Role      access.Role `json:"role"`
	Left      int         `json:"left"`
	Needs     int         `json:"needs"`
}

type leftWire struct {
	Member string     `json:"member"`
	Items  []itemWire `json:"items"`
	More   int        `json:"more"`
	Gaps   []gapWire  `json:"gaps"`
}

func wireOfLeft(l Left) leftWire {
	w := leftWire{l.Member, []itemWire{}, l.More, []gapWire{}}
	for _, i := range l.Items {
		w.Items = append(w.Items, itemWire(i))
	}
	for _, g := range l.Gaps {
		w.Gaps = append(w.Gaps, gapWire(g))
	}
	return w
}
