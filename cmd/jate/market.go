package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/jate-cva/jate/money"
)

var marketFlags = []officeFlag{
	{name: "dry-run", help: "calendar, prices: only say what would happen", toggle: true},
}

// marketActions bring in what an NGO knows of markets, which detectors compare
// sales with.
var marketActions = map[string]officeAction{
	"calendar": {nil, 1, func(ctx context.Context, c call) error { return importMarketFile(ctx, c, "/calendar") }},
	"prices":   {nil, 1, func(ctx context.Context, c call) error { return importMarketFile(ctx, c, "/market-prices") }},
	"occasions": {nil, 0, func(ctx context.Context, c call) error {
		var page struct {
			Items []struct {
				Kind, Point, Vendor string
				Weekdays            []string
				First               string `json:"first_day"`
				Last                string `json:"last_day"`
				CalledOff           bool   `json:"called_off"`
			}
		}
		if err := c.r.read(ctx, c.path("/calendar"), &page); err != nil {
			return err
		}
		return c.table(func(w io.Writer) error {
			for _, o := range page.Items {
				state := ""
				if o.CalledOff {
					state = "called off / annulé"
				}
				if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Kind, o.Point, o.Vendor, strings.Join(o.Weekdays, " "), o.First, o.Last, state); err != nil {
					return err
				}
			}
			return nil
		})
	}},
	"latest": {nil, 0, func(ctx context.Context, c call) error {
		var page struct {
			Items []struct {
				Item, Market, Day string
				Zones             []string
				Price, For        money.Amount
			}
		}
		if err := c.r.read(ctx, c.path("/market-prices"), &page); err != nil {
			return err
		}
		return c.table(func(w io.Writer) error {
			for _, p := range page.Items {
				if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Item, p.Market, strings.Join(p.Zones, " "), p.Day, p.Price.Format(c.env.lang()), p.For); err != nil {
					return err
				}
			}
			return nil
		})
	}},
}

func importMarketFile(ctx context.Context, c call, path string) error {
	query := ""
	if c.asked("dry-run") {
		query = "?dry_run=true"
	}
	r, err := send[struct {
		Rows, New, Changed, Same, Refused, Other int
		Unknown                                  []string
		Remarks                                  []struct {
			Row                           int
			Column, Value, Reason, Raison string
		}
		More int `json:"remarks_more"`
	}](ctx, c, c.path(path)+query, rand.Text())
	if err != nil {
		return err
	}
	for _, m := range r.Remarks {
		if err := c.env.say("row %d, %s, %q: %s", "ligne %d, %s, « %s » : %s", m.Row, m.Column, m.Value, pick(c.env, m.Reason, m.Raison)); err != nil {
			return err
		}
	}
	if len(r.Unknown) > 0 {
		if err := c.env.say("no item or point of ours: %q", "aucun article ni site à nous : %q", r.Unknown); err != nil {
			return err
		}
	}
	return c.env.say("%d rows: %d new, %d changed, %d as before; refused %d, not compared %d",
		"%d lignes : %d nouvelles, %d changées, %d inchangées ; refusées %d, non comparées %d", r.Rows, r.New, r.Changed, r.Same, r.Refused, r.Other)
}

func marketCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "market", marketFlags, marketActions)
}
