package distribution_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
)

// exporting is a world with a list, and somebody to export it to.
type exporting struct {
	*world
	identity *age.X25519Identity
}

func newExporting(t *testing.T) *exporting {
	t.Helper()
	w := newWorld(t)
	var list strings.Builder
	list.WriteString("Nom;Prénom;Téléphone;Commune;Village;NINA\n")
	for i := range 40 {
		fmt.Fprintf(&list, "Canari%02d;Awa;710000%02d;Konna;Konna;=HYPERLINK%02d\n", i, i, i)
	}
	w.importing(list.String())
	id, err := age.GenerateX25519Identity()
	w.must(err)
	return &exporting{w, id}
}

func (w *exporting) prepare() distribution.Export {
	w.t.Helper()
	e, err := w.service.PrepareExport(w.t.Context(), distribution.PrepareExport{By: registrar, Key: w.Key(), Recipient: w.identity.Recipient().String(),
		Fields: []distribution.Field{distribution.FieldPhone, distribution.FieldName}, Purpose: "audit"})
	w.must(err)
	return e
}

func (w *exporting) approve(by access.Actor, e distribution.Export) error {
	w.t.Helper()
	_, err := w.service.ApproveExport(as(w.t, by), distribution.ApproveExport{By: by, Key: w.Key(), Export: e.ID, Digest: e.Digest()})
	return err
}

// take returns a copy as it leaves, and its rows in the clear.
func (w *exporting) take(e distribution.Export) (sealed []byte, rows [][]string, err error) {
	w.t.Helper()
	d, err := w.service.TakeExport(w.t.Context(), distribution.TakeExport{By: registrar, Export: e.ID})
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	w.must(d.Write(&out))
	clear, err := age.Decrypt(bytes.NewReader(out.Bytes()), w.identity)
	w.must(err)
	c := csv.NewReader(clear)
	c.FieldsPerRecord = -1
	rows, err = c.ReadAll()
	w.must(err)
	return out.Bytes(), rows, nil
}

// No list of persons leaves on one person's word, nor as anything but what the
// second saw; each copy stands in the journal with its SHA-256.
func TestService_Export(t *testing.T) {
	w := newExporting(t)
	e := w.prepare()
	if e.Households != 40 {
		t.Fatalf("%+v", e)
	}
	if _, _, err := w.take(e); !errors.Is(err, access.ErrApprovals) {
		t.Errorf("before anybody agreed: %v", err)
	}
	both := registrar
	both.Roles = []access.Role{access.RoleRegistrar, access.RoleDPO}
	if err := w.approve(both, e); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("who prepared it agreed: %v", err)
	}
	if err := w.approve(approver, e); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a list approver agreed: %v", err)
	}
	changed := e
	changed.Recipient = "age1other"
	if err := w.approve(dpo, changed); !errors.Is(err, distribution.ErrExportChanged) {
		t.Errorf("another recipient was agreed to: %v", err)
	}
	w.must(w.approve(dpo, e))
	sealed, rows, err := w.take(e)
	w.must(err)
	if bytes.Contains(sealed, []byte("Canari")) || len(rows) != 42 || !strings.Contains(rows[0][0], e.Recipient) {
		t.Errorf("%d rows, the first %v", len(rows), rows[0])
	}
	if got := strings.Join(rows[1], ","); got != "ref,family name,given name,phone" {
		t.Errorf("columns %s: not those that were agreed to", got)
	}
	sum := sha256.Sum256(sealed)
	found := 0
	w.view(func(tx distribution.Tx) error {
		size, err := tx.Size()
		for seq := uint64(0); err == nil && seq < size; seq++ {
			e, err := tx.Entry(seq)
			if err != nil {
				return err
			}
			if e.Facts["what"] == "export-persons" && e.Facts["sha256"] == hex.EncodeToString(sum[:]) && e.Facts["count"] == "40" {
				found++
			}
		}
		return err
	})
	if found != 1 {
		t.Errorf("%d entries of the copy", found)
	}
	t.Run("three copies, no more households, 72 hours", func(t *testing.T) {
		_, _, err := w.take(e)
		w.must(err)
		_, _, err = w.take(e)
		w.must(err)
		if _, _, err := w.take(e); !errors.Is(err, distribution.ErrExportCopies) {
			t.Errorf("a fourth: %v", err)
		}
		grown := w.prepare()
		w.must(w.approve(dpo, grown))
		w.importing("Nom;Prénom\nNouveau;Modi\n")
		if _, _, err := w.take(grown); !errors.Is(err, distribution.ErrExportCopies) {
			t.Errorf("more households than were agreed to: %v", err)
		}
		late := w.prepare()
		w.must(w.approve(dpo, late))
		w.Clock.Now = w.Clock.Now.Add(access.ApprovalLife + time.Minute)
		if _, _, err := w.take(late); !errors.Is(err, access.ErrApprovals) {
			t.Errorf("after 72 hours: %v", err)
		}
	})
}

// A list that leaked is traced to its copy: by a reference, and without that
// column by the order of twenty rows.
func TestService_TraceExport(t *testing.T) {
	w := newExporting(t)
	e := w.prepare()
	w.must(w.approve(dpo, e))
	_, _, err := w.take(e)
	w.must(err)
	_, rows, err := w.take(e)
	w.must(err)
	trace := func(refs, phones []string) (at []int) {
		found, err := w.service.TraceExport(t.Context(), distribution.TraceExport{By: dpo, Refs: refs, Phones: phones})
		w.must(err)
		for _, f := range found {
			if f.Refs > 0 || f.Neighbours > 10 && f.InOrder == f.Neighbours {
				at = append(at, f.Copy)
			}
		}
		return at
	}
	if got := trace([]string{rows[7][0]}, nil); len(got) != 1 || got[0] != 2 {
		t.Errorf("one reference is of copies %v, want 2", got)
	}
	var phones []string
	for _, r := range rows[2:22] {
		phones = append(phones, r[3])
	}
	if got := trace(nil, phones); len(got) != 1 || got[0] != 2 {
		t.Errorf("twenty rows are of copies %v, want 2", got)
	}
	if got := trace([]string{"000000000000"}, nil); len(got) != 0 {
		t.Errorf("an invented reference is of copies %v", got)
	}
}

// What is exported by HTTP is a sealed file, and nobody without a part in it gets one.
func TestRoutes_exports(t *testing.T) {
	s := newSite(t)
	s.importing("Nom;Prénom;Téléphone\nZwkanari;Qvkanari;71234567\n")
	id, err := age.GenerateX25519Identity()
	s.must(err)
	body := fmt.Sprintf(`{"recipient":%q,"fields":["name","phone"],"purpose":"audit"}`, id.Recipient())
	var e struct{ ID, Digest string }
	s.call(registrar, "POST /exports", body).into(201, &e)
	s.call(dpo, "POST /exports/"+e.ID+"/approval", fmt.Sprintf(`{"digest":%q}`, e.Digest)).into(200, nil)
	for _, a := range []access.Actor{admin, approver, planner, officer} {
		s.call(a, "POST /exports/"+e.ID+"/copies", "").problem(403, access.ErrDenied.Code)
	}
	r := s.call(registrar, "POST /exports/"+e.ID+"/copies", "")
	if r.status != 200 || strings.Contains(r.body, "kanari") {
		t.Fatalf("%d %.100s", r.status, r.body)
	}
	clear, err := age.Decrypt(strings.NewReader(r.body), id)
	s.must(err)
	b, err := io.ReadAll(clear)
	if err != nil || !strings.Contains(string(b), "Zwkanari") {
		t.Errorf("%s, %v", b, err)
	}
	if strings.Contains(s.log.String(), "kanari") {
		t.Error("a name is in the log")
	}
	s.call(registrar, "POST /exports", strings.Replace(body, "name", "everything", 1)).problem(400, distribution.ErrCommand.Code)
	s.call(registrar, "POST /exports", `{"recipient":"me@example.org","fields":["name"],"purpose":"audit"}`).problem(400, distribution.ErrCommand.Code)
}
