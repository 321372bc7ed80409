package main

import (
	"cmp"
	"context"

	"github.com/jate-cva/jate/money"
)

// roundShown is what is printed of a round.
type roundShown struct {
	ID, State string
	Return    *struct {
		Digest string
		Parts  []struct {
			From, To string
			Amount   money.Amount
		}
	}
}

func (r roundShown) print(env *environment) error {
	if r.Return == nil {
		return env.say("round %s: %s", "cycle %s : %s", r.ID, r.State)
	}
	for _, p := range r.Return.Parts {
		if err := env.say("%s to %s: %s", "%s vers %s : %s", p.From, p.To, p.Amount.Format(env.lang())); err != nil {
			return err
		}
	}
	return env.say("digest %s", "empreinte %s", r.Return.Digest)
}

var roundFlags = []officeFlag{
	{name: "round", help: "the round"},
	{name: "keep-fees", help: "return: francs that stay for fees that are still to be paid"},
	{name: "contingency", help: "return: what is left for losses too", toggle: true},
	{name: "fund", help: "reader: the fund whose reports somebody of the donor is to take"},
	{name: "person", help: "reader: that person's staff id"},
	{name: "remove", help: "reader: no longer", toggle: true},
	{name: "digest", help: "approve-return: of the return that you have looked at"},
}

// roundActions end a round's sales, close it, return what is left, and name who
// of a donor takes a fund's reports.
var roundActions = map[string]officeAction{
	"reader": {[]string{"fund", "person"}, 0, func(ctx context.Context, c call) error {
		f, err := post[struct{ ID string }](ctx, c.r, c.path("/funds/{fund}/readers"), map[string]any{"person": c.flags("person"), "remove": c.asked("remove")})
		if err != nil {
			return err
		}
		if c.asked("remove") {
			return c.env.say("fund %s: no longer named", "fonds %s : désignation retirée", f.ID)
		}
		return c.env.say("fund %s: named; the person needs the role donor too", "fonds %s : désigné ; la personne doit aussi avoir le rôle donor", f.ID)
	}},
	"end-sales": {[]string{"round"}, 0, func(ctx context.Context, c call) error { return ended(ctx, c, "/end-of-sales", nil) }},
	"close":     {[]string{"round"}, 0, func(ctx context.Context, c call) error { return ended(ctx, c, "/close", nil) }},
	"return": {[]string{"round"}, 0, func(ctx context.Context, c call) error {
		fees, err := money.Parse(cmp.Or(c.flags("keep-fees"), "0"), money.XOF)
		if err != nil {
			return err
		}
		return ended(ctx, c, "/return", map[string]any{"keep_fees": fees, "contingency": c.asked("contingency")})
	}},
	"approve-return": {[]string{"round", "digest"}, 0, func(ctx context.Context, c call) error {
		return ended(ctx, c, "/return/approval", map[string]any{"digest": c.flags("digest")})
	}},
}

func ended(ctx context.Context, c call, rest string, body map[string]any) error {
	r, err := post[roundShown](ctx, c.r, c.path("/rounds/{round}")+rest, body)
	if err != nil {
		return err
	}
	return r.print(c.env)
}

func roundCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "round", roundFlags, roundActions)
}
