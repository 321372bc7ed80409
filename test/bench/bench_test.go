package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/toolcheck"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv)+os.Getenv(joinEnv) != "" { // the processes that issue or join run this program
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// The whole program runs on the smallest round, so that it is there when it is
// needed. Its figures mean nothing.
func TestEveryPart(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts PostgreSQL and builds the program")
	}
	toolcheck.Need(t, "psql", "npm")
	if _, err := postgresBin(); err != nil && os.Getenv("JATE_TOOLS") != "required" {
		t.Skip(err)
	}
	base, out := t.TempDir(), t.TempDir()
	if err := onDisk(base); err != nil {
		t.Skip(err)
	}
	// PostgreSQL runs as another user where the test runs as root.
	for dir := base; dir != os.TempDir() && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var table bytes.Buffer
	err := run(t.Context(), []string{"--dir", base, "--cache", filepath.Join(out, "cache"), "--out", out, "--no-gate",
		"--reps", "1", "--seconds", "100ms", "--vouchers", "600", "--scratch", "20", "--postings", "300", "--accounts", "700",
		"--sales", "2", "--syncs", "1", "--batch", "3", "--rush", "2", "--small", "192", "--entries", "1000", "--lines", "2000"}, &table)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	b, err := os.ReadFile(filepath.Join(out, "bench.json"))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range r.Lines {
		if l.Measured <= 0 || l.Than != "" && (l.Peer <= 0 || l.Ratio <= 0 || l.Low > l.Ratio || l.High < l.Ratio) || l.Met == "" {
			t.Errorf("%+v", l)
		}
		seen[l.Name+" / "+l.Than] = true
	}
	for _, want := range []string{
		"ledger alone, 64 callers / " + peerSingle, "ledger alone, 64 callers / " + peerGroup, "ledger alone, 64 callers / " + peerAppend,
		"ledger alone, 700 vouchers in the folder / " + peerSingle, "ledger alone, 700 vouchers in the folder / " + peerGroup,
		"issue of 600 vouchers, mode P / " + peerSign, "its peak memory / ", "issue of 20 vouchers, mode S / " + peerSecret,
		"redeem singly over HTTP, 64 clients / " + peerSingle, "sync in batches of 3 over HTTP / " + peerChecks,
		"overload: p99 of what is accepted at 10 times what it can do / ",
		"bytes a voucher, 192 in the folder / ", "bytes a voucher, 320 in the folder / ",
		"the join alone, 2,000 lines / " + peerDuckDB, "jate match, 2,000 redemptions and lines / ", "its greatest memory / ", "matched again after 1,000 more redemptions / ",
		"jate verify, entries a second a core / ", "jate monitor, entries a second a core / ",
	} {
		if !seen[want] {
			t.Errorf("the table has no line %q:\n%s", want, table.String())
		}
	}
	for _, want := range []string{"CPU", "kernel", "PostgreSQL", "redemptions a group", "WAL bytes a redemption", "refused with 503", "processor time each"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, table.String())
		}
	}
	left, err := filepath.Glob(filepath.Join(base, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("it left %q behind (%v)", left, err)
	}
}

func TestLine_Judged(t *testing.T) {
	for _, tt := range []struct {
		line line
		want string
	}{
		{line{Than: "p", Ratio: 5.1, Bar: 5}, "met"},
		{line{Than: "p", Ratio: 5, Bar: 5}, "met"},
		{line{Than: "p", Ratio: 4.9, Bar: 5, Measured: 100}, "NOT MET"},
		{line{Measured: 99_999, Bar: 100_000}, "NOT MET"},
		{line{Measured: 100_001, Bar: 100_000}, "met"},
		{line{Measured: 513, Bar: 512, AtMost: true}, "NOT MET"},
		{line{Measured: 511, Bar: 512, AtMost: true}, "met"},
		{line{Than: "p", Ratio: 0.1}, "–"},
	} {
		if got := tt.line.judged().Met; got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.line, got, tt.want)
		}
	}
}

// Only what was measured in one repetition is compared.
func TestSeries_Against(t *testing.T) {
	s := series{ours: {10, 30, 20}, "peer": {10, 10, 10}}
	l := s.against("x", ours, "peer", 2)
	if l.Ratio != 2 || l.Low != 1 || l.High != 3 || l.Measured != 20 || l.Peer != 10 {
		t.Errorf("%+v", l)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median %v", got)
	}
}

func TestReport_Missed(t *testing.T) {
	var r report
	r.add(line{Name: "slow", Than: "peer", Ratio: 1, Bar: 2}, line{Name: "small", Measured: 1, Bar: 2, AtMost: true})
	if got := strings.Join(r.missed(), ";"); got != "slow / peer" {
		t.Errorf("missed %q", got)
	}
	r.Missing = append(r.Missing, "another")
	if got := strings.Join(r.missed(), ";"); got != "slow / peer;another" {
		t.Errorf("missed %q", got)
	}
}

// Whatever is measured in memory would say nothing of disks.
func TestOnDisk_Memory(t *testing.T) {
	if !strings.HasPrefix(fileSystem("/dev/shm"), "tmpfs") {
		t.Skip("there is no file system in memory here")
	}
	if err := onDisk("/dev/shm"); err == nil {
		t.Error("/dev/shm passes for a disk")
	}
}

func TestWork(t *testing.T) {
	w := newWork(3, 6, 0)
	var got []int
	for {
		n, ok := w.take()
		if !ok {
			break
		}
		got = append(got, n)
	}
	if len(got) != 3 || got[0] != 3 || got[2] != 5 || w.taken() != 6 {
		t.Errorf("%v, then %d", got, w.taken())
	}
	if _, ok := newWork(0, 10, -time.Second).take(); !ok {
		t.Error("no time limit was meant")
	}
	over := newWork(0, 10, time.Nanosecond)
	time.Sleep(time.Millisecond)
	if _, ok := over.take(); ok {
		t.Error("the time was over")
	}
}

// A server that cannot start says why, and leaves nothing.
func TestStartPostgres_Refused(t *testing.T) {
	if _, err := postgresBin(); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	base := t.TempDir()
	if _, err := startPostgres(ctx, base); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(base); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}
