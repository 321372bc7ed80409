package simulate

import "github.com/jate-cva/jate/reconcile/detect"

// Kinds that were held out after those of former.go, until they had been judged
// once.
const (
	HelpDesk     Kind = "help-desk"     // spares of households that lost nothing
	Skimmed      Kind = "skimmed"       // each eighth card kept at hand-over
	PaperShop    Kind = "paper-shop"    // a shop that nobody has seen
	FamilySplit  Kind = "family-split"  // one household under several names
	Credit       Kind = "credit"        // cards kept for debts of the lean season
	Relay        Kind = "relay"         // a village's cards, driven to another zone on market days
	LunchHour    Kind = "lunch-hour"    // the owner is away, the clerk is not
	Quota        Kind = "quota"         // an agent's fee: the card of each fifth household
	BigCards     Kind = "big-cards"     // of large households, swapped for small ones
	Drip         Kind = "drip"          // invented households, a few a day at three shops
	TwoHandhelds Kind = "two-handhelds" // a pile, in turns on both handhelds of a shop
	LateTyped    Kind = "late-typed"    // stubs of cards that nobody sold, typed at the end
)

// daytime is a usual moment of the n-th day.
func (w *world) daytime(n int) int64 {
	return int64(opens+n*day) + int64((12.5+2*w.rand.NormFloat64())*hour)
}

// later sells a card at a usual moment of some day after it was handed over.
func (w *world) later(k Kind, c, v int32) *event {
	first := int(w.facts.Cards[c].Handed/day-opens/day) + 1
	return w.take(k, c, v, w.daytime(w.between(min(first, days-2), days-1)))
}

func helpDesk(w *world, v int32, size int) (taken int64) {
	clerk := int32(900 + w.rand.IntN(20))
	for _, c := range w.anywhere(v, size/2) {
		e := w.later(HelpDesk, c, v)
		card := &w.facts.Cards[c]
		card.Spare, card.Distributor, card.Taker = true, clerk, detect.ThirdParty
		if w.careless(0.3) {
			card.Taker = detect.Head
		}
		handed := e.at - int64(w.between(1, 40))*hour
		card.Handed = handed
		e.silent = w.chance(0.3)
		taken += e.taken
	}
	return taken
}

func skimmed(w *world, v int32, size int) (taken int64) {
	cards := w.cards[w.shops[v].point]
	start := w.rand.IntN(max(len(cards)-8*size, 1))
	for n := start; n < len(cards) && n < start+8*size; n += w.between(7, 9) {
		c := cards[n]
		if !w.honest(c) {
			continue
		}
		e := w.later(Skimmed, c, v)
		e.at = e.at/day*day + 17*hour + int64(w.rand.IntN(150*minute))
		w.facts.Cards[c].Taker = detect.Head
		if w.careless(0.7) {
			w.facts.Cards[c].Taker = detect.ThirdParty
		}
		e.full = e.full && !w.careless(0.2)
		taken += e.taken
	}
	return taken
}

// paperShop: what it sold is all invented; who was its customer there buys at
// the others.
func paperShop(w *world, v int32, size int) (taken int64) {
	others := w.near[w.shops[v].point]
	w.each(v, func(e *event) {
		if o := others[w.rand.IntN(len(others))]; o != v && !e.fair {
			e.vendor, e.handheld = o, w.counter(o)
		}
	})
	h := w.counter(v)
	left := w.scattered(v, size+40)
	for d := 3; d < days && len(left) > 0; d++ {
		n := min(w.between(6, 9), len(left))
		step := int64(8*hour) / int64(n+1)
		for i, c := range left[:n] {
			at := int64(opens+d*day+9*hour) + int64(i+1)*step + int64(w.rand.IntN(10+int(3000*w.Subtlety)))
			e := w.take(PaperShop, c, v, max(at, w.facts.Cards[c].Handed+hour))
			e.handheld = h
			taken += e.taken
		}
		left = left[n:]
	}
	return taken
}

func familySplit(w *world, v int32, size int) (taken int64) {
	cards := w.cards[w.shops[v].point]
	for taken < int64(size)*18_750 {
		n := w.rand.IntN(max(len(cards)-12, 1))
		at, one, h, seen := w.daytime(w.between(4, days-1)), w.person(), w.counter(v), false
		phone := w.facts.Cards[cards[n]].Phone
		for _, c := range cards[n:min(n+w.between(9, 12), len(cards))] {
			if !w.chance(0.3) || !w.honest(c) {
				continue
			}
			if seen {
				at += int64(w.between(30, 90))
			}
			e := w.take(FamilySplit, c, v, max(at, w.facts.Cards[c].Handed+hour))
			e.handheld, e.denies = h, false
			if w.careless(0.8) {
				w.facts.Cards[c].Phone = phone
			}
			if seen && w.careless(0.8) {
				e.collector = one
			}
			if !seen {
				e.kind, e.taken = "", 0 // the household itself
			}
			taken += max(e.taken, 1)
			seen = true
		}
	}
	return taken
}

func credit(w *world, v int32, size int) (taken int64) {
	cards := w.scattered(v, size)
	for _, c := range cards {
		handed := w.facts.Cards[c].Handed
		at := handed/day*day + 15*hour + int64(w.rand.IntN(int(4*hour)))
		if w.chance(0.4) {
			at += day - 6*hour
		}
		e := w.take(Credit, c, v, max(at, handed+30*minute))
		e.denies = w.chance(0.4)
		if w.careless(0.7) {
			w.facts.Cards[c].Taker = detect.ThirdParty
		}
		taken += e.taken
	}
	return taken
}

func relay(w *world, v int32, size int) (taken int64) {
	far := int32((int(w.shops[v].point) + w.Points/2) % w.Points)
	cards := w.cards[far]
	start := w.rand.IntN(max(len(cards)-2*size, 1))
	driver := w.person()
	for _, c := range cards[start:min(start+2*size, len(cards))] {
		if !w.honest(c) || !w.chance(0.5) {
			continue
		}
		e := w.later(Relay, c, v)
		for range 7 {
			if w.facts.Points[w.shops[v].point].MarketDays>>((e.at/day+4)%7)&1 == 1 {
				break
			}
			e.at -= day
		}
		e.at = max(e.at, w.facts.Cards[c].Handed+5*hour)
		e.metres = int32(w.between(60_000, 140_000))
		if w.careless(0.4) {
			e.collector = driver
		}
		e.denies = w.chance(0.7)
		taken += e.taken
	}
	return taken
}

func lunchHour(w *world, v int32, size int) (taken int64) {
	h := w.counter(v)
	cards := w.scattered(v, size)
	for d := 3; len(cards) > 0 && d < days; d++ {
		n := min(w.between(4, 8), len(cards))
		at := int64(opens + d*day + 13*hour + w.rand.IntN(30*minute))
		for _, c := range cards[:n] {
			at += int64(15 + w.rand.IntN(40+int(300*w.Subtlety)))
			e := w.take(LunchHour, c, v, max(at, w.facts.Cards[c].Handed+hour))
			e.handheld = h
			e.full = e.full && !w.careless(0.5)
			taken += e.taken
		}
		cards = cards[n:]
	}
	return taken
}

func quota(w *world, v int32, size int) (taken int64) {
	cards := w.cards[w.shops[v].point]
	start := w.rand.IntN(max(len(cards)-5*size, 1))
	agent := w.person()
	for n := start; n < len(cards) && n < start+5*size; n += 5 {
		c := cards[n]
		if !w.honest(c) {
			continue
		}
		e := w.take(Quota, c, v, w.daytime(days-w.between(1, 3)))
		w.facts.Cards[c].Taker = detect.Alternate
		if w.careless(0.5) {
			e.collector = agent
		}
		taken += e.taken
	}
	return taken
}

func bigCards(w *world, v int32, size int) (taken int64) {
	for _, c := range w.anywhere(v, size) {
		e := w.later(BigCards, c, v)
		e.value = 25_000
		e.taken = e.value / 2 // a small card was given for it
		taken += e.taken
	}
	return taken
}

func drip(w *world, v int32, size int) (taken int64) {
	shops := w.near[w.shops[v].point]
	shops = append([]int32{v}, shops[:min(2, len(shops))]...)
	team := int32(950 + w.rand.IntN(40))
	for _, c := range w.anywhere(v, size) {
		shop := shops[w.rand.IntN(len(shops))]
		e := w.later(Drip, c, shop)
		card := &w.facts.Cards[c]
		card.Registrar, card.Phone, card.Habit = team, w.person(), -1
		e.denies, e.silent = false, true
		if w.careless(0.3) {
			card.Verifier = team
		}
		taken += e.taken
		if shop != v && !w.rounds[shop] {
			w.rounds[shop] = true
			w.truth.Vendors[shop] = append(w.truth.Vendors[shop], Drip)
		}
	}
	return taken
}

func twoHandhelds(w *world, v int32, size int) (taken int64) {
	for len(w.shops[v].handhelds) < 2 {
		w.shops[v].handhelds = append(w.shops[v].handhelds, w.handheld())
	}
	hs := w.shops[v].handhelds
	at := w.working() + int64(w.between(0, 6)*hour)
	for i, c := range w.shuffled(w.block(v, size, 0.8)) {
		at += int64(25+150*w.Subtlety) + int64(w.rand.IntN(40))
		e := w.take(TwoHandhelds, c, v, max(at, w.facts.Cards[c].Handed+hour))
		e.handheld = hs[i%2]
		taken += e.taken
	}
	return taken
}

func lateTyped(w *world, v int32, size int) (taken int64) {
	for _, c := range w.cards[w.shops[v].point] {
		if w.byCard[c] >= 0 || taken >= int64(size)*18_750 {
			continue
		}
		e := w.take(LateTyped, c, v, int64(opens+(days-1)*day)+int64(w.between(9, 17))*hour)
		e.handheld = -1
		e.silent = w.chance(0.5)
		e.full = !w.careless(0.5)
		taken += e.taken
	}
	return taken
}
