package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// leftAnswer is what a server says of what somebody leaves behind.
type leftAnswer struct {
	Member string
	Items  []struct{ Kind, What, ID, Programme, Outcome string }
	More   int
	Gaps   []struct {
		Programme, Role string
		Left, Needs     int
	}
}

func (l leftAnswer) write(env *environment) error {
	for _, i := range l.Items {
		line := strings.Join([]string{i.Kind, i.What, i.ID, i.Programme, i.Outcome}, "\t")
		if _, err := fmt.Fprintln(env.stdout, strings.TrimRight(line, "\t")); err != nil {
			return err
		}
	}
	if l.More > 0 {
		fmt.Fprintf(env.stderr, "and %d more\n", l.More)
	}
	for _, g := range l.Gaps {
		fmt.Fprintf(env.stderr, "Without this person %s has %d of the %d people that it needs as %s.\n", g.Programme, g.Left, g.Needs, g.Role)
	}
	return nil
}

// staffWork lists what is open in somebody's name.
func staffWork(ctx context.Context, env *environment) error {
	fs := env.flags("staff work")
	server, token := fs.String("server", "", "address of the server"), fs.String("token", "", "file with an access token; the session of jate login without it")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	var l leftAnswer
	if err := askAs(ctx, env, *server, *token, "/api/v1/staff/"+url.PathEscape(args[0])+"/work", nil, &l); err != nil {
		return err
	}
	return l.write(env)
}

// staffLeave has somebody leave.
func staffLeave(ctx context.Context, env *environment) error {
	fs := env.flags("staff leave")
	server, token := fs.String("server", "", "address of the server"), fs.String("token", "", "file with an access token; the session of jate login without it")
	to := fs.String("to", "", "member who takes over what he may; the rest is withdrawn, or anybody's")
	nobody := fs.Bool("to-nobody", false, "nobody takes over")
	short := fs.Bool("short-staffed", false, "though a programme has too few people then")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	if (*to == "") != *nobody {
		return errors.New("staff leave needs either --to MEMBER or --to-nobody; jate staff work lists what is open")
	}
	var l leftAnswer
	if err := askAs(ctx, env, *server, *token, "/api/v1/staff/"+url.PathEscape(args[0])+"/leaving",
		map[string]any{"successor": *to, "short_staffed": *short}, &l); err != nil {
		return err
	}
	return l.write(env)
}
