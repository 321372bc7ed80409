package detect

import (
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
}

// blockRanks is how many places of a list make a block: a village's part.
const blockRanks = 60

// unit is a part of one vendor's sales.
type unit struct {
	vendor int32
	kind   int     // index in unitKinds
	sales  []int32 // places in run.sales
}

// outcome is what one signal comes to in one unit.
type outcome struct {
	signal int
	p      float64
	weight float64 // of a marked sale, as a power of ten
}

// scored is what signals come to in all units.
type scored struct {
	*run
	marks []marks // by signal
	units []unit
	hot   [][]outcome // by unit: what is significant
}

// score marks all sales and tests every signal in every unit.
func (r *run) score() *scored {
	s := &scored{run: r, marks: make([]marks, len(signals))}
	bases := make([]baseline, len(signals))
	for i, d := range signals {
		s.marks[i] = make(marks, len(r.sales))
		d.mark(r, s.marks[i])
		counts := make([]count, len(r.Vendors))
		for at, m := range s.marks[i] {
			counts[r.ofSale(at).Vendor].add(m)
		}
		bases[i] = fit(counts, r.zoneOf, r.zones)
	}
	s.divide()
	s.hot = make([][]outcome, len(s.units))
	var ps []float64
	tests := 0
	for i, m := range s.marks {
		counts := make([]count, len(s.units))
		alike := make([]likeness, len(unitKinds))
		for u, un := range s.units {
			for _, at := range un.sales {
				counts[u].add(m[at])
			}
			if counts[u].n >= r.enough(i) {
				tests++
				alike[un.kind].see(counts[u], bases[i].at(int(un.vendor), r.zoneOf[un.vendor]))
			}
		}
		strength := make([]float64, len(unitKinds))
		for k := range alike {
			strength[k] = alike[k].strength()
		}
		for u, un := range s.units {
			c, mean := counts[u], bases[i].at(int(un.vendor), r.zoneOf[un.vendor])
			if c.k < r.enough(i) || float64(c.k) < r.LiftMin*mean*float64(c.n) {
				continue
			}
			lift := (float64(c.k) + 0.5) / (float64(c.n)*mean + 0.5)
			p := betaBinomialTail(c.k, c.n, mean, strength[un.kind])
			s.hot[u] = append(s.hot[u], outcome{i, p, min(math.Log10(lift), r.cap(i))})
			ps = append(ps, p)
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
	return s
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
var everyday = []string{order, syncs, hours, waits, papers}

// cap is the most that a signal weighs.
func (r *run) cap(signal int) float64 {
	if slices.Contains(everyday, signals[signal].Family) {
		return r.EverydayCap
	}
	return r.WeightCap
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
	for v, list := range s.placesByVendor() {
		for kindAt, kind := range unitKinds {
			at := map[uint64]int{}
			var us []unit
			for _, place := range list {
				k, ok := kind(s.run, s.ofSale(int(place)))
				if !ok {
					continue
				}
				i, known := at[k]
				if !known {
					i = len(us)
					at[k] = i
					us = append(us, unit{vendor: int32(v), kind: kindAt})
				}
				us[i].sales = append(us[i].sales, place)
			}
			for _, u := range us {
				if len(u.sales) >= s.MarksMin {
					s.units = append(s.units, u)
				}
			}
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
			v := s.units[u].vendor
			one := g.of(v, v, -1)
			one.Score = max(one.Score, min(10+int(o.weight*20), signalMax))
			for _, at := range s.units[u].sales {
				if s.marks[signal][at] == marked {
					one.Records = append(one.Records, s.sales[at])
				}
			}
		}
	}
	for i := range g.found {
		s.value(&g.found[i])
	}
	return g.found
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
