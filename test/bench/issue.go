package main

import (
	"context"
	"crypto/ed25519"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

const (
	programme  = "bench"
	zone       = "z1"
	peerSign   = "Ed25519 signing alone, all cores"
	peerSecret = "Ed25519 and PBKDF2 alone, all cores"

	// childEnv holds the work of a process that issues and does nothing else,
	// so that its memory can be seen.
	childEnv = "JATE_BENCH_ISSUE"

	memoryMax = 512 // MiB

	// What jate serve, and jate issue, allow the collector of garbage to leave.
	garbagePercent, serveMemory, issueMemory = 400, 1 << 30, 400 << 20
)

// issueWork is what the child does, and issued what it says afterwards.
type (
	issueWork struct {
		Dir   string
		Count int
		Mode  voucher.Mode
	}
	issued struct {
		PerSecond float64
		PeakMiB   float64 // VmHWM
		Close     float64 // seconds until the store was closed, which are not in PerSecond
	}
)

// child runs the process that issues, or the one that joins.
func child() int {
	if files := os.Getenv(joinEnv); files != "" {
		sales, lines, _ := strings.Cut(files, "\n")
		j, err := joinFiles(context.Background(), sales, lines)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(j)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench: join:", err)
			return 1
		}
		return 0
	}
	var w issueWork
	if err := json.Unmarshal([]byte(os.Getenv(childEnv)), &w); err != nil {
		fmt.Fprintln(os.Stderr, "bench: issue:", err)
		return 1
	}
	out, err := w.run(context.Background())
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: issue:", err)
		return 1
	}
	return 0
}

func (w issueWork) run(ctx context.Context) (issued, error) {
	debug.SetMemoryLimit(issueMemory)
	db, err := bolt.Open(filepath.Join(w.Dir, "jate.db"), bolt.Options{UnmapPages: true})
	if err != nil {
		return issued{}, err
	}
	s, err := w.service(ctx, db)
	if err != nil {
		return issued{}, errors.Join(err, db.Close())
	}
	cmd := lot("l1", w.Count, w.Mode)
	cmd.Progress = progress(w.Count)
	began := time.Now()
	_, err = s.IssueLot(ctx, cmd)
	out := issued{PerSecond: perSecond(w.Count, began)}
	began = time.Now()
	err = errors.Join(err, db.Close())
	out.Close = time.Since(began).Seconds()
	if err != nil {
		return issued{}, err
	}
	out.PeakMiB, err = peak("self")
	return out, err
}

// service gives the round its money and returns the real service, with a root
// key of the hour.
func (w issueWork) service(ctx context.Context, db *bolt.DB) (voucher.Service, error) {
	err := db.Vouchers().Update(ctx, func(tx voucher.Tx) error { return allocate(tx, money.Francs(int64(w.Count)*face)) })
	if err != nil {
		return nil, err
	}
	room, err := newPrintRoom(filepath.Join(w.Dir, "print"), nil)
	if err != nil {
		return nil, err
	}
	public, root, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return voucher.New(db.Vouchers(), voucher.Config{Rand: rand.Reader, PrintRoom: room, RootPublic: public,
		SignManifest: func(m voucher.Manifest) (string, error) { return voucher.SignManifest(root, m) }}), nil
}

// lot is the command to issue one voucher to each of so many households, whose
// homes are 64 handhelds: the most entries that so many vouchers can make.
func lot(id string, count int, mode voucher.Mode) voucher.IssueLot {
	opens := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	return voucher.IssueLot{Programme: programme, Round: round, Lot: id, Issuer: "bench",
		NotBefore: opens, Expires: opens.AddDate(0, 0, 30), GraceUntil: opens.AddDate(0, 0, 45),
		Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Cap: 10_000}},
		Count:    count, Items: items(id, count, mode),
		By: access.Actor{ID: "s1", Pseudonym: "p1", Programme: programme, Roles: []access.Role{access.RoleIssuer}}}
}

func items(id string, count int, mode voucher.Mode) iter.Seq2[voucher.Item, error] {
	return func(yield func(voucher.Item, error) bool) {
		for i := range count {
			it := voucher.Item{Beneficiary: fmt.Sprintf("%s-h%d", id, i+1), Point: "p1", Zone: zone, Home: phoneID(i),
				Profile: 1, Value: money.Francs(face), Mode: mode}
			if !yield(it, nil) {
				return
			}
		}
	}
}

func phoneID(i int) vendors.HandheldID { return vendors.HandheldID(fmt.Sprintf("h%d", i%together+1)) }

// progress says each tenth.
func progress(of int) func(done, of int) {
	began, said := time.Now(), 0
	return func(done, _ int) {
		if tenth := done * 10 / of; tenth > said {
			said = tenth
			say("    issued %d of %d, %.0f/s", done, of, perSecond(done, began))
		}
	}
}

// peak returns the most memory that a process had at once, in MiB.
func peak(pid string) (float64, error) {
	text := firstLine("/proc/"+pid+"/status", "VmHWM")
	kib, err := strconv.ParseFloat(strings.TrimSuffix(text, " kB"), 64)
	if err != nil {
		return 0, fmt.Errorf("VmHWM is %q", text)
	}
	return kib / 1024, nil
}

// issue issues in a process of its own and in a new folder.
func (b *bench) issue(ctx context.Context, count int, mode voucher.Mode) (issued, error) {
	var out issued
	dir, err := os.MkdirTemp(b.dir, "issue-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	todo, err := json.Marshal(issueWork{Dir: dir, Count: count, Mode: mode})
	if err != nil {
		return out, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(todo))
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("the process that issues: %w", err)
	}
	return out, json.Unmarshal(said, &out)
}

// signAlone signs on all cores for a while and does nothing else. With secrets
// it derives a verifier for each, as mode S must.
func signAlone(secrets bool, within time.Duration) (float64, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return 0, err
	}
	message := make([]byte, 200) // as long as what is signed of a token
	return allCores(within, func() error {
		if secrets {
			if _, err := pbkdf2.Key(sha256.New, "1234567890123456", message[:19], 1000, 16); err != nil {
				return err
			}
		}
		ed25519.Sign(key, message)
		return nil
	})
}

// allCores calls fn on all cores for a while and returns how often a second.
func allCores(within time.Duration, fn func() error) (float64, error) {
	cores := runtime.GOMAXPROCS(0)
	w := newWork(0, 1<<40, within)
	began := time.Now()
	err := each(cores, func(int) error {
		for {
			if _, ok := w.take(); !ok {
				return nil
			}
			if err := fn(); err != nil {
				return err
			}
		}
	})
	return perSecond(w.taken(), began), err
}

// issueLines measures the issue. Signing alone is measured before and after
// each, and their mean is what it is compared with.
func (b *bench) issueLines(ctx context.Context) error {
	for _, m := range []struct {
		mode   voucher.Mode
		count  int
		peer   string
		bar    float64
		secret bool
	}{{voucher.ModePIN, b.vouchers, peerSign, 0.55, false}, {voucher.ModeSecret, b.scratch, peerSecret, 0, true}} {
		s := series{}
		var peaks, closes []float64
		for i := range b.reps {
			before, err := signAlone(m.secret, b.seconds/2)
			if err != nil {
				return err
			}
			out, err := b.issue(ctx, m.count, m.mode)
			if err != nil {
				return err
			}
			after, err := signAlone(m.secret, b.seconds/2)
			if err != nil {
				return err
			}
			s.add(ours, out.PerSecond)
			s.add(m.peer, (before+after)/2)
			peaks, closes = append(peaks, out.PeakMiB), append(closes, out.Close)
			say("  %d of %d: mode %s %.0f/s, alone %.0f/s, %.0f MiB", i+1, b.reps, m.mode, out.PerSecond, (before+after)/2, out.PeakMiB)
		}
		name := fmt.Sprintf("issue of %s vouchers, mode %s", figure(float64(m.count), ""), m.mode)
		l := s.against(name, ours, m.peer, m.bar).noted("closing the store took %.1f s more", median(closes))
		b.report.add(l)
		if m.mode == voucher.ModePIN {
			b.report.add(line{Name: "its peak memory", Measured: slices.Max(peaks), Unit: "MiB", Bar: memoryMax, AtMost: true})
		}
	}
	return nil
}
