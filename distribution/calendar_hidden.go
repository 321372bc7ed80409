package distribution

import (
	"context"
	"errors"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/market"
)

// secretRounds are embargoed rounds that somebody was not named for.
type secretRounds []Round

// secretTo returns the programme's rounds that are embargoed and that nobody
// named the actor for; those for which somebody did are taken down in seen, where
// there is one, with the times at which an occasion would show them.
func secretTo(tx Tx, by access.Actor, seen *secretRounds) (secretRounds, error) {
	var out secretRounds
	for r, err := range tx.Rounds(by.Programme) {
		if err != nil {
			return nil, err
		}
		if !embargoed(tx, r) {
			continue
		}
		switch err := knows(tx, by, r); {
		case errors.Is(err, ErrEmbargoed):
			out = append(out, r)
		case err != nil:
			return nil, err
		case seen != nil:
			*seen = append(*seen, r)
		}
	}
	return out, nil
}

// touches reports whether an occasion is an event in the round's time: it would
// say where and when, whichever its point, since lots may still be prepared.
func (r Round) touches(o Occasion) bool {
	return o.Kind != market.Weekly && o.From.Before(r.GraceUntil) && r.Opens.Before(o.To)
}

// hide reports whether the actor must not see the occasion. Market days are
// everybody's, and who announced an event knows it.
func (rs secretRounds) hide(by access.Actor, o Occasion) bool {
	return (by.ID == "" || o.By != by.ID) && slices.ContainsFunc(rs, func(r Round) bool { return r.touches(o) })
}

// Calendar is documented at Service.
func (s *service) Calendar(ctx context.Context, q Query) ([]Occasion, error) {
	shown := looks{}
	all, err := read(ctx, s, MethodCalendar, q.By, func(tx Tx) ([]Occasion, error) {
		clear(shown)
		var known secretRounds
		secret, err := secretTo(tx, q.By, &known)
		if err != nil {
			return nil, err
		}
		all, err := collect(tx.Occasions(q.By.Programme))
		all = slices.DeleteFunc(all, func(o Occasion) bool { return secret.hide(q.By, o) })
		for _, r := range known {
			if slices.ContainsFunc(all, r.touches) {
				shown[r.ID] = true
			}
		}
		return all, err
	})
	if err != nil {
		return nil, err
	}
	return all, shown.journal(ctx, s, q.By, MethodCalendar)
}
