package match

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/voucher"
)

const card = voucher.Serial("0123456789ABCDEF")

// sold returns an engine with sales of one card and these sums, one household's.
func sold(t testing.TB, amounts ...int64) *Engine {
	e := &Engine{}
	for _, a := range amounts {
		e.Add(Sale{Serial: packed(t, card), From: noon, To: noon, Amount: a})
	}
	return e
}

// candidates returns the sales of an answer's only proposal.
func candidates(t testing.TB, a Answer) (sales [][]int32) {
	t.Helper()
	if len(a.Proposals) != 1 {
		t.Fatalf("proposals %+v", a.Proposals)
	}
	for _, c := range a.Proposals[0].Candidates {
		sales = append(sales, c.Sales)
	}
	return sales
}

// Of many sales that a line may mean, the five likeliest are shown, in their
// order, wherever they stand.
func TestEngine_manyCandidates(t *testing.T) {
	e := sold(t)
	text := "9" + string(card[1:]) // without check digits
	for n := range 60 {
		amount := int64(500)
		if n%10 == 9 {
			amount = 1_000
		}
		e.Add(Sale{Serial: packed(t, card), From: noon, To: noon, Amount: amount})
	}
	e.ask(t, card, "") // has the first of 1,000
	e.ask(t, "", text)
	if diff := cmp.Diff([][]int32{{19}, {29}, {39}, {49}, {59}}, candidates(t, e.Run())); diff != "" {
		t.Error(diff)
	}
	as(t, e)
}

// Whoever has a sale already is said of the candidates that others are shown,
// whichever line came first.
func TestEngine_freeCandidates(t *testing.T) {
	e := sold(t, 1_000)
	e.ask(t, "", "9"+string(card[1:])) // no check digits: nobody can say
	e.ask(t, "", "9"+card.Printed()[1:])
	a := as(t, e)
	if a.Results[1].Outcome != Read || a.Proposals[0].Candidates[0].Free {
		t.Errorf("%+v", a)
	}
}

// What two lines ask for together is not given to one that names another card.
func TestEngine_splitAndSlip(t *testing.T) {
	e := sold(t, 1_000)
	for _, part := range []int64{400, 600} {
		e.Ask(Line{Serial: packed(t, card), Amount: part, Holds: None}, "")
	}
	e.ask(t, "", "9"+card.Printed()[1:])
	a := as(t, e)
	if got := a.Results[2]; got != (Result{0, 0, Ambiguous}) || len(a.Proposals) != 2 || a.TakenBy[0] != None {
		t.Errorf("%+v", a)
	}
	t.Run("a closed line is no part of it", func(t *testing.T) {
		// It was accepted for another sale, which an earlier line has.
		e := sold(t, 1_000, 1_000)
		for _, l := range []Line{{Amount: 1_000, Holds: 0}, {Amount: 400, Holds: None}, {Amount: 600, Holds: 0, Closed: true}} {
			l.Serial = packed(t, card)
			e.Ask(l, "")
		}
		if a := as(t, e); a.Results[1].Outcome != AmountDiffers || a.Results[2].Outcome != Taken {
			t.Errorf("%+v", a.Results)
		}
	})
	t.Run("nor is a late one", func(t *testing.T) {
		e := sold(t, 1_000)
		e.Ask(Line{Serial: packed(t, card), Amount: 400, Holds: None}, "")
		e.Ask(Line{Serial: packed(t, card), Amount: 600, Holds: None, Late: true}, "")
		if a := as(t, e); a.Results[0].Outcome != AmountDiffers || a.Results[1].Outcome != Taken {
			t.Errorf("%+v", a.Results)
		}
	})
}

// A line that sums up several sales of a household is shown the few before the
// many, each once, and at most five; ten of them are tried together, and all
// of them where there are fewer than two hundred.
func TestEngine_mergedBounds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		amounts []int64 // of the household; the line names the first
		asks    int64
		want    [][]int32
	}{
		{"the few before the many", []int64{500, 1_000, 400, 600, 9}, 1_500, [][]int32{{0, 1}, {0, 2, 3}}},
		{"all but one", []int64{500, 1, 2, 4, 8}, 500 + 7, [][]int32{{0, 1, 2, 3}}},
		{"all, once", []int64{500, 1, 2}, 500 + 3, [][]int32{{0, 1, 2}}},
		{"at most five", []int64{500, 7, 7, 7, 7, 7, 7, 7}, 507, [][]int32{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}}},
		{"the tenth", []int64{500, 1, 1, 1, 1, 1, 1, 1, 1, 1, 70, 1}, 570, [][]int32{{0, 10}}},
		{"the eleventh is not tried", []int64{500, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 70}, 570, nil},
		{"199 together", append([]int64{500}, slices.Repeat([]int64{3}, 199)...), 500 + 3*199, [][]int32{upTo(200)}},
		{"200 are too many", append([]int64{500}, slices.Repeat([]int64{3}, 200)...), 500 + 3*200, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &Engine{}
			for n, a := range tt.amounts {
				serial := card
				if n > 0 {
					serial = voucher.Serial(fmt.Sprintf("%016d", n))
				}
				e.Add(Sale{Serial: packed(t, serial), From: noon, To: noon, Amount: a})
			}
			e.Ask(Line{Serial: packed(t, card), Amount: tt.asks, Holds: None}, "")
			a := e.Run()
			if tt.want == nil {
				if a.Results[0].Outcome != AmountDiffers || len(a.Proposals) > 0 {
					t.Errorf("%+v", a)
				}
				return
			}
			if diff := cmp.Diff(tt.want, candidates(t, a)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func upTo(n int32) (ns []int32) {
	for i := range n {
		ns = append(ns, i)
	}
	return ns
}

// Slips are looked for in the first fifty thousand lines, and how many are left
// is said.
func TestEngine_unsearched(t *testing.T) {
	e := sold(t, 1_000)
	for range 49_999 {
		e.ask(t, "", "not a card")
	}
	text := "9" + card.Printed()[1:]
	e.ask(t, "", text)
	e.ask(t, "", text)
	a := e.Run()
	if a.Unsearched != 1 || a.Results[49_999].Outcome != Read || a.Results[50_000].Outcome != NoSale {
		t.Errorf("%d unsearched, %+v and %+v", a.Unsearched, a.Results[49_999], a.Results[50_000])
	}
}

// Three characters may be missing at the end of a serial, and three too many
// stand there; one more is too far.
func TestEngine_lengths(t *testing.T) {
	printed := strings.ReplaceAll(card.Printed(), "-", "")
	for _, tt := range []struct {
		text string
		want Outcome
	}{
		{string(card[:13]), Ambiguous}, {string(card[:12]), NoSale},
		{printed + "ZZZ", Ambiguous}, {printed + "ZZZZ", NoSale}, {strings.Repeat(printed, 200), NoSale}, {"", NoSale}, {"é" + string(card[1:]), Ambiguous},
	} {
		e := sold(t, 1_000)
		e.ask(t, "", tt.text)
		if got := as(t, e).Results[0].Outcome; got != tt.want {
			t.Errorf("%.30q is %d, want %d", tt.text, got, tt.want)
		}
	}
}

// Load takes lines in the place of those before, of which nothing is kept.
func TestEngine_Load(t *testing.T) {
	e := sold(t, 1_000)
	other := voucher.Serial("MNPQRSTVWXYZ4567")
	e.Add(Sale{Serial: packed(t, other), From: noon, To: noon, Amount: 1_000})
	e.ask(t, card, "")
	e.Run()
	e.Load([]Line{{Serial: packed(t, other), Amount: 1_000, Holds: None}}, nil)
	if got := e.Run().Results; got[0] != (Result{1, None, Matched}) {
		t.Errorf("%+v", got)
	}
}

func TestPack(t *testing.T) {
	for _, s := range []voucher.Serial{"0000000000000001", "000000000000ZZZZ", "ZZZZZZZZZZZZZZZZ"} {
		if packed(t, s).IsZero() {
			t.Errorf("%s is none", s)
		}
	}
	for _, s := range []voucher.Serial{"", card + "0", card[1:], "0123456789ABCDEI", "0123456789abcdef"} {
		if p, ok := Pack(s); ok || !p.IsZero() {
			t.Errorf("%q is packed", s)
		}
	}
}
