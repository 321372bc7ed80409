package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(serveMemory)
	if os.Getenv(childEnv)+os.Getenv(joinEnv) != "" {
		os.Exit(child())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1) // the deferred stop matters to nobody any more
	}
}

// say tells how far the run is. The table alone goes to standard output.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// bench is one run.
type bench struct {
	dir      string // everything of ours is below it
	cache    string
	reps     int
	seconds  time.Duration // of each measurement of a peer
	vouchers int           // of the issue, mode P
	scratch  int           // of the issue, mode S
	postings int           // of the ledger alone, in each repetition
	accounts int           // of the large folder
	sales    int           // of each of 64 handhelds: single redemptions in each repetition
	syncs    int           // of each of 64 handhelds: batches in each repetition
	batch    int           // receipts in one sync
	rush     int           // of each of 64 handhelds: uploads that it has for a server that has too much
	small    int           // vouchers of the smaller folder whose bytes are counted
	entries  int           // in the folder that is verified, at least
	lines    int           // of the file that is matched with as many redemptions

	pg       *postgres
	report   report
	appended appended
	field    *field // the folder that HTTP calls fill and verify reads
}

// part is what --only can name.
type part struct {
	name     string
	postgres bool // it needs the server
	run      func(*bench, context.Context) error
}

var parts = []part{
	{"ledger", true, (*bench).ledgerLines},
	{"large", true, (*bench).largeLines},
	{"issue", false, (*bench).issueLines},
	{"http", true, (*bench).httpLines},
	{"overload", false, (*bench).overloadLines},
	{"bytes", false, (*bench).bytesLines},
	{"verify", false, (*bench).verifyLines},
	{"match", false, (*bench).matchLines},
	{"reconcile", false, (*bench).reconcileLines},
}

func run(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	names := []string{}
	for _, p := range parts {
		names = append(names, p.name)
	}
	b := &bench{}
	dir := fs.String("dir", os.TempDir(), "folder on the disk to measure; what is made there is removed")
	fs.StringVar(&b.cache, "cache", "", "folder that keeps the large folder between runs")
	only := fs.String("only", strings.Join(names, ","), "parts, separated by commas; bytes and verify make the folder of http where it did not run")
	quick := fs.Bool("quick", false, "small and once, to try the program; no bar is held")
	noGate := fs.Bool("no-gate", false, "end with 0 although a bar is missed")
	results := fs.String("out", "", "folder for bench.json and bench.md")
	fs.IntVar(&b.reps, "reps", 5, "repetitions")
	fs.DurationVar(&b.seconds, "seconds", 4*time.Second, "time of each measurement of a peer")
	fs.IntVar(&b.vouchers, "vouchers", 1_000_000, "vouchers of the issue, mode P")
	fs.IntVar(&b.scratch, "scratch", 100_000, "vouchers of the issue, mode S")
	fs.IntVar(&b.postings, "postings", 100_000, "redemptions of the ledger alone in each repetition")
	fs.IntVar(&b.accounts, "accounts", 5_000_000, "vouchers of the large folder")
	fs.IntVar(&b.sales, "sales", 300, "single redemptions of each of 64 handhelds in each repetition")
	fs.IntVar(&b.syncs, "syncs", 4, "batches of each of 64 handhelds in each repetition")
	fs.IntVar(&b.batch, "batch", 100, "receipts in one sync")
	fs.IntVar(&b.rush, "rush", 16, "batches of each of 64 handhelds for the overload")
	fs.IntVar(&b.small, "small", 50_000, "vouchers of the smaller of the two folders whose bytes are counted")
	fs.IntVar(&b.entries, "entries", 1_000_000, "entries of the folder that is verified, at least")
	fs.IntVar(&b.lines, "lines", 1_000_000, "lines of the file that is matched with as many redemptions")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *quick {
		b.quick()
	}
	if err := b.all(ctx, *dir, strings.Split(*only, ",")); err != nil {
		return err
	}
	if err := b.report.text(out); err != nil {
		return err
	}
	if *results != "" {
		if err := b.report.write(*results); err != nil {
			return err
		}
	}
	if missed := b.report.missed(); len(missed) > 0 && !*noGate && !*quick {
		return fmt.Errorf("%d bars are missed: %s", len(missed), strings.Join(missed, "; "))
	}
	return nil
}

// quick makes the run one of about a minute.
func (b *bench) quick() {
	b.reps, b.seconds = 1, time.Second
	b.vouchers, b.scratch, b.postings, b.accounts = 20_000, 2_000, 10_000, 50_000
	b.sales, b.syncs, b.rush, b.small, b.entries = 10, 1, 3, 2_000, 20_000
	b.lines = 20_000
}

// all measures the parts on the disk that holds base, and removes what it made.
func (b *bench) all(ctx context.Context, base string, only []string) (err error) {
	wanted := slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return !slices.Contains(only, p.name) })
	if len(wanted) != len(only) {
		return fmt.Errorf("--only names a part that there is not: %s", strings.Join(only, ","))
	}
	if base, err = filepath.Abs(base); err != nil {
		return err
	}
	if err := onDisk(base); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(base, "jate-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	began := time.Now()
	syncs, err := syncsPerSecond(b.dir, time.Second)
	if err != nil {
		return err
	}
	b.report.Conditions = conditions(b.dir, syncs)
	b.appended.Store(512) // until the store has said how many
	if slices.ContainsFunc(wanted, func(p part) bool { return p.postgres }) {
		if b.pg, err = startPostgres(ctx, base); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.pg.stop()) }()
		b.report.Conditions = append(b.report.Conditions, b.pg.described())
	}
	for _, p := range wanted {
		say("%s", p.name)
		if err := p.run(b, ctx); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", p.name, err), b.fieldClosed())
		}
	}
	b.report.Conditions = append(b.report.Conditions, condition{"repetitions", fmt.Sprint(b.reps)},
		condition{"duration", time.Since(began).Round(time.Second).String()})
	return b.fieldClosed()
}
