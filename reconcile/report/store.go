package report

import (
	"context"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/reconcile"
)

// Tx is what this package reads inside one transaction: all there is, so that
// every figure of a report is of the same instant.
type Tx interface {
	distribution.Tx
	reconcile.Tx
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
}
