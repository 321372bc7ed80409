package staff_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/access/staff/provider/providertest"
)

// vouch signs somebody in at a provider and brings the answer back.
func (w *world) vouch(f *providertest.Forger, id, subject string, claims jwt.MapClaims) (staff.Ticket, error) {
	w.t.Helper()
	d := must[staff.Departure](w.t)(w.Depart(w.t.Context(), staff.Depart{Provider: id, Then: "#account"}))
	code, q := f.SignIn(w.t, d.Location)
	f.Change = func(c jwt.MapClaims) {
		c["sub"] = subject
		for k, v := range claims {
			c[k] = v
		}
	}
	return w.Return(w.t.Context(), staff.Return{Provider: id, Binder: d.Binder, Answer: provider.Answer{State: q.Get("state"), Code: code, Issuer: f.URL}})
}

// ticket is vouch that succeeds.
func (w *world) ticket(f *providertest.Forger, id, subject string, claims jwt.MapClaims) string {
	w.t.Helper()
	return must[staff.Ticket](w.t)(w.vouch(f, id, subject, claims)).ID
}

// two providers: of the organisation, and another.
func withProviders(t *testing.T) (w *world, ours, other *providertest.Forger) {
	now := func() time.Time { return w.now }
	ours, other = providertest.New(t, now), providertest.New(t, now)
	w = newWorld(t, func(c *staff.Config) {
		c.Providers = []*provider.Provider{ours.Provider(t), other.Provider(t, func(p *provider.Config) { p.ID, p.AMR = "other", []string{"mfa"} })}
	})
	return w, ours, other
}

// An account is linked to the pair of issuer and subject: another issuer's subject
// of that name, or its e-mail address, opens nothing, and nobody comes to be.
func TestASVS_6_8_1(t *testing.T) {
	w, ours, other := withProviders(t)
	admin := w.first()
	ben := w.hire(admin, "ben", false, access.RoleRegistrar)
	count := func() (n int) {
		w.view(func(tx staff.Tx) error {
			for _, err := range tx.Members() {
				if err != nil {
					return err
				}
				n++
			}
			return nil
		})
		return n
	}
	before := count()
	mail := jwt.MapClaims{"email": "ben@ngo.example", "email_verified": true, "name": "ben", "preferred_username": "ben"}
	first := must[staff.Ticket](t)(w.vouch(ours, "ngo", "ben-1", mail))
	if first.Linked || !first.Code || first.Then != "#account" {
		t.Errorf("%+v", first)
	}
	want(t, w.try(staff.Presented{Ticket: first.ID, Code: ben.code()}, ""), staff.ErrUnlinked)
	if _, err := w.AddFactor(t.Context(), staff.AddFactor{By: ben.actor(), Ticket: first.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddFactor(t.Context(), staff.AddFactor{By: ben.actor(), Ticket: first.ID}); !errors.Is(err, staff.ErrFactor) {
		t.Errorf("a ticket again: %v", err)
	}
	w.pass(time.Minute)
	in, err := w.SignIn(t.Context(), staff.SignIn{Presented: staff.Presented{Ticket: w.ticket(ours, "ngo", "ben-1", mail), Code: ben.code()}})
	if err != nil || in.Session.Member != ben.id || in.Session.Passkey || in.Cookie == "" {
		t.Fatalf("%+v, %v", in, err)
	}
	w.pass(time.Minute)
	for what, ticket := range map[string]string{
		"the same subject of another issuer":       w.ticket(other, "other", "ben-1", mail),
		"the same address of another subject":      w.ticket(ours, "ngo", "ben-2", mail),
		"the same subject, but for a capital":      w.ticket(ours, "ngo", "Ben-1", mail),
		"a second factor there, of another issuer": w.ticket(other, "other", "ben-1", jwt.MapClaims{"amr": []string{"mfa"}}),
	} {
		if err := w.try(staff.Presented{Ticket: ticket, Code: ben.code()}, what); !errors.Is(err, staff.ErrUnlinked) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := count(); n != before {
		t.Errorf("%d members, not %d", n, before)
	}
	// Nobody else can have what is his.
	awa := w.ticket(ours, "ngo", "ben-1", nil)
	_, err = w.AddFactor(t.Context(), staff.AddFactor{By: admin.actor(), Ticket: awa})
	want(t, err, staff.ErrIdentityTaken)
	// And what is unlinked counts no more.
	late := w.ticket(ours, "ngo", "ben-1", nil)
	ben.in = in
	if _, err := w.RemoveFactor(t.Context(), staff.RemoveFactor{By: ben.actor(), ID: "identity-ngo"}); err != nil {
		t.Fatal(err)
	}
	want(t, w.try(staff.Presented{Ticket: late, Code: ben.code()}, ""), staff.ErrUnlinked)
}

// What a provider vouches for is a password and no more: a code must come with it,
// roles that need a passkey do not count, and who is disabled here is out at once.
func TestService_identity(t *testing.T) {
	w, ours, other := withProviders(t)
	admin := w.first()
	in := must[staff.Invitee](t)(w.Invite(t.Context(), staff.Invite{By: admin.actor(), Key: "i"}))
	o := must[staff.Opening](t)(w.Open(t.Context(), staff.Open{Code: in.Code, Name: "chi"}))
	accept := staff.Accept{Code: in.Code, Name: "chi", Ceremony: o.Offer.Ceremony, Ticket: w.ticket(ours, "ngo", "chi-1", nil)}
	_, err := w.Accept(t.Context(), accept)
	want(t, err, staff.ErrFactors) // a code is missing
	chi := &colleague{w: w, name: "chi", secret: o.Offer.Secret}
	accept.TOTP = chi.code()
	chi.in = must[staff.SignedIn](t)(w.Accept(t.Context(), accept))
	chi.id, chi.codes = chi.in.Session.Member, chi.in.Codes
	w.grant(chi.id, access.RoleRegistrar)
	if roles := chi.actor().Roles; len(roles) != 1 {
		t.Errorf("%v", roles)
	}
	t.Run("a code is needed, and guessing gets slow", func(t *testing.T) {
		w.pass(time.Minute)
		ticket := w.ticket(ours, "ngo", "chi-1", jwt.MapClaims{"amr": []string{"mfa"}}) // which is not configured there
		want(t, w.try(staff.Presented{Ticket: ticket}, ""), staff.ErrSignIn)
		for range 4 {
			want(t, w.try(staff.Presented{Ticket: ticket, Code: "000000"}, ""), staff.ErrSignIn)
		}
		want(t, w.try(staff.Presented{Ticket: w.ticket(ours, "ngo", "chi-1", nil), Code: chi.code()}, ""), staff.ErrWait)
		w.pass(16 * time.Minute)
		ticket = w.ticket(ours, "ngo", "chi-1", nil)
		if err := w.try(staff.Presented{Ticket: ticket, Code: chi.code()}, ""); err != nil {
			t.Error(err)
		}
		w.pass(time.Minute)
		want(t, w.try(staff.Presented{Ticket: ticket, Code: chi.code()}, ""), staff.ErrSignIn) // good once
		ticket = w.ticket(ours, "ngo", "chi-1", nil)
		w.pass(6 * time.Minute)
		want(t, w.try(staff.Presented{Ticket: ticket, Code: chi.code()}, ""), staff.ErrSignIn) // for five minutes
	})
	t.Run("an answer counts in the browser that departed, once, at its provider's page", func(t *testing.T) {
		d := must[staff.Departure](t)(w.Depart(t.Context(), staff.Depart{Provider: "ngo"}))
		e := must[staff.Departure](t)(w.Depart(t.Context(), staff.Depart{Provider: "ngo"}))
		for what, change := range map[string]func(*staff.Return){
			"another browser": func(r *staff.Return) { r.Binder = e.Binder }, "no cookie": func(r *staff.Return) { r.Binder = "" },
			"another page": func(r *staff.Return) { r.Provider = "other" }, "no provider": func(r *staff.Return) { r.Provider = "none" },
			"another state": func(r *staff.Return) { r.Answer.State = "x" },
		} {
			d = must[staff.Departure](t)(w.Depart(t.Context(), staff.Depart{Provider: "ngo", Binder: d.Binder}))
			code, q := ours.SignIn(t, d.Location)
			r := staff.Return{Provider: "ngo", Binder: d.Binder, Answer: provider.Answer{State: q.Get("state"), Code: code, Issuer: ours.URL}}
			change(&r)
			if _, err := w.Return(t.Context(), r); !errors.Is(err, provider.ErrRefused) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := w.Depart(t.Context(), staff.Depart{Provider: "none"})
		want(t, err, staff.ErrNotFound)
		_, err = w.Depart(t.Context(), staff.Depart{Provider: "ngo", Then: "https://evil.example/"})
		want(t, err, staff.ErrMember)
	})
	t.Run("a second factor of the provider, where it is configured", func(t *testing.T) {
		w.pass(time.Minute)
		signIn := func(claims jwt.MapClaims) (staff.SignedIn, error) {
			return w.SignIn(t.Context(), staff.SignIn{Presented: staff.Presented{Ticket: w.ticket(other, "other", "chi-9", claims)}})
		}
		chi.in = must[staff.SignedIn](t)(w.SignIn(t.Context(), staff.SignIn{Presented: staff.Presented{Ticket: w.ticket(ours, "ngo", "chi-1", nil), Code: chi.code()}}))
		if _, err := w.AddFactor(t.Context(), staff.AddFactor{By: chi.actor(), Ticket: w.ticket(other, "other", "chi-9", nil)}); err != nil {
			t.Fatal(err)
		}
		_, err := signIn(nil)
		want(t, err, staff.ErrSignIn)
		mfa := jwt.MapClaims{"amr": []string{"pwd", "mfa"}}
		fresh := must[staff.SignedIn](t)(signIn(mfa))
		// When it was proved is what the provider says, and what changes who can act wants it fresh.
		mfa["auth_time"] = w.now.Add(-time.Hour).Unix()
		old := must[staff.SignedIn](t)(signIn(mfa))
		delete(mfa, "auth_time")
		mfa["auth_time"] = 0
		unknown := must[staff.SignedIn](t)(signIn(mfa))
		for i, in := range []staff.SignedIn{fresh, old, unknown} {
			chi.in = in
			if _, err := w.OfferFactors(t.Context(), staff.OfferFactors{By: chi.actor()}); (i == 0) != (err == nil) || i > 0 && !errors.Is(err, staff.ErrStepUp) {
				t.Errorf("%d: %v", i, err)
			}
		}
		_, err = w.StepUp(t.Context(), staff.StepUp{By: chi.actor(), Presented: staff.Presented{Ticket: w.ticket(other, "other", "chi-9", mfa)}})
		want(t, err, staff.ErrSignIn)
		mfa["auth_time"] = w.now.Unix()
		chi.in = must[staff.SignedIn](t)(w.StepUp(t.Context(), staff.StepUp{By: chi.actor(), Presented: staff.Presented{Ticket: w.ticket(other, "other", "chi-9", mfa)}}))
		if _, err := w.OfferFactors(t.Context(), staff.OfferFactors{By: chi.actor()}); err != nil {
			t.Error(err)
		}
		admin.signIn()
		_, err = w.StepUp(t.Context(), staff.StepUp{By: admin.actor(), Presented: staff.Presented{Ticket: w.ticket(other, "other", "chi-9", mfa)}})
		want(t, err, staff.ErrSignIn) // somebody else's
	})
	t.Run("a role that needs a passkey does not count", func(t *testing.T) {
		w.grant(chi.id, access.RoleFinanceApprover)
		if roles := chi.actor().Roles; len(roles) != 0 {
			t.Errorf("%v", roles)
		}
	})
	t.Run("the last way in stays, and a provider that is gone is none", func(t *testing.T) {
		a := must[staff.Account](t)(w.Me(t.Context(), staff.Me{By: chi.actor()}))
		for _, f := range a.Factors {
			if f.Kind == staff.TOTP {
				if _, err := w.RemoveFactor(t.Context(), staff.RemoveFactor{By: chi.actor(), ID: f.ID}); err != nil {
					t.Fatal(err) // the other provider sees a second factor
				}
			}
		}
		_, err := w.RemoveFactor(t.Context(), staff.RemoveFactor{By: chi.actor(), ID: "identity-other"})
		want(t, err, staff.ErrLastFactor)
	})
	t.Run("who is disabled is out, whatever the provider says", func(t *testing.T) {
		ticket := w.ticket(other, "other", "chi-9", jwt.MapClaims{"amr": []string{"mfa"}})
		admin.signIn()
		if _, err := w.SetState(t.Context(), staff.SetState{By: admin.actor(), Key: "s", Member: chi.id, State: staff.Disabled}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.who(request(chi.in)); !errors.Is(err, staff.ErrSession) {
			t.Errorf("still in: %v", err)
		}
		want(t, w.try(staff.Presented{Ticket: ticket}, ""), staff.ErrSignIn)
	})
	t.Run("without the provider everybody else signs in", func(t *testing.T) {
		ours.Close()
		for range 30 {
			d := must[staff.Departure](t)(w.Depart(t.Context(), staff.Depart{Provider: "ngo"})) // what discovery said is known
			_, q := other.SignIn(t, d.Location)
			_, err := w.Return(t.Context(), staff.Return{Provider: "ngo", Binder: d.Binder, From: "10.0.0.1", Answer: provider.Answer{State: q.Get("state"), Code: "c", Issuer: ours.URL}})
			want(t, err, provider.ErrUnavailable)
		}
		if err := w.try(admin.present(), "10.0.0.1"); err != nil {
			t.Error(err)
		}
	})
}
