package report

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/workbook"
)

//go:embed activities.csv
var activitiesCSV []byte

// ErrColumns refuses a file of columns.
var ErrColumns = fault.New(fault.Invalid, "columns_invalid",
	"The file of columns of activities has a mistake.",
	"Le fichier des colonnes d'activités contient une erreur.")

// Column is a column of activities.
type Column struct {
	Field, EN, FR, HXL string
	Value              string // what every row has where the program fills nothing
}

// The bounds of a file of columns.
const (
	columnsBytesMax = 64 << 10
	columnsMax      = 100
	columnTextMax   = 200
)

// DefaultColumns are the columns that come with the program.
func DefaultColumns() []Column {
	cs, err := ParseColumns(bytes.NewReader(activitiesCSV))
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return cs
}

// ParseColumns reads columns: UTF-8, semicolons, field, en, fr, hxl and value,
// comments after "#". Errors are ErrColumns.
func ParseColumns(r io.Reader) ([]Column, error) {
	text, err := io.ReadAll(io.LimitReader(r, columnsBytesMax+1))
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.Comma, in.Comment, in.FieldsPerRecord = ';', '#', 5
	rows, err := in.ReadAll()
	switch {
	case err != nil:
		return nil, ErrColumns.At("file", "%v", err)
	case len(text) > columnsBytesMax || len(rows) < 2 || len(rows) > columnsMax:
		return nil, ErrColumns.At("file", "1 to %d columns in at most %d bytes", columnsMax, columnsBytesMax)
	case !slices.Equal(rows[0], []string{"field", "en", "fr", "hxl", "value"}):
		return nil, ErrColumns.At("file", "its first row must be field;en;fr;hxl;value")
	}
	var out []Column
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		for _, text := range row {
			if len(text) > columnTextMax {
				return nil, ErrColumns.At("file", "a text of more than %d bytes", columnTextMax)
			}
		}
		c := Column{row[0], row[1], row[2], row[3], row[4]}
		if c.Field == "" || c.EN == "" || c.FR == "" || seen[c.Field] {
			return nil, ErrColumns.At("field", "%.40q is there twice, or lacks a title", c.Field)
		}
		seen[c.Field] = true
		out = append(out, c)
	}
	return out, nil
}

func (c Column) of(a Activity, lang string) string {
	if !slices.Contains(activityFields, c.Field) {
		return c.Value
	}
	if fr, ok := activityWords[a[c.Field]]; ok && lang == "fr" {
		return fr
	}
	return a[c.Field]
}

// activityWords are the French words for what the program says itself.
var activityWords = map[string]string{valueVoucher: "coupon valeur", commodityVoucher: "coupon produits", eVoucher: "carte e-coupon",
	ongoing: "en cours", completed: "terminé", severalPlaces: "plusieurs cercles réunis", smallCounts: "petits nombres", fewHouseholds: "moins de 10 ménages"}

// heads are the rows above activities: titles, and tags where they are asked
// for.
func heads(cs []Column, lang string, tags bool) [][]string {
	out := [][]string{nil}
	for _, c := range cs {
		out[0] = append(out[0], word{c.EN, c.FR}.in(lang))
	}
	if tags {
		var row []string
		for _, c := range cs {
			row = append(row, c.HXL)
		}
		out = append(out, row)
	}
	return out
}

// WriteActivitiesCSV writes rows as CSV in UTF-8 with a byte order mark; no
// text in it is a formula. Tags asks for a second row of HXL tags.
func WriteActivitiesCSV(w io.Writer, rows []Activity, cs []Column, lang string, tags bool) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	for _, head := range heads(cs, lang, tags) {
		if err := out.Write(head); err != nil {
			return err
		}
	}
	for _, a := range rows {
		var row []string
		for _, c := range cs {
			row = append(row, workbook.Inert(c.of(a, lang)))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteActivitiesXLSX writes rows as a workbook of one sheet; whole numbers are
// in numeric cells.
func WriteActivitiesXLSX(w io.Writer, rows []Activity, cs []Column, lang string, tags bool) (err error) {
	book := excelize.NewFile()
	defer func() {
		if closing := book.Close(); err == nil {
			err = closing
		}
	}()
	if err := book.SetSheetName("Sheet1", "5W"); err != nil {
		return err
	}
	top := heads(cs, lang, tags)
	err = workbook.Rows(book, "5W", top[0], len(rows)+len(top)-1, func(i int) []any {
		var row []any
		if i < len(top)-1 {
			for _, t := range top[1] {
				row = append(row, t)
			}
			return row
		}
		for _, c := range cs {
			text := c.of(rows[i-len(top)+1], lang)
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				row = append(row, n)
				continue
			}
			row = append(row, workbook.Inert(text))
		}
		return row
	})
	if err != nil {
		return err
	}
	return workbook.Write(w, book)
}
