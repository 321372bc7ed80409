package distribution

import (
	"encoding/json"

	"github.com/jate-cva/jate/distribution/intake"
)

// ImportReport says what became of each row of a list. It holds personal data:
// it is shown to whoever imported the list, and neither kept nor logged.
type ImportReport struct {
	Import       string // id of the import
	File         string // SHA-256 of the file, in hexadecimal
	DryRun       bool
	New          int
	Changed      int
	Same         int
	Refused      []intake.Refused // the first 10,000
	RefusedMore  int              // how many more there are
	NoConsent    int              // of the refused, those whose household did not agree
	Duplicates   int              // pairs that were found; a dry run finds none
	Warnings     []RowWarning     // rows kept with a doubt, the first 10,000
	WarningsMore int              // rows not looked at once there were as many warnings
	Summary      intake.Summary
}

// RowWarning is a doubt about a row that was kept.
type RowWarning struct {
	Row         int
	Code        string // place_unknown, place_ambiguous, place_edition or place_code_name
	Value       string // as the list has it
	Text, Texte string
	Candidates  []string // places that may be meant
}

// MarshalJSON writes the report as the API and `jate import` show it.
func (r ImportReport) MarshalJSON() ([]byte, error) {
	type warning struct {
		Row        int      `json:"row"`
		Code       string   `json:"code"`
		Value      string   `json:"value"`
		Reason     string   `json:"reason"`
		Raison     string   `json:"raison"`
		Candidates []string `json:"candidates,omitempty"`
	}
	type unknown struct {
		Column string `json:"column"`
		Value  string `json:"value"`
		Count  int    `json:"count"`
	}
	s := r.Summary
	w := struct {
		New          int                     `json:"new"`
		Changed      int                     `json:"changed"`
		Same         int                     `json:"same"`
		Refused      []intake.Refused        `json:"refused"`
		RefusedMore  int                     `json:"refused_more"`
		Duplicates   int                     `json:"duplicates"`
		Warnings     []warning               `json:"warnings"`
		WarningsMore int                     `json:"warnings_more"`
		Import       string                  `json:"import"`
		File         string                  `json:"file"`
		DryRun       bool                    `json:"dry_run"`
		Kind         string                  `json:"kind"`
		Sheet        string                  `json:"sheet,omitempty"`
		Separator    string                  `json:"separator,omitempty"`
		Encoding     string                  `json:"encoding,omitempty"`
		HeaderRow    int                     `json:"header_row"`
		Rows         int                     `json:"rows"`
		Totals       int                     `json:"totals"`
		Members      int                     `json:"members"`
		Columns      map[string]intake.Field `json:"columns"`
		Ignored      []string                `json:"ignored"`
		Unknown      []unknown               `json:"unknown"`
	}{r.New, r.Changed, r.Same, r.Refused, r.RefusedMore, r.Duplicates, []warning{}, r.WarningsMore, r.Import, r.File,
		r.DryRun, s.Kind, s.Sheet, s.Separator, s.Encoding, s.HeaderRow, s.Rows, s.Totals, s.Members, s.Columns, s.Ignored, []unknown{}}
	if w.Refused == nil {
		w.Refused = []intake.Refused{}
	}
	if w.Ignored == nil {
		w.Ignored = []string{}
	}
	for _, x := range r.Warnings {
		w.Warnings = append(w.Warnings, warning{x.Row, x.Code, x.Value, x.Text, x.Texte, x.Candidates})
	}
	for _, u := range s.Unknown {
		w.Unknown = append(w.Unknown, unknown(u))
	}
	return json.Marshal(w)
}
