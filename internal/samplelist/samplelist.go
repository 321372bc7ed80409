// Package samplelist writes beneficiary lists as they come in from the field
// in Mali: real villages, invented households, the layouts that spreadsheets
// and forms produce, and, when asked, the mistakes that people make. The
// households are random; no person is meant.
//
// It guarantees:
//
//  1. The same Options give the same bytes, on every machine.
//  2. Every planted mistake and every household written twice is named in the
//     Truth that Write returns, so that what an importer finds can be
//     measured against what is there.
//  3. Rows are written as they are made. Besides the Truth, which has about
//     one entry per thirty rows, memory does not grow with the list; only
//     the XLSX writer keeps more, and is limited to fewer rows for it.
//
// Two different households may bear the same name in one village, as they do
// in life; Truth does not list them.
package samplelist

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/jate-cva/jate/fault"
)

// Format is the layout of a list.
type Format uint8

// The layouts.
const (
	// FrenchCP1252 is what a French Excel saves as CSV: Windows-1252,
	// semicolons, a title row, a blank row, the header row, and a TOTAL row
	// after another blank row.
	FrenchCP1252 Format = iota
	// KoboLabels is a Kobo CSV with French labels as headers and values:
	// UTF-8, commas.
	KoboLabels
	// KoboXML is a Kobo CSV with XML names and groups in the headers and
	// codes as values: UTF-8, semicolons, every cell quoted.
	KoboXML
	// KoboXLSX is a Kobo workbook with French labels and a second sheet with
	// one row per member of a household.
	KoboXLSX
	// Platform121 is a registration file of the 121 platform: UTF-8, commas.
	Platform121
)

const (
	// householdsMax bounds a list; phone and register numbers stay unique
	// below it.
	householdsMax = 5_000_000
	// householdsMaxXLSX keeps the members below the 1,048,576 rows of a
	// sheet.
	householdsMaxXLSX = 100_000
)

// ErrOptions is returned for options out of bounds.
var ErrOptions = fault.New(fault.Invalid, "sample_options",
	"A sample list cannot be made from these options.",
	"Ces options ne permettent pas de produire une liste d'exemple.")

// Options say what list to write. The zero value of every field but
// Households is a useful default.
type Options struct {
	Seed       uint64
	Households int // rows of households, 1 to 5,000,000; at most 100,000 for KoboXLSX
	Format     Format
	Errors     bool      // plant mistakes and households written twice
	Closed     time.Time // the last day of registration; zero is 31 May 2025
	Places     []byte    // a place list with the columns of Places(); nil is Places()
}

// Kind says what is wrong with a row.
type Kind string

// The mistakes that Write plants. Dates are wrong in French lists only, and
// sizes written in words too: the forms behind the other layouts refuse them.
const (
	PhoneScientific Kind = "phone_scientific" // 7,26774E+07: its last digits are lost
	PhoneShort      Kind = "phone_short"      // seven digits
	NameMissing     Kind = "name_missing"     // neither family nor given name
	SizeZero        Kind = "size_zero"
	SizeMissing     Kind = "size_missing"
	VillageUnknown  Kind = "village_unknown" // not in the place list
	SizeText        Kind = "size_text"       // "sept"
	DateFuture      Kind = "date_future"     // thirty years ahead
	DateImpossible  Kind = "date_impossible" // 31 February
)

// Wrong is one cell with a mistake in it.
type Wrong struct {
	Row    int    // line of the file or row of the sheet, the first being 1
	Column string // as the header row spells it
	Value  string // as written
	Kind   Kind
}

// Link says why two rows are connected.
type Link string

// The connections that Write plants. Rows linked by SameName or SameID are
// one household; rows linked by SamePhone are two that share a telephone, or
// somebody registering an invented one: only a person can tell.
const (
	SameName  Link = "same_name"  // spelt otherwise, in the same village
	SamePhone Link = "same_phone" // in the same village
	SameID    Link = "same_id"    // the same number in the social register
)

// Duplicate is a row and the earlier row that it is connected with.
type Duplicate struct {
	Row, Of int // as in Wrong
	Why     Link
}

// Truth is what is known of a list because it was made.
type Truth struct {
	Rows       int // households listed, without title, header, blank and TOTAL rows
	FirstRow   int // row of the first household, as in Wrong
	Households int // Rows less those that repeat a household
	People     int // sum of the sizes written as numbers, as in the TOTAL row
	WithPhone  int // rows with anything in the phone column
	Wrong      []Wrong
	Duplicates []Duplicate
	Points     []Point
	Empty      []string // p-codes of places that no household lives in
}

// Write writes the list that opt describes to w and returns what is true of
// it. It returns ErrOptions for options out of bounds, and otherwise the errors
// of w, or of Windows-1252 for a place whose name it cannot spell; the Truth is
// then incomplete.
func Write(w io.Writer, opt Options) (Truth, error) {
	g, err := newGenerator(opt)
	if err != nil {
		return Truth{}, err
	}
	l := layouts[opt.Format]
	sheet, err := l.open(w, l, g)
	if err != nil {
		return Truth{}, fmt.Errorf("sample list: %w", err)
	}
	t := newTally(g, l)
	for i := range opt.Households {
		h, link := g.listed(i)
		r := l.fill(g, h, i)
		wrong := g.spoil(&r, l, i)
		if err := sheet.household(h, &r); err != nil {
			return t.truth, fmt.Errorf("sample list, row %d: %w", l.row(i), err)
		}
		t.add(i, h, &r, link, wrong)
	}
	truth := t.finish()
	if err := sheet.end(truth); err != nil {
		return truth, fmt.Errorf("sample list: %w", err)
	}
	return truth, nil
}

// tally gathers the Truth while rows go by.
type tally struct {
	truth  Truth
	layout *layout
	places []place
	lived  []bool // by place
}

func newTally(g *generator, l *layout) *tally {
	return &tally{
		truth:  Truth{FirstRow: l.row(0), Points: slices.Clone(g.points)},
		layout: l,
		places: g.places,
		lived:  make([]bool, len(g.places)),
	}
}

func (t *tally) add(i int, h household, r *record, l link, wrong Kind) {
	row := t.layout.row(i)
	t.truth.Rows++
	t.truth.Households++
	t.lived[h.place] = true
	t.truth.Points[t.places[h.place].point].Rows++
	if r[phone] != "" {
		t.truth.WithPhone++
	}
	if n, err := strconv.Atoi(r[size]); err == nil {
		t.truth.People += n
	}
	if wrong != "" {
		f := spoilt[wrong]
		if t.layout.header(f) == "" {
			f = fullName
		}
		t.truth.Wrong = append(t.truth.Wrong,
			Wrong{Row: row, Column: t.layout.header(f), Value: r[f], Kind: wrong})
	}
	if l.why == "" {
		return
	}
	t.truth.Duplicates = append(t.truth.Duplicates,
		Duplicate{Row: row, Of: t.layout.row(l.of), Why: l.why})
	if l.why != SamePhone {
		t.truth.Households--
	}
}

func (t *tally) finish() Truth {
	for i, p := range t.places {
		if !t.lived[i] {
			t.truth.Empty = append(t.truth.Empty, p.pcode)
		}
	}
	return t.truth
}
