package mem

import (
	"testing"

	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func TestVouchers(t *testing.T) {
	vouchertest.TestStore(t, func(testing.TB) voucher.Store { return Open(clock).Vouchers() })
}
