//go:build linux

package crash

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/store/bolt"
)

// office is a data folder of the real program, with its key files.
type office struct {
	*run
	jate string // the program
	pass string // folder of passphrases
}

func newOffice(t *testing.T, rnd *rand.Rand, p plan) *office {
	t.Helper()
	dir := t.TempDir()
	o := &office{jate: filepath.Join(dir, "jate"), pass: filepath.Join(dir, "pass")}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", o.jate, "github.com/jate-cva/jate/cmd/jate")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, name := range []string{"server", "root", "print"} {
		if err := errors.Join(os.MkdirAll(o.pass, 0o700), os.WriteFile(filepath.Join(o.pass, name+".txt"), []byte("pass of "+name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	if out, err := exec.Command(o.jate, "init", "--data", data, "--origin", origin, "--passphrases", o.pass, "--work-factor", "10", "--development").CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	k, err := openKeys(data, "pass of server")
	if err != nil {
		t.Fatal(err)
	}
	o.run = newRun(t, data, newDay(t, data, k, p), rnd, 5)
	return o
}

// openKeys reads the keys of a folder that `jate init` made.
func openKeys(dir, pass string) (keys, error) {
	var k keys
	byPass, err := age.NewScryptIdentity(pass)
	if err != nil {
		return k, err
	}
	text, err := openKey(dir, "server", byPass)
	if err != nil {
		return k, err
	}
	server, err := age.ParseX25519Identity(string(text))
	if err != nil {
		return k, err
	}
	var signer []byte
	for name, to := range map[string]*[]byte{"beacon": &k.Beacon, "seal": &k.Seal, "checkpoint": &signer} {
		if *to, err = openKey(dir, name, server); err != nil {
			return k, err
		}
	}
	k.Signer = string(signer)
	b, err := os.ReadFile(filepath.Join(dir, "jate.json"))
	if err != nil {
		return k, err
	}
	var settings struct{ Checkpoint string }
	err = json.Unmarshal(b, &settings)
	k.Verifier = settings.Checkpoint
	return k, err
}

func openKey(dir, name string, id age.Identity) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, "keys", name+".age"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := age.Decrypt(f, id)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(string(text))
}

var apiAddress = regexp.MustCompile(`"api":"(http://127\.0\.0\.1:\d+)"`)

// serve starts `jate serve` and returns its address.
func (o *office) serve() (*process, string) {
	o.t.Helper()
	p, err := startCommand(exec.Command(o.jate, "serve", "--data", o.dir, "--passphrases", o.pass,
		"--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--rate", "0"))
	if err != nil {
		o.t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < o.patience; time.Sleep(5 * time.Millisecond) {
		if m := apiAddress.FindStringSubmatch(p.log.String()); m != nil {
			return p, m[1]
		}
		if isClosed(p.exited) {
			break
		}
	}
	o.corrupt("jate serve does not serve: %s", errors.Join(p.kill(), errors.New(p.log.String())))
	return p, ""
}

var verified = regexp.MustCompile(`(?m)^ok size=(\d+) root=(\S+)$`)

// verify runs `jate verify`, and gives what it says and what the folder holds
// to the oracle.
func (o *office) verify() {
	o.t.Helper()
	out, err := exec.Command(o.jate, "verify", "--data", o.dir).CombinedOutput()
	m := verified.FindSubmatch(out)
	if err != nil || m == nil {
		o.corrupt("jate verify: %v: %s", err, out)
		return
	}
	size, err := strconv.ParseUint(string(m[1]), 10, 64)
	if err != nil {
		o.t.Fatal(err)
	}
	o.told.mu.Lock()
	o.told.root("jate verify", size, string(m[2]))
	o.told.mu.Unlock()
	db, err := bolt.Open(storePath(o.dir), bolt.Options{})
	if err != nil {
		o.corrupt("open: %v", err)
		return
	}
	with := o.order()
	o.told.audit(newAudit(context.Background(), db, o.dir, with.Keys, with.Sizes, with.Tills))
	if err := db.Close(); err != nil {
		o.corrupt("close: %v", err)
	}
}

// The real program, with real key files, is killed under load, stopped and
// continued, and asked for its folder by others; nothing that it answered is
// lost, and `jate verify` agrees.
func TestOffice(t *testing.T) {
	skipShort(t)
	const kind = "kills of jate serve"
	n := max(10, counts(t, 10)/10) // one takes ten times what a kill of a bare server takes
	seed := seedOf(t)
	rnd := rand.New(rand.NewPCG(seed, 0))
	sum := newTally()
	defer func() { sum.report(kind, seed) }()
	for sum.accidents < n && !t.Failed() {
		o := newOffice(t, rnd, plan{tills: 4, vouchers: 600})
		for day := 0; sum.accidents < n && o.told.ok() && !o.told.all(); day++ {
			p, url := o.serve()
			if url == "" {
				break
			}
			switch {
			case day == 0:
				o.secondOpener()
			case day%20 == 1:
				o.pause(p, url)
			}
			o.tradeFor(url, p, time.Duration(rnd.IntN(400))*time.Millisecond)
			sum.accidents++
			if rnd.IntN(3) == 0 {
				o.verify()
			}
		}
		if o.told.ok() {
			o.finish()
		}
		sum.add(o.told)
		if !o.told.ok() {
			o.fail(kind, seed)
			o.keep(o.folder, o.snapshot())
		}
	}
}

// finish lets the clients send what is left, stops the server in order, and
// verifies.
func (o *office) finish() {
	o.t.Helper()
	if p, url := o.serve(); url != "" {
		o.settle(url)
		if err := p.stop(); err != nil {
			o.corrupt("%v", err)
		}
	}
	if o.told.ok() {
		o.verify()
	}
}

// secondOpener finds the folder in use, and does no harm.
func (o *office) secondOpener() {
	o.t.Helper()
	if db, err := bolt.Open(storePath(o.dir), bolt.Options{}); !errors.Is(err, bolt.ErrInUse) {
		o.corrupt("a second opener: %v, %v; want %v", db, err, bolt.ErrInUse)
	}
	for _, args := range [][]string{{"verify"}, {"serve", "--passphrases", o.pass, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"}} {
		out, err := exec.Command(o.jate, append(args, "--data", o.dir)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "in use") {
			o.corrupt("jate %s of a folder in use: %v: %s", args[0], err, out)
		}
	}
}

// pause stops the server in the middle of trade for a while. Nobody is
// answered meanwhile; afterwards everybody is.
func (o *office) pause(p *process, url string) {
	o.t.Helper()
	stop, _ := o.tradeAt(url)
	defer stop()
	time.Sleep(50 * time.Millisecond)
	if err := p.signal(syscall.SIGSTOP); err != nil {
		o.t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // what was on its way has arrived
	quiet := o.acks()
	time.Sleep(2 * time.Second)
	if got := o.acks(); got != quiet {
		o.corrupt("a stopped server answered %d times", got-quiet)
	}
	if err := p.signal(syscall.SIGCONT); err != nil {
		o.t.Fatal(err)
	}
	for begin := time.Now(); o.acks() == quiet && !o.told.all(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > o.patience || isClosed(p.exited) {
			o.corrupt("a server that was continued answers nobody: %s", p.log)
			break
		}
	}
}

func (o *office) acks() int {
	o.told.mu.Lock()
	defer o.told.mu.Unlock()
	return o.told.Acks
}
