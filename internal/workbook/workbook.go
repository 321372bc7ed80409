// Package workbook writes XLSX files that are the same each time.
package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
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
