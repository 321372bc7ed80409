package vendors

import (
	"errors"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// possible returns ErrBankLine where a line cannot be what is said of it.
func (b *bankBook) possible(l BankLine) error {
	switch l.What {
	case IsFee, IsTransfer:
		return nil
	case IsEntry:
		_, err := b.unshown(l, l.Named)
		return err
	case IsUnknown:
		if l.State == LineSuspended {
			return ErrBankLine.At("what", "it is in suspense already")
		}
		return nil
	case IsPayment, IsReturn:
		_, _, err := b.paymentOf(l)
		return err
	}
	return ErrBankLine.At("what", "payment, return, fee, transfer, entry or unknown")
}

// paymentOf returns the payment that somebody says a line is of.
func (b *bankBook) paymentOf(l BankLine) (Settlement, int, error) {
	st, i, ok, err := b.settlementOf(BankLine{Programme: l.Programme, Payment: l.Payment})
	if err != nil {
		return st, i, err
	}
	if !ok || i < 0 {
		return st, i, ErrBankLine.At("payment", "no payment from this account that was ordered")
	}
	p, amount := st.Payments[i], l.Amount.Minor()
	switch {
	case l.What == IsPayment && p.To.channel() == MethodCash:
		return st, i, ErrBankLine.At("payment", "cash is confirmed by its signed receipt")
	case l.What == IsPayment && p.To.channel() == MethodCheque:
		if err := l.showsCheque(b.tx, p); err != nil {
			return st, i, err
		}
	}
	switch {
	case l.What == IsPayment && (p.Result != "" || amount != -p.Amount.Minor()):
		return st, i, ErrBankLine.At("payment", "it is of %s and was answered %q", p.Amount.Text(), string(p.Result))
	case l.What == IsReturn && (p.Result != PaidOut || amount <= 0 || amount > p.Amount.Minor()):
		return st, i, ErrBankLine.At("payment", "it is of %s and was answered %q", p.Amount.Text(), string(p.Result))
	case l.What == IsReturn && amount < p.Amount.Minor() && l.Round != p.Round:
		return st, i, ErrBankLine.At("round", "what is missing is a fee of the payment's round, %s", p.Round)
	}
	return st, i, nil
}

// showsCheque returns ErrBankLine unless the line may be of the payment's cheque.
func (l BankLine) showsCheque(tx Tx, p PaymentLine) error {
	c, err := tx.ChequeFor(p.Reference)
	if errors.Is(err, ErrNotFound) {
		return ErrBankLine.At("payment", "its cheque is not in the register")
	}
	if n, named := l.cheque(); err == nil && named && n != c.Number {
		return ErrBankLine.At("payment", "its cheque is %s", c.No())
	}
	return err
}

// post puts a line into the books as what two persons say it is. Where it was in
// suspense it leaves that in the same transaction.
func (b *bankBook) post(as ledger.Actor, l *BankLine) error {
	var released []*bankEntry
	var err error
	out := l.Amount.Sign() < 0
	if out { // the money must be there before it leaves again
		if released, err = b.release(as, *l); err != nil {
			return err
		}
	}
	entries, err := b.posted(as, *l)
	if err != nil {
		return err
	}
	if !out {
		if released, err = b.release(as, *l); err != nil {
			return err
		}
	}
	b.settle(l, append(released, entries...))
	l.Named = nil
	if l.What == IsUnknown {
		l.State = LineSuspended
	}
	return nil
}

// release takes a line's money out of suspense, and returns the entries that
// had put it there with those that take it out.
func (b *bankBook) release(as ledger.Actor, l BankLine) (all []*bankEntry, err error) {
	for _, seq := range l.Entries {
		was := b.bySeq[seq]
		undo, err := b.postEntry(ledger.Entry{Kind: ledger.KindReverse, Actor: as, Ref: refEntry(seq), Facts: l.facts(), Postings: ledger.Reversal(was.Postings)})
		if err != nil {
			return nil, err
		}
		all = append(append(all, was), undo...)
	}
	return all, nil
}

func (l BankLine) facts() map[string]string {
	return map[string]string{"bank-line": l.ref(), "bank-ref": l.BankRef, "statement": l.Statement}
}

// posted posts what the line is and returns the entries that moved the account.
func (b *bankBook) posted(as ledger.Actor, l BankLine) ([]*bankEntry, error) {
	bank, amount, out := ledger.Bank(b.bank), l.Amount, l.Amount.Sign() < 0
	if out {
		amount = money.Francs(-amount.Minor())
	}
	e := ledger.Entry{Actor: as, Ref: l.ref(), Facts: l.facts()}
	var other ledger.Account
	switch l.What {
	case IsFee:
		e.Kind, e.Round, other = ledger.KindCharge, l.Round, ledger.Fees(l.Round)
	case IsTransfer:
		e.Kind, other = ledger.KindTransfer, ledger.Bank(l.To)
	case IsEntry:
		return b.unshown(l, l.Named)
	case IsUnknown:
		e.Kind, other = ledger.KindSuspend, ledger.Suspense(b.bank)
		if out {
			other = ledger.Unexplained(b.bank)
		}
	default:
		return b.postPayment(as, l)
	}
	e.Postings = []ledger.Posting{{Debit: bank, Credit: other, Amount: amount}}
	if out {
		e.Postings = []ledger.Posting{{Debit: other, Credit: bank, Amount: amount}}
	}
	return b.postEntry(e)
}

func (b *bankBook) postEntry(e ledger.Entry) ([]*bankEntry, error) {
	e, err := ledger.Post(b.tx, e)
	if err != nil {
		return nil, err
	}
	b.add(e)
	return []*bankEntry{b.bySeq[e.Seq]}, nil
}

// postPayment posts a payment or one that came back. What of a return is
// missing was kept as a fee, which the payment's round bears: the vendor is owed
// the whole.
func (b *bankBook) postPayment(as ledger.Actor, l BankLine) ([]*bankEntry, error) {
	st, i, err := b.paymentOf(l)
	if err != nil {
		return nil, err
	}
	if l.What == IsPayment {
		e, err := b.take(as, &st, i, PaidOut, l)
		return []*bankEntry{e}, err
	}
	p := st.Payments[i]
	missing, err := p.Amount.Sub(l.Amount)
	if err != nil {
		return nil, err
	}
	if missing.IsZero() {
		e, err := b.take(as, &st, i, CameBack, l)
		return []*bankEntry{e}, err
	}
	entries, err := b.takeShort(as, &st, i, l)
	if err != nil {
		return nil, err
	}
	_, err = ledger.Post(b.tx, ledger.Entry{Kind: ledger.KindCharge, Actor: as, Round: p.Round, Ref: l.ref(), Facts: l.facts(),
		Postings: []ledger.Posting{{Debit: ledger.Fees(p.Round), Credit: ledger.Claimed(string(p.Vendor)), Amount: missing}}})
	return entries, err
}

// takeShort is take of a return of which only a part came.
func (b *bankBook) takeShort(as ledger.Actor, st *Settlement, i int, l BankLine) ([]*bankEntry, error) {
	whole := slices.Clone(st.Payments)
	st.Payments[i].Amount = l.Amount
	e, err := st.take(b.tx, as, i, CameBack, l.BankRef, l.Text)
	if err != nil {
		return nil, err
	}
	st.Payments[i].Amount = whole[i].Amount
	b.add(e)
	return []*bankEntry{b.bySeq[e.Seq]}, b.tx.PutSettlement(*st)
}
