package grant_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
)

// A role is in force when another administrator has agreed to the exact content,
// and not before; the next request has it, and loses it at once.
func TestGrant(t *testing.T) {
	w := newWorld(t)
	awa, ben := w.two()
	chi := w.hire(awa, "chi", "")
	p := w.propose(awa, chi, access.RoleListApprover)
	if a := chi.actor(); len(a.Roles) != 0 {
		t.Errorf("%v before anybody agreed", a.Roles)
	}
	want(t, w.approve(awa, p), access.ErrSamePerson)
	want(t, w.approve(chi, p), access.ErrSamePerson)
	other := p
	other.Digest[0]++
	want(t, w.approve(ben, other), grant.ErrChanged)
	if err := w.approve(ben, p); err != nil {
		t.Fatal(err)
	}
	want(t, w.approve(ben, p), grant.ErrState)
	a := chi.actor()
	if !slices.Equal(a.Roles, []access.Role{access.RoleListApprover}) {
		t.Errorf("%v", a.Roles)
	}
	in := chi.in
	if err := w.revoke(ben, chi, access.RoleListApprover); err != nil {
		t.Fatal(err)
	}
	if _, err := w.who(in, "p1"); err == nil {
		t.Error("the session is alive")
	}
	if a := chi.actor(); len(a.Roles) != 0 {
		t.Errorf("%v after it was revoked", a.Roles)
	}
	want(t, w.revoke(ben, chi, access.RoleListApprover), grant.ErrNotFound)
	if n := len(w.decisions("role-granted")); n != 3 || len(w.decisions("role-revoked")) != 1 {
		t.Errorf("%d grants in the journal", n)
	}
	for _, e := range w.decisions("role-granted") {
		c := grant.Content{Programme: e.Facts["programme"], Person: e.Ref, Role: access.Role(e.Facts["role"]), Keys: e.Facts["keys"]}
		if d := c.Digest(); c.Facts(d)["digest"] != e.Facts["digest"] || c.Keys == "" {
			t.Errorf("the content of %v does not give its digest", e.Facts)
		}
	}
}

// After 72 hours nobody agrees to a proposal any more, nor after a refusal, nor
// where the person's passkeys are others.
func TestApprove_void(t *testing.T) {
	w := newWorld(t)
	awa, ben := w.two()
	chi := w.hire(awa, "chi", "")
	old := w.propose(awa, chi, access.RoleIssuer)
	w.now = w.now.Add(access.ApprovalLife)
	want(t, w.approve(ben, old), grant.ErrState)
	refused := w.propose(awa, chi, access.RoleIssuer)
	must[grant.Proposal](t)(w.Refuse(t.Context(), grant.Refuse{By: chi.actor(), Key: w.key(), ID: refused.ID}))
	want(t, w.approve(ben, refused), grant.ErrState)
	p := w.propose(awa, chi, access.RoleIssuer)
	if err := w.db.Staff().Update(t.Context(), func(tx staff.Tx) error {
		for c, err := range tx.Credentials(chi.id) {
			if err != nil {
				return err
			}
			if c.Kind == staff.Passkey {
				c.ID = "passkey-another"
				return tx.PutCredential(c)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want(t, w.approve(ben, p), grant.ErrChanged)
	stale := ben.actor()
	w.now = w.now.Add(staff.StepUpLife + time.Second)
	_, err := w.Propose(t.Context(), grant.Propose{By: stale, Key: w.key(), Member: chi.id, Role: access.RoleIssuer})
	want(t, err, staff.ErrStepUp)
	if held := must[grant.Overview](t)(w.List(t.Context(), grant.List{By: awa.actor()})).Held; len(held) != 2 {
		t.Errorf("%v", held)
	}
}

// Nobody holds incompatible roles at the same time in a programme: what is granted
// meanwhile counts, what is another time's does not, and a deputy is no exception.
func TestIncompatible(t *testing.T) {
	w := newWorld(t)
	awa, ben := w.two()
	chi, dia := w.hire(awa, "chi", ""), w.hire(awa, "dia", "")
	w.give(awa, ben, dia, access.RoleIssuer)
	early, late := w.propose(awa, chi, access.RoleRegistrar), w.propose(awa, chi, access.RoleIssuer)
	if err := w.approve(ben, early); err != nil {
		t.Fatal(err)
	}
	want(t, w.approve(ben, late), access.ErrIncompatible)
	_, err := w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: chi.id, Role: access.RoleIssuer, DeputyOf: dia.id, Until: w.now.AddDate(0, 0, 7)})
	want(t, err, access.ErrIncompatible)
	// A registrar until Friday may issue from Friday on.
	if err := w.revoke(ben, chi, access.RoleRegistrar); err != nil {
		t.Fatal(err)
	}
	friday := w.now.AddDate(0, 0, 5)
	dated := func(role access.Role, from, until time.Time) error {
		p, err := w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: chi.id, Role: role, From: from, Until: until})
		if err != nil {
			return err
		}
		return w.approve(ben, p)
	}
	if err := dated(access.RoleRegistrar, time.Time{}, friday); err != nil {
		t.Fatal(err)
	}
	want(t, dated(access.RoleIssuer, friday.Add(-time.Second), time.Time{}), access.ErrIncompatible)
	if err := dated(access.RoleIssuer, friday, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, day := range []struct {
		at   time.Time
		role access.Role
	}{{friday.Add(-time.Second), access.RoleRegistrar}, {friday, access.RoleIssuer}} {
		w.now = day.at
		if a := chi.actor(); !slices.Equal(a.Roles, []access.Role{day.role}) {
			t.Errorf("%s: %v", day.at, a.Roles)
		}
	}
}

// A deputy holds the role for the days that two people agreed to.
func TestDeputy(t *testing.T) {
	w := newWorld(t)
	awa, ben := w.two()
	chi, dia := w.hire(awa, "chi", ""), w.hire(awa, "dia", "")
	try := func(until time.Time, of string) (grant.Proposal, error) {
		return w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: dia.id, Role: access.RoleFinanceApprover, Until: until, DeputyOf: of})
	}
	_, err := try(w.now.AddDate(0, 0, 7), chi.id)
	want(t, err, grant.ErrGrant) // chi does not hold it
	w.give(awa, ben, chi, access.RoleFinanceApprover)
	for name, until := range map[string]time.Time{"without an end": {}, "for too long": w.now.Add(grant.DeputyMost + time.Hour), "until yesterday": w.now.AddDate(0, 0, -1)} {
		if _, err := try(until, chi.id); err == nil {
			t.Errorf("a deputy %s", name)
		}
	}
	if err := w.approve(ben, must[grant.Proposal](t)(try(w.now.AddDate(0, 0, 7), chi.id))); err != nil {
		t.Fatal(err)
	}
	if a := dia.actor(); !a.Has(access.RoleFinanceApprover) {
		t.Errorf("%v", a.Roles)
	}
	seen := must[grant.Overview](t)(w.List(t.Context(), grant.List{By: ben.actor()})).Held
	if !slices.ContainsFunc(seen, func(h grant.Held) bool { return h.Member == dia.id && h.DeputyOf == chi.id }) {
		t.Errorf("%+v", seen)
	}
	w.now = w.now.AddDate(0, 0, 7)
	if a := dia.actor(); a.Has(access.RoleFinanceApprover) {
		t.Error("a deputy after the last day")
	}
}

// A monitor belongs to another organisation, whose first member agrees and alone
// takes the role away; a partner's people prepare and do not approve.
func TestOrganisations(t *testing.T) {
	w := newWorld(t)
	awa, ben := w.two()
	own := w.hire(awa, "own", "")
	mona, mike := w.hire(awa, "mona", "monitor.example"), w.hire(awa, "mike", "monitor.example")
	partner := w.hire(awa, "partner", "partner.example")
	_, err := w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: own.id, Role: access.RoleMonitor})
	want(t, err, grant.ErrMonitor)
	_, err = w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: own.id, Role: access.RoleDonor})
	want(t, err, grant.ErrDonor)
	w.give(awa, ben, w.hire(awa, "dora", "donor.example"), access.RoleDonor)
	p := w.propose(awa, mike, access.RoleMonitor)
	want(t, w.approve(ben, p), grant.ErrMonitor)
	want(t, w.approve(mike, p), grant.ErrMonitor)
	if o := must[grant.Overview](t)(w.List(t.Context(), grant.List{By: mona.actor()})); len(o.Proposals) != 1 || !o.Proposals[0].Mine || len(o.Held) != 0 {
		t.Errorf("%+v", o)
	}
	if err := w.approve(mona, p); err != nil {
		t.Fatal(err)
	}
	want(t, w.revoke(ben, mike, access.RoleMonitor), grant.ErrMonitor)
	if err := w.revoke(mona, mike, access.RoleMonitor); err != nil {
		t.Fatal(err)
	}
	for _, role := range []access.Role{access.RoleListApprover, access.RoleFinanceApprover, access.RoleAdministrator} {
		_, err := w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: partner.id, Role: role})
		want(t, err, grant.ErrLead)
	}
	w.give(awa, ben, partner, access.RoleFinancePreparer)
}

// The console's code stands for a second administrator only while there is none,
// for one proposal, and a programme keeps its last administrator.
func TestConsole(t *testing.T) {
	w := newWorld(t)
	awa := w.joins(must[string](t)(w.people.First(t.Context())), "awa", "p1")
	ben := w.hire(awa, "ben", "")
	chi := w.hire(awa, "chi", "")
	want(t, w.revoke(awa, awa, access.RoleAdministrator), grant.ErrLast)
	code := func(by *person, p grant.Proposal, code string) error {
		_, err := w.Approve(t.Context(), grant.Approve{By: by.actor(), Key: w.key(), ID: p.ID, Digest: p.Digest, Console: code})
		return err
	}
	issuer := w.propose(awa, chi, access.RoleIssuer)
	want(t, code(awa, issuer, grant.ConsoleCode(consoleKey, issuer.ID, issuer.Digest)), grant.ErrConsole)
	p, next := w.propose(awa, ben, access.RoleAdministrator), w.propose(awa, chi, access.RoleAdministrator)
	want(t, code(awa, p, grant.ConsoleCode(consoleKey, next.ID, next.Digest)), grant.ErrConsole)
	want(t, code(ben, p, grant.ConsoleCode(consoleKey, p.ID, p.Digest)), access.ErrDenied)
	if err := code(awa, p, grant.ConsoleCode(consoleKey, p.ID, p.Digest)); err != nil {
		t.Fatal(err)
	}
	want(t, code(awa, next, grant.ConsoleCode(consoleKey, next.ID, next.Digest)), grant.ErrConsole)
	for _, state := range []staff.State{staff.Disabled, staff.Active} { // nor while the other is shut out
		must[staff.Listed](t)(w.people.SetState(t.Context(), staff.SetState{By: awa.actor(), Key: w.key(), Member: ben.id, State: state}))
		want(t, code(awa, next, grant.ConsoleCode(consoleKey, next.ID, next.Digest)), grant.ErrConsole)
	}
	by := map[string]int{}
	for _, e := range w.decisions("role-granted") {
		by[e.Facts["by"]]++
	}
	if by["console"] != 1 || by["first-administrator"] != 1 || len(by) != 2 {
		t.Errorf("%v", by)
	}
	// Another programme begins with an administrator from the console, too.
	q := must[grant.Proposal](t)(w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: chi.id, Programme: "p2", Role: access.RoleAdministrator}))
	want(t, w.approve(ben, q), grant.ErrNotFound)
	if err := code(awa, q, grant.ConsoleCode(consoleKey, q.ID, q.Digest)); err != nil {
		t.Fatal(err)
	}
	_, err := w.Propose(t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: awa.id, Programme: "p2", Role: access.RoleAdministrator})
	want(t, err, access.ErrProgramme)
}
