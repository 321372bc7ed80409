package vendors

import (
	"errors"
	"fmt"

	"github.com/jate-cva/jate/ledger"
)

// ReverseInClaim prepares the reversal of a redeem entry: it returns the
// account that holds the value now, redeemed or claimed, and takes the entry
// out of its claim, whose accepted amount falls by the line's. It returns ""
// and changes nothing where a payment was ordered already, or where the claim
// turned a commodity into money: that is for people.
func ReverseInClaim(tx Tx, entry uint64) (ledger.Account, error) {
	e, err := tx.Entry(entry)
	if err != nil {
		return "", err
	}
	if e.Kind != ledger.KindRedeem || len(e.Postings) != 1 {
		return "", fmt.Errorf("entry %d is no redemption", entry)
	}
	redeemed := e.Postings[0].Credit
	vendor := ID(redeemed.ID())
	id, err := tx.ClaimOf(entry)
	if errors.Is(err, ErrNotFound) {
		return redeemed, nil
	}
	if err != nil {
		return "", err
	}
	c, err := tx.Claim(id)
	if err != nil {
		return "", err
	}
	switch c.State {
	case ClaimProposed:
		return redeemed, takeOut(tx, c, entry, false)
	case ClaimAccepted:
		if !e.Postings[0].Amount.Asset().IsCurrency() {
			return "", nil
		}
		return ledger.Claimed(string(vendor)), takeOut(tx, c, entry, true)
	}
	return "", nil
}

// takeOut marks the claim's line that holds the entry as reversed.
func takeOut(tx Tx, c Claim, entry uint64, accepted bool) error {
	for l, err := range tx.ClaimLines(c.ID, 0) {
		if err != nil {
			return err
		}
		if !l.Matched || l.Entry != entry || l.Reversed {
			continue
		}
		l.Reversed = true
		if accepted {
			left, err := c.Accepted.Sub(l.Amount)
			if err != nil {
				return err
			}
			c.Accepted = left
		} else if c.Kind == SelfBilled {
			left, err := c.Claimed.Sub(l.Amount)
			if err != nil {
				return err
			}
			c.Claimed = left
		}
		if err := tx.PutClaimLine(l); err != nil {
			return err
		}
		break
	}
	return errors.Join(tx.PutClaim(c), tx.PutClaimOf(entry, ""))
}
