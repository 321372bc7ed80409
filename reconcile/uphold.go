package reconcile

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

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
