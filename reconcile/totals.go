package reconcile

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/jate-cva/jate/money"
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
func totalsOf(f *Facts, lines []Line) ([]Total, error) {
	s := &summing{totals: map[totalKey]*Total{}}
	for _, l := range lines {
		s.line(l)
	}
	rounds := map[vendors.ClaimID]string{}
	for _, c := range f.Claims {
		if !f.Rounds[c.Round] {
			continue
		}
		rounds[c.ID] = c.Round
		left, err := owed(c.Claim)
		s.fail(err)
		s.add(&s.of(c.Vendor, c.Round).Owed, left)
	}
	for _, sale := range f.Sales {
		if f.Rounds[sale.Round] {
			s.sale(sale)
		}
	}
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
	t.Exceptions[l.Exception]++
	sum, ok := t.ExceptionValue[l.Exception]
	if !ok {
		sum = money.Francs(0)
	}
	s.add(&sum, value)
	t.ExceptionValue[l.Exception] = sum
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
