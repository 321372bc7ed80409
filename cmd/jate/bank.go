package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/jate-cva/jate/money"
)

// bankLineShown is what is printed of a line of a bank's statement.
type bankLineShown struct {
	N                                                     int
	Booked, State, What, Round, Payment, To, Text, Digest string
	Amount                                                money.Amount
}

func (l bankLineShown) say(env *environment) error {
	if l.State != "proposed" {
		return env.say("line %d: %s", "ligne %d : %s", l.N, l.State)
	}
	return env.say("line %d: %s is to be agreed to\ndigest %s", "ligne %d : %s, à confirmer\nempreinte %s", l.N, l.What, l.Digest)
}

var bankFlags = []officeFlag{
	{name: "bank", help: "id of the account"},
	{name: "line", help: "number of the line"},
	{name: "what", help: "explain: fee, transfer, payment, return, entry or unknown"},
	{name: "round", help: "explain: that bears a fee"},
	{name: "payment", help: "explain: reference of a payment"},
	{name: "to", help: "explain: the other account of a transfer"},
	{name: "entries", help: "explain: entries that it is, separated by commas"},
	{name: "note", help: "explain: on one line"},
	{name: "digest", help: "answer: of the line as you have read it"},
	{name: "refuse", help: "answer: it is not what was said", toggle: true},
	{name: "all", help: "lines: those that are explained too", toggle: true},
}

// bankActions take a bank's statements and say what their lines are.
var bankActions = map[string]officeAction{
	"import": {[]string{"bank"}, 1, func(ctx context.Context, c call) error {
		i, err := send[struct{ New, Same, Matched, Open int }](ctx, c, c.path("/banks/{bank}/statements"), "statement")
		if err != nil {
			return err
		}
		return c.env.say("%d lines are new, %d came before; %d are matched, %d are to be explained",
			"%d lignes nouvelles, %d déjà connues ; %d rapprochées, %d à expliquer", i.New, i.Same, i.Matched, i.Open)
	}},
	"lines": {[]string{"bank"}, 0, func(ctx context.Context, c call) error {
		path := c.path("/banks/{bank}/lines") + "?limit=1000"
		if !c.asked("all") {
			path += "&open=true"
		}
		return c.table(func(w io.Writer) error {
			for cursor := ""; ; {
				var page struct {
					Items []bankLineShown
					Next  string
				}
				if err := c.r.read(ctx, path+cursor, &page); err != nil {
					return err
				}
				for _, l := range page.Items {
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.N, l.Booked, l.Amount, l.State, l.What, l.Text, l.Digest)
				}
				if page.Next == "" {
					return nil
				}
				cursor = "&cursor=" + url.QueryEscape(page.Next)
			}
		})
	}},
	"explain": {[]string{"bank", "line", "what"}, 0, func(ctx context.Context, c call) error {
		body := map[string]any{}
		for _, name := range []string{"what", "round", "payment", "to", "note"} {
			body[name] = c.flags(name)
		}
		if e := c.flags("entries"); e != "" {
			body["entries"] = strings.Split(e, ",")
		}
		return explained(ctx, c, "/banks/{bank}/lines/{line}/explanation", body)
	}},
	"answer": {[]string{"bank", "line", "digest"}, 0, func(ctx context.Context, c call) error {
		return explained(ctx, c, "/banks/{bank}/lines/{line}/answer", map[string]any{"digest": c.flags("digest"), "refuse": c.asked("refuse")})
	}},
}

func explained(ctx context.Context, c call, pattern string, body map[string]any) error {
	l, err := post[bankLineShown](ctx, c.r, c.path(pattern), body)
	if err != nil {
		return err
	}
	return l.say(c.env)
}

func bankCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "bank", bankFlags, bankActions)
}
