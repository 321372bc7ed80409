package cards

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

const (
	codeModulesMax = 61  // QR version 11
	codeDigitsMax  = 604 // numeric capacity of version 11 at error correction M
	quietModules   = 4   // ISO/IEC 18004: clear space on every side
)

// encode makes a QR code of error correction M, of at most modulesMax a side.
func encode(content string, mode qr.Encoding, modulesMax int) (barcode.Barcode, error) {
	b, err := qr.Encode(content, qr.M, mode)
	if err != nil {
		// The library's text quotes the content, which may be secret.
		return nil, ErrCode
	}
	if b.Bounds().Dx() > modulesMax {
		return nil, ErrCode
	}
	return b, nil
}

// code draws b as one filled path in a square of the given size, quiet zone
// included. Dark modules that touch in a row are one rectangle; a single path
// leaves no hairlines between rows when a printer smooths edges.
func (s *sheet) code(b barcode.Barcode, x, y, size float64) {
	n := b.Bounds().Dx()
	module := size / float64(n+2*quietModules)
	pt := s.GetConversionRatio()
	var path strings.Builder
	fmt.Fprintf(&path, "q 0 g %.5f 0 0 %.5f %.3f %.3f cm\n", module*pt, -module*pt,
		(x+quietModules*module)*pt, (s.height-y-quietModules*module)*pt)
	dark := func(col, row int) bool { return col < n && b.At(col, row) == color.Black }
	for row := range n {
		for col := 0; col < n; col++ {
			from := col
			for dark(col, row) {
				col++
			}
			if col > from {
				fmt.Fprintf(&path, "%d %d %d 1 re\n", from, row, col-from)
			}
		}
	}
	path.WriteString("f Q")
	s.RawWriteStr(path.String())
}
