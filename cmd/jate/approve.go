package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access"
)

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// approveCommand prints content and has a passkey agree to exactly that; it is found
// by its digest, as whoever prepared it, or its list, shows it. The command that approves is given within five
// minutes after. Without a file it names the page on which a browser's passkey
// does the same.
func approveCommand(ctx context.Context, env *environment) error {
	fs := env.flags("approve")
	server := fs.String("server", "", "address of the server")
	token := fs.String("token", "", "file with an access token; the session of jate login without it")
	digest := fs.String("digest", "", "of the content that you have read")
	lot := fs.String("lot", "", "instead of --digest: print this lot, and agree to what was printed")
	passkey := fs.String("passkey", "", "file with your passkey; without it, where to approve in a browser is printed")
	pass := fs.String("passphrases", "", "folder with passkey.txt instead of asking")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	r, err := newRemote(env.getenv, *server, *token)
	if err != nil {
		return err
	}
	if *lot != "" {
		var l lotShown
		if err := errors.Join(r.read(ctx, "/api/v1/lots/"+url.PathEscape(*lot), &l), l.print(env)); err != nil {
			return err
		}
		if *digest == "" {
			*digest = l.Digest
		}
		if *digest != l.Digest {
			return fmt.Errorf("lot %s has the digest %s now", *lot, l.Digest)
		}
	}
	if !digestForm.MatchString(*digest) {
		return errors.New("approve needs --digest, 64 hexadecimal digits, or --lot")
	}
	base, err := serverAddress(*server)
	if err != nil {
		return err
	}
	if *passkey == "" {
		origin, err := originOf(base)
		if err == nil {
			_, err = fmt.Fprintf(env.stdout, "%s%s#approve?%s\n", origin, officePath, url.Values{"digest": {*digest}}.Encode())
		}
		return err
	}
	key, err := readPasskey(*passkey, env.passphrases(*pass))
	if err != nil {
		return err
	}
	if err := showContent(ctx, env, r, *digest, *lot == ""); err != nil {
		return err
	}
	var c struct {
		Nonce   string
		Passkey json.RawMessage
	}
	if err := askAs(ctx, env, *server, *token, "/api/v1/approvals/challenges", map[string]any{"digest": *digest}, &c); err != nil {
		return err
	}
	answer, err := key.Get(c.Passkey)
	if err != nil {
		return err
	}
	var record struct{ Hash string }
	err = askAs(ctx, env, *server, *token, "/api/v1/approvals/assertions", map[string]any{"digest": *digest, "nonce": c.Nonce, "passkey": answer}, &record)
	if err == nil {
		_, err = fmt.Fprintf(env.stdout, "agreed to %s for five minutes; the record is %s\n", *digest, record.Hash)
	}
	return err
}

// showContent reads what has a digest, computes that digest of it, and prints it.
// What the server does not show, or shows otherwise, is not agreed to.
func showContent(ctx context.Context, env *environment, r *remote, digest string, print bool) error {
	var c struct {
		Text       string
		Closed     string
		Hidden     bool
		PreparedBy string `json:"prepared_by"`
	}
	if err := r.read(ctx, "/api/v1/approvals/contents/"+digest, &c); err != nil {
		return err
	}
	open, err := access.ParseContent([]byte(c.Text))
	switch {
	case err != nil:
		return err
	case fmt.Sprintf("%x", sha256.Sum256([]byte(c.Text))) != digest:
		return errors.New("the server sent something else than what has this digest; approve nothing, and tell the monitor")
	case c.Hidden:
		return errors.New("a part of this is closed to you; you cannot approve it")
	}
	closed, err := closedLines(c.Closed, open)
	if err != nil || !print {
		return err
	}
	fmt.Fprintf(env.stdout, "%s %s, prepared by %s\n", open.What, open.ID, c.PreparedBy)
	for _, l := range append(open.Lines, closed...) {
		if l[0] != "closed" && l[0] != "salt" {
			fmt.Fprintf(env.stdout, "  %-18s %s\n", l[0], strings.Join(l[1:], " | "))
		}
	}
	return nil
}

// closedLines reads a closed part, whose digest the open part has.
func closedLines(text string, open access.Content) ([]access.Line, error) {
	if text == "" {
		return nil, nil
	}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	if !slices.ContainsFunc(open.Lines, func(l access.Line) bool { return len(l) == 2 && l[0] == "closed" && l[1] == sum }) {
		return nil, errors.New("the server sent another closed part than what has this digest; approve nothing, and tell the monitor")
	}
	_, array, _ := strings.Cut(text, "\n")
	var lines []access.Line
	if err := json.Unmarshal([]byte(array), &lines); err != nil {
		return nil, fmt.Errorf("the closed part: %w", err)
	}
	return slices.DeleteFunc(lines, func(l access.Line) bool { return len(l) == 0 }), nil
}
