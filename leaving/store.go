package leaving

import (
	"context"

	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/reconcile"
)

// Tx is what this package needs of the store inside one transaction.
type Tx interface {
	grant.Tx
	finance.Tx
	reconcile.Tx
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
