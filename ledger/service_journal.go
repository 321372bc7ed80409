package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
)

func (s service) Journal(ctx context.Context, q JournalQuery) (JournalPage, error) {
	if err := checkLimit(q.Limit); err != nil {
		return JournalPage{}, err
	}
	return read(ctx, s.store, func(tx Tx) (JournalPage, error) {
		size, err := tx.Size()
		if err != nil {
			return JournalPage{}, err
		}
		page := JournalPage{From: q.From}
		for seq, bytes := q.From, 0; seq < size; seq++ {
			leaf, err := tx.Leaf(seq)
			if err != nil {
				return JournalPage{}, err
			}
			bytes += len(leaf)
			if len(page.Leaves) == q.Limit || len(page.Leaves) > 0 && bytes > pageBytesMax {
				page.More = true
				break
			}
			page.Leaves = append(page.Leaves, leaf)
		}
		return page, nil
	})
}

func (s service) Leaves(ctx context.Context, q LeavesQuery) (Leaves, error) {
	if q.To <= q.From {
		return Leaves{}, ErrQuery.At("to", "more than from")
	}
	return read(ctx, s.store, func(tx Tx) (Leaves, error) {
		size, err := tx.Size()
		if err != nil {
			return Leaves{}, err
		}
		if q.From >= size {
			return Leaves{}, ErrNotFound.At("from", "the journal has %d entries", size)
		}
		var l Leaves
		for seq := q.From; seq < min(q.To, size) && l.Count < bulkMax && len(l.Lines) < bulkBytesMax; seq++ {
			leaf, err := tx.Leaf(seq)
			if err != nil {
				return Leaves{}, err
			}
			l.Lines = append(append(l.Lines, leaf...), '\n')
			l.Count++
		}
		return l, nil
	})
}

func (s service) Checkpoint(ctx context.Context, _ CheckpointQuery) (Checkpoint, error) {
	return read(ctx, s.store, func(tx Tx) (Checkpoint, error) { return tx.Checkpoint() })
}

// sizeOr returns n, or the size of the latest checkpoint for 0; never more
// than there are entries.
func sizeOr(tx Tx, n uint64) (uint64, error) {
	if n == 0 {
		c, err := tx.Checkpoint()
		return c.Size, err
	}
	size, err := tx.Size()
	if err == nil && n > size {
		err = ErrNotFound.At("size", "the journal has %d entries", size)
	}
	return n, err
}

func (s service) Inclusion(ctx context.Context, q InclusionQuery) (Inclusion, error) {
	return read(ctx, s.store, func(tx Tx) (Inclusion, error) {
		size, err := sizeOr(tx, q.Size)
		if err != nil {
			return Inclusion{}, err
		}
		if q.Entry >= size {
			return Inclusion{}, ErrNotFound.At("entry", "not among the first %d", size)
		}
		i := Inclusion{Entry: q.Entry, Size: size}
		if c, err := tx.Checkpoint(); err == nil && c.Size == size {
			i.Note = c.Note
		}
		if i.Leaf, err = tx.Leaf(q.Entry); err != nil {
			return Inclusion{}, err
		}
		if i.Root, err = Root(tx, size); err != nil {
			return Inclusion{}, err
		}
		i.Proof, err = tlog.ProveRecord(int64(size), int64(q.Entry), tx)
		return i, err
	})
}

func (s service) Consistency(ctx context.Context, q ConsistencyQuery) (Consistency, error) {
	return read(ctx, s.store, func(tx Tx) (Consistency, error) {
		size, err := sizeOr(tx, q.New)
		if err != nil {
			return Consistency{}, err
		}
		if q.Old < 1 || q.Old > size {
			return Consistency{}, ErrQuery.At("old", "from 1 to %d", size)
		}
		c := Consistency{Old: q.Old, New: size}
		if c.OldRoot, err = Root(tx, c.Old); err != nil {
			return Consistency{}, err
		}
		if c.NewRoot, err = Root(tx, c.New); err != nil {
			return Consistency{}, err
		}
		c.Proof, err = tlog.ProveTree(int64(c.New), int64(c.Old), tx)
		return c, err
	})
}

func (s service) Late(ctx context.Context, q LateQuery) (LatePage, error) {
	if err := checkLimit(q.Limit); err != nil {
		return LatePage{}, err
	}
	return read(ctx, s.store, func(tx Tx) (LatePage, error) {
		size, err := tx.Size()
		if err != nil {
			return LatePage{}, err
		}
		page := LatePage{Next: q.From}
		if page.Through, err = tx.ClosedThrough(); err != nil || page.Through.IsZero() {
			return page, err
		}
		end := min(size, q.From+lateScanMax)
		for ; page.Next < end && len(page.Entries) < q.Limit; page.Next++ {
			e, err := tx.Entry(page.Next)
			if err != nil {
				return LatePage{}, err
			}
			if e.late(page.Through) {
				moved, err := e.moved()
				if err != nil {
					return LatePage{}, err
				}
				page.Entries = append(page.Entries, LateEntry{Seq: e.Seq, Posted: e.Posted, From: e.From, To: e.To,
					Kind: e.Kind, Round: e.Round, Ref: e.Ref, Moved: moved})
			}
		}
		page.More = page.Next < size
		return page, nil
	})
}

// late reports whether the entry belongs to the period that ended at through
// and came after it.
func (e Entry) late(through time.Time) bool {
	return !e.To.After(through) && e.Posted.After(through)
}

// moved returns the sum of the postings in each asset.
func (e Entry) moved() ([]money.Amount, error) {
	sums := map[money.Asset]money.Amount{}
	for _, p := range e.Postings {
		asset := p.Amount.Asset()
		sum, err := money.FromMinor(sums[asset].Minor(), asset).Add(p.Amount)
		if err != nil {
			return nil, fmt.Errorf("sum of entry %d: %w", e.Seq, err)
		}
		sums[asset] = sum
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b money.Amount) int {
		return cmp.Compare(a.Asset().String(), b.Asset().String())
	}), nil
}
