package staff

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrNotFound is what a Tx returns for something that is not there.
var ErrNotFound = fault.New(fault.NotFound, "staff_unknown",
	"There is no such person, session or factor.",
	"Cette personne, cette session ou ce facteur n'existe pas.")

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for is not there. Values read are
// copies.
type Tx interface {
	ledger.Tx

	Member(id string) (Member, error)
	PutMember(m Member) error
	// Members yields all members in the order of their ids.
	Members() iter.Seq2[Member, error]

	// Handle returns the member that a keyed digest stands for: of a sign-in name
	// or of an identity at a provider.
	Handle(digest [32]byte) (member string, err error)
	PutHandle(digest [32]byte, member string) error
	RemoveHandle(digest [32]byte) error

	Credential(member, id string) (Credential, error)
	PutCredential(c Credential) error
	RemoveCredential(member, id string) error
	// Credentials yields a member's credentials in the order of their ids.
	Credentials(member string) iter.Seq2[Credential, error]

	Session(id string) (Session, error)
	PutSession(s Session) error
	// RemoveSession forgets one that has ended.
	RemoveSession(s Session) error
	// Sessions yields a member's sessions in the order of their ids.
	Sessions(member string) iter.Seq2[Session, error]

	PutGrant(g Grant) error
	RemoveGrant(g Grant) error
	// Grants yields a member's grants, by programme and role.
	Grants(member string) iter.Seq2[Grant, error]

	Invitation(digest [32]byte) (Invitation, error)
	PutInvitation(i Invitation) error
	RemoveInvitation(digest [32]byte) error
	Invitations() iter.Seq2[Invitation, error]

	Throttle(key [32]byte) (Throttle, error)
	PutThrottle(t Throttle) error
	RemoveThrottle(key [32]byte) error
	Throttles() iter.Seq2[Throttle, error]

	// Notices returns what a member has not been told, the oldest first; none is
	// no error.
	Notices(member string) ([]Notice, error)
	PutNotices(member string, ns []Notice) error
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
