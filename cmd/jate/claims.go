package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// claimFlags are what the actions of jate claims take.
type claimFlags struct {
	officeAPI
	round, vendor, state, claim, number, signed, reason, lines, entries string
}

// claimShown is what is printed of a claim.
type claimShown struct {
	ID, Vendor, Round, Kind, State, Number, Settlement string
	Lines                                              int
	Claimed, Accepted, Charges                         money.Amount
}

var claimActions = map[string]struct {
	needs []string
	files int
	run   func(f *claimFlags, ctx context.Context, env *environment, r *remote, files []string) error
}{
	"prepare": {[]string{"round"}, 0, (*claimFlags).prepare},
	"invoice": {[]string{"round", "vendor", "number"}, 1, (*claimFlags).invoice},
	"list":    {nil, 0, (*claimFlags).list},
	"match":   {[]string{"claim"}, 0, (*claimFlags).match},
	"read":    {[]string{"claim", "lines"}, 0, (*claimFlags).read},
	"accept":  {nil, 0, (*claimFlags).accept},
	"refuse":  {[]string{"claim", "reason"}, 0, (*claimFlags).refuse},
}

// claimsCommand does one thing about claims: for all traders of a round where
// that makes sense, so that forty are one command.
func claimsCommand(ctx context.Context, env *environment) error {
	name := ""
	if len(env.args) > 0 {
		name = env.args[0]
	}
	action, ok := claimActions[name]
	if !ok {
		return fmt.Errorf("there is no command %q; try jate help", strings.TrimSpace("claims "+name))
	}
	sub := *env
	sub.args = env.args[1:]
	f := &claimFlags{}
	fs := sub.flags("claims " + name)
	f.officeAPI.add(fs)
	fs.StringVar(&f.round, "round", "", "the round")
	fs.StringVar(&f.vendor, "vendor", "", "one trader; all without it")
	fs.StringVar(&f.state, "state", "", "proposed, accepted, ordered, settled or refused; all without it")
	fs.StringVar(&f.claim, "claim", "", "one claim; accept takes all proposed ones of --round without it")
	fs.StringVar(&f.number, "number", "", "of the trader's invoice")
	fs.StringVar(&f.signed, "signed", "", "scan of what the traders signed; its SHA-256 is kept. Self-billed claims need it")
	fs.StringVar(&f.reason, "reason", "", "why it is refused")
	fs.StringVar(&f.lines, "lines", "", "numbers of lines, separated by commas")
	fs.StringVar(&f.entries, "entries", "", "redemptions that they mean, separated by commas; none where there is none")
	files, err := sub.parse(fs, action.files)
	if err != nil {
		return err
	}
	for _, need := range action.needs {
		if fs.Lookup(need).Value.String() == "" {
			return fmt.Errorf("claims %s needs --%s", name, need)
		}
	}
	r, done, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	return errors.Join(action.run(f, ctx, env, r, files), done())
}

// prepare writes the claim of each trader who sold something that is in none.
// Repeated, it finds nothing more to write. Who brought an invoice that nobody
// has accepted yet is left out: he asked for his sales himself.
func (f *claimFlags) prepare(ctx context.Context, env *environment, r *remote, _ []string) error {
	own := map[string]bool{}
	err := pages(ctx, r, "/api/v1/claims", func(c claimShown) error {
		if c.Round == f.round && c.Kind == string(vendors.Independent) && c.State == string(vendors.ClaimProposed) {
			own[c.Vendor] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	var ids []string
	err = pages(ctx, r, "/api/v1/vendors", func(v struct{ ID string }) error {
		if f.vendor == "" && !own[v.ID] || v.ID == f.vendor {
			ids = append(ids, v.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	bar, made, total := slowBar(env, "claims"), 0, money.Francs(0)
	for i, id := range ids {
		c, err := post[claimShown](ctx, r, "/api/v1/claims", map[string]any{"vendor": id, "round": f.round})
		no := (*refused)(nil)
		switch {
		case errors.As(err, &no) && no.code == vendors.ErrNothingToClaim.Code:
		case err != nil:
			return fmt.Errorf("%s: %w", id, err)
		default:
			made++
			if total, err = total.Add(c.Claimed); err != nil {
				return err
			}
		}
		bar(i+1, len(ids))
	}
	return env.say("%d claims prepared, %s; %d traders have nothing to claim, %d have invoices that wait",
		"%d demandes préparées, %s ; %d commerçants n'ont rien à demander, %d ont des factures en attente",
		made, total.Format(env.lang()), len(ids)-made, len(own))
}

// invoice brings a trader's own invoice.
func (f *claimFlags) invoice(ctx context.Context, env *environment, r *remote, files []string) error {
	file, err := readBounded(files[0], vendors.FileMax)
	if err != nil {
		return err
	}
	kind := "text/csv"
	if bytes.HasPrefix(file, []byte("PK")) {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	hash := sha256.Sum256(file)
	q := url.Values{"round": {f.round}, "number": {f.number}}
	answer, err := r.upload(ctx, "/api/v1/vendors/"+url.PathEscape(f.vendor)+"/invoices?"+q.Encode(), kind,
		"invoice-"+hex.EncodeToString(hash[:])+"-"+f.number, file)
	if err != nil {
		return err
	}
	var c claimShown
	if err := json.Unmarshal(answer, &c); err != nil {
		return err
	}
	return env.say("claim %s: %d lines, %s", "demande %s : %d lignes, %s", c.ID, c.Lines, c.Claimed.Format(env.lang()))
}

// each calls fn with the claims that are meant.
func (f *claimFlags) each(ctx context.Context, r *remote, fn func(claimShown) error) error {
	return pages(ctx, r, "/api/v1/claims", func(c claimShown) error {
		if f.claim != "" && c.ID != f.claim || f.round != "" && c.Round != f.round || f.vendor != "" && c.Vendor != f.vendor ||
			f.state != "" && c.State != f.state {
			return nil
		}
		return fn(c)
	})
}

func (f *claimFlags) list(ctx context.Context, env *environment, r *remote, _ []string) error {
	var err error
	return errors.Join(columns(env.stdout, func(w io.Writer) {
		err = f.each(ctx, r, func(c claimShown) error {
			_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", c.ID, c.Vendor, c.Round, c.Kind, c.State, c.Lines,
				c.Claimed, c.Accepted, c.Number)
			return err
		})
	}), err)
}

// match prints what is wrong with an invoice's lines, and what those may mean
// that wait for a person.
func (f *claimFlags) match(ctx context.Context, env *environment, r *remote, _ []string) error {
	type sums struct {
		Lines int
		Value money.Amount
	}
	var m struct {
		Claimed, Matched money.Amount
		Exceptions       map[string]sums
		Lines            []struct {
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
	if err := r.read(ctx, "/api/v1/claims/"+url.PathEscape(f.claim)+"/match", &m); err != nil {
		return err
	}
	err := columns(env.stdout, func(w io.Writer) {
		for _, l := range m.Lines {
			if l.Exception == "" {
				continue
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", l.Line, l.Serial, l.Exception, l.Claimed, l.Redeemed, l.Detail)
			for _, c := range l.Candidates {
				fmt.Fprintf(w, "\t? %s\tentries %s\t%s\t%s\t%s\n", strings.Join(c.Serials, "+"), strings.Join(c.Entries, ","), c.Amount, c.Vendor, c.From)
			}
		}
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Exceptions)) {
		if err := env.say("%s: %d lines, %s", "%s : %d lignes, %s", name, m.Exceptions[name].Lines, m.Exceptions[name].Value.Format(env.lang())); err != nil {
			return err
		}
	}
	return env.say("asked %s, matched %s", "demandé %s, rapproché %s", m.Claimed.Format(env.lang()), m.Matched.Format(env.lang()))
}

// read says what lines mean.
func (f *claimFlags) read(ctx context.Context, env *environment, r *remote, _ []string) error {
	var lines []int
	for _, text := range strings.Split(f.lines, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("--lines: %q is no number", text)
		}
		lines = append(lines, n)
	}
	entries := []string{}
	if f.entries != "" {
		entries = strings.Split(f.entries, ",")
	}
	c, err := post[claimShown](ctx, r, "/api/v1/claims/"+url.PathEscape(f.claim)+"/readings", map[string]any{"lines": lines, "entries": entries})
	if err != nil {
		return err
	}
	return env.say("read: the claim has %d lines, %s", "lu : la demande a %d lignes, %s", c.Lines, c.Claimed.Format(env.lang()))
}

// accept accepts what matches of one claim, or of all of the round that wait
// for it. A claim of which nothing matches is named and left.
func (f *claimFlags) accept(ctx context.Context, env *environment, r *remote, _ []string) error {
	if f.claim == "" && f.round == "" {
		return errors.New("claims accept needs --claim or --round")
	}
	proof := ""
	if f.signed != "" {
		paper, err := os.ReadFile(f.signed)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(paper)
		proof = "signed-pdf:" + hex.EncodeToString(hash[:])
	}
	f.state = string(vendors.ClaimProposed)
	var claims []claimShown
	if err := f.each(ctx, r, func(c claimShown) error {
		claims = append(claims, c)
		return nil
	}); err != nil {
		return err
	}
	bar, asked, accepted, made := slowBar(env, "accepting"), money.Francs(0), money.Francs(0), 0
	var left []string
	for i, c := range claims {
		body := map[string]any{}
		if c.Kind == string(vendors.SelfBilled) {
			body["vendor_proof"] = proof
		}
		a, err := post[claimShown](ctx, r, "/api/v1/claims/"+url.PathEscape(c.ID)+"/acceptance-of-matched", body)
		no := (*refused)(nil)
		switch {
		case errors.As(err, &no) && f.claim == "":
			left = append(left, fmt.Sprintf("%s %s: %v", c.Vendor, c.ID, err))
		case err != nil:
			return fmt.Errorf("%s: %w", c.ID, err)
		default:
			made++
			if asked, err = asked.Add(a.Claimed); err != nil {
				return err
			}
			if accepted, err = accepted.Add(a.Accepted); err != nil {
				return err
			}
		}
		bar(i+1, len(claims))
	}
	if err := env.say("%d claims accepted: asked %s, accepted %s", "%d demandes acceptées : demandé %s, accepté %s", made,
		asked.Format(env.lang()), accepted.Format(env.lang())); err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("%d claims were not accepted:\n  %s", len(left), strings.Join(left, "\n  "))
	}
	return nil
}

func (f *claimFlags) refuse(ctx context.Context, env *environment, r *remote, _ []string) error {
	c, err := post[claimShown](ctx, r, "/api/v1/claims/"+url.PathEscape(f.claim)+"/refusal", map[string]any{"reason": f.reason})
	if err != nil {
		return err
	}
	return env.say("claim %s is refused", "la demande %s est refusée", c.ID)
}
