package bolt

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher"
)

var _ voucher.Tx = (*Tx)(nil)

// Vouchers returns the store of package voucher.
func (db *DB) Vouchers() voucher.Store {
	return store[voucher.Tx]{db, func(tx *Tx) voucher.Tx { return tx }}
}

// Voucher returns a voucher by its number.
func (tx *Tx) Voucher(n voucher.Number) (voucher.Voucher, error) {
	return tx.voucher(n, voucher.ErrNotFound)
}

func (tx *Tx) voucher(n voucher.Number, missing error) (voucher.Voucher, error) {
	return read(tx, voucherTable, n, missing, func(r voucherRecord) voucher.Voucher { return r.voucher(n) })
}

// VoucherBySerial returns a voucher by its serial.
func (tx *Tx) VoucherBySerial(s voucher.Serial) (voucher.Voucher, error) {
	n, err := serialTable.get(tx, s, voucher.ErrNotFound)
	if err != nil {
		return voucher.Voucher{}, err
	}
	return tx.voucher(voucher.Number(n), voucherTable.wrap(errIndex))
}

// PutVoucher stores a voucher, which keeps its serial, its lot, and whom it is
// bound to. Its indexes are written once.
func (tx *Tx) PutVoucher(v voucher.Voucher) error {
	was, err := voucherTable.get(tx, v.Number, voucher.ErrNotFound)
	known := err == nil
	switch {
	case err != nil && !errors.Is(err, voucher.ErrNotFound):
		return err
	case known && (was.Serial != v.Serial || was.Lot != v.Lot):
		return fmt.Errorf("voucher %d is another one", v.Number)
	case known && was.Beneficiary != "" && was.Beneficiary != v.Beneficiary:
		return fmt.Errorf("voucher %d is bound", v.Number)
	}
	if !known {
		if taken, err := serialTable.has(tx, v.Serial); err != nil {
			return err
		} else if taken {
			return fmt.Errorf("the serial of voucher %d is taken", v.Number)
		}
		if err := serialTable.put(tx, v.Serial, ordinal(v.Number)); err != nil {
			return err
		}
	}
	if v.Beneficiary != "" && was.Beneficiary == "" {
		if err := tx.bind(v.Beneficiary, v.Number); err != nil {
			return err
		}
	}
	return voucherTable.put(tx, v.Number, voucherRecord{v, was.first})
}

// bind files vouchers under their beneficiary.
func (tx *Tx) bind(beneficiary string, add ...voucher.Number) error {
	ns, err := holderTable.get(tx, beneficiary, nil)
	if err != nil {
		return err
	}
	for _, n := range add {
		ns = ns.with(uint64(n))
	}
	return putPacked(tx, holderTable, beneficiary, ns)
}

// PutIssued stores vouchers that were just signed. It looks none of them up.
func (tx *Tx) PutIssued(vs []voucher.SignedVoucher) error {
	last, err := tx.LastNumber()
	if err != nil {
		return err
	}
	for i := range vs {
		n := vs[i].Voucher.Number
		if n <= last {
			return fmt.Errorf("voucher %d does not follow %d", n, last)
		}
		last = n
	}
	for len(vs) > 0 {
		n := 1 // of one beneficiary
		for n < len(vs) && vs[n].Voucher.Beneficiary == vs[0].Voucher.Beneficiary {
			n++
		}
		if err := tx.putIssued(vs[:n]); err != nil {
			return err
		}
		vs = vs[n:]
	}
	return nil
}

func (tx *Tx) putIssued(vs []voucher.SignedVoucher) error {
	bound := make([]voucher.Number, len(vs))
	for i := range vs {
		v := &vs[i].Voucher
		if err := putPacked(tx, voucherTable, v.Number, voucherRecord{*v, 0}); err != nil {
			return err
		}
		if err := putPacked(tx, serialTable, v.Serial, ordinal(v.Number)); err != nil {
			return err
		}
		if err := tx.PutToken(v.Number, vs[i].Token); err != nil {
			return err
		}
		// No account has a serial that was drawn just now.
		if salt := vs[i].Salt; salt != nil {
			if err := putPacked(tx, accountTable, v.Account(), accountRecord{ledger.Held{Salt: salt}}); err != nil {
				return err
			}
		}
		bound[i] = v.Number
	}
	if vs[0].Voucher.Beneficiary == "" {
		return nil
	}
	return tx.bind(vs[0].Voucher.Beneficiary, bound...)
}

// LastNumber returns the highest number in use.
func (tx *Tx) LastNumber() (voucher.Number, error) {
	last, _, err := voucherTable.last(tx, span{})
	return last.key, err
}

// Vouchers yields vouchers from a number on.
func (tx *Tx) Vouchers(from voucher.Number) iter.Seq2[voucher.Voucher, error] {
	return convert(voucherTable.scan(tx, span{}.since(key{}.u64(uint64(from)))),
		func(r row[voucher.Number, voucherRecord]) voucher.Voucher { return r.value.voucher(r.key) })
}

// VouchersOf yields a beneficiary's vouchers in the order of issue.
func (tx *Tx) VouchersOf(beneficiary string) iter.Seq2[voucher.Voucher, error] {
	return func(yield func(voucher.Voucher, error) bool) {
		ns, err := holderTable.get(tx, beneficiary, nil)
		if err != nil {
			yield(voucher.Voucher{}, err)
			return
		}
		for _, n := range ns {
			v, err := tx.voucher(voucher.Number(n), voucherTable.wrap(errIndex))
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Token returns a voucher's token.
func (tx *Tx) Token(n voucher.Number) (voucher.Token, error) {
	return read(tx, tokenTable, n, voucher.ErrNotFound, func(j jws) voucher.Token { return voucher.Token(j) })
}

// PutToken stores a voucher's token.
func (tx *Tx) PutToken(n voucher.Number, t voucher.Token) error {
	return putPacked(tx, tokenTable, n, jws(t))
}

// Issue returns what was signed for a lot.
func (tx *Tx) Issue(lot string) (voucher.Issue, error) {
	return read(tx, issueTable.rows, lot, voucher.ErrNotFound, issueRecord.issue)
}

// PutIssue stores what was signed for a lot. With its factor key goes the key of
// the box that it was in, so that no page of the file opens any more.
func (tx *Tx) PutIssue(i voucher.Issue) error {
	if err := issueTable.put(tx, i.Programme, i.Lot, issueRecordOf(i)); err != nil || len(i.FactorKey) > 0 || len(i.HintSecret) > 0 {
		return err
	}
	return secretKeyTable.delete(tx, ownerIssue+i.Lot)
}

// Issues yields a programme's issues in order.
func (tx *Tx) Issues(programme string) iter.Seq2[voucher.Issue, error] {
	return convert(issueTable.of(tx, programme, ""), issueRecord.issue)
}

// Proposal returns what waits for a second person.
func (tx *Tx) Proposal(id string) (voucher.Proposal, error) {
	return read(tx, proposalTable, id, voucher.ErrNotFound, proposalRecord.proposal)
}

// PutProposal stores what waits for a second person.
func (tx *Tx) PutProposal(p voucher.Proposal) error {
	return proposalTable.put(tx, p.ID, proposalRecordOf(p))
}

// Embargo returns a lot's embargo.
func (tx *Tx) Embargo(lot string) (voucher.Embargo, error) {
	return read(tx, embargoTable, lot, voucher.ErrNotFound, embargoRecord.embargo)
}

// PutEmbargo stores a lot's embargo.
func (tx *Tx) PutEmbargo(e voucher.Embargo) error {
	return embargoTable.put(tx, e.Lot, embargoRecord{Lot: e.Lot, Until: instantOf(e.Until), Code: e.Code})
}

// Beacon returns when a beacon was signed.
func (tx *Tx) Beacon(h voucher.Hash) (time.Time, error) {
	return read(tx, beaconTable, h, voucher.ErrNotFound, instant.time)
}

// PutBeacon stores when a beacon was signed.
func (tx *Tx) PutBeacon(h voucher.Hash, at time.Time) error {
	return beaconTable.put(tx, h, instantOf(at))
}
