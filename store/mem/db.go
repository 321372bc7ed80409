package mem

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jate-cva/jate/vendors"
)

// errReadOnly is a programming error: a write in a View, or after the end.
var errReadOnly = errors.New("mem: write outside of an Update")

// DB is a store in memory. It is safe for concurrent use.
type DB struct {
	mu           sync.RWMutex
	now          func() time.Time
	ledger       ledgerTables
	documents    documentTables
	vendors      vendorTables
	terms        termTables
	vouchers     voucherTables
	distribution distributionTables
	staff        staffTables
	grant        grantTables
	finance      financeTables
	reconcile    reconcileTables
	feedback     feedbackTables

	commits uint64 // so far
	writes  []write
}

// write is what reconcile.Written says of one commit.
type write struct {
	commit uint64
	claim  vendors.ClaimID // "" for others
	entry  uint64
	of     bool // the entry's claim
}

// Open returns an empty store that reads the time from now.
func Open(now func() time.Time) *DB { return &DB{now: now} }

// Tx is one transaction: it satisfies the Tx of every package that stores
// something. It must not be used after the function it was given to returns.
type Tx struct {
	db       *DB
	now      time.Time
	writable bool
	undo     []func() // what takes back each write, oldest first
	writes   []write
}

// Now returns the transaction's one clock reading, in UTC seconds.
func (tx *Tx) Now() time.Time { return tx.now }

func (db *DB) begin(writable bool) *Tx {
	return &Tx{db: db, now: db.now().UTC().Truncate(time.Second), writable: writable}
}

func (db *DB) view(ctx context.Context, fn func(*Tx) error) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(db.begin(false))
}

func (db *DB) update(ctx context.Context, fn func(*Tx) error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := db.begin(true)
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	if len(tx.undo) > 0 {
		db.commits++
		for _, w := range tx.writes {
			w.commit = db.commits
			db.writes = append(db.writes, w)
		}
	}
	tx.undo = nil
	return nil
}

// end takes back what was not committed, also while a panic unwinds.
func (tx *Tx) end() {
	tx.writable = false
	for i := len(tx.undo) - 1; i >= 0; i-- {
		tx.undo[i]()
	}
}

// store is a package's Store over the database, T being the package's Tx.
type store[T any] struct {
	db *DB
	as func(*Tx) T
}

func (s store[T]) View(ctx context.Context, fn func(T) error) error {
	return s.db.view(ctx, func(tx *Tx) error { return fn(s.as(tx)) })
}

func (s store[T]) Update(ctx context.Context, fn func(T) error) error {
	return s.db.update(ctx, func(tx *Tx) error { return fn(s.as(tx)) })
}
