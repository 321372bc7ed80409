package main

import (
	"context"
	"net/http"
	"time"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// pace is how often one account and one handheld may call, from wherever they
// do. A zero rate is no limit.
type pace struct {
	account, handheld allowance
}

// allowance is a lasting rate, and how many calls may come at once.
type allowance struct {
	perSecond float64
	burst     int
}

// usualPace is that of a server. A person at a screen needs a few calls a
// second, a monitor that reads the journal some more. A handheld syncs now and
// then, and has at most some thousands of records to send after weeks without a
// network, a hundred in each call.
var usualPace = pace{account: allowance{20, 400}, handheld: allowance{0.5, 120}}

// paceAt is the usual pace where addresses are limited at all.
func paceAt(rate uint) pace {
	if rate == 0 {
		return pace{}
	}
	return usualPace
}

// pacedMost is how many accounts and handhelds are remembered, of each.
const pacedMost = 10_000

// who is what httpkit.Authenticated takes.
type who = func(context.Context, *http.Request) (context.Context, error)

// accounts refuses whoever calls too often, once it is known who he is.
func (p pace) accounts(next who, now func() time.Time) who {
	if p.account.perSecond == 0 {
		return next
	}
	rates := httpkit.NewRates[string](p.account.perSecond, p.account.burst, pacedMost)
	return func(ctx context.Context, r *http.Request) (context.Context, error) {
		ctx, err := next(ctx, r)
		if err != nil {
			return nil, err
		}
		actor, err := access.FromContext(ctx)
		if err != nil {
			return nil, err
		}
		if !rates.Allow(actor.Pseudonym, now()) {
			return nil, httpkit.ErrRate
		}
		return ctx, nil
	}
}

// handhelds refuses handhelds that call too often, inside mw. A call counts once
// its signatures have shown whose it is: until then anybody may name any
// handheld, and must not use up what it is allowed.
func (p pace) handhelds(mw func(string) endpoint.Middleware, now func() time.Time) func(string) endpoint.Middleware {
	if p.handheld.perSecond == 0 {
		return mw
	}
	rates := httpkit.NewRates[vendors.HandheldID](p.handheld.perSecond, p.handheld.burst, pacedMost)
	limit := func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (any, error) {
			id := caller(request)
			if id == "" {
				return next(ctx, request)
			}
			if rates.Spent(id, now()) {
				return nil, httpkit.ErrRate
			}
			response, err := next(ctx, request)
			if answer, ok := response.(voucher.Answer); err == nil && (!ok || answer.Proved()) {
				rates.Allow(id, now())
			}
			return response, err
		}
	}
	return func(method string) endpoint.Middleware { return endpoint.Chain(mw(method), limit) }
}

// caller is the handheld that a request says it is from, or "".
func caller(request any) vendors.HandheldID {
	proof := ""
	switch q := request.(type) {
	case voucher.Redeem:
		return q.Handheld
	case voucher.AskBundle:
		proof = q.Proof
	case voucher.AskReserve:
		proof = q.Proof
	}
	id, err := voucher.PeekHandheld(proof)
	if err != nil {
		return "" // the service says what is wrong with it
	}
	return id
}
