package staff_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// There is no account but whom somebody invited, and the first code ends with the
// first administrator.
func TestService_First(t *testing.T) {
	w := newWorld(t)
	lost := must[string](t)(w.First(t.Context()))
	code := must[string](t)(w.First(t.Context()))
	if len(strings.ReplaceAll(code, "-", "")) < 26 {
		t.Errorf("%d characters are less than 128 bits", len(code))
	}
	_, err := w.Open(t.Context(), staff.Open{Code: lost})
	want(t, err, staff.ErrCode)
	c := w.accept(strings.ToLower(code), "Awa@ngo.example", true, "p1")
	if got := must[string](t)(w.First(t.Context())); got != "" {
		t.Error("there is another first code")
	}
	a := c.actor()
	if diff := cmp.Diff([]access.Role{access.RoleAdministrator}, a.Roles); diff != "" || a.Programme != "p1" || !a.Passkey {
		t.Errorf("%+v: %s", a, diff)
	}
	_, err = w.Open(t.Context(), staff.Open{Code: code})
	want(t, err, staff.ErrCode)
	// What was decided is in the journal, without a name.
	w.view(func(tx staff.Tx) error {
		e, err := tx.Entry(0)
		if err != nil || e.Facts["what"] != "staff_accepted" || e.Kind != ledger.KindDecision || strings.Contains(e.Actor.Name, "awa") {
			t.Errorf("%+v, %v", e, err)
		}
		return nil
	})
}

// An invitation is good once, for 72 hours.
func TestService_Accept(t *testing.T) {
	w := newWorld(t)
	admin := w.first()
	in := must[staff.Invitee](t)(w.Invite(t.Context(), staff.Invite{By: admin.actor(), Key: "k1", Language: "fr"}))
	again := must[staff.Invitee](t)(w.Invite(t.Context(), staff.Invite{By: admin.actor(), Key: "k1", Language: "fr"}))
	if again.Code != "" || again.Member.ID != in.Member.ID {
		t.Errorf("a repetition is answered with %+v", again)
	}
	o := must[staff.Opening](t)(w.Open(t.Context(), staff.Open{Code: in.Code, Name: "Ben"}))
	if o.First || o.Organisation != "ngo.example" || o.Language != "fr" {
		t.Errorf("%+v", o)
	}
	cmd := staff.Accept{Code: in.Code, Name: "Ben", Ceremony: o.Offer.Ceremony}
	_, err := w.Accept(t.Context(), cmd)
	want(t, err, staff.ErrFactors)
	cmd.Password = goodPass
	_, err = w.Accept(t.Context(), cmd)
	want(t, err, staff.ErrFactors)
	cmd.TOTP, cmd.Name = "000000", "awa"
	_, err = w.Accept(t.Context(), cmd)
	want(t, err, staff.ErrFactor)
	ben := w.accept(in.Code, "Ben", false, "")
	if len(ben.codes) != 10 {
		t.Errorf("%d recovery codes", len(ben.codes))
	}
	late := must[staff.Invitee](t)(w.Invite(t.Context(), staff.Invite{By: admin.actor(), Key: "k2"}))
	taken := must[staff.Opening](t)(w.Open(t.Context(), staff.Open{Code: late.Code}))
	c := colleague{w: w, secret: taken.Offer.Secret}
	_, err = w.Accept(t.Context(), staff.Accept{Code: late.Code, Name: "BEN", Ceremony: taken.Offer.Ceremony, Password: goodPass, TOTP: c.code()})
	want(t, err, staff.ErrNameTaken)
	w.pass(staff.InvitationLife)
	_, err = w.Open(t.Context(), staff.Open{Code: late.Code})
	want(t, err, staff.ErrCode)
}

// Somebody whose roles need a passkey, and who came without, has none of them.
func TestService_Authenticate_withoutPasskey(t *testing.T) {
	w := newWorld(t)
	chi := w.hire(w.first(), "chi", false, access.RoleRegistrar)
	if a := chi.actor(); !a.Has(access.RoleRegistrar) {
		t.Errorf("%+v", a)
	}
	w.grant(chi.id, access.RoleFinancePreparer)
	if a := chi.actor(); len(a.Roles) != 0 || a.ID != chi.id {
		t.Errorf("%+v", a)
	}
	// All that is left is to add one, and to sign in with it.
	account := must[staff.Account](t)(w.Me(t.Context(), staff.Me{By: chi.actor()}))
	if !account.NeedsPasskey {
		t.Errorf("%+v", account)
	}
	chi.addPasskey(t)
	chi.signIn()
	if a := chi.actor(); !a.Has(access.RoleFinancePreparer) || !a.Has(access.RoleRegistrar) {
		t.Errorf("%+v", a)
	}
	// And a password that was phished adds no other.
	key := chi.key
	chi.key.ID = nil
	chi.signIn()
	o := must[staff.Offer](t)(w.OfferFactors(t.Context(), staff.OfferFactors{By: chi.actor()}))
	thief := colleague{w: w, secret: o.Secret}
	_, err := w.AddFactor(t.Context(), staff.AddFactor{By: chi.actor(), Ceremony: o.Ceremony, Code: thief.code()})
	want(t, err, staff.ErrPasskey)
	_ = key
}

// What belongs to one session or one member serves no other.
func TestService_foreign(t *testing.T) {
	w := newWorld(t)
	admin := w.first()
	ben := w.hire(admin, "ben", false, access.RoleRegistrar)
	_, err := w.EndSession(t.Context(), staff.EndSession{By: ben.actor(), ID: admin.in.Session.ID})
	want(t, err, staff.ErrNotFound)
	_, err = w.StepUp(t.Context(), staff.StepUp{By: ben.actor(), Presented: admin.present()})
	want(t, err, staff.ErrSignIn)
	_, err = w.Members(t.Context(), staff.Members{By: ben.actor()})
	want(t, err, access.ErrDenied)
	r := request(staff.SignedIn{Cookie: admin.in.Session.ID + "." + strings.SplitN(ben.in.Cookie, ".", 2)[1]})
	_, err = w.who(r)
	want(t, err, staff.ErrSession)
	// A programme that is named and not one's own gives no role.
	r = request(ben.in)
	r.Header.Set(staff.ProgrammeHeader, "p2")
	if a := must[access.Actor](t)(w.who(r)); len(a.Roles) != 0 || a.Programme != "p2" {
		t.Errorf("%+v", a)
	}
}

// Tokens without a session are for development alone.
func TestService_Authenticate_development(t *testing.T) {
	for _, development := range []bool{false, true} {
		w := newWorld(t, func(c *staff.Config) { c.Development = development })
		token := must[string](t)(w.authority.Mint(access.Grant{Staff: "s1", Programme: "p1", Roles: []access.Role{access.RoleIssuer}}))
		_, err := w.who(request(staff.SignedIn{Session: staff.Session{Program: true}, Access: token}))
		if development != (err == nil) {
			t.Errorf("development %v: %v", development, err)
		}
	}
}

// Of twenty that present one code at once, one gets in.
func TestService_SignIn_race(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	p := ben.present()
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for range 20 {
		wg.Go(func() {
			_, err := w.SignIn(t.Context(), staff.SignIn{Presented: p})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in++
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}

// A refresh token is good once; who presents an old one ends the session.
func TestService_Refresh(t *testing.T) {
	w := newWorld(t)
	ben := w.hire(w.first(), "ben", false, access.RoleRegistrar)
	p := ben.present()
	in := must[staff.SignedIn](t)(w.SignIn(t.Context(), staff.SignIn{Presented: p, Program: true}))
	if in.Cookie != "" || in.Access == "" || in.Programme != "p1" {
		t.Fatalf("%+v", in)
	}
	if a := must[access.Actor](t)(w.who(request(in))); !a.Has(access.RoleRegistrar) {
		t.Errorf("%+v", a)
	}
	w.pass(10 * time.Minute)
	next := must[staff.SignedIn](t)(w.Refresh(t.Context(), staff.Refresh{Token: in.Refresh}))
	must[access.Actor](t)(w.who(request(next)))
	_, err := w.Refresh(t.Context(), staff.Refresh{Token: "x" + in.Refresh[1:]})
	want(t, err, staff.ErrSession)
	_, err = w.Refresh(t.Context(), staff.Refresh{Token: in.Refresh})
	want(t, err, staff.ErrSession)
	_, err = w.who(request(next))
	want(t, err, staff.ErrSession)
	_, err = w.Refresh(t.Context(), staff.Refresh{Token: next.Refresh})
	want(t, err, staff.ErrSession)
	ben.signIn()
	if a := must[staff.Account](t)(w.Me(t.Context(), staff.Me{By: ben.actor()})); len(a.Notices) != 1 || a.Notices[0].What != "refresh_token_reused" {
		t.Errorf("%+v", a.Notices)
	}
	if a := must[staff.Account](t)(w.Me(t.Context(), staff.Me{By: ben.actor()})); len(a.Notices) != 0 {
		t.Errorf("told twice: %+v", a.Notices)
	}
}

func (c *colleague) addPasskey(t *testing.T) {
	t.Helper()
	o := must[staff.Offer](t)(c.w.OfferFactors(t.Context(), staff.OfferFactors{By: c.actor()}))
	key, answer, err := softkeyCreate(o)
	if err != nil {
		t.Fatal(err)
	}
	must[staff.Added](t)(c.w.AddFactor(t.Context(), staff.AddFactor{By: c.actor(), Ceremony: o.Ceremony, Passkey: answer}))
	c.key = key
}
