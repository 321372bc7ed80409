package mem

import (
	"errors"
	"fmt"
	"iter"

	"github.com/jate-cva/jate/vendors"
)

type vendorTables struct {
	vendors     owned[vendors.Vendor]
	zones       table[string, vendors.Zone]      // programme, code
	prices      table[string, vendors.PriceList] // vendor, version
	handhelds   owned[vendors.Handheld]
	codes       table[string, vendors.HandheldID] // hash of the code
	claims      owned[vendors.Claim]
	lines       table[string, vendors.ClaimLine] // claim, n
	readings    table[string, vendors.Reading]   // claim, n
	claimOf     table[uint64, vendors.ClaimID]   // entry
	settlements owned[vendors.Settlement]
	advances    owned[vendors.AdvanceLine]
	statements  owned[vendors.BankStatement]      // by their bank account
	bankLines   table[string, vendors.BankLine]   // bank, n
	chequeBooks table[string, vendors.ChequeBook] // bank, first number
	cheques     table[string, vendors.Cheque]     // bank, number
	payouts     table[string, vendors.Payout]     // payment
	chequeFor   table[string, string]             // payment to the key in cheques
}

// owned is a table of things that have an id of their own and are listed by
// their owner, which never changes.
type owned[V any] struct {
	rows table[string, V]      // owner, id
	byID table[string, string] // the key in rows
}

func (o *owned[V]) find(id string) (V, error) {
	k, _ := o.byID.get(id)
	return o.rows.find(k, vendors.ErrNotFound)
}

func (o *owned[V]) put(tx *Tx, owner, id string, v V) error {
	k := key(owner, id)
	if was, ok := o.byID.get(id); ok && was != k {
		return fmt.Errorf("mem: %s belongs to another owner", id)
	}
	return errors.Join(o.byID.put(tx, id, k), o.rows.put(tx, k, v))
}

func (o *owned[V]) of(owner, after string) iter.Seq2[V, error] {
	return under(&o.rows, key(owner, ""), after)
}

var _ vendors.Tx = (*Tx)(nil)

// Vendors returns the store of package vendors.
func (db *DB) Vendors() vendors.Store {
	return store[vendors.Tx]{db, func(tx *Tx) vendors.Tx { return tx }}
}

// Vendor returns a vendor.
func (tx *Tx) Vendor(id vendors.ID) (vendors.Vendor, error) {
	return tx.db.vendors.vendors.find(string(id))
}

// PutVendor stores a vendor.
func (tx *Tx) PutVendor(v vendors.Vendor) error {
	return tx.db.vendors.vendors.put(tx, v.Programme, string(v.ID), v)
}

// Vendors yields a programme's vendors in order.
func (tx *Tx) Vendors(programme string, after vendors.ID) iter.Seq2[vendors.Vendor, error] {
	return tx.db.vendors.vendors.of(programme, string(after))
}

// Zone returns a programme's zone.
func (tx *Tx) Zone(programme, code string) (vendors.Zone, error) {
	return tx.db.vendors.zones.find(key(programme, code), vendors.ErrNotFound)
}

// PutZone stores a zone.
func (tx *Tx) PutZone(z vendors.Zone) error {
	return tx.db.vendors.zones.put(tx, key(z.Programme, z.Code), z)
}

// PriceList returns a version of a vendor's list, the latest for 0.
func (tx *Tx) PriceList(vendor vendors.ID, version int) (vendors.PriceList, error) {
	if version == 0 {
		version = tx.pricesOf(vendor)
	}
	return tx.db.vendors.prices.find(key(string(vendor), num(uint64(version))), vendors.ErrNotFound)
}

// PutPriceList stores a new version.
func (tx *Tx) PutPriceList(l vendors.PriceList) error {
	if latest := tx.pricesOf(l.Vendor); l.Version != latest+1 {
		return fmt.Errorf("mem: price list %d after %d", l.Version, latest)
	}
	return tx.db.vendors.prices.put(tx, key(string(l.Vendor), num(uint64(l.Version))), l)
}

// pricesOf returns the vendor's latest version, 0 where there is none.
func (tx *Tx) pricesOf(vendor vendors.ID) int {
	latest := 0
	for l := range under(&tx.db.vendors.prices, key(string(vendor), ""), "") {
		latest = l.Version
	}
	return latest
}

// Handheld returns a handheld.
func (tx *Tx) Handheld(id vendors.HandheldID) (vendors.Handheld, error) {
	return tx.db.vendors.handhelds.find(string(id))
}

// PutHandheld stores a handheld.
func (tx *Tx) PutHandheld(h vendors.Handheld) error {
	t := &tx.db.vendors
	return errors.Join(t.handhelds.put(tx, h.Programme, string(h.ID), h), t.codes.put(tx, string(h.CodeHash[:]), h.ID))
}

// HandheldByCode returns the handheld that was invited with the code.
func (tx *Tx) HandheldByCode(hash [32]byte) (vendors.Handheld, error) {
	id, err := tx.db.vendors.codes.find(string(hash[:]), vendors.ErrNotFound)
	if err != nil {
		return vendors.Handheld{}, err
	}
	return tx.Handheld(id)
}

// Handhelds yields a programme's handhelds in order.
func (tx *Tx) Handhelds(programme string, after vendors.HandheldID) iter.Seq2[vendors.Handheld, error] {
	return tx.db.vendors.handhelds.of(programme, string(after))
}

// Claim returns a claim.
func (tx *Tx) Claim(id vendors.ClaimID) (vendors.Claim, error) {
	return tx.db.vendors.claims.find(string(id))
}

// PutClaim stores a claim.
func (tx *Tx) PutClaim(c vendors.Claim) error {
	tx.writes = append(tx.writes, write{claim: c.ID})
	return tx.db.vendors.claims.put(tx, c.Programme, string(c.ID), c)
}

// Claims yields a programme's claims in order.
func (tx *Tx) Claims(programme string, after vendors.ClaimID) iter.Seq2[vendors.Claim, error] {
	return tx.db.vendors.claims.of(programme, string(after))
}

// PutClaimLine stores a line of a claim.
func (tx *Tx) PutClaimLine(l vendors.ClaimLine) error {
	tx.writes = append(tx.writes, write{claim: l.Claim})
	return tx.db.vendors.lines.put(tx, key(string(l.Claim), num(uint64(l.N))), l)
}

// ClaimLines yields a claim's lines in order.
func (tx *Tx) ClaimLines(id vendors.ClaimID, after int) iter.Seq2[vendors.ClaimLine, error] {
	return under(&tx.db.vendors.lines, key(string(id), ""), num(uint64(after)))
}

// PutReading stores what a claim's line was.
func (tx *Tx) PutReading(r vendors.Reading) error {
	tx.writes = append(tx.writes, write{claim: r.Claim})
	return tx.db.vendors.readings.put(tx, key(string(r.Claim), num(uint64(r.N))), r)
}

// Readings yields a claim's readings in order.
func (tx *Tx) Readings(id vendors.ClaimID) iter.Seq2[vendors.Reading, error] {
	return under(&tx.db.vendors.readings, key(string(id), ""), "")
}

// ClaimOf returns the claim that an entry is in.
func (tx *Tx) ClaimOf(entry uint64) (vendors.ClaimID, error) {
	return tx.db.vendors.claimOf.find(entry, vendors.ErrNotFound)
}

// PutClaimOf puts an entry into a claim, or takes it out.
func (tx *Tx) PutClaimOf(entry uint64, id vendors.ClaimID) error {
	tx.writes = append(tx.writes, write{entry: entry, of: true})
	if id == "" {
		return tx.db.vendors.claimOf.remove(tx, entry)
	}
	return tx.db.vendors.claimOf.put(tx, entry, id)
}

// Settlement returns a settlement.
func (tx *Tx) Settlement(id string) (vendors.Settlement, error) {
	return tx.db.vendors.settlements.find(id)
}

// PutSettlement stores a settlement.
func (tx *Tx) PutSettlement(s vendors.Settlement) error {
	return tx.db.vendors.settlements.put(tx, s.Programme, s.ID, s)
}

// Settlements yields a programme's settlements in order.
func (tx *Tx) Settlements(programme string) iter.Seq2[vendors.Settlement, error] {
	return tx.db.vendors.settlements.of(programme, "")
}

// Advance returns an advance.
func (tx *Tx) Advance(id string) (vendors.AdvanceLine, error) {
	return tx.db.vendors.advances.find(id)
}

// PutAdvance stores an advance.
func (tx *Tx) PutAdvance(a vendors.AdvanceLine) error {
	return tx.db.vendors.advances.put(tx, string(a.Vendor), a.ID, a)
}

// Advances yields a vendor's advances in the order of their ids.
func (tx *Tx) Advances(vendor vendors.ID) iter.Seq2[vendors.AdvanceLine, error] {
	return tx.db.vendors.advances.of(string(vendor), "")
}

// PutBankStatement stores a bank's statement.
func (tx *Tx) PutBankStatement(s vendors.BankStatement) error {
	return tx.db.vendors.statements.put(tx, s.Bank, s.ID, s)
}

// BankStatements yields a bank account's statements in the order of their ids.
func (tx *Tx) BankStatements(bank string) iter.Seq2[vendors.BankStatement, error] {
	return tx.db.vendors.statements.of(bank, "")
}

// BankLine returns a line of a bank's statement.
func (tx *Tx) BankLine(bank string, n int) (vendors.BankLine, error) {
	return tx.db.vendors.bankLines.find(key(bank, num(uint64(n))), vendors.ErrNotFound)
}

// PutBankLine stores a line of a bank's statement.
func (tx *Tx) PutBankLine(l vendors.BankLine) error {
	return tx.db.vendors.bankLines.put(tx, key(l.Bank, num(uint64(l.N))), l)
}

// BankLines yields a bank account's lines in order.
func (tx *Tx) BankLines(bank string, after int) iter.Seq2[vendors.BankLine, error] {
	return under(&tx.db.vendors.bankLines, key(bank, ""), num(uint64(after)))
}
