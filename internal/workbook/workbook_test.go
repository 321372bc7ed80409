package workbook_test

import (
	"bytes"
	"testing"

	"github.com/jate-cva/jate/internal/workbook"
	"github.com/xuri/excelize/v2"
)

// Eight streamed sheets come out in one order each time, and can be read.
func TestWrite_deterministic(t *testing.T) {
	write := func() []byte {
		book := excelize.NewFile()
		for _, name := range []string{"Sheet1", "b", "c", "d", "e", "f", "g", "h"} {
			if _, err := book.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			s, err := book.NewStreamWriter(name)
			if err == nil {
				err = s.SetRow("A1", []any{name})
			}
			if err == nil {
				err = s.Flush()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := workbook.Write(&b, book); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := write()
	for range 10 {
		if !bytes.Equal(write(), first) {
			t.Fatal("two writes differ")
		}
	}
	read, err := excelize.OpenReader(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read.GetCellValue("h", "A1"); err != nil || got != "h" {
		t.Errorf("h!A1 = %q, %v", got, err)
	}
}
