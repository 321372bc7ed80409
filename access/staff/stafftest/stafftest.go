// Package stafftest holds the contract of staff.Store as tests that every store
// runs.
package stafftest

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) staff.Store) {
	t.Run("what is not there is not found", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what is put is read back, whole and newest", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("what is removed is gone", func(t *testing.T) { testRemove(t, open(t)) })
	t.Run("lists are one member's, in order", func(t *testing.T) { testLists(t, open(t)) })
	t.Run("a failed update leaves nothing", func(t *testing.T) { testRollback(t, open(t)) })
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

func update(t testing.TB, s staff.Store, fn func(staff.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s staff.Store, fn func(staff.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless a value was read without error and is the wanted.
func same[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%T: %v, differs (-want +got):\n%s", want, err, diff)
		}
	}
}

func missing[V any](t testing.TB) func(V, error) {
	return func(v V, err error) {
		t.Helper()
		if !errors.Is(err, staff.ErrNotFound) {
			t.Errorf("%T: %v", v, err)
		}
	}
}

func collect[V any](t testing.TB, seq iter.Seq2[V, error]) []V {
	t.Helper()
	var out []V
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

var (
	member = staff.Member{ID: "m1", Organisation: "ngo.example", Name: []byte("sealed"), NameDigest: [32]byte{1}, State: staff.Active, Language: "fr",
		InvitedBy: "m0", Created: at, Recovery: staff.Recovery{AskedBy: "m2", ApprovedBy: "m3", From: at.Add(time.Hour)}, Rescued: 8}
	session = staff.Session{ID: "s1", Member: "m1", Program: true, Programme: "p1", Passkey: true, Secret: [32]byte{2}, Rotation: [32]byte{3},
		Created: at, Seen: at.Add(time.Minute), Proved: at, Ended: at.Add(time.Hour)}
	invitation = staff.Invitation{Digest: [32]byte{4}, Member: "m1", Programme: "p1", Recovers: true, Until: at, Used: at}
	throttle   = staff.Throttle{Key: [32]byte{5}, Failures: 6, Last: at, Until: at.Add(time.Minute)}
	notices    = []staff.Notice{{What: "factor_added", At: at}, {What: "password_changed", At: at.Add(time.Hour)}}
)

func credential(member, id string) staff.Credential {
	return staff.Credential{Member: member, ID: id, Kind: staff.TOTP, Secret: []byte("x" + id), Counter: 9, Created: at, Used: at.Add(time.Second)}
}

func grant(member, programme string, r access.Role) staff.Grant {
	return staff.Grant{Member: member, Programme: programme, Role: r, From: at, Until: at.Add(time.Hour), Entry: 7}
}

func testMissing(t *testing.T, s staff.Store) {
	view(t, s, func(tx staff.Tx) error {
		missing[staff.Member](t)(tx.Member("m1"))
		missing[string](t)(tx.Handle([32]byte{1}))
		missing[staff.Credential](t)(tx.Credential("m1", "c1"))
		missing[staff.Session](t)(tx.Session("s1"))
		missing[staff.Invitation](t)(tx.Invitation([32]byte{1}))
		missing[staff.Throttle](t)(tx.Throttle([32]byte{1}))
		same(t, []staff.Notice(nil))(tx.Notices("m1"))
		return nil
	})
}

func testRoundTrip(t *testing.T, s staff.Store) {
	newer := member
	newer.State, newer.Recovery = staff.Disabled, staff.Recovery{}
	update(t, s, func(tx staff.Tx) error {
		return errors.Join(tx.PutMember(newer), tx.PutMember(member), tx.PutHandle([32]byte{1}, "m1"), tx.PutCredential(credential("m1", "c1")),
			tx.PutSession(session), tx.PutGrant(grant("m1", "p1", access.RoleMonitor)), tx.PutInvitation(invitation), tx.PutThrottle(throttle),
			tx.PutNotices("m1", notices))
	})
	view(t, s, func(tx staff.Tx) error {
		same(t, member)(tx.Member("m1"))
		same(t, "m1")(tx.Handle([32]byte{1}))
		same(t, credential("m1", "c1"))(tx.Credential("m1", "c1"))
		same(t, session)(tx.Session("s1"))
		same(t, invitation)(tx.Invitation([32]byte{4}))
		same(t, throttle)(tx.Throttle([32]byte{5}))
		same(t, notices)(tx.Notices("m1"))
		same(t, []staff.Grant{grant("m1", "p1", access.RoleMonitor)})(collect(t, tx.Grants("m1")), nil)
		return nil
	})
}

func testRemove(t *testing.T, s staff.Store) {
	update(t, s, func(tx staff.Tx) error {
		return errors.Join(tx.PutHandle([32]byte{1}, "m1"), tx.PutCredential(credential("m1", "c1")), tx.PutSession(session),
			tx.PutGrant(grant("m1", "p1", access.RoleMonitor)), tx.PutInvitation(invitation), tx.PutThrottle(throttle), tx.PutNotices("m1", notices))
	})
	update(t, s, func(tx staff.Tx) error {
		return errors.Join(tx.RemoveHandle([32]byte{1}), tx.RemoveCredential("m1", "c1"), tx.RemoveSession(session),
			tx.RemoveGrant(grant("m1", "p1", access.RoleMonitor)), tx.RemoveInvitation([32]byte{4}), tx.RemoveThrottle([32]byte{5}), tx.PutNotices("m1", nil))
	})
	testMissing(t, s)
	view(t, s, func(tx staff.Tx) error {
		if n := len(collect(t, tx.Grants("m1"))) + len(collect(t, tx.Sessions("m1"))) + len(collect(t, tx.Credentials("m1"))) +
			len(collect(t, tx.Invitations())) + len(collect(t, tx.Throttles())); n != 0 {
			t.Errorf("%d things are left", n)
		}
		return nil
	})
}

func testLists(t *testing.T, s staff.Store) {
	other, second := member, session
	other.ID, second.ID = "m10", "s0"
	foreign := session
	foreign.ID, foreign.Member = "s5", "m10"
	update(t, s, func(tx staff.Tx) error {
		return errors.Join(tx.PutMember(other), tx.PutMember(member), tx.PutCredential(credential("m1", "c2")), tx.PutCredential(credential("m1", "c1")),
			tx.PutCredential(credential("m10", "c1")), tx.PutSession(session), tx.PutSession(second), tx.PutSession(foreign),
			tx.PutGrant(grant("m1", "p2", access.RoleAuditor)), tx.PutGrant(grant("m1", "p1", access.RoleMonitor)),
			tx.PutGrant(grant("m1", "p1", access.RoleAuditor)), tx.PutGrant(grant("m10", "p1", access.RoleDPO)),
			tx.PutInvitation(invitation), tx.PutThrottle(throttle))
	})
	view(t, s, func(tx staff.Tx) error {
		same(t, []staff.Member{member, other})(collect(t, tx.Members()), nil)
		same(t, []staff.Credential{credential("m1", "c1"), credential("m1", "c2")})(collect(t, tx.Credentials("m1")), nil)
		same(t, []staff.Session{second, session})(collect(t, tx.Sessions("m1")), nil)
		same(t, []staff.Grant{grant("m1", "p1", access.RoleAuditor), grant("m1", "p1", access.RoleMonitor), grant("m1", "p2", access.RoleAuditor)})(
			collect(t, tx.Grants("m1")), nil)
		same(t, []staff.Invitation{invitation})(collect(t, tx.Invitations()), nil)
		same(t, []staff.Throttle{throttle})(collect(t, tx.Throttles()), nil)
		return nil
	})
}

func testRollback(t *testing.T, s staff.Store) {
	stop := errors.New("stop")
	if err := s.Update(t.Context(), func(tx staff.Tx) error {
		return errors.Join(tx.PutMember(member), tx.PutHandle([32]byte{1}, "m1"), tx.PutCredential(credential("m1", "c1")), tx.PutSession(session),
			tx.PutGrant(grant("m1", "p1", access.RoleMonitor)), tx.PutInvitation(invitation), tx.PutThrottle(throttle),
			tx.PutNotices("m1", notices), stop)
	}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	testMissing(t, s)
}
