package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access/grant"
)

// hired invites somebody, who accepts with a passkey, and returns the member's id.
func (d *desk) hired(by, name string, flags ...string) string {
	d.t.Helper()
	in := strings.Fields(d.run(by, append([]string{"staff", "invite"}, flags...)...))
	if len(in) != 2 {
		d.t.Fatal(in)
	}
	d.run(name, "staff", "accept", "--name", name, "--code", d.file("code-"+name, in[1]), "--passkey", d.path(name+".key"), "--work-factor", "10")
	return in[0]
}

// first signs the first administrator of programme p1 in.
func (d *desk) first(s *running) {
	d.t.Helper()
	code, err := s.people.First(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.run("awa", "staff", "accept", "--name", "awa", "--programme", "p1", "--code", d.file("code", code), "--passkey", d.path("awa.key"), "--work-factor", "10")
}

// roleProposed returns id and digest of a proposal that was printed.
func roleProposed(out string) (id, digest string) {
	f := strings.Split(out, "\t")
	return f[0], f[len(f)-1]
}

// A new programme from the first administrator on, at the command line: the second
// one by the console's code, everybody else by two people.
func TestGrants(t *testing.T) {
	s := runServer(t, inEarnest(t))
	d := newDesk(t, s)
	d.first(s)
	ben := d.hired("awa", "ben")
	id, digest := roleProposed(d.run("awa", "staff", "grant", "--role", "administrator", ben))
	if _, err := d.try("awa", "staff", "approve", id); err == nil {
		t.Error("awa approved what she proposed")
	}
	if _, err := d.try("awa", "staff", "approve", "--console-code", "AAAAA-AAAAA", id); err == nil {
		t.Error("a wrong code was taken")
	}
	code := d.run("awa", "staff", "second", "--data", s.cfg.dir, "--passphrases", filepath.Dir(d.file("console/server.txt", "pass of server\n")), id, digest)
	d.run("awa", "staff", "approve", "--console-code", code, id)
	d.run("ben", "login", "--programme", "p1", "--passkey", d.path("ben.key"))

	chi := d.hired("ben", "chi")
	out := strings.Split(d.run("ben", "staff", "grant", "--role", "registrar,handheld-manager", chi), "\n")
	if len(out) != 2 {
		t.Fatal(out)
	}
	for i, line := range out {
		id, digest := roleProposed(line)
		if i == 0 { // nothing, and another content, do not count
			if _, err := d.try("awa", "staff", "approve", id); err == nil || !strings.Contains(err.Error(), "approval_proof_missing") {
				t.Errorf("approved without a passkey: %v", err)
			}
			if _, err := d.try("awa", "approve", "--passkey", d.path("awa.key"), "--digest", strings.Repeat("a", 64)); err == nil || !strings.Contains(err.Error(), "content_unknown") {
				t.Errorf("agreed to what nobody can read: %v", err)
			}
			_, other := roleProposed(out[1])
			if said := d.run("awa", "approve", "--passkey", d.path("awa.key"), "--digest", other); !strings.Contains(said, "handheld-manager") {
				t.Errorf("agreed to this without reading it: %s", said)
			}
			if _, err := d.try("awa", "staff", "approve", id); err == nil {
				t.Error("approved by the proof of another content")
			}
		}
		if _, err := d.try("chi", "approve", "--passkey", d.path("chi.key"), "--digest", digest); err == nil {
			t.Error("somebody's passkey that no grant named agreed to something")
		}
		d.run("awa", "approve", "--passkey", d.path("awa.key"), "--digest", digest)
		d.run("awa", "staff", "approve", id)
	}
	if page := d.run("awa", "approve", "--digest", digest); !strings.Contains(page, "/office/#approve?digest="+digest) {
		t.Error(page)
	}
	if _, err := d.try("awa", "staff", "grant", "--role", "issuer", chi); err == nil || !strings.Contains(err.Error(), "roles_incompatible") {
		t.Errorf("%v", err)
	}
	if out := d.run("awa", "staff", "grants"); strings.Count(out, "held\t") != 4 {
		t.Error(out)
	}
	d.run("ben", "staff", "revoke", "--role", "registrar", chi)
	if out := d.run("awa", "staff", "grants"); strings.Count(out, "held\t") != 3 {
		t.Error(out)
	}
	id, _ = roleProposed(d.run("awa", "staff", "grant", "--role", "issuer", "--until", "2099-01-01", chi))
	if out := d.run("ben", "staff", "grants"); !strings.Contains(out, "waits for you") {
		t.Error(out)
	}
	d.run("ben", "staff", "refuse", id)

	// A monitor of another organisation agrees to the own role, and verifies all of
	// this from outside.
	mike := d.hired("awa", "mike", "--organisation", "monitor.example")
	id, digest = roleProposed(d.run("awa", "staff", "grant", "--role", "monitor", mike))
	d.run("mike", "login", "--programme", "p1", "--passkey", d.path("mike.key"))
	d.run("mike", "approve", "--passkey", d.path("mike.key"), "--digest", digest)
	d.run("mike", "staff", "approve", id)
	d.run("mike", "login", "--programme", "p1", "--passkey", d.path("mike.key"))
	if err := s.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	watching := []string{"monitor", "--programme", "p1", "--log", s.settings.Checkpoint}
	if out := d.run("mike", watching...); strings.Contains(out, "ALARM") {
		t.Error(out)
	}
	// Somebody who has the store changes what was agreed to.
	if err := s.db.Grant().Update(t.Context(), func(tx grant.Tx) error {
		sum, err := hex.DecodeString(digest)
		if err != nil {
			return err
		}
		c, err := tx.PreparedContent("p1", [32]byte(sum))
		c.Text = bytes.ReplaceAll(c.Text, []byte(`"monitor"`), []byte(`"auditor"`))
		return errors.Join(err, tx.PutPrepared(c))
	}); err != nil {
		t.Fatal(err)
	}
	if out, err := d.try("mike", watching...); !errors.Is(err, errAlarm) || !strings.Contains(out, "another digest") {
		t.Errorf("%v %s", err, out)
	}
}
