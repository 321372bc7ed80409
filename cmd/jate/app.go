package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/leaving"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/export"
	"github.com/jate-cva/jate/ledger/witness"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/web"
)

// An address may ask for complaints by code twenty times at once, and then twice
// a minute: a village shares a phone, and a network many villages.
const (
	codeTriesPerSecond = 1.0 / 30
	codeTriesBurst     = 20
)

// handheldPath is where the trader's handheld is served.
const handheldPath = "/handheld/"

// appConfig is what an app is opened with.
type appConfig struct {
	dir    string
	ask    passphrases
	root   bool // lots may be issued: the root key is opened for each manifest
	now    func() time.Time
	random io.Reader
	log    *slog.Logger
	url    string // where browsers reach the server; usualURL where empty
	// names of the trader's application and of the API for programs; see hosts
	handheldHost, apiHost string
	cost                  staff.Cost           // of passwords; the usual one where zero
	providers             []*provider.Provider // beside those of the folder
	unmap                 bool                 // the store's pages leave the process's memory after each flush
	// console acts in every call without signing in. Such an app answers this
	// process alone: whoever has the folder and its passphrase needs no token.
	console *access.Actor

	capacity httpkit.Capacity
	rate     uint // calls a second of one client; 0 for no limit
	pace     pace // of accounts and handhelds; the zero pace sets none
	edge     edge
	server   func(*http.Server) // changes the API's server; for tests, which cannot wait as long
}

// app is a data folder with the services over it: everything that serve, demo
// and the commands work with.
type app struct {
	cfg       appConfig
	settings  settings
	keys      keyring
	log       *slog.Logger
	registry  *prometheus.Registry
	sealer    *distribution.Sealer
	db        *bolt.DB
	notary    *ledger.Notary
	authority *access.Authority
	witnesses *witness.Cosigners

	people        staff.Service
	grants        grant.Service
	leaving       leaving.Service
	ledger        ledger.Service
	vendors       vendors.Service
	vouchers      voucher.Service
	distributions distribution.Service
	finances      finance.Service
	feedbacks     feedback.Service
	reconciles    reconcile.Service
	reports       report.Service
	handler       http.Handler
}

// openApp opens the folder and wires the services, inside out: store, services,
// their middleware, endpoints, routes.
func openApp(cfg appConfig) (*app, error) {
	a := &app{cfg: cfg, log: cfg.log, registry: prometheus.NewRegistry()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	if a.settings, err = readSettings(cfg.dir); err != nil {
		return nil, err
	}
	if a.keys, err = openKeyring(cfg.dir, cfg.ask); err != nil {
		return nil, err
	}
	if a.authority, err = access.NewAuthority(a.settings.Origin, a.keys.access, cfg.now); err != nil {
		return nil, err
	}
	if err = errors.Join(a.openWitnesses(), a.watchKeys()); err != nil {
		return nil, err
	}
	if a.sealer, err = distribution.NewSealer(a.keys.data, a.keys.wraps...); err != nil {
		return nil, err
	}
	a.db, err = bolt.Open(storePath(cfg.dir), bolt.Options{Keys: a.sealer, Now: cfg.now, Logger: cfg.log, Registerer: a.registry, UnmapPages: cfg.unmap})
	if err != nil {
		return nil, err
	}
	a.notary = ledger.NewNotary(a.settings.Origin, guardPath(cfg.dir), a.keys.checkpoint...)
	// Before anything is taken: an entry on top of a store that is older than
	// what was signed would have to be taken back.
	if err := a.db.Ledger().View(context.Background(), a.notary.Check); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; restore a newer backup, or begin a new epoch with jate restore --new-epoch", err), a.db.Close())
	}
	if err := a.services(); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	if err = a.routes(); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	return a, nil
}

func guardPath(dir string) string { return filepath.Join(dir, "checkpoint.json") }

func (a *app) close() error { return a.db.Close() }

// services makes the six services, each behind its counters and its audit log.
func (a *app) services() error {
	prover := a.prover()
	if err := a.staff(); err != nil {
		return err
	}
	if err := a.grant(); err != nil {
		return err
	}
	room, err := openPrintRoom(a.cfg.dir, a.settings)
	if err != nil {
		return err
	}
	sign := func(voucher.Manifest) (string, error) { return "", errRoot }
	if a.cfg.root {
		sign = rootSigner(a.cfg.dir, a.cfg.ask)
	}

	l := ledger.New(a.db.Ledger())
	v, err := vendors.New(vendors.Config{Store: a.db.Vendors(), Rand: a.cfg.random, Prover: prover, Serial: reconcile.CanonicalSerial,
		Banks: a.settings.Banks, Templates: a.settings.Templates, Cooling: time.Duration(a.settings.CoolingHours) * time.Hour})
	if err != nil {
		return err
	}
	if v, err = vendors.Instrumenting(v, a.registry); err != nil {
		return err
	}
	a.vendors = vendors.Logging(v, a.log)
	s := voucher.New(a.db.Vouchers(), voucher.Config{Rand: a.cfg.random, PrintRoom: room, SignManifest: sign,
		RootPublic: a.settings.Root, Beacon: a.keys.beacon, Seal: a.keys.seal[0], SealedBefore: a.keys.seal[1:],
		Prover: a.prover()})
	if s, err = voucher.Instrumenting(s, a.registry); err != nil {
		return err
	}
	a.vouchers = voucher.Logging(s, a.log)
	reads, err := distribution.NewReadCounter(a.registry)
	if err != nil {
		return err
	}
	d := distribution.New(a.db.Distribution(), distribution.Config{Sealer: a.sealer, Vouchers: a.vouchers, Prover: prover, Issuer: a.settings.Issuer, Reads: reads})
	if d, err = distribution.Instrumenting(d, a.registry); err != nil {
		return err
	}
	a.distributions = distribution.Logging(d, a.log)
	if err := a.finance(); err != nil {
		return err
	}
	f, err := feedback.New(a.db.Feedback(), feedback.Config{Sealer: a.sealer, Rand: a.cfg.random, Reads: reads, DueDays: a.settings.ComplaintDays})
	if err != nil {
		return err
	}
	if f, err = feedback.Instrumenting(f, a.registry); err != nil {
		return err
	}
	a.feedbacks = feedback.Logging(f, a.log)
	limits, err := limitsOf(a.cfg.dir)
	if err != nil {
		return err
	}
	papers, err := documents.NewFolder(documentsPath(a.cfg.dir), a.keys.data, a.keys.wraps...)
	if err != nil {
		return err
	}
	keeper := reconcile.NewKeeper(limits)
	r, err := reconcile.New(reconcile.Config{Store: a.db.Reconcile(), Vendors: a.vendors, Prover: prover, Limits: limits, Papers: papers, Keeper: keeper})
	if err != nil {
		return err
	}
	if r, err = reconcile.Instrumenting(r, a.registry); err != nil {
		return err
	}
	a.reconciles = reconcile.Logging(r, a.log)
	reports, err := report.New(report.Config{Store: a.db.Reports(), Limits: limits, Profiles: a.distributions, Keeper: keeper})
	if err != nil {
		return err
	}
	if reports, err = report.Instrumenting(reports, a.registry); err != nil {
		return err
	}
	a.reports = report.Logging(reports, a.log)
	if l, err = ledger.Instrumenting(l, a.registry); err != nil {
		return err
	}
	a.ledger = ledger.Logging(l, a.log)
	return nil
}

// finance makes the finance office's service.
func (a *app) finance() error {
	folder, err := documents.NewFolder(documentsPath(a.cfg.dir), a.keys.data, a.keys.wraps...)
	if err != nil {
		return err
	}
	f, err := finance.New(finance.Config{Store: a.db.Finance(), Folder: folder, Rand: a.cfg.random, Prover: a.prover(),
		Contested: contested})
	if err != nil {
		return err
	}
	if f, err = finance.Instrumenting(f, a.registry); err != nil {
		return err
	}
	a.finances = finance.Logging(f, a.log)
	return nil
}

func documentsPath(dir string) string { return filepath.Join(dir, "documents") }

// routes puts every service's endpoints on one handler.
func (a *app) routes() error {
	observer, err := httpkit.NewObserver(a.registry, a.log, func(ctx context.Context) string {
		actor, err := access.FromContext(ctx)
		if err != nil {
			return ""
		}
		return actor.Pseudonym
	})
	if err != nil {
		return err
	}
	known := func(next http.Handler) http.Handler {
		if by := a.cfg.console; by != nil {
			return a.settings.console(by, a.log, next)
		}
		return httpkit.Authenticated(a.cfg.pace.accounts(a.people.Authenticate, a.cfg.now), a.log, next)
	}
	mux := http.NewServeMux()
	gate, err := httpkit.NewGate(a.cfg.capacity, a.log, a.registry)
	if err != nil {
		return err
	}
	log, through, noted := httpkit.LogTo(a.log), httpkit.Through(gate), httpkit.Noted(a.handOut)
	a.health(mux)
	a.publicKeys(mux)
	a.staffRoutes(mux, observer, known, log, through)
	a.grantRoutes(mux, observer, known, log, through)
	ledger.Routes(mux, ledger.NewEndpoints(a.ledger, a.ledgerRoles(observer)), known, ledgerActor, log, through)
	mapping, err := mappingOf(a.cfg.dir)
	if err != nil {
		return err
	}
	export.Routes(mux, a.db.Ledger(), mapping, a.ledgerRoles(observer), known, log, through, noted)
	traders, money := vendors.NewEndpoints(a.vendors, observer.Service("vendors")), finance.NewEndpoints(a.finances, a.monthsApart(observer.Service("finance")))
	vendors.Routes(mux, traders, known, log, through, noted)
	voucher.Routes(mux, voucher.NewEndpoints(a.vouchers, a.codesApart(a.cfg.pace.handhelds(observer.Service("voucher"), a.cfg.now))), known, log, through)
	distribution.Routes(mux, distribution.NewEndpoints(a.distributions, observer.Service("distribution")), known, log, through)
	finance.Routes(mux, money, known, log, through, noted)
	report.MonthRoutes(mux, money.PeriodReport, traders.BankMonth, known, log, through, noted)
	rationed := func(next http.Handler) http.Handler {
		return httpkit.Rationed(next, httpkit.Limits{Now: a.cfg.now, Proxies: a.cfg.edge.proxies, PerSecond: codeTriesPerSecond, Burst: codeTriesBurst})
	}
	feedback.Routes(mux, feedback.NewEndpoints(a.feedbacks, observer.Service("feedback")), known, rationed, log, through, noted)
	reconcile.Routes(mux, reconcile.NewEndpoints(a.reconciles, observer.Service("reconcile")), known, log, through, noted)
	columns, err := columnsOf(a.cfg.dir)
	if err != nil {
		return err
	}
	report.Routes(mux, report.NewEndpoints(a.reports, observer.Service("report")), columns, known, log, through, noted)
	b := &backups{app: a}
	if err := os.RemoveAll(b.folder()); err != nil { // of a server that was killed
		return err
	}
	b.routes(mux, observer, known, log, through)
	mux.Handle(officePath, web.Handler(officePath, web.Office()))
	mux.Handle(handheldPath, web.Handler(handheldPath, web.Built("handheld")))
	routes := httpkit.Routes(mux)
	limits := httpkit.Limits{Now: a.cfg.now, Gate: gate, Always: []string{"/livez", "/readyz"}, Proxies: a.cfg.edge.proxies,
		PerSecond: float64(a.cfg.rate), Burst: 4 * int(a.cfg.rate)}
	if a.cfg.rate == 0 {
		limits.PerSecond, limits.Calls = httpkit.AnyRate, math.MaxInt
	}
	names, err := newHosts(a.cfg.url, a.cfg.handheldHost, a.cfg.apiHost)
	if err != nil {
		return err
	}
	a.handler = httpkit.Guard(names.apart(a.log, routes), a.log, limits)
	return nil
}

// books may read the ledger; it is pseudonymous but for statements of
// households, which are for finance alone.
var books = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor}

// ledgerRoles lets the ledger's methods be called by who may read the books.
// Package ledger cannot say so itself: it is below package access.
func (a *app) ledgerRoles(o *httpkit.Observer) func(string) endpoint.Middleware {
	observe := o.Service("ledger")
	return func(method string) endpoint.Middleware {
		roles := books
		switch method {
		case ledger.MethodHouseholdStatement:
			roles = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover}
		}
		return endpoint.Chain(observe(method), access.Require(roles...), a.apart(method, wholeBooks[method]))
	}
}

// ledgerActor is who reads the books or closes a period; ledgerRoles has said
// whether they may.
func ledgerActor(ctx context.Context) (ledger.Actor, error) {
	a, err := access.FromContext(ctx)
	if err != nil {
		return ledger.Actor{}, err
	}
	role, err := a.As(append([]access.Role{access.RoleFinanceApprover}, books...)...)
	return ledger.Actor{Role: string(role), Name: a.Pseudonym}, err
}

// publicKeys serves the server's own public keys. A handheld does not believe
// this answer, but what its root key signed of it.
func (a *app) publicKeys(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/keys", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"origin": a.settings.Origin, "root": voucher.Base64(a.settings.Root),
			"beacon": voucher.Base64(a.settings.Beacon), "seal": voucher.Base64(a.settings.Seal), "checkpoint": a.settings.Checkpoint,
			"checkpoint_next": a.settings.CheckpointNext, "succession": append([]string{}, a.settings.Succession...)})
	})
}

// proofs are what the journal is compared with besides itself.
func (a *app) proofs() (ledger.Proofs, error) { return proofsOf(a.cfg.dir, a.settings) }

func proofsOf(dir string, s settings) (ledger.Proofs, error) {
	v, err := note.NewVerifier(s.Checkpoint)
	return ledger.Proofs{Origin: s.Origin, Verifier: v, Guard: guardPath(dir)}, err
}

// sampleOneIn is how many receipts there are to each whose signature is
// verified again, where not all are. Who forged 300 is found 95 times in 100.
const sampleOneIn = 100

// sampled are checks of every entry, and of some signatures.
func sampled() *voucher.Checks { return voucher.NewChecks(sampleOneIn, rand.IntN) }

// verify recomputes everything, every signature too, and returns what was found.
func verify(ctx context.Context, db *bolt.DB, p ledger.Proofs) (ledger.Report, error) {
	return verifyWith(ctx, db, p, voucher.NewChecks(1, nil))
}

// verifyWith is verify with the checks of receipts that are given.
func verifyWith(ctx context.Context, db *bolt.DB, p ledger.Proofs, c *voucher.Checks) (ledger.Report, error) {
	var r ledger.Report
	err := db.Vouchers().View(ctx, func(tx voucher.Tx) (err error) {
		r, err = ledger.Verify(tx, p, c.Entry)
		return err
	})
	return r, err
}

// openStore opens the store alone, for commands that need no key: what is sealed
// in it is empty.
func openStore(dir string, log *slog.Logger) (*bolt.DB, settings, error) {
	return openStoreWith(dir, nil, log)
}

// openSealed opens the store alone, with what is sealed in it.
func openSealed(dir string, ask passphrases, log *slog.Logger) (*bolt.DB, error) {
	keys, err := openKeyring(dir, ask)
	if err != nil {
		return nil, err
	}
	sealer, err := distribution.NewSealer(keys.data, keys.wraps...)
	if err != nil {
		return nil, err
	}
	db, _, err := openStoreWith(dir, sealer, log)
	return db, err
}

func openStoreWith(dir string, keys bolt.Keys, log *slog.Logger) (*bolt.DB, settings, error) {
	s, err := readSettings(dir)
	if err != nil {
		return nil, s, err
	}
	if _, err := os.Stat(storePath(dir)); err != nil {
		return nil, s, err
	}
	db, err := bolt.Open(storePath(dir), bolt.Options{Keys: keys, Now: time.Now, Logger: log})
	return db, s, err
}
