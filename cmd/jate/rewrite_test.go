package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/monitor"
	"github.com/jate-cva/jate/ledger/witness"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
)

// jate runs a command and returns what it printed.
func jate(t testing.TB, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), &environment{args: args, getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard})
	return out.String(), err
}

// donor is a witness in a process of its own, as far as the server can see.
type donor struct {
	vkey, url string
}

// newDonor makes a witness with the command and serves it over HTTP.
func newDonor(t *testing.T, log string) donor {
	t.Helper()
	dir, pass := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(pass, "witness.txt"), []byte("a passphrase"), 0o600); err != nil {
		t.Fatal(err)
	}
	vkey, err := jate(t, "witness", "init", "--data", dir, "--name", "donor.example/witness", "--passphrases", pass, "--work-factor", "10")
	if err != nil {
		t.Fatal(err)
	}
	s, err := openWitnessKey(dir, (&environment{getenv: func(string) string { return "" }}).passphrases(pass))
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewVerifier(log)
	if err != nil {
		t.Fatal(err)
	}
	w, err := witness.Open(dir, s, []note.Verifier{key})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serveWitness(ctx, w, l, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, w.Close()); err != nil {
			t.Error(err)
		}
	})
	return donor{vkey: strings.TrimSpace(vkey), url: "http://" + l.Addr().String()}
}

// site is a data folder that is open and served.
type site struct {
	*app
	t    *testing.T
	http *httptest.Server
	stop func()
}

// openSite opens a folder, with witnesses or without, as it is in the demo: all
// keys lie there with their passphrases.
func openSite(t *testing.T, dir string, donors ...donor) *site {
	t.Helper()
	s, err := tryOpenSite(t, dir, donors...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tryOpenSite is openSite where the folder may be one that is not opened.
func tryOpenSite(t *testing.T, dir string, donors ...donor) (*site, error) {
	t.Helper()
	s, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Witnesses = nil
	for _, d := range donors {
		s.Witnesses = append(s.Witnesses, witnessSettings{URL: d.url, Key: d.vkey})
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := durable.Replace(filepath.Join(dir, "jate.json"), b); err != nil {
		t.Fatal(err)
	}
	ask := (&environment{getenv: func(string) string { return "" }}).passphrases(filepath.Join(dir, "passphrases"))
	a, err := openApp(appConfig{dir: dir, ask: ask, now: time.Now, random: rand.Reader, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	srv := httptest.NewServer(a.handler)
	open := true
	stop := func() {
		if open {
			open = false
			srv.Close()
			if err := a.close(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return &site{app: a, t: t, http: srv, stop: stop}, nil
}

// monitor runs the command on the server, as a donor's monitor.
func (s *site) monitor(state string, more ...string) (string, error) {
	s.t.Helper()
	token, err := s.authority.Mint(access.Grant{Staff: "m1", Programme: demoProgramme, Roles: []access.Role{access.RoleMonitor}})
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	args := []string{"monitor", "--server", s.http.URL, "--token", file, "--programme", demoProgramme, "--development", "--log", s.settings.Checkpoint}
	if state != "" {
		args = append(args, "--data", state)
	}
	return jate(s.t, append(args, more...)...)
}

// stored is the checkpoint that is handed out.
func (s *site) stored() (c ledger.Checkpoint) {
	s.t.Helper()
	err := s.db.Ledger().View(s.t.Context(), func(tx ledger.Tx) (err error) {
		c, err = tx.Checkpoint()
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *site) decide(words ...string) {
	s.t.Helper()
	err := s.db.Ledger().Update(s.t.Context(), func(tx ledger.Tx) error {
		for _, w := range words {
			if _, err := ledger.Decide(tx, ledger.Actor{Role: "administrator", Name: "p1"}, "", "note", w, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// history is all that somebody with the file can read of the ledger.
type history struct {
	entries []ledger.Entry
	salts   map[ledger.Account][]byte
	agreed  []access.Prepared // what was agreed to, which he shows as it was
}

func (s *site) history() history {
	s.t.Helper()
	h := history{salts: map[ledger.Account][]byte{}}
	err := s.db.Ledger().View(s.t.Context(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		for seq := range size {
			e, err := tx.Entry(seq)
			if err != nil {
				return err
			}
			h.entries = append(h.entries, e)
			if sum, err := hex.DecodeString(e.Facts["digest"]); err == nil && len(sum) == 32 {
				c, err := tx.(access.Contents).PreparedContent(demoProgramme, [32]byte(sum))
				if err == nil {
					h.agreed = append(h.agreed, c)
				} else if !errors.Is(err, access.ErrContent) {
					return err
				}
			}
			for _, p := range e.Postings {
				for _, a := range []ledger.Account{p.Debit, p.Credit} {
					if !a.IsVoucher() {
						continue
					}
					if h.salts[a], err = tx.VoucherSalt(a); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// forge makes a folder with the settings and every key of another one, and a
// store that holds the entries as if nothing else had ever been written: their
// own times, and leaves, hashes and balances computed anew.
func (h history) forge(t *testing.T, from string, change func([]ledger.Entry) []ledger.Entry) string {
	t.Helper()
	dir := keysOf(t, from)
	var now time.Time
	db, err := bolt.Open(storePath(dir), bolt.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Grant().Update(t.Context(), func(tx grant.Tx) error {
		for _, c := range h.agreed {
			if err := tx.PutPrepared(c); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	known := map[ledger.Account]bool{}
	entries := change(slices.Clone(h.entries))
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].Posted.Equal(entries[0].Posted) {
			n++
		}
		now = entries[0].Posted
		err := db.Ledger().Update(t.Context(), func(tx ledger.Tx) error {
			for _, e := range entries[:n] {
				for _, p := range e.Postings {
					for _, a := range []ledger.Account{p.Debit, p.Credit} {
						if known[a] || !a.IsVoucher() {
							continue
						}
						known[a] = true
						if err := tx.PutVoucherSalt(a, h.salts[a]); err != nil {
							return err
						}
					}
				}
				if _, err := ledger.Post(tx, e); err != nil {
					return fmt.Errorf("entry %d, %s: %w", e.Seq, e.Kind, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		entries = entries[n:]
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// keysOf copies a folder without its store and without the notary's guard.
func keysOf(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || strings.HasPrefix(name, filepath.Base(storePath(from))) || path == guardPath(from) {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(dir, name), 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// at is the index of the last entry that is as it should be.
func at(t *testing.T, es []ledger.Entry, is func(i int) bool) int {
	t.Helper()
	for i := len(es) - 1; i >= 0; i-- {
		if is(i) {
			return i
		}
	}
	t.Fatal("the round has no such entry")
	return 0
}

// rewritings are what somebody with the file and every key can do to a round
// that is over. Each result keeps all rules of the ledger.
func rewritings(t *testing.T) map[string]func([]ledger.Entry) []ledger.Entry {
	decision := func(word string, like ledger.Entry) ledger.Entry {
		return ledger.Entry{Kind: ledger.KindDecision, Posted: like.Posted, Actor: like.Actor, Ref: word, Facts: map[string]string{"what": "note"}}
	}
	promised := func(e ledger.Entry) bool { return e.Kind == ledger.KindPledgeFund }
	return map[string]func([]ledger.Entry) []ledger.Entry{
		"an amount changed": func(es []ledger.Entry) []ledger.Entry {
			i := at(t, es, func(i int) bool { return promised(es[i]) })
			p := es[i].Postings[0]
			es[i].Postings = []ledger.Posting{{Debit: p.Debit, Credit: p.Credit, Amount: money.FromMinor(p.Amount.Minor()+1_000_000, p.Amount.Asset())}}
			return es
		},
		"a receipt changed": func(es []ledger.Entry) []ledger.Entry {
			es[at(t, es, func(i int) bool { return es[i].Kind == ledger.KindRedeem })].Ref = "another-receipt"
			return es
		},
		"money invented": func(es []ledger.Entry) []ledger.Entry {
			i := at(t, es, func(i int) bool { return promised(es[i]) })
			return slices.Insert(es, i, es[i])
		},
		"a decision inserted": func(es []ledger.Entry) []ledger.Entry {
			return slices.Insert(es, len(es)/2, decision("inserted", es[len(es)/2]))
		},
		"a decision removed": func(es []ledger.Entry) []ledger.Entry {
			i := at(t, es, func(i int) bool { return i < len(es)/2 && es[i].Kind == ledger.KindDecision })
			return slices.Delete(es, i, i+1)
		},
		"two sales swapped": func(es []ledger.Entry) []ledger.Entry {
			i := at(t, es, func(i int) bool {
				return i+1 < len(es) && es[i].Kind == ledger.KindRedeem && es[i+1].Kind == ledger.KindRedeem
			})
			es[i], es[i+1] = es[i+1], es[i]
			return es
		},
		"the end dropped":                func(es []ledger.Entry) []ledger.Entry { return es[:len(es)-3] },
		"the end dropped, others added":  func(es []ledger.Entry) []ledger.Entry { return longer(es[:len(es)-3], decision, 8) },
		"a fork, shown to another party": func(es []ledger.Entry) []ledger.Entry { return longer(es[:len(es)-2], decision, 2) },
		"everything gone":                func(es []ledger.Entry) []ledger.Entry { return es[:1] },
	}
}

func longer(es []ledger.Entry, decision func(string, ledger.Entry) ledger.Entry, n int) []ledger.Entry {
	es = slices.Clip(es)
	for i := range n {
		es = append(es, decision(fmt.Sprintf("instead-%d", i), es[len(es)-1]))
	}
	return es
}

// A history rewritten by somebody with the file and every key of the server is
// whole in itself, so that nothing on the server can tell. The witness refuses
// it each time, the server stops signing and says so, and a monitor that was
// there before notices, also without a witness.
func TestRewrittenHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "office")
	if _, err := jate(t, "demo", "--once", "--data", dir, "--households", "100", "--seed", "7"); err != nil {
		t.Fatal(err)
	}
	set, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := newDonor(t, set.Checkpoint)
	state := t.TempDir()
	believe := []string{"--witness", d.vkey, "--trust", filepath.Join(dir, "trust.json")}

	honest := openSite(t, dir, d)
	backup := keysOf(t, dir)
	honest.backup(storePath(backup))
	honest.cosigned(d)
	if out, err := honest.monitor(state, believe...); err != nil || !strings.Contains(out, "\nok size=") {
		t.Fatalf("%v\n%s", err, out)
	}
	honest.decide("one more", "and another")
	honest.cosigned(d)
	out, err := honest.monitor(state, believe...)
	if want := fmt.Sprintf("ok size=%d root=%s\n", honest.stored().Size, honest.stored().Root); err != nil || !strings.HasSuffix(out, want) {
		t.Fatalf("%v\n%s\nwant %s", err, out, want)
	}
	h, guard := honest.history(), guardPath(dir)

	t.Run("nothing rewritten", func(t *testing.T) {
		// The forger is good: the same entries give the same log, and more of
		// it is cosigned, else the refusals below would prove nothing.
		same := openSite(t, h.forge(t, dir, func(es []ledger.Entry) []ledger.Entry { return es }), d)
		same.cosigned(d)
		if same.stored().Root != honest.stored().Root {
			t.Error("another root")
		}
	})
	changes := rewritings(t)
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		t.Run(name, func(t *testing.T) { rewritten(t, h.forge(t, dir, changes[name]), guard, state, d) })
	}
	t.Run("a backup restored", func(t *testing.T) { rewritten(t, backup, guard, state, d) })
	t.Run("a backup restored, and gone on from", func(t *testing.T) {
		again := keysOf(t, backup)
		b, err := os.ReadFile(storePath(backup))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(storePath(again), b, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openSite(t, again)
		s.decide("a", "b", "c", "d", "e")
		s.stop()
		rewritten(t, again, guard, state, d)
	})
	t.Run("the honest log goes on", func(t *testing.T) {
		honest.decide("at last")
		honest.cosigned(d)
		if out, err := honest.monitor(state, believe...); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}

// rewritten expects that nothing but the witness and the monitor can tell.
func rewritten(t *testing.T, dir, guard, state string, d donor) {
	// With the guard that was there, the folder is not even opened.
	b, err := os.ReadFile(guard)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(guardPath(dir), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := tryOpenSite(t, dir); !errors.Is(err, ledger.ErrFork) {
		t.Errorf("with the guard: %v", err)
		if err == nil {
			s.stop()
		}
	}

	// Without it, and without a witness, all is well.
	if err := os.Remove(guardPath(dir)); err != nil {
		t.Fatal(err)
	}
	s := openSite(t, dir)
	if err := s.checkpoint(t.Context()); err != nil {
		t.Fatalf("the forgery is not whole: %v", err)
	}
	p, err := s.proofs()
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		_, err := ledger.Verify(tx, p, nil)
		return err
	})
	if err != nil {
		t.Fatalf("the forgery is not whole: %v", err)
	}
	if out, err := s.monitor(""); err != nil {
		t.Fatalf("a monitor that was not there before: %v\n%s", err, out)
	}
	// A monitor that was, notices; and nobody who demands the witness is shown it.
	kept := t.TempDir()
	if err := os.CopyFS(kept, os.DirFS(state)); err != nil {
		t.Fatal(err)
	}
	if out, err := s.monitor(kept); !errors.Is(err, monitor.ErrRewritten) && !errors.Is(err, monitor.ErrRolledBack) {
		t.Errorf("the monitor: %v\n%s", err, out)
	}
	evidence, err := os.ReadFile(filepath.Join(kept, "contradiction.txt"))
	if err != nil || strings.Count(string(evidence), s.settings.Origin+"\n") != 2 {
		t.Errorf("the two notes were not kept: %v\n%s", err, evidence)
	}
	if _, err := s.monitor("", "--witness", d.vkey); err == nil {
		t.Error("shown to somebody who demands a witness")
	}
	forged := s.stored()
	s.stop()

	// With the witness, the server learns it before anything is added, and the
	// guard that now agrees with the forgery is no help.
	s = openSite(t, dir, d)
	for range 3 {
		if err := s.checkpoint(t.Context()); err == nil && s.witnesses.Contradicted() == nil {
			t.Fatal("the witness cosigned it")
		}
	}
	if err := s.witnesses.Contradicted(); !errors.Is(err, witness.ErrContradicted) {
		t.Errorf("%v", err)
	}
	if ready := get(t, s.http.URL+"/readyz"); !strings.Contains(ready, "not ready") || !strings.Contains(ready, "witness_contradicts") {
		t.Errorf("/readyz: %s", ready)
	}
	s.decide("more")
	if err := s.checkpoint(t.Context()); err != nil || s.stored().Note != forged.Note {
		t.Errorf("the server signs on: %v", err)
	}
}

// cosigned expects the next checkpoint to cover everything, cosigned.
func (s *site) cosigned(d donor) {
	s.t.Helper()
	if err := s.checkpoint(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	log, err := note.NewVerifier(s.settings.Checkpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := witness.NewVerifier(d.vkey)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := ledger.OpenCheckpoint(s.stored().Note, s.settings.Origin, log, v)
	if err != nil {
		s.t.Fatal(err)
	}
	if n := uint64(len(s.history().entries)); c.Size != n {
		s.t.Fatalf("cosigned are %d of %d entries", c.Size, n)
	}
}

func (s *site) backup(path string) {
	s.t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.db.Backup(s.t.Context(), f)
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}
