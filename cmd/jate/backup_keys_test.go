package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
)

// registry is a folder with three households and no server.
type registry struct {
	*testing.T
	dir string
}

func (r registry) within(do func(*app)) {
	r.Helper()
	ask := func(name string) (string, error) { return "pass of " + name, nil }
	a, err := openApp(appConfig{dir: r.dir, ask: ask, now: time.Now, random: rand.Reader, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.Fatal(err)
	}
	do(a)
	if err := errors.Join(a.checkpoint(r.Context()), a.close()); err != nil {
		r.Fatal(err)
	}
}

func openRegistry(t *testing.T, programme string) registry {
	t.Helper()
	r := registry{t, filepath.Join(t.TempDir(), "office")}
	ask := func(name string) (string, error) { return "pass of " + name, nil }
	if err := makeFolder(r.dir, settings{Origin: "ngo.example/one", Issuer: "ngo"}, ask, 10); err != nil {
		t.Fatal(err)
	}
	r.within(func(a *app) {
		_, err := a.distributions.CreateProgramme(t.Context(), distribution.CreateProgramme{By: local(programme, "a", access.RoleAdministrator), Key: "p", Name: "Mopti"})
		if err != nil {
			t.Fatal(err)
		}
		list := "Nom;Prénom;Téléphone;Commune;Village\nDiallo;Sira;71234567;Konna;Konna\nTraoré;Oumar;71234568;Konna;Konna\nKeita;Awa;71234569;Konna;Konna\n"
		report, err := a.distributions.ImportList(t.Context(), distribution.ImportList{By: local(programme, "r", access.RoleRegistrar), Key: "l",
			File: strings.NewReader(list), Size: int64(len(list))})
		if err != nil || report.New != 3 {
			t.Fatal(report, err)
		}
		if _, err := a.feedbacks.RecordComplaint(t.Context(), feedback.RecordComplaint{By: local(programme, "m", access.RoleMEALOfficer), Key: "c",
			Category: feedback.Category("price"), Channel: feedback.ByHotline, Text: complained}); err != nil {
			t.Fatal(err)
		}
	})
	return r
}

// people returns whom the registrar can read, and who is gone.
func (r registry) people() (names []string, gone int, ids map[string]distribution.BeneficiaryID) {
	r.Helper()
	ids = map[string]distribution.BeneficiaryID{}
	r.within(func(a *app) {
		page, err := a.distributions.Households(r.Context(), distribution.ListHouseholds{By: local("mopti", "r", access.RoleRegistrar), Purpose: "test"})
		if err != nil {
			r.Fatal(err)
		}
		for _, h := range page.Items {
			if h.Masked.Forgotten {
				gone++
				continue
			}
			names, ids[h.Masked.Name] = append(names, h.Masked.Name), h.ID
		}
	})
	return names, gone, ids
}

// complained is what somebody says to the registry.
const complained = "Il a pris trop cher."

// complaint returns what can be read of the registry's complaint.
func (r registry) complaint() (text string, wrapped []byte) {
	r.Helper()
	r.within(func(a *app) {
		by := local("mopti", "m", access.RoleMEALOfficer)
		page, err := a.feedbacks.Complaints(r.Context(), feedback.ListComplaints{By: by})
		if err != nil || len(page.Items) != 1 {
			r.Fatal(page, err)
		}
		v, err := a.feedbacks.Complaint(r.Context(), feedback.ReadComplaint{By: by, ID: page.Items[0].ID})
		if err != nil {
			r.Fatal(err)
		}
		err = a.db.Feedback().View(context.Background(), func(tx feedback.Tx) error {
			t, err := tx.ComplaintText(v.ID)
			text, wrapped = v.Text, t.Wrapped
			return err
		})
		if err != nil {
			r.Fatal(err)
		}
	})
	return text, wrapped
}

// secrets returns what opens and finds persons, as the store has it.
func (r registry) secrets() (all [][]byte) {
	r.Helper()
	r.within(func(a *app) {
		err := a.db.Distribution().View(context.Background(), func(tx distribution.Tx) error {
			for b, err := range tx.Beneficiaries("mopti", "") {
				if err != nil {
					return err
				}
				key, err := tx.WrappedKey(b.ID)
				if err != nil {
					return err
				}
				all = append(all, key, bytes.Clone(b.Match[:]), bytes.Clone(b.Content[:]))
			}
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
	})
	return all
}

// A backup in the clear holds nothing that opens or finds a person; its key file
// does. Who is erased later stays unreadable where the old backup comes back with
// the keys of after, and the money is there without any keys at all.
func TestBackup_keysApart(t *testing.T) {
	r := openRegistry(t, "mopti")
	out := t.TempDir()
	old, late := filepath.Join(out, "old.db"), filepath.Join(out, "late.db")
	mustJate(t, "backup", "--data", r.dir, "--out", old)
	secrets := r.secrets()
	said, key := r.complaint()
	if said != complained || len(key) == 0 {
		t.Fatalf("the complaint reads %q", said)
	}
	secrets = append(secrets, key)
	holds := func(path string, what []byte) bool {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(content, what)
	}
	for _, s := range secrets {
		if !holds(old+keysSuffix, s) || holds(old, s) {
			t.Errorf("in the keys %t, in the backup %t", holds(old+keysSuffix, s), holds(old, s))
		}
	}
	_, _, ids := r.people()
	r.within(func(a *app) {
		if _, err := a.distributions.Forget(t.Context(), distribution.Forget{By: local("mopti", "d", access.RoleDPO), Key: "f",
			Household: ids["Sira Diallo"], Reason: "asked"}); err != nil {
			t.Fatal(err)
		}
	})
	mustJate(t, "backup", "--data", r.dir, "--out", late)
	if holds(late+keysSuffix, secrets[0]) || !holds(late+keysSuffix, secrets[3]) {
		t.Error("the keys of after have the erased person's, or lack another's")
	}
	if err := os.Remove(guardPath(r.dir)); err != nil { // as on a machine that knows of nothing later
		t.Fatal(err)
	}
	said = mustJate(t, "restore", "--data", r.dir, "--in", old, "--keys", late+keysSuffix)
	names, gone, _ := r.people()
	if len(names) != 2 || gone != 1 || strings.Contains(strings.Join(names, " "), "Sira") || !strings.Contains(said, "2 of 3") {
		t.Errorf("with the keys of after: %v, %d gone; said %q", names, gone, said)
	}
	// A list of before recognises those who have their digests.
	r.within(func(a *app) {
		found, err := a.distributions.FindHouseholds(t.Context(), distribution.FindHouseholds{By: local("mopti", "r", access.RoleRegistrar), Phone: "+22371234568", Purpose: "test"})
		if err != nil || len(found) != 1 {
			t.Errorf("found %v, %v", found, err)
		}
	})
	for path, want := range map[string]int{"": 0, old + keysSuffix: 3} {
		if err := os.Remove(guardPath(r.dir)); err != nil {
			t.Fatal(err)
		}
		args := []string{"restore", "--data", r.dir, "--in", old}
		if path != "" {
			args = append(args, "--keys", path)
		}
		if err := aside(r.dir); err != nil {
			t.Fatal(err)
		}
		mustJate(t, args...)
		mustJate(t, "verify", "--data", r.dir)
		if names, _, _ := r.people(); len(names) != want {
			t.Errorf("with %q: %v", path, names)
		}
		if text, _ := r.complaint(); (text == complained) != (want > 0) {
			t.Errorf("with %q the complaint reads %q", path, text)
		}
	}
}

// aside lets another restore within the same second find its folder free.
func aside(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "before-restore-*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// Keys that are 35 days old, cut, changed or of another log are refused, and old
// ones beside a new backup are deleted.
func TestBackup_keysExpire(t *testing.T) {
	r := openRegistry(t, "mopti")
	out := t.TempDir()
	file := filepath.Join(out, "a.db")
	mustJate(t, "backup", "--data", r.dir, "--out", file)
	other := filepath.Join(out, "b.db")
	mustJate(t, "backup", "--data", openRegistry(t, "gao").dir, "--out", other)
	content, err := os.ReadFile(file + keysSuffix)
	if err != nil {
		t.Fatal(err)
	}
	made, err := madeOfFile(file + keysSuffix)
	if err != nil {
		t.Fatal(err)
	}
	stale := bytes.ReplaceAll(content, []byte(made.Format(time.RFC3339)), []byte(made.Add(-keysLife).Format(time.RFC3339)))
	path := filepath.Join(out, "x"+keysSuffix)
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{"old": {stale, errKeysExpired}, "cut": {content[:len(content)-3], nil}, "nothing": {nil, errKeysFile}, "a backup": {[]byte("SQLite"), errKeysFile}} {
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := jate(t, "restore", "--data", r.dir, "--in", file, "--keys", path); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := jate(t, "restore", "--data", r.dir, "--in", file, "--keys", other+keysSuffix); !errors.Is(err, errKeysFile) {
		t.Errorf("another log's keys: %v", err)
	}
	if err := os.WriteFile(path, stale, 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(out, "not-ours"+keysSuffix)
	if err := os.WriteFile(stranger, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := mustJate(t, "backup", "--data", r.dir, "--out", filepath.Join(out, "c.db")); !strings.Contains(said, "1 key files") {
		t.Errorf("said %q", said)
	}
	for name, want := range map[string]bool{path: false, stranger: true, file + keysSuffix: true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
