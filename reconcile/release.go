package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// Release is the command to decide for the vendor.
type Release struct {
	Decide
	// Entries are the redemptions that it is about; all that are not decided,
	// and the case itself, where there are none.
	Entries []uint64
}

// Release is documented at Service.
func (s *service) Release(ctx context.Context, cmd Release) (Case, error) {
	return onCase(ctx, s, MethodRelease, cmd.Decide, cmd, undecided, func(d *desk) (Case, error) {
		if err := d.uninvolved(); err != nil {
			return Case{}, err
		}
		chosen, err := d.c.chosen(cmd.Entries)
		if err != nil {
			return Case{}, err
		}
		sales, err := d.sales()
		if err != nil {
			return Case{}, err
		}
		for _, i := range chosen {
			h := &d.c.Money[i]
			if err := d.release(*h, sales[h.Entry]); err != nil {
				return Case{}, fmt.Errorf("entry %d: %w", h.Entry, err)
			}
			h.Outcome = Released
		}
		return d.end("case-cleared", "case-cleared-in-part", chosen, nil)
	})
}

// chosen returns the places of the money that a decision is about.
func (c Case) chosen(entries []uint64) ([]int, error) {
	var out []int
	want := map[uint64]bool{}
	for _, e := range entries {
		want[e] = true
	}
	for i, h := range c.Money {
		if h.Outcome == "" && (len(entries) == 0 || want[h.Entry]) {
			out = append(out, i)
			delete(want, h.Entry)
		}
	}
	for e := range want {
		return nil, ErrCase.At("entries", "the money of entry %d is not frozen by this case, or it was decided", e)
	}
	return out, nil
}

// end closes the case once nothing of it waits for a decision, and journals
// what was decided.
func (d *desk) end(whole, part string, chosen []int, facts map[string]string) (Case, error) {
	c, what := &d.c, part
	sum := money.Francs(0)
	var err error
	for _, i := range chosen {
		if sum, err = sum.Add(c.Money[i].Value); err != nil {
			return Case{}, err
		}
	}
	all := map[string]string{"redemptions": strconv.Itoa(len(chosen)), "decided": sum.Text()}
	maps.Copy(all, facts)
	if !slices.ContainsFunc(c.Money, func(h Held) bool { return h.Outcome == "" }) {
		what, c.State = whole, CaseCleared
		if slices.ContainsFunc(c.Money, func(h Held) bool { return h.Outcome == WrittenOff || h.Outcome == Charged }) {
			c.State = CaseUpheld
		}
	}
	c.DecidedBy, c.Decided = d.by.ID, d.tx.Now()
	if len(c.Money) > 0 {
		if err := d.offer(); err != nil {
			return Case{}, err
		}
	}
	all["state"] = string(c.State)
	return d.decided(what, all)
}

// sales returns the case's redemptions as they stand now.
func (d *desk) sales() (map[uint64]Sale, error) {
	sales := map[uint64]Sale{}
	if len(d.c.Money) == 0 {
		return sales, nil
	}
	all, err := salesOf(d.tx, d.c)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		sales[s.Entry] = s
	}
	return sales, nil
}

// release moves one redemption's money back where it was.
func (d *desk) release(h Held, s Sale) error {
	if h.Paid {
		return nil // he has it
	}
	if s.Case != d.c.ID {
		// A reversal took the money from the contested account itself.
		return restore(d.tx, h)
	}
	// Where it was undone meanwhile, with other money of that account, this
	// makes the account whole again.
	if err := d.move(ledger.KindRelease, h, ledger.Contested(string(d.c.seller(h.Entry))), h.From); err != nil {
		return err
	}
	return restore(d.tx, h)
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
