package bolt

import "github.com/jate-cva/jate/finance"

var _ finance.Tx = (*Tx)(nil)

// Finance returns the store of package finance.
func (db *DB) Finance() finance.Store {
	return store[finance.Tx]{db, func(tx *Tx) finance.Tx { return tx }}
}
