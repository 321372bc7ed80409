package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// market is a demo up to the day on which the shops open, with a backup key.
type market struct {
	*demo
	t        *testing.T
	identity string // file
	to       string
	token    string // file
	cards    map[*shop][]*demoCard
}

func openMarket(t *testing.T) *market {
	t.Helper()
	d := &demo{development: true, dir: filepath.Join(t.TempDir(), "office"), households: 100, seed: 5, rnd: mathrand.New(mathrand.NewPCG(5, 7)), out: &progress{io.Discard},
		clock: &demoClock{now: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -60).Add(8 * time.Hour)}}
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	})
	for _, step := range []func(context.Context) error{d.open, d.hire, d.register, d.contract, d.plan, d.issue, d.handOver} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	m := &market{demo: d, t: t, cards: map[*shop][]*demoCard{}}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	m.to, m.identity, m.token = id.Recipient().String(), filepath.Join(t.TempDir(), "backup.key"), filepath.Join(t.TempDir(), "token")
	m.write(m.identity, id.String())
	m.admin()
	d.clock.set(d.clock.Now().AddDate(0, 0, 1))
	for _, s := range d.shops {
		if err := d.refresh(t.Context(), s.phone); err != nil {
			t.Fatal(err)
		}
		for _, c := range d.cards {
			if c.given && !c.special && c.home == s.handheld() {
				m.cards[s] = append(m.cards[s], c)
			}
		}
	}
	return m
}

// market has its own write: the demo's writes documents.
func (m *market) write(path, text string) {
	m.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// admin writes a new token: the demo's clock jumps.
func (m *market) admin() {
	m.t.Helper()
	token, err := m.app.authority.Mint(access.Grant{Staff: "admin", Programme: demoProgramme, Roles: []access.Role{access.RoleAdministrator}, TTL: access.TTLMax})
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(m.token, token+"\n")
}

// sell has every shop sell the cards from one share of its own to another, in
// tenths, without a network.
func (m *market) sell(from, to int) {
	m.t.Helper()
	err := m.each(func(s *shop) error {
		cs := m.cards[s]
		for _, c := range cs[from*len(cs)/10 : to*len(cs)/10] {
			s.phone.now = s.phone.now.Add(90 * time.Second)
			if _, err := s.phone.sell(c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *market) syncAll() {
	m.t.Helper()
	m.clock.set(m.clock.Now().Add(time.Hour))
	if err := m.each(func(s *shop) error { return m.sync(m.t.Context(), s.phone, http.DefaultTransport) }); err != nil {
		m.t.Fatal(err)
	}
	for _, o := range m.officer {
		if err := m.sync(m.t.Context(), o.phone, http.DefaultTransport); err != nil {
			m.t.Fatal(err)
		}
	}
}

// redeemed returns the voucher accounts and receipts of the redeem entries
// that stand, by receipt; it fails where a voucher or a receipt has two.
func redeemed(t *testing.T, a *app) map[string]voucher.Serial {
	t.Helper()
	vouchers, receipts := map[voucher.Serial]bool{}, map[string]voucher.Serial{}
	err := a.db.Vouchers().View(t.Context(), func(tx voucher.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		for seq := range size {
			e, err := tx.Entry(seq)
			if err != nil {
				return err
			}
			if e.Kind == ledger.KindReverse {
				return errors.New("a redemption was reversed")
			}
			if e.Kind != ledger.KindRedeem {
				continue
			}
			serial := voucher.Serial(e.Postings[0].Debit.Serial())
			if vouchers[serial] || receipts[e.Ref] != "" {
				return fmt.Errorf("entry %d pays for %s a second time", seq, serial)
			}
			vouchers[serial], receipts[e.Ref] = true, serial
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func mustJate(t *testing.T, args ...string) string {
	t.Helper()
	out, err := jate(t, args...)
	if err != nil {
		t.Fatalf("jate %s: %v", args[0], err)
	}
	return out
}

// A backup is taken while handhelds sync. What was acknowledged before it
// began is in it; what came after comes again from the handhelds, and nothing
// is paid twice; and the log that goes on contains the last checkpoint from
// before. Where more had been signed than was backed up, going on under the
// same origin is refused, and a new epoch is not.
func TestBackup(t *testing.T) {
	m := openMarket(t)
	m.sell(0, 4)
	m.syncAll()
	if err := m.app.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := redeemed(t, m.app)
	signed, err := ledger.LastSigned(guardPath(m.dir))
	if err != nil || signed.Size == 0 || len(before) < 40 {
		t.Fatalf("%d redemptions, signed %+v, %v", len(before), signed, err)
	}

	m.clock.set(m.clock.Now().Add(time.Hour))
	m.admin()
	file := filepath.Join(t.TempDir(), "jate.age")
	var load, going sync.WaitGroup
	for _, s := range m.shops {
		cs := m.cards[s]
		cs = cs[4*len(cs)/10 : 7*len(cs)/10]
		going.Add(1)
		load.Go(func() {
			for i, c := range cs {
				if _, err := s.phone.sell(c); err != nil {
					t.Error(err)
				}
				if err := m.sync(t.Context(), s.phone, http.DefaultTransport); err != nil {
					t.Error(err)
				}
				if i == 0 {
					going.Done()
				}
			}
		})
	}
	going.Wait()
	contract := m.attach(t, "%PDF-1.7 contract")
	before = redeemed(t, m.app)
	said := mustJate(t, "backup", "--server", m.address, "--token", m.token, "--recipient", m.to, "--out", file)
	beside := redeemed(t, m.app)
	load.Wait()
	m.sell(7, 8)
	m.syncAll()
	after := redeemed(t, m.app)
	if err := m.app.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || !strings.HasPrefix(said, "ok size=") {
		t.Fatalf("%v %v, said %q", info, err, said)
	}
	if left, err := filepath.Glob(filepath.Join(m.dir, ".backup*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if len(beside) <= len(before) {
		t.Fatalf("%d redemptions, then %d: nothing ran beside the backup", len(before), len(beside))
	}

	t.Run("on another machine it goes on under its name", func(t *testing.T) {
		other := m.machine(t)
		mustJate(t, "restore", "--data", other, "--in", file, "--identity", m.identity)
		n := m.move(t, other)
		in := redeemed(t, n.app)
		for receipt := range before {
			if in[receipt] == "" {
				t.Fatalf("the receipt %s was acknowledged before the backup and is not in it", receipt)
			}
		}
		t.Logf("%d redemptions before the backup, %d in it, %d after", len(before), len(in), len(after))
		n.goesOn(t, after, 8, 9)
		n.contains(t, signed)
		if content, err := n.documents(t).Get(contract); err != nil || string(content) != "%PDF-1.7 contract" {
			t.Errorf("the contract: %q, %v", content, err)
		}
	})
	t.Run("behind what was signed it is refused", func(t *testing.T) {
		if _, err := jate(t, "restore", "--data", m.dir, "--in", file, "--identity", m.identity); err == nil {
			t.Fatal("a folder that a server has was restored")
		}
		if err := m.stop(); err != nil {
			t.Fatal(err)
		}
		m.server = nil
		was := mustJate(t, "verify", "--data", m.dir)
		if _, err := jate(t, "restore", "--data", m.dir, "--in", file, "--identity", m.identity); !errors.Is(err, errBehind) {
			t.Fatalf("restored: %v", err)
		}
		if is := mustJate(t, "verify", "--data", m.dir); is != was {
			t.Errorf("the refusal changed the folder: %s, was %s", is, was)
		}
		// Neither does a server start on an older file put there by hand.
		older := m.machine(t)
		mustJate(t, "restore", "--data", older, "--in", file, "--identity", m.identity)
		if err := copyFile(guardPath(older), guardPath(m.dir)); err != nil {
			t.Fatal(err)
		}
		if _, err := m.openAt(older); !errors.Is(err, ledger.ErrFork) {
			t.Errorf("opened: %v", err)
		}
	})
	t.Run("a new epoch goes on from it", func(t *testing.T) {
		out := mustJate(t, "restore", "--data", m.dir, "--in", file, "--identity", m.identity, "--new-epoch", "--passphrases", filepath.Join(m.dir, "passphrases"))
		if !strings.Contains(out, "origin=demo.example/mali/epoch-2") {
			t.Errorf("said %q", out)
		}
		mustJate(t, "verify", "--data", m.dir)
		n := m.move(t, m.dir)
		n.goesOn(t, after, 9, 10)
		n.contains(t, signed)
		last, err := ledger.LastSigned(filepath.Join(n.asides(t)[0], "checkpoint.json"))
		if err != nil {
			t.Fatal(err)
		}
		if !n.quotes(t, last) {
			t.Error("no entry quotes the last checkpoint of the epoch before")
		}
	})
}

func (m *market) documents(t *testing.T) *documents.Folder {
	t.Helper()
	folder, err := documents.NewFolder(documentsPath(m.dir), m.app.keys.data, m.app.keys.wraps...)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// attach keeps a document in the folder.
func (m *market) attach(t *testing.T, content string) documents.Hash {
	t.Helper()
	d, err := m.documents(t).Put([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return d.Hash
}

// machine makes a folder with what is kept beside backups: settings and keys.
func (m *market) machine(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "office")
	for _, part := range []string{"keys", "print", "passphrases"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(m.dir, part))); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyFile(filepath.Join(dir, "jate.json"), filepath.Join(m.dir, "jate.json")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (m *market) openAt(dir string) (*app, error) {
	ask := (&environment{getenv: func(string) string { return "" }}).passphrases(filepath.Join(dir, "passphrases"))
	return openApp(appConfig{dir: dir, ask: ask, now: m.clock.Now, random: rand.Reader, log: slog.New(slog.DiscardHandler)})
}

// move has the handhelds talk to a server on the folder.
func (m *market) move(t *testing.T, dir string) *market {
	t.Helper()
	a, err := m.openAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	d := *m.demo
	n := &market{demo: &d, t: t, identity: m.identity, to: m.to, token: m.token, cards: m.cards}
	n.dir, n.app, n.server, n.address = dir, a, httpkit.NewServer("", a.handler), "http://"+l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- n.server.Serve(l) }()
	t.Cleanup(func() {
		if err := n.stop(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	for _, s := range n.shops {
		if s.phone.client, err = handheld.NewClient(n.address, "en", &http.Client{Timeout: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// goesOn has every handheld sync twice and sell on: each receipt that was ever
// acknowledged is there again, once, and so are new ones.
func (m *market) goesOn(t *testing.T, acknowledged map[string]voucher.Serial, from, to int) {
	t.Helper()
	m.syncAll()
	m.syncAll()
	again := redeemed(t, m.app)
	for receipt, serial := range acknowledged {
		if again[receipt] != serial {
			t.Errorf("%s was redeemed by %s and is redeemed by %q", serial, receipt, again[receipt])
		}
	}
	m.sell(from, to)
	m.syncAll()
	if more := redeemed(t, m.app); len(more) <= len(again) {
		t.Errorf("%d redemptions, and %d after more sales", len(again), len(more))
	}
	if err := m.app.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := m.app.proofs()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t.Context(), m.app.db, p); err != nil {
		t.Error(err)
	}
}

// contains fails where the log does not extend the checkpoint.
func (m *market) contains(t *testing.T, c ledger.Checkpoint) {
	t.Helper()
	err := m.app.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		root, err := ledger.Root(tx, c.Size)
		if err == nil && root != c.Root {
			t.Errorf("at %d entries the root is %s, signed was %s", c.Size, root, c.Root)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func (m *market) asides(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(m.dir, "before-restore-*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	return names
}

// quotes reports whether an entry names the checkpoint as the last of another
// epoch.
func (m *market) quotes(t *testing.T, c ledger.Checkpoint) bool {
	t.Helper()
	found := false
	err := m.app.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		for seq := uint64(0); err == nil && seq < size && !found; seq++ {
			var e ledger.Entry
			e, err = tx.Entry(seq)
			found = e.Facts["what"] == "new-epoch" && e.Facts["signed_size"] == fmt.Sprint(c.Size) && e.Facts["signed_root"] == c.Root.String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A backup that is damaged, of another log or not for this key is refused, and
// changes nothing.
func TestRestore_refuses(t *testing.T) {
	ask := func(name string) (string, error) { return "pass of " + name, nil }
	folder := func(origin string) string {
		dir := filepath.Join(t.TempDir(), "office")
		if err := makeFolder(dir, settings{Origin: origin, Issuer: "ngo", Development: true}, ask, 10); err != nil {
			t.Fatal(err)
		}
		a, err := openApp(appConfig{dir: dir, ask: ask, now: time.Now, random: rand.Reader, log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		err = a.db.Ledger().Update(t.Context(), func(tx ledger.Tx) error {
			_, err := ledger.Decide(tx, ledger.Actor{Role: "server", Name: "server"}, "", "opened", "", nil)
			return err
		})
		if err := errors.Join(err, a.checkpoint(t.Context()), a.close()); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dir := folder("ngo.example/one")
	good, foreign := filepath.Join(t.TempDir(), "good.db"), filepath.Join(t.TempDir(), "foreign.db")
	mustJate(t, "backup", "--data", dir, "--out", good)
	mustJate(t, "backup", "--data", folder("ngo.example/one"), "--out", foreign)
	if _, err := jate(t, "backup", "--data", dir, "--out", good); err == nil {
		t.Error("a backup was written over another")
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(content, []byte("opened"))
	if at < 0 {
		t.Fatal("the entry is not in the file")
	}
	changed := slices.Clone(content)
	copy(changed[at:], "locked")
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	encrypted := filepath.Join(t.TempDir(), "good.age")
	mustJate(t, "backup", "--data", dir, "--recipient", id.Recipient().String(), "--out", encrypted)
	sealed, err := os.ReadFile(encrypted)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	was := mustJate(t, "verify", "--data", dir)
	for name, b := range map[string][]byte{"nothing": {}, "half": content[:len(content)/2], "a word changed": changed, "not a store": []byte("backup"),
		"half of an encrypted one": sealed[:len(sealed)/2]} {
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := jate(t, "restore", "--data", dir, "--in", path, "--identity", key); err == nil {
			t.Errorf("%s was restored: %s", name, out)
		}
	}
	if _, err := jate(t, "restore", "--data", dir, "--in", foreign); err == nil {
		t.Error("another log was restored")
	}
	if is := mustJate(t, "verify", "--data", dir); is != was {
		t.Errorf("%s, was %s", is, was)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*restore*")); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
	path := filepath.Join(t.TempDir(), "sealed")
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := jate(t, "restore", "--data", dir, "--in", path); err == nil {
		t.Error("opened without a key")
	}
	mustJate(t, "restore", "--data", dir, "--in", path, "--identity", key)
	if is := mustJate(t, "verify", "--data", dir); is != was {
		t.Errorf("restored %s, was %s", is, was)
	}
}

// A token never goes to another machine in the clear.
func TestServerAddress(t *testing.T) {
	for text, want := range map[string]string{"http://127.0.0.1:8437": "http://127.0.0.1:8437", "https://jate.example.org/": "https://jate.example.org",
		"http://localhost": "http://localhost", "http://[::1]:1": "http://[::1]:1", "http://jate.example.org": "", "http://10.0.0.1": "",
		"ftp://localhost": "", "https://u@x": "", "https://x/y": "", "": ""} {
		if got, err := serverAddress(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
