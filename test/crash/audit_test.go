//go:build linux

package crash

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// audit is what a folder holds, read after the store was opened and before
// anything else is done with it.
type audit struct {
	Size     uint64
	Roots    map[uint64]string           // at the sizes that were asked for, and at Size
	Answers  []answered                  // every entry that rests on a receipt
	Heads    map[vendors.HandheldID]head // of the handhelds' chains
	Redeemed map[vendors.ID]int64        // what vendors are owed, in francs
	Broken   string                      // what is wrong with the folder itself; the rest is empty then
}

// answered is an entry of the journal that rests on a receipt.
type answered struct {
	Seq    uint64
	Kind   ledger.Kind
	Ref    string         // the receipt's hash
	Debit  ledger.Account `json:",omitempty"`
	Credit ledger.Account `json:",omitempty"`
}

type head struct {
	Seq  uint64
	Hash voucher.Hash
}

func guardPath(dir string) string { return filepath.Join(dir, "checkpoint.json") }

func storePath(dir string) string { return filepath.Join(dir, "jate.db") }

// newAudit reads the folder. sizes are those of checkpoints that somebody saw.
func newAudit(ctx context.Context, db *bolt.DB, dir string, k keys, sizes []uint64, tills []vendors.HandheldID) audit {
	a := audit{Roots: map[uint64]string{}, Heads: map[vendors.HandheldID]head{}, Redeemed: map[vendors.ID]int64{}}
	verifier, err := note.NewVerifier(k.Verifier)
	if err != nil {
		return audit{Broken: err.Error()}
	}
	err = db.Vouchers().View(ctx, func(tx voucher.Tx) error {
		r, err := ledger.Verify(tx, ledger.Proofs{Origin: origin, Verifier: verifier, Guard: guardPath(dir)}, voucher.CheckEntry)
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		a.Size, a.Roots[r.Size] = r.Size, r.Root.String()
		return a.read(tx, sizes, tills)
	})
	if err := errors.Join(err, db.Check()); err != nil {
		return audit{Broken: err.Error()}
	}
	return a
}

func (a *audit) read(tx voucher.Tx, sizes []uint64, tills []vendors.HandheldID) error {
	for _, size := range sizes {
		if size > a.Size {
			continue // there are fewer entries; the reader will see that
		}
		root, err := ledger.Root(tx, size)
		if err != nil {
			return err
		}
		a.Roots[size] = root.String()
	}
	for seq := range a.Size {
		e, err := tx.Entry(seq)
		if err != nil {
			return err
		}
		if _, err := voucher.ParseHash(e.Ref); err != nil || e.Facts["what"] == "activate" {
			continue
		}
		n := answered{Seq: seq, Kind: e.Kind, Ref: e.Ref}
		if len(e.Postings) > 0 {
			n.Debit, n.Credit = e.Postings[0].Debit, e.Postings[0].Credit
		}
		a.Answers = append(a.Answers, n)
	}
	for _, id := range tills {
		h, err := tx.Handheld(id)
		if err != nil {
			return err
		}
		a.Heads[id] = head{h.Seq, voucher.Hash(h.Head)}
	}
	for _, v := range []vendors.ID{"v1", "v2"} {
		b, err := tx.Balance(ledger.Redeemed(string(v)), money.XOF)
		if err != nil {
			return err
		}
		a.Redeemed[v] = b.Minor()
	}
	return nil
}
