package detect

import (
	"math"
	"slices"
)

// digitDetector looks at amounts that people type. Prices and quantities give
// the digits that they give, which is why Benford's law is not asked: a
// vendor's digits are compared with those of the other vendors.
var digitDetector = Detector{
	Name:  "odd-digits",
	Looks: Text{"amounts whose digits are not those of other traders: somebody made them up", "des montants dont les chiffres diffèrent de ceux des autres : quelqu'un les a inventés"},
	Says: Text{"The digits of the amounts in {n} sales, worth {value}, are distributed unlike those of other traders.",
		"Les chiffres des montants de {n} ventes, pour {value}, se répartissent autrement que chez les autres commerçants."},
	Clears: Text{"Prices or packages of this shop alone; the goods book.", "Des prix ou des emballages propres à cette boutique ; le cahier des marchandises."},
	find:   oddDigits,
}

// shape sorts an amount by how it ends: how many zeros, and the digit before
// them.
func shape(amount int64) int {
	zeros := 0
	for amount > 0 && amount%10 == 0 && zeros < 4 {
		amount /= 10
		zeros++
	}
	return zeros*10 + int(amount%10)
}

const shapes = 50

// shapesOf counts a vendor's amounts by their shapes.
type shapesOf struct {
	counts [shapes]int
	n      int
}

// oddDigits measures how far each vendor's shapes are from those of all others
// by Pearson's chi-square, and how usual that is by the median vendor's. Being
// unlike others is no fraud: it is never more than a signal.
func oddDigits(r *run) []Finding {
	by := make([]shapesOf, len(r.Vendors))
	var all shapesOf
	for _, g := range r.Goods {
		v, s := r.Records[g.Record].Vendor, shape(g.Amount)
		by[v].counts[s]++
		by[v].n++
		all.counts[s]++
		all.n++
	}
	away := make([]float64, len(by))
	var usual []float64
	for v, own := range by {
		if own.n < r.BasketLinesMin {
			continue
		}
		away[v] = own.away(all)
		usual = append(usual, away[v])
	}
	if len(usual) < 10 {
		return nil // nobody to be compared with
	}
	slices.Sort(usual)
	middle := usual[len(usual)/2]
	spread := max(1.48*(usual[len(usual)*3/4]-middle), 0.1)
	var out []Finding
	for v, own := range by {
		if own.n < r.BasketLinesMin || away[v] <= middle+float64(r.DigitSpreads)*spread {
			continue
		}
		one := Finding{Vendor: int32(v), Handheld: -1, Score: 30}
		for _, g := range r.Goods {
			x := r.Records[g.Record]
			if s := shape(g.Amount); int(x.Vendor) == v && own.over(all, s) {
				one.Records = append(one.Records, g.Record)
			}
		}
		slices.Sort(one.Records)
		one.Records = slices.Compact(one.Records)
		for _, i := range one.Records {
			one.Value += r.Records[i].Value
		}
		if len(one.Records) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// share is how often others have the shape.
func (s shapesOf) share(all shapesOf, shape int) float64 {
	return (float64(all.counts[shape]-s.counts[shape]) + 0.5) / (float64(all.n-s.n) + shapes/2)
}

// away is the square root of chi-square for each amount, so that vendors of all
// sizes can be compared: chance alone gives one.
func (s shapesOf) away(all shapesOf) float64 {
	sum := 0.0
	for i, k := range s.counts {
		expected := s.share(all, i) * float64(s.n)
		d := float64(k) - expected
		sum += d * d / max(expected, 1)
	}
	return math.Sqrt(sum / (shapes - 1))
}

// over reports whether the vendor has the shape three times as often as others.
func (s shapesOf) over(all shapesOf, shape int) bool {
	return float64(s.counts[shape]) > 3*s.share(all, shape)*float64(s.n)
}
