package report

import "io"

// Formats write a report, in "fr" or else English, by their name.
var Formats = map[string]func(w io.Writer, r Round, lang string) error{
	"json": func(w io.Writer, r Round, _ string) error { return WriteJSON(w, r) },
}
