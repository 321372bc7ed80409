package detect

import "slices"

// outOfPlace marks households that another person registered than most of those
// who stand around them in the list.
func outOfPlace(r *run, m marks) {
	byPoint := make([][]int32, len(r.Points))
	for i, c := range r.Cards {
		if c.Point >= 0 && c.Registrar > 0 && !c.Spare {
			byPoint[c.Point] = append(byPoint[c.Point], int32(i))
		}
	}
	odd := make([]mark, len(r.Cards))
	for _, list := range byPoint {
		sortBy(list, func(c int32) int32 { return r.Cards[c].Rank })
		for at, c := range list {
			others, same := 0, 0
			for _, o := range list[max(at-r.NearRanks, 0):min(at+r.NearRanks+1, len(list))] {
				switch {
				case o == c:
				case r.Cards[o].Registrar == r.Cards[c].Registrar:
					same++
				default:
					others++
				}
			}
			odd[c] = clean
			if others > 2*same {
				odd[c] = marked
			}
		}
	}
	for i, s := range r.sales {
		m[i] = odd[r.Records[s].Card]
	}
}

// newcomers marks households that bought nothing in the round before.
func newcomers(r *run, x Record) bool { return r.Cards[x.Card].Habit < 0 }

func knowsHabit(r *run, x Record) bool { return r.Cards[x.Card].Habit != 0 }

// together is how long after one another cards are sold that somebody brought
// together.
const together = hour

// brought marks sales of cards that have something in common (0 where it is not
// known) of which the same shop sold several within the hour.
func brought(common func(*run, Record) int32) func(*run, marks) {
	return func(r *run, m marks) {
		type lot struct{ vendor, common int32 }
		lots := map[lot][]int32{}
		for i, s := range r.sales {
			x := r.Records[s]
			if _, ok := r.clock(x); !ok || r.planned(x) {
				continue
			}
			m[i] = clean
			if c := common(r, x); c > 0 {
				lots[lot{x.Vendor, c}] = append(lots[lot{x.Vendor, c}], int32(i))
			}
		}
		for _, list := range lots {
			if len(list) <= r.CompanyMin {
				continue
			}
			sortBy(list, func(p int32) int64 { return r.ofSale(int(p)).Said })
			for from := range list {
				to := from + 1
				for to < len(list) && r.ofSale(int(list[to])).Said-r.ofSale(int(list[from])).Said <= together {
					to++
				}
				if to-from > r.CompanyMin {
					for _, p := range list[from:to] {
						m[p] = marked
					}
				}
			}
		}
	}
}

func phoneOf(r *run, x Record) int32 { return r.Cards[x.Card].Phone }
func handOf(_ *run, x Record) int32  { return x.Collector }

// handedApart marks cards that were handed over on another day than most of their
// village's: those who did not come lie in somebody's box until then.
func handedApart(r *run, m marks) {
	byVillage := map[village][]int64{}
	for _, c := range r.Cards {
		if c.Handed > 0 && c.Point >= 0 {
			byVillage[c.village()] = append(byVillage[c.village()], c.Handed)
		}
	}
	for _, list := range byVillage {
		slices.Sort(list)
	}
	for i := range r.sales {
		c := r.Cards[r.ofSale(i).Card]
		list := byVillage[c.village()]
		if c.Handed == 0 || c.Point < 0 || len(list) < othersMin {
			continue
		}
		d := c.Handed - list[len(list)/2]
		m.set(i, max(d, -d) > apart)
	}
}

// apart is more than a day's queue.
const apart = 12 * hour
