package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
)

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// approveCommand has a passkey agree to content, by its digest as whoever prepared
// it, or its list, shows it. The command that approves is given within five
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
	var r struct{ Hash string }
	err = askAs(ctx, env, *server, *token, "/api/v1/approvals/assertions", map[string]any{"digest": *digest, "nonce": c.Nonce, "passkey": answer}, &r)
	if err == nil {
		_, err = fmt.Fprintf(env.stdout, "agreed to %s for five minutes; the record is %s\n", *digest, r.Hash)
	}
	return err
}
