package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	actors "github.com/oklog/run"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger/witness"
)

// A witness's folder:
//
//	witness.vkey      its verifier key, for servers and monitors
//	state.json        the last checkpoint cosigned of each log
//	evidence/         what logs signed that contradicts it
//	keys/witness.age  its key, under a passphrase

func witnessCommand(ctx context.Context, env *environment) error {
	return env.choose(ctx, "witness", map[string]func(context.Context, *environment) error{
		"init": witnessInit, "serve": witnessServe})
}

// choose runs the command that the next argument names.
func (env *environment) choose(ctx context.Context, of string, commands map[string]func(context.Context, *environment) error) error {
	name := ""
	if len(env.args) > 0 {
		name = env.args[0]
	}
	run := commands[name]
	if run == nil {
		return fmt.Errorf("there is no command %q; try jate help", strings.TrimSpace(of+" "+name))
	}
	sub := *env
	sub.args = env.args[1:]
	return run(ctx, &sub)
}

func vkeyPath(dir string) string { return filepath.Join(dir, "witness.vkey") }

func witnessInit(_ context.Context, env *environment) error {
	fs := env.flags("witness init")
	dir := fs.String("data", "", "the folder to make")
	name := fs.String("name", "", "name of the witness, such as donor.example/witness")
	pass := fs.String("passphrases", "", "folder with witness.txt instead of asking")
	factor := fs.Int("work-factor", workFactor, "cost of guessing a passphrase, 2^N")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *dir == "" || *name == "" {
		return errors.New("witness init needs --data and --name")
	}
	if err := os.MkdirAll(filepath.Join(*dir, "keys"), 0o700); err != nil {
		return err
	}
	var public []byte
	seed, err := newSeed(&public)
	if err != nil {
		return err
	}
	s, err := witness.NewSigner(*name, ed25519.NewKeyFromSeed(seed), time.Now)
	if err != nil {
		return err
	}
	passphrase, err := env.passphrases(*pass)("witness")
	if err != nil {
		return err
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("the passphrase of the witness key: %w", err)
	}
	to.SetWorkFactor(*factor)
	// The state comes first: where there is one already nothing is changed.
	if err := witness.Init(*dir); err != nil {
		return err
	}
	if err := writeKey(*dir, "witness", seed, to); err != nil {
		return err
	}
	if err := durable.Replace(vkeyPath(*dir), []byte(s.VerifierKey()+"\n")); err != nil {
		return err
	}
	fmt.Fprintln(env.stderr, "This is the witness's verifier key. Give it to the server and to whoever monitors it:")
	_, err = fmt.Fprintln(env.stdout, s.VerifierKey())
	return err
}

// openWitnessKey opens the witness's key, which must be the one that others
// were told.
func openWitnessKey(dir string, ask passphrases) (*witness.Signer, error) {
	b, err := os.ReadFile(vkeyPath(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is no witness's folder; jate witness init makes one", dir)
	}
	if err != nil {
		return nil, err
	}
	vkey := strings.TrimSpace(string(b))
	v, err := witness.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	seed, err := openByPassphrase(dir, "witness", ask)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the witness key has %d bytes, not %d", len(seed), ed25519.SeedSize)
	}
	s, err := witness.NewSigner(v.Name(), ed25519.NewKeyFromSeed(seed), time.Now)
	if err == nil && s.VerifierKey() != vkey {
		err = fmt.Errorf("%s is not the key of %s", keyPath(dir, "witness"), vkeyPath(dir))
	}
	return s, err
}

// verifierKeys collects a flag that may be given several times.
type verifierKeys[V any] struct {
	parse func(string) (V, error)
	keys  []V
}

func (k *verifierKeys[V]) String() string { return "" }

// Set adds one key.
func (k *verifierKeys[V]) Set(text string) error {
	v, err := k.parse(text)
	if err != nil {
		return err
	}
	k.keys = append(k.keys, v)
	return nil
}

func witnessServe(ctx context.Context, env *environment) error {
	fs := env.flags("witness serve")
	dir := fs.String("data", "", "the witness's folder")
	listen := fs.String("listen", "127.0.0.1:8439", "address to answer on")
	pass := fs.String("passphrases", "", "folder with witness.txt instead of asking")
	logs := &verifierKeys[note.Verifier]{parse: note.NewVerifier}
	fs.Var(logs, "log", "verifier key of a log (checkpoint in GET /api/v1/keys); may be given several times")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	s, err := openWitnessKey(*dir, env.passphrases(*pass))
	if err != nil {
		return err
	}
	w, err := witness.Open(*dir, s, logs.keys)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	log := httpkit.NewLogger(env.stderr, slog.LevelInfo)
	log.Info("witnessing", slog.String("address", "http://"+l.Addr().String()), slog.Int("logs", len(logs.keys)))
	return errors.Join(serveWitness(ctx, w, l, log), w.Close())
}

// serveWitness answers until ctx ends.
func serveWitness(ctx context.Context, w *witness.Witness, l net.Listener, log *slog.Logger) error {
	var g actors.Group
	ctx, cancel := context.WithCancel(ctx)
	g.Add(func() error { <-ctx.Done(); return nil }, func(error) { cancel() })
	srv := httpkit.NewServer(l.Addr().String(), httpkit.Guard(w.Handler(log), log, httpkit.Limits{}))
	g.Add(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, func(error) {
		stop, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		_ = srv.Shutdown(stop) // what is cosigned is on the disk
	})
	return g.Run()
}
