package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/store/bolt"
)

const reconcileMemory = 1024 // MiB

// reconcileLines measures jate reconcile on a stored round with receipts,
// claims and lists: everything read by a process of its own; and, in this one,
// the report after some more receipts have come, of what was kept and of
// everything.
func (b *bench) reconcileLines(ctx context.Context) error {
	jate, err := buildJate(ctx, b.dir)
	if err != nil {
		return err
	}
	f := &field{jate: jate, dir: filepath.Join(b.dir, "reconcile"), pass: filepath.Join(b.dir, "reconcile-passphrases")}
	if err := f.init(ctx); err != nil {
		return err
	}
	s, err := newStored(b.lines + lateReceipts)
	if err != nil {
		return err
	}
	claimed := 0
	err = f.open(func(db *bolt.DB) error {
		err := s.people(ctx, db)
		if err == nil {
			err = s.sell(ctx, db, len(s.facts.Records)-lateReceipts)
		}
		if err == nil {
			claimed, err = s.claim(ctx, db)
		}
		return err
	})
	if err != nil {
		return err
	}
	say("  %d records are stored, %d lines claimed", s.next, claimed)
	if err := b.reconcileWhole(ctx, f, s.next, claimed); err != nil {
		return err
	}
	if err := f.open(func(db *bolt.DB) error { return b.reconcileAgain(ctx, db, s) }); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(f.dir), os.RemoveAll(f.pass))
}

// reconcileWhole runs the program once: it takes as long as all that is read.
func (b *bench) reconcileWhole(ctx context.Context, f *field, records, claimed int) error {
	began := time.Now()
	process, said, most, err := watched(ctx, f.jate, "reconcile", "--data", f.dir, "--programme", programme, "--round", round)
	took := time.Since(began)
	if err != nil {
		return err
	}
	if !strings.Contains(said, "The totals equal the ledger's balances.") || !strings.Contains(said, fmt.Sprintf("Matched lines: %d.", claimed)) {
		return fmt.Errorf("jate reconcile of %d claimed lines says %.600s", claimed, said)
	}
	b.report.add(line{Name: fmt.Sprintf("jate reconcile, %s records, %s lines claimed", figure(float64(records), ""), figure(float64(claimed), "")),
		Measured: took.Seconds() * 1000, Unit: "ms", Note: fmt.Sprintf("everything is read and all detectors run; %s of processors",
			(process.UserTime() + process.SystemTime()).Round(time.Millisecond))},
		line{Name: "the memory of reconcile", Measured: most, Unit: "MiB", Bar: reconcileMemory, AtMost: true, Note: "resident"})
	return nil
}

// reconcileAgain makes a report, stores more receipts, and makes the next one:
// without findings, which the bar is for, and with them.
func (b *bench) reconcileAgain(ctx context.Context, db *bolt.DB, s *stored) error {
	keeper := reconcile.NewKeeper(detect.Defaults())
	report := func(quick bool) (r reconcile.Report, took time.Duration, err error) {
		began := time.Now()
		err = db.Reconcile().View(ctx, func(tx reconcile.Tx) error {
			r, err = keeper.Report(ctx, tx, reconcile.Ask{Programme: programme, Round: round, Quick: quick})
			return err
		})
		return r, time.Since(began), err
	}
	if _, _, err := report(true); err != nil {
		return err
	}
	times := series{}
	var went reconcile.Report
	for from, i := s.next, 0; i < b.reps; i++ {
		if err := s.sell(ctx, db, from+(i+1)*lateReceipts/b.reps); err != nil {
			return err
		}
		r, took, err := report(true)
		if err != nil {
			return err
		}
		went = r
		times.add(ours, took.Seconds()*1000)
		say("  %d of %d: reconciled again %s", i+1, b.reps, took.Round(time.Millisecond))
	}
	full, took, err := report(false)
	if err != nil {
		return err
	}
	same, err := b.sameAsWhole(ctx, db, went, full)
	if err != nil {
		return err
	}
	if !same {
		return errors.New("going on says otherwise than reading everything")
	}
	b.report.add(line{Name: fmt.Sprintf("reconciled again after %s more receipts", figure(float64(lateReceipts/b.reps), "")), Measured: median(times[ours]), Unit: "ms",
		Bar: againMillis, AtMost: true, Note: "lines, totals, points, days, ties and cases, byte for byte those of reading everything; without findings"},
		line{Name: "the findings of that", Measured: took.Seconds() * 1000, Unit: "ms", Note: fmt.Sprintf("all detectors, and what they alone read; %d findings", len(full.Findings))})
	return nil
}

// sameAsWhole reports whether the reports are what reading everything gives.
func (b *bench) sameAsWhole(ctx context.Context, db *bolt.DB, quick, full reconcile.Report) (bool, error) {
	var all reconcile.Report
	err := db.Reconcile().View(ctx, func(tx reconcile.Tx) (err error) {
		all, err = reconcile.Make(tx, programme, round, detect.Defaults(), nil)
		return err
	})
	if err != nil {
		return false, err
	}
	quick.Findings, quick.Quick = all.Findings, false
	sum := func(r reconcile.Report) (string, error) {
		h := sha256.New()
		err := reconcile.WriteJSON(h, r)
		return string(h.Sum(nil)), err
	}
	a, err1 := sum(quick)
	c, err2 := sum(full)
	d, err3 := sum(all)
	return a == d && c == d, errors.Join(err1, err2, err3)
}
