package leaving_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/leaving"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
)

// office is a programme with people in it, over a store in memory.
type office struct {
	leaving.Service
	t     *testing.T
	now   time.Time
	db    *mem.DB
	names *access.Authority
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, now: time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)}
	clock := func() time.Time { return o.now }
	o.db = mem.Open(clock)
	var err error
	if o.names, err = access.NewAuthority("ngo.example/test", access.Keys{Access: ed25519.NewKeyFromSeed(make([]byte, 32)), Pseudonym: make([]byte, 32)}, clock); err != nil {
		t.Fatal(err)
	}
	if o.Service, err = leaving.New(o.db.Leaving(), o.names, clock); err != nil {
		t.Fatal(err)
	}
	o.update(func(tx leaving.Tx) error { return tx.PutProgramme(distribution.Programme{ID: "p1", Name: "P"}) })
	o.people(map[string][]access.Role{
		"awa": {access.RoleAdministrator}, "ben": {access.RoleAdministrator, access.RoleFinancePreparer},
		"chi": {access.RoleFinancePreparer, access.RoleMEALOfficer}, "dia": {access.RoleFinancePreparer, access.RoleMEALOfficer},
		"eva": {access.RoleFinanceApprover}, "fay": {access.RoleFinanceApprover}})
	return o
}

func (o *office) people(all map[string][]access.Role) {
	for id, roles := range all {
		o.update(func(tx leaving.Tx) error {
			err := tx.PutMember(staff.Member{ID: id, Organisation: "ngo.example", State: staff.Active, Name: []byte{1}, NameDigest: [32]byte{id[0]}, Language: "en", Created: o.now})
			for _, r := range roles {
				err = errors.Join(err, tx.PutGrant(staff.Grant{Member: id, Programme: "p1", Role: r, From: o.now}))
			}
			return err
		})
	}
}

func (o *office) update(fn func(leaving.Tx) error) {
	o.t.Helper()
	if err := o.db.Leaving().Update(o.t.Context(), fn); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) actor(id string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: o.names.Pseudonym("p1", id), Programme: "p1", Roles: roles, Session: "s-" + id, Passkey: true, Proved: o.now}
}

// prepared puts a settlement that waits, and what its approver reads.
func (o *office) prepared(by, id string) [32]byte {
	c := access.Content{What: "settlement", ID: id, Programme: "p1"}
	d := c.Digest()
	o.update(func(tx leaving.Tx) error {
		return errors.Join(tx.PutSettlement(vendors.Settlement{ID: id, Programme: "p1", State: vendors.SettlementPrepared, Digest: d, PreparedBy: by, Created: o.now}),
			tx.PutPrepared(c.Prepare(o.actor(by), []access.Role{access.RoleFinanceApprover})))
	})
	return d
}

// desk gives a person a case, a complaint and a session.
func (o *office) desk(id string) {
	name := o.names.Pseudonym("p1", id)
	o.update(func(tx leaving.Tx) error {
		return errors.Join(
			tx.PutCase(reconcile.Case{ID: "k1", Programme: "p1", Round: "r1", State: reconcile.CaseOpen, Opened: o.now, Assigned: reconcile.Assignment{To: name, Due: o.now.AddDate(0, 0, 9)}}),
			tx.PutCase(reconcile.Case{ID: "k2", Programme: "p1", Round: "r1", State: reconcile.CaseCleared, Opened: o.now, Assigned: reconcile.Assignment{To: name, Due: o.now}}),
			tx.PutComplaint(feedback.Complaint{ID: "q1", Programme: "p1", Category: feedback.Quality, Code: [32]byte{1}, RecordedBy: name, Recorded: o.now, AssignedTo: name}),
			tx.PutComplaint(feedback.Complaint{ID: "q2", Programme: "p1", Category: feedback.Safeguarding, Code: [32]byte{2}, RecordedBy: name, Recorded: o.now, AssignedTo: name}),
			tx.PutImport(distribution.Import{ID: "i1", Programme: "p1", By: id, Started: o.now}),
			tx.PutSession(staff.Session{ID: "s-" + id, Member: id, Created: o.now, Seen: o.now}))
	})
}

func (o *office) leave(member, to string, short bool) (leaving.Left, error) {
	return o.Leave(o.t.Context(), leaving.Leave{By: o.actor("awa", access.RoleAdministrator), Key: fmt.Sprint(member, to, short), Member: member, Successor: to, ShortStaffed: short})
}

func (o *office) prove(who string, digest [32]byte) error {
	by := o.actor(who, access.RoleFinanceApprover)
	p := grant.HandedProver{Prover: access.TokenProver{Now: func() time.Time { return o.now }}, Store: o.db.Grant()}
	by.TokenID = "t"
	_, err := p.Prove(access.NewContext(o.t.Context(), by), digest)
	return err
}

func outcomes(l leaving.Left) map[string]leaving.Outcome {
	m := map[string]leaving.Outcome{}
	for _, i := range l.Items {
		m[string(i.Kind)+" "+i.ID] = i.Outcome
	}
	return m
}

func (o *office) decisions(what string) (all []ledger.Entry) {
	o.t.Helper()
	if err := o.db.Ledger().View(o.t.Context(), func(tx ledger.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			if r.Entry.Facts["what"] == what {
				all = append(all, r.Entry)
			}
		}
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
	return all
}

// Who leaves is out at once, and a successor has what he may work on: he may not
// approve what he took over, and others may.
func TestService_Leave(t *testing.T) {
	o := newOffice(t)
	digest := o.prepared("chi", "st1")
	done := o.prepared("chi", "st2")
	o.update(func(tx leaving.Tx) error {
		st, err := tx.Settlement("st2")
		st.State = vendors.SettlementRefused
		return errors.Join(err, tx.PutSettlement(st))
	})
	o.desk("chi")
	before, err := o.Work(t.Context(), leaving.Work{By: o.actor("awa", access.RoleAdministrator), Member: "chi"})
	if err != nil {
		t.Fatal(err)
	}
	left, err := o.leave("chi", "dia", false)
	if err != nil {
		t.Fatal(err)
	}
	got := outcomes(left)
	for what, want := range map[string]leaving.Outcome{"order st1": leaving.HandedOver, "case k1": leaving.HandedOver, "complaint q1": leaving.HandedOver,
		"complaint q2": leaving.Unassigned, "import i1": leaving.Stays, "session s-chi": leaving.Ended, "role finance-preparer": leaving.Ended, "role meal-officer": leaving.Ended} {
		if got[what] != want {
			t.Errorf("%s: %q, want %q", what, got[what], want)
		}
	}
	if len(got) != 8 || len(before.Items) != 8 || len(left.Gaps) != 0 {
		t.Errorf("%v, before %v", left, before)
	}
	again, err := o.leave("chi", "dia", false)
	if err != nil || len(again.Items) != 8 {
		t.Errorf("again: %v %v", again, err)
	}
	dia := o.names.Pseudonym("p1", "dia")
	o.update(func(tx leaving.Tx) error {
		m, _ := tx.Member("chi")
		c, _ := tx.Case("k1")
		closed, _ := tx.Case("k2")
		q, _ := tx.Complaint("q1")
		safe, _ := tx.Complaint("q2")
		x, _ := tx.Session("s-chi")
		for range tx.Grants("chi") {
			t.Error("a role is left")
		}
		told, err := tx.Notices("dia")
		if m.State != staff.Disabled || c.Assigned.To != dia || len(c.Entries) != 1 || closed.Assigned.To == dia || q.AssignedTo != dia || safe.AssignedTo != "" ||
			!x.Ended.Equal(o.now) || len(told) != 1 {
			t.Errorf("%v %v %v %v %v %v %v", m, c, closed, q, safe, x, told)
		}
		return err
	})
	if err := o.prove("dia", digest); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("who took it over approves it: %v", err)
	}
	if err := errors.Join(o.prove("eva", digest), o.prove("dia", done)); err != nil {
		t.Error(err)
	}
	if n := len(o.decisions("order-handed-over")) + len(o.decisions("role-revoked")) + len(o.decisions("staff_left")) + len(o.decisions("case-assigned")); n != 5 {
		t.Errorf("%d decisions", n)
	}
}

// What nobody takes over is withdrawn, until another prepares it anew.
func TestService_Leave_withdrawn(t *testing.T) {
	o := newOffice(t)
	digest := o.prepared("chi", "st1")
	o.desk("chi")
	left, err := o.leave("chi", "eva", false) // eva approves, and does not prepare
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(left); got["order st1"] != leaving.Withdrawn || got["case k1"] != leaving.HandedOver || got["complaint q1"] != leaving.Unassigned {
		t.Error(got)
	}
	if err := o.prove("eva", digest); !errors.Is(err, grant.ErrWithdrawn) {
		t.Errorf("approved: %v", err)
	}
	o.prepared("dia", "st1")
	if err := o.prove("eva", digest); err != nil {
		t.Error(err)
	}
}

// A programme is not left without those whom it needs, or only knowingly; and never
// without an administrator.
func TestService_Leave_gaps(t *testing.T) {
	o := newOffice(t)
	_, err := o.leave("eva", "", false)
	if !errors.Is(err, leaving.ErrShort) {
		t.Errorf("%v", err)
	}
	left, err := o.leave("eva", "", true)
	if want := []leaving.Gap{{"p1", access.RoleFinanceApprover, 1, 2}}; err != nil || !slices.Equal(left.Gaps, want) {
		t.Errorf("%v %v", left.Gaps, err)
	}
	_, err = o.leave("awa", "", true)
	if !errors.Is(err, leaving.ErrSelf) {
		t.Errorf("%v", err)
	}
	o.people(map[string][]access.Role{"gao": nil})
	o.update(func(tx leaving.Tx) error {
		return errors.Join(tx.PutProgramme(distribution.Programme{ID: "p2", Name: "Q"}),
			tx.PutGrant(staff.Grant{Member: "gao", Programme: "p2", Role: access.RoleAdministrator, From: o.now}))
	})
	_, err = o.leave("gao", "ben", true)
	if !errors.Is(err, grant.ErrLast) {
		t.Errorf("%v", err)
	}
	// With a second one he does, and the programme has had two: who is left appoints
	// nobody by the console's code.
	o.update(func(tx leaving.Tx) error {
		return errors.Join(tx.PutLead(grant.Lead{Programme: "p2", Organisation: "ngo.example"}),
			tx.PutGrant(staff.Grant{Member: "awa", Programme: "p2", Role: access.RoleAdministrator, From: o.now}))
	})
	if _, err = o.leave("gao", "", true); err != nil {
		t.Error(err)
	}
	o.update(func(tx leaving.Tx) error {
		l, err := tx.Lead("p2")
		if l.Two == 0 {
			t.Error("nothing says that there were two administrators")
		}
		return err
	})
	for name, to := range map[string]string{"the same": "chi", "who has left": "eva", "nobody known": "zoe"} {
		if _, err := o.leave("chi", to, true); !errors.Is(err, leaving.ErrSuccessor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.update(func(tx leaving.Tx) error {
		return tx.PutMember(staff.Member{ID: "mon", Organisation: "other.example", State: staff.Active, Name: []byte{1}, NameDigest: [32]byte{77}, Language: "en", Created: o.now})
	})
	if _, err := o.leave("mon", "", true); !errors.Is(err, staff.ErrNotFound) {
		t.Errorf("another organisation's: %v", err)
	}
	late := o.actor("awa", access.RoleAdministrator)
	late.Proved = o.now.Add(-staff.StepUpLife - time.Second)
	if _, err := o.Leave(t.Context(), leaving.Leave{By: late, Key: "late", Member: "chi"}); !errors.Is(err, staff.ErrStepUp) {
		t.Errorf("%v", err)
	}
	if _, err := o.Leave(t.Context(), leaving.Leave{By: o.actor("fay", access.RoleFinanceApprover), Key: "f", Member: "chi"}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("%v", err)
	}
	// The last issuer and the last who approves lists must not be one person.
	o.people(map[string][]access.Role{"han": {access.RoleIssuer, access.RoleListApprover}, "iba": {access.RoleIssuer}})
	left, err = o.leave("iba", "", true)
	if want := []leaving.Gap{{"p1", access.RoleIssuer, 1, 2}}; err != nil || !slices.Equal(left.Gaps, want) {
		t.Errorf("%v %v", left.Gaps, err)
	}
}
