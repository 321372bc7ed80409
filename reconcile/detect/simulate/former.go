package simulate

// The kinds that were held out until they had been judged once.

func ring(w *world, v int32, size int) (taken int64) {
	at, gap := w.session(0.3)
	partners := append([]int32{v}, w.near[w.shops[v].point]...)
	partners = partners[:min(len(partners), 3)]
	for i, c := range w.shuffled(w.block(v, 2*size, 0.9)) {
		if i%len(partners) == 0 {
			at += gap() * 3
		}
		e := w.take(Ring, c, partners[i%len(partners)], max(at, w.facts.Cards[c].Handed+hour))
		e.at += int64(w.rand.IntN(40))
		taken += e.taken
	}
	for _, p := range partners {
		w.rounds[p] = true
		if p != v {
			w.truth.Vendors[p] = append(w.truth.Vendors[p], Ring)
		}
	}
	return taken
}

func leftovers(w *world, v int32, size int) int64 {
	var cards []int32
	for _, c := range w.cards[w.shops[v].point] {
		if w.byCard[c] < 0 && len(cards) < size {
			cards = append(cards, c)
		}
	}
	_, gap := w.session(0)
	at := int64(opens + (days-1)*day + w.between(10, 18)*hour)
	return w.pile(Leftovers, v, w.shuffled(cards), at, gap, func(e *event) {
		e.full = e.full && !w.careless(0.4)
		e.silent = w.chance(0.5)
	})
}

func buyer(w *world, v int32, size int) (taken int64) {
	cards := w.anywhere(v, size)
	w.rand.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	hand := w.person()
	for part := range 2 {
		at, gap := w.session(0.2)
		half := cards[part*len(cards)/2 : (part+1)*len(cards)/2]
		taken += w.pile(Buyer, v, half, at, gap, func(e *event) {
			e.metres = settledMetres
			e.denies = w.chance(0.3) // they were paid something
			if w.careless(0.5) {
				e.collector = hand
			}
		})
	}
	return taken
}

func typedStubs(w *world, v int32, size int) int64 {
	at, gap := w.session(0)
	return w.pile(TypedStubs, v, w.shuffled(w.block(v, size, 0.7)), at, gap, func(e *event) {
		e.handheld = -1
		e.full = e.full && !w.careless(0.5)
	})
}

// The four below were judged after the four above.

// cashOut: people come themselves, at usual hours, and go with money.
func cashOut(w *world, v int32, size int) (taken int64) {
	at, h := w.working(), w.counter(v)
	for _, c := range w.scattered(v, size) {
		at += int64(20+100*w.Subtlety) + int64(w.rand.ExpFloat64()*60)
		e := w.take(CashOut, c, v, max(at, w.facts.Cards[c].Handed+hour))
		e.handheld = h
		e.denies, e.less, e.lacks = w.chance(0.5), 0.3, 0.5
		taken += e.taken
	}
	return taken
}

// scattered returns cards of the vendor's point in no order.
func (w *world) scattered(v int32, size int) []int32 {
	cards := w.anywhere(v, size)
	w.rand.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	return cards
}

func employee(w *world, v int32, size int) (taken int64) {
	h := w.counter(v)
	cards := w.shuffled(w.block(v, size, 0.5))
	for d := 3; len(cards) > 0 && d < days; d++ {
		n := min(w.between(4, 9), len(cards))
		at := int64(opens + d*day + 19*hour + w.rand.IntN(2*hour))
		for _, c := range cards[:n] {
			at += int64(30 + w.rand.IntN(60+int(600*w.Subtlety)))
			e := w.take(Employee, c, v, max(at, w.facts.Cards[c].Handed+hour))
			e.handheld = h
			e.full = e.full && !w.careless(0.4)
			taken += e.taken
		}
		cards = cards[n:]
	}
	return taken
}

func twiceListed(w *world, v int32, size int) (taken int64) {
	for _, c := range w.anywhere(v, size) {
		twin := w.cards[w.shops[v].point][w.rand.IntN(len(w.cards[w.shops[v].point]))]
		phone := w.facts.Cards[twin].Phone
		at := w.working()
		if i := w.byCard[twin]; i >= 0 && !w.events[i].gone {
			at = w.events[i].at + int64(w.between(20, 300))
		}
		e := w.take(TwiceListed, c, v, max(at, w.facts.Cards[c].Handed+hour))
		if !w.chance(w.Subtlety) {
			w.facts.Cards[c].Phone = phone
		}
		e.denies = false
		taken += e.taken
	}
	return taken
}

func unopened(w *world, v int32, size int) int64 {
	at, gap := w.session(0.2)
	handed := at + int64(w.between(-30, 30))*hour
	return w.pile(Unopened, v, w.shuffled(w.block(v, size, 0.7)), at, gap, func(e *event) {
		c := &w.facts.Cards[e.card]
		c.Handed = handed // all in one go
		e.at = at + int64(len(w.events))%100*40
		e.silent = w.chance(0.3)
	})
}
