package detect

import (
	"math"
	"testing"
)

// The tails are those of the definitions, added up term by term.
func TestTails(t *testing.T) {
	// With mean 1/2 and strength 2 every count from 0 to n is as likely.
	if got := betaBinomialTail(8, 9, 0.5, 2); math.Abs(got-0.2) > 1e-9 {
		t.Errorf("uniform: %v, want 0.2", got)
	}
	// A strong prior leaves the binomial: P(X >= 9 | 10, 0.5) = 11/1024.
	if got := betaBinomialTail(9, 10, 0.5, 1e9); math.Abs(got-11.0/1024) > 1e-6 {
		t.Errorf("binomial: %v", got)
	}
	// Strength 1 leaves the geometric: P(X >= k) = (4/5)^k where 4 are expected.
	if got := gammaPoissonTail(5, 4, 1); math.Abs(got-math.Pow(0.8, 5)) > 1e-9 {
		t.Errorf("geometric: %v, want %v", got, math.Pow(0.8, 5))
	}
	if got := binomialHead(1, 7, 0.3); math.Abs(got-(math.Pow(0.7, 7)+7*0.3*math.Pow(0.7, 6))) > 1e-9 {
		t.Errorf("one of seven or none: %v", got)
	}
	if betaBinomialTail(0, 9, 0.1, 5) != 1 || betaBinomialTail(10, 9, 0.1, 5) != 0 || gammaPoissonTail(3, 4, 1) != 1 {
		t.Error("bounds")
	}
}

func TestDiscoveries(t *testing.T) {
	// 0.01 <= 1/5*0.05, 0.015 <= 2/5*0.05, and no other.
	if got := discoveries([]float64{0.9, 0.015, 0.01, 0.5}, 5, 0.05); got != 0.015 {
		t.Errorf("limit %v, want 0.015", got)
	}
	if got := discoveries([]float64{0.2}, 5, 0.05); got != 0 {
		t.Errorf("limit %v of nothing significant", got)
	}
}

// A vendor with few sales is not suspected for what a large one would be.
func TestBaseline_small(t *testing.T) {
	vendors, zones := make([]count, 100), make([]int32, 100)
	for v := range vendors {
		vendors[v] = count{k: 4 + v%5, n: 200}
	}
	vendors[0], vendors[1] = count{k: 1, n: 3}, count{k: 66, n: 200}
	b := fit(vendors, zones, 1)
	p := func(v int) float64 { return betaBinomialTail(vendors[v].k, vendors[v].n, b.at(v, 0), b.strength) }
	if p(0) < 0.01 || p(1) > 1e-9 {
		t.Errorf("a third of 3 has p %v, a third of 200 %v", p(0), p(1))
	}
}

// Vendors that are alike are told from those that differ.
func TestLikeness(t *testing.T) {
	var l likeness
	for i := range 1000 {
		l.see(count{k: 2 + i%3, n: 60}, 0.05) // less spread than a binomial
	}
	if got := l.strength(); got != strengthMax {
		t.Errorf("alike vendors have strength %v", got)
	}
	var wild likeness
	for i := range 1000 {
		wild.see(count{k: 30 * (i % 10 / 9), n: 60}, 0.05)
	}
	if got := wild.strength(); got > 20 {
		t.Errorf("vendors that differ have strength %v", got)
	}
}
