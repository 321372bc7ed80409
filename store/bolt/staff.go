package bolt

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

var _ staff.Tx = (*Tx)(nil)

var (
	memberTable     = table[string, memberRecord]{newBucket("staff"), 1, textKey[string]()}
	handleTable     = table[[32]byte, string]{newBucket("staff-handle"), 1, hashKey[[32]byte]()}
	credentialTable = table[ownedKey[string], credentialRecord]{newBucket("staff-credential"), 1, ownedKeys[string]()}
	sessionTable    = newOwned[string, sessionRecord]("staff-session")
	grantTable      = table[ownedPart, grantRecord]{newBucket("staff-grant"), 1, ownedPartKey}
	invitationTable = table[[32]byte, invitationRecord]{newBucket("staff-invitation"), 1, hashKey[[32]byte]()}
	throttleTable   = table[[32]byte, throttleRecord]{newBucket("staff-throttle"), 1, hashKey[[32]byte]()}
	noticeTable     = table[string, []noticeRecord]{newBucket("staff-notice"), 1, textKey[string]()}
)

// ownedPart is a member, a programme and a role.
type ownedPart struct{ member, programme, role string }

var ownedPartKey = keyCodec[ownedPart]{
	encode: func(to key, k ownedPart) key { return to.str(k.member).str(k.programme).str(k.role) },
	decode: func(r *keyReader) ownedPart { return ownedPart{r.str(), r.str(), r.str()} },
}

// Staff returns the store of package staff.
func (db *DB) Staff() staff.Store {
	return store[staff.Tx]{db, func(tx *Tx) staff.Tx { return tx }}
}

// memberRecord is in "staff" by id.
type memberRecord struct {
	ID           string
	Organisation string
	Name         []byte
	NameDigest   sum32
	State        string
	Language     string
	InvitedBy    string
	Created      instant
	AskedBy      string
	ApprovedBy   string
	From         instant
	Rescued      uint64
}

func (r memberRecord) member() staff.Member {
	return staff.Member{ID: r.ID, Organisation: r.Organisation, Name: r.Name, NameDigest: r.NameDigest, State: staff.State(r.State), Language: r.Language,
		InvitedBy: r.InvitedBy, Created: r.Created.time(), Recovery: staff.Recovery{AskedBy: r.AskedBy, ApprovedBy: r.ApprovedBy, From: r.From.time()},
		Rescued: r.Rescued}
}

// Member returns a member.
func (tx *Tx) Member(id string) (staff.Member, error) {
	return read(tx, memberTable, id, staff.ErrNotFound, memberRecord.member)
}

// PutMember stores a member.
func (tx *Tx) PutMember(m staff.Member) error {
	return memberTable.put(tx, m.ID, memberRecord{m.ID, m.Organisation, m.Name, m.NameDigest, string(m.State), m.Language, m.InvitedBy,
		instantOf(m.Created), m.Recovery.AskedBy, m.Recovery.ApprovedBy, instantOf(m.Recovery.From), m.Rescued})
}

// Members yields all members in order.
func (tx *Tx) Members() iter.Seq2[staff.Member, error] {
	return recordsOf(memberTable.scan(tx, under(key{})), memberRecord.member)
}

// recordsOf yields what to makes of each row's record.
func recordsOf[K, V, D any](rows iter.Seq2[row[K, V], error], to func(V) D) iter.Seq2[D, error] {
	return convert(rows, func(r row[K, V]) D { return to(r.value) })
}

// Handle returns the member that a digest stands for.
func (tx *Tx) Handle(digest [32]byte) (string, error) {
	return handleTable.get(tx, digest, staff.ErrNotFound)
}

// PutHandle files a member under a digest.
func (tx *Tx) PutHandle(digest [32]byte, member string) error {
	return handleTable.put(tx, digest, member)
}

// RemoveHandle forgets a digest.
func (tx *Tx) RemoveHandle(digest [32]byte) error { return handleTable.delete(tx, digest) }

// credentialRecord is in "staff-credential" by member and id.
type credentialRecord struct {
	Member  string
	ID      string
	Kind    string
	Secret  []byte
	Counter uint64
	Created instant
	Used    instant
}

func (r credentialRecord) credential() staff.Credential {
	return staff.Credential{Member: r.Member, ID: r.ID, Kind: staff.CredentialKind(r.Kind), Secret: r.Secret, Counter: r.Counter,
		Created: r.Created.time(), Used: r.Used.time()}
}

// Credential returns one of a member's credentials.
func (tx *Tx) Credential(member, id string) (staff.Credential, error) {
	return read(tx, credentialTable, ownedKey[string]{member, id}, staff.ErrNotFound, credentialRecord.credential)
}

// PutCredential stores a credential.
func (tx *Tx) PutCredential(c staff.Credential) error {
	return credentialTable.put(tx, ownedKey[string]{c.Member, c.ID},
		credentialRecord{c.Member, c.ID, string(c.Kind), c.Secret, c.Counter, instantOf(c.Created), instantOf(c.Used)})
}

// RemoveCredential removes one.
func (tx *Tx) RemoveCredential(member, id string) error {
	return credentialTable.delete(tx, ownedKey[string]{member, id})
}

// Credentials yields a member's credentials in order.
func (tx *Tx) Credentials(member string) iter.Seq2[staff.Credential, error] {
	return recordsOf(credentialTable.scan(tx, under(key{}.str(member))), credentialRecord.credential)
}

// sessionRecord is in "staff-session" by id.
type sessionRecord struct {
	ID        string
	Member    string
	Program   bool
	Programme string
	Passkey   bool
	Secret    sum32
	Rotation  sum32
	Created   instant
	Seen      instant
	Proved    instant
	Ended     instant
}

func (r sessionRecord) session() staff.Session {
	return staff.Session{ID: r.ID, Member: r.Member, Program: r.Program, Programme: r.Programme, Passkey: r.Passkey, Secret: r.Secret,
		Rotation: r.Rotation, Created: r.Created.time(), Seen: r.Seen.time(), Proved: r.Proved.time(), Ended: r.Ended.time()}
}

// Session returns a session.
func (tx *Tx) Session(id string) (staff.Session, error) {
	return read(tx, sessionTable.rows, id, staff.ErrNotFound, sessionRecord.session)
}

// PutSession stores a session.
func (tx *Tx) PutSession(s staff.Session) error {
	return sessionTable.put(tx, s.Member, s.ID, sessionRecord{s.ID, s.Member, s.Program, s.Programme, s.Passkey, s.Secret, s.Rotation,
		instantOf(s.Created), instantOf(s.Seen), instantOf(s.Proved), instantOf(s.Ended)})
}

// RemoveSession forgets a session.
func (tx *Tx) RemoveSession(s staff.Session) error {
	return errors.Join(sessionTable.rows.delete(tx, s.ID), sessionTable.index.delete(tx, ownedKey[string]{s.Member, s.ID}))
}

// Sessions yields a member's sessions in order.
func (tx *Tx) Sessions(member string) iter.Seq2[staff.Session, error] {
	return convert(sessionTable.of(tx, member, ""), sessionRecord.session)
}

// grantRecord is in "staff-grant" by member, programme and role.
type grantRecord struct {
	Member    string
	Programme string
	Role      string
	From      instant
	Until     instant
	Entry     uint64
}

func (r grantRecord) grant() staff.Grant {
	return staff.Grant{Member: r.Member, Programme: r.Programme, Role: access.Role(r.Role), From: r.From.time(), Until: r.Until.time(), Entry: r.Entry}
}

// PutGrant stores a grant.
func (tx *Tx) PutGrant(g staff.Grant) error {
	return grantTable.put(tx, ownedPart{g.Member, g.Programme, string(g.Role)},
		grantRecord{g.Member, g.Programme, string(g.Role), instantOf(g.From), instantOf(g.Until), g.Entry})
}

// RemoveGrant removes one.
func (tx *Tx) RemoveGrant(g staff.Grant) error {
	return grantTable.delete(tx, ownedPart{g.Member, g.Programme, string(g.Role)})
}

// Grants yields a member's grants in order.
func (tx *Tx) Grants(member string) iter.Seq2[staff.Grant, error] {
	return recordsOf(grantTable.scan(tx, under(key{}.str(member))), grantRecord.grant)
}

// invitationRecord is in "staff-invitation" by the digest of its code.
type invitationRecord struct {
	Digest    sum32
	Member    string
	Programme string
	Recovers  bool
	Until     instant
	Used      instant
}

func (r invitationRecord) invitation() staff.Invitation {
	return staff.Invitation{Digest: r.Digest, Member: r.Member, Programme: r.Programme, Recovers: r.Recovers, Until: r.Until.time(), Used: r.Used.time()}
}

// Invitation returns an invitation.
func (tx *Tx) Invitation(digest [32]byte) (staff.Invitation, error) {
	return read(tx, invitationTable, digest, staff.ErrNotFound, invitationRecord.invitation)
}

// PutInvitation stores an invitation.
func (tx *Tx) PutInvitation(i staff.Invitation) error {
	return invitationTable.put(tx, i.Digest, invitationRecord{i.Digest, i.Member, i.Programme, i.Recovers, instantOf(i.Until), instantOf(i.Used)})
}

// RemoveInvitation forgets one.
func (tx *Tx) RemoveInvitation(digest [32]byte) error { return invitationTable.delete(tx, digest) }

// Invitations yields all invitations.
func (tx *Tx) Invitations() iter.Seq2[staff.Invitation, error] {
	return recordsOf(invitationTable.scan(tx, under(key{})), invitationRecord.invitation)
}

// throttleRecord is in "staff-throttle" by the digest of what is counted.
type throttleRecord struct {
	Key      sum32
	Failures uint64
	Last     instant
	Until    instant
}

func (r throttleRecord) throttle() staff.Throttle {
	return staff.Throttle{Key: r.Key, Failures: r.Failures, Last: r.Last.time(), Until: r.Until.time()}
}

// Throttle returns a count.
func (tx *Tx) Throttle(k [32]byte) (staff.Throttle, error) {
	return read(tx, throttleTable, k, staff.ErrNotFound, throttleRecord.throttle)
}

// PutThrottle stores a count.
func (tx *Tx) PutThrottle(t staff.Throttle) error {
	return throttleTable.put(tx, t.Key, throttleRecord{t.Key, t.Failures, instantOf(t.Last), instantOf(t.Until)})
}

// RemoveThrottle forgets a count.
func (tx *Tx) RemoveThrottle(k [32]byte) error { return throttleTable.delete(tx, k) }

// Throttles yields all counts.
func (tx *Tx) Throttles() iter.Seq2[staff.Throttle, error] {
	return recordsOf(throttleTable.scan(tx, under(key{})), throttleRecord.throttle)
}

// noticeRecord is one of a member's, in "staff-notice".
type noticeRecord struct {
	What string
	At   instant
}

// Notices returns a member's notices.
func (tx *Tx) Notices(member string) ([]staff.Notice, error) {
	rs, err := noticeTable.get(tx, member, staff.ErrNotFound)
	if errors.Is(err, staff.ErrNotFound) {
		return nil, nil
	}
	var ns []staff.Notice
	for _, r := range rs {
		ns = append(ns, staff.Notice{What: r.What, At: r.At.time()})
	}
	return ns, err
}

// PutNotices stores them in the place of earlier ones.
func (tx *Tx) PutNotices(member string, ns []staff.Notice) error {
	if len(ns) == 0 {
		return noticeTable.delete(tx, member)
	}
	var rs []noticeRecord
	for _, n := range ns {
		rs = append(rs, noticeRecord{n.What, instantOf(n.At)})
	}
	return noticeTable.put(tx, member, rs)
}
