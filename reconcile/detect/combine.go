package detect

import "slices"

// combined is where weak signals become a finding that may freeze money.
var combined = Detector{
	Name:  "combined",
	Looks: Text{"several independent signals on the same sales of one trader", "plusieurs indices indépendants sur les mêmes ventes d'un commerçant"},
	Says: Text{"{n} sales, worth {value}, stand out in several ways at once: {signals}.",
		"{n} ventes, pour {value}, sortent du lot de plusieurs façons à la fois : {signals}."},
	Clears: Text{"What clears the signals one by one; calls and visits to these households; the goods book.",
		"Ce qui écarte les indices un à un ; des appels et visites à ces ménages ; le cahier des marchandises."},
}

// combine makes one finding of each vendor. A unit counts where signals of two
// families or more are significant in it, weigh enough together, and fall on
// the same sales. Of a unit those sales are in question that carry enough
// weight themselves, and where they are a third of it, also those that carry
// any but what honest life explains.
func (s *scored) combine() []Finding {
	var g gathering[int32]
	for u, os := range s.hot {
		total, families := s.weigh(os, -1)
		if families < 2 || total < s.WeightMin {
			continue
		}
		var core, any []int32
		for _, at := range s.units[u].sales {
			w, n := s.weigh(os, int(at))
			if n >= 2 && w >= s.WeightMin {
				core = append(core, s.sales[at])
			}
			if w > 0 {
				any = append(any, s.sales[at])
			}
		}
		if len(core) < s.MarksMin {
			continue
		}
		v := s.units[u].vendor
		one := g.of(v, v, -1)
		if 3*len(core) >= len(s.units[u].sales) {
			core = any
		}
		one.Records = append(one.Records, core...)
		one.Score = max(one.Score, min(50+int(10*(total-s.WeightMin))+5*(families-2), 95))
		for _, o := range os {
			one.Signals = append(one.Signals, signals[o.signal].Name)
		}
	}
	for i := range g.found {
		one := &g.found[i]
		slices.Sort(one.Signals)
		one.Signals = slices.Compact(one.Signals)
		one.Score = max(one.Score, s.FreezeMin)
		s.value(one)
	}
	return g.found
}

// weigh adds up what the heaviest signal of each family weighs: all of a
// unit's where at is -1, otherwise those that the sale carries. Families that
// honest life explains weigh nothing without another. What the households that
// were asked say stands for those that were not.
func (s *scored) weigh(os []outcome, at int) (total float64, families int) {
	var names [8]string
	var weights [8]float64
	telling := false
	for _, o := range os {
		f := signals[o.signal].Family
		if at >= 0 && s.marks[o.signal][at] != marked && (f != voices || s.marks[o.signal][at] == clean) {
			continue
		}
		i := slices.Index(names[:families], f)
		if i < 0 {
			if families == len(names) {
				continue
			}
			i = families
			families++
			names[i] = f
		}
		weights[i] = max(weights[i], o.weight)
		telling = telling || !slices.Contains(everyday, f)
	}
	if !telling {
		return 0, families
	}
	for _, w := range weights[:families] {
		total += w
	}
	return total, families
}
