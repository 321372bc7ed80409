package cards_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/voucher/cards"
)

func testEnrolment() cards.Enrolment {
	key := strings.Repeat("Ab3-_", 8) + "xyz"
	return cards.Enrolment{Text: "https://vouchers.example.org/handheld/#e=ABCDEFGHIJKLMNOPQRSTUVWXYZ." + key + "." + key,
		Code: "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z", Server: "https://vouchers.example.org",
		Fingerprint: "0123 4567", For: "shop-1", Made: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
}

// A phone's camera reads the text, and a person reads the rest.
func TestWriteEnrolment(t *testing.T) {
	toolcheck.Need(t, "pdftoppm", "pdftotext", "zbarimg")
	e := testEnrolment()
	pdf := printed(t, func(w io.Writer) error { return cards.WriteEnrolment(w, e) })
	if diff := cmp.Diff([]string{e.Text}, codes(t, pdf, 1)); diff != "" {
		t.Errorf("code (-want +got):\n%s", diff)
	}
	text := textOf(t, pdf)
	for _, want := range []string{"https://vouchers.example.org/handheld/", "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z", "0123 4567", "shop-1", "27/11/2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the sheet", want)
		}
	}
	if n := pageCount(t, pdf); n != 1 {
		t.Errorf("%d pages", n)
	}
}

func TestWriteEnrolment_refused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*cards.Enrolment)
		want  error
	}{
		"no code":                  {func(e *cards.Enrolment) { e.Code = "" }, cards.ErrInput},
		"no server":                {func(e *cards.Enrolment) { e.Server = "" }, cards.ErrInput},
		"a name instead of a code": {func(e *cards.Enrolment) { e.For = strings.Repeat("a", 25) }, cards.ErrInput},
		"more than a code holds":   {func(e *cards.Enrolment) { e.Text += strings.Repeat("a", 100) }, cards.ErrCode},
	} {
		t.Run(name, func(t *testing.T) {
			e := testEnrolment()
			c.spoil(&e)
			var b bytes.Buffer
			if err := cards.WriteEnrolment(&b, e); !errors.Is(err, c.want) || b.Len() != 0 {
				t.Errorf("error = %v after %d bytes", err, b.Len())
			}
		})
	}
}
