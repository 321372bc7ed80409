package distribution_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/internal/toolcheck"
)

func (w *world) journal() uint64 {
	var n uint64
	w.view(func(tx distribution.Tx) (err error) {
		n, err = tx.Size()
		return err
	})
	return n
}

// Importing a file twice changes nothing, whatever its layout and mistakes.
func TestService_ImportList(t *testing.T) {
	for format, name := range map[samplelist.Format]string{samplelist.FrenchCP1252: "french", samplelist.KoboLabels: "kobo labels",
		samplelist.KoboXML: "kobo xml", samplelist.KoboXLSX: "kobo workbook", samplelist.Platform121: "121"} {
		t.Run(name+" twice changes nothing", func(t *testing.T) {
			w := newWorld(t)
			list, truth := sample(t, samplelist.Options{Seed: 3, Households: 400, Format: format, Errors: true})
			first := w.importing(list)
			// Rows spoilt in other ways than by an unknown village are refused, and
			// so is a number in a register that an earlier row has.
			if first.New+first.Summary.Refused != truth.Rows || first.Summary.Refused > len(truth.Wrong)+len(truth.Duplicates) || first.Duplicates == 0 {
				t.Errorf("%d new, %d refused and %d pairs of %d rows", first.New, first.Summary.Refused, first.Duplicates, truth.Rows)
			}
			before, journal := w.households(), w.journal()
			second := w.importing(list)
			w.counts(second, 0, 0, first.New, first.Summary.Refused)
			if second.Duplicates != 0 {
				t.Errorf("the second reading found %d duplicates", second.Duplicates)
			}
			if grown := w.journal() - journal; grown != 0 {
				t.Errorf("the second reading wrote %d entries", grown)
			}
			if !reflect.DeepEqual(w.households(), before) {
				t.Error("the second reading changed a household")
			}
		})
	}
	t.Run("a dry run tells the same and changes nothing", func(t *testing.T) {
		w := newWorld(t)
		list, _ := sample(t, samplelist.Options{Seed: 4, Households: 600, Errors: true})
		journal := w.journal()
		dry, err := w.service.ImportList(t.Context(), distribution.ImportList{By: registrar, File: strings.NewReader(list), Size: int64(len(list)), DryRun: true})
		w.must(err)
		if n := len(w.households()); n != 0 {
			t.Errorf("a dry run stored %d households", n)
		}
		if grown := w.journal() - journal; grown != 1 { // the read of the households above
			t.Errorf("a dry run wrote %d entries", grown-1)
		}
		real := w.importing(list)
		w.counts(real, dry.New, dry.Changed, dry.Same, dry.Summary.Refused)
	})
	t.Run("a corrected row is a changed household", func(t *testing.T) {
		w := newWorld(t)
		list := village("Konna", 5)
		w.counts(w.importing(list), 5, 0, 0, 0)
		id := w.households()["Personnebababa Konnabababa"].ID
		w.counts(w.importing(strings.Replace(list, ";Konna;1\n", ";Konna;8\n", 1)), 0, 1, 4, 0)
		h, err := w.service.Household(t.Context(), distribution.ReadHousehold{By: registrar, ID: id, Purpose: "test"})
		w.must(err)
		if h.Person.Size != 8 {
			t.Errorf("size %d, want 8", h.Person.Size)
		}
		w.counts(w.importing(list), 0, 1, 4, 0)
	})
	t.Run("rows that nothing tells apart are as many households", func(t *testing.T) {
		w := newWorld(t)
		list := "Nom;Commune;Village;Taille\nMoussa Traoré;Konna;Konna;4\nMoussa Traoré;Konna;Konna;4\nMoussa Traoré;Konna;Konna;4\n"
		r := w.importing(list)
		w.counts(r, 3, 0, 0, 0)
		if r.Duplicates != 3 {
			t.Errorf("%d pairs, want all 3", r.Duplicates)
		}
		w.counts(w.importing(list), 0, 0, 3, 0)
	})
	t.Run("an id recognises a household whatever else was corrected", func(t *testing.T) {
		w := newWorld(t)
		w.importing("Nom;Téléphone;Village;RSU\nAwa Koné;70000001;Konna;ML-77\n")
		w.counts(w.importing("Nom;Téléphone;Village;RSU\nAwa Konaté;76000009;Saré;ML-77\n"), 0, 1, 0, 0)
		for phone, want := range map[string]int{"+22376000009": 1, "+22370000001": 0} {
			found, err := w.service.FindHouseholds(t.Context(), distribution.FindHouseholds{By: registrar, Phone: phone, Purpose: "test"})
			w.must(err)
			if len(found) != want {
				t.Errorf("%s finds %d households, want %d", phone, len(found), want)
			}
		}
		found, err := w.service.FindHouseholds(t.Context(), distribution.FindHouseholds{By: registrar, ID: distribution.ExternalID{Scheme: "rsu-ml", Value: "ML-77"}, Purpose: "test"})
		w.must(err)
		if len(found) != 1 || found[0].Masked.Name != "Awa Konaté" || found[0].Masked.Phone != "…09" {
			t.Errorf("the id finds %+v", found)
		}
	})
	t.Run("a household that did not agree is not kept", func(t *testing.T) {
		w := newWorld(t)
		r := w.importing("Nom;Village;Consentement\nAwa Koné;Konna;oui\nSira Diallo;Konna;non\n")
		w.counts(r, 1, 0, 0, 1)
		if len(r.Refused) != 1 || r.Refused[0].Row != 3 {
			t.Errorf("refused %v", r.Refused)
		}
	})
	t.Run("a list that cannot be read leaves no import behind", func(t *testing.T) {
		w := newWorld(t)
		if _, err := w.service.ImportList(t.Context(), w.listOf("a;b\n1;2\n")); !errors.Is(err, intake.ErrNoHeader) {
			t.Errorf("got %v, want ErrNoHeader", err)
		}
		is, err := w.service.Imports(t.Context(), distribution.Query{By: registrar})
		w.must(err)
		same(t, "imports", is, []distribution.Import(nil))
	})
	t.Run("only a registrar imports", func(t *testing.T) {
		w := newWorld(t)
		cmd := w.listOf(village("Konna", 1))
		cmd.By = approver
		if _, err := w.service.ImportList(t.Context(), cmd); !errors.Is(err, access.ErrDenied) {
			t.Errorf("got %v, want ErrDenied", err)
		}
	})
	t.Run("a repeated command is answered with its first counts", func(t *testing.T) {
		w := newWorld(t)
		cmd := w.listOf(village("Konna", 3))
		for range 2 {
			r, err := w.service.ImportList(t.Context(), cmd)
			w.must(err)
			w.counts(r, 3, 0, 0, 0)
		}
	})
	t.Run("progress ends at the last row", func(t *testing.T) {
		w := newWorld(t)
		cmd, last := w.listOf(village("Konna", 30)), 0
		cmd.Progress = func(rows int) { last = rows }
		_, err := w.service.ImportList(t.Context(), cmd)
		w.must(err)
		if last != 30 {
			t.Errorf("progress ended at %d, want 30", last)
		}
	})
}

// failing is a store whose Updates fail from the n-th on.
type failing struct {
	distribution.Store
	left int
}

var errCut = errors.New("the power was cut")

func (f *failing) Update(ctx context.Context, fn func(distribution.Tx) error) error {
	if f.left--; f.left < 0 {
		return errCut
	}
	return f.Store.Update(ctx, fn)
}

// An import that stops anywhere is finished by repeating it, and until then no
// lot is prepared from half a list.
func TestService_ImportList_interrupted(t *testing.T) {
	list, _ := sample(t, samplelist.Options{Seed: 5, Households: 1100, Errors: true})
	whole := newWorld(t)
	want := whole.importing(list)
	for cut := range 4 {
		t.Run(fmt.Sprintf("after %d transactions", cut), func(t *testing.T) {
			w := newWorld(t)
			cmd := w.listOf(list)
			if _, err := w.on(&failing{w.store, cut}).ImportList(t.Context(), cmd); !errors.Is(err, errCut) {
				t.Fatalf("got %v, want the cut", err)
			}
			w.round("r", nil)
			if cut > 0 {
				w.point("pt", "Konna")
				_, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}})
				if !errors.Is(err, distribution.ErrImportOpen) {
					t.Errorf("a lot of half a list: %v, want ErrImportOpen", err)
				}
			}
			again, err := w.service.ImportList(t.Context(), cmd)
			w.must(err)
			stored := min(cut*500, want.New)
			w.counts(again, want.New-stored, 0, stored, want.Summary.Refused)
			same(t, "households", len(w.households()), len(whole.households()))
			is, err := w.service.Imports(t.Context(), distribution.Query{By: registrar})
			w.must(err)
			if len(is) != 1 || !is[0].Done {
				t.Errorf("imports %+v", is)
			}
		})
	}
	t.Run("or it is abandoned by another person", func(t *testing.T) {
		w := newWorld(t)
		if _, err := w.on(&failing{w.store, 1}).ImportList(t.Context(), w.listOf(list)); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		is, err := w.service.Imports(t.Context(), distribution.Query{By: registrar})
		w.must(err)
		im, err := w.service.AbandonImport(t.Context(), distribution.AbandonImport{By: approver, Key: w.Key(), Import: is[0].ID})
		w.must(err)
		if !im.Done {
			t.Error("still open")
		}
	})
}

// The report's JSON is a contract with what calls `jate import`.
func TestImportReport_json(t *testing.T) {
	w := newWorld(t)
	list := "Nom;Téléphone;Village;Taille\nAwa Koné;2,54708E+11;Konna;4\nSira Diallo;70000001;Konna;4\n"
	r, err := w.service.ImportList(t.Context(), distribution.ImportList{By: registrar, File: strings.NewReader(list), Size: int64(len(list)), DryRun: true})
	w.must(err)
	b, err := json.Marshal(r)
	w.must(err)
	var got struct {
		New, Changed, Same int
		Refused            []struct {
			Row                   int
			Column, Value, Reason string
		}
	}
	w.must(json.Unmarshal(b, &got))
	if got.New != 1 || got.Changed != 0 || got.Same != 0 || len(got.Refused) != 1 {
		t.Fatalf("%s", b)
	}
	if f := got.Refused[0]; f.Row != 2 || f.Column != "Téléphone" || f.Value != "2,54708E+11" || f.Reason == "" {
		t.Errorf("refused %+v", f)
	}
	empty, err := json.Marshal(distribution.ImportReport{})
	w.must(err)
	if !strings.Contains(string(empty), `"refused":[]`) {
		t.Errorf("no refused rows are not []: %s", empty)
	}
}

// Every beneficiary list that programmes shared with us imports, or says of
// each refused row why.
func TestService_ImportList_shared(t *testing.T) {
	dir := toolcheck.SharedData(t)
	read := 0
	for _, folder := range []string{"synthetic", "121-platform"} {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, d fs.DirEntry, err error) error {
			name := filepath.Base(path)
			if err != nil || d.IsDir() || strings.HasPrefix(name, "names_") || strings.HasPrefix(name, "export-") ||
				strings.HasPrefix(name, "test-reconciliation") || strings.HasPrefix(name, "template-") {
				return err
			}
			read++
			t.Run(name, func(t *testing.T) {
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				w := newWorld(t)
				r := w.importing(string(data))
				if r.New+r.Summary.Refused != r.Summary.Rows+r.Summary.Orphans || r.Summary.Rows == 0 {
					t.Errorf("%d new and %d refused of %d rows", r.New, r.Summary.Refused, r.Summary.Rows)
				}
				for _, f := range r.Refused {
					if f.Row == 0 || f.Reason == "" || f.Raison == "" {
						t.Errorf("refused without why: %+v", f)
					}
				}
				w.counts(w.importing(string(data)), 0, 0, r.New, r.Summary.Refused)
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 8 {
		t.Errorf("only %d lists were read", read)
	}
}
