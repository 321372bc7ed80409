package reconcile

import (
	"hash/fnv"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// numbering numbers texts from 0 in the order they are met.
type numbering map[string]int32

func (n numbering) of(s string) int32 {
	i, ok := n[s]
	if !ok {
		i = int32(len(n))
		n[s] = i
	}
	return i
}

// Redemptions are those of one round, folded out of the journal up to a size.
// Following it goes on from there, as a ledger.Auditor does: nothing that was
// folded is looked at again, so there is nothing to become stale, and the
// result is that of folding everything at once.
type Redemptions struct {
	programme, round string
	engine           engine.Engine
	vendors          numbering
	names            []vendors.ID // of vendors, by their numbers
	entries          []uint64     // of the sales, ascending
	size             uint64
	file             *File          // that it is matched with
	mark             Mark           // of the View in which before was read
	before           *claimedBefore // what was claimed already, whose lines the engine has before the file's
}

// NewRedemptions returns those of a round of which nothing was folded yet.
func NewRedemptions(programme, round string) *Redemptions {
	return &Redemptions{programme: programme, round: round, vendors: numbering{}}
}

// Size returns how many entries of the journal were folded.
func (r *Redemptions) Size() uint64 { return r.size }

// Count returns how many redemptions there are, undone ones included.
func (r *Redemptions) Count() int { return len(r.entries) }

// Follow folds the entries that came since. progress, which may be nil, is told
// how many of how many entries were read. After an error r is of no use.
func (r *Redemptions) Follow(tx Tx, progress func(done, of int)) error {
	for v, err := range tx.Vendors(r.programme, "") {
		if err != nil {
			return err
		}
		r.vendor(v.ID)
	}
	size, err := tx.Size()
	if err != nil {
		return err
	}
	if r.size == 0 { // room for all is cheaper than growing; what is not used is never touched
		r.engine.Reserve(int(min(size, factsMax)), 0)
		r.entries = make([]uint64, 0, min(size, factsMax))
	}
	for ; r.size < size; r.size++ {
		e, err := tx.Entry(r.size)
		if err != nil {
			return err
		}
		if err := r.entry(e); err != nil {
			return err
		}
		if progress != nil && r.size%10_000 == 0 {
			progress(int(r.size), int(size))
		}
	}
	return nil
}

// vendor returns the vendor's number.
func (r *Redemptions) vendor(id vendors.ID) int32 {
	n := r.vendors.of(string(id))
	if int(n) == len(r.names) {
		r.names = append(r.names, id)
	}
	return n
}

// entry folds one entry.
func (r *Redemptions) entry(e ledger.Entry) error {
	if e.Round != r.round {
		return nil
	}
	switch e.Kind {
	case ledger.KindReverse:
		if seq, ok := entryOf(e.Ref); ok {
			if i, found := slices.BinarySearch(r.entries, seq); found {
				r.engine.Sales[i].Gone = true
			}
		}
		return nil
	case ledger.KindRedeem, ledger.KindAcceptLoss:
	default:
		return nil
	}
	for _, p := range e.Postings {
		class, err := p.Credit.Class()
		if err != nil {
			return err
		}
		number, ours := r.vendors[p.Credit.ID()]
		if class != ledger.ClassRedeemed || !ours {
			continue // another programme's
		}
		s := engine.Sale{From: e.From.Unix(), To: e.To.Unix(), Amount: francsOf(e, p.Amount), Vendor: number, Household: engine.None}
		if p.Debit.IsVoucher() {
			s.Serial, _ = engine.Pack(voucher.Serial(p.Debit.Serial()))
			s.Household = householdOf(p.Debit.ID())
		}
		r.engine.Add(s)
		r.entries = append(r.entries, e.Seq)
		return nil
	}
	return nil
}

// householdOf numbers a household by a hash of its id, as a million texts would
// weigh more than everything else here. Two households of one number could only
// be proposed together to a person, who sees both.
func householdOf(id string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	return int32(h.Sum32() >> 1)
}

// francsOf returns what a redemption gave in XOF, -1 where its price makes no
// whole franc.
func francsOf(e ledger.Entry, m money.Amount) int64 {
	if m.Asset() == money.XOF {
		return m.Minor()
	}
	price, err := money.Parse(e.Facts[vendors.FactPrice], money.XOF)
	if err != nil {
		return -1
	}
	total, err := m.Price(price)
	if err != nil {
		return -1
	}
	return total.Minor()
}
