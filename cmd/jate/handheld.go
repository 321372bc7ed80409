package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/voucher/handheld"
)

// handheldCommand is the word "handheld" of the command line: a handheld whose
// state is a folder.
func handheldCommand(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	c := &handheldCLI{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	return c.run(ctx, args)
}

// handheldCLI is one call of the handheld's command line.
type handheldCLI struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time

	state, server, lang string // flags that several commands have
}

// handheldWords are the commands, in the order of a handheld's life.
func (c *handheldCLI) words() []handheldWord {
	return []handheldWord{
		{"enrol", "--state DIR [--server URL --trust FILE] [--code FILE]", c.enrol,
			text{"enrol with the one-time code from the office, or the text of its QR code, read from a file or the input", "enrôler avec le code à usage unique du bureau, ou le texte de son code QR, lu dans un fichier ou sur l'entrée"}},
		{"bundle", "--state DIR [--server URL]", c.bundle,
			text{"fetch the zone bundle", "récupérer le paquet de zone"}},
		{"open", "--state DIR [--code FILE]", c.openLots,
			text{"open lots under embargo with the officer's code, read from a file or the input", "ouvrir des lots sous embargo avec le code de l'agent, lu dans un fichier ou sur l'entrée"}},
		{"activate", "--state DIR --by head|alternate|third-party [--reason R] CARD…", c.activate,
			text{"record that cards were handed over", "enregistrer une remise de cartes"}},
		{"sell", "--state DIR --card SCAN --line ITEM=QUANTITY@PRICE… [--cash N | --shortfall N] [--factor FILE] [--online]", c.sell,
			text{"sell on a card; its secret and PIN are read from a file or the input", "vendre contre une carte ; le code à gratter et le PIN sont lus dans un fichier ou sur l'entrée"}},
		{"cancel", "--state DIR --receipt N --reason mistake|goods-returned|goods-missing", c.cancel,
			text{"cancel a sale of today", "annuler une vente du jour"}},
		{"sync", "--state DIR [--server URL]", c.sync,
			text{"send what was made, then fetch the zone bundle", "envoyer ce qui a été fait, puis récupérer le paquet de zone"}},
		{"export", "--state DIR --out FILE [--all]", c.export,
			text{"write what was not sent to a file for a carrier", "écrire ce qui n'a pas été envoyé dans un fichier pour un porteur"}},
		{"carry", "--server URL --in FILE --out FILE", c.carry,
			text{"hand a handheld's file to the server and write its answers", "remettre au serveur le fichier d'un terminal et écrire ses réponses"}},
		{"import", "--state DIR FILE", c.imports,
			text{"take in the answers that a carrier brought", "prendre en compte les réponses apportées par un porteur"}},
		{"status", "--state DIR [--json]", c.status,
			text{"how the handheld stands", "l'état du terminal"}},
	}
}

type handheldWord struct {
	name, usage string
	run         func(context.Context, *flag.FlagSet, []string) error
	help        text
}

// text is a sentence for a person in both languages.
type text struct{ en, fr string }

func (t text) in(lang string) string {
	if lang == "fr" {
		return t.fr
	}
	return t.en
}

// handheldTimeout bounds one call of the server over a slow line.
const handheldTimeout = 2 * time.Minute

func (c *handheldCLI) run(ctx context.Context, args []string) error {
	c.lang = "en"
	if v := firstOf(c.getenv, "JATE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"); strings.HasPrefix(v, "fr") {
		c.lang = "fr"
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	for _, w := range c.words() {
		if w.name != name {
			continue
		}
		fs := flag.NewFlagSet("jate handheld "+name, flag.ContinueOnError)
		fs.SetOutput(c.stderr)
		fs.StringVar(&c.lang, "lang", c.lang, "language: en or fr")
		fs.StringVar(&c.server, "server", c.getenv("JATE_SERVER"), "address of the server (JATE_SERVER)")
		fs.StringVar(&c.state, "state", c.getenv("JATE_STATE"), "folder of the handheld's state (JATE_STATE)")
		return c.spoken(w.run(ctx, fs, args[1:]))
	}
	for _, w := range c.words() {
		fmt.Fprintf(c.stderr, "  jate handheld %s %s\n        %s\n", w.name, w.usage, w.help.in(c.lang))
	}
	return flag.ErrHelp
}

func firstOf(getenv func(string) string, keys ...string) string {
	for _, k := range keys {
		if v := getenv(k); v != "" {
			return v
		}
	}
	return ""
}

// spoken makes a fault speak the language of --lang, whatever the terminal's.
func (c *handheldCLI) spoken(err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	s := f.Sentence(c.lang)
	return fault.New(f.Kind, f.Code, s, s).With(f.Fields...)
}

func (c *handheldCLI) say(t text, args ...any) { fmt.Fprintf(c.stdout, t.in(c.lang)+"\n", args...) }

// errHandheldUsage refuses a call that lacks something.
var errHandheldUsage = fault.New(fault.Invalid, "usage",
	"A flag or argument is missing or wrong. Try jate handheld.",
	"Une option ou un argument manque ou est faux. Essayez jate handheld.")

// parse reads the flags. The arguments after them are left to fs.Args.
func (c *handheldCLI) parse(fs *flag.FlagSet, args []string, needed ...string) error {
	if err := fs.Parse(args); err != nil {
		return err
	}
	if c.lang != "en" && c.lang != "fr" {
		return errHandheldUsage.At("--lang", "en or fr")
	}
	for _, name := range needed {
		if f := fs.Lookup(name); f.Value.String() == "" {
			return errHandheldUsage.At("--"+name, "%s", f.Usage)
		}
	}
	return nil
}

func (c *handheldCLI) config() handheld.Config {
	return handheld.Config{Now: c.now, Rand: rand.Reader}
}

// with opens the handheld for the time of fn.
func (c *handheldCLI) with(fn func(*handheld.Handheld) error) error {
	if _, err := os.Stat(c.state); err != nil {
		return fmt.Errorf("%w: %w", handheld.ErrNotEnrolled, err)
	}
	d, err := handheld.OpenDir(c.state)
	if err != nil {
		return err
	}
	h, err := handheld.Open(d, c.config())
	if err == nil {
		err = fn(h)
	}
	return errors.Join(err, d.Close())
}

// client returns the server of the flag, or else of the enrolment.
func (c *handheldCLI) client(known string) (*handheld.Client, error) {
	address := c.server
	if address == "" {
		address = known
	}
	return handheld.NewClient(address, c.lang, &http.Client{Timeout: handheldTimeout})
}

// online runs fn with the handheld and its server.
func (c *handheldCLI) online(fn func(*handheld.Handheld, *handheld.Client) error) error {
	return c.with(func(h *handheld.Handheld) error {
		client, err := c.client(h.Identity().Server)
		if err != nil {
			return err
		}
		return fn(h, client)
	})
}

// input reads a small file, or the input where none is named. What is secret
// comes this way, since other people can see the flags of a process.
func (c *handheldCLI) input(name string) (string, error) {
	in := c.stdin
	if name != "" {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	const inputMax = 16 << 10
	b, err := io.ReadAll(io.LimitReader(in, inputMax+1))
	if err == nil && len(b) > inputMax {
		err = errHandheldUsage.At("input", "more than %d bytes", inputMax)
	}
	return string(b), err
}
