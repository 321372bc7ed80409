package mem

import (
	"iter"

	"github.com/jate-cva/jate/access/staff"
)

type staffTables struct {
	members     table[string, staff.Member]
	handles     table[string, string]           // digest
	credentials table[string, staff.Credential] // member, id
	sessions    table[string, staff.Session]
	sessionsOf  table[string, string]      // member, id
	grants      table[string, staff.Grant] // member, programme, role
	invitations table[string, staff.Invitation]
	throttles   table[string, staff.Throttle]
	notices     table[string, []staff.Notice] // member
}

var _ staff.Tx = (*Tx)(nil)

// Staff returns the store of package staff.
func (db *DB) Staff() staff.Store {
	return store[staff.Tx]{db, func(tx *Tx) staff.Tx { return tx }}
}

// Member returns a member.
func (tx *Tx) Member(id string) (staff.Member, error) {
	return tx.db.staff.members.find(id, staff.ErrNotFound)
}

// PutMember stores a member.
func (tx *Tx) PutMember(m staff.Member) error { return tx.db.staff.members.put(tx, m.ID, m) }

// Members yields all members in order.
func (tx *Tx) Members() iter.Seq2[staff.Member, error] { return under(&tx.db.staff.members, "", "") }

// Handle returns the member that a digest stands for.
func (tx *Tx) Handle(digest [32]byte) (string, error) {
	return tx.db.staff.handles.find(string(digest[:]), staff.ErrNotFound)
}

// PutHandle files a member under a digest.
func (tx *Tx) PutHandle(digest [32]byte, member string) error {
	return tx.db.staff.handles.put(tx, string(digest[:]), member)
}

// RemoveHandle forgets a digest.
func (tx *Tx) RemoveHandle(digest [32]byte) error {
	return tx.db.staff.handles.remove(tx, string(digest[:]))
}

// Credential returns one of a member's credentials.
func (tx *Tx) Credential(member, id string) (staff.Credential, error) {
	return tx.db.staff.credentials.find(key(member, id), staff.ErrNotFound)
}

// PutCredential stores a credential.
func (tx *Tx) PutCredential(c staff.Credential) error {
	return tx.db.staff.credentials.put(tx, key(c.Member, c.ID), c)
}

// RemoveCredential removes one.
func (tx *Tx) RemoveCredential(member, id string) error {
	return tx.db.staff.credentials.remove(tx, key(member, id))
}

// Credentials yields a member's credentials in order.
func (tx *Tx) Credentials(member string) iter.Seq2[staff.Credential, error] {
	return under(&tx.db.staff.credentials, key(member, ""), "")
}

// Session returns a session.
func (tx *Tx) Session(id string) (staff.Session, error) {
	return tx.db.staff.sessions.find(id, staff.ErrNotFound)
}

// PutSession stores a session.
func (tx *Tx) PutSession(s staff.Session) error {
	if err := tx.db.staff.sessionsOf.put(tx, key(s.Member, s.ID), s.ID); err != nil {
		return err
	}
	return tx.db.staff.sessions.put(tx, s.ID, s)
}

// RemoveSession forgets a session.
func (tx *Tx) RemoveSession(s staff.Session) error {
	if err := tx.db.staff.sessionsOf.remove(tx, key(s.Member, s.ID)); err != nil {
		return err
	}
	return tx.db.staff.sessions.remove(tx, s.ID)
}

// Sessions yields a member's sessions in order.
func (tx *Tx) Sessions(member string) iter.Seq2[staff.Session, error] {
	return func(yield func(staff.Session, error) bool) {
		for id, err := range under(&tx.db.staff.sessionsOf, key(member, ""), "") {
			var s staff.Session
			if err == nil {
				s, err = tx.Session(id)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// PutGrant stores a grant.
func (tx *Tx) PutGrant(g staff.Grant) error {
	return tx.db.staff.grants.put(tx, key(g.Member, g.Programme, string(g.Role)), g)
}

// RemoveGrant removes one.
func (tx *Tx) RemoveGrant(g staff.Grant) error {
	return tx.db.staff.grants.remove(tx, key(g.Member, g.Programme, string(g.Role)))
}

// Grants yields a member's grants in order.
func (tx *Tx) Grants(member string) iter.Seq2[staff.Grant, error] {
	return under(&tx.db.staff.grants, key(member, ""), "")
}

// Invitation returns an invitation.
func (tx *Tx) Invitation(digest [32]byte) (staff.Invitation, error) {
	return tx.db.staff.invitations.find(string(digest[:]), staff.ErrNotFound)
}

// PutInvitation stores an invitation.
func (tx *Tx) PutInvitation(i staff.Invitation) error {
	return tx.db.staff.invitations.put(tx, string(i.Digest[:]), i)
}

// RemoveInvitation forgets one.
func (tx *Tx) RemoveInvitation(digest [32]byte) error {
	return tx.db.staff.invitations.remove(tx, string(digest[:]))
}

// Invitations yields all invitations.
func (tx *Tx) Invitations() iter.Seq2[staff.Invitation, error] {
	return under(&tx.db.staff.invitations, "", "")
}

// Throttle returns a count.
func (tx *Tx) Throttle(k [32]byte) (staff.Throttle, error) {
	return tx.db.staff.throttles.find(string(k[:]), staff.ErrNotFound)
}

// PutThrottle stores a count.
func (tx *Tx) PutThrottle(t staff.Throttle) error {
	return tx.db.staff.throttles.put(tx, string(t.Key[:]), t)
}

// RemoveThrottle forgets a count.
func (tx *Tx) RemoveThrottle(k [32]byte) error {
	return tx.db.staff.throttles.remove(tx, string(k[:]))
}

// Throttles yields all counts.
func (tx *Tx) Throttles() iter.Seq2[staff.Throttle, error] {
	return under(&tx.db.staff.throttles, "", "")
}

// Notices returns a member's notices.
func (tx *Tx) Notices(member string) ([]staff.Notice, error) {
	ns, _ := tx.db.staff.notices.get(member)
	return ns, nil
}

// PutNotices stores them in the place of earlier ones.
func (tx *Tx) PutNotices(member string, ns []staff.Notice) error {
	if len(ns) == 0 {
		return tx.db.staff.notices.remove(tx, member)
	}
	return tx.db.staff.notices.put(tx, member, ns)
}
