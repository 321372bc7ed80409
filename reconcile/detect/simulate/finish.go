package simulate

import (
	"cmp"
	"math"
	"slices"

	"github.com/jate-cva/jate/reconcile/detect"
)

// finish sends the records, makes the claims, calls households, and writes the
// facts and the truth.
func (w *world) finish() *Round {
	for i := range w.facts.Cards { // between two syncs of the staff's handheld
		c := &w.facts.Cards[i]
		c.HandedFrom = c.Handed - int64(w.between(10, 300))*minute
		c.HandedTo = c.Handed + int64(w.between(5, 600))*minute
	}
	order := w.sendAll()
	w.goods(order)
	w.bill()
	round := &Round{}
	w.grumble()
	w.call(order, round)
	w.complain(order)
	round.Facts, round.Truth = w.facts, w.truth
	return round
}

// syncs says when each shop's handhelds meet a network.
func (w *world) syncs() {
	for v := range w.shops {
		s := &w.shops[v]
		each := 0.5 + w.rand.ExpFloat64() // days
		for t := float64(opens - day); t < opens+(days+5)*day; t += day * (0.2 + each*w.rand.ExpFloat64()) {
			at := int64(t)
			if s.zone == w.flood && w.Oddities && at > opens+4*day && at < opens+11*day {
				continue // no road, no network
			}
			s.sync = append(s.sync, at)
		}
		s.sync = append(s.sync, opens+(days+6)*day)
	}
}

// around returns the syncs before and after a moment.
func (s *shop) around(at int64) (from, to int64) {
	i, _ := slices.BinarySearch(s.sync, at)
	if i > 0 {
		from = s.sync[i-1]
	} else {
		from = opens - 2*day
	}
	return from, s.sync[min(i, len(s.sync)-1)]
}

// sendAll turns events into records in the order of their arrival, and returns
// the event of each.
func (w *world) sendAll() []int32 {
	var order []int32
	for i, e := range w.events {
		if !e.gone {
			order = append(order, int32(i))
		}
	}
	// Chains are in the order in which sales were made.
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.events[a].at, w.events[b].at) })
	w.queue(order)
	seqs := make([]uint64, len(w.facts.Handhelds))
	records := make([]detect.Record, len(w.events))
	for _, i := range order {
		e := w.events[i]
		if e.kind == "" && e.card >= 0 {
			if lost := &w.facts.Cards[e.card].Lost; *lost > 0 && *lost < e.at { // the sale was moved since
				*lost = e.at + int64(w.rand.IntN(4*day))
			}
		}
		r := w.record(e)
		if e.handheld >= 0 {
			seqs[e.handheld]++
			r.Seq = seqs[e.handheld]
		}
		records[i] = r
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(records[a].To, records[b].To) })
	w.companies()
	at := make([]int32, len(w.events))
	for n, i := range order {
		e := w.events[i]
		at[i] = int32(n)
		w.facts.Records = append(w.facts.Records, records[i])
		w.truth.Records = append(w.truth.Records, e.kind)
		w.truth.Taken = append(w.truth.Taken, e.taken)
	}
	for _, f := range w.forks {
		out := detect.Fork{Handheld: f.handheld, Vendor: f.vendor, From: 1 << 62}
		for n, i := range f.events {
			r := w.facts.Records[at[i]]
			out.From = min(out.From, r.Seq)
			if n < 2 {
				out.Twins = append(out.Twins, at[i])
			} else {
				out.Later = append(out.Later, at[i])
			}
		}
		w.facts.Forks = append(w.facts.Forks, out)
	}
	return order
}

// queue: to scan a card and to hand over goods takes an honest trader a
// minute for each customer, give or take.
func (w *world) queue(order []int32) {
	free := make([]int64, len(w.facts.Handhelds))
	for _, i := range order {
		e := &w.events[i]
		if e.handheld < 0 {
			continue
		}
		if e.kind == "" {
			e.at = max(e.at, free[e.handheld])
		}
		free[e.handheld] = e.at + 20 + int64(40*w.rand.ExpFloat64())
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.events[a].at, w.events[b].at) })
}

// record is what arrives of an event.
func (w *world) record(e event) detect.Record {
	s := &w.shops[e.vendor]
	from, to := s.around(e.at)
	if e.hold > 0 {
		to = max(to, e.hold)
	}
	if e.until > 0 {
		from = min(from, e.until)
	}
	if e.handheld < 0 { // typed at the office, within a week
		// Office hours are short, and the pile is in the order of the sales.
		from, to = opens-day, e.at/(7*day)*7*day+9*day+e.at%(7*day)/50
	}
	r := detect.Record{Card: e.card, Vendor: e.vendor, Handheld: e.handheld, From: from, To: to, Value: e.value, State: detect.Good, Paid: true,
		Why: e.why, Full: e.full, Collector: e.collector, Metres: e.metres, Wrong: e.wrong}
	r.Said = e.at + e.skew + s.skew
	if s.reset > 0 && e.at > s.reset {
		r.Said -= 30 * hour
	}
	if s.dead {
		r.Said = 0
	}
	r.Said = min(max(r.Said, from), to)
	// A bundle is fresh for three days.
	r.Kept = e.handheld < 0 || !e.stale && e.at-from < 3*day && !w.chance(0.01)
	if e.rejected {
		r.State, r.Paid = detect.Rejected, false
	}
	return r
}

// goods gives each record a basket of one kind of goods or two, which have a
// list price, and a market price in their zone.
func (w *world) goods(order []int32) {
	market := make([]float64, zones)
	for z := range market {
		market[z] = math.Exp(w.rand.NormFloat64() * 0.05)
	}
	for n, i := range order {
		e := w.events[i]
		if e.rejected {
			continue
		}
		s := w.shops[e.vendor]
		// The list leaves a margin over the market, and a shop keeps to it.
		fair := 1 / s.price / (1 + e.over)
		listed := fair * 1.12
		if e.over == 0 {
			listed = max(listed, 1)
		}
		survey := fair * math.Exp(w.rand.NormFloat64()*0.03) / market[s.zone]
		rest := e.value
		line := func(amount int64) {
			w.facts.Goods = append(w.facts.Goods, detect.Goods{Record: int32(n), Item: int32(w.rand.IntN(8)), Amount: amount,
				Listed: int64(float64(amount)*listed + 0.5), Market: int64(float64(amount) * survey)})
			rest -= amount
		}
		if w.chance(0.4) { // kilos of something that costs 250 to 800
			amount := int64(w.between(1, 5)) * int64(w.between(5, 16)) * 50
			if w.inventor[e.vendor] && w.chance(0.9-0.5*w.Subtlety) {
				amount = int64(w.between(9, 38))*100 + []int64{0, 30, 70, 90, 20, 80}[w.rand.IntN(6)]
			}
			line(amount)
		}
		line(rest)
	}
}

// bill has each vendor claim once a week.
func (w *world) bill() {
	due := make([][4]int64, len(w.shops))
	for _, r := range w.facts.Records {
		if r.Paid {
			due[r.Vendor][min(max((r.To-opens)/(7*day), 0), 3)] += r.Value
		}
	}
	claimOf := map[int32]int32{}
	for v, weeks := range due {
		for n, total := range weeks {
			if total == 0 {
				continue
			}
			made := opens + int64(n+1)*7*day + int64(w.rand.IntN(20*hour))
			c := detect.Claim{ID: w.facts.Vendors[v].ID + "-" + string(rune('a'+n)), Vendor: int32(v), Made: made, Total: total, Typed: w.chance(0.3)}
			parts := w.claims[int32(v)]
			claimOf[int32(v)] = int32(len(w.facts.Claims))
			for p := range parts { // split below the limit
				part := c
				part.ID += string(rune('a' + p%26))
				part.Total = 455_000 + int64(w.rand.IntN(44))*1000
				part.Made += int64(p) * hour
				w.facts.Claims = append(w.facts.Claims, part)
			}
			if parts == 0 {
				w.facts.Claims = append(w.facts.Claims, c)
			}
		}
	}
	for _, l := range w.lines {
		c, ok := claimOf[l.vendor]
		if !ok {
			continue
		}
		w.facts.Lines = append(w.facts.Lines, detect.Line{Claim: c, Wrong: l.wrong, Claimed: l.claimed, Redeemed: l.redeemed})
		w.truth.Lines = append(w.truth.Lines, l.kind)
		w.truth.TakenLines = append(w.truth.TakenLines, l.taken)
	}
}

// call asks some households of each vendor, by lot, whether they received.
func (w *world) call(order []int32, round *Round) {
	round.says = make([]detect.Answer, len(order))
	for n, i := range order {
		round.says[n] = w.says(int32(n), w.events[i])
	}
	perVendor := make([]int, len(w.shops))
	for _, n := range w.rand.Perm(len(w.facts.Records)) {
		r := w.facts.Records[n]
		if perVendor[r.Vendor] >= w.Calls || r.Card < 0 || !r.Paid {
			continue
		}
		perVendor[r.Vendor]++
		w.facts.Answers = append(w.facts.Answers, round.says[n])
	}
}

// says is what a household would say: three in ten are not reached, one in fifty
// is mistaken, of those invented nobody answers, and some who got less say so.
func (w *world) says(n int32, e event) detect.Answer {
	if e.silent || w.chance(0.3) {
		return detect.Answer{Record: n, Unreached: true}
	}
	received := !w.chance(0.02)
	if e.denies {
		received = w.chance(0.1)
	}
	a := detect.Answer{Record: n, Received: received}
	less, lacks := e.less, e.lacks
	if less == 0 {
		less, lacks = w.grumbles[e.vendor], 0.05+0.15*w.lots.Float64()
	}
	if received && w.lots.Float64() < less {
		a.Missing = max(int64(float64(e.value)*lacks*(0.7+0.6*w.lots.Float64()))/250*250, 250)
	}
	return a
}

// grumble: one household in thirty says of an honest sale that it got less, and
// one in eight of the customers of one shop in thirty, which is dear or rude.
func (w *world) grumble() {
	w.grumbles = make([]float64, len(w.shops))
	for v := range w.grumbles {
		w.grumbles[v] = 0.03
		if w.Oddities && w.lots.Float64() < 0.03 {
			w.grumbles[v] = 0.12
		}
	}
}

// Call asks households about their sales.
func (r *Round) Call(calls []detect.Call) {
	for _, c := range calls {
		a := r.says[c.Record]
		a.Sought = c.Sought
		r.Facts.Answers = append(r.Facts.Answers, a)
	}
}

// complain: one in 500 is unhappy with an honest trader, more where something
// was taken; and here and there a rival complains.
func (w *world) complain(order []int32) {
	for n, i := range order {
		e := w.events[i]
		share := 0.002
		if e.denies {
			share = 0.04
		}
		if e.kind == Short {
			share = 0.06
		}
		if e.card >= 0 && w.chance(share) {
			w.facts.Complaints = append(w.facts.Complaints, detect.Complaint{Vendor: e.vendor, Record: int32(n)})
		}
	}
	for v := range w.shops {
		if w.Oddities && w.chance(0.02) {
			for range 4 {
				w.facts.Complaints = append(w.facts.Complaints, detect.Complaint{Vendor: int32(v), Record: -1})
			}
		}
	}
}

// companies numbers them from 1, as a store would, and says who took the cards
// of those who sent somebody.
func (w *world) companies() {
	numbers := map[int32]int32{}
	for i := range w.facts.Cards {
		c := &w.facts.Cards[i]
		if c.Company == 0 {
			continue
		}
		if _, ok := numbers[c.Company]; !ok {
			numbers[c.Company] = int32(len(numbers) + 1)
		}
		c.Company = numbers[c.Company]
	}
	for _, e := range w.events {
		if e.gone || e.card < 0 || e.collector == 0 {
			continue
		}
		if c := &w.facts.Cards[e.card]; c.Taker == detect.Head {
			c.Taker = detect.Alternate + detect.Taker(w.rand.IntN(2))
		}
	}
}
