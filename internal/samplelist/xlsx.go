package samplelist

import (
	"errors"
	"io"
	"strconv"

	"github.com/jate-cva/jate/internal/workbook"
	"github.com/xuri/excelize/v2"
)

const (
	householdSheet = "Enregistrement des ménages"
	memberSheet    = "membres"
)

// xlsxSheet writes a Kobo workbook: one row per household, and on the second
// sheet one per member, pointing at the household's _index.
type xlsxSheet struct {
	g                   *generator
	layout              *layout
	to                  io.Writer
	book                *excelize.File
	households, members *excelize.StreamWriter
	row, memberRow      int // the last ones written
}

func openXLSX(w io.Writer, l *layout, g *generator) (sheet, error) {
	s := &xlsxSheet{g: g, layout: l, to: w, book: excelize.NewFile()}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.book.Close())
	}
	return s, nil
}

func (s *xlsxSheet) prepare() (err error) {
	if err := s.book.SetSheetName("Sheet1", householdSheet); err != nil {
		return err
	}
	if _, err := s.book.NewSheet(memberSheet); err != nil {
		return err
	}
	if s.households, err = s.book.NewStreamWriter(householdSheet); err != nil {
		return err
	}
	if s.members, err = s.book.NewStreamWriter(memberSheet); err != nil {
		return err
	}
	var headers []any
	for _, h := range s.layout.headers() {
		headers = append(headers, h)
	}
	if err := put(s.households, &s.row, headers); err != nil {
		return err
	}
	return put(s.members, &s.memberRow, []any{"Nom du membre", "Sexe", "Âge", "Lien",
		"_index", "_parent_table_name", "_parent_index"})
}

// put writes the next row of a sheet.
func put(to *excelize.StreamWriter, row *int, cells []any) error {
	*row++
	cell, err := excelize.CoordinatesToCellName(1, *row)
	if err != nil {
		return err
	}
	return to.SetRow(cell, cells)
}

// household writes ages, sizes and every other phone number as numbers, as a
// workbook has them that was merged from exports with and without "store
// numbers as text".
func (s *xlsxSheet) household(h household, r *record) error {
	i := s.row - 1
	cells := make([]any, 0, len(s.layout.columns))
	for _, c := range s.layout.columns {
		var cell any = r[c.field]
		switch c.field {
		case age, size, submission, number, phone:
			if n, err := strconv.Atoi(r[c.field]); err == nil && (c.field != phone || i%2 == 0) {
				cell = n
			}
		}
		cells = append(cells, cell)
	}
	err := put(s.households, &s.row, cells)
	if err == nil {
		err = s.family(h, i)
	}
	if err != nil {
		return errors.Join(err, s.book.Close())
	}
	return nil
}

// family writes the members of household i, its head first.
func (s *xlsxSheet) family(h household, i int) error {
	rnd := s.g.random(forMembers, i)
	for n := range h.size {
		woman, years, tie := rnd.IntN(2) == 0, rnd.IntN(18), "enfant"
		first, _ := s.g.names.given(rnd, woman)
		switch {
		case n == 0:
			first, woman, years, tie = h.given, h.woman, h.age, "chef"
		case n == 1:
			woman, years, tie = !h.woman, max(18, h.age-rnd.IntN(12)), "conjoint"
			first, _ = s.g.names.given(rnd, woman)
		case n > 7:
			years, tie = 18+rnd.IntN(60), "autre"
		}
		gender := koboLabels.man
		if woman {
			gender = koboLabels.woman
		}
		cells := []any{first.text + " " + h.family.text, gender, years, tie,
			s.memberRow, householdSheet, i + 1}
		if err := put(s.members, &s.memberRow, cells); err != nil {
			return err
		}
	}
	return nil
}

func (s *xlsxSheet) end(Truth) error {
	err := errors.Join(s.households.Flush(), s.members.Flush())
	if err == nil {
		err = workbook.Write(s.to, s.book)
	}
	return errors.Join(err, s.book.Close())
}
