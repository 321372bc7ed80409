package vendors

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// RegisterChequeBook is the command to record a book that the bank gave out: at
// most 1000 numbers that no other book of the account has.
type RegisterChequeBook struct {
	By          access.Actor `json:"-"`
	Key         string       `json:"-"`
	Bank        string
	First, Last string // as they are printed, with leading zeros
}

// IssueCheque is the command to record the cheque that was written for an
// ordered payment. Payee and sum are the payment's.
type IssueCheque struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Bank    string
	Number  string
	Payment string    // reference
	Date    time.Time // written on it; today where zero
}

// SpoilCheque is the command to record that a leaf was spoilt before it became a
// cheque. Its number is never used.
type SpoilCheque struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Bank   string
	Number string
	Reason string
}

// SayCheque is the command to say that a cheque was cleared, or is void.
type SayCheque struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Bank   string
	Number string
	Is     ChequeState // cleared or void
	Reason string
}

// AnswerCheque is the command to agree to what somebody said of a cheque, or not
// to.
type AnswerCheque struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Bank   string
	Number string
	Digest [32]byte // of the cheque as it was read
	Refuse bool
}

func (s *service) RegisterChequeBook(ctx context.Context, cmd RegisterChequeBook) (ChequeBook, error) {
	return once(ctx, s, MethodRegisterChequeBook, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (ChequeBook, error) {
		first, width, one := readCheque(cmd.First)
		last, width2, two := readCheque(cmd.Last)
		var f findings
		f.add(idForm.MatchString(cmd.Bank), "bank", "lower-case letters, digits and -")
		f.add(one, "first", "1 to %d digits", chequeDigits)
		f.add(two && width == width2, "last", "as many digits as the first")
		f.add(last >= first && last-first < chequeLeaves, "last", "at most %d numbers, in order", chequeLeaves)
		if err := f.err(); err != nil {
			return ChequeBook{}, err
		}
		if err := s.accountOf(tx, cmd.Bank, cmd.By); err != nil {
			return ChequeBook{}, err
		}
		n := 0
		for b, err := range tx.ChequeBooks(cmd.Bank) {
			if err != nil {
				return ChequeBook{}, err
			}
			if b.First <= last && first <= b.Last {
				return ChequeBook{}, ErrCheque.At("first", "the book %s to %s has some of these numbers", b.Number(b.First), b.Number(b.Last))
			}
			n++
		}
		if n >= chequeBooks {
			return ChequeBook{}, ErrCheque.At("bank", "it has %d books, no more are taken", n)
		}
		b := ChequeBook{Programme: cmd.By.Programme, Bank: cmd.Bank, First: first, Last: last, Width: width, By: cmd.By.ID, Registered: tx.Now()}
		_, err := ledger.Decide(tx, as, "", "cheque-book", cmd.Bank, map[string]string{"first": b.Number(first), "last": b.Number(last)})
		return b, errors.Join(err, tx.PutChequeBook(b))
	})
}

// accountOf returns ErrNotFound where the bank account is unknown, or another
// programme has its books or statements.
func (s *service) accountOf(tx Tx, bank string, by access.Actor) error {
	if _, ours := s.banks[bank]; !ours {
		if err := knownBank(tx, bank); err != nil {
			return err
		}
	}
	for b, err := range tx.ChequeBooks(bank) {
		if err != nil {
			return err
		}
		if b.Programme != by.Programme {
			return ErrNotFound
		}
		break
	}
	for st, err := range tx.BankStatements(bank) {
		if err != nil {
			return err
		}
		if st.Programme != by.Programme {
			return ErrNotFound
		}
		break
	}
	return nil
}

// leaf returns a number that was never used, with the book that has it.
func (s *service) leaf(tx Tx, bank, number string, by access.Actor) (Cheque, error) {
	if err := s.accountOf(tx, bank, by); err != nil {
		return Cheque{}, err
	}
	n, _, ok := readCheque(number)
	if !ok {
		return Cheque{}, ErrVendor.At("number", "1 to %d digits", chequeDigits)
	}
	for b, err := range tx.ChequeBooks(bank) {
		if err != nil {
			return Cheque{}, err
		}
		if b.Programme != by.Programme || n < b.First || n > b.Last {
			continue
		}
		if _, err := tx.Cheque(bank, n); !errors.Is(err, ErrNotFound) {
			if err == nil {
				err = ErrChequeUsed
			}
			return Cheque{}, err
		}
		return Cheque{Programme: by.Programme, Bank: bank, Number: n, Width: b.Width, By: by.ID, Created: tx.Now()}, nil
	}
	return Cheque{}, ErrCheque.At("number", "no registered book of %s has it", bank)
}

func (s *service) IssueCheque(ctx context.Context, cmd IssueCheque) (Cheque, error) {
	return once(ctx, s, MethodIssueCheque, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Cheque, error) {
		c, err := s.leaf(tx, cmd.Bank, cmd.Number, cmd.By)
		if err != nil {
			return Cheque{}, err
		}
		st, i, err := paymentNamed(tx, cmd.Payment, cmd.By)
		if err != nil {
			return Cheque{}, err
		}
		p := st.Payments[i]
		today := tx.Now().UTC().Truncate(24 * time.Hour)
		if c.Date = cmd.Date.UTC().Truncate(24 * time.Hour); cmd.Date.IsZero() {
			c.Date = today
		}
		ordered := st.Approval.Proof.At.UTC().Truncate(24 * time.Hour)
		switch _, err := tx.ChequeFor(p.Reference); {
		case err == nil:
			return Cheque{}, ErrCheque.At("payment", "it has a cheque")
		case !errors.Is(err, ErrNotFound):
			return Cheque{}, err
		case st.State != SettlementOrdered || p.Result != "" || p.Amount.IsZero():
			return Cheque{}, ErrCheque.At("payment", "it is not waiting to be paid")
		case p.To.channel() != MethodCheque || st.Bank != cmd.Bank:
			return Cheque{}, ErrCheque.At("payment", "it is paid by %s from %s", p.To.channel(), st.Bank)
		case c.Date.After(today) || c.Date.Before(ordered):
			return Cheque{}, ErrVendor.At("date", "from %s, when the payment was approved, to today: a cheque is payable at sight", ordered.Format(time.DateOnly))
		}
		if c.Payee, err = p.payee(tx); err != nil {
			return Cheque{}, err
		}
		c.Payment, c.Vendor, c.Round, c.Amount, c.State = p.Reference, p.Vendor, p.Round, p.Amount, ChequeIssued
		return c, errors.Join(c.decide(tx, as, "cheque-issued", access.Proof{}), tx.PutCheque(c))
	})
}

// decide journals what became of a cheque: no name of a payee.
func (c Cheque) decide(tx Tx, as ledger.Actor, what string, proof access.Proof) error {
	facts := map[string]string{"bank": c.Bank, "cheque": c.No(), "payment": c.Payment, "state": string(c.State)}
	if c.Payment != "" {
		facts["amount"] = strconv.FormatInt(c.Amount.Minor(), 10)
	}
	if c.Said != "" {
		facts["said"], facts["digest"] = string(c.Said), fmt.Sprintf("%x", c.content().Digest())
	}
	_, err := ledger.Decide(tx, as, c.Round, what, c.ref(), proof.Facts(facts))
	return err
}

func (s *service) SpoilCheque(ctx context.Context, cmd SpoilCheque) (Cheque, error) {
	return once(ctx, s, MethodSpoilCheque, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Cheque, error) {
		var f findings
		f.text(cmd.Reason, "reason", true)
		if err := f.err(); err != nil {
			return Cheque{}, err
		}
		c, err := s.leaf(tx, cmd.Bank, cmd.Number, cmd.By)
		if err != nil {
			return Cheque{}, err
		}
		c.State, c.Reason, c.Ended = ChequeVoid, cmd.Reason, tx.Now()
		c.Date = tx.Now().UTC().Truncate(24 * time.Hour)
		return c, errors.Join(c.decide(tx, as, "cheque-spoilt", access.Proof{}), tx.PutCheque(c))
	})
}

// ownCheque returns a cheque of the actor's programme.
func ownCheque(tx Tx, bank, number string, by access.Actor) (Cheque, error) {
	n, _, ok := readCheque(number)
	if !ok {
		return Cheque{}, ErrNotFound
	}
	c, err := tx.Cheque(bank, n)
	return own(c, err, func(c Cheque) string { return c.Programme }, by)
}

func (s *service) SayCheque(ctx context.Context, cmd SayCheque) (Cheque, error) {
	return once(ctx, s, MethodSayCheque, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Cheque, error) {
		var f findings
		f.add(cmd.Is == ChequeCleared || cmd.Is == ChequeVoid, "is", "cleared or void")
		f.text(cmd.Reason, "reason", true)
		if err := f.err(); err != nil {
			return Cheque{}, err
		}
		c, err := ownCheque(tx, cmd.Bank, cmd.Number, cmd.By)
		if err != nil {
			return Cheque{}, err
		}
		if c.State != ChequeIssued {
			return Cheque{}, ErrCheque.At("number", "it is %s", c.State)
		}
		c.Said, c.SaidBy, c.Reason = cmd.Is, cmd.By.ID, cmd.Reason
		return c, errors.Join(c.decide(tx, as, "cheque-said", access.Proof{}), offer(tx, c.content(), cmd.By, MethodAnswerCheque), tx.PutCheque(c))
	})
}

func (s *service) AnswerCheque(ctx context.Context, cmd AnswerCheque) (Cheque, error) {
	proof, err := s.agreement(ctx, MethodAnswerCheque, cmd.By, cmd.Digest, cmd.Refuse)
	if err != nil {
		return Cheque{}, err
	}
	return once(ctx, s, MethodAnswerCheque, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Cheque, error) {
		c, err := ownCheque(tx, cmd.Bank, cmd.Number, cmd.By)
		if err != nil {
			return Cheque{}, err
		}
		if c.State != ChequeIssued || c.Said == "" {
			return Cheque{}, ErrCheque.At("number", "nobody has said what became of it; it is %s", c.State)
		}
		if d, err := c.Digest(); err != nil || d != cmd.Digest {
			return Cheque{}, errors.Join(err, ErrCheque.At("digest", "something else is said of it by now; read it again"))
		}
		if cmd.Refuse {
			err := c.decide(tx, as, "cheque-refused", proof)
			c.Said, c.SaidBy, c.Reason = "", "", ""
			return c, errors.Join(err, tx.PutCheque(c))
		}
		p := access.Proposal{Programme: c.Programme, Digest: cmd.Digest, PreparedBy: c.SaidBy, Roles: Roles[MethodAnswerCheque]}
		if _, err := p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return Cheque{}, err
		}
		c.AgreedBy = cmd.By.ID
		if err := errors.Join(c.decide(tx, as, "cheque-agreed", proof), tx.PutCheque(c)); err != nil {
			return Cheque{}, err
		}
		st, i, err := paymentNamed(tx, c.Payment, cmd.By)
		if err != nil {
			return Cheque{}, err
		}
		said := PaidOut
		if c.Said == ChequeVoid {
			said = NotPaid
		}
		if _, err := st.take(tx, as, i, said, "cheque "+c.No(), c.Reason); err != nil {
			return Cheque{}, err
		}
		if err := tx.PutSettlement(st); err != nil {
			return Cheque{}, err
		}
		return tx.Cheque(c.Bank, c.Number)
	})
}

// paymentNamed returns the payment with a reference, and its settlement.
func paymentNamed(tx Tx, reference string, by access.Actor) (Settlement, int, error) {
	id, i := referred(BankLine{Payment: reference})
	if id == "" || i < 0 {
		return Settlement{}, 0, ErrNotFound
	}
	st, err := ownSettlement(tx, id, by)
	if err != nil {
		return Settlement{}, 0, err
	}
	if i >= len(st.Payments) || st.Payments[i].Reference != reference {
		return Settlement{}, 0, ErrNotFound
	}
	return st, i, nil
}

// endCheque writes into the register what became of the cheque of a payment, if
// it has one.
func endCheque(tx Tx, payment string, said Outcome, message string) error {
	c, err := tx.ChequeFor(payment)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.State, c.Said, c.Ended = ChequeCleared, "", tx.Now()
	if said != PaidOut {
		c.State = ChequeVoid
		if said == CameBack || c.AgreedBy == "" {
			c.Reason = fmt.Sprintf("the bank: %.80q", message)
		}
	}
	return tx.PutCheque(c)
}

// onPaper returns why a file of results cannot say this of a payment: what
// became of a cheque is said by the bank's own statement or by two people, and
// cash is paid when its signed receipt is attached.
func (p PaymentLine) onPaper(tx Tx, said Outcome, statement bool) (string, error) {
	switch p.To.channel() {
	case MethodCheque:
		c, err := tx.ChequeFor(p.Reference)
		if errors.Is(err, ErrNotFound) {
			if said == NotPaid {
				return "", nil
			}
			return "its cheque is not in the register", nil
		}
		if err == nil && !statement {
			return "what became of cheque " + c.No() + " is for the bank's statement to say, or for two people", nil
		}
		return "", err
	case MethodCash:
		_, err := tx.Payout(p.Reference)
		if errors.Is(err, ErrNotFound) && said == NotPaid {
			return "", nil
		}
		if err == nil || errors.Is(err, ErrNotFound) {
			return "cash is paid when its signed receipt is attached and confirmed", nil
		}
		return "", err
	}
	return "", nil
}
