package mem

import (
	"testing"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/vendors/vendorstest"
)

func TestVendors(t *testing.T) {
	vendorstest.TestStore(t, func(testing.TB) vendors.Store { return Open(clock).Vendors() })
}
