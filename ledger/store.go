package ledger

import (
	"context"
	"iter"
	"slices"
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

// Held is what the store keeps of one account.
type Held struct {
	Account  Account
	Balances []money.Amount // one of each asset it ever held, in the order of assets
	Salt     []byte         // by which a voucher is hidden in leaves; nil where none was put or it was erased
	Entries  []uint64       // of a voucher: the sequences of entries that post to it, ascending
}

// balance returns where the asset's balance is, or belongs.
func (h *Held) balance(asset money.Asset) (int, bool) {
	for i, b := range h.Balances {
		if b.Asset() == asset {
			return i, true
		}
	}
	at := 0
	for at < len(h.Balances) && h.Balances[at].Asset().String() < asset.String() {
		at++
	}
	return at, false
}

// Balance returns what is held of the asset: nothing where there never was any.
func (h *Held) Balance(asset money.Asset) money.Amount {
	if i, ok := h.balance(asset); ok {
		return h.Balances[i]
	}
	return money.FromMinor(0, asset)
}

// SetBalance sets what is held of its asset.
func (h *Held) SetBalance(m money.Amount) {
	i, ok := h.balance(m.Asset())
	if !ok {
		h.Balances = slices.Insert(h.Balances, i, m)
	}
	h.Balances[i] = m
}

// Record is an entry as the journal has it.
type Record struct {
	Entry  Entry     // with vouchers' real accounts
	Hidden []Account // their pseudonyms in the leaf, in the order of postings, debit before credit
	Leaf   []byte    // byte for byte as it was hashed
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
	// Journal yields the entries from a sequence on, in order. The leaf of one
	// is good until the next is asked for.
	Journal(from uint64) iter.Seq2[Record, error]
	// AppendEntry stores the entry, whose Seq must equal Size, with its leaf;
	// the log hashes that follow those stored; an index from each account posted
	// to, to the entry; and what each account is to hold from now on.
	AppendEntry(r Record, hashes []tlog.Hash, accounts []Held) error
	// PostingsOf returns the sequences, from the given one and in order, of
	// entries that post to the account; at most limit.
	PostingsOf(a Account, from uint64, limit int) ([]uint64, error)

	// Held returns what is kept of the account: its name alone where nothing was
	// ever put.
	Held(a Account) (Held, error)
	// Accounts yields what is kept of each account, in the order of accounts.
	Accounts() iter.Seq2[Held, error]
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
