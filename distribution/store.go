package distribution

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/voucher"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	voucher.Tx

	Programme(id string) (Programme, error)
	PutProgramme(p Programme) error
	// Programmes yields all programmes in the order of their ids.
	Programmes() iter.Seq2[Programme, error]

	DonorFund(id string) (Fund, error)
	PutDonorFund(f Fund) error
	// DonorFunds yields a programme's funds in the order of their ids.
	DonorFunds(programme string) iter.Seq2[Fund, error]
	PutFundReceipt(r FundReceipt) error
	// FundReceipts yields a fund's receipts, oldest first.
	FundReceipts(fund string) iter.Seq2[FundReceipt, error]

	// NextBeneficiary returns an id that is not in use and above all that are.
	NextBeneficiary() (BeneficiaryID, error)
	Beneficiary(id BeneficiaryID) (Beneficiary, error)
	PutBeneficiary(b Beneficiary) error
	// Beneficiaries yields a programme's households with an id above after, in order.
	Beneficiaries(programme string, after BeneficiaryID) iter.Seq2[Beneficiary, error]
	// WrappedKey returns a household's key, wrapped by the data key.
	WrappedKey(id BeneficiaryID) ([]byte, error)
	PutWrappedKey(id BeneficiaryID, wrapped []byte) error
	// DeleteWrappedKey forgets the household's person for ever.
	DeleteWrappedKey(id BeneficiaryID) error

	// PutBlind files a household under a keyed digest of something searched for.
	PutBlind(programme string, digest [16]byte, id BeneficiaryID) error
	DeleteBlind(programme string, digest [16]byte, id BeneficiaryID) error
	// Blind yields the households filed under the digest, in the order of their ids.
	Blind(programme string, digest [16]byte) iter.Seq2[BeneficiaryID, error]

	Import(programme, id string) (Import, error)
	PutImport(i Import) error
	// Imports yields a programme's imports in the order of their ids.
	Imports(programme string) iter.Seq2[Import, error]

	PutDuplicate(d Duplicate) error
	Duplicate(programme string, a, b BeneficiaryID) (Duplicate, error)
	// Duplicates yields a programme's pairs in the order of their ids.
	Duplicates(programme string) iter.Seq2[Duplicate, error]

	Export(programme, id string) (Export, error)
	PutExport(e Export) error
	// Exports yields a programme's exports in the order of their ids.
	Exports(programme string) iter.Seq2[Export, error]

	PresenceList(programme, id string) (PresenceList, error)
	PutPresenceList(l PresenceList) error
	// PresenceLists yields a programme's lists in the order of their ids.
	PresenceLists(programme string) iter.Seq2[PresenceList, error]
	// PutPresenceRows stores rows of a list by their number; the same is overwritten.
	PutPresenceRows(programme, list string, rows []presence.Row) error
	// PresenceRows yields a list's rows in the order of their numbers.
	PresenceRows(programme, list string) iter.Seq2[presence.Row, error]

	Occasion(programme, id string) (Occasion, error)
	PutOccasion(o Occasion) error
	// Occasions yields a programme's calendar in the order of its ids.
	Occasions(programme string) iter.Seq2[Occasion, error]
	MarketPrice(programme, id string) (MarketPrice, error)
	PutMarketPrice(p MarketPrice) error
	// MarketPrices yields a programme's market prices in the order of their ids.
	MarketPrices(programme string) iter.Seq2[MarketPrice, error]

	// PutPlaces stores places of one edition; the same code is overwritten.
	PutPlaces(programme string, ps []places.Place) error
	// Places yields a programme's loaded places in the order of their codes.
	Places(programme string) iter.Seq2[places.Place, error]

	Point(programme, code string) (Point, error)
	PutPoint(p Point) error
	// Points yields a programme's points in the order of their codes.
	Points(programme string) iter.Seq2[Point, error]

	Round(id string) (Round, error)
	PutRound(r Round) error
	// Rounds yields a programme's rounds in the order of their ids.
	Rounds(programme string) iter.Seq2[Round, error]

	// Named returns the staff identifiers of who may see an embargoed round, or
	// takes the reports on a fund ("fund:" and its id); none where nobody was named.
	Named(of string) ([]string, error)
	PutNamed(of string, staff []string) error

	Lot(id string) (Lot, error)
	PutLot(l Lot) error
	// Lots yields a round's lots in the order of their ids.
	Lots(round string) iter.Seq2[Lot, error]
	// PutEntitlement stores one line of a lot.
	PutEntitlement(e Entitlement) error
	// DeleteEntitlements removes all lines of a lot.
	DeleteEntitlements(lot string) error
	// Entitlements yields a lot's lines from N on, in order.
	Entitlements(lot string, from int) iter.Seq2[Entitlement, error]
	// EntitledIn returns the lot of the round that the household is in already.
	EntitledIn(round string, id BeneficiaryID) (lot string, err error)
	// PutEntitledIn puts the household into a lot; "" takes it out again.
	PutEntitledIn(round string, id BeneficiaryID, lot string) error
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
