package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/witness"
)

// witnessSettings name one witness of the log in jate.json.
type witnessSettings struct {
	URL string // its address; add-checkpoint is added to it
	Key string // its verifier key, as `jate witness init` prints it
}

// openWitnesses makes the clients of the witnesses in jate.json.
func (a *app) openWitnesses() error {
	var clients []*witness.Client
	for _, w := range a.settings.Witnesses {
		c, err := witness.NewClient(w.URL, w.Key)
		if err != nil {
			return fmt.Errorf("jate.json: Witnesses: %w", err)
		}
		clients = append(clients, c)
	}
	log, err := note.NewVerifier(a.settings.Checkpoint)
	if err != nil {
		return fmt.Errorf("jate.json: Checkpoint: %w", err)
	}
	a.witnesses, err = witness.NewCosigners(clients, log, a.registry)
	return err
}

// checkpoint signs the journal's size and root if entries were added since,
// has every witness cosign it, and only then lets it be handed out. After a
// start it does so without new entries too, so that a store that was rolled
// back shows before anything is added to it.
func (a *app) checkpoint(ctx context.Context) error {
	if !a.witnesses.Due() {
		return nil
	}
	var c ledger.Checkpoint
	err := a.db.Ledger().View(ctx, func(tx ledger.Tx) error {
		size, err := a.covered(tx)
		if err != nil {
			return err
		}
		last, err := tx.Checkpoint()
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return err
		}
		if size == 0 || size == last.Size && a.witnesses.Began() {
			return nil
		}
		c, err = a.notary.SignAt(tx, size)
		return err
	})
	if err != nil || c.Note == "" {
		return err
	}
	c, err = a.witnesses.Cosign(ctx, c, func(old uint64) (p tlog.TreeProof, err error) {
		err = a.db.Ledger().View(ctx, func(tx ledger.Tx) error {
			p, err = tlog.ProveTree(int64(c.Size), int64(old), tx)
			return err
		})
		return p, err
	})
	if err != nil {
		return err
	}
	return a.db.Ledger().Update(ctx, func(tx ledger.Tx) error { return tx.PutCheckpoint(c) })
}

// covered returns how many entries a checkpoint may cover: all, or where
// jate.json names a file in CheckpointAfter, the number in it, but never fewer
// than were signed before. Whoever copies the store elsewhere writes it there
// once the copy is safe. A restored copy then contradicts nothing that left.
func (a *app) covered(tx ledger.Tx) (uint64, error) {
	size, err := tx.Size()
	if err != nil || a.settings.CheckpointAfter == "" {
		return size, err
	}
	path := a.settings.CheckpointAfter
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.cfg.dir, path)
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		b, err = []byte("0"), nil
	}
	if err != nil {
		return 0, err
	}
	copied, err := strconv.ParseUint(string(bytes.TrimSpace(b)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%s: not a number of entries", path)
	}
	last, err := tx.Checkpoint()
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return 0, err
	}
	return max(min(size, copied), last.Size), nil
}
