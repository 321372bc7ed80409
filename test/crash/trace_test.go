//go:build linux

package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/toolcheck"
)

// injection is what is done to a system call of the server.
type injection struct {
	call, what string
	// store says that only the store makes this call: its failure must end
	// the server. The notary, too, syncs and renames: a checkpoint that could
	// not be signed is signed later.
	store bool
}

// injections are the calls by which something reaches the disk.
var injections = []injection{
	{"fdatasync", "signal=SIGKILL", true},
	{"fdatasync", "error=EIO", true},
	{"pwrite64", "signal=SIGKILL", true},
	{"pwrite64", "error=ENOSPC", true},
	{"pwrite64", "error=EIO", true},
	{"fsync", "signal=SIGKILL", false},
	{"fsync", "error=EIO", false},
	{"ftruncate", "error=ENOSPC", false},
	{"renameat", "signal=SIGKILL", false},
}

func (i injection) kills() bool { return strings.HasPrefix(i.what, "signal=") }

func (i injection) String() string { return i.call + ":" + i.what }

// needTrace skips the test where processes may not be traced.
func needTrace(t *testing.T) {
	t.Helper()
	toolcheck.Need(t, "strace")
	if out, err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("no system call sweep on this machine: it does not let us trace: %v: %s", err, out)
	}
}

// traced lives one short day behind strace, which does something to the n-th
// such call of a thread, or to none where n is 0. It returns what was traced.
func (d storedDay) traced(t *testing.T, i injection, n int, sum *tally) string {
	t.Helper()
	r := d.begin(t, rand.New(rand.NewPCG(1, 0)), 1)
	r.flushBytes = 4 << 10 // so that it flushes on so short a day
	log := filepath.Join(t.TempDir(), "trace")
	args := []string{"strace", "-f", "-qq", "-o", log, "-e", "trace=" + i.call}
	if !i.kills() {
		args = append(args, "--seccomp-bpf") // much quicker, but signals are not sent
	}
	if n > 0 {
		args = append(args, "-e", fmt.Sprintf("inject=%s:%s:when=%d", i.call, i.what, n))
	}
	p, err := start(r.order(), args...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // a server that has stopped answers nobody
		<-p.exited
		cancel()
	}()
	url, refused := r.await(p, nil)
	if refused == nil {
		trade(ctx, url, r.clients)
		r.linger(p)
		r.endTraced(p, log, i, n)
	}
	trace := traceOf(t, log)
	happened := injected(trace)
	if err := p.kill(); err != nil {
		t.Fatal(err)
	}
	if refused != nil && !happened {
		r.corrupt("the server does not serve: %v", refused)
	}
	before, image := r.snapshot(), filepath.Join(t.TempDir(), "image")
	if err := r.folder(image); err != nil {
		t.Fatal(err)
	}
	if r.told.ok() {
		r.finish()
	}
	if happened {
		sum.accidents++
	}
	sum.add(r.told)
	if !r.told.ok() {
		r.fail(fmt.Sprintf("%v, call %d", i, n), 1)
		r.keep(func(to string) error { return os.CopyFS(to, os.DirFS(image)) }, before)
	}
	if err := os.RemoveAll(r.dir); err != nil {
		t.Error(err)
	}
	return trace
}

// linger gives what goes on behind the clients, checkpoints above all, its
// time.
func (r *run) linger(p *process) {
	select {
	case <-p.exited:
	case <-time.After(100 * time.Millisecond):
	}
}

// endTraced ends the server in order where it is still there, as the calls by
// which it ends can fail too. After a call of the store failed it must not be
// there for long.
func (r *run) endTraced(p *process, log string, i injection, n int) {
	if i.store && injected(traceOf(r.t, log)) {
		select {
		case <-p.exited:
		case <-time.After(2 * time.Second):
			r.corrupt("the server goes on after %v, call %d", i, n)
		}
		return
	}
	if isClosed(p.exited) {
		return
	}
	if err := p.stop(); err != nil && !injected(traceOf(r.t, log)) {
		r.corrupt("%v", err)
	}
}

func injected(trace string) bool {
	return strings.Contains(trace, "(INJECTED)") || strings.Contains(trace, "killed by SIGKILL")
}

func traceOf(t *testing.T, log string) string {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var traceLine = regexp.MustCompile(`(?m)^(\d+) +\w+\(`)

// mostOf returns how often the thread that made a traced call most made it:
// strace counts by thread.
func mostOf(trace string) int {
	calls, most := map[string]int{}, 0
	for _, m := range traceLine.FindAllStringSubmatch(trace, -1) {
		calls[m[1]]++
		most = max(most, calls[m[1]])
	}
	return most
}

// A day goes wrong at a system call: the process ends there, or the call fails.
// Then each receipt was stored before, or is stored when it is sent again.
func TestSystemCalls(t *testing.T) {
	needTrace(t)
	d := newStoredDay(t, plan{tills: 1, vouchers: 12})
	for _, i := range injections {
		t.Run(i.String(), func(t *testing.T) {
			sum := newTally()
			defer func() { sum.report("system calls, "+i.String(), 1) }()
			most := mostOf(d.traced(t, i, 0, sum))
			if most == 0 {
				t.Skip("on such a day the server does not make this call")
			}
			for _, n := range sample(most, counts(t, 3)) {
				d.traced(t, i, n, sum)
			}
			if sum.accidents == 0 {
				t.Errorf("of %d calls none was touched", most)
			}
		})
	}
}

// sample returns at most n numbers spread over 1 to most.
func sample(most, n int) []int {
	var all []int
	for i := range min(n, most) {
		all = append(all, 1+i*(most-1)/max(1, min(n, most)-1))
	}
	return all
}
