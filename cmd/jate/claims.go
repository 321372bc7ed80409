package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// claimShown is what is printed of a claim.
type claimShown struct {
	ID, Vendor, Round, Kind, State, Number, Settlement string
	Lines                                              int
	Claimed, Accepted, Charges                         money.Amount
}

var claimFlags = []officeFlag{
	{name: "round", help: "the round"},
	{name: "vendor", help: "one trader; all without it"},
	{name: "state", help: "list: proposed, accepted, ordered, settled or refused; all without it"},
	{name: "claim", help: "one claim; accept takes all proposed ones of --round without it"},
	{name: "number", help: "invoice: the trader's number of it"},
	{name: "signed", help: "accept: scan of what the traders signed; its SHA-256 is kept. Self-billed claims need it"},
	{name: "reason", help: "refuse: why"},
	{name: "lines", help: "read: numbers of lines, separated by commas"},
	{name: "entries", help: "read: redemptions that they mean, separated by commas; none where there is none"},
}

// claimActions do one thing about claims: for all traders of a round where that
// makes sense, so that forty are one command.
var claimActions = map[string]officeAction{
	"prepare": {[]string{"round"}, 0, prepareClaims},
	"invoice": {[]string{"round", "vendor", "number"}, 1, bringInvoice},
	"list":    {nil, 0, listClaims},
	"match":   {[]string{"claim"}, 0, matchClaim},
	"read":    {[]string{"claim", "lines"}, 0, readLines},
	"accept":  {nil, 0, acceptClaims},
	"refuse":  {[]string{"claim", "reason"}, 0, refuseClaim},
}

func claimsCommand(ctx context.Context, env *environment) error {
	return officeCommand(ctx, env, "claims", claimFlags, claimActions)
}

// eachClaim calls fn with the claims that are meant.
func eachClaim(ctx context.Context, c call, state string, fn func(claimShown) error) error {
	means := func(flag, value string) bool { return c.flags(flag) == "" || c.flags(flag) == value }
	return pages(ctx, c.r, c.path("/claims"), func(x claimShown) error {
		if !means("claim", x.ID) || !means("round", x.Round) || !means("vendor", x.Vendor) || state != "" && x.State != state {
			return nil
		}
		return fn(x)
	})
}

// prepareClaims writes the claim of each trader who sold something that is in
// none. Repeated, it finds nothing more to write. Who brought an invoice that
// nobody has accepted yet is left out: he asked for his sales himself.
func prepareClaims(ctx context.Context, c call) error {
	own := map[string]bool{}
	err := eachClaim(ctx, c, string(vendors.ClaimProposed), func(x claimShown) error {
		if x.Kind == string(vendors.Independent) {
			own[x.Vendor] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	var ids []string
	err = pages(ctx, c.r, c.path("/vendors"), func(v struct{ ID string }) error {
		if one := c.flags("vendor"); one == v.ID || one == "" && !own[v.ID] {
			ids = append(ids, v.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	bar, made, total := slowBar(c.env, "claims"), 0, money.Francs(0)
	for i, id := range ids {
		x, err := post[claimShown](ctx, c.r, c.path("/claims"), map[string]any{"vendor": id, "round": c.flags("round")})
		no := (*refused)(nil)
		switch {
		case errors.As(err, &no) && no.code == vendors.ErrNothingToClaim.Code:
		case err != nil:
			return fmt.Errorf("%s: %w", id, err)
		default:
			made++
			if total, err = total.Add(x.Claimed); err != nil {
				return err
			}
		}
		bar(i+1, len(ids))
	}
	return c.env.say("%d claims prepared, %s; %d traders have nothing to claim, %d have invoices that wait",
		"%d demandes préparées, %s ; %d commerçants n'ont rien à demander, %d ont des factures en attente",
		made, total.Format(c.env.lang()), len(ids)-made, len(own))
}

// bringInvoice brings a trader's own invoice.
func bringInvoice(ctx context.Context, c call) error {
	q := url.Values{"round": {c.flags("round")}, "number": {c.flags("number")}}
	x, err := send[claimShown](ctx, c, c.path("/vendors/{vendor}/invoices")+"?"+q.Encode(), "invoice-"+c.flags("number"))
	if err != nil {
		return err
	}
	return c.env.say("claim %s: %d lines, %s", "demande %s : %d lignes, %s", x.ID, x.Lines, x.Claimed.Format(c.env.lang()))
}

func listClaims(ctx context.Context, c call) error {
	return c.table(func(w io.Writer) error {
		return eachClaim(ctx, c, c.flags("state"), func(x claimShown) error {
			_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", x.ID, x.Vendor, x.Round, x.Kind, x.State, x.Lines,
				x.Claimed, x.Accepted, x.Number)
			return err
		})
	})
}

// matchShown is how a claim's lines match.
type matchShown struct {
	Claimed, Matched money.Amount
	Exceptions       map[string]struct {
		Lines int
		Value money.Amount
	}
	Lines []struct {
		Line                             int
		Serial, Exception, Detail, Typed string
		Claimed, Redeemed                money.Amount
		Candidates                       []struct {
			Entries, Serials []string
			Vendor           string
			Amount           money.Amount
			From             string `json:"sold_from"`
		}
	}
}

// matchClaim prints what is wrong with a claim's lines, and what those may mean
// that wait for a person.
func matchClaim(ctx context.Context, c call) error {
	m, err := post[matchShown](ctx, c.r, c.path("/claims/{claim}/match"), nil)
	if err != nil {
		return err
	}
	err = c.table(func(w io.Writer) error {
		for _, l := range m.Lines {
			if l.Exception == "" {
				continue
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", l.Line, l.Serial, l.Exception, l.Claimed, l.Redeemed, l.Detail)
			for _, x := range l.Candidates {
				fmt.Fprintf(w, "\t? %s\tentries %s\t%s\t%s\t%s\n", strings.Join(x.Serials, "+"), strings.Join(x.Entries, ","), x.Amount, x.Vendor, x.From)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Exceptions)) {
		x := m.Exceptions[name]
		if err := c.env.say("%s: %d lines, %s", "%s : %d lignes, %s", name, x.Lines, x.Value.Format(c.env.lang())); err != nil {
			return err
		}
	}
	return c.env.say("asked %s, matched %s", "demandé %s, rapproché %s", m.Claimed.Format(c.env.lang()), m.Matched.Format(c.env.lang()))
}

// readLines says what lines mean.
func readLines(ctx context.Context, c call) error {
	var lines []int
	for _, text := range strings.Split(c.flags("lines"), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("--lines: %q is no number", text)
		}
		lines = append(lines, n)
	}
	entries := []string{}
	if e := c.flags("entries"); e != "" {
		entries = strings.Split(e, ",")
	}
	x, err := post[claimShown](ctx, c.r, c.path("/claims/{claim}/readings"), map[string]any{"lines": lines, "entries": entries})
	if err != nil {
		return err
	}
	return c.env.say("read: the claim has %d lines, %s", "lu : la demande a %d lignes, %s", x.Lines, x.Claimed.Format(c.env.lang()))
}

// acceptClaims accepts what matches of one claim, or of all of the round that
// wait for it. A claim that is refused, as one of which nothing matches, is
// named and left.
func acceptClaims(ctx context.Context, c call) error {
	if c.flags("claim") == "" && c.flags("round") == "" {
		return errors.New("claims accept needs --claim or --round")
	}
	proof, err := readPaper(c.flags("signed"))
	if err != nil {
		return err
	}
	var claims []claimShown
	if err := eachClaim(ctx, c, string(vendors.ClaimProposed), func(x claimShown) error {
		claims = append(claims, x)
		return nil
	}); err != nil {
		return err
	}
	bar, asked, accepted := slowBar(c.env, "accepting"), money.Francs(0), money.Francs(0)
	var left []string
	for i, x := range claims {
		body := map[string]any{}
		if x.Kind == string(vendors.SelfBilled) {
			body["vendor_proof"] = proof
		}
		a, err := post[claimShown](ctx, c.r, c.path("/claims/")+url.PathEscape(x.ID)+"/acceptance-of-matched", body)
		no := (*refused)(nil)
		switch {
		case errors.As(err, &no):
			left = append(left, fmt.Sprintf("%s %s: %v", x.Vendor, x.ID, err))
		case err != nil:
			return err
		default:
			if asked, err = asked.Add(a.Claimed); err != nil {
				return err
			}
			if accepted, err = accepted.Add(a.Accepted); err != nil {
				return err
			}
		}
		bar(i+1, len(claims))
	}
	if err := c.env.say("%d claims accepted: asked %s, accepted %s", "%d demandes acceptées : demandé %s, accepté %s", len(claims)-len(left),
		asked.Format(c.env.lang()), accepted.Format(c.env.lang())); err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("%d claims were not accepted:\n  %s", len(left), strings.Join(left, "\n  "))
	}
	return nil
}

func refuseClaim(ctx context.Context, c call) error {
	x, err := post[claimShown](ctx, c.r, c.path("/claims/{claim}/refusal"), map[string]any{"reason": c.flags("reason")})
	if err != nil {
		return err
	}
	return c.env.say("claim %s is refused", "la demande %s est refusée", x.ID)
}
