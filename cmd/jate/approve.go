package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

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
	if *lot != "" {
		r, err := newRemote(env.getenv, *server, *token)
		if err != nil {
			return err
		}
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
	r, err := newRemote(env.getenv, *server, *token)
	if err != nil {
		return err
	}
	var said agreed
	if err := r.read(ctx, "/api/v1/approvals/contents/"+*digest, &said); err != nil {
		return err
	}
	lines, err := said.lines(*digest)
	if err != nil {
		return err
	}
	if *lot == "" {
		fmt.Fprintf(env.stdout, "prepared by %s\n", onOneLine(said.PreparedBy))
		for _, l := range lines {
			fmt.Fprintf(env.stdout, "  %-18s %s\n", onOneLine(l[0]), onOneLine(strings.Join(l[1:], " | ")))
		}
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

// agreed is content as a server shows it, which is not believed.
type agreed struct {
	Text       string
	Closed     string
	PreparedBy string `json:"prepared_by"`
}

var errOtherContent = errors.New("the server sent something else than what has this digest; approve nothing, and tell the monitor")

// lines returns all that content with a digest says, the closed part too. That it
// is all, the digests say and not the server.
func (a agreed) lines(digest string) ([]access.Line, error) {
	open, err := access.ParseContent([]byte(a.Text))
	if err != nil {
		return nil, err
	}
	if sumOf(a.Text) != digest {
		return nil, errOtherContent
	}
	said := []access.Line{{"what", open.What}, {"id", open.ID}, {"programme", open.Programme}}
	closed := ""
	for _, l := range open.Lines {
		if l[0] == "closed" {
			closed = strings.Join(l[1:], "")
			continue
		}
		said = append(said, l)
	}
	switch {
	case closed == "" && a.Closed == "":
		return said, nil
	case a.Closed == "":
		return nil, errors.New("a part of this is closed to you; you cannot approve it")
	case sumOf(a.Closed) != closed:
		return nil, errOtherContent
	}
	_, array, _ := strings.Cut(a.Closed, "\n")
	var more []access.Line
	if err := json.Unmarshal([]byte(array), &more); err != nil {
		return nil, fmt.Errorf("the closed part: %w", err)
	}
	for _, l := range more {
		if len(l) > 0 && l[0] != "salt" {
			said = append(said, l)
		}
	}
	return said, nil
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// onOneLine shows what a server sent so that it cannot move a terminal's cursor,
// hide what stands before it, or turn its direction.
func onOneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
