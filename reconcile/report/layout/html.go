package layout

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.css
var css string

//go:embed page.html
var page string

// Policy is the Content-Security-Policy of the page: the one style that is in
// it, and nothing else. It stands in the file, and a server that shows it must
// send the same.
var Policy = func() string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

var pageTemplate = template.Must(template.New("page").Parse(page))

// cellHTML is a cell as the page shows it.
type cellHTML struct {
	Text, Figure string
	Number       bool
}

type tableHTML struct {
	Table
	Plot template.HTML
	Rows [][]cellHTML
	Left string
}

type sectionHTML struct {
	Section
	Tables []tableHTML
}

// WriteHTML writes the document as one page of HTML with its plots.
func WriteHTML(w io.Writer, d Document) error {
	view := struct {
		Document
		CSS      template.CSS
		Policy   string
		Sections []sectionHTML
	}{Document: d, CSS: template.CSS(css), Policy: Policy} // #nosec G203 -- a constant
	for _, s := range d.Sections {
		out := sectionHTML{Section: s}
		for _, t := range s.Tables {
			out.Tables = append(out.Tables, t.html(d))
		}
		view.Sections = append(view.Sections, out)
	}
	return pageTemplate.Execute(w, view)
}

func (t Table) html(d Document) tableHTML {
	out := tableHTML{Table: t}
	if t.Plot != nil && len(t.Plot.Points) > 0 {
		out.Plot = template.HTML(t.Plot.svg(t.ID)) // #nosec G203 -- its texts are escaped
	}
	rows, more := d.shown(t)
	for _, r := range rows {
		cells := make([]cellHTML, len(r))
		for i, c := range r {
			cells[i] = cellHTML{c.in(d.Lang), c.Figure, t.Columns[i].Numbers}
		}
		out.Rows = append(out.Rows, cells)
	}
	if more > 0 {
		out.Left = fmt.Sprintf(d.More, more)
	}
	return out
}
