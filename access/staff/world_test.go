package staff_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/softkey"
	"github.com/jate-cva/jate/store/mem"
)

const (
	origin    = "https://jate.ngo.example"
	goodPass  = "three goats cross the river"
	otherPass = "a kettle hums in Sévaré"
)

// world is the service over a store in memory, with a clock that the test moves.
type world struct {
	staff.Service
	t         *testing.T
	now       time.Time
	store     staff.Store
	authority *access.Authority
}

func newWorld(t *testing.T, change ...func(*staff.Config)) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.store = mem.Open(clock).Staff()
	var err error
	if w.authority, err = access.NewAuthority("ngo.example/test", access.Keys{Access: ed25519.NewKeyFromSeed(make([]byte, 32)), Pseudonym: make([]byte, 32)}, clock); err != nil {
		t.Fatal(err)
	}
	c := staff.Config{Store: w.store, Authority: w.authority, Data: make([]byte, 32), Now: clock, URL: origin, Organisation: "ngo.example",
		Cost: staff.Cost{MemoryKiB: 64, Passes: 1}}
	for _, fn := range change {
		fn(&c)
	}
	if w.Service, err = staff.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// must returns a value that was made without error.
func must[V any](t testing.TB) func(V, error) V {
	return func(v V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// want fails the test unless err is the wanted one.
func want(t testing.TB, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%v, want %v", err, wanted)
	}
}

// colleague is a member with what the member keeps.
type colleague struct {
	w      *world
	id     string
	name   string
	secret string // of the authenticator application
	key    softkey.Key
	codes  []string
	in     staff.SignedIn
}

// code is what the authenticator application shows.
func (c *colleague) code() string {
	return must[string](c.w.t)(totp.GenerateCode(c.secret, c.w.now))
}

// accept uses an invitation up, with a passkey, or with a password and a code.
func (w *world) accept(code, name string, passkey bool, programme string) *colleague {
	w.t.Helper()
	o := must[staff.Opening](w.t)(w.Open(w.t.Context(), staff.Open{Code: code, Name: name}))
	c := &colleague{w: w, name: name, secret: o.Offer.Secret}
	cmd := staff.Accept{Code: code, Name: name, Ceremony: o.Offer.Ceremony, Programme: programme}
	if passkey {
		var err error
		if c.key, cmd.Passkey, err = softkey.Create(origin, o.Offer.Passkey); err != nil {
			w.t.Fatal(err)
		}
	} else {
		cmd.Password, cmd.TOTP = goodPass, c.code()
	}
	c.in = must[staff.SignedIn](w.t)(w.Accept(w.t.Context(), cmd))
	c.id, c.codes = c.in.Session.Member, c.in.Codes
	return c
}

// first is the first administrator, of programme p1, with a passkey.
func (w *world) first() *colleague {
	w.t.Helper()
	return w.accept(must[string](w.t)(w.First(w.t.Context())), "awa", true, "p1")
}

// hire invites somebody and has them accept; roles are granted in p1.
func (w *world) hire(admin *colleague, name string, passkey bool, roles ...access.Role) *colleague {
	w.t.Helper()
	in := must[staff.Invitee](w.t)(w.Invite(w.t.Context(), staff.Invite{By: admin.actor(), Key: "invite " + name}))
	c := w.accept(in.Code, name, passkey, "")
	w.grant(c.id, roles...)
	return c
}

func (w *world) grant(member string, roles ...access.Role) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), func(tx staff.Tx) error {
		for _, r := range roles {
			if err := tx.PutGrant(staff.Grant{Member: member, Programme: "p1", Role: r}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// signIn opens a session again.
func (c *colleague) signIn() staff.SignedIn {
	c.w.t.Helper()
	c.in = must[staff.SignedIn](c.w.t)(c.w.SignIn(c.w.t.Context(), staff.SignIn{Presented: c.present()}))
	return c.in
}

// present proves who it is, by passkey where there is one.
func (c *colleague) present() staff.Presented {
	c.w.t.Helper()
	if c.key.ID == nil {
		c.w.pass(time.Minute) // another code
		return staff.Presented{Name: c.name, Password: goodPass, Code: c.code()}
	}
	ch := must[staff.Ceremony](c.w.t)(c.w.Challenge(c.w.t.Context(), staff.Challenge{}))
	return staff.Presented{Ceremony: ch.ID, Passkey: must[json.RawMessage](c.w.t)(c.key.Get(ch.Options))}
}

// request is a request with the session's cookie or token.
func request(in staff.SignedIn) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/me", nil)
	if in.Session.Program {
		r.Header.Set("Authorization", "Bearer "+in.Access)
	} else {
		r.AddCookie(&http.Cookie{Name: staff.CookieName, Value: in.Cookie})
	}
	return r
}

// who authenticates a request.
func (w *world) who(r *http.Request) (access.Actor, error) {
	ctx, err := w.Authenticate(w.t.Context(), r)
	if err != nil {
		return access.Actor{}, err
	}
	return access.FromContext(ctx)
}

// actor is who the session's requests come from.
func (c *colleague) actor() access.Actor {
	c.w.t.Helper()
	return must[access.Actor](c.w.t)(c.w.who(request(c.in)))
}

func (w *world) view(fn func(staff.Tx) error) {
	w.t.Helper()
	if err := w.store.View(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func softkeyCreate(o staff.Offer) (softkey.Key, json.RawMessage, error) {
	return softkey.Create(origin, o.Passkey)
}
