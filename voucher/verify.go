package voucher

import (
	"errors"
	"fmt"

	"github.com/jate-cva/jate/ledger"
)

// CheckEntry verifies what the ledger cannot: that a redeem or accept-loss
// entry names one stored receipt, signed by its handheld or typed by two
// people, for this voucher and this value, and that the receipt names no other
// entry (invariant 7 of package ledger). Entries of other kinds pass.
func CheckEntry(tx Tx, e ledger.Entry) error {
	if e.Kind != ledger.KindRedeem && e.Kind != ledger.KindAcceptLoss {
		return nil
	}
	hash, err := ParseHash(e.Ref)
	if err != nil {
		return fmt.Errorf("names no receipt: %w", err)
	}
	r, err := tx.Receipt(hash)
	if err != nil {
		return fmt.Errorf("its receipt is not stored: %w", err)
	}
	if e.Kind == ledger.KindRedeem && (!r.HasEntry || r.Entry != e.Seq) && !reversedSince(r, e) {
		return errors.New("its receipt names another entry")
	}
	if e.Kind == ledger.KindAcceptLoss && (!r.HasLoss || r.LossEntry != e.Seq) {
		return errors.New("its receipt names another loss entry")
	}
	if len(e.Postings) != 1 {
		return fmt.Errorf("%d postings", len(e.Postings))
	}
	p := e.Postings[0]
	switch {
	case p.Debit.IsVoucher() && p.Debit.Serial() != string(r.Serial):
		return errors.New("its receipt is for another voucher")
	case !p.Amount.Equal(r.Value):
		return errors.New("its receipt is for another value")
	case p.Credit != ledger.Redeemed(string(r.Vendor)):
		return errors.New("its receipt is another vendor's")
	}
	return r.checkProof(tx)
}

// reversedSince reports whether the receipt lost its voucher after e and was
// then answered by another entry; e stays in the journal, and is reversed.
func reversedSince(r StoredReceipt, e ledger.Entry) bool {
	return r.State == Contested && r.HasEntry && r.Entry > e.Seq || r.HasLoss && r.LossEntry > e.Seq
}

// checkProof verifies who vouches for the receipt.
func (r StoredReceipt) checkProof(tx Tx) error {
	if r.Handheld == "" {
		if r.TypedBy[0] == "" || r.TypedBy[1] == "" || r.TypedBy[0] == r.TypedBy[1] {
			return errors.New("its stub was not typed by two people")
		}
		return nil
	}
	h, err := tx.Handheld(r.Handheld)
	if err != nil {
		return fmt.Errorf("its handheld: %w", err)
	}
	rec, hash, err := ParseRecord(r.JWS, h.Key)
	if err != nil {
		return fmt.Errorf("its receipt: %w", err)
	}
	body, ok := rec.Body.(Receipt)
	if !ok || hash != r.Hash || body.Serial != r.Serial || body.Amount != r.Value.Minor() {
		return errors.New("its receipt says something else than what was stored of it")
	}
	return nil
}
