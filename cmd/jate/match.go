package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// matchGarbage is the percentage of what is in use that match leaves lying
// about: a million lines are to fit into the memory of a small machine.
const matchGarbage = 40

// matchCommand compares a file of claim lines with a round's redemptions.
func matchCommand(ctx context.Context, env *environment) error {
	fs := env.flags("match")
	dir := fs.String("data", "", "data folder")
	programme := fs.String("programme", "", "programme id; needed where there are several")
	round := fs.String("round", "", "the round that the lines are of")
	vendor := fs.String("vendor", "", "whose all lines are, where the file has no column for it")
	asJSON := fs.Bool("json", false, "print JSON")
	loud := fs.Bool("progress", false, "show how far it is, on a terminal or not")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	if *round == "" {
		return errors.New("match needs --round")
	}
	if os.Getenv("GOGC") == "" { // two tables of a million rows are most of what there is
		defer debug.SetGCPercent(debug.SetGCPercent(matchGarbage))
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	db, _, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	id, err := onlyProgramme(ctx, db, *programme)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	var bar func(done, of int)
	if *loud || countRows(env) != nil {
		out := progress{env.stderr}
		bar = out.bar("redemptions")
	}
	r, err := matchFile(ctx, db.Reconcile(), reconcile.NewRedemptions(id, *round),
		&reconcile.File{From: file, Size: info.Size(), Vendor: vendors.ID(*vendor)}, bar)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(env.stdout).Encode(r)
	}
	lang := "en"
	if french(env.getenv) {
		lang = "fr"
	}
	return reconcile.WriteFileText(env.stdout, r, lang)
}

// matchFile reads the file while the journal is followed: each has a core of
// its own.
func matchFile(ctx context.Context, s reconcile.Store, r *reconcile.Redemptions, f *reconcile.File, bar func(int, int)) (reconcile.FileReport, error) {
	var reading sync.WaitGroup
	var unread error
	reading.Go(func() { unread = f.Read(ctx, time.Now()) })
	var out reconcile.FileReport
	err := s.View(ctx, func(tx reconcile.Tx) error {
		err := r.Follow(tx, bar)
		reading.Wait()
		if err := errors.Join(err, unread); err != nil {
			return err
		}
		out, err = r.Match(tx, f)
		return err
	})
	reading.Wait()
	return out, err
}
