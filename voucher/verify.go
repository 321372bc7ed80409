package voucher

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// Checks verify, entry by entry, what the ledger cannot (invariant 7 of package
// ledger). They are not safe for concurrent use, and hold good for one
// transaction.
type Checks struct {
	// Receipts is how many receipts were checked, and Signatures for how many
	// of them a handheld's signature was verified again.
	Receipts, Signatures int

	oneIn int
	pick  func(n int) int
	keys  map[vendors.HandheldID]ed25519.PublicKey
}

// NewChecks returns checks that verify the signature of one in so many
// receipts, of each where oneIn is 1 or less. pick returns a random number from
// 0 to n-1 that whoever wrote the store could not foresee.
//
// Without its signature a receipt is bound by its hash, which the signed log
// has: it is the one that the server took, signature included, when it posted
// the entry. To verify it again finds a server that took what it must not have.
func NewChecks(oneIn int, pick func(n int) int) *Checks {
	return &Checks{oneIn: oneIn, pick: pick, keys: map[vendors.HandheldID]ed25519.PublicKey{}}
}

// CheckEntry is Entry of checks that verify every signature.
func CheckEntry(tx Tx, e ledger.Entry) error { return NewChecks(1, nil).Entry(tx, e) }

// Entry verifies that a redeem or accept-loss entry names one stored receipt,
// signed by its handheld or typed by two people, for this voucher, this value
// and this vendor, and that the receipt names no other entry. Entries of other
// kinds pass.
func (c *Checks) Entry(tx Tx, e ledger.Entry) error {
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
	c.Receipts++
	return c.proof(tx, hash, &r)
}

// reversedSince reports whether the receipt lost its voucher after e and was
// then answered by another entry; e stays in the journal, and is reversed.
func reversedSince(r StoredReceipt, e ledger.Entry) bool {
	return r.State == Contested && r.HasEntry && r.Entry > e.Seq || r.HasLoss && r.LossEntry > e.Seq
}

// proof verifies who vouches for the receipt.
func (c *Checks) proof(tx Tx, hash Hash, r *StoredReceipt) error {
	if r.Handheld == "" {
		if r.TypedBy[0] == "" || r.TypedBy[1] == "" || r.TypedBy[0] == r.TypedBy[1] {
			return errors.New("its stub was not typed by two people")
		}
		return nil
	}
	if r.Hash != hash || HashOf(r.JWS) != hash {
		return errors.New("its receipt is not the one that it names: the stored text has another hash")
	}
	if c.oneIn > 1 && c.pick(c.oneIn) != 0 {
		return nil
	}
	c.Signatures++
	key, err := once(c.keys, r.Handheld, func() (ed25519.PublicKey, error) {
		h, err := tx.Handheld(r.Handheld)
		return h.Key, err
	})
	if err != nil {
		return fmt.Errorf("its handheld: %w", err)
	}
	rec, _, err := ParseRecord(r.JWS, key)
	if err != nil {
		return fmt.Errorf("its receipt: %w", err)
	}
	body, ok := rec.Body.(Receipt)
	if !ok || body.Serial != r.Serial || body.Amount != r.Value.Minor() {
		return errors.New("its receipt says something else than what was stored of it")
	}
	return nil
}
