package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/internal/toolcheck"
)

var update = flag.Bool("update", false, "write testdata/*.golden from what is read")

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// result is all that Read says of a list.
type result struct {
	Summary Summary
	Records []Record
	Refused []Refused
}

func read(t testing.TB, data []byte, opt Options) (result, error) {
	t.Helper()
	var res result
	opt.Today = today
	var err error
	res.Summary, err = Read(t.Context(), bytes.NewReader(data), int64(len(data)), opt,
		func(r Record) error { res.Records = append(res.Records, r); return nil },
		func(r Refused) error { res.Refused = append(res.Refused, r); return nil })
	return res, err
}

func readFile(t testing.TB, file string) result {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	res, err := read(t, data, Options{})
	if err != nil {
		t.Fatal(file, err)
	}
	addUp(t, res)
	return res
}

// addUp checks that every row became one thing, and every refusal says where
// and why in both languages.
func addUp(t testing.TB, res result) {
	t.Helper()
	s := res.Summary
	if s.Rows != s.Records+s.Refused-s.Orphans || s.Records != len(res.Records) || s.Refused != len(res.Refused) {
		t.Errorf("rows do not add up: %+v", s)
	}
	for _, r := range res.Refused {
		if r.Row <= 0 || r.Column == "" || r.Reason == "" || r.Raison == "" {
			t.Errorf("a refusal does not say where and why: %+v", r)
		}
	}
}

// Each shape of list reads as its golden file says.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, file := range files {
		if filepath.Ext(file) == ".golden" {
			continue
		}
		read++
		t.Run(filepath.Base(file), func(t *testing.T) {
			got, err := json.MarshalIndent(readFile(t, file), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			golden := file + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if read != 6 {
		t.Errorf("%d lists in testdata, want 6", read)
	}
}

// readText reads a list written in the test.
func readText(t testing.TB, opt Options, lines ...string) (result, error) {
	t.Helper()
	return read(t, []byte(strings.Join(lines, "\n")+"\n"), opt)
}

func TestRead_Mapping(t *testing.T) {
	lines := []string{"Bénéficiaire principal;Où;Tel;Carte", "Awa Koné;Bankoni;70112233;77"}
	t.Run("names the columns that nobody knows", func(t *testing.T) {
		res, err := readText(t, Options{Mapping: map[string]Field{"Bénéficiaire principal": FullName, "Où": Village, "Tel": Ignore, "Carte": "id:red-cross"}}, lines...)
		want := []Record{{Row: 2, Family: "Awa Koné", Place: Place{Village: "Bankoni"}, ExternalIDs: []ExternalID{{"red-cross", "77"}}}}
		if diff := cmp.Diff(want, res.Records); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if diff := cmp.Diff([]string{"Tel"}, res.Summary.Ignored); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of a column that is not there is refused", func(t *testing.T) {
		_, err := readText(t, Options{Mapping: map[string]Field{"Bénéficiaire principal": FullName, "Ou": Village}}, lines...)
		if !errors.Is(err, ErrMapping) {
			t.Error(err)
		}
	})
	t.Run("to a field that is none is refused", func(t *testing.T) {
		_, err := readText(t, Options{Mapping: map[string]Field{"Bénéficiaire principal": FullName, "Où": "town"}}, lines...)
		if !errors.Is(err, ErrMapping) {
			t.Error(err)
		}
	})
	t.Run("is needed where no column of names is found", func(t *testing.T) {
		_, err := readText(t, Options{}, lines...)
		if !errors.Is(err, ErrNoHeader) || !strings.Contains(err.Error(), "Nom et prénom") {
			t.Error(err)
		}
	})
}

func TestRead_Stops(t *testing.T) {
	data := []byte("Nom\nA\nB\n")
	stop := errors.New("stop")
	n := 0
	sum, err := Read(t.Context(), bytes.NewReader(data), int64(len(data)), Options{Today: today}, func(Record) error { n++; return stop }, nil)
	if !errors.Is(err, stop) || n != 1 || sum.Records != 1 {
		t.Errorf("%d records, %v", n, err)
	}
}

func TestPhone(t *testing.T) {
	for in, want := range map[string]string{
		"72 67 73 54": "+22372677354", "72677354": "+22372677354", "+223 60375196": "+22360375196", "0022360375196": "+22360375196",
		"22360375196": "+22360375196", "72-67-73-54": "+22372677354", "72\u00a067\u202f7354": "+22372677354", "254826725646": "+254826725646",
		"+33 6 12 34 56 78": "+33612345678", "": "", "néant": "", "-": "", "N/A": "", "0": "", "00000000": "",
	} {
		if got, why := phone(in, "223"); got != want || why != (reason{}) {
			t.Errorf("phone(%q) = %q, %v", in, got, why)
		}
	}
	for _, in := range []string{"7267735", "726773541", "2.54708E+11", "2,54708e11", "72677354 / 65722846", "72677354a", "+2237267735", "+1234567890123456", "070112233"} {
		if got, why := phone(in, "223"); why == (reason{}) {
			t.Errorf("phone(%q) = %q, want a reason", in, got)
		}
	}
	if got, _ := phone("771234567", "221"); got != "+221771234567" {
		t.Errorf("a number of Senegal is %q", got)
	}
}

func TestBirthYear(t *testing.T) {
	for in, want := range map[string]int{"15/10/1985": 1985, "5-1-1985": 1985, "31.12.1985": 1985, "1985-10-15": 1985, "1985-10-15T00:00:00": 1985, "1985": 1985, "22/11/2026": 2026} {
		if got, why := birthYear(in, today); got != want || why != (reason{}) {
			t.Errorf("birthYear(%q) = %d, %v", in, got, why)
		}
	}
	for in, want := range map[string]reason{"23/11/2026": whyFuture, "1899-01-01": whyFuture, "15/10/85": whyDate, "31/02/1985": whyDate, "10/15/1985": whyDate, "hier": whyDate} {
		if got, why := birthYear(in, today); why != want {
			t.Errorf("birthYear(%q) = %d, %v", in, got, why)
		}
	}
}

func TestRecord_Validate(t *testing.T) {
	good := Record{Family: "Koné", Sex: "F", BirthYear: 1990, Phone: "+22370112233", Size: 40, Quantity: "12.5", Status: "host"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Record){
		"no name":             func(r *Record) { r.Family = "" },
		"a name of digits":    func(r *Record) { r.Family = "123" },
		"a local phone":       func(r *Record) { r.Phone = "70112233" },
		"41 people":           func(r *Record) { r.Size = 41 },
		"fewer than nobody":   func(r *Record) { r.Girls = -1 },
		"another sex word":    func(r *Record) { r.Sex = "H" },
		"another status":      func(r *Record) { r.Status = "pdi" },
		"a comma":             func(r *Record) { r.Quantity = "12,5" },
		"three alternates":    func(r *Record) { r.Alternates = []string{"A", "B", "C"} },
		"an id without value": func(r *Record) { r.ExternalIDs = []ExternalID{{"rsu-ml", ""}} },
		"a member born never": func(r *Record) { r.Members = []Member{{Name: "A", BirthYear: 3}} },
		"a place too long":    func(r *Record) { r.Place.Village = strings.Repeat("x", 500) },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			r := good
			change(&r)
			if err := r.Validate(); !errors.Is(err, ErrRecord) {
				t.Error(err)
			}
		})
	}
}

// generated writes n rows as they are read, so that no list stands in memory.
type generated struct{ rows int64 }

const rowLength = 80

func (g generated) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < g.rows*rowLength {
		row := off / rowLength
		line := fmt.Sprintf("Traoré %d;Village %d;%d", row, row%100, 70000000+row)
		if row == 0 {
			line = "Nom;Village;NINA"
		}
		line += strings.Repeat(" ", rowLength-1-len(line)) + "\n"
		c := copy(p[n:], line[off%rowLength:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// 50,000 households are read one by one: the heap does not grow with them,
// but for the 16 bytes of each id.
func TestRead_BoundedMemory(t *testing.T) {
	const rows, bound = 50_000, 24 << 20
	g := generated{rows + 1}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	n, calls := 0, 0
	_, err := Read(t.Context(), g, g.rows*rowLength, Options{Today: today, Progress: func(int) { calls++ }}, func(Record) error {
		if n++; n%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc-min(before, m.HeapAlloc))
		}
		return nil
	}, func(r Refused) error { return fmt.Errorf("refused: %+v", r) })
	if err != nil || n != rows {
		t.Fatalf("%d records, %v", n, err)
	}
	if most > bound {
		t.Errorf("the heap grew by %d bytes, the bound is %d", most, bound)
	}
	if calls != rows/progressRows+1 {
		t.Errorf("progress was told %d times", calls)
	}
}

// Every beneficiary list of the sample data is read in full, row for row.
func TestRead_SharedData(t *testing.T) {
	dir := toolcheck.SharedData(t)
	for _, tt := range []struct {
		file, kind             string
		rows, records, members int
		why                    string // of every refusal
	}{
		{"synthetic/liste_beneficiaires_excel_fr_cp1252.csv", List, 61, 61, 0, ""},
		{"synthetic/kobo_export_xml_values_semicolon.csv", KoboXML, 60, 60, 0, ""},
		{"synthetic/kobo_export_labels_fr_comma.csv", KoboLabels, 60, 60, 0, ""},
		{"synthetic/kobo_export_labels_repeat.xlsx", KoboLabels, 60, 60, 236, ""},
		{"121-platform/mobile-money-999.csv", Kind121, 999, 999, 0, ""},
		{"121-platform/excel-999.csv", Kind121, 999, 999, 0, ""},
		{"121-platform/registrations-demo-1000.csv", Kind121, 1000, 907, 0, whyPhone.en},
		{"121-platform/template-registrations-header.csv", Kind121, 0, 0, 0, ""},
		{"121-platform/test-registrations-Onafriq.csv", Kind121, 9, 9, 0, ""},
		{"121-platform/test-registrations-PV.csv", Kind121, 20, 20, 0, ""},
		{"121-platform/test-registrations-Safaricom.csv", Kind121, 9, 0, 0, whyScientific.en},
		{"121-platform/test-registrations-demo.csv", Kind121, 4, 3, 0, "row 2 has the same id"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			res := readFile(t, filepath.Join(dir, tt.file))
			got := []any{res.Summary.Kind, res.Summary.Rows, res.Summary.Records, res.Summary.Members}
			if diff := cmp.Diff([]any{tt.kind, tt.rows, tt.records, tt.members}, got); diff != "" {
				t.Error(diff)
			}
			for _, r := range res.Refused {
				if r.Reason != tt.why {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	for _, file := range []string{"121-platform/export-data-changes.csv", "121-platform/test-reconciliation-Excel-pv.csv", "derived/mli_adm2_pcode_crosswalk_2015_2021.csv"} {
		t.Run(file+" is no list of households", func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := read(t, data, Options{}); !errors.Is(err, ErrNoHeader) {
				t.Error(err)
			}
		})
	}
}

// FuzzRead: no text makes Read panic or break its own rules, and every row
// below the header is a record, a refusal, a total, tags or blank.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) < 5 {
		f.Fatal("the lists in testdata are gone", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		res, err := read(t, data, Options{})
		if err != nil {
			if errors.Is(err, ErrRecord) {
				t.Fatal("a record breaks a rule:", err)
			}
			return
		}
		addUp(t, res)
		file, err := table.Open(bytes.NewReader(data), int64(len(data)), table.Lists)
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := file.Sheet("", func(cells []string) int { c := understand(cells, nil); return c.score() })
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for range sheet.Rows(t.Context()) {
			rows++
		}
		if s := res.Summary; rows != s.Rows+s.Totals+s.Tags+s.Blank {
			t.Errorf("%d rows in the file: %+v", rows, s)
		}
	})
}
