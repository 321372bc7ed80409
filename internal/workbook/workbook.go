// Package workbook writes XLSX files that are the same each time.
package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

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
	s, err := book.NewStreamWriter(name)
	if err != nil {
		return err
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

// Inert keeps a text from being a formula where a spreadsheet reads it (OWASP
// ASVS 5.0, 1.2.10).
func Inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
