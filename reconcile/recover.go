package reconcile

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// Recover is the command to note that a vendor paid something back: off one of
// his accepted claims, by the case's permille, or at the bank.
type Recover struct {
	Decide
	Claim     vendors.ClaimID // whose money is kept; "" for the bank
	Bank      string          // the account that it came to
	Amount    money.Amount    // in XOF; of a claim, what the permille gives where it is nothing
	Reference string          // the bank's, 1 to 100 bytes
}

// GiveUp is the command to write off what is left of a case's debt, by a person
// who proposes and another who approves its digest.
type GiveUp struct {
	Decide
	Digest [32]byte // GiveUpDigest of the case; zero to propose
}

// charge makes the vendor owe what he was paid for one redemption.
func (d *desk) charge(h Held) error {
	c, err := d.tx.Claim(h.Claim)
	if err != nil {
		return err
	}
	if c.State != vendors.ClaimSettled {
		return ErrDebt.At("entries", "the payment of entry %d came back: release it, and freeze it anew", h.Entry)
	}
	if _, err := d.post(ledger.KindOwe, refEntry(h.Entry), nil,
		ledger.Posting{Debit: ledger.Debt(string(d.c.Vendor)), Credit: ledger.Recoverable(d.c.Round), Amount: h.Value}); err != nil {
		return err
	}
	debt := &d.c.Debt
	if debt.Charged.Asset().IsZero() {
		debt.Charged, debt.Recovered, debt.GivenUp = money.Francs(0), money.Francs(0), money.Francs(0)
	}
	debt.Charged, err = debt.Charged.Add(h.Value)
	return err
}

// Recover is documented at Service.
func (s *service) Recover(ctx context.Context, cmd Recover) (Case, error) {
	return onCase(ctx, s, MethodRecover, cmd.Decide, cmd, nil, func(d *desk) (Case, error) {
		left, err := d.c.Debt.Left()
		if err != nil {
			return Case{}, err
		}
		if left.IsZero() {
			return Case{}, ErrDebt.At("case", "nothing is left to pay back")
		}
		if cmd.Claim != "" {
			kept, err := d.keep(cmd.Claim, cmd.Amount)
			if err != nil {
				return Case{}, err
			}
			if kept.IsZero() {
				return Case{}, ErrDebt.At("claim", "nothing of it can be kept: not accepted, in a settlement, or kept from already")
			}
			return d.decided("case-recovered", map[string]string{"claim": string(cmd.Claim), "amount": kept.Text()})
		}
		if cmd.Amount.Asset() != money.XOF || cmd.Amount.Sign() <= 0 || cmd.Amount.Minor() > left.Minor() {
			return Case{}, ErrDebt.At("amount", "more than nothing, at most the %s that are left", left)
		}
		if err := errors.Join(checkLine("reference", cmd.Reference, 100), checkLine("bank", cmd.Bank, 64)); err != nil {
			return Case{}, err
		}
		if _, err := d.post(ledger.KindRepay, cmd.Reference, nil,
			ledger.Posting{Debit: ledger.Bank(cmd.Bank), Credit: ledger.Debt(string(d.c.Vendor)), Amount: cmd.Amount}); err != nil {
			return Case{}, err
		}
		if err := d.recovered(cmd.Amount); err != nil {
			return Case{}, err
		}
		return d.decided("case-recovered", map[string]string{"bank": cmd.Bank, "amount": cmd.Amount.Text()})
	})
}

// keep takes what the permille gives, or a sum that is no more than the claim
// has, from an accepted claim once. It returns nothing where nothing can be kept.
func (d *desk) keep(id vendors.ClaimID, sum money.Amount) (money.Amount, error) {
	none, debt := money.Francs(0), &d.c.Debt
	c, err := d.tx.Claim(id)
	switch {
	case err != nil:
		return none, err
	case c.Vendor != d.c.Vendor || c.Programme != d.c.Programme:
		return none, vendors.ErrNotFound
	case c.State != vendors.ClaimAccepted || c.Settlement != "" || slices.Contains(debt.Claims, id):
		return none, nil
	}
	due, err := owed(c)
	if err != nil {
		return none, err
	}
	left, err := debt.Left()
	if err != nil {
		return none, err
	}
	if sum.IsZero() {
		part, err := due.Mul(int64(debt.Permille))
		if err != nil {
			return none, err
		}
		sum = money.Francs(part.Minor() / 1000) // towards zero: he gets the odd franc
	} else if sum.Asset() != money.XOF || sum.Sign() < 0 {
		return none, ErrDebt.At("amount", "whole francs")
	}
	sum = money.Francs(min(sum.Minor(), left.Minor(), due.Minor()))
	if sum.Sign() <= 0 {
		return none, nil
	}
	if _, err := d.postIn(c.Round, ledger.KindRecover, string(id), nil,
		ledger.Posting{Debit: ledger.Claimed(string(c.Vendor)), Credit: ledger.Debt(string(c.Vendor)), Amount: sum}); err != nil {
		return none, err
	}
	if c.Recovered, err = c.Recovered.Add(sum); err != nil {
		return none, err
	}
	debt.Claims = append(debt.Claims, id)
	return sum, errors.Join(d.tx.PutClaim(c), d.recovered(sum))
}

// recovered gives what came in back to the round that it was spent from.
func (d *desk) recovered(sum money.Amount) error {
	if _, err := d.post(ledger.KindRecover, d.c.ID, nil,
		ledger.Posting{Debit: ledger.Recoverable(d.c.Round), Credit: ledger.Round(d.c.Round), Amount: sum}); err != nil {
		return err
	}
	var err error
	d.c.Debt.GiveUpBy = "" // of another sum
	d.c.Debt.Recovered, err = d.c.Debt.Recovered.Add(sum)
	return err
}

// keepFrom keeps of a claim that was just accepted what the vendor owes by
// decided cases, the oldest first, and returns the claim as it is then.
func (s *service) keepFrom(ctx context.Context, by access.Actor, id vendors.ClaimID) (c vendors.Claim, err error) {
	as, err := acting(MethodAcceptMatched, by)
	if err != nil {
		return c, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		if c, err = tx.Claim(id); err != nil {
			return err
		}
		var owing []Case
		for k, err := range tx.Cases(by.Programme) {
			if err != nil {
				return err
			}
			if left, err := k.Debt.Left(); k.Vendor == c.Vendor && err == nil && left.Sign() > 0 {
				owing = append(owing, k)
			}
		}
		slices.SortFunc(owing, func(a, b Case) int { return cmp.Or(a.Decided.Compare(b.Decided), cmp.Compare(a.ID, b.ID)) })
		for _, k := range owing {
			d := &desk{tx: tx, by: by, as: as, c: k}
			kept, err := d.keep(id, money.Amount{})
			if err == nil && kept.Sign() > 0 {
				_, err = d.decided("case-recovered", map[string]string{"claim": string(id), "amount": kept.Text()})
			}
			if err != nil {
				return err
			}
		}
		c, err = tx.Claim(id)
		return err
	})
	return c, err
}

// GiveUpDigest is what a person approves who gives a case's debt up.
func (c Case) GiveUpDigest() ([32]byte, error) {
	left, err := c.Debt.Left()
	if err != nil {
		return [32]byte{}, err
	}
	return c.giveUp(left).Digest(), nil
}

func (c Case) giveUp(left money.Amount) access.Content {
	return access.Content{What: "give-up", ID: c.ID, Programme: c.Programme, Lines: []access.Line{{"vendor", string(c.Vendor)}, {"round", c.Round},
		{"amount", left.String()}, {"posting", string(ledger.Recoverable(c.Round)), string(ledger.Debt(string(c.Vendor))), left.String()}}}
}

// GiveUp is documented at Service.
func (s *service) GiveUp(ctx context.Context, cmd GiveUp) (Case, error) {
	m := MethodGiveUp
	if cmd.Digest == ([32]byte{}) {
		m = MethodProposeGiveUp
	}
	if _, err := acting(m, cmd.By); err != nil {
		return Case{}, err
	}
	var proof access.Proof
	if m == MethodGiveUp {
		var err error
		if proof, err = s.prover.Prove(access.NewContext(ctx, cmd.By), cmd.Digest); err != nil {
			return Case{}, err
		}
	}
	return onCase(ctx, s, m, cmd.Decide, cmd, nil, func(d *desk) (Case, error) {
		left, err := d.c.Debt.Left()
		if err != nil {
			return Case{}, err
		}
		if left.IsZero() {
			return Case{}, ErrDebt.At("case", "nothing is left to pay back")
		}
		sum, err := d.c.GiveUpDigest()
		if err != nil {
			return Case{}, err
		}
		facts := map[string]string{"amount": left.Text(), "digest": hexadecimal(sum)}
		if m == MethodProposeGiveUp {
			d.c.Debt.GiveUpBy = d.by.ID
			if err := d.tx.PutPrepared(d.c.giveUp(left).Prepare(d.by, Roles[MethodGiveUp])); err != nil {
				return Case{}, err
			}
			return d.decided("case-give-up-proposed", facts)
		}
		if sum != cmd.Digest || d.c.Debt.GiveUpBy == "" {
			return Case{}, ErrCaseChanged
		}
		p := access.Proposal{Programme: d.c.Programme, Digest: sum, PreparedBy: d.c.Debt.GiveUpBy, Roles: Roles[MethodGiveUp]}
		if _, err = p.Approve(cmd.By, proof, d.tx.Now()); err != nil {
			return Case{}, err
		}
		if err := d.uninvolved(); err != nil {
			return Case{}, err
		}
		d.proof = proof
		if _, err := d.post(ledger.KindWriteOff, d.c.ID, nil,
			ledger.Posting{Debit: ledger.Recoverable(d.c.Round), Credit: ledger.Debt(string(d.c.Vendor)), Amount: left}); err != nil {
			return Case{}, err
		}
		if d.c.Debt.GivenUp, err = d.c.Debt.GivenUp.Add(left); err != nil {
			return Case{}, err
		}
		return d.decided("case-given-up", facts)
	})
}
