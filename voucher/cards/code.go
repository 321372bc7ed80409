package cards

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"rsc.io/qr/coding"
)

const (
	codeModulesMax = 61  // QR version 11
	codeDigitsMax  = 604 // numeric capacity of version 11 at error correction M
	quietModules   = 4   // ISO/IEC 18004: clear space on every side
)

// code draws c as one filled path in a square of the given size, quiet zone
// included. Dark modules that touch in a row are one rectangle; a single path
// leaves no hairlines between rows when a printer smooths edges.
func (s *sheet) code(c *coding.Code, x, y, size float64) { drawCode(s.Fpdf, c, x, y, size, s.height) }

// DrawCode draws the QR code of a text of at most 251 bytes, ISO/IEC 18004 at
// error correction M, into a square of a document in millimetres, quiet zone
// included. It returns ErrCode for nothing, and for what is longer.
func DrawCode(d *fpdf.Fpdf, text string, x, y, size float64) error {
	c, err := new(encoder).encode(text, codeModulesMax)
	if err != nil {
		return err
	}
	_, height := d.GetPageSize()
	drawCode(d, c, x, y, size, height)
	return nil
}

func drawCode(d *fpdf.Fpdf, c *coding.Code, x, y, size, height float64) {
	module := size / float64(c.Size+2*quietModules)
	pt := d.GetConversionRatio()
	var path strings.Builder
	fmt.Fprintf(&path, "q 0 g %.5f 0 0 %.5f %.3f %.3f cm\n", module*pt, -module*pt,
		(x+quietModules*module)*pt, (height-y-quietModules*module)*pt)
	for row := range c.Size {
		for col := 0; col < c.Size; col++ {
			from := col
			for c.Black(col, row) {
				col++
			}
			if col > from {
				fmt.Fprintf(&path, "%d %d %d 1 re\n", from, row, col-from)
			}
		}
	}
	path.WriteString("f Q")
	d.RawWriteStr(path.String())
}
