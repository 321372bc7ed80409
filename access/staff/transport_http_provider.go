package staff

import (
	"context"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/internal/httpkit"
)

type providersWire struct {
	Items []shownWire `json:"items"`
}

type shownWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func wireOfProviders(all []Shown) providersWire {
	w := providersWire{[]shownWire{}}
	for _, p := range all {
		w.Items = append(w.Items, shownWire(p))
	}
	return w
}

func decodeProviders(context.Context, *http.Request) (Providers, error) { return Providers{}, nil }

// binderOf is the cookie of a departure; "" where there is none.
func binderOf(r *http.Request) string {
	if c, err := r.Cookie(ProviderCookie); err == nil {
		return c.Value
	}
	return ""
}

func (d decoders) depart(_ context.Context, r *http.Request) (Depart, error) {
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return Depart{}, err
	}
	b, err := httpkit.Body[struct {
		Then string `json:"then"`
	}](r)
	return Depart{id, b.Then, binderOf(r), d.from(r)}, err
}

type departureWire struct {
	Location string `json:"location"`
	binder   string
}

func wireOfDeparture(d Departure) departureWire { return departureWire{d.Location, d.Binder} }

// Headers sets the cookie that binds the departure to the browser.
func (w departureWire) Headers() http.Header {
	c := http.Cookie{Name: ProviderCookie, Value: w.binder, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: int(departureLife / time.Second)}
	return http.Header{"Set-Cookie": {c.String()}}
}

func (d decoders) comeBack(_ context.Context, r *http.Request) (Return, error) {
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return Return{}, err
	}
	b, err := httpkit.Body[struct {
		State  string `json:"state"`
		Code   string `json:"code"`
		Issuer string `json:"iss"`
		Error  string `json:"error"`
	}](r)
	return Return{id, binderOf(r), provider.Answer(b), d.from(r)}, err
}

type ticketWire struct {
	ID     string `json:"ticket"`
	Linked bool   `json:"linked"`
	Code   bool   `json:"code_needed"`
	Then   string `json:"then"`
}

func wireOfTicket(t Ticket) ticketWire { return ticketWire(t) }
