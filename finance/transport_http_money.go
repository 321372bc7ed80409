package finance

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

type limitsWire struct {
	Vendor    money.Amount `json:"vendor,omitzero"`
	Programme money.Amount `json:"programme,omitzero"`
}

func wireOfLimits(l vendors.AdvanceLimits) limitsWire { return limitsWire(l) }

func decodeLimits(ctx context.Context, r *http.Request) (SetAdvanceLimits, error) {
	o, b, err := access.Command[limitsWire](ctx, r, access.OrderOf)
	return SetAdvanceLimits{o.By, o.Key, vendors.AdvanceLimits(b)}, err
}

type agedWire struct {
	ID     string       `json:"id"`
	Vendor vendors.ID   `json:"vendor"`
	Amount money.Amount `json:"amount"`
	Open   money.Amount `json:"open"`
	Given  time.Time    `json:"given"`
	Days   int          `json:"days"`
}

type ageingWire struct {
	At       time.Time    `json:"at"`
	To30     money.Amount `json:"days_0_30"`
	To60     money.Amount `json:"days_31_60"`
	To90     money.Amount `json:"days_61_90"`
	Over90   money.Amount `json:"days_over_90"`
	Total    money.Amount `json:"total"`
	Advances []agedWire   `json:"advances"`
}

func wireOfAgeing(a Ageing) ageingWire {
	w := ageingWire{a.At, a.Buckets[0], a.Buckets[1], a.Buckets[2], a.Buckets[3], a.Total, []agedWire{}}
	for _, x := range a.Advances {
		w.Advances = append(w.Advances, agedWire{x.ID, x.Vendor, x.Amount, x.Open, x.Given, x.Days})
	}
	return w
}

type movementWire struct {
	ID      string        `json:"id"`
	Kind    MovementKind  `json:"kind"`
	Vendor  vendors.ID    `json:"vendor,omitempty"`
	Amount  money.Amount  `json:"amount"`
	Bank    string        `json:"bank,omitempty"`
	Fund    string        `json:"fund,omitempty"`
	Reason  string        `json:"reason"`
	State   MovementState `json:"state"`
	Digest  string        `json:"digest"`
	Created time.Time     `json:"created"`
	Entry   uint64        `json:"entry,string,omitempty"`
}

func wireOfMovement(m Movement) movementWire {
	return movementWire{m.ID, m.Kind, m.Vendor, m.Amount, m.Bank, m.Fund, m.Reason, m.State, fmt.Sprintf("%x", m.Digest), m.Created, m.Entry}
}

func wireOfMovements(p Page[Movement]) httpkit.Page[movementWire] {
	items := make([]movementWire, len(p.Items))
	for i, m := range p.Items {
		items[i] = wireOfMovement(m)
	}
	return httpkit.NewPage(items, p.Next)
}

func decodeList(ctx context.Context, r *http.Request) (List, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return List{}, err
	}
	after, limit, err := httpkit.PageQuery(r)
	return List{By: by, After: after, Limit: limit}, err
}

func decodePrepareMovement(ctx context.Context, r *http.Request) (PrepareMovement, error) {
	o, b, err := access.Command[struct {
		Kind   MovementKind `json:"kind"`
		Vendor vendors.ID   `json:"vendor"`
		Amount money.Amount `json:"amount"`
		Bank   string       `json:"bank"`
		Fund   string       `json:"fund"`
		Reason string       `json:"reason"`
	}](ctx, r, access.OrderOf)
	return PrepareMovement{o.By, o.Key, b.Kind, b.Vendor, b.Amount, b.Bank, b.Fund, b.Reason}, err
}

// digestBody is the body of an approval.
type digestBody struct {
	Digest string `json:"digest"`
}

func (b digestBody) digest() (d [32]byte, err error) {
	p, err := hex.DecodeString(b.Digest)
	if err != nil || len(p) != len(d) {
		return d, httpkit.ErrBody.At("$.digest", "64 hexadecimal digits, as they are shown")
	}
	return [32]byte(p), nil
}

func decodeApproveMovement(ctx context.Context, r *http.Request) (DecideMovement, error) {
	o, b, err := access.Command[digestBody](ctx, r, access.OrderOf)
	if err != nil {
		return DecideMovement{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	if err != nil {
		return DecideMovement{}, err
	}
	d, err := b.digest()
	return DecideMovement{o.By, o.Key, id, d}, err
}

func decodeRefuseMovement(ctx context.Context, r *http.Request) (DecideMovement, error) {
	o, _, err := access.Command[struct{}](ctx, r, access.OrderOf)
	if err != nil {
		return DecideMovement{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return DecideMovement{By: o.By, Key: o.Key, ID: id}, err
}
