package bolt

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
)

var _ distribution.Tx = (*Tx)(nil)

// Distribution returns the store of package distribution.
func (db *DB) Distribution() distribution.Store {
	return store[distribution.Tx]{db, func(tx *Tx) distribution.Tx { return tx }}
}

// Programme returns a programme.
func (tx *Tx) Programme(id string) (distribution.Programme, error) {
	return read(tx, programmeTable, id, distribution.ErrNotFound, programmeRecord.programme)
}

// PutProgramme stores a programme.
func (tx *Tx) PutProgramme(p distribution.Programme) error {
	return programmeTable.put(tx, p.ID, programmeRecordOf(p))
}

// Programmes yields all programmes in order.
func (tx *Tx) Programmes() iter.Seq2[distribution.Programme, error] {
	return convert(programmeTable.scan(tx, span{}), func(r row[string, programmeRecord]) distribution.Programme { return r.value.programme() })
}

// DonorFund returns a fund.
func (tx *Tx) DonorFund(id string) (distribution.Fund, error) {
	return read(tx, fundTable.rows, id, distribution.ErrNotFound, fundRecord.fund)
}

// PutDonorFund stores a fund.
func (tx *Tx) PutDonorFund(f distribution.Fund) error {
	return fundTable.put(tx, f.Programme, f.ID, fundRecordOf(f))
}

// DonorFunds yields a programme's funds in order.
func (tx *Tx) DonorFunds(programme string) iter.Seq2[distribution.Fund, error] {
	return convert(fundTable.of(tx, programme, ""), fundRecord.fund)
}

// PutFundReceipt stores a receipt of a fund.
func (tx *Tx) PutFundReceipt(r distribution.FundReceipt) error {
	return fundReceiptTable.put(tx, numbered[string]{r.Fund, uint64(r.N)}, fundReceiptRecordOf(r))
}

// FundReceipts yields a fund's receipts, oldest first.
func (tx *Tx) FundReceipts(fund string) iter.Seq2[distribution.FundReceipt, error] {
	return convert(fundReceiptTable.scan(tx, under(key{}.str(fund))), fundReceipt)
}

// PutPlaces stores places.
func (tx *Tx) PutPlaces(programme string, ps []places.Place) error {
	for _, p := range ps {
		if err := placeTable.put(tx, ownedKey[string]{programme, p.Code}, placeRecordOf(p)); err != nil {
			return err
		}
	}
	return nil
}

// Places yields a programme's places in order.
func (tx *Tx) Places(programme string) iter.Seq2[places.Place, error] {
	return within(tx, placeTable, programme, placeRecord.place)
}

// Point returns a programme's point.
func (tx *Tx) Point(programme, code string) (distribution.Point, error) {
	return read(tx, pointTable, ownedKey[string]{programme, code}, distribution.ErrNotFound, pointRecord.point)
}

// PutPoint stores a point.
func (tx *Tx) PutPoint(p distribution.Point) error {
	return pointTable.put(tx, ownedKey[string]{p.Programme, p.Code}, pointRecordOf(p))
}

// Points yields a programme's points in order.
func (tx *Tx) Points(programme string) iter.Seq2[distribution.Point, error] {
	return within(tx, pointTable, programme, pointRecord.point)
}

// within yields a programme's rows in the order of their codes.
func within[V, D any](tx *Tx, t table[ownedKey[string], V], programme string, to func(V) D) iter.Seq2[D, error] {
	return convert(t.scan(tx, under(key{}.str(programme))), func(r row[ownedKey[string], V]) D { return to(r.value) })
}

// Named returns who may see an embargoed round.
func (tx *Tx) Named(round string) ([]string, error) {
	staff, err := insiderTable.get(tx, round, distribution.ErrNotFound)
	if errors.Is(err, distribution.ErrNotFound) {
		return nil, nil
	}
	return staff, err
}

// PutNamed stores who may see an embargoed round.
func (tx *Tx) PutNamed(round string, staff []string) error { return insiderTable.put(tx, round, staff) }

// Round returns a round.
func (tx *Tx) Round(id string) (distribution.Round, error) {
	return read(tx, roundsTable.rows, id, distribution.ErrNotFound, roundRecord.round)
}

// PutRound stores a round.
func (tx *Tx) PutRound(r distribution.Round) error {
	return roundsTable.put(tx, r.Programme, r.ID, roundRecordOf(r))
}

// Rounds yields a programme's rounds in order.
func (tx *Tx) Rounds(programme string) iter.Seq2[distribution.Round, error] {
	return convert(roundsTable.of(tx, programme, ""), roundRecord.round)
}

// Lot returns a lot.
func (tx *Tx) Lot(id string) (distribution.Lot, error) {
	return read(tx, lotTable.rows, id, distribution.ErrNotFound, lotRecord.lot)
}

// PutLot stores a lot.
func (tx *Tx) PutLot(l distribution.Lot) error {
	return lotTable.put(tx, l.Round, l.ID, lotRecordOf(l))
}

// Lots yields a round's lots in order.
func (tx *Tx) Lots(round string) iter.Seq2[distribution.Lot, error] {
	return convert(lotTable.of(tx, round, ""), lotRecord.lot)
}

// PutEntitlement stores a line of a lot.
func (tx *Tx) PutEntitlement(e distribution.Entitlement) error {
	return entitlementTable.put(tx, numbered[string]{e.Lot, uint64(e.N)}, entitlementRecordOf(e))
}

// DeleteEntitlements removes all lines of a lot.
func (tx *Tx) DeleteEntitlements(lot string) error {
	for k := range tx.scan(entitlementTable.bucket, under(key{}.str(lot))) {
		if err := tx.delete(entitlementTable.bucket, k); err != nil {
			return err
		}
	}
	return nil
}

// Entitlements yields a lot's lines from a number on.
func (tx *Tx) Entitlements(lot string, from int) iter.Seq2[distribution.Entitlement, error] {
	s := under(key{}.str(lot)).since(numbered[string]{lot, uint64(max(from, 1))}.key())
	return convert(entitlementTable.scan(tx, s), entitlement)
}

// EntitledIn returns the lot of the round that a household is in.
func (tx *Tx) EntitledIn(round string, id distribution.BeneficiaryID) (string, error) {
	return entitledTable.get(tx, ownedKey[distribution.BeneficiaryID]{round, id}, distribution.ErrNotFound)
}

// PutEntitledIn puts a household into a lot of the round, or takes it out.
func (tx *Tx) PutEntitledIn(round string, id distribution.BeneficiaryID, lot string) error {
	k := ownedKey[distribution.BeneficiaryID]{round, id}
	if lot == "" {
		return entitledTable.delete(tx, k)
	}
	return entitledTable.put(tx, k, lot)
}

// householdID is how households are numbered: the texts sort as the numbers.
const householdID = "h%010d"

// NextBeneficiary returns the id after the last one in use.
func (tx *Tx) NextBeneficiary() (distribution.BeneficiaryID, error) {
	last, found, err := householdTable.rows.last(tx, span{})
	if err != nil {
		return "", err
	}
	n := uint64(0)
	if found {
		digits, ok := strings.CutPrefix(string(last.key), "h")
		if n, err = strconv.ParseUint(digits, 10, 64); !ok || err != nil {
			return "", householdTable.rows.wrap(fmt.Errorf("the last id is not a number: %w", ErrRecord))
		}
	}
	next := distribution.BeneficiaryID(fmt.Sprintf(householdID, n+1))
	if found && next <= last.key {
		return "", householdTable.rows.wrap(fmt.Errorf("no id is above the last: %w", ErrRecord))
	}
	return next, nil
}
