package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// BenchmarkIssueLot issues one lot of b.N vouchers, six to a household, into a
// real store, with a real print job. Beside the time it reports the core time
// of a voucher and the share of it that its bare signature would take: other
// work on the machine disturbs neither much.
func BenchmarkIssueLot(b *testing.B) {
	for _, mode := range []voucher.Mode{voucher.ModePIN, voucher.ModeSecret} {
		b.Run("mode="+string(mode), func(b *testing.B) { benchmarkIssueLot(b, mode) })
	}
}

func benchmarkIssueLot(b *testing.B, mode voucher.Mode) {
	dir := b.TempDir()
	var db *bolt.DB
	w := vouchertest.NewWorld(b, func(now func() time.Time) voucher.Store {
		var err error
		if db, err = bolt.Open(filepath.Join(dir, "jate.db"), bolt.Options{Now: now}); err != nil {
			b.Fatal(err)
		}
		return db.Vouchers()
	})
	defer db.Close()
	w.Update(func(tx voucher.Tx) error {
		finance, much := ledger.Actor{Role: "finance-preparer", Name: "p9"}, money.Francs(1_000_000_000_000)
		for _, e := range []ledger.Entry{
			{Kind: ledger.KindPledgeFund, Postings: []ledger.Posting{{Debit: ledger.Receivable("f1"), Credit: ledger.Fund("f1"), Amount: much}}},
			{Kind: ledger.KindAllocate, Round: "r1", Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: much}}},
		} {
			e.Actor = finance
			if _, err := ledger.Post(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	print, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "print"), 0o700); err != nil {
		b.Fatal(err)
	}
	cfg := w.Config()
	cfg.PrintRoom = printRoom{dir: dir, to: print.Recipient()}
	cmd := vouchertest.Lot("l1", b.N, 0, mode)
	cmd.Spares = nil
	cmd.Items = func(yield func(voucher.Item, error) bool) {
		for i := range b.N {
			if !yield(voucher.Item{Beneficiary: fmt.Sprintf("h%010d", i/6), Point: "P-7KQ", Zone: "z1", Home: "h1",
				Profile: 1, Value: money.Francs(5_000), Mode: mode}, nil) {
				return
			}
		}
	}
	bare := signingTime(b)
	start := coreTime(b)
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := voucher.New(db.Vouchers(), cfg).IssueLot(b.Context(), cmd); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	each := (coreTime(b) - start) / time.Duration(b.N)
	b.ReportMetric(float64(each.Nanoseconds()), "core-ns/op")
	b.ReportMetric(float64(bare)/float64(each), "signing-share")
}

// signingTime returns what crypto/ed25519 takes to sign a text of the length
// of a token's.
func signingTime(b *testing.B) time.Duration {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	text := make([]byte, 200)
	const n = 2_000
	start := coreTime(b)
	for range n {
		ed25519.Sign(key, text)
	}
	return (coreTime(b) - start) / n
}

// coreTime returns the time that all cores have worked for this process.
func coreTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
