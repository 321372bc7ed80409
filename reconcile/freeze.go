package reconcile

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// reasonUpheld is why a receipt no longer pays: people decided so.
const reasonUpheld = "case-upheld"

// Freeze is documented at Service.
func (s *service) Freeze(ctx context.Context, cmd Decide) (Case, error) {
	if err := checkNote(cmd.Note); err != nil {
		return Case{}, err
	}
	return once(ctx, s, MethodFreeze, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By, CaseOpen)
		if err != nil {
			return Case{}, err
		}
		strong := slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool { return f.Score < s.limits.FreezeMin })
		if len(strong) == 0 {
			return Case{}, ErrWeak
		}
		f, err := load(tx, scope{programme: c.Programme, round: c.Round, vendor: c.Vendor})
		if err != nil {
			return Case{}, err
		}
		for _, sale := range evidenceOf(c, strong, f) {
			h, ok, err := freeze(tx, as, c, sale)
			if err != nil {
				return Case{}, err
			}
			if !ok {
				continue
			}
			c.Money = append(c.Money, h)
			if c.Frozen, err = c.Frozen.Add(h.Value); err != nil {
				return Case{}, err
			}
		}
		if len(c.Money) == 0 {
			return Case{}, ErrNothingFrozen
		}
		c.State, c.FrozenBy = CaseFrozen, cmd.By.ID
		if c.Digest, err = c.digest(); err != nil {
			return Case{}, err
		}
		c.noted(cmd.Note)
		return c, c.decided(tx, as, "case-frozen", map[string]string{"digest": hex.EncodeToString(c.Digest[:])})
	})
}

func (c *Case) noted(note string) {
	if note != "" {
		c.Note = note
	}
}

// evidenceOf returns the redemptions of a case's findings that stand and that
// no case has frozen, at most heldMax.
func evidenceOf(c Case, findings []Finding, f *Facts) []Sale {
	named := map[string]bool{}
	for _, found := range findings {
		for _, ref := range found.Evidence {
			named[ref] = true
		}
	}
	var out []Sale
	for _, s := range f.Sales {
		if named[refEntry(s.Entry)] && s.Round == c.Round && s.Stands() && s.Case == "" && len(out) < heldMax {
			out = append(out, s)
		}
	}
	return out
}

// freeze moves the money of one redemption, and takes the redemption out of
// what its claim asks for. It reports false where the money has left.
func freeze(tx Tx, as ledger.Actor, c Case, s Sale) (Held, bool, error) {
	h := Held{Entry: s.Entry, From: ledger.Redeemed(string(c.Vendor)), Amount: s.Quantity, Value: s.value()}
	if s.Claim != "" {
		claim, err := tx.Claim(s.Claim)
		if err != nil {
			return Held{}, false, err
		}
		switch claim.State {
		case vendors.ClaimProposed:
			// Frees the entry, so that a later claim can have it once released.
			if at, err := vendors.ReverseInClaim(tx, s.Entry); err != nil || at == "" {
				return Held{}, false, err
			}
		case vendors.ClaimAccepted:
			left, err := owed(claim)
			if err != nil || left.Minor() < s.value().Minor() {
				return Held{}, false, err // worked off an advance
			}
			h.From, h.Amount, h.Claim = ledger.Claimed(string(c.Vendor)), s.value(), claim.ID
			if claim.Accepted, err = claim.Accepted.Sub(h.Value); err != nil {
				return Held{}, false, err
			}
			if err := tx.PutClaim(claim); err != nil {
				return Held{}, false, err
			}
		default:
			return Held{}, false, nil
		}
	}
	e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFreeze, Actor: as, Round: c.Round, Ref: refEntry(s.Entry),
		Facts:    map[string]string{factCase: c.ID},
		Postings: []ledger.Posting{{Debit: h.From, Credit: ledger.Contested(string(c.Vendor)), Amount: h.Amount}}})
	h.Freeze = e.Seq
	return h, err == nil, err
}

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

// Uphold is documented at Service.
func (s *service) Uphold(ctx context.Context, cmd Uphold) (Case, error) {
	if err := checkNote(cmd.Note); err != nil {
		return Case{}, err
	}
	if _, err := acting(MethodUphold, cmd.By); err != nil {
		return Case{}, err
	}
	proof, err := s.prover.Prove(access.NewContext(ctx, cmd.By), cmd.Digest)
	if err != nil {
		return Case{}, err
	}
	return once(ctx, s, MethodUphold, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By, CaseFrozen)
		if err != nil {
			return Case{}, err
		}
		if c.Digest != cmd.Digest {
			return Case{}, ErrCaseChanged
		}
		p := access.Proposal{Programme: c.Programme, Digest: c.Digest, PreparedBy: c.FrozenBy, Roles: Roles[MethodUphold]}
		if p, err = p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return Case{}, err
		}
		sales, err := heldSales(tx, c)
		if err != nil {
			return Case{}, err
		}
		for _, h := range c.Money {
			if err := writeOff(tx, as, c, h, sales[h.Entry]); err != nil {
				return Case{}, fmt.Errorf("entry %d: %w", h.Entry, err)
			}
		}
		c.State, c.Approval, c.DecidedBy, c.Decided = CaseUpheld, p.Approvals[0], cmd.By.ID, tx.Now()
		c.noted(cmd.Note)
		return c, c.decided(tx, as, "case-upheld", map[string]string{"digest": hex.EncodeToString(c.Digest[:]), "proof": proof.Kind})
	})
}

// writeOff reverses one redemption. One that was undone in the meantime owes
// its voucher nothing any more: its money goes back where it was frozen.
func writeOff(tx Tx, as ledger.Actor, c Case, h Held, s Sale) error {
	if s.Case != c.ID || !s.Stands() {
		return release(tx, as, c, h, s)
	}
	// The money goes back where it was and is taken from there: a redemption
	// that counts no more must show so on the account that it was made on.
	if err := ledgerMove(tx, as, ledger.KindRelease, c, h, ledger.Contested(string(c.Vendor)), h.From); err != nil {
		return err
	}
	from, err := outOfClaim(tx, h)
	if err != nil {
		return err
	}
	r, err := tx.Receipt(s.Receipt)
	if err != nil {
		return err
	}
	v, err := tx.Voucher(r.Number)
	if err != nil {
		return err
	}
	replaced, err := paidElsewhere(tx, r)
	if err != nil {
		return err
	}
	r.State, r.Reason = voucher.Contested, reasonUpheld
	if err := tx.PutReceipt(r); err != nil {
		return err
	}
	if replaced || s.Kind == ledger.KindAcceptLoss || h.Amount.Asset() != v.Value.Asset() {
		return ledgerMove(tx, as, ledger.KindReverse, c, h, from, ledger.Contingency(c.Round))
	}
	if err := ledgerMove(tx, as, ledger.KindReverse, c, h, from, v.Account()); err != nil {
		return err
	}
	return reopen(tx, as, v)
}

// outOfClaim takes the redemption out of its claim and returns the account that
// holds its money, now that it is no longer frozen.
func outOfClaim(tx Tx, h Held) (ledger.Account, error) {
	if h.Claim != "" {
		_, _, err := strike(tx, h.Claim, h.Entry)
		return h.From, err
	}
	at, err := vendors.ReverseInClaim(tx, h.Entry)
	if at == "" {
		at = h.From
	}
	return at, err
}

// paidElsewhere reports whether another receipt for the voucher was paid from
// the contingency: then its household has bought, and the contingency is owed.
func paidElsewhere(tx Tx, r voucher.StoredReceipt) (bool, error) {
	for other, err := range tx.ReceiptsFor(r.Number) {
		if err != nil {
			return false, err
		}
		if other.Hash != r.Hash && other.HasLoss && other.State == voucher.Payable {
			return true, nil
		}
	}
	return false, nil
}

// reopen gives a voucher its value back. Once its lot is closed nobody can buy
// with it, and the value goes on to the round.
func reopen(tx Tx, as ledger.Actor, v voucher.Voucher) error {
	v.ReceiptHash, v.RedeemedAt, v.RedeemEntry = voucher.Hash{}, time.Time{}, 0
	is, err := tx.Issue(v.Lot)
	if err != nil || is.ClosedAt.IsZero() {
		return errors.Join(err, tx.PutVoucher(v))
	}
	v.ExpiredAt = tx.Now()
	_, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindExpire, Actor: as, Round: v.Round, Ref: v.Lot,
		Facts:    map[string]string{"reason": reasonUpheld},
		Postings: []ledger.Posting{{Debit: v.Account(), Credit: ledger.Round(v.Round), Amount: v.Value}}})
	return errors.Join(err, tx.PutVoucher(v))
}
