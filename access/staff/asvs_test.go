package staff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// try signs in with what is given.
func (w *world) try(p staff.Presented, from string) error {
	_, err := w.SignIn(w.t.Context(), staff.SignIn{Presented: p, From: from})
	return err
}

// Passwords that everybody tries first are refused, and what is made of them.
func TestASVS_6_2_4(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "benjamin", false, access.RoleRegistrar)
	for _, bad := range []string{"1qaz2wsx3edc", "Unbelievable", "password1234!", "!!qwerty2026!!", "passwordpassword", "aaaaaaaaaaaa", "ababababababab",
		"123456789012", "benjamin2026", "ngo.example1", "short", strings.Repeat("long and longer ", 9)} {
		_, err := w.AddFactor(t.Context(), staff.AddFactor{By: ben.actor(), Password: bad})
		want(t, err, staff.ErrPassword)
	}
	for _, good := range []string{otherPass, "Sévaré-2026-marché", "correct horse battery staple", "xkcdxkcdXKCDq"} {
		if _, err := w.AddFactor(t.Context(), staff.AddFactor{By: ben.actor(), Password: good}); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// Guessing gets slower, for an account and for an address, and ends by itself.
func TestASVS_6_3_1(t *testing.T) {
	w := newWorld(t)
	admin := w.first()
	ben := w.hire(admin, "ben", false, access.RoleRegistrar)
	wrong := staff.Presented{Name: "BEN ", Password: "no password of his", Code: "000000"}
	t.Run("an account", func(t *testing.T) {
		for i := range 5 {
			want(t, w.try(wrong, fmt.Sprint(i)), staff.ErrSignIn)
		}
		// The right ones wait too, or waiting would tell that they are right.
		want(t, w.try(staff.Presented{Name: "ben", Password: goodPass, Code: ben.code()}, "x"), staff.ErrWait)
		waits := []time.Duration{}
		for len(waits) < 7 {
			began := w.now
			for w.try(wrong, fmt.Sprint(len(waits), "y")) != nil {
				if w.now.Sub(began) > 0 && w.try(wrong, "z") == nil {
					t.Fatal("got in")
				}
				w.pass(10 * time.Second)
				var n uint64
				w.view(func(tx staff.Tx) error {
					for c, err := range tx.Throttles() {
						if err != nil {
							return err
						}
						n = max(n, c.Failures)
					}
					return nil
				})
				if int(n) > 5+len(waits) {
					break
				}
			}
			waits = append(waits, w.now.Sub(began))
		}
		for i, d := range waits {
			if d > 15*time.Minute+20*time.Second || i > 0 && d+20*time.Second < waits[i-1] {
				t.Errorf("waits of %v", waits)
			}
		}
		if waits[6] < 14*time.Minute {
			t.Errorf("waits of %v", waits)
		}
		w.pass(15 * time.Minute)
		if err := w.try(ben.present(), "x"); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		// Who has a passkey does not wait for others.
		for range 6 {
			_ = w.try(staff.Presented{Name: "awa", Password: "wrong wrong wrong"}, "")
		}
		if err := w.try(admin.present(), "x"); err != nil {
			t.Errorf("by passkey: %v", err)
		}
	})
	t.Run("an address", func(t *testing.T) {
		for i := range 20 {
			p := wrong
			p.Name = fmt.Sprintf("somebody%d", i)
			want(t, w.try(p, "10.0.0.1"), staff.ErrSignIn)
		}
		want(t, w.try(staff.Presented{Name: "another", Password: "x"}, "10.0.0.1"), staff.ErrWait)
		_, err := w.Open(t.Context(), staff.Open{Code: "x", From: "10.0.0.1"})
		want(t, err, staff.ErrWait)
		want(t, w.try(staff.Presented{Name: "another", Password: "x"}, "10.0.0.2"), staff.ErrSignIn)
	})
	t.Run("across a restart", func(t *testing.T) {
		n := 0
		w.view(func(tx staff.Tx) error {
			for _, err := range tx.Throttles() {
				if err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if n == 0 {
			t.Error("nothing is stored")
		}
	})
}

// Nobody has one factor alone, and who approves, pays, verifies or administers
// acts only with a passkey.
func TestASVS_6_3_3(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	want(t, w.try(staff.Presented{Name: "ben", Password: goodPass}, ""), staff.ErrSignIn)
	want(t, w.try(staff.Presented{Name: "ben", Code: ben.code()}, ""), staff.ErrSignIn)
	for _, role := range access.Roles() {
		c := w.hire(&colleague{w: w, in: w.adminIn(t)}, "the-"+string(role), false, role)
		if got := c.actor().Has(role); got == access.NeedsPasskey(role) {
			t.Errorf("%s without a passkey: %v", role, got)
		}
	}
}

// adminIn is a session of an administrator who is made for it.
func (w *world) adminIn(t *testing.T) staff.SignedIn {
	t.Helper()
	var in staff.SignedIn
	w.view(func(tx staff.Tx) error {
		for m, err := range tx.Members() {
			if err != nil {
				return err
			}
			if m.InvitedBy == "" {
				in.Session.Member = m.ID
			}
		}
		return nil
	})
	in.Session.ID, in.Session.Program = "s"+fmt.Sprint(w.now.Unix()), true
	if err := w.store.Update(t.Context(), func(tx staff.Tx) error {
		return tx.PutSession(staff.Session{ID: in.Session.ID, Member: in.Session.Member, Program: true, Passkey: true, Created: w.now, Seen: w.now, Proved: w.now})
	}); err != nil {
		t.Fatal(err)
	}
	in.Access = must[string](t)(w.authority.Mint(access.Grant{Staff: in.Session.Member, Programme: "p1", Session: in.Session.ID}))
	return in
}

// Whether there is such an account, the answer is the same and comes as late.
func TestASVS_6_3_8(t *testing.T) {
	w := newWorld(t, func(c *staff.Config) { c.Cost = staff.Cost{MemoryKiB: 4 << 10, Passes: 1} })
	admin := w.first()
	w.hire(admin, "ben", false, access.RoleRegistrar)
	// Other processes disturb a measurement; a password that is not hashed shows in
	// every one.
	var off []string
	for range 6 {
		if off = w.guesses(); len(off) == 0 {
			return
		}
	}
	t.Error(off)
}

// guesses compares how long it takes to refuse a name with a password, one with a
// passkey alone, and one that nobody has. It returns what differs by a tenth.
func (w *world) guesses() (off []string) {
	t := w.t
	took := map[string][]time.Duration{}
	const rounds = 21
	for range rounds {
		for _, name := range []string{"ben", "awa", "nobody"} {
			w.pass(2 * time.Hour) // no wait
			began := time.Now()
			err := w.try(staff.Presented{Name: name, Password: otherPass, Code: "000000"}, "")
			took[name] = append(took[name], time.Since(began))
			if err.Error() != staff.ErrSignIn.Error() {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	// The quickest is what no other process disturbed.
	least := func(name string) float64 { return float64(slices.Min(took[name])) }
	for _, name := range []string{"awa", "nobody"} {
		if r := least(name) / least("ben"); r < 0.9 || r > 1.1 {
			off = append(off, fmt.Sprintf("%s takes %.2f of the time of one who is there", name, r))
		}
	}
	return off
}

// A code is good once: of an application, for recovery, of an invitation.
func TestASVS_6_5_1(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	used := ben.code() // he accepted with it
	want(t, w.try(staff.Presented{Name: "ben", Password: goodPass, Code: used}, ""), staff.ErrSignIn)
	w.pass(30 * time.Second)
	p := staff.Presented{Name: "ben", Password: goodPass, Code: ben.code()}
	if err := w.try(p, ""); err != nil {
		t.Fatal(err)
	}
	want(t, w.try(p, ""), staff.ErrSignIn)
	// Nor does an older one that was never used.
	w.pass(-30 * time.Second)
	p.Code = ben.code()
	w.pass(30 * time.Second)
	want(t, w.try(p, ""), staff.ErrSignIn)
	for i, code := range ben.codes {
		p.Code = strings.ToUpper(code)
		if err := w.try(p, ""); err != nil {
			t.Fatalf("recovery code %d: %v", i, err)
		}
		want(t, w.try(p, ""), staff.ErrSignIn)
	}
	w.view(func(tx staff.Tx) error {
		c, err := tx.Credential(ben.id, string(staff.Codes))
		if err != nil || len(c.Secret) != 0 {
			t.Errorf("%d bytes of codes are left, %v", len(c.Secret), err)
		}
		return nil
	})
}

// A factor that is removed serves no more, and nobody is left without one.
func TestASVS_6_5_6(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	ben.addPasskey(t)
	ben.signIn()
	elsewhere := must[staff.SignedIn](t)(w.SignIn(t.Context(), staff.SignIn{Presented: ben.present()}))
	account := must[staff.Account](t)(w.Me(t.Context(), staff.Me{By: ben.actor()}))
	for _, f := range account.Factors {
		if f.Kind == staff.TOTP {
			must[staff.Account](t)(w.RemoveFactor(t.Context(), staff.RemoveFactor{By: ben.actor(), ID: f.ID}))
		}
	}
	_, err := w.who(request(elsewhere))
	want(t, err, staff.ErrSession)
	w.pass(30 * time.Second)
	want(t, w.try(staff.Presented{Name: "ben", Password: goodPass, Code: ben.code()}, ""), staff.ErrSignIn)
	for _, f := range account.Factors {
		if f.Kind == staff.Passkey {
			_, err := w.RemoveFactor(t.Context(), staff.RemoveFactor{By: ben.actor(), ID: f.ID})
			want(t, err, staff.ErrLastFactor)
		}
	}
}

// Signing in and stepping up change what the session is known by.
func TestASVS_7_2_4(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	before := ben.in
	if in := ben.signIn(); in.Cookie == before.Cookie || in.Session.ID == before.Session.ID {
		t.Error("the session is the same after a sign-in")
	}
	old := ben.in
	by := ben.actor()
	ben.in = must[staff.SignedIn](t)(w.StepUp(t.Context(), staff.StepUp{By: by, Presented: ben.present()}))
	_, err := w.who(request(old))
	want(t, err, staff.ErrSession)
	ben.actor()
}

// A session that nobody uses is over: sooner for who approves or pays.
func TestASVS_7_3_1(t *testing.T) {
	w := newWorld(t)
	admin := w.first()
	ben := w.hire(admin, "ben", false, access.RoleRegistrar)
	admin.signIn()
	for range 4 {
		w.pass(14 * time.Minute)
		admin.actor()
		ben.actor()
	}
	w.pass(staff.IdlePrivileged)
	_, err := w.who(request(admin.in))
	want(t, err, staff.ErrSession)
	ben.actor()
	w.pass(staff.IdleOthers)
	_, err = w.who(request(ben.in))
	want(t, err, staff.ErrSession)
}

// No session lasts longer than ten hours, however it is used.
func TestASVS_7_3_2_sessions(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	program := must[staff.SignedIn](t)(w.SignIn(t.Context(), staff.SignIn{Presented: ben.present(), Program: true}))
	began := w.now
	for w.now.Sub(began) < staff.SessionLife-20*time.Minute {
		w.pass(10 * time.Minute)
		ben.actor()
		program = must[staff.SignedIn](t)(w.Refresh(t.Context(), staff.Refresh{Token: program.Refresh}))
	}
	w.pass(20 * time.Minute)
	_, err := w.who(request(ben.in))
	want(t, err, staff.ErrSession)
	_, err = w.Refresh(t.Context(), staff.Refresh{Token: program.Refresh})
	want(t, err, staff.ErrSession)
}

// Who is disabled is out at once, on every device, and comes back only when
// enabled.
func TestASVS_7_4_2(t *testing.T) {
	w := newWorld(t)
	admin := w.first()
	ben := w.hire(admin, "ben", false, access.RoleRegistrar)
	program := must[staff.SignedIn](t)(w.SignIn(t.Context(), staff.SignIn{Presented: ben.present(), Program: true}))
	if l := must[staff.Listed](t)(w.SetState(t.Context(), staff.SetState{By: admin.actor(), Key: "k1", Member: ben.id, State: staff.Disabled})); l.Name != "ben" {
		t.Errorf("%+v", l)
	}
	for _, in := range []staff.SignedIn{ben.in, program} {
		_, err := w.who(request(in))
		want(t, err, staff.ErrSession)
	}
	_, err := w.Refresh(t.Context(), staff.Refresh{Token: program.Refresh})
	want(t, err, staff.ErrSession)
	want(t, w.try(ben.present(), ""), staff.ErrSignIn)
	admin.signIn()
	_, err = w.SetState(t.Context(), staff.SetState{By: admin.actor(), Key: "k2", Member: admin.id, State: staff.Disabled})
	want(t, err, staff.ErrMemberState)
	must[staff.Listed](t)(w.SetState(t.Context(), staff.SetState{By: admin.actor(), Key: "k3", Member: ben.id, State: staff.Active}))
	_, err = w.who(request(program))
	want(t, err, staff.ErrSession)
	ben.signIn()
}

// What changes who can act asks for a factor again.
func TestASVS_7_5_3(t *testing.T) {
	w := newWorld(t)
	admin := w.first()
	ben := w.hire(admin, "ben", false, access.RoleRegistrar)
	w.pass(staff.StepUpLife + time.Minute)
	by := admin.actor()
	for what, do := range map[string]func() error{
		"invite": func() error { _, err := w.Invite(t.Context(), staff.Invite{By: by, Key: "k"}); return err },
		"disable": func() error {
			_, err := w.SetState(t.Context(), staff.SetState{By: by, Key: "l", Member: ben.id, State: staff.Disabled})
			return err
		},
		"recover": func() error {
			_, err := w.Recover(t.Context(), staff.Recover{By: by, Key: "m", Member: ben.id})
			return err
		},
		"offer": func() error { _, err := w.OfferFactors(t.Context(), staff.OfferFactors{By: by}); return err },
		"password": func() error {
			_, err := w.AddFactor(t.Context(), staff.AddFactor{By: by, Password: otherPass})
			return err
		},
		"codes": func() error { _, err := w.AddFactor(t.Context(), staff.AddFactor{By: by, Codes: true}); return err },
		"remove": func() error {
			_, err := w.RemoveFactor(t.Context(), staff.RemoveFactor{By: by, ID: "recovery"})
			return err
		},
		"a program": func() error {
			_, err := w.Authorize(t.Context(), staff.Authorize{By: by, User: "BCDFGHJK"})
			return err
		},
		"by no login": func() error {
			_, err := w.Invite(t.Context(), staff.Invite{By: access.Actor{ID: admin.id, Roles: by.Roles}})
			return err
		},
	} {
		if err := do(); err == nil || what != "by no login" && err != staff.ErrStepUp {
			t.Errorf("%s: %v", what, err)
		}
	}
	admin.in = must[staff.SignedIn](t)(w.StepUp(t.Context(), staff.StepUp{By: by, Presented: admin.present()}))
	by = admin.actor()
	must[staff.Invitee](t)(w.Invite(t.Context(), staff.Invite{By: by, Key: "k"}))
}

// A role that is given or taken counts on the next request, whatever the token.
func TestASVS_8_3_2(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	in := must[staff.SignedIn](t)(w.SignIn(t.Context(), staff.SignIn{Presented: ben.present(), Program: true}))
	if a := must[access.Actor](t)(w.who(request(in))); !slices.Equal(a.Roles, []access.Role{access.RoleRegistrar}) {
		t.Errorf("%v", a.Roles)
	}
	if err := w.store.Update(t.Context(), func(tx staff.Tx) error {
		return tx.RemoveGrant(staff.Grant{Member: ben.id, Programme: "p1", Role: access.RoleRegistrar})
	}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []staff.SignedIn{in, ben.in} {
		if a := must[access.Actor](t)(w.who(request(s))); len(a.Roles) != 0 {
			t.Errorf("%v", a.Roles)
		}
	}
	// And a grant counts within its time alone.
	if err := w.store.Update(t.Context(), func(tx staff.Tx) error {
		return tx.PutGrant(staff.Grant{Member: ben.id, Programme: "p1", Role: access.RoleIssuer, From: w.now.Add(time.Minute), Until: w.now.Add(2 * time.Minute)})
	}); err != nil {
		t.Fatal(err)
	}
	for _, has := range []bool{false, true, false} {
		if a := must[access.Actor](t)(w.who(request(in))); a.Has(access.RoleIssuer) != has {
			t.Errorf("%v: %v", w.now, a.Roles)
		}
		w.pass(time.Minute)
	}
}

// Passwords cost an attacker what ASVS asks for, and are hashed anew when that
// grows.
func TestASVS_11_4_2(t *testing.T) {
	if staff.DefaultCost.MemoryKiB < 46*1024 || staff.DefaultCost.Passes < 1 {
		t.Errorf("%+v", staff.DefaultCost)
	}
	w := newWorld(t, func(c *staff.Config) { c.Cost = staff.Cost{MemoryKiB: 128, Passes: 1} })
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	phc := func() string {
		var c staff.Credential
		w.view(func(tx staff.Tx) (err error) {
			c, err = tx.Credential(ben.id, string(staff.Password))
			return err
		})
		return string(c.Secret)
	}
	before := phc()
	if !strings.HasPrefix(before, "$argon2id$v=19$m=128,t=1,p=1$") {
		t.Error(before)
	}
	ben.signIn()
	if phc() != before {
		t.Error("hashed anew without need")
	}
	dearer := must[staff.Service](t)(staff.New(staff.Config{Store: w.store, Authority: w.authority, Data: make([]byte, 32),
		Now: func() time.Time { return w.now }, URL: origin, Organisation: "ngo.example"}))
	p := ben.present()
	must[staff.SignedIn](t)(dearer.SignIn(t.Context(), staff.SignIn{Presented: p}))
	if !strings.HasPrefix(phc(), "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Error(phc())
	}
	ben.signIn()
}
