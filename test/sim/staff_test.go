package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// done is a command that was given, to be given again.
type done struct {
	what   string
	again  func() string // the same command; its answer
	other  func() error  // other content under the same key; nil where there is none
	answer string
}

// proposal waits for a second person.
type proposal struct {
	id     string
	kind   voucher.ProposalKind
	card   *card
	spare  *card
	home   vendors.HandheldID
	house  string
	vendor vendors.ID
	at     time.Time
	over   bool
}

// show is an answer as a text, so that it can be compared.
func show(v any, err error) string {
	if err != nil {
		if f := fault.Of(err); f != nil {
			return f.Code
		}
		return "error: " + err.Error()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(b)
}

// command gives a staff's command, compares whether it was refused, and
// remembers it. other is the same key with other content.
func command[R any](s *sim, what, want string, do func() (R, error), other func() error) (R, bool) {
	r, err := do()
	s.sameCode(what, want, err)
	s.said.add("%s", show(r, err))
	s.done = append(s.done, done{what: what, again: func() string { return show(do()) }, other: other, answer: show(r, err)})
	return r, err == nil
}

// repeat gives an old command again: it must be answered as before, whatever
// happened since; and with other content, not at all.
func (s *sim) repeat(context.Context) string {
	if len(s.done) == 0 {
		return "nothing to repeat"
	}
	d := pick(s.rnd, s.done)
	if d.other != nil && s.rnd.IntN(3) == 0 {
		s.m.saw("key: reused for other content")
		if err := d.other(); fault.Of(err) == nil || fault.Of(err).Code != ledger.ErrKeyReused.Code {
			s.fail("other content under the key of %s: %v", d.what, err)
		}
		return "the key of " + d.what + " with other content"
	}
	s.m.saw("key: repeated")
	if got := d.again(); got != d.answer {
		s.fail("%s again is answered\n%s\nbefore it was\n%s", d.what, got, d.answer)
	}
	return d.what + " again"
}

// change voids, holds or releases a card.
func (s *sim) change(ctx context.Context) string {
	c := pick(s.rnd, s.m.cards)
	if s.rnd.IntN(2) == 0 {
		c = pick(s.rnd, s.hot)
	}
	if held, ok := some(s.rnd, s.m.cards, func(c *card) bool { return c.life() == voucher.Held }); ok && s.rnd.IntN(3) == 0 {
		c = held
	}
	cmd := voucher.Change{By: issuer, Key: s.key(), Serial: c.serial, Reason: "lost"}
	other := cmd
	other.Reason = "found"
	what, do := "hold", s.hold
	switch n := s.rnd.IntN(10); {
	case n < 3:
		what = "void"
	case n < 7:
		what = "release"
	}
	life, want := c.life(), voucher.ErrLife.Code
	switch {
	case what == "hold" && (life == voucher.Issued || life == voucher.Active):
		want, c.held = "", s.now
	case what == "release" && life == voucher.Held:
		want, c.held = "", time.Time{}
	case what == "void" && (life == voucher.Issued || life == voucher.Active || life == voucher.Held):
		want = ""
		s.m.end(c)
		c.void = s.now
	}
	if what != "hold" {
		do = map[string]func(context.Context, voucher.Change) (voucher.Voucher, error){"void": s.void, "release": s.release}[what]
	}
	command(s, what, want, func() (voucher.Voucher, error) { return do(ctx, cmd) },
		func() error { _, err := do(ctx, other); return err })
	return fmt.Sprintf("%s card %d, which was %s", what, c.number, life)
}

// These look the service up when they are called: a restart makes a new one.
func (s *sim) hold(ctx context.Context, cmd voucher.Change) (voucher.Voucher, error) {
	return s.vouchers.Hold(ctx, cmd)
}
func (s *sim) void(ctx context.Context, cmd voucher.Change) (voucher.Voucher, error) {
	return s.vouchers.Void(ctx, cmd)
}
func (s *sim) release(ctx context.Context, cmd voucher.Change) (voucher.Voucher, error) {
	return s.vouchers.Release(ctx, cmd)
}

// end returns what is on a card to its round.
func (m *model) end(c *card) {
	if c.household != "" && c.holder == nil {
		m.move(c.account(), ledger.Round(theRound), c.value)
	}
}

// propose begins a reissue, a late inclusion or the payment of a stub.
func (s *sim) propose(ctx context.Context) string {
	c, _ := some(s.rnd, s.m.cards, func(c *card) bool { return c.household != "" })
	if s.rnd.IntN(3) == 0 {
		c = pick(s.rnd, s.hot)
	}
	if c.household == "" {
		return "a spare cannot be lost"
	}
	p := &proposal{card: c, at: s.now}
	cmd := voucher.Propose{By: issuer, Key: s.key(), Serial: c.serial}
	want := ""
	life := c.life()
	switch s.rnd.IntN(4) {
	case 0, 1:
		p.kind, p.house, p.home = voucher.ProposeReissue, c.household, c.home
		switch life {
		case voucher.Issued, voucher.Active, voucher.Held:
			if p.spare = s.m.freeSpare(c.lot, c.value); p.spare == nil {
				want = voucher.ErrSpares.Code
			}
		default:
			want = voucher.ErrLife.Code
		}
		if want == "" && life != voucher.Held {
			c.held = s.now // a card that was reported lost buys nothing any more
		}
	case 2:
		p.kind, p.house = voucher.ProposeBind, fmt.Sprintf("late-%d", s.keys)
		if o, ok := some(s.rnd, s.phones, func(o *phone) bool { return o.zone == c.zone && o.purpose == vendors.ForSales }); ok {
			p.home = o.id
		}
		cmd.Serial, cmd.Lot, cmd.Beneficiary, cmd.Value, cmd.Home = "", c.lot, p.house, money.Francs(c.value), p.home
		if p.spare = s.m.freeSpare(c.lot, c.value); p.spare == nil {
			want = voucher.ErrSpares.Code
		}
	default:
		p.kind, p.vendor = voucher.ProposeStub, pick(s.rnd, shopsOf[c.zone])
		if c.mode != voucher.ModeSecret && s.rnd.IntN(3) > 0 {
			c, _ = some(s.rnd, s.m.cards, func(c *card) bool { return c.mode == voucher.ModeSecret && c.household != "" })
			p.card, cmd.Serial, life = c, c.serial, c.life()
			p.vendor = pick(s.rnd, shopsOf[c.zone])
		}
		cmd.Vendor, cmd.Secret, cmd.SoldOn = p.vendor, c.secret, s.now
		if s.rnd.IntN(5) == 0 || cmd.Secret == "" {
			cmd.Secret = "1111222233334444"
		}
		switch {
		case life != voucher.Issued && life != voucher.Active:
			want = voucher.ErrLife.Code
		case c.mode != voucher.ModeSecret:
			want = voucher.ErrFactor.Code
		case s.now.Before(s.m.lots[c.lot].from):
			want = voucher.ErrLife.Code
		case cmd.Secret != c.secret:
			want = voucher.ErrFactor.Code
		}
	}
	cmd.Kind = p.kind
	other := cmd
	other.Lot = "other"
	what := "propose " + string(p.kind)
	got, ok := command(s, what, want, func() (voucher.Proposal, error) { return s.vouchers.Propose(ctx, cmd) },
		func() error { _, err := s.vouchers.Propose(ctx, other); return err })
	if !ok {
		return fmt.Sprintf("%s of card %d: %s", what, c.number, want)
	}
	if p.spare != nil && got.Spare != p.spare.serial {
		s.fail("the spare is %s, the model says card %d", got.Spare, p.spare.number)
	}
	p.id = got.ID
	s.m.proposals[p.id] = p
	if s.rnd.IntN(2) > 0 {
		return what + " and " + s.agreeOn(ctx, p)
	}
	return fmt.Sprintf("%s of card %d", what, c.number)
}

func (s *sim) agree(ctx context.Context) string {
	var ids []string
	for id := range s.m.proposals {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return "nothing to agree on"
	}
	slices.Sort(ids)
	return s.agreeOn(ctx, s.m.proposals[pick(s.rnd, ids)])
}

// agreeOn is the second person's word.
func (s *sim) agreeOn(ctx context.Context, p *proposal) string {
	who := issuer2
	if s.rnd.IntN(8) == 0 {
		who = issuer
	}
	want := s.m.agreed(s.now, p, who)
	cmd := voucher.Agree{By: who, Key: s.key(), Proposal: p.id}
	other := cmd
	other.Proposal = "other"
	got, ok := command(s, "agree "+string(p.kind), want, func() (voucher.Voucher, error) { return s.vouchers.Agree(ctx, cmd) },
		func() error { _, err := s.vouchers.Agree(ctx, other); return err })
	c := p.card
	if p.spare != nil {
		c = p.spare
	}
	if ok && (got.Serial != c.serial || got.Life() != c.life()) {
		s.fail("agreed on %s: the card is %s, the model says %s", p.kind, got.Life(), c.life())
	}
	return fmt.Sprintf("agree on the %s of card %d: %s", p.kind, c.number, want)
}

func (m *model) agreed(now time.Time, p *proposal, who access.Actor) string {
	switch {
	case p.over, now.Sub(p.at) > 72*time.Hour:
		return voucher.ErrProposal.Code
	case who.ID == issuer.ID:
		return vendors.ErrSamePerson.Code
	case p.kind == voucher.ProposeStub:
		p.over = true
		m.payStub(now, p)
		return ""
	case !p.spare.free():
		return voucher.ErrSpares.Code
	case p.kind == voucher.ProposeReissue && p.card.life() != voucher.Held:
		return voucher.ErrLife.Code
	case p.kind == voucher.ProposeBind && m.books[ledger.Round(theRound)] < p.spare.value:
		return ledger.ErrOverdrawn.Code
	}
	p.over = true
	p.spare.household, p.spare.home = p.house, p.home
	if p.kind == voucher.ProposeBind {
		m.move(ledger.Round(theRound), p.spare.account(), p.spare.value)
		return ""
	}
	m.move(p.card.account(), p.spare.account(), p.card.value)
	p.card.void, p.card.replaced = now, true
	p.spare.activated = voucher.Interval{From: now, To: now}
	return ""
}

// payStub settles a receipt that two people typed.
func (m *model) payStub(now time.Time, p *proposal) {
	c := p.card
	r := &record{hash: voucher.HashOf("stub|" + p.id), kind: voucher.RecordReceipt, vendor: p.vendor, card: c, kept: true,
		at: voucher.Interval{From: m.lots[c.lot].from, To: now}, said: p.at}
	v := verdict{answer: answer{state: voucher.Payable}}
	switch {
	case c.activated.IsZero():
		v.answer = answer{voucher.Waiting, voucher.ReasonNotActivated}
	case !c.held.IsZero():
		v = contested(voucher.ReasonHeld)
	case !c.void.IsZero(), !c.expired.IsZero():
		v = contested(voucher.ReasonLate)
		v.lost = true
	}
	m.carryOut(now, r, v)
	m.saw("stub: %s", r.answer)
}

// manage revokes or replaces a handheld, or suspends a trader.
func (s *sim) manage(ctx context.Context) string {
	if s.rnd.IntN(4) == 0 {
		v := pick(s.rnd, shopsOf["z1"])
		cmd := vendors.SuspendVendor{By: field, Key: s.key(), Vendor: v, Suspended: !s.m.suspended[v], Reason: "checked"}
		s.m.suspended[v] = cmd.Suspended
		command(s, "suspend", "", func() (vendors.Vendor, error) { return s.vendors.SuspendVendor(ctx, cmd) }, nil)
		return fmt.Sprintf("%s is suspended: %v", v, cmd.Suspended)
	}
	p := pick(s.rnd, s.phones)
	d := s.m.devices[p.id]
	lost := s.now.Add(-time.Duration(s.rnd.IntN(100)) * time.Hour)
	if s.rnd.IntN(2) == 0 {
		cmd := vendors.RevokeHandheld{By: phones1, Key: s.key(), Handheld: p.id, LostAt: lost}
		want := ""
		if d.state == vendors.Revoked || d.state == vendors.Replaced || !d.lost.IsZero() {
			want = vendors.ErrHandheldState.Code
		} else {
			d.lost = lost
			if d.state != vendors.Quarantined {
				d.state = vendors.Revoked
			}
		}
		command(s, "revoke", want, func() (vendors.Handheld, error) { return s.vendors.RevokeHandheld(ctx, cmd) }, nil)
		return "revoke " + string(p.id)
	}
	if len(s.phones) > 70 || s.m.suspended[p.vendor] {
		return "no handheld is left to replace one"
	}
	zone := ""
	if p.vendor == "" {
		zone = p.zone
	}
	next := s.enrol(ctx, p.vendor, zone)
	cmd := vendors.ReplaceHandheld{By: phones1, Key: s.key(), Old: p.id, New: next.id, LostAt: lost}
	want := ""
	if d.state != vendors.Active && d.state != vendors.Quarantined && d.state != vendors.Revoked {
		want = vendors.ErrHandheldState.Code
	} else {
		if d.lost.IsZero() {
			d.lost = lost
		}
		d.replacedBy = next.id
		if d.state == vendors.Active {
			d.state = vendors.Replaced
		}
	}
	command(s, "replace", want, func() (vendors.Handheld, error) { return s.vendors.ReplaceHandheld(ctx, cmd) }, nil)
	return fmt.Sprintf("replace %s by %s", p.id, next.id)
}

// finance takes one step with claims and payments: one that can be taken,
// mostly.
func (s *sim) finance(ctx context.Context) string {
	open := func(state vendors.SettlementState) []*settlement {
		return slices.DeleteFunc(slices.Clone(s.m.settlements), func(st *settlement) bool { return st.state != state })
	}
	proposed := slices.DeleteFunc(slices.Clone(s.m.claims), func(c *claim) bool { return c.state != vendors.ClaimProposed })
	any := s.rnd.IntN(8) == 0
	var can []func() string
	if _, ok := some(s.rnd, s.m.payments, unclaimed); ok || any {
		can = append(can, func() string { return s.prepareClaim(ctx) })
	}
	if len(proposed) > 0 {
		can = append(can, func() string { return s.decideClaim(ctx, pick(s.rnd, proposed)) })
	}
	if len(s.m.payable()) > 0 || any {
		can = append(can, func() string { return s.prepareSettlement(ctx) })
	}
	if list := open(vendors.SettlementPrepared); len(list) > 0 {
		can = append(can, func() string { return s.decideSettlement(ctx, pick(s.rnd, list)) })
	}
	if list := open(vendors.SettlementOrdered); len(list) > 0 {
		can = append(can, func() string { return s.bankReports(ctx, pick(s.rnd, list)) })
	}
	if any && len(s.m.claims) > 0 {
		can = append(can, func() string { return s.decideClaim(ctx, pick(s.rnd, s.m.claims)) })
	}
	if any && len(s.m.settlements) > 0 {
		can = append(can, func() string { return s.decideSettlement(ctx, pick(s.rnd, s.m.settlements)) })
	}
	if len(can) == 0 {
		return "finance has nothing to do"
	}
	return pick(s.rnd, can)()
}

func unclaimed(p *payment) bool { return p.claim == nil && !p.undone }

func (s *sim) prepareClaim(ctx context.Context) string {
	v := pick(s.rnd, shopsOf[pick(s.rnd, zoneNames)])
	if p, ok := some(s.rnd, s.m.payments, unclaimed); ok && s.rnd.IntN(8) > 0 {
		v = p.vendor
	}
	want := ""
	if len(s.m.unclaimed(v)) == 0 {
		want = vendors.ErrNothingToClaim.Code
	}
	cmd := vendors.PrepareClaim{By: preparer, Key: s.key(), Vendor: v, Round: theRound}
	got, ok := command(s, "prepare claim", want, func() (vendors.Claim, error) { return s.vendors.PrepareClaim(ctx, cmd) }, nil)
	if !ok {
		return "nothing to claim for " + string(v)
	}
	c := s.m.prepared(got.ID, v)
	if got.Lines != len(c.payments) || got.Claimed.Minor() != c.due() {
		s.fail("the claim of %s has %d lines of %s, the model says %d of %d", v, got.Lines, got.Claimed, len(c.payments), c.due())
	}
	return fmt.Sprintf("claim %s of %s: %d", got.ID, v, c.due())
}

func (s *sim) decideClaim(ctx context.Context, c *claim) string {
	if s.rnd.IntN(8) == 0 {
		cmd := vendors.RefuseClaim{By: approver, Key: s.key(), Claim: c.id, Reason: "unclear"}
		command(s, "refuse claim", s.m.refuseClaim(c), func() (vendors.Claim, error) { return s.vendors.RefuseClaim(ctx, cmd) }, nil)
		return "refuse claim " + string(c.id)
	}
	cmd := vendors.AcceptClaim{By: approver, Key: s.key(), Claim: c.id, VendorProof: "signed-pdf:" + strings.Repeat("0a", 32)}
	command(s, "accept claim", s.m.acceptClaim(c), func() (vendors.Claim, error) { return s.vendors.AcceptClaim(ctx, cmd) }, nil)
	return "accept claim " + string(c.id)
}

func (s *sim) decideSettlement(ctx context.Context, st *settlement) string {
	want := s.m.approveSettlement(st)
	cmd := vendors.ApproveSettlement{By: approver, Key: s.key(), Settlement: st.id, Digest: st.digest}
	command(s, "approve settlement", want, func() (vendors.Settlement, error) { return s.vendors.ApproveSettlement(ctx, cmd) }, nil)
	if want != vendors.ErrSettlementChanged.Code {
		return "approve settlement " + st.id + " " + want
	}
	refuse := vendors.RefuseSettlement{By: approver, Key: s.key(), Settlement: st.id, Reason: "changed"}
	command(s, "refuse settlement", s.m.refuseSettlement(st), func() (vendors.Settlement, error) { return s.vendors.RefuseSettlement(ctx, refuse) }, nil)
	return "settlement " + st.id + " has changed, and is refused"
}

func (s *sim) prepareSettlement(ctx context.Context) string {
	want, list := "", s.m.payable()
	if len(list) == 0 {
		want = vendors.ErrNothingToPay.Code
	}
	cmd := vendors.PrepareSettlement{By: preparer, Key: s.key(), Method: "mobile-money"}
	got, ok := command(s, "prepare settlement", want, func() (vendors.Settlement, error) { return s.vendors.PrepareSettlement(ctx, cmd) }, nil)
	if !ok {
		return "nothing to settle"
	}
	var ordered []*claim
	for _, p := range got.Payments {
		i := slices.IndexFunc(list, func(c *claim) bool { return c.id == p.Claim })
		if i < 0 || p.Amount.Minor() != list[i].due() || p.Recover.Sign() != 0 {
			s.fail("settlement: %s for claim %s", p.Amount, p.Claim)
		}
		ordered = append(ordered, list[i])
	}
	if len(ordered) != len(list) {
		s.fail("settlement of %d claims, the model says %d", len(ordered), len(list))
	}
	s.m.settle(got.ID, got.Digest, ordered)
	return fmt.Sprintf("settlement %s of %d claims", got.ID, len(ordered))
}

// bankReports imports the bank's answer to some payments of a settlement.
func (s *sim) bankReports(ctx context.Context, st *settlement) string {
	var text strings.Builder
	text.WriteString("reference,status\n")
	rows := 0
	for i := range st.claims {
		if st.answered[i] || s.rnd.IntN(4) == 0 {
			continue
		}
		rows++
		paid := s.rnd.IntN(3) > 0
		status := "success"
		if !paid {
			status = "error"
		}
		fmt.Fprintf(&text, "%s-%d,%s\n", st.id, i+1, status)
		s.m.bankAnswered(st, i, paid)
		s.m.saw("bank: %s", status)
	}
	if rows == 0 {
		return "the bank is silent"
	}
	cmd := vendors.ImportResults{By: preparer, Key: s.key(), Settlement: st.id, File: []byte(text.String())}
	command(s, "bank results", "", func() (vendors.Results, error) { return s.vendors.ImportResults(ctx, cmd) }, nil)
	return "bank answers for " + st.id
}

// sweep pays what waited too long for an activation.
func (s *sim) sweep(ctx context.Context) string {
	var due []*record
	for _, r := range s.m.records {
		if r.state != voucher.Waiting || r.kind != voucher.RecordReceipt {
			continue
		}
		wait := 14 * 24 * time.Hour // of a stub
		if r.device != nil {
			wait = s.m.zones[r.device.zone].waiting
		}
		if s.now.Sub(r.at.To) >= wait {
			due = append(due, r)
		}
	}
	for _, r := range due {
		s.m.settleWaiting(s.now, r.card, true)
	}
	n, err := s.vouchers.Sweep(ctx)
	s.must(err)
	if n != len(due) {
		s.fail("swept %d, the model says %d", n, len(due))
	}
	s.said.add("swept %d", n)
	return fmt.Sprintf("sweep of %d", n)
}

// end closes the round: lots expire, what is left returns to the fund.
func (s *sim) end(ctx context.Context) string {
	for _, id := range []string{"l1", "l2", "l3"} {
		l := s.m.lots[id]
		want := ""
		if s.now.Before(l.grace) {
			want = voucher.ErrGrace.Code
		} else if !l.closed {
			for _, c := range s.m.cards {
				if c.lot == id {
					s.m.expire(s.now, c)
				}
			}
			l.closed = true
		}
		_, err := s.vouchers.Expire(ctx, voucher.ExpireLot{By: issuer, Lot: id})
		s.sameCode("expire", want, err)
		if want != "" {
			return "too early to close"
		}
	}
	left := s.m.books[ledger.Round(theRound)]
	if s.closed = true; left == 0 {
		return "the round is closed, and was before"
	}
	s.m.move(ledger.Round(theRound), ledger.Fund(theFund), left)
	s.must(s.db.Vouchers().Update(ctx, func(tx voucher.Tx) error {
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindReturn, Actor: theFinger, Round: theRound,
			Postings: []ledger.Posting{{Debit: ledger.Round(theRound), Credit: ledger.Fund(theFund), Amount: money.Francs(left)}}})
		return err
	}))
	s.m.saw("round: closed")
	return fmt.Sprintf("the round is closed, %d returned", left)
}

// expire ends a card at the close. Who waited for its activation kept the
// rules, and is paid first.
func (m *model) expire(now time.Time, c *card) {
	if c.household != "" && c.holder == nil {
		m.settleWaiting(now, c, true)
	}
	switch c.life() {
	case voucher.Issued, voucher.Active, voucher.Held:
		m.end(c)
		c.expired = now
	}
}
