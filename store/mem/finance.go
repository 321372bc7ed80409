package mem

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/vendors"
)

type financeTables struct {
	movements owned[finance.Movement]
	periods   table[string, finance.Period] // month
}

var _ finance.Tx = (*Tx)(nil)

// Finance returns the store of package finance.
func (db *DB) Finance() finance.Store {
	return store[finance.Tx]{db, func(tx *Tx) finance.Tx { return tx }}
}

// Movement returns a movement.
func (tx *Tx) Movement(id string) (finance.Movement, error) {
	m, err := tx.db.finance.movements.find(id)
	if errors.Is(err, vendors.ErrNotFound) {
		return m, finance.ErrNotFound
	}
	return m, err
}

// PutMovement stores a movement.
func (tx *Tx) PutMovement(m finance.Movement) error {
	return tx.db.finance.movements.put(tx, m.Programme, m.ID, m)
}

// Movements yields a programme's movements in order.
func (tx *Tx) Movements(programme, after string) iter.Seq2[finance.Movement, error] {
	return tx.db.finance.movements.of(programme, after)
}

// Period returns a month.
func (tx *Tx) Period(month string) (finance.Period, error) {
	return tx.db.finance.periods.find(month, finance.ErrNotFound)
}

// PutPeriod stores a month.
func (tx *Tx) PutPeriod(p finance.Period) error { return tx.db.finance.periods.put(tx, p.Month, p) }
