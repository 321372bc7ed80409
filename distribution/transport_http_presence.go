package distribution

import (
	"context"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/internal/httpkit"
)

func presenceRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	upload := with(opts, httpkit.MaxBody(presenceFileMax), httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/presence-lists":                 spooled(httpkit.Shown(e.ImportPresence, wireOfPresence, decodePresence, http.StatusOK, upload)),
		"GET /api/v1/presence-lists":                  httpkit.Shown(e.PresenceLists, wireList(wireOfPresenceList), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/presence-lists/{id}/withdrawal": httpkit.Shown(e.WithdrawPresence, wireOfPresenceList, decodeWithdrawal, http.StatusOK, opts),
	}
}

const presenceFileMax = 32 << 20

func decodePresence(ctx context.Context, r *http.Request) (ImportPresence, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ImportPresence{}, err
	}
	q, err := httpkit.Query(r, "source", "sheet", "edition", "from", "until", "own", "dry_run")
	if err != nil {
		return ImportPresence{}, err
	}
	cmd := ImportPresence{By: by, Source: q.Get("source"), Sheet: q.Get("sheet"), Edition: q.Get("edition")}
	if own := q.Get("own"); own != "" {
		cmd.Own = []string{own}
	}
	if cmd.DryRun, err = flag(q.Get("dry_run"), "dry_run"); err != nil {
		return ImportPresence{}, err
	}
	if !cmd.DryRun {
		if cmd.Key, err = httpkit.IdempotencyKey(r); err != nil {
			return ImportPresence{}, err
		}
	}
	for name, into := range map[string]*time.Time{"from": &cmd.From, "until": &cmd.To} {
		if text := q.Get(name); text != "" {
			if *into, err = time.Parse(time.DateOnly, text); err != nil {
				return ImportPresence{}, httpkit.ErrQuery.At("query."+name, "a day such as 2026-03-31")
			}
		}
	}
	if !cmd.To.IsZero() {
		cmd.To = cmd.To.AddDate(0, 0, 1) // the last day is one of them
	}
	u, err := receiveUpload(ctx, r)
	cmd.File, cmd.Size = u.file, u.size
	return cmd, err
}

func decodeWithdrawal(ctx context.Context, r *http.Request) (WithdrawPresence, error) {
	o, b, err := access.Command[struct {
		Reason string `json:"reason"`
	}](ctx, r, access.OrderOn)
	return WithdrawPresence{o.By, o.Key, o.ID, b.Reason}, err
}

type presenceListWire struct {
	ID        string    `json:"id"`
	Source    string    `json:"source"`
	File      string    `json:"file"`
	Edition   string    `json:"edition,omitempty"`
	From      time.Time `json:"from,omitzero"`
	To        time.Time `json:"to,omitzero"`
	Rows      int       `json:"rows"`
	Refused   int       `json:"refused"`
	Other     int       `json:"other"`
	Withdrawn string    `json:"withdrawn,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

func wireOfPresenceList(l PresenceList) presenceListWire {
	return presenceListWire{l.ID, l.Source, hexOf(l.File), l.Edition, l.From, l.To, l.Rows, l.Refused, l.Other, l.Withdrawn, l.At}
}

type presenceWire struct {
	List        presenceListWire  `json:"list"`
	DryRun      bool              `json:"dry_run"`
	Summary     presence.Summary  `json:"summary"`
	Remarks     []presence.Remark `json:"remarks"`
	RemarksMore int               `json:"remarks_more,omitempty"`
}

func wireOfPresence(p PresenceReport) presenceWire {
	return presenceWire{wireOfPresenceList(p.List), p.DryRun, p.Summary, p.Remarks, p.RemarksMore}
}

// ShownOverlap is an overlap as the API and the JSON of reports have it. It gives
// days, the last one included.
type ShownOverlap struct {
	Sure         Sureness      `json:"sure"`
	Text         string        `json:"text"`
	Texte        string        `json:"texte"`
	List         string        `json:"list"`
	Source       string        `json:"source"`
	Row          int           `json:"row"`
	Rows         int           `json:"rows"`
	Organisation string        `json:"organisation"`
	Kind         presence.Kind `json:"kind"`
	Activity     string        `json:"activity,omitempty"`
	From         string        `json:"from"`
	Until        string        `json:"until"`
	Assumed      bool          `json:"assumed,omitempty"`
	Level        string        `json:"level"`
	Place        string        `json:"place"`
	Households   int           `json:"households"`
	Planned      int           `json:"planned,omitempty"`
	Reached      int           `json:"reached,omitempty"`
}

var levelNames = map[places.Level]string{places.Settlement: "village", places.Commune: "commune", places.Cercle: "cercle"}

// ShowOverlap returns an overlap as it is shown.
func ShowOverlap(o Overlap) ShownOverlap {
	return ShownOverlap{o.Sure, o.Text(), o.Texte(), o.List, o.Source, o.Row, o.Rows, o.Organisation, o.Kind, o.Activity, day(o.From),
		day(o.To.AddDate(0, 0, -1)), o.Assumed, levelNames[o.Level], o.Place, o.Households, o.Planned, o.Reached}
}
