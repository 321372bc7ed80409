package voucher

import (
	"context"
	"errors"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// ErrGrace refuses to end a lot whose receipts may still arrive.
var ErrGrace = fault.New(fault.Conflict, "grace_running",
	"Receipts of before the end of sales may still arrive. Wait for the end of the grace period.",
	"Des reçus d'avant la fin des ventes peuvent encore arriver. Attendez la fin du délai de grâce.")

// Change is a command about one voucher.
type Change struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Serial Serial
	Reason string // a stable code, at most 40 characters
}

// change runs a command on one voucher of the actor's programme.
func (s *service) change(ctx context.Context, what string, cmd Change, fn func(Tx, Voucher) error) (Voucher, error) {
	key := commandKey(cmd.By, cmd.Key)
	request := struct {
		What string
		Change
	}{what, cmd}
	return ledger.Once(ctx, s.store.Update, key, request, func(tx Tx) (Voucher, error) {
		if !isName(cmd.Reason, reasonMax) {
			return Voucher{}, fault.New(fault.Invalid, "reason", "Say why with a code of 1 to 40 letters, digits and dashes.",
				"Dites pourquoi par un code de 1 à 40 lettres, chiffres et tirets.")
		}
		v, err := mine(tx, Query{By: cmd.By, Serial: cmd.Serial})
		if err != nil {
			return Voucher{}, err
		}
		if err := fn(tx, v); err != nil {
			return Voucher{}, err
		}
		return tx.Voucher(v.Number)
	})
}

// Hold is documented at Service.
func (s *service) Hold(ctx context.Context, cmd Change) (Voucher, error) {
	return s.change(ctx, "hold", cmd, func(tx Tx, v Voucher) error {
		if l := v.Life(); l != Issued && l != Active {
			return ErrLife.At("serial", "it is %s", l)
		}
		v.HeldAt = tx.Now()
		return decided(tx, v, "hold", by(cmd.By, "hold"), cmd.Reason)
	})
}

// Release is documented at Service.
func (s *service) Release(ctx context.Context, cmd Change) (Voucher, error) {
	return s.change(ctx, "release", cmd, func(tx Tx, v Voucher) error {
		if l := v.Life(); l != Held {
			return ErrLife.At("serial", "it is %s", l)
		}
		v.HeldAt = time.Time{} // wrong PINs count for life
		return decided(tx, v, "release", by(cmd.By, "release"), cmd.Reason)
	})
}

func decided(tx Tx, v Voucher, what string, actor ledger.Actor, reason string) error {
	pseudonym := ""
	if v.Beneficiary != "" {
		salt, err := tx.VoucherSalt(v.Account())
		if err != nil {
			return err
		}
		pseudonym = string(ledger.Pseudonym(salt, string(v.Serial)))
	}
	_, err := ledger.Decide(tx, actor, v.Round, what, pseudonym, map[string]string{"reason": reason})
	return errors.Join(err, tx.PutVoucher(v))
}

// Void is documented at Service.
func (s *service) Void(ctx context.Context, cmd Change) (Voucher, error) {
	return s.change(ctx, "void", cmd, func(tx Tx, v Voucher) error {
		switch l := v.Life(); l {
		case Issued, Active, Held:
		default:
			return ErrLife.At("serial", "it is %s", l)
		}
		return s.stop(tx, v, ledger.KindVoid, cmd.Reason, by(cmd.By, "void"))
	})
}

// stop ends a voucher by void or expiry; what was on it goes back to its round.
func (s *service) stop(tx Tx, v Voucher, kind ledger.Kind, reason string, actor ledger.Actor) error {
	if kind == ledger.KindExpire {
		v.ExpiredAt = tx.Now()
	} else {
		v.VoidAt, v.VoidReason = tx.Now(), reason
	}
	if err := tx.PutVoucher(v); err != nil || v.Beneficiary == "" {
		return err
	}
	left, err := tx.Balance(v.Account(), v.Value.Asset())
	if err != nil || left.IsZero() {
		return err
	}
	_, err = ledger.Post(tx, ledger.Entry{Kind: kind, Actor: actor, Round: v.Round, Ref: v.Lot,
		Facts:    map[string]string{"reason": reason},
		Postings: []ledger.Posting{{Debit: v.Account(), Credit: ledger.Round(v.Round), Amount: left}}})
	return err
}

// ExpireLot ends what is left of a lot.
type ExpireLot struct {
	By  access.Actor `json:"-"`
	Lot string
}

// Expire is documented at Service.
func (s *service) Expire(ctx context.Context, cmd ExpireLot) (Issue, error) {
	var is Issue
	err := s.store.View(ctx, func(tx Tx) (err error) {
		if is, err = tx.Issue(cmd.Lot); err != nil {
			return err
		}
		switch {
		case is.Programme != cmd.By.Programme:
			return ErrNotFound
		case is.Manifest == "":
			return ErrLife.At("lot", "it is not issued")
		case tx.Now().Before(is.GraceUntil):
			return ErrGrace.At("lot", "until %s", is.GraceUntil.Format(time.DateOnly))
		}
		return nil
	})
	if err != nil || !is.ClosedAt.IsZero() {
		return is, err
	}
	actor := by(cmd.By, "expire")
	for from := is.First; from <= is.Last; from += issueChunk {
		err := s.store.Update(ctx, func(tx Tx) error {
			vs, err := numbered(tx, is.Lot, from, min(from+issueChunk-1, is.Last))
			if err != nil {
				return err
			}
			return s.expire(tx, vs, actor)
		})
		if err != nil {
			return Issue{}, err
		}
	}
	err = s.store.Update(ctx, func(tx Tx) (err error) {
		if is, err = tx.Issue(cmd.Lot); err != nil || !is.ClosedAt.IsZero() {
			return err
		}
		is.ClosedAt, is.FactorKey, is.HintSecret = tx.Now(), nil, nil
		if _, err := ledger.Decide(tx, actor, is.Round, "expire-lot", is.Lot, nil); err != nil {
			return err
		}
		return tx.PutIssue(is)
	})
	return is, err
}

// expire ends vouchers that are not over yet. A receipt that still waits for an
// activation is paid first: the vendor kept the rules, the distribution did not.
func (s *service) expire(tx Tx, vs []Voucher, actor ledger.Actor) error {
	for _, v := range vs {
		if v.Beneficiary != "" && v.RedeemedAt.IsZero() {
			if err := s.settleWaiting(tx, v.Number, judgeOverdue); err != nil {
				return err
			}
		}
		now, err := tx.Voucher(v.Number)
		if err != nil {
			return err
		}
		switch now.Life() {
		case Issued, Active, Held:
			if err := s.stop(tx, now, ledger.KindExpire, "end-of-round", actor); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sweep is documented at Service.
func (s *service) Sweep(ctx context.Context) (int, error) {
	var due []StoredReceipt
	err := s.store.View(ctx, func(tx Tx) error {
		for r, err := range tx.WaitingSince(tx.Now().Add(-24 * time.Hour)) {
			if err != nil {
				return err
			}
			days, err := waitingDays(tx, r)
			if err != nil {
				return err
			}
			if r.Kind == RecordReceipt && tx.Now().Sub(r.At.To) >= time.Duration(days)*24*time.Hour {
				due = append(due, r)
			}
			if len(due) == batchMax {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, r := range due {
		if err := s.store.Update(ctx, func(tx Tx) error { return s.settleWaiting(tx, r.Number, judgeOverdue) }); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func waitingDays(tx Tx, r StoredReceipt) (int, error) {
	policy := vendors.Policy{}
	if r.Handheld != "" {
		h, err := tx.Handheld(r.Handheld)
		if err != nil {
			return 0, err
		}
		z, err := tx.Zone(h.Programme, h.Zone)
		if err != nil && !errors.Is(err, vendors.ErrNotFound) {
			return 0, err
		}
		policy = z.Policy
	}
	return policy.WithDefaults().WaitingDays, nil
}
