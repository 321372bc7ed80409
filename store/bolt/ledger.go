package bolt

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

var _ ledger.Tx = (*Tx)(nil)

// Ledger returns the ledger's store.
func (db *DB) Ledger() ledger.Store {
	return store[ledger.Tx]{db, func(tx *Tx) ledger.Tx { return tx }}
}

// hashesPerRecord is how many of the log's hashes share a record of the bucket
// "log-hash": few enough that a page holds several records.
const hashesPerRecord = 8

// ReadHashes returns the log's stored hashes.
func (tx *Tx) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var pack []byte
	have := uint64(math.MaxUint64) // the number of pack
	for i, n := range indexes {
		at := uint64(n)
		if n < 0 {
			return nil, fmt.Errorf("log hash %d: %w", n, ledger.ErrNotFound)
		}
		if at/hashesPerRecord != have {
			have = at / hashesPerRecord
			var err error
			if pack, err = tx.hashPack(have); err != nil {
				return nil, fmt.Errorf("log hash %d: %w", n, err)
			}
		}
		from := int(at%hashesPerRecord) * tlog.HashSize
		if len(pack) < from+tlog.HashSize {
			return nil, fmt.Errorf("log hash %d: %w", n, ledger.ErrNotFound)
		}
		out[i] = tlog.Hash(pack[from:])
	}
	return out, nil
}

// hashPack returns a pack of hashes, which is not the caller's to change or to
// keep: it is read with every entry.
func (tx *Tx) hashPack(at uint64) ([]byte, error) {
	kb, err := hashTable.bytes(tx, at)
	if err != nil {
		return nil, err
	}
	switch p := tx.look(hashTable.bucket, kb); {
	case p == nil:
		return nil, ledger.ErrNotFound
	case len(p) == 0 || p[0] != hashTable.version:
		return nil, hashTable.wrap(fmt.Errorf("no pack of hashes of version %d: %w", hashTable.version, ErrRecord))
	default:
		return p[1:], nil
	}
}

// appendHashes stores the hashes that the log of so many entries gets next.
func (tx *Tx) appendHashes(size uint64, hashes []tlog.Hash) error {
	stored := uint64(tlog.StoredHashCount(int64(size)))
	at, full := stored/hashesPerRecord, int(stored%hashesPerRecord)*tlog.HashSize
	pack := make(hashPack, 0, hashesPerRecord*tlog.HashSize)
	if full > 0 {
		p, err := tx.hashPack(at)
		if err != nil {
			return hashTable.wrap(fmt.Errorf("the last of %d hashes: %w", stored, err))
		}
		pack = append(pack, p...)
	}
	if len(pack) != full {
		return hashTable.wrap(fmt.Errorf("%d bytes in the last pack of %d hashes: %w", len(pack), stored, ErrRecord))
	}
	for _, h := range hashes {
		if len(pack) == hashesPerRecord*tlog.HashSize {
			if err := putPacked(tx, hashTable, at, pack); err != nil {
				return err
			}
			at, pack = at+1, pack[:0]
		}
		pack = append(pack, h[:]...)
	}
	return putPacked(tx, hashTable, at, pack)
}

// Size returns the number of entries.
func (tx *Tx) Size() (uint64, error) {
	if tx.read {
		return uint64(tx.size), nil
	}
	n, err := sizeTable.get(tx, sizeKey, ledger.ErrNotFound)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return 0, err
	}
	tx.size, tx.read = n, true
	return uint64(n), nil
}

// Entry returns an entry.
func (tx *Tx) Entry(seq uint64) (ledger.Entry, error) {
	r, err := journalTable.get(tx, seq, ledger.ErrNotFound)
	if err != nil {
		return ledger.Entry{}, err
	}
	return r.entry(seq)
}

// Leaf returns an entry's leaf.
func (tx *Tx) Leaf(seq uint64) ([]byte, error) {
	r, err := journalTable.get(tx, seq, ledger.ErrNotFound)
	if err != nil {
		return nil, err
	}
	return r.appendLeaf(nil, seq)
}

// Journal yields the entries from a sequence on.
func (tx *Tx) Journal(from uint64) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		var leaf []byte
		for r, err := range journalTable.walk(tx, span{}.since(key{}.u64(from))) {
			if err == nil {
				leaf, err = r.value.appendLeaf(leaf[:0], r.key)
			}
			if err != nil {
				yield(ledger.Record{}, err)
				return
			}
			r.value.Leaf = leaf
			if !yield(r.value.Record, nil) {
				return
			}
		}
	}
}

// AppendEntry stores the entry at the end of the journal.
func (tx *Tx) AppendEntry(r ledger.Record, hashes []tlog.Hash, accounts []ledger.Held) error {
	size, err := tx.Size()
	if err != nil {
		return err
	}
	seq := r.Entry.Seq
	if seq != size {
		return fmt.Errorf("append entry %d to a journal of %d", seq, size)
	}
	if err := putPacked(tx, journalTable, seq, entryRecord{r}); err != nil {
		return err
	}
	tx.size, tx.read = sizeRecord(size+1), true
	if err := putPacked(tx, sizeTable, sizeKey, tx.size); err != nil {
		return err
	}
	if err := tx.appendHashes(size, hashes); err != nil {
		return err
	}
	for _, h := range accounts {
		if err := putPacked(tx, accountTable, h.Account, accountRecord{h}); err != nil {
			return err
		}
	}
	// Those of vouchers are in their accounts. The postings of an issue share
	// their debit account.
	var before [2]ledger.Account
	for _, p := range r.Entry.Postings {
		accounts := [2]ledger.Account{p.Debit, p.Credit}
		for i, a := range accounts {
			if a.IsVoucher() || a == before[i] {
				continue
			}
			if err := postingTable.put(tx, numbered[ledger.Account]{a, seq}, none{}); err != nil {
				return err
			}
		}
		before = accounts
	}
	return nil
}

// PostingsOf returns the sequences of entries that post to the account.
func (tx *Tx) PostingsOf(a ledger.Account, from uint64, limit int) ([]uint64, error) {
	limit = max(limit, 0)
	if a.IsVoucher() {
		h, err := tx.Held(a)
		if err != nil {
			return nil, err
		}
		at, _ := slices.BinarySearch(h.Entries, from)
		all := h.Entries[at:]
		return slices.Clip(all[:min(limit, len(all))]), nil
	}
	var out []uint64
	s := under(key{}.str(string(a))).since(numbered[ledger.Account]{a, from}.key())
	for r, err := range postingTable.walk(tx, s) {
		if err != nil {
			return nil, err
		}
		if len(out) >= limit {
			break
		}
		out = append(out, r.key.n)
	}
	return out, nil
}

// Held returns what is kept of an account.
func (tx *Tx) Held(a ledger.Account) (ledger.Held, error) {
	r, err := accountTable.get(tx, a, ledger.ErrNotFound)
	if errors.Is(err, ledger.ErrNotFound) {
		err = nil
	}
	r.Account = a
	return r.Held, err
}

func (tx *Tx) editAccount(a ledger.Account, edit func(*ledger.Held)) error {
	h, err := tx.Held(a)
	if err != nil {
		return err
	}
	edit(&h)
	return putPacked(tx, accountTable, a, accountRecord{h})
}

// Accounts yields what is kept of each account, in order.
func (tx *Tx) Accounts() iter.Seq2[ledger.Held, error] { return tx.accounts("") }

func (tx *Tx) accounts(prefix string) iter.Seq2[ledger.Held, error] {
	return func(yield func(ledger.Held, error) bool) {
		for r, err := range accountTable.walk(tx, under(key{}.open(prefix))) {
			r.value.Account = r.key
			if !yield(r.value.Held, err) || err != nil {
				return
			}
		}
	}
}

// Balance returns what the account holds.
func (tx *Tx) Balance(a ledger.Account, asset money.Asset) (money.Amount, error) {
	h, err := tx.Held(a)
	return h.Balance(asset), err
}

// PutBalance stores what the account holds now.
func (tx *Tx) PutBalance(a ledger.Account, m money.Amount) error {
	return tx.editAccount(a, func(h *ledger.Held) { h.SetBalance(m) })
}

// Balances yields balances of accounts with the prefix, in order. Of one
// account it yields what it holds when the walk comes to it.
func (tx *Tx) Balances(prefix string) iter.Seq2[ledger.Balance, error] {
	return func(yield func(ledger.Balance, error) bool) {
		for h, err := range tx.accounts(prefix) {
			if err != nil {
				yield(ledger.Balance{}, err)
				return
			}
			for _, m := range h.Balances {
				if !yield(ledger.Balance{Account: h.Account, Amount: m}, nil) {
					return
				}
			}
		}
	}
}

// VoucherSalt returns the salt of a voucher's account.
func (tx *Tx) VoucherSalt(a ledger.Account) ([]byte, error) {
	h, err := tx.Held(a)
	if err == nil && h.Salt == nil {
		err = ledger.ErrNotFound
	}
	return h.Salt, err
}

// PutVoucherSalt stores the salt of a voucher's account.
func (tx *Tx) PutVoucherSalt(a ledger.Account, salt []byte) error {
	return tx.editAccount(a, func(h *ledger.Held) { h.Salt = append([]byte{}, salt...) })
}

// Outcome returns what a command led to.
func (tx *Tx) Outcome(k ledger.CommandKey) (ledger.Outcome, error) {
	return read(tx, outcomeTable, k, ledger.ErrNotFound, outcomeRecord.outcome)
}

// PutOutcome stores what a command led to.
func (tx *Tx) PutOutcome(k ledger.CommandKey, o ledger.Outcome) error {
	return outcomeTable.put(tx, k, outcomeRecordOf(o))
}

// ClosedThrough returns the last instant of the last closed period.
func (tx *Tx) ClosedThrough() (time.Time, error) {
	at, err := closedTable.get(tx, closedKey, ledger.ErrNotFound)
	if errors.Is(err, ledger.ErrNotFound) {
		return time.Time{}, nil
	}
	return at.time(), err
}

// PutClosedThrough closes every period up to the instant.
func (tx *Tx) PutClosedThrough(t time.Time) error {
	return closedTable.put(tx, closedKey, instantOf(t))
}

// Checkpoint returns the latest signed checkpoint.
func (tx *Tx) Checkpoint() (ledger.Checkpoint, error) {
	return read(tx, checkpointTable, checkpointKey, ledger.ErrNotFound, checkpointRecord.checkpoint)
}

// PutCheckpoint stores the latest signed checkpoint.
func (tx *Tx) PutCheckpoint(c ledger.Checkpoint) error {
	return checkpointTable.put(tx, checkpointKey, checkpointRecordOf(c))
}
