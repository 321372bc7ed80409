package grant_test

import (
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/softkey"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/mem"
)

const origin = "https://jate.ngo.example"

var consoleKey, _ = grant.ConsoleKey(make([]byte, 32))

// world is the services over a store in memory, with a clock that the test moves.
type world struct {
	grant.Service
	t         *testing.T
	now       time.Time
	db        *mem.DB
	people    staff.Service
	authority *access.Authority
	n         int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.db = mem.Open(clock)
	var err error
	if w.authority, err = access.NewAuthority("ngo.example/test", access.Keys{Access: ed25519.NewKeyFromSeed(make([]byte, 32)), Pseudonym: make([]byte, 32)}, clock); err != nil {
		t.Fatal(err)
	}
	if w.people, err = staff.New(staff.Config{Store: w.db.Staff(), Authority: w.authority, Data: make([]byte, 32), Now: clock, URL: origin,
		Organisation: "ngo.example"}); err != nil {
		t.Fatal(err)
	}
	if w.Service, err = grant.New(grant.Config{Store: w.db.Grant(), Authority: w.authority, Prover: access.TokenProver{Now: clock},
		People: w.people, Data: make([]byte, 32), Now: clock}); err != nil {
		t.Fatal(err)
	}
	return w
}

func must[V any](t testing.TB) func(V, error) V {
	return func(v V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func want(t testing.TB, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%v, want %v", err, wanted)
	}
}

func (w *world) key() string {
	w.n++
	return strings.Repeat("k", w.n)
}

// person is a member with a passkey.
type person struct {
	w   *world
	id  string
	key softkey.Key
	in  staff.SignedIn
}

// joins accepts an invitation with a passkey.
func (w *world) joins(code, name, programme string) *person {
	w.t.Helper()
	o := must[staff.Opening](w.t)(w.people.Open(w.t.Context(), staff.Open{Code: code, Name: name}))
	key, answer, err := softkey.Create(origin, o.Offer.Passkey)
	if err != nil {
		w.t.Fatal(err)
	}
	in := must[staff.SignedIn](w.t)(w.people.Accept(w.t.Context(), staff.Accept{Code: code, Name: name, Ceremony: o.Offer.Ceremony,
		Programme: programme, Passkey: answer}))
	return &person{w, in.Session.Member, key, in}
}

// actor is who signs in with the passkey, for programme p1.
func (p *person) actor() access.Actor {
	p.w.t.Helper()
	ch := must[staff.Ceremony](p.w.t)(p.w.people.Challenge(p.w.t.Context(), staff.Challenge{}))
	answer, err := p.key.Get(ch.Options)
	if err != nil {
		p.w.t.Fatal(err)
	}
	in := must[staff.SignedIn](p.w.t)(p.w.people.SignIn(p.w.t.Context(), staff.SignIn{Presented: staff.Presented{Ceremony: ch.ID, Passkey: answer}}))
	return must[access.Actor](p.w.t)(p.w.who(in, "p1"))
}

func (w *world) who(in staff.SignedIn, programme string) (access.Actor, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: staff.CookieName, Value: in.Cookie})
	r.Header.Set(staff.ProgrammeHeader, programme)
	ctx, err := w.people.Authenticate(w.t.Context(), r)
	if err != nil {
		return access.Actor{}, err
	}
	return access.FromContext(ctx)
}

// hire invites somebody to an organisation, "" for the own one.
func (w *world) hire(by *person, name, organisation string) *person {
	w.t.Helper()
	in := must[staff.Invitee](w.t)(w.people.Invite(w.t.Context(), staff.Invite{By: by.actor(), Key: w.key(), Organisation: organisation}))
	p := w.joins(in.Code, name, "")
	w.now = w.now.Add(time.Second) // the order in which people came
	return p
}

// two administrators of p1: the second by the console's code.
func (w *world) two() (awa, ben *person) {
	w.t.Helper()
	awa = w.joins(must[string](w.t)(w.people.First(w.t.Context())), "awa", "p1")
	ben = w.hire(awa, "ben", "")
	p := w.propose(awa, ben, access.RoleAdministrator)
	must[grant.Proposal](w.t)(w.Approve(w.t.Context(), grant.Approve{By: awa.actor(), Key: w.key(), ID: p.ID, Digest: p.Digest,
		Console: grant.ConsoleCode(consoleKey, p.ID, p.Digest)}))
	return awa, ben
}

func (w *world) propose(by, member *person, role access.Role) grant.Proposal {
	w.t.Helper()
	return must[grant.Proposal](w.t)(w.Propose(w.t.Context(), grant.Propose{By: by.actor(), Key: w.key(), Member: member.id, Role: role}))
}

func (w *world) approve(by *person, p grant.Proposal) error {
	w.t.Helper()
	_, err := w.Approve(w.t.Context(), grant.Approve{By: by.actor(), Key: w.key(), ID: p.ID, Digest: p.Digest})
	return err
}

// give grants a role by the word of two.
func (w *world) give(a, b, member *person, role access.Role) {
	w.t.Helper()
	if err := w.approve(b, w.propose(a, member, role)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) revoke(by, member *person, role access.Role) error {
	w.t.Helper()
	_, err := w.Revoke(w.t.Context(), grant.Revoke{By: by.actor(), Key: w.key(), Member: member.id, Role: role})
	return err
}

// decisions returns the journal's decisions of a kind.
func (w *world) decisions(what string) []ledger.Entry {
	w.t.Helper()
	var all []ledger.Entry
	if err := w.db.Ledger().View(w.t.Context(), func(tx ledger.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			if e := r.Entry; e.Facts["what"] == what {
				all = append(all, e)
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}
