package bolt

import (
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func TestVouchers(t *testing.T) {
	vouchertest.TestStore(t, func(t testing.TB) voucher.Store { return newDB(t, Options{}).Vouchers() })
}

// Randomness that comes back to where it was is found before the manifest is
// signed, and its vouchers are worth nothing.
func TestVouchers_brokenRandom(t *testing.T) {
	w := vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store { return newDB(t, Options{Now: now}).Vouchers() })
	cfg := w.Config()
	cfg.Rand = stuck{}
	_, err := voucher.New(w.Store, cfg).IssueLot(t.Context(), vouchertest.Lot("l1", 4, 0, voucher.ModeSecret))
	if err == nil || !strings.Contains(err.Error(), "randomness is broken") {
		t.Fatal(err)
	}
	var is voucher.Issue
	err = w.Store.View(t.Context(), func(tx voucher.Tx) (err error) {
		is, err = tx.Issue("l1")
		return err
	})
	if err != nil || is.Manifest != "" {
		t.Errorf("%+v, %v", is, err)
	}
}

// stuck gives the same byte for ever.
type stuck struct{}

func (stuck) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 77
	}
	return len(p), nil
}
