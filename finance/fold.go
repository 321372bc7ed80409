package finance

import (
	"fmt"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// posted is what one day's entries did to one pot.
type posted struct {
	pot
	day int64 // since 1970, in which they count
}

// books is the fold of the journal so far: what each day did to each pot. The
// journal only grows and an entry never comes to count on another day, so that the
// fold goes on from where it is.
type books struct {
	size    uint64 // entries that it has
	all     map[pot]*moved
	days    map[posted]*moved
	late    map[string]int              // entries by the month that they count in, of one that was closed
	ordered map[string]vendors.ID       // whose payment a reference is
	transit map[onDay[vendors.ID]]int64 // francs on their way
}

// onDay is something on a day.
type onDay[K comparable] struct {
	of  K
	day int64
}

func newBooks() *books {
	return &books{all: map[pot]*moved{}, days: map[posted]*moved{}, late: map[string]int{}, ordered: map[string]vendors.ID{}, transit: map[onDay[vendors.ID]]int64{}}
}

const daySeconds = 24 * 60 * 60

// dayOf returns the day of an instant, UTC.
func dayOf(t time.Time) int64 { return t.Unix() / daySeconds }

func (b *books) add(e *ledger.Entry) {
	at := e.Booked()
	day := dayOf(at)
	b.size++
	if len(e.Postings) > 0 && e.Facts[ledger.FactLate] != "" {
		b.late[at.Format("2006-01")]++
	}
	for _, p := range e.Postings {
		for i, a := range [2]ledger.Account{p.Debit, p.Credit} {
			k := pot{ledger.Collapsed(a, e.Round), p.Amount.Asset()}
			if b.all[k] == nil {
				b.all[k] = &moved{}
			}
			d := posted{k, day}
			if b.days[d] == nil {
				b.days[d] = &moved{}
			}
			b.all[k].add(i == 0, p.Amount.Minor())
			b.days[d].add(i == 0, p.Amount.Minor())
			if class, _ := k.account.Class(); class == ledger.ClassTransit {
				b.onItsWay(e, p, i == 0, day)
			}
		}
	}
}

// onItsWay notes whose money in transit a posting moves.
func (b *books) onItsWay(e *ledger.Entry, p ledger.Posting, debit bool, day int64) {
	of := func(v vendors.ID) onDay[vendors.ID] { return onDay[vendors.ID]{v, day} }
	switch v := vendors.ID(p.Debit.ID()); {
	case e.Kind == ledger.KindSettle && !debit:
		b.ordered[e.Ref] = v
		b.transit[of(v)] += p.Amount.Minor()
	case debit && e.Kind == ledger.KindReverse:
		b.transit[of(vendors.ID(p.Credit.ID()))] -= p.Amount.Minor()
	case debit:
		b.transit[of(b.ordered[e.Ref])] -= p.Amount.Minor()
	}
}

// follow reads the entries that came since.
func (b *books) follow(tx Tx) error {
	for r, err := range tx.Journal(b.size) {
		if err != nil {
			return err
		}
		b.add(&r.Entry)
	}
	return nil
}

// ties compares the fold with the ledger's balances.
func (b *books) ties(tx Tx) error {
	seen := map[pot]bool{}
	for held, err := range ledger.CollapsedBalances(tx) {
		if err != nil {
			return err
		}
		k := pot{held.Account, held.Amount.Asset()}
		var folded int64
		if m := b.all[k]; m != nil {
			folded = m.balance(held.Account)
		}
		if folded != held.Amount.Minor() {
			return fmt.Errorf("%s: the journal comes to %d, the balance is %s: %w", held.Account, folded, held.Amount, ErrPeriodTies)
		}
		seen[k] = true
	}
	for k, m := range b.all {
		if !seen[k] && m.balance(k.account) != 0 {
			return fmt.Errorf("%s has entries and no balance: %w", k.account, ErrPeriodTies)
		}
	}
	return nil
}

// withBooks gives fn the books as the transaction sees them, after comparing them
// with the balances. They are kept, so that the next call reads no more than the
// entries between; a transaction of before them reads the journal anew. fn keeps
// nothing of them.
func (s *service) withBooks(tx Tx, fn func(*books) error) error {
	size, err := tx.Size()
	if err != nil {
		return err
	}
	s.foldMu.Lock()
	defer s.foldMu.Unlock()
	b := s.fold
	if b == nil || b.size > size {
		b = newBooks()
	}
	s.fold = nil // what was read in part is not gone on with
	if err := b.follow(tx); err != nil {
		return err
	}
	s.fold = b
	if err := b.ties(tx); err != nil {
		s.fold = nil
		return err
	}
	return fn(b)
}
