package staff

import (
	"context"
	"time"

	"github.com/jate-cva/jate/access"
)

// Factor is a credential as its owner sees it.
type Factor struct {
	ID      string
	Kind    CredentialKind
	Left    int // recovery codes that are left
	Created time.Time
	Used    time.Time
}

// Account is what a member is told of the own account.
type Account struct {
	Member       string
	Name         string
	Organisation string
	Language     string
	Roles        map[string][]access.Role // granted, by programme
	Factors      []Factor
	Session      Session
	Notices      []Notice
	NeedsPasskey bool // roles do not count before one signs in with a passkey
	Recovery     bool // somebody asked for new factors in the member's name
}

// Me asks for the caller's account.
type Me struct{ By access.Actor }

// Me implements Service.
func (s *service) Me(ctx context.Context, q Me) (Account, error) {
	var a Account
	if err := signedIn(q.By); err != nil {
		return a, err
	}
	if err := s.Store.View(ctx, func(tx Tx) (err error) {
		a, err = s.account(tx, q.By)
		return err
	}); err != nil || len(a.Notices) == 0 {
		return a, err
	}
	return a, s.Store.Update(ctx, func(tx Tx) error {
		ns, err := tx.Notices(q.By.ID)
		if err != nil || len(ns) < len(a.Notices) {
			return err // another window has told the same
		}
		return tx.PutNotices(q.By.ID, ns[len(a.Notices):])
	})
}

func (s *service) account(tx Tx, by access.Actor) (Account, error) {
	session, m, held, err := live(tx, by.Session)
	if err != nil {
		return Account{}, err
	}
	a := Account{Member: m.ID, Organisation: m.Organisation, Language: m.Language, Roles: held, Session: session,
		NeedsPasskey: held.privileged() && !session.Passkey, Recovery: m.Recovery.AskedBy != ""}
	if a.Name, err = s.nameOf(m); err != nil {
		return a, err
	}
	if a.Notices, err = tx.Notices(m.ID); err != nil {
		return a, err
	}
	for c, err := range tx.Credentials(m.ID) {
		if err != nil {
			return a, err
		}
		f := Factor{ID: c.ID, Kind: c.Kind, Created: c.Created, Used: c.Used}
		if c.Kind == Codes {
			f.Left = len(c.Secret) / 32
		}
		a.Factors = append(a.Factors, f)
	}
	return a, nil
}
