package samplelist

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/toolcheck"
	"golang.org/x/text/encoding/charmap"
)

var formats = map[string]Format{
	"FrenchCP1252": FrenchCP1252, "KoboLabels": KoboLabels, "KoboXML": KoboXML,
	"KoboXLSX": KoboXLSX, "Platform121": Platform121,
}

// write writes a list and returns it with its truth.
func write(t *testing.T, opt Options) ([]byte, Truth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := Write(&b, opt)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), truth
}

// The same options give the same bytes, and the seed matters.
func TestWrite_deterministic(t *testing.T) {
	for name, f := range formats {
		t.Run(name, func(t *testing.T) {
			opt := Options{Seed: 7, Households: 100, Format: f, Errors: true}
			one, truth := write(t, opt)
			two, again := write(t, opt)
			if !bytes.Equal(one, two) {
				t.Error("two writes differ")
			}
			if d := cmp.Diff(truth, again); d != "" {
				t.Error(d)
			}
			opt.Seed = 8
			if three, _ := write(t, opt); bytes.Equal(one, three) {
				t.Error("another seed gives the same list")
			}
		})
	}
}

// What the truth says is what a reader of the file finds, in every layout.
func TestWrite_truth(t *testing.T) {
	for name, f := range formats {
		t.Run(name, func(t *testing.T) {
			rows := block * len(layouts[f].kinds) // one block for each kind
			list, truth := write(t, Options{Seed: 1, Households: rows, Format: f, Errors: true})
			tb := tableOf(t, list, f, truth)
			last := truth.FirstRow + rows - 1
			lines := last
			if f == FrenchCP1252 {
				lines += 2 // blank and TOTAL
			}
			if truth.Rows != rows || len(tb.rows) != lines {
				t.Fatalf("%d rows in a file of %d lines, want %d and %d", truth.Rows, len(tb.rows), rows, lines)
			}
			checkWrong(t, tb, truth, layouts[f].kinds)
			checkDuplicates(t, tb, truth, layouts[f])
			people, phones := 0, 0
			for row := truth.FirstRow; row <= last; row++ {
				n, _ := strconv.Atoi(tb.cell(row, layouts[f].header(size)))
				people += n
				if tb.cell(row, layouts[f].header(phone)) != "" {
					phones++
				}
			}
			if people != truth.People || phones != truth.WithPhone {
				t.Errorf("%d people and %d phones in the file, %d and %d in truth", people, phones, truth.People, truth.WithPhone)
			}
		})
	}
}

// A list without errors has none: phones and register numbers are unique, and
// every cell that a household must have is there.
func TestWrite_clean(t *testing.T) {
	list, truth := write(t, Options{Seed: 3, Households: 2000})
	tb := tableOf(t, list, FrenchCP1252, truth)
	if len(truth.Wrong)+len(truth.Duplicates) != 0 || truth.Households != 2000 {
		t.Fatalf("truth of a clean list: %d wrong, %d duplicates, %d households",
			len(truth.Wrong), len(truth.Duplicates), truth.Households)
	}
	seen := map[string]int{}
	for row := truth.FirstRow; row < truth.FirstRow+truth.Rows; row++ {
		for _, h := range []string{"Nom du chef de ménage", "Prénom(s)", "Taille du ménage", "Site de distribution"} {
			if tb.cell(row, h) == "" {
				t.Errorf("row %d has no %s", row, h)
			}
		}
		number := strings.NewReplacer(" ", "", nbsp, "", "+223", "").Replace(tb.cell(row, "N° de téléphone"))
		for _, id := range []string{number, tb.cell(row, "N° RSU")} {
			if before := seen[id]; id != "" && before != 0 {
				t.Errorf("rows %d and %d share %s", before, row, id)
			}
			seen[id] = row
		}
	}
}

// The French list looks as it does when it comes out of Excel.
func TestWrite_french(t *testing.T) {
	list, truth := write(t, Options{Households: 400})
	if bytes.Contains(list, []byte("é")) || !bytes.Contains(list, []byte("T\xe9l")) && !bytes.Contains(list, []byte("t\xe9l")) {
		t.Error("the list is not Windows-1252")
	}
	rows := grid(t, list, FrenchCP1252)
	want := "N°;Nom du chef de ménage;Prénom(s);Sexe (H/F);Âge;N° de téléphone;Région;Cercle;Commune;Village / Site;" +
		"Taille du ménage;Statut;Date d'enregistrement;N° RSU;Site de distribution;Commerçant choisi"
	if got := strings.Join(rows[2], ";"); got != want {
		t.Errorf("header row\n got %s\nwant %s", got, want)
	}
	if rows[0][0] == "" || strings.Join(rows[1], "") != "" {
		t.Errorf("title %q, then %q", rows[0], rows[1])
	}
	total := rows[len(rows)-1]
	if total[1] != "TOTAL" || total[10] != thousands(truth.People) || !strings.Contains(total[10], nbsp) {
		t.Errorf("last row %q, want a total of %d", total, truth.People)
	}
}

// Sizes, phones and sexes are spread as they are in the field.
func TestWrite_distribution(t *testing.T) {
	list, truth := write(t, Options{Seed: 11, Households: 5000})
	tb := tableOf(t, list, FrenchCP1252, truth)
	women, chosen, largest := 0, 0, 0
	for row := truth.FirstRow; row < truth.FirstRow+truth.Rows; row++ {
		n, err := strconv.Atoi(tb.cell(row, "Taille du ménage"))
		if err != nil || n < 1 || n > 25 {
			t.Fatalf("row %d: size %q", row, tb.cell(row, "Taille du ménage"))
		}
		largest = max(largest, n)
		if tb.cell(row, "Sexe (H/F)") == "F" {
			women++
		}
		if tb.cell(row, "Commerçant choisi") != "" {
			chosen++
		}
	}
	within := func(what string, got, low, high int) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %d, want %d to %d", what, got, low, high)
		}
	}
	within("people", truth.People, 5000*69/10, 5000*77/10)
	within("largest household", largest, 18, 25)
	within("with a phone", truth.WithPhone, 5000*62/100, 5000*68/100)
	within("headed by a woman", women, 5000*19/100, 5000*25/100)
	within("with a chosen trader", chosen, 5000*9/100, 5000*15/100)
	within("empty villages", len(truth.Empty), 3, 3)
}

// Every village is served by exactly one point, and the rows of the points
// are the rows of the list.
func TestWrite_points(t *testing.T) {
	list, truth := write(t, Options{Seed: 2, Households: 3000, Errors: true})
	tb := tableOf(t, list, FrenchCP1252, truth)
	rows, served, names := 0, map[string]string{}, map[string]Point{}
	for _, p := range truth.Points {
		rows += p.Rows
		names[p.Name] = p
		if p.Villages[0] != p.Place || len(p.Traders) == 0 {
			t.Errorf("point %+v", p)
		}
		for _, v := range p.Villages {
			if served[v] != "" {
				t.Errorf("%s is served by %s and %s", v, served[v], p.Name)
			}
			served[v] = p.Name
		}
	}
	if rows != truth.Rows || len(served) != 60 || len(names) != len(truth.Points) {
		t.Errorf("%d points named in %d ways serve %d villages and %d rows", len(truth.Points), len(names), len(served), rows)
	}
	for row := truth.FirstRow; row < truth.FirstRow+truth.Rows; row++ {
		p, ok := names[tb.cell(row, "Site de distribution")]
		if !ok {
			t.Fatalf("row %d: no point %q", row, tb.cell(row, "Site de distribution"))
		}
		if c := tb.cell(row, "Commerçant choisi"); c != "" && !slices.Contains(p.Traders, c) {
			t.Errorf("row %d: %q does not trade at %s", row, c, p.Name)
		}
	}
}

// The second sheet lists as many members as the household has.
func TestWrite_members(t *testing.T) {
	list, truth := write(t, Options{Seed: 5, Households: 60, Format: KoboXLSX})
	households, members := sheetOf(t, list, householdSheet), sheetOf(t, list, memberSheet)
	count := map[string]int{}
	for i, m := range members[1:] {
		if m[4] != strconv.Itoa(i+1) || m[5] != householdSheet {
			t.Fatalf("member %d: %q", i+1, m)
		}
		count[m[6]]++
	}
	if len(members)-1 != truth.People {
		t.Errorf("%d members, %d people", len(members)-1, truth.People)
	}
	tb := table{t: t, rows: households, head: households[0]}
	for row := 2; row < 2+truth.Rows; row++ {
		if got, want := strconv.Itoa(count[tb.cell(row, "_index")]), tb.cell(row, "Taille du ménage"); got != want {
			t.Errorf("row %d: %s members, size %s", row, got, want)
		}
	}
}

// Places of one's own replace the ones that come along, here all of Mali.
func TestWrite_places(t *testing.T) {
	all, err := os.ReadFile(filepath.Join(toolcheck.SharedData(t), "validmeasures-mali", "settlements_adm4_2015.csv"))
	if err != nil {
		t.Fatal(err)
	}
	own, _, _ := bytes.Cut(Places(), []byte("\n"))
	theirs, _, _ := bytes.Cut(all, []byte("\n"))
	if got, want := string(own), strings.TrimSpace(string(theirs)); got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
	for line := range strings.Lines(string(Places())) {
		if !bytes.Contains(all, []byte(strings.TrimSpace(line))) {
			t.Errorf("not in the list of Mali: %s", line)
		}
	}
	_, truth := write(t, Options{Households: 500, Places: all, Format: KoboXML})
	if len(truth.Points) < 1000 {
		t.Errorf("%d points for the whole country", len(truth.Points))
	}
}

func TestWrite_refusals(t *testing.T) {
	for name, opt := range map[string]Options{
		"no household":            {},
		"too many":                {Households: householdsMax + 1},
		"too many for a workbook": {Households: householdsMaxXLSX + 1, Format: KoboXLSX},
		"unknown format":          {Households: 1, Format: 99},
		"places without a place":  {Households: 1, Places: []byte("pcode,name,admin3Pcod,admin3Name,admin2Name,admin1Name\n")},
		"places without columns":  {Households: 1, Places: []byte("a,b\n1,2\n")},
		"empty places":            {Households: 1, Places: []byte{}},
		"a line break in a place": {Households: 1, Places: []byte("pcode,name,admin3Pcod,admin3Name,admin2Name,admin1Name\n1,\"a\nb\",1,c,d,e\n")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Write(io.Discard, opt)
			if !errors.Is(err, ErrOptions) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("error %v, want ErrOptions", err)
			}
		})
	}
	t.Run("a writer that fails", func(t *testing.T) {
		full := errors.New("disk full")
		for name, f := range formats {
			if _, err := Write(broken{full}, Options{Households: 50, Format: f}); !errors.Is(err, full) {
				t.Errorf("%s: error %v, want %v", name, err, full)
			}
		}
	})
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// Registration ends on the day that is asked for.
func TestWrite_closed(t *testing.T) {
	closed := time.Date(2031, time.March, 9, 15, 0, 0, 0, time.UTC)
	list, truth := write(t, Options{Households: 500, Closed: closed})
	tb := tableOf(t, list, FrenchCP1252, truth)
	latest := time.Time{}
	for row := truth.FirstRow; row < truth.FirstRow+truth.Rows; row++ {
		d, err := time.Parse(dateFrench, tb.cell(row, "Date d'enregistrement"))
		if err != nil {
			t.Fatal(err)
		}
		if d.After(latest) {
			latest = d
		}
	}
	if got, want := latest.Format(time.DateOnly), "2031-03-09"; got != want {
		t.Errorf("last registration on %s, want %s", got, want)
	}
}

// Rows leave as they are made: no write is larger than a buffer, however long
// the list is.
func TestWrite_streams(t *testing.T) {
	var most int
	w := writerFunc(func(b []byte) (int, error) {
		most = max(most, len(b))
		return len(b), nil
	})
	if _, err := Write(w, Options{Households: 5000, Format: KoboXML}); err != nil {
		t.Fatal(err)
	}
	if most == 0 || most > 1<<17 {
		t.Errorf("one write of %d bytes: rows are held back", most)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// Every name can be misspelt and can be written in Windows-1252.
func TestStock(t *testing.T) {
	s := stock()
	for kind, list := range map[string][]name{"women": s.womenGiven, "men": s.menGiven, "families": s.families,
		"second names of women": s.womenSecond, "second names of men": s.menSecond} {
		if len(list) < 4 {
			t.Errorf("%d %s", len(list), kind)
		}
		for _, n := range list {
			if len(n.variants) == 0 || slices.Contains(n.variants, n.text) || slices.Contains(n.variants, "") {
				t.Errorf("%q is also spelt %q", n.text, n.variants)
			}
			if _, err := charmap.Windows1252.NewEncoder().String(n.text + strings.Join(n.variants, "")); err != nil {
				t.Errorf("%q: %v", n.text, err)
			}
		}
	}
}

// A number of one row is no other row's, up to the longest list: steps of
// stride come back to where they began only after visiting every number.
func TestUnique(t *testing.T) {
	for _, n := range []int64{phoneNumbers, registerNumbers} {
		if g := new(big.Int).GCD(nil, nil, big.NewInt(stride), big.NewInt(n)); g.Int64() != 1 || householdsMax > n {
			t.Errorf("%d numbers in steps of %d (common factor %s) for %d rows", n, stride, g, householdsMax)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	const rows = 1000
	for b.Loop() {
		if _, err := Write(io.Discard, Options{Households: rows, Errors: true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
