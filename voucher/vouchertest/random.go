package vouchertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Claimer is what the random run needs of vendors.Service.
type Claimer interface {
	PrepareClaim(ctx context.Context, cmd vendors.PrepareClaim) (vendors.Claim, error)
	AcceptClaim(ctx context.Context, cmd vendors.AcceptClaim) (vendors.Claim, error)
}

// TestRandom issues cards and then does whatever comes to hand: activates,
// sells, resends, cancels, voids, holds, releases, reissues and claims. A model
// in plain words predicts each answer, and every balance after each step.
//
// What it holds the store and the service to:
//
//  1. A card is paid at most once from its own account, and at most once to one
//     vendor.
//  2. What a vendor is owed is what the model says, to the franc.
//  3. A refused record moves nothing.
//  4. A resend gets the state that the model holds now.
//  5. Round + contingency + cards + vendors always sum to what was allocated.
func TestRandom(t *testing.T, seed uint64, steps int, w *World, claims Claimer) {
	t.Helper()
	m := &model{w: w, t: t, claims: claims, rnd: rand.New(rand.NewPCG(seed, 1)), contingency: 12,
		owed: map[vendors.ID]int64{}, claimed: map[vendors.ID]int64{}}
	for _, s := range w.Issue("l1", 60, 8, voucher.ModeSecret)[:60] {
		m.cards = append(m.cards, &card{serial: s})
	}
	w.Clock.Now = Opens.Add(time.Hour)
	for i := range steps {
		w.Clock.Now = w.Clock.Now.Add(time.Minute)
		what := m.step()
		m.check(fmt.Sprintf("seed %d, step %d: %s", seed, i, what))
	}
}

// card is a card as the model knows it.
type card struct {
	serial voucher.Serial
	active bool
	held   bool
	void   bool
	holder *sale // the sale that it was spent in
	waits  []*sale
}

// sale is a receipt as the model knows it.
type sale struct {
	card    *card
	by      vendors.HandheldID
	jws     string
	state   voucher.ReceiptState
	reason  string
	loss    bool // paid from the contingency
	claimed bool
}

type model struct {
	w           *World
	t           *testing.T
	claims      Claimer
	rnd         *rand.Rand
	cards       []*card
	sales       []*sale
	owed        map[vendors.ID]int64 // redeemed and not claimed, in cards
	claimed     map[vendors.ID]int64
	contingency int64 // in cards
}

var shops = map[vendors.HandheldID]vendors.ID{"h1": "v1", "h2": "v2"}

func (m *model) step() string {
	c := m.cards[m.rnd.IntN(len(m.cards))]
	shop := vendors.HandheldID([]string{"h1", "h1", "h2"}[m.rnd.IntN(3)])
	switch n := m.rnd.IntN(100); {
	case n < 20:
		m.activate(c)
		return "activate"
	case n < 60:
		m.w.Refresh(shop)
		m.w.Clock.Now = m.w.Clock.Now.Add(time.Second)
		return "sell at " + string(shop) + ": " + m.sell(c, shop)
	case n < 70 && len(m.sales) > 0:
		s := m.sales[m.rnd.IntN(len(m.sales))]
		m.expect(s, m.w.Send(s.by, s.jws)[0])
		return "resend"
	case n < 76 && len(m.sales) > 0:
		return "cancel: " + m.cancel(m.sales[m.rnd.IntN(len(m.sales))])
	case n < 80:
		return "void: " + m.void(c)
	case n < 86:
		return "hold or release: " + m.hold(c)
	case n < 90:
		return "reissue: " + m.reissue(c)
	case n < 94:
		return "claim: " + m.claim(shops[shop])
	}
	return "nothing"
}

func (m *model) expect(s *sale, o voucher.Outcome) {
	m.t.Helper()
	if o.State != s.state || o.Reason != s.reason {
		m.t.Fatalf("answered %s (%s), the model says %s (%s)", o.State, o.Reason, s.state, s.reason)
	}
}

func (m *model) activate(c *card) {
	m.w.Activate(c.serial)
	if c.active {
		return
	}
	c.active = true
	waits := c.waits
	c.waits = nil
	for _, s := range waits {
		if s.state != voucher.Waiting {
			continue
		}
		switch {
		case c.void && m.paid(c, s.by):
			s.state, s.reason = voucher.Contested, voucher.ReasonDouble
		case c.void:
			m.lose(s, voucher.ReasonVoid)
		case c.held:
			s.state, s.reason = voucher.Contested, voucher.ReasonHeld
		default:
			m.spend(c, s)
		}
	}
}

// sell predicts, sells, and compares.
func (m *model) sell(c *card, by vendors.HandheldID) string {
	s := &sale{card: c, by: by}
	factor := voucher.Factor{Secret: m.w.Room.Lines[c.serial].Secret}
	switch n := m.rnd.IntN(10); {
	case n == 0:
		factor, s.state, s.reason = voucher.Factor{}, voucher.Contested, voucher.ReasonFactorMissing
	case n == 1:
		factor.Secret, s.state, s.reason = "0123456789012345", voucher.Rejected, voucher.ReasonFactorWrong
	case c.void:
		s.state, s.reason = voucher.Rejected, voucher.ReasonVoid
	case c.held:
		s.state, s.reason = voucher.Rejected, voucher.ReasonHeld
	case !c.active:
		s.state, s.reason = voucher.Waiting, voucher.ReasonNotActivated
		c.waits = append(c.waits, s)
	default:
		m.spend(c, s)
	}
	s.jws = m.w.SaleWith(by, c.serial, factor)
	m.expect(s, m.w.Send(by, s.jws)[0])
	m.sales = append(m.sales, s)
	return string(s.state) + " " + s.reason
}

// spend gives the card to the sale, or decides between it and the holder.
func (m *model) spend(c *card, s *sale) {
	first := c.holder
	switch {
	case m.paid(c, s.by):
		s.state, s.reason = voucher.Contested, voucher.ReasonDouble
	case first == nil:
		m.pay(c, s)
	case s.by == "h1" && first.by == "h2" && m.undo(first):
		first.state = voucher.Contested
		m.lose(first, voucher.ReasonDouble)
		m.pay(c, s)
	default:
		m.lose(s, voucher.ReasonDouble)
	}
}

// paid reports whether the shop is paid for the card already.
func (m *model) paid(c *card, by vendors.HandheldID) bool {
	for _, s := range m.sales {
		if s.card == c && s.by == by && s.state == voucher.Payable {
			return true
		}
	}
	return false
}

func (m *model) pay(c *card, s *sale) {
	c.holder, s.state, s.reason = s, voucher.Payable, ""
	m.owed[shops[s.by]]++
}

// lose pays a sale that kept the rules from the contingency while it lasts.
func (m *model) lose(s *sale, reason string) {
	if m.contingency == 0 {
		s.state, s.reason = voucher.Contested, reason
		return
	}
	m.contingency--
	m.owed[shops[s.by]]++
	s.state, s.reason, s.loss = voucher.Payable, voucher.ReasonLoss, true
}

// undo takes the money of a sale back; claims are never paid here, so it is
// always there.
func (m *model) undo(s *sale) bool {
	from := m.owed
	if s.claimed {
		from = m.claimed
	}
	from[shops[s.by]]--
	s.card.holder = nil
	return true
}

func (m *model) cancel(s *sale) string {
	m.w.Clock.Now = m.w.Clock.Now.Add(time.Second)
	body := voucher.Cancellation{Of: voucher.HashOf(s.jws), Reason: voucher.CancelMistake}
	want, reason := voucher.Rejected, voucher.ReasonNotCancelled
	switch {
	case s.state == voucher.Waiting:
		want, reason = voucher.Accepted, ""
		s.state, s.reason = voucher.Cancelled, string(voucher.CancelMistake)
	case s.state == voucher.Payable && !s.loss && sameDay(m.w, s):
		m.undo(s)
		want, reason = voucher.Accepted, ""
		s.state, s.reason = voucher.Cancelled, string(voucher.CancelMistake)
	}
	o := m.w.Send(s.by, m.w.Record(s.by, body))[0]
	if o.State != want || o.Reason != reason {
		m.t.Fatalf("cancellation answered %s (%s), the model says %s (%s)", o.State, o.Reason, want, reason)
	}
	return string(want)
}

// sameDay holds because a run lasts less than a day from Opens.
func sameDay(*World, *sale) bool { return true }

func (m *model) void(c *card) string {
	_, err := m.w.Service.Void(context.Background(), m.w.Change(c.serial))
	if done := err == nil; done != (!c.void && c.holder == nil) {
		m.t.Fatalf("void of a card (void %v, spent %v): %v", c.void, c.holder != nil, err)
	}
	if err == nil {
		c.void = true
	}
	return fmt.Sprint(err)
}

func (m *model) hold(c *card) string {
	change, want := m.w.Service.Hold, !c.held && !c.void && c.holder == nil
	if c.held {
		change, want = m.w.Service.Release, c.held && !c.void && c.holder == nil
	}
	_, err := change(context.Background(), m.w.Change(c.serial))
	if (err == nil) != want {
		m.t.Fatalf("hold or release: %v, want it done: %v", err, want)
	}
	if err == nil {
		c.held = !c.held
	}
	return fmt.Sprint(err)
}

func (m *model) reissue(c *card) string {
	ctx := context.Background()
	p, err := m.w.Service.Propose(ctx, voucher.Propose{By: Issuer, Key: m.w.Key(), Kind: voucher.ProposeReissue, Serial: c.serial})
	if err != nil {
		return err.Error()
	}
	if c.void || c.holder != nil {
		m.t.Fatal("a card that is over was reissued")
	}
	c.held = true
	v, err := m.w.Service.Agree(ctx, voucher.Agree{By: Second, Key: m.w.Key(), Proposal: p.ID})
	if err != nil {
		m.t.Fatal(err)
	}
	c.void = true
	m.cards = append(m.cards, &card{serial: v.Serial, active: true})
	return "done"
}

func (m *model) claim(v vendors.ID) string {
	ctx := context.Background()
	finance := func(id string, r access.Role) access.Actor {
		return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: "mopti", Roles: []access.Role{r}}
	}
	c, err := m.claims.PrepareClaim(ctx, vendors.PrepareClaim{By: finance("f1", access.RoleFinancePreparer), Key: m.w.Key(), Vendor: v, Round: "r1"})
	if (err == nil) != (m.owed[v] > 0) {
		m.t.Fatalf("claim of %d cards: %v", m.owed[v], err)
	}
	if err != nil {
		return err.Error()
	}
	if got, want := c.Claimed.Minor(), m.owed[v]*1_000; got != want {
		m.t.Fatalf("claims %d, the model says %d", got, want)
	}
	_, err = m.claims.AcceptClaim(ctx, vendors.AcceptClaim{By: finance("f2", access.RoleFinanceApprover), Key: m.w.Key(), Claim: c.ID,
		VendorProof: "signed-pdf:" + fmt.Sprintf("%064x", 1)})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, s := range m.sales {
		if s.state == voucher.Payable && !s.claimed && shops[s.by] == v {
			s.claimed = true
		}
	}
	m.claimed[v] += m.owed[v]
	m.owed[v] = 0
	return fmt.Sprintf("%d cards", m.claimed[v])
}

// check compares every balance with the model's.
func (m *model) check(what string) {
	m.t.Helper()
	cards := int64(0)
	for _, c := range m.cards {
		if !c.void && c.holder == nil {
			cards++
		}
	}
	want := map[ledger.Account]int64{
		ledger.Control("r1"):     cards * 1_000,
		ledger.Contingency("r1"): m.contingency * 1_000,
		ledger.Redeemed("v1"):    m.owed["v1"] * 1_000, ledger.Redeemed("v2"): m.owed["v2"] * 1_000,
		ledger.Claimed("v1"): m.claimed["v1"] * 1_000, ledger.Claimed("v2"): m.claimed["v2"] * 1_000,
	}
	sum := int64(0)
	for a, n := range want {
		if got := m.w.Balance(a); got != n {
			m.t.Fatalf("%s: %s holds %d, the model says %d", what, a, got, n)
		}
		sum += n
	}
	if got := sum + m.w.Balance(ledger.Round("r1")); got != 912_000 {
		m.t.Fatalf("%s: the round's money sums to %d, want 912000", what, got)
	}
}
