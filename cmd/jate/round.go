package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

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

// roundCommand ends a round's sales, closes it, and returns what is left.
func roundCommand(ctx context.Context, env *environment) error {
	name := ""
	if len(env.args) > 0 {
		name = env.args[0]
	}
	path, ok := map[string]string{"end-sales": "/end-of-sales", "close": "/close", "return": "/return", "approve-return": "/return/approval"}[name]
	if !ok {
		return fmt.Errorf("there is no command %q; try jate help", strings.TrimSpace("round "+name))
	}
	sub := *env
	sub.args = env.args[1:]
	var o officeAPI
	fs := sub.flags("round " + name)
	o.add(fs)
	id := fs.String("round", "", "the round")
	fees := fs.Int64("keep-fees", 0, "return: francs that stay for fees that are still to be paid")
	contingency := fs.Bool("contingency", false, "return: what is left for losses too")
	digest := fs.String("digest", "", "approve-return: of the return that you have looked at")
	if _, err := sub.parse(fs, 0); err != nil {
		return err
	}
	if *id == "" || name == "approve-return" && *digest == "" {
		return fmt.Errorf("round %s needs --round, and approve-return --digest", name)
	}
	r, done, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	var body map[string]any
	switch name {
	case "return":
		body = map[string]any{"keep_fees": money.Francs(*fees), "contingency": *contingency}
	case "approve-return":
		body = map[string]any{"digest": *digest}
	}
	a, err := post[roundShown](ctx, r, "/api/v1/rounds/"+url.PathEscape(*id)+path, body)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	return a.print(env)
}
