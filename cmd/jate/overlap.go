package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/url"

	"github.com/jate-cva/jate/money"
)

// presenceListed is what is printed of a list of other organisations' work.
type presenceListed struct {
	ID, Source, File, Withdrawn string
	Rows, Refused, Other        int
}

// lotShown is what an approver reads of a lot before he agrees to its digest.
type lotShown struct {
	ID, Round, State, Digest, Coordination string
	Points                                 []string
	Households, Vouchers, Overlapping      int
	Total                                  money.Amount
	Warnings                               []struct{ Code, Text, Texte string }
	Overlaps                               []struct{ Text, Texte string }
}

func (l lotShown) print(env *environment) error {
	if err := env.say("lot %s of round %s is %s: %d households, %d vouchers, %s, points %v", "lot %s du cycle %s, %s : %d ménages, %d coupons, %s, sites %v",
		l.ID, l.Round, l.State, l.Households, l.Vouchers, l.Total.Format(env.lang()), l.Points); err != nil {
		return err
	}
	for _, w := range l.Warnings {
		if err := env.say("  %s", "  %s", pick(env, w.Text, w.Texte)); err != nil {
			return err
		}
	}
	if l.Overlapping > 0 {
		if err := env.say("%d overlaps with other organisations:", "%d recoupements avec d'autres organisations :", l.Overlapping); err != nil {
			return err
		}
	}
	for _, o := range l.Overlaps {
		if err := env.say("  %s", "  %s", pick(env, o.Text, o.Texte)); err != nil {
			return err
		}
	}
	if l.Coordination != "" {
		if err := env.say("answer: %s", "réponse : %s", l.Coordination); err != nil {
			return err
		}
	}
	return env.say("digest %s", "empreinte %s", l.Digest)
}

func pick(env *environment, en, fr string) string {
	if env.lang() == "fr" {
		return fr
	}
	return en
}

var overlapFlags = []officeFlag{
	{name: "source", help: "import: what people call the list, such as \"OCHA 3W, mars 2026\""},
	{name: "edition", help: "import: of its p-codes; without it they are not believed"},
	{name: "sheet", help: "import: the sheet of a workbook"},
	{name: "from", help: "import: first day of rows that give no period"},
	{name: "until", help: "import: last day of rows that give no period"},
	{name: "own", help: "import: our organisation's name in the list"},
	{name: "dry-run", help: "import: only say what would happen", toggle: true},
	{name: "list", help: "withdraw: the list"},
	{name: "reason", help: "withdraw: why, as a code; it is journalled"},
	{name: "lot", help: "show: the lot"},
}

// overlapActions bring in where other organisations work, and show which of a lot's
// villages they serve.
var overlapActions = map[string]officeAction{
	"import": {[]string{"source"}, 1, importPresence},
	"lists": {nil, 0, func(ctx context.Context, c call) error {
		var page struct{ Items []presenceListed }
		if err := c.r.read(ctx, c.path("/presence-lists"), &page); err != nil {
			return err
		}
		return c.table(func(w io.Writer) error {
			for _, l := range page.Items {
				if _, err := fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", l.ID, l.Source, l.Rows, l.Withdrawn, l.File); err != nil {
					return err
				}
			}
			return nil
		})
	}},
	"withdraw": {[]string{"list", "reason"}, 0, func(ctx context.Context, c call) error {
		l, err := post[presenceListed](ctx, c.r, c.path("/presence-lists/{list}/withdrawal"), map[string]any{"reason": c.flags("reason")})
		if err != nil {
			return err
		}
		return c.env.say("%s is not compared any more", "%s n'est plus comparée", l.ID)
	}},
	"show": {[]string{"lot"}, 0, func(ctx context.Context, c call) error {
		var l lotShown
		if err := c.r.read(ctx, c.path("/lots/{lot}"), &l); err != nil {
			return err
		}
		return l.print(c.env)
	}},
}

func importPresence(ctx context.Context, c call) error {
	q := url.Values{}
	for _, name := range []string{"source", "edition", "sheet", "from", "until", "own"} {
		if text := c.flags(name); text != "" {
			q.Set(name, text)
		}
	}
	if c.asked("dry-run") {
		q.Set("dry_run", "true")
	}
	r, err := send[struct {
		List    presenceListed
		Summary struct {
			Rows, Kept, Refused, Other, Own, Ended int
			Unknown, Ignored                       []string
		}
		Remarks []struct {
			Row                           int
			Column, Value, Reason, Raison string
		}
		More int `json:"remarks_more"`
	}](ctx, c, c.path("/presence-lists")+"?"+q.Encode(), rand.Text())
	if err != nil {
		return err
	}
	for _, m := range r.Remarks {
		if err := c.env.say("row %d, %s, %q: %s", "ligne %d, %s, « %s » : %s", m.Row, m.Column, m.Value, pick(c.env, m.Reason, m.Raison)); err != nil {
			return err
		}
	}
	s := r.Summary
	if len(s.Unknown) > 0 {
		if err := c.env.say("kinds of assistance that are not known: %q", "natures d'assistance inconnues : %q", s.Unknown); err != nil {
			return err
		}
	}
	return c.env.say("list %s: %d of %d rows are compared; refused %d, other kinds %d, our own %d, called off %d; not read: %q",
		"liste %s : %d lignes sur %d sont comparées ; refusées %d, d'autre nature %d, à nous %d, annulées %d ; non lues : %q",
		r.List.ID, s.Kept, s.Rows, s.Refused, s.Other, s.Own, s.Ended, s.Ignored)
}

func overlapCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "overlap", overlapFlags, overlapActions)
}
