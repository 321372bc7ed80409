package vendors

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	documents.Tx
	access.Contents

	Vendor(id ID) (Vendor, error)
	PutVendor(v Vendor) error
	// Vendors yields a programme's vendors with an id above after, in order.
	Vendors(programme string, after ID) iter.Seq2[Vendor, error]

	Zone(programme, code string) (Zone, error)
	PutZone(z Zone) error

	// PriceList returns a version of a vendor's list, or the latest for 0.
	PriceList(vendor ID, version int) (PriceList, error)
	// PutPriceList stores a new version, which must be the latest plus one.
	PutPriceList(l PriceList) error

	// Terms returns a version of a vendor's terms, or the latest for 0.
	Terms(vendor ID, version int) (Terms, error)
	// PutTerms stores a version: the latest anew, or the latest plus one.
	PutTerms(t Terms) error
	// PaymentChange returns the last change of how a vendor is paid.
	PaymentChange(vendor ID) (PaymentChange, error)
	PutPaymentChange(c PaymentChange) error
	// Charged returns how far a vendor's charges have come in a round.
	Charged(vendor ID, round string) (Charged, error)
	PutCharged(c Charged) error
	// ClaimCharges returns the lines that terms added to a claim: nothing where
	// none were put.
	ClaimCharges(id ClaimID) ([]ChargeLine, error)
	PutClaimCharges(id ClaimID, lines []ChargeLine) error

	Handheld(id HandheldID) (Handheld, error)
	PutHandheld(h Handheld) error
	// HandheldByCode returns the handheld invited with a code of this SHA-256.
	HandheldByCode(hash [32]byte) (Handheld, error)
	// Handhelds yields a programme's handhelds with an id above after, in order.
	Handhelds(programme string, after HandheldID) iter.Seq2[Handheld, error]

	Claim(id ClaimID) (Claim, error)
	PutClaim(c Claim) error
	// Claims yields a programme's claims with an id above after, in order.
	Claims(programme string, after ClaimID) iter.Seq2[Claim, error]
	PutClaimLine(l ClaimLine) error
	// ClaimLines yields a claim's lines with N above after, in order.
	ClaimLines(id ClaimID, after int) iter.Seq2[ClaimLine, error]
	PutReading(r Reading) error
	// Readings yields what a claim's lines were before they were read otherwise,
	// by N.
	Readings(id ClaimID) iter.Seq2[Reading, error]
	// ClaimOf returns the claim that a redeem or accept-loss entry is in.
	ClaimOf(entry uint64) (ClaimID, error)
	// PutClaimOf puts the entry into a claim; "" takes it out again.
	PutClaimOf(entry uint64, id ClaimID) error

	Settlement(id string) (Settlement, error)
	PutSettlement(s Settlement) error
	// Settlements yields a programme's settlements in the order of their ids.
	Settlements(programme string) iter.Seq2[Settlement, error]

	// AdvanceLimits returns a programme's: no bounds where none were put.
	AdvanceLimits(programme string) (AdvanceLimits, error)
	PutAdvanceLimits(programme string, l AdvanceLimits) error
	PutBankStatement(s BankStatement) error
	// BankStatements yields a bank account's statements in the order of their ids.
	BankStatements(bank string) iter.Seq2[BankStatement, error]
	BankLine(bank string, n int) (BankLine, error)
	PutBankLine(l BankLine) error
	// BankLines yields a bank account's lines with N above after, in order.
	BankLines(bank string, after int) iter.Seq2[BankLine, error]

	PutChequeBook(b ChequeBook) error
	// ChequeBooks yields a bank account's books by their first numbers.
	ChequeBooks(bank string) iter.Seq2[ChequeBook, error]
	Cheque(bank string, number uint64) (Cheque, error)
	PutCheque(c Cheque) error
	// Cheques yields a bank account's cheques by their numbers.
	Cheques(bank string) iter.Seq2[Cheque, error]
	// ChequeFor returns the cheque of the payment with a reference.
	ChequeFor(payment string) (Cheque, error)

	// Payout returns what is known of a payment in cash, by its reference.
	Payout(payment string) (Payout, error)
	PutPayout(o Payout) error

	Advance(id string) (AdvanceLine, error)
	PutAdvance(a AdvanceLine) error
	// Advances yields a vendor's advances in the order of their ids, which is
	// that in which they were prepared.
	Advances(vendor ID) iter.Seq2[AdvanceLine, error]
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
