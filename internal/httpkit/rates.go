package httpkit

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// AnyRate is the rate at which nobody calls too often.
const AnyRate = float64(rate.Inf)

// Rates limits how often each of many callers may call, by whatever they are
// told apart: an address, an account, a handheld. It remembers the last of them
// that it heard of, so that inventing callers takes no memory; one that is
// forgotten starts afresh.
type Rates[K comparable] struct {
	perSecond float64
	burst     int
	most      int

	mu     sync.Mutex
	byKey  map[K]*list.Element
	recent *list.List // of *caller[K], the last heard first
}

// caller is one that Rates remembers.
type caller[K comparable] struct {
	key     K
	limiter *rate.Limiter
	calls   int // in flight
}

// NewRates returns the limits for at most most callers, more than none: each
// may make burst calls at once and perSecond lastingly.
func NewRates[K comparable](perSecond float64, burst, most int) *Rates[K] {
	return &Rates[K]{perSecond: perSecond, burst: burst, most: most, byKey: map[K]*list.Element{}, recent: list.New()}
}

// Allow counts a call of the caller and reports whether it may be made.
func (r *Rates[K]) Allow(k K, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.caller(k).limiter.AllowN(now, 1)
}

// Spent reports whether the caller may make no call now. It counts none: where a
// caller is known only after a call was looked at, Spent comes before and Allow
// after, so that nobody uses up what is another's.
func (r *Rates[K]) Spent(k K, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.byKey[k]
	return ok && e.Value.(*caller[K]).limiter.TokensAt(now) < 1
}

// enter is Allow of a call that is one of at most calls of the caller in flight,
// until leave is called.
func (r *Rates[K]) enter(k K, calls int, now time.Time) (leave func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.caller(k)
	if c.calls >= calls || !c.limiter.AllowN(now, 1) {
		return nil, false
	}
	c.calls++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		c.calls--
	}, true
}

// caller finds or makes the entry of a caller. r.mu is held.
func (r *Rates[K]) caller(k K) *caller[K] {
	e, ok := r.byKey[k]
	if !ok {
		if r.recent.Len() >= r.most {
			oldest := r.recent.Remove(r.recent.Back()).(*caller[K])
			delete(r.byKey, oldest.key)
		}
		e = r.recent.PushFront(&caller[K]{key: k, limiter: rate.NewLimiter(rate.Limit(r.perSecond), r.burst)})
		r.byKey[k] = e
	}
	r.recent.MoveToFront(e)
	return e.Value.(*caller[K])
}
