package mem

import "github.com/jate-cva/jate/leaving"

// Leaving returns the store of package leaving.
func (db *DB) Leaving() leaving.Store {
	return store[leaving.Tx]{db, func(tx *Tx) leaving.Tx { return tx }}
}
