package table

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"
)

// sheetReader collects the tokens of a worksheet into rows. The XML decoder
// gives tokens as they come and does not match ends with starts: a cell ended
// twice would move the cells after it, and a row without end would grow for
// as long as the file does. So rows and cells must nest as they should.
type sheetReader struct {
	w       *workbook
	row     Row
	inRow   bool
	inCell  bool
	ended   bool // </sheetData> was seen
	column  int
	kind    string // the cell's t
	style   int
	formula bool
	value   []byte
	in      string // v, t or f: the element whose text is read
}

// token takes one token; done says that row is complete.
func (s *sheetReader) token(tok xml.Token) (done bool, err error) {
	switch e := tok.(type) {
	case xml.StartElement:
		return false, s.start(e)
	case xml.CharData:
		if s.in != "" && len(s.value) <= s.w.lim.CellBytes {
			s.value = append(s.value, e...)
		}
	case xml.EndElement:
		switch e.Name.Local {
		case "v", "t":
			s.in = ""
		case "c":
			if !s.inCell {
				return false, ErrDamaged.At("cell", "ends twice in row %d", s.row.N)
			}
			s.inCell = false
			s.endCell()
		case "row":
			if !s.inRow || s.inCell {
				return false, ErrDamaged.At("row", "row %d ends where it should not", s.row.N)
			}
			s.inRow = false
			return true, nil
		case "sheetData":
			s.ended = true
			return false, errStop
		}
	}
	return false, nil
}

func (s *sheetReader) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "row":
		if s.inRow {
			return ErrDamaged.At("row", "a row in row %d", s.row.N)
		}
		s.inRow = true
		n := s.row.N + 1
		if r := attr(e, "r"); r != "" {
			var err error
			if n, err = strconv.Atoi(r); err != nil || n <= s.row.N || n > 1<<20 {
				return ErrDamaged.At("row", "row %q after row %d", Short(r), s.row.N)
			}
		}
		s.row, s.column = Row{N: n}, -1
	case "c":
		if !s.inRow || s.inCell {
			return ErrDamaged.At("cell", "a cell that is in no row, after row %d", s.row.N)
		}
		s.inCell = true
		s.column++
		if r := attr(e, "r"); r != "" {
			c := columnOf(r)
			if c < s.column {
				return ErrDamaged.At("cell", "%q", Short(r))
			}
			s.column = c
		}
		s.kind, s.formula, s.value = attr(e, "t"), false, s.value[:0]
		s.style, _ = strconv.Atoi(attr(e, "s"))
	case "f":
		s.formula = true
	case "v", "t":
		if s.inCell {
			s.in = e.Name.Local
		}
	}
	return nil
}

// columnOf returns the column of a cell's name (from 0): 27 for "AB7", -1 if
// it has none.
func columnOf(name string) int {
	n := 0
	for i := 0; i < len(name) && i < 4 && name[i] >= 'A' && name[i] <= 'Z'; i++ {
		n = n*26 + int(name[i]-'A') + 1
	}
	return n - 1
}

// endCell puts the cell's text into the row, and notes what makes the row
// unfit: a formula, an error, a text too long.
func (s *sheetReader) endCell() {
	text, bad := s.text()
	if s.formula {
		// Without a value too: some programs save formulas they never worked out.
		s.flaw(&Flaw{s.column, Short(text), "the cell is a formula; paste it as a value",
			"la cellule est une formule ; collez-la comme valeur"})
	}
	if text == "" {
		return
	}
	if s.column >= s.w.lim.Columns {
		s.flaw(&Flaw{s.column, Short(text), "the row has too many columns", "la ligne a trop de colonnes"})
		return
	}
	for len(s.row.Cells) < s.column {
		s.row.Cells = append(s.row.Cells, "")
	}
	s.row.Cells = append(s.row.Cells, text)
	if bad {
		s.flaw(&Flaw{s.column, Short(text), "the cell shows an error", "la cellule montre une erreur"})
	}
}

func (s *sheetReader) flaw(f *Flaw) {
	if s.row.Flaw == nil {
		s.row.Flaw = f
	}
}

// text returns the cell's text; bad says that it is an error such as #REF!.
func (s *sheetReader) text() (text string, bad bool) {
	v := string(s.value)
	switch s.kind {
	case "s":
		i, err := strconv.Atoi(v)
		t, ok := s.w.texts.at(i)
		return t, err != nil || !ok
	case "inlineStr", "str", "d", "b":
		return v, false
	case "e":
		return v, true
	}
	v = strings.TrimSpace(v)
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return v, v != ""
	}
	if s.style > 0 && s.style < len(s.w.dates) && s.w.dates[s.style] {
		return date(x, s.w.from04), false
	}
	return number(x), false
}

// exactMost is the first number with more digits than a spreadsheet keeps.
const exactMost = 1e15

// number writes a number as plain digits. One with more than 15 of them has
// lost its last ones for good: it stays in scientific notation, which no
// identifier and no telephone number may have.
func number(x float64) string {
	if a := math.Abs(x); a >= exactMost || a != 0 && a < 1e-9 {
		return strconv.FormatFloat(x, 'E', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// date writes a day number as YYYY-MM-DD, with the time of day where it has
// one; days outside the years 1900 to 9999 stay numbers.
func date(x float64, from04 bool) string {
	if x < 0 || x >= 2_958_466 {
		return number(x)
	}
	days := math.Floor(x)
	t := daysZero[from04].AddDate(0, 0, int(days)).Add(time.Duration(math.Round((x-days)*86400)) * time.Second)
	if days == x {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05")
}
