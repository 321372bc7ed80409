package bolt

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// bytesPerVoucherMax bounds what a voucher's whole life takes of the data, so
// that a record that grows is noticed: ten million must fit on a small disk.
const bytesPerVoucherMax = 2_600

// A lot is issued, handed over and redeemed through the real service, card by
// card in an order that has nothing to do with the order of issue.
func TestBytesPerVoucher(t *testing.T) {
	n := 2_000
	if testing.Short() {
		n = 200
	}
	var db *DB
	w := vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		db = newDB(t, Options{Now: now})
		return db.Vouchers()
	})
	w.Update(func(tx voucher.Tx) error {
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindPledgeFund, Actor: ledger.Actor{Role: "finance-preparer", Name: "p9"},
			Postings: []ledger.Posting{{Debit: ledger.Receivable("f1"), Credit: ledger.Fund("f1"), Amount: money.Francs(1e9)}}})
		if err != nil {
			return err
		}
		_, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Round: "r1", Actor: ledger.Actor{Role: "finance-preparer", Name: "p9"},
			Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money.Francs(1e9)}}})
		return err
	})
	before := size(t, db)
	cards := w.Issue("l1", n, 0, voucher.ModeSecret)
	issued := size(t, db)

	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	slices.Sort(cards) // serials are random
	for batch := range slices.Chunk(cards, 64) {
		w.Expect(w.Activate(batch...), voucher.Accepted, "")
	}
	w.Refresh("h1")
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	for batch := range slices.Chunk(cards, 20) {
		var records []string
		for _, s := range batch {
			records = append(records, w.Sale("h1", s))
		}
		for _, o := range w.Send("h1", records...) {
			w.Expect(o, voucher.Payable, "")
		}
	}
	redeemed := size(t, db)

	type use struct {
		name         string
		inuse, alloc int
	}
	var uses []use
	var total use
	for name, s := range redeemed {
		u := use{name, (s.LeafInuse - before[name].LeafInuse + s.BranchInuse - before[name].BranchInuse) / n,
			(s.LeafAlloc - before[name].LeafAlloc + s.BranchAlloc - before[name].BranchAlloc) / n}
		uses = append(uses, u)
		total.inuse, total.alloc = total.inuse+u.inuse, total.alloc+u.alloc
	}
	slices.SortFunc(uses, func(a, b use) int { return cmp.Compare(b.alloc, a.alloc) })
	t.Logf("%d vouchers: %d bytes each, %d in pages (%d after issue)", n, total.inuse, total.alloc, allocated(issued, before)/n)
	for _, u := range uses {
		if u.alloc > 0 {
			t.Logf("%-16s %5d %5d", u.name, u.inuse, u.alloc)
		}
	}
	if total.inuse == 0 || total.inuse > bytesPerVoucherMax {
		t.Errorf("a voucher takes %d bytes, want 1 to %d", total.inuse, bytesPerVoucherMax)
	}
}

func allocated(now, before map[string]bbolt.BucketStats) int {
	sum := 0
	for name, s := range now {
		sum += s.LeafAlloc + s.BranchAlloc - before[name].LeafAlloc - before[name].BranchAlloc
	}
	return sum
}

// size returns what each bucket takes of the file.
func size(t testing.TB, db *DB) map[string]bbolt.BucketStats {
	t.Helper()
	sizes := map[string]bbolt.BucketStats{}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := db.file.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if !strings.HasPrefix(string(name), "test-") {
				sizes[string(name)] = b.Stats()
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}
