package bolt

import "github.com/jate-cva/jate/vendors"

var paymentChangeTable = table[vendors.ID, paymentChangeRecord]{newBucket("payment-change"), 1, textKey[vendors.ID]()}

// paymentChangeRecord is in "payment-change" by vendor: his last one.
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

// PaymentChange returns the last change of how a vendor is paid.
func (tx *Tx) PaymentChange(vendor vendors.ID) (vendors.PaymentChange, error) {
	r, err := paymentChangeTable.get(tx, vendor, vendors.ErrNotFound)
	if err != nil {
		return vendors.PaymentChange{}, err
	}
	return vendors.PaymentChange{Vendor: vendor, Programme: r.Programme, Payment: vendors.Payment(r.Payment), Reason: r.Reason, Salt: r.Salt, Digest: r.Digest,
		By: r.By, Proposed: r.Proposed.time(), AnsweredBy: r.AnsweredBy, Answered: r.Answered.time(), Refused: r.Refused, From: r.From.time()}, nil
}

// PutPaymentChange stores it.
func (tx *Tx) PutPaymentChange(c vendors.PaymentChange) error {
	return paymentChangeTable.put(tx, c.Vendor, paymentChangeRecord{Programme: c.Programme, Payment: paymentRecord(c.Payment), Reason: c.Reason, Salt: c.Salt,
		Digest: c.Digest, By: c.By, Proposed: instantOf(c.Proposed), AnsweredBy: c.AnsweredBy, Answered: instantOf(c.Answered), Refused: c.Refused, From: instantOf(c.From)})
}
