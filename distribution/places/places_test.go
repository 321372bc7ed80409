package places

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/internal/toolcheck"
)

func load(t testing.TB, file, edition string) *List {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Load(t.Context(), bytes.NewReader(data), int64(len(data)), edition)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestList_Find(t *testing.T) {
	l := load(t, "testdata/settlements.csv", "e1")
	l.Alias("Sabalababougou", "Sabala")
	for _, tt := range []struct {
		name string
		q    Query
		want string // code
		err  error
		near []string
	}{
		{name: "names in another spelling", q: Query{Region: "NORD", Cercle: "sabala", Commune: "Sabala", Village: "BANKONI"}, want: "XX010101001"},
		{name: "words that lists add", q: Query{Cercle: "Cercle de Fala", Commune: "Commune rurale de Tene", Village: "n tiékesso"}, want: "XX010201002"},
		{name: "a name alone where it is the only one", q: Query{Village: "Toumane"}, want: "XX020101002"},
		{name: "a name alone where it is not", q: Query{Village: "Bankoni"}, err: ErrAmbiguous, near: []string{"XX010101001", "XX010201001", "XX020101001"}},
		{name: "a commune that two cercles have", q: Query{Commune: "Téné", Village: "Bankoni"}, err: ErrAmbiguous, near: []string{"XX010201001", "XX020101001"}},
		{name: "the region decides between two", q: Query{Region: "Koulikoro", Commune: "Téné", Village: "Bankoni"}, want: "XX020101001"},
		{name: "a region from after the reform does no harm", q: Query{Region: "Dioïla", Cercle: "Fala", Commune: "Téné", Village: "Bankoni"}, want: "XX010201001"},
		{name: "a cercle must agree", q: Query{Cercle: "Gao", Commune: "Téné", Village: "Bankoni"}, err: ErrUnknown},
		{name: "two entries of one settlement are it", q: Query{Village: "Sabala"}, want: "XX010101002"},
		{name: "an alias", q: Query{Cercle: "Sabalababougou", Village: "Bankoni"}, want: "XX010101001"},
		{name: "two settlements of one name in a commune", q: Query{Cercle: "Sabala", Village: "Niamina"}, err: ErrAmbiguous, near: []string{"XX010101004", "XX010101005"}},
		{name: "a typing error is offered, not taken", q: Query{Cercle: "Fala", Village: "Bancony"}, err: ErrUnknown, near: []string{"XX010201001"}},
		{name: "a code with its edition and name", q: Query{Edition: "e1", Code: "XX010201001", Village: "Bankoni"}, want: "XX010201001"},
		{name: "a code whose name is another", q: Query{Edition: "e1", Code: "XX010201001", Village: "Toumané"}, err: ErrCodeName, near: []string{"XX010201001"}},
		{name: "a bare code", q: Query{Edition: "e1", Code: "XX010201001"}, err: ErrCodeName},
		{name: "a bare code in the place of a name", q: Query{Edition: "e1", Village: "XX010201001"}, err: ErrCodeName},
		{name: "a code of another edition is ignored beside names", q: Query{Edition: "e2", Code: "XX020101001", Cercle: "Fala", Village: "Bankoni"}, want: "XX010201001"},
		{name: "codes of units", q: Query{Edition: "e1", Region: "XX01", Cercle: "XX0102", Commune: "XX010201", Village: "Bankoni"}, want: "XX010201001"},
		{name: "codes of units without an edition", q: Query{Cercle: "XX0102", Village: "Bankoni"}, err: ErrEdition},
		{name: "nothing", q: Query{}, err: ErrUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := l.Find(tt.q)
			if p.Code != tt.want || !errors.Is(err, tt.err) {
				t.Fatalf("Find = %q, %v; want %q, %v", p.Code, err, tt.want, tt.err)
			}
			var near []string
			if u, ok := errors.AsType[*Unresolved](err); ok {
				for _, c := range u.Candidates {
					near = append(near, c.Code)
				}
			}
			if diff := cmp.Diff(tt.near, near); diff != "" {
				t.Error("candidates:", diff)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	t.Run("a settlement has its units and its position", func(t *testing.T) {
		var got Place
		for p := range load(t, "testdata/settlements.csv", "e1").All() {
			got = p
			break
		}
		want := Place{Edition: "e1", Code: "XX010101001", Name: "Bankoni", Commune: "Sabala Commune", Cercle: "Sabala", Region: "Nord",
			Within: "XX010101", Lat: 14, Lon: -4, Level: Settlement, Class: 5}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("units name the units above them", func(t *testing.T) {
		p, err := load(t, "testdata/units.csv", "e2").Find(Query{Edition: "e2", Code: "XX0101", Cercle: "Fala"})
		want := Place{Edition: "e2", Code: "XX0101", Name: "Fala", Cercle: "Fala", Region: "Nord", Within: "XX01", Level: Cercle}
		if diff := cmp.Diff(want, p); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
	for name, data := range map[string]string{
		"a latitude out of range": "pcode,name,lat,lon\nX1,A,91,0\n",
		"a place without a name":  "pcode,name,lat,lon\nX1,,9,0\n",
		"a text for a number":     "pcode,name,lat,lon\nX1,A,north,0\n",
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if _, err := Load(t.Context(), strings.NewReader(data), int64(len(data)), "e"); !errors.Is(err, ErrPlaceList) {
				t.Error(err)
			}
		})
	}
	t.Run("an edition must be named", func(t *testing.T) {
		if _, err := Load(t.Context(), strings.NewReader("x"), 1, ""); !errors.Is(err, ErrEdition) {
			t.Error(err)
		}
	})
}

// A caller lists the villages of a commune that have no household.
func TestList_InCommune(t *testing.T) {
	l := load(t, "testdata/settlements.csv", "e1")
	p, err := l.Find(Query{Cercle: "Fala", Commune: "Téné", Village: "Bankoni"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for v := range l.InCommune(p) {
		got = append(got, v.Name)
	}
	if diff := cmp.Diff([]string{"Bankoni", "N'Tiekesso"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDistance(t *testing.T) {
	degree := Distance(Place{Lat: 14, Lon: -4}, Place{Lat: 15, Lon: -4})
	if math.Abs(degree-111_195) > 1 {
		t.Errorf("a degree of latitude is %.0f m", degree)
	}
	if d := Distance(Place{Lat: 0, Lon: 0}, Place{Lat: 0, Lon: 180}); math.Abs(d-math.Pi*earthRadius) > 1 {
		t.Errorf("half around the Earth is %.0f m", d)
	}
	if d := Distance(Place{Lat: 14, Lon: -4}, Place{Lat: 14, Lon: -4}); d != 0 {
		t.Errorf("a place is %.0f m from itself", d)
	}
}

// Every file of the sample data reads in full, and a code names different
// cercles in its two editions.
func TestLoad_SharedData(t *testing.T) {
	dir := toolcheck.SharedData(t)
	for file, want := range map[string]int{"adm1_2015.csv": 9, "adm2_2015.csv": 50, "adm3_2015.csv": 701, "settlements_adm4_2015.csv": 18769} {
		if got := load(t, filepath.Join(dir, "validmeasures-mali", file), "2015").Len(); got != want {
			t.Errorf("%s: %d places, want %d", file, got, want)
		}
	}
	old := load(t, filepath.Join(dir, "validmeasures-mali", "adm2_2015.csv"), "2015")
	now := load(t, filepath.Join(dir, "hdx-python-country", "mli_pcodes_adm1_adm2_2021-12-20.csv"), "2021")
	if now.Len() != 63 {
		t.Errorf("%d units in 2021", now.Len())
	}
	changed := 0
	for p := range old.All() {
		q, err := now.Find(Query{Cercle: p.Cercle})
		if err != nil {
			t.Errorf("%s of 2015 is not found in 2021: %v", p.Cercle, err)
		}
		if q.Code != p.Code {
			changed++
			if _, err := now.Find(Query{Edition: "2021", Code: p.Code, Cercle: p.Cercle}); !errors.Is(err, ErrCodeName) && !errors.Is(err, ErrUnknown) {
				t.Errorf("%s of 2015 is taken for a place of 2021: %v", p.Code, err)
			}
		}
	}
	if changed != 42 {
		t.Errorf("%d cercles changed code, want 42", changed)
	}
}
