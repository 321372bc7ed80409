// Package intake turns the lists that programmes receive into household
// records: Kobo exports (labels or XML names, with a repeat sheet of members),
// 121 exports, and plain French or English spreadsheets.
//
// What it guarantees:
//
//  1. Every row below the header is a record, a refusal with row, column,
//     value and reason, a total, a line of tags or blank. A wrong row stops no
//     other.
//  2. Nothing is guessed: values are read through closed tables, and a number
//     that a spreadsheet damaged is refused, not repaired.
//  3. Nothing is lost unseen: columns that are not read, and words that the
//     tables do not know, are named in the Summary.
//  4. No id and no telephone is ever required. A name is, and a place where
//     the list has a column for one.
//  5. Rows are handed on as they are read. Memory holds 16 bytes for each
//     external id, and the members of a repeat sheet.
package intake

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/jate-cva/jate/fault"
)

// errToday is a caller's mistake: without the day no age can be judged.
var errToday = errors.New("intake: Options.Today is required")

// Errors for a list that cannot be read at all; those of package table too.
var (
	ErrNoHeader = fault.New(fault.Invalid, "list_no_header", "No row has the column titles of a beneficiary list.",
		"Aucune ligne ne porte les titres de colonnes d'une liste de bénéficiaires.")
	ErrMapping = fault.New(fault.Invalid, "list_mapping", "The column mapping names a column or a field that does not exist.",
		"La correspondance des colonnes nomme une colonne ou un champ qui n'existe pas.")
	ErrRecord = fault.New(fault.Invalid, "list_record", "The household record breaks a rule.",
		"La fiche du ménage enfreint une règle.")
)

// Record is one household as a list gives it. Empty text and 0 mean that the
// list does not say.
type Record struct {
	Row         int // as a spreadsheet shows it
	ExternalIDs []ExternalID
	// Family holds the whole name where the list has one column for it:
	// which part is which differs from list to list.
	Family, Given string
	Sex           string // "M", "F" or ""
	BirthYear     int
	Phone         string // E.164
	Place         Place
	Point         string // distribution point
	Size          int    // people, 1 to 40
	Women, Men    int
	Girls, Boys   int
	Members       []Member // from a repeat sheet; the head may be among them
	Status        string   // resident, displaced, returnee, host, other or ""
	Language      string   // a code such as "fr" or "bm"
	Quantity      string   // decimal, with a point: days worked, a multiplier
	Home          string   // trader or handheld
	Alternates    []string // at most two people who may collect instead
	Consent       string   // "yes", "no" or ""
}

// ExternalID is the household's id in another system. Schemes are kobo, 121,
// nina-ml, rsu-ml, scope, national, household, commcare, or what the mapping says.
type ExternalID struct{ Scheme, Value string }

// Place is where the household lives, as given: names or p-codes. Code is a
// p-code of the deepest of them from a column of its own.
type Place struct{ Region, Cercle, Commune, Village, Code string }

// Member is one person of a repeat sheet.
type Member struct {
	Name      string
	Sex       string // "M", "F" or ""
	BirthYear int
	Relation  string // to the head, as given
}

// Refused says why one row is not a record, in English and French. Value is
// shortened to 64 characters; it is personal data.
type Refused struct {
	Row    int    `json:"row"`
	Column string `json:"column"` // its title
	Value  string `json:"value"`
	Reason string `json:"reason"`
	Raison string `json:"raison"`
}

// Kinds of list, in Summary.Kind.
const (
	KoboLabels = "kobo-labels"
	KoboXML    = "kobo-xml"
	Kind121    = "121"
	List       = "list"
)

// Options of Read. The zero value is good for a list from Mali.
type Options struct {
	Sheet          string           // of an XLSX file; empty: the one with the best header
	DefaultCountry string           // calling code of numbers written without one; empty: "223"
	Mapping        map[string]Field // by column title, before what Read finds by itself
	Today          time.Time        // for ages and dates in the future; required
	Progress       func(doneRows int)
}

// progressRows is after how many rows Progress is called.
const progressRows = 1000

// Summary says how a list was read. Rows = Records + Refused - Orphans.
type Summary struct {
	Kind      string
	Sheet     string // "" for CSV
	Separator string // "" for XLSX
	Encoding  string // "" for XLSX
	HeaderRow int
	Rows      int // rows with a household in them
	Records   int
	Refused   int // calls of refuse
	Orphans   int // of those, rows of the members' sheet without a household
	Totals    int
	Blank     int
	Tags      int
	Members   int
	// Columns says what each column was read as, by title.
	Columns map[string]Field
	// Ignored names the columns that were not read, and "sheet:NAME" for
	// repeat sheets that hold no members.
	Ignored []string
	// Unknown lists the words that no table knows; the field was left empty,
	// or Status became other. At most 100 different ones.
	Unknown []Unknown
}

// Unknown is a word that a column's table does not have.
type Unknown struct {
	Column, Value string
	Count         int
}

// Read reads a list of size bytes from r. each gets every record and refuse
// every row that is none, in the order of the file; what they return other
// than nil ends Read. r may be read several times.
func Read(ctx context.Context, r io.ReaderAt, size int64, opt Options, each func(Record) error, refuse func(Refused) error) (Summary, error) {
	if opt.DefaultCountry == "" {
		opt.DefaultCountry = "223"
	}
	if opt.Today.IsZero() {
		return Summary{}, errToday
	}
	l, err := openList(ctx, r, size, opt)
	if err != nil {
		return Summary{}, err
	}
	err = l.read(ctx, each, refuse)
	return l.sum, err
}
