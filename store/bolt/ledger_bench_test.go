package bolt

import (
	"fmt"
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// One redemption posted inside a transaction: what an Update costs the writer
// besides the disk. Compare allocs/op and bytes; times are the machine's.
func BenchmarkPost(b *testing.B) {
	db := newDB(b, Options{})
	by := ledger.Actor{Role: "server", Name: "rules"}
	const vouchers = 20_000
	card := func(i int) ledger.Account {
		return ledger.Voucher(fmt.Sprintf("h%09d", i), fmt.Sprintf("%016d", i))
	}
	entry := func(k ledger.Kind, debit, credit ledger.Account, francs int64) ledger.Entry {
		return ledger.Entry{Kind: k, Actor: by, Round: "mopti-1", Ref: "receipt",
			Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Francs(francs)}}}
	}
	post := func(tx *Tx, e ledger.Entry) {
		if _, err := ledger.Post(tx, e); err != nil {
			b.Fatal(err)
		}
	}
	update(b, db, func(tx *Tx) error {
		post(tx, entry(ledger.KindFund, ledger.Bank("b"), ledger.Fund("f"), vouchers))
		post(tx, entry(ledger.KindAllocate, ledger.Fund("f"), ledger.Round("mopti-1"), vouchers))
		return nil
	})
	for from := 0; from < vouchers; from += 2_000 {
		update(b, db, func(tx *Tx) error {
			for i := from; i < from+2_000; i++ {
				if err := tx.PutVoucherSalt(card(i), []byte("0123456789abcdef")); err != nil {
					return err
				}
				post(tx, entry(ledger.KindIssue, ledger.Round("mopti-1"), card(i), 1))
			}
			return nil
		})
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		i := n * 7919 % vouchers
		n++
		update(b, db, func(tx *Tx) error {
			if n > vouchers { // it is spent
				post(tx, entry(ledger.KindReverse, ledger.Redeemed("v1"), card(i), 1))
			}
			b.StartTimer()
			post(tx, entry(ledger.KindRedeem, card(i), ledger.Redeemed("v1"), 1))
			b.StopTimer()
			return nil
		})
		b.StartTimer()
	}
}
