package voucher

import (
	"context"
	"iter"
	"time"

	"github.com/jate-cva/jate/vendors"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	vendors.Tx

	Voucher(n Number) (Voucher, error)
	VoucherBySerial(s Serial) (Voucher, error)
	// PutVoucher stores v; a number keeps its serial and lot for ever.
	PutVoucher(v Voucher) error
	// PutIssued stores vouchers that were just signed, as PutVoucher, PutToken
	// and PutVoucherSalt would. Their numbers must ascend from above LastNumber,
	// and their serials be drawn for them: that none is taken is not looked up.
	PutIssued(vs []SignedVoucher) error
	// LastNumber returns the highest number in use, 0 if there is none.
	LastNumber() (Number, error)
	// Vouchers yields vouchers from a number on, in order.
	Vouchers(from Number) iter.Seq2[Voucher, error]
	// VouchersOf yields a beneficiary's vouchers in the order of issue.
	VouchersOf(beneficiary string) iter.Seq2[Voucher, error]
	// Token returns a voucher's token as it was signed.
	Token(n Number) (Token, error)
	PutToken(n Number, t Token) error

	Issue(lot string) (Issue, error)
	PutIssue(i Issue) error
	// Issues yields a programme's issues in the order of their lots' ids.
	Issues(programme string) iter.Seq2[Issue, error]

	// Embargo returns a lot's embargo; lots of before there were any have none.
	Embargo(lot string) (Embargo, error)
	PutEmbargo(e Embargo) error

	Receipt(h Hash) (StoredReceipt, error)
	PutReceipt(r StoredReceipt) error
	// ReceiptsFor yields the receipts and cancellations that name a voucher,
	// in the order of arrival.
	ReceiptsFor(n Number) iter.Seq2[StoredReceipt, error]
	// ReceiptsFrom yields a handheld's records in the order of its chain, from
	// a sequence on. Two records of one sequence are both yielded.
	ReceiptsFrom(h vendors.HandheldID, seq uint64) iter.Seq2[StoredReceipt, error]
	// ReceiptsByRound yields a round's receipts in the order of arrival.
	ReceiptsByRound(round string) iter.Seq2[StoredReceipt, error]
	// WaitingSince yields waiting receipts that arrived before the instant.
	WaitingSince(before time.Time) iter.Seq2[StoredReceipt, error]

	Proposal(id string) (Proposal, error)
	PutProposal(p Proposal) error

	// Beacon returns when a beacon that the server signed was made.
	Beacon(h Hash) (time.Time, error)
	PutBeacon(h Hash, at time.Time) error
}

// SignedVoucher is a voucher that was just signed.
type SignedVoucher struct {
	Voucher Voucher
	Token   Token
	Salt    []byte // of the voucher's account; nil for a spare, which has none
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
