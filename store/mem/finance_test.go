package mem

import (
	"testing"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/finance/financetest"
)

func TestFinance(t *testing.T) {
	financetest.TestStore(t, func(testing.TB) finance.Store { return Open(clock).Finance() })
}
