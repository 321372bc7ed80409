package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"

	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// What a handheld does with the office: enrol, carry a bundle, hand cards over,
// send and receive.

// readTrust reads the public keys that a handheld is to believe, as the office
// hands them out with the code:
//
//	{"root":"<base64url>","beacon":"<base64url>"}
func readTrust(path string) (handheld.Trust, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return handheld.Trust{}, err
	}
	var w struct {
		Root   voucher.Base64 `json:"root"`
		Beacon voucher.Base64 `json:"beacon"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return handheld.Trust{}, errHandheldUsage.At("--trust", `want {"root":"…","beacon":"…"}`)
	}
	return handheld.Trust{Root: []byte(w.Root), Beacon: []byte(w.Beacon)}, nil
}

func (c *handheldCLI) enrol(ctx context.Context, fs *flag.FlagSet, args []string) error {
	trust := fs.String("trust", "", "file with the programme's root and beacon keys; needless where the office's text has them")
	code := fs.String("code", "", "file with the one-time code, or with the text of the office's QR code; the input where empty")
	if err := c.parse(fs, args, "state"); err != nil {
		return err
	}
	typed, err := c.input(*code)
	if err != nil {
		return err
	}
	e, err := c.enrolment(strings.TrimSpace(typed), *trust)
	if err != nil {
		return err
	}
	client, err := c.client(e.Server)
	if err != nil {
		return err
	}
	d, err := handheld.OpenDir(c.state)
	if err != nil {
		return err
	}
	h, err := handheld.Enrol(ctx, d, c.config(), client, e)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	c.say(text{"Enrolled as %s. Another person must now activate it at the office.",
		"Enrôlé : %s. Une autre personne doit maintenant l'activer au bureau."}, h.Identity().Handheld)
	return nil
}

// enrolment is what the office's text says, or a code with the keys of a file
// and the server of the flag.
func (c *handheldCLI) enrolment(typed, trust string) (handheld.Enrolment, error) {
	if strings.Contains(typed, "#") {
		return handheld.ParseEnrolment(typed)
	}
	if trust == "" || c.server == "" {
		return handheld.Enrolment{}, errHandheldUsage.At("--trust, --server", "a code alone does not say what to believe, and where")
	}
	keys, err := readTrust(trust)
	return handheld.Enrolment{Code: typed, Trust: keys, Server: c.server}, err
}

func (c *handheldCLI) bundle(ctx context.Context, fs *flag.FlagSet, args []string) error {
	if err := c.parse(fs, args, "state"); err != nil {
		return err
	}
	return c.online(func(h *handheld.Handheld, client *handheld.Client) error {
		if err := h.FetchBundle(ctx, client); err != nil {
			return err
		}
		c.sayBundle(h.Status())
		return nil
	})
}

func (c *handheldCLI) sayBundle(s handheld.Status) {
	c.say(text{"Zone bundle of %s: %s.", "Paquet de zone du %s : %s."}, c.date(s.Snapshot), c.freshness(s.Freshness))
}

func (c *handheldCLI) openLots(_ context.Context, fs *flag.FlagSet, args []string) error {
	code := fs.String("code", "", "file with the officer's code; the input where empty")
	if err := c.parse(fs, args, "state"); err != nil {
		return err
	}
	typed, err := c.input(*code)
	if err != nil {
		return err
	}
	return c.with(func(h *handheld.Handheld) error {
		n, err := h.OpenLots(strings.TrimSpace(typed))
		if err != nil {
			return err
		}
		c.say(text{"Lots opened: %d.", "Lots ouverts : %d."}, n)
		return nil
	})
}

func (c *handheldCLI) activate(_ context.Context, fs *flag.FlagSet, args []string) error {
	by := fs.String("by", "", "who took the cards: head, alternate or third-party")
	reason := fs.String("reason", "", "why a third party came: distance, health, care, away, safety or other")
	if err := c.parse(fs, args, "state", "by"); err != nil {
		return err
	}
	cards := fs.Args()
	if len(cards) == 0 {
		typed, err := c.input("")
		if err != nil {
			return err
		}
		cards = strings.Fields(typed)
	}
	return c.with(func(h *handheld.Handheld) error {
		if _, err := h.Activate(cards, voucher.Taker(*by), voucher.TakerReason(*reason)); err != nil {
			return err
		}
		c.say(text{"Cards handed over: %d. They count once this is sent.", "Cartes remises : %d. Elles comptent après l'envoi."}, len(cards))
		return nil
	})
}

func (c *handheldCLI) sync(ctx context.Context, fs *flag.FlagSet, args []string) error {
	if err := c.parse(fs, args, "state"); err != nil {
		return err
	}
	return c.online(func(h *handheld.Handheld, client *handheld.Client) error {
		done, err := h.Sync(ctx, client)
		c.say(text{"Sent: %d. New answers: %d. Still to be sent: %d.",
			"Envoyés : %d. Nouvelles réponses : %d. Restant à envoyer : %d."}, done.Sent, done.Settled, done.Pending)
		if err != nil {
			return err
		}
		if err := h.FetchBundle(ctx, client); err != nil {
			return err
		}
		c.sayBundle(h.Status())
		return nil
	})
}

func (c *handheldCLI) export(_ context.Context, fs *flag.FlagSet, args []string) error {
	out := fs.String("out", "", "file to write")
	all := fs.Bool("all", false, "everything, not only what was not sent")
	if err := c.parse(fs, args, "state", "out"); err != nil {
		return err
	}
	return c.with(func(h *handheld.Handheld) error {
		var b bytes.Buffer
		n, err := h.Export(&b, *all)
		if err != nil {
			return err
		}
		if err := os.WriteFile(*out, b.Bytes(), 0o600); err != nil {
			return err
		}
		c.say(text{"Records in %[2]s: %[1]d.", "Enregistrements dans %[2]s : %[1]d."}, n, *out)
		return nil
	})
}

func (c *handheldCLI) carry(ctx context.Context, fs *flag.FlagSet, args []string) error {
	in := fs.String("in", "", "file that a handheld exported")
	out := fs.String("out", "", "file for the answers")
	if err := c.parse(fs, args, "server", "in", "out"); err != nil {
		return err
	}
	client, err := c.client("")
	if err != nil {
		return err
	}
	from, err := os.Open(*in)
	if err != nil {
		return err
	}
	defer from.Close()
	var answers bytes.Buffer
	refused := handheld.Carry(ctx, client, from, &answers)
	if err := errors.Join(refused, os.WriteFile(*out, answers.Bytes(), 0o600)); err != nil {
		return err
	}
	c.say(text{"Answers in %[2]s: %[1]d. Bring them back to the handheld.", "Réponses dans %[2]s : %[1]d. Rapportez-les au terminal."},
		bytes.Count(answers.Bytes(), []byte("\n")), *out)
	return nil
}

func (c *handheldCLI) imports(_ context.Context, fs *flag.FlagSet, args []string) error {
	if err := c.parse(fs, args, "state"); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return errHandheldUsage.At("FILE", "one file")
	}
	f, err := os.Open(fs.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.with(func(h *handheld.Handheld) error {
		n, err := h.Import(f)
		if err != nil {
			return err
		}
		c.say(text{"Taken in: %d.", "Pris en compte : %d."}, n)
		return nil
	})
}
