package reconcile

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/vendors"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	feedback.Tx

	Case(id string) (Case, error)
	// PutCase stores c; a case keeps its programme for ever.
	PutCase(c Case) error
	// Cases yields a programme's cases in the order of their ids.
	Cases(programme string) iter.Seq2[Case, error]
	PutCaseComment(c Comment) error
	// Mark names what a View sees, for a later one's Written; 0 in an Update.
	Mark() Mark
	// Written says what was written between what an earlier View saw and what
	// this one does; false where the store does not know, as after a start, and
	// in an Update. It may say too much.
	Written(since Mark) (Written, bool)

	// CaseComments yields a case's comments in the order of their numbers.
	CaseComments(id string) iter.Seq2[Comment, error]
}

// Mark names a state of a store while its process runs. It means nothing to
// another one.
type Mark uint64

// Written is what was written between two marks. The journal is not in it, nor
// what it makes of balances: it only grows. Nor are cases.
type Written struct {
	Claims  map[vendors.ClaimID]bool // of which the claim, a line or a reading was written
	Entries []uint64                 // that were put into a claim, or taken out
	Else    bool                     // anything else that a reconciliation may read
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
