package grant

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Routes adds the service's routes to mux, behind known, which puts the actor into
// the request's context.
func Routes(mux *http.ServeMux, e Endpoints, known func(http.Handler) http.Handler, opts ...httpkit.Option) {
	for pattern, h := range map[string]http.Handler{
		"GET /api/v1/grants":                 httpkit.Shown(e.List, wireOfOverview, decodeList, http.StatusOK, opts),
		"POST /api/v1/grants":                httpkit.Shown(e.Propose, wireOfProposal, decodePropose, http.StatusCreated, opts),
		"POST /api/v1/grants/{id}/approvals": httpkit.Shown(e.Approve, wireOfProposal, decodeApprove, http.StatusOK, opts),
		"POST /api/v1/grants/{id}/refusal":   httpkit.Shown(e.Refuse, wireOfProposal, decodeRefuse, http.StatusOK, opts),
		"POST /api/v1/grants/revocations":    httpkit.Shown(e.Revoke, wireOfHeld, decodeRevoke, http.StatusOK, opts),

		"POST /api/v1/approvals/challenges":       httpkit.Shown(e.Begin, wireOfBegun, decodeBegin, http.StatusOK, opts),
		"POST /api/v1/approvals/assertions":       httpkit.Shown(e.End, wireOfRecord, decodeEnd, http.StatusOK, opts),
		"GET /api/v1/approvals/records/{hash}":    httpkit.Shown(e.Record, wireOfRecord, decodeRecord, http.StatusOK, opts),
		"GET /api/v1/approvals/contents/{digest}": httpkit.Shown(e.Content, wireOfContent, decodeContent, http.StatusOK, opts),
		"GET /api/v1/approvals/keys":              httpkit.Shown(e.Keys, wireOfKeys, decodeKeys, http.StatusOK, opts),
	} {
		mux.Handle(pattern, known(h))
	}
}

func decodeList(ctx context.Context, _ *http.Request) (List, error) {
	by, err := access.FromContext(ctx)
	return List{by}, err
}

func decodePropose(ctx context.Context, r *http.Request) (Propose, error) {
	o, b, err := access.Command[struct {
		Member    string      `json:"member"`
		Programme string      `json:"programme"`
		Role      access.Role `json:"role"`
		From      time.Time   `json:"from"`
		Until     time.Time   `json:"until"`
		DeputyOf  string      `json:"deputy_of"`
	}](ctx, r, access.OrderOf)
	return Propose{o.By, o.Key, b.Member, b.Programme, b.Role, b.From, b.Until, b.DeputyOf}, err
}

func decodeApprove(ctx context.Context, r *http.Request) (Approve, error) {
	o, b, err := access.Command[struct {
		Digest  string `json:"digest"`
		Console string `json:"console_code"`
	}](ctx, r, access.OrderOf)
	if err != nil {
		return Approve{}, err
	}
	digest, err := parseDigest(b.Digest)
	if err != nil {
		return Approve{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return Approve{o.By, o.Key, id, digest, b.Console}, err
}

// parseDigest reads 64 hexadecimal digits.
func parseDigest(text string) (d [32]byte, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(d) {
		return d, ErrGrant.At("digest", "64 hexadecimal digits")
	}
	return [32]byte(b), nil
}

func decodeRefuse(ctx context.Context, r *http.Request) (Refuse, error) {
	o, _, err := access.Command[struct{}](ctx, r, access.OrderOf)
	if err != nil {
		return Refuse{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return Refuse{o.By, o.Key, id}, err
}

func decodeRevoke(ctx context.Context, r *http.Request) (Revoke, error) {
	o, b, err := access.Command[struct {
		Member    string      `json:"member"`
		Programme string      `json:"programme"`
		Role      access.Role `json:"role"`
	}](ctx, r, access.OrderOf)
	return Revoke{o.By, o.Key, b.Member, b.Programme, b.Role}, err
}

type heldWire struct {
	Member    string      `json:"member"`
	Programme string      `json:"programme"`
	Role      access.Role `json:"role"`
	From      *time.Time  `json:"from,omitempty"`
	Until     *time.Time  `json:"until,omitempty"`
	DeputyOf  string      `json:"deputy_of,omitempty"`
	Entry     uint64      `json:"entry"`
}

// optional is an instant that may be missing.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func wireOfHeld(h Held) heldWire {
	return heldWire{h.Member, h.Programme, h.Role, optional(h.From), optional(h.Until), h.DeputyOf, h.Entry}
}

type proposalWire struct {
	ID         string     `json:"id"`
	Member     string     `json:"member"`
	DeputyOf   string     `json:"deputy_of,omitempty"`
	Content    Content    `json:"content"`
	Digest     string     `json:"digest"`
	ProposedBy string     `json:"proposed_by"`
	Proposed   time.Time  `json:"proposed"`
	State      State      `json:"state"`
	ClosedBy   string     `json:"closed_by,omitempty"`
	Console    bool       `json:"console"`
	Closed     *time.Time `json:"closed,omitempty"`
	Mine       bool       `json:"mine"`
}

func wireOfProposal(p Proposal) proposalWire {
	return proposalWire{p.ID, p.Member, p.DeputyOf, p.Content, hex.EncodeToString(p.Digest[:]), p.ProposedBy, p.Proposed, p.State, p.ClosedBy,
		p.Console, optional(p.Closed), false}
}

type overviewWire struct {
	Lead      string         `json:"lead,omitempty"`
	Held      []heldWire     `json:"held"`
	Proposals []proposalWire `json:"proposals"`
}

func wireOfOverview(o Overview) overviewWire {
	w := overviewWire{o.Lead, []heldWire{}, []proposalWire{}}
	for _, h := range o.Held {
		w.Held = append(w.Held, wireOfHeld(h))
	}
	for _, p := range o.Proposals {
		pw := wireOfProposal(p.Proposal)
		pw.Mine = p.Mine
		w.Proposals = append(w.Proposals, pw)
	}
	return w
}
