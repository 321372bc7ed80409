package simulate

import "github.com/jate-cva/jate/reconcile/detect"

// Kinds that were written down as stories, and then as this code, before the
// detectors that they judged; other detectors were chosen since.
const (
	ChiefTenth   Kind = "chief-tenth"   // a chief asks each tenth household for its card
	Discount     Kind = "discount"      // whoever wants gets 70 % of his card in cash
	LostHandheld Kind = "lost-handheld" // said to be lost, and its sales typed again with others among them
	SplitHomes   Kind = "split-homes"   // one home on the lists of several villages
	VoidRing     Kind = "void-ring"     // a spare for a card that was sold and not yet sent
	Lent         Kind = "lent-handheld" // to somebody without a contract, in another village
	Cartel       Kind = "cartel"        // the shops of a point agree on prices
	OneInThirty  Kind = "one-in-thirty" // of all that a distributor hands over
	Debts        Kind = "debts"         // a trader keeps his debtors' cards and sells one or two a day
	CardBuyer    Kind = "card-buyer"    // who goes from market to market with cash
	Absent       Kind = "absent"        // people who moved away, fetched by the committee one by one
	GhostVillage Kind = "ghost-village" // a hamlet that is not there
)

// chiefTenth: nobody denies, because the chief would hear of it; his people buy
// with two or three cards at a time on market days.
func chiefTenth(w *world, v int32, size int) (taken int64) {
	cards := w.cards[w.shops[v].point]
	start := w.rand.IntN(max(len(cards)-10*size, 1))
	nephews := []int32{w.person(), w.person(), w.person()}
	at, left := int64(0), 0
	for n := start; n < min(len(cards), start+10*size); n += w.between(8, 12) {
		c := cards[n]
		if !w.honest(c) {
			continue
		}
		if left == 0 {
			at, left = w.marketDay(v), w.between(2, 3)
		}
		at += int64(w.between(50, 200))
		left--
		e := w.take(ChiefTenth, c, v, max(at, w.facts.Cards[c].Handed+3*hour))
		if w.careless(0.5) {
			e.collector = nephews[w.rand.IntN(len(nephews))]
		}
		e.denies = w.chance(0.35)
		taken += e.taken
	}
	return taken
}

// marketDay is a usual moment on one of the days of the market of a vendor's
// point.
func (w *world) marketDay(v int32) int64 {
	market := w.facts.Points[w.shops[v].point].MarketDays
	at := w.daytime(w.between(3, days-1))
	for range 7 {
		if market>>((at/day+4)%7)&1 == 1 {
			break
		}
		at += day
	}
	return min(at, opens+days*day-hour)
}

// discount: they come by themselves, at the hours at which everybody comes, from
// the villages that heard of it; what is written down is one line.
func discount(w *world, v int32, size int) (taken int64) {
	for _, c := range w.scattered(v, size) {
		i := w.byCard[c]
		at := w.daytime(w.between(4, days-1))
		if i >= 0 && !w.events[i].gone {
			at = w.events[i].at // when they would have bought
		}
		e := w.take(Discount, c, v, max(at, w.facts.Cards[c].Handed+hour))
		e.denies, e.less, e.lacks = w.chance(0.25), 0.25, 0.3
		taken += e.taken
	}
	return taken
}

// lostHandheld: from that day on all is stubs, those of his customers and those
// of cards that lay unfetched in the committee's box.
func lostHandheld(w *world, v int32, size int) (taken int64) {
	lost := int64(opens + w.between(5, 9)*day)
	w.each(v, func(e *event) {
		if e.at > lost && !e.fair {
			e.handheld = -1
		}
	})
	for _, c := range w.cards[w.shops[v].point] {
		if w.byCard[c] >= 0 || taken >= int64(size)*18_750 || w.chance(0.4) {
			continue
		}
		e := w.take(LostHandheld, c, v, max(lost+int64(w.rand.IntN(5*day))/day*day+int64(w.between(9, 17))*hour, w.facts.Cards[c].Handed+hour))
		e.handheld = -1
		e.silent = w.chance(0.4)
		taken += e.taken
	}
	return taken
}

// splitHomes: the registrar of the place puts one home on the lists of two or
// three villages; the family goes to its shop, and comes back in the afternoon.
func splitHomes(w *world, v int32, size int) (taken int64) {
	cards := w.cards[w.shops[v].point]
	for range size {
		own := cards[w.rand.IntN(len(cards))]
		at := w.daytime(w.between(4, days-1))
		if i := w.byCard[own]; i >= 0 && !w.events[i].gone && w.events[i].vendor == v {
			at = w.events[i].at
		}
		for range w.between(1, 2) {
			c := cards[w.rand.IntN(len(cards))]
			if !w.honest(c) || c == own {
				continue
			}
			e := w.take(SplitHomes, c, v, max(at+int64(w.rand.IntN(5*hour)), w.facts.Cards[c].Handed+hour))
			card := &w.facts.Cards[c]
			card.Registrar = w.facts.Cards[own].Registrar
			if w.careless(0.4) {
				card.Phone = w.facts.Cards[own].Phone
			}
			if w.chance(0.5) {
				card.Habit = v + 1
			}
			e.denies = false
			taken += e.taken
		}
		if taken >= int64(size)*18_750 {
			break
		}
	}
	return taken
}

// voidRing: a clerk voids cards whose sale no network has brought yet, and the
// spares are sold by friends, one today and one tomorrow. Both are paid.
func voidRing(w *world, v int32, size int) (taken int64) {
	friends := append([]int32{v}, w.near[w.shops[v].point]...)
	friends = friends[:2]
	for _, c := range w.anywhere(v, size) {
		i := w.byCard[c]
		if i < 0 || w.events[i].gone || w.events[i].at > opens+(days-3)*day {
			continue
		}
		sold := w.events[i].at
		card := w.facts.Cards[c]
		w.facts.Cards[c].Lost = sold + int64(w.between(1, 20))*hour
		card.Spare, card.Lost, card.Handed, card.Taker = true, 0, sold+int64(w.between(2, 30))*hour, detect.Head
		card.Distributor = int32(980 + v%10)
		spare := int32(len(w.facts.Cards))
		w.facts.Cards = append(w.facts.Cards, card)
		w.byCard = append(w.byCard, -1)
		f := friends[w.rand.IntN(2)]
		e := w.take(VoidRing, spare, f, card.Handed+int64(w.between(2, 60))*hour)
		e.at = e.at/day*day + w.daytime(0)%day
		e.at = max(e.at, card.Handed+hour)
		e.denies = w.chance(0.6) // they received, once
		taken += e.taken
		if f != v && !w.rounds[f] {
			w.rounds[f] = true
			w.truth.Vendors[f] = append(w.truth.Vendors[f], VoidRing)
		}
	}
	return taken
}

// lent: what it sells there are the cards that the man's friends on the
// committee kept, and as many sales that are real and are nobody's loss.
func lent(w *world, v int32, size int) (taken int64) {
	for len(w.shops[v].handhelds) < 2 {
		w.shops[v].handhelds = append(w.shops[v].handhelds, w.handheld())
	}
	h := w.shops[v].handhelds[1]
	far := (w.shops[v].point + 1) % int32(w.Points)
	cards := w.cards[far]
	start := w.rand.IntN(max(len(cards)-3*size, 1))
	from := w.between(3, 7)
	for _, c := range cards[start:min(start+3*size, len(cards))] {
		if !w.honest(c) || !w.chance(0.6) {
			continue
		}
		at := max(w.daytime(w.between(from, min(from+6, days-1))), w.facts.Cards[c].Handed+hour)
		if w.chance(0.5) {
			if i := w.byCard[c]; i >= 0 && !w.events[i].gone {
				w.events[i].vendor, w.events[i].handheld, w.events[i].at = v, h, at
			}
			continue
		}
		e := w.take(Lent, c, v, at)
		e.handheld = h
		e.metres = pointMetres
		taken += e.taken
	}
	return taken
}

func cartel(w *world, v int32, _ int) (taken int64) {
	for _, shop := range w.near[w.shops[v].point] {
		if w.rounds[shop] && shop != v {
			continue
		}
		if shop != v {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], Cartel)
		}
		over := 0.12 + 0.15*(1-w.Subtlety)
		w.each(shop, func(e *event) {
			e.kind, e.over, e.less, e.lacks = Cartel, over, 0.2, over/(1+over)
			e.taken = e.value - int64(float64(e.value)/(1+over))
			taken += e.taken
		})
	}
	return taken
}

// oneInThirty: two shops of the next point take them, a few a day.
func oneInThirty(w *world, v int32, size int) (taken int64) {
	next := (w.shops[v].point + int32(w.Points) - 1) % int32(w.Points)
	second := w.near[w.shops[v].point][0]
	for n, c := range w.cards[next] {
		if n%30 != int(v)%30 || !w.honest(c) || taken >= int64(size)*18_750 {
			continue
		}
		shop := v
		if w.chance(0.4) {
			shop = second
		}
		e := w.later(OneInThirty, c, shop)
		e.metres = int32(w.between(6_000, 14_000))
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], OneInThirty)
		}
	}
	return taken
}

// debts: they are his customers and were so before, and half of them say that
// they have had the goods, in the lean season.
func debts(w *world, v int32, size int) (taken int64) {
	cards := w.scattered(v, 3*size)
	for _, c := range cards {
		if taken >= int64(size)*18_750 {
			break
		}
		card := &w.facts.Cards[c]
		if card.Habit != v+1 && !w.chance(0.15) {
			continue
		}
		e := w.later(Debts, c, v)
		e.denies = w.chance(0.5)
		card.Habit = v + 1
		taken += e.taken
	}
	return taken
}

// cardBuyer: cards of several points of the zone, sold in town on the next days
// among the shop's own customers, five to ten in a morning.
func cardBuyer(w *world, v int32, size int) (taken int64) {
	var points []int32
	for p, z := range w.zoneOf {
		if z == w.shops[v].zone {
			points = append(points, int32(p))
		}
	}
	for taken < int64(size)*18_750 {
		at := int64(opens+w.between(4, days-1)*day) + 8*hour + int64(w.rand.IntN(3*hour))
		for range w.between(5, 10) {
			cards := w.cards[points[w.rand.IntN(len(points))]]
			c := cards[w.rand.IntN(len(cards))]
			at += int64(60 + w.rand.ExpFloat64()*(200+900*w.Subtlety))
			if !w.honest(c) || w.facts.Cards[c].Handed+2*hour > at {
				continue
			}
			e := w.take(CardBuyer, c, v, at)
			e.denies = w.chance(0.3)
			taken += e.taken
		}
	}
	return taken
}

// absent: each man of the committee fetches three or four cards of people who
// went to town or died, and buys with them here and there.
func absent(w *world, v int32, size int) (taken int64) {
	shops := w.near[w.shops[v].point]
	for _, c := range w.anywhere(v, size) {
		shop := v
		if w.chance(0.4) {
			shop = shops[w.rand.IntN(len(shops))]
		}
		e := w.later(Absent, c, shop)
		card := &w.facts.Cards[c]
		card.Taker = detect.Alternate
		if w.careless(0.3) {
			card.Taker = detect.ThirdParty
		}
		e.denies, e.silent = false, w.chance(0.9)
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], Absent)
		}
	}
	return taken
}

// ghostVillage: a runner goes to one of two shops with five to eight cards, every
// other day, and lets other customers in between.
func ghostVillage(w *world, v int32, size int) (taken int64) {
	shops := []int32{v, w.near[w.shops[v].point][0]}
	at, left, shop := int64(0), 0, v
	for _, c := range w.shuffled(w.block(v, size, 1)) {
		if left == 0 {
			at, left, shop = w.daytime(w.between(4, days-1)), w.between(5, 8), shops[w.rand.IntN(2)]
		}
		at += int64(60 + w.rand.ExpFloat64()*600)
		left--
		e := w.take(GhostVillage, c, shop, max(at, w.facts.Cards[c].Handed+hour))
		card := &w.facts.Cards[c]
		card.Phone, card.Habit = w.person(), -1
		if w.chance(0.4) {
			card.Phone = 0
		}
		e.denies, e.silent = false, true
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], GhostVillage)
		}
	}
	return taken
}
