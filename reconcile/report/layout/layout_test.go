package layout_test

import (
	"bytes"
	"encoding/xml"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// hostile are texts that a spreadsheet, a browser or a table could take for
// more than words.
var hostile = []string{`=HYPERLINK("http://example.org")`, "+1+1", "-2", "@SUM(A1)", `<script>alert(1)</script>`, `"><img src=x onerror=y>`,
	"Marché de Sévaré, près de l'école, à côté du très long nom d'un lieu-dit que personne n'abrège"}

func document(lang string) layout.Document {
	t := layout.Table{ID: "points", Title: "Sites", Columns: []layout.Column{{Title: "Site"}, {Title: "Valeur", Numbers: true}, {Title: "Part", Numbers: true}},
		Plot: &layout.Plot{Title: "Valeur par site"}}
	for i, h := range hostile {
		n := int64(i+1) * 123_456
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(h), layout.Number(n, 0, "value/point/"+h), layout.Share(n, 9_999_999)})
		t.Plot.Points = append(t.Plot.Points, layout.Point{Label: h, Value: n, Text: "n"})
	}
	long := layout.Table{ID: "long", Title: "Long", Columns: []layout.Column{{Title: "Kg", Numbers: true}}, Plot: &layout.Plot{Upright: true, Title: "Jours"}}
	for i := range 250 {
		long.Rows = append(long.Rows, []layout.Cell{layout.Number(int64(i)-100, 2, "kilos")})
		long.Plot.Points = append(long.Plot.Points, layout.Point{Label: "03/10", Value: int64(i), Text: "n"})
	}
	return layout.Document{Lang: lang, Title: "Rapport du cycle", Subtitle: "Mopti – mars", Made: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		Facts: [][2]string{{"Racine", "abc="}}, Verdict: "Les chiffres concordent.", Alarms: []string{"=1+1"},
		More: "et %d autres", Page: "page", Sections: []layout.Section{{Title: "Valeur", Text: "Un texte.", Tables: []layout.Table{t, long}}}}
}

// The page is well formed, runs no script, calls nobody, sets no style but its
// own, and says each plot in words beside a table.
func TestWriteHTML(t *testing.T) {
	var b bytes.Buffer
	if err := layout.WriteHTML(&b, document("fr")); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if !strings.Contains(html.UnescapeString(text), layout.Policy) {
		t.Error("the page has no policy")
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	plots, titles, depth := 0, 0, 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := tok.(xml.EndElement); ok {
			depth--
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		depth++
		switch e.Name.Local {
		case "script", "img", "link", "iframe", "object", "a", "use", "image", "form":
			t.Errorf("an element %s", e.Name.Local)
		case "svg":
			plots++
		case "title":
			titles++
		}
		for _, a := range e.Attr {
			if n := strings.ToLower(a.Name.Local); n == "style" || n == "src" || n == "href" || strings.HasPrefix(n, "on") {
				t.Errorf("attribute %s of %s", n, e.Name.Local)
			}
		}
	}
	if plots != 2 || titles != 3 || depth != 0 {
		t.Errorf("%d plots, %d titles, %d elements are not closed", plots, titles, depth)
	}
	for _, want := range []string{"123\u202f456", "1,2\u00a0%", "−1,00", "et 50 autres"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if url := regexp.MustCompile(`(?i)url\(|@import|javascript:`).FindString(text); url != "" {
		t.Errorf("the page has %q", url)
	}
}

// The workbook keeps numbers as numbers and texts as texts, and is the same
// each time.
func TestWriteXLSX(t *testing.T) {
	var b, again bytes.Buffer
	if err := layout.WriteXLSX(&b, document("fr")); err != nil {
		t.Fatal(err)
	}
	if err := layout.WriteXLSX(&again, document("fr")); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("other bytes the second time, %v", err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for y, r := range rows {
			for x, text := range r {
				at, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if f, err := book.GetCellFormula(sheet, at); err != nil || f != "" {
					t.Errorf("%s!%s is the formula %q, %v", sheet, at, f, err)
				}
				kind, err := book.GetCellType(sheet, at)
				if err != nil {
					t.Fatal(err)
				}
				number := kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset
				if !number && text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
					t.Errorf("%s!%s is the text %q", sheet, at, text)
				}
			}
		}
	}
	for at, want := range map[string]string{"B2": "123456", "C2": "1.2", "D2": "value/point/" + hostile[0], "A6": hostile[4]} {
		if got, err := book.GetCellValue("points", at, excelize.Options{RawCellValue: true}); got != want || err != nil {
			t.Errorf("points!%s is %q, want %q, %v", at, got, want, err)
		}
	}
	if got, _ := book.GetCellValue("long", "A2", excelize.Options{RawCellValue: true}); got != "-1" {
		t.Errorf("a number below zero is %q", got)
	}
	if n, _ := book.GetRows("long"); len(n) != 251 {
		t.Errorf("the long table has %d rows", len(n))
	}
}

// Another reader finds the numbers in the PDF, and it is the same each time.
func TestWritePDF(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	var b, again bytes.Buffer
	if err := layout.WritePDF(&b, document("fr")); err != nil {
		t.Fatal(err)
	}
	if err := layout.WritePDF(&again, document("fr")); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("other bytes the second time, %v", err)
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"Rapport du cycle", "Les chiffres concordent.", "et 50 autres", "page 3", "<script>alert(1)</script>"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
	if !regexp.MustCompile(`123\s*456`).Match(bytes.ReplaceAll(out, []byte("\u202f"), []byte(" "))) {
		t.Error("the PDF lacks a number")
	}
}

// A plot of much folds what is small into one bar, and loses nothing.
func TestPlot_Fold(t *testing.T) {
	p := layout.Plot{}
	var sum int64
	for i := range int64(40) {
		p.Points = append(p.Points, layout.Point{Label: "x", Value: 40 - i})
		sum += 40 - i
	}
	p.Fold(func(n int) string { return strings.Repeat("x", n) }, func(int64) string { return "" })
	for _, x := range p.Points {
		sum -= x.Value
	}
	if len(p.Points) != 15 || sum != 0 || len(p.Points[14].Label) != 26 {
		t.Errorf("%d points, %d lost, %d folded", len(p.Points), sum, len(p.Points[14].Label))
	}
}
