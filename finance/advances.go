package finance

import (
	"context"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// SetAdvanceLimits is the command to bound what may be owed at one time; a zero
// amount is no bound.
type SetAdvanceLimits struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Limits vendors.AdvanceLimits
}

// AgedAdvance is an advance that is not worked off, and how old it is.
type AgedAdvance struct {
	vendors.OpenAdvance
	Days int // since it was given
}

// agesMax are the last days of the first buckets;
// the last bucket is what is older.
var agesMax = [...]int{30, 60, 90}

// Ageing is what a programme's vendors owe, by age: 0 to 30 days, 31 to 60, 61
// to 90, and more.
type Ageing struct {
	At       time.Time
	Advances []AgedAdvance
	Buckets  [4]money.Amount
	Total    money.Amount // the sum of the balances of advance:<vendor>
}

func (s *service) SetAdvanceLimits(ctx context.Context, cmd SetAdvanceLimits) (vendors.AdvanceLimits, error) {
	return once(ctx, s, MethodSetAdvanceLimits, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (vendors.AdvanceLimits, error) {
		for field, m := range map[string]money.Amount{"vendor": cmd.Limits.Vendor, "programme": cmd.Limits.Programme} {
			if m.Sign() < 0 || !m.IsZero() && m.Asset() != money.XOF {
				return vendors.AdvanceLimits{}, ErrMovement.At(field, "XOF, not below zero")
			}
		}
		_, err := ledger.Decide(tx, as, "", "advance-limits-set", cmd.By.Programme, map[string]string{
			"vendor": cmd.Limits.Vendor.Text(), "programme": cmd.Limits.Programme.Text()})
		if err != nil {
			return vendors.AdvanceLimits{}, err
		}
		return cmd.Limits, tx.PutAdvanceLimits(cmd.By.Programme, cmd.Limits)
	})
}

func (s *service) AdvanceLimits(ctx context.Context, q Query) (vendors.AdvanceLimits, error) {
	return read(ctx, s, MethodAdvanceLimits, q.By, func(tx Tx) (vendors.AdvanceLimits, error) { return tx.AdvanceLimits(q.By.Programme) })
}

func (s *service) Ageing(ctx context.Context, q Query) (Ageing, error) {
	return read(ctx, s, MethodAgeing, q.By, func(tx Tx) (Ageing, error) {
		a := Ageing{At: tx.Now(), Total: money.Francs(0)}
		var buckets [4]int64
		var owed int64
		for v, err := range tx.Vendors(q.By.Programme, "") {
			if err != nil {
				return Ageing{}, err
			}
			open, err := vendors.OpenAdvances(tx, v.ID)
			if err != nil {
				return Ageing{}, err
			}
			b, err := tx.Balance(ledger.Advance(string(v.ID)), money.XOF)
			if err != nil {
				return Ageing{}, err
			}
			owed += b.Minor()
			for _, o := range open {
				days := int(a.At.Sub(o.Given) / (24 * time.Hour))
				i := 0
				for i < len(agesMax) && days > agesMax[i] {
					i++
				}
				buckets[i] += o.Open.Minor()
				a.Advances = append(a.Advances, AgedAdvance{o, days})
			}
		}
		var total int64
		for i, n := range buckets {
			a.Buckets[i], total = money.Francs(n), total+n
		}
		if total != owed {
			return Ageing{}, fmt.Errorf("advances come to %d, the ledger has %d", total, owed)
		}
		a.Total = money.Francs(total)
		return a, nil
	})
}
