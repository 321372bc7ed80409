package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/witness"
)

// proofCommand writes a file that proves off line that an entry is in the log,
// or that the log only grew.
func proofCommand(ctx context.Context, env *environment) error {
	fs := env.flags("proof")
	dir := fs.String("data", "", "data folder of a server that is stopped")
	server := fs.String("server", "", "address of a server, instead of --data")
	token := fs.String("token", "", "file with an access token")
	entry := fs.Int64("entry", -1, "sequence number of the entry to prove")
	leaf := fs.String("leaf", "", "file to write the entry's leaf to")
	old := fs.Int64("old", -1, "size of an earlier log, to prove that it only grew")
	out := fs.String("out", "", "file to write: NAME.tlog-proof")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if (*dir == "") == (*server == "") || *out == "" || (*entry < 0) == (*old < 0) || *leaf != "" && *entry < 0 {
		return errors.New("proof needs --data or --server, --out, and --entry (with --leaf) or --old")
	}
	var p prover
	if *dir != "" {
		db, _, err := openStore(*dir, env.quiet())
		if err != nil {
			return err
		}
		defer db.Close()
		p = folder{ledger.New(db.Ledger())}
	} else {
		b, err := newRemote(env.getenv, *server, *token)
		if err != nil {
			return err
		}
		p = b
	}
	if *old >= 0 {
		g, err := p.grown(ctx, uint64(*old))
		if err != nil {
			return err
		}
		return durable.Replace(*out, g)
	}
	file, text, err := p.entry(ctx, uint64(*entry))
	if err != nil {
		return err
	}
	if *leaf != "" {
		if err := durable.Replace(*leaf, text); err != nil {
			return err
		}
	}
	return durable.Replace(*out, file)
}

// prover makes the files: a folder, or a server.
type prover interface {
	entry(ctx context.Context, seq uint64) (proof, leaf []byte, err error)
	grown(ctx context.Context, old uint64) ([]byte, error)
}

// folder proves from a folder.
type folder struct{ ledger ledger.Service }

func (l folder) entry(ctx context.Context, seq uint64) (proof, leaf []byte, err error) {
	i, err := l.ledger.Inclusion(ctx, ledger.InclusionQuery{Entry: seq})
	return ledger.Proof{Index: seq, Hashes: i.Proof, Checkpoint: i.Note}.Format(), i.Leaf, err
}

func (l folder) grown(ctx context.Context, old uint64) ([]byte, error) {
	c, err := l.ledger.Checkpoint(ctx, ledger.CheckpointQuery{})
	if err != nil {
		return nil, err
	}
	g := ledger.Growth{Old: old, Checkpoint: c.Note}
	if old > 0 {
		p, err := l.ledger.Consistency(ctx, ledger.ConsistencyQuery{Old: old, New: c.Size})
		if err != nil {
			return nil, err
		}
		g.Hashes = p.Proof
	}
	return g.Format(), nil
}

func (b *remote) entry(ctx context.Context, seq uint64) (proof, leaf []byte, err error) {
	if proof, err = b.get(ctx, fmt.Sprintf("/api/v1/ledger/entries/%d/proof", seq)); err != nil {
		return nil, nil, err
	}
	err = b.leaves(ctx, seq, seq+1, func(l []byte) error { leaf = l; return nil })
	return proof, leaf, err
}

func (b *remote) grown(ctx context.Context, old uint64) ([]byte, error) {
	signed, err := b.checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	text, _, _ := bytes.Cut([]byte(signed), []byte("\n\n"))
	_, size, _, err := ledger.ParseCheckpoint(string(text) + "\n")
	if err != nil {
		return nil, err
	}
	hashes, err := b.growth(ctx, old, size)
	return ledger.Growth{Old: old, Hashes: hashes, Checkpoint: signed}.Format(), err
}

// verifyProofCommand checks such a file, with nothing else but keys.
func verifyProofCommand(_ context.Context, env *environment) error {
	fs := env.flags("verify-proof")
	log := fs.String("log", "", "verifier key of the log")
	witnesses := &verifierKeys[note.Verifier]{parse: witness.NewVerifier}
	fs.Var(witnesses, "witness", "verifier key of a witness that must have cosigned; may be given several times")
	leafPath := fs.String("leaf", "", "file with the leaf that is to be in the log")
	receipt := fs.String("receipt", "", "hash of a record, as in an acknowledgement: the leaf must answer it")
	handed := fs.String("file", "", "a report or an export: the leaf must say that it was handed out")
	old := fs.String("old", "", "file with an earlier signed checkpoint, which the log is to extend")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	v, err := note.NewVerifier(*log)
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	if (*leafPath == "") == (*old == "") || (*receipt != "" || *handed != "") && *leafPath == "" {
		return errors.New("verify-proof needs --leaf, or --old")
	}
	file, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if *old != "" {
		return showGrowth(env, file, *old, v, witnesses.keys)
	}
	text, err := os.ReadFile(*leafPath)
	if err != nil {
		return err
	}
	leaf := bytes.TrimSuffix(text, []byte("\n"))
	p, err := ledger.ParseProof(file)
	if err != nil {
		return err
	}
	c, err := p.Verify(leaf, v.Name(), v, witnesses.keys...)
	if err != nil {
		return err
	}
	e, err := ledger.ParseLeaf(leaf)
	if err != nil {
		return err
	}
	if e.Seq != p.Index {
		return ledger.ErrProof.At("leaf", "it is that of entry %d", e.Seq)
	}
	if *receipt != "" && e.Ref != *receipt {
		return ledger.ErrProof.At("receipt", "entry %d answers another record", e.Seq)
	}
	if *handed != "" {
		sum, _, err := digestOfFile(*handed)
		if err != nil {
			return err
		}
		h, ok := ledger.WasHandedOut(e)
		if ok && h.Salted() {
			return fmt.Errorf("entry %d has a digest with a salt: jate verify-file checks the file, for whoever may read the salt", e.Seq)
		}
		if !ok || !h.Is(sum, "") {
			return ledger.ErrNotHandedOut.At("file", "entry %d is not on it", e.Seq)
		}
		if err := (handedOut{h, e}).say(env); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.stdout, "entry %d: %s, posted %s\n", e.Seq, e.Kind, e.Posted.Format("2006-01-02T15:04:05Z"))
	_, err = fmt.Fprintf(env.stdout, "ok size=%d root=%s\n", c.Size, c.Root)
	return err
}

func showGrowth(env *environment, file []byte, old string, log note.Verifier, witnesses []note.Verifier) error {
	text, err := os.ReadFile(old)
	if err != nil {
		return err
	}
	earlier, err := ledger.OpenCheckpoint(string(text), log.Name(), log)
	if err != nil {
		return err
	}
	g, err := ledger.ParseGrowth(file)
	if err != nil {
		return err
	}
	c, err := g.Verify(earlier, log.Name(), log, witnesses...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok size=%d root=%s extends size=%d\n", c.Size, c.Root, earlier.Size)
	return err
}
