package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// byNames scores a header by the titles nom, village and taille.
func byNames(cells []string) int {
	n := 0
	for _, c := range cells {
		switch Fold(c) {
		case "nom", "village", "taille":
			n++
		}
	}
	return n
}

func open(t testing.TB, data string) (*Sheet, error) {
	t.Helper()
	f, err := Open(strings.NewReader(data), int64(len(data)), Lists)
	if err != nil {
		return nil, err
	}
	return f.Sheet("", byNames)
}

// read returns the rows of a file as "N kind cell|cell" with the flaw behind.
func read(t testing.TB, data string) []string {
	t.Helper()
	s, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(t, s)
}

func rowsOf(t testing.TB, s *Sheet) []string {
	t.Helper()
	var got []string
	for row, err := range s.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%d %s %s", row.N, []string{"data", "blank", "total", "tags"}[row.Kind], strings.Join(row.Cells, "|"))
		if row.Flaw != nil {
			line += fmt.Sprintf(" ! %d %s", row.Flaw.Column, row.Flaw.EN)
		}
		got = append(got, line)
	}
	return got
}

func TestCSV(t *testing.T) {
	const quote = " a quotation mark is opened and not closed, or the row has too many or too long cells"
	for _, tt := range []struct {
		name, data string
		want       []string
	}{
		{"semicolons with commas inside", "nom;village\nDiallo, Tata;Bouni\n", []string{"2 data Diallo, Tata|Bouni"}},
		{"tabs", "nom\tvillage\nA\tB", []string{"2 data A|B"}},
		{"bars", "nom|village\nA|B", []string{"2 data A|B"}},
		{"one column", "nom\nA\n", []string{"2 data A"}},
		{"the separator Excel names is no row", "sep=,\nnom,village\nA;B,C\n", []string{"2 data A;B|C"}},
		{"byte order mark and CRLF", "\uFEFFnom;village\r\nA;B\r\n", []string{"2 data A|B"}},
		{"old Mac line ends", "nom;village\rA;B\rC;D", []string{"2 data A|B", "3 data C|D"}},
		{"Windows-1252", "nom;village\nTraor\xe9;S\xe9vare\xa0\n", []string{"2 data Traoré|Sévare\u00a0"}},
		{"UTF-8 with one damaged byte stays UTF-8", "nom;village\nTraoré;é\nKe\xefta;B\n",
			[]string{"2 data Traoré|é", "3 data Ke\xefta|B ! 0 unreadable characters; type the text again"}},
		{"titles and blank rows come first", "LISTE;;\n;;\nnom;village;\nA;B;\n\n;;\nC;D;\n",
			[]string{"4 data A|B|", "5 blank ", "6 blank ||", "7 data C|D|"}},
		{"a quoted line break is in one row", "nom;village\n\"A\nB\";C\nD;E\n", []string{"2 data A\nB|C", "3 data D|E"}},
		{"doubled quotes", "nom;village\n\"dit \"\"Vieux\"\"\";C\n", []string{`2 data dit "Vieux"|C`}},
		{"a quote inside a text is a text", "nom;village\nN\"Diaye;C\n", []string{`2 data N"Diaye|C`}},
		{"a stray quote costs its own row only", "nom;village\n\"A;B\nC;D\nE;F\n",
			[]string{"2 data  ! 0" + quote, "3 data C|D", "4 data E|F"}},
		{"totals are told", "nom;taille\n1;2\n;TOTAL\nTotal général : 3;2\n12;Sous-total village\nTotaye;3\nTOTAUX;1\n",
			[]string{"2 data 1|2", "3 total |TOTAL", "4 total Total général : 3|2", "5 total 12|Sous-total village", "6 data Totaye|3", "7 total TOTAUX|1"}},
		{"HXL tags are told", "nom;village\n#name;#adm4+name\nA;#12\n", []string{"2 tags #name|#adm4+name", "3 data A|#12"}},
		{"more cells than titles", "nom;village\nA;B;C\nA;B; \n",
			[]string{"2 data A|B|C ! 2 more cells than there are column titles; a separator inside a text needs quotes", "3 data A|B| "}},
		{"a cell too long", "nom;village\n" + strings.Repeat("x", 1025) + ";B\n" + strings.Repeat("y", 300_000) + "\nC;D\n",
			[]string{"2 data " + strings.Repeat("x", 1025) + "|B ! 0 the text is too long for one cell", "3 data  ! 0 the text is too long for one cell", "4 data C|D"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, read(t, tt.data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOpen_Refuses(t *testing.T) {
	utf16 := "\xFF\xFEn\x00o\x00m\x00"
	for _, tt := range []struct {
		name, data string
		want       error
	}{
		{"nothing", "", ErrEmpty},
		{"UTF-16 with its mark", utf16, ErrUTF16},
		{"UTF-16 without its mark", utf16[2:] + "\n\x00", ErrUTF16},
		{"NUL", "nom;village\nA\x00;B and more text around it", ErrBinary},
		{"old Excel", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ErrOldExcel},
		{"a ZIP archive cut short", "PK\x03\x04 and no directory", ErrDamaged},
		{"another kind of ZIP archive", archive(t, map[string]string{"content.xml": "<a/>"}), ErrNotXLSX},
		{"a workbook with macros", archive(t, map[string]string{"xl/workbook.xml": "<a/>", "xl/vbaProject.bin": "x"}), ErrNotXLSX},
		{"no header", "a;b\nc;d\n", ErrNoHeader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := open(t, tt.data); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
	small := Limits{Bytes: 1000, Rows: 3, Columns: 4, CellBytes: 10}
	t.Run("a file above its limit", func(t *testing.T) {
		if _, err := Open(bytes.NewReader(nil), 1001, small); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	})
	t.Run("rows above their limit", func(t *testing.T) {
		data := "nom;village\nA;B\n;\nC;D\nE;F\n"
		f, err := Open(strings.NewReader(data), int64(len(data)), small)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Sheet("", byNames)
		if err != nil {
			t.Fatal(err)
		}
		var last error
		n := 0
		for _, err := range s.Rows(t.Context()) {
			if last = err; err == nil {
				n++
			}
		}
		if n != 3 || !errors.Is(last, ErrTooLarge) {
			t.Errorf("%d rows, then %v", n, last)
		}
	})
	t.Run("an archive that unpacks to more than its limit", func(t *testing.T) {
		data := archive(t, map[string]string{"xl/workbook.xml": strings.Repeat(" ", 9000)})
		if _, err := Open(strings.NewReader(data), int64(len(data)), small); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	})
}

func archive(t testing.TB, parts map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// workbookOf writes the rows, a title row and a blank one above them, as the
// second sheet of a workbook whose first holds instructions.
func workbookOf(t testing.TB, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.SetCellStr("Sheet1", "A1", "Mode d'emploi"))
	_, err := f.NewSheet("Ménages")
	check(err)
	check(f.SetCellStr("Ménages", "A1", "LISTE"))
	for i, row := range rows {
		for j, v := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+3)
			check(err)
			if s, ok := v.(string); ok && strings.HasPrefix(s, "=") {
				check(f.SetCellFormula("Ménages", cell, s))
				continue
			}
			check(f.SetCellValue("Ménages", cell, v))
		}
	}
	var b bytes.Buffer
	check(f.Write(&b))
	return b.String()
}

func TestXLSX(t *testing.T) {
	day := time.Date(2026, 10, 15, 0, 0, 0, 0, time.UTC)
	data := workbookOf(t,
		[]any{"nom", "village", "taille"},
		[]any{"Diallo", "2.54708E+11", 254708123456},
		[]any{"Traoré", 0.1, 1234567890123456},
		[]any{"Koné", day, day.Add(9*time.Hour + 30*time.Minute)},
		[]any{},
		[]any{"", "", 12.5},
		[]any{"TOTAL", "", "=SUM(C4:C6)"},
	)
	want := []string{
		"4 data Diallo|2.54708E+11|254708123456",
		"5 data Traoré|0.1|1.234567890123456E+15",
		"6 data Koné|2026-10-15|2026-10-15T09:30:00",
		"8 data ||12.5",
		"9 total TOTAL",
	}
	s, err := open(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "Ménages" || s.Header.N != 3 {
		t.Errorf("header in row %d of %q", s.Header.N, s.Name)
	}
	if diff := cmp.Diff(want, rowsOf(t, s)); diff != "" {
		t.Error(diff)
	}
}

// sheetXML is a workbook with one sheet written by hand.
func sheetXML(t testing.TB, rows string) string {
	t.Helper()
	return archive(t, map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="L" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>nom</t></is></c>` +
			`<c t="inlineStr"><is><r><t>vil</t></r><r><t>lage</t></r></is></c></row>` + rows,
	})
}

func TestXLSX_Flaws(t *testing.T) {
	const end = "</sheetData></worksheet>"
	t.Run("a formula or an error refuses its row and no other", func(t *testing.T) {
		got := read(t, sheetXML(t, `<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row>`+
			`<row r="3"><c r="B3" t="e"><v>#N/A</v></c></row><row r="4"><c r="B4"><v>4</v></c></row>`+
			`<row r="5"><c t="inlineStr"><is><t>Total</t></is></c><c><f>SUM(B4)</f><v>4</v></c></row>`+
			`<row r="6"><c r="A6"><f>IF(B6="","",1)</f><v></v></c></row>`+
			`<row r="7"><c r="ZZ7"><v>1</v></c></row><row r="8"><c r="A8"><v>8</v></c><c><f>A8</f></c></row>`+end))
		want := []string{
			"2 data 2 ! 0 the cell is a formula; paste it as a value",
			"3 data |#N/A ! 1 the cell shows an error", "4 data |4", "5 total Total|4", "6 blank ",
			"7 data  ! 701 the row has too many columns", "8 data 8 ! 1 the cell is a formula; paste it as a value",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	for name, rows := range map[string]string{
		"a sheet cut short":      `<row r="2"><c><v>1</v></c></row>`,
		"broken XML":             `<row r="2"><c v=></row>` + end,
		"rows that go back":      `<row r="5"/><row r="4"/>` + end,
		"a row that ends twice":  `<row r="2"><c><v>1</v></c></row></row>` + end,
		"a row in a row":         `<row r="2"><row r="3"></row></row>` + end,
		"a cell that ends twice": `<row r="2"><c><v>1</v></c></c></row>` + end,
		"a cell in a cell":       `<row r="2"><c><c><v>1</v></c></c></row>` + end,
		"a cell in no row":       `<c><v>1</v></c>` + end,
		"a cell without end":     `<row r="2"><c><v>1</v></row>` + end,
		"a comment":              `<!-- ` + strings.Repeat("<x>", 100) + ` -->` + end,
		"a run without any tag":  strings.Repeat(" ", runMost+1) + end,
		"a document type":        `<!DOCTYPE x>` + end,
		"a tag that never stops": `<row r="` + strings.Repeat("1", runMost+1),
	} {
		t.Run(name+" is damage, not a shorter list", func(t *testing.T) {
			s, err := open(t, sheetXML(t, rows))
			if err == nil {
				for _, e := range s.Rows(t.Context()) {
					err = e
				}
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestSheet_ByName(t *testing.T) {
	data := workbookOf(t, []any{"nom", "village"}, []any{"A", "B"})
	f, err := Open(strings.NewReader(data), int64(len(data)), Lists)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Sheet1", "Ménages"}, f.Sheets()); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Sheet("Sheet1", byNames); !errors.Is(err, ErrNoHeader) {
		t.Error(err)
	}
	if _, err := f.Sheet("Feuil9", byNames); !errors.Is(err, ErrNoSheet) {
		t.Error(err)
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"N° de téléphone": "n de telephone", " Village / Site ": "village site", "Sexe (H/F)": "sexe h f",
		"Cœur": "coeur", "N'Tiekesso": "n tiekesso", "": "", "__version__": "version", "É́": "e", "ＡＢ": "ab",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}
