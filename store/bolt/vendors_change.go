package bolt

import (
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/vendors"
)

var paymentChangeTable = table[vendors.ID, paymentChangeRecord]{newBucket("payment-change"), 2, textKey[vendors.ID]()}

// paymentChangeRecord is in "payment-change" by vendor: his last one. Version 2
// added the box, with the salt: who has that and the journal's digest tries all
// numbers there are.
type paymentChangeRecord struct {
	Programme  string
	Payment    paymentRecord
	Reason     string
	Salt       []byte
	Digest     sum32
	By         string
	Proposed   instant
	AnsweredBy string
	Answered   instant
	Refused    bool
	From       instant
}

func (paymentChangeRecord) oldest() byte { return 1 }

func (r *paymentChangeRecord) boxes(vendor vendors.ID) []box {
	b := r.Payment.box(string(vendor), &r.Reason)
	b.bytes = []*[]byte{&r.Salt}
	return []box{b}
}

// PaymentChange returns the last change of how a vendor is paid.
func (tx *Tx) PaymentChange(vendor vendors.ID) (vendors.PaymentChange, error) {
	r, err := paymentChangeTable.get(tx, vendor, vendors.ErrNotFound)
	if err != nil {
		return vendors.PaymentChange{}, err
	}
	return vendors.PaymentChange{Vendor: vendor, Programme: r.Programme, Payment: r.Payment.payment(), Reason: r.Reason, Salt: r.Salt, Digest: r.Digest,
		By: r.By, Proposed: r.Proposed.time(), AnsweredBy: r.AnsweredBy, Answered: r.Answered.time(), Refused: r.Refused, From: r.From.time()}, nil
}

// PutPaymentChange stores it.
func (tx *Tx) PutPaymentChange(c vendors.PaymentChange) error {
	return paymentChangeTable.put(tx, c.Vendor, paymentChangeRecord{Programme: c.Programme, Payment: paymentRecordOf(c.Payment), Reason: c.Reason, Salt: c.Salt,
		Digest: c.Digest, By: c.By, Proposed: instantOf(c.Proposed), AnsweredBy: c.AnsweredBy, Answered: instantOf(c.Answered), Refused: c.Refused, From: instantOf(c.From)})
}

var payoutTable = table[string, payoutRecord]{newBucket("payout"), 1, textKey[string]()}

// payoutRecord is in "payout" by the payment's reference.
type payoutRecord struct {
	Programme   string
	By          string
	Day         instant
	Recorded    instant
	Receipt     sum32
	ConfirmedBy string
	NotPaid     string
}

// Payout returns what is known of a payment in cash.
func (tx *Tx) Payout(payment string) (vendors.Payout, error) {
	r, err := payoutTable.get(tx, payment, vendors.ErrNotFound)
	if err != nil {
		return vendors.Payout{}, err
	}
	return vendors.Payout{Payment: payment, Programme: r.Programme, By: r.By, Day: r.Day.time(), Recorded: r.Recorded.time(),
		Receipt: documents.Hash(r.Receipt), ConfirmedBy: r.ConfirmedBy, NotPaid: r.NotPaid}, nil
}

// PutPayout stores it.
func (tx *Tx) PutPayout(o vendors.Payout) error {
	return payoutTable.put(tx, o.Payment, payoutRecord{o.Programme, o.By, instantOf(o.Day), instantOf(o.Recorded), sum32(o.Receipt), o.ConfirmedBy, o.NotPaid})
}
