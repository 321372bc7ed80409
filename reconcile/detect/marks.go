package detect

import (
	"slices"
)

// mark is whether a sale carries a signal; unknown where it cannot be known.
type mark uint8

const (
	unknown mark = iota
	clean
	marked
)

// marks has a mark for each of run.sales, in that order.
type marks []mark

func (m marks) set(i int, carries bool) {
	m[i] = clean
	if carries {
		m[i] = marked
	}
}

// atHours marks sales by the hour, where the clock was not behind its chain.
func atHours(known, carries func(*run, Record) bool) func(*run, marks) {
	return func(r *run, m marks) {
		each(known, carries)(r, m)
		for i, s := range r.sales {
			if r.behind[s] {
				m[i] = unknown
			}
		}
	}
}

// each marks sales one by one.
func each(known, carries func(*run, Record) bool) func(*run, marks) {
	return func(r *run, m marks) {
		for i, s := range r.sales {
			if x := r.Records[s]; known(r, x) {
				m.set(i, carries(r, x))
			}
		}
	}
}

// chain calls visit with each handheld's sales in the order of its chain, and
// with each vendor's typed stubs in the order in which they were typed, without
// those made at a planned fair, where people are called by the list and served
// in a row. It gives the places in run.sales, which visit may not change.
func (r *run) chain(visit func(places []int)) {
	for _, places := range r.chains {
		visit(places)
	}
}

// makeChains returns what chain gives.
func (r *run) makeChains() [][]int {
	at := make([]int32, len(r.Records))
	for i := range at {
		at[i] = -1
	}
	for i, s := range r.sales {
		at[s] = int32(i)
	}
	all := make([]int, 0, len(r.sales))
	var out [][]int
	for _, list := range slices.Concat(r.byHandheld, r.stubs) {
		from := len(all)
		for _, s := range list {
			if at[s] >= 0 && !r.planned(r.Records[s]) {
				all = append(all, int(at[s]))
			}
		}
		out = append(out, all[from:len(all):len(all)])
	}
	return out
}

// ofSale returns the record at a place of run.sales.
func (r *run) ofSale(place int) Record { return r.Records[r.sales[place]] }

// step says how far apart two cards stand in one point's list; false where they
// are of two lists.
func (r *run) step(a, b Record) (int, bool) {
	x, y := r.Cards[a.Card], r.Cards[b.Card]
	return int(y.Rank - x.Rank), x.Point == y.Point
}

// listOrder marks sales in a run that goes up or down the list: of six cards in
// no order, one in 360 does. It also marks windows whose order is that of the
// list but for a few cards, by Kendall's rank correlation: a pile that was
// shuffled a little. Who goes to the shop from the hand-over comes in the order
// in which people were called there: those sales are left out.
func listOrder(r *run, m marks) {
	r.chain(func(all []int) {
		places := all[:0:0]
		for _, p := range all {
			x := r.ofSale(p)
			if given, ok := r.Cards[x.Card].given(); !ok || x.Said > given+calledHours*hour || x.Handheld < 0 {
				places = append(places, p)
			}
		}
		for _, p := range places {
			m.set(p, false)
		}
		for from := 0; from < len(places); {
			to, way := from+1, 0
			for ; to < len(places); to++ {
				d, same := r.step(r.ofSale(places[to-1]), r.ofSale(places[to]))
				if !same || d == 0 || way != 0 && (d > 0) != (way > 0) {
					break
				}
				way = d
			}
			if to-from >= r.RunLength {
				for _, p := range places[from:to] {
					m[p] = marked
				}
			}
			from = max(to-1, from+1)
		}
		for _, w := range [][2]int{{r.OrderWindow, r.OrderPercent}, {2 * r.OrderWindow, r.OrderPercent * 4 / 5}} {
			for from := 0; from+w[0] <= len(places); from++ {
				if window := places[from : from+w[0]]; r.ordered(window, w[1]) {
					for _, p := range window {
						m[p] = marked
					}
				}
			}
		}
	})
}

// calledHours is how long after a hand-over people may still be in its order.
const calledHours = 6

// ordered reports whether the cards of a window are of one list and correlate
// with it, up or down, and each half of the window half as well: two villages
// that come one after the other are in order too. A window twice as long may
// correlate a fifth less: chance is as unlikely to do it.
func (r *run) ordered(window []int, percent int) bool {
	all, ok := r.correlation(window)
	if !ok || max(all, -all) < percent {
		return false
	}
	for _, half := range [][]int{window[:len(window)/2], window[len(window)/2:]} {
		if one, _ := r.correlation(half); (all > 0) != (one > 0) || 2*max(one, -one) < percent {
			return false
		}
	}
	return true
}

// correlation is Kendall's, of the order of sales and that of the list, in
// percent; false for cards of several lists.
func (r *run) correlation(window []int) (int, bool) {
	agree, n := 0, len(window)
	for i, p := range window {
		for _, q := range window[:i] {
			d, same := r.step(r.ofSale(q), r.ofSale(p))
			switch {
			case !same:
				return 0, false
			case d > 0:
				agree++
			case d < 0:
				agree--
			}
		}
	}
	return 200 * agree / (n * (n - 1)), true
}

// neighbours marks sales whose predecessor stands near in the list.
func neighbours(r *run, m marks) {
	r.chain(func(places []int) {
		for i, p := range places {
			near := false
			for _, j := range []int{i - 1, i + 1} {
				if j < 0 || j >= len(places) {
					continue
				}
				d, same := r.step(r.ofSale(p), r.ofSale(places[j]))
				near = near || same && max(d, -d) <= r.NearRanks
			}
			m.set(p, near)
		}
	})
}

// fast marks sales within seconds of the one before or after: no goods were
// handed over in between.
func fast(r *run, m marks) {
	r.chain(func(places []int) {
		for i, p := range places {
			t, ok := r.clock(r.ofSale(p))
			if !ok {
				continue
			}
			quick := false
			for _, j := range []int{i - 1, i + 1} {
				if j >= 0 && j < len(places) {
					d := r.ofSale(places[j]).Said - t
					quick = quick || max(d, -d) < int64(r.FastSeconds)
				}
			}
			m.set(p, quick)
		}
	})
}

// evenGaps marks windows of sales that follow each other like a clock's ticks;
// customers come by chance. A window twice as long may vary a third more: chance
// is as unlikely to do it.
func evenGaps(r *run, m marks) {
	r.chain(func(places []int) {
		for _, p := range places {
			if _, ok := r.clock(r.ofSale(p)); ok {
				m.set(p, false)
			}
		}
		r.even(m, places, r.RhythmGaps, r.RhythmVariation, false)
		r.even(m, places, 2*r.RhythmGaps, r.RhythmVariation, true)
		r.even(m, places, 2*r.RhythmGaps, r.RhythmVariation*4/3, false)
	})
}

// even marks the windows of so many gaps whose standard deviation is less than
// that percentage of their mean, and whose mean is at most two hours. Those of
// people of one village, who queue as they came, count where villages is set.
func (r *run) even(m marks, places []int, gaps, percent int, villages bool) {
	gap := func(i int) int64 {
		d := r.ofSale(places[i]).Said - r.ofSale(places[i-1]).Said
		return min(max(d, 0), day)
	}
	var sum, squares int64
	n, limit := int64(gaps), int64(percent)
	for i := 1; i < len(places); i++ {
		g := gap(i)
		sum, squares = sum+g, squares+g*g
		if i > gaps {
			old := gap(i - gaps)
			sum, squares = sum-old, squares-old*old
		}
		if i < gaps || sum == 0 || sum > n*2*hour {
			continue
		}
		if variance := squares*n - sum*sum; variance*100*100/(sum*sum) >= limit*limit {
			continue
		}
		window := places[i-gaps : i+1]
		if !villages && r.village(window) {
			continue
		}
		for _, p := range window {
			if m[p] != unknown {
				m[p] = marked
			}
		}
	}
}

// village reports whether most of a window's cards stand near the one before in
// the list.
func (r *run) village(window []int) bool {
	strange := 0
	for i, p := range window[1:] {
		if r.strangers(r.ofSale(window[i]).Card, r.ofSale(p).Card) {
			strange++
		}
	}
	return 3*strange < len(window)
}

func knowsClock(r *run, x Record) bool { _, ok := r.clock(x); return ok }

func atNight(r *run, x Record) bool {
	h := int(x.Said % day / hour)
	return h >= r.NightFrom || h < r.NightTo
}

func knowsMarket(r *run, x Record) bool {
	p := r.Cards[x.Card].Point
	return knowsClock(r, x) && p >= 0 && r.Points[p].MarketDays != 0 && !r.planned(x)
}

// offMarket: the point's market is on other days. 1970 began on a Thursday.
func offMarket(r *run, x Record) bool {
	return r.Points[r.Cards[x.Card].Point].MarketDays>>((x.Said/day+4)%7)&1 == 0
}

// rareHours marks sales in the quarter days, by point and date, in which hardly
// anybody else sells: fewer than the given percentage of what its zone sells in
// a quarter on average.
func rareHours(r *run, m marks) {
	const quarter = day / 4
	type when struct {
		zone int32
		at   int64
	}
	counts, others, zones := map[when]int{}, map[int32]int{}, map[when]bool{}
	for _, s := range r.sales {
		x := r.Records[s]
		if t, ok := r.clock(x); ok && !r.behind[s] {
			w := when{r.zoneOf[x.Vendor], t / quarter}
			counts[w]++
			others[w.zone]++
			zones[w] = true
		}
	}
	quarters := make([]int, r.zones)
	for w := range zones {
		quarters[w.zone]++
	}
	for i, s := range r.sales {
		x := r.Records[s]
		if t, ok := r.clock(x); ok && !r.behind[s] {
			w := when{r.zoneOf[x.Vendor], t / quarter}
			m.set(i, counts[w]*quarters[w.zone]*100 < others[w.zone]*r.RareHours*5)
		}
	}
}

// backwards marks sales that are said to be earlier than one before them in the
// chain. A clock that was set once is behind for as long as it was set back.
func backwards(r *run, m marks) {
	for i, s := range r.sales {
		if knowsClock(r, r.Records[s]) {
			m.set(i, r.behind[s])
		}
	}
}

func knowsArrival(_ *run, x Record) bool { return x.Handheld >= 0 }

// late marks records that came days after the sale, and within a day of a claim.
func late(r *run, x Record) bool {
	if x.To-x.Said < int64(r.LateHours)*hour {
		return false
	}
	for _, made := range r.claims[x.Vendor] {
		if made >= x.To && made-x.To <= int64(r.BeforeClaimHours)*hour {
			return true
		}
	}
	return false
}

func always(*run, Record) bool { return true }

func knowsWay(r *run, x Record) bool {
	given, ok := r.Cards[x.Card].given()
	return x.Metres > 0 && ok && x.Said >= given && knowsClock(r, x) && !r.planned(x)
}

// tooSoon: nobody gets that far so quickly on a donkey cart or on foot.
func tooSoon(r *run, x Record) bool {
	given, _ := r.Cards[x.Card].given()
	minutes := (x.Said - given) / 60
	return minutes < int64(r.QuickMinutes) && int64(x.Metres) > max(minutes, 1)*int64(r.QuickMetres)
}

func knowsPhone(r *run, x Record) bool { return r.Cards[x.Card].Phone > 0 }

// sharedPhones marks cards whose phone the list has for too many households.
func sharedPhones(r *run, m marks) {
	households := map[int32]int{}
	for _, c := range r.Cards {
		if c.Phone > 0 {
			households[c.Phone]++
		}
	}
	each(knowsPhone, func(r *run, x Record) bool { return households[r.Cards[x.Card].Phone] > r.PhoneHouseholds })(r, m)
}

// oneCollector marks sales to somebody who collects for too many.
func oneCollector(r *run, m marks) {
	cards := map[int32]int{}
	for _, s := range r.sales {
		cards[r.Records[s].Collector]++
	}
	each(always, func(r *run, x Record) bool { return x.Collector > 0 && cards[x.Collector] > r.CollectorCards })(r, m)
}

// afterReport marks sales that may have come after the card was reported: the
// report falls within their interval.
func afterReport(r *run, x Record) bool {
	lost := r.Cards[x.Card].Lost
	return lost > 0 && x.From < lost && x.To >= lost && x.Said <= x.To
}

func denied(r *run, m marks) {
	r.asked(m, func(a Answer) mark {
		switch {
		case a.Unreached:
			return unknown
		case a.Received:
			return clean
		}
		return marked
	})
}

// asked marks the sales whose households were called.
func (r *run) asked(m marks, says func(Answer) mark) {
	places := map[int32]int{}
	for i, s := range r.sales {
		places[s] = i
	}
	for _, a := range r.Answers {
		if i, ok := places[a.Record]; ok {
			m[i] = says(a)
		}
	}
}

func knowsHandheld(r *run, x Record) bool { return len(r.typed[x.Vendor]) == 0 || r.sells[x.Vendor] }

// besideHandheld marks typed stubs of vendors who sell with a handheld too.
func besideHandheld(_ *run, x Record) bool { return x.Handheld < 0 }

// extremes marks the sales in which some measure is above what all but that
// percentage of the zone's sales have; ok says where it is known.
func extremes(measure func(*run, Record) (value int64, ok bool), percent int) func(*run, marks) {
	return func(r *run, m marks) {
		byZone := make([][]int64, r.zones)
		for _, s := range r.sales {
			x := r.Records[s]
			if v, ok := measure(r, x); ok {
				z := r.zoneOf[x.Vendor]
				byZone[z] = append(byZone[z], v)
			}
		}
		for _, vs := range byZone {
			slices.Sort(vs)
		}
		for i, s := range r.sales {
			x := r.Records[s]
			if v, ok := measure(r, x); ok {
				vs := byZone[r.zoneOf[x.Vendor]]
				m.set(i, v > vs[(len(vs)-1)*(100-percent)/100])
			}
		}
	}
}

// rare marks the extremes that the thresholds call so.
func rare(measure func(*run, Record) (int64, bool)) func(*run, marks) {
	return func(r *run, m marks) { extremes(measure, r.Extreme)(r, m) }
}

// waited is how long a card lay between hand-over and sale.
func waited(r *run, x Record) (int64, bool) {
	t, ok := r.clock(x)
	given, known := r.Cards[x.Card].given()
	return t - given, ok && known
}

func cameFrom(_ *run, x Record) (int64, bool) { return int64(x.Metres), x.Metres > 0 }

// beforeHandOver: a card cannot be sold before anybody had it.
func beforeHandOver(r *run, x Record) bool { return x.Said < r.Cards[x.Card].HandedFrom }

func knowsHandOver(r *run, x Record) bool { return knowsClock(r, x) && r.Cards[x.Card].HandedFrom > 0 }
