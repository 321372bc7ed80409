package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/voucher"
)

// rotate replaces a key of the market's folder, whose server has stopped.
func (m *market) rotate(t *testing.T, args ...string) string {
	t.Helper()
	return mustJate(t, append([]string{"keys", args[0], "--data", m.dir, "--passphrases", filepath.Join(m.dir, "passphrases"), "--work-factor", "10"}, args[1:]...)...)
}

// passphrase writes one down.
func (m *market) passphrase(name, text string) {
	m.t.Helper()
	m.write(filepath.Join(m.dir, "passphrases", name+".txt"), text+"\n")
}

func (m *market) get(t *testing.T, path, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.String()
}

// Every key of a server is replaced while shops are out of reach with sales
// that were sealed and dated under the former ones. All of it comes in, is paid
// once, and the handhelds go on under the new keys; what the former ones sign
// counts for nothing.
func TestASVS_13_3_4(t *testing.T) {
	m := openMarket(t)
	m.sell(0, 2)
	m.syncAll()
	known := redeemed(t, m.app)
	m.sell(2, 5)
	if err := m.app.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := m.app.settings
	former := m.app.keys
	paper := m.attach(t, "%PDF-1.7 a receipt that was signed")
	oldToken := strings.TrimSpace(readFile(t, m.token))
	trust := filepath.Join(t.TempDir(), "trust.json")
	write(t, trust, readFile(t, filepath.Join(m.dir, "trust.json")))
	if err := m.stop(); err != nil {
		t.Fatal(err)
	}

	for _, name := range []string{keyBeacon, keySeal, keyAccess, keyCheckpoint, keyData, keyData} {
		if out := m.rotate(t, "rotate", name); !strings.Contains(out, name+" key is now") {
			t.Error(out)
		}
	}
	m.passphrase("server-new-1", "half of finance")
	m.passphrase("server-new-2", "half of informatics")
	m.rotate(t, "rotate", "--two-custodians", keyServer)
	m.passphrase("server-1", "half of finance")
	m.passphrase("server-2", "half of informatics")
	m.passphrase("root-new-1", "half of the director")
	m.passphrase("root-new-2", "half of the auditor")
	m.rotate(t, "rotate", "--two-custodians", keyRoot)
	m.passphrase("root-1", "half of the director")
	m.passphrase("root-2", "half of the auditor")
	m.rotate(t, "rotate", keyBeacon) // the new root says so
	if _, err := jate(t, "keys", "retire", "--data", m.dir, "--passphrases", filepath.Join(m.dir, "passphrases"), keyCheckpoint); err == nil {
		t.Error("retired a checkpoint key before the new one has signed")
	}

	n := m.move(t, m.dir)
	n.goesOn(t, known, 5, 7)
	after := n.app.settings
	for _, s := range n.shops {
		if got := s.phone.device.Trust(); !got.Root.Equal(ed25519.PublicKey(after.Root)) || !got.Beacon.Equal(ed25519.PublicKey(after.Beacon)) {
			t.Errorf("%s does not believe the new keys", s.handheld())
		}
		if !bytes.Equal(s.phone.device.Identity().Beacon, before.Beacon) {
			t.Error("the handheld was enrolled with another key")
		}
		forged, err := voucher.SignAck(voucher.Ack{Handheld: s.handheld(), Time: voucher.UnixOf(m.clock.Now()), Nonce: "n"}, former.beacon)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.phone.device.TakeAck(forged); err == nil {
			t.Error("the former beacon key counts")
		}
	}
	if status, body := n.get(t, "/api/v1/ledger/trial-balance", oldToken); status != http.StatusUnauthorized {
		t.Errorf("a token of the former access key: %d %s", status, body)
	}
	for _, s := range n.shops {
		if err := n.refresh(t.Context(), s.phone); err != nil {
			t.Fatal(err)
		}
	}
	n.ready(t, before)
	n.monitored(t, trust, before.Checkpoint, after.CheckpointNext)
	if err := n.stop(); err != nil {
		t.Fatal(err)
	}

	out := n.rotate(t, "retire", keyCheckpoint)
	if !strings.Contains(out, after.CheckpointNext) {
		t.Error(out)
	}
	// The demo's days are long past, so each bundle looks older than the key.
	if _, err := jate(t, "keys", "retire", "--data", m.dir, "--passphrases", filepath.Join(m.dir, "passphrases"), keySeal); err == nil {
		t.Error("retired a seal key that handhelds may still seal to")
	}
	if out := n.rotate(t, "retire", "--force", keySeal); !strings.HasPrefix(out, "1 former") {
		t.Error(out)
	}
	if out := n.rotate(t, "retire", keyData); !strings.HasPrefix(out, "1 former") {
		t.Error(out)
	}
	mustJate(t, "verify", "--data", m.dir)
	last := n.move(t, m.dir)
	last.goesOn(t, known, 7, 9)
	last.monitored(t, trust, after.CheckpointNext)
	last.readable(t)
	if _, err := last.documents(t).Get(paper); err != nil {
		t.Error(err)
	}
	if f, err := documents.NewFolder(documentsPath(last.dir), former.data, former.wraps...); err != nil {
		t.Error(err)
	} else if _, err := f.Get(paper); !errors.Is(err, documents.ErrDamaged) {
		t.Errorf("the former data key opens a document: %v", err)
	}
	if _, err := last.monitor(t, trust, before.Checkpoint); err == nil {
		t.Error("the former checkpoint key signs on")
	}
}

// readable fails where a household cannot be read by the newest key, or can by
// the first alone.
func (m *market) readable(t *testing.T) {
	t.Helper()
	sealer, err := distribution.NewSealer(m.app.keys.data, m.app.keys.wraps...)
	if err != nil {
		t.Fatal(err)
	}
	first, err := distribution.NewSealer(m.app.keys.data)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.app.keys.wraps) != 1 {
		t.Errorf("%d keys wrap", len(m.app.keys.wraps))
	}
	read := 0
	err = m.app.db.Distribution().View(t.Context(), func(tx distribution.Tx) error {
		for b, err := range tx.Beneficiaries(demoProgramme, "") {
			if err != nil {
				return err
			}
			if _, err := sealer.Person(tx, b); err != nil {
				return err
			}
			if _, err := first.Person(tx, b); err == nil {
				t.Errorf("%s can be read by the former key", b.ID)
			}
			read++
		}
		return nil
	})
	if err != nil || read < 90 {
		t.Errorf("%d households, %v", read, err)
	}
}

// ready fails where /readyz and the metrics do not name the keys in use.
func (m *market) ready(t *testing.T, before settings) {
	t.Helper()
	var ready struct {
		Keys    []keyAge
		Warning string
	}
	_, body := m.get(t, "/readyz", "")
	if err := json.Unmarshal([]byte(body), &ready); err != nil {
		t.Fatal(err)
	}
	changed := map[string]bool{keyRoot: true, keyBeacon: true, keySeal: true, keyAccess: true, keyCheckpoint: true, keyServer: true, keyData: true}
	for _, k := range ready.Keys {
		if k.ID == "" || changed[k.Name] == (k.ID == before.Keys[k.Name].ID) {
			t.Errorf("%s has the id %s, and had %s", k.Name, k.ID, before.Keys[k.Name].ID)
		}
		if !k.Due.Equal(k.Made.Add(keyLife[k.Name])) {
			t.Errorf("%s is due on %s", k.Name, k.Due)
		}
	}
	if len(ready.Keys) != len(keyLife) {
		t.Errorf("%d keys", len(ready.Keys))
	}
	found, err := m.app.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, f := range found {
		if strings.HasPrefix(f.GetName(), "jate_key_") {
			shown += len(f.GetMetric())
		}
	}
	if shown != 2*len(keyLife) {
		t.Errorf("%d metrics of keys", shown)
	}
}

func (m *market) monitor(t *testing.T, trust, log string) (string, error) {
	t.Helper()
	token, err := m.app.authority.Mint(access.Grant{Staff: "m1", Programme: demoProgramme, Roles: []access.Role{access.RoleMonitor}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, token)
	return jate(t, "monitor", "--server", m.address, "--token", path, "--programme", demoProgramme, "--development", "--log", log, "--trust", trust)
}

// monitored has a monitor verify with what it was given before any key changed.
func (m *market) monitored(t *testing.T, trust string, logs ...string) {
	t.Helper()
	for _, log := range logs {
		if out, err := m.monitor(t, trust, log); err != nil || !strings.Contains(out, "ok size=") {
			t.Errorf("monitor with %s: %v\n%s", log, err, out)
		}
	}
}

// A replacement that was interrupted is ended one way or the other: by what
// jate.json says.
func TestOpenKey_interrupted(t *testing.T) {
	dir := office(t)
	ask := (&environment{getenv: func(string) string { return "" }}).passphrases(filepath.Join(dir, "passphrases"))
	server, err := openServerKey(dir, ask)
	if err != nil {
		t.Fatal(err)
	}
	set, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{keyBeacon, keySeal, keyAccess, keyCheckpoint, keyData} {
		first, err := openKey(dir, name, server)
		if err != nil {
			t.Fatal(err)
		}
		second := bytes.Clone(first)
		switch name {
		case keyCheckpoint:
			other := office(t)
			k, err := openServerKey(other, (&environment{getenv: func(string) string { return "" }}).passphrases(filepath.Join(other, "passphrases")))
			if err != nil {
				t.Fatal(err)
			}
			if second, err = openKey(other, name, k); err != nil {
				t.Fatal(err)
			}
		default:
			second[0] ^= 8
		}
		content, err := sealKey(second, server.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		write(t, nextPath(dir, name), string(content))
		if got, err := openKey(dir, name, server); err != nil || !bytes.Equal(got, first) {
			t.Errorf("%s: a replacement that was not made counts: %v", name, err)
		}
		if _, err := os.Stat(nextPath(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: it is still there", name)
		}
		write(t, nextPath(dir, name), string(content))
		if err := set.made(name, second, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := set.write(dir); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := openKey(dir, name, server); err != nil || !bytes.Equal(got, second) {
				t.Errorf("%s: a replacement that was made does not count: %v", name, err)
			}
		}
	}
}

// One of two custodians opens nothing.
func TestSettings_passphrase(t *testing.T) {
	s := settings{Halves: []string{keyRoot}}
	known := map[string]string{"root-1": "the first of two", "root-2": "the second of two", "print": "one for all"}
	ask := func(name string) (string, error) { return known[name], nil }
	if got, err := s.passphrase(keyRoot, keyRoot, ask); err != nil || got != "the first of two the second of two" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := s.passphrase(keyPrint, keyPrint, ask); err != nil || got != "one for all" {
		t.Errorf("%q, %v", got, err)
	}
	for _, half := range []string{"", "short", "the first of two"} {
		known["root-2"] = half
		if _, err := s.passphrase(keyRoot, keyRoot, ask); err == nil {
			t.Errorf("%q is taken for the second half", half)
		}
	}
}
