package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/voucher"
)

// What `make test` plays, unless the environment says otherwise.
const (
	seedsDefault = 200
	stepsDefault = 120
)

// result is what a run leaves behind.
type result struct {
	root    tlog.Hash
	answers string // all of them, as a hash
	n       int    // how many
	seen    map[string]int
}

func (r result) String() string {
	return fmt.Sprintf("root %s, %d answers, hash %s", r.root, r.n, r.answers)
}

// options are what a run differs by besides seed and length.
type options struct {
	mutate func(voucher.Tx) voucher.Tx
	forget bool
	log    func(string)
}

// run plays one round. The same seed and length give the same result; t is for
// the randomness, which is the whole process's, so that no two run at once.
func run(t *testing.T, seed uint64, steps int, opt options) (res result, err error) {
	// Issuing draws randomness on all cores.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	folder, err := os.MkdirTemp(scratch, "round-")
	if err != nil {
		return res, err
	}
	defer os.RemoveAll(folder)
	s := template(t).copyOf(folder, seed)
	s.mutate, s.forget = opt.mutate, opt.forget
	step, what := -1, "set-up"
	defer func() {
		if s.db != nil {
			err = errors.Join(err, s.db.Close())
		}
		res.seen = s.m.seen
	}()
	defer func() {
		p := recover()
		b, ours := p.(broken)
		if p != nil && !ours {
			panic(p)
		}
		if p != nil {
			err = fmt.Errorf("step %d, %s: %s: %w", step, s.now.Format(time.DateTime), what, b.error)
		}
	}()
	ctx := context.Background()
	cryptotest.SetGlobalRandom(t, seed)
	s.open()
	for step = range steps {
		what = "?"
		s.wait(step, steps)
		if s.forget && step%5 == 0 {
			s.remember()
		}
		what = s.step(ctx, step < steps/10)
		if opt.log != nil {
			opt.log(fmt.Sprintf("%4d %s %s", step, s.now.Format(time.DateTime), what))
		}
		s.check(ctx)
		if step%100 == 99 {
			_, err := s.verify(ctx, nil)
			s.must(err)
		}
	}
	what = "the end"
	s.settleAll(ctx)
	s.check(ctx)
	res.root, err = s.verify(ctx, voucher.CheckEntry)
	s.must(err)
	res.answers, res.n = fmt.Sprintf("%x", s.said.Sum(nil)), s.said.n
	return res, nil
}

var begun *sim

// template returns a round that was just begun, the same for every seed and in
// every process.
func template(t *testing.T) *sim {
	if begun == nil {
		cryptotest.SetGlobalRandom(t, 0)
		s := newSim(filepath.Join(scratch, "begun"), rand.New(rand.NewPCG(0, 0)))
		s.begin(context.Background())
		s.must(s.db.Close())
		begun = s
	}
	return begun
}

// scratch is where stores are kept: in memory where the machine has a place
// for that, since nothing here depends on a disk.
var scratch string

// inScratch names the folder of the process that started this one.
const inScratch = "JATE_SIM_DIR"

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir := os.Getenv(inScratch)
		if f, err := os.Stat("/dev/shm"); dir == "" && err == nil && f.IsDir() {
			dir = "/dev/shm"
		}
		var err error
		if scratch, err = os.MkdirTemp(dir, "jate-sim-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}())
}

// wait lets time pass, so that the steps take the round from its opening to
// well after its close: most of them while cards are sold on.
func (s *sim) wait(step, steps int) {
	due := opens.Add(-2 * time.Hour)
	for _, leg := range []struct {
		until time.Time
		share int // of the steps, in hundredths
	}{{opens, 4}, {salesEnd, 76}, {grace, 10}, {grace.AddDate(0, 0, 8), 10}} {
		part := steps * leg.share / 100
		if step < part {
			due = due.Add(leg.until.Sub(due) / time.Duration(part) * time.Duration(step))
			break
		}
		due, step = leg.until, step-part
	}
	switch n := s.rnd.IntN(10); {
	case n < 1: // within the same second
	case n < 6 || !s.now.Before(due):
		s.pass(time.Duration(1+s.rnd.IntN(300)) * time.Second)
	default:
		s.pass(time.Duration(s.rnd.Int64N(int64(2 * due.Sub(s.now)))))
	}
}

// deed is one of the things that happen in a round, and how often.
type deed struct {
	weight int
	do     func(context.Context) string
}

// step does one of them.
func (s *sim) step(ctx context.Context, early bool) string {
	if !s.closed && !s.now.Before(grace) && s.rnd.IntN(6) == 0 {
		return s.end(ctx)
	}
	deeds := []deed{{24, s.visit}, {6, s.handOver}, {15, s.conspire}, {4, s.outrun}, {2, s.part}, {5, s.syncSomebody}, {4, s.deliver}, {5, s.carry}, {3, s.tamper},
		{4, s.change}, {5, s.propose}, {3, s.agree}, {2, s.manage}, {13, s.finance}, {2, s.sweep}, {3, s.repeat}, {2, s.stop}, {1, s.end}}
	if early {
		deeds[1].weight = 60
	}
	n := 0
	for _, d := range deeds {
		n += d.weight
	}
	n = s.rnd.IntN(n)
	for _, d := range deeds {
		if n -= d.weight; n < 0 {
			return d.do(ctx)
		}
	}
	return ""
}

// stop stops the server, in order or not.
func (s *sim) stop(context.Context) string {
	if s.rnd.IntN(2) == 0 {
		s.restart()
		s.m.saw("server: restarted")
		return "the server is restarted"
	}
	s.crash()
	s.m.saw("server: crashed")
	return "the server crashes"
}

// settleAll lets everybody sync over a good line, and compares what every
// whole handheld then believes with the model.
func (s *sim) settleAll(ctx context.Context) {
	for _, p := range s.phones {
		if p.rogue {
			continue
		}
		if p.hh == nil && s.m.devices[p.id].seq == 0 && !p.copied {
			continue // it was never switched on
		}
		_, err := s.open1(p).Sync(ctx, s.direct())
		s.tolerate(p, err)
		if p.copied {
			continue
		}
		for _, e := range s.open1(p).Entries() {
			r := s.m.byHash[e.Hash]
			if r == nil {
				s.fail("%s: record %d never arrived", p.id, e.Seq)
			}
			switch {
			case e.State == r.state && (e.State == voucher.Cancelled || e.Reason == r.reason):
			case e.State == voucher.Payable && r.kind == voucher.RecordReceipt:
				// It asks no more about what is payable. That may have been
				// undone since, for the card's home.
				s.m.saw("end: a payable receipt is %s since", r.answer)
			default:
				s.fail("%s believes that record %d is %s/%s, the model says %s", p.id, e.Seq, e.State, e.Reason, r.answer)
			}
		}
		s.m.saw("end: a handheld knows all its answers")
	}
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%s is no number", name, text)
	}
	return n
}

// replay is the command that plays one seed again.
func replay(seed uint64, steps int) string {
	return fmt.Sprintf("make sim SEED=%d STEPS=%d", seed, steps)
}

// share is the environment variable that makes this program play a share of
// the seeds, first:step:end, and print what it saw.
const share = "JATE_SIM_SHARE"

// TestSimulation plays SEEDS rounds of STEPS steps, from seed 0; with SEED that
// one alone, and tells what happens in it. Processes share the work, because
// the randomness is a process's.
func TestSimulation(t *testing.T) {
	steps := number(t, "STEPS", stepsDefault)
	if one := os.Getenv("SEED"); one != "" {
		seed := uint64(number(t, "SEED", 0))
		res, err := run(t, seed, steps, options{log: func(line string) { t.Log(line) }})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		t.Log(res)
		return
	}
	if text := os.Getenv(share); text != "" {
		playShare(t, text, steps)
		return
	}
	seeds := number(t, "SEEDS", seedsDefault)
	if testing.Short() {
		seeds = min(seeds, 10)
	}
	total, failed := shareOut(t, seeds, steps)
	if failed {
		return
	}
	report(t, total)
	if seeds >= seedsDefault && steps >= stepsDefault {
		for kind, list := range mustHappen {
			for _, what := range list {
				if total[kind+": "+what] == 0 {
					t.Errorf("%s: %s never happened in %d rounds, so nothing was tested of it", kind, what, seeds)
				}
			}
		}
	}
}

// shareOut starts a process for each core and adds up what they saw.
func shareOut(t *testing.T, seeds, steps int) (total map[string]int, failed bool) {
	total = map[string]int{}
	workers, program := min(runtime.NumCPU(), seeds), withoutRace(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range workers {
		wg.Go(func() {
			seen := filepath.Join(t.TempDir(), fmt.Sprint(w))
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestSimulation$", "-test.timeout=0")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%d:%d:%s", share, w, workers, seeds, seen), fmt.Sprintf("STEPS=%d", steps), inScratch+"="+scratch)
			out, err := cmd.CombinedOutput()
			text, readErr := os.ReadFile(seen)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || readErr != nil {
				failed = true
				t.Errorf("%v %v\n%s", err, readErr, out)
				return
			}
			var counts map[string]int
			if err := json.Unmarshal(text, &counts); err != nil {
				t.Error(err)
			}
			for k, n := range counts {
				total[k] += n
			}
		})
	}
	wg.Wait()
	return total, failed
}

// withoutRace returns this program, built again where it has the race detector:
// a simulation is one goroutine, and five times faster without. The detector
// watches the store where TestLinearizable uses it from many.
func withoutRace(t *testing.T) string {
	if !raceDetector {
		return os.Args[0]
	}
	program := filepath.Join(scratch, "sim.test")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-race=false", "-o", program, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build without the race detector: %v\n%s", err, out)
	}
	return program
}

// inChild runs the test in a program without the race detector, if this one
// has it, and reports whether it did.
func inChild(t *testing.T) bool {
	if !raceDetector {
		return false
	}
	cmd := exec.CommandContext(t.Context(), withoutRace(t), "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=0")
	cmd.Env = append(os.Environ(), inScratch+"="+scratch)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	return true
}

func playShare(t *testing.T, text string, steps int) {
	parts := strings.SplitN(text, ":", 4)
	var n [3]uint64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseUint(parts[i], 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	total := map[string]int{}
	for seed := n[0]; seed < n[2]; seed += n[1] {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			res, err := run(t, seed, steps, options{})
			if err != nil {
				t.Fatalf("seed %d: %v\nplay it again with: %s", seed, err, replay(seed, steps))
			}
			for k, n := range res.seen {
				total[k] += n
			}
		})
	}
	b, err := json.Marshal(total)
	if err == nil {
		err = os.WriteFile(parts[3], b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, total map[string]int) {
	var text strings.Builder
	for _, k := range slices.Sorted(maps.Keys(total)) {
		fmt.Fprintf(&text, "%8d  %s\n", total[k], k)
	}
	t.Logf("what happened:\n%s", &text)
}

// The same seed plays the same round: the same answers, the same log, in this
// process and in another one.
func TestSimulation_deterministic(t *testing.T) {
	if inChild(t) {
		return
	}
	for seed := range uint64(2) {
		one, err := run(t, seed, stepsDefault, options{})
		if err != nil {
			t.Fatal(err)
		}
		two, err := run(t, seed, stepsDefault, options{})
		if err != nil {
			t.Fatal(err)
		}
		if one.String() != two.String() || one.n < 100 {
			t.Errorf("seed %d: %s and then %s", seed, one, two)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSimulation$", "-test.v")
		cmd.Env = append(os.Environ(), fmt.Sprintf("SEED=%d", seed), fmt.Sprintf("STEPS=%d", stepsDefault), inScratch+"="+scratch)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), one.String()) {
			t.Errorf("seed %d: %s, but not so in another process (%v):\n%s", seed, one, err, out)
		}
	}
}
