package bolt

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/vendors"
)

// The buckets of cheques: books by their first number, cheques by theirs, and
// the cheque of each payment.
var (
	chequeBookTable = table[numbered[string], chequeBookRecord]{newBucket("cheque-book"), 1, numberedKey[string]()}
	chequeTable     = table[numbered[string], chequeRecord]{newBucket("cheque"), 2, numberedKey[string]()}
	chequeForTable  = table[string, chequeForRecord]{newBucket("cheque-of-payment"), 1, textKey[string]()}
)

// chequeBookRecord is in "cheque-book" by bank account and first number.
type chequeBookRecord struct {
	Programme  string
	Last       uint64
	Width      int
	By         string
	Registered instant
}

// chequeRecord is in "cheque" by bank account and number. Version 2 added the box.
type chequeRecord struct {
	Programme string
	Width     int
	Payment   string
	Vendor    string
	Round     string
	Payee     string
	Amount    amount
	Date      instant
	State     string
	Reason    string
	By        string
	Created   instant
	Said      string
	SaidBy    string
	AgreedBy  string
	Line      int
	Ended     instant
	Sealed    []byte `cbor:",omitempty"`
}

func (chequeRecord) oldest() byte { return 1 }

func (r *chequeRecord) boxes(k numbered[string]) []box {
	owner := ownerBank + k.of // one that was spoilt has no vendor
	if r.Vendor != "" {
		owner = ownerVendor + r.Vendor
	}
	return []box{{owner: owner, texts: []*string{&r.Payee, &r.Reason}, to: &r.Sealed}}
}

// chequeForRecord is in "cheque-of-payment" by the payment's reference.
type chequeForRecord struct {
	Bank   string
	Number uint64
}

func (r chequeRecord) cheque(k numbered[string]) vendors.Cheque {
	return vendors.Cheque{Bank: k.of, Number: k.n, Programme: r.Programme, Width: r.Width, Payment: r.Payment, Vendor: vendors.ID(r.Vendor),
		Round: r.Round, Payee: r.Payee, Amount: r.Amount.amount(), Date: r.Date.time(), State: vendors.ChequeState(r.State), Reason: r.Reason, By: r.By,
		Created: r.Created.time(), Said: vendors.ChequeState(r.Said), SaidBy: r.SaidBy, AgreedBy: r.AgreedBy, Line: r.Line, Ended: r.Ended.time()}
}

// PutChequeBook stores a book of cheques.
func (tx *Tx) PutChequeBook(b vendors.ChequeBook) error {
	return chequeBookTable.put(tx, numbered[string]{b.Bank, b.First}, chequeBookRecord{b.Programme, b.Last, b.Width, b.By, instantOf(b.Registered)})
}

// ChequeBooks yields a bank account's books by their first numbers.
func (tx *Tx) ChequeBooks(bank string) iter.Seq2[vendors.ChequeBook, error] {
	return convert(chequeBookTable.scan(tx, under(key{}.str(bank))), func(r row[numbered[string], chequeBookRecord]) vendors.ChequeBook {
		v := r.value
		return vendors.ChequeBook{Bank: r.key.of, First: r.key.n, Programme: v.Programme, Last: v.Last, Width: v.Width, By: v.By, Registered: v.Registered.time()}
	})
}

// Cheque returns a cheque.
func (tx *Tx) Cheque(bank string, number uint64) (vendors.Cheque, error) {
	k := numbered[string]{bank, number}
	r, err := chequeTable.get(tx, k, vendors.ErrNotFound)
	if err != nil {
		return vendors.Cheque{}, err
	}
	return r.cheque(k), nil
}

// PutCheque stores a cheque.
func (tx *Tx) PutCheque(c vendors.Cheque) error {
	var err error
	if c.Payment != "" {
		err = chequeForTable.put(tx, c.Payment, chequeForRecord{c.Bank, c.Number})
	}
	return errors.Join(err, chequeTable.put(tx, numbered[string]{c.Bank, c.Number}, chequeRecord{
		Programme: c.Programme, Width: c.Width, Payment: c.Payment, Vendor: string(c.Vendor), Round: c.Round, Payee: c.Payee, Amount: amount(c.Amount),
		Date: instantOf(c.Date), State: string(c.State), Reason: c.Reason, By: c.By, Created: instantOf(c.Created), Said: string(c.Said),
		SaidBy: c.SaidBy, AgreedBy: c.AgreedBy, Line: c.Line, Ended: instantOf(c.Ended)}))
}

// Cheques yields a bank account's cheques by their numbers.
func (tx *Tx) Cheques(bank string) iter.Seq2[vendors.Cheque, error] {
	return convert(chequeTable.scan(tx, under(key{}.str(bank))), func(r row[numbered[string], chequeRecord]) vendors.Cheque { return r.value.cheque(r.key) })
}

// ChequeFor returns the cheque of a payment.
func (tx *Tx) ChequeFor(payment string) (vendors.Cheque, error) {
	r, err := chequeForTable.get(tx, payment, vendors.ErrNotFound)
	if err != nil {
		return vendors.Cheque{}, err
	}
	return tx.Cheque(r.Bank, r.Number)
}
