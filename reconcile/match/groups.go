package match

import (
	"math/bits"
	"slices"
)

const (
	day = 24 * 3600
	// togetherMax bounds the sales of one household and day that are tried
	// together: their sums number two to this power.
	togetherMax = 10
	// mergedMax bounds the sales that one line may sum up.
	mergedMax = 200
)

// split finds lines of one claim that together ask for one sale: the first of
// them has it and asks for less, the others ask for it again.
func (r *run) split() {
	parts := map[int32][]int32{} // lines by sale
	for _, i := range r.odd {
		if out := r.Results[i]; r.Lines[i].Amount < r.Sales[out.Sale].Amount {
			parts[out.Sale] = []int32{i}
		}
	}
	if len(parts) == 0 {
		return
	}
	for i := range r.Lines {
		l, out := &r.Lines[i], r.Results[i]
		if out.Outcome != Taken {
			continue
		}
		if p := parts[out.Sale]; len(p) > 0 && r.Lines[p[0]].Claim == l.Claim {
			parts[out.Sale] = append(p, int32(i))
		}
	}
	for sale, lines := range parts {
		sum := int64(0)
		for _, i := range lines {
			sum += r.Lines[i].Amount
		}
		if len(lines) < 2 || sum != r.Sales[sale].Amount {
			continue
		}
		r.doubt(Proposal{Lines: lines, Why: Split, Candidates: []Candidate{{Sales: []int32{sale}, Free: true, Own: true, Sum: true, Dated: true}}})
	}
}

// doubt leaves the lines of a proposal to a person. Until all lines are matched
// the first of them keeps the sale that it names from others.
func (r *run) doubt(p Proposal) {
	for _, i := range p.Lines {
		r.Results[i] = Result{None, None, Ambiguous}
	}
	r.Proposals = append(r.Proposals, p)
}

// householdDay is what one household bought at one vendor on one day; vendorDay
// what everybody did, with None for the household.
type householdDay struct {
	vendor, round, household int32
	day                      int64
}

// merged finds lines that ask for more than the sale that they name, and for
// exactly what several sales of that day come to: those of the same household,
// or all that nobody else asks for.
func (r *run) merged() {
	wanted := map[householdDay][]int32{}
	for _, i := range r.odd {
		out := r.Results[i]
		if out.Outcome != AmountDiffers || r.Lines[i].Amount <= r.Sales[out.Sale].Amount {
			continue
		}
		s := &r.Sales[out.Sale]
		for _, k := range s.days() {
			wanted[k] = nil
		}
	}
	if len(wanted) == 0 {
		return
	}
	doubted := map[int32]bool{}
	for _, p := range r.Proposals {
		for _, c := range p.Candidates {
			for _, n := range c.Sales {
				doubted[n] = true
			}
		}
	}
	for n := range r.Sales {
		s := &r.Sales[n]
		if s.Gone || r.TakenBy[n] != None || doubted[int32(n)] {
			continue
		}
		for _, k := range s.days() {
			if together, ok := wanted[k]; ok && len(together) <= mergedMax {
				wanted[k] = append(together, int32(n))
			}
		}
	}
	for _, i := range r.odd {
		r.sumUp(i, wanted)
	}
}

// days are the groups that a sale is in.
func (s *Sale) days() []householdDay {
	k := householdDay{s.Vendor, s.Round, s.Household, s.From / day}
	all := k
	all.household = None
	if s.Household == None {
		return []householdDay{all}
	}
	return []householdDay{k, all}
}

// sumUp proposes the sales that a line may sum up.
func (r *run) sumUp(i int32, wanted map[householdDay][]int32) {
	named := r.Results[i].Sale
	if named == None || r.Results[i].Outcome != AmountDiffers {
		return
	}
	s, more := &r.Sales[named], r.Lines[i].Amount-r.Sales[named].Amount
	if more <= 0 {
		return
	}
	p := Proposal{Lines: []int32{i}, Why: Merged}
	for _, k := range s.days() {
		free := wanted[k]
		if sum, n := int64(0), len(free); n > 0 && n < mergedMax {
			for _, o := range free {
				sum += r.Sales[o].Amount
			}
			if sum == more {
				p.add(named, free)
			}
		}
		if k.household != None {
			r.subsets(free, more, func(some []int32) { p.add(named, some) })
		}
	}
	if len(p.Candidates) == 0 {
		return
	}
	r.doubt(p)
}

// add adds the sales as a candidate, unless it has been said.
func (p *Proposal) add(named int32, others []int32) {
	sales := append([]int32{named}, others...)
	slices.Sort(sales)
	for _, c := range p.Candidates {
		if slices.Equal(c.Sales, sales) {
			return
		}
	}
	if len(p.Candidates) < candidatesMax {
		p.Candidates = append(p.Candidates, Candidate{Sales: sales, Free: true, Own: true, Sum: true, Dated: true})
	}
}

// subsets calls fn with some of the sales that come to the sum, each few before
// the many.
func (r *run) subsets(sales []int32, sum int64, fn func([]int32)) {
	sales = sales[:min(len(sales), togetherMax)]
	for size := 1; size < len(sales); size++ {
		for set := 1; set < 1<<len(sales); set++ {
			if bits.OnesCount(uint(set)) != size {
				continue
			}
			some, total := make([]int32, 0, size), int64(0)
			for j, n := range sales {
				if set>>j&1 == 1 {
					some, total = append(some, n), total+r.Sales[n].Amount
				}
			}
			if total == sum {
				fn(some)
			}
		}
	}
}
