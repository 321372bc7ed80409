package mem

import (
	"errors"
	"iter"
	"slices"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

type reconcileTables struct {
	cases    owned[reconcile.Case]
	comments table[string, reconcile.Comment] // case, n
}

var _ reconcile.Tx = (*Tx)(nil)

// Reconcile returns the store of package reconcile.
func (db *DB) Reconcile() reconcile.Store {
	return store[reconcile.Tx]{db, func(tx *Tx) reconcile.Tx { return tx }}
}

// Case returns a case.
func (tx *Tx) Case(id string) (reconcile.Case, error) {
	c, err := tx.db.reconcile.cases.find(id)
	if errors.Is(err, vendors.ErrNotFound) {
		return c, reconcile.ErrNotFound
	}
	return c, err
}

// PutCase stores a case.
func (tx *Tx) PutCase(c reconcile.Case) error {
	return tx.db.reconcile.cases.put(tx, c.Programme, c.ID, c)
}

// Cases yields a programme's cases in order.
func (tx *Tx) Cases(programme string) iter.Seq2[reconcile.Case, error] {
	return tx.db.reconcile.cases.of(programme, "")
}

// PutCaseComment stores a comment.
func (tx *Tx) PutCaseComment(c reconcile.Comment) error {
	return tx.db.reconcile.comments.put(tx, key(c.Case, num(uint64(c.N))), c)
}

// CaseComments yields a case's comments in order.
func (tx *Tx) CaseComments(id string) iter.Seq2[reconcile.Comment, error] {
	return under(&tx.db.reconcile.comments, key(id, ""), "")
}

// Mark names what the transaction sees.
func (tx *Tx) Mark() reconcile.Mark {
	if tx.writable {
		return 0
	}
	return reconcile.Mark(tx.db.commits + 1)
}

// Written says what was written since a mark. Of all else it knows only whether
// there was a commit.
func (tx *Tx) Written(since reconcile.Mark) (reconcile.Written, bool) {
	if tx.writable || since == 0 || uint64(since) > tx.db.commits+1 {
		return reconcile.Written{}, false
	}
	w := reconcile.Written{Claims: map[vendors.ClaimID]bool{}, Else: uint64(since) <= tx.db.commits}
	for _, x := range slices.Backward(tx.db.writes) {
		if x.commit < uint64(since) {
			break
		}
		if x.of {
			w.Entries = append(w.Entries, x.entry)
		} else {
			w.Claims[x.claim] = true
		}
	}
	return w, true
}
