package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/monitor"
)

// office makes a data folder with the command, its passphrases beside it.
func office(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "office")
	pass := filepath.Join(dir, "passphrases")
	if err := os.MkdirAll(pass, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"server", "root", "print"} {
		write(t, filepath.Join(pass, name+".txt"), "pass of "+name)
	}
	if _, err := jate(t, "init", "--data", dir, "--origin", "ngo.example/test", "--passphrases", pass, "--work-factor", "10", "--development"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// token is a file with a monitor's access token.
func (s *site) token() string {
	s.t.Helper()
	token, err := s.authority.Mint(access.Grant{Staff: "m1", Programme: demoProgramme, Roles: []access.Role{access.RoleMonitor}})
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), "token")
	write(s.t, path, token+"\n")
	return path
}

// A trader shows with two files that the log holds the answer to his receipt,
// and anybody with two checkpoints that the log only grew, to people who have
// nothing but keys. Files of a server and of its folder are the same.
func TestProofs(t *testing.T) {
	dir, tmp := office(t), t.TempDir()
	set, err := readSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, stranger := newDonor(t, set.Checkpoint), newDonor(t, set.Checkpoint)
	s := openSite(t, dir, d)
	s.decide("receipt-0", "receipt-1", "receipt-2")
	s.cosigned(d)
	old := filepath.Join(tmp, "old")
	write(t, old, s.stored().Note)
	s.decide("receipt-3", "receipt-4")
	report := filepath.Join(tmp, "report.csv")
	write(t, report, "place;households\nMopti;120\n")
	sum := sha256.Sum256([]byte(readFile(t, report)))
	if err := s.app.db.Ledger().Update(t.Context(), func(tx ledger.Tx) error {
		_, err := ledger.HandedOut{Kind: "donor-report", Of: "fund:f1", Form: "csv", SHA256: sum, Bytes: 28, Size: 3}.Note(tx, ledger.Actor{Role: "donor", Name: "p9"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.cosigned(d)
	server := []string{"--server", s.http.URL, "--token", s.token()}
	prove := func(from []string, name string, more ...string) string {
		t.Helper()
		path := filepath.Join(tmp, name)
		if _, err := jate(t, append(append([]string{"proof", "--out", path}, from...), more...)...); err != nil {
			t.Fatal(err)
		}
		return path
	}
	leaf, other := filepath.Join(tmp, "leaf"), filepath.Join(tmp, "other")
	proof := prove(server, "1.tlog-proof", "--entry", "1", "--leaf", leaf)
	prove(server, "3.tlog-proof", "--entry", "3", "--leaf", other)
	note := prove(server, "5.tlog-proof", "--entry", "5", "--leaf", filepath.Join(tmp, "note"))
	forged := filepath.Join(tmp, "forged.csv")
	write(t, forged, "place;households\nMopti;130\n")
	verifyFile := func(from []string, path string) (string, error) {
		return jate(t, append(append([]string{"verify-file"}, from...), path)...)
	}
	byKey := append(server, "--log", set.Checkpoint)
	growth := prove(server, "growth", "--old", "3")
	leaves := filepath.Join(tmp, "leaves")
	client, err := newRemote(os.Getenv, s.http.URL, server[3])
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.get(t.Context(), "/api/v1/ledger/leaves")
	if err != nil {
		t.Fatal(err)
	}
	write(t, leaves, string(all))
	now := filepath.Join(tmp, "now")
	write(t, now, s.stored().Note)
	size := s.stored().Size
	if out, err := verifyFile(byKey, report); err != nil || !strings.Contains(out, "entry 5: donor-report fund:f1 (csv, 28 bytes)") || !strings.Contains(out, "first 3 entries") {
		t.Errorf("the file that was handed out: %v\n%s", err, out)
	}
	if _, err := verifyFile(byKey, forged); !errors.Is(err, ledger.ErrNotHandedOut) {
		t.Errorf("another file: %v", err)
	}
	s.stop()
	if out, err := verifyFile([]string{"--data", dir}, report); err != nil || !strings.Contains(out, fmt.Sprintf("ok sha256=%x entry=5", sum)) {
		t.Errorf("by the folder: %v\n%s", err, out)
	}
	for served, name := range map[string][]string{proof: {"1-data.tlog-proof", "--entry", "1", "--leaf", leaf}, growth: {"growth-data", "--old", "3"}} {
		if local := prove([]string{"--data", dir}, name[0], name[1:]...); readFile(t, local) != readFile(t, served) {
			t.Errorf("%s of the folder is not that of the server", name[0])
		}
	}
	withNewline := filepath.Join(tmp, "leaf-newline")
	write(t, withNewline, readFile(t, leaf)+"\n")

	log, by := []string{"verify-proof", "--log", set.Checkpoint}, []string{"--witness", d.vkey}
	for name, tt := range map[string]struct {
		args []string
		want string // what is printed, or
		err  error  // why not; nil for any
	}{
		"the leaf":                   {[]string{"--leaf", leaf, proof}, "entry 1: decision, posted ", nil},
		"with a newline":             {[]string{"--leaf", withNewline, proof}, fmt.Sprintf("ok size=%d root=", size), nil},
		"and its receipt":            {[]string{"--leaf", leaf, "--receipt", "receipt-1", proof}, "ok size=", nil},
		"another receipt":            {[]string{"--leaf", leaf, "--receipt", "receipt-2", proof}, "", ledger.ErrProof},
		"another leaf":               {[]string{"--leaf", other, proof}, "", ledger.ErrProof},
		"a file that was handed out": {[]string{"--leaf", filepath.Join(tmp, "note"), "--file", report, note}, "donor-report fund:f1", nil},
		"a file that was not":        {[]string{"--leaf", filepath.Join(tmp, "note"), "--file", forged, note}, "", ledger.ErrNotHandedOut},
		"a leaf on no file":          {[]string{"--leaf", leaf, "--file", report, proof}, "", ledger.ErrNotHandedOut},
		"no leaf":                    {[]string{proof}, "", nil},
		"a file that is none":        {[]string{"--leaf", leaf, leaf}, "", ledger.ErrProof},
		"a witness that has not":     {[]string{"--witness", stranger.vkey, "--leaf", leaf, proof}, "", nil},
		"growth":                     {[]string{"--old", old, growth}, "extends size=3", nil},
		"growth from another":        {[]string{"--old", now, growth}, "", ledger.ErrProof},
		"growth that is none":        {[]string{"--old", old, proof}, "", ledger.ErrProof},
		"growth, without a witness":  {[]string{"--witness", stranger.vkey, "--old", old, growth}, "", nil},
		"growth, and a leaf as well": {[]string{"--old", old, "--leaf", leaf, growth}, "", nil},
	} {
		out, err := jate(t, append(append(log[:3:3], by...), tt.args...)...)
		if (tt.want == "") != (err != nil) || !strings.Contains(out, tt.want) || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if _, err := jate(t, "verify-proof", "--log", "nonsense", "--leaf", leaf, proof); err == nil {
		t.Error("verified with no key")
	}

	watch := append([]string{"monitor", "--log", set.Checkpoint, "--checkpoint", now}, by...)
	state := filepath.Join(tmp, "state")
	for name, tt := range map[string]struct {
		lines string
		ok    bool
		err   error
	}{
		"all":             {string(all), true, nil},
		"more than all":   {string(all) + "what came since\n", true, nil},
		"a byte changed":  {strings.Replace(string(all), "receipt-3", "receipt-9", 1), false, monitor.ErrRewritten},
		"one less":        {string(all[:bytes.LastIndexByte(all[:len(all)-1], '\n')+1]), false, nil},
		"without newline": {string(all[:len(all)-1]), false, nil},
	} {
		write(t, leaves, tt.lines)
		out, err := jate(t, append(watch, "--leaves", leaves)...)
		if (err == nil) != tt.ok || tt.ok && !strings.HasSuffix(out, "\n") || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	write(t, leaves, string(all))
	for range 2 { // the second run has nothing new to read
		if out, err := jate(t, append(watch, "--leaves", leaves, "--data", state)...); err != nil || !strings.HasPrefix(out, fmt.Sprintf("ok size=%d", size)) {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if _, err := jate(t, append(watch[:3:3], "--checkpoint", old, "--leaves", leaves, "--data", state)...); !errors.Is(err, monitor.ErrRolledBack) {
		t.Errorf("an older checkpoint: %v", err)
	}
	for name, args := range map[string][]string{
		"no source":                 {"--log", set.Checkpoint},
		"two sources":               {"--log", set.Checkpoint, "--server", "http://localhost", "--leaves", leaves, "--checkpoint", now},
		"leaves alone":              {"--log", set.Checkpoint, "--leaves", leaves},
		"no log":                    {"--leaves", leaves, "--checkpoint", now},
		"trust without manifests":   {"--log", set.Checkpoint, "--leaves", leaves, "--checkpoint", now, "--trust", filepath.Join(dir, "trust.json")},
		"a state of something else": {"--log", set.Checkpoint, "--leaves", leaves, "--checkpoint", now, "--data", dir + "/keys/root.age"},
	} {
		if out, err := jate(t, append([]string{"monitor"}, args...)...); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}
