package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// Release is documented at Service.
func (s *service) Release(ctx context.Context, cmd Decide) (Case, error) {
	if err := checkNote(cmd.Note); err != nil {
		return Case{}, err
	}
	return once(ctx, s, MethodRelease, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By, CaseOpen, CaseFrozen)
		if err != nil {
			return Case{}, err
		}
		sales, err := heldSales(tx, c)
		if err != nil {
			return Case{}, err
		}
		for _, h := range c.Money {
			if err := release(tx, as, c, h, sales[h.Entry]); err != nil {
				return Case{}, fmt.Errorf("entry %d: %w", h.Entry, err)
			}
		}
		c.State, c.DecidedBy, c.Decided = CaseCleared, cmd.By.ID, tx.Now()
		c.noted(cmd.Note)
		return c, c.decided(tx, as, "case-cleared", nil)
	})
}

// heldSales returns the case's redemptions as they stand now.
func heldSales(tx Tx, c Case) (map[uint64]Sale, error) {
	sales := map[uint64]Sale{}
	if len(c.Money) == 0 {
		return sales, nil
	}
	f, err := load(tx, scope{programme: c.Programme, round: c.Round, vendor: c.Vendor})
	if err != nil {
		return nil, err
	}
	for _, s := range f.Sales {
		sales[s.Entry] = s
	}
	return sales, nil
}

// release moves one redemption's money back where it was.
func release(tx Tx, as ledger.Actor, c Case, h Held, s Sale) error {
	if s.Case != c.ID {
		// A reversal took the money from the contested account itself.
		return restore(tx, h)
	}
	// Where it was undone meanwhile, with other money of that account, this
	// makes the account whole again.
	if err := ledgerMove(tx, as, ledger.KindRelease, c, h, ledger.Contested(string(c.Vendor)), h.From); err != nil {
		return err
	}
	return restore(tx, h)
}

// restore lets an accepted claim ask again for what freeze took off it. Where
// that claim's payment was ordered meanwhile, a claim of its own does.
func restore(tx Tx, h Held) error {
	if h.Claim == "" {
		return nil
	}
	c, err := tx.Claim(h.Claim)
	if err != nil {
		return err
	}
	if c.State != vendors.ClaimAccepted {
		if c, err = supplement(tx, c, h); err != nil {
			return err
		}
	}
	if c.Accepted, err = c.Accepted.Add(h.Value); err != nil {
		return err
	}
	return tx.PutClaim(c)
}

// supplement returns the claim that pays what another was paid without, with
// the redemption's line moved there. It is accepted as that one was.
func supplement(tx Tx, paid vendors.Claim, h Held) (vendors.Claim, error) {
	c, err := paid, error(nil)
	for c.State != vendors.ClaimAccepted { // one that is being paid takes no more
		id := c.ID + "-2"
		if c, err = tx.Claim(id); errors.Is(err, vendors.ErrNotFound) {
			none := money.Francs(0)
			c = paid
			c.ID, c.State, c.Settlement, c.Lines, c.Created = id, vendors.ClaimAccepted, "", 0, tx.Now()
			c.Claimed, c.Accepted, c.Charges, c.Recovered = none, none, none, none
		} else if err != nil {
			return vendors.Claim{}, err
		}
	}
	l, ok, err := strike(tx, paid.ID, h.Entry)
	if err != nil || !ok {
		return c, err
	}
	if c.Claimed, err = c.Claimed.Add(l.Amount); err != nil {
		return vendors.Claim{}, err
	}
	c.Lines++
	l.Claim, l.Reversed = c.ID, false
	return c, errors.Join(tx.PutClaimLine(l), tx.PutClaimOf(h.Entry, c.ID))
}

// strike marks the line of a claim that no longer pays the redemption, and
// returns it.
func strike(tx Tx, claim vendors.ClaimID, entry uint64) (vendors.ClaimLine, bool, error) {
	for l, err := range tx.ClaimLines(claim, 0) {
		if err != nil {
			return vendors.ClaimLine{}, false, err
		}
		if l.Matched && !l.Reversed && l.Entry == entry {
			l.Reversed = true
			return l, true, tx.PutClaimLine(l)
		}
	}
	return vendors.ClaimLine{}, false, nil
}

// ledgerMove posts a step of the end of one redemption's freeze.
func ledgerMove(tx Tx, as ledger.Actor, kind ledger.Kind, c Case, h Held, from, to ledger.Account) error {
	_, err := ledger.Post(tx, ledger.Entry{Kind: kind, Actor: as, Round: c.Round, Ref: refEntry(h.Entry),
		Facts:    map[string]string{factCase: c.ID},
		Postings: []ledger.Posting{{Debit: from, Credit: to, Amount: h.Amount}}})
	return err
}
