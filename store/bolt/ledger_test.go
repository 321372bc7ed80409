package bolt

import (
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
)

func TestLedger(t *testing.T) {
	ledgertest.TestStore(t, func(t testing.TB) ledger.Store {
		return newDB(t, Options{Now: ledgertest.Clock()}).Ledger()
	})
}
