package bolt

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func TestVouchers(t *testing.T) {
	vouchertest.TestStore(t, func(t testing.TB) voucher.Store { return newDB(t, Options{}).Vouchers() })
}

// The services keep their promises on this store too: a model predicts each
// answer of a day of sales, losses and claims.
func TestVouchers_random(t *testing.T) {
	var db *DB
	w := vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		db = newDB(t, Options{Now: now})
		return db.Vouchers()
	})
	claims, err := vendors.New(vendors.Config{Store: db.Vendors(), Rand: rand.Reader, Prover: access.TokenProver{Now: w.Clock.Read}})
	if err != nil {
		t.Fatal(err)
	}
	vouchertest.TestRandom(t, 1, 120, w, claims)
}
