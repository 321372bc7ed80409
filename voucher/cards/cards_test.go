package cards_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher/cards"
)

var (
	made = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
	job  = cards.Job{Round: "R7", Made: made, Hotline: "80 00 12 34"}
)

// digits returns n digits that look random and depend on seed alone.
func digits(seed, n int) string {
	b := make([]byte, n)
	x := uint64(seed)*2862933555777941757 + 3037000493
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = '0' + byte(x>>33%10)
	}
	return string(b)
}

// sample returns n cards of every kind a round prints, of full-size codes.
func sample(n int) []cards.Card {
	values := []int64{500, 2500, 10_000, 100_000, 1_250_000}
	list := make([]cards.Card, n)
	for i := range list {
		list[i] = cards.Card{
			Code:       digits(i, 604-i%3*21),
			Serial:     fmt.Sprintf("K7Q%d-9XTM-4WPA-%04d-8Z", i%10, i),
			Value:      money.Francs(values[i%len(values)]),
			Pictograms: []cards.Pictogram{cards.Bag, cards.Rice, cards.Oil},
			Ends:       time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC),
			Point:      "P-7KQ",
			Scratch:    i%4 != 3,
			PIN:        i%3 == 2,
		}
		if i%6 == 5 {
			list[i].Value = kilos(2500)
			list[i].Goods = cards.Goods{Name: "Riz / Malo ɛɔɲŋ", Unit: "kg"}
			list[i].Pictograms = []cards.Pictogram{cards.Rice}
		}
	}
	return list
}

func kilos(hundredths int64) money.Amount {
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		panic(err)
	}
	return money.FromMinor(hundredths, rice)
}

// printed runs one of the writers and returns the document.
func printed(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func printCards(t testing.TB, j cards.Job, list []cards.Card) []byte {
	t.Helper()
	return printed(t, func(w io.Writer) error { return cards.WriteCards(w, j, cards.All(list)) })
}

// Every code of a job can be read back from a rendering at the resolution of
// a poor printer, on the sheet where it belongs.
func TestWriteCards_codes(t *testing.T) {
	toolcheck.Need(t, "pdftoppm", "pdfinfo", "zbarimg")
	list := sample(25)
	pdf := printCards(t, job, list)
	if got := pageCount(t, pdf); got != 3 {
		t.Fatalf("pages = %d, want 3", got)
	}
	for page := range 3 {
		var want []string
		for _, c := range list[page*10 : min(len(list), page*10+10)] {
			want = append(want, c.Code)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, codes(t, pdf, page+1)); diff != "" {
			t.Errorf("codes on page %d (-want +got):\n%s", page+1, diff)
		}
	}
}

func TestWriteCards_text(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	list := sample(25)

	t.Run("a card shows value, end, serial and hotline in both languages", func(t *testing.T) {
		text := textOf(t, printCards(t, job, list[5:6]))
		for _, want := range []string{
			list[5].Serial, "25 kg", "31/12/2026", "80 00 12 34", "Riz / Malo ɛɔɲŋ", "PIN",
			"COUPON · VOUCHER", "Jusqu'au", "Until",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in:\n%s", want, text)
			}
		}
		if text := textOf(t, printCards(t, job, list[4:5])); !strings.Contains(text, "1 250 000 FCFA") {
			t.Errorf("amount is missing in:\n%s", text)
		}
	})
	t.Run("one language leaves the other out", func(t *testing.T) {
		j := job
		j.Lang = cards.English
		text := textOf(t, printCards(t, j, list[:1]))
		if strings.Contains(text, "Jusqu'au") || !strings.Contains(text, "Until") {
			t.Errorf("not English alone:\n%s", text)
		}
	})
	t.Run("every serial is printed, and the range of a sheet in its margin", func(t *testing.T) {
		pdf := printCards(t, job, list)
		text := textOf(t, pdf)
		for _, c := range list {
			if !strings.Contains(text, c.Serial) {
				t.Errorf("serial %s is missing", c.Serial)
			}
		}
		if want := list[20].Serial + " → " + list[24].Serial; !strings.Contains(text, want) {
			t.Errorf("range %q is missing", want)
		}
	})
	t.Run("the point stands in the margin and on no card", func(t *testing.T) {
		pdf := printCards(t, job, list)
		if !strings.Contains(textOf(t, pdf), "P-7KQ") {
			t.Error("point is missing")
		}
		inside := textOf(t, pdf, "-r", "254", "-x", "194", "-y", "136", "-W", "1712", "-H", "2699")
		if !strings.Contains(inside, list[0].Serial) {
			t.Fatal("the cut was read in the wrong place")
		}
		for _, word := range []string{"P-7KQ", "R7", "→"} {
			if strings.Contains(inside, word) {
				t.Errorf("%q stands inside the cut lines", word)
			}
		}
	})
}

// A household's papers never betray it: of one job, names are on the
// hand-over sheet alone, places on it alone, and secrets on no card.
func TestPapersApart(t *testing.T) {
	toolcheck.Need(t, "pdftotext")
	const name, place, secret, pin = "Aïssata Coulibaly", "Diallassagou", "4821093711548826", "730164"
	list := sample(1)
	hand := cards.HandOver{Point: "P-7KQ", Place: place, Copy: 1, Lines: []cards.HandLine{
		{Number: 1, Household: "M-0193-XK", Name: name, Serials: []string{list[0].Serial}},
	}}
	label := cards.Label{Secret: secret, Serial: list[0].Serial}
	slip := cards.Slip{PIN: pin, Serials: []string{list[0].Serial}}
	papers := map[string]string{
		"card": textOf(t, printCards(t, job, list)),
		"label": textOf(t, printed(t, func(w io.Writer) error {
			return cards.WriteLabels(w, job, cards.All([]cards.Label{label}))
		})),
		"slip": textOf(t, printed(t, func(w io.Writer) error {
			return cards.WriteSlips(w, job, cards.All([]cards.Slip{slip}))
		})),
		"hand-over": textOf(t, printed(t, func(w io.Writer) error { return cards.WriteHandOver(w, job, hand) })),
	}
	for word, only := range map[string]string{name: "hand-over", place: "hand-over", secret: "label", pin: "slip"} {
		for paper, text := range papers {
			packed := strings.Join(strings.Fields(text), "")
			has := strings.Contains(packed, strings.ReplaceAll(word, " ", ""))
			if has != (paper == only) {
				t.Errorf("%s on the %s: %t", word, paper, has)
			}
		}
	}
}

func TestWriteCards_sheets(t *testing.T) {
	toolcheck.Need(t, "pdfinfo", "pdftotext")

	t.Run("a new point starts a new sheet", func(t *testing.T) {
		list := sample(13)
		for i := range list[11:] {
			list[11+i].Point = "P-9ZD"
		}
		pdf := printCards(t, job, list)
		if got := pageCount(t, pdf); got != 3 {
			t.Errorf("pages = %d, want 3", got)
		}
		for _, want := range []string{"Sheet 2 / 2 (2 / 3)", "Sheet 1 / 1 (3 / 3)"} {
			if !strings.Contains(textOf(t, pdf), want) {
				t.Errorf("%q is missing", want)
			}
		}
	})
	t.Run("a blank position is left empty and counted as none", func(t *testing.T) {
		list := sample(11)
		list[3] = cards.Card{Blank: true, Point: "P-7KQ"}
		pdf := printCards(t, job, list)
		if got := pageCount(t, pdf); got != 2 {
			t.Errorf("pages = %d, want 2", got)
		}
		if text := textOf(t, pdf); !strings.Contains(text, "Cards: 9") || strings.Contains(text, "001/04") {
			t.Errorf("the blank position is not blank:\n%s", text)
		}
	})
}

func TestWriteCards_size(t *testing.T) {
	// A thousand cards at most 8 MB, measured on fewer with the fonts' share.
	const n = 200
	if size := len(printCards(t, job, sample(n))); size > n*8<<20/1000 {
		t.Errorf("%d cards take %d bytes", n, size)
	}
}

func TestWriteCards_sameBytes(t *testing.T) {
	if !bytes.Equal(printCards(t, job, sample(25)), printCards(t, job, sample(25))) {
		t.Error("the same cards gave other bytes")
	}
}

func TestWriteCards_refusals(t *testing.T) {
	change := func(f func(*cards.Card)) []cards.Card {
		list := sample(3)
		f(&list[2])
		return list
	}
	for _, tt := range []struct {
		name  string
		cards []cards.Card
		want  error
		field string
	}{
		{"a code beyond version 11", change(func(c *cards.Card) { c.Code = digits(1, 605) }), cards.ErrCode, "cards[2].code"},
		{"a code that is not digits", change(func(c *cards.Card) { c.Code = "12a4" }), cards.ErrInput, "cards[2].code"},
		{"no code", change(func(c *cards.Card) { c.Code = "" }), cards.ErrInput, "cards[2].code"},
		{"no serial", change(func(c *cards.Card) { c.Serial = "" }), cards.ErrInput, "cards[2].serial"},
		{"a serial with a line break", change(func(c *cards.Card) { c.Serial = "AAAA\nBBBB" }), cards.ErrInput, "cards[2].serial"},
		{"a letter outside the fonts' plane", change(func(c *cards.Card) { c.Serial = "K7Q🍚" }), cards.ErrInput, "cards[2].serial"},
		{"no value", change(func(c *cards.Card) { c.Value = money.Francs(0) }), cards.ErrInput, "cards[2].value"},
		{"a commodity without goods", change(func(c *cards.Card) { c.Value = kilos(100) }), cards.ErrInput, "cards[2].goods"},
		{"no end", change(func(c *cards.Card) { c.Ends = time.Time{} }), cards.ErrInput, "cards[2].ends"},
		{"an unknown pictogram", change(func(c *cards.Card) { c.Pictograms = []cards.Pictogram{99} }), cards.ErrInput, "cards[2].pictograms"},
		{"five pictograms", change(func(c *cards.Card) { c.Pictograms = make([]cards.Pictogram, 5) }), cards.ErrInput, "cards[2].pictograms"},
		{"no cards", nil, cards.ErrInput, "cards"},
		{"too many", slices.Repeat([]cards.Card{{Blank: true}}, cards.CardsMax+1), cards.ErrTooMany, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			err := cards.WriteCards(&b, job, cards.All(tt.cards))
			if !errors.Is(err, tt.want) {
				t.Fatalf("error = %v, want %v", err, tt.want)
			}
			if f := fault.Of(err); tt.field != "" && (len(f.Fields) != 1 || f.Fields[0].Location != tt.field) {
				t.Errorf("fields = %v, want %s", f.Fields, tt.field)
			}
			if b.Len() != 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
	t.Run("a job without its time or with an unknown language", func(t *testing.T) {
		for _, j := range []cards.Job{{Round: "R7"}, {Round: "R7", Made: made, Lang: 9}, {Made: made}} {
			if err := cards.WriteCards(io.Discard, j, cards.All(sample(1))); !errors.Is(err, cards.ErrInput) {
				t.Errorf("%+v: error = %v", j, err)
			}
		}
	})
	t.Run("an error of the sequence ends the job", func(t *testing.T) {
		broken := errors.New("broken")
		var b bytes.Buffer
		err := cards.WriteCards(&b, job, func(yield func(cards.Card, error) bool) {
			_ = yield(sample(1)[0], nil) && yield(cards.Card{}, broken)
		})
		if !errors.Is(err, broken) || b.Len() != 0 {
			t.Errorf("error = %v after %d bytes", err, b.Len())
		}
	})
}

func TestParsePictogram(t *testing.T) {
	for p := cards.Coin; p <= cards.Scan; p++ {
		if got, err := cards.ParsePictogram(p.String()); err != nil || got != p {
			t.Errorf("%v reads back as %v, %v", p, got, err)
		}
	}
	if _, err := cards.ParsePictogram("unknown"); !errors.Is(err, cards.ErrPictogram) {
		t.Errorf("error = %v", err)
	}
}
