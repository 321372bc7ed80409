package finance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// PeriodLine is one account in one month. Debits and credits are what entries
// that count in the month moved.
type PeriodLine struct {
	Account                         ledger.Account // vouchers of a round together
	Opening, Debit, Credit, Closing money.Amount   // balances on the account's normal side
}

// PeriodReport is a month of the books: every account that ever held anything,
// from the opening to the closing balance. It was made from the whole journal,
// whose fold was compared with the balances, so that it ties.
type PeriodReport struct {
	Month  string
	Size   uint64 // entries of the journal that it was made from
	Lines  []PeriodLine
	Late   int      // entries in the month that happened in a month closed before
	Digest [32]byte // SHA-256 of month and lines
}

// pot is one asset of one account.
type pot struct {
	account ledger.Account
	asset   money.Asset
}

func (p pot) compare(o pot) int {
	return cmp.Or(cmp.Compare(p.account, o.account), cmp.Compare(p.asset.String(), o.asset.String()))
}

// moved is what was debited and credited.
type moved struct{ debit, credit int64 }

func (m moved) balance(a ledger.Account) int64 {
	if c, err := a.Class(); err == nil && c.DebitNormal() {
		return m.debit - m.credit
	}
	return m.credit - m.debit
}

func (m *moved) add(debit bool, n int64) {
	if debit {
		m.debit += n
	} else {
		m.credit += n
	}
}

// fold reads the whole journal, tells each posting's side to each, and compares
// what it comes to with the ledger's balances.
func fold(tx Tx, each func(e *ledger.Entry, p ledger.Posting, k pot, debit bool)) (size uint64, err error) {
	all := map[pot]*moved{}
	for r, err := range tx.Journal(0) {
		if err != nil {
			return 0, err
		}
		e := &r.Entry
		size++
		for _, p := range e.Postings {
			for i, a := range [2]ledger.Account{p.Debit, p.Credit} {
				k := pot{ledger.Collapsed(a, e.Round), p.Amount.Asset()}
				if all[k] == nil {
					all[k] = &moved{}
				}
				all[k].add(i == 0, p.Amount.Minor())
				each(e, p, k, i == 0)
			}
		}
	}
	for b, err := range ledger.CollapsedBalances(tx) {
		if err != nil {
			return 0, err
		}
		k := pot{b.Account, b.Amount.Asset()}
		var folded int64
		if m := all[k]; m != nil {
			folded = m.balance(b.Account)
		}
		if folded != b.Amount.Minor() {
			return 0, fmt.Errorf("%s: the journal comes to %d, the balance is %s: %w", b.Account, folded, b.Amount, ErrPeriodTies)
		}
		delete(all, k)
	}
	for k, m := range all {
		if m.balance(k.account) != 0 {
			return 0, fmt.Errorf("%s has entries and no balance: %w", k.account, ErrPeriodTies)
		}
	}
	return size, nil
}

func (s *service) report(ctx context.Context, month string) (PeriodReport, error) {
	end, err := last(month)
	if err != nil {
		return PeriodReport{}, err
	}
	start := end.Add(time.Second).AddDate(0, -1, 0)
	r := PeriodReport{Month: month}
	opening, inside := map[pot]*moved{}, map[pot]*moved{}
	err = s.store.View(ctx, func(tx Tx) (err error) {
		late := map[uint64]bool{}
		r.Size, err = fold(tx, func(e *ledger.Entry, p ledger.Posting, k pot, debit bool) {
			if opening[k] == nil {
				opening[k], inside[k] = &moved{}, &moved{}
			}
			switch at := e.Booked(); {
			case at.After(end):
			case at.Before(start):
				opening[k].add(debit, p.Amount.Minor())
			default:
				inside[k].add(debit, p.Amount.Minor())
				if e.Facts[ledger.FactLate] != "" {
					late[e.Seq] = true
				}
			}
		})
		r.Late = len(late)
		return err
	})
	if err != nil {
		return PeriodReport{}, err
	}
	var text []string
	for _, k := range slices.SortedFunc(maps.Keys(opening), pot.compare) {
		before, in := opening[k].balance(k.account), inside[k].balance(k.account)
		if before == 0 && *inside[k] == (moved{}) {
			continue
		}
		as := func(n int64) money.Amount { return money.FromMinor(n, k.asset) }
		r.Lines = append(r.Lines, PeriodLine{k.account, as(before), as(inside[k].debit), as(inside[k].credit), as(before + in)})
		text = append(text, fmt.Sprintf("%s %s %d %d %d", k.account, k.asset, before, inside[k].debit, inside[k].credit))
	}
	r.Digest, err = digestOf(append([]string{"jate-period 1", month}, text...))
	return r, err
}

// ReadCutOff asks how the programme's vendors stood at the end of a day.
type ReadCutOff struct {
	By  access.Actor
	Day time.Time // its last second is looked at; the zero day is now
}

// CutOffLine is how one vendor stood.
type CutOffLine struct {
	Vendor    vendors.ID
	Delivered []money.Amount // redeemed and not claimed, in each asset
	Claimed   money.Amount   // accepted and not paid
	Contested []money.Amount // frozen by a case, in each asset
	InTransit money.Amount   // ordered and not confirmed by the bank
	Advance   money.Amount   // given beforehand and not worked off
}

// CutOff is how a programme's vendors stood at an instant: what counted in the
// books by then. It was made from the whole journal, whose fold was compared
// with the balances; for now, it is the balances.
type CutOff struct {
	At    time.Time
	Size  uint64
	Lines []CutOffLine // of vendors with anything, by id
}

func (s *service) CutOff(ctx context.Context, q ReadCutOff) (CutOff, error) {
	return read(ctx, s, MethodCutOff, q.By, func(tx Tx) (CutOff, error) {
		c := CutOff{At: tx.Now()}
		if !q.Day.IsZero() {
			if end := q.Day.UTC().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second); end.Before(c.At) {
				c.At = end
			}
		}
		held := map[pot]*moved{}
		ordered := map[string]vendors.ID{} // by payment reference
		transit := map[vendors.ID]int64{}
		var err error
		c.Size, err = fold(tx, func(e *ledger.Entry, p ledger.Posting, k pot, debit bool) {
			if e.Booked().After(c.At) {
				return
			}
			if held[k] == nil {
				held[k] = &moved{}
			}
			held[k].add(debit, p.Amount.Minor())
			if class, _ := k.account.Class(); class != ledger.ClassTransit {
				return
			}
			switch v := vendors.ID(p.Debit.ID()); {
			case e.Kind == ledger.KindSettle && !debit:
				ordered[e.Ref] = v
				transit[v] += p.Amount.Minor()
			case debit && e.Kind == ledger.KindReverse:
				transit[vendors.ID(p.Credit.ID())] -= p.Amount.Minor()
			case debit:
				transit[ordered[e.Ref]] -= p.Amount.Minor()
			}
		})
		if err != nil {
			return CutOff{}, err
		}
		francs := func(a ledger.Account) money.Amount {
			if m := held[pot{a, money.XOF}]; m != nil {
				return money.Francs(m.balance(a))
			}
			return money.Francs(0)
		}
		kinds := slices.SortedFunc(maps.Keys(held), pot.compare)
		for v, err := range tx.Vendors(q.By.Programme, "") {
			if err != nil {
				return CutOff{}, err
			}
			id := string(v.ID)
			l := CutOffLine{Vendor: v.ID, Claimed: francs(ledger.Claimed(id)), Advance: francs(ledger.Advance(id)), InTransit: money.Francs(transit[v.ID])}
			for _, k := range kinds {
				m := money.FromMinor(held[k].balance(k.account), k.asset)
				switch {
				case m.IsZero():
				case k.account == ledger.Redeemed(id):
					l.Delivered = append(l.Delivered, m)
				case k.account == ledger.Contested(id):
					l.Contested = append(l.Contested, m)
				}
			}
			if len(l.Delivered)+len(l.Contested) > 0 || !l.Claimed.IsZero() || !l.InTransit.IsZero() || !l.Advance.IsZero() {
				c.Lines = append(c.Lines, l)
			}
		}
		return c, nil
	})
}
