package vendors

import "github.com/jate-cva/jate/documents"

// documented returns documents.ErrMissing where the programme requires a
// document of a vendor, claim or of the settlement itself that is not attached.
// Payments that send nothing need none.
func (s Settlement) documented(tx Tx) error {
	var payments []documents.Payment
	for _, p := range s.Payments {
		if p.Amount.Sign() > 0 {
			payments = append(payments, documents.Payment{Method: s.Method, Amount: p.Amount, Subjects: []documents.Subject{
				{Kind: documents.OfVendor, ID: string(p.Vendor)}, {Kind: documents.OfClaim, ID: string(p.Claim)},
				{Kind: documents.OfSettlement, ID: s.ID}}})
		}
	}
	return documents.Missing(tx, s.Programme, payments...)
}

// documented is the same of an advance, which is paid as the vendor's contract
// says.
func (a AdvanceLine) documented(tx Tx) error {
	v, err := tx.Vendor(a.Vendor)
	if err != nil {
		return err
	}
	if v, _, err = v.payable(tx); err != nil {
		return err
	}
	return documents.Missing(tx, a.Programme, documents.Payment{Method: v.Contract.Payment.Method, Amount: a.Amount,
		Subjects: []documents.Subject{{Kind: documents.OfVendor, ID: string(a.Vendor)}, {Kind: documents.OfAdvance, ID: a.ID}}})
}
