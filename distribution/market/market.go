// Package market reads what an NGO knows of markets: its calendar (weekly market
// days, announced fairs and mobile shops) and bulletins of market prices, in the
// layout in which WFP publishes them or as a table of one's own, with French or
// English titles, as CSV or XLSX.
//
// Every row is handed on, or remarked on with row, column, value and reason, or
// counted as one that is not compared. What a name stands for (a point, a trader,
// an item, a zone) is the caller's to find.
package market

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
)

// Errors for a file that cannot be read at all; those of package table too.
var (
	ErrNoHeader = fault.New(fault.Invalid, "market_no_header",
		"No row has the column titles: for a calendar a point, and market days or a first day; for prices a date, a market, a commodity and a price.",
		"Aucune ligne ne porte les titres attendus : pour un calendrier un site, et des jours de marché ou un premier jour ; pour des prix une date, un marché, un produit et un prix.")
	ErrTooMany = fault.New(fault.Invalid, "market_too_many",
		"The file has more rows to keep than one file may. Leave out other regions and earlier years.",
		"Le fichier a plus de lignes à garder que permis. Retirez les autres régions et les années passées.")
)

// The bounds of files and of what is kept of one.
const (
	FileMost = 32 << 20 // bytes
	RowsMost = 10_000   // kept
	textMost = 80       // letters of a name
)

// limits bound a file: WFP's of one country has a hundred thousand rows.
var limits = table.Limits{Bytes: FileMost, Rows: 500_000, Columns: 64, CellBytes: 1024}

// Remark says what is wrong with a row, in English and French.
type Remark = presence.Remark

// Wrong makes a remark on a row.
func Wrong(row int, column, value, en, fr string) Remark {
	return Remark{Row: row, Column: column, Value: table.Short(value), Reason: en, Raison: fr}
}

// field is what a column holds.
type field string

// titled finds fields by folded titles.
type titled map[string]field

func titles(of map[field][]string) titled {
	all := titled{}
	for f, names := range of {
		for _, name := range names {
			all[name] = f
		}
	}
	return all
}

// columns says where a header has each field; the first of a field counts.
func (t titled) columns(cells []string) map[field]int {
	at := map[field]int{}
	for i, cell := range cells {
		f := t[table.Fold(cell)]
		if _, twice := at[f]; f != "" && !twice {
			at[f] = i
		}
	}
	return at
}

// sheet is a file while it is read.
type sheet struct {
	at     map[field]int
	header []string
	row    table.Row
	remark func(Remark) error
}

func (s *sheet) get(f field) string {
	if i, ok := s.at[f]; ok {
		return strings.TrimSpace(s.row.Cell(i))
	}
	return ""
}

// wrong remarks on a field of the row.
func (s *sheet) wrong(f field, en, fr string) error {
	title := string(f)
	if i, ok := s.at[f]; ok {
		title = s.header[i]
	}
	return s.remark(Wrong(s.row.N, table.Short(title), s.get(f), en, fr))
}

// rows reads the rows of the sheet whose header has the fields in need. It
// returns how many there were.
func rows(ctx context.Context, r io.ReaderAt, size int64, t titled, need func(map[field]int) bool, remark func(Remark) error, each func(*sheet) error) (n int, err error) {
	f, err := table.Open(r, size, limits)
	if err != nil {
		return 0, err
	}
	found, err := f.Sheet("", func(cells []string) int {
		if at := t.columns(cells); need(at) {
			return len(at)
		}
		return 0
	})
	if errors.Is(err, table.ErrNoHeader) {
		return 0, ErrNoHeader
	}
	if err != nil {
		return 0, err
	}
	s := &sheet{at: t.columns(found.Header.Cells), header: found.Header.Cells, remark: remark}
	for row, err := range found.Rows(ctx) {
		if err != nil {
			return n, err
		}
		if row.Kind != table.Data {
			continue
		}
		n++
		if s.row = row; row.Flaw != nil {
			err = s.remark(Wrong(row.N, table.Short(table.Row{Cells: s.header}.Cell(row.Flaw.Column)), row.Flaw.Value, row.Flaw.EN, row.Flaw.FR))
		} else {
			err = each(s)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// name reads a field of at most so many letters; ok is false after a remark.
func (s *sheet) name(f field, needed bool) (text string, ok bool, err error) {
	text = s.get(f)
	switch {
	case text == "" && needed:
		return "", false, s.wrong(f, "This is missing.", "Cette donnée manque.")
	case len([]rune(text)) > textMost:
		return "", false, s.wrong(f, "The text is too long.", "Le texte est trop long.")
	}
	return text, true, nil
}

// day reads a date; zero and ok where the cell is empty. A month is its first day.
func (s *sheet) day(f field) (from, to time.Time, ok bool, err error) {
	if s.get(f) == "" {
		return from, to, true, nil
	}
	if from, to, ok = presence.Span(s.get(f)); !ok {
		err = s.wrong(f, "The date cannot be read.", "La date ne peut être lue.")
	}
	return from, to, ok, err
}
