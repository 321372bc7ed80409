package voucher_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// The service agrees with a model through a thousand random steps.
func TestService_random(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var db *mem.DB
			w := vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
				db = mem.Open(now)
				return db.Vouchers()
			})
			claims, err := vendors.New(vendors.Config{Store: db.Vendors(), Rand: rand.Reader, Prover: access.TokenProver{Now: w.Clock.Read}})
			must(t, err)
			vouchertest.TestRandom(t, seed, 150, w, claims)
		})
	}
}
