package mem

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/vendors"
)

type distributionTables struct {
	programmes   table[string, distribution.Programme]
	funds        owned[distribution.Fund]
	receipts     table[string, distribution.FundReceipt] // fund, n
	households   owned[distribution.Beneficiary]
	keys         table[string, []byte]                     // beneficiary
	blind        table[string, distribution.BeneficiaryID] // programme, digest, beneficiary
	imports      table[string, distribution.Import]        // programme, id
	named        table[string, []string]                   // round
	exports      table[string, distribution.Export]        // programme, id
	duplicates   table[string, distribution.Duplicate]     // programme, a, b
	presence     table[string, distribution.PresenceList]  // programme, id
	presenceRows table[string, presence.Row]               // programme, list, row
	occasions    table[string, distribution.Occasion]      // programme, id
	prices       table[string, distribution.MarketPrice]   // programme, id
	places       table[string, places.Place]               // programme, code
	points       table[string, distribution.Point]         // programme, code
	rounds       owned[distribution.Round]
	lots         owned[distribution.Lot]
	entitlements table[string, distribution.Entitlement] // lot, n
	entitledIn   table[string, string]                   // round, beneficiary
}

var _ distribution.Tx = (*Tx)(nil)

// Distribution returns the store of package distribution.
func (db *DB) Distribution() distribution.Store {
	return store[distribution.Tx]{db, func(tx *Tx) distribution.Tx { return tx }}
}

// findOwned is find for what package distribution owns.
func findOwned[V any](o *owned[V], id string) (V, error) {
	v, err := o.find(id)
	if errors.Is(err, vendors.ErrNotFound) {
		return v, distribution.ErrNotFound
	}
	return v, err
}

// Programme returns a programme.
func (tx *Tx) Programme(id string) (distribution.Programme, error) {
	return tx.db.distribution.programmes.find(id, distribution.ErrNotFound)
}

// PutProgramme stores a programme.
func (tx *Tx) PutProgramme(p distribution.Programme) error {
	return tx.db.distribution.programmes.put(tx, p.ID, p)
}

// Programmes yields all programmes in order.
func (tx *Tx) Programmes() iter.Seq2[distribution.Programme, error] {
	return under(&tx.db.distribution.programmes, "", "")
}

// DonorFund returns a fund.
func (tx *Tx) DonorFund(id string) (distribution.Fund, error) {
	return findOwned(&tx.db.distribution.funds, id)
}

// PutDonorFund stores a fund.
func (tx *Tx) PutDonorFund(f distribution.Fund) error {
	return tx.db.distribution.funds.put(tx, f.Programme, f.ID, f)
}

// DonorFunds yields a programme's funds in order.
func (tx *Tx) DonorFunds(programme string) iter.Seq2[distribution.Fund, error] {
	return tx.db.distribution.funds.of(programme, "")
}

// PutFundReceipt stores a receipt of a fund.
func (tx *Tx) PutFundReceipt(r distribution.FundReceipt) error {
	return tx.db.distribution.receipts.put(tx, key(r.Fund, num(uint64(r.N))), r)
}

// FundReceipts yields a fund's receipts, oldest first.
func (tx *Tx) FundReceipts(fund string) iter.Seq2[distribution.FundReceipt, error] {
	return under(&tx.db.distribution.receipts, key(fund, ""), "")
}

// PresenceList returns a list of other organisations' work.
func (tx *Tx) PresenceList(programme, id string) (distribution.PresenceList, error) {
	return tx.db.distribution.presence.find(key(programme, id), distribution.ErrNotFound)
}

// PutPresenceList stores such a list.
func (tx *Tx) PutPresenceList(l distribution.PresenceList) error {
	return tx.db.distribution.presence.put(tx, key(l.Programme, l.ID), l)
}

// PresenceLists yields a programme's lists in order.
func (tx *Tx) PresenceLists(programme string) iter.Seq2[distribution.PresenceList, error] {
	return under(&tx.db.distribution.presence, key(programme, ""), "")
}

// PutPresenceRows stores rows of a list.
func (tx *Tx) PutPresenceRows(programme, list string, rows []presence.Row) error {
	for _, r := range rows {
		if err := tx.db.distribution.presenceRows.put(tx, key(programme, list, num(uint64(r.N))), r); err != nil {
			return err
		}
	}
	return nil
}

// PresenceRows yields a list's rows in order.
func (tx *Tx) PresenceRows(programme, list string) iter.Seq2[presence.Row, error] {
	return under(&tx.db.distribution.presenceRows, key(programme, list, ""), "")
}

// Occasion returns one of a programme's calendar.
func (tx *Tx) Occasion(programme, id string) (distribution.Occasion, error) {
	return tx.db.distribution.occasions.find(key(programme, id), distribution.ErrNotFound)
}

// PutOccasion stores an occasion.
func (tx *Tx) PutOccasion(o distribution.Occasion) error {
	return tx.db.distribution.occasions.put(tx, key(o.Programme, o.ID), o)
}

// Occasions yields a programme's calendar in order.
func (tx *Tx) Occasions(programme string) iter.Seq2[distribution.Occasion, error] {
	return under(&tx.db.distribution.occasions, key(programme, ""), "")
}

// MarketPrice returns a market price.
func (tx *Tx) MarketPrice(programme, id string) (distribution.MarketPrice, error) {
	p, err := tx.db.distribution.prices.find(key(programme, id), distribution.ErrNotFound)
	p.Zones = slices.Clone(p.Zones)
	return p, err
}

// PutMarketPrice stores a market price.
func (tx *Tx) PutMarketPrice(p distribution.MarketPrice) error {
	p.Zones = slices.Clone(p.Zones)
	return tx.db.distribution.prices.put(tx, key(p.Programme, p.ID), p)
}

// MarketPrices yields a programme's market prices in order.
func (tx *Tx) MarketPrices(programme string) iter.Seq2[distribution.MarketPrice, error] {
	return under(&tx.db.distribution.prices, key(programme, ""), "")
}

// NextBeneficiary returns an id above all in use. Households are never
// removed, so their number tells.
func (tx *Tx) NextBeneficiary() (distribution.BeneficiaryID, error) {
	return distribution.BeneficiaryID(fmt.Sprintf("h%010d", len(tx.db.distribution.households.byID.keys)+1)), nil
}

// Beneficiary returns a household.
func (tx *Tx) Beneficiary(id distribution.BeneficiaryID) (distribution.Beneficiary, error) {
	return findOwned(&tx.db.distribution.households, string(id))
}

// PutBeneficiary stores a household.
func (tx *Tx) PutBeneficiary(b distribution.Beneficiary) error {
	return tx.db.distribution.households.put(tx, b.Programme, string(b.ID), b)
}

// Beneficiaries yields a programme's households in order.
func (tx *Tx) Beneficiaries(programme string, after distribution.BeneficiaryID) iter.Seq2[distribution.Beneficiary, error] {
	return tx.db.distribution.households.of(programme, string(after))
}

// WrappedKey returns a household's wrapped key.
func (tx *Tx) WrappedKey(id distribution.BeneficiaryID) ([]byte, error) {
	return tx.db.distribution.keys.find(string(id), distribution.ErrNotFound)
}

// PutWrappedKey stores a household's wrapped key.
func (tx *Tx) PutWrappedKey(id distribution.BeneficiaryID, wrapped []byte) error {
	return tx.db.distribution.keys.put(tx, string(id), wrapped)
}

// DeleteWrappedKey removes a household's wrapped key.
func (tx *Tx) DeleteWrappedKey(id distribution.BeneficiaryID) error {
	return tx.db.distribution.keys.remove(tx, string(id))
}

func blindKey(programme string, digest [16]byte, id distribution.BeneficiaryID) string {
	// The digest has a fixed length, so its bytes need no separator.
	return key(programme, string(digest[:])+string(id))
}

// PutBlind files a household under a digest.
func (tx *Tx) PutBlind(programme string, digest [16]byte, id distribution.BeneficiaryID) error {
	return tx.db.distribution.blind.put(tx, blindKey(programme, digest, id), id)
}

// DeleteBlind takes a household out from under a digest.
func (tx *Tx) DeleteBlind(programme string, digest [16]byte, id distribution.BeneficiaryID) error {
	return tx.db.distribution.blind.remove(tx, blindKey(programme, digest, id))
}

// Blind yields the households filed under a digest, in order.
func (tx *Tx) Blind(programme string, digest [16]byte) iter.Seq2[distribution.BeneficiaryID, error] {
	return under(&tx.db.distribution.blind, blindKey(programme, digest, ""), "")
}

// Import returns an import.
func (tx *Tx) Import(programme, id string) (distribution.Import, error) {
	return tx.db.distribution.imports.find(key(programme, id), distribution.ErrNotFound)
}

// PutImport stores an import.
func (tx *Tx) PutImport(i distribution.Import) error {
	return tx.db.distribution.imports.put(tx, key(i.Programme, i.ID), i)
}

// Named returns who may see an embargoed round.
func (tx *Tx) Named(round string) ([]string, error) {
	staff, err := tx.db.distribution.named.find(round, distribution.ErrNotFound)
	if errors.Is(err, distribution.ErrNotFound) {
		return nil, nil
	}
	return slices.Clone(staff), err
}

// PutNamed stores who may see an embargoed round.
func (tx *Tx) PutNamed(round string, staff []string) error {
	return tx.db.distribution.named.put(tx, round, slices.Clone(staff))
}

// Export returns an export.
func (tx *Tx) Export(programme, id string) (distribution.Export, error) {
	e, err := tx.db.distribution.exports.find(key(programme, id), distribution.ErrNotFound)
	return cloneExport(e), err
}

// PutExport stores an export.
func (tx *Tx) PutExport(e distribution.Export) error {
	return tx.db.distribution.exports.put(tx, key(e.Programme, e.ID), cloneExport(e))
}

// Exports yields a programme's exports in order.
func (tx *Tx) Exports(programme string) iter.Seq2[distribution.Export, error] {
	return under(&tx.db.distribution.exports, key(programme, ""), "")
}

func cloneExport(e distribution.Export) distribution.Export {
	e.Fields, e.Approvals = slices.Clone(e.Fields), slices.Clone(e.Approvals)
	return e
}

// Imports yields a programme's imports in order.
func (tx *Tx) Imports(programme string) iter.Seq2[distribution.Import, error] {
	return under(&tx.db.distribution.imports, key(programme, ""), "")
}

// PutDuplicate stores a pair.
func (tx *Tx) PutDuplicate(d distribution.Duplicate) error {
	return tx.db.distribution.duplicates.put(tx, key(d.Programme, string(d.A), string(d.B)), d)
}

// Duplicate returns a pair.
func (tx *Tx) Duplicate(programme string, a, b distribution.BeneficiaryID) (distribution.Duplicate, error) {
	return tx.db.distribution.duplicates.find(key(programme, string(a), string(b)), distribution.ErrNotFound)
}

// Duplicates yields a programme's pairs in order.
func (tx *Tx) Duplicates(programme string) iter.Seq2[distribution.Duplicate, error] {
	return under(&tx.db.distribution.duplicates, key(programme, ""), "")
}

// PutPlaces stores places.
func (tx *Tx) PutPlaces(programme string, ps []places.Place) error {
	for _, p := range ps {
		if err := tx.db.distribution.places.put(tx, key(programme, p.Code), p); err != nil {
			return err
		}
	}
	return nil
}

// Places yields a programme's places in order.
func (tx *Tx) Places(programme string) iter.Seq2[places.Place, error] {
	return under(&tx.db.distribution.places, key(programme, ""), "")
}

// Point returns a programme's point.
func (tx *Tx) Point(programme, code string) (distribution.Point, error) {
	return tx.db.distribution.points.find(key(programme, code), distribution.ErrNotFound)
}

// PutPoint stores a point.
func (tx *Tx) PutPoint(p distribution.Point) error {
	return tx.db.distribution.points.put(tx, key(p.Programme, p.Code), p)
}

// Points yields a programme's points in order.
func (tx *Tx) Points(programme string) iter.Seq2[distribution.Point, error] {
	return under(&tx.db.distribution.points, key(programme, ""), "")
}

// Round returns a round.
func (tx *Tx) Round(id string) (distribution.Round, error) {
	return findOwned(&tx.db.distribution.rounds, id)
}

// PutRound stores a round.
func (tx *Tx) PutRound(r distribution.Round) error {
	return tx.db.distribution.rounds.put(tx, r.Programme, r.ID, r)
}

// Rounds yields a programme's rounds in order.
func (tx *Tx) Rounds(programme string) iter.Seq2[distribution.Round, error] {
	return tx.db.distribution.rounds.of(programme, "")
}

// Lot returns a lot.
func (tx *Tx) Lot(id string) (distribution.Lot, error) {
	return findOwned(&tx.db.distribution.lots, id)
}

// PutLot stores a lot.
func (tx *Tx) PutLot(l distribution.Lot) error {
	return tx.db.distribution.lots.put(tx, l.Round, l.ID, l)
}

// Lots yields a round's lots in order.
func (tx *Tx) Lots(round string) iter.Seq2[distribution.Lot, error] {
	return tx.db.distribution.lots.of(round, "")
}

// PutEntitlement stores a line of a lot.
func (tx *Tx) PutEntitlement(e distribution.Entitlement) error {
	return tx.db.distribution.entitlements.put(tx, key(e.Lot, num(uint64(e.N))), e)
}

// DeleteEntitlements removes all lines of a lot.
func (tx *Tx) DeleteEntitlements(lot string) error {
	t := &tx.db.distribution.entitlements
	var ns []int
	for e, err := range under(t, key(lot, ""), "") {
		if err != nil {
			return err
		}
		ns = append(ns, e.N)
	}
	// The last first: a table removes its end most cheaply.
	for _, n := range slices.Backward(ns) {
		if err := t.remove(tx, key(lot, num(uint64(n)))); err != nil {
			return err
		}
	}
	return nil
}

// Entitlements yields a lot's lines from a number on.
func (tx *Tx) Entitlements(lot string, from int) iter.Seq2[distribution.Entitlement, error] {
	return under(&tx.db.distribution.entitlements, key(lot, ""), num(uint64(max(from, 1)-1)))
}

// EntitledIn returns the lot of the round that a household is in.
func (tx *Tx) EntitledIn(round string, id distribution.BeneficiaryID) (string, error) {
	return tx.db.distribution.entitledIn.find(key(round, string(id)), distribution.ErrNotFound)
}

// PutEntitledIn puts a household into a lot of the round, or takes it out.
func (tx *Tx) PutEntitledIn(round string, id distribution.BeneficiaryID, lot string) error {
	if lot == "" {
		return tx.db.distribution.entitledIn.remove(tx, key(round, string(id)))
	}
	return tx.db.distribution.entitledIn.put(tx, key(round, string(id)), lot)
}
