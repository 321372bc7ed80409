package table

import (
	"errors"
	"testing"
)

// What a file is, its content says: the sender's word for it is not asked.
func TestASVS_5_2_2(t *testing.T) {
	for name, data := range map[string]string{
		"a PDF":               "%PDF-1.7\n\x00\xff stream",
		"a picture":           "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
		"a program":           "\x7fELF\x02\x01\x01\x00",
		"an archive of pages": archive(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}),
		"a document":          archive(t, map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<a/>"}),
		"a workbook's macros": archive(t, map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<a/>", "xl/vbaProject.bin": "x"}),
		"an old workbook":     "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
	} {
		_, err := open(t, data)
		if !errors.Is(err, ErrBinary) && !errors.Is(err, ErrNotXLSX) && !errors.Is(err, ErrOldExcel) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
