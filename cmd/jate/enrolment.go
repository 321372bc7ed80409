package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jate-cva/jate/voucher/cards"
	"github.com/jate-cva/jate/voucher/handheld"
)

// enrolmentCommand prints the paper that enrols a handheld: the one-time code of
// an invitation with the server's address and the keys to believe.
func enrolmentCommand(_ context.Context, env *environment) error {
	fs := env.flags("enrolment")
	server := fs.String("server", "", "address of the server, as the handheld reaches it: https://HOST")
	trust := fs.String("trust", "", "file with the programme's root and beacon keys: trust.json of the data folder")
	out := fs.String("out", "", "where to write the PDF; only its owner may read it, and no file is replaced")
	whose := fs.String("for", "", "code of the trader or zone, printed on the sheet")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *server == "" || *trust == "" || *out == "" {
		return errors.New("enrolment needs --server, --trust and --out; the code is read from the input")
	}
	keys, err := readTrust(*trust)
	if err != nil {
		return err
	}
	const codeMax = 64
	typed, err := io.ReadAll(io.LimitReader(env.stdin, codeMax+1))
	if err != nil {
		return err
	}
	code := strings.TrimSpace(string(typed))
	if code == "" || len(code) > codeMax {
		return errors.New("the input is not an invitation's code")
	}
	e := handheld.Enrolment{Code: code, Trust: keys, Server: strings.TrimRight(*server, "/")}
	text, err := e.Text()
	if err != nil {
		return err
	}
	var files newFiles
	err = files.add(*out, func(w io.Writer) error {
		return cards.WriteEnrolment(w, cards.Enrolment{Text: text, Code: code, Server: e.Server,
			Fingerprint: keys.Fingerprint(), For: *whose, Made: time.Now()})
	})
	if err == nil {
		err = files.keep()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", *out, err), files.drop())
	}
	fmt.Fprintf(env.stderr, "%s enrols one handheld within 48 hours. Compare the digits %s when it shows them.\n", *out, keys.Fingerprint())
	return nil
}
