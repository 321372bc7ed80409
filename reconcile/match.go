package reconcile

import (
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
func match(f *Facts) Lines { return newMatcher(f).run() }

// run matches once more: sales may have come, or be undone, since.
func (m *matcher) run() Lines {
	f := m.facts
	m.payments = paymentsOf(f)
	for i := range f.Claims {
		m.simple[i] = m.isSimple(&f.Claims[i])
	}
	answer := f.engine.Run()
	m.answer = &answer
	m.proposals = map[int32]*engine.Proposal{}
	for i := range answer.Proposals {
		for _, l := range answer.Proposals[i].Lines {
			m.proposals[l] = &answer.Proposals[i]
		}
	}
	out := newLines(f, len(m.asked)+len(f.sales)/8)
	for i := range m.asked {
		a := m.asked[i]
		if n, ok := m.plain(int32(i)); ok {
			out.matched(a, f.ofSale[n])
			continue
		}
		out.odd(m.paid(m.line(int32(i))))
	}
	for n, by := range answer.TakenBy {
		if by != engine.None || f.engine.Sales[n].Gone {
			continue
		}
		if i := f.ofSale[n]; f.sales[i].frozenBy == 0 {
			out.unclaimed(i)
		} else {
			out.odd(unclaimed(f.sale(i)))
		}
	}
	out.sort()
	return out.Lines
}

// place is where an engine's line is among the facts.
type place struct{ claim, line int32 }

type matcher struct {
	facts     *Facts
	asked     []place
	answer    *engine.Answer
	proposals map[int32]*engine.Proposal // by line
	payments  map[vendors.ClaimID]payment
	simple    []bool // by claim: it was paid, or is on its way, and no person read a line of it
}

// file puts the redemptions of the reconciled rounds that are not there yet into
// the engine.
func (f *Facts) file() {
	if len(f.filed) == 0 {
		f.engine.Reserve(len(f.sales), 0)
		f.filed, f.ofSale = make([]int32, 0, len(f.sales)), make([]int32, 0, len(f.sales))
	}
	for i := len(f.filed); i < len(f.sales); i++ {
		r := &f.sales[i]
		if !f.Rounds[f.rounds.text(r.round)] {
			f.filed = append(f.filed, engine.None)
			continue
		}
		x := engine.Sale{Serial: r.serial.packed, From: r.from, To: r.to, Amount: -1, Vendor: r.vendor, Round: r.round, Household: engine.None,
			Gone: r.undone != 0}
		if r.priced != 0 {
			x.Amount = r.amount
		}
		if r.holder != 0 {
			x.Household = r.holder
		}
		f.filed = append(f.filed, f.engine.Add(x))
		f.ofSale = append(f.ofSale, int32(i))
	}
}

// newMatcher files the redemptions of the reconciled rounds and the claims'
// lines.
func newMatcher(f *Facts) *matcher {
	f.file()
	m := &matcher{facts: f, simple: make([]bool, len(f.Claims))}
	count := 0
	for i := range f.Claims {
		count += len(f.Claims[i].lines)
	}
	m.asked = make([]place, 0, count)
	lines, texts := make([]engine.Line, 0, count), map[int32]string{}
	for i := range f.Claims {
		c := &f.Claims[i]
		vendor, round := f.sellers.id(string(c.Vendor)), f.rounds.id(c.Round)
		for j := range c.lines {
			l := &c.lines[j]
			x := engine.Line{Amount: l.amount, Vendor: vendor, Round: round, Claim: int32(i), Holds: engine.None, Late: c.State != vendors.ClaimProposed,
				Closed: closed(c.Claim, l.reversed, f.words.text(l.problem))}
			if l.day != never {
				x.Day = l.day
			}
			if l.matched && !l.reversed {
				if n, ok := f.saleAt(l.entry, vendor); ok {
					x.Holds = f.filed[n]
				}
			}
			if serial, ok := f.readSerial(l.serial); ok {
				x.Serial = serial
				if len(f.Vouchers) > 0 {
					_, x.Known = f.Vouchers[serial.Voucher()]
				}
			} else {
				texts[int32(len(lines))] = f.words.serialOf(l.serial)
			}
			lines = append(lines, x)
			m.asked = append(m.asked, place{int32(i), int32(j)})
		}
	}
	f.engine.Load(lines, texts)
	return m
}

// isSimple reports whether nothing that a person or the bank did makes a line of
// the claim another than what the engine says.
func (m *matcher) isSimple(c *ClaimFacts) bool {
	p, ok := m.payments[c.ID]
	return len(c.Readings) == 0 && (!ok || p.result == vendors.PaidOut || p.result == "" && !p.answered)
}

// plain returns the engine's sale of a line that matches it, where there is
// nothing more to say.
func (m *matcher) plain(i int32) (int32, bool) {
	r := &m.answer.Results[i]
	if r.Outcome != engine.Matched || !m.simple[m.asked[i].claim] || m.facts.sales[m.facts.ofSale[r.Sale]].frozenBy != 0 {
		return 0, false
	}
	l := &m.facts.engine.Lines[i]
	return r.Sale, l.Holds == r.Sale || l.Dated(&m.facts.engine.Sales[r.Sale])
}

// sale returns one of the engine's sales.
func (m *matcher) sale(n int32) Sale { return m.facts.sale(m.facts.ofSale[n]) }

// at returns one of the engine's lines, and its claim.
func (m *matcher) at(i int32) (*ClaimFacts, vendors.ClaimLine) {
	a := m.asked[i]
	c := &m.facts.Claims[a.claim]
	return c, m.facts.claimLine(c, a.line)
}

// ref names one of the engine's lines.
func (m *matcher) ref(i int32) string {
	c, l := m.at(i)
	return claimRef(c.ID, l.N)
}

// line says what became of one line of a claim.
func (m *matcher) line(i int32) Line {
	c, l := m.at(i)
	out := Line{Vendor: c.Vendor, Round: c.Round, Claim: c.ID, Kind: c.Kind, N: l.N, Row: l.N, Serial: l.Serial, Claimed: l.Amount,
		Settlement: c.Settlement}
	if r, ok := c.Readings[l.N]; ok {
		out.Row = r.Row
		if r.Typed != l.Serial {
			out.Typed = r.Typed
		}
	}
	packed, unread := engine.Parse(l.Serial)
	if unread == nil {
		out.Serial = string(packed.Voucher())
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
	return m.explain(out, l, packed.Voucher())
}

// matched puts the sale on its line, and says where the days differ, unless it
// was accepted so.
func (m *matcher) matched(out Line, i, n int32) Line {
	out = out.with(m.sale(n))
	if l := &m.facts.engine.Lines[i]; out.Matched && l.Holds != n && !l.Dated(&m.facts.engine.Sales[n]) {
		out.Detail = detailDate
	}
	return out
}

// ambiguous says what a line may mean.
func (m *matcher) ambiguous(out Line, i int32) Line {
	p := m.proposals[i]
	var lines []int
	for _, l := range p.Lines {
		_, line := m.at(l)
		lines = append(lines, line.N)
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
