//go:build linux

package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jate-cva/jate/vendors"
)

// checkpointEvery is how often a server signs here: often, so that many
// accidents meet the guard file.
const checkpointEvery = 30 * time.Millisecond

// run is a day that is lived through, accident after accident.
type run struct {
	t       *testing.T
	dir     string // the data folder, as the server sees it
	told    *told
	clients []*client

	flushBytes int           // when the store flushes its WAL
	patience   time.Duration // with a server that does not come up
}

func newRun(t *testing.T, dir string, d day, rnd *rand.Rand, most int) *run {
	t.Helper()
	known, err := newTold(d)
	if err != nil {
		t.Fatal(err)
	}
	return &run{t: t, dir: dir, told: known, clients: newClients(known, rnd, most), patience: patience,
		flushBytes: 4 << 10 << rnd.IntN(8)} // from each few receipts to hardly ever
}

func (r *run) order() order {
	o := order{Dir: r.dir, Keys: r.told.day.Keys, Sizes: r.told.sizes(), Checkpoint: checkpointEvery, FlushBytes: r.flushBytes}
	for _, l := range r.told.day.Tills {
		o.Tills = append(o.Tills, l.Handheld)
	}
	return o
}

// errEnded says that the server ended before it served; what it said follows.
var errEnded = errors.New("the server ended before it served")

// await waits until the server serves, gives what it audits to the oracle, and
// returns its address. accident is closed when one has happened.
func (r *run) await(p *process, accident <-chan struct{}) (string, error) {
	timeout := time.After(r.patience)
	said := ""
	for {
		select {
		case e, ok := <-p.events:
			switch {
			case !ok:
				<-p.exited
				return "", fmt.Errorf("%w: %s (%v): %s", errEnded, said, p.waitErr, p.log)
			case e.Failed != "":
				said = e.Failed
			case e.Audit != nil:
				r.told.audit(*e.Audit)
			case e.Serving != "":
				return e.Serving, nil
			}
		case <-accident:
			return "", nil
		case <-timeout:
			return "", fmt.Errorf("the server does not serve after %v: %s", r.patience, p.log)
		}
	}
}

// tradeAt lets the clients trade in the background. traded is closed when all is
// answered or stop was called; stop waits for that.
func (r *run) tradeAt(url string) (stop func(), traded <-chan struct{}) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		trade(ctx, url, r.clients)
	}()
	return func() { cancel(); <-done }, done
}

// corrupt notes what is wrong with the folder.
func (r *run) corrupt(format string, args ...any) {
	r.told.mu.Lock()
	defer r.told.mu.Unlock()
	r.told.wrong(corrupt, format, args...)
}

// finish starts the server once more, lets the clients send all that is left
// and all that was answered again, stops it in order, and audits what it left.
func (r *run) finish() {
	r.t.Helper()
	for _, last := range []bool{false, true} {
		p, err := start(r.order())
		if err != nil {
			r.t.Fatal(err)
		}
		url, err := r.await(p, nil)
		if err != nil {
			r.corrupt("at the end of the day: %v", errors.Join(err, p.kill()))
			return
		}
		if !last {
			r.settle(url)
		}
		if err := p.stop(); err != nil {
			r.corrupt("at the end of the day: %v", err)
			return
		}
	}
}

// settle has everything answered that is not, and everything again.
func (r *run) settle(url string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	trade(ctx, url, r.clients)
	if !r.told.all() && r.told.ok() {
		r.corrupt("receipts were not answered within %v", patience)
		return
	}
	for _, c := range r.clients {
		if err := c.resend(ctx, url); err != nil {
			r.corrupt("%v", err)
		}
	}
}

// tally is the sum over the days of a kind of accident.
type tally struct {
	accidents, acks, unknown, resolved, after int
	wrong                                     map[harm]int
	first                                     []string
	began                                     time.Time
}

func newTally() *tally { return &tally{wrong: map[harm]int{}, began: time.Now()} }

func (s *tally) add(t *told) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.acks, s.unknown, s.resolved, s.after = s.acks+t.Acks, s.unknown+t.Unknown, s.resolved+t.Resolved, s.after+t.After
	for _, w := range t.Wrong {
		s.wrong[w.Harm]++
		if len(s.first) < 5 {
			s.first = append(s.first, string(w.Harm)+": "+w.What)
		}
	}
}

// report prints the line that sums up, past the testing package so that a long
// run shows it without -v.
func (s *tally) report(kind string, seed uint64) {
	fmt.Printf("crash: %s: %d accidents, %d answers, %d unanswered requests, %d receipts resolved by sending again (%d had been stored); %d lost, %d twice, %d corrupt; seed %d, %v\n",
		kind, s.accidents, s.acks, s.unknown, s.resolved, s.after, s.wrong[lost], s.wrong[twice], s.wrong[corrupt], seed, time.Since(s.began).Round(time.Second))
}

// counts is how often something is done: short in the short form, N times when
// JATE_SOAK=N.
func counts(t *testing.T, short int) int {
	t.Helper()
	text := os.Getenv("JATE_SOAK")
	if text == "" {
		return short
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("JATE_SOAK=%q is not a number of accidents", text)
	}
	return n
}

// skipShort keeps the accidents out of the quick tests.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("accidents take longer than the quick tests may")
	}
}

// seedOf returns the seed of a test: JATE_CRASH_SEED, or the time.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("JATE_CRASH_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano())
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("JATE_CRASH_SEED: %v", err)
	}
	return seed
}

// evidence is what a replay needs besides the folder.
type evidence struct {
	Day  day
	Told *told
}

// keep copies the folder as it was found, and what clients had been told by
// then, to where the test's end does not remove it.
func (r *run) keep(save func(dir string) error, before []byte) {
	r.t.Helper()
	dir, err := os.MkdirTemp("", "jate-crash-")
	if err != nil {
		r.t.Fatal(err)
	}
	if err := errors.Join(save(filepath.Join(dir, "data")), os.WriteFile(filepath.Join(dir, "told.json"), before, 0o600)); err != nil {
		r.t.Error(err)
	}
	r.t.Logf("look at it again with JATE_CRASH_REPLAY=%s go test -run TestReplay ./test/crash", dir)
}

// snapshot is what clients have been told by now.
func (r *run) snapshot() []byte {
	r.told.mu.Lock()
	defer r.told.mu.Unlock()
	b, err := json.Marshal(evidence{r.told.day, r.told})
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// fail reports what is wrong with the run.
func (r *run) fail(kind string, seed uint64) {
	r.t.Helper()
	r.told.mu.Lock()
	defer r.told.mu.Unlock()
	for _, w := range r.told.Wrong[:min(5, len(r.told.Wrong))] {
		r.t.Errorf("%s, JATE_CRASH_SEED=%d: %s: %s", kind, seed, w.Harm, w.What)
	}
}

// TestReplay looks again at a folder that a failure left behind.
func TestReplay(t *testing.T) {
	kept := os.Getenv("JATE_CRASH_REPLAY")
	if kept == "" {
		t.Skip("JATE_CRASH_REPLAY names no folder that a failure left")
	}
	b, err := os.ReadFile(filepath.Join(kept, "told.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e evidence
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(kept, "data"))); err != nil {
		t.Fatal(err)
	}
	r := newRun(t, dir, e.Day, rand.New(rand.NewPCG(0, 0)), 1)
	r.told.Outcomes, r.told.Shown, r.told.Roots, r.told.Seqs = e.Told.Outcomes, e.Told.Shown, e.Told.Roots, e.Told.Seqs
	for _, c := range r.clients {
		c.next = int(e.Told.Seqs[vendors.HandheldID(c.till.Handheld)])
	}
	r.finish()
	r.fail("replay", 0)
}
