package bolt

import (
	"testing"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/finance/financetest"
)

func TestFinance(t *testing.T) {
	financetest.TestStore(t, func(t testing.TB) finance.Store { return newDB(t, Options{}).Finance() })
}
