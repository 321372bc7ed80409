package simulate

import "github.com/jate-cva/jate/reconcile/detect"

// Kinds that were kept out until they had been judged; that answers tell the part
// that is in question was thought of with them.
const (
	Substitute Kind = "substitute" // old rice for the good one, and the same is written down
	Sleeping   Kind = "sleeping"   // cards of those who did not come, written down as handed over the next day
	Exchange   Kind = "exchange"   // a changer beside the shop who gives four fifths in cash
	Kin        Kind = "kin"        // people who are not poor, whom a cousin put on the list
	OnOrder    Kind = "on-order"   // goods that will come on Thursday, half of which do
	Ferry      Kind = "ferry"      // the boatman buys for those across the river, for two fifths
	Tithe      Kind = "tithe"      // a tenth of everybody's goods stays for the chief
	LateList   Kind = "late-list"  // names that were added on the last day, in no village
)

func substitute(w *world, v int32, _ int) (taken int64) {
	w.each(v, func(e *event) {
		if w.chance(0.8 - 0.3*w.Subtlety) {
			e.kind, e.taken, e.less, e.lacks = Substitute, e.value/4, 0.4, 0.25
			taken += e.taken
		}
	})
	return taken
}

// sleeping: they are sold at usual hours in two shops, a few each day, by
// whoever has time.
func sleeping(w *world, v int32, size int) (taken int64) {
	second := w.near[w.shops[v].point][0]
	for _, c := range w.anywhere(v, size) {
		shop := v
		if w.chance(0.3) {
			shop = second
		}
		card := &w.facts.Cards[c]
		card.Handed = card.Handed/day*day + day + int64(w.between(9, 15))*hour
		e := w.later(Sleeping, c, shop)
		e.at = max(e.at, card.Handed+hour)
		e.denies, e.silent = w.chance(0.7), w.chance(0.3)
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], Sleeping)
		}
	}
	return taken
}

// exchange: people come when they would have come; what they wanted was money.
func exchange(w *world, v int32, size int) (taken int64) {
	for _, c := range w.scattered(v, 4*size) {
		i := w.byCard[c]
		if i < 0 || w.events[i].gone || w.events[i].kind != "" || taken >= int64(size)*18_750 {
			continue
		}
		e := &w.events[i]
		if e.vendor != v && !w.chance(0.4) {
			continue
		}
		e.vendor, e.handheld = v, w.counter(v)
		e.kind, e.taken, e.less, e.lacks = Exchange, e.value, 0.3, 0.2
		taken += e.taken
	}
	return taken
}

func kin(w *world, v int32, size int) (taken int64) {
	cousin := int32(1 + w.rand.IntN(registrars))
	for _, c := range w.scattered(v, size) {
		shop := v
		if w.chance(0.5) {
			shop = w.near[w.shops[v].point][w.rand.IntN(len(w.near[w.shops[v].point]))]
		}
		e := w.later(Kin, c, shop)
		card := &w.facts.Cards[c]
		card.Registrar = cousin
		if w.careless(0.5) {
			card.Verifier = 101 + cousin%20
		}
		if w.chance(0.6) {
			card.Habit = -1
		}
		e.denies = false
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], Kin)
		}
	}
	return taken
}

// onOrder: the shelves are empty by the second week.
func onOrder(w *world, v int32, _ int) (taken int64) {
	w.each(v, func(e *event) {
		if e.at > opens+7*day && w.chance(0.9-0.3*w.Subtlety) {
			e.kind, e.taken, e.less, e.lacks = OnOrder, e.value/2, 0.6, 0.5
			taken += e.taken
		}
	})
	return taken
}

// ferry: eight to twelve cards a trip, every other day, in three shops of the
// town; three fifths of the goods go home with him.
func ferry(w *world, v int32, size int) (taken int64) {
	shops := w.near[w.shops[v].point]
	man, at, left := w.person(), int64(0), 0
	for _, c := range w.block(v, size, 0.9) {
		if left == 0 {
			at, left = w.daytime(w.between(3, days-1)), w.between(8, 12)
		}
		at += int64(w.between(100, 1500))
		left--
		shop := v
		if w.chance(0.3) {
			shop = shops[w.rand.IntN(len(shops))]
		}
		e := w.take(Ferry, c, shop, max(at, w.facts.Cards[c].Handed+2*hour))
		e.taken, e.denies, e.less, e.lacks = 2*e.value/5, w.chance(0.1), 0.4, 0.4
		if !w.careless(0.4) {
			e.collector = man
		}
		w.facts.Cards[c].Taker = detect.Alternate
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], Ferry)
		}
	}
	return taken
}

func tithe(w *world, v int32, _ int) (taken int64) {
	w.each(v, func(e *event) {
		if w.chance(0.9 - 0.2*w.Subtlety) {
			e.kind, e.taken, e.less, e.lacks = Tithe, e.value/10, 0.3, 0.1
			taken += e.taken
		}
	})
	return taken
}

// lateList: they are sold the same day or the next, one here and two there.
func lateList(w *world, v int32, size int) (taken int64) {
	clerk := int32(registrars + 1 + w.rand.IntN(3))
	for _, c := range w.anywhere(v, size) {
		card := &w.facts.Cards[c]
		card.Handed = int64(opens + (days-4)*day + 9*hour + w.rand.IntN(6*hour))
		card.Registrar, card.Habit = clerk, -1
		if w.chance(0.5) {
			card.Phone = 0
		}
		e := w.take(LateList, c, v, card.Handed+int64(w.between(1, 30))*hour)
		e.at = min(e.at/day*day+w.daytime(0)%day, opens+days*day-hour)
		e.at = max(e.at, card.Handed+hour)
		e.denies, e.silent = false, w.chance(0.8)
		taken += e.taken
	}
	return taken
}
