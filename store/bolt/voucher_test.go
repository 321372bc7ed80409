package bolt

import (
	"testing"

	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func TestVouchers(t *testing.T) {
	vouchertest.TestStore(t, func(t testing.TB) voucher.Store { return newDB(t, Options{}).Vouchers() })
}
