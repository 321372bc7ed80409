package cards_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher/cards"
)

func TestWriteLabels(t *testing.T) {
	labels := make([]cards.Label, 85)
	for i := range labels {
		labels[i] = cards.Label{Secret: digits(i+7, 16), Serial: fmt.Sprintf("K7Q0-9XTM-T%03d", i)}
	}
	write := func(list []cards.Label) func(io.Writer) error {
		return func(w io.Writer) error { return cards.WriteLabels(w, job, cards.All(list)) }
	}
	t.Run("codes and digits read back, sheet by sheet and in order", func(t *testing.T) {
		toolcheck.Need(t, "pdftoppm", "pdftotext", "zbarimg")
		pdf := printed(t, write(labels))
		var want []string
		var places []image.Rectangle
		for i, l := range labels[:80] {
			want = append(want, l.Secret)
			// 35.6 by 16.9 mm, 38.1 mm from column to column, in tenths.
			x, y := 110+i%5*381, 133+i/5*169
			places = append(places, image.Rect(x, y, x+356, y+169))
		}
		if diff := cmp.Diff(want, codesAt(t, pdf, 1, places)); diff != "" {
			t.Errorf("codes on page 1 (-want +got):\n%s", diff)
		}
		// Content order, not layout: the order in which labels were placed.
		text, from := textOf(t, pdf, "-raw"), 0
		for _, l := range labels {
			s := l.Secret
			for _, want := range []string{s[:4] + " " + s[4:8], s[8:12] + " " + s[12:], "…" + l.Serial[10:]} {
				at := strings.Index(text[from:], want)
				if at < 0 {
					t.Fatalf("%q is missing or out of order", want)
				}
				from += at
			}
		}
	})
	t.Run("a secret of another length is refused and not named", func(t *testing.T) {
		var b bytes.Buffer
		err := write([]cards.Label{{Secret: "482109371154882", Serial: "AAAA"}})(&b)
		if !errors.Is(err, cards.ErrInput) || b.Len() != 0 || strings.Contains(err.Error(), "4821") {
			t.Errorf("error = %v after %d bytes", err, b.Len())
		}
	})
	t.Run("none is refused", func(t *testing.T) {
		if err := write(nil)(io.Discard); !errors.Is(err, cards.ErrInput) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestWriteSlips(t *testing.T) {
	write := func(list ...cards.Slip) func(io.Writer) error {
		return func(w io.Writer) error { return cards.WriteSlips(w, job, cards.All(list)) }
	}
	t.Run("a slip shows digits, their pictures' names and its cards", func(t *testing.T) {
		toolcheck.Need(t, "pdftotext")
		one := textOf(t, printed(t, write(cards.Slip{PIN: "012345", Serials: []string{"K7Q0-9XTM-4WPA"}})), "-raw")
		for i, word := range []string{"soleil", "arbre", "poisson", "maison", "clé", "tambour"} {
			if !strings.Contains(one, word) || !strings.Contains(one, fmt.Sprint(i)) {
				t.Errorf("%d, %s is missing", i, word)
			}
		}
		if got := strings.Count(one, "K7Q0-9XTM-4WPA"); got != 2 {
			t.Errorf("serial printed %d times, want inside and outside", got)
		}
		many := textOf(t, printed(t, write(cards.Slip{PIN: "678906", Serials: slices.Repeat([]string{"K-AB12"}, 12)})))
		if got := strings.Count(many, "AB12"); got != 24 {
			t.Errorf("tails printed %d times, want 24", got)
		}
	})
	t.Run("seven slips take two sheets", func(t *testing.T) {
		toolcheck.Need(t, "pdfinfo")
		s := cards.Slip{PIN: "678906", Serials: []string{"AAAA"}}
		if got := pageCount(t, printed(t, write(s, s, s, s, s, s, s))); got != 2 {
			t.Errorf("pages = %d, want 2", got)
		}
	})
	for name, slip := range map[string]cards.Slip{
		"four digits":      {PIN: "1234", Serials: []string{"AAAA"}},
		"other than ASCII": {PIN: "12345٣", Serials: []string{"AAAA"}},
		"no serial":        {PIN: "123456"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if err := write(slip)(io.Discard); !errors.Is(err, cards.ErrInput) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestWriteHandOver(t *testing.T) {
	h := cards.HandOver{Point: "P-7KQ", Copy: 2}
	for i := range 20 {
		h.Lines = append(h.Lines, cards.HandLine{Number: i + 1, Household: fmt.Sprintf("M-%04d-XK", i),
			Serials: slices.Repeat([]string{fmt.Sprintf("K7Q0-T%03d", i)}, i%4+1)})
	}
	write := func(h cards.HandOver) func(io.Writer) error {
		return func(w io.Writer) error { return cards.WriteHandOver(w, job, h) }
	}
	t.Run("sheets are numbered and hold every household", func(t *testing.T) {
		toolcheck.Need(t, "pdfinfo", "pdftotext")
		pdf := printed(t, write(h))
		if got := pageCount(t, pdf); got != 3 {
			t.Errorf("pages = %d, want 3", got)
		}
		text := textOf(t, pdf)
		for _, l := range h.Lines {
			if !strings.Contains(text, l.Household) || strings.Count(text, l.Serials[0][5:]) != len(l.Serials) {
				t.Errorf("household %s is not complete", l.Household)
			}
		}
		for _, want := range []string{"Sheet 1 / 3", "Sheet 3 / 3", "Copy 2", "Signed out", "Rendue", "Détruite", "2 ménages · households, 7 cartes"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
	})
	t.Run("the notice to destroy appears with names, and so does their column", func(t *testing.T) {
		toolcheck.Need(t, "pdftotext")
		without := textOf(t, printed(t, write(h)))
		named := h
		named.Lines = slices.Clone(h.Lines)
		named.Lines[4].Name = "Ɲaɲaŋ Tɔgɔla"
		with := textOf(t, printed(t, write(named)))
		for _, word := range []string{"then destroy", "Ɲaɲaŋ Tɔgɔla"} {
			if strings.Contains(without, word) || !strings.Contains(with, word) {
				t.Errorf("%q: without names %t, with names %t", word, strings.Contains(without, word), strings.Contains(with, word))
			}
		}
	})
	for name, change := range map[string]func(*cards.HandOver){
		"no copy number": func(h *cards.HandOver) { h.Copy = 0 },
		"no line":        func(h *cards.HandOver) { h.Lines = nil },
		"no card":        func(h *cards.HandOver) { h.Lines = []cards.HandLine{{Number: 1, Household: "M"}} },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			bad := h
			change(&bad)
			if err := write(bad)(io.Discard); !errors.Is(err, cards.ErrInput) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestWritePackingList(t *testing.T) {
	p := cards.PackingList{Point: "P-7KQ", CardSheets: 166, Labels: 1687, Slips: 300, HandOverSheets: 34,
		Packs: []cards.PackLine{
			{Value: money.Francs(2500), Cards: 1204, Spares: 24},
			{Value: money.Francs(10_000), Cards: 300, Spares: 6},
			{Value: kilos(2500), Goods: cards.Goods{Name: "Riz", Unit: "kg"}, Cards: 150, Spares: 3},
		}}
	write := func(w io.Writer) error { return cards.WritePackingList(w, job, p) }
	t.Run("cards and value are totalled for each asset", func(t *testing.T) {
		toolcheck.Need(t, "pdftotext")
		text := textOf(t, printed(t, write))
		for _, want := range []string{"1 204", "3 010 000 FCFA", "Total 1 504 30 6 010 000 FCFA", "Total 150 3 3 750 kg", "1 687"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in:\n%s", want, text)
			}
		}
	})
	t.Run("a total that does not fit is an error", func(t *testing.T) {
		p := p
		p.Packs = []cards.PackLine{{Value: money.Francs(1 << 62), Cards: 3}}
		err := cards.WritePackingList(io.Discard, job, p)
		if !errors.Is(err, money.ErrRange) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("a negative count is refused", func(t *testing.T) {
		p := p
		p.Labels = -1
		if err := cards.WritePackingList(io.Discard, job, p); !errors.Is(err, cards.ErrInput) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestWriteStatement(t *testing.T) {
	const root = "c2l4dGVlbmJ5dGVzc2l4dGVlbnNpeHRlZW5ieXRlczE="
	st := cards.Statement{TitleFR: "Demande de remboursement", TitleEN: "Claim", Number: "C-2026-00193",
		Facts:   []cards.Fact{{Name: "Commerçant · Trader", Text: "V-0193"}},
		Totals:  []cards.StatementTotal{{Text: "À payer · Payable", Amount: money.Francs(1_234_500)}},
		Signers: []cards.Signer{{FR: "Commerçant", EN: "Trader"}}, Root: root, Size: 18_233}
	for i := range cards.StatementLinesMax {
		st.Lines = append(st.Lines, cards.StatementLine{Text: fmt.Sprintf("Jour %d", i), Count: i, Amount: money.Francs(500)})
	}
	write := func(w io.Writer) error { return cards.WriteStatement(w, job, st) }
	t.Run("a full page carries the root as a code and as text", func(t *testing.T) {
		toolcheck.Need(t, "pdfinfo", "pdftoppm", "pdftotext", "zbarimg")
		pdf := printed(t, write)
		if got := pageCount(t, pdf); got != 1 {
			t.Errorf("pages = %d, want 1", got)
		}
		if diff := cmp.Diff([]string{root}, codes(t, pdf, 1)); diff != "" {
			t.Errorf("code (-want +got):\n%s", diff)
		}
		text := textOf(t, pdf)
		for _, want := range []string{root, "Jour 17", "1 234 500 FCFA", "C-2026-00193"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
	})
	for name, change := range map[string]func(*cards.Statement){
		"a root of another length": func(st *cards.Statement) { st.Root = "c2l4dGVlbg==" },
		"a root not in base64":     func(st *cards.Statement) { st.Root = strings.Repeat("!", 44) },
		"one line too many":        func(st *cards.Statement) { st.Lines = append(slices.Clone(st.Lines), st.Lines[0]) },
		"nobody to sign":           func(st *cards.Statement) { st.Signers = nil },
		"an empty journal":         func(st *cards.Statement) { st.Size = 0 },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			bad := st
			change(&bad)
			if err := cards.WriteStatement(io.Discard, job, bad); !errors.Is(err, cards.ErrInput) {
				t.Errorf("error = %v", err)
			}
		})
	}
}
