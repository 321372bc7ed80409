package vendors

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrCash refuses a payment in cash, or its confirmation.
var ErrCash = fault.New(fault.Conflict, "cash_payment",
	"The payment in cash cannot be recorded or confirmed in this way.",
	"Le paiement en espèces ne peut pas être enregistré ou confirmé de cette façon.")

// Payout is a payment in cash: who handed the money over, and the signed receipt
// by which somebody else confirmed it.
type Payout struct {
	Programme   string
	Payment     string // reference
	By          string // staff id of who handed it over
	Day         time.Time
	Recorded    time.Time
	Receipt     documents.Hash // of the signed receipt; zero until it is confirmed
	ConfirmedBy string         // staff id
	NotPaid     string         // why it was not paid after all
}

// PayOut is the command to record that the money of a payment was handed over.
type PayOut struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Payment string       // reference
	Day     time.Time    // today where zero
}

// ConfirmCash is the command to confirm a payment in cash by its signed receipt,
// which is attached to the settlement, or to say that it was not paid after all.
type ConfirmCash struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Payment string       // reference
	Code    string       // that is printed on the paper
	Receipt documents.Hash
	NotPaid string // why; then no receipt
}

// Payee returns in whose name a payment is made.
func (p PaymentLine) Payee(tx Tx) (string, error) { return p.payee(tx) }

// ReceiptCode ties a receipt to a payment of a settlement as it was approved: the
// reference, the sum and the payee cannot be other ones under the same code.
// 40 bits, so that nobody fills in a receipt for a payment without having
// printed it.
func (s Settlement) ReceiptCode(p PaymentLine) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "jate-receipt 1\n%x\n%s\n%s\n", s.Digest, p.Reference, p.Amount.Text()))
	text := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(sum[:5])
	return text[:4] + "-" + text[4:]
}

// Cash returns the payments that leave in cash and have no answer yet.
func (s Settlement) Cash() (due []PaymentLine) {
	for _, p := range s.Payments {
		if p.To.channel() == MethodCash && p.Result == "" && !p.Amount.IsZero() {
			due = append(due, p)
		}
	}
	return due
}

// cashDue returns a payment in cash that waits to be paid or confirmed.
func cashDue(tx Tx, reference string, by access.Actor) (Settlement, int, error) {
	st, i, err := paymentNamed(tx, reference, by)
	if err != nil {
		return st, i, err
	}
	p := st.Payments[i]
	if st.State != SettlementOrdered || p.Result != "" || p.Amount.IsZero() || p.To.channel() != MethodCash {
		return st, i, ErrCash.At("payment", "it does not wait to be paid in cash")
	}
	return st, i, nil
}

func (s *service) PayOut(ctx context.Context, cmd PayOut) (Payout, error) {
	return once(ctx, s, MethodPayOut, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Payout, error) {
		st, i, err := cashDue(tx, cmd.Payment, cmd.By)
		if err != nil {
			return Payout{}, err
		}
		if _, err := tx.Payout(cmd.Payment); !errors.Is(err, ErrNotFound) {
			return Payout{}, errors.Join(err, onlyIf(err == nil, ErrCash.At("payment", "it was paid out already")))
		}
		today := tx.Now().UTC().Truncate(24 * time.Hour)
		o := Payout{Programme: st.Programme, Payment: cmd.Payment, By: cmd.By.ID, Day: cmd.Day.UTC().Truncate(24 * time.Hour), Recorded: tx.Now()}
		if cmd.Day.IsZero() {
			o.Day = today
		}
		if o.Day.After(today) || o.Day.Before(st.Approval.Proof.At.UTC().Truncate(24*time.Hour)) {
			return Payout{}, ErrVendor.At("day", "from the day on which the payment was approved to today")
		}
		return o, errors.Join(st.decideCash(tx, as, st.Payments[i], "cash-paid-out", nil), tx.PutPayout(o))
	})
}

func onlyIf(is bool, err error) error {
	if is {
		return err
	}
	return nil
}

func (s Settlement) decideCash(tx Tx, as ledger.Actor, p PaymentLine, what string, more map[string]string) error {
	facts := map[string]string{"settlement": s.ID, "amount": p.Amount.Text()}
	for k, v := range more {
		facts[k] = v
	}
	_, err := ledger.Decide(tx, as, p.Round, what, p.Reference, facts)
	return err
}

func (s *service) ConfirmCash(ctx context.Context, cmd ConfirmCash) (Settlement, error) {
	return once(ctx, s, MethodConfirmCash, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Settlement, error) {
		st, i, err := cashDue(tx, cmd.Payment, cmd.By)
		if err != nil {
			return Settlement{}, err
		}
		p := st.Payments[i]
		o, err := tx.Payout(cmd.Payment)
		if errors.Is(err, ErrNotFound) {
			return Settlement{}, ErrCash.At("payment", "nobody has said that he paid it out")
		}
		if err != nil {
			return Settlement{}, err
		}
		if o.By == cmd.By.ID {
			return Settlement{}, access.ErrSamePerson
		}
		said, what, more, words := PaidOut, "cash-confirmed", map[string]string{"sha256": cmd.Receipt.String()}, ""
		if cmd.NotPaid != "" {
			var f findings
			f.text(cmd.NotPaid, "not_paid", true)
			if err := f.err(); err != nil {
				return Settlement{}, err
			}
			said, what, more, words = NotPaid, "cash-not-paid", nil, cmd.NotPaid
		} else {
			if cmd.Code != st.ReceiptCode(p) {
				return Settlement{}, ErrCash.At("code", "the paper with this code is of another payment, or of another sum")
			}
			if err := st.signed(tx, o, cmd.Receipt); err != nil {
				return Settlement{}, err
			}
			o.Receipt = cmd.Receipt
		}
		o.ConfirmedBy, o.NotPaid = cmd.By.ID, cmd.NotPaid
		if err := errors.Join(st.decideCash(tx, as, p, what, more), tx.PutPayout(o)); err != nil {
			return Settlement{}, err
		}
		if _, err := st.take(tx, as, i, said, "", words); err != nil {
			return Settlement{}, err
		}
		return st, tx.PutSettlement(st)
	})
}

// signed returns ErrCash unless the document is a signed receipt that was
// attached to this settlement, by somebody else than who paid, and confirms no
// other payment.
func (s Settlement) signed(tx Tx, o Payout, h documents.Hash) error {
	found := false
	for a, err := range tx.AttachmentsOf(s.Programme, h) {
		if err != nil {
			return err
		}
		if a.Subject != (documents.Subject{Kind: documents.OfSettlement, ID: s.ID}) || a.Kind != documents.PaymentReceipt && a.Kind != documents.SignedSheet {
			return ErrCash.At("receipt", "the document is attached as something else as well: %s, %s", a.Subject, a.Kind)
		}
		if a.By == o.By {
			return ErrCash.At("receipt", "who paid the money out attached it; somebody else has to")
		}
		found = true
	}
	if !found {
		return ErrCash.At("receipt", "no such document is attached to settlement %s as %s", s.ID, documents.PaymentReceipt)
	}
	for _, p := range s.Payments {
		other, err := tx.Payout(p.Reference)
		if err == nil && other.Payment != o.Payment && other.Receipt == h {
			return ErrCash.At("receipt", "it confirms payment %s", other.Payment)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}
