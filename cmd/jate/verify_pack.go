package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

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
	fmt.Fprintf(env.stdout, "case %s: %s, %d findings, %d redemptions, %d entries of the journal\n", p.Case.ID, p.Case.State, len(p.Findings),
		len(p.Redemptions), len(p.Leaves))
	_, err = fmt.Fprintf(env.stdout, "ok sha256=%x size=%d root=%s\n", sha256.Sum256(file), c.Size, c.Root)
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
