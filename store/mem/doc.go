// Package mem is the store in maps: the reference model that tests and
// simulations compare the durable stores with. Nothing outlives the process.
//
// # What it guarantees
//
//   - An Update that returns an error, or panics, leaves nothing behind.
//   - One Update runs at a time, and no View while it runs, so a View sees only
//     what was committed. Views run beside each other.
//   - A value read is a copy, and so is what is kept of a value written: an edit
//     becomes visible only by being put back.
//   - The clock is read once per transaction.
//
// A transaction must not start another one: it would wait for itself.
//
// # Adding a package's tables
//
// One file per package (ledger.go is the pattern) holds three things: a struct
// of tables, whose zero value is empty and ready; one-line methods on *Tx that
// read and write them; and a method of DB that returns the package's Store.
// DB gets one field:
//
//	type vendorTables struct {
//		vendors table[string, vendors.Vendor] // programme, id
//		byID    table[vendors.ID, string]     // the key in vendors
//	}
//
//	func (db *DB) Vendors() vendors.Store {
//		return store[vendors.Tx]{db, func(tx *Tx) vendors.Tx { return tx }}
//	}
//
// Keys are numbers or strings and sort as such. A key of several parts is made
// with key and num; under walks the part of a table with one prefix.
package mem
