package mem

import (
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
)

func TestLedger(t *testing.T) {
	ledgertest.TestStore(t, func(testing.TB) ledger.Store { return Open(ledgertest.Clock()).Ledger() })
}
