package voucher

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// chunk is what one transaction stores.
type chunk struct {
	items  []Item
	at     int // place of the first in the lot
	spare  bool
	issued []SignedVoucher
	sealed []sealed      // what is to be remembered of each
	err    error         // instead of all that comes after
	signed chan struct{} // closed when issued, sealed and err are there
	stored chan error    // holds what became of it in the store
}

const (
	// signedAhead is how many chunks are signed at most before the first of them
	// is stored: enough that signing goes on while the store writes what it has
	// gathered, a few hundred kilobytes each.
	signedAhead = 16
	// storedAhead is how many chunks are in the store's hands at once: one waits
	// for the disk and the next one is run meanwhile.
	storedAhead = 2
)

// vouchers signs and stores the lot. Chunks are signed on all cores, which a
// disk that is waited for must not leave idle, and stored in their order. It
// returns when neither goes on, whatever ended them.
func (r *lotRun) vouchers(ctx context.Context) error {
	ahead, stop := context.WithCancel(ctx)
	chunks := r.sign(ahead)
	var storing []*chunk
	defer func() {
		stop()
		for range chunks { // until the signing has ended: the key is destroyed next
		}
		for _, c := range storing {
			<-c.stored
		}
	}()
	for c := range chunks {
		if <-c.signed; c.err != nil {
			return c.err
		}
		r.begin(ctx, c)
		if storing = append(storing, c); len(storing) < storedAhead {
			continue
		}
		c, storing = storing[0], storing[1:]
		if err := r.end(ctx, c); err != nil {
			return err
		}
	}
	for len(storing) > 0 {
		c := storing[0]
		storing = storing[1:]
		if err := r.end(ctx, c); err != nil {
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
func (r *lotRun) chunks(yield func(*chunk) bool) {
	c := &chunk{}
	for it, err := range r.cmd.Items {
		switch {
		case err != nil:
			yield(&chunk{err: err})
			return
		case c.at+len(c.items) == r.cmd.Count:
			yield(&chunk{err: errLotCount})
			return
		}
		if len(c.items) >= issueChunk && c.items[len(c.items)-1].Beneficiary != it.Beneficiary {
			if !yield(c) {
				return
			}
			c = &chunk{at: c.at + len(c.items)}
		}
		c.items = append(c.items, it)
	}
	if c.at+len(c.items) != r.cmd.Count {
		yield(&chunk{err: errLotCount})
		return
	}
	if len(c.items) > 0 && !yield(c) {
		return
	}
	at := r.cmd.Count
	for _, sp := range r.cmd.Spares {
		for left := sp.Count; left > 0; left -= issueChunk {
			c := &chunk{items: make([]Item, min(left, issueChunk)), at: at, spare: true}
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

// begin gives a chunk to the store, and returns when it was run or never will
// be, so that the next one comes after it.
func (r *lotRun) begin(ctx context.Context, c *chunk) {
	c.stored = make(chan error, 1)
	ran := make(chan struct{})
	var once sync.Once
	done := func() { once.Do(func() { close(ran) }) }
	go func() {
		defer done()
		c.stored <- r.s.store.Update(ctx, func(tx Tx) error {
			defer done()
			return r.put(tx, c)
		})
	}()
	<-ran
}

// end waits until a chunk is durable, reads it back, and only then tells the
// print room of it.
func (r *lotRun) end(ctx context.Context, c *chunk) error {
	if err := <-c.stored; err != nil {
		return err
	}
	if err := r.readBack(ctx, c); err != nil {
		return err
	}
	for i := range c.sealed {
		s := &c.sealed[i]
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
func (r *lotRun) put(tx Tx, c *chunk) error {
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
