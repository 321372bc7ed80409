package mem

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

type voucherTables struct {
	vouchers  table[uint64, voucher.Voucher]
	serials   table[string, uint64] // serial
	holders   table[string, uint64] // beneficiary, number
	tokens    table[uint64, voucher.Token]
	issues    owned[voucher.Issue]
	receipts  table[uint64, voucher.StoredReceipt] // arrival
	arrivals  table[string, uint64]                // hash
	named     table[string, uint64]                // number, arrival
	chains    table[string, uint64]                // handheld, seq, arrival
	rounds    table[string, uint64]                // round, arrival
	proposals table[string, voucher.Proposal]
	beacons   table[string, time.Time] // hash
	embargoes table[string, voucher.Embargo]
}

var _ voucher.Tx = (*Tx)(nil)

// Vouchers returns the store of package voucher.
func (db *DB) Vouchers() voucher.Store {
	return store[voucher.Tx]{db, func(tx *Tx) voucher.Tx { return tx }}
}

// Voucher returns a voucher by its number.
func (tx *Tx) Voucher(n voucher.Number) (voucher.Voucher, error) {
	return tx.db.vouchers.vouchers.find(uint64(n), voucher.ErrNotFound)
}

// VoucherBySerial returns a voucher by its serial.
func (tx *Tx) VoucherBySerial(s voucher.Serial) (voucher.Voucher, error) {
	n, err := tx.db.vouchers.serials.find(string(s), voucher.ErrNotFound)
	if err != nil {
		return voucher.Voucher{}, err
	}
	return tx.Voucher(voucher.Number(n))
}

// PutVoucher stores a voucher, which keeps its serial and lot.
func (tx *Tx) PutVoucher(v voucher.Voucher) error {
	t := &tx.db.vouchers
	if was, ok := t.vouchers.get(uint64(v.Number)); ok && (was.Serial != v.Serial || was.Lot != v.Lot) {
		return fmt.Errorf("mem: voucher %d is another one", v.Number)
	} else if n, ok := t.serials.get(string(v.Serial)); ok && n != uint64(v.Number) {
		return fmt.Errorf("mem: the serial of voucher %d is taken", v.Number)
	} else if ok && was.Beneficiary != "" && was.Beneficiary != v.Beneficiary {
		return fmt.Errorf("mem: voucher %d is bound", v.Number)
	}
	errs := []error{t.vouchers.put(tx, uint64(v.Number), v), t.serials.put(tx, string(v.Serial), uint64(v.Number))}
	if v.Beneficiary != "" {
		errs = append(errs, t.holders.put(tx, key(v.Beneficiary, num(uint64(v.Number))), uint64(v.Number)))
	}
	return errors.Join(errs...)
}

// PutIssued stores vouchers that were just signed.
func (tx *Tx) PutIssued(vs []voucher.SignedVoucher) error {
	last, err := tx.LastNumber()
	for _, v := range vs {
		if err == nil && v.Voucher.Number <= last {
			err = fmt.Errorf("mem: voucher %d does not follow %d", v.Voucher.Number, last)
		}
		last = v.Voucher.Number
	}
	for _, v := range vs {
		if err != nil {
			return err
		}
		err = errors.Join(tx.PutVoucher(v.Voucher), tx.PutToken(v.Voucher.Number, v.Token))
		if v.Salt != nil {
			err = errors.Join(err, tx.PutVoucherSalt(v.Voucher.Account(), v.Salt))
		}
	}
	return err
}

// LastNumber returns the highest number in use.
func (tx *Tx) LastNumber() (voucher.Number, error) {
	keys := tx.db.vouchers.vouchers.keys
	if len(keys) == 0 {
		return 0, nil
	}
	return voucher.Number(keys[len(keys)-1]), nil
}

// Vouchers yields vouchers from a number on.
func (tx *Tx) Vouchers(from voucher.Number) iter.Seq2[voucher.Voucher, error] {
	return func(yield func(voucher.Voucher, error) bool) {
		for _, v := range tx.db.vouchers.vouchers.from(uint64(from)) {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// VouchersOf yields a beneficiary's vouchers in the order of issue.
func (tx *Tx) VouchersOf(beneficiary string) iter.Seq2[voucher.Voucher, error] {
	return follow(&tx.db.vouchers.vouchers, &tx.db.vouchers.holders, key(beneficiary, ""), "")
}

// Token returns a voucher's token.
func (tx *Tx) Token(n voucher.Number) (voucher.Token, error) {
	return tx.db.vouchers.tokens.find(uint64(n), voucher.ErrNotFound)
}

// PutToken stores a voucher's token.
func (tx *Tx) PutToken(n voucher.Number, t voucher.Token) error {
	return tx.db.vouchers.tokens.put(tx, uint64(n), t)
}

// Issue returns what was signed for a lot.
func (tx *Tx) Issue(lot string) (voucher.Issue, error) {
	is, err := tx.db.vouchers.issues.find(lot)
	if errors.Is(err, vendors.ErrNotFound) {
		return is, voucher.ErrNotFound
	}
	return is, err
}

// PutIssue stores what was signed for a lot.
func (tx *Tx) PutIssue(i voucher.Issue) error {
	return tx.db.vouchers.issues.put(tx, i.Programme, i.Lot, i)
}

// Issues yields a programme's issues in order.
func (tx *Tx) Issues(programme string) iter.Seq2[voucher.Issue, error] {
	return tx.db.vouchers.issues.of(programme, "")
}

// Receipt returns a record by its hash.
func (tx *Tx) Receipt(h voucher.Hash) (voucher.StoredReceipt, error) {
	at, err := tx.db.vouchers.arrivals.find(string(h[:]), voucher.ErrNotFound)
	if err != nil {
		return voucher.StoredReceipt{}, err
	}
	return tx.db.vouchers.receipts.find(at, voucher.ErrNotFound)
}

// PutReceipt stores a record; the first time it gets its place among arrivals.
func (tx *Tx) PutReceipt(r voucher.StoredReceipt) error {
	t := &tx.db.vouchers
	at, known := t.arrivals.get(string(r.Hash[:]))
	if !known {
		at = uint64(len(t.receipts.keys))
	}
	errs := []error{t.receipts.put(tx, at, r), t.arrivals.put(tx, string(r.Hash[:]), at)}
	if r.Number != 0 {
		errs = append(errs, t.named.put(tx, key(num(uint64(r.Number)), num(at)), at))
	}
	if r.Handheld != "" {
		errs = append(errs, t.chains.put(tx, key(string(r.Handheld), num(r.Seq), num(at)), at))
	}
	if r.Round != "" {
		errs = append(errs, t.rounds.put(tx, key(r.Round, num(at)), at))
	}
	return errors.Join(errs...)
}

// ReceiptsFor yields the records that name a voucher in the order of arrival.
func (tx *Tx) ReceiptsFor(n voucher.Number) iter.Seq2[voucher.StoredReceipt, error] {
	return follow(&tx.db.vouchers.receipts, &tx.db.vouchers.named, key(num(uint64(n)), ""), "")
}

// ReceiptsFrom yields a handheld's records from a sequence on.
func (tx *Tx) ReceiptsFrom(h vendors.HandheldID, seq uint64) iter.Seq2[voucher.StoredReceipt, error] {
	return follow(&tx.db.vouchers.receipts, &tx.db.vouchers.chains, key(string(h), ""), num(seq))
}

// ReceiptsByRound yields a round's records in the order of arrival.
func (tx *Tx) ReceiptsByRound(round string) iter.Seq2[voucher.StoredReceipt, error] {
	return follow(&tx.db.vouchers.receipts, &tx.db.vouchers.rounds, key(round, ""), "")
}

// WaitingSince yields waiting receipts that arrived before the instant.
func (tx *Tx) WaitingSince(before time.Time) iter.Seq2[voucher.StoredReceipt, error] {
	return func(yield func(voucher.StoredReceipt, error) bool) {
		for _, r := range tx.db.vouchers.receipts.from(0) {
			if r.State == voucher.Waiting && r.At.To.Before(before) && !yield(r, nil) {
				return
			}
		}
	}
}

// Proposal returns what waits for a second person.
func (tx *Tx) Proposal(id string) (voucher.Proposal, error) {
	return tx.db.vouchers.proposals.find(id, voucher.ErrNotFound)
}

// PutProposal stores what waits for a second person.
func (tx *Tx) PutProposal(p voucher.Proposal) error {
	return tx.db.vouchers.proposals.put(tx, p.ID, p)
}

// Embargo returns a lot's embargo.
func (tx *Tx) Embargo(lot string) (voucher.Embargo, error) {
	return tx.db.vouchers.embargoes.find(lot, voucher.ErrNotFound)
}

// PutEmbargo stores a lot's embargo.
func (tx *Tx) PutEmbargo(e voucher.Embargo) error {
	return tx.db.vouchers.embargoes.put(tx, e.Lot, e)
}

// Beacon returns when a beacon was signed.
func (tx *Tx) Beacon(h voucher.Hash) (time.Time, error) {
	return tx.db.vouchers.beacons.find(string(h[:]), voucher.ErrNotFound)
}

// PutBeacon stores when a beacon was signed.
func (tx *Tx) PutBeacon(h voucher.Hash, at time.Time) error {
	return tx.db.vouchers.beacons.put(tx, string(h[:]), at)
}

// follow yields the rows that an index's keys with the prefix point to, from
// prefix+from on.
func follow[V any](rows *table[uint64, V], index *table[string, uint64], prefix, from string) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for k, at := range index.from(prefix + from) {
			if !strings.HasPrefix(k, prefix) {
				return
			}
			v, ok := rows.get(at)
			if !ok {
				continue
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
