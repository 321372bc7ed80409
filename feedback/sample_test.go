package feedback

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/vendors"
)

// Sizes are those of the tables that monitors use.
func TestDesign_Size(t *testing.T) {
	for _, tt := range []struct{ confidence, margin, n, want int }{
		{95, 5, 60_000, 382}, {95, 5, 1000, 278}, {95, 5, 100, 80}, {95, 5, 1_000_000, 384}, {95, 5, 100_000_000, 385}, {95, 5, 1, 1}, {95, 5, 0, 0},
		{90, 5, 1_000_000, 271}, {90, 10, 60_000, 68}, {99, 3, 60_000, 1789}, {95, 1, 1000, 906}, {80, 20, 3, 3},
	} {
		if got := (Design{Confidence: tt.confidence, Margin: tt.margin}).Size(tt.n); got != tt.want {
			t.Errorf("%d %% within %d points of %d households: %d, want %d", tt.confidence, tt.margin, tt.n, got, tt.want)
		}
	}
	for _, d := range []Design{{94, 5, nil, 0, 0, nil}, {95, 0, nil, 0, 0, nil}, {95, 21, nil, 0, 0, nil}, {95, 5, []Dimension{"tribe"}, 0, 0, nil},
		{95, 5, []Dimension{BySex, BySex}, 0, 0, nil}, {95, 5, nil, -1, 0, nil}, {95, 5, nil, 0, 101, nil}, {95, 5, nil, 0, 0, []vendors.ID{"v1", "v1"}},
		{95, 5, nil, 0, 0, []vendors.ID{"v1,v2"}}, {95, 5, nil, 0, 0, make([]vendors.ID, 21)}} {
		if err := d.check(); !errors.Is(err, ErrDesign) {
			t.Errorf("%+v passes", d)
		}
	}
}

// Allocation is proportional, sums to the size or more, and leaves no stratum
// below the minimum that it can fill.
func TestDesign_allocate(t *testing.T) {
	d := Design{Confidence: 95, Margin: 5, Minimum: 5, Replacements: 20}
	strata := []Stratum{{Name: "a", Households: 700}, {Name: "b", Households: 296}, {Name: "c", Households: 3}, {Name: "d", Households: 1}}
	d.allocate(strata)
	want := []Stratum{{"a", 700, 195, 39}, {"b", 296, 82, 17}, {"c", 3, 3, 0}, {"d", 1, 1, 0}}
	if diff := cmp.Diff(want, strata); diff != "" {
		t.Error(diff)
	}
	for n := 1; n < 400; n += 7 {
		strata := []Stratum{{Households: n}, {Households: 2 * n}, {Households: 3*n + 1}}
		Design{Confidence: 90, Margin: 7}.allocate(strata)
		sum := 0
		for _, s := range strata {
			sum += s.Size
		}
		if want := (Design{Confidence: 90, Margin: 7}).Size(6*n + 1); sum != want {
			t.Fatalf("%d households: %d are allocated, want %d", 6*n+1, sum, want)
		}
	}
}

func frameOf(n int) (units []FrameUnit) {
	for i := range n {
		units = append(units, FrameUnit{Unit: fmt.Sprintf("%016x", i*7919), Stratum: fmt.Sprintf("point=p%d", i%3)})
	}
	return units
}

// The same seed and frame give the same draw, in whatever order the frame is;
// another seed gives another; each household is about as likely as the others;
// nobody is drawn twice.
func TestDesign_draw(t *testing.T) {
	d := Design{Confidence: 90, Margin: 10, Minimum: 3, Replacements: 50}
	units := frameOf(90)
	drawn := map[string]int{}
	var before []Pick
	for i := range 200 {
		picks, _ := d.draw(units, sha256.Sum256(fmt.Append(nil, i)))
		if slices.Equal(picks, before) {
			t.Fatal("two seeds draw the same")
		}
		seen := map[string]bool{}
		for n, p := range picks {
			if p.N != n+1 || seen[p.Unit] {
				t.Fatalf("pick %d is %+v", n, p)
			}
			seen[p.Unit] = true
			if !p.Replacement {
				drawn[p.Unit]++
			}
		}
		mixed := slices.Clone(units)
		slices.Reverse(mixed)
		if again, _ := d.draw(mixed, sha256.Sum256(fmt.Append(nil, i))); !slices.Equal(picks, again) {
			t.Fatal("the order of the frame matters")
		}
		before = picks
	}
	size := d.Size(90)
	for _, u := range units {
		// 200 draws of size/90 each, five standard deviations around.
		if want := 200 * size / 90; drawn[u.Unit] < want-35 || drawn[u.Unit] > want+35 {
			t.Errorf("%s is drawn %d times of 200, want about %d", u.Unit, drawn[u.Unit], want)
		}
	}
	text := frameText(units)
	back, err := parseFrame(text)
	if err != nil || string(frameText(back)) != string(text) {
		t.Errorf("the frame is read back as something else: %v", err)
	}
}

// Wilson's intervals are those of the textbooks.
func TestWilson(t *testing.T) {
	for _, tt := range []struct{ k, n, low, high int }{
		{90, 100, 825, 945}, {0, 10, 0, 278}, {10, 10, 722, 1000}, {50, 100, 403, 597}, {1, 1, 206, 1000}, {191, 382, 450, 550},
	} {
		low, high := wilson(big.NewRat(int64(tt.k), int64(tt.n)), big.NewRat(int64(tt.n), 1), big.NewRat(1_959_964, 1_000_000))
		if low != tt.low || high != tt.high {
			t.Errorf("%d of %d: %d to %d, want %d to %d", tt.k, tt.n, low, high, tt.low, tt.high)
		}
	}
}

// Shares are weighted by households, and small cells are hidden: a single one
// takes the next smallest with it.
func TestResultsOf(t *testing.T) {
	m := Sample{Design: Design{Confidence: 95, Margin: 5}, Households: 1000, Strata: []Stratum{
		{Name: "a", Households: 900}, {Name: "b", Households: 90}, {Name: "c", Households: 10}}}
	said := func(n, no int) (all []Answer) {
		for i := range n {
			a := Answer{Reached: Spoken, Received: Yes, By: Oneself}
			if i < no {
				a.Received, a.By = No, TheVendor
			}
			all = append(all, a)
		}
		return append(all, Answer{Reached: Unreached}, Answer{Reached: Refused})
	}
	r := resultsOf(m, map[string][]Answer{"a": said(30, 0), "b": said(20, 20), "c": said(9, 0)})
	if r.Called != 65 || r.Spoken != 59 || r.Unreached != 3 || r.Refused != 3 || r.ResponsePermille != 908 || r.Enough {
		t.Errorf("counted as %+v", r)
	}
	// 910 of 1000 households are in strata that said yes; effective size 10^6/(27000+405+11.1).
	want := Estimate{Answers: 59, Share: 910, Low: 774, High: 968}
	if diff := cmp.Diff(want, r.Estimates["received"]); diff != "" {
		t.Error(diff)
	}
	if e := r.Estimates["elsewhere"]; e.Share != 90 {
		t.Errorf("somebody else bought: %+v", e)
	}
	hidden := map[string]bool{}
	for _, x := range r.Strata {
		hidden[x.Name] = x.Estimates["received"].Suppressed
	}
	if diff := cmp.Diff(map[string]bool{"a": false, "b": true, "c": true}, hidden); diff != "" {
		t.Error(diff)
	}
	for i, want := range []StratumResult{{Called: 32, Answers: 30, Unreached: 1, Refused: 1}, {Called: 22, Answers: 20, Unreached: 1, Refused: 1},
		{Called: 11, Answers: 9, Unreached: 1, Refused: 1}} {
		if x := r.Strata[i]; x.Suppressed || x.Called != want.Called || x.Answers != want.Answers || x.Unreached != 1 || x.Refused != 1 {
			t.Errorf("calls of %+v", x)
		}
	}
	few := resultsOf(m, map[string][]Answer{"a": said(30, 0), "b": said(20, 20), "c": said(7, 0)})
	for i, hidden := range []bool{false, true, true} {
		if x := few.Strata[i]; x.Suppressed != hidden || hidden && x.Answers+x.Unreached+x.Refused > 0 {
			t.Errorf("where few were called: %+v", x)
		}
	}
	if few.Spoken != 57 || few.Unreached != 3 {
		t.Errorf("in all %+v", few)
	}
	if r := resultsOf(m, map[string][]Answer{"a": said(9, 3)}); !r.Estimates["received"].Suppressed || r.Estimates["fee"].Answers != 0 {
		t.Errorf("nine answers are shown: %+v", r.Estimates)
	}
}

// Codes of lines are read as people type them, and belong to one sample.
func TestSample_Code(t *testing.T) {
	a, b := Sample{ID: "m65a1b2c3aabbcc"}, Sample{ID: "m65a1b2c4ddeeff"}
	foreign := 0
	for n := 1; n < 3000; n++ {
		code := a.Code(n)
		if got, ok := a.lineOf(code); !ok || got != n {
			t.Fatalf("%s is read as %d, %t", code, got, ok)
		}
		if _, ok := b.lineOf(code); ok {
			foreign++
		}
	}
	if foreign == 2999 {
		t.Error("codes of one sample pass for another's")
	}
	if got, ok := a.lineOf("42" + a.Code(42)[5:]); !ok || got != 42 {
		t.Error("zeros that a spreadsheet drops matter")
	}
	for _, wrong := range []string{"", "x", "00042", "00042-", "0-0", "100000-A", a.Code(42)[:5] + "-!"} {
		if n, ok := a.lineOf(wrong); ok {
			t.Errorf("%q is read as %d", wrong, n)
		}
	}
}
