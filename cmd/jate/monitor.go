package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/access/watch"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/monitor"
	"github.com/jate-cva/jate/ledger/witness"
	"github.com/jate-cva/jate/voucher"
)

// A monitor's folder:
//
//	monitor.state      what was verified, to go on from there
//	approvals.state    what was verified of approvals
//	alarms.txt         what is wrong; it remains until a person takes it away
//	contradiction.txt  two notes that the log signed and that contradict each
//	                   other, once there are such

// monitorFlags are what a monitor was told.
type monitorFlags struct {
	server, token                 string
	leaves, checkpoint, manifests string
	trust, data                   string
	programme, origin             string
	besides                       []string // programmes
	development                   bool
	log                           monitor.Log
	getenv                        func(string) string
}

func monitorCommand(ctx context.Context, env *environment) error {
	flags := env.flags("monitor")
	f := monitorFlags{getenv: env.getenv}
	flags.StringVar(&f.server, "server", "", "address of the server")
	flags.StringVar(&f.token, "token", "", "file with an access token of a monitor")
	flags.StringVar(&f.leaves, "leaves", "", "file with all leaves, one a line, instead of a server")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "file with the signed checkpoint of these leaves")
	flags.StringVar(&f.manifests, "manifests", "", "file with the answer of GET /api/v1/issues")
	flags.StringVar(&f.trust, "trust", "", "the programme's trust.json: manifests are compared with its root key")
	flags.StringVar(&f.data, "data", "", "folder for what was verified; without it every run begins at the first leaf")
	flags.StringVar(&f.programme, "programme", "", "whose approvals are verified; with --server")
	besides := flags.String("besides", "", "other programmes of the server, separated by commas, whose monitors verify theirs")
	flags.StringVar(&f.origin, "origin", "", "of the pages where people approve, such as https://jate.ngo.example; that of the first approval without it")
	flags.BoolVar(&f.development, "development", false, "of a folder for development: approvals without a passkey are believed")
	log := flags.String("log", "", "verifier key of the log")
	witnesses := &verifierKeys[note.Verifier]{parse: witness.NewVerifier}
	flags.Var(witnesses, "witness", "verifier key of a witness that must have cosigned; may be given several times")
	if _, err := env.parse(flags, 0); err != nil {
		return err
	}
	v, err := note.NewVerifier(*log)
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	f.log = monitor.Log{Origin: v.Name(), Key: v, Witnesses: witnesses.keys}
	if (f.server == "") == (f.leaves == "") || (f.leaves == "") != (f.checkpoint == "") {
		return errors.New("monitor needs --server and --token, or --leaves and --checkpoint")
	}
	if (f.server == "") != (f.programme == "") {
		return errors.New("monitor needs --programme with --server: it verifies the programme's approvals")
	}
	if *besides != "" {
		f.besides = strings.Split(*besides, ",")
	}
	if f.data == "" {
		return f.run(ctx, env.stdout, env.stderr)
	}
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(f.data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := durable.Lock(lock); err != nil {
		return errors.Join(fmt.Errorf("%s: another monitor is at work: %w", f.data, err), lock.Close())
	}
	return errors.Join(f.run(ctx, env.stdout, env.stderr), lock.Close())
}

func (f monitorFlags) statePath() string { return filepath.Join(f.data, "monitor.state") }

// run verifies what is there since the last run and says so.
func (f monitorFlags) run(ctx context.Context, out, notices io.Writer) error {
	m, err := f.resume()
	if err != nil {
		return err
	}
	source, err := f.source()
	if err != nil {
		return err
	}
	signed, err := source.checkpoint(ctx)
	if err != nil {
		return err
	}
	before := m
	w, m, err := f.watcher(ctx, m, source)
	if err != nil {
		return err
	}
	c, rounds, err := f.verify(ctx, before, m, w, source, signed)
	if err != nil {
		return errors.Join(err, f.keep(before, signed, err), f.contradicted(err))
	}
	var alarms []watch.Alarm
	if b, ok := source.(*remote); ok && w != nil {
		if alarms, err = w.Check(ctx, approvals{b}); err != nil {
			return err
		}
	}
	told := f.tell(out, alarms)
	if told != nil && !errors.Is(told, errAlarm) {
		return told
	}
	if f.data != "" {
		if w != nil {
			b, err := w.MarshalBinary()
			if err != nil {
				return err
			}
			if err := durable.Replace(f.watchPath(), b); err != nil {
				return err
			}
		}
		b, err := m.MarshalBinary()
		if err != nil {
			return err
		}
		if err := durable.Replace(f.statePath(), b); err != nil {
			return err
		}
	}
	if told != nil {
		return told
	}
	f.notice(notices, w)
	if f.trust == "" {
		fmt.Fprintln(notices, "Lots were not compared with their manifests: there is no --trust.")
	}
	if len(f.log.Witnesses) == 0 {
		fmt.Fprintln(notices, "Nobody but the log signed this checkpoint: there is no --witness.")
	}
	for _, r := range rounds {
		fmt.Fprintf(out, "round %s: %d vouchers issued, %s; redeemed %s, outstanding %s\n", r.Round, r.Vouchers, r.Issued, r.Redeemed, r.Outstanding)
	}
	_, err = fmt.Fprintf(out, "ok size=%d root=%s\n", c.Size, c.Root)
	return err
}

func (f monitorFlags) resume() (*monitor.Monitor, error) {
	if f.data == "" {
		return monitor.New(f.log), nil
	}
	b, err := os.ReadFile(f.statePath())
	if errors.Is(err, fs.ErrNotExist) {
		return monitor.New(f.log), nil
	}
	if err != nil {
		return nil, err
	}
	return monitor.Resume(f.log, b)
}

// source is where a journal is read from.
type source interface {
	checkpoint(context.Context) (string, error)
	leaves(ctx context.Context, from, to uint64, fn func([]byte) error) error
	manifests(context.Context) ([]byte, error)
	successions(context.Context) ([]string, error) // the root key's word on root keys after it
}

func (f monitorFlags) source() (source, error) {
	if f.server == "" {
		return files{f}, nil
	}
	return newRemote(f.getenv, f.server, f.token)
}

// verify is one pass: of m, which is before unless it begins again.
func (f monitorFlags) verify(ctx context.Context, before, m *monitor.Monitor, w *watch.Watch, from source, signed string) (ledger.Checkpoint, []ledger.RoundTotals, error) {
	c, err := before.Open(signed)
	if err != nil {
		return c, nil, err
	}
	if w != nil {
		m.Tell(w.Add)
	}
	if b, ok := from.(*remote); ok && before.Size() > 0 {
		proof, err := b.growth(ctx, before.Size(), c.Size)
		if err != nil {
			return c, nil, err
		}
		if err := before.Extends(c, proof); err != nil {
			return c, nil, err
		}
	}
	defer leaveGarbage(passMemory(c.Size))()
	if err := from.leaves(ctx, m.Size(), c.Size, m.Add); err != nil {
		return c, nil, err
	}
	lots, err := f.lots(ctx, from)
	if err != nil {
		return c, nil, err
	}
	rounds, err := m.Finish(c, lots)
	return c, rounds, err
}

// lots returns what the manifests say; nil where they are not to be compared.
func (f monitorFlags) lots(ctx context.Context, from source) ([]monitor.Lot, error) {
	if f.trust == "" {
		return nil, nil
	}
	list, err := from.manifests(ctx)
	if err != nil {
		return nil, err
	}
	roots, err := f.roots(ctx, from)
	if err != nil {
		return nil, err
	}
	manifests, digests, err := parseManifests(list, roots)
	if err != nil {
		return nil, err
	}
	lots := []monitor.Lot{}
	for i, m := range manifests {
		lots = append(lots, monitor.Lot{ID: m.Lot, Round: m.Round, Count: m.Count, Spares: m.Spares, Total: m.Total, Digest: digests[i]})
	}
	return lots, nil
}

// roots returns the programme's root keys, from the first that is trusted; none
// without --trust.
func (f monitorFlags) roots(ctx context.Context, from source) ([]ed25519.PublicKey, error) {
	if f.trust == "" {
		return nil, nil
	}
	trust, err := readTrust(f.trust)
	if err != nil {
		return nil, err
	}
	successions, err := from.successions(ctx)
	return voucher.Roots(trust.Root, successions), err
}

// keep stores the two notes by which a log contradicts itself.
func (f monitorFlags) keep(m *monitor.Monitor, signed string, why error) error {
	if f.data == "" || m.Before().Size == 0 || !errors.Is(why, monitor.ErrRewritten) && !errors.Is(why, monitor.ErrRolledBack) {
		return nil
	}
	return durable.Replace(filepath.Join(f.data, "contradiction.txt"),
		fmt.Appendf(nil, "Verified before:\n\n%s\nSigned now:\n\n%s\n%v\n", m.Before().Note, signed, why))
}

// files is a journal that was brought as files.
type files struct{ f monitorFlags }

func (s files) checkpoint(context.Context) (string, error) {
	b, err := os.ReadFile(s.f.checkpoint)
	return string(b), err
}

func (s files) manifests(context.Context) ([]byte, error) {
	if s.f.manifests == "" {
		return nil, errors.New("--trust needs --manifests too, the answer of GET /api/v1/issues")
	}
	return os.ReadFile(s.f.manifests)
}

// successions are not among the files: another root key is another trust.json.
func (s files) successions(context.Context) ([]string, error) { return nil, nil }

func (s files) leaves(ctx context.Context, from, to uint64, fn func([]byte) error) error {
	file, err := os.Open(s.f.leaves)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 2<<20) // more than any leaf
	for seq := range to {
		line, err := r.ReadSlice('\n')
		if err == io.EOF {
			return fmt.Errorf("%s: %d leaves, the checkpoint has %d", s.f.leaves, seq, to)
		}
		if err != nil {
			return fmt.Errorf("%s: leaf %d: %w", s.f.leaves, seq, err)
		}
		if seq < from {
			continue
		}
		if err := fn(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return err
		}
	}
	return ctx.Err()
}
