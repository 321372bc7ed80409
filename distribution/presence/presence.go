// Package presence reads lists of who does what where: the 3W, 4W and 5W that
// OCHA publishes, with or without HXL tags, and the planning tables of a food
// security agency or cluster.
//
// What it guarantees:
//
//  1. Every row is kept, refused with row, column, value and reason, or counted
//     with why it is not compared: another kind of assistance, our own work,
//     work that was called off.
//  2. Columns that are not understood are never kept: such lists name contact
//     persons, who are nobody's business here.
//  3. Nothing is guessed. A place is a name, with a p-code or without; a period
//     that the row does not give is marked as assumed.
//
// No organisation's list of people is read, and no row leaves again: a later
// match of households across organisations, by a cryptographic protocol in which
// neither side shows its list, would stand beside this package and has its place
// in docs/overlap.md.
package presence

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
)

// Errors for a list that cannot be read at all; those of package table too.
var (
	ErrNoHeader = fault.New(fault.Invalid, "presence_no_header",
		"No row has the column titles or HXL tags of a 3W list: an organisation, and a cercle, commune or village.",
		"Aucune ligne ne porte les titres de colonnes ou balises HXL d'une liste 3W : une organisation, et un cercle, une commune ou un village.")
	ErrTooMany = fault.New(fault.Invalid, "presence_too_many",
		"The list has more rows to compare than one list may. Leave out other regions.",
		"La liste a plus de lignes à comparer que permis. Retirez les autres régions.")
)

// limits bound a list; descriptions in 3W lists are long.
var limits = table.Limits{Bytes: 32 << 20, Rows: 200_000, Columns: 256, CellBytes: 8192}

// The bounds of what is kept.
const (
	RowsMost = 50_000 // of one list
	textMost = 80     // letters of an organisation, a place, an activity
	unread   = 50     // words and titles that a Summary names
)

// Row is what one organisation does in one place and period.
type Row struct {
	N                                int    // as a spreadsheet shows it
	Organisation                     string // who serves: the implementing partner first
	Region, Cercle, Commune, Village string // names, or p-codes
	Code                             string // p-code of the deepest place; may be ""
	From, To                         time.Time
	Assumed                          bool // the row does not give its whole period
	Kind                             Kind
	Activity                         string // as given
	Planned, Reached                 int    // households; 0 where the list does not say
}

// Remark says what is wrong with a row, in English and French.
type Remark struct {
	Row    int    `json:"row"`
	Column string `json:"column"` // its title
	Value  string `json:"value"`
	Reason string `json:"reason"`
	Raison string `json:"raison"`
}

// Options of Read.
type Options struct {
	Sheet    string    // of an XLSX file; "": the one with the best header
	From, To time.Time // of rows that give no period; To is excluded. Zero: such rows are refused
	Own      []string  // names and acronyms of our organisation, whose rows are no overlap
}

// Summary says how a list was read. Rows = kept + Refused + Other + Own + Ended.
type Summary struct {
	HeaderRow int               `json:"header_row"`
	Columns   map[string]string `json:"columns"` // what is read, by title
	Ignored   []string          `json:"ignored"` // titles that are not read, at most 50
	Rows      int               `json:"rows"`
	Kept      int               `json:"kept"`
	Refused   int               `json:"refused"`
	Other     int               `json:"other"`   // another kind of assistance, such as schooling
	Own       int               `json:"own"`     // our own work
	Ended     int               `json:"ended"`   // called off
	Unknown   []string          `json:"unknown"` // activities that no table knows; kept, at most 50
}

// Read reads a list and hands each row on. Errors: ErrNoHeader, ErrTooMany, those
// of package table, and those of each and remark.
func Read(ctx context.Context, r io.ReaderAt, size int64, opt Options, each func(Row) error, remark func(Remark) error) (Summary, error) {
	sum := Summary{Columns: map[string]string{}, Ignored: []string{}, Unknown: []string{}}
	f, err := table.Open(r, size, limits)
	if err != nil {
		return sum, err
	}
	sheet, err := f.Sheet(opt.Sheet, func(cells []string) int { return understand(cells).score() })
	if errors.Is(err, table.ErrNoHeader) {
		return sum, ErrNoHeader
	}
	if err != nil {
		return sum, err
	}
	l := list{opt: opt, cols: understand(sheet.Header.Cells), titles: sheet.Header.Cells, own: map[string]bool{}, words: map[string]bool{}}
	for _, name := range opt.Own {
		l.own[table.Fold(name)] = true
	}
	sum.HeaderRow = sheet.Header.N
	for i, title := range l.titles {
		if at := l.cols.of[i]; at != "" {
			sum.Columns[table.Short(title)] = string(at)
		} else if title = strings.TrimSpace(title); title != "" && len(sum.Ignored) < unread {
			sum.Ignored = append(sum.Ignored, table.Short(title))
		}
	}
	for row, err := range sheet.Rows(ctx) {
		if err != nil {
			return sum, err
		}
		if row.Kind != table.Data {
			continue
		}
		sum.Rows++
		if err := l.take(row, &sum, each, remark); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// list is a list while it is read.
type list struct {
	opt    Options
	cols   columns
	titles []string
	own    map[string]bool
	words  map[string]bool // unknown activities named so far
}

func (l *list) take(row table.Row, sum *Summary, each func(Row) error, remark func(Remark) error) error {
	at := func(column int, value string, why [2]string) Remark {
		m := Remark{Row: row.N, Value: table.Short(value), Reason: why[0], Raison: why[1]}
		if column >= 0 && column < len(l.titles) {
			m.Column = table.Short(l.titles[column])
		}
		return m
	}
	refuse := func(column int, value string, why [2]string) error {
		sum.Refused++
		return remark(at(column, value, why))
	}
	if row.Flaw != nil {
		return refuse(row.Flaw.Column, row.Flaw.Value, [2]string{row.Flaw.EN, row.Flaw.FR})
	}
	get := func(f field) string { return l.cols.get(row, f) }
	out := Row{N: row.N, Region: clip(get(region)), Cercle: clip(get(cercle)), Commune: clip(get(commune)), Village: clip(get(village))}
	who := []string{get(partner), get(organisation), get(acronym)}
	if status := table.Fold(get(status)); calledOff(status) {
		sum.Ended++
		return nil
	}
	for _, name := range who {
		if name != "" && l.own[table.Fold(name)] {
			sum.Own++
			return nil
		}
		if name != "" && out.Organisation == "" {
			out.Organisation = clip(name)
		}
	}
	if out.Organisation == "" {
		return refuse(l.cols.first(organisation, partner, acronym), "", whyNobody)
	}
	out.Kind = KindOf(get(activity)+" "+get(modality), get(sector))
	if out.Kind == Other {
		sum.Other++
		return nil
	}
	out.Activity = clip(firstOf(get(activity), get(modality), get(sector)))
	if out.Kind == Unknown && len(l.words) < unread && !l.words[out.Activity] && out.Activity != "" {
		l.words[out.Activity] = true
		sum.Unknown = append(sum.Unknown, out.Activity)
	}
	if out.Cercle == "" && out.Commune == "" && out.Village == "" {
		return refuse(l.cols.first(village, commune, cercle, region), out.Region, whyCoarse)
	}
	if out.Village != "" && out.Commune == "" && out.Cercle == "" && get(villageCode) == "" {
		return refuse(l.cols.first(village), out.Village, whyAlone)
	}
	out.Code = clip(l.code(row, out))
	var wrong field
	if out.From, out.To, out.Assumed, wrong = l.period(row); wrong != "" {
		why := whyPeriod
		if get(wrong) == "" {
			why = whyNoPeriod
		}
		return refuse(l.cols.first(wrong), get(wrong), why)
	}
	for f, into := range map[field]*int{planned: &out.Planned, reached: &out.Reached} {
		n, ok := count(get(f))
		if !ok {
			if err := remark(at(l.cols.first(f), get(f), whyCount)); err != nil {
				return err
			}
		}
		*into = n
	}
	if sum.Kept++; sum.Kept > RowsMost {
		return ErrTooMany.At("rows", "at most %d", RowsMost)
	}
	return each(out)
}

// code is the p-code of the deepest place that the row names.
func (l *list) code(row table.Row, r Row) string {
	switch {
	case r.Village != "":
		return l.cols.get(row, villageCode)
	case r.Commune != "":
		return l.cols.get(row, communeCode)
	}
	return l.cols.get(row, cercleCode)
}

// The reasons of remarks.
var (
	whyNobody   = [2]string{"the row names no organisation", "la ligne ne nomme aucune organisation"}
	whyCoarse   = [2]string{"the row names neither a cercle, nor a commune, nor a village: nothing can be compared", "la ligne ne nomme ni cercle, ni commune, ni village : rien n'est comparable"}
	whyAlone    = [2]string{"a village alone may be any of several; add its commune or cercle", "un village seul peut en désigner plusieurs ; ajoutez sa commune ou son cercle"}
	whyPeriod   = [2]string{"the date or period cannot be read; write 2026-03-31, 31/03/2026, mars 2026 or T1 2026", "la date ou la période est illisible ; écrivez 2026-03-31, 31/03/2026, mars 2026 ou T1 2026"}
	whyNoPeriod = [2]string{"the row gives no period, and none was given for the whole list", "la ligne ne donne pas de période, et aucune n'a été donnée pour toute la liste"}
	whyCount    = [2]string{"the number of households cannot be read; the row is kept without it", "le nombre de ménages est illisible ; la ligne est gardée sans lui"}
)

// clip keeps what is kept of a text within its bound, on one line.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n++; n > textMost {
			return s[:i]
		}
	}
	return s
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// count reads a number of households, thousands apart or not; "" and "-" are 0.
func count(s string) (int, bool) {
	s = strings.NewReplacer(" ", "", " ", "", " ", "").Replace(s)
	if s == "" || s == "-" {
		return 0, true
	}
	n, err := strconv.Atoi(strings.TrimSuffix(s, ".0"))
	if err != nil || n < 0 || n > 10_000_000 {
		return 0, false
	}
	return n, true
}

// calledOff reports whether a folded status says that nothing takes place.
func calledOff(status string) bool {
	for _, stem := range []string{"annul", "cancel", "suspend", "abandon"} {
		if strings.HasPrefix(status, stem) {
			return true
		}
	}
	return false
}
