package samplelist

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// csvSheet writes rows of text with CR LF at their ends.
type csvSheet struct {
	layout *layout
	out    *bufio.Writer
	csv    *csv.Writer // over out; unused where every cell is quoted
	cells  []string
}

func openCSV(w io.Writer, l *layout, _ *generator) (sheet, error) {
	if l.cp1252 {
		w = charmap.Windows1252.NewEncoder().Writer(w)
	}
	s := &csvSheet{layout: l, out: bufio.NewWriterSize(w, 1<<16)}
	s.csv = csv.NewWriter(s.out)
	s.csv.Comma, s.csv.UseCRLF = l.comma, true
	if l.titled {
		s.cells = make([]string, len(l.columns))
		s.cells[0] = "LISTE DES MÉNAGES BÉNÉFICIAIRES - EXEMPLE (données fictives)"
		if err := s.write(); err != nil {
			return nil, err
		}
		if err := s.blank(); err != nil {
			return nil, err
		}
	}
	s.cells = l.headers()
	return s, s.write()
}

func (s *csvSheet) household(_ household, r *record) error {
	s.cells = s.layout.cells(r, s.cells)
	return s.write()
}

// end writes the TOTAL row of a titled list and flushes.
func (s *csvSheet) end(t Truth) error {
	if s.layout.titled {
		if err := s.blank(); err != nil {
			return err
		}
		total := record{family: "TOTAL", size: thousands(t.People)}
		if err := s.household(household{}, &total); err != nil {
			return err
		}
	}
	s.csv.Flush()
	if err := s.csv.Error(); err != nil {
		return err
	}
	return s.out.Flush()
}

func (s *csvSheet) blank() error {
	s.cells = s.layout.cells(&record{}, s.cells)
	return s.write()
}

// write writes the cells as one row. encoding/csv quotes only where it must,
// so that rows with every cell quoted are written here.
func (s *csvSheet) write() error {
	if !s.layout.quoteAll {
		return s.csv.Write(s.cells)
	}
	for i, c := range s.cells {
		if i > 0 {
			s.out.WriteRune(s.layout.comma)
		}
		s.out.WriteByte('"')
		s.out.WriteString(strings.ReplaceAll(c, `"`, `""`))
		s.out.WriteByte('"')
	}
	_, err := s.out.WriteString("\r\n") // a bufio.Writer keeps its first error
	return err
}
