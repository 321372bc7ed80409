package vendors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrPaymentChange refuses a change of how a vendor is paid.
var ErrPaymentChange = fault.New(fault.Conflict, "payment_change",
	"The change of the payment address is not in the state that this needs, or is another one by now.",
	"Le changement d'adresse de paiement n'est pas dans l'état requis, ou n'est plus le même.")

// CoolingDefault is how long an approved change waits before money goes to the
// new address: time for the vendor, who was paid at the old one, to object.
const CoolingDefault = 24 * time.Hour

// PaymentChange is a change of how a vendor is paid. Whoever can change an
// account number unseen can have everything that is owed to him, so it takes two
// people, of whom the one does not pay and the other does not choose vendors.
type PaymentChange struct {
	Programme  string
	Vendor     ID
	Payment    Payment // from now on
	Reason     string  // and how it was made sure that the vendor wants it
	Salt       []byte  // keeps who knows the digest from guessing the number
	Digest     [32]byte
	By         string // staff id
	Proposed   time.Time
	AnsweredBy string // staff id
	Answered   time.Time
	Refused    bool
	From       time.Time // in force from here on; zero until it is approved
}

// State returns proposed, refused, cooling or in-force.
func (c PaymentChange) State(now time.Time) string {
	switch {
	case c.Refused:
		return "refused"
	case c.From.IsZero():
		return "proposed"
	case now.Before(c.From):
		return "cooling"
	}
	return "in-force"
}

// ChangePayment is the command to propose another way, or address, to pay a
// vendor.
type ChangePayment struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Vendor  ID
	Payment Payment
	Reason  string
}

// AnswerPaymentChange is the command to approve the change whose digest is given,
// or to refuse it, which is possible until it is in force.
type AnswerPaymentChange struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Vendor ID
	Digest [32]byte
	Refuse bool
}

func (s *service) ChangePayment(ctx context.Context, cmd ChangePayment) (PaymentChange, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(s.random, salt); err != nil {
		return PaymentChange{}, fmt.Errorf("draw a salt: %w", err)
	}
	return once(ctx, s, MethodChangePayment, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (PaymentChange, error) {
		var f findings
		f.text(cmd.Reason, "reason", true)
		cmd.Payment.check(&f)
		if err := f.err(); err != nil {
			return PaymentChange{}, err
		}
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return PaymentChange{}, err
		}
		was, err := tx.PaymentChange(v.ID)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return PaymentChange{}, err
		case was.State(tx.Now()) == "cooling":
			return PaymentChange{}, ErrPaymentChange.At("vendor", "one is approved and comes into force at %s", was.From.Format(time.RFC3339))
		case was.State(tx.Now()) == "in-force":
			v.Contract.Payment = was.Payment // which the new record would forget
			if err := tx.PutVendor(v); err != nil {
				return PaymentChange{}, err
			}
		}
		if cmd.Payment == v.Contract.Payment {
			return PaymentChange{}, ErrVendor.At("payment", "he is paid so already")
		}
		c := PaymentChange{Programme: v.Programme, Vendor: v.ID, Payment: cmd.Payment, Reason: cmd.Reason, Salt: salt, By: cmd.By.ID, Proposed: tx.Now()}
		said := c.content(v.Name)
		c.Digest = said.Digest()
		return c, errors.Join(c.decide(tx, as, "payment-change-proposed", access.Proof{}), offer(tx, said, cmd.By, MethodAnswerPaymentChange), tx.PutPaymentChange(c))
	})
}

func (c PaymentChange) decide(tx Tx, as ledger.Actor, what string, proof access.Proof) error {
	facts := map[string]string{"digest": fmt.Sprintf("%x", c.Digest), "method": c.Payment.Method}
	if !c.From.IsZero() {
		facts["from"] = c.From.UTC().Format(time.RFC3339)
	}
	_, err := ledger.Decide(tx, as, "", what, string(c.Vendor), proof.Facts(facts))
	return err
}

func (s *service) AnswerPaymentChange(ctx context.Context, cmd AnswerPaymentChange) (PaymentChange, error) {
	proof, err := s.agreement(ctx, MethodAnswerPaymentChange, cmd.By, cmd.Digest, cmd.Refuse)
	if err != nil {
		return PaymentChange{}, err
	}
	return once(ctx, s, MethodAnswerPaymentChange, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (PaymentChange, error) {
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return PaymentChange{}, err
		}
		c, err := tx.PaymentChange(v.ID)
		if err != nil {
			return PaymentChange{}, err
		}
		state := c.State(tx.Now())
		if c.Digest != cmd.Digest || state != "proposed" && !(cmd.Refuse && state == "cooling") {
			return PaymentChange{}, ErrPaymentChange.At("vendor", "it is %s", state)
		}
		if cmd.Refuse {
			c.Refused, c.From, c.AnsweredBy, c.Answered = true, time.Time{}, cmd.By.ID, tx.Now()
			return c, errors.Join(c.decide(tx, as, "payment-change-refused", proof), tx.PutPaymentChange(c))
		}
		p := access.Proposal{Programme: c.Programme, Digest: c.Digest, PreparedBy: c.By, Roles: Roles[MethodAnswerPaymentChange]}
		if _, err := p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return PaymentChange{}, err
		}
		c.AnsweredBy, c.Answered, c.From = cmd.By.ID, tx.Now(), tx.Now().Add(s.cooling)
		return c, errors.Join(c.decide(tx, as, "payment-change-approved", proof), tx.PutPaymentChange(c))
	})
}

func (s *service) PaymentChange(ctx context.Context, q ByID) (ShownChange, error) {
	return read(ctx, s, MethodPaymentChange, q.By, func(tx Tx) (ShownChange, error) {
		if _, err := ownVendor(tx, ID(q.ID), q.By); err != nil {
			return ShownChange{}, err
		}
		c, err := tx.PaymentChange(ID(q.ID))
		return ShownChange{c, c.State(tx.Now())}, err
	})
}

// ShownChange is a change with the state it is in.
type ShownChange struct {
	PaymentChange
	Is string
}

// payable returns the vendor as he is paid now. It reports true where a change
// is approved and not yet in force: the old address may be lost and the new one
// may be somebody else's, so that nothing is paid to either.
func (v Vendor) payable(tx Tx) (Vendor, bool, error) {
	c, err := tx.PaymentChange(v.ID)
	if errors.Is(err, ErrNotFound) {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	state := c.State(tx.Now())
	if state == "in-force" {
		v.Contract.Payment = c.Payment
	}
	return v, state == "cooling", nil
}
