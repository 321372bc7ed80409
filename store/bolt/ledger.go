package bolt

import (
	"errors"
	"fmt"
	"iter"
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
const hashesPerRecord = 16

// ReadHashes returns the log's stored hashes.
func (tx *Tx) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		if n < 0 {
			return nil, fmt.Errorf("log hash %d: %w", n, ledger.ErrNotFound)
		}
		at := uint64(n)
		pack, err := hashTable.get(tx, at/hashesPerRecord, ledger.ErrNotFound)
		if err != nil {
			return nil, fmt.Errorf("log hash %d: %w", n, err)
		}
		from := int(at%hashesPerRecord) * tlog.HashSize
		if len(pack) < from+tlog.HashSize {
			return nil, fmt.Errorf("log hash %d: %w", n, ledger.ErrNotFound)
		}
		out[i] = tlog.Hash(pack[from:])
	}
	return out, nil
}

// appendHashes stores hashes after the last one.
func (tx *Tx) appendHashes(hashes []tlog.Hash) error {
	last, _, err := hashTable.last(tx, span{})
	if err != nil {
		return err
	}
	at, pack := last.key, last.value
	for _, h := range hashes {
		if len(pack) == hashesPerRecord*tlog.HashSize {
			if err := hashTable.put(tx, at, pack); err != nil {
				return err
			}
			at, pack = at+1, nil
		}
		pack = append(pack, h[:]...)
	}
	if len(hashes) == 0 {
		return nil
	}
	return hashTable.put(tx, at, pack)
}

// Size returns the number of entries.
func (tx *Tx) Size() (uint64, error) {
	last, found, err := journalTable.last(tx, span{})
	if !found {
		return 0, err
	}
	return last.key + 1, nil
}

// Entry returns an entry.
func (tx *Tx) Entry(seq uint64) (ledger.Entry, error) {
	r, err := journalTable.get(tx, seq, ledger.ErrNotFound)
	if err != nil {
		return ledger.Entry{}, err
	}
	e, err := r.entry()
	if err == nil && e.Seq != seq {
		err = fmt.Errorf("its leaf says %d: %w", e.Seq, ErrRecord)
	}
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("journal entry %d: %w", seq, err)
	}
	return e, nil
}

// Leaf returns an entry's leaf.
func (tx *Tx) Leaf(seq uint64) ([]byte, error) {
	r, err := journalTable.get(tx, seq, ledger.ErrNotFound)
	return r.Leaf, err
}

// AppendEntry stores the entry at the end of the journal.
func (tx *Tx) AppendEntry(e ledger.Entry, leaf []byte, hashes []tlog.Hash) error {
	size, err := tx.Size()
	if err != nil {
		return err
	}
	if e.Seq != size {
		return fmt.Errorf("append entry %d to a journal of %d", e.Seq, size)
	}
	errs := []error{journalTable.put(tx, e.Seq, entryRecordOf(e, leaf)), tx.appendHashes(hashes)}
	for _, p := range e.Postings {
		for _, a := range []ledger.Account{p.Debit, p.Credit} {
			errs = append(errs, tx.indexPosting(a, e.Seq))
		}
	}
	return errors.Join(errs...)
}

// indexPosting files the journal's last entry under an account, once.
func (tx *Tx) indexPosting(a ledger.Account, seq uint64) error {
	if !a.IsVoucher() {
		return postingTable.put(tx, numbered[ledger.Account]{a, seq}, none{})
	}
	return tx.editAccount(a, func(r *accountRecord) {
		if n := len(r.Postings); n == 0 || r.Postings[n-1] != seq {
			r.Postings = append(r.Postings, seq)
		}
	})
}

// PostingsOf returns the sequences of entries that post to the account.
func (tx *Tx) PostingsOf(a ledger.Account, from uint64, limit int) ([]uint64, error) {
	limit = max(limit, 0)
	if a.IsVoucher() {
		r, err := tx.account(a)
		if err != nil {
			return nil, err
		}
		at, _ := slices.BinarySearch(r.Postings, from)
		all := r.Postings[at:]
		return slices.Clip(all[:min(limit, len(all))]), nil
	}
	var out []uint64
	s := under(key{}.str(string(a))).since(numbered[ledger.Account]{a, from}.key())
	for r, err := range postingTable.scan(tx, s) {
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

// account returns what is known of an account: nothing where it was not used.
func (tx *Tx) account(a ledger.Account) (accountRecord, error) {
	r, err := accountTable.get(tx, a, ledger.ErrNotFound)
	if errors.Is(err, ledger.ErrNotFound) {
		return accountRecord{}, nil
	}
	return r, err
}

func (tx *Tx) editAccount(a ledger.Account, edit func(*accountRecord)) error {
	r, err := tx.account(a)
	if err != nil {
		return err
	}
	edit(&r)
	return accountTable.put(tx, a, r)
}

// Balance returns what the account holds.
func (tx *Tx) Balance(a ledger.Account, asset money.Asset) (money.Amount, error) {
	r, err := tx.account(a)
	if err != nil {
		return money.Amount{}, err
	}
	if i, ok := r.balance(asset); ok {
		return r.Balances[i].amount(), nil
	}
	return money.FromMinor(0, asset), nil
}

// PutBalance stores what the account holds now.
func (tx *Tx) PutBalance(a ledger.Account, m money.Amount) error {
	return tx.editAccount(a, func(r *accountRecord) {
		i, ok := r.balance(m.Asset())
		if !ok {
			r.Balances = slices.Insert(r.Balances, i, amount{})
		}
		r.Balances[i] = amount(m)
	})
}

// Balances yields balances of accounts with the prefix, in order. Of one
// account it yields what it holds when the walk comes to it.
func (tx *Tx) Balances(prefix string) iter.Seq2[ledger.Balance, error] {
	return func(yield func(ledger.Balance, error) bool) {
		for r, err := range accountTable.scan(tx, under(key{}.open(prefix))) {
			if err != nil {
				yield(ledger.Balance{}, err)
				return
			}
			for _, b := range r.value.Balances {
				if !yield(ledger.Balance{Account: r.key, Amount: b.amount()}, nil) {
					return
				}
			}
		}
	}
}

// VoucherSalt returns the salt of a voucher's account.
func (tx *Tx) VoucherSalt(a ledger.Account) ([]byte, error) {
	r, err := tx.account(a)
	if err == nil && r.Salt == nil {
		err = ledger.ErrNotFound
	}
	return r.Salt, err
}

// PutVoucherSalt stores the salt of a voucher's account.
func (tx *Tx) PutVoucherSalt(a ledger.Account, salt []byte) error {
	return tx.editAccount(a, func(r *accountRecord) { r.Salt = append([]byte{}, salt...) })
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
