// Package table reads the lists people keep in spreadsheets: CSV and XLSX
// files of households, of invoices, of a bank's answers.
//
// What kind of file it is, its encoding and its separator are decided by the
// content, never by the name. Rows are read as a stream: memory does not grow
// with the number of rows, except for the shared texts of an XLSX file, which
// are bounded by Limits.Bytes. Nothing is written to disk, because the lists
// hold personal data.
//
// A cell comes out as the text a person typed. In an XLSX file a number is
// its plain digits and a date is YYYY-MM-DD; a formula is never evaluated and
// its row carries a Flaw. A wrong row never stops the rows after it, and a
// file cut short is an error rather than a shorter list.
//
// XLSX parts are read straight from the archive instead of with excelize:
// its row iterator ends silently where the XML is damaged, does not tell a
// formula from a value, and unpacks large parts into temporary files.
package table

import (
	"bytes"
	"context"
	"io"
	"iter"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// The errors for a file that cannot be read at all.
var (
	ErrEmpty    = fault.New(fault.Invalid, "table_empty", "The file is empty.", "Le fichier est vide.")
	ErrTooLarge = fault.New(fault.Invalid, "table_too_large", "The file is larger than this kind of list may be. Split it.",
		"Le fichier dépasse la taille permise pour ce type de liste. Divisez-le.")
	ErrUTF16 = fault.New(fault.Invalid, "table_utf16", `The file is Unicode text in UTF-16. Save it again as "CSV UTF-8" or as an Excel workbook (.xlsx).`,
		"Le fichier est un texte Unicode UTF-16. Enregistrez-le en « CSV UTF-8 » ou en classeur Excel (.xlsx).")
	ErrBinary = fault.New(fault.Invalid, "table_binary", "The file is neither CSV text nor an Excel workbook (.xlsx).",
		"Le fichier n'est ni un texte CSV ni un classeur Excel (.xlsx).")
	ErrOldExcel = fault.New(fault.Invalid, "table_old_excel", "The file is an old Excel file (.xls) or has a password. Save it as an Excel workbook (.xlsx) without password.",
		"Le fichier est un ancien Excel (.xls) ou a un mot de passe. Enregistrez-le en classeur Excel (.xlsx) sans mot de passe.")
	ErrNotXLSX = fault.New(fault.Invalid, "table_not_xlsx", "The file is not a plain Excel workbook (.xlsx). Save it as .xlsx without macros, or as CSV.",
		"Le fichier n'est pas un classeur Excel simple (.xlsx). Enregistrez-le en .xlsx sans macros, ou en CSV.")
	ErrDamaged = fault.New(fault.Invalid, "table_damaged", "The file is damaged or cut short. Save it or send it again.",
		"Le fichier est abîmé ou incomplet. Enregistrez-le ou envoyez-le de nouveau.")
	ErrNoSheet = fault.New(fault.NotFound, "table_no_sheet", "There is no sheet of this name.", "Aucune feuille ne porte ce nom.")
	// ErrNoHeader is returned by Sheet; the caller, who knows what it looked
	// for, adds that with At.
	ErrNoHeader = fault.New(fault.Invalid, "table_no_header", "No row with the expected column titles was found.",
		"Aucune ligne avec les titres de colonnes attendus n'a été trouvée.")
)

// Limits bounds what is read. Every field must be positive.
type Limits struct {
	Bytes     int64 // of the file; XLSX: of its shared texts too, and an eighth of all it may unpack to
	Rows      int   // rows that are not blank, the header included
	Columns   int
	CellBytes int // of UTF-8 text in one cell
}

// The limits for lists of households and places, and for claims and payments.
var (
	Lists  = Limits{Bytes: 128 << 20, Rows: 500_000, Columns: 256, CellBytes: 1024}
	Claims = Limits{Bytes: 512 << 20, Rows: 2_000_000, Columns: 256, CellBytes: 1024}
)

// Kind says what a row is.
type Kind uint8

// The kinds of row.
const (
	Data  Kind = iota
	Blank      // no cell has text
	Total      // TOTAL, SOUS-TOTAL, Total général …; never a household or a sale
	Tags       // HXL tags (#adm1+name) under the titles
)

// Row is one row of a sheet.
type Row struct {
	// N is the number a spreadsheet shows beside the row: from 1, counting
	// titles and blank rows, and a cell with line breaks once.
	N     int
	Cells []string // trailing cells may be missing
	Kind  Kind
	Flaw  *Flaw // why a Data row must be refused, or nil
}

// Cell returns the text in column i (from 0), or "" where the row is shorter.
func (r Row) Cell(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

// Flaw is what is wrong with a row before anybody asks what it means.
type Flaw struct {
	Column int    // from 0
	Value  string // shortened
	EN, FR string
}

// File is an open CSV or XLSX file. It holds no resource to close.
type File struct {
	src source
	lim Limits
}

// source is one of the two formats.
type source interface {
	sheets() []string
	// layouts returns the ways in which the named sheets may be read: one for
	// each sheet, or one for each separator.
	layouts(sheet string) []layout
}

// layout is one way to read rows from a file.
type layout struct {
	sheet, encoding string
	separator       rune
	rows            func() iter.Seq2[Row, error]
}

// Open looks at the content of r and returns it as a table. r is read again
// by every call of Sheet and Rows.
func Open(r io.ReaderAt, size int64, lim Limits) (*File, error) {
	if size <= 0 {
		return nil, ErrEmpty
	}
	if size > lim.Bytes {
		return nil, ErrTooLarge.At("file", "more than %d bytes", lim.Bytes)
	}
	head := make([]byte, 8)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	head = head[:n]
	var src source
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		src, err = openXLSX(r, size, lim)
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return nil, ErrOldExcel
	default:
		src, err = openCSV(r, size, lim)
	}
	if err != nil {
		return nil, err
	}
	return &File{src, lim}, nil
}

// Sheets returns the names of the visible sheets in order. A CSV file has one,
// without a name.
func (f *File) Sheets() []string { return f.src.sheets() }

// Sheet is one table of a file: a header and what stands below it.
type Sheet struct {
	Name      string // "" for CSV
	Separator rune   // 0 for XLSX
	Encoding  string // "utf-8" or "windows-1252"; "" for XLSX
	Header    Row
	lay       layout
	lim       Limits
}

// headerRows is how many rows with text are looked at to find the header.
const headerRows = 50

// Sheet finds the header row of the named sheet, or, without a name, of the
// visible sheet that has the best one. score says how much a row looks like
// the expected header, 0 for not at all; the first row with the highest score
// among the first 50 with text is it. The same score picks the separator.
func (f *File) Sheet(name string, score func(cells []string) int) (*Sheet, error) {
	lays := f.src.layouts(name)
	if len(lays) == 0 {
		return nil, ErrNoSheet.At("sheet", "%q; the file has %q", name, f.Sheets())
	}
	var best *Sheet
	var top, topSpread int
	for _, lay := range lays {
		header, s, spread, err := findHeader(lay, score)
		if err != nil {
			return nil, err
		}
		if s > top || s == top && s > 0 && spread > topSpread {
			top, topSpread = s, spread
			best = &Sheet{lay.sheet, lay.separator, lay.encoding, header, lay, f.lim}
		}
	}
	if best == nil {
		return nil, ErrNoHeader
	}
	if n := len(best.Header.Cells); n > f.lim.Columns {
		return nil, ErrTooLarge.At("columns", "%d, the most is %d", n, f.lim.Columns)
	}
	return best, nil
}

// findHeader returns the best header, its score, and the number of cells in
// the rows looked at, which tells separators of equal score apart.
func findHeader(lay layout, score func([]string) int) (header Row, top, spread int, err error) {
	seen := 0
	for row, err := range lay.rows() {
		if err != nil {
			return Row{}, 0, 0, err
		}
		if blank(row.Cells) {
			continue
		}
		if s := score(row.Cells); s > top {
			header, top = row, s
		}
		spread += len(row.Cells)
		if seen++; seen == headerRows {
			break
		}
	}
	return header, top, spread, nil
}

// Rows yields every row below the header, in order, blank rows and totals
// with their Kind. It ends after the first error, which is ctx's, ErrDamaged
// or ErrTooLarge.
func (s *Sheet) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		used := 0
		for row, err := range s.lay.rows() {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if row.N <= s.Header.N {
				continue
			}
			if row.Kind = kindOf(row); row.Kind != Blank {
				used++
			}
			if used >= s.lim.Rows {
				yield(Row{}, ErrTooLarge.At("rows", "more than %d", s.lim.Rows))
				return
			}
			if row.Kind == Data && row.Flaw == nil {
				row.Flaw = s.check(row.Cells)
			} else if row.Kind != Data {
				row.Flaw = nil
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// check looks for what no list may hold in a cell.
func (s *Sheet) check(cells []string) *Flaw {
	for i, c := range cells {
		switch {
		case len(c) > s.lim.CellBytes:
			return tooLong(i, c)
		case i >= len(s.Header.Cells) && strings.TrimSpace(c) != "":
			return &Flaw{i, Short(c), "more cells than there are column titles; a separator inside a text needs quotes",
				"plus de cellules que de titres de colonnes ; un séparateur dans un texte demande des guillemets"}
		case hasControl(c):
			return &Flaw{i, Short(c), "unreadable characters; type the text again",
				"caractères illisibles ; ressaisissez le texte"}
		}
	}
	return nil
}

func tooLong(column int, value string) *Flaw {
	return &Flaw{column, Short(value), "the text is too long for one cell", "le texte est trop long pour une cellule"}
}

// hasControl reports characters that no keyboard makes, and the mark that
// stands for bytes that were not text.
func hasControl(s string) bool {
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] < 0x7f {
		i++
	}
	for _, r := range s[i:] {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 || r == '\uFFFD' {
			return true
		}
	}
	return false
}

// Short returns s cut to 64 characters, for messages.
func Short(s string) string {
	n := 0
	for i := range s {
		if n++; n > 64 {
			return s[:i] + "…"
		}
	}
	return s
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

func kindOf(row Row) Kind {
	if blank(row.Cells) {
		if row.Flaw != nil && row.Flaw.Value != "" {
			return Data // there was text, and it could not be read
		}
		return Blank
	}
	if isTotal(row.Cells) {
		return Total
	}
	if isTags(row.Cells) {
		return Tags
	}
	return Data
}

// totals are the first words of a row that sums others, folded.
var totals = map[string]bool{"total": true, "totaux": true, "totals": true, "subtotal": true, "sous total": true,
	"sous totaux": true, "sub total": true, "soustotal": true, "grand total": true}

// isTotal reports whether the first cell with text, after a row number, says
// that the row is a sum.
func isTotal(cells []string) bool {
	for _, c := range cells {
		if otherWord(c) {
			return false
		}
		f := Fold(c)
		if f == "" || strings.Trim(f, "0123456789 ") == "" {
			continue
		}
		first, rest, _ := strings.Cut(f, " ")
		second, _, _ := strings.Cut(rest, " ")
		return totals[first] || totals[first+" "+second]
	}
	return false
}

// otherWord reports whether a text begins with a letter that no sum's name
// begins with, as nearly every row does: it need not be folded.
func otherWord(s string) bool {
	if s == "" {
		return false
	}
	c := s[0] | 0x20
	return c >= 'a' && c <= 'z' && c != 't' && c != 's' && c != 'g'
}

// isTags reports whether the row holds HXL tags and nothing else.
func isTags(cells []string) bool {
	tags := 0
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		if len(c) < 2 || c[0] != '#' || c[1] < 'a' || c[1] > 'z' {
			return false
		}
		tags++
	}
	return tags > 0
}
