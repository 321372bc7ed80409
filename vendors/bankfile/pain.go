package bankfile

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// ErrOrder refuses a payment order that a bank could not take.
var ErrOrder = fault.New(fault.Invalid, "payment_order",
	"The payment file cannot be written as the bank reads it.",
	"Le fichier de paiement ne peut pas être écrit comme la banque le lit.")

// TransfersMax bounds the transfers of one order.
const TransfersMax = 2_000

// Order is an order to transfer money from one account.
type Order struct {
	ID        string    // ours, at most 35 characters; a bank takes each one once
	Created   time.Time // UTC
	Execute   time.Time // the day on which the bank pays
	Debtor    Party     // whose account it is
	Transfers []Transfer
}

// Party is somebody with an account.
type Party struct {
	Name    string
	Account Account
	Bank    string // a BIC, or the bank's name; "" where the account says it
}

// Transfer is one payment of an order.
type Transfer struct {
	Reference string       // ours, at most 35 characters; the bank repeats it
	Amount    money.Amount // of a currency
	Creditor  Party
	Purpose   string // what the creditor reads on his statement
}

// Lengths of the schema.
const (
	idMax      = 35
	nameMax    = 70 // of a party; the schema has 140, and French banks read 70
	purposeMax = 140
)

var referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/?:().,'+ -]{0,34}$`)

// check returns ErrOrder with everything that the schema, or a bank that keeps
// to the French guide for it, would refuse.
func (o Order) check() error {
	var f []fault.Field
	add := func(ok bool, at, message, value string) {
		if !ok && len(f) < 200 {
			f = append(f, fault.Field{Location: at, Message: message, Value: value})
		}
	}
	party := func(p Party, at string) {
		add(Latin(p.Name, nameMax) != "", at+".name", "a name is required", "")
		account, ok := ParseAccount(string(p.Account))
		add(ok && account == p.Account, at+".account", "neither an IBAN whose check digits are right, nor a RIB, nor another number of 5 to 34 letters and digits", "")
	}
	add(referenceForm.MatchString(o.ID), "id", "1 to 35 characters of those that banks take", o.ID)
	add(!o.Created.IsZero() && !o.Execute.IsZero(), "execute", "both days are required", "")
	add(len(o.Transfers) > 0 && len(o.Transfers) <= TransfersMax, "transfers", fmt.Sprintf("1 to %d", TransfersMax), "")
	party(o.Debtor, "debtor")
	seen := map[string]bool{}
	for i, t := range o.Transfers {
		at := fmt.Sprintf("transfers[%d]", i)
		add(referenceForm.MatchString(t.Reference) && !seen[t.Reference], at+".reference", "1 to 35 characters of those that banks take, and no other's", t.Reference)
		add(t.Amount.Sign() > 0 && t.Amount.Asset().IsCurrency() && t.Amount.Asset() == o.Transfers[0].Amount.Asset(),
			at+".amount", "more than zero, of the order's one currency", t.Amount.Text())
		add(len(t.Amount.Text()) <= 18, at+".amount", "at most 18 digits", t.Amount.Text())
		party(t.Creditor, at+".creditor")
		seen[t.Reference] = true
	}
	if len(f) > 0 {
		return ErrOrder.With(f...)
	}
	return nil
}

// WritePain001 writes the order as a pain.001.001.03 message (ISO 20022,
// CustomerCreditTransferInitiationV03): one group, one batch, booked line by
// line, charges borne by the debtor so that creditors receive the whole sum.
// Names and purposes are written by Latin. It returns ErrOrder, naming what is
// wrong, and then has written nothing.
func WritePain001(w io.Writer, o Order) error {
	if err := o.check(); err != nil {
		return err
	}
	sum, err := o.total()
	if err != nil {
		return err
	}
	n := len(o.Transfers)
	d := painDocument{Header: painHeader{MsgID: o.ID, Created: o.Created.UTC().Format("2006-01-02T15:04:05"), Count: n, Sum: sum.Text(),
		Name: Latin(o.Debtor.Name, nameMax)},
		Batch: painBatch{ID: o.ID, Method: "TRF", Single: false, Count: n, Sum: sum.Text(), Execute: o.Execute.Format(time.DateOnly),
			Debtor: Latin(o.Debtor.Name, nameMax), Account: painAccountOf(o.Debtor.Account), Currency: sum.Asset().Code(),
			Agent: o.Debtor.agent(), Charges: "DEBT"}}
	if d.Batch.Agent == nil {
		d.Batch.Agent = &painAgent{Other: &painOther{ID: "NOTPROVIDED"}} // the schema wants one
	}
	for _, t := range o.Transfers {
		d.Batch.Transfers = append(d.Batch.Transfers, painTransfer{Instruction: t.Reference, EndToEnd: t.Reference,
			Amount: painAmount{t.Amount.Asset().Code(), t.Amount.Text()}, Agent: t.Creditor.agent(),
			Creditor: Latin(t.Creditor.Name, nameMax), Account: painAccountOf(t.Creditor.Account), Purpose: Latin(t.Purpose, purposeMax)})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(d); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

func (o Order) total() (money.Amount, error) {
	sum := money.FromMinor(0, o.Transfers[0].Amount.Asset())
	for _, t := range o.Transfers {
		var err error
		if sum, err = sum.Add(t.Amount); err != nil {
			return sum, err
		}
	}
	if len(sum.Text()) > 18 {
		return sum, ErrOrder.At("transfers", "together more than 18 digits")
	}
	return sum, nil
}

// agent returns how the party's bank is named, nil where nothing is known.
func (p Party) agent() *painAgent {
	switch code := p.Account.BankCode(); {
	case IsBIC(p.Bank):
		return &painAgent{BIC: p.Bank}
	case code != "":
		return &painAgent{Member: &painMember{ID: code}}
	case Latin(p.Bank, nameMax) != "":
		return &painAgent{Name: Latin(p.Bank, nameMax)}
	}
	return nil
}
