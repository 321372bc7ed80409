package voucher

import (
	"context"
	"fmt"
	"iter"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// chunk is what one transaction stores.
type chunk struct {
	items  []Item
	at     int // place of the first in the lot
	spare  bool
	issued []SignedVoucher
	sealed []sealed // what is to be remembered of each
	err    error    // instead of all that comes after
}

// vouchers signs and stores the lot. While a chunk is stored, the next ones are
// signed: signing takes all cores and storing waits for a disk. It returns when
// neither goes on, whatever ended them.
func (r *lotRun) vouchers(ctx context.Context) error {
	ahead, stop := context.WithCancel(ctx)
	chunks := make(chan chunk, 1)
	go func() {
		defer close(chunks)
		for c := range r.chunks {
			if c.err == nil {
				c.err = r.signAll(&c)
			}
			select {
			case chunks <- c:
			case <-ahead.Done():
				return
			}
			if c.err != nil {
				return
			}
		}
	}()
	defer func() {
		stop()
		for range chunks { // until the signing has ended: the key is destroyed next
		}
	}()
	for c := range chunks {
		if c.err != nil {
			return c.err
		}
		if err := r.store(ctx, c); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.done != len(r.indexes) {
		return errLotCount
	}
	return nil
}

var errLotCount = fault.New(fault.Conflict, "lot_count", "The lot does not hold as many vouchers as were approved.",
	"Le lot ne contient pas le nombre de coupons approuvé.")

// chunks yields items, then spares, in chunks. A household's vouchers are in
// one, so that one entry issues them.
func (r *lotRun) chunks(yield func(chunk) bool) {
	c := chunk{}
	for it, err := range r.cmd.Items {
		switch {
		case err != nil:
			yield(chunk{err: err})
			return
		case c.at+len(c.items) == r.cmd.Count:
			yield(chunk{err: errLotCount})
			return
		}
		if len(c.items) >= issueChunk && c.items[len(c.items)-1].Beneficiary != it.Beneficiary {
			if !yield(c) {
				return
			}
			c = chunk{at: c.at + len(c.items)}
		}
		c.items = append(c.items, it)
	}
	if c.at+len(c.items) != r.cmd.Count {
		yield(chunk{err: errLotCount})
		return
	}
	if len(c.items) > 0 && !yield(c) {
		return
	}
	at := r.cmd.Count
	for _, sp := range r.cmd.Spares {
		for left := sp.Count; left > 0; left -= issueChunk {
			c := chunk{items: make([]Item, min(left, issueChunk)), at: at, spare: true}
			for i := range c.items {
				c.items[i] = Item{Point: sp.Point, Zone: sp.Zone, Profile: sp.Profile, Value: sp.Value, Mode: sp.Mode}
			}
			if !yield(c) {
				return
			}
			at += len(c.items)
		}
	}
}

// store makes a chunk durable, and only then tells the print room of it.
func (r *lotRun) store(ctx context.Context, c chunk) error {
	if err := r.s.store.Update(ctx, func(tx Tx) error { return r.put(tx, c) }); err != nil {
		return err
	}
	for i, s := range c.sealed {
		if err := r.job.Line(s.line); err != nil {
			return fmt.Errorf("print job: %w", err)
		}
		r.set.add(s.hash)
		r.zones[c.items[i].Zone] = true
	}
	r.done += len(c.items)
	if r.cmd.Progress != nil {
		r.cmd.Progress(r.done, len(r.indexes))
	}
	return nil
}

// entryPostings is how many postings share an issue entry, unless one household
// has more. Vouchers that are issued together are one event to whoever reads
// the journal, and each of its leaves costs as much as several postings. Whoever
// asks for one voucher reads the others of its entries, so that there are not
// too many.
const entryPostings = 64

// put stores a chunk. Entries take whole households, so that one entry issues
// all that a household gets.
func (r *lotRun) put(tx Tx, c chunk) error {
	if err := tx.PutIssued(c.issued); err != nil || c.spare {
		return err
	}
	entry := ledger.Entry{Kind: ledger.KindIssue, Round: r.cmd.Round, Ref: r.cmd.Lot, Actor: r.actor()}
	round := ledger.Round(r.cmd.Round)
	for vs := range households(c.issued) {
		if n := len(entry.Postings); n > 0 && n+len(vs) > entryPostings {
			if _, err := ledger.Post(tx, entry); err != nil {
				return err
			}
			entry.Postings = nil // what was posted is not ours to change
		}
		for i := range vs {
			v := &vs[i].Voucher
			entry.Postings = append(entry.Postings, ledger.Posting{Debit: round, Credit: v.Account(), Amount: v.Value})
		}
	}
	_, err := ledger.Post(tx, entry)
	return err
}

// households yields the vouchers of each household, which stand together.
func households(vs []SignedVoucher) iter.Seq[[]SignedVoucher] {
	return func(yield func([]SignedVoucher) bool) {
		for len(vs) > 0 {
			n := 1
			for n < len(vs) && vs[n].Voucher.Beneficiary == vs[0].Voucher.Beneficiary {
				n++
			}
			if !yield(vs[:n]) {
				return
			}
			vs = vs[n:]
		}
	}
}
