package mem

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/vendors"
)

// PutChequeBook stores a book of cheques.
func (tx *Tx) PutChequeBook(b vendors.ChequeBook) error {
	return tx.db.vendors.chequeBooks.put(tx, key(b.Bank, num(b.First)), b)
}

// ChequeBooks yields a bank account's books by their first numbers.
func (tx *Tx) ChequeBooks(bank string) iter.Seq2[vendors.ChequeBook, error] {
	return under(&tx.db.vendors.chequeBooks, key(bank, ""), "")
}

// Cheque returns a cheque.
func (tx *Tx) Cheque(bank string, number uint64) (vendors.Cheque, error) {
	return tx.db.vendors.cheques.find(key(bank, num(number)), vendors.ErrNotFound)
}

// PutCheque stores a cheque.
func (tx *Tx) PutCheque(c vendors.Cheque) error {
	k := key(c.Bank, num(c.Number))
	var err error
	if c.Payment != "" {
		err = tx.db.vendors.chequeFor.put(tx, c.Payment, k)
	}
	return errors.Join(err, tx.db.vendors.cheques.put(tx, k, c))
}

// Cheques yields a bank account's cheques by their numbers.
func (tx *Tx) Cheques(bank string) iter.Seq2[vendors.Cheque, error] {
	return under(&tx.db.vendors.cheques, key(bank, ""), "")
}

// ChequeFor returns the cheque of a payment.
func (tx *Tx) ChequeFor(payment string) (vendors.Cheque, error) {
	k, ok := tx.db.vendors.chequeFor.get(payment)
	if !ok {
		return vendors.Cheque{}, vendors.ErrNotFound
	}
	return tx.db.vendors.cheques.find(k, vendors.ErrNotFound)
}

// Payout returns what is known of a payment in cash.
func (tx *Tx) Payout(payment string) (vendors.Payout, error) {
	return tx.db.vendors.payouts.find(payment, vendors.ErrNotFound)
}

// PutPayout stores it.
func (tx *Tx) PutPayout(o vendors.Payout) error { return tx.db.vendors.payouts.put(tx, o.Payment, o) }
