package detect

import (
	"cmp"
	"slices"
)

const (
	hour = 60 * 60
	day  = 24 * hour // of Mali, whose clock is UTC all year
)

// run is one look at the facts, with what is looked up often.
type run struct {
	*Facts
	Thresholds
	zones      int
	zoneOf     []int32   // by vendor
	sales      []int32   // records that are payable, of cards that are known
	byVendor   [][]int32 // sales
	byHandheld [][]int32 // all records, by place in the chain
	typed      [][]int32 // typed stubs, by vendor, in the order of arrival
	stubs      [][]int32 // the same, without vendors that have none
	sells      []bool    // by vendor: it sells with a handheld
	liar       []bool    // by handheld: its clock cannot be relied on
	behind     []bool    // by record: said to be before an earlier one of its chain
	fair       map[Fair]bool
	claims     [][]int64         // when each vendor's were made, ascending
	chains     [][]int           // as chain has them
	ofCard     []int32           // records by card, made on demand
	cardFrom   []int32           // where each card's begin in ofCard
	questioned []bool            // by record: a finding that could freeze it has it
	scored     *scored           // once signals are
	heard      []said            // by record, made on demand
	missing    map[int32]float64 // by record of those who got less: the share
	tell       func(done int)
}

func newRun(f *Facts, t Thresholds) *run {
	r := &run{Facts: f, Thresholds: t, tell: func(int) {}, zoneOf: make([]int32, len(f.Vendors)), byVendor: make([][]int32, len(f.Vendors)),
		byHandheld: make([][]int32, len(f.Handhelds)), typed: make([][]int32, len(f.Vendors)), sells: make([]bool, len(f.Vendors)),
		liar:   make([]bool, len(f.Handhelds)),
		behind: make([]bool, len(f.Records)), questioned: make([]bool, len(f.Records)), fair: map[Fair]bool{}, claims: make([][]int64, len(f.Vendors))}
	zones := map[string]int32{}
	for i, v := range f.Vendors {
		z, ok := zones[v.Zone]
		if !ok {
			z = int32(len(zones))
			zones[v.Zone] = z
		}
		r.zoneOf[i] = z
	}
	r.zones = len(zones)
	for i, x := range f.Records {
		if x.Handheld >= 0 {
			r.byHandheld[x.Handheld] = append(r.byHandheld[x.Handheld], int32(i))
			r.sells[x.Vendor] = true
		} else {
			r.typed[x.Vendor] = append(r.typed[x.Vendor], int32(i))
		}
		if x.Card >= 0 && x.State == Good {
			r.sales = append(r.sales, int32(i))
			r.byVendor[x.Vendor] = append(r.byVendor[x.Vendor], int32(i))
		}
	}
	for _, list := range r.typed {
		if len(list) > 0 {
			r.stubs = append(r.stubs, list)
		}
	}
	for h, list := range r.byHandheld {
		slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(f.Records[a].Seq, f.Records[b].Seq) })
		r.liar[h] = r.unreliable(list)
		var last int64
		for _, i := range list {
			r.behind[i] = last-f.Records[i].Said > int64(t.BackwardsMinutes)*60
			last = max(last, f.Records[i].Said)
		}
	}
	for _, x := range f.Fairs {
		r.fair[x] = true
	}
	r.chains = r.makeChains()
	for _, c := range f.Claims {
		r.claims[c.Vendor] = append(r.claims[c.Vendor], c.Made)
	}
	for _, list := range r.claims {
		slices.Sort(list)
	}
	return r
}

// unreliable reports whether a handheld's clock ran into the bounds that the
// server knows, or sold cards before they were handed over, in more than a
// tenth of its records: a flat battery does it, and nobody is to be blamed for
// the hour that such a clock shows.
func (r *run) unreliable(list []int32) bool {
	clamped := 0
	for _, i := range list {
		x := r.Records[i]
		before := x.Card >= 0 && x.Said < r.Cards[x.Card].HandedFrom
		if x.Said <= x.From || x.Said >= x.To || before {
			clamped++
		}
	}
	return clamped*10 > len(list)
}

// clock returns when a sale is said to have been, where that means anything.
func (r *run) clock(x Record) (int64, bool) {
	if x.Handheld < 0 || r.liar[x.Handheld] || x.Said <= 0 {
		return 0, false
	}
	return x.Said, true
}

// byCard returns a card's records. There are as many lists as cards: they are
// parts of one.
func (r *run) byCard(card int32) []int32 {
	if r.cardFrom == nil {
		r.cardFrom = make([]int32, len(r.Cards)+1)
		for _, x := range r.Records {
			if x.Card >= 0 {
				r.cardFrom[x.Card+1]++
			}
		}
		for c := range r.Cards {
			r.cardFrom[c+1] += r.cardFrom[c]
		}
		r.ofCard = make([]int32, r.cardFrom[len(r.Cards)])
		next := slices.Clone(r.cardFrom)
		for i, x := range r.Records {
			if x.Card >= 0 {
				r.ofCard[next[x.Card]] = int32(i)
				next[x.Card]++
			}
		}
	}
	return r.ofCard[r.cardFrom[card]:r.cardFrom[card+1]:r.cardFrom[card+1]]
}

// planned reports whether the vendor was to be at the card's point on the day
// of the sale, or two days from it, since flat batteries set clocks back; on
// any day that it can have been, where its clock cannot say.
func (r *run) planned(x Record) bool {
	if len(r.fair) == 0 {
		return false
	}
	from, to := max(x.Said/day-2, x.From/day), min(x.Said/day+2, x.To/day)
	if _, ok := r.clock(x); !ok {
		from, to = x.From/day, min(x.To/day, x.From/day+60)
	}
	for d := from; d <= to; d++ {
		if p := r.Cards[x.Card].Point; r.fair[Fair{x.Vendor, p, d}] || r.fair[Fair{-1, p, d}] {
			return true
		}
	}
	return false
}
