package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	actors "github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/witness"
)

const (
	// stopWithin is how long running requests have when the server stops.
	stopWithin = 15 * time.Second
	// checkpointEvery is the least time between two checkpoints; each follows
	// the entries it covers within this time, and within a minute when signing
	// fails for a while.
	checkpointEvery = time.Second
	sweepEvery      = time.Hour
)

func serveCommand(ctx context.Context, env *environment) error {
	fs := env.flags("serve")
	dir := fs.String("data", "", "data folder")
	listen := fs.String("listen", "127.0.0.1:8437", "address of the API")
	metrics := fs.String("metrics", "127.0.0.1:8438", "address of /metrics; keep it inside")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking")
	rate := fs.Uint("rate", 50, "calls a second of one address; 0 for no limit of anybody, to measure")
	public := fs.String("url", "", "where browsers reach the API, such as https://jate.ngo.example; passkeys are bound to its host")
	shop := fs.String("handheld-host", "", "name under which the trader's application is served, and nothing else; not that of --url")
	programs := fs.String("api-host", "", "name under which programs reach the API, with tokens alone; not that of --url")
	reached := newEdgeFlags(fs)
	newHost := fs.Bool("new-host", false, "--url has another host than before: every passkey of before counts for nothing from now on")
	root := fs.Bool("root", false, "open keys/root.age too, so that lots can be issued over the API")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	defer leaveGarbage(serveMemory)()
	log := httpkit.NewLogger(env.stderr, slog.LevelInfo)
	e, err := reached.open(*dir)
	if err != nil {
		return err
	}
	a, err := openApp(appConfig{dir: *dir, ask: env.passphrases(*pass), root: *root, now: time.Now, random: rand.Reader, log: log,
		rate: *rate, edge: e, pace: paceAt(*rate), url: publicURL(*public, *reached.acme, *listen),
		handheldHost: *shop, apiHost: *programs})
	if err != nil {
		return err
	}
	api, err := net.Listen("tcp", *listen)
	if err != nil {
		return errors.Join(err, a.close())
	}
	inside, err := net.Listen("tcp", *metrics)
	if err != nil {
		return errors.Join(err, api.Close(), a.close())
	}
	if err := a.bindHost(ctx, *newHost); err != nil {
		return errors.Join(err, api.Close(), inside.Close(), a.close())
	}
	address := e.scheme() + api.Addr().String()
	log.Info("serving", slog.String("api", address), slog.String("handheld", address+handheldPath), slog.String("metrics", "http://"+inside.Addr().String()+"/metrics"))
	if err := a.greet(ctx, env); err != nil {
		return errors.Join(err, api.Close(), inside.Close(), a.close())
	}
	return errors.Join(serve(ctx, a, api, inside), a.close())
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// serve runs the server's actors until ctx ends or one of them fails. They
// stop in this order: no new requests, running requests, checkpoints (so that
// the last entries are covered). The caller closes the store after it returns,
// when nobody can use it any more.
func serve(ctx context.Context, a *app, api, inside net.Listener) error {
	var g actors.Group
	{
		ctx, cancel := context.WithCancel(ctx)
		g.Add(func() error {
			select {
			case <-ctx.Done():
				return nil
			case <-a.db.Failed():
				return errors.New("the store failed; start again, and repeat what was not answered")
			}
		}, func(error) { cancel() })
	}
	e := &a.cfg.edge
	e.warn(api.Addr(), a.log)
	at := []answering{
		{httpkit.Bounded(api, httpkit.Connections{Proxies: e.proxies}), a.handler, e.config, a.cfg.server},
		{inside, httpkit.Guard(promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{}), a.log, httpkit.Limits{}), nil, nil},
	}
	if e.redirect != "" {
		l, err := net.Listen("tcp", e.redirect)
		if err != nil {
			return errors.Join(err, api.Close(), inside.Close())
		}
		at = append(at, answering{httpkit.Bounded(l, httpkit.Connections{}), httpkit.Guard(e.elsewhere(api.Addr()), a.log, httpkit.Limits{}), nil, nil})
	}
	for _, s := range at {
		s.add(&g, a.log)
	}
	e.watch(&g, a.log)
	a.every(&g, checkpointEvery, "checkpoint", a.checkpoint)
	a.every(&g, sweepEvery, "sweep", func(ctx context.Context) error {
		_, err := a.vouchers.Sweep(ctx)
		_, erasing := a.feedbacks.Sweep(ctx)
		_, forgetting := a.people.Sweep(ctx)
		return errors.Join(err, erasing, forgetting)
	})
	return g.Run()
}

// answering is one address with what answers there, over TLS where config is
// not nil.
type answering struct {
	l      net.Listener
	h      http.Handler
	config *tls.Config
	change func(*http.Server) // nil to leave it as it is
}

// add adds the actor that answers.
func (s answering) add(g *actors.Group, logTo *slog.Logger) {
	srv := httpkit.NewServer(s.l.Addr().String(), s.h)
	srv.TLSConfig, srv.ErrorLog = s.config, log.New(quietly{logTo}, "", 0)
	if s.change != nil {
		s.change(srv)
	}
	g.Add(func() error {
		var err error
		if s.config != nil {
			err = srv.ServeTLS(s.l, "", "")
		} else {
			err = srv.Serve(s.l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, func(error) {
		stop, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		if err := srv.Shutdown(stop); err != nil {
			logTo.Warn("stopped before every request was answered", slog.String("error", err.Error()))
		}
	})
}

// every adds an actor that does something at an interval, and once more at the
// end. A failure is logged and tried again.
func (a *app) every(g *actors.Group, d time.Duration, what string, do func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	g.Add(func() error {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return a.try(context.Background(), what, do)
			case <-t.C:
				if err := a.try(ctx, what, do); errors.Is(err, ledger.ErrFork) {
					return err // never sign past a contradiction
				}
			}
		}
	}, func(error) { cancel() })
}

func (a *app) try(ctx context.Context, what string, do func(context.Context) error) error {
	err := do(ctx)
	if err != nil && ctx.Err() == nil {
		a.log.Error("background work", slog.String("what", what), slog.String("error", err.Error()))
	}
	return err
}

// health adds /livez, which answers as long as the process does, and /readyz,
// which answers as long as the store does, nothing has failed, and no witness
// contradicts the journal.
func (a *app) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		var size uint64
		var c ledger.Checkpoint
		err := a.db.Ledger().View(ctx, func(tx ledger.Tx) (err error) {
			if size, err = tx.Size(); err != nil {
				return err
			}
			if c, err = tx.Checkpoint(); errors.Is(err, ledger.ErrNotFound) {
				return nil
			}
			return err
		})
		select {
		case <-a.db.Failed():
			err = errors.New("the store failed")
		default:
		}
		if err == nil {
			err = a.witnesses.Contradicted()
		}
		if err != nil {
			writeJSON(w, http.StatusServiceUnavailable, notReady(err))
			return
		}
		status := map[string]any{"status": "ready", "entries": fmt.Sprint(size), "checkpoint": fmt.Sprint(c.Size), "keys": a.settings.keyAges()}
		if len(a.settings.overdue(a.cfg.now())) > 0 {
			status["warning"], status["warning_text"] = errKeyDue.Code, errKeyDue.Sentence(httpkit.Language(r))
		}
		a.cfg.edge.details(status, httpkit.Language(r))
		writeJSON(w, http.StatusOK, status)
	})
}

// notReady says why where a witness contradicts the journal.
func notReady(err error) map[string]string {
	status := map[string]string{"status": "not ready"}
	if errors.Is(err, witness.ErrContradicted) {
		status["reason"] = witness.ErrContradicted.Code
	}
	return status
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// An error means that the caller has left.
	_ = json.NewEncoder(w).Encode(v)
}

func storePath(dir string) string { return filepath.Join(dir, "jate.db") }
