package vendors

import (
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// ErrAdvanceLimit refuses an advance over what a vendor or the programme may
// owe at one time.
var ErrAdvanceLimit = fault.New(fault.Conflict, "advance_limit",
	"With this advance the trader, or all traders together, would owe more than the programme allows.",
	"Avec cette avance, le commerçant, ou tous les commerçants ensemble, devraient plus que le programme ne permet.")

// Installment is a part of an advance that is due on a day: from then on it is
// kept from what is paid.
type Installment struct {
	Due    time.Time
	Amount money.Amount // in XOF
}

const installmentsMax = 24

// checkPlan wants either a share of each payment or days whose sums make the
// advance.
func (cmd PrepareAdvance) checkPlan(f *findings, now time.Time) {
	if len(cmd.Plan) == 0 {
		f.add(cmd.Permille >= 1 && cmd.Permille <= 1000, "permille", "1 to 1000")
		return
	}
	f.add(cmd.Permille == 0, "permille", "a share of each payment, or days, not both")
	f.add(len(cmd.Plan) <= installmentsMax, "plan", "at most %d days", installmentsMax)
	total, before := money.Francs(0), now
	for _, p := range cmd.Plan {
		ok := francs(p.Amount, 1) && p.Due.After(before)
		f.add(ok, "plan", "days after today, one after the other, each with XOF")
		if !ok {
			return
		}
		before = p.Due
		var err error
		if total, err = total.Add(p.Amount); err != nil {
			f.add(false, "plan", "too large")
			return
		}
	}
	f.add(total.Equal(cmd.Amount), "plan", "comes to %s, the advance to %s", total, cmd.Amount)
}

// AdvanceLimits bound what is owed to a programme at one time, by advances and by
// what cases decided was paid wrongly, in XOF. The zero amount is no bound.
type AdvanceLimits struct {
	Vendor    money.Amount // by one vendor
	Programme money.Amount // by all its vendors together
}

// within returns ErrAdvanceLimit where the advance would exceed a limit.
func (a AdvanceLine) within(tx Tx) error {
	l, err := tx.AdvanceLimits(a.Programme)
	if err != nil {
		return err
	}
	owed, err := owes(tx, a.Vendor)
	if err != nil {
		return err
	}
	if l.Vendor.Sign() > 0 && owed.Minor()+a.Amount.Minor() > l.Vendor.Minor() {
		return ErrAdvanceLimit.At("amount", "the trader owes %s, and may owe %s", owed, l.Vendor)
	}
	if l.Programme.Sign() <= 0 {
		return nil
	}
	var all int64
	for v, err := range tx.Vendors(a.Programme, "") {
		if err != nil {
			return err
		}
		b, err := owes(tx, v.ID)
		if err != nil {
			return err
		}
		all += b.Minor()
	}
	if all+a.Amount.Minor() > l.Programme.Minor() {
		return ErrAdvanceLimit.At("amount", "all traders owe %s, and may owe %s", money.Francs(all), l.Programme)
	}
	return nil
}

// owes returns what a vendor owes by advances and by decided cases.
func owes(tx Tx, v ID) (money.Amount, error) {
	advances, err := tx.Balance(ledger.Advance(string(v)), money.XOF)
	if err != nil {
		return advances, err
	}
	debt, err := tx.Balance(ledger.Debt(string(v)), money.XOF)
	if err != nil {
		return debt, err
	}
	return advances.Add(debt)
}

// OpenAdvance is an advance that is not worked off.
type OpenAdvance struct {
	AdvanceLine
	Open money.Amount // what of it is left
}

// openOf returns which advances a debt is of: what was recovered, paid back or
// written off is taken from the oldest first.
func openOf(given []AdvanceLine, debt int64) []OpenAdvance {
	var out []OpenAdvance
	for i := len(given) - 1; i >= 0 && debt > 0; i-- {
		left := min(debt, given[i].Amount.Minor())
		out = append([]OpenAdvance{{given[i], money.Francs(left)}}, out...)
		debt -= left
	}
	return out
}

// OpenAdvances returns a vendor's advances that are not worked off, oldest
// first. They sum to the balance of advance:<vendor>.
func OpenAdvances(tx Tx, vendor ID) ([]OpenAdvance, error) {
	debt, err := tx.Balance(ledger.Advance(string(vendor)), money.XOF)
	if err != nil || debt.IsZero() {
		return nil, err
	}
	given, err := givenTo(tx, vendor)
	return openOf(given, debt.Minor()), err
}

func givenTo(tx Tx, vendor ID) (given []AdvanceLine, err error) {
	for a, err := range tx.Advances(vendor) {
		if err != nil {
			return nil, err
		}
		if a.State == AdvanceGiven {
			given = append(given, a)
		}
	}
	return given, nil
}

// recoverable returns what of a sum due to a vendor is kept now, never more
// than the sum or the debt: the share of the oldest open advance that is worked
// off by a share, rounded down, and whatever the plans of others have made due
// by the instant and is still open.
func recoverable(given []AdvanceLine, debt, due int64, now time.Time) int64 {
	var keep int64
	shared := false
	for _, a := range openOf(given, debt) {
		if len(a.Plan) == 0 {
			if !shared {
				keep += due/1000*int64(a.Permille) + due%1000*int64(a.Permille)/1000
			}
			shared = true
			continue
		}
		later := int64(0)
		for _, p := range a.Plan {
			if p.Due.After(now) {
				later += p.Amount.Minor()
			}
		}
		keep += max(a.Open.Minor()-later, 0)
	}
	return min(keep, due, debt)
}
