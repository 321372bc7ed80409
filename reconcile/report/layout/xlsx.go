package layout

import (
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/internal/workbook"
)

// WriteXLSX writes the document as a workbook: a first sheet that says what it
// was made from and whether it ties, and one sheet for each table, with one row
// of titles and one fact in each row, numbers in numeric cells. Nothing is
// merged and nothing is a formula. The same document gives the same bytes.
func WriteXLSX(w io.Writer, d Document) (err error) {
	book := excelize.NewFile()
	defer func() {
		if closing := book.Close(); err == nil {
			err = closing
		}
	}()
	first := strings.ToLower(strings.Fields(d.Title)[0])
	if err := book.SetSheetName("Sheet1", first); err != nil {
		return err
	}
	if err := book.SetDocProps(&excelize.DocProperties{Title: d.Title, Subject: d.Subtitle, Creator: "jate", Language: d.Lang,
		Created: d.Made.UTC().Format("2006-01-02T15:04:05Z"), Modified: d.Made.UTC().Format("2006-01-02T15:04:05Z")}); err != nil {
		return err
	}
	rows := [][]any{{d.Subtitle, nil}}
	for _, f := range d.Facts {
		rows = append(rows, []any{f[0], workbook.Inert(f[1])})
	}
	rows = append(rows, []any{d.Verdict, nil})
	for _, a := range d.Alarms {
		rows = append(rows, []any{workbook.Inert(a), nil})
	}
	if err := workbook.Rows(book, first, []string{d.Title}, len(rows), func(i int) []any { return rows[i] }); err != nil {
		return err
	}
	style, err := styles(book)
	if err != nil {
		return err
	}
	for _, s := range d.Sections {
		for _, t := range s.Tables {
			if err := t.sheet(book, style); err != nil {
				return err
			}
		}
	}
	return workbook.Write(w, book)
}

// styles make numbers with no, one and two decimals readable.
func styles(book *excelize.File) ([3]int, error) {
	var out [3]int
	for i, format := range []string{"#,##0", "#,##0.0", "#,##0.00"} {
		id, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return out, err
		}
		out[i] = id
	}
	return out, nil
}

// sheet writes a table, with the ids of its figures in columns behind it.
func (t Table) sheet(book *excelize.File, style [3]int) error {
	var titles []string
	traced := make([]bool, len(t.Columns))
	for i, c := range t.Columns {
		titles = append(titles, c.Title)
		for _, r := range t.Rows {
			traced[i] = traced[i] || r[i].Figure != ""
		}
	}
	for i, c := range t.Columns {
		if traced[i] {
			titles = append(titles, "id: "+c.Title)
		}
	}
	return workbook.Rows(book, t.ID, titles, len(t.Rows), func(n int) []any {
		var row []any
		for _, c := range t.Rows[n] {
			row = append(row, c.xlsx(style))
		}
		for i, c := range t.Rows[n] {
			if traced[i] {
				row = append(row, c.Figure)
			}
		}
		return row
	})
}

// xlsx is the cell as a spreadsheet has it: a number keeps its decimals.
func (c Cell) xlsx(style [3]int) any {
	switch c.Is {
	case Word:
		return workbook.Inert(c.Text)
	case Count:
		if c.Digits == 0 {
			return excelize.Cell{StyleID: style[0], Value: c.Number}
		}
		unit := 1.0
		for range c.Digits {
			unit *= 10
		}
		return excelize.Cell{StyleID: style[min(c.Digits, 2)], Value: float64(c.Number) / unit}
	}
	return nil
}
