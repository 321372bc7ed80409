//go:build linux

package crash

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// order is what a server is started with, on its standard input.
type order struct {
	Dir        string
	Keys       keys
	Sizes      []uint64 // of checkpoints, for the audit
	Tills      []vendors.HandheldID
	Checkpoint time.Duration // how often one is signed
	FlushBytes int           // of the store; its own default where 0
}

// event is a line of a server's standard output.
type event struct {
	Opened  bool   `json:",omitempty"`
	Made    bool   `json:",omitempty"` // there was no store before
	Audit   *audit `json:",omitempty"`
	Serving string `json:",omitempty"` // the address
	Failed  string `json:",omitempty"` // why it stops
}

// serve is the process that is killed: the services and the store as
// `jate serve` has them, with its checkpoints and its end when the store fails.
// On SIGTERM it stops in order.
func serve() error {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	err := o.serve(func(e event) error { return out.Encode(e) })
	if err != nil {
		return errors.Join(err, out.Encode(event{Failed: err.Error()}))
	}
	return nil
}

func (o order) serve(say func(event) error) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	db, err := bolt.Open(storePath(o.Dir), bolt.Options{Logger: log, FlushBytes: o.FlushBytes})
	if err != nil {
		return err
	}
	if err := say(event{Opened: true}); err != nil {
		return err
	}
	a := newAudit(context.Background(), db, o.Dir, o.Keys, o.Sizes, o.Tills)
	if err := say(event{Audit: &a}); err != nil {
		return err
	}
	handler, err := o.handler(db, log)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := httpkit.NewServer("", handler)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	if err := say(event{Serving: "http://" + l.Addr().String()}); err != nil {
		return err
	}
	signer, err := note.NewSigner(o.Keys.Signer)
	if err != nil {
		return err
	}
	notary := ledger.NewNotary(origin, guardPath(o.Dir), signer)
	every := time.NewTicker(o.Checkpoint)
	defer every.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-db.Failed():
			return errors.New("the store failed")
		case <-every.C:
			if err := checkpoint(db, notary); errors.Is(err, ledger.ErrFork) {
				return err
			} else if err != nil {
				log.Warn("checkpoint", slog.String("error", err.Error()))
			}
		case <-stop:
			return errors.Join(server.Shutdown(context.Background()), checkpoint(db, notary), db.Close())
		}
	}
}

func (o order) handler(db *bolt.DB, log *slog.Logger) (http.Handler, error) {
	seal, err := voucher.SealKeyFrom(o.Keys.Seal)
	if err != nil {
		return nil, err
	}
	s := voucher.New(db.Vouchers(), voucher.Config{Rand: rand.Reader, Beacon: o.Keys.beacon(), Seal: seal,
		RootPublic: ed25519.PublicKey(o.Keys.Root)})
	registry := prometheus.NewRegistry()
	observer, err := httpkit.NewObserver(registry, slog.New(slog.DiscardHandler), func(context.Context) string { return "" })
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	nobody := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, access.ErrDenied.Error(), http.StatusForbidden)
		})
	}
	voucher.Routes(mux, voucher.NewEndpoints(s, observer.Service("voucher")), nobody, httpkit.LogTo(log))
	return httpkit.Guard(httpkit.Routes(mux), log, httpkit.Limits{PerSecond: 1e6, Burst: 1e6}), nil
}

// checkpoint does what `jate serve` does each second.
func checkpoint(db *bolt.DB, notary *ledger.Notary) error {
	var c ledger.Checkpoint
	ctx := context.Background()
	err := db.Ledger().View(ctx, func(tx ledger.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		last, err := tx.Checkpoint()
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return err
		}
		if size == last.Size {
			return nil
		}
		c, err = notary.Sign(tx)
		return err
	})
	if err != nil || c.Note == "" {
		return err
	}
	return db.Ledger().Update(ctx, func(tx ledger.Tx) error { return tx.PutCheckpoint(c) })
}
