package vendors

import (
	"fmt"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// paymentsMax bounds the payments of one settlement.
const paymentsMax = 2_000

// payer works out what is sent to vendors and what is kept, claim by claim.
// It remembers what the claims before have taken, so that several claims of
// one vendor neither pay nor recover the same franc twice.
type payer struct {
	tx    Tx
	state map[ID]*standing
}

// standing is what one vendor may still be paid, and still owes.
type standing struct {
	vendor   Vendor       // with how he is paid now
	held     bool         // another way is approved and not yet in force, or this one cannot be read
	free     money.Amount // on his claimed account, not taken by a claim before
	debt     money.Amount // of his advances
	advances []AdvanceLine
}

func newPayer(tx Tx) *payer { return &payer{tx: tx, state: map[ID]*standing{}} }

func (p *payer) standing(id ID) (*standing, error) {
	if st := p.state[id]; st != nil {
		return st, nil
	}
	v, err := p.tx.Vendor(id)
	if err != nil {
		return nil, err
	}
	st := &standing{}
	if st.vendor, st.held, err = v.payable(p.tx); err != nil {
		return nil, err
	}
	st.held = st.held || !st.vendor.Contract.Payment.whole()
	if st.free, err = p.tx.Balance(ledger.Claimed(string(id)), money.XOF); err != nil {
		return nil, err
	}
	if st.debt, err = p.tx.Balance(ledger.Advance(string(id)), money.XOF); err != nil {
		return nil, err
	}
	if st.advances, err = givenTo(p.tx, id); err != nil {
		return nil, err
	}
	p.state[id] = st
	return st, nil
}

// line returns the payment of a claim. It reports false where a case has
// frozen money that the claim would need, or how the vendor is paid is about to
// change or cannot be read.
func (p *payer) line(c Claim) (PaymentLine, bool, error) {
	st, err := p.standing(c.Vendor)
	if err != nil {
		return PaymentLine{}, false, err
	}
	due, err := c.payable()
	if err != nil || st.held || due.Minor() > st.free.Minor() {
		return PaymentLine{}, false, err
	}
	keep := money.Francs(recoverable(st.advances, st.debt.Minor(), due.Minor(), p.tx.Now()))
	l := PaymentLine{Claim: c.ID, Vendor: c.Vendor, Round: c.Round, Recover: keep, To: st.vendor.Contract.Payment}
	if l.Amount, err = due.Sub(keep); err != nil {
		return PaymentLine{}, false, err
	}
	if st.free, err = st.free.Sub(due); err != nil {
		return PaymentLine{}, false, err
	}
	st.debt, err = st.debt.Sub(keep)
	return l, err == nil, err
}

// complete numbers the payments and fixes what they come to and their digest.
func (s Settlement) complete(tx Tx, payments []PaymentLine, salt string) (Settlement, error) {
	s.Payments, s.Total = payments, money.Francs(0)
	for i := range s.Payments {
		p := &s.Payments[i]
		p.Reference = fmt.Sprintf("%s-%d", s.ID, i+1)
		var err error
		if s.Total, err = s.Total.Add(p.Amount); err != nil {
			return Settlement{}, err
		}
	}
	c, err := s.content(tx, salt)
	s.Digest = c.Digest()
	return s, err
}

// again works out a prepared settlement from its claims as they are now. Where
// one of them can no longer be paid it returns ErrSettlementChanged.
func (s Settlement) again(tx Tx) (Settlement, error) {
	salt, err := saltOf(tx, s.Programme, s.Digest)
	if err != nil {
		return Settlement{}, err
	}
	p := newPayer(tx)
	var lines []PaymentLine
	for _, was := range s.Payments {
		c, err := tx.Claim(was.Claim)
		if err != nil {
			return Settlement{}, err
		}
		l, ok, err := p.line(c)
		if err != nil {
			return Settlement{}, err
		}
		if !ok || c.State != ClaimAccepted || c.Settlement != s.ID {
			return Settlement{}, ErrSettlementChanged.At("claim", "%s", c.ID)
		}
		lines = append(lines, l)
	}
	return s.complete(tx, lines, salt)
}
