package workbook_test

import (
	"testing"

	"github.com/jate-cva/jate/internal/workbook"
)

// No text that we write is a formula where it is read.
func TestASVS_1_2_10(t *testing.T) {
	for _, begins := range []string{"=", "+", "-", "@", "\t", "\r", "\x00"} {
		if got := workbook.Inert(begins + "1+1"); got != "'"+begins+"1+1" {
			t.Errorf("%q", got)
		}
	}
	for _, harmless := range []string{"", "Mopti", "1 = 1", "'=1"} {
		if got := workbook.Inert(harmless); got != harmless {
			t.Errorf("%q became %q", harmless, got)
		}
	}
}
