package mem

import (
	"fmt"

	"github.com/jate-cva/jate/vendors"
)

type termTables struct {
	terms   table[string, vendors.Terms]         // vendor, version
	charged table[string, vendors.Charged]       // vendor, round
	charges table[string, []vendors.ChargeLine]  // claim
	changes table[string, vendors.PaymentChange] // vendor
	limits  table[string, vendors.AdvanceLimits] // programme
}

// Terms returns a version of a vendor's terms, the latest for 0.
func (tx *Tx) Terms(vendor vendors.ID, version int) (vendors.Terms, error) {
	if version == 0 {
		version = tx.termsOf(vendor)
	}
	return tx.db.terms.terms.find(key(string(vendor), num(uint64(version))), vendors.ErrNotFound)
}

// PutTerms stores a version: the latest anew, or the next.
func (tx *Tx) PutTerms(t vendors.Terms) error {
	if latest := tx.termsOf(t.Vendor); t.Version != latest+1 && (t.Version != latest || latest == 0) {
		return fmt.Errorf("mem: terms %d after %d", t.Version, latest)
	}
	return tx.db.terms.terms.put(tx, key(string(t.Vendor), num(uint64(t.Version))), t)
}

// termsOf returns the vendor's latest version, 0 where there is none.
func (tx *Tx) termsOf(vendor vendors.ID) int {
	latest := 0
	for t := range under(&tx.db.terms.terms, key(string(vendor), ""), "") {
		latest = t.Version
	}
	return latest
}

// Charged returns how far a vendor's charges have come in a round.
func (tx *Tx) Charged(vendor vendors.ID, round string) (vendors.Charged, error) {
	return tx.db.terms.charged.find(key(string(vendor), round), vendors.ErrNotFound)
}

// PutCharged stores it.
func (tx *Tx) PutCharged(c vendors.Charged) error {
	return tx.db.terms.charged.put(tx, key(string(c.Vendor), c.Round), c)
}

// ClaimCharges returns the lines that terms added to a claim.
func (tx *Tx) ClaimCharges(id vendors.ClaimID) ([]vendors.ChargeLine, error) {
	lines, _ := tx.db.terms.charges.get(string(id))
	return lines, nil
}

// PutClaimCharges stores them.
func (tx *Tx) PutClaimCharges(id vendors.ClaimID, lines []vendors.ChargeLine) error {
	return tx.db.terms.charges.put(tx, string(id), lines)
}

// PaymentChange returns the last change of how a vendor is paid.
func (tx *Tx) PaymentChange(vendor vendors.ID) (vendors.PaymentChange, error) {
	return tx.db.terms.changes.find(string(vendor), vendors.ErrNotFound)
}

// PutPaymentChange stores it.
func (tx *Tx) PutPaymentChange(c vendors.PaymentChange) error {
	return tx.db.terms.changes.put(tx, string(c.Vendor), c)
}

// AdvanceLimits returns a programme's.
func (tx *Tx) AdvanceLimits(programme string) (vendors.AdvanceLimits, error) {
	l, _ := tx.db.terms.limits.get(programme)
	return l, nil
}

// PutAdvanceLimits stores a programme's.
func (tx *Tx) PutAdvanceLimits(programme string, l vendors.AdvanceLimits) error {
	return tx.db.terms.limits.put(tx, programme, l)
}
