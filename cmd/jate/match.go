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

// lean makes the process keep to little memory, until what it returns is called:
// a million lines are to fit into that of a small machine. What an operator says
// in the environment counts for more.
func lean() (restore func()) {
	restore = func() {}
	if os.Getenv("GOGC") == "" { // tables of a million rows are most of what there is
		was := debug.SetGCPercent(leanGarbage)
		restore = func() { debug.SetGCPercent(was) }
	}
	return restore
}

// leanGarbage is the percentage of what is in use that a lean process leaves
// lying about.
const leanGarbage = 40

// releasing is progress that gives pages back that were read from the store:
// each is read once, or seldom.
func releasing(db *bolt.DB, bar func(done, of int)) func(done, of int) {
	return func(done, of int) {
		bar(done, of)
		_ = db.ReleasePages() // they only stay where they are
	}
}

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
	defer lean()()
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
