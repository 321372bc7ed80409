package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger/witness"
	"github.com/jate-cva/jate/reconcile/evidence"
)

// packFileMax bounds the files that verify-pack reads.
const packFileMax = 64 << 20

// verifyPackCommand checks the evidence of a case with nothing else but keys.
func verifyPackCommand(_ context.Context, env *environment) error {
	fs := env.flags("verify-pack")
	log := fs.String("log", "", "verifier key of the log")
	witnesses := &verifierKeys[note.Verifier]{parse: witness.NewVerifier}
	fs.Var(witnesses, "witness", "verifier key of a witness that must have cosigned; may be given several times")
	pdf := fs.String("pdf", "", "a PDF that is to be of this file")
	code := fs.String("code", "", "what the QR code on a paper says that is to be of this file")
	papers := &verifierKeys[string]{parse: func(path string) (string, error) { return path, nil }}
	fs.Var(papers, "document", "a file that is to be one of the papers of the case; may be given several times")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	v, err := note.NewVerifier(*log)
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	file, err := readBounded(args[0], packFileMax)
	if err != nil {
		return err
	}
	p, err := evidence.Parse(file)
	if err != nil {
		return err
	}
	c, err := p.Verify(v.Name(), v, witnesses.keys...)
	if err != nil {
		return err
	}
	if *pdf != "" {
		if err := samePaper(*pdf, file); err != nil {
			return err
		}
	}
	if err := sameCode(*code, file); err != nil {
		return err
	}
	for _, path := range papers.keys {
		if err := hasPaper(env.stdout, p, path); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.stdout, "case %s: %s, %d findings, %d redemptions, %d entries of the journal\n", p.Case.ID, p.Case.State, len(p.Findings),
		len(p.Redemptions), len(p.Leaves))
	_, err = fmt.Fprintf(env.stdout, "ok sha256=%x size=%d root=%s\n", sha256.Sum256(file), c.Size, c.Root)
	return err
}

// sameCode reports whether what a QR code says is said of the file.
func sameCode(said string, file []byte) error {
	if said == "" {
		return nil
	}
	want, err := evidence.Code(file)
	if err == nil && strings.TrimSpace(said) != want {
		err = errors.New("the code is of another file or checkpoint: this file's says " + want)
	}
	return err
}

// hasPaper says which paper of the case a file is.
func hasPaper(w io.Writer, p evidence.Pack, path string) error {
	content, err := readBounded(path, documents.SizeMax)
	if err != nil {
		return err
	}
	d, err := p.Document(content)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = fmt.Fprintf(w, "%s is the %s attached by entry %d\n", path, d.Kind, d.Entry)
	return err
}

// samePaper reports whether a PDF is what this program makes of the file.
func samePaper(path string, file []byte) error {
	paper, err := readBounded(path, packFileMax)
	if err != nil {
		return err
	}
	for _, lang := range []string{"fr", "en"} {
		var b bytes.Buffer
		if err := evidence.WritePDF(&b, file, lang); err != nil {
			return err
		}
		if bytes.Equal(b.Bytes(), paper) {
			return nil
		}
	}
	return errors.New("the PDF is not what this version of the program makes of the file: believe the file")
}
