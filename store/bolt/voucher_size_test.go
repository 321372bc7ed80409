package bolt

import (
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

// What a voucher's whole life may take of the data folder: ten million must fit
// on a small disk. Records are held to less, so that one that grows is noticed
// before the disk is.
const (
	bytesPerVoucherMax       = 2_000
	recordBytesPerVoucherMax = 1_750
)

// Lots are issued, handed over and redeemed through the real service, card by
// card in an order that has nothing to do with the order of issue. Whole pages
// are counted, and those that are free: all that the file has grown by.
func TestBytesPerVoucher(t *testing.T) {
	const n = 1_000 // make bench measures as many as a lot has
	var db *DB
	w := vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		db = newDB(t, Options{Now: now})
		return db.Vouchers()
	})
	w.Update(func(tx voucher.Tx) error {
		money := money.Francs(1e9)
		for _, e := range []ledger.Entry{
			{Kind: ledger.KindPledgeFund, Postings: []ledger.Posting{{Debit: ledger.Receivable("f1"), Credit: ledger.Fund("f1"), Amount: money}}},
			{Kind: ledger.KindAllocate, Round: "r1", Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money}}},
		} {
			e.Actor = ledger.Actor{Role: "finance-preparer", Name: "p9"}
			if _, err := ledger.Post(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	first := live(t, w, db, "l1", n)
	second := live(t, w, db, "l2", n)
	third := live(t, w, db, "l3", n)
	t.Logf("%d vouchers each: %+v, %+v, %+v", n, first, second, third)
	if first.records == 0 || third.records > recordBytesPerVoucherMax {
		t.Errorf("a voucher takes %d bytes of records, want 1 to %d", third.records, recordBytesPerVoucherMax)
	}
	if first.file > bytesPerVoucherMax {
		t.Errorf("the file grew by %d bytes a voucher, want at most %d", first.file, bytesPerVoucherMax)
	}
	if most := first.records + first.records/50; third.records > most {
		t.Errorf("a voucher takes %d bytes of records in an empty store and %d later: it is not flat", first.records, third.records)
	}
	if average := (first.file + second.file + third.file) / 3; average > bytesPerVoucherMax {
		t.Errorf("the file grew by %d bytes a voucher, want at most %d", average, bytesPerVoucherMax)
	}
}

// taken is what one voucher takes, in bytes.
type taken struct {
	records, pages int // of buckets
	file           int // with the pages that are free
}

// live lets a lot of n vouchers live, and logs what it takes by bucket.
func live(t *testing.T, w *vouchertest.World, db *DB, lot string, n int) taken {
	t.Helper()
	before, fileBefore := size(t, db)
	began := w.Clock.Now
	w.Clock.Now = vouchertest.Opens.Add(-time.Hour)
	if w.Clock.Now.Before(began) {
		w.Clock.Now = began
	}
	cards := w.Issue(lot, n, 0, voucher.ModePIN)
	w.Clock.Now = w.Clock.Now.Add(2 * time.Hour)
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
	after, file := size(t, db)
	out := taken{file: (file - fileBefore) / n}
	for name, s := range after {
		records := s.LeafInuse - before[name].LeafInuse + s.BranchInuse - before[name].BranchInuse
		pages := s.LeafAlloc - before[name].LeafAlloc + s.BranchAlloc - before[name].BranchAlloc
		out.records, out.pages = out.records+records, out.pages+pages
		if records/n > 0 {
			t.Logf("%s %-16s %5d %5d", lot, name, records/n, pages/n)
		}
	}
	out.records, out.pages = out.records/n, out.pages/n
	return out
}

// size returns what each bucket takes of the file, and how far its pages go.
func size(t testing.TB, db *DB) (buckets map[string]bbolt.BucketStats, file int) {
	t.Helper()
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	buckets = map[string]bbolt.BucketStats{}
	err := db.file.View(func(tx *bbolt.Tx) error {
		file = int(tx.Size())
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if !strings.HasPrefix(string(name), "test-") {
				buckets[string(name)] = b.Stats()
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return buckets, file
}
