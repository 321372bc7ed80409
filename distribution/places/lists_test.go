package places_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/internal/toolcheck"
)

// The villages of the sample lists are found in the place list of their
// edition, by names and by codes of communes alike.
func TestFind_SampleLists(t *testing.T) {
	dir := toolcheck.SharedData(t)
	bytesOf := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	settlements := bytesOf("validmeasures-mali/settlements_adm4_2015.csv")
	l, err := places.Load(t.Context(), bytes.NewReader(settlements), int64(len(settlements)), "2015")
	if err != nil {
		t.Fatal(err)
	}
	type counts struct{ Found, Ambiguous, Unknown, Edition int }
	for _, tt := range []struct {
		file, edition string
		want          counts
	}{
		{"synthetic/liste_beneficiaires_excel_fr_cp1252.csv", "", counts{Found: 61}},
		{"synthetic/kobo_export_labels_fr_comma.csv", "", counts{Found: 60}},
		{"synthetic/kobo_export_labels_repeat.xlsx", "", counts{Found: 60}},
		{"synthetic/kobo_export_xml_values_semicolon.csv", "2015", counts{Found: 60}},
		{"synthetic/kobo_export_xml_values_semicolon.csv", "2021", counts{Edition: 60}},
		{"121-platform/excel-999.csv", "", counts{Unknown: 999}},
	} {
		t.Run(tt.file+" "+tt.edition, func(t *testing.T) {
			var got counts
			found := map[intake.Place]error{}
			data := bytesOf(tt.file)
			_, err := intake.Read(t.Context(), bytes.NewReader(data), int64(len(data)), intake.Options{Today: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)},
				func(r intake.Record) error {
					p := r.Place
					err, known := found[p]
					if !known {
						_, err = l.Find(places.Query{Edition: tt.edition, Region: p.Region, Cercle: p.Cercle, Commune: p.Commune, Village: p.Village, Code: p.Code})
						found[p] = err
					}
					switch {
					case err == nil:
						got.Found++
					case errors.Is(err, places.ErrAmbiguous):
						got.Ambiguous++
					case errors.Is(err, places.ErrEdition):
						got.Edition++
					case errors.Is(err, places.ErrUnknown):
						got.Unknown++
					default:
						t.Error(err)
					}
					return nil
				}, func(r intake.Refused) error { return errors.New(r.Reason) })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
