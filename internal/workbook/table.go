package workbook

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// Table is one list as people keep it in a spreadsheet. Cells are text, whole
// numbers (int, int64) or nil for empty; no text becomes a formula.
type Table struct {
	Name   string // of the sheet, at most 31 characters
	Titles []string
	Rows   [][]any
}

// WriteCSV writes the table as Excel opens it in French: UTF-8 with its mark,
// semicolons, lines that end in CR LF (RFC 4180).
func (t Table) WriteCSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // so that Excel reads accents
		return err
	}
	c := csv.NewWriter(w)
	c.Comma, c.UseCRLF = ';', true
	if err := c.Write(t.Titles); err != nil {
		return err
	}
	for _, row := range t.Rows {
		var cells []string
		for _, v := range row {
			switch v := v.(type) {
			case nil:
				cells = append(cells, "")
			case int64:
				cells = append(cells, strconv.FormatInt(v, 10))
			case int:
				cells = append(cells, strconv.Itoa(v))
			default:
				cells = append(cells, Inert(fmt.Sprint(v)))
			}
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// WriteXLSX writes the table as a workbook of one sheet.
func (t Table) WriteXLSX(w io.Writer) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	if err := book.SetSheetName("Sheet1", t.Name); err != nil {
		return err
	}
	err = Rows(book, t.Name, t.Titles, len(t.Rows), func(i int) []any {
		row := make([]any, len(t.Rows[i]))
		for j, v := range t.Rows[i] {
			row[j] = v
			if text, ok := v.(string); ok {
				row[j] = Inert(text)
			}
		}
		return row
	})
	if err != nil {
		return err
	}
	return Write(w, book)
}
