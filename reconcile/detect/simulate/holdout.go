package simulate

// The kinds that are kept out of all tuning.

func ring(w *world, v int32, size int) (taken int64) {
	at, gap := w.session(0.3)
	partners := append([]int32{v}, w.near[w.shops[v].point]...)
	partners = partners[:min(len(partners), 3)]
	for i, c := range w.shuffled(w.block(v, 2*size, 0.9)) {
		if i%len(partners) == 0 {
			at += gap() * 3
		}
		e := w.take(Ring, c, partners[i%len(partners)], max(at, w.facts.Cards[c].HandedTo+hour))
		e.at += int64(w.rand.IntN(40))
		taken += e.taken
	}
	for _, p := range partners {
		w.rounds[p] = true
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
