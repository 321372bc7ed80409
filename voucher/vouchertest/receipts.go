package vouchertest

import (
	"errors"
	"testing"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

func testReceipts(t *testing.T, s voucher.Store) {
	// Arrivals: entries 1 to 6, with what they name.
	type named struct {
		seq    uint64
		number voucher.Number
		round  string
		by     vendors.HandheldID
	}
	rs := []named{{300, 1, "r1", "h1"}, {2, 2, "r1", "h1"}, {2, 1, "r", "h1"}, {1, 0, "", "h1"}, {7, 256, "r11", "h11"}, {0, 1, "r1", ""}}
	update(t, s, func(tx voucher.Tx) error {
		for i, n := range rs {
			r := aReceipt(uint64(i + 1))
			r.Seq, r.Number, r.Round, r.Handheld = n.seq, n.number, n.round, n.by
			if err := tx.PutReceipt(r); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx voucher.Tx) error {
		expect(t, "for 1", list(t, tx.ReceiptsFor(1), entry), "[1 3 6]")
		expect(t, "for 2", list(t, tx.ReceiptsFor(2), entry), "[2]")
		expect(t, "for none", list(t, tx.ReceiptsFor(0), entry), "[]")
		expect(t, "of r1", list(t, tx.ReceiptsByRound("r1"), entry), "[1 2 6]")
		expect(t, "of no round", list(t, tx.ReceiptsByRound(""), entry), "[]")
		expect(t, "from h1", list(t, tx.ReceiptsFrom("h1", 0), entry), "[4 2 3 1]") // two of one sequence
		expect(t, "from h1, 2 on", list(t, tx.ReceiptsFrom("h1", 2), entry), "[2 3 1]")
		expect(t, "from h1, 3 on", list(t, tx.ReceiptsFrom("h1", 3), entry), "[1]")
		expect(t, "from h1, 301 on", list(t, tx.ReceiptsFrom("h1", 301), entry), "[]")
		expect(t, "from no handheld", list(t, tx.ReceiptsFrom("", 0), entry), "[]")
		return nil
	})
}

// A record is put again when it is settled, and sometimes only then names a
// voucher; its place among arrivals stays.
func testRefile(t *testing.T, s voucher.Store) {
	early := aReceipt(1)
	early.Number, early.Round = 0, ""
	update(t, s, func(tx voucher.Tx) error { return errors.Join(tx.PutReceipt(early), tx.PutReceipt(aReceipt(2))) })
	early.Number, early.Round, early.State = 1, "r1", voucher.Contested
	update(t, s, func(tx voucher.Tx) error { return tx.PutReceipt(early) })
	view(t, s, func(tx voucher.Tx) error {
		expect(t, "for 1", list(t, tx.ReceiptsFor(1), entry), "[1 2]")
		expect(t, "of r1", list(t, tx.ReceiptsByRound("r1"), entry), "[1 2]")
		expect(t, "from h1", list(t, tx.ReceiptsFrom("h1", 1), entry), "[1 2]")
		same(t, early)(tx.Receipt(early.Hash))
		return nil
	})
}

func testWaiting(t *testing.T, s voucher.Store) {
	waiting := func(n uint64, arrived time.Time) voucher.StoredReceipt {
		r := aReceipt(n)
		r.State, r.At.To = voucher.Waiting, arrived
		return r
	}
	update(t, s, func(tx voucher.Tx) error {
		return errors.Join(tx.PutReceipt(waiting(1, at.Add(2*time.Hour))), tx.PutReceipt(aReceipt(2)),
			tx.PutReceipt(waiting(3, at)), tx.PutReceipt(waiting(4, at.Add(time.Hour))))
	})
	since := func(want string, before time.Time) {
		t.Helper()
		view(t, s, func(tx voucher.Tx) error {
			expect(t, "waiting since "+before.Format(time.TimeOnly), list(t, tx.WaitingSince(before), entry), want)
			return nil
		})
	}
	since("[]", at)
	since("[3]", at.Add(time.Second))
	since("[1 3 4]", at.AddDate(0, 0, 1)) // in the order of arrival
	update(t, s, func(tx voucher.Tx) error {
		r, err := tx.Receipt(aReceipt(3).Hash)
		if err != nil {
			return err
		}
		r.State = voucher.Payable
		return tx.PutReceipt(r)
	})
	since("[1 4]", at.AddDate(0, 0, 1))
	update(t, s, func(tx voucher.Tx) error { return tx.PutReceipt(waiting(2, at)) })
	since("[1 2 4]", at.AddDate(0, 0, 1))
}

// A sweep settles what it walks over, and a close stops the vouchers it lists.
func testWriteInWalk(t *testing.T, s voucher.Store) {
	update(t, s, func(tx voucher.Tx) error {
		for n := range uint64(5) {
			r := aReceipt(n)
			r.State = voucher.Waiting
			if err := errors.Join(tx.PutReceipt(r), tx.PutVoucher(aCard(voucher.Number(n+1)))); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx voucher.Tx) error {
		swept, stopped := 0, 0
		for r, err := range tx.WaitingSince(at.AddDate(1, 0, 0)) {
			if err != nil {
				return err
			}
			swept, r.State = swept+1, voucher.Payable
			if err := tx.PutReceipt(r); err != nil {
				return err
			}
		}
		for v, err := range tx.Vouchers(0) {
			if err != nil {
				return err
			}
			stopped, v.HeldAt = stopped+1, at
			if err := tx.PutVoucher(v); err != nil {
				return err
			}
			if stopped == 2 { // what comes later in order is walked over too
				if err := tx.PutVoucher(aCard(9)); err != nil {
					return err
				}
			}
		}
		if swept != 5 || stopped != 6 {
			t.Errorf("walked over %d receipts and %d vouchers, want 5 and 6", swept, stopped)
		}
		if n := len(collect(t, tx.WaitingSince(at.AddDate(1, 0, 0)))); n != 0 {
			t.Errorf("%d receipts still wait", n)
		}
		return nil
	})
}
