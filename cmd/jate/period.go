package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"

	"github.com/jate-cva/jate/money"
)

// periodShown is what is printed of a month.
type periodShown struct{ Month, State, Proposed, Digest string }

func (p periodShown) say(env *environment) error {
	if p.Digest == "" {
		return env.say("%s is %s", "%s : %s", p.Month, p.State)
	}
	return env.say("%s is %s, and to be %s\ndigest %s", "%s : %s, proposé : %s\nempreinte %s", p.Month, p.State, p.Proposed, p.Digest)
}

var periodFlags = []officeFlag{
	{name: "month", help: "such as 2026-03"},
	{name: "day", help: "cut-off: such as 2026-03-31; now without it"},
	{name: "digest", help: "approve: of the proposal that you have looked at"},
	{name: "reason", help: "propose: why it is opened again"},
	{name: "reopen", help: "propose: open the last closed month again", toggle: true},
	{name: "format", help: "cut-off: text, json, csv or xlsx; text without it. report: json, pdf or xlsx; json without it"},
	{name: "out", help: "report, cut-off: file to write"},
}

// periodActions close months by two people, and say how traders stood.
var periodActions = map[string]officeAction{
	"propose": {[]string{"month"}, 0, func(ctx context.Context, c call) error {
		return periodic(ctx, c, "/periods/{month}/proposal", map[string]any{"reopen": c.asked("reopen"), "reason": c.flags("reason")})
	}},
	"approve": {[]string{"month", "digest"}, 0, func(ctx context.Context, c call) error {
		return periodic(ctx, c, "/periods/{month}/approval", map[string]any{"digest": c.flags("digest")})
	}},
	"show": {[]string{"month"}, 0, func(ctx context.Context, c call) error {
		var p periodShown
		if err := c.r.read(ctx, c.path("/periods/{month}"), &p); err != nil {
			return err
		}
		return p.say(c.env)
	}},
	"report": {[]string{"month"}, 0, func(ctx context.Context, c call) error {
		switch form := c.flags("format"); form {
		case "", "json":
			return c.keep(ctx, c.path("/periods/{month}/report"))
		case "pdf", "xlsx":
			return c.keep(ctx, c.path("/periods/{month}/report."+form)+"?lang="+c.env.lang())
		default:
			return fmt.Errorf("--format is json, pdf or xlsx, not %q", form)
		}
	}},
	"cut-off": {nil, 0, func(ctx context.Context, c call) error {
		query := ""
		if day := c.flags("day"); day != "" {
			query = "?" + url.Values{"day": {day}}.Encode()
		}
		switch form := c.flags("format"); form {
		case "", "text":
			b, err := c.r.get(ctx, c.path("/cut-off")+query)
			if err != nil {
				return err
			}
			return showCutOff(c, b)
		case "json":
			return c.keep(ctx, c.path("/cut-off")+query)
		case "csv", "xlsx":
			return c.keep(ctx, c.path("/cut-off."+form)+query)
		default:
			return fmt.Errorf("--format is text, json, csv or xlsx, not %q", form)
		}
	}},
}

func periodic(ctx context.Context, c call, pattern string, body map[string]any) error {
	p, err := post[periodShown](ctx, c.r, c.path(pattern), body)
	if err != nil {
		return err
	}
	return p.say(c.env)
}

func showCutOff(c call, answer []byte) error {
	var list struct {
		At    string
		Lines []struct {
			Vendor    string
			Delivered []money.Amount `json:"delivered_unclaimed"`
			Claimed   money.Amount   `json:"claimed_unpaid"`
			Contested []money.Amount
			Transit   money.Amount `json:"in_transit"`
			Advance   money.Amount
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return err
	}
	if err := c.env.say("Traders at %s", "Commerçants au %s", list.At); err != nil {
		return err
	}
	title := "Trader\tDelivered, not claimed\tClaimed, not paid\tContested\tIn transit\tAdvance\n"
	if french(c.env.getenv) {
		title = "Commerçant\tLivré, non demandé\tDemandé, non payé\tContesté\tEn transit\tAvance\n"
	}
	return c.table(func(w io.Writer) error {
		fmt.Fprint(w, title)
		for _, l := range list.Lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Vendor, sumsText(l.Delivered), l.Claimed, sumsText(l.Contested), l.Transit, l.Advance)
		}
		return nil
	})
}

// sumsText writes sums of several assets.
func sumsText(sums []money.Amount) string {
	text := ""
	for i, s := range sums {
		if i > 0 {
			text += " + "
		}
		text += s.String()
	}
	return cmp.Or(text, "0")
}

func periodCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "period", periodFlags, periodActions)
}
