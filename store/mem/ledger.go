package mem

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

type ledgerTables struct {
	entries     table[uint64, ledger.Entry]
	leaves      table[uint64, []byte]
	hashes      table[int64, tlog.Hash]
	postings    table[string, uint64] // account, seq
	balances    table[string, ledger.Balance]
	salts       table[ledger.Account, []byte]
	outcomes    table[string, ledger.Outcome] // outcomeKey
	closed      table[string, time.Time]      // one row
	checkpoints table[string, ledger.Checkpoint]
}

var _ ledger.Tx = (*Tx)(nil)

// Ledger returns the ledger's store.
func (db *DB) Ledger() ledger.Store {
	return store[ledger.Tx]{db, func(tx *Tx) ledger.Tx { return tx }}
}

// ReadHashes returns the log's stored hashes.
func (tx *Tx) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		h, err := tx.db.ledger.hashes.find(n, ledger.ErrNotFound)
		if err != nil {
			return nil, fmt.Errorf("log hash %d: %w", n, err)
		}
		out[i] = h
	}
	return out, nil
}

// Size returns the number of entries.
func (tx *Tx) Size() (uint64, error) { return uint64(len(tx.db.ledger.entries.keys)), nil }

// Entry returns an entry.
func (tx *Tx) Entry(seq uint64) (ledger.Entry, error) {
	return tx.db.ledger.entries.find(seq, ledger.ErrNotFound)
}

// Leaf returns an entry's leaf.
func (tx *Tx) Leaf(seq uint64) ([]byte, error) {
	return tx.db.ledger.leaves.find(seq, ledger.ErrNotFound)
}

// AppendEntry stores the entry at the end of the journal.
func (tx *Tx) AppendEntry(e ledger.Entry, leaf []byte, hashes []tlog.Hash) error {
	l := &tx.db.ledger
	if size := uint64(len(l.entries.keys)); e.Seq != size {
		return fmt.Errorf("append entry %d to a journal of %d", e.Seq, size)
	}
	errs := []error{l.entries.put(tx, e.Seq, e), l.leaves.put(tx, e.Seq, leaf)}
	for _, h := range hashes {
		errs = append(errs, l.hashes.put(tx, int64(len(l.hashes.keys)), h))
	}
	for _, p := range e.Postings {
		for _, a := range []ledger.Account{p.Debit, p.Credit} {
			errs = append(errs, l.postings.put(tx, key(string(a), num(e.Seq)), e.Seq))
		}
	}
	return errors.Join(errs...)
}

// PostingsOf returns the sequences of entries that post to the account.
func (tx *Tx) PostingsOf(a ledger.Account, from uint64, limit int) ([]uint64, error) {
	var out []uint64
	prefix := key(string(a), "")
	for k, seq := range tx.db.ledger.postings.from(prefix + num(from)) {
		if len(out) >= limit || !strings.HasPrefix(k, prefix) {
			break
		}
		out = append(out, seq)
	}
	return out, nil
}

// Balance returns what the account holds.
func (tx *Tx) Balance(a ledger.Account, asset money.Asset) (money.Amount, error) {
	b, ok := tx.db.ledger.balances.get(key(string(a), asset.String()))
	if !ok {
		return money.FromMinor(0, asset), nil
	}
	return b.Amount, nil
}

// PutBalance stores what the account holds now.
func (tx *Tx) PutBalance(a ledger.Account, m money.Amount) error {
	return tx.db.ledger.balances.put(tx, key(string(a), m.Asset().String()), ledger.Balance{Account: a, Amount: m})
}

// Balances yields balances of accounts with the prefix, in order.
func (tx *Tx) Balances(prefix string) iter.Seq2[ledger.Balance, error] {
	return under(&tx.db.ledger.balances, prefix, "")
}

// VoucherSalt returns the salt of a voucher's account.
func (tx *Tx) VoucherSalt(a ledger.Account) ([]byte, error) {
	return tx.db.ledger.salts.find(a, ledger.ErrNotFound)
}

// PutVoucherSalt stores the salt of a voucher's account.
func (tx *Tx) PutVoucherSalt(a ledger.Account, salt []byte) error {
	return tx.db.ledger.salts.put(tx, a, salt)
}

// Outcome returns what a command led to.
func (tx *Tx) Outcome(k ledger.CommandKey) (ledger.Outcome, error) {
	return tx.db.ledger.outcomes.find(outcomeKey(k), ledger.ErrNotFound)
}

// PutOutcome stores what a command led to.
func (tx *Tx) PutOutcome(k ledger.CommandKey, o ledger.Outcome) error {
	return tx.db.ledger.outcomes.put(tx, outcomeKey(k), o)
}

// outcomeKey tells two keys apart whatever bytes a client put into them.
func outcomeKey(k ledger.CommandKey) string {
	return key(num(uint64(len(k.Actor))), k.Actor, k.Key)
}

// ClosedThrough returns the last instant of the last closed period.
func (tx *Tx) ClosedThrough() (time.Time, error) {
	t, _ := tx.db.ledger.closed.get("")
	return t, nil
}

// PutClosedThrough closes every period up to the instant.
func (tx *Tx) PutClosedThrough(t time.Time) error { return tx.db.ledger.closed.put(tx, "", t) }

// Checkpoint returns the latest signed checkpoint.
func (tx *Tx) Checkpoint() (ledger.Checkpoint, error) {
	return tx.db.ledger.checkpoints.find("", ledger.ErrNotFound)
}

// PutCheckpoint stores the latest signed checkpoint.
func (tx *Tx) PutCheckpoint(c ledger.Checkpoint) error {
	return tx.db.ledger.checkpoints.put(tx, "", c)
}
