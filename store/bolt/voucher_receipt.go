package bolt

import (
	"errors"
	"iter"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Receipt returns a record by its hash.
func (tx *Tx) Receipt(h voucher.Hash) (voucher.StoredReceipt, error) {
	at, err := arrivalTable.get(tx, h, voucher.ErrNotFound)
	if err != nil {
		return voucher.StoredReceipt{}, err
	}
	return tx.arrival(at)
}

// arrival returns the record that an index points to.
func (tx *Tx) arrival(at uint64) (voucher.StoredReceipt, error) {
	return read(tx, receiptTable, at, receiptTable.wrap(errIndex), receiptRecord.receipt)
}

// PutReceipt stores a record; the first time it gets its place among arrivals.
func (tx *Tx) PutReceipt(r voucher.StoredReceipt) error {
	at, known, err := tx.place(r.Hash)
	if err != nil {
		return err
	}
	var was receiptRecord
	if known {
		if was, err = receiptTable.get(tx, at, receiptTable.wrap(errIndex)); err != nil {
			return err
		}
	} else if err := arrivalTable.put(tx, r.Hash, at); err != nil {
		return err
	}
	now := receiptRecordOf(r)
	return errors.Join(receiptTable.put(tx, at, now), tx.indexReceipt(at, was, now))
}

// place returns where among arrivals a record is, or will be.
func (tx *Tx) place(h voucher.Hash) (at uint64, known bool, err error) {
	at, err = arrivalTable.get(tx, h, voucher.ErrNotFound)
	if err == nil || !errors.Is(err, voucher.ErrNotFound) {
		return at, err == nil, err
	}
	last, found, err := receiptTable.last(tx, span{})
	if found {
		last.key++
	}
	return last.key, false, err
}

// indexReceipt files a record under what it names now and did not before.
func (tx *Tx) indexReceipt(at uint64, was, now receiptRecord) error {
	var errs []error
	if now.Number != 0 && now.Number != was.Number {
		errs = append(errs, namedTable.put(tx, receiptFor{voucher.Number(now.Number), at}, none{}))
	}
	if now.Handheld != "" && (now.Handheld != was.Handheld || now.Seq != was.Seq) {
		errs = append(errs, chainTable.put(tx, receiptFrom{vendors.HandheldID(now.Handheld), now.Seq, at}, none{}))
	}
	if now.Round != "" && now.Round != was.Round {
		errs = append(errs, roundTable.put(tx, numbered[string]{now.Round, at}, none{}))
	}
	waited, waits := was.State == string(voucher.Waiting), now.State == string(voucher.Waiting)
	switch {
	case waits && !waited:
		errs = append(errs, waitingTable.put(tx, at, none{}))
	case waited && !waits:
		errs = append(errs, waitingTable.delete(tx, at))
	}
	return errors.Join(errs...)
}

// ReceiptsFor yields the records that name a voucher in the order of arrival.
func (tx *Tx) ReceiptsFor(n voucher.Number) iter.Seq2[voucher.StoredReceipt, error] {
	return receipts(tx, namedTable, under(key{}.u64(uint64(n))), func(k receiptFor) uint64 { return k.arrival })
}

// ReceiptsFrom yields a handheld's records from a sequence on.
func (tx *Tx) ReceiptsFrom(h vendors.HandheldID, seq uint64) iter.Seq2[voucher.StoredReceipt, error] {
	s := under(key{}.str(string(h))).since(key{}.str(string(h)).u64(seq))
	return receipts(tx, chainTable, s, func(k receiptFrom) uint64 { return k.arrival })
}

// ReceiptsByRound yields a round's records in the order of arrival.
func (tx *Tx) ReceiptsByRound(round string) iter.Seq2[voucher.StoredReceipt, error] {
	return receipts(tx, roundTable, under(key{}.str(round)), func(k numbered[string]) uint64 { return k.n })
}

// WaitingSince yields waiting receipts that arrived before the instant, in the
// order of arrival.
func (tx *Tx) WaitingSince(before time.Time) iter.Seq2[voucher.StoredReceipt, error] {
	return func(yield func(voucher.StoredReceipt, error) bool) {
		for r, err := range receipts(tx, waitingTable, span{}, func(at uint64) uint64 { return at }) {
			if err == nil && !r.At.To.Before(before) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// receipts yields the records that an index's keys point to.
func receipts[K any](tx *Tx, index table[K, none], s span, arrival func(K) uint64) iter.Seq2[voucher.StoredReceipt, error] {
	return convert(follow(tx, index, s, receiptTable, arrival), receiptRecord.receipt)
}
