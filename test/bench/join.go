package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

const (
	joinEnv     = "JATE_BENCH_JOIN" // the two files of a process that joins them and does nothing else
	peerDuckDB  = "DuckDB"
	joinTimes   = 1.5
	joinGarbage = 40 // as jate match leaves
)

//go:embed duckdb/package.json duckdb/package-lock.json duckdb/join.mjs
var duckdb embed.FS

// joined is what came of a join.
type joined struct {
	Millis  float64 // from before the files are opened until the totals are there
	Vendors int
	Exact   int   // lines whose serial is that of the redemption
	Read    int   // lines that match despite slips; DuckDB has none
	Francs  int64 // of the exact ones
}

// joinLines measures the join alone, both tables being files: ours with all of
// the rules of a match, DuckDB's with equality.
func (b *bench) joinLines(ctx context.Context, lines string) error {
	sales := filepath.Join(b.dir, "redemptions.csv")
	if err := saleFile(sales, b.lines); err != nil {
		return err
	}
	defer os.Remove(sales)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	script, missing := b.installDuckDB(ctx)
	times, memory, peerMemory := series{}, 0.0, 0.0
	for i := range b.reps {
		j, most, err := join(ctx, []string{joinEnv + "=" + sales + "\n" + lines}, self)
		if err != nil {
			return err
		}
		if j.Exact+j.Read != b.lines {
			return fmt.Errorf("the join found %d of %d lines", j.Exact+j.Read, b.lines)
		}
		times.add(ours, j.Millis)
		memory = max(memory, most)
		if missing != nil {
			continue
		}
		d, most, err := join(ctx, nil, "node", script, sales, lines, strconv.Itoa(runtime.GOMAXPROCS(0)))
		if err != nil {
			return err
		}
		if d.Exact != j.Exact || d.Francs != j.Francs || d.Vendors != j.Vendors {
			return fmt.Errorf("ours joins %+v, DuckDB %+v", j, d)
		}
		times.add(peerDuckDB, d.Millis)
		peerMemory = max(peerMemory, most)
		say("  %d of %d: the join alone %.0f ms and %.0f MiB, DuckDB %.0f ms and %.0f MiB", i+1, b.reps, j.Millis, memory, d.Millis, peerMemory)
	}
	l := line{Name: fmt.Sprintf("the join alone, %s lines", figure(float64(b.lines), "")), Unit: "ms", Measured: median(times[ours])}
	if missing == nil {
		l = times.against(l.Name, ours, peerDuckDB, joinTimes)
		l.Unit, l.AtMost = "ms", true
		l.Note = fmt.Sprintf("two files to totals by trader, in processes of their own; ours %.0f MiB, DuckDB %.0f MiB; ours reads slips, DuckDB does not", memory, peerMemory)
	} else {
		b.report.Missing = append(b.report.Missing, fmt.Sprintf("the join of DuckDB: %v", missing))
	}
	b.report.add(l)
	return nil
}

// installDuckDB installs the locked packages beside what is measured, and
// returns the script.
func (b *bench) installDuckDB(ctx context.Context) (string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is not installed", program)
		}
	}
	if err := os.CopyFS(b.dir, duckdb); err != nil {
		return "", err
	}
	dir := filepath.Join(b.dir, "duckdb")
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-progress", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w: %.300s", err, out)
	}
	return filepath.Join(dir, "join.mjs"), nil
}

// join runs a program that joins and returns, with what it says, the most
// memory that it had.
func join(ctx context.Context, env []string, program string, args ...string) (joined, float64, error) {
	var j joined
	_, said, most, err := watchedIn(ctx, env, program, args...)
	if err != nil {
		return j, 0, err
	}
	return j, most, json.Unmarshal([]byte(said), &j)
}

// saleFile writes the redemptions in the order in which they were made.
func saleFile(path string, count int) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := bufio.NewWriterSize(out, 1<<20)
	fmt.Fprintln(w, "Commerçant;Coupon;Date;Montant")
	today := time.Now().UTC().Format("02/01/2006")
	for i := range count {
		fmt.Fprintf(w, "%s;%s;%s;%d\n", shopID(i), voucher.Serial(voucherAccount(i).Serial()).Printed(), today, face)
	}
	return w.Flush()
}

// joinFiles joins as jate match does, but for the journal: each file is read on
// a core of its own.
func joinFiles(ctx context.Context, sales, lines string) (joined, error) {
	debug.SetGCPercent(joinGarbage)
	began := time.Now()
	e, numbers, now := &engine.Engine{}, vendorNumbers{}, time.Now()
	var asked []engine.Line
	texts := map[int32]string{}
	var wg sync.WaitGroup
	var unread error
	wg.Go(func() {
		unread = eachLine(ctx, lines, now, func(room int) { asked = make([]engine.Line, 0, room) }, func(l vendors.FileLine) {
			x := engine.Line{Amount: l.Amount.Minor(), Vendor: numbers.of(l.Vendor), Day: l.Date.Unix(), Holds: engine.None}
			if s, err := engine.Parse(l.Serial); err == nil {
				x.Serial = s
			} else {
				texts[int32(len(asked))] = string([]byte(l.Serial))
			}
			asked = append(asked, x)
		})
	})
	err := eachLine(ctx, sales, now, func(room int) { e.Reserve(room, 0) }, func(l vendors.FileLine) {
		s, _ := engine.Parse(l.Serial)
		day := l.Date.Unix()
		e.Add(engine.Sale{Serial: s, From: day, To: day + 24*3600, Amount: l.Amount.Minor(), Vendor: numbers.of(l.Vendor), Household: engine.None})
	})
	wg.Wait()
	if err := errors.Join(err, unread); err != nil {
		return joined{}, err
	}
	e.Load(asked, texts)
	answer := e.Run()
	var j joined
	matched := map[int32]int64{}
	for i, r := range answer.Results {
		switch r.Outcome {
		case engine.Matched:
			j.Exact++
			j.Francs += e.Lines[i].Amount
			matched[e.Lines[i].Vendor] += e.Lines[i].Amount
		case engine.Read:
			j.Read++
		}
	}
	j.Vendors, j.Millis = len(matched), float64(time.Since(began).Microseconds())/1000
	return j, nil
}

// vendorNumbers number the shops: what follows the letter is theirs already.
type vendorNumbers struct{}

func (vendorNumbers) of(id vendors.ID) int32 {
	n, _ := strconv.Atoi(string(id[1:])) // the files were written here
	return int32(n)
}

// eachLine reads a file of claim lines; room is told about how many there are.
func eachLine(ctx context.Context, path string, now time.Time, room func(int), fn func(vendors.FileLine)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	room(int(info.Size() / 24)) // no line is shorter
	bad, flaws, err := vendors.ReadClaimFile(ctx, f, info.Size(), "", now, func(l vendors.FileLine) error {
		fn(l)
		return nil
	})
	if err == nil && bad > 0 {
		err = fmt.Errorf("%s: %d rows cannot be read: %v", path, bad, flaws)
	}
	return err
}
