package simulate

import "github.com/jate-cva/jate/reconcile/detect"

func heldCards(w *world, v int32, size int) int64 {
	at, gap := w.session(0.5)
	leader := w.person()
	return w.pile(HeldCards, v, w.shuffled(w.block(v, size, 0.9)), at, gap, func(e *event) {
		if w.careless(0.7) {
			e.collector = leader
		}
		e.full = e.full && !w.careless(0.25)
	})
}

func ghosts(w *world, v int32, size int) (taken int64) {
	cards := w.block(v, size, 1-0.5*w.Subtlety)
	phones := make([]int32, 2+int(w.Subtlety*float64(size)/3))
	for i := range phones {
		phones[i] = w.person()
	}
	team := [3]int32{int32(300 + w.rand.IntN(60)), int32(400 + w.rand.IntN(60)), int32(201 + w.rand.IntN(5))}
	runner := []int32{w.person(), w.person(), w.person()}
	start := w.working()
	for i, c := range w.shuffled(cards) {
		card := &w.facts.Cards[c]
		card.Registrar, card.Verifier, card.Approver, card.Habit = team[0], team[1], team[2], -1
		if w.careless(0.6) {
			card.Verifier = team[0]
		}
		if w.chance(0.85) {
			card.Phone = phones[w.rand.IntN(len(phones))]
		}
		at := start + int64(i)*int64(40+w.Subtlety*400) + int64(w.rand.IntN(30))
		e := w.take(Ghosts, c, v, max(at, card.Handed+hour))
		if !w.careless(0.9) && w.chance(0.4*w.Subtlety) { // some are sold elsewhere
			e.vendor = w.near[w.shops[v].point][0]
			e.handheld = w.counter(e.vendor)
		}
		if w.careless(0.8) {
			e.collector = runner[w.rand.IntN(len(runner))]
		}
		e.denies, e.silent = false, true
		taken += e.taken
	}
	return taken
}

func proxies(w *world, v int32, size int) int64 {
	at, gap := w.session(0.2)
	broker, phone := w.person(), w.person()
	return w.pile(Proxies, v, w.anywhere(v, size/2), at, gap, func(e *event) {
		if w.chance(1 - 0.6*w.Subtlety) {
			e.collector = broker
		}
		if w.careless(0.7) {
			w.facts.Cards[e.card].Phone = phone
		}
	})
}

func afterReport(w *world, v int32, size int) int64 {
	at, gap := w.session(0.4)
	return w.pile(AfterReport, v, w.anywhere(v, size/3), at, gap, func(e *event) {
		lost := &w.facts.Cards[e.card].Lost
		*lost = e.at - int64(w.between(4, 60))*hour
		if w.chance(w.Subtlety) { // within what an old bundle allows
			e.until, e.stale = *lost-hour, w.chance(0.5)
			e.hold = e.at + 2*hour
		} else {
			from, _ := w.shops[v].around(e.at)
			*lost = min(*lost, from)
		}
		e.full = e.full && !w.careless(0.5)
		if w.careless(0.4) {
			e.wrong = 3
		}
	})
}

func tooSoon(w *world, v int32, size int) (taken int64) {
	metres := int32(w.between(15_000, 45_000))
	h := w.counter(v)
	broker := w.person()
	for i, c := range w.shuffled(w.block(v, size, 0.8)) {
		card := &w.facts.Cards[c]
		at := card.Handed + int64(float64(3*minute)*(1+30*w.Subtlety*w.Subtlety)) + int64(float64(i)*(12+60*w.Subtlety))
		e := w.take(TooSoon, c, v, at)
		e.handheld, e.metres = h, metres
		if w.careless(0.5) {
			e.collector = broker
		}
		taken += e.taken
	}
	return taken
}

func counterfeit(w *world, v int32, size int) (taken int64) {
	at := w.working()
	for range 2 + int(float64(size)/3*(1-w.Subtlety)) {
		at += int64(w.between(20, 4000))
		value := w.value()
		w.events = append(w.events, event{card: -1, vendor: v, handheld: w.counter(v), at: at, value: value, rejected: true, why: "unknown-serial",
			kind: Counterfeit, taken: value})
		taken += value
	}
	return taken
}

func clone(w *world, v int32, size int) (taken int64) {
	f := fork{handheld: w.counter(v), vendor: v}
	at, gap := w.session(0.3)
	for _, c := range w.anywhere(v, max(size/3, 3)) {
		at += gap()
		e := w.take(Clone, c, v, at)
		e.handheld = f.handheld
		f.events = append(f.events, int32(len(w.events)-1))
		taken += e.taken
	}
	w.forks = append(w.forks, f)
	return taken
}

// clockGames: the date is set back before each few of them, because the office
// calls for the true time meanwhile.
func clockGames(w *world, v int32, size int) int64 {
	at, gap := w.session(0.3)
	at = max(at, opens+(days-2)*day+18*hour)
	back := int64(w.between(2, 6)) * day
	return w.pile(ClockGames, v, w.shuffled(w.anywhere(v, size/2)), at, gap, func(e *event) {
		e.skew, e.stale = -back, true
		e.until, e.hold = e.at-back-day, e.at+hour
		if w.careless(0.5) {
			e.skew = -back - int64(w.rand.IntN(2*day))
		}
		e.full = e.full && !w.careless(0.4)
	})
}

func noFactor(w *world, v int32, size int) int64 {
	at, gap := w.session(0.3)
	return w.pile(NoFactor, v, w.shuffled(w.block(v, size, 0.5)), at, gap, func(e *event) {
		e.full = !w.chance(1 - 0.5*w.Subtlety)
	})
}

func heldSyncs(w *world, v int32, size int) int64 {
	at, gap := w.session(0.3)
	helper := w.person()
	return w.pile(HeldSyncs, v, w.shuffled(w.anywhere(v, size)), at, gap, func(e *event) {
		week := (e.at-opens)/(7*day) + 1
		e.hold = opens + week*7*day - 2*hour
		if e.hold-e.at < 80*hour && w.chance(1-0.5*w.Subtlety) {
			e.hold += 7 * day
		}
		e.stale = w.careless(0.6)
		if w.careless(0.5) {
			e.collector = helper
		}
	})
}

func overPrice(w *world, v int32, _ int) (taken int64) {
	over := 0.18 + 0.3*(1-w.Subtlety)
	w.each(v, func(e *event) {
		e.kind, e.over, e.less, e.lacks = OverPrice, over, 0.2, over/(1+over)
		e.taken = e.value - int64(float64(e.value)/(1+over))
		taken += e.taken
	})
	return taken
}

// each calls fn with the vendor's honest sales.
func (w *world) each(v int32, fn func(*event)) {
	for i := range w.events {
		if e := &w.events[i]; e.vendor == v && e.kind == "" && !e.gone {
			fn(e)
		}
	}
}

// takesMarket: others were driven away since the rounds before.
func takesMarket(w *world, v int32, _ int) int64 {
	p := w.shops[v].point
	for _, c := range w.cards[p] {
		i := w.byCard[c]
		if i >= 0 && w.events[i].kind == "" && !w.events[i].fair && w.chance(0.9-0.5*w.Subtlety) {
			w.events[i].vendor, w.events[i].handheld = v, w.counter(v)
		}
	}
	for age := range int32(3) {
		w.facts.History = append(w.facts.History, detect.Share{Vendor: v, Point: p, Age: age + 1, Sales: 45 - 10*int64(age), Of: 100})
	}
	return 0
}

func splitClaims(w *world, v int32, _ int) int64 {
	w.claims[v] = 3 + int(6*(1-w.Subtlety))
	return 0
}

func staffTrader(w *world, v int32, size int) int64 {
	at, gap := w.session(0.4)
	team := [3]int32{int32(500 + w.rand.IntN(40)), int32(600 + w.rand.IntN(40)), int32(201 + w.rand.IntN(5))}
	cousin := w.person()
	return w.pile(StaffTrader, v, w.shuffled(w.anywhere(v, size)), at, gap, func(e *event) {
		c := &w.facts.Cards[e.card]
		c.Registrar, c.Verifier, c.Approver, c.Habit = team[0], team[1], team[2], -1
		if w.careless(0.7) {
			c.Verifier = c.Registrar
		}
		if w.careless(0.6) {
			e.collector = cousin
		}
		e.denies, e.silent = false, true
	})
}

func wrongPINs(w *world, v int32, size int) int64 {
	at, gap := w.session(0.5)
	return w.pile(WrongPINs, v, w.shuffled(w.anywhere(v, size/2)), at, gap, func(e *event) {
		e.wrong = uint8(w.between(0, 1))
		if w.chance(1 - 0.6*w.Subtlety) {
			e.wrong = uint8(w.between(2, 3))
		}
	})
}

func nightSales(w *world, v int32, size int) int64 {
	_, gap := w.session(0)
	at := w.evening() + 2*hour
	if w.chance(w.Subtlety) {
		at -= 3 * hour
	}
	return w.pile(NightSales, v, w.shuffled(w.block(v, size, 0.6)), at, gap, nil)
}

func notReceived(w *world, v int32, _ int) (taken int64) {
	w.each(v, func(e *event) {
		if w.chance(0.8 - 0.4*w.Subtlety) {
			e.kind, e.taken, e.denies = NotReceived, e.value, true
			taken += e.value
		}
	})
	return taken
}

// guesses: secrets are tried out on cards that were kept; few are found.
func guesses(w *world, v int32, size int) (taken int64) {
	at, h := w.working(), w.counter(v)
	for _, c := range w.anywhere(v, size/3) {
		for range w.between(2, 4) {
			at += int64(w.between(20, 200))
			value := w.value()
			w.events = append(w.events, event{card: c, vendor: v, handheld: h, at: max(at, w.facts.Cards[c].Handed+hour), value: value, rejected: true,
				why: "factor-wrong", kind: Guesses, taken: value})
			taken += value
			if w.chance(w.Subtlety) {
				at += int64(w.rand.IntN(8 * hour))
			}
		}
	}
	return taken
}

// photocopies are sold after the cards; the second receipt is not paid.
func photocopies(w *world, v int32, size int) (taken int64) {
	h := w.counter(v)
	for _, c := range w.anywhere(v, size/2) {
		i := w.byCard[c]
		if i < 0 || w.events[i].gone || w.events[i].vendor == v && w.chance(w.Subtlety) {
			continue
		}
		e := event{card: c, vendor: v, handheld: h, at: w.events[i].at + int64(w.between(1, 60))*hour, value: w.events[i].value, rejected: true,
			why: "already-redeemed", kind: Photocopies, taken: w.events[i].value}
		w.events = append(w.events, e)
		taken += e.taken
	}
	return taken
}

// short measure: a part of the goods is kept back, and some complain.
func short(w *world, v int32, _ int) (taken int64) {
	w.each(v, func(e *event) {
		if w.chance(0.7 - 0.3*w.Subtlety) {
			e.kind, e.taken, e.less, e.lacks = Short, e.value/5, 0.55, 0.2
			taken += e.taken
		}
	})
	return taken
}

// madeUp: baskets are written down in the evening, in amounts that sound like
// prices.
func madeUp(w *world, v int32, _ int) int64 {
	w.inventor[v] = true
	return 0
}
