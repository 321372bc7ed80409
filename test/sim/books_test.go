package sim

import (
	"slices"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// The round's books, as the model keeps them: in francs, by account. A bank
// account grows by debits, every other one by credits.

const (
	theRound = "r1"
	theFund  = "f1"
	theBank  = "main"
)

func (m *model) move(debit, credit ledger.Account, francs int64) {
	m.touched[debit], m.touched[credit] = true, true
	m.books[debit] -= francs
	if debit == ledger.Bank(theBank) {
		m.books[debit] += 2 * francs
	}
	m.books[credit] += francs
	if credit == ledger.Bank(theBank) {
		m.books[credit] -= 2 * francs
	}
}

// payment is one card's worth given to a vendor for one receipt: of the card's
// own account, or as a loss that the programme bears.
type payment struct {
	vendor vendors.ID
	francs int64
	claim  *claim // the claim that asks for it, nil for none
	undone bool
}

// claim is a vendor's claim as the model knows it.
type claim struct {
	id         vendors.ClaimID
	vendor     vendors.ID
	state      vendors.ClaimState
	payments   []*payment
	settlement *settlement
}

// due is what the claim still asks for.
func (c *claim) due() (francs int64) {
	for _, p := range c.payments {
		if !p.undone {
			francs += p.francs
		}
	}
	return francs
}

// settlement is a batch of payments. What was prepared is what is approved, or
// nothing is.
type settlement struct {
	id       string
	digest   [32]byte
	state    vendors.SettlementState
	claims   []*claim
	amounts  []int64
	answered []bool
}

// pay gives a receipt the value of its card, from the account.
func (m *model) pay(r *record, from ledger.Account) {
	r.paid = &payment{vendor: r.vendor, francs: r.card.value}
	m.payments = append(m.payments, r.paid)
	m.move(from, ledger.Redeemed(string(r.vendor)), r.card.value)
}

// takeBack undoes a receipt's payment, wherever the money is on its way to the
// vendor, and reports whether it could: not once a payment was ordered.
func (m *model) takeBack(r *record) bool {
	p, from := r.paid, ledger.Redeemed(string(r.vendor))
	where := "redeemed"
	if c := p.claim; c != nil {
		switch c.state {
		case vendors.ClaimProposed:
			// It asks for it no more, and the sale is none any more.
			c.payments = slices.DeleteFunc(slices.Clone(c.payments), func(o *payment) bool { return o == p })
			where = "proposed"
		case vendors.ClaimAccepted:
			from, where = ledger.Claimed(string(r.vendor)), "claimed"
		default:
			m.saw("reversal: too late, %s", c.state)
			return false
		}
	}
	m.saw("reversal: from %s", where)
	p.undone = true
	m.move(from, r.card.account(), p.francs)
	r.card.holder, r.card.redeemed, r.paid = nil, time.Time{}, nil
	return true
}

// unclaimed are the vendor's payments that a claim may ask for.
func (m *model) unclaimed(v vendors.ID) (list []*payment) {
	for _, p := range m.payments {
		if p.vendor == v && p.claim == nil && !p.undone {
			list = append(list, p)
		}
	}
	return list
}

// prepared notes a claim for all that is unclaimed.
func (m *model) prepared(id vendors.ClaimID, v vendors.ID) *claim {
	c := &claim{id: id, vendor: v, state: vendors.ClaimProposed, payments: m.unclaimed(v)}
	for _, p := range c.payments {
		p.claim = c
	}
	m.claims = append(m.claims, c)
	return c
}

func (m *model) acceptClaim(c *claim) string {
	switch {
	case c.state != vendors.ClaimProposed:
		return vendors.ErrClaimState.Code
	case len(c.payments) == 0:
		return vendors.ErrNothingToClaim.Code
	}
	c.state = vendors.ClaimAccepted
	m.move(ledger.Redeemed(string(c.vendor)), ledger.Claimed(string(c.vendor)), c.due())
	return ""
}

func (m *model) refuseClaim(c *claim) string {
	if c.state != vendors.ClaimProposed {
		return vendors.ErrClaimState.Code
	}
	c.state = vendors.ClaimRefused
	for _, p := range c.payments {
		p.claim = nil
	}
	return ""
}

// payable are the accepted claims in no settlement.
func (m *model) payable() (list []*claim) {
	for _, c := range m.claims {
		if c.state == vendors.ClaimAccepted && c.settlement == nil {
			list = append(list, c)
		}
	}
	return list
}

// settle notes a settlement of the claims given.
func (m *model) settle(id string, digest [32]byte, claims []*claim) *settlement {
	s := &settlement{id: id, digest: digest, state: vendors.SettlementPrepared, claims: claims}
	for _, c := range claims {
		c.settlement = s
		s.amounts = append(s.amounts, c.due())
	}
	s.answered = make([]bool, len(claims))
	m.settlements = append(m.settlements, s)
	return s
}

func (m *model) approveSettlement(s *settlement) string {
	if s.state != vendors.SettlementPrepared {
		return vendors.ErrSettlementState.Code
	}
	for i, c := range s.claims {
		if c.due() != s.amounts[i] {
			return vendors.ErrSettlementChanged.Code
		}
	}
	s.state = vendors.SettlementDone
	for i, c := range s.claims {
		c.state = vendors.ClaimOrdered
		if s.amounts[i] == 0 {
			c.state, s.answered[i] = vendors.ClaimSettled, true
			continue
		}
		s.state = vendors.SettlementOrdered
		m.move(ledger.Claimed(string(c.vendor)), ledger.Transit(s.id), s.amounts[i])
	}
	return ""
}

func (m *model) refuseSettlement(s *settlement) string {
	if s.state != vendors.SettlementPrepared {
		return vendors.ErrSettlementState.Code
	}
	s.state = vendors.SettlementRefused
	for _, c := range s.claims {
		c.settlement = nil
	}
	return ""
}

// bankAnswered notes what the bank said of one payment.
func (m *model) bankAnswered(s *settlement, i int, paid bool) {
	c := s.claims[i]
	s.answered[i] = true
	if !slices.Contains(s.answered, false) {
		s.state = vendors.SettlementDone
	}
	if paid {
		c.state = vendors.ClaimSettled
		m.move(ledger.Transit(s.id), ledger.Bank(theBank), s.amounts[i])
		return
	}
	c.state, c.settlement = vendors.ClaimAccepted, nil
	m.move(ledger.Transit(s.id), ledger.Claimed(string(c.vendor)), s.amounts[i])
}

// account is where a card's value is kept.
func (c *card) account() ledger.Account { return ledger.Voucher(c.household, string(c.serial)) }

// spares of a lot that nobody has and nobody ended, in the order of issue.
func (m *model) freeSpare(lot string, value int64) *card {
	for _, c := range m.cards {
		if c.lot == lot && c.value == value && c.free() {
			return c
		}
	}
	return nil
}

// free reports whether the card is a spare that may be given out.
func (c *card) free() bool { return c.spare && c.household == "" && c.life() == voucher.Issued }
