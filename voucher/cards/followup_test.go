package cards_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/voucher/cards"
)

var desk = cards.FollowUpDesk{Made: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), Hotline: "80 00 11 22"}

// The paper says code, day and where to ask, and not what it is about.
func TestWriteFollowUps(t *testing.T) {
	toolcheck.Need(t, "pdftotext", "pdfinfo")
	t.Run("of a complaint that was recorded", func(t *testing.T) {
		pdf := printed(t, func(w io.Writer) error {
			return cards.WriteFollowUps(w, desk, []cards.FollowUp{{Code: "4F7K-9QXM-2B3T", Due: time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC)}})
		})
		text := textOf(t, pdf)
		for _, want := range []string{"4F7K-9QXM-2B3T", "11/12/2026", "80 00 11 22", "Nous vous devons une réponse", "We owe you an answer"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not on the slip: %s", want, text)
			}
		}
		for _, tells := range []string{"lainte", "omplain", "27/11/2026", "ouche"} {
			if strings.Contains(text, tells) {
				t.Errorf("the slip says %q: %s", tells, text)
			}
		}
	})
	t.Run("blank ones, four to a sheet, each with its stub", func(t *testing.T) {
		var slips []cards.FollowUp
		for i := range 9 {
			slips = append(slips, cards.FollowUp{Code: fmt.Sprintf("4F7K-9QXM-2B%02d", i), Number: fmt.Sprintf("10482-%04d-K", i+1)})
		}
		pdf := printed(t, func(w io.Writer) error { return cards.WriteFollowUps(w, desk, slips) })
		if n := pageCount(t, pdf); n != 3 {
			t.Errorf("%d pages", n)
		}
		text, from := textOf(t, pdf, "-raw"), 0
		for _, s := range slips {
			for _, want := range []string{s.Number, s.Code} {
				at := strings.Index(text[from:], want)
				if at < 0 {
					t.Fatalf("%q is missing or out of order", want)
				}
				from += at
			}
		}
	})
}

func TestWriteFollowUps_refused(t *testing.T) {
	one := []cards.FollowUp{{Code: "4F7K-9QXM-2B3T"}}
	for name, c := range map[string]struct {
		desk  cards.FollowUpDesk
		slips []cards.FollowUp
		want  error
	}{
		"none":               {desk, nil, cards.ErrInput},
		"no code":            {desk, []cards.FollowUp{{}}, cards.ErrInput},
		"more than a batch":  {desk, make([]cards.FollowUp, cards.FollowUpsMax+1), cards.ErrTooMany},
		"no day":             {cards.FollowUpDesk{}, one, cards.ErrInput},
		"a long way to find": {cards.FollowUpDesk{Made: desk.Made, Where: strings.Repeat("a", 61)}, one, cards.ErrInput},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := cards.WriteFollowUps(&b, c.desk, c.slips); !errors.Is(err, c.want) || b.Len() != 0 {
				t.Errorf("error = %v after %d bytes", err, b.Len())
			}
		})
	}
}
