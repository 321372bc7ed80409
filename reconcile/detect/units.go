package detect

import (
	"maps"
	"math"
	"slices"
)

// unitKinds are how sales are divided to look for a part that stands out. A
// vendor's own kind comes first; the others find a bad day of a good vendor.
var unitKinds = []func(*run, Record) (uint64, bool){
	func(_ *run, x Record) (uint64, bool) { return 0, true },
	func(_ *run, x Record) (uint64, bool) { return uint64(x.Said / day), x.Handheld >= 0 },
	func(r *run, x Record) (uint64, bool) { return uint64(x.To / hour), x.Handheld >= 0 },
	func(r *run, x Record) (uint64, bool) {
		c := r.Cards[x.Card]
		return uint64(uint32(c.Point))<<32 | uint64(uint32(c.Rank)/blockRanks), c.Point >= 0
	},
	func(r *run, x Record) (uint64, bool) {
		c := r.Cards[x.Card]
		return uint64(uint32(c.Registrar)), c.Registrar > 0
	},
	func(_ *run, x Record) (uint64, bool) { return uint64(uint32(x.Collector)), x.Collector > 0 },
	func(r *run, x Record) (uint64, bool) {
		p := r.Cards[x.Card].Phone
		return uint64(uint32(p)), p > 0
	},
	func(_ *run, x Record) (uint64, bool) { return uint64(uint32(x.Handheld)), x.Handheld >= 0 },
	func(r *run, x Record) (uint64, bool) { t, ok := r.clock(x); return uint64(t % day / (3 * hour)), ok },
	func(r *run, x Record) (uint64, bool) {
		v := r.Cards[x.Card].Verifier
		return uint64(uint32(v)), v > 0
	},
	func(r *run, x Record) (uint64, bool) {
		d := r.Cards[x.Card].Distributor
		return uint64(uint32(d)), d > 0
	},
	func(r *run, x Record) (uint64, bool) { return 0, r.Cards[x.Card].Taker >= Alternate },
	func(r *run, x Record) (uint64, bool) { return 0, r.Cards[x.Card].Spare },
	func(_ *run, x Record) (uint64, bool) { return 0, !x.Full },
}

// acrossKinds are unitKinds whose units are looked at across vendors too: of
// whoever registered, handed over or collected, and of a village. They spread
// what they take over several shops.
var acrossKinds = []int{3, 4, 5, 6, 9, 10}

// blockRanks is how many places of a list make a block: a village's part.
const blockRanks = 60

// unit is a part of one vendor's sales.
type unit struct {
	vendor int32   // -1 where it is of several
	kind   int     // index in unitKinds; signals and acrossKinds follow them
	sales  []int32 // places in run.sales
	by     int     // the signal that marks all of them, -1 for none
}

// outcome is what one signal comes to in one unit.
type outcome struct {
	signal int
	p      float64
	weight float64 // of a marked sale, as a power of ten
	most   bool    // half of those that could carry the mark do
}

// scored is what signals come to in all units.
type scored struct {
	*run
	marks []marks    // by signal
	bases []baseline // by signal
	units []unit
	hot   [][]outcome // by unit: what is significant
}

// score marks all sales and tests every signal in every unit. Signals know
// nothing of each other, so that they are looked at side by side.
func (r *run) score() *scored {
	s := &scored{run: r, marks: make([]marks, len(signals)), bases: make([]baseline, len(signals))}
	r.scored = s
	var done steps
	sideBySide(len(signals), func(i int) {
		s.marks[i] = make(marks, len(r.sales))
		signals[i].mark(r, s.marks[i])
		counts := make([]count, len(r.Vendors))
		for at, m := range s.marks[i] {
			counts[r.ofSale(at).Vendor].add(m)
		}
		s.bases[i] = fit(counts, r.zoneOf, r.zones)
		done.tell(r.tell)
	})
	s.divide()
	s.hot = make([][]outcome, len(s.units))
	tested := make([]tested, len(signals))
	sideBySide(len(signals), func(i int) {
		tested[i] = s.test(i)
		done.tell(r.tell)
	})
	var ps []float64
	tests := 0
	for _, t := range tested {
		tests += t.tests
		for _, h := range t.hits {
			s.hot[h.unit] = append(s.hot[h.unit], h.outcome)
			ps = append(ps, h.p)
		}
	}
	limit := discoveries(ps, max(tests, 1), r.FalseDiscoveries)
	for u, os := range s.hot {
		kept := os[:0]
		for _, o := range os {
			if o.p <= limit && o.weight >= math.Log10(r.LiftMin) {
				kept = append(kept, o)
			}
		}
		s.hot[u] = kept
	}
	s.inherit()
	return s
}

// tested is what testing one signal in all units comes to.
type tested struct {
	tests int
	hits  []hit // in the order of units
}

// hit is what a signal comes to in a unit that has more of it than expected.
type hit struct {
	unit int
	outcome
}

// test tests a signal in every unit.
func (s *scored) test(i int) tested {
	var out tested
	m, base, counts := s.marks[i], s.bases[i], make([]count, len(s.units))
	alike := make([]likeness, len(unitKinds)+len(signals)+len(acrossKinds))
	for u, un := range s.units {
		if un.by == i {
			continue
		}
		for _, at := range un.sales {
			counts[u].add(m[at])
		}
		if counts[u].n >= s.enough(i) {
			out.tests++
			alike[un.kind].see(counts[u], base.of(un.vendor, s.zoneOf))
		}
	}
	strength := make([]float64, len(alike))
	for k := range alike {
		strength[k] = alike[k].strength()
	}
	for u, un := range s.units {
		c, mean := counts[u], base.of(un.vendor, s.zoneOf)
		if c.k < s.enough(i) || c.lift(mean, mean > common) < s.LiftMin {
			continue
		}
		lift := c.lift(mean, mean > common)
		p := betaBinomialTail(c.k, c.n, mean, strength[un.kind])
		out.hits = append(out.hits, hit{u, outcome{i, p, min(math.Log10(lift), s.cap(i)), 2*c.k >= c.n}})
	}
	return out
}

// inherit gives units of sales with one mark what that mark comes to among all
// of the vendor's sales. Where it is nothing, they are no unit.
func (s *scored) inherit() {
	whole := make([]int, len(s.Vendors)) // the unit of all of a vendor's sales, from 1
	for u, un := range s.units {
		if un.kind == 0 {
			whole[un.vendor] = u + 1
		}
	}
	for u, un := range s.units {
		if un.by < 0 || len(s.hot[u]) == 0 {
			continue
		}
		var own []outcome
		if at := whole[un.vendor]; at > 0 {
			for _, o := range s.hot[at-1] {
				if o.signal == un.by {
					own = append(own, o)
				}
			}
		}
		if len(own) == 0 {
			s.hot[u] = nil
			continue
		}
		s.hot[u] = append(s.hot[u], own...)
	}
}

// common is the rate from which marks are no rarity.
const common = 0.05

// lift says how many times the expected rate a count has; of marks that are
// common the odds, because their rate cannot be many times as high.
func (c count) lift(mean float64, odds bool) float64 {
	more := (float64(c.k) + 0.5) / (float64(c.n)*mean + 0.5)
	if !odds {
		return more
	}
	return more * (float64(c.n)*(1-mean) + 0.5) / (float64(c.n-c.k) + 0.5)
}

// enough is how many marked sales in a unit a signal needs. Few households are
// asked, so that few denials say as much.
func (r *run) enough(signal int) int {
	if signals[signal].Family == voices {
		return r.DenialsMin
	}
	return r.MarksMin
}

// everyday are families that honest traders and villages bring about by living
// where they live: with a road that floods, in the heat, together.
var everyday = []string{order, syncs, hours, waits, papers, handed, listed, choice}

// tells reports whether honest life does not explain a signal. That people who
// come together come in the order of the list is nothing that it explains,
// unless they come from the hand-over itself; that people of several villages come
// at once, a bus explains.
func tells(signal int) bool {
	switch d := signals[signal]; d.Name {
	case "list-order":
		return true
	case "crowd", "burst":
		return false
	default:
		return !slices.Contains(everyday, d.Family)
	}
}

// cap is the most that a signal weighs.
func (r *run) cap(signal int) float64 {
	if tells(signal) {
		return r.WeightCap
	}
	return r.EverydayCap
}

func (c *count) add(m mark) {
	switch m {
	case marked:
		c.k, c.n = c.k+1, c.n+1
	case clean:
		c.n++
	}
}

// divide makes the units that have enough sales to say anything.
func (s *scored) divide() {
	all := make([]int32, len(s.sales))
	for at := range all {
		all[at] = int32(at)
	}
	for i, kind := range acrossKinds {
		for _, u := range s.parts(all, kind) {
			if s.vendorsOf(u.sales) > 1 {
				u.vendor, u.kind = -1, len(unitKinds)+len(signals)+i
				s.units = append(s.units, u)
			}
		}
	}
	for v, list := range s.placesByVendor() {
		for kind := range unitKinds {
			for _, u := range s.parts(list, kind) {
				u.vendor, u.kind = int32(v), kind
				s.units = append(s.units, u)
			}
		}
		// Whoever spreads a pile over days and hours spreads it over the units
		// above too. What its sales have in common is a mark: do they have more?
		for i, m := range s.marks {
			u := unit{vendor: int32(v), kind: len(unitKinds) + i, by: i}
			for _, place := range list {
				if m[place] == marked {
					u.sales = append(u.sales, place)
				}
			}
			if len(u.sales) >= s.MarksMin && 2*len(u.sales) < len(list) {
				s.units = append(s.units, u)
			}
		}
	}
}

// parts divides sales by a kind.
func (s *scored) parts(list []int32, kind int) []unit {
	at := map[uint64]int{}
	var us []unit
	for _, place := range list {
		k, ok := unitKinds[kind](s.run, s.ofSale(int(place)))
		if !ok {
			continue
		}
		i, known := at[k]
		if !known {
			i = len(us)
			at[k] = i
			us = append(us, unit{by: -1})
		}
		us[i].sales = append(us[i].sales, place)
	}
	return slices.DeleteFunc(us, func(u unit) bool { return len(u.sales) < s.MarksMin })
}

// vendorsOf counts whose sales they are, as far as two.
func (s *scored) vendorsOf(places []int32) int {
	for _, p := range places {
		if s.ofSale(int(p)).Vendor != s.ofSale(int(places[0])).Vendor {
			return 2
		}
	}
	return min(len(places), 1)
}

// shared divides a unit's records among the vendors who have enough of them: a
// few customers of somebody who spreads them are no evidence against a shop.
func (s *scored) shared(records []int32, least int, give func(vendor int32, records []int32)) {
	by := map[int32][]int32{}
	records = slices.Clone(records)
	slices.Sort(records)
	for _, i := range slices.Compact(records) {
		v := s.Records[i].Vendor
		by[v] = append(by[v], i)
	}
	for _, v := range slices.Sorted(maps.Keys(by)) {
		if len(by[v]) >= least {
			give(v, by[v])
		}
	}
}

func (s *scored) placesByVendor() [][]int32 {
	out := make([][]int32, len(s.Vendors))
	for at := range s.sales {
		v := s.ofSale(at).Vendor
		out[v] = append(out[v], int32(at))
	}
	return out
}

// findings makes one finding of each vendor in one of whose units the signal is
// significant, about the sales marked there.
func (s *scored) findings(signal int) []Finding {
	var g gathering[int32]
	for u, os := range s.hot {
		for _, o := range os {
			if o.signal != signal {
				continue
			}
			var carry []int32
			for _, at := range s.units[u].sales {
				if s.marks[signal][at] == marked {
					carry = append(carry, s.sales[at])
				}
			}
			s.shared(carry, s.leastOf(u), func(v int32, records []int32) {
				one := g.of(v, v, -1)
				one.Score = max(one.Score, min(10+int(o.weight*20), signalMax))
				one.Records = append(one.Records, records...)
			})
		}
	}
	for i := range g.found {
		s.value(&g.found[i])
	}
	return g.found
}

// leastOf is how many records a vendor needs of a unit to have a finding.
func (s *scored) leastOf(u int) int {
	if s.units[u].vendor < 0 {
		return s.MarksMin
	}
	return 1
}

// value adds up a finding's records, each once.
func (s *scored) value(one *Finding) {
	seen := map[int32]bool{}
	for _, i := range one.Records {
		if !seen[i] {
			seen[i] = true
			one.Value += s.Records[i].Value
		}
	}
}
