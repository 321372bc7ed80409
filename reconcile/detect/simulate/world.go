package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/jate-cva/jate/reconcile/detect"
)

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
	opens  = 1_767_571_200 / day * day // 5 January 2026, a Monday, at midnight
	days   = 16                        // from the first hand-over to the end of sales

	zones         = 6
	villageCards  = 60 // that stand together in a point's list
	registrars    = 60
	pointMetres   = 2_000 // the usual way from a point to its nearest shops
	settledMetres = 18_000
)

// event is one sale before it is a record.
type event struct {
	card, vendor, handheld int32
	at                     int64 // when it was
	skew                   int64 // of the handheld's clock
	value                  int64
	full, stale, fair      bool
	rejected               bool
	why                    string
	collector, metres      int32
	wrong                  uint8
	hold                   int64 // the record is not sent before; 0 for the next sync
	until                  int64 // the last beacon was no later; 0 for the last sync
	kind                   Kind
	taken                  int64
	gone                   bool    // it did not happen
	denies                 bool    // its household would say so
	silent                 bool    // nobody answers for the household
	less, lacks            float64 // the chance that it would say that it got less than was sold, and what share is missing
	over                   float64
}

type shop struct {
	zone      int32
	point     int32
	handhelds []int32 // none: it brings stubs
	price     float64 // relative to the market
	night     float64 // part of its sales
	dead      bool    // broken clock
	skew      int64
	reset     int64 // when its battery was flat
	sync      []int64
}

type world struct {
	Config
	rand     *rand.Rand
	lots     *rand.Rand // of what was added since, so that the rest stays as it was
	facts    detect.Facts
	truth    Truth
	shops    []shop
	zoneOf   []int32   // by point
	near     [][]int32 // shops by point
	events   []event
	byCard   []int32 // event of each card, -1 for none
	cards    [][]int32
	nobody   int32 // last collector or phone that was invented
	lines    []badLine
	claims   map[int32]int // vendors that split or round their claims
	forks    []fork
	flood    int32 // zone
	rounds   map[int32]bool
	inventor map[int32]bool // vendors who make up their baskets
	grumbles []float64      // by shop: the chance that a customer of an honest sale says that it was less
}

type badLine struct {
	vendor            int32
	wrong             detect.Mistake
	claimed, redeemed int64
	kind              Kind
	taken             int64
}

type fork struct {
	handheld, vendor int32
	events           []int32
}

func (w *world) chance(p float64) bool { return w.rand.Float64() < p }

// between returns a whole number from a to b.
func (w *world) between(a, b int) int { return a + w.rand.IntN(max(b-a, 0)+1) }

// people invents points, shops, households and their cards.
func (w *world) people() {
	w.facts.Round = "sim"
	w.flood, w.claims, w.rounds, w.inventor = -1, map[int32]int{}, map[int32]bool{}, map[int32]bool{}
	w.near, w.cards = make([][]int32, w.Points), make([][]int32, w.Points)
	for p := range w.Points {
		market := uint8(1) << w.rand.IntN(7)
		market |= 1 << w.rand.IntN(7) // often another day
		w.facts.Points = append(w.facts.Points, detect.Point{ID: fmt.Sprintf("p%03d", p+1), MarketDays: market})
		w.zoneOf = append(w.zoneOf, int32(p*zones/w.Points))
	}
	for v := range w.Vendors {
		p := v % w.Points
		s := shop{point: int32(p), zone: w.zoneOf[p], price: math.Exp(w.rand.NormFloat64() * 0.04)}
		for range 1 + w.rand.IntN(2) {
			s.handhelds = append(s.handhelds, w.handheld())
		}
		w.facts.Vendors = append(w.facts.Vendors, detect.Vendor{ID: fmt.Sprintf("v%04d", v+1), Zone: fmt.Sprintf("z%d", s.zone+1)})
		w.shops = append(w.shops, s)
		w.near[p] = append(w.near[p], int32(v))
	}
	for p := range w.Points {
		for q := p; len(w.near[p]) < min(3, w.Vendors); q++ { // a point without shops of its own
			w.near[p] = append(w.near[p], w.near[(q+1)%w.Points]...)
		}
	}
	for h := range w.Households {
		p := h * w.Points / w.Households
		c := detect.Card{Rank: int32(len(w.cards[p])), Point: int32(p)}
		village := int(c.Rank) / villageCards
		c.Registrar = int32(1 + (p*7+village/4)%registrars)
		c.Verifier = int32(101 + (p*3+village/8)%20)
		c.Approver = int32(201 + p%5)
		c.Distributor = int32(701 + 2*p + village%2)
		if w.chance(0.01) {
			c.Verifier = c.Registrar
		}
		if w.chance(0.015) { // people who came back, and whom another team added
			c.Registrar = int32(1 + w.rand.IntN(registrars))
		}
		if w.chance(0.7) {
			c.Phone = w.person()
			if w.chance(0.15) && len(w.facts.Cards) > 0 {
				c.Phone = w.facts.Cards[len(w.facts.Cards)-1].Phone // that of a brother
			} else if w.chance(0.02) && c.Rank > 0 {
				c.Phone = w.facts.Cards[w.cards[p][w.rand.IntN(int(c.Rank))]].Phone // of a relative elsewhere
			}
		}
		w.cards[p] = append(w.cards[p], int32(h))
		w.facts.Cards = append(w.facts.Cards, c)
	}
}

func (w *world) handheld() int32 {
	w.facts.Handhelds = append(w.facts.Handhelds, fmt.Sprintf("h%05d", len(w.facts.Handhelds)+1))
	return int32(len(w.facts.Handhelds) - 1)
}

// person invents a phone or somebody who collects.
func (w *world) person() int32 { w.nobody++; return w.nobody }

// trade has every card handed over and most sold, honestly.
func (w *world) trade() {
	w.byCard = make([]int32, len(w.facts.Cards))
	for p, cards := range w.cards {
		for at := 0; at < len(cards); at += villageCards {
			village := cards[at:min(at+villageCards, len(cards))]
			weights := w.tastes(len(w.near[p]))
			handed := int64(opens + w.rand.IntN(3)*day + 8*hour + w.rand.IntN(5*hour))
			for _, c := range village {
				w.buy(c, p, weights, handed)
			}
		}
	}
}

// tastes says how much of a village buys at each shop near.
func (w *world) tastes(n int) []float64 {
	weights, sum := make([]float64, n), 0.0
	for i := range weights {
		weights[i] = math.Exp(w.rand.NormFloat64())
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

func (w *world) pick(weights []float64) int {
	x := w.rand.Float64()
	for i, p := range weights {
		if x -= p; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// buy hands the card over and sells it, nine times of ten.
func (w *world) buy(c int32, p int, weights []float64, handed int64) {
	card := &w.facts.Cards[c]
	if w.chance(0.04) {
		handed += day
	}
	at := handed + int64(w.rand.IntN(hour))
	card.Handed = at
	w.byCard[c] = -1
	card.Habit = w.near[p][w.pick(weights)] + 1
	if w.chance(0.12) { // away, ill, or not on the list yet
		card.Habit = -1
	}
	card.Taker = detect.Head
	switch {
	case w.chance(0.10):
		card.Taker = detect.Alternate
	case w.chance(0.03):
		card.Taker = detect.ThirdParty
	}
	card.Spare = w.chance(0.004)
	if !w.chance(0.93) {
		return
	}
	shop := w.near[p][w.pick(weights)]
	if card.Habit > 0 && w.chance(0.55) {
		shop = card.Habit - 1
	}
	e := event{card: c, vendor: shop, at: w.visit(p, at, w.shops[shop]), value: w.value(), full: !w.chance(0.025),
		metres: int32(float64(pointMetres) * math.Exp(0.6*w.rand.NormFloat64()))}
	e.handheld = w.counter(shop)
	switch {
	case w.chance(0.06): // a grown child or a neighbour comes
		e.collector = w.person()
		if w.chance(0.4) {
			e.collector = max(w.nobody-1-int32(w.rand.IntN(3)), 1)
		}
	case w.chance(0.05):
		e.wrong = uint8(w.between(1, 2))
	}
	if w.chance(0.002) { // lost later, or about then
		card.Lost = e.at + int64(w.rand.IntN(4*day))
	}
	card.Company = 1 + shop*formerSlots + int32(w.rand.IntN(formerSlots))
	w.together(c, &e)
	w.byCard[c] = int32(len(w.events))
	w.events = append(w.events, e)
}

// formerSlots is in how many quarters of an hour a shop sold in the round before.
const formerSlots = 200

// together: brothers often come with each other, and did so the last time.
func (w *world) together(c int32, e *event) {
	if c == 0 || w.byCard[c-1] < 0 {
		return
	}
	before, card := w.facts.Cards[c-1], &w.facts.Cards[c]
	first := w.events[w.byCard[c-1]]
	if before.Point != card.Point || first.at < card.Handed+20*minute {
		return
	}
	share := 0.05
	if before.Phone == card.Phone && card.Phone > 0 {
		share = 0.4
	}
	if w.chance(share) {
		e.vendor, e.handheld, e.at, e.metres = first.vendor, first.handheld, first.at+int64(w.between(40, 240)), first.metres
		if w.chance(0.7) {
			card.Company, card.Habit = before.Company, before.Habit
		}
		if first.collector == 0 && w.chance(0.15) { // one of them buys for both
			first.collector = w.person()
			w.events[w.byCard[c-1]].collector = first.collector
		}
		if share > 0.1 && e.collector == 0 && w.chance(0.5) {
			e.collector = first.collector
		}
	}
}

func (w *world) value() int64 { return int64(12_500 + 2_500*w.rand.IntN(6)) }

func (w *world) counter(shop int32) int32 {
	hs := w.shops[shop].handhelds
	if len(hs) == 0 {
		return -1
	}
	return hs[w.rand.IntN(len(hs))]
}

// visit says when somebody who got a card at that moment goes to the shop: the
// same day, at the next market, or some day.
func (w *world) visit(p int, handed int64, s shop) int64 {
	if w.chance(0.2) {
		return handed + 20*minute + int64(w.rand.ExpFloat64()*90*minute)
	}
	d := handed/day + 1 + int64(w.rand.ExpFloat64()*2.5)
	if w.chance(0.65) {
		for i := range int64(7) {
			if w.facts.Points[p].MarketDays>>((d+i+4)%7)&1 == 1 {
				d += i
				break
			}
		}
	}
	d = min(d, opens/day+days-1)
	h := 12.5 + 2.4*w.rand.NormFloat64()
	if w.chance(0.01 + s.night) {
		h = 20.5 + 1.2*math.Abs(w.rand.NormFloat64())
	}
	return d*day + int64(min(max(h, 6), 23.8)*hour)
}
