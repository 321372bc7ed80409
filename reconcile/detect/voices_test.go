package detect

import (
	"math"
	"slices"
	"testing"
)

// asks adds what the households of those sales say.
func (f *Facts) asks(a Answer, sales ...int32) {
	for _, i := range sales {
		a.Record = i
		f.Answers = append(f.Answers, a)
	}
}

// Households that say that a part is missing tell how much is in question; so many
// that have received all of it say that nothing is.
func TestWord(t *testing.T) {
	all, half := Answer{Received: true}, Answer{Received: true, Missing: 5000}
	for name, tt := range map[string]struct {
		fill   func(f *Facts)
		part   float64
		told   bool
		clears bool
	}{
		"nobody asked":      {func(*Facts) {}, 1, false, false},
		"unreached":         {func(f *Facts) { f.asks(Answer{Unreached: true}, 0, 1, 2, 3, 4, 5, 6, 7) }, 1, false, false},
		"one says less":     {func(f *Facts) { f.asks(half, 0); f.asks(all, 1, 2, 3) }, 1, false, false},
		"two say less":      {func(f *Facts) { f.asks(half, 0, 1); f.asks(all, 2, 3, 4, 5) }, 0.5, true, false},
		"as many deny":      {func(f *Facts) { f.asks(half, 0, 1); f.asks(Answer{}, 2, 3) }, 1, false, false},
		"five received all": {func(f *Facts) { f.asks(all, 0, 1, 2, 3, 4) }, 1, false, false},
		"seven":             {func(f *Facts) { f.asks(all, 0, 1, 2, 3, 4, 5, 6) }, 1, false, true},
		"one of seven not":  {func(f *Facts) { f.asks(all, 0, 1, 2, 3, 4, 5); f.asks(Answer{}, 6) }, 1, false, false},
	} {
		f := hundred()
		tt.fill(f)
		r := newRun(f, Defaults())
		w := r.word([]int32{0, 1, 2, 3, 4, 5, 6, 7})
		if part, told := r.part(w); part != tt.part || told != tt.told || r.clears(w) != tt.clears {
			t.Errorf("%s: part %v %v, clears %v; want %v %v, %v", name, part, told, r.clears(w), tt.part, tt.told, tt.clears)
		}
	}
}

// What was done since a day is found in the sales since that day, and what chance
// spreads over all of them in all.
func TestWhere(t *testing.T) {
	f := hundred() // five sales a day
	var every []int32
	for i := range int32(100) {
		every = append(every, i)
		a := Answer{Received: true}
		if i >= 60 && i%2 == 0 {
			a.Missing = 5000
		}
		if i%4 == 0 {
			f.asks(a, i)
		}
	}
	bad := func(a said) bool { return a == less }
	if got := newRun(f, Defaults()).where(every, bad); len(got) == 0 || len(got) > 45 || got[0] < 55 || !slices.Contains(got, 99) {
		t.Errorf("since the 60th sale: %d from %v", len(got), got[:min(len(got), 1)])
	}
	for i := range f.Answers {
		f.Answers[i].Missing = int64(i%3) / 2 * 5000
	}
	if got := newRun(f, Defaults()).where(every, bad); len(got) != 100 {
		t.Errorf("all over: %d of 100", len(got))
	}
}

// Of 10, 4 of them marked, all 4 are among 5 in 5 of 210 ways.
func TestHypergeometricTail(t *testing.T) {
	if got := hypergeometricTail(count{4, 5}, count{4, 10}); math.Abs(got-5.0/210) > 1e-9 {
		t.Errorf("%v, want %v", got, 5.0/210)
	}
	if got := hypergeometricTail(count{0, 5}, count{4, 10}); math.Abs(got-1) > 1e-9 {
		t.Errorf("none or more: %v", got)
	}
}
