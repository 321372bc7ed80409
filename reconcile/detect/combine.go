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
// the same sales; where those were all within one visit, of two families that
// tell. Of a unit those sales are in question that carry enough
// weight themselves; where they are a third of it, also those that carry any but
// what honest life explains; and where they are a third of a day's, also those
// of that day that carry any mark.
func (s *scored) combine() []Finding {
	var g gathering[int32]
	for u, os := range s.hot {
		total, families := s.weigh(os, -1)
		if families < 2 || total < s.WeightMin {
			continue
		}
		q := s.question(u)
		if len(q) == 0 || s.oneVisit(q) && tellingFamilies(os) < 2 {
			continue
		}
		s.shared(q, s.leastOf(u), func(v int32, records []int32) {
			one := g.of(v, v, -1)
			one.Records = append(one.Records, records...)
			one.Score = max(one.Score, min(50+int(10*(total-s.WeightMin))+5*(families-2), 95))
			for _, o := range os {
				one.Signals = append(one.Signals, signals[o.signal].Name)
			}
		})
	}
	places := s.placesByVendor()
	for i := range g.found {
		one := &g.found[i]
		s.refine(one, places[one.Vendor])
		slices.Sort(one.Signals)
		one.Signals = slices.Compact(one.Signals)
		one.Score = max(one.Score, s.FreezeMin)
		s.value(one)
		w := s.word(one.Records)
		if share, told := s.part(w); told {
			one.Value = int64(share * float64(one.Value))
		} else if s.clears(w) && !aboutList(one.Signals) {
			one.Score = signalMax
		}
	}
	return g.found
}

// question returns which records of a unit are in question, none where too few
// sales carry enough.
func (s *scored) question(u int) []int32 {
	sales := s.units[u].sales
	var out, carry []int32
	type sitting struct{ core, all int }
	byDay := map[int64]sitting{}
	for _, at := range sales {
		d := s.ofSale(int(at)).Said / day
		w, n := s.weigh(s.hot[u], int(at))
		one := byDay[d]
		one.all++
		if n >= 2 && w >= s.WeightMin {
			out = append(out, s.sales[at])
			one.core++
		}
		byDay[d] = one
		if w > 0 {
			carry = append(carry, s.sales[at])
		}
	}
	core := len(out)
	if core < s.CombinedMin {
		return nil
	}
	if 2*core >= len(sales) {
		out = append(out, carry...)
	}
	// What stands among them on a day, and carries any mark, was sold with them.
	for _, at := range sales {
		one := byDay[s.ofSale(int(at)).Said/day]
		if _, n := s.weigh(s.hot[u], int(at)); n > 0 && one.core >= 2 && 3*one.core >= one.all {
			out = append(out, s.sales[at])
		}
	}
	return out
}

// weigh adds up what the heaviest signal of each family weighs: all of a
// unit's where at is -1, otherwise those that the sale carries. Families that
// honest life explains weigh nothing without another. What most households say
// that were asked stands for those that were not.
func (s *scored) weigh(os []outcome, at int) (total float64, families int) {
	var names [16]string
	var weights [16]float64
	telling := false
	for _, o := range os {
		f := signals[o.signal].Family
		if at >= 0 && s.marks[o.signal][at] != marked && (f != voices || s.marks[o.signal][at] == clean || !o.most) {
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
		carried := at < 0 || s.marks[o.signal][at] == marked
		telling = telling || carried && tells(o.signal)
	}
	if !telling {
		return 0, families
	}
	for _, w := range weights[:families] {
		total += w
	}
	return total, families
}

// visit is how long people who came together take to be served, at most.
const visit = 2 * hour

// oneVisit reports whether all of the sales were within one visit. What they share
// by it, the hour, the way, the sync, is then one observation and not one of each.
func (s *scored) oneVisit(records []int32) bool {
	first, last := s.Records[records[0]].Said, s.Records[records[0]].Said
	for _, i := range records {
		first, last = min(first, s.Records[i].Said), max(last, s.Records[i].Said)
	}
	return last-first <= visit
}

// tellingFamilies counts the families of which a signal tells.
func tellingFamilies(os []outcome) int {
	var names []string
	for _, o := range os {
		if f := signals[o.signal].Family; tells(o.signal) && !slices.Contains(names, f) {
			names = append(names, f)
		}
	}
	return len(names)
}

// aboutList reports whether signals speak of who is on the list: that those who
// should not be there received all of it clears nothing.
func aboutList(names []string) bool {
	for _, d := range signals {
		if slices.Contains(names, d.Name) && (d.Family == staff || d.Family == listed) {
			return true
		}
	}
	return false
}
