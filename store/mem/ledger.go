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
	journal     table[uint64, ledger.Record]
	hashes      table[int64, tlog.Hash]
	postings    table[string, uint64] // account, seq; not of vouchers
	accounts    table[ledger.Account, ledger.Held]
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
func (tx *Tx) Size() (uint64, error) { return uint64(len(tx.db.ledger.journal.keys)), nil }

// Entry returns an entry.
func (tx *Tx) Entry(seq uint64) (ledger.Entry, error) {
	r, err := tx.db.ledger.journal.find(seq, ledger.ErrNotFound)
	return r.Entry, err
}

// Leaf returns an entry's leaf.
func (tx *Tx) Leaf(seq uint64) ([]byte, error) {
	r, err := tx.db.ledger.journal.find(seq, ledger.ErrNotFound)
	return r.Leaf, err
}

// Journal yields the entries from a sequence on.
func (tx *Tx) Journal(from uint64) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for _, r := range tx.db.ledger.journal.from(from) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// AppendEntry stores the entry at the end of the journal.
func (tx *Tx) AppendEntry(r ledger.Record, hashes []tlog.Hash, accounts []ledger.Held) error {
	l, seq := &tx.db.ledger, r.Entry.Seq
	if size := uint64(len(l.journal.keys)); seq != size {
		return fmt.Errorf("append entry %d to a journal of %d", seq, size)
	}
	errs := []error{l.journal.put(tx, seq, r)}
	for _, h := range hashes {
		errs = append(errs, l.hashes.put(tx, int64(len(l.hashes.keys)), h))
	}
	for _, h := range accounts {
		errs = append(errs, l.accounts.put(tx, h.Account, h))
	}
	for _, p := range r.Entry.Postings {
		for _, a := range []ledger.Account{p.Debit, p.Credit} {
			if !a.IsVoucher() {
				errs = append(errs, l.postings.put(tx, key(string(a), num(seq)), seq))
			}
		}
	}
	return errors.Join(errs...)
}

// PostingsOf returns the sequences of entries that post to the account.
func (tx *Tx) PostingsOf(a ledger.Account, from uint64, limit int) ([]uint64, error) {
	var out []uint64
	if a.IsVoucher() {
		h, err := tx.Held(a)
		for _, seq := range h.Entries {
			if seq >= from && len(out) < limit {
				out = append(out, seq)
			}
		}
		return out, err
	}
	prefix := key(string(a), "")
	for k, seq := range tx.db.ledger.postings.from(prefix + num(from)) {
		if len(out) >= limit || !strings.HasPrefix(k, prefix) {
			break
		}
		out = append(out, seq)
	}
	return out, nil
}

// Held returns what is kept of an account.
func (tx *Tx) Held(a ledger.Account) (ledger.Held, error) {
	h, _ := tx.db.ledger.accounts.get(a)
	h.Account = a
	return h, nil
}

func (tx *Tx) editAccount(a ledger.Account, edit func(*ledger.Held)) error {
	h, err := tx.Held(a)
	if err != nil {
		return err
	}
	edit(&h)
	return tx.db.ledger.accounts.put(tx, a, h)
}

// Accounts yields what is kept of each account, in order.
func (tx *Tx) Accounts() iter.Seq2[ledger.Held, error] { return tx.accounts("") }

func (tx *Tx) accounts(prefix string) iter.Seq2[ledger.Held, error] {
	return func(yield func(ledger.Held, error) bool) {
		for a, h := range tx.db.ledger.accounts.from(ledger.Account(prefix)) {
			if !strings.HasPrefix(string(a), prefix) || !yield(h, nil) {
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

// Balances yields balances of accounts with the prefix, in order.
func (tx *Tx) Balances(prefix string) iter.Seq2[ledger.Balance, error] {
	return func(yield func(ledger.Balance, error) bool) {
		for h, err := range tx.accounts(prefix) {
			for _, m := range h.Balances {
				if !yield(ledger.Balance{Account: h.Account, Amount: m}, err) {
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
