package reconcile

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
)

// totalKey is what one Total is of.
type totalKey struct {
	vendor vendors.ID
	round  string
}

// summing adds up totals; the first error stays.
type summing struct {
	totals map[totalKey]*Total
	err    error
}

// totalsOf sums up the lines, and what became of the claims, for each vendor
// and round that has any.
func totalsOf(f *Facts, lines Lines) ([]Total, error) {
	s := &summing{totals: map[totalKey]*Total{}}
	s.lines(lines)
	rounds := map[vendors.ClaimID]string{}
	for i := range f.Claims {
		c := &f.Claims[i]
		if !f.Rounds[c.Round] {
			continue
		}
		rounds[c.ID] = c.Round
		left, err := owed(c.Claim)
		s.fail(err)
		s.add(&s.of(c.Vendor, c.Round).Owed, left)
	}
	s.sales(f)
	for _, st := range f.Settlements {
		for _, p := range st.Payments {
			if round, ok := rounds[p.Claim]; ok && st.State != vendors.SettlementPrepared {
				s.payment(s.of(p.Vendor, round), p)
			}
		}
	}
	var out []Total
	for _, k := range slices.SortedFunc(maps.Keys(s.totals), func(a, b totalKey) int {
		return cmp.Or(cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.round, b.round))
	}) {
		out = append(out, *s.totals[k])
	}
	return out, s.err
}

// lines adds every line. Those of one vendor and round stand together, and what
// is nothing particular about is added up in whole francs first.
func (s *summing) lines(lines Lines) {
	var part int32
	var selfBilled, independent, unclaimed francs
	missing := 0
	flush := func() {
		if selfBilled.n+independent.n+missing > 0 {
			vendor, round := lines.partOf(part)
			t := s.of(vendor, round)
			s.add(&t.ClaimedSelfBilled, selfBilled.amount())
			s.add(&t.ClaimedIndependent, independent.amount())
			s.add(&t.Matched, selfBilled.amount())
			s.add(&t.Matched, independent.amount())
			if missing > 0 {
				s.add(&t.Unclaimed, unclaimed.amount())
				s.wrong(t, RedeemedNotClaimed, missing, unclaimed.amount())
			}
			s.fail(errors.Join(selfBilled.err, independent.err, unclaimed.err))
		}
		selfBilled, independent, unclaimed, missing = francs{}, francs{}, francs{}, 0
	}
	for i := range lines.rows {
		r := &lines.rows[i]
		if r.part != part {
			flush()
			part = r.part
		}
		switch {
		case r.odd >= 0:
			s.line(lines.odds[r.odd])
		case r.claim < 0:
			missing++
			unclaimed.add(lines.facts.sales[r.sale].value())
		default:
			c := &lines.facts.Claims[r.claim]
			if c.Kind == vendors.SelfBilled {
				selfBilled.add(c.lines[r.line].amount)
			} else {
				independent.add(c.lines[r.line].amount)
			}
		}
	}
	flush()
}

// value is Sale.value in whole francs.
func (r *saleRow) value() int64 {
	if r.priced == 0 {
		return 0
	}
	return r.amount
}

// francs is a sum of whole francs; the first error stays.
type francs struct {
	sum int64
	n   int
	err error
}

func (f *francs) add(n int64) {
	sum, ok := money.AddMinor(f.sum, n)
	if !ok {
		f.err = money.ErrRange
	}
	f.sum = sum
	f.n++
}

func (f *francs) amount() money.Amount { return money.Francs(f.sum) }

// sales adds up what the ledger says of the redemptions.
func (s *summing) sales(f *Facts) {
	sums := map[int64]*francs{} // of what is nothing particular about, by vendor and round
	for i := range f.sales {
		r := &f.sales[i]
		if f.filed[i] == engine.None {
			continue
		}
		if r.frozenBy != 0 || r.undone != 0 || r.asset == 0 || f.assets.of[r.asset-1] != money.XOF {
			s.sale(f.sale(int32(i)))
			continue
		}
		k := int64(r.vendor)<<32 | int64(r.round)
		sum := sums[k]
		if sum == nil {
			sum = &francs{}
			sums[k] = sum
		}
		sum.add(r.value())
	}
	for k, sum := range sums {
		s.fail(sum.err)
		s.add(&s.of(vendors.ID(f.sellers.text(int32(k>>32))), f.rounds.text(int32(k))).Redeemed, sum.amount())
	}
}

func (s *summing) fail(err error) { s.err = errors.Join(s.err, err) }

func (s *summing) add(to *money.Amount, m money.Amount) {
	sum, err := to.Add(m)
	if err != nil {
		s.fail(err)
		return
	}
	*to = sum
}

func (s *summing) of(v vendors.ID, round string) *Total {
	k := totalKey{v, round}
	if t := s.totals[k]; t != nil {
		return t
	}
	none := money.Francs(0)
	t := &Total{Vendor: v, Round: round, Redeemed: none, ClaimedSelfBilled: none, ClaimedIndependent: none, Matched: none,
		Exceptions: map[Exception]int{}, ExceptionValue: map[Exception]money.Amount{},
		Unclaimed: none, Frozen: none, Owed: none, Settled: none, InTransit: none}
	s.totals[k] = t
	return t
}

func (s *summing) line(l Line) {
	t := s.of(l.Vendor, l.Round)
	value := l.Claimed
	switch l.Kind {
	case vendors.SelfBilled:
		s.add(&t.ClaimedSelfBilled, l.Claimed)
	case vendors.Independent:
		s.add(&t.ClaimedIndependent, l.Claimed)
	default:
		value = l.Redeemed
	}
	if l.Matched {
		s.add(&t.Matched, l.Claimed)
		return
	}
	if l.Exception == RedeemedNotClaimed {
		s.add(&t.Unclaimed, l.Redeemed)
	}
	s.wrong(t, l.Exception, 1, value)
}

func (s *summing) wrong(t *Total, e Exception, lines int, value money.Amount) {
	t.Exceptions[e] += lines
	sum, ok := t.ExceptionValue[e]
	if !ok {
		sum = money.Francs(0)
	}
	s.add(&sum, value)
	t.ExceptionValue[e] = sum
}

func (s *summing) sale(sale Sale) {
	t := s.of(sale.Vendor, sale.Round)
	if sale.Case != "" {
		s.add(&t.Frozen, sale.value())
	}
	if !sale.Stands() {
		return
	}
	s.add(&t.Redeemed, sale.value())
	if sale.Quantity.Asset() == money.XOF {
		return
	}
	if t.Quantity.Asset().IsZero() {
		t.Quantity = money.FromMinor(0, sale.Quantity.Asset())
	}
	s.add(&t.Quantity, sale.Quantity)
}

func (s *summing) payment(t *Total, p vendors.PaymentLine) {
	switch p.Result {
	case "":
		s.add(&t.InTransit, p.Amount)
	case vendors.PaidOut:
		s.add(&t.Settled, p.Amount)
	}
}
