package detect

import (
	"cmp"
	"math"
	"slices"
)

// betaBinomialTail returns the probability of at least k marks among n where
// the rate of marks varies as a beta distribution of the given mean in (0,1)
// and strength (pseudo-observations, > 0).
func betaBinomialTail(k, n int, mean, strength float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n:
		return 0
	}
	a, b := mean*strength, (1-mean)*strength
	if float64(k) <= float64(n)*mean {
		return 1 // what is not above the mean is never a surprise
	}
	p := math.Exp(logChoose(n, k) + logBeta(float64(k)+a, float64(n-k)+b) - logBeta(a, b))
	sum := p
	for i := k; i < n && p > sum*1e-12; i++ {
		x, m := float64(i), float64(n)
		p *= (m - x) / (x + 1) * (x + a) / (m - x - 1 + b)
		sum += p
	}
	return min(sum, 1)
}

// binomialHead returns the probability of at most k among n at a rate in (0,1).
func binomialHead(k, n int, rate float64) float64 {
	sum := 0.0
	for i := range min(k, n) + 1 {
		sum += math.Exp(logChoose(n, i) + float64(i)*math.Log(rate) + float64(n-i)*math.Log(1-rate))
	}
	return min(sum, 1)
}

// gammaPoissonTail returns the probability of at least k events where expected
// are expected, give or take a gamma distribution of the given strength (the
// inverse of its relative variance, > 0).
func gammaPoissonTail(k int, expected, strength float64) float64 {
	if k <= 0 || float64(k) <= expected {
		return 1
	}
	q := expected / (expected + strength)
	x := float64(k)
	lg := func(v float64) float64 { l, _ := math.Lgamma(v); return l }
	p := math.Exp(lg(x+strength) - lg(strength) - lg(x+1) + strength*math.Log(1-q) + x*math.Log(q))
	sum := p
	for i := x; p > sum*1e-12; i++ {
		p *= (i + strength) / (i + 1) * q
		sum += p
	}
	return min(sum, 1)
}

// hypergeometricTail returns the probability that at least part.k of the marks of
// all fall on part.n of those that could carry one: Fisher's exact test.
func hypergeometricTail(part, all count) float64 {
	sum := 0.0
	for k := part.k; k <= min(part.n, all.k); k++ {
		if all.k-k <= all.n-part.n {
			sum += math.Exp(logChoose(part.n, k) + logChoose(all.n-part.n, all.k-k) - logChoose(all.n, all.k))
		}
	}
	return min(sum, 1)
}

func logChoose(n, k int) float64 {
	return -math.Log(float64(n+1)) - logBeta(float64(n-k+1), float64(k+1))
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// count is marks among what could carry one.
type count struct{ k, n int }

// baseline is how often a mark is carried, and how much vendors differ in it.
type baseline struct {
	mean     float64 // of all vendors
	strength float64 // pseudo-observations: large where vendors are alike
	zone     []count // by zone
	vendor   []count
}

// limits of a fitted strength: below, everything is possible; above, vendors
// would have to be more alike than people are.
const (
	strengthMin = 1
	strengthMax = 150
)

// likeness estimates how much units of one kind differ, by the method of
// moments. The twentieth part that stands out most is left out of it, so that
// fraud does not excuse itself.
type likeness struct{ devs []deviation }

// deviation is a unit's squared distance from what is expected of it, in units
// of a binomial's variance, and by how much overdispersion multiplies in it.
type deviation struct{ square, factor float64 }

func (l *likeness) see(c count, mean float64) {
	d := float64(c.k) - float64(c.n)*mean
	l.devs = append(l.devs, deviation{d * d / float64(c.n) / mean / (1 - mean), float64(c.n - 1)})
}

// strength returns pseudo-observations: large where units are alike. A
// beta-binomial's variance is that of the binomial times 1+(n-1)ρ.
func (l *likeness) strength() float64 {
	slices.SortFunc(l.devs, func(a, b deviation) int { return cmp.Compare(a.square, b.square) })
	var excess, factor float64
	for _, d := range l.devs[:len(l.devs)-len(l.devs)/20] {
		excess += d.square - 1
		factor += d.factor
	}
	if excess <= 0 || factor <= 0 {
		return strengthMax
	}
	return min(max(factor/excess-1, strengthMin), strengthMax)
}

// fit estimates a baseline from each vendor's counts.
func fit(vendor []count, zones []int32, nzones int) baseline {
	b := baseline{zone: make([]count, nzones), vendor: vendor}
	var all count
	for v, c := range vendor {
		all.k, all.n = all.k+c.k, all.n+c.n
		z := &b.zone[zones[v]]
		z.k, z.n = z.k+c.k, z.n+c.n
	}
	b.mean = (float64(all.k) + 0.5) / (float64(all.n) + 100)
	var l likeness
	for v, c := range vendor {
		if c.n > 1 {
			l.see(c, b.at(v, zones[v]))
		}
	}
	b.strength = l.strength()
	return b
}

// zoneWeight is how many observations of the programme a zone's own are
// weighed against.
const zoneWeight = 300

// at returns the rate expected of a vendor: that of the others of its zone,
// shrunk towards the programme's.
func (b baseline) at(v int, zone int32) float64 {
	z, own := b.zone[zone], b.vendor[v]
	m := (float64(z.k-own.k) + zoneWeight*b.mean) / (float64(z.n-own.n) + zoneWeight)
	return min(max(m, 1e-4), 0.99)
}

// of returns what is expected of a unit: of a vendor's, or, where vendor is -1,
// of one that several share.
func (b baseline) of(vendor int32, zones []int32) float64 {
	if vendor < 0 {
		return min(max(b.mean, 1e-4), 0.99)
	}
	return b.at(int(vendor), zones[vendor])
}

// discoveries returns the largest p-value that the procedure of Benjamini and
// Hochberg lets pass at false discovery rate q among that many tests, 0 where
// none does. It sorts ps; tests that are not in it count as not significant.
func discoveries(ps []float64, tests int, q float64) float64 {
	slices.Sort(ps)
	for i := len(ps) - 1; i >= 0; i-- {
		if ps[i] <= q*float64(i+1)/float64(tests) {
			return ps[i]
		}
	}
	return 0
}

// sortBy sorts by a key, and by the values where keys are the same.
func sortBy[T, K cmp.Ordered](list []T, key func(T) K) {
	slices.SortFunc(list, func(a, b T) int { return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a, b)) })
}
