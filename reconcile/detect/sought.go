package detect

import (
	"cmp"
	"math"
	"slices"
)

// Call is a sale to ask its household about.
type Call struct {
	Record int32
	Sought bool // for the sale's own marks; otherwise by lot among its vendor's
}

// doubted is how many of a vendor's households say that they got nothing, or less,
// until more of his customers are asked, by lot, and doubtMost how many are at most.
const (
	doubted   = 2
	doubtMost = 45
)

// Sought returns which sales to ask households about next: of each vendor up to
// so many, those that carry the marks of which it has more than is expected; and
// three times as many by lot of a vendor of whom two households said that they got
// nothing, or less. Nobody is called twice, nor about what a finding of FreezeMin
// questions, and a vendor whose customers were sought before and deny nothing is
// left alone. The answers go into Facts.Answers with Sought as the call has it:
// what households say of sought sales is worth as much as of others, since those
// of an honest trader do not deny for having been chosen, but how many of all do,
// such a choice does not tell.
func Sought(f *Facts, t Thresholds, most int) []Call {
	r := newRun(f, t)
	s := r.score()
	for _, one := range Run(f, t) {
		if one.Score >= t.FreezeMin {
			for _, i := range one.Records {
				r.questioned[i] = true
			}
		}
	}
	done, lots := make([]count, len(f.Vendors)), make([]count, len(f.Vendors)) // called for their sales, or by lot, and what they said
	for _, a := range f.Answers {
		r.questioned[a.Record] = true
		c := &lots[f.Records[a.Record].Vendor]
		if a.Sought {
			c = &done[f.Records[a.Record].Vendor]
		}
		c.n++
		if !a.Unreached && (!a.Received || a.Missing > 0) {
			c.k++
		}
	}
	var out []Call
	for v, places := range s.placesByVendor() {
		if c := lots[v]; c.k >= doubted && c.n < doubtMost {
			out = append(out, r.drawn(places, min(3*most, doubtMost-c.n))...)
		}
		if done[v].n > 0 && done[v].k == 0 {
			continue
		}
		excess := s.excess(int32(v), places)
		type sale struct {
			record int32
			risk   float64
			lot    uint64
		}
		var list []sale
		for _, p := range places {
			if i := r.sales[p]; !r.questioned[i] {
				list = append(list, sale{i, s.risk(p, excess), mixed(uint64(i))})
			}
		}
		slices.SortFunc(list, func(a, b sale) int { return cmp.Or(cmp.Compare(b.risk, a.risk), cmp.Compare(a.lot, b.lot)) })
		for _, one := range list[:min(len(list), most)] {
			out = append(out, Call{one.record, true})
		}
	}
	return out
}

// drawn returns some of a vendor's sales by lot, and has them not asked about
// again.
func (r *run) drawn(places []int32, most int) []Call {
	var list []int32
	for _, p := range places {
		if i := r.sales[p]; !r.questioned[i] {
			list = append(list, i)
		}
	}
	sortBy(list, func(i int32) uint64 { return mixed(uint64(i)) })
	var out []Call
	for _, i := range list[:min(len(list), most)] {
		r.questioned[i] = true
		out = append(out, Call{i, false})
	}
	return out
}

// mixed spreads numbers, so that ties are not broken by the order of arrival.
func mixed(x uint64) uint64 {
	x = (x + 1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	return x ^ x>>27
}

// excess says, by signal, how many times oftener a vendor's sales carry its mark
// than is expected, as a logarithm; 0 where it may be chance.
func (s *scored) excess(vendor int32, places []int32) []float64 {
	out := make([]float64, len(signals))
	for i := range signals {
		var c count
		for _, p := range places {
			c.add(s.marks[i][p])
		}
		mean := s.bases[i].of(vendor, s.zoneOf)
		if spread := math.Sqrt(float64(c.n)*mean*(1-mean)) + 1; float64(c.k) > float64(c.n)*mean+spread && signals[i].Family != voices {
			out[i] = math.Log((float64(c.k) + 0.5) / (float64(c.n)*mean + 0.5))
		}
	}
	return out
}

// risk adds up the excess of a sale's marks, the largest of each family.
func (s *scored) risk(place int32, excess []float64) float64 {
	most := map[string]float64{}
	for i, d := range signals {
		if s.marks[i][place] == marked {
			most[d.Family] = max(most[d.Family], excess[i])
		}
	}
	sum := 0.0
	for _, d := range signals { // in one order, so that the sum is the same
		sum += most[d.Family]
		delete(most, d.Family)
	}
	return sum
}
