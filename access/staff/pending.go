package staff

import (
	"container/list"
	"crypto/rand"
	"sync"
	"time"
)

// pendingMost bounds what is under way; the oldest is forgotten first.
const pendingMost = 10_000

// pending keeps what lasts minutes and would not be missed after a restart:
// challenges, codes for programs, states of a sign-in at a provider, and tickets of it. Whoever is
// not known yet causes no write to the store by it.
type pending struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]*list.Element
	age  *list.List // of *waiting, the oldest last
}

type waiting struct {
	id    string
	until time.Time
	value any
}

func newPending(now func() time.Time) *pending {
	return &pending{now: now, byID: map[string]*list.Element{}, age: list.New()}
}

// put keeps a value under an id that nobody can guess.
func (p *pending) put(value any, life time.Duration) string {
	id := rand.Text()
	p.set(id, value, life)
	return id
}

// set keeps a value under an id.
func (p *pending) set(id string, value any, life time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(id)
	for p.age.Len() >= pendingMost {
		p.drop(p.age.Back().Value.(*waiting).id)
	}
	p.byID[id] = p.age.PushFront(&waiting{id, p.now().Add(life), value})
}

// drop forgets an id. p.mu is held.
func (p *pending) drop(id string) {
	if e, ok := p.byID[id]; ok {
		p.age.Remove(e)
		delete(p.byID, id)
	}
}

// take returns the value of an id and forgets it: each is good once.
func take[V any](p *pending, id string) (V, bool) {
	v, ok := look[V](p, id)
	if ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		if _, still := p.byID[id]; !still {
			ok = false // somebody else took it
		}
		p.drop(id)
	}
	return v, ok
}

// look returns the value of an id.
func look[V any](p *pending, id string) (V, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var none V
	e, ok := p.byID[id]
	if !ok {
		return none, false
	}
	w := e.Value.(*waiting)
	v, ok := w.value.(V)
	if !ok || !p.now().Before(w.until) {
		return none, false
	}
	return v, true
}
