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
	found := r.look()
	s := r.scored
	var out []Call
	called := make([]bool, len(f.Records))
	for _, a := range f.Answers {
		called[a.Record] = true
	}
	for _, one := range found {
		if one.Score < t.FreezeMin {
			continue
		}
		if w := r.word(one.Records); signalled(one.Detector) && w.reached < most {
			var fresh []int32
			for _, i := range one.Records {
				if !called[i] {
					fresh = append(fresh, i)
				}
			}
			sortBy(fresh, func(i int32) uint64 { return mixed(uint64(i)) })
			for _, i := range fresh[:min(len(fresh), most)] {
				out = append(out, Call{i, true})
				called[i] = true
			}
		}
		for _, i := range one.Records {
			r.questioned[i] = true
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
	for v, places := range s.placesByVendor() {
		if c := lots[v]; c.k >= doubted && c.n < doubtMost {
			out = append(out, r.drawn(places, min(3*most, doubtMost-c.n))...)
		}
		if done[v].n > 0 && done[v].k == 0 {
			continue
		}
		risk := s.risks(int32(v), places, done[v].k+lots[v].k > 0)
		type sale struct {
			record int32
			risk   float64
			lot    uint64
		}
		var list []sale
		for at, p := range places {
			if i := r.sales[p]; !r.questioned[i] {
				list = append(list, sale{i, risk[at], mixed(uint64(i))})
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

// risks says how much each of a vendor's sales should be asked about: where
// households deny, how like theirs it is, and otherwise how much it carries of what
// the vendor has too much of.
func (s *scored) risks(vendor int32, places []int32, denied bool) []float64 {
	if denied {
		x := s.newMixture(vendor, places)
		x.fit()
		return x.odd
	}
	out, excess := make([]float64, len(places)), s.excess(vendor, places)
	for at, p := range places {
		out[at] = s.risk(p, excess)
	}
	return out
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

// signalled names the detectors whose findings rest on what sales have in common,
// which their households may confirm or clear.
func signalled(detector string) bool {
	return detector == combined.Name || detector == alikeDetector.Name
}
