package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// reasonUpheld is why a receipt no longer pays: people decided so.
const reasonUpheld = "case-upheld"

// permilleUsual is what is kept of each later claim where nobody says.
const permilleUsual = 250

// Uphold is the command to write a case's frozen money off, and to charge the
// vendor with what he was paid.
type Uphold struct {
	Decide
	// Permille of each later claim that is kept until what he was paid is back,
	// 1 to 1000; 250 where zero.
	Permille int
	Entries  []uint64 // the redemptions that it is about; all that are not decided where there are none
	Digest   [32]byte // of the case that the approver has looked at
}

// Uphold is documented at Service.
func (s *service) Uphold(ctx context.Context, cmd Uphold) (Case, error) {
	if _, err := acting(MethodUphold, cmd.By); err != nil {
		return Case{}, err
	}
	if cmd.Permille < 0 || cmd.Permille > 1000 {
		return Case{}, ErrCase.At("permille", "1 to 1000")
	}
	proof, err := s.prover.Prove(access.NewContext(ctx, cmd.By), cmd.Digest)
	if err != nil {
		return Case{}, err
	}
	return onCase(ctx, s, MethodUphold, cmd.Decide, cmd, []CaseState{CaseFrozen}, func(d *desk) (Case, error) {
		if d.c.Digest != cmd.Digest {
			return Case{}, ErrCaseChanged
		}
		p := access.Proposal{Programme: d.c.Programme, Digest: d.c.Digest, PreparedBy: d.c.FrozenBy, Roles: Roles[MethodUphold]}
		if p, err = p.Approve(cmd.By, proof, d.tx.Now()); err != nil {
			return Case{}, err
		}
		if err := d.uninvolved(); err != nil {
			return Case{}, err
		}
		vendor, err := d.c.heard(d.tx.Now())
		if err != nil {
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
		d.proof = proof
		for _, i := range chosen {
			h := &d.c.Money[i]
			if h.Outcome, err = d.writeOff(*h, sales[h.Entry]); err != nil {
				return Case{}, fmt.Errorf("entry %d: %w", h.Entry, err)
			}
		}
		d.c.Approval = p.Approvals[0]
		if d.c.Debt.Permille = cmd.Permille; cmd.Permille == 0 {
			d.c.Debt.Permille = permilleUsual
		}
		return d.end("case-upheld", "case-upheld-in-part", chosen,
			map[string]string{"vendor-heard": vendor})
	})
}

// writeOff reverses one redemption. One that was undone in the meantime owes
// its voucher nothing any more: its money goes back where it was frozen.
func (d *desk) writeOff(h Held, s Sale) (Outcome, error) {
	if h.Paid {
		return Charged, d.charge(h)
	}
	if s.Case != d.c.ID || !s.Stands() {
		return Released, d.release(h, s)
	}
	// The money goes back where it was and is taken from there: a redemption
	// that counts no more must show so on the account that it was made on.
	if err := d.move(ledger.KindRelease, h, ledger.Contested(string(d.c.seller(h.Entry))), h.From); err != nil {
		return "", err
	}
	from, err := outOfClaim(d.tx, h)
	if err != nil {
		return "", err
	}
	r, err := d.tx.Receipt(s.Receipt)
	if err != nil {
		return "", err
	}
	v, err := d.tx.Voucher(r.Number)
	if err != nil {
		return "", err
	}
	replaced, err := paidElsewhere(d.tx, r)
	if err != nil {
		return "", err
	}
	r.State, r.Reason = voucher.Contested, reasonUpheld
	if err := d.tx.PutReceipt(r); err != nil {
		return "", err
	}
	if replaced || s.Kind == ledger.KindAcceptLoss || h.Amount.Asset() != v.Value.Asset() {
		return WrittenOff, d.move(ledger.KindReverse, h, from, ledger.Contingency(d.c.Round))
	}
	if err := d.move(ledger.KindReverse, h, from, v.Account()); err != nil {
		return "", err
	}
	return WrittenOff, d.reopen(v)
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
func (d *desk) reopen(v voucher.Voucher) error {
	v.ReceiptHash, v.RedeemedAt, v.RedeemEntry = voucher.Hash{}, time.Time{}, 0
	is, err := d.tx.Issue(v.Lot)
	if err != nil || is.ClosedAt.IsZero() {
		return errors.Join(err, d.tx.PutVoucher(v))
	}
	v.ExpiredAt = d.tx.Now()
	_, err = d.post(ledger.KindExpire, v.Lot, map[string]string{"reason": reasonUpheld},
		ledger.Posting{Debit: v.Account(), Credit: ledger.Round(v.Round), Amount: v.Value})
	return errors.Join(err, d.tx.PutVoucher(v))
}
