package table

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
	"time"
)

// workbook is an XLSX file (ECMA-376, Office Open XML): a ZIP archive of XML
// parts. Only what a list needs is read: names of sheets, shared texts, which
// cell styles show dates, and cells.
type workbook struct {
	lim    Limits
	parts  map[string]*zip.File
	names  []sheetPart
	texts  texts
	dates  []bool // by cell style: whether a number in it is a date
	from04 bool   // days are counted from 1904
}

type sheetPart struct {
	name, part string
	hidden     bool
}

// unpackFactor is how many times Limits.Bytes all parts may unpack to.
const unpackFactor = 8

// sheetsMost is how many sheets are looked at.
const sheetsMost = 100

func openXLSX(r io.ReaderAt, size int64, lim Limits) (*workbook, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, ErrDamaged
	}
	w := &workbook{lim: lim, parts: map[string]*zip.File{}}
	var unpacked uint64
	for _, p := range z.File {
		w.parts[strings.TrimPrefix(p.Name, "/")] = p
		if unpacked += p.UncompressedSize64; unpacked > unpackFactor*uint64(lim.Bytes) {
			return nil, ErrTooLarge
		}
	}
	const main = "xl/workbook.xml"
	if w.parts[main] == nil || w.parts["xl/vbaProject.bin"] != nil {
		return nil, ErrNotXLSX
	}
	targets, err := w.relations("xl/_rels/workbook.xml.rels")
	if err != nil {
		return nil, err
	}
	if err := w.readWorkbook(main, targets); err != nil {
		return nil, err
	}
	if err := w.readStyles(targets.byType("styles")); err != nil {
		return nil, err
	}
	if err := w.texts.read(w, targets.byType("sharedStrings")); err != nil {
		return nil, err
	}
	return w, nil
}

// each calls fn for every start, text and end of the part until fn returns
// errStop or the part ends. A missing part has nothing.
func (w *workbook) each(part string, fn func(xml.Token) error) error {
	p := w.parts[part]
	if p == nil {
		return nil
	}
	in, err := p.Open()
	if err != nil {
		return ErrDamaged
	}
	defer in.Close()
	// The size in the directory is what was added up; archive/zip stops there.
	d := xml.NewDecoder(&guard{in: bufio.NewReaderSize(in, int(min(p.UncompressedSize64, block)))})
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return ErrDamaged.At(part, "%v", err)
		}
		if err := fn(tok); err != nil {
			if err == errStop {
				return nil
			}
			return err
		}
	}
}

var errStop = errors.New("stop")

// guard bounds what the XML decoder must hold at once: it refuses long runs
// without a tag, and comments and declarations, which no spreadsheet writes.
type guard struct {
	in  *bufio.Reader
	run int
	tag bool // the last byte opened a tag
}

const runMost = 256 << 10

// ReadByte makes the decoder read through the guard without a buffer of its own.
func (g *guard) ReadByte() (byte, error) {
	b, err := g.in.ReadByte()
	if err != nil {
		return 0, err
	}
	if g.run++; g.run > runMost || g.tag && b == '!' {
		return 0, ErrDamaged
	}
	if g.tag = b == '<'; g.tag {
		g.run = 0
	}
	return b, nil
}

// Read is there to make guard an io.Reader; the decoder uses ReadByte.
func (g *guard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := g.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

type relation struct{ id, kind, part string }

type relations []relation

func (rs relations) byID(id string) string {
	for _, r := range rs {
		if r.id == id {
			return r.part
		}
	}
	return ""
}

func (rs relations) byType(kind string) string {
	for _, r := range rs {
		if path.Base(r.kind) == kind {
			return r.part
		}
	}
	return ""
}

func (w *workbook) relations(part string) (relations, error) {
	var rs relations
	err := w.each(part, func(tok xml.Token) error {
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "Relationship" {
			target := attr(e, "Target")
			if strings.HasPrefix(target, "/") {
				target = target[1:]
			} else {
				target = path.Join("xl", target)
			}
			rs = append(rs, relation{attr(e, "Id"), attr(e, "Type"), target})
		}
		return nil
	})
	return rs, err
}

func (w *workbook) readWorkbook(part string, targets relations) error {
	err := w.each(part, func(tok xml.Token) error {
		e, ok := tok.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "workbookPr":
			v := attr(e, "date1904")
			w.from04 = v == "1" || v == "true"
		case e.Name.Local == "sheet" && len(w.names) < sheetsMost:
			p := sheetPart{attr(e, "name"), targets.byID(attr(e, "id")), attr(e, "state") != "" && attr(e, "state") != "visible"}
			if w.parts[p.part] != nil && strings.Contains(p.part, "worksheets/") {
				w.names = append(w.names, p)
			}
		}
		return nil
	})
	if err == nil && len(w.names) == 0 {
		return ErrNotXLSX
	}
	return err
}

// readStyles notes the cell styles whose number format shows a date.
func (w *workbook) readStyles(part string) error {
	formats := map[string]bool{}
	inCells := false
	return w.each(part, func(tok xml.Token) error {
		switch e := tok.(type) {
		case xml.StartElement:
			switch {
			case e.Name.Local == "numFmt" && len(formats) < 10_000:
				formats[attr(e, "numFmtId")] = isDateFormat(attr(e, "formatCode"))
			case e.Name.Local == "cellXfs":
				inCells = true
			case e.Name.Local == "xf" && inCells && len(w.dates) < 1<<16:
				id := attr(e, "numFmtId")
				custom, known := formats[id]
				w.dates = append(w.dates, custom || !known && isBuiltinDate(id))
			}
		case xml.EndElement:
			if e.Name.Local == "cellXfs" {
				return errStop
			}
		}
		return nil
	})
}

// isBuiltinDate knows the number formats that ECMA-376 18.8.30 reserves for dates.
func isBuiltinDate(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 31 || n == 36 || n >= 50 && n <= 58)
}

// isDateFormat reports whether a format code shows days or years, outside
// quoted texts, brackets and escapes.
func isDateFormat(code string) bool {
	var quoted, bracket bool
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case quoted:
			quoted = c != '"'
		case c == '"':
			quoted = true
		case bracket:
			bracket = c != ']'
		case c == '[':
			bracket = true
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == 'd' || c == 'D' || c == 'y' || c == 'Y' || c == 'j' || c == 'a' && strings.HasPrefix(code[i:], "aa"):
			return true
		}
	}
	return false
}

// attr returns the attribute with the local name, or "".
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// texts holds the shared texts one after the other; ends[i] is where text i ends.
type texts struct {
	all  []byte
	ends []uint32
}

func (t *texts) at(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return string(t.all[start:t.ends[i]]), true
}

func (t *texts) read(w *workbook, part string) error {
	var in, phonetic bool
	start := 0
	return w.each(part, func(tok xml.Token) error {
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "si":
				start = len(t.all)
			case "rPh": // how to pronounce the text, not part of it
				phonetic = true
			case "t":
				in = !phonetic
			}
		case xml.CharData:
			// One byte over the limit is enough to tell that a text is too long.
			if room := w.lim.CellBytes + 1 - (len(t.all) - start); in && room > 0 {
				t.all = append(t.all, e[:min(len(e), room)]...)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "rPh":
				phonetic = false
			case "t":
				in = false
			case "si":
				t.ends = append(t.ends, uint32(len(t.all)))
				if int64(len(t.all)+4*len(t.ends)) > min(w.lim.Bytes, 1<<31) {
					return ErrTooLarge
				}
			}
		}
		return nil
	})
}

func (w *workbook) sheets() []string {
	var names []string
	for _, s := range w.names {
		if !s.hidden {
			names = append(names, s.name)
		}
	}
	return names
}

func (w *workbook) layouts(sheet string) []layout {
	var lays []layout
	for _, s := range w.names {
		if s.name == sheet || sheet == "" && !s.hidden {
			lays = append(lays, layout{sheet: s.name, rows: func() iter.Seq2[Row, error] { return w.rows(s.part) }})
		}
	}
	return lays
}

func (w *workbook) rows(part string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		s := sheetReader{w: w}
		err := w.each(part, func(tok xml.Token) error {
			done, err := s.token(tok)
			if err == nil && done && !yield(s.row, nil) {
				s.ended = true
				return errStop
			}
			return err
		})
		if err == nil && !s.ended {
			err = ErrDamaged.At(part, "the rows do not end")
		}
		if err != nil {
			yield(Row{}, err)
		}
	}
}

// daysZero is day 0 of the two calendars. Day 60 of the first, 29 February
// 1900, never was; nobody on our lists was registered before it.
var daysZero = map[bool]time.Time{
	false: time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC),
	true:  time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC),
}
