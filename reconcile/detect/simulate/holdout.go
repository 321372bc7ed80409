package simulate

import "github.com/jate-cva/jate/reconcile/detect"

// The kinds that are kept out of all tuning. They were written down as stories,
// and then as this code, after the detectors that they judge, and nothing of those
// was changed since.
const (
	Toll        Kind = "toll"         // armed men on the road home take every third card of a village
	Upgraded    Kind = "upgraded"     // families of friends are written down as larger
	TiedSale    Kind = "tied-sale"    // no rice without salt that nobody wants, at any price
	Steered     Kind = "steered"      // staff send people to a shop that is dearer, and are thanked for it
	Secrets     Kind = "secrets"      // a copy of the file of secrets; people come and find their cards empty
	Porter      Kind = "porter"       // he carries a village's goods home, and a part to his own
	Rotation    Kind = "rotation"     // six shops, ten cards of the same box each
	OwnHandheld Kind = "own-handheld" // a member of the staff has a trader's handheld at home
)

var holdout = []Kind{Toll, Upgraded, TiedSale, Steered, Secrets, Porter, Rotation, OwnHandheld}

// party writes down that a shop takes part.
func (w *world) party(k Kind, v, shop int32) {
	if shop != v && !w.rounds[shop] {
		w.rounds[shop] = true
		w.truth.Vendors[shop] = append(w.truth.Vendors[shop], k)
	}
}

// toll: they are sold in the next town within the week, three or four at a time,
// at whichever of three shops is quiet. Half of the people are afraid to say so.
func toll(w *world, v int32, size int) (taken int64) {
	town := (w.shops[v].point + 1) % int32(w.Points)
	shops := w.near[w.shops[v].point]
	at, left, shop := int64(0), 0, v
	cards := w.cards[town]
	start := w.rand.IntN(max(len(cards)-3*size, 1))
	for _, c := range cards[start:min(start+3*size, len(cards))] {
		if !w.chance(0.33) || !w.honest(c) {
			continue
		}
		if left == 0 {
			at, left, shop = w.daytime(w.between(3, 9)), w.between(3, 4), shops[w.rand.IntN(min(3, len(shops)))]
		}
		at += int64(w.between(60, 400))
		left--
		e := w.take(Toll, c, shop, max(at, w.facts.Cards[c].Handed+6*hour))
		e.full = !w.careless(0.4) // some scratch, some do not know how
		e.denies = w.chance(0.5)
		taken += e.taken
		w.party(Toll, v, shop)
	}
	return taken
}

// upgraded: they are poor as others are, and buy where they like.
func upgraded(w *world, v int32, size int) (taken int64) {
	clerk := int32(1 + w.rand.IntN(registrars))
	for _, c := range w.scattered(v, 2*size) {
		i := w.byCard[c]
		if i < 0 || w.events[i].gone || w.events[i].kind != "" {
			continue
		}
		e := &w.events[i]
		if e.vendor != v && !w.chance(0.3) {
			continue
		}
		e.vendor, e.handheld = v, w.counter(v)
		e.kind, e.value = Upgraded, 25_000
		e.taken = 10_000
		if w.careless(0.5) {
			w.facts.Cards[c].Registrar = clerk
		}
		taken += e.taken
	}
	return taken
}

func tiedSale(w *world, v int32, _ int) (taken int64) {
	w.each(v, func(e *event) {
		if w.chance(0.6) {
			e.kind, e.taken, e.less, e.lacks = TiedSale, 3*e.value/20, 0.35, 0.15
			taken += e.taken
		}
	})
	return taken
}

// steered: a third of those who would have bought elsewhere come.
func steered(w *world, v int32, _ int) (taken int64) {
	for _, c := range w.cards[w.shops[v].point] {
		i := w.byCard[c]
		if i >= 0 && w.events[i].kind == "" && !w.events[i].fair && !w.events[i].gone && w.chance(0.3) {
			w.events[i].vendor, w.events[i].handheld = v, w.counter(v)
		}
	}
	w.each(v, func(e *event) {
		e.kind, e.over, e.less, e.lacks = Steered, 0.1, 0.15, 0.09
		e.taken = e.value - int64(float64(e.value)/1.1)
		taken += e.taken
	})
	return taken
}

// secrets: those who come last are robbed, and some of them present the card at the
// shop where they buy.
func secrets(w *world, v int32, size int) (taken int64) {
	for _, c := range w.scattered(v, 2*size) {
		i := w.byCard[c]
		if i < 0 || w.events[i].gone || w.events[i].kind != "" || taken >= int64(size)*18_750 {
			continue
		}
		own := w.events[i]
		if own.at < opens+8*day {
			continue
		}
		e := w.take(Secrets, c, v, max(own.at-int64(w.between(1, 5))*day, w.facts.Cards[c].Handed+hour))
		e.full = true
		taken += e.taken
		if w.chance(0.5) && own.vendor != v {
			w.events = append(w.events, event{card: c, vendor: own.vendor, handheld: own.handheld, at: max(own.at, e.at+hour), value: own.value,
				rejected: true, why: "already-redeemed"})
		}
	}
	return taken
}

// porter: people of one village, of whom he brings eight to fifteen a trip.
func porter(w *world, v int32, size int) (taken int64) {
	for _, c := range w.block(v, 2*size, 0.9) {
		i := w.byCard[c]
		if i < 0 || w.events[i].gone {
			continue
		}
		e := &w.events[i]
		e.vendor, e.handheld = v, w.counter(v)
		e.kind, e.taken, e.less, e.lacks = Porter, e.value/5, 0.5, 0.2
		taken += e.taken
	}
	return taken
}

// rotation: all on one day, at hours when the shops are full.
func rotation(w *world, v int32, size int) (taken int64) {
	var shops []int32
	for _, p := range []int32{w.shops[v].point, (w.shops[v].point + 1) % int32(w.Points)} {
		shops = append(shops, w.near[p]...)
	}
	shops = append([]int32{v}, shops...)
	shops = shops[:min(len(shops), 6)]
	cards := w.block(v, min(size, 10*len(shops)), 0.6)
	on := w.between(4, days-2)
	for i, c := range w.shuffled(cards) {
		shop := shops[i%len(shops)]
		e := w.take(Rotation, c, shop, max(w.daytime(on), w.facts.Cards[c].Handed+hour))
		e.denies = w.chance(0.8)
		taken += e.taken
		w.party(Rotation, v, shop)
	}
	return taken
}

// ownHandheld: cards that nobody fetched, two to six an evening; it meets the
// network at the office, the next morning.
func ownHandheld(w *world, v int32, size int) (taken int64) {
	h := w.handheld()
	w.shops[v].handhelds = append(w.shops[v].handhelds, h)
	var cards []int32
	for _, c := range w.cards[w.shops[v].point] {
		if w.byCard[c] < 0 && len(cards) < size {
			cards = append(cards, c)
		}
	}
	for d := 4; len(cards) > 0 && d < days; d++ {
		n := min(w.between(2, 6), len(cards))
		at := int64(opens + d*day + 18*hour + w.rand.IntN(2*hour))
		for _, c := range cards[:n] {
			at += int64(w.between(40, 600))
			e := w.take(OwnHandheld, c, v, max(at, w.facts.Cards[c].Handed+hour))
			e.handheld = h
			w.facts.Cards[c].Taker = detect.Head
			e.denies, e.silent = w.chance(0.8), w.chance(0.3)
			taken += e.taken
		}
		cards = cards[n:]
	}
	return taken
}

// strange is what honest people do that no detector was made with in mind.
func (w *world) strange() {
	for v := range int32(len(w.shops)) {
		switch {
		case w.chance(0.03):
			w.displaced(v)
		case w.chance(0.03):
			w.wholesaler(v)
		case w.chance(0.04):
			w.carer(v)
		}
	}
}

// displaced: thirty families came with what they carried, were registered late by
// whoever was there, handed their cards two days after the others, and buy where
// their host does.
func (w *world) displaced(v int32) {
	clerk, host := int32(1+w.rand.IntN(registrars)), w.person()
	for _, c := range w.block(v, 30, 1) {
		card := &w.facts.Cards[c]
		card.Registrar, card.Habit, card.Company, card.Handed = clerk, -1, 0, card.Handed+2*day
		if w.chance(0.3) {
			card.Phone = host
		}
		if i := w.byCard[c]; i >= 0 {
			e := &w.events[i]
			e.at = max(e.at, card.Handed+int64(w.between(1, 40))*hour)
			e.at = e.at/day*day + w.daytime(0)%day
			e.at = min(max(e.at, card.Handed+hour), opens+days*day-hour)
			if w.chance(0.7) {
				e.vendor, e.handheld = v, w.counter(v)
			}
		}
	}
}

// wholesaler: people of two other points come for the price on market days, by car.
func (w *world) wholesaler(v int32) {
	for range 2 {
		cards := w.cards[w.rand.IntN(w.Points)]
		at := w.marketDay(v)
		for _, c := range cards[:min(len(cards), 600)] {
			i := w.byCard[c]
			if i < 0 || !w.honest(c) || !w.chance(0.06) {
				continue
			}
			e := &w.events[i]
			at += int64(w.rand.IntN(20 * minute))
			e.vendor, e.handheld, e.metres = v, w.counter(v), settledMetres
			e.at = min(max(at, w.facts.Cards[c].Handed+3*hour), opens+days*day-hour)
			if at%day > 17*hour {
				at = w.marketDay(v)
			}
		}
	}
}

// carer: a health worker buys for a dozen old people of several villages, in three
// rounds of her motorcycle, and theirs is her phone.
func (w *world) carer(v int32) {
	her, at := w.person(), int64(0)
	for n, c := range w.scattered(v, 12) {
		if n%4 == 0 {
			at = w.daytime(w.between(3, days-2))
		}
		at += int64(w.between(60, 300))
		card := &w.facts.Cards[c]
		if w.chance(0.7) {
			card.Phone = her
		}
		if i := w.byCard[c]; i >= 0 && w.honest(c) {
			e := &w.events[i]
			e.vendor, e.handheld, e.collector, e.at = v, w.counter(v), her, max(at, card.Handed+2*hour)
		}
	}
}
