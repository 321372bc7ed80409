package table

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jate-cva/jate/fault"
)

// narrow are limits that a mutated file reaches.
var narrow = Limits{Bytes: 1 << 14, Rows: 40, Columns: 8, CellBytes: 48}

// refused fails for an error that is not of a kind that a hostile file may
// bring about.
func refused(t *testing.T, err error) {
	t.Helper()
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.NotFound {
		t.Fatalf("a refusal without a kind: %v", err)
	}
}

// checkRows reads the sheet and fails where the reader breaks its own rules:
// numbers that do not ascend, rows, columns or texts above their limits, a
// header that is another one the second time. It returns the rows that may
// be used, and what the reading ended with.
func checkRows(t *testing.T, s *Sheet) (good [][]string, err error) {
	t.Helper()
	if len(s.Header.Cells) > narrow.Columns {
		t.Fatalf("a header of %d cells", len(s.Header.Cells))
	}
	for row, err := range s.lay.rows() {
		if err != nil || row.N >= s.Header.N {
			if err != nil || row.N != s.Header.N || !slices.Equal(row.Cells, s.Header.Cells) {
				t.Fatalf("the header is %q, then %q, %v", s.Header.Cells, row.Cells, err)
			}
			break
		}
	}
	last, used := s.Header.N, 0
	for row, err := range s.Rows(t.Context()) {
		if err != nil {
			refused(t, err)
			return good, err
		}
		if row.N <= last || s.Separator != 0 && row.N != last+1 {
			t.Fatalf("row %d after row %d", row.N, last)
		}
		last = row.N
		if row.Kind != Blank {
			used++
		}
		if row.Flaw != nil && (row.Flaw.EN == "" || row.Flaw.FR == "" || row.Flaw.Column < 0 || utf8.RuneCountInString(row.Flaw.Value) > 65) {
			t.Fatalf("a flaw does not say where and why: %+v", row.Flaw)
		}
		if len(row.Cells) > 2*narrow.Columns {
			t.Fatalf("a row of %d cells", len(row.Cells))
		}
		if row.Kind != Data || row.Flaw != nil {
			continue
		}
		for i, c := range row.Cells {
			if len(c) > narrow.CellBytes || !utf8.ValidString(c) || i >= len(s.Header.Cells) && strings.TrimSpace(c) != "" {
				t.Fatalf("row %d has %q in column %d", row.N, c, i)
			}
		}
		good = append(good, row.Cells)
	}
	if used >= narrow.Rows {
		t.Fatalf("%d rows", used)
	}
	return good, nil
}

// FuzzCSV: no input makes the reader panic, lose its place, number two rows
// alike or pass a limit; and what encoding/csv finds well formed it reads
// alike.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("nom;village\nA;B\n\"C\nD\";E\n\"F"))
	f.Add([]byte("sep=,\nnom,village\n\xe9,\"\"\"\n"))
	f.Add([]byte("\uFEFFLISTE\t\t\r\n\r\nnom\tvillage\ttaille\r\nTraoré\t\"dit \"\"Vieux\"\"\"\t3\r\nTOTAL\t\t3\r\n#name\t#adm\t#n\r\n"))
	f.Add([]byte("nom|village\rA|B\r"))
	f.Add([]byte("nom,village\n\"" + strings.Repeat("x", narrow.CellBytes) + "\",b\n,,,,,,,,,,,,,,,,,,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)), narrow)
		if err != nil {
			refused(t, err)
			return
		}
		s, err := file.Sheet("", byNames)
		if err != nil {
			refused(t, err)
			return
		}
		if s.Separator == 0 {
			return // a workbook: FuzzXLSX
		}
		if _, err := checkRows(t, s); err == nil {
			likeStandard(t, s, data)
		}
	})
}

// likeStandard compares the rows with those of encoding/csv, where it finds no
// mistake in data. It leaves out empty lines, and rows too large for us end
// the comparison.
func likeStandard(t *testing.T, s *Sheet, data []byte) {
	t.Helper()
	text := bytes.TrimPrefix(data, []byte("\uFEFF"))
	if bytes.HasPrefix(text, []byte("sep=")) || !utf8.Valid(text) || bytes.Contains(bytes.ReplaceAll(text, []byte("\r\n"), nil), []byte("\r")) {
		return
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord = s.Separator, -1
	want, err := r.ReadAll()
	if err != nil {
		return
	}
	empty := func(cells []string) bool { return len(cells) == 1 && cells[0] == "" }
	want = slices.DeleteFunc(want, empty)
	for row, err := range s.lay.rows() {
		if err != nil {
			t.Fatal(err)
		}
		if empty(row.Cells) && row.Flaw == nil {
			continue
		}
		if len(want) == 0 {
			t.Fatalf("a row %q more than encoding/csv has", row.Cells)
		}
		if row.Flaw != nil {
			long := slices.ContainsFunc(want[0], func(c string) bool { return len(c) > narrow.CellBytes || strings.Count(c, "\n") >= joinMost })
			if !long && len(want[0]) < 2*narrow.Columns {
				t.Fatalf("row %d is refused, and encoding/csv reads %q", row.N, want[0])
			}
			return
		}
		if !slices.Equal(row.Cells, want[0]) {
			t.Fatalf("row %d reads %q, with encoding/csv %q", row.N, row.Cells, want[0])
		}
		want = want[1:]
	}
	if len(want) > 0 {
		t.Fatalf("%q is lost", want[0])
	}
}

// stored packs the parts of a workbook without compressing them: a mutated
// part is one byte away then, as no checksum has to fit.
func stored(t testing.TB, b *bytes.Buffer, parts ...[2]string) {
	t.Helper()
	z := zip.NewWriter(b)
	for _, p := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p[0], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

const (
	fuzzWorkbook  = `<workbook><workbookPr date1904="1"/><sheets><sheet name="A" id="1"/><sheet name="B" id="2" state="hidden"/></sheets></workbook>`
	fuzzRelations = `<Relationships><Relationship Id="1" Type="x/worksheet" Target="worksheets/1.xml"/>` +
		`<Relationship Id="2" Type="x/worksheet" Target="/xl/worksheets/2.xml"/>` +
		`<Relationship Id="3" Type="x/sharedStrings" Target="s.xml"/><Relationship Id="4" Type="x/styles" Target="f.xml"/></Relationships>`
	fuzzSheet = `<worksheet><sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c t="inlineStr"><is><t>village</t></is></c><c r="C2" t="str"><v>taille</v></c></row>` +
		`<row><c t="s"><v>1</v></c><c r="B3" s="1"><v>45000.5</v></c><c><f>1+1</f><v>2</v></c></row>` +
		`<row r="9"><c r="B9" t="e"><v>#N/A</v></c></row><row r="10"><c><v>1.5E+3</v></c></row><row r="11"><c t="str"><v>TOTAL</v></c></row></sheetData></worksheet>`
	fuzzTexts  = `<sst><si><t>nom</t></si><si><r><t>Diallo </t></r><rPh><t>x</t></rPh><r><t>&amp; fils</t></r></si></sst>`
	fuzzStyles = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`
)

// FuzzXLSX: no parts of a workbook make the reader panic, lose its place,
// number two rows alike or pass a limit; and the rows it lets through are read
// alike when they are written again as plain texts.
func FuzzXLSX(f *testing.F) {
	f.Add(fuzzSheet, fuzzTexts, fuzzStyles, "", "")
	f.Add(fuzzSheet, "", "", fuzzWorkbook, fuzzRelations)
	for _, r := range [][2]string{{"</row>", "</row></row>"}, {"</c>", strings.Repeat("</c>", 20)}, {"<c ", "<c><c "}, {"<row>", "<row><row>"}, {"<row r", "<c/><row r"}, {"</c></row>", "</row></c>"}, {"<row>", "</sheetData><sheetData><row>"}} {
		f.Add(strings.ReplaceAll(fuzzSheet, r[0], r[1]), fuzzTexts, fuzzStyles, "", "")
	}
	var packed, again bytes.Buffer
	f.Fuzz(func(t *testing.T, sheet, texts, styles, workbook, relations string) {
		if workbook == "" {
			workbook = fuzzWorkbook
		}
		if relations == "" {
			relations = fuzzRelations
		}
		packed.Reset()
		stored(t, &packed, [2]string{"xl/workbook.xml", workbook}, [2]string{"xl/_rels/workbook.xml.rels", relations},
			[2]string{"xl/worksheets/1.xml", sheet}, [2]string{"xl/s.xml", texts}, [2]string{"xl/f.xml", styles})
		s, rows := readWorkbook(t, packed.Bytes())
		if len(rows) == 0 {
			return
		}
		again.Reset()
		stored(t, &again, [2]string{"xl/workbook.xml", fuzzWorkbook}, [2]string{"xl/_rels/workbook.xml.rels", fuzzRelations},
			[2]string{"xl/worksheets/1.xml", plainSheet(t, s.Header.Cells, rows)})
		if _, back := readWorkbook(t, again.Bytes()); !slices.EqualFunc(back, rows, slices.Equal) {
			t.Fatalf("%q is written and reads as %q", rows, back)
		}
	})
}

// readWorkbook returns the rows of the best sheet that may be used; none where
// the workbook or a part of it is refused.
func readWorkbook(t *testing.T, data []byte) (*Sheet, [][]string) {
	t.Helper()
	file, err := Open(bytes.NewReader(data), int64(len(data)), narrow)
	if err != nil {
		refused(t, err)
		return nil, nil
	}
	s, err := file.Sheet("", byNames)
	if err != nil {
		refused(t, err)
		return nil, nil
	}
	rows, err := checkRows(t, s)
	if err != nil {
		return nil, nil
	}
	return s, rows
}

// plainSheet writes the rows as texts, each in its place.
func plainSheet(t *testing.T, header []string, rows [][]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("<worksheet><sheetData>")
	for _, row := range append([][]string{header}, rows...) {
		b.WriteString("<row>")
		for _, c := range row {
			b.WriteString(`<c t="inlineStr"><is><t>`)
			if err := xml.EscapeText(&b, []byte(c)); err != nil {
				t.Fatal(err)
			}
			b.WriteString(`</t></is></c>`)
		}
		b.WriteString("</row>")
	}
	b.WriteString("</sheetData></worksheet>")
	return b.String()
}

// FuzzXLSXArchive: no archive makes the reader panic or pass a limit.
func FuzzXLSXArchive(f *testing.F) {
	var b bytes.Buffer
	stored(f, &b, [2]string{"xl/workbook.xml", fuzzWorkbook}, [2]string{"xl/_rels/workbook.xml.rels", fuzzRelations},
		[2]string{"xl/worksheets/1.xml", fuzzSheet}, [2]string{"xl/s.xml", fuzzTexts})
	f.Add(bytes.Clone(b.Bytes()))
	f.Add([]byte(sheetXML(f, `<row r="2"><c r="A2"><v>2</v></c></row></sheetData></worksheet>`)))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
			readWorkbook(t, data)
		}
	})
}
