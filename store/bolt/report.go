package bolt

import "github.com/jate-cva/jate/reconcile/report"

var _ report.Tx = (*Tx)(nil)

// Reports returns the store of package report, which reads all there is.
func (db *DB) Reports() report.Store {
	return store[report.Tx]{db, func(tx *Tx) report.Tx { return tx }}
}
