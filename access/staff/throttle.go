package staff

import (
	"context"
	"errors"
	"time"
)

// How many vain attempts one account and one address may make without waiting.
// Then each doubles the wait, from half a minute to a quarter of an hour (ASVS
// 6.3.1). Nothing locks an account for good: that would be a way to shut a
// colleague out, and who has a passkey does not wait for others' guesses.
const (
	freeOfAccount = 5
	freeOfAddress = 20
	firstWait     = 30 * time.Second
	longestWait   = 15 * time.Minute
	forgetAfter   = time.Hour // without an attempt
)

// attempt is something presented that could be a guess.
type attempt struct {
	keys [2][32]byte
	free [2]uint64
	n    int
}

// attemptOn is an attempt on an account, which may be none, from an address.
func (s *service) attemptOn(account, from string) attempt {
	var a attempt
	if account != "" {
		a.add(s.seal.digest("throttle account", account), freeOfAccount)
	}
	if from != "" {
		a.add(s.seal.digest("throttle address", from), freeOfAddress)
	}
	return a
}

func (a *attempt) add(k [32]byte, free uint64) {
	a.keys[a.n], a.free[a.n] = k, free
	a.n++
}

// begin counts the attempt as vain before it is looked at, so that a hundred at
// once are a hundred, or refuses it with ErrWait.
func (s *service) begin(ctx context.Context, a attempt) error {
	if a.n == 0 {
		return nil
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		now := tx.Now()
		var counts [2]Throttle
		for i, k := range a.keys[:a.n] {
			t, err := tx.Throttle(k)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if now.Before(t.Until) {
				return ErrWait
			}
			if now.Sub(t.Last) > forgetAfter {
				t.Failures = 0
			}
			t.Key, t.Last, t.Until = k, now, time.Time{}
			if t.Failures++; t.Failures >= a.free[i] {
				t.Until = now.Add(min(longestWait, firstWait<<min(t.Failures-a.free[i], 8)))
			}
			counts[i] = t
		}
		for _, t := range counts[:a.n] {
			if err := tx.PutThrottle(t); err != nil {
				return err
			}
		}
		return nil
	})
}

// succeed takes the attempt back: the account starts afresh, and the address has
// one attempt less.
func (a attempt) succeed(tx Tx) error {
	for i, k := range a.keys[:a.n] {
		t, err := tx.Throttle(k)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if t.Failures--; a.free[i] == freeOfAccount || t.Failures == 0 {
			err = tx.RemoveThrottle(k)
		} else {
			if t.Failures < a.free[i] {
				t.Until = time.Time{}
			}
			err = tx.PutThrottle(t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
