package bolt

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/access/staff"
)

// putGoldenStaff writes what package staff stores.
func putGoldenStaff(tx *Tx) error {
	return errors.Join(
		tx.PutMember(filled[staff.Member]()),
		tx.PutHandle([32]byte{1}, "m1"),
		tx.PutCredential(filled[staff.Credential]()),
		tx.PutSession(filled[staff.Session]()),
		tx.PutGrant(filled[staff.Grant]()),
		tx.PutInvitation(filled[staff.Invitation]()),
		tx.PutThrottle(filled[staff.Throttle]()),
		tx.PutNotices("m1", filled[[]staff.Notice]()),
	)
}

func checkGoldenStaff(t *testing.T, tx *Tx) {
	session, c := filled[staff.Session](), filled[staff.Credential]()
	is(t, filled[staff.Member]())(tx.Member(filled[staff.Member]().ID))
	is(t, "m1")(tx.Handle([32]byte{1}))
	is(t, c)(tx.Credential(c.Member, c.ID))
	is(t, session)(tx.Session(session.ID))
	is(t, session)(one(tx.Sessions(session.Member)))
	is(t, filled[staff.Grant]())(one(tx.Grants(filled[staff.Grant]().Member)))
	is(t, filled[staff.Invitation]())(tx.Invitation(filled[staff.Invitation]().Digest))
	is(t, filled[staff.Throttle]())(tx.Throttle(filled[staff.Throttle]().Key))
	is(t, filled[[]staff.Notice]())(tx.Notices("m1"))
}
