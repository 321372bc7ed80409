package ledger

import (
	"time"

	"github.com/jate-cva/jate/fault"
)

// Errors of periods.
var (
	ErrPeriodFuture = fault.New(fault.Invalid, "period_future",
		"A period can be closed only after its last second has passed.",
		"Une période ne peut être close qu'après sa dernière seconde.")
	ErrPeriodOrder = fault.New(fault.Conflict, "period_order",
		"This period is closed already, or is not the last one that was.",
		"Cette période est déjà close, ou n'est pas la dernière à l'avoir été.")
)

// FactLate is the fact of an entry whose event ended in a period that was
// closed when it was posted: the day it happened, "2026-03-31".
const FactLate = "late"

// Booked returns the instant at which the entry counts in the books of months:
// when what it records ended, unless that month was closed when it was posted,
// or the end is after it was posted; then when it was posted. A closed period
// never gains an entry.
func (e *Entry) Booked() time.Time {
	if e.Facts[FactLate] != "" || e.To.After(e.Posted) {
		return e.Posted
	}
	return e.To
}

// Close closes every period up to an instant, in seconds, and journals that.
// That two people agreed is the caller's business. Errors: ErrPeriodFuture,
// ErrPeriodOrder.
func Close(tx Tx, by Actor, through time.Time, facts map[string]string) (Entry, error) {
	through = through.UTC().Truncate(time.Second)
	if !through.Before(tx.Now()) {
		return Entry{}, ErrPeriodFuture.At("through", "it is %s", stamp(tx.Now()))
	}
	closed, err := tx.ClosedThrough()
	if err != nil {
		return Entry{}, err
	}
	if !through.After(closed) {
		return Entry{}, ErrPeriodOrder.At("through", "closed up to %s", stamp(closed))
	}
	e, err := Decide(tx, by, "", "close-period", stamp(through), facts)
	if err != nil {
		return Entry{}, err
	}
	return e, tx.PutClosedThrough(through)
}

// Reopen opens the last closed period, through, again: what was closed before
// it stays closed, up to earlier. Errors: ErrPeriodOrder.
func Reopen(tx Tx, by Actor, through, earlier time.Time, facts map[string]string) (Entry, error) {
	closed, err := tx.ClosedThrough()
	if err != nil {
		return Entry{}, err
	}
	if !closed.Equal(through) || !earlier.Before(through) {
		return Entry{}, ErrPeriodOrder.At("through", "closed up to %s", stamp(closed))
	}
	e, err := Decide(tx, by, "", "reopen-period", stamp(through), facts)
	if err != nil {
		return Entry{}, err
	}
	return e, tx.PutClosedThrough(earlier)
}
