package reconcile

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
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
	detailTyped     = "typed with a slip"
	detailNone      = "a person found no redemption for it"
	detailTogether  = "what it asks for stands on another line"
	detailSlips     = "the serial is near to that of"
	detailSplit     = "together with other lines it asks for"
	detailMerged    = "it asks for as much as"
	detailBank      = "the bank did not pay"
	detailSilent    = "the bank did not answer for"
)

// match compares claims with redemptions and payments. It is pure: the same
// facts give the same lines, sorted by vendor and round, in each the claims in
// the order they were made and then the redemptions that nobody claimed. Which
// redemption a line gets is for package match to say; here its answer becomes
// words, and what has none is explained.
func match(f *Facts) []Line {
	m := newMatcher(f)
	answer := m.engine.Run()
	m.answer = &answer
	m.proposals = map[int32]*engine.Proposal{}
	for i := range answer.Proposals {
		for _, l := range answer.Proposals[i].Lines {
			m.proposals[l] = &answer.Proposals[i]
		}
	}
	lines := make([]Line, 0, len(m.asked)+len(f.Sales)/8)
	for i := range m.asked {
		lines = append(lines, m.paid(m.line(int32(i))))
	}
	for n, by := range answer.TakenBy {
		if s := f.Sales[m.sales[n]]; by == engine.None && s.Stands() {
			lines = append(lines, unclaimed(s))
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Round, b.Round))
	})
	return lines
}

// place is where an engine's line is among the facts.
type place struct{ claim, line int }

type matcher struct {
	facts     *Facts
	engine    engine.Engine
	sales     []int // index in Facts.Sales, by that in the engine
	asked     []place
	answer    *engine.Answer
	proposals map[int32]*engine.Proposal // by line
	payments  map[vendors.ClaimID]payment
}

// numbering numbers texts in the order they are met.
type numbering map[string]int32

func (n numbering) of(s string) int32 {
	i, ok := n[s]
	if !ok {
		i = int32(len(n))
		n[s] = i
	}
	return i
}

// newMatcher files the redemptions of the reconciled rounds and the claims'
// lines.
func newMatcher(f *Facts) *matcher {
	m := &matcher{facts: f, payments: paymentsOf(f)}
	vendorIDs, rounds, holders := numbering{}, numbering{}, numbering{}
	at := map[uint64]int32{} // engine's sale, by entry
	for i, s := range f.Sales {
		if !f.Rounds[s.Round] {
			continue
		}
		serial, _ := engine.Pack(s.Serial) // an accepted loss may have none: no line names it
		x := engine.Sale{Serial: serial, From: s.At.From.Unix(), To: s.At.To.Unix(), Amount: -1, Vendor: vendorIDs.of(string(s.Vendor)),
			Round: rounds.of(s.Round), Household: engine.None, Gone: !s.Stands()}
		if !s.Amount.Asset().IsZero() {
			x.Amount = s.Amount.Minor()
		}
		if s.Holder != "" {
			x.Household = holders.of(s.Holder)
		}
		at[s.Entry] = m.engine.Add(x)
		m.sales = append(m.sales, i)
	}
	for i, c := range f.Claims {
		for j, l := range c.Lines {
			n, ok := at[l.Entry]
			x, text := lineAsked(c.Claim, l, n, ok)
			x.Vendor, x.Round, x.Claim = vendorIDs.of(string(c.Vendor)), rounds.of(c.Round), int32(i)
			if serial, err := readSerial(l.Serial); err == nil {
				_, x.Known = f.Vouchers[serial]
			}
			m.engine.Ask(x, text)
			m.asked = append(m.asked, place{i, j})
		}
	}
	return m
}

// lineAsked puts a line of a claim as the engine reads it, without whose it is; sale
// is that of its entry, where known. The text is what it says where that is no
// serial.
func lineAsked(c vendors.Claim, l vendors.ClaimLine, sale int32, known bool) (x engine.Line, text string) {
	x = engine.Line{Amount: l.Amount.Minor(), Holds: engine.None, Late: c.State != vendors.ClaimProposed,
		Closed: l.Reversed || c.Kind == vendors.SelfBilled || l.Problem == vendors.ReadAsNone || l.Problem == vendors.ReadTogether}
	if !l.Date.IsZero() {
		x.Day = l.Date.Unix()
	}
	if known && l.Matched && !l.Reversed {
		x.Holds = sale
	}
	serial, err := readSerial(l.Serial)
	if err != nil {
		return x, l.Serial
	}
	x.Serial, _ = engine.Pack(serial)
	return x, ""
}

// sale returns one of the engine's sales.
func (m *matcher) sale(n int32) Sale { return m.facts.Sales[m.sales[n]] }

// ref names one of the engine's lines.
func (m *matcher) ref(i int32) string {
	a := m.asked[i]
	c := m.facts.Claims[a.claim]
	return claimRef(c.ID, c.Lines[a.line].N)
}

// line says what became of one line of a claim.
func (m *matcher) line(i int32) Line {
	a := m.asked[i]
	c := m.facts.Claims[a.claim]
	l := c.Lines[a.line]
	out := Line{Vendor: c.Vendor, Round: c.Round, Claim: c.ID, Kind: c.Kind, N: l.N, Row: l.N, Serial: l.Serial, Claimed: l.Amount,
		Settlement: c.Settlement}
	if r, ok := c.Readings[l.N]; ok {
		out.Row = r.Row
		if r.Typed != l.Serial {
			out.Typed = r.Typed
		}
	}
	serial, unread := readSerial(l.Serial)
	if unread == nil {
		out.Serial = string(serial)
	}
	r := m.answer.Results[i]
	switch r.Outcome {
	case engine.Matched:
		return m.matched(out, i, r.Sale)
	case engine.Read:
		out.Typed = l.Serial
		out = m.matched(out, i, r.Sale)
		if out.Matched {
			out.Detail = detailTyped + ": " + l.Serial
		}
		return out
	case engine.AmountDiffers:
		if out = out.with(m.sale(r.Sale)); out.Matched {
			return out.not(AmountDiffers, "", "")
		}
		return out
	case engine.Taken:
		return out.not(ClaimedTwice, detailTwice, m.ref(r.By))
	case engine.Ambiguous:
		return m.ambiguous(out, i)
	}
	switch {
	case l.Problem == vendors.ReadTogether:
		return out.not(ReadTogether, detailTogether, "")
	case l.Problem == vendors.ReadAsNone:
		return out.not(UnknownSerial, detailNone, "")
	case r.Outcome == engine.LeftOut:
		return out.not(NotPayable, detailAnew, "")
	case errors.Is(unread, voucher.ErrSerialCheck):
		return out.not(UnknownSerial, detailCheck, "")
	case unread != nil:
		return out.not(UnknownSerial, detailForm, "")
	}
	return m.explain(out, l, serial)
}

// matched puts the sale on its line, and says where the days differ, unless it
// was accepted so.
func (m *matcher) matched(out Line, i, n int32) Line {
	out = out.with(m.sale(n))
	if l := &m.engine.Lines[i]; out.Matched && l.Holds != n && !l.Dated(&m.engine.Sales[n]) {
		out.Detail = detailDate
	}
	return out
}

// ambiguous says what a line may mean.
func (m *matcher) ambiguous(out Line, i int32) Line {
	p := m.proposals[i]
	var lines []int
	for _, l := range p.Lines {
		a := m.asked[l]
		lines = append(lines, m.facts.Claims[a.claim].Lines[a.line].N)
	}
	var refs []string
	for _, c := range p.Candidates {
		k := Candidate{Lines: lines, Slips: int(c.Slips), Claimed: !c.Free, Amount: money.Francs(0)}
		for j, n := range c.Sales {
			s := m.sale(n)
			k.Entries, k.Serials = append(k.Entries, s.Entry), append(k.Serials, string(s.Serial))
			k.Vendor = s.Vendor
			k.Amount = money.Francs(k.Amount.Minor() + s.value().Minor())
			if j == 0 {
				k.SoldAt = s.At
			}
			if s.At.From.Before(k.SoldAt.From) {
				k.SoldAt.From = s.At.From
			}
			if s.At.To.After(k.SoldAt.To) {
				k.SoldAt.To = s.At.To
			}
		}
		out.Candidates = append(out.Candidates, k)
		refs = append(refs, refEntries(k.Entries))
	}
	why := map[engine.Why]string{engine.Slips: detailSlips, engine.Split: detailSplit, engine.Merged: detailMerged}[p.Why]
	return out.not(Ambiguous, why, strings.Join(refs, ", "))
}

// refEntries names redemptions that belong together.
func refEntries(seqs []uint64) string {
	var refs []string
	for _, seq := range seqs {
		refs = append(refs, refEntry(seq))
	}
	return strings.Join(refs, "+")
}

// payment is the last thing that was done to pay a claim.
type payment struct {
	reference string
	result    vendors.Outcome
	answered  bool // the bank answered for some payment of the settlement
}

// paymentsOf returns the payment of each claim that is in a settlement, and of
// one that is in none any more the last that was ordered.
func paymentsOf(f *Facts) map[vendors.ClaimID]payment {
	out, in := map[vendors.ClaimID]payment{}, map[vendors.ClaimID]string{}
	for _, c := range f.Claims {
		in[c.ID] = c.Settlement
	}
	inTime := slices.SortedStableFunc(slices.Values(f.Settlements), func(a, b vendors.Settlement) int { return a.Created.Compare(b.Created) })
	for _, st := range inTime {
		if st.State == vendors.SettlementPrepared || st.State == vendors.SettlementRefused {
			continue
		}
		answered := slices.ContainsFunc(st.Payments, func(p vendors.PaymentLine) bool { return p.Result != "" })
		for _, p := range st.Payments {
			if !p.Amount.IsZero() && (in[p.Claim] == "" || in[p.Claim] == st.ID) {
				out[p.Claim] = payment{p.Reference, p.Result, answered}
			}
		}
	}
	return out
}

// paid looks at what became of a matched line's payment: one that the bank
// sent back, or left without an answer where it answered for others, is no
// settled line.
func (m *matcher) paid(l Line) Line {
	p, ok := m.payments[l.Claim]
	if !ok || !l.Matched || l.Claim == "" {
		return l
	}
	switch {
	case p.result == vendors.PaidOut:
	case p.result != "":
		return l.not(PaymentFailed, detailBank, p.reference)
	case p.answered:
		return l.not(PaymentUnconfirmed, detailSilent, p.reference)
	}
	return l
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
