package reconcile

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// What a line's detail says; what is specific follows after ": ".
const (
	detailCheck     = "check digits do not fit"
	detailForm      = "not a card number"
	detailUnknown   = "no such voucher"
	detailRound     = "a voucher of another round"
	detailFrozen    = "frozen by case"
	detailReceipt   = "its receipt is"
	detailUndone    = "its redemption was undone"
	detailTwice     = "asked for before in"
	detailElsewhere = "redeemed at"
	detailDate      = "dated otherwise than its receipt"
	detailVoid      = "void since"
	detailAnew      = "taken out of this claim; it may be claimed anew"
)

// match compares claims with redemptions. It is pure: the same facts give the
// same lines, sorted by vendor and round, in each the claims in the order they
// were made and then the redemptions that nobody claimed.
//
// A line that holds its redemption already keeps it. Then the first line of a
// proposed invoice that names a voucher gets its redemption, provided that
// vendor, round and amount agree; the vendor's own date chooses between two
// redemptions and otherwise decides nothing, because the receipt bounds the
// time better. What was left out when a claim was accepted comes last: that
// claim will never pay it, so it must not keep it from one that can.
func match(f *Facts) []Line {
	m := newMatcher(f)
	ofClaims := make([][]Line, len(f.Claims))
	for _, proposed := range []bool{true, false} {
		for i, c := range f.Claims {
			if (c.State == vendors.ClaimProposed) != proposed {
				continue
			}
			for _, l := range c.Lines {
				ofClaims[i] = append(ofClaims[i], m.line(c.Claim, l))
			}
		}
	}
	lines := slices.Concat(ofClaims...)
	for _, s := range f.Sales {
		if f.Rounds[s.Round] && s.Stands() && m.taken[s.Entry] == (lineKey{}) {
			lines = append(lines, unclaimed(s))
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Round, b.Round))
	})
	return lines
}

type lineKey struct {
	claim vendors.ClaimID
	n     int
}

type matcher struct {
	facts   *Facts
	byEntry map[uint64]int    // index in Sales
	sold    map[saleKey][]int // standing sales of reconciled rounds, in order
	taken   map[uint64]lineKey
}

// newMatcher files the sales and gives those that lines hold to their lines.
func newMatcher(f *Facts) *matcher {
	m := &matcher{facts: f, byEntry: map[uint64]int{}, sold: map[saleKey][]int{}, taken: map[uint64]lineKey{}}
	for i, s := range f.Sales {
		m.byEntry[s.Entry] = i
		if s.Stands() && f.Rounds[s.Round] {
			k := saleKey{s.Vendor, s.Serial}
			m.sold[k] = append(m.sold[k], i)
		}
	}
	for _, c := range f.Claims {
		for _, l := range c.Lines {
			s, ok := m.decided(c.Claim, l)
			if ok && m.taken[s.Entry] == (lineKey{}) {
				m.taken[s.Entry] = lineKey{c.ID, l.N}
			}
		}
	}
	return m
}

// decided returns the sale that a line holds: that of a self-billed line, or
// the one that an invoice's line was accepted for.
func (m *matcher) decided(c vendors.Claim, l vendors.ClaimLine) (Sale, bool) {
	if !l.Matched || l.Reversed {
		return Sale{}, false
	}
	i, ok := m.byEntry[l.Entry]
	if !ok {
		return Sale{}, false
	}
	s := m.facts.Sales[i]
	return s, s.Stands() && s.Vendor == c.Vendor && s.Round == c.Round
}

// line classifies one line of a claim.
func (m *matcher) line(c vendors.Claim, l vendors.ClaimLine) Line {
	out := Line{Vendor: c.Vendor, Round: c.Round, Claim: c.ID, Kind: c.Kind, N: l.N, Serial: l.Serial, Claimed: l.Amount,
		Settlement: c.Settlement}
	if s, ok := m.decided(c, l); ok {
		if m.taken[s.Entry] == (lineKey{c.ID, l.N}) {
			return out.with(s)
		}
		return out.not(ClaimedTwice, detailTwice, m.taken[s.Entry].String())
	}
	serial, err := readSerial(l.Serial)
	switch {
	case errors.Is(err, voucher.ErrSerialCheck):
		return out.not(UnknownSerial, detailCheck, "")
	case err != nil:
		return out.not(UnknownSerial, detailForm, "")
	}
	out.Serial = string(serial)
	sold := m.inRound(c, serial)
	switch {
	case len(sold) == 0:
		return m.explain(out, l, serial)
	case l.Reversed, c.Kind == vendors.SelfBilled:
		return out.not(NotPayable, detailAnew, "")
	}
	return m.choose(out, c, l, sold)
}

func (k lineKey) String() string { return claimRef(k.claim, k.n) }

// inRound returns the vendor's standing sales of the voucher in the round.
func (m *matcher) inRound(c vendors.Claim, serial voucher.Serial) []Sale {
	var out []Sale
	for _, i := range m.sold[saleKey{c.Vendor, serial}] {
		if s := m.facts.Sales[i]; s.Round == c.Round {
			out = append(out, s)
		}
	}
	return out
}

// choose gives the line the sale that fits it best: one that nobody asked for
// yet, of the same amount, on the same day.
func (m *matcher) choose(out Line, c vendors.Claim, l vendors.ClaimLine, sold []Sale) Line {
	best, score := -1, -1
	for i, s := range sold {
		if m.taken[s.Entry] != (lineKey{}) {
			continue
		}
		fits := 0
		if s.Amount.Equal(l.Amount) {
			fits += 2
		}
		if dated(l.Date, s.At) {
			fits++
		}
		if fits > score {
			best, score = i, fits
		}
	}
	if best < 0 {
		return out.not(ClaimedTwice, detailTwice, m.taken[sold[0].Entry].String())
	}
	s := sold[best]
	agrees := s.Amount.Equal(l.Amount)
	if agrees && c.State != vendors.ClaimProposed {
		// It was left out of the claim for a reason that has gone since.
		return out.not(NotPayable, detailAnew, "")
	}
	m.taken[s.Entry] = lineKey{out.Claim, out.N}
	out = out.with(s)
	if s.Case == "" && !agrees {
		return out.not(AmountDiffers, "", "")
	}
	if out.Matched && !dated(l.Date, s.At) {
		out.Detail = detailDate
	}
	return out
}

// dated reports whether a day that a vendor wrote down can be that of the sale.
// A paper notebook may be a day off; no date fits every sale.
func dated(day time.Time, at voucher.Interval) bool {
	const slack = 48 * time.Hour
	return day.IsZero() || !day.Before(at.From.Add(-slack)) && !day.After(at.To.Add(slack))
}

// explain names why a line's voucher has no redemption of this vendor.
func (m *matcher) explain(out Line, l vendors.ClaimLine, serial voucher.Serial) Line {
	known, ok := m.facts.Vouchers[serial]
	if !ok {
		return out.not(UnknownSerial, detailUnknown, "")
	}
	v := known.Voucher
	out.Point = v.Point
	if v.Round != out.Round {
		return out.not(UnknownSerial, detailRound, v.Round)
	}
	if e, found := out.ofReceipts(known); found {
		return e
	}
	switch {
	case known.Holder != "" && known.Holder != out.Vendor:
		return out.not(AnotherVendors, detailElsewhere, string(known.Holder))
	case !v.VoidAt.IsZero() && !before(l.Date, v.VoidAt):
		return out.not(VoidBefore, detailVoid, v.VoidAt.Format(time.DateOnly))
	case !l.Date.IsZero() && (before(l.Date, v.NotBefore) || !l.Date.Before(v.Expires)):
		return out.not(OutsideWindow, "", "")
	}
	return out.not(ClaimedNotRedeemed, "", "")
}

// before reports whether a day ended before an instant; no day did.
func before(day, t time.Time) bool { return !day.IsZero() && day.AddDate(0, 0, 1).Before(t) }

// ofReceipts looks at what the vendor's own handhelds sent for the voucher. The
// latest word counts.
func (out Line) ofReceipts(known VoucherFacts) (Line, bool) {
	for _, r := range slices.Backward(known.Receipts) {
		if r.Vendor != out.Vendor {
			continue
		}
		out.Receipt, out.SoldAt = r.Hash, r.At
		switch r.Reason {
		case voucher.ReasonVoid:
			return out.not(VoidBefore, detailReceipt, string(r.State)), true
		case voucher.ReasonExpired, voucher.ReasonEarly, voucher.ReasonLate:
			return out.not(OutsideWindow, detailReceipt, string(r.State)+", "+r.Reason), true
		}
		if r.Paid {
			return out.not(NotPayable, detailUndone, ""), true
		}
		why := string(r.State)
		if r.Reason != "" {
			why += ", " + r.Reason
		}
		return out.not(NotPayable, detailReceipt, why), true
	}
	return out, false
}

func unclaimed(s Sale) Line {
	out := Line{Vendor: s.Vendor, Round: s.Round, Serial: string(s.Serial)}.with(s)
	if s.Case != "" {
		return out.not(NotPayable, detailFrozen, s.Case)
	}
	return out.not(RedeemedNotClaimed, "", "")
}

// with puts the redemption on the line, matched unless its money is frozen.
func (out Line) with(s Sale) Line {
	out.Serial, out.Point, out.Entry, out.HasEntry, out.Receipt, out.SoldAt = string(s.Serial), s.Point, s.Entry, true, s.Receipt, s.At
	out.Redeemed = s.value()
	if s.Case != "" {
		return out.not(NotPayable, detailFrozen, s.Case)
	}
	out.Matched = true
	return out
}

// value is what the sale is worth in XOF, nothing where its price is not known.
func (s Sale) value() money.Amount {
	if s.Amount.Asset().IsZero() {
		return money.Francs(0)
	}
	return s.Amount
}

// not names the line's exception, with what a person needs to go on.
func (out Line) not(e Exception, detail, of string) Line {
	out.Matched, out.Exception, out.Detail = false, e, detail
	if of != "" {
		out.Detail += ": " + of
	}
	return out
}
