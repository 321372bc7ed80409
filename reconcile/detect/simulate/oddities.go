package simulate

import "github.com/jate-cva/jate/reconcile/detect"

// oddities are what honest people do that looks like something else.
func (w *world) oddities() {
	n := len(w.shops)
	every := func(share float64, fn func(v int32)) {
		for v := range n {
			if w.chance(share) {
				fn(int32(v))
			}
		}
	}
	every(0.04, func(v int32) { w.shops[v].reset = opens + int64(w.rand.IntN(8))*day }) // a battery that was flat
	every(0.02, func(v int32) { w.shops[v].dead = true })                               // a clock in 1970
	every(0.02, func(v int32) { w.shops[v].skew = int64(w.between(-9, 9)) * hour })
	every(0.04, func(v int32) { w.shops[v].handhelds = nil }) // stubs, once a week
	every(0.03, func(v int32) { w.shops[v].price *= 0.88 })   // a generous trader
	every(0.03, w.evenings)
	every(0.10, w.fair)
	every(0.15, w.chief)
	w.flood = int32(w.rand.IntN(zones))
	w.strip()
	w.paper()
	every(0.03, w.broken)
}

// broken: a handheld fell into the water, and stubs have to do for some days.
func (w *world) broken(v int32) {
	from := int64(opens + w.between(3, 10)*day)
	for i := range w.events {
		if e := &w.events[i]; e.vendor == v && !e.fair && e.at > from && e.at < from+3*day {
			e.handheld = -1
		}
	}
}

// strip takes the handhelds from the sales of those who have none.
func (w *world) strip() {
	for i := range w.events {
		if e := &w.events[i]; len(w.shops[e.vendor].handhelds) == 0 {
			e.handheld = -1
		}
	}
}

// evenings: in the heat a shop opens again after sunset, for a third of its customers.
func (w *world) evenings(v int32) {
	for i := range w.events {
		if e := &w.events[i]; e.vendor == v && w.chance(0.35) {
			e.at = e.at/day*day + 20*hour + int64(w.rand.IntN(150*minute))
		}
	}
}

// fair: a planned mobile shop stands at the point while cards are handed over,
// and people come to it as they are called.
func (w *world) fair(v int32) {
	s := w.shops[v]
	if len(s.handhelds) == 0 {
		return
	}
	cards := w.cards[s.point]
	start := w.rand.IntN(max(len(cards)-200, 1))
	at := w.facts.Cards[cards[start]].Handed
	w.facts.Fairs = append(w.facts.Fairs, detect.Fair{Vendor: v, Point: s.point, Day: at / day})
	for _, c := range cards[start:min(start+w.between(60, 200), len(cards))] {
		i := w.byCard[c]
		if i < 0 {
			continue
		}
		at += int64(25 + w.rand.ExpFloat64()*35)
		if at/day != w.facts.Fairs[len(w.facts.Fairs)-1].Day {
			return
		}
		e := &w.events[i]
		e.vendor, e.handheld, e.at, e.metres, e.fair = v, s.handhelds[0], at, 60, true
		w.facts.Cards[c].Handed = at - 12*minute
	}
}

// chief: a whole village comes together because the road is unsafe. Many gave
// the chief's phone for theirs, and he collects for the sick.
func (w *world) chief(v int32) {
	s := w.shops[v]
	cards := w.cards[s.point]
	village := w.rand.IntN(max(len(cards)/villageCards, 1)) * villageCards
	block := append([]int32(nil), cards[village:min(village+villageCards, len(cards))]...)
	w.rand.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
	at := int64(opens + w.between(3, 9)*day + w.between(8, 12)*hour)
	phone, h := w.person(), w.counter(v)
	each := w.chance(0.5) // he brings them each time
	for i, c := range block {
		if each && w.chance(0.8) {
			w.facts.Cards[c].Company, w.facts.Cards[c].Habit = -1-v*100-int32(i/12), v+1
		}
		if w.chance(0.25) {
			w.facts.Cards[c].Phone = phone
		}
		n := w.byCard[c]
		if n < 0 || w.events[n].fair || !w.chance(0.85) {
			continue
		}
		at += int64(45 + w.rand.ExpFloat64()*60)
		e := &w.events[n]
		e.vendor, e.handheld, e.at, e.metres = v, h, at, settledMetres
		if e.collector == 0 && w.chance(0.06) {
			e.collector = phone
		}
	}
}

// paper: here and there cards are handed over on paper, and written down at the
// end of the day.
func (w *world) paper() {
	for _, cards := range w.cards {
		for at := 0; at < len(cards); at += villageCards {
			if !w.chance(0.04) {
				continue
			}
			last := int64(0)
			village := cards[at:min(at+villageCards, len(cards))]
			for _, c := range village {
				last = max(last, w.facts.Cards[c].Handed)
			}
			for _, c := range village {
				if w.facts.Cards[c].Handed/day == last/day {
					w.facts.Cards[c].Handed = last/day*day + 18*hour
				}
			}
		}
	}
}
