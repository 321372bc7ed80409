package presence_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/internal/workbook"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err) // a mistake in this file
	}
	return t
}

func read(t testing.TB, list string, opt presence.Options) ([]presence.Row, []presence.Remark, presence.Summary) {
	t.Helper()
	var rows []presence.Row
	var remarks []presence.Remark
	sum, err := presence.Read(t.Context(), strings.NewReader(list), int64(len(list)), opt,
		func(r presence.Row) error { rows = append(rows, r); return nil },
		func(r presence.Remark) error { remarks = append(remarks, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return rows, remarks, sum
}

// hxl is a 3W in the shape that OCHA publishes: titles in any language, and tags
// below them, which are believed.
const hxl = `Wer,Kürzel,Art,Sektor,Was,Kreis,Kreiscode,Gemeinde,Gemeindecode,Von,Bis,Status,Erreicht (Haushalte),Kontakt
#org+name,#org+acronym,#org+type,#sector+name,#activity+name,#adm2+name,#adm2+code,#adm3+name,#adm3+code,#date+start,#date+end,#status,#reached+hh,#contact+email
Programme alimentaire mondial,PAM,UN,Sécurité alimentaire,Distribution générale de vivres,Mopti,ML0501,Konna,ML050105,2026-03-01,2026-05-31,Ongoing,1 250,someone@example.org
Médecins du Sahel,MDS,NGO,Santé,Consultations,Mopti,ML0501,Konna,ML050105,2026-03-01,2026-05-31,Ongoing,,
Action,ACT,NGO,Sécurité alimentaire,Coupons alimentaires,Mopti,ML0501,,,2026-03-01,2026-05-31,Annulé,,
Notre ONG,NOUS,NGO,Sécurité alimentaire,Coupons,Mopti,ML0501,,,2026-03-01,2026-05-31,Ongoing,,
`

// An HXL-tagged 3W is read by its tags; other sectors, called off work and our own
// are counted, and contacts are not read at all.
func TestRead_hxl(t *testing.T) {
	rows, remarks, sum := read(t, hxl, presence.Options{Own: []string{"nous"}})
	want := []presence.Row{{N: 3, Organisation: "Programme alimentaire mondial", Cercle: "Mopti", Commune: "Konna", Code: "ML050105",
		From: day("2026-03-01"), To: day("2026-06-01"), Kind: presence.Food, Activity: "Distribution générale de vivres", Reached: 1250}}
	if diff := cmp.Diff(want, rows); diff != "" || len(remarks) != 0 {
		t.Errorf("remarks %v, rows (-want +got):\n%s", remarks, diff)
	}
	if sum.Rows != 4 || sum.Kept != 1 || sum.Other != 1 || sum.Ended != 1 || sum.Own != 1 || sum.HeaderRow != 2 {
		t.Errorf("%+v", sum)
	}
	for title := range sum.Columns {
		if strings.Contains(title, "contact") {
			t.Error("contacts are read")
		}
	}
}

// planning is a cluster's planning table as people keep it: a title, French words,
// semicolons, a total.
const planning = `Planification du cluster sécurité alimentaire;;;;;;;
Organisation;Partenaire de mise en œuvre;Région;Cercle;Commune;Village;Mois;Année;Activité;Ménages ciblés;Ménages servis
PAM;ONG Yiriwa;Mopti;Mopti;Konna;Saré Mala;mars;2026;Vivres;120;0
CSA;;Mopti;Mopti;Konna;Kontza;mars à mai;2026;Vente de céréales à prix modéré;80;
CSA;;Mopti;Mopti;Konna;Diamweli;Soudure;2026;Vivres;10;
;;Mopti;Mopti;Konna;Kotaka;avril;2026;Vivres;10;
CSA;;Mopti;;;;avril;2026;Vivres;10;
CSA;;;;;Konna;avril;2026;Vivres;10;
CSA;;Mopti;Mopti;Konna;Kotaka;avril;2026;Vivres;environ 30;
CSA;;Mopti;Mopti;Konna;Kotaka;avril;2026;Quelque chose;30;
TOTAL;;;;;;;;;250;0
`

// A planning table in French is read row by row, and each row that cannot be
// compared says in which column and why.
func TestRead_planning(t *testing.T) {
	rows, remarks, sum := read(t, planning, presence.Options{})
	var got []string
	for _, m := range remarks {
		got = append(got, m.Column+"|"+m.Value)
	}
	if diff := cmp.Diff([]string{"Mois|Soudure", "Organisation|", "Village|Mopti", "Village|Konna", "Ménages ciblés|environ 30"}, got); diff != "" {
		t.Error(diff)
	}
	if sum.Kept != 4 || sum.Refused != 4 || sum.Rows != 8 || len(rows) != 4 {
		t.Fatalf("%+v", sum)
	}
	if r := rows[0]; r.Organisation != "ONG Yiriwa" || r.Village != "Saré Mala" || r.Planned != 120 || !r.From.Equal(day("2026-03-01")) || !r.To.Equal(day("2026-04-01")) {
		t.Errorf("%+v", r)
	}
	if r := rows[1]; r.Kind != presence.Food || !r.To.Equal(day("2026-06-01")) {
		t.Errorf("%+v", r)
	}
	if rows[2].Planned != 0 || rows[3].Kind != presence.Unknown || len(sum.Unknown) != 1 {
		t.Errorf("%+v, %+v", rows[2:], sum.Unknown)
	}
}

// The same in a workbook, with days as spreadsheets keep them.
func TestRead_workbook(t *testing.T) {
	var b bytes.Buffer
	err := workbook.Table{Name: "3W", Titles: []string{"Organisation", "Commune", "Cercle", "Start date", "End date", "Activity"},
		Rows: [][]any{{"WFP", "Konna", "Mopti", "2026-03-05", "2026-03-20", "General food distribution"}}}.WriteXLSX(&b)
	if err != nil {
		t.Fatal(err)
	}
	rows, remarks, _ := read(t, b.String(), presence.Options{})
	if len(rows) != 1 || len(remarks) != 0 || rows[0].Kind != presence.Food || !rows[0].To.Equal(day("2026-03-21")) {
		t.Errorf("%+v, %v", rows, remarks)
	}
}

// What gives no period takes that of the whole list, and says so; without one it
// is refused. What cannot be a 3W is refused whole.
func TestRead_periods(t *testing.T) {
	const head = "Organisation;Cercle;Date de début;Date de fin;Période;Activité\n"
	for _, tt := range []struct {
		row, from, to string
		assumed       bool
	}{
		{"A;Mopti;03/04/2026;05/04/2026;;vivres", "2026-04-03", "2026-04-06", false},
		{"A;Mopti;04/25/2026;04/30/2026;;vivres", "2026-04-25", "2026-05-01", false},
		{"A;Mopti;mars 2026;;;vivres", "2026-03-01", "2026-04-01", false},
		{"A;Mopti;2026-03-10;;;vivres", "2026-03-10", "2026-06-08", true},
		{"A;Mopti;;;T2 2026;vivres", "2026-04-01", "2026-07-01", false},
		{"A;Mopti;;;Q1-2026;vivres", "2026-01-01", "2026-04-01", false},
		{"A;Mopti;;;Août 2026;vivres", "2026-08-01", "2026-09-01", false},
		{"A;Mopti;;;juin-juil 2026;vivres", "2026-06-01", "2026-08-01", false},
		{"A;Mopti;;;3 mars 2026;vivres", "2026-03-03", "2026-03-04", false},
		{"A;Mopti;;;2026;vivres", "2026-01-01", "2027-01-01", false},
		{"A;Mopti;;;;vivres", "2026-02-01", "2026-03-01", true},
		{"A;Mopti;30/02/2026;;;vivres", "", "", false},
		{"A;Mopti;05/04/2026;03/04/2026;;vivres", "", "", false},
	} {
		rows, remarks, _ := read(t, head+tt.row+"\n", presence.Options{From: day("2026-02-01"), To: day("2026-03-01")})
		if tt.from == "" {
			if len(rows) != 0 || len(remarks) != 1 {
				t.Errorf("%s: read as %+v", tt.row, rows)
			}
			continue
		}
		if len(rows) != 1 || !rows[0].From.Equal(day(tt.from)) || !rows[0].To.Equal(day(tt.to)) || rows[0].Assumed != tt.assumed {
			t.Errorf("%s: %+v %v", tt.row, rows, remarks)
		}
	}
	if rows, remarks, _ := read(t, head+"A;Mopti;;;;vivres\n", presence.Options{}); len(rows) != 0 || len(remarks) != 1 {
		t.Errorf("no period at all: %+v", rows)
	}
	none := func(presence.Row) error { return nil }
	_, err := presence.Read(t.Context(), strings.NewReader("Nom;Village\nA;B\n"), 16, presence.Options{}, none, func(presence.Remark) error { return nil })
	if !errors.Is(err, presence.ErrNoHeader) {
		t.Errorf("a list of people: %v", err)
	}
}

// A kind is told from what is done, before the sector.
func TestKindOf(t *testing.T) {
	for _, tt := range []struct {
		activity, sector string
		want             presence.Kind
	}{
		{"Distribution de vivres", "Sécurité alimentaire", presence.Food},
		{"Food voucher", "", presence.Food},
		{"Distribution de semences", "Sécurité alimentaire", presence.Inputs},
		{"Aliment bétail", "FSC", presence.Inputs},
		{"Kits de biens non alimentaires", "Abris", presence.Items},
		{"Transfert monétaire à usages multiples", "", presence.Cash},
		{"Cantines scolaires: vivres", "Education", presence.Other},
		{"", "FSC", presence.Food},
		{"Réhabilitation de points d'eau", "EHA", presence.Other},
		{"Prise en charge de la malnutrition", "", presence.Nutrition},
		{"", "Protection", presence.Other},
		{"Divers", "", presence.Unknown},
	} {
		if got := presence.KindOf(tt.activity, tt.sector); got != tt.want {
			t.Errorf("%q, %q: %s, want %s", tt.activity, tt.sector, got, tt.want)
		}
	}
	for _, tt := range []struct {
		a, b presence.Kind
		want presence.Likeness
	}{{presence.Food, presence.Food, presence.Same}, {presence.Food, presence.Cash, presence.Related}, {presence.Cash, presence.Items, presence.Related},
		{presence.Food, presence.Items, presence.Different}, {presence.Food, presence.Unknown, presence.Related}, {presence.Unknown, presence.Unknown, presence.Related},
		{presence.Food, presence.Other, presence.Different}} {
		if got := tt.a.Like(tt.b); got != tt.want || tt.b.Like(tt.a) != got {
			t.Errorf("%s and %s: %d", tt.a, tt.b, got)
		}
	}
}

// Whatever is read, rows are within their bounds and counted once.
func FuzzRead(f *testing.F) {
	f.Add(hxl)
	f.Add(planning)
	f.Fuzz(func(t *testing.T, list string) {
		n := 0
		sum, err := presence.Read(t.Context(), strings.NewReader(list), int64(len(list)), presence.Options{}, func(r presence.Row) error {
			n++
			if r.Organisation == "" || r.Village+r.Commune+r.Cercle == "" || !r.To.After(r.From) || r.Kind == presence.Other || len(r.Activity) > 400 {
				t.Errorf("%+v", r)
			}
			return nil
		}, func(presence.Remark) error { return nil })
		if err == nil && (sum.Kept != n || sum.Rows != sum.Kept+sum.Refused+sum.Other+sum.Own+sum.Ended) {
			t.Errorf("%d rows: %+v", n, sum)
		}
	})
}
