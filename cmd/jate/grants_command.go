package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/jate-cva/jate/access/grant"
)

// grantProposal is what a server says of one.
type grantProposal struct {
	ID, Member, Digest, State string
	ProposedBy                string `json:"proposed_by"`
	Content                   grant.Content
	Mine                      bool
}

func (p grantProposal) write(w io.Writer) error {
	state := p.State
	if p.Mine {
		state = "waits for you"
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, state, p.Member, p.Content.Role, p.Content.Programme, span(p.Content.From, p.Content.Until), p.Digest)
	return err
}

// span is from when until when, as far as that is bounded.
func span(from, until string) string {
	if from == "" && until == "" {
		return "without an end"
	}
	return strings.TrimSpace(from + " – " + until)
}

// grantFlags are those of all commands about roles.
type grantFlags struct{ server, token *string }

func newGrantFlags(env *environment, name string) (*flag.FlagSet, grantFlags) {
	fs := env.flags(name)
	return fs, grantFlags{fs.String("server", "", "address of the server"),
		fs.String("token", "", "file with an access token; the session of jate login without it")}
}

func grantsList(ctx context.Context, env *environment) error {
	fs, f := newGrantFlags(env, "staff grants")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	o, err := f.overview(ctx, env)
	if err != nil {
		return err
	}
	for _, h := range o.Held {
		if _, err := fmt.Fprintf(env.stdout, "held\t%s\t%s\t%s\t%s\n", h.Member, h.Role, h.Programme, span(h.From, h.Until)); err != nil {
			return err
		}
	}
	for _, p := range o.Proposals {
		if err := p.write(env.stdout); err != nil {
			return err
		}
	}
	return nil
}

type grantOverview struct {
	Held      []struct{ Member, Role, Programme, From, Until string }
	Proposals []grantProposal
}

func (f grantFlags) overview(ctx context.Context, env *environment) (grantOverview, error) {
	var o grantOverview
	err := askAs(ctx, env, *f.server, *f.token, "/api/v1/grants", nil, &o)
	return o, err
}

// grantPropose proposes roles, each for itself: another administrator may agree to
// one of them alone.
func grantPropose(ctx context.Context, env *environment) error {
	fs, f := newGrantFlags(env, "staff grant")
	roles := fs.String("role", "", "roles, separated by commas: "+roleNames())
	programme := fs.String("programme", "", "programme id; that of your session without it")
	from, until := fs.String("from", "", "first day, such as 2026-12-01; at once without it"), fs.String("until", "", "last day; without an end if left out")
	deputy := fs.String("deputy-of", "", "member whom the person stands in for, with --until")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	body := map[string]any{"member": args[0], "programme": *programme, "deputy_of": *deputy}
	for name, day := range map[string]string{"from": *from, "until": *until} {
		if day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return fmt.Errorf("--%s: a day such as 2026-12-01", name)
		}
		if name == "until" {
			t = t.AddDate(0, 0, 1) // the last day is one of them
		}
		body[name] = t
	}
	if *roles == "" {
		return errors.New("staff grant needs --role")
	}
	for _, r := range strings.Split(*roles, ",") {
		body["role"] = strings.TrimSpace(r)
		var p grantProposal
		if err := askAs(ctx, env, *f.server, *f.token, "/api/v1/grants", body, &p); err != nil {
			return err
		}
		if err := p.write(env.stdout); err != nil {
			return err
		}
	}
	return nil
}

// grantApprove agrees to a proposal as it is shown to the caller now.
func grantApprove(ctx context.Context, env *environment) error {
	fs, f := newGrantFlags(env, "staff approve")
	code := fs.String("console-code", "", "code of jate staff second, where there is no second administrator yet")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	p, err := f.find(ctx, env, args[0])
	if err != nil {
		return err
	}
	body := map[string]any{"digest": p.Digest}
	if *code != "" {
		body["console_code"] = *code
	}
	if err := askAs(ctx, env, *f.server, *f.token, "/api/v1/grants/"+url.PathEscape(p.ID)+"/approvals", body, &p); err != nil {
		return err
	}
	return p.write(env.stdout)
}

func (f grantFlags) find(ctx context.Context, env *environment, id string) (grantProposal, error) {
	o, err := f.overview(ctx, env)
	if err != nil {
		return grantProposal{}, err
	}
	for _, p := range o.Proposals {
		if p.ID == id {
			return p, nil
		}
	}
	return grantProposal{}, fmt.Errorf("no open proposal %s that you may see", id)
}

func grantRefuse(ctx context.Context, env *environment) error {
	fs, f := newGrantFlags(env, "staff refuse")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	var p grantProposal
	if err := askAs(ctx, env, *f.server, *f.token, "/api/v1/grants/"+url.PathEscape(args[0])+"/refusal", map[string]any{}, &p); err != nil {
		return err
	}
	return p.write(env.stdout)
}

func grantRevoke(ctx context.Context, env *environment) error {
	fs, f := newGrantFlags(env, "staff revoke")
	roles := fs.String("role", "", "roles, separated by commas")
	programme := fs.String("programme", "", "programme id; that of your session without it")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	if *roles == "" {
		return errors.New("staff revoke needs --role")
	}
	for _, r := range strings.Split(*roles, ",") {
		var h struct{ Member, Role string }
		body := map[string]any{"member": args[0], "role": strings.TrimSpace(r), "programme": *programme}
		if err := askAs(ctx, env, *f.server, *f.token, "/api/v1/grants/revocations", body, &h); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(env.stdout, "revoked\t%s\t%s\n", h.Member, h.Role); err != nil {
			return err
		}
	}
	return nil
}

// grantSecond computes at the console the code that stands for a second
// administrator while there is none. It opens no store, so that it runs beside the
// server.
func grantSecond(_ context.Context, env *environment) error {
	fs := env.flags("staff second")
	dir := fs.String("data", "", "data folder")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking")
	args, err := env.parse(fs, 2)
	if err != nil {
		return err
	}
	digest, err := hex.DecodeString(args[1])
	if err != nil || len(digest) != 32 {
		return errors.New("staff second needs the id of a proposal and its digest, as jate staff grant printed them")
	}
	keys, err := openKeyring(*dir, env.passphrases(*pass))
	if err != nil {
		return err
	}
	key, err := grant.ConsoleKey(keys.data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, grant.ConsoleCode(key, args[0], [32]byte(digest)))
	return err
}
