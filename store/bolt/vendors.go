package bolt

import (
	"errors"
	"fmt"
	"iter"

	"github.com/jate-cva/jate/vendors"
)

var _ vendors.Tx = (*Tx)(nil)

// Vendors returns the store of package vendors.
func (db *DB) Vendors() vendors.Store {
	return store[vendors.Tx]{db, func(tx *Tx) vendors.Tx { return tx }}
}

// Vendor returns a vendor.
func (tx *Tx) Vendor(id vendors.ID) (vendors.Vendor, error) {
	return read(tx, vendorTable.rows, id, vendors.ErrNotFound, vendorRecord.vendor)
}

// PutVendor stores a vendor.
func (tx *Tx) PutVendor(v vendors.Vendor) error {
	return vendorTable.put(tx, v.Programme, v.ID, vendorRecordOf(v))
}

// Vendors yields a programme's vendors in order.
func (tx *Tx) Vendors(programme string, after vendors.ID) iter.Seq2[vendors.Vendor, error] {
	return convert(vendorTable.of(tx, programme, after), vendorRecord.vendor)
}

// Zone returns a programme's zone.
func (tx *Tx) Zone(programme, code string) (vendors.Zone, error) {
	return read(tx, zoneTable, ownedKey[string]{programme, code}, vendors.ErrNotFound, zoneRecord.zone)
}

// PutZone stores a zone.
func (tx *Tx) PutZone(z vendors.Zone) error {
	return zoneTable.put(tx, ownedKey[string]{z.Programme, z.Code}, zoneRecordOf(z))
}

// PriceList returns a version of a vendor's list, the latest for 0.
func (tx *Tx) PriceList(vendor vendors.ID, version int) (vendors.PriceList, error) {
	if version == 0 {
		latest, err := tx.pricesOf(vendor)
		if err != nil {
			return vendors.PriceList{}, err
		}
		version = latest
	}
	return read(tx, priceTable, numbered[vendors.ID]{vendor, uint64(version)}, vendors.ErrNotFound, priceListRecord.priceList)
}

// PutPriceList stores a new version.
func (tx *Tx) PutPriceList(l vendors.PriceList) error {
	latest, err := tx.pricesOf(l.Vendor)
	if err != nil {
		return err
	}
	if l.Version != latest+1 {
		return fmt.Errorf("price list %d after %d", l.Version, latest)
	}
	return priceTable.put(tx, numbered[vendors.ID]{l.Vendor, uint64(l.Version)}, priceListRecordOf(l))
}

// pricesOf returns the vendor's latest version, 0 where there is none.
func (tx *Tx) pricesOf(vendor vendors.ID) (int, error) {
	last, _, err := priceTable.last(tx, under(key{}.str(string(vendor))))
	return int(last.key.n), err
}

// Handheld returns a handheld.
func (tx *Tx) Handheld(id vendors.HandheldID) (vendors.Handheld, error) {
	return read(tx, handheldTable.rows, id, vendors.ErrNotFound, handheldRecord.handheld)
}

// PutHandheld stores a handheld. Its code, which seldom changes, is filed when
// it does.
func (tx *Tx) PutHandheld(h vendors.Handheld) error {
	if err := handheldTable.put(tx, h.Programme, h.ID, handheldRecordOf(h)); err != nil {
		return err
	}
	filed, err := codeTable.get(tx, h.CodeHash, vendors.ErrNotFound)
	if errors.Is(err, vendors.ErrNotFound) || err == nil && filed != h.ID {
		return codeTable.put(tx, h.CodeHash, h.ID)
	}
	return err
}

// HandheldByCode returns the handheld that was invited with the code.
func (tx *Tx) HandheldByCode(hash [32]byte) (vendors.Handheld, error) {
	id, err := codeTable.get(tx, hash, vendors.ErrNotFound)
	if err != nil {
		return vendors.Handheld{}, err
	}
	rows := handheldTable.rows
	return read(tx, rows, id, rows.wrap(errIndex), handheldRecord.handheld)
}

// Handhelds yields a programme's handhelds in order.
func (tx *Tx) Handhelds(programme string, after vendors.HandheldID) iter.Seq2[vendors.Handheld, error] {
	return convert(handheldTable.of(tx, programme, after), handheldRecord.handheld)
}

// Claim returns a claim.
func (tx *Tx) Claim(id vendors.ClaimID) (vendors.Claim, error) {
	return read(tx, claimTable.rows, id, vendors.ErrNotFound, claimRecord.claim)
}

// PutClaim stores a claim.
func (tx *Tx) PutClaim(c vendors.Claim) error {
	return claimTable.put(tx, c.Programme, c.ID, claimRecordOf(c))
}

// Claims yields a programme's claims in order.
func (tx *Tx) Claims(programme string, after vendors.ClaimID) iter.Seq2[vendors.Claim, error] {
	return convert(claimTable.of(tx, programme, after), claimRecord.claim)
}

// PutClaimLine stores a line of a claim.
func (tx *Tx) PutClaimLine(l vendors.ClaimLine) error {
	return claimLineTable.put(tx, numbered[vendors.ClaimID]{l.Claim, uint64(l.N)}, claimLineRecordOf(l))
}

// ClaimLines yields a claim's lines in order.
func (tx *Tx) ClaimLines(id vendors.ClaimID, after int) iter.Seq2[vendors.ClaimLine, error] {
	s := under(key{}.str(string(id))).after(numbered[vendors.ClaimID]{id, uint64(after)}.key())
	return convert(claimLineTable.scan(tx, s), claimLine)
}

// PutReading stores what a claim's line was.
func (tx *Tx) PutReading(r vendors.Reading) error {
	return readingTable.put(tx, numbered[vendors.ClaimID]{r.Claim, uint64(r.N)}, readingRecordOf(r))
}

// Readings yields a claim's readings in order.
func (tx *Tx) Readings(id vendors.ClaimID) iter.Seq2[vendors.Reading, error] {
	return convert(readingTable.scan(tx, under(key{}.str(string(id)))), reading)
}

// ClaimOf returns the claim that an entry is in.
func (tx *Tx) ClaimOf(entry uint64) (vendors.ClaimID, error) {
	return claimOfTable.get(tx, entry, vendors.ErrNotFound)
}

// PutClaimOf puts an entry into a claim, or takes it out.
func (tx *Tx) PutClaimOf(entry uint64, id vendors.ClaimID) error {
	if id == "" {
		return claimOfTable.delete(tx, entry)
	}
	return claimOfTable.put(tx, entry, id)
}

// Settlement returns a settlement.
func (tx *Tx) Settlement(id string) (vendors.Settlement, error) {
	return read(tx, settlementTable.rows, id, vendors.ErrNotFound, settlementRecord.settlement)
}

// PutSettlement stores a settlement.
func (tx *Tx) PutSettlement(s vendors.Settlement) error {
	return settlementTable.put(tx, s.Programme, s.ID, settlementRecordOf(s))
}

// Settlements yields a programme's settlements in order.
func (tx *Tx) Settlements(programme string) iter.Seq2[vendors.Settlement, error] {
	return convert(settlementTable.of(tx, programme, ""), settlementRecord.settlement)
}

// Advance returns an advance.
func (tx *Tx) Advance(id string) (vendors.AdvanceLine, error) {
	a, err := read(tx, advanceTable.rows, id, vendors.ErrNotFound, advanceRecord.advance)
	if err != nil {
		return a, err
	}
	return tx.planned(a)
}

// PutAdvance stores an advance.
func (tx *Tx) PutAdvance(a vendors.AdvanceLine) error {
	return errors.Join(advanceTable.put(tx, string(a.Vendor), a.ID, advanceRecordOf(a)), tx.putPlan(a))
}

// Advances yields a vendor's advances in the order of their ids.
func (tx *Tx) Advances(vendor vendors.ID) iter.Seq2[vendors.AdvanceLine, error] {
	return func(yield func(vendors.AdvanceLine, error) bool) {
		for r, err := range advanceTable.of(tx, string(vendor), "") {
			var a vendors.AdvanceLine
			if err == nil {
				a, err = tx.planned(r.advance())
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}
