package finance

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/distribution"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	distribution.Tx

	// Period returns a month that somebody proposed to close.
	Period(month string) (Period, error)
	PutPeriod(p Period) error

	Movement(id string) (Movement, error)
	PutMovement(m Movement) error
	// Movements yields a programme's movements with an id above after, in order.
	Movements(programme, after string) iter.Seq2[Movement, error]
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
