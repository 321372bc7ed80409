package reconcile

import (
	"context"
	"fmt"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// ReadLines is the command to say what lines of a proposed invoice mean: one
// line one redemption or several, several lines one, or none at all. It is for
// a person who has looked at the paper; nothing gives it by itself.
type ReadLines struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Claim   vendors.ClaimID
	Lines   []int    // their numbers, at least one
	Entries []uint64 // the redemptions; none where there is none
}

// ReadLines is documented at Service.
func (s *service) ReadLines(ctx context.Context, cmd ReadLines) (vendors.Claim, error) {
	return once(ctx, s, MethodReadLines, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (vendors.Claim, error) {
		c, err := tx.Claim(cmd.Claim)
		if err != nil {
			return vendors.Claim{}, err
		}
		if c.Programme != cmd.By.Programme {
			return vendors.Claim{}, vendors.ErrNotFound
		}
		var sales []vendors.Meant
		for _, seq := range cmd.Entries {
			serial, err := soldSerial(tx, seq)
			if err != nil {
				return vendors.Claim{}, err
			}
			sales = append(sales, vendors.Meant{Entry: seq, Serial: string(serial)})
		}
		if err := vendors.Read(tx, as, cmd.By.ID, c, cmd.Lines, sales); err != nil {
			return vendors.Claim{}, err
		}
		return tx.Claim(cmd.Claim)
	})
}

// soldSerial returns the serial of the voucher that a redemption was of.
func soldSerial(tx Tx, seq uint64) (voucher.Serial, error) {
	where := fmt.Sprintf("entries[%d]", seq)
	if size, err := tx.Size(); err != nil || seq >= size {
		return "", vendors.ErrClaimLine.At(where, "there is no such entry")
	}
	e, err := tx.Entry(seq)
	if err != nil {
		return "", err
	}
	if e.Kind != ledger.KindRedeem && e.Kind != ledger.KindAcceptLoss {
		return "", vendors.ErrClaimLine.At(where, "it is no redemption")
	}
	hash, err := voucher.ParseHash(e.Ref)
	if err != nil {
		return "", err
	}
	r, err := tx.Receipt(hash)
	return r.Serial, err
}
