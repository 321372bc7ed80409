package samplelist

import "io"

// field is what a column can hold.
type field int

const (
	blank field = iota
	number
	family
	given
	fullName
	sex
	age
	phone
	region
	cercle
	commune
	village
	size
	status
	date
	register
	point
	trader
	start
	finish
	needs
	needWater
	needFood
	needShelter
	submission
	uuid
	submitted
	validation
	review
	enumerator
	version
	provider
	language
	multiplier
	payments
	scope
	fieldCount
)

// record is one row by field; a layout picks what it has columns for.
type record [fieldCount]string

type column struct {
	header string
	field  field
}

// layout says how a list looks.
type layout struct {
	columns       []column
	firstRow      int // row of the first household
	householdsMax int
	kinds         []Kind // the mistakes that can happen in it
	comma         rune
	cp1252        bool
	decimalComma  bool
	quoteAll      bool
	titled        bool // has a title and a TOTAL row
	fill          func(*generator, household, int) record
	open          func(io.Writer, *layout, *generator) (sheet, error)
}

// sheet is a list being written.
type sheet interface {
	household(household, *record) error
	end(Truth) error
}

// row returns the row that household i is in.
func (l *layout) row(i int) int { return l.firstRow + i }

// header returns what the header row calls the field, or nothing if the
// layout has no such column.
func (l *layout) header(f field) string {
	for _, c := range l.columns {
		if c.field == f {
			return c.header
		}
	}
	return ""
}

// cells returns the record's cells in the order of the columns.
func (l *layout) cells(r *record, into []string) []string {
	into = into[:0]
	for _, c := range l.columns {
		into = append(into, r[c.field])
	}
	return into
}

func (l *layout) headers() []string {
	h := make([]string, len(l.columns))
	for i, c := range l.columns {
		h[i] = c.header
	}
	return h
}

const (
	countryCode = "223"
	dateFrench  = "02/01/2006"
)

var (
	commonKinds = []Kind{PhoneScientific, NameMissing, SizeZero, VillageUnknown, PhoneShort, SizeMissing}
	frenchKinds = append(commonKinds[:len(commonKinds):len(commonKinds)], DateFuture, SizeText, DateImpossible)
)

var layouts = [...]*layout{
	FrenchCP1252: {
		columns: frenchColumns, firstRow: 4, householdsMax: householdsMax, kinds: frenchKinds,
		comma: ';', cp1252: true, decimalComma: true, titled: true,
		fill: fillFrench, open: openCSV,
	},
	KoboLabels: {
		columns: koboLabelColumns, firstRow: 2, householdsMax: householdsMax, kinds: commonKinds,
		comma: ',', fill: fillKobo(koboLabels), open: openCSV,
	},
	KoboXML: {
		columns: koboNameColumns, firstRow: 2, householdsMax: householdsMax, kinds: commonKinds,
		comma: ';', quoteAll: true, fill: fillKobo(koboCodes), open: openCSV,
	},
	KoboXLSX: {
		columns: koboLabelColumns, firstRow: 2, householdsMax: householdsMaxXLSX, kinds: commonKinds,
		fill: fillKobo(koboLabels), open: openXLSX,
	},
	Platform121: {
		columns: platformColumns, firstRow: 2, householdsMax: householdsMax, kinds: commonKinds,
		comma: ',', fill: fillPlatform, open: openCSV,
	},
}
