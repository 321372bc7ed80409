package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// separators are tried in this order; the first wins a draw.
var separators = []byte{';', ',', '\t', '|'}

// csvFile reads separated text. encoding/csv is not used: it does not know
// the row number a spreadsheet shows, bounds no cell, and one stray quote
// makes it swallow every row after it.
type csvFile struct {
	r        io.ReaderAt
	size     int64
	start    int64 // after the byte order mark and a "sep=" line
	encoding string
	newline  byte
	seps     []byte
	lim      Limits
}

func openCSV(r io.ReaderAt, size int64, lim Limits) (*csvFile, error) {
	f := &csvFile{r: r, size: size, encoding: "utf-8", newline: '\n', seps: separators, lim: lim}
	if err := f.scan(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(f.section()).Peek(8)
	if err != nil && err != io.EOF {
		return nil, err
	}
	// Excel's own way to name the separator; it shows no such row.
	if n := bytes.IndexByte(line, f.newline); n >= 5 && bytes.HasPrefix(line, []byte("sep=")) && bytes.IndexByte(separators, line[4]) >= 0 {
		f.start += int64(n) + 1
		f.seps = line[4:5:5]
	}
	return f, nil
}

// block is how much is read at once, where there is so much.
const block = 1 << 16

// scan reads the whole file once and decides the encoding and the line end.
func (f *csvFile) scan() error {
	mark := make([]byte, 3)
	n, err := f.r.ReadAt(mark, 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch mark = mark[:n]; {
	case bytes.HasPrefix(mark, []byte("\xFF\xFE")), bytes.HasPrefix(mark, []byte("\xFE\xFF")):
		return ErrUTF16
	case bytes.Equal(mark, []byte("\xEF\xBB\xBF")):
		f.start = 3
	}
	in := bufio.NewReaderSize(f.section(), int(min(f.size+16, block)))
	var good, bad, lf, cr int
	for {
		chunk, err := in.Peek(in.Size())
		if len(chunk) == 0 {
			if err == io.EOF {
				break
			}
			return err
		}
		if err := nul(chunk); err != nil {
			return err
		}
		lf += bytes.Count(chunk, []byte{'\n'})
		cr += bytes.Count(chunk, []byte{'\r'})
		g, b, used := sequences(chunk, err != nil)
		good, bad = good+g, bad+b
		if _, err := in.Discard(used); err != nil {
			return err
		}
	}
	if lf == 0 && cr > 0 {
		f.newline = '\r'
	}
	// Letters with accents in Windows-1252 hardly ever form valid UTF-8. A
	// UTF-8 file with a few damaged bytes stays UTF-8, and only the rows
	// concerned are refused.
	if bad > good {
		f.encoding = "windows-1252"
	}
	return nil
}

// nul refuses a chunk with NUL bytes, and says UTF-16 where they are frequent.
func nul(chunk []byte) error {
	switch n := bytes.Count(chunk, []byte{0}); {
	case n == 0:
		return nil
	case n > len(chunk)/4:
		return ErrUTF16
	default:
		return ErrBinary
	}
}

// highBits are set in eight bytes of which any is not ASCII.
const highBits = 0x8080808080808080

// sequences counts the well-formed and the malformed sequences outside ASCII.
// used is less than the chunk where a sequence may go on in the next one.
func sequences(chunk []byte, last bool) (good, bad, used int) {
	for used < len(chunk) {
		for used+8 <= len(chunk) && binary.NativeEndian.Uint64(chunk[used:])&highBits == 0 {
			used += 8
		}
		if used == len(chunk) {
			break
		}
		if chunk[used] < utf8.RuneSelf {
			used++
			continue
		}
		if !last && !utf8.FullRune(chunk[used:]) {
			return good, bad, used
		}
		r, n := utf8.DecodeRune(chunk[used:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		used += n
	}
	return good, bad, used
}

func (f *csvFile) section() io.Reader {
	return io.NewSectionReader(f.r, f.start, f.size-f.start)
}

func (f *csvFile) sheets() []string { return []string{""} }

func (f *csvFile) layouts(sheet string) []layout {
	if sheet != "" {
		return nil
	}
	lays := make([]layout, len(f.seps))
	for i, sep := range f.seps {
		lays[i] = layout{separator: rune(sep), encoding: f.encoding,
			rows: func() iter.Seq2[Row, error] { return f.rows(sep) }}
	}
	return lays
}

func (f *csvFile) rows(sep byte) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		in := f.section()
		if f.encoding == "windows-1252" {
			in = charmap.Windows1252.NewDecoder().Reader(in)
		}
		// No line is longer than the file, whose bytes become three at most.
		most := min(int64(f.lim.Columns*(f.lim.CellBytes+3)), 3*f.size+16)
		c := &csvRows{in: in, block: make([]byte, most), sep: sep, newline: f.newline, lim: f.lim}
		for {
			row, err := c.next()
			if err == io.EOF {
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// csvRows turns lines into rows. Cells are parts of a text as long as the block
// that was read, and lie in one slice with those of other rows: a list of a
// million rows would otherwise be some million allocations.
type csvRows struct {
	in      io.Reader
	block   []byte    // as long as the longest line may be
	held    int       // bytes of block that are read and not in text
	end     error     // of in
	text    string    // whole lines that are not given yet, and the last one at the end
	room    []string  // where the cells of the next row go
	ahead   []csvLine // read for a quoted cell that then was none
	sep     byte
	newline byte
	lim     Limits
	n       int
}

// joinMost is how many lines one row may span.
const joinMost = 256

// csvLine is a line without its end. whole is false where it was longer than
// a row may be; the rest of it is skipped.
type csvLine struct {
	text  string
	whole bool
}

// next returns the next row. A quoted cell may span lines; where a quote is
// not closed within the limits, only the line with the quote is refused and
// reading goes on below it.
func (c *csvRows) next() (Row, error) {
	line, err := c.line()
	if err != nil {
		return Row{}, err
	}
	c.n++
	if !line.whole {
		return Row{N: c.n, Flaw: tooLong(0, line.text)}, nil
	}
	rec := record{cells: c.room, sep: c.sep, lim: c.lim}
	ok := rec.feed(line.text)
	var joined []csvLine
	for ok && rec.open {
		more, err := c.line()
		if err == io.EOF {
			ok = false
			break
		}
		if err != nil {
			return Row{}, err
		}
		joined = append(joined, more)
		ok = more.whole && len(joined) < joinMost && rec.feed(more.text)
	}
	cells := c.keep(rec.cells)
	if ok {
		return Row{N: c.n, Cells: cells}, nil
	}
	c.ahead = append(joined, c.ahead...)
	return Row{N: c.n, Cells: cells, Flaw: &Flaw{len(cells), Short(line.text),
		"a quotation mark is opened and not closed, or the row has too many or too long cells",
		"des guillemets sont ouverts et non fermés, ou la ligne a des cellules trop nombreuses ou trop longues"}}, nil
}

// roomCells is how many cells get their place at once.
const roomCells = 512

// keep takes the row's cells out of the room, unless they outgrew it.
func (c *csvRows) keep(cells []string) []string {
	n := len(cells)
	if n <= cap(c.room) {
		c.room = c.room[n:n]
	}
	if cap(c.room) < max(n, 1) {
		c.room = make([]string, 0, roomCells)
	}
	return cells[:n:n]
}

func (c *csvRows) line() (csvLine, error) {
	if len(c.ahead) > 0 {
		line := c.ahead[0]
		c.ahead = c.ahead[1:]
		return line, nil
	}
	if c.text == "" {
		if err := c.fill(); err != nil {
			return csvLine{}, err
		}
	}
	line, rest, ended := cut(c.text, c.newline)
	c.text = rest
	if !ended && c.end == nil {
		return csvLine{line, false}, c.skip()
	}
	for line != "" && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return csvLine{line, true}, nil
}

// fill reads until there is a whole line, or a part of one as long as a line may
// be, or the file ends.
func (c *csvRows) fill() error {
	from := 0 // there is no line's end before
	for {
		if end := bytes.LastIndexByte(c.block[from:c.held], c.newline); end >= 0 {
			c.take(from + end + 1)
			return nil
		}
		if from = c.held; c.held == len(c.block) || c.end == io.EOF && c.held > 0 {
			c.take(c.held)
			return nil
		}
		if c.end != nil {
			return c.end
		}
		var n int
		n, c.end = c.in.Read(c.block[c.held:])
		c.held += n
	}
}

// take makes the first n bytes of the block the text.
func (c *csvRows) take(n int) {
	c.text = string(c.block[:n])
	c.held = copy(c.block, c.block[n:c.held])
}

// skip passes over the rest of a line that is too long.
func (c *csvRows) skip() error {
	for {
		if err := c.fill(); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		_, rest, ended := cut(c.text, c.newline)
		if c.text = rest; ended {
			return nil
		}
	}
}

// cut is strings.Cut at a byte.
func cut(text string, at byte) (before, after string, found bool) {
	if i := strings.IndexByte(text, at); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}

// record splits the lines of one row into cells.
type record struct {
	cells []string
	quote []byte // the quoted cell so far, where open
	open  bool
	sep   byte
	lim   Limits
}

// feed adds a line. It reports false where text follows a closing quote or a
// limit is passed; then the cells so far are not to be used.
func (r *record) feed(line string) bool {
	if r.open {
		r.quote = append(r.quote, '\n')
	}
	for i := 0; ; {
		if len(r.cells) >= 2*r.lim.Columns {
			return false
		}
		if !r.open {
			if i == len(line) || line[i] != '"' {
				end := strings.IndexByte(line[i:], r.sep)
				if end < 0 {
					r.cells = append(r.cells, line[i:])
					return true
				}
				r.cells = append(r.cells, line[i:i+end])
				i += end + 1
				continue
			}
			r.open, r.quote = true, r.quote[:0]
			i++
		}
		end := strings.IndexByte(line[i:], '"')
		if end < 0 {
			r.quote = append(r.quote, line[i:]...)
			return len(r.quote) <= r.lim.CellBytes
		}
		r.quote = append(r.quote, line[i:i+end]...)
		i += end + 1
		if i < len(line) && line[i] == '"' {
			r.quote = append(r.quote, '"')
			i++
			continue
		}
		r.open = false
		r.cells = append(r.cells, string(r.quote))
		if i == len(line) {
			return true
		}
		if line[i] != r.sep {
			return false
		}
		i++
	}
}
