package grant

import (
	"context"
	"errors"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// Revoke takes a role away.
type Revoke struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	Member    string
	Programme string // "" for the caller's
	Role      access.Role
}

// Held is a role that somebody holds or will hold.
type Held struct {
	Member    string
	Programme string
	Role      access.Role
	From      time.Time
	Until     time.Time
	DeputyOf  string
	Entry     uint64
}

// Revoke implements Service.
func (s *service) Revoke(ctx context.Context, cmd Revoke) (Held, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Held{}, err
	}
	if cmd.Programme == "" {
		cmd.Programme = cmd.By.Programme
	}
	return ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), cmd, func(tx Tx) (Held, error) {
		as, err := s.mayRevoke(tx, cmd)
		if err != nil {
			return Held{}, err
		}
		g, err := grantOf(tx, cmd)
		if err != nil {
			return Held{}, err
		}
		if cmd.Role == access.RoleAdministrator && g.InForce(tx.Now()) {
			there, err := holders(tx, cmd.Programme, cmd.Role)
			if err != nil {
				return Held{}, err
			}
			if len(there) < 2 {
				return Held{}, ErrLast
			}
		}
		person := s.Authority.Pseudonym(cmd.Programme, cmd.Member)
		e, err := ledger.Decide(tx, s.journal(cmd.By, cmd.Programme, as), "", "role-revoked", person,
			map[string]string{"programme": cmd.Programme, "role": string(cmd.Role)})
		if err != nil {
			return Held{}, err
		}
		return Held{Member: g.Member, Programme: g.Programme, Role: g.Role, From: g.From, Until: tx.Now(), Entry: e.Seq},
			errors.Join(noteTwo(tx, g, e.Seq), tx.RemoveGrant(g), staff.EndSessions(tx, cmd.Member, ""), staff.Tell(tx, cmd.Member, "role_revoked:"+string(cmd.Role)))
	})
}

// mayRevoke returns in which role the caller may take a role away: the own one
// everybody may lay down, a monitor's the organisation's first member alone takes
// away, any other an administrator.
func (s *service) mayRevoke(tx Tx, cmd Revoke) (access.Role, error) {
	if cmd.Member == cmd.By.ID {
		return cmd.Role, nil
	}
	if cmd.Role == access.RoleMonitor {
		m, err := tx.Member(cmd.Member)
		if errors.Is(err, staff.ErrNotFound) {
			return "", ErrMonitor
		}
		if err != nil {
			return "", err
		}
		first, err := firstOf(tx, m.Organisation)
		if err != nil || first != cmd.By.ID {
			return "", errors.Join(err, ErrMonitor)
		}
		return access.RoleMonitor, nil
	}
	if err := cmd.By.In(cmd.Programme); err != nil {
		return "", err
	}
	return cmd.By.As(access.RoleAdministrator)
}

func grantOf(tx Tx, cmd Revoke) (staff.Grant, error) {
	for g, err := range tx.Grants(cmd.Member) {
		if err != nil {
			return g, err
		}
		if g.Programme == cmd.Programme && g.Role == cmd.Role && (g.Until.IsZero() || tx.Now().Before(g.Until)) {
			return g, nil
		}
	}
	return staff.Grant{}, ErrNotFound
}
