package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/access"
)

// The separation of duties: which two roles one person may not hold.
func TestIncompatible(t *testing.T) {
	want := map[[2]access.Role]bool{
		{access.RoleRegistrar, access.RoleListApprover}:           true,
		{access.RoleRegistrar, access.RoleIssuer}:                 true,
		{access.RoleVendorManager, access.RoleFinancePreparer}:    true,
		{access.RoleVendorManager, access.RoleFinanceApprover}:    true,
		{access.RoleHandheldManager, access.RoleFinancePreparer}:  true,
		{access.RoleHandheldManager, access.RoleFinanceApprover}:  true,
		{access.RoleAdministrator, access.RoleListApprover}:       true,
		{access.RoleAdministrator, access.RoleFinanceApprover}:    true,
		{access.RoleAdministrator, access.RoleDPO}:                true,
		{access.RoleMEALOfficer, access.RoleDistributionOfficer}:  true,
		{access.RoleMEALOfficer, access.RoleVendorManager}:        true,
		{access.RoleSafeguarding, access.RoleDistributionOfficer}: true,
		{access.RoleSafeguarding, access.RoleVendorManager}:       true,
	}
	for _, r := range access.Roles() {
		if r != access.RoleMonitor && r != access.RoleAuditor {
			want[[2]access.Role{access.RoleMonitor, r}] = true
		}
		if r != access.RoleDonor {
			want[[2]access.Role{access.RoleDonor, r}] = true
		}
	}
	for _, a := range access.Roles() {
		for _, b := range access.Roles() {
			apart := want[[2]access.Role{a, b}] || want[[2]access.Role{b, a}]
			if access.Incompatible(a, b) != apart {
				t.Errorf("Incompatible(%s, %s) = %v", a, b, !apart)
			}
			err := access.CheckRoles([]access.Role{a, b})
			switch {
			case a == b && !errors.Is(err, access.ErrRole),
				a != b && errors.Is(err, access.ErrIncompatible) != apart:
				t.Errorf("CheckRoles(%s, %s) = %v", a, b, err)
			}
		}
	}
}

func TestCheckRoles(t *testing.T) {
	for name, tt := range map[string]struct {
		roles []access.Role
		want  error
	}{
		"none":                     {nil, nil},
		"three that go together":   {[]access.Role{access.RoleIssuer, access.RoleVendorManager, access.RoleHandheldManager}, nil},
		"an unknown one":           {[]access.Role{access.RoleIssuer, "superuser"}, access.ErrRole},
		"an empty one":             {[]access.Role{""}, access.ErrRole},
		"a conflict with the last": {[]access.Role{access.RoleFinancePreparer, access.RoleIssuer, access.RoleHandheldManager}, access.ErrIncompatible},
	} {
		if err := access.CheckRoles(tt.roles); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestActor(t *testing.T) {
	a := access.Actor{ID: "s-1", Programme: "mopti", Roles: []access.Role{access.RoleAuditor, access.RoleIssuer}}
	if !a.Has(access.RoleRegistrar, access.RoleIssuer) || a.Has(access.RoleRegistrar) || a.Has() {
		t.Error("Has is wrong")
	}
	if r, err := a.As(access.RoleRegistrar, access.RoleIssuer, access.RoleAuditor); r != access.RoleIssuer || err != nil {
		t.Errorf("As = %s, %v", r, err)
	}
	if a.In("mopti") != nil || !errors.Is(a.In("gao"), access.ErrProgramme) || access.Actor.In(access.Actor{}, "") == nil {
		t.Error("In is wrong")
	}
}

// Nobody reaches the service without the role, and nobody at all where the
// context is empty or no role was named.
func TestRequire(t *testing.T) {
	reached := 0
	service := func(context.Context, any) (any, error) { reached++; return "done", nil }
	try := func(ctx context.Context, roles ...access.Role) error {
		_, err := access.Require(roles...)(service)(ctx, nil)
		return err
	}
	ctx := access.NewContext(t.Context(), access.Actor{ID: "s-1", Roles: []access.Role{access.RoleIssuer}})
	for name, tt := range map[string]struct {
		err, want error
	}{
		"no actor":       {try(t.Context(), access.RoleIssuer), access.ErrUnauthenticated},
		"nobody":         {try(access.NewContext(t.Context(), access.Actor{Roles: access.Roles()}), access.RoleIssuer), access.ErrUnauthenticated},
		"another role":   {try(ctx, access.RoleRegistrar, access.RoleAuditor), access.ErrDenied},
		"no role at all": {try(ctx), access.ErrDenied},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
		}
	}
	if reached != 0 {
		t.Fatalf("the service was reached %d times", reached)
	}
	if err := try(ctx, access.RoleRegistrar, access.RoleIssuer); err != nil || reached != 1 {
		t.Errorf("the right role: %v, reached %d", err, reached)
	}
}

// actor is one of a few people, all of whom may approve.
func actor(id string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: "p" + id, Programme: "mopti", Roles: roles, TokenID: "t" + id}
}

func prove(t testing.TB, a access.Actor, digest [32]byte, at time.Time) access.Proof {
	t.Helper()
	p, err := access.TokenProver{Now: func() time.Time { return at }}.Prove(access.NewContext(t.Context(), a), digest)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTokenProver(t *testing.T) {
	var p access.Prover = access.TokenProver{Now: func() time.Time { return noon }}
	got, err := p.Prove(access.NewContext(t.Context(), actor("1")), [32]byte{7})
	want := access.Proof{Kind: "token", ID: "1", Pseudonym: "p1", Digest: [32]byte{7}, At: noon, Reference: "t1"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for _, ctx := range []context.Context{t.Context(), access.NewContext(t.Context(), access.Actor{ID: "1"})} {
		if _, err := p.Prove(ctx, [32]byte{7}); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("without a token: %v", err)
		}
	}
}

func TestProposal_Approve(t *testing.T) {
	first, second := [32]byte{1}, [32]byte{2}
	approver := actor("b", access.RoleAuditor, access.RoleListApprover)
	p := access.Proposal{Programme: "mopti", Digest: first, PreparedBy: "a",
		Roles: []access.Role{access.RoleListApprover, access.RoleFinanceApprover}}
	approved, err := p.Approve(approver, prove(t, approver, first, noon), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := []access.Approval{{Role: access.RoleListApprover, Proof: prove(t, approver, first, noon)}}
	if diff := cmp.Diff(want, approved.Approvals); diff != "" {
		t.Error(diff)
	}
	if len(p.Approvals) != 0 {
		t.Error("the proposal itself has changed")
	}
	third := actor("c", access.RoleFinanceApprover)
	stranger := actor("d", access.RoleListApprover)
	stranger.Programme = "gao"
	for name, tt := range map[string]struct {
		next  access.Actor
		proof access.Proof
		want  error
	}{
		"the preparer":          {actor("a", access.RoleListApprover), prove(t, actor("a"), first, noon), access.ErrSamePerson},
		"the same person again": {approver, prove(t, approver, first, noon), access.ErrSamePerson},
		"nobody":                {actor("", access.RoleListApprover), access.Proof{Kind: "token", Digest: first, At: noon}, access.ErrSamePerson},
		"without the role":      {actor("c", access.RoleAuditor), prove(t, actor("c"), first, noon), access.ErrDenied},
		"another programme":     {stranger, prove(t, stranger, first, noon), access.ErrProgramme},
		"other content":         {third, prove(t, third, second, noon), access.ErrProof},
		"another's proof":       {third, prove(t, stranger, first, noon), access.ErrProof},
		"no proof":              {third, access.Proof{}, access.ErrProof},
		"an old proof":          {third, prove(t, third, first, noon.Add(-6*time.Minute)), access.ErrProof},
		"a proof to come":       {third, prove(t, third, first, noon.Add(6*time.Minute)), access.ErrProof},
		"a third person":        {third, prove(t, third, first, noon.Add(time.Millisecond)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			after, err := approved.Approve(tt.next, tt.proof, noon)
			if !errors.Is(err, tt.want) {
				t.Fatalf("err = %v, want %v", err, tt.want)
			}
			if wantLen := map[bool]int{true: 2, false: 1}[err == nil]; len(after.Approvals) != wantLen {
				t.Errorf("%d approvals", len(after.Approvals))
			}
		})
	}
}

func TestProposal_Approved(t *testing.T) {
	digest := [32]byte{1}
	b, c := actor("b", access.RoleListApprover), actor("c", access.RoleListApprover)
	p := access.Proposal{Programme: "mopti", Digest: digest, PreparedBy: "a", Roles: []access.Role{access.RoleListApprover}}
	p, err := p.Approve(b, prove(t, b, digest, noon), noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("one is enough for one and not for two", func(t *testing.T) {
		if err := p.Approved(1, noon); err != nil {
			t.Error(err)
		}
		if err := p.Approved(2, noon); !errors.Is(err, access.ErrApprovals) {
			t.Error(err)
		}
	})
	t.Run("nobody is never enough", func(t *testing.T) {
		none := p
		none.Approvals = nil
		if err := none.Approved(0, noon); !errors.Is(err, access.ErrApprovals) {
			t.Error(err)
		}
	})
	t.Run("a change of content voids it", func(t *testing.T) {
		changed := p
		changed.Digest = [32]byte{2}
		if err := changed.Approved(1, noon); !errors.Is(err, access.ErrApprovals) {
			t.Error(err)
		}
	})
	t.Run("72 hours void it and the same person may renew it", func(t *testing.T) {
		last := noon.Add(access.ApprovalLife)
		if err := p.Approved(1, last.Add(-1)); err != nil {
			t.Error(err)
		}
		if err := p.Approved(1, last); !errors.Is(err, access.ErrApprovals) {
			t.Error(err)
		}
		renewed, err := p.Approve(b, prove(t, b, digest, last), last)
		if err != nil || len(renewed.Approvals) != 1 || renewed.Approved(1, last) != nil {
			t.Errorf("%v %+v", err, renewed)
		}
	})
	t.Run("what a store may have been made to hold does not count", func(t *testing.T) {
		forged := p
		forged.Approvals = []access.Approval{
			{Role: access.RoleListApprover, Proof: prove(t, b, digest, noon)},
			{Role: access.RoleListApprover, Proof: prove(t, b, digest, noon)},
			{Role: access.RoleListApprover, Proof: prove(t, actor("a"), digest, noon)},
			{Role: access.RoleAuditor, Proof: prove(t, c, digest, noon)},
		}
		if err := forged.Approved(2, noon); !errors.Is(err, access.ErrApprovals) {
			t.Error(err)
		}
	})
}

// However a few people approve and however time passes, a proposal is
// approved by n only when n different people other than its preparer have
// approved within 72 hours.
func TestProposal_Model(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		digest, now := [32]byte{1}, noon
		p := access.Proposal{Programme: "mopti", Digest: digest, PreparedBy: "a", Roles: []access.Role{access.RoleListApprover}}
		given := map[string]time.Time{}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(rt, "hours")) * time.Hour)
			who := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "who")
			next := actor(who, access.RoleListApprover)
			before, again := given[who]
			free := who != "a" && (!again || now.Sub(before) >= access.ApprovalLife)
			after, err := p.Approve(next, prove(t, next, digest, now), now)
			if (err == nil) != free {
				rt.Fatalf("%s at %s: %v", who, now, err)
			}
			if err == nil {
				given[who] = now
			}
			p = after
			var counting []string
			for id, at := range given {
				if now.Sub(at) < access.ApprovalLife {
					counting = append(counting, id)
				}
			}
			for n := 1; n <= 4; n++ {
				if got := p.Approved(n, now) == nil; got != (len(counting) >= n) {
					rt.Fatalf("Approved(%d) = %v with %v", n, got, counting)
				}
			}
		}
	})
}

func TestRoles(t *testing.T) {
	got := access.Roles()
	got[0] = "changed"
	if access.Roles()[0] == "changed" {
		t.Error("the set of roles can be changed from outside")
	}
	want := []access.Role{"registrar", "list-approver", "issuer", "distribution-officer", "vendor-manager", "handheld-manager",
		"finance-preparer", "finance-approver", "monitor", "meal-officer", "safeguarding", "dpo", "auditor", "administrator", "donor"}
	if diff := cmp.Diff(want, access.Roles()); diff != "" {
		t.Error(diff)
	}
}
