package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/voucher"
)

const (
	matchSeconds  = 10
	detectSeconds = 60
	againMillis   = 1_000
	lateReceipts  = 1_000
	slipEvery     = 500 // one line in so many has two neighbours exchanged
)

// matchLines measures jate match: a round's redemptions in the store against a
// file of as many claim lines; the same again after some more redemptions; and
// all detectors over as many records.
func (b *bench) matchLines(ctx context.Context) error {
	jate, err := buildJate(ctx, b.dir)
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "match")
	f := &field{jate: jate, dir: dir, pass: dir + "-passphrases"}
	if err := f.init(ctx); err != nil {
		return err
	}
	err = f.open(func(db *bolt.DB) error { return b.redeemed(ctx, f, db) })
	if err != nil {
		return err
	}
	file := filepath.Join(b.dir, "lines.csv")
	if err := claimFile(file, b.lines); err != nil {
		return err
	}
	if err := b.joinLines(ctx, file); err != nil {
		return err
	}
	if err := b.matchWhole(ctx, f, file); err != nil {
		return err
	}
	if err := f.open(func(db *bolt.DB) error { return b.matchAgain(ctx, db, file) }); err != nil {
		return err
	}
	if err := b.detectAll(ctx); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(dir), os.Remove(file))
}

// redeemed fills the folder through the ledger.
func (b *bench) redeemed(ctx context.Context, f *field, db *bolt.DB) error {
	total := b.lines + lateReceipts
	err := db.Vouchers().Update(ctx, func(tx voucher.Tx) error {
		return errors.Join(f.people(tx), allocate(tx, money.Francs(int64(total)*face)))
	})
	if err != nil {
		return err
	}
	const perEntry, perUpdate = 100, 5_000
	for from := 0; from < total; from += perUpdate {
		err := db.Ledger().Update(ctx, func(tx ledger.Tx) error {
			for i := from; i < min(from+perUpdate, total); i += perEntry {
				if err := fundSome(tx, "l1", i, min(i+perEntry, total)); err != nil {
					return err
				}
			}
			return redeemSome(tx, from, min(from+perUpdate, b.lines))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func redeemSome(tx ledger.Tx, from, to int) error {
	for i := from; i < to; i++ {
		if _, err := ledger.Post(tx, redemption(i)); err != nil {
			return err
		}
	}
	return nil
}

// claimFile writes a line for each redemption, in random order, as vendors
// type them.
func claimFile(path string, lines int) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := bufio.NewWriterSize(out, 1<<20)
	fmt.Fprintln(w, "Commerçant;Coupon;Date;Montant")
	today := time.Now().UTC().Format("02/01/2006")
	for n, i := range rand.New(rand.NewPCG(1, 2)).Perm(lines) {
		serial := voucher.Serial(voucherAccount(i).Serial()).Printed()
		if n%slipEvery == 0 && serial[2] != serial[3] {
			serial = serial[:2] + serial[3:4] + serial[2:3] + serial[4:]
		}
		fmt.Fprintf(w, "%s;%s;%s;%d\n", shopID(i), serial, today, face)
	}
	return w.Flush()
}

// matchWhole runs the program, which does nothing else, and takes its time and
// memory.
func (b *bench) matchWhole(ctx context.Context, f *field, file string) error {
	times, memory := series{}, 0.0
	for i := range b.reps {
		began := time.Now()
		process, said, most, err := watched(ctx, f.jate, "match", "--data", f.dir, "--programme", programme, "--round", round, "--json", file)
		took := time.Since(began)
		if err != nil {
			return err
		}
		var r reconcile.FileReport
		if err := json.Unmarshal([]byte(said), &r); err != nil {
			return err
		}
		matched := int64(0)
		for _, t := range r.Totals {
			matched += t.Matched.Minor()
		}
		if r.Lines != b.lines || matched != int64(b.lines)*face || len(r.Exceptions) > 0 {
			return fmt.Errorf("of %d lines %d francs matched, and %d lines did not", r.Lines, matched, len(r.Exceptions))
		}
		memory = max(memory, most)
		times.add(ours, took.Seconds()*1000)
		say("  %d of %d: jate match %s, %s of processors, %.0f MiB", i+1, b.reps, took.Round(time.Millisecond),
			(process.UserTime() + process.SystemTime()).Round(time.Millisecond), memory)
	}
	name := fmt.Sprintf("jate match, %s redemptions and lines", figure(float64(b.lines), ""))
	b.report.add(line{Name: name, Measured: median(times[ours]), Unit: "ms", Bar: matchSeconds * 1000, AtMost: true,
		Note: "from the start of the process to its end: journal and file are read, lines matched, the report printed; one line in 500 has a slip"},
		line{Name: "its greatest memory", Measured: memory, Unit: "MiB", Bar: memoryMax, AtMost: true, Note: "resident, the mapped pages of the store among it"})
	return nil
}

// watchEach is how often a process is asked for its memory. What it had last
// before it ended is not seen; it writes its report then and takes no more.
const watchEach = 10 * time.Millisecond

// watched runs a program and returns, with its end and what it printed, the
// most memory it had, in MiB. The kernel's own account of a child that has ended
// begins with what its parent had, so it says nothing.
func watched(ctx context.Context, program string, args ...string) (*os.ProcessState, string, float64, error) {
	return watchedIn(ctx, nil, program, args...)
}

// watchedIn is watched with more in its environment.
func watchedIn(ctx context.Context, env []string, program string, args ...string) (*os.ProcessState, string, float64, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, wrong strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &wrong
	if err := cmd.Start(); err != nil {
		return nil, "", 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := 0.0
	for {
		select {
		case err := <-ended:
			if err != nil {
				return nil, "", 0, fmt.Errorf("%s: %w\n%s", program, err, wrong.String())
			}
			return cmd.ProcessState, out.String(), most, nil
		case <-time.After(watchEach):
			if mib, err := peak(strconv.Itoa(cmd.Process.Pid)); err == nil {
				most = max(most, mib)
			}
		}
	}
}

// matchAgain follows the journal in this process, adds redemptions, and
// measures what it takes to go on and match again. A new state that reads
// everything must say the same.
func (b *bench) matchAgain(ctx context.Context, db *bolt.DB, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	match := func(r *reconcile.Redemptions, f *reconcile.File) (said string, err error) {
		err = db.Reconcile().View(ctx, func(tx reconcile.Tx) error {
			if err := r.Follow(tx, nil); err != nil {
				return err
			}
			out, err := r.Match(tx, f)
			if err != nil {
				return err
			}
			text, err := json.Marshal(out)
			said = string(text)
			return err
		})
		return said, err
	}
	read := func() (*reconcile.File, error) {
		f := &reconcile.File{From: file, Size: info.Size()}
		return f, f.Read(ctx, time.Now())
	}
	state, lines := reconcile.NewRedemptions(programme, round), (*reconcile.File)(nil)
	if lines, err = read(); err != nil {
		return err
	}
	if _, err := match(state, lines); err != nil {
		return err
	}
	err = db.Ledger().Update(ctx, func(tx ledger.Tx) error { return redeemSome(tx, b.lines, b.lines+lateReceipts) })
	if err != nil {
		return err
	}
	began := time.Now()
	went, err := match(state, lines)
	took := time.Since(began)
	if err != nil {
		return err
	}
	if lines, err = read(); err != nil {
		return err
	}
	anew, err := match(reconcile.NewRedemptions(programme, round), lines)
	if err != nil {
		return err
	}
	if went != anew {
		return errors.New("going on says otherwise than reading everything")
	}
	b.report.add(line{Name: fmt.Sprintf("matched again after %s more redemptions", figure(lateReceipts, "")), Measured: took.Seconds() * 1000, Unit: "ms",
		Bar: againMillis, AtMost: true, Note: "the report equals that of a state that reads everything"})
	return nil
}

// detectAll runs all detectors over an invented round.
func (b *bench) detectAll(ctx context.Context) error {
	c := simulate.Default(1)
	c.Households, c.Vendors, c.Points = max(b.lines, 100), max(b.lines/400, 4), max(b.lines/1500, 1)
	r, err := simulate.New(c)
	if err != nil {
		return err
	}
	began := time.Now()
	found := detect.Run(&r.Facts, detect.Defaults())
	took := time.Since(began)
	b.report.add(line{Name: fmt.Sprintf("all detectors, %s records", figure(float64(len(r.Facts.Records)), "")), Measured: took.Seconds() * 1000, Unit: "ms",
		Bar: detectSeconds * 1000, AtMost: true, Note: fmt.Sprintf("one invented round of %d households; %d findings", c.Households, len(found))})
	return ctx.Err()
}
