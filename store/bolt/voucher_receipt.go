package bolt

import (
	"cmp"
	"errors"
	"iter"
	"math/bits"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// errNoReceipt says that an index of receipts points to none.
var errNoReceipt = receiptTable.wrap(errIndex)

// Receipt returns a record by its hash.
func (tx *Tx) Receipt(h voucher.Hash) (voucher.StoredReceipt, error) {
	_, r, err := tx.find(h)
	return r.StoredReceipt, err
}

// find returns a record by its hash, and its place among arrivals. Several may
// have the half of a hash that the index knows.
func (tx *Tx) find(h voucher.Hash) (uint64, receiptRecord, error) {
	places, err := arrivalTable.get(tx, h, voucher.ErrNotFound)
	for _, at := range places {
		r, err := receiptTable.get(tx, at, errNoReceipt)
		if err != nil || r.Hash == h {
			return at, r, err
		}
	}
	return 0, receiptRecord{}, cmp.Or(err, error(voucher.ErrNotFound))
}

// PutReceipt stores a record; the first time it gets its place among arrivals.
func (tx *Tx) PutReceipt(r voucher.StoredReceipt) error {
	at, was, err := tx.find(r.Hash)
	if errors.Is(err, voucher.ErrNotFound) {
		at, err = tx.arrive(r.Hash)
	}
	if err != nil {
		return err
	}
	now := receiptRecord{r}
	return errors.Join(receiptTable.put(tx, at, now), tx.indexReceipt(at, was, now))
}

// arrive gives a record the next place among arrivals.
func (tx *Tx) arrive(h voucher.Hash) (uint64, error) {
	last, found, err := receiptTable.last(tx, span{})
	if err != nil {
		return 0, err
	}
	at := last.key
	if found {
		at++
	}
	places, err := arrivalTable.get(tx, h, nil)
	if err != nil {
		return 0, err
	}
	return at, arrivalTable.put(tx, h, places.with(at))
}

// indexReceipt files a record under what it names now and did not before.
func (tx *Tx) indexReceipt(at uint64, was, now receiptRecord) error {
	var errs []error
	if now.Number != 0 && now.Number != was.Number {
		errs = append(errs, tx.name(now.Number, at))
	}
	if now.Handheld != "" && (now.Handheld != was.Handheld || now.Seq != was.Seq) {
		errs = append(errs, chainTable.put(tx, receiptFrom{now.Handheld, now.Seq, at}, none{}))
	}
	if now.Round != "" && now.Round != was.Round {
		k := numbered[string]{now.Round, at / membersEach}
		there, err := roundTable.get(tx, k, nil)
		errs = append(errs, err, roundTable.put(tx, k, there|1<<(at%membersEach)))
	}
	switch waited, waits := was.State == voucher.Waiting, now.State == voucher.Waiting; {
	case waits && !waited:
		errs = append(errs, waitingTable.put(tx, at, none{}))
	case waited && !waits:
		errs = append(errs, waitingTable.delete(tx, at))
	}
	return errors.Join(errs...)
}

// name files a record under its voucher: in the voucher's own record if it is
// the first, as nearly all are, so that a sale makes no key for it; and as a
// key if it is another, or if there is no such voucher.
func (tx *Tx) name(n voucher.Number, at uint64) error {
	v, err := voucherTable.get(tx, n, voucher.ErrNotFound)
	switch {
	case err == nil && v.first == 0:
		v.first = at + 1
		return voucherTable.put(tx, n, v)
	case err == nil && v.first == at+1:
		return nil
	case err != nil && !errors.Is(err, voucher.ErrNotFound):
		return err
	}
	return namedTable.put(tx, receiptFor{n, at}, none{})
}

// naming returns the places of the records that name a voucher.
func (tx *Tx) naming(n voucher.Number) (numbers, error) {
	var places numbers
	v, err := voucherTable.get(tx, n, voucher.ErrNotFound)
	if err != nil && !errors.Is(err, voucher.ErrNotFound) {
		return nil, err
	}
	for r, err := range namedTable.scan(tx, under(key{}.u64(uint64(n)))) {
		if err != nil {
			return nil, err
		}
		places = append(places, r.key.arrival)
	}
	if v.first != 0 {
		places = places.with(v.first - 1)
	}
	return places, nil
}

// ReceiptsFor yields the records that name a voucher in the order of arrival.
func (tx *Tx) ReceiptsFor(n voucher.Number) iter.Seq2[voucher.StoredReceipt, error] {
	return func(yield func(voucher.StoredReceipt, error) bool) {
		places, err := tx.naming(n)
		if err != nil {
			yield(voucher.StoredReceipt{}, err)
			return
		}
		for _, at := range places {
			if r, err := tx.arrival(at); !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// arrival returns the record that an index points to.
func (tx *Tx) arrival(at uint64) (voucher.StoredReceipt, error) {
	return read(tx, receiptTable, at, errNoReceipt, receiptRecord.receipt)
}

// ReceiptsFrom yields a handheld's records from a sequence on.
func (tx *Tx) ReceiptsFrom(h vendors.HandheldID, seq uint64) iter.Seq2[voucher.StoredReceipt, error] {
	s := under(key{}.str(string(h))).since(key{}.str(string(h)).u64(seq))
	return receipts(tx, chainTable, s, func(k receiptFrom) uint64 { return k.arrival })
}

// ReceiptsByRound yields a round's records in the order of arrival.
func (tx *Tx) ReceiptsByRound(round string) iter.Seq2[voucher.StoredReceipt, error] {
	return func(yield func(voucher.StoredReceipt, error) bool) {
		for r, err := range roundTable.scan(tx, under(key{}.str(round))) {
			if err != nil {
				yield(voucher.StoredReceipt{}, err)
				return
			}
			for there := uint64(r.value); there != 0; there &= there - 1 {
				at := r.key.n*membersEach + uint64(bits.TrailingZeros64(there))
				if r, err := tx.arrival(at); !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
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
