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
	"github.com/jate-cva/jate/store/bolt"
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
	r, err := matchFile(ctx, db, reconcile.NewRedemptions(id, *round),
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

// releaseEach is after how many entries the pages that they were read from are
// given back: each is read once.
const releaseEach = 100_000

// matchFile reads the file while the journal is followed: each has a core of
// its own.
func matchFile(ctx context.Context, db *bolt.DB, r *reconcile.Redemptions, f *reconcile.File, bar func(int, int)) (out reconcile.FileReport, err error) {
	var reading sync.WaitGroup
	var unread, unreleased error
	reading.Go(func() { unread = f.Read(ctx, time.Now()) })
	progress := func(done, of int) {
		if bar != nil {
			bar(done, of)
		}
		if done%releaseEach == 0 && unreleased == nil {
			unreleased = db.ReleasePages()
		}
	}
	err = db.Reconcile().View(ctx, func(tx reconcile.Tx) error {
		err := r.Follow(tx, progress)
		reading.Wait()
		if err := errors.Join(err, unread, unreleased, db.ReleasePages()); err != nil {
			return err
		}
		out, err = r.Match(tx, f)
		return err
	})
	reading.Wait()
	return out, err
}
