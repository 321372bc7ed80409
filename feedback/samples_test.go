package feedback_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
)

var nonce = bytes.Repeat([]byte{3}, 32)

// committed commits to the nonce for round r1.
func (w *world) committed() feedback.Sample {
	w.Helper()
	w.update(func(tx feedback.Tx) error { return tx.PutRound(distribution.Round{ID: "r1", Programme: "mopti"}) })
	m, err := w.s.CommitSample(w.Context(), feedback.CommitSample{By: monitor, Key: w.Key(), Round: "r1", Commitment: sha256.Sum256(nonce)})
	w.must(err)
	return m
}

func (w *world) frozen(d feedback.Design) feedback.Sample {
	w.Helper()
	m, err := w.s.FreezeSample(w.Context(), feedback.FreezeSample{By: monitor, Key: w.Key(), Sample: w.committed().ID, Design: d})
	w.must(err)
	return m
}

// checkpointed makes the store's checkpoint cover everything.
func (w *world) checkpointed() {
	w.Helper()
	w.update(func(tx feedback.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		root, err := ledger.Root(tx, size)
		return errors.Join(err, tx.PutCheckpoint(ledger.Checkpoint{Size: size, Root: root}))
	})
}

func (w *world) drawn(d feedback.Design) feedback.Sample {
	w.Helper()
	m := w.frozen(d)
	w.checkpointed()
	m, err := w.s.DrawSample(w.Context(), feedback.DrawSample{By: monitor, Key: w.Key(), Sample: m.ID, Nonce: nonce})
	w.must(err)
	return m
}

var quarter = feedback.Design{Confidence: 80, Margin: 20, By: []feedback.Dimension{feedback.BySex}, Minimum: 4, Replacements: 50}

// A sample is drawn once, by a nonce that was committed to and a root that came
// after; whoever has the journal and the frame draws the same, and sees it
// where anything was changed.
func TestService_DrawSample(t *testing.T) {
	w := newWorld(t, 60, 2)
	ctx := t.Context()
	m := w.frozen(quarter)
	draw := feedback.DrawSample{By: monitor, Key: "draw", Sample: m.ID, Nonce: nonce}
	if _, err := w.s.DrawSample(ctx, draw); !errors.Is(err, feedback.ErrCheckpoint) {
		t.Errorf("drawn before a checkpoint covers the frame: %v", err)
	}
	w.checkpointed()
	wrong := draw
	wrong.Key, wrong.Nonce = "wrong", bytes.Repeat([]byte{4}, 32)
	if _, err := w.s.DrawSample(ctx, wrong); !errors.Is(err, feedback.ErrNonce) {
		t.Errorf("drawn by another nonce: %v", err)
	}
	m, err := w.s.DrawSample(ctx, draw)
	w.must(err)
	if again, err := w.s.DrawSample(ctx, draw); err != nil || !cmp.Equal(m, again) {
		t.Errorf("the same command again: %v", err)
	}
	draw.Key = "second"
	if _, err := w.s.DrawSample(ctx, draw); !errors.Is(err, feedback.ErrSampleState) {
		t.Errorf("drawn twice: %v", err)
	}
	size := 0
	for _, x := range m.Strata {
		if x.Households != 15 || x.Size < 4 || x.Replacements == 0 {
			t.Errorf("stratum %+v", x)
		}
		size += x.Size
	}
	if m.Households != 30 || size < m.Design.Size(30) {
		t.Errorf("%d of %d households", size, m.Households)
	}
	frame, err := w.s.Frame(ctx, feedback.SampleByID{By: monitor, ID: m.ID})
	w.must(err)
	leaves := w.leaves()
	picks, err := feedback.Redraw(bytes.NewReader(leaves), frame, m.ID)
	w.must(err)
	w.view(func(tx feedback.Tx) error {
		n := 0
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return err
			}
			if p.Household = ""; !cmp.Equal(p, picks[n]) {
				t.Errorf("drawn again as %+v, not %+v", picks[n], p)
			}
			n++
		}
		if n != len(picks) {
			t.Errorf("%d are drawn again, not %d", len(picks), n)
		}
		return nil
	})
	lines := bytes.SplitAfter(frame, []byte("\n"))
	for what, redraw := range map[string]func() error{
		"a household left out of the frame": func() error {
			_, err := feedback.Redraw(bytes.NewReader(leaves), bytes.Join(lines[1:], nil), m.ID)
			return err
		},
		"an entry of before": func() error {
			_, err := feedback.Redraw(bytes.NewReader(bytes.Replace(leaves, []byte(`"seq":"1"`), []byte(`"seq":"9"`), 1)), frame, m.ID)
			return err
		},
		"another list": func() error {
			at := bytes.Index(leaves, []byte(`"list":"`)) + len(`"list":"`)
			other := slices.Clone(leaves)
			copy(other[at:], "0000000000")
			_, err := feedback.Redraw(bytes.NewReader(other), frame, m.ID)
			return err
		},
	} {
		if err := redraw(); !errors.Is(err, feedback.ErrRedraw) {
			t.Errorf("%s is not seen: %v", what, err)
		}
	}
	for _, secret := range []string{"Canari", "Oiseau", "+223", "\"b0\"", string(w.cards[0])} {
		if bytes.Contains(leaves, []byte(secret)) || bytes.Contains(frame, []byte(secret)) {
			t.Errorf("journal or frame show %q", secret)
		}
	}
}

func TestService_FreezeSample_refuses(t *testing.T) {
	w := newWorld(t, 0, 0)
	m := w.committed()
	for what, tt := range map[string]struct {
		cmd  feedback.FreezeSample
		want error
	}{
		"a round without cards": {feedback.FreezeSample{By: monitor, Sample: m.ID, Design: quarter}, feedback.ErrFrame},
		"no design":             {feedback.FreezeSample{By: monitor, Sample: m.ID}, feedback.ErrDesign},
		"no sample":             {feedback.FreezeSample{By: monitor, Sample: "m0", Design: quarter}, feedback.ErrNotFound},
		"somebody elsewhere":    {feedback.FreezeSample{By: access.Actor{ID: "x", Pseudonym: "x", Programme: "gao", Roles: []access.Role{access.RoleMonitor}}, Sample: m.ID, Design: quarter}, feedback.ErrNotFound},
		"no role":               {feedback.FreezeSample{By: officer, Sample: m.ID, Design: quarter}, access.ErrDenied},
	} {
		tt.cmd.Key = w.Key()
		if _, err := w.s.FreezeSample(t.Context(), tt.cmd); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A call list has what a caller needs: a code, no name, and the telephone for
// who calls alone; in CSV and XLSX, in both languages.
func TestService_CallList(t *testing.T) {
	w := newWorld(t, 60, 2)
	m := w.drawn(quarter)
	for _, by := range []access.Actor{meal, monitor} {
		l, err := w.s.CallList(t.Context(), feedback.SampleByID{By: by, ID: m.ID})
		w.must(err)
		if l.Phones != (by.ID == "meal") || len(l.Lines) < 10 || l.Lines[0].Replacement || !l.Lines[len(l.Lines)-1].Replacement {
			t.Errorf("%s gets %+v", by.ID, l)
		}
		for _, lang := range []string{"en", "fr"} {
			var c, x, txt bytes.Buffer
			w.must(errors.Join(l.WriteCSV(&c, lang), l.WriteXLSX(&x, lang), l.WriteText(&txt, lang)))
			rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(c.Bytes(), []byte("\ufeff")))).ReadAll()
			w.must(err)
			book, err := excelize.OpenReader(&x)
			w.must(err)
			cells, err := book.GetRows("Sheet1")
			w.must(err)
			if len(rows) != len(l.Lines)+1 || len(cells) != len(rows) || cells[0][1] != rows[0][1] || cells[1][0] != rows[1][0] {
				t.Errorf("%d rows in CSV, %d in XLSX: %v %v", len(rows), len(cells), rows[:2], cells[:2])
			}
			if has := strings.Contains(c.String(), "+223"); has != l.Phones {
				t.Errorf("%s: telephones are there: %t", by.ID, has)
			}
			for _, out := range []string{c.String(), txt.String(), fmt.Sprint(cells)} {
				if strings.Contains(out, "Canari") || strings.Contains(out, "Konna") {
					t.Errorf("a name is in %s", out)
				}
			}
		}
	}
	if n := len(w.entries("call-list")); n != 2 {
		t.Errorf("%d lists are journalled", n)
	}
}

// answers fills a call list as people do, and imports it.
func (w *world) importing(m feedback.Sample, file string) feedback.AnswersReport {
	w.Helper()
	r, err := w.s.ImportAnswers(context.Background(), feedback.ImportAnswers{By: meal, Key: w.Key(), Sample: m.ID, File: []byte(file)})
	w.must(err)
	return r
}

// Answers are read with the titles of both languages; a wrong row is told with
// its place and stops no other; the same file again changes nothing.
func TestService_ImportAnswers(t *testing.T) {
	w := newWorld(t, 60, 2)
	m := w.drawn(quarter)
	file := "Enquête de suivi\n\nCode ménage;Résultat de l'appel;Avez-vous tout reçu ?;Montant reçu (FCFA);Supplément facturé;Frais demandés;Acheté par qui;Satisfait;Remarques\n" +
		m.Code(1) + ";a répondu;Oui;2 000;non;non;moi-même;oui;Canari est content\n" +
		strings.ToLower(m.Code(2)) + ";;NON;0;;;Le commerçant;non;\n" +
		m.Code(3) + ";injoignable;;;;;;;\n" +
		m.Code(4) + ";;;;;;;;\n" +
		m.Code(5) + ";;peut-être;;;;;;\n" +
		m.Code(6) + ";injoignable;oui;;;;;;\n" +
		m.Code(7) + ";;non;500;;;;;\n" +
		m.Code(1) + ";;oui;;;;;;\n" +
		"99999-Z;;oui;;;;;;\n"
	r := w.importing(m, file)
	var where []string
	for _, f := range r.Refused {
		where = append(where, f.Location)
		if strings.Contains(f.Message+f.Value, "peut") {
			t.Errorf("what was written is repeated: %+v", f)
		}
	}
	if r.New != 3 || r.Changed != 0 || r.Same != 0 {
		t.Errorf("read as %+v", r)
	}
	if diff := cmp.Diff([]string{"row[8].received", "row[9].reached", "row[10].amount", "row[11].code", "row[12].code"}, where); diff != "" {
		t.Error(diff)
	}
	w.view(func(tx feedback.Tx) error {
		a, err := tx.Answer(m.ID, 2)
		if err != nil || a.Reached != feedback.Spoken || a.Received != feedback.No || a.By != feedback.TheVendor || a.Satisfied != feedback.No || a.Amount.Minor() != 0 {
			t.Errorf("answer 2 is %+v, %v", a, err)
		}
		b, err := tx.Answer(m.ID, 1)
		if b.Amount.Minor() != 2000 || b.Received != feedback.Yes {
			t.Errorf("answer 1 is %+v", b)
		}
		return err
	})
	entries := len(w.entries("sample-answers"))
	w.pass(1)
	if r = w.importing(m, file); r.New != 0 || r.Changed != 0 || r.Same != 3 || len(w.entries("sample-answers")) != entries {
		t.Errorf("the same file again: %+v", r)
	}
	if r = w.importing(m, "code,received\n"+m.Code(2)+",partly\n"); r.Changed != 1 {
		t.Errorf("another answer: %+v", r)
	}
	if _, err := w.s.ImportAnswers(t.Context(), feedback.ImportAnswers{By: meal, Key: w.Key(), Sample: m.ID, File: []byte("a;b\n1;2\n")}); !errors.Is(err, feedback.ErrAnswers) {
		t.Errorf("a file of something else: %v", err)
	}
	// A list that was filled in XLSX comes back as it went out.
	l, err := w.s.CallList(t.Context(), feedback.SampleByID{By: meal, ID: m.ID})
	w.must(err)
	var x bytes.Buffer
	w.must(l.WriteXLSX(&x, "fr"))
	book, err := excelize.OpenReader(&x)
	w.must(err)
	w.must(book.SetCellValue("Sheet1", "I6", "oui"))
	w.must(book.SetCellValue("Sheet1", "J6", 1000))
	x.Reset()
	w.must(book.Write(&x))
	if r = w.importing(m, x.String()); r.New != 1 || len(r.Refused) != 0 {
		t.Errorf("the workbook is read as %+v", r)
	}
	res, err := w.s.Results(t.Context(), feedback.SampleByID{By: auditor, ID: m.ID})
	if err != nil || res.Called != 4 || res.Spoken != 3 || !res.Estimates["received"].Suppressed {
		t.Errorf("results: %+v, %v", res, err)
	}
	for _, lang := range []string{"en", "fr"} {
		var b bytes.Buffer
		w.must(res.WriteText(&b, lang))
		if !strings.Contains(b.String(), "Wilson") || !strings.Contains(b.String(), map[string]string{"en": "not shown", "fr": "non montré"}[lang]) {
			t.Errorf("%s:\n%s", lang, b.String())
		}
	}
}
