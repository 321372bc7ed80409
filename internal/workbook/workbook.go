// Package workbook writes XLSX files that are the same each time.
package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Write writes a workbook whose bytes depend on what is in it alone:
// excelize lays streamed sheets into the archive in random order.
func Write(w io.Writer, book *excelize.File) error {
	laid, err := book.WriteToBuffer()
	if err != nil {
		return err
	}
	parts, err := zip.NewReader(bytes.NewReader(laid.Bytes()), int64(laid.Len()))
	if err != nil {
		return err
	}
	slices.SortFunc(parts.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	archive := zip.NewWriter(w)
	for _, part := range parts.File {
		if err := archive.Copy(part); err != nil {
			return err
		}
	}
	return archive.Close()
}

// RowsMax is how many rows one sheet may have.
const RowsMax = 1 << 20

// Rows streams rows under their titles into a sheet, which is made where it is
// not there. Cells are text, whole numbers, excelize.Cell, or nil for empty.
func Rows(book *excelize.File, name string, titles []string, rows int, row func(int) []any) error {
	if _, err := book.NewSheet(name); err != nil {
		return err
	}
	if err := printed(book, name); err != nil {
		return err
	}
	s, err := book.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, wide := range widths(titles, rows, row) {
		if err := s.SetColWidth(i+1, i+1, wide); err != nil {
			return err
		}
	}
	head := make([]any, len(titles))
	for i, t := range titles {
		head[i] = t
	}
	if err := s.SetRow("A1", head); err != nil {
		return err
	}
	for i := range rows {
		if err := s.SetRow("A"+strconv.Itoa(i+2), row(i)); err != nil {
			return err
		}
	}
	return s.Flush()
}

// printed has a sheet be printed across, all its columns on one page's width.
func printed(book *excelize.File, name string) error {
	yes, across, wide, high := true, "landscape", 1, 0
	return errors.Join(book.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}),
		book.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &across, FitToWidth: &wide, FitToHeight: &high}))
}

// Columns are as wide as what stands in their titles and first rows, in
// characters, within bounds.
const (
	measured          = 200
	widthMin, wideMax = 8, 60
)

func widths(titles []string, rows int, row func(int) []any) []float64 {
	out := make([]float64, len(titles))
	fit := func(i int, v any) {
		if cell, ok := v.(excelize.Cell); ok {
			v = cell.Value
		}
		if i < len(out) && v != nil {
			out[i] = max(out[i], float64(utf8.RuneCountInString(fmt.Sprint(v))+2))
		}
	}
	for i, t := range titles {
		fit(i, t)
	}
	for n := range min(rows, measured) {
		for i, v := range row(n) {
			fit(i, v)
		}
	}
	for i := range out {
		out[i] = min(max(out[i], widthMin), wideMax)
	}
	return out
}

// Inert keeps a text from being a formula where a spreadsheet reads it (OWASP
// ASVS 5.0, 1.2.10).
func Inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
