package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/access/staff/softkey"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/vendors"
)

// demoProgramme is the one programme of the demo.
const demoProgramme = "mopti"

// demo is one invented round: a clock that jumps, people with real access
// tokens, and a real server that the handhelds talk to over HTTP.
type demo struct {
	development bool // tokens that nobody signed in for are believed
	dir         string
	households  int
	seed        uint64
	unclosed    bool // nobody claims, pays or closes
	rnd         *mathrand.Rand
	out         *progress
	clock       *demoClock
	app         *app
	server      *http.Server
	address     string
	keys        int

	list      []byte
	truth     samplelist.Truth
	staff     map[string]access.Actor
	people    map[string]softkey.Key // their passkeys
	codes     map[string][]string    // their recovery codes
	shops     []*shop
	officer   map[string]*officer // by zone
	cards     []*demoCard
	incident  []*demoCard
	cloned    *shop // whose handheld is copied
	neighbour *shop // of the same zone
	report    demoSummary
	sample    feedback.Sample
	nonce     []byte               // that the monitor committed to
	providers []*provider.Provider // where its people may sign in besides; of a story
}

// demoClock is the time of the round, which ends today.
type demoClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *demoClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *demoClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func demoCommand(ctx context.Context, env *environment) error {
	fs := env.flags("demo")
	dir := fs.String("data", "", "folder to make; a temporary one without it")
	once := fs.Bool("once", false, "stop after the summary instead of serving")
	asJSON := fs.Bool("json", false, "print the summary as JSON")
	households := fs.Int("households", 3000, "how many the list has, 100 to 100000")
	seed := fs.Uint64("seed", 1, "of everything that is invented; keys and secrets are always new")
	unclosed := fs.Bool("unclosed", false, "stop when trade is over: claims, payments and closing are left to you")
	listen := fs.String("listen", "127.0.0.1:8437", "where to serve afterwards")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *households < 100 || *households > 100_000 {
		return errors.New("--households is from 100 to 100000")
	}
	d := &demo{development: true, dir: *dir, households: *households, seed: *seed, unclosed: *unclosed, rnd: mathrand.New(mathrand.NewPCG(*seed, 7)), out: &progress{env.stderr}} // #nosec G404 -- a seed plays the same round again
	if d.dir == "" {
		temp, err := os.MkdirTemp("", "jate-demo-")
		if err != nil {
			return err
		}
		d.dir = temp
		if *once {
			defer os.RemoveAll(temp)
		}
	}
	began := time.Now()
	if err := d.run(ctx); err != nil {
		return errors.Join(err, d.stop())
	}
	if d.unclosed {
		fmt.Fprintf(env.stdout, unclosedRound, d.dir, len(d.shops), filepath.Join(d.dir, "invoices"))
		return d.stop()
	}
	d.report.Seconds = int(time.Since(began).Seconds())
	if *asJSON {
		if err := json.NewEncoder(env.stdout).Encode(d.report); err != nil {
			return errors.Join(err, d.stop())
		}
	} else {
		d.report.print(env.stdout)
	}
	if !d.report.Books.Balanced {
		return errors.Join(errors.New("the books do not balance"), d.stop())
	}
	if *once {
		return d.stop()
	}
	return d.serve(ctx, env, *listen)
}

// run plays the round, step by step.
func (d *demo) run(ctx context.Context) error {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	d.clock = &demoClock{now: today.AddDate(0, 0, -60).Add(8 * time.Hour)}
	type step struct {
		what string
		do   func(context.Context) error
	}
	steps := []step{
		{"A data folder with its keys, and a server", d.open},
		{"Seventeen people, each with a passkey and the role that two others gave", d.hire},
		{"A fund, and a messy list of households", d.register},
		{"Traders with price lists and handhelds", d.contract},
		{"A round: budget, two lots, approved by others than who prepared them", d.plan},
		{"Vouchers signed with each lot's own key, which is then destroyed", d.issue},
		{"Cards handed over and activated", d.handOver},
		{"Trade with and without a network", d.trade},
		{"Households are called, and some complain", d.voices},
	}
	closing := []step{
		{"Claims against redemptions", d.claim},
		{"Payment, the end of the round, and the books", d.finish},
		{"A second round, open today", d.try},
	}
	if d.unclosed {
		closing = []step{{"Two traders write invoices of their own", d.writeInvoices}}
	}
	for _, s := range append(steps, closing...) {
		fmt.Fprintln(d.out.w, s.what)
		if err := errors.Join(ctx.Err(), s.do(ctx)); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return nil
}

// open makes the folder and serves it on a free port of this machine.
func (d *demo) open(context.Context) error {
	pass := filepath.Join(d.dir, "passphrases")
	if err := os.MkdirAll(pass, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"server", "root", "print", "passkey"} {
		if err := durable.Replace(filepath.Join(pass, name+".txt"), []byte(rand.Text()+"\n")); err != nil {
			return err
		}
	}
	ask := d.ask()
	// A demo's passphrases lie beside its keys, so guessing may be cheap.
	if err := makeFolder(d.dir, settings{Origin: "demo.example/mali", Issuer: "ja", Development: d.development, Created: d.clock.Now(),
		Banks: map[string]vendors.BankAccount{"bdm": {Holder: "Programme de démonstration", Account: "ML13ML0160120102600100668497", Agent: "BDMAMLBA"}}}, ask, 10); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(d.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	d.app, err = openApp(appConfig{dir: d.dir, ask: ask, root: true, now: d.clock.Now, random: rand.Reader,
		log: httpkit.NewLogger(log, slog.LevelInfo), providers: d.providers})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// All handhelds share this machine's address here, so the limit on calls
	// of one address does not apply.
	d.server, d.address = httpkit.NewServer("", d.app.handler), "http://"+l.Addr().String()
	go func() {
		if err := d.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.app.log.Error("demo server", slog.String("error", err.Error()))
		}
	}()
	return nil
}

// as returns a context in which the person acts, for proofs of approval.
func (d *demo) as(ctx context.Context, name string) context.Context {
	return access.NewContext(ctx, d.staff[name])
}

// key is a new idempotency key.
func (d *demo) key() string {
	d.keys++
	return fmt.Sprintf("demo-%d", d.keys)
}

func (d *demo) stop() error {
	if d.app == nil {
		return nil
	}
	var err error
	if d.server != nil {
		err = d.server.Close()
	}
	return errors.Join(err, d.app.close())
}

// serve goes on with the real server on the folder, at today's date.
func (d *demo) serve(ctx context.Context, env *environment, listen string) error {
	d.clock.set(time.Now())
	if err := d.stop(); err != nil {
		return err
	}
	pass := filepath.Join(d.dir, "passphrases")
	log := httpkit.NewLogger(env.stderr, slog.LevelWarn)
	api, err := net.Listen("tcp", listen)
	if err != nil {
		// Somebody else has the port; any other will do for a demo.
		if api, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	office := localhost(api)
	a, err := openApp(appConfig{dir: d.dir, ask: env.passphrases(pass), root: true, now: time.Now, random: rand.Reader, log: log, rate: 50, url: office})
	if err != nil {
		return errors.Join(err, api.Close())
	}
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, api.Close(), a.close())
	}
	address := "http://" + api.Addr().String()
	trader, officer, err := d.invite(ctx, a, address)
	if err == nil {
		err = d.keepPeople(office)
	}
	if err == nil {
		_, err = fmt.Fprintf(env.stdout, lookAround, office, "http://"+inside.Addr().String(), d.dir, demoPassword, d.codes["auditor"][0])
	}
	if err == nil {
		err = d.printTryOut(env.stdout, trader, officer, address, office)
	}
	if err != nil {
		return errors.Join(err, api.Close(), inside.Close(), a.close())
	}
	return errors.Join(serve(ctx, a, api, inside), a.close())
}

const unclosedRound = `
The round r1 in %[1]s is over for its %[2]d traders, and nobody has claimed yet.
What two of them wrote themselves is in %[3]s.
docs/closing-a-round.md says how to go on.
`

const lookAround = `
The first round is over, the second one is open, and the server goes on:

  handheld  %[1]s/handheld/   (the trader's, in a browser)
  API       %[1]s/api/v1/     (openapi.yaml describes it)
  health    %[1]s/readyz
  metrics   %[2]s/metrics
  folder    %[3]s

Seventeen people were invited, have passkeys, and hold the role that two others gave them.
In a browser, sign in as auditor, with a password and a code that is good once:

  office    %[1]s/office/
            auditor, "%[4]s", %[5]s

In another terminal everybody's passkey is a file; here the auditor's:

  export JATE_SERVER=%[1]s JATE_PASSPHRASES=%[3]s/passphrases
  jate login --passkey %[3]s/people/auditor.passkey
  T="Authorization: Bearer $(jate login --print-token)"
  curl -s -H "$T" %[1]s/api/v1/rounds/r1/summary
  curl -s -H "$T" %[1]s/api/v1/ledger/trial-balance
  curl -s -H "$T" '%[1]s/api/v1/reconciliation.txt?round=r1'
  curl -s -H "$T" '%[1]s/api/v1/ledger/export?format=hledger'

Stop it with Ctrl-C. Then, on the folder itself, with the program that make build
puts into bin/:

  jate verify --data %[3]s
  jate reconcile --data %[3]s --json
  jate cards --data %[3]s --round r1 --out cards.pdf

`
