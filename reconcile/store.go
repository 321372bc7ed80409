package reconcile

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/feedback"
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
	// CaseComments yields a case's comments in the order of their numbers.
	CaseComments(id string) iter.Seq2[Comment, error]
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
