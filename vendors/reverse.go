package vendors

import (
	"errors"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// ReverseInClaim is called before a redeem or accept-loss entry is undone. It
// returns the account that holds the value now, which the reverse entry must
// debit: the vendor's redeemed or claimed account, or the contested one where
// a case has frozen it. It returns "" where the value has left for the bank,
// was worked off an advance, or was bought in kind: then that payment stands
// and nothing has changed. Otherwise the claim's line, if there is one, is
// marked and the claim no longer asks for it. The reverse entry must have the
// Ref "entry:<seq>" of the entry that it undoes.
func ReverseInClaim(tx Tx, entry uint64) (ledger.Account, error) {
	e, err := tx.Entry(entry)
	if err != nil {
		return "", err
	}
	vendor, err := vendorOf(e)
	if err != nil {
		return "", err
	}
	s, err := saleOf(e, vendor)
	if err != nil {
		return "", err
	}
	account := ledger.Redeemed(string(vendor))
	id, err := tx.ClaimOf(entry)
	if errors.Is(err, ErrNotFound) {
		return holder(tx, account, vendor, s.quantity)
	}
	if err != nil {
		return "", err
	}
	c, err := tx.Claim(id)
	if err != nil {
		return "", err
	}
	if c.State != ClaimProposed {
		payable, err := c.payable()
		if err != nil || c.State != ClaimAccepted || s.commodity() || payable.Minor() < s.amount.Minor() {
			return "", err
		}
		account = ledger.Claimed(string(vendor))
	}
	account, err = holder(tx, account, vendor, s.quantity)
	if err != nil || account == "" {
		return "", err
	}
	return account, c.takeOut(tx, entry, s.amount)
}

// vendorOf returns whose sale an entry is.
func vendorOf(e ledger.Entry) (ID, error) {
	for _, p := range e.Postings {
		if class, err := p.Credit.Class(); err == nil && class == ledger.ClassRedeemed {
			return ID(p.Credit.ID()), nil
		}
	}
	return "", ErrClaimLine.At("entry", "entry %d is no sale", e.Seq)
}

// holder returns the account if it holds the amount, else the vendor's
// contested account if that does, else "".
func holder(tx Tx, account ledger.Account, vendor ID, m money.Amount) (ledger.Account, error) {
	for _, a := range []ledger.Account{account, ledger.Contested(string(vendor))} {
		b, err := tx.Balance(a, m.Asset())
		if err != nil {
			return "", err
		}
		if b.Minor() >= m.Minor() {
			return a, nil
		}
	}
	return "", nil
}

// takeOut marks the claim's line of an entry as undone. A proposed claim frees
// the entry, which will never be a sale again; an accepted one keeps it as
// evidence of what was accepted.
func (c Claim) takeOut(tx Tx, entry uint64, amount money.Amount) error {
	for l, err := range tx.ClaimLines(c.ID, 0) {
		if err != nil {
			return err
		}
		if !l.Matched || l.Entry != entry || l.Reversed {
			continue
		}
		l.Reversed = true
		if c.State == ClaimProposed {
			if c.Claimed, err = c.Claimed.Sub(amount); err != nil {
				return err
			}
			return errors.Join(tx.PutClaimLine(l), tx.PutClaim(c), tx.PutClaimOf(entry, ""))
		}
		if c.Accepted, err = c.Accepted.Sub(amount); err != nil {
			return err
		}
		return errors.Join(tx.PutClaimLine(l), tx.PutClaim(c), undo(tx, c.Vendor, c.Round, amount))
	}
	return ErrClaimLine.At("entry", "claim %s has no line of entry %d that stands", c.ID, entry)
}

// payable returns what is still to be paid on an accepted claim.
func (c Claim) payable() (money.Amount, error) {
	m, err := sum(money.Francs(0), c.Accepted, c.Charges)
	if err != nil {
		return money.Amount{}, err
	}
	return m.Sub(c.Recovered)
}
