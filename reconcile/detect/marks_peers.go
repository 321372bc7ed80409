package detect

import (
	"cmp"
	"slices"
)

// strangers reports whether two cards are not of one village: of two points, or
// far apart in one list.
func (r *run) strangers(a, b int32) bool {
	x, y := r.Cards[a], r.Cards[b]
	return x.Point != y.Point || max(x.Rank-y.Rank, y.Rank-x.Rank) > blockRanks
}

// crowd is how far around a sale those count that are made at the same time.
const crowd = 15 * 60

// within calls visit with each sale whose clock is known and with those of its
// chain within that many seconds, itself included.
func (r *run) within(seconds int64, visit func(place int, near []int)) {
	r.chain(func(places []int) {
		timed := make([]int, 0, len(places))
		for _, p := range places {
			if _, ok := r.clock(r.ofSale(p)); ok {
				timed = append(timed, p)
			}
		}
		slices.SortStableFunc(timed, func(a, b int) int { return cmp.Compare(r.ofSale(a).Said, r.ofSale(b).Said) })
		from, to := 0, 0
		for _, p := range timed {
			at := r.ofSale(p).Said
			for r.ofSale(timed[from]).Said < at-seconds {
				from++
			}
			for to < len(timed) && r.ofSale(timed[to]).Said <= at+seconds {
				to++
			}
			visit(p, timed[from:to])
		}
	})
}

// crowdMost bounds how many of a crowd are looked at, around the sale.
const crowdMost = 60

// crowds marks sales among so many others to people of other villages, within a
// quarter of an hour, as the vendor never has at other times and the zone's
// others hardly ever.
func crowds(r *run, m marks) {
	size := make([]int64, len(r.sales))
	byVendor := make([][]int64, len(r.Vendors))
	r.within(crowd, func(p int, near []int) {
		m[p] = clean
		x := r.ofSale(p)
		for i, q := range near {
			if i < crowdMost && q != p && r.strangers(x.Card, r.ofSale(q).Card) {
				size[p]++
			}
		}
		byVendor[x.Vendor] = append(byVendor[x.Vendor], size[p])
	})
	usual := make([]int64, len(r.Vendors))
	var all []int64
	for v, sizes := range byVendor {
		if slices.Sort(sizes); len(sizes) > 0 {
			usual[v] = sizes[len(sizes)*3/4]
		}
	}
	ratio := func(p int) int64 { return 100 * size[p] / (usual[r.ofSale(p).Vendor] + 2) }
	for p := range m {
		if m[p] == clean {
			all = append(all, ratio(p))
		}
	}
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	limit := max(all[(len(all)-1)*9/10], int64(r.CrowdPercent))
	for p := range m {
		if m[p] == clean && size[p] >= int64(r.MarksMin) && ratio(p) > limit {
			m[p] = marked
		}
	}
}

// sameCompany marks sales among people of other villages with whom the same
// household was served the last time.
func sameCompany(r *run, m marks) {
	r.within(crowd, func(p int, near []int) {
		c := r.Cards[r.ofSale(p).Card]
		if c.Company == 0 {
			return
		}
		again := 0
		for i, q := range near {
			other := r.ofSale(q).Card
			if i < crowdMost && q != p && r.Cards[other].Company == c.Company && r.strangers(r.ofSale(p).Card, other) {
				again++
			}
		}
		m.set(p, again >= r.CompanyMin)
	})
}

// atOnce marks cards of which several neighbours in the list were sold within
// the same minutes, at whatever shops.
func atOnce(r *run, m marks) {
	byPoint := make([][]int, len(r.Points))
	for i, s := range r.sales {
		x := r.Records[s]
		if p := r.Cards[x.Card].Point; p >= 0 && !r.planned(x) {
			if _, ok := r.clock(x); ok {
				byPoint[p] = append(byPoint[p], i)
				m[i] = clean
			}
		}
	}
	for _, list := range byPoint {
		slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(r.Cards[r.ofSale(a).Card].Rank, r.Cards[r.ofSale(b).Card].Rank) })
		for at, p := range list {
			x, n := r.ofSale(p), 0
			for _, q := range list[max(at-r.NearRanks, 0):min(at+r.NearRanks+1, len(list))] {
				d := r.ofSale(q).Said - x.Said
				if q != p && max(d, -d) <= crowd {
					n++
				}
			}
			m.set(p, n >= r.CompanyMin)
		}
	}
}

// elsewhere marks cards whose phone the list has for at least as many households
// of other villages as of their own.
func elsewhere(r *run, m marks) {
	sharers := map[int32][]int32{}
	for i, c := range r.Cards {
		if list := sharers[c.Phone]; c.Phone > 0 && len(list) < crowdMost {
			sharers[c.Phone] = append(list, int32(i))
		}
	}
	each(knowsPhone, func(r *run, x Record) bool {
		far, near := 0, 0
		for _, c := range sharers[r.Cards[x.Card].Phone] {
			if r.strangers(x.Card, c) {
				far++
			} else {
				near++
			}
		}
		return far > 0 && far >= near
	})(r, m)
}

// oneBuyer marks sales within minutes of one, at whatever shop, to a household
// of another village that has the same phone or sent the same person.
func oneBuyer(r *run, m marks) {
	type hand struct {
		of    int // what is shared
		value int32
	}
	hands := map[hand][]int{}
	for i, s := range r.sales {
		x := r.Records[s]
		if _, ok := r.clock(x); !ok || r.planned(x) {
			continue
		}
		m[i] = clean
		for of, v := range [2]int32{r.Cards[x.Card].Phone, x.Collector} {
			if v > 0 {
				hands[hand{of, v}] = append(hands[hand{of, v}], i)
			}
		}
	}
	for _, list := range hands {
		if len(list) < 2 {
			continue
		}
		slices.SortFunc(list, func(a, b int) int { return cmp.Or(cmp.Compare(r.ofSale(a).Said, r.ofSale(b).Said), cmp.Compare(a, b)) })
		for i, p := range list[1:] {
			q := list[i]
			x, y := r.ofSale(p), r.ofSale(q)
			if x.Said-y.Said <= crowd && r.strangers(x.Card, y.Card) {
				m[p], m[q] = marked, marked
			}
		}
	}
}

// sameBasket marks sales whose goods are line by line those of one just before
// or after, for the same value.
func sameBasket(r *run, m marks) {
	if len(r.Goods) == 0 {
		return
	}
	sum := make([]uint64, len(r.Records))
	for _, g := range r.Goods {
		// Lines add up, so that their order does not matter.
		h := uint64(g.Item)*0x9e3779b97f4a7c15 ^ uint64(g.Amount)*0xc2b2ae3d27d4eb4f
		sum[g.Record] += (h ^ h>>29) * 0xbf58476d1ce4e5b9
	}
	r.chain(func(places []int) {
		for i, p := range places {
			own := sum[r.sales[p]]
			if own == 0 {
				continue
			}
			same := false
			for _, j := range []int{i - 1, i + 1} {
				same = same || j >= 0 && j < len(places) && sum[r.sales[places[j]]] == own
			}
			m.set(p, same)
		}
	})
}

// lateHours marks sales in hours of the day in which hardly anybody of the zone
// sells.
func lateHours(r *run, m marks) {
	hoursOf := make([][24]int, r.zones)
	all := make([]int, r.zones)
	known := func(i int) (zone int32, h int64, ok bool) {
		x := r.ofSale(i)
		t, ok := r.clock(x)
		return r.zoneOf[x.Vendor], t % day / hour, ok && !r.behind[r.sales[i]]
	}
	for i := range r.sales {
		if z, h, ok := known(i); ok {
			hoursOf[z][h]++
			all[z]++
		}
	}
	for i := range r.sales {
		if z, h, ok := known(i); ok {
			m.set(i, hoursOf[z][h]*100 < all[z]*r.RareHours)
		}
	}
}

// inOneGo marks cards that were handed over in the same second as those of many
// other households: somebody took them all, or wrote them down later.
func inOneGo(r *run, m marks) {
	type moment struct {
		distributor int32
		at          int64
	}
	n := map[moment]int{}
	for _, c := range r.Cards {
		if c.Handed > 0 {
			n[moment{c.Distributor, c.Handed}]++
		}
	}
	each(knowsHanded, func(r *run, x Record) bool {
		c := r.Cards[x.Card]
		return n[moment{c.Distributor, c.Handed}] > r.CollectorCards
	})(r, m)
}

func knowsHanded(r *run, x Record) bool { return r.Cards[x.Card].Handed > 0 }

// valuable marks cards of the highest values of their point.
func valuable(r *run, m marks) {
	byPoint := make([][]int64, len(r.Points))
	for _, s := range r.sales {
		x := r.Records[s]
		if p := r.Cards[x.Card].Point; p >= 0 {
			byPoint[p] = append(byPoint[p], x.Value)
		}
	}
	for _, vs := range byPoint {
		slices.Sort(vs)
	}
	for i, s := range r.sales {
		x := r.Records[s]
		if p := r.Cards[x.Card].Point; p >= 0 {
			vs := byPoint[p]
			top := vs[(len(vs)-1)*9/10]
			m.set(i, x.Value >= top && top > vs[0])
		}
	}
}

// quickly is the other end of waited.
func quickly(r *run, x Record) (int64, bool) {
	v, ok := waited(r, x)
	return -v, ok && v > 0 && !r.planned(x)
}

func knowsTaker(r *run, x Record) bool { return r.Cards[x.Card].Taker != UnknownTaker }

func byThird(r *run, x Record) bool { return r.Cards[x.Card].Taker == ThirdParty }

func replaced(r *run, x Record) bool { return r.Cards[x.Card].Spare }

// unreached marks households that nobody reached, among those called.
func unreached(r *run, m marks) {
	r.asked(m, func(a Answer) mark {
		if a.Unreached {
			return marked
		}
		return clean
	})
}

// complained marks sales that were complained about.
func complained(r *run, m marks) {
	if len(r.Complaints) == 0 {
		return
	}
	of := map[int32]bool{}
	for _, c := range r.Complaints {
		of[c.Record] = true
	}
	for i, s := range r.sales {
		m.set(i, of[s])
	}
}
