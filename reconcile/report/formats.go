package report

import (
	"io"

	"github.com/jate-cva/jate/reconcile/report/layout"
)

// Formats write a report, in "fr" or else English, by their name.
var Formats = map[string]func(w io.Writer, r Round, lang string) error{
	"json": func(w io.Writer, r Round, _ string) error { return WriteJSON(w, r) },
	"html": func(w io.Writer, r Round, lang string) error { return layout.WriteHTML(w, r.Document(lang)) },
	"pdf":  func(w io.Writer, r Round, lang string) error { return layout.WritePDF(w, r.Document(lang)) },
	"xlsx": func(w io.Writer, r Round, lang string) error { return layout.WriteXLSX(w, r.Document(lang)) },
}
