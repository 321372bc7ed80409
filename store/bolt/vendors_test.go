package bolt

import (
	"testing"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/vendors/vendorstest"
)

func TestVendors(t *testing.T) {
	vendorstest.TestStore(t, func(t testing.TB) vendors.Store { return newDB(t, Options{}).Vendors() })
}
