package finance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
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

func (m *moved) join(o moved) { m.debit, m.credit = m.debit+o.debit, m.credit+o.credit }

func (m *moved) add(debit bool, n int64) {
	if debit {
		m.debit += n
	} else {
		m.credit += n
	}
}

func (s *service) report(ctx context.Context, month string) (PeriodReport, error) {
	end, err := last(month)
	if err != nil {
		return PeriodReport{}, err
	}
	first, final := dayOf(end.Add(time.Second).AddDate(0, -1, 0)), dayOf(end)
	r := PeriodReport{Month: month}
	opening, inside := map[pot]*moved{}, map[pot]*moved{}
	err = s.store.View(ctx, func(tx Tx) error {
		return s.withBooks(tx, func(b *books) error {
			r.Size, r.Late = b.size, b.late[month]
			for d, m := range b.days {
				if opening[d.pot] == nil {
					opening[d.pot], inside[d.pot] = &moved{}, &moved{}
				}
				switch {
				case d.day > final:
				case d.day < first:
					opening[d.pot].join(*m)
				default:
					inside[d.pot].join(*m)
				}
			}
			return nil
		})
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
		c, until := CutOff{At: tx.Now()}, int64(math.MaxInt64)
		if !q.Day.IsZero() {
			if end := q.Day.UTC().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second); end.Before(c.At) {
				c.At, until = end, dayOf(end)
			}
		}
		held, transit := map[pot]*moved{}, map[vendors.ID]int64{}
		err := s.withBooks(tx, func(b *books) error {
			c.Size = b.size
			for d, m := range b.days {
				if d.day > until {
					continue
				}
				if held[d.pot] == nil {
					held[d.pot] = &moved{}
				}
				held[d.pot].join(*m)
			}
			for v, n := range b.transit {
				if v.day <= until {
					transit[v.of] += n
				}
			}
			return nil
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
