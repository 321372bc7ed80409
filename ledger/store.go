package ledger

import (
	"context"
	"iter"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// ErrNotFound says that the journal has no such entry, account or record.
var ErrNotFound = fault.New(fault.NotFound, "ledger_not_found",
	"The ledger has no such entry or account.",
	"Le grand livre n'a ni cette écriture ni ce compte.")

// Balance is what one account holds of one asset, on its normal side.
type Balance struct {
	Account Account
	Amount  money.Amount
}

// Tx is what the ledger needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there.
type Tx interface {
	// ReadHashes returns the log's stored hashes (tlog.HashReader).
	tlog.HashReader

	// Now returns the transaction's one clock reading, in UTC seconds.
	Now() time.Time

	// Size returns the number of entries, which is the next one's sequence.
	Size() (uint64, error)
	// Entry returns an entry with vouchers' real accounts.
	Entry(seq uint64) (Entry, error)
	// Leaf returns an entry's leaf, byte for byte as it was hashed.
	Leaf(seq uint64) ([]byte, error)
	// AppendEntry stores the entry, whose Seq must equal Size, its leaf, the
	// log hashes that follow those stored, and an index from each account
	// posted to, to the entry.
	AppendEntry(e Entry, leaf []byte, hashes []tlog.Hash) error
	// PostingsOf returns the sequences, from the given one and in order, of
	// entries that post to the account; at most limit.
	PostingsOf(a Account, from uint64, limit int) ([]uint64, error)

	// Balance returns what the account holds: zero where it was never used.
	Balance(a Account, asset money.Asset) (money.Amount, error)
	// PutBalance stores what the account holds now.
	PutBalance(a Account, m money.Amount) error
	// Balances yields balances of accounts with the prefix, in the order of
	// account and asset, zero balances included.
	Balances(prefix string) iter.Seq2[Balance, error]

	// VoucherSalt returns the salt by which a voucher is hidden in leaves.
	VoucherSalt(a Account) ([]byte, error)
	// PutVoucherSalt stores a voucher's salt; it must precede its first posting.
	PutVoucherSalt(a Account, salt []byte) error

	// Outcome returns what a command with the key led to.
	Outcome(k CommandKey) (Outcome, error)
	// PutOutcome stores it, for ever.
	PutOutcome(k CommandKey, o Outcome) error

	// ClosedThrough returns the last instant of the last closed period: the
	// zero time where none was closed.
	ClosedThrough() (time.Time, error)
	// PutClosedThrough closes every period up to the instant.
	PutClosedThrough(t time.Time) error

	// Checkpoint returns the latest signed checkpoint.
	Checkpoint() (Checkpoint, error)
	// PutCheckpoint stores it.
	PutCheckpoint(c Checkpoint) error
}

// Store runs functions in transactions. An Update commits everything fn wrote,
// durably, or nothing where fn returns an error. fn may run more than once,
// must touch nothing outside tx but its own results, and must not call the
// store, the network, or sleep.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
