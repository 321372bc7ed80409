package match

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/voucher"
)

const noon = 1_800_000_000

func serialOf(r *rand.Rand) voucher.Serial {
	b := make([]byte, serialLen)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return voucher.Serial(b)
}

func packed(t testing.TB, s voucher.Serial) Serial {
	t.Helper()
	p, ok := Pack(s)
	if !ok || p.Voucher() != s {
		t.Fatalf("%s is packed as %s", s, p.Voucher())
	}
	return p
}

// shop returns an engine with so many sales of 1,000 francs by vendor 0 in
// round 0, and their serials.
func shop(t testing.TB, r *rand.Rand, n int) (*Engine, []voucher.Serial) {
	e := &Engine{}
	var serials []voucher.Serial
	for range n {
		serials = append(serials, serialOf(r))
		e.Add(Sale{Serial: packed(t, serials[len(serials)-1]), From: noon, To: noon + 60, Amount: 1_000, Household: None})
	}
	return e, serials
}

// ask adds a line of 1,000 francs that was read, or one with a text.
func (e *Engine) ask(t testing.TB, s voucher.Serial, text string) int32 {
	l := Line{Amount: 1_000, Holds: None}
	if s != "" {
		l.Serial = packed(t, s)
	}
	return e.Ask(l, text)
}

func TestEngine_Run(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	e, s := shop(t, r, 6)
	e.Sales[3].Vendor, e.Sales[4].Gone = 1, true
	twice := e.Add(Sale{Serial: e.Sales[0].Serial, From: noon + 9*day, To: noon + 9*day, Amount: 2_000, Household: None})
	lines := []struct {
		line Line
		want Result
	}{
		{Line{Serial: packed(t, s[0]), Amount: 2_000}, Result{twice, None, Matched}}, // the sum chooses
		{Line{Serial: packed(t, s[0]), Amount: 1_000}, Result{0, None, Matched}},
		{Line{Serial: packed(t, s[0]), Amount: 1_000}, Result{0, 1, Taken}},
		{Line{Serial: packed(t, s[1]), Amount: 900}, Result{1, None, AmountDiffers}},
		{Line{Serial: packed(t, s[3]), Amount: 1_000}, Result{3, None, NoSale}},    // another's
		{Line{Serial: packed(t, s[4]), Amount: 1_000}, Result{None, None, NoSale}}, // undone
		{Line{Serial: packed(t, s[2]), Amount: 1_000, Late: true}, Result{2, 7, Taken}},
		{Line{Serial: packed(t, s[2]), Amount: 1_000}, Result{2, None, Matched}}, // although it stands behind
		{Line{Serial: packed(t, s[5]), Amount: 1_000, Closed: true}, Result{5, None, LeftOut}},
		{Line{Serial: packed(t, s[5]), Amount: 1_000, Late: true}, Result{5, None, LeftOut}},
		{Line{Serial: packed(t, serialOf(r)), Amount: 1_000}, Result{None, None, NoSale}},
	}
	var want []Result
	for _, l := range lines {
		l.line.Holds = None
		e.Ask(l.line, "")
		want = append(want, l.want)
	}
	if diff := cmp.Diff(want, e.Run().Results); diff != "" {
		t.Error(diff)
	}
	t.Run("what a line was accepted for it keeps", func(t *testing.T) {
		e.Lines[2].Holds = 0
		got := e.Run().Results
		if got[2] != (Result{0, None, Matched}) || got[1] != (Result{0, 2, Taken}) {
			t.Errorf("%v, %v", got[2], got[1])
		}
	})
}

// slip makes one slip of the hand in a printed serial.
func slip(r *rand.Rand, printed string) (kind, text string) {
	plain := strings.ReplaceAll(printed, "-", "")
	looks := map[byte]string{'5': "S", 'S': "5", '8': "B", 'B': "8", '2': "Z", 'Z': "2", '6': "G", 'G': "6", '0': "O", '1': "l", 'V': "U"}
	for {
		i := r.IntN(len(plain) - 1)
		c := plain[i]
		switch r.IntN(5) {
		case 0:
			if like := looks[c]; like != "" {
				return "alike", plain[:i] + like + plain[i+1:]
			}
		case 1:
			if c != plain[i+1] {
				return "transposed", plain[:i] + string(plain[i+1]) + string(c) + plain[i+2:]
			}
		case 2:
			return "missing", plain[:i] + plain[i+1:]
		case 3:
			return "doubled", plain[:i] + string(c) + plain[i:]
		default:
			if other := alphabet[r.IntN(len(alphabet))]; other != c {
				return "wrong", plain[:i] + string(other) + plain[i+1:]
			}
		}
	}
}

// Every single slip is read, whatever it is and wherever it stands, and so are
// all characters that look alike at once.
func TestEngine_slips(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	e, s := shop(t, r, 2_000)
	kinds := map[string]int{}
	want := map[int32]int32{}
	for n := range 800 {
		kind, text := slip(r, s[n].Printed())
		if p, err := voucher.ParseSerial(text); err == nil {
			want[e.ask(t, p, "")] = int32(n)
		} else {
			want[e.ask(t, "", text)] = int32(n)
			kinds[kind]++
		}
	}
	all := strings.NewReplacer("5", "S", "S", "5", "8", "B", "B", "8", "0", "o", "1", "l", "6", "G")
	for n := 800; n < 900; n++ {
		text := strings.ToLower(all.Replace(s[n].Printed()))
		if _, err := voucher.ParseSerial(text); err != nil {
			want[e.ask(t, "", text)] = int32(n)
		}
	}
	a := e.Run()
	for line, sale := range want {
		if got := a.Results[line]; got.Sale != sale || got.Outcome != Read && got.Outcome != Matched {
			t.Errorf("%q for %s: %+v", e.texts[line], s[sale].Printed(), got)
		}
	}
	for _, kind := range []string{"alike", "transposed", "missing", "doubled", "wrong"} {
		if kinds[kind] == 0 {
			t.Errorf("no slip of the kind %s was tried", kind)
		}
	}
}

// What is not certain is proposed, and given to nobody.
func TestEngine_doubt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	base := serialOf(r)
	swap := func(at int, c byte) voucher.Serial { return base[:at] + voucher.Serial(c) + base[at+1:] }
	one, other := swap(5, 'A'), swap(5, 'B')
	type asked struct {
		text   string
		amount int64
		day    int64
	}
	for name, tt := range map[string]struct {
		line    asked
		sales   []Sale
		outcome Outcome
		first   int32
	}{
		"check digits choose between two": {asked{string(one[:15]) + "_" + string(one[15:]) + one.Printed()[20:], 1_000, 0}, nil, Read, 0},
		"two are as near":                 {asked{string(swap(5, 'C')), 1_000, 0}, nil, Ambiguous, 0},
		"the one with the sum is first":   {asked{string(swap(5, 'C')), 1_500, 0}, []Sale{{Amount: 1_500}}, Ambiguous, 2},
		"another sum":                     {asked{"X" + one.Printed()[1:], 1_100, 0}, nil, Ambiguous, 0},
		"another day":                     {asked{"X" + one.Printed()[1:], 1_000, noon - 30*day}, nil, Ambiguous, 0},
		"no check digits":                 {asked{"X" + string(one[1:]), 1_000, 0}, nil, Ambiguous, 0},
		"far from all":                    {asked{serialOf(r).Printed()[:18] + "0", 1_000, 0}, nil, NoSale, None},
	} {
		t.Run(name, func(t *testing.T) {
			e := &Engine{}
			for _, s := range []voucher.Serial{one, other} {
				e.Add(Sale{Serial: packed(t, s), From: noon, To: noon, Amount: 1_000, Household: None})
			}
			for _, s := range tt.sales {
				s.Serial, s.From, s.To, s.Household = packed(t, swap(5, 'D')), noon, noon, None
				e.Add(s)
			}
			e.Ask(Line{Amount: tt.line.amount, Day: tt.line.day, Holds: None}, tt.line.text)
			a := e.Run()
			if got := a.Results[0]; got.Outcome != tt.outcome {
				t.Fatalf("%+v, %+v", got, a.Proposals)
			}
			switch tt.outcome {
			case Read:
				if a.Results[0].Sale != tt.first || a.TakenBy[tt.first] != 0 {
					t.Errorf("%+v", a)
				}
			case Ambiguous:
				if len(a.Proposals) != 1 || a.Proposals[0].Candidates[0].Sales[0] != tt.first {
					t.Errorf("proposals %+v", a.Proposals)
				}
				if slices.ContainsFunc(a.TakenBy, func(by int32) bool { return by != None }) {
					t.Error("a sale was given away")
				}
			}
		})
	}
	t.Run("taken, and another vendor's, are shown last", func(t *testing.T) {
		e := &Engine{}
		for range 3 {
			e.Add(Sale{Serial: packed(t, one), From: noon, To: noon, Amount: 1_000, Household: None})
		}
		e.Sales[0].Vendor = 1
		e.ask(t, one, "")
		e.ask(t, "", "XX"+one.Printed()[2:])
		a := e.Run()
		var order []int32
		for _, c := range a.Proposals[0].Candidates {
			order = append(order, c.Sales[0])
		}
		if diff := cmp.Diff([]int32{2, 1, 0}, order); diff != "" {
			t.Errorf("%s%+v", diff, a.Proposals)
		}
	})
}

// One sale typed as two lines, and several typed as one, are proposed.
func TestEngine_groups(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	e, s := shop(t, r, 8)
	for n, household := range []int32{0, 1, 1, 1, 2, 2, 3, 4} {
		e.Sales[n].Household = household
	}
	e.Sales[7].From, e.Sales[7].To = noon+5*day, noon+5*day
	ask := func(sale int, amount int64, claim int32) {
		e.Ask(Line{Serial: packed(t, s[sale]), Amount: amount, Holds: None, Claim: claim}, "")
	}
	ask(0, 400, 0)   // 0 and 1 are one sale
	ask(0, 600, 0)   //
	ask(1, 2_000, 0) // 2 is two of three of a household
	ask(4, 700, 0)   // 3 and 4 do not make one
	ask(4, 700, 0)   //
	ask(6, 600, 0)   // 5 and 6 are of two claims
	ask(6, 400, 1)   //
	ask(7, 2_000, 0) // 7 sold nothing else on that day
	a := e.Run()
	var got []Outcome
	for _, res := range a.Results {
		got = append(got, res.Outcome)
	}
	want := []Outcome{Ambiguous, Ambiguous, Ambiguous, AmountDiffers, Taken, AmountDiffers, Taken, AmountDiffers}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantProposals := []Proposal{
		{Lines: []int32{0, 1}, Why: Split, Candidates: []Candidate{{Sales: []int32{0}, Free: true, Own: true, Sum: true, Dated: true}}},
		{Lines: []int32{2}, Why: Merged, Candidates: []Candidate{
			{Sales: []int32{1, 2}, Free: true, Own: true, Sum: true, Dated: true}, {Sales: []int32{1, 3}, Free: true, Own: true, Sum: true, Dated: true}}},
	}
	if diff := cmp.Diff(wantProposals, a.Proposals); diff != "" {
		t.Error(diff)
	}
}

// Whatever comes in whatever portions, the answer is that of all of it at once;
// no sale has two lines, and the search for slips finds what comparing every
// line with every sale finds.
func TestEngine_random(t *testing.T) {
	read, doubted := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 9))
		var parts, whole Engine
		var serials []voucher.Serial
		if r.IntN(2) == 0 {
			whole.Reserve(r.IntN(100), 10)
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch r.IntN(3) {
			case 0:
				serials = append(serials, serialOf(r))
				s := Sale{Serial: packed(t, serials[len(serials)-1]), From: noon, To: noon, Amount: 500 * (1 + r.Int64N(3)), Vendor: r.Int32N(2), Household: r.Int32N(3)}
				parts.Add(s)
				whole.Add(s)
			case 1:
				parts.Run()
			default:
				if len(serials) == 0 {
					continue
				}
				l := Line{Amount: 500 * (1 + r.Int64N(3)), Vendor: r.Int32N(2), Holds: None, Claim: r.Int32N(2), Late: r.IntN(8) == 0}
				s := serials[r.IntN(len(serials))]
				text := ""
				if r.IntN(2) == 0 {
					_, text = slip(r, s.Printed())
				} else {
					l.Serial = packed(t, s)
				}
				parts.Ask(l, text)
				whole.Ask(l, text)
			}
		}
		got, want := parts.Run(), whole.Run()
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
		seen := map[int32]bool{}
		for i, res := range got.Results {
			switch res.Outcome {
			case Matched, Read, AmountDiffers:
				if seen[res.Sale] || got.TakenBy[res.Sale] != int32(i) {
					rt.Fatalf("line %d shares sale %d", i, res.Sale)
				}
				seen[res.Sale] = true
			}
			if res.Outcome == Read {
				read++
			}
			if res.Outcome == Ambiguous {
				doubted++
			}
		}
		for i, text := range whole.texts {
			near := 0
			for _, s := range serials {
				if distance(typed(text), strings.ReplaceAll(s.Printed(), "-", "")) <= slipsAlone {
					near++
				}
			}
			if !whole.Lines[i].Late && near > 0 != (got.Results[i].Outcome != NoSale) {
				rt.Fatalf("%q is near to %d: %+v", text, near, got.Results[i])
			}
		}
	})
	if read == 0 || doubted == 0 {
		t.Errorf("%d lines were read, %d doubted", read, doubted)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"ABCD", "ABCD", 0}, {"A5CD", "ASCD", 1}, {"ABCD", "5BCD", 2}, {"ABCD", "BACD", 2}, {"ABCD", "ACD", 2}, {"ABCD", "AABCD", 2}, {"", "AB", 4},
	} {
		if got, back := distance(tt.a, tt.b), distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("distance(%s, %s) = %d and back %d, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}
