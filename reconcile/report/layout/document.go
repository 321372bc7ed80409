package layout

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Document is a report as people read it, in one language.
type Document struct {
	Lang            string // "fr" or "en"
	Title, Subtitle string
	Made            time.Time   // of what it shows; the PDF says so
	Facts           [][2]string // what it was made from
	Verdict         string      // whether it ties
	Good            bool        // it does
	Alarms          []string    // where not
	Sections        []Section
	More            string // "and %d more rows in the workbook", in the language
	Page            string // "page"
	Code            string // in a QR code beside the facts; "" for none
	RowsMax         int    // of a table on paper and on the page; 200 where nothing is said
}

// Section is a part of a document.
type Section struct {
	Title, Text string
	Tables      []Table
}

// Table is a table of numbers, with a plot of them or none.
type Table struct {
	ID      string // of letters and digits; names the sheet
	Title   string
	Note    string
	Columns []Column
	Rows    [][]Cell
	Plot    *Plot
}

// Column is one column: of texts, or of numbers, which stand on the right.
type Column struct {
	Title   string
	Numbers bool
}

// Cell is a text, or a number with as many decimals as Digits says.
type Cell struct {
	Text   string
	Number int64
	Digits int
	Unit   string // after the number, such as "%"
	Is     Kind
	Figure string // id of the figure that it shows; "" for a text or a share
}

// Kind is what a cell holds.
type Kind uint8

// The kinds of cell; the zero Cell is empty.
const (
	Nothing Kind = iota
	Word
	Count
)

// Text returns a cell of text.
func Text(s string) Cell { return Cell{Text: s, Is: Word} }

// Number returns a cell of a number of a figure.
func Number(n int64, digits int, figure string) Cell {
	return Cell{Number: n, Digits: digits, Is: Count, Figure: figure}
}

// Share returns part of whole in per cent with one decimal, rounded half up; an
// empty cell where the whole is nothing.
func Share(part, whole int64) Cell {
	if whole <= 0 || part < 0 || part > 1<<50 {
		return Cell{}
	}
	return Cell{Number: (part*2000 + whole) / (2 * whole), Digits: 1, Unit: "%", Is: Count}
}

// in returns the cell as people read it in the language.
func (c Cell) in(lang string) string {
	switch c.Is {
	case Word:
		return c.Text
	case Count:
		s := grouped(c.Number, c.Digits, lang)
		if c.Unit != "" {
			s += "\u00a0" + c.Unit
		}
		return s
	}
	return ""
}

// grouped writes a decimal number with the language's signs.
func grouped(n int64, digits int, lang string) string {
	sep, point := ",", "."
	if lang == "fr" {
		sep, point = "\u202f", ","
	}
	text, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		text, sign = text[1:], "\u2212"
	}
	for len(text) <= digits {
		text = "0" + text
	}
	whole, rest := text[:len(text)-digits], text[len(text)-digits:]
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	if digits > 0 {
		b.WriteString(point + rest)
	}
	return sign + b.String()
}

// rowsUsual bounds the rows of a table on paper and on the page where the
// document does not; the workbook has them all.
const rowsUsual = 200

// shown returns the rows of a table that fit, and how many do not.
func (d Document) shown(t Table) ([][]Cell, int) {
	n := min(cmp.Or(d.RowsMax, rowsUsual), len(t.Rows))
	return t.Rows[:n], len(t.Rows) - n
}
