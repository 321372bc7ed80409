package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
)

// invented is a profile with many small counts.
func invented(r *rand.Rand) distribution.Profile {
	p := distribution.Profile{Counts: map[distribution.ProfileKey]distribution.ProfileCount{}}
	tiny := r.IntN(12) == 0
	for _, cercle := range []string{"Mopti", "Bankass", "Koro", "Ségou", ""}[:1+r.IntN(5)] {
		for _, sex := range []string{"F", "M", ""} {
			for _, age := range []distribution.Age{distribution.Minor, distribution.Adult, distribution.Elder} {
				for _, status := range []string{"resident", "displaced", "host"} {
					n := int64([]int{0, 0, r.IntN(4), r.IntN(9), r.IntN(40)}[r.IntN(5)])
					if tiny {
						n = int64(r.IntN(30) / 29)
					}
					p.Counts[distribution.ProfileKey{Region: "R", Cercle: cercle, Sex: sex, Age: age, Status: status}] = distribution.ProfileCount{
						Included: n + int64(r.IntN(2)*r.IntN(3)), Reached: n, People: n * 6, Women: n * int64(r.IntN(3)), Men: n, Girls: n, Boys: int64(r.IntN(2)), Redeemed: n * 9_500}
				}
			}
		}
	}
	return p
}

// Nothing that is published counts fewer than 10 households or people, in no
// table and no row, whatever the list is like; while sales go on nobody who was
// reached is counted.
func TestPublish(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 9))
	tables, hidden, none := 0, 0, 0
	for i := range 400 {
		p := invented(rnd)
		round := distribution.Round{State: distribution.RoundClosed, Asset: money.XOF}
		if i%5 == 0 {
			round.State = distribution.RoundOpen
		}
		out := publish(p, round, time.Now())
		if !out.Enough {
			none++
			if out.Places != nil || out.Tables != nil || out.People.Rows != nil {
				t.Fatalf("too few, and yet %+v", out)
			}
			continue
		}
		few := func(what string, n int64) {
			if n > 0 && n < smallest {
				t.Errorf("%s is %d", what, n)
			}
		}
		for _, at := range out.Places {
			few("reached "+at.Name, at.Reached)
			few("planned "+at.Name, at.Planned)
			if at.Planned >= 0 && out.Ended {
				few("not reached "+at.Name, at.Planned-at.Reached)
			}
			if at.Value%amountStep != 0 {
				t.Errorf("value %d", at.Value)
			}
			if !out.Ended && (at.Reached != 0 || at.Value != 0) {
				t.Error("somebody was reached while sales go on")
			}
		}
		all := []Protected{out.People}
		for _, d := range out.Tables {
			all = append(all, d.Protected)
			for j, n := range d.RowTotals {
				if n != out.Places[j].Reached {
					t.Errorf("%s: the total of %s is %d, %d were reached", d.By, out.Places[j].Name, n, out.Places[j].Reached)
				}
			}
		}
		for _, table := range all {
			tables++
			for _, n := range append(append([]int64{}, table.RowTotals...), table.ColumnTotals...) {
				few("a total", n)
			}
			for _, row := range table.Cells {
				for _, c := range row {
					few("a cell", c.N)
					if c.Hidden {
						hidden++
					}
				}
			}
		}
	}
	if tables < 300 || hidden < 100 || none < 3 {
		t.Errorf("%d tables, %d cells hidden, %d profiles too small: too few to tell", tables, hidden, none)
	}
}

// Two reports on one round, whatever funds they are for, tell the same.
func TestPublish_same(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for range 20 {
		p := invented(rnd)
		r := distribution.Round{State: distribution.RoundClosed}
		if a, b := fmt.Sprint(publish(p, r, time.Now())), fmt.Sprint(publish(p, r, time.Now())); a != b {
			t.Fatalf("once %s\nthen %s", a, b)
		}
	}
}

// Rows of activities have every column in its place, no place below the cercle,
// tags where they are asked for, and no formula.
func TestActivities(t *testing.T) {
	r := Round{Round: distribution.Round{ID: "r1", State: distribution.RoundClosed, Kind: distribution.ValueRound, Asset: money.XOF},
		Programme: distribution.Programme{Name: "=cmd()"}, Figures: &Figures{all: map[Key]*Figure{}}}
	p := distribution.Profile{Counts: map[distribution.ProfileKey]distribution.ProfileCount{
		{Region: "Mopti", RegionCode: "ML05", Cercle: "Mopti", CercleCode: "ML0501", Edition: "2015", Sex: "F"}: {Included: 40, Reached: 40, People: 240, Women: 60, Men: 60, Girls: 60, Boys: 60, Redeemed: 400_400},
		{Region: "Mopti", Cercle: "Koro", Sex: "M"}:                                                             {Included: 4, Reached: 4, People: 20},
	}}
	rows := r.activities(publish(p, r.Round, time.Now()))
	var b bytes.Buffer
	if err := WriteActivitiesCSV(&b, rows, DefaultColumns(), "fr", true); err != nil {
		t.Fatal(err)
	}
	text, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, c := range DefaultColumns() {
		at[c.Field] = i
		if !strings.HasPrefix(text[1][i], "#") || text[0][i] != c.FR {
			t.Errorf("column %s is titled %q and %q", c.Field, text[0][i], text[1][i])
		}
	}
	// Koro's four count with Mopti's, and so nothing is named.
	first := text[2]
	for field, want := range map[string]string{"households_reached": "44", "adm2_name": "", "adm3_name": "", "people_reached": "260", "transfer_value": "400000",
		"programme": "'=cmd()", "modality": "coupon valeur", "status": "terminé", "round": "r1"} {
		if first[at[field]] != want {
			t.Errorf("%s is %q, want %q", field, first[at[field]], want)
		}
	}
	for _, row := range text[2:] {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
				t.Errorf("a cell %q", c)
			}
		}
	}
	b.Reset()
	if err := WriteActivitiesXLSX(&b, rows, DefaultColumns(), "en", false); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	got, err := book.GetRows("5W")
	if err != nil || len(got) != len(rows)+1 || got[1][at["households_reached"]] != "44" {
		t.Errorf("the workbook has %q, %v", got, err)
	}
}

// A file of columns of the operator's own is taken, and refused where it is
// none.
func TestParseColumns(t *testing.T) {
	cs, err := ParseColumns(strings.NewReader("# ours\nfield;en;fr;hxl;value\nsector;Sector;Secteur;#sector;FSL\nround;Round;Cycle;;x\n"))
	if err != nil || cs[0].of(Activity{}, "en") != "FSL" || cs[1].of(Activity{"round": "r1"}, "en") != "r1" {
		t.Errorf("%v, %v", cs, err)
	}
	for _, text := range []string{"", "field;en;fr;hxl;value\n", "a;b\n", "field;en;fr;hxl;value\nx;;X;;\n", "field;en;fr;hxl;value\nx;X;X;;\nx;X;X;;\n",
		"field;en;fr;hxl;value\nx;" + strings.Repeat("X", 300) + ";X;;\n"} {
		if _, err := ParseColumns(strings.NewReader(text)); err == nil {
			t.Errorf("%.40q was accepted", text)
		}
	}
	for _, field := range activityFields {
		if !strings.Contains(string(activitiesCSV), "\n"+field+";") && field != "fund" {
			t.Errorf("no column shows %s", field)
		}
	}
}
