package simulate

import (
	"math"
	"slices"

	"github.com/jate-cva/jate/reconcile/detect"
)

// The kinds of diversion.
const (
	HeldCards   Kind = "held-cards"   // a leader keeps a village's cards and sells them at a friend's
	Ghosts      Kind = "ghosts"       // a registrar invents households
	Proxies     Kind = "proxies"      // a broker collects for many under one phone
	AfterReport Kind = "after-report" // cards of the dead and lost ones are sold
	TooSoon     Kind = "too-soon"     // cards are taken at the gate and sold far away
	Counterfeit Kind = "counterfeit"  // printed by somebody else
	Clone       Kind = "clone"        // of a handheld
	ClockGames  Kind = "clock-games"  // cards that expired are sold under an older date
	NoFactor    Kind = "no-factor"    // photographed cards
	HeldSyncs   Kind = "held-syncs"   // bought cards, their receipts kept until payment
	InventedC   Kind = "invented"     // claims
	InflatedC   Kind = "inflated"     //
	DuplicateC  Kind = "duplicate"    //
	BorrowedC   Kind = "borrowed"     //
	SplitClaims Kind = "split-claims" // takes nothing by itself
	OverPrice   Kind = "over-price"   //
	TakesMarket Kind = "takes-market" // takes nothing by itself
	StaffTrader Kind = "staff-trader" // a team of staff and a vendor pad the list
	WrongPINs   Kind = "wrong-pins"   // guessed for cards that were kept
	NightSales  Kind = "night-sales"  // a pile of cards after the shop has closed
	NotReceived Kind = "not-received" // people leave with nothing
	Ring        Kind = "ring"         // vendors who share a pile in turns
	Leftovers   Kind = "leftovers"    // what nobody fetched, sold at the end by those who had it
	Buyer       Kind = "buyer"        // of cards, for half their worth, in town once a week
	TypedStubs  Kind = "typed-stubs"  // stubs of cards that nobody sold, typed at the office
	CashOut     Kind = "cash-out"     // households get half in cash and no goods
	Employee    Kind = "employee"     // a few cards after closing, every day
	TwiceListed Kind = "twice-listed" // households that are on the list twice under another name
	Unopened    Kind = "unopened"     // cards that staff never handed over, written down as if
	Guesses     Kind = "guesses"      // of secrets, for cards that were kept
	Photocopies Kind = "photocopies"  // of cards that others sell
	Short       Kind = "short"        // measure, and people complain
	MadeUp      Kind = "made-up"      // amounts of baskets; takes nothing by itself
)

var tuned = []Kind{HeldCards, Ghosts, Proxies, AfterReport, TooSoon, Counterfeit, Clone, ClockGames, NoFactor, HeldSyncs, InventedC, InflatedC,
	DuplicateC, BorrowedC, SplitClaims, OverPrice, TakesMarket, StaffTrader, WrongPINs, NightSales, NotReceived, Guesses, Photocopies, Short, MadeUp}

var former = []Kind{Ring, Leftovers, Buyer, TypedStubs, CashOut, Employee, TwiceListed, Unopened,
	HelpDesk, Skimmed, PaperShop, FamilySplit, Credit, Relay, LunchHour, Quota, BigCards, Drip, TwoHandhelds, LateTyped,
	ChiefTenth, Discount, LostHandheld, SplitHomes, VoidRing, Lent, Cartel, OneInThirty, Debts, CardBuyer, Absent, GhostVillage,
	Substitute, Sleeping, Exchange, Kin, OnOrder, Ferry, Tithe, LateList}

// scheme diverts about so much, in francs, with one or a few vendors, and
// returns how much it was.
type scheme func(w *world, v int32, size int) int64

var schemes = map[Kind]scheme{
	HeldCards: heldCards, Ghosts: ghosts, Proxies: proxies, AfterReport: afterReport, TooSoon: tooSoon, Counterfeit: counterfeit, Clone: clone,
	ClockGames: clockGames, NoFactor: noFactor, HeldSyncs: heldSyncs, OverPrice: overPrice, TakesMarket: takesMarket, StaffTrader: staffTrader,
	WrongPINs: wrongPINs, NightSales: nightSales, NotReceived: notReceived, SplitClaims: splitClaims,
	InventedC: claims(InventedC, detect.Invented), InflatedC: claims(InflatedC, detect.Inflated),
	DuplicateC: claims(DuplicateC, detect.Duplicate), BorrowedC: claims(BorrowedC, detect.Borrowed),
	Ring: ring, Leftovers: leftovers, Buyer: buyer, TypedStubs: typedStubs,
	CashOut: cashOut, Employee: employee, TwiceListed: twiceListed, Unopened: unopened,
	Guesses: guesses, Photocopies: photocopies, Short: short, MadeUp: madeUp,
	HelpDesk: helpDesk, Skimmed: skimmed, PaperShop: paperShop, FamilySplit: familySplit, Credit: credit, Relay: relay, LunchHour: lunchHour,
	Quota: quota, BigCards: bigCards, Drip: drip, TwoHandhelds: twoHandhelds, LateTyped: lateTyped,
	ChiefTenth: chiefTenth, Discount: discount, LostHandheld: lostHandheld, SplitHomes: splitHomes, VoidRing: voidRing, Lent: lent,
	Cartel: cartel, OneInThirty: oneInThirty, Debts: debts, CardBuyer: cardBuyer, Absent: absent, GhostVillage: ghostVillage,
	Substitute: substitute, Sleeping: sleeping, Exchange: exchange, Kin: kin, OnOrder: onOrder, Ferry: ferry, Tithe: tithe, LateList: lateList,
	Toll: toll, Upgraded: upgraded, TiedSale: tiedSale, Steered: steered, Secrets: secrets, Porter: porter, Rotation: rotation, OwnHandheld: ownHandheld,
}

// episodesMax bounds the vendors in one kind of diversion, as a part of all.
const episodesMax = 0.03

// divert gives each kind an equal part of what is diverted.
func (w *world) divert() {
	if len(w.Kinds) == 0 || w.Share == 0 {
		return
	}
	each := w.Share * float64(len(w.events)) / float64(len(w.Kinds)) // cards
	for _, k := range w.Kinds {
		want := int64(each * 18_750)
		for n := 0; want > 0 && n < max(2, int(episodesMax*float64(len(w.shops)))); n++ {
			v := int32(w.rand.IntN(len(w.shops)))
			for try := 0; try < 50 && (len(w.shops[v].handhelds) == 0 || w.rounds[v]); try++ {
				v = int32(w.rand.IntN(len(w.shops))) // one with a handheld and without guilt
			}
			w.rounds[v] = true
			w.truth.Vendors[v] = append(w.truth.Vendors[v], k)
			first := len(w.events)
			want -= schemes[k](w, v, w.between(30, 110))
			if w.chance(0.4) {
				w.again(w.events[first:])
			}
		}
	}
}

// again: they did the same in the round before.
func (w *world) again(events []event) {
	for _, e := range events {
		if e.card >= 0 && w.chance(0.75) {
			w.facts.Cards[e.card].Habit = e.vendor + 1
		}
	}
}

// s is how careful they are, and careless the chance of a slip that a careful
// one avoids.
func (w *world) careless(p float64) bool { return w.chance(p * (1 - w.Subtlety)) }

// block returns cards that stand together in the list of the vendor's point and
// are not diverted yet, with gaps for people who kept theirs.
func (w *world) block(v int32, size int, keep float64) []int32 {
	cards := w.cards[w.shops[v].point]
	start := w.rand.IntN(max(len(cards)-size, 1))
	var out []int32
	for _, c := range cards[start:] {
		if len(out) == size {
			break
		}
		if w.honest(c) && w.chance(keep) {
			out = append(out, c)
		}
	}
	return out
}

// anywhere returns cards from all over the vendor's point.
func (w *world) anywhere(v int32, size int) []int32 {
	cards := w.cards[w.shops[v].point]
	var out []int32
	for _, n := range w.rand.Perm(len(cards)) {
		if c := cards[n]; len(out) < size && w.honest(c) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) honest(c int32) bool {
	i := w.byCard[c]
	return i < 0 || w.events[i].kind == "" && !w.events[i].fair
}

// shuffled puts cards out of the order of the list, the more the more careful.
func (w *world) shuffled(cards []int32) []int32 {
	type at struct {
		card int32
		x    float64
	}
	list := make([]at, len(cards))
	for i, c := range cards {
		list[i] = at{c, float64(i) + w.rand.NormFloat64()*w.Subtlety*w.Subtlety*float64(len(cards))}
	}
	slices.SortFunc(list, func(a, b at) int {
		if a.x < b.x {
			return -1
		}
		return 1
	})
	out := make([]int32, len(list))
	for i, a := range list {
		out[i] = a.card
	}
	return out
}

// take makes the card's sale a diverted one, whoever bought with it or did not.
func (w *world) take(k Kind, c, v int32, at int64) *event {
	if i := w.byCard[c]; i >= 0 {
		w.events[i].gone = true
	}
	w.byCard[c] = int32(len(w.events))
	value := w.value()
	w.events = append(w.events, event{card: c, vendor: v, handheld: w.counter(v), at: at, value: value, full: !w.chance(0.025),
		metres: int32(float64(pointMetres) * math.Exp(0.6*w.rand.NormFloat64())), kind: k, taken: value, denies: true})
	return &w.events[len(w.events)-1]
}

// evening is when a shop has closed; working is when others sell too.
func (w *world) evening() int64 {
	return int64(opens + w.between(3, days-3)*day + w.between(20, 22)*hour)
}
func (w *world) working() int64 {
	return int64(opens + w.between(3, days-3)*day + w.between(9, 14)*hour)
}

// session is how somebody alone works through a pile: start, and the gap from
// one card to the next.
func (w *world) session(night float64) (at int64, gap func() int64) {
	at = w.working()
	if w.careless(night) {
		at = w.evening()
	}
	base := 9 + 110*w.Subtlety*w.Subtlety
	return at, func() int64 { return int64(base * (0.9 + 0.2*w.rand.Float64() + w.Subtlety*w.rand.ExpFloat64())) }
}

// pile sells cards one after another at one handheld.
func (w *world) pile(k Kind, v int32, cards []int32, at int64, gap func() int64, each func(*event)) (taken int64) {
	h := w.counter(v)
	again, slot := w.chance(0.5), -1_000_000-int32(len(w.events)) // they did so in the round before
	for i, c := range cards {
		at += gap()
		at = max(at, w.facts.Cards[c].Handed+hour)
		e := w.take(k, c, v, at)
		e.handheld = h
		if again && w.chance(0.9-0.5*w.Subtlety) {
			w.facts.Cards[c].Company = slot - int32(i/20)
		}
		if each != nil {
			each(e)
		}
		taken += e.taken
	}
	return taken
}

func claims(k Kind, wrong detect.Mistake) scheme {
	return func(w *world, v int32, size int) (taken int64) {
		for range max(int(float64(size)*(1-0.7*w.Subtlety)), 3) {
			value := w.value()
			l := badLine{v, wrong, value, 0, k, value}
			if wrong == detect.Inflated {
				l.redeemed = value - max(int64(float64(value)*0.5*(1-0.8*w.Subtlety)), 500)
				l.taken = value - l.redeemed
			}
			w.lines = append(w.lines, l)
			taken += l.taken
		}
		return taken
	}
}
