package staff_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// told reports what a member is told at the next sign-in.
func (c *colleague) told(what string) bool {
	c.w.t.Helper()
	for _, n := range must[staff.Account](c.w.t)(c.w.Me(c.w.t.Context(), staff.Me{By: c.actor()})).Notices {
		if n.What == what {
			return true
		}
	}
	return false
}

// Who lost every factor gets new ones when two administrators agree and a day has
// passed in which everybody could object; then the former ones are gone.
func TestService_Recover(t *testing.T) {
	w := newWorld(t)
	awa := w.first()
	bah := w.hire(awa, "bah", true, access.RoleAdministrator)
	ben := w.hire(awa, "ben", false, access.RoleRegistrar)
	recover := func(by *colleague, key string) (staff.Recovered, error) {
		t.Helper()
		by.signIn()
		return w.Recover(t.Context(), staff.Recover{By: by.actor(), Key: key, Member: ben.id})
	}
	if r, err := recover(awa, "1"); err != nil || r.Code != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	for key, by := range map[string]*colleague{"2": awa} { // she alone, however often
		_, err := recover(by, key)
		want(t, err, staff.ErrRecovery)
	}
	if r, err := recover(bah, "3"); err != nil || r.Code != "" || r.Member.Recovery.ApprovedBy != bah.id {
		t.Fatalf("%+v, %v", r, err)
	}
	if !ben.told("staff_recovery_approved") {
		t.Error("ben is not told")
	}
	w.pass(23*time.Hour + 50*time.Minute)
	for key, by := range map[string]*colleague{"4": awa, "5": bah} {
		_, err := recover(by, key)
		want(t, err, staff.ErrRecovery)
	}
	t.Run("the person concerned can object, and it begins anew", func(t *testing.T) {
		ben.signIn()
		if _, err := w.RefuseRecovery(t.Context(), staff.Me{By: ben.actor()}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		if r, err := recover(awa, "6"); err != nil || r.Code != "" || r.Member.Recovery.ApprovedBy != "" {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	if _, err := recover(bah, "7"); err != nil {
		t.Fatal(err)
	}
	w.pass(24*time.Hour + time.Minute)
	r, err := recover(awa, "8")
	if err != nil || r.Code == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if again, err := w.Recover(t.Context(), staff.Recover{By: awa.actor(), Key: "8", Member: ben.id}); err != nil || again.Code != "" {
		t.Errorf("a code is shown twice: %v", err)
	}
	ben.signIn() // the former factors work until the code is used
	before := *ben
	o := must[staff.Opening](t)(w.Open(t.Context(), staff.Open{Code: r.Code}))
	if !o.Recovers || o.Name != "ben" {
		t.Errorf("%+v", o)
	}
	ben.secret = o.Offer.Secret
	w.pass(time.Minute)
	in := must[staff.SignedIn](t)(w.Accept(t.Context(), staff.Accept{Code: r.Code, Ceremony: o.Offer.Ceremony, Password: otherPass, TOTP: ben.code()}))
	if in.Session.Member != ben.id {
		t.Errorf("%+v", in.Session)
	}
	ben.in = in
	if roles := ben.actor().Roles; len(roles) != 1 {
		t.Errorf("roles %v", roles)
	}
	_, err = w.who(request(before.in))
	want(t, err, staff.ErrSession)
	w.pass(time.Minute)
	want(t, w.try(staff.Presented{Name: "ben", Password: goodPass, Code: before.code()}, ""), staff.ErrSignIn)
	want(t, w.try(staff.Presented{Name: "ben", Password: goodPass, Code: before.codes[0]}, ""), staff.ErrSignIn)
	if err := w.try(staff.Presented{Name: "ben", Password: otherPass, Code: ben.code()}, ""); err != nil {
		t.Error(err)
	}
	_, err = w.Accept(t.Context(), staff.Accept{Code: r.Code, Ceremony: o.Offer.Ceremony, Password: otherPass, TOTP: ben.code()})
	want(t, err, staff.ErrCode)
}

// The last administrator who lost every factor comes back by the console and the
// root key: a day later, everybody told, with the root key's word in the journal.
func TestService_Rescue(t *testing.T) {
	w := newWorld(t)
	awa := w.first()
	ben := w.hire(awa, "ben", false, access.RoleRegistrar)
	root := ed25519.NewKeyFromSeed(make([]byte, 32))
	rescue := func(member string) (staff.Rescued, error) {
		return w.Rescue(t.Context(), staff.Rescue{Member: member, Root: root})
	}
	_, err := rescue(ben.id)
	want(t, err, staff.ErrRecovery) // no administrator
	_, err = rescue("nobody")
	want(t, err, staff.ErrNotFound)
	asked := must[staff.Rescued](t)(rescue(awa.id))
	if asked.Code != "" || asked.From.Sub(w.now) > 24*time.Hour || asked.From.Sub(w.now) < 24*time.Hour-time.Second {
		t.Errorf("%+v", asked)
	}
	ben.signIn()
	if !ben.told("staff_rescue_asked") || !awa.told("staff_rescue_asked") {
		t.Error("not everybody is told")
	}
	w.pass(23 * time.Hour)
	if again := must[staff.Rescued](t)(rescue(awa.id)); again.Code != "" || !again.From.Equal(asked.From) {
		t.Errorf("%+v", again)
	}
	t.Run("who has a factor still refuses", func(t *testing.T) {
		awa.signIn()
		if _, err := w.RefuseRecovery(t.Context(), staff.Me{By: awa.actor()}); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Hour)
		if r := must[staff.Rescued](t)(rescue(awa.id)); r.Code != "" {
			t.Error("refused, and given all the same")
		}
	})
	w.pass(24 * time.Hour)
	given := must[staff.Rescued](t)(rescue(awa.id))
	o := must[staff.Opening](t)(w.Open(t.Context(), staff.Open{Code: given.Code}))
	key, made, err := softkeyCreate(o.Offer)
	if err != nil {
		t.Fatal(err)
	}
	former := awa.key
	in := must[staff.SignedIn](t)(w.Accept(t.Context(), staff.Accept{Code: given.Code, Ceremony: o.Offer.Ceremony, Passkey: made}))
	if in.Session.Member != awa.id {
		t.Errorf("%+v", in)
	}
	awa.in, awa.key = in, former
	want(t, w.try(awa.present(), ""), staff.ErrSignIn)
	awa.key = key
	awa.signIn()
	if a := awa.actor(); !a.Has(access.RoleAdministrator) {
		t.Errorf("%+v", a)
	}
	// The journal has the root key's word on both askings, which anybody can verify.
	signed := 0
	w.view(func(tx staff.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			if r.Entry.Facts["what"] != "staff_rescue_asked" {
				continue
			}
			from, err := time.Parse(time.RFC3339, r.Entry.Facts["from"])
			if err != nil {
				return err
			}
			signature, err := base64.RawURLEncoding.DecodeString(r.Entry.Facts["root_signature"])
			if err != nil || !ed25519.Verify(root.Public().(ed25519.PublicKey), staff.RescueStatement("ngo.example/test", w.authority.Pseudonym("", awa.id), from), signature) {
				t.Errorf("%v, %v", r.Entry.Facts, err)
			}
			signed++
		}
		return nil
	})
	if signed != 2 {
		t.Errorf("%d rescues are in the journal", signed)
	}
}

// Nobody invites into an organisation that has people of its own here, but its own
// administrators.
func TestService_Invite_elsewhere(t *testing.T) {
	w := newWorld(t)
	awa := w.first()
	invite := func(by *colleague, key, organisation string) (staff.Invitee, error) {
		return w.Invite(t.Context(), staff.Invite{By: by.actor(), Key: key, Organisation: organisation})
	}
	in := must[staff.Invitee](t)(invite(awa, "1", "partner.example"))
	must[staff.Invitee](t)(invite(awa, "2", "partner.example"))
	dia := w.accept(in.Code, "dia", true, "")
	must[staff.Invitee](t)(invite(awa, "3", "partner.example")) // she invited all that are there
	w.grant(dia.id, access.RoleAdministrator)
	dia.signIn()
	own := must[staff.Invitee](t)(invite(dia, "4", ""))
	w.accept(own.Code, "eve", true, "")
	_, err := invite(awa, "5", "partner.example")
	if !errors.Is(err, staff.ErrMember) {
		t.Errorf("invited into another organisation: %v", err)
	}
}
