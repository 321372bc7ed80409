package staff

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// Recover asks for new factors in the name of somebody who has lost them.
type Recover struct {
	By     access.Actor
	Key    string
	Member string
}

// Recovered says how far that is.
type Recovered struct {
	Member Listed
	Code   string // shown once, when two have agreed and the day is over
}

// Recover implements Service.
func (s *service) Recover(ctx context.Context, cmd Recover) (Recovered, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Recovered{}, err
	}
	code, digest := newCode()
	made := false
	r, err := ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), request{Method: "recover", Member: cmd.Member}, func(tx Tx) (Recovered, error) {
		made = false
		own, as, err := s.acting(tx, cmd.By)
		if err != nil {
			return Recovered{}, err
		}
		m, err := Managed(tx, own, cmd.Member)
		if err != nil {
			return Recovered{}, err
		}
		if m.State != Active {
			return Recovered{}, ErrMemberState
		}
		if m.ID == cmd.By.ID {
			return Recovered{}, ErrRecovery
		}
		what, now := "", tx.Now()
		switch rec := &m.Recovery; {
		case rec.AskedBy == "":
			what, rec.AskedBy = "staff_recovery_asked", cmd.By.ID
		case rec.ApprovedBy == "" && rec.AskedBy != cmd.By.ID:
			what, rec.ApprovedBy, rec.From = "staff_recovery_approved", cmd.By.ID, now.Add(RecoveryDelay)
		case rec.ApprovedBy != "" && !now.Before(rec.From):
			what, made = "staff_recovery_code", true
			if err := endInvitations(tx, m.ID); err != nil {
				return Recovered{}, err
			}
			if err := tx.PutInvitation(Invitation{Digest: digest, Member: m.ID, Recovers: true, Until: now.Add(InvitationLife)}); err != nil {
				return Recovered{}, err
			}
		default:
			return Recovered{}, ErrRecovery
		}
		if err := s.tellAll(tx, m, what); err != nil {
			return Recovered{}, err
		}
		if _, err := ledger.Decide(tx, as, "", what, s.pseudonym(m.ID), nil); err != nil {
			return Recovered{}, err
		}
		if err := tx.PutMember(m); err != nil {
			return Recovered{}, err
		}
		l, err := s.listed(tx, m)
		return Recovered{Member: l}, err
	})
	if err == nil && made {
		r.Code = code
	}
	return r, errors.Join(err, s.name(ctx, &r.Member))
}

// tellAll tells everybody whom a recovery concerns: the member, and every
// administrator of the organisation.
func (s *service) tellAll(tx Tx, m Member, what string) error {
	to := []string{m.ID}
	for other, err := range tx.Members() {
		if err != nil {
			return err
		}
		if other.Organisation != m.Organisation || other.ID == m.ID || other.State != Active {
			continue
		}
		held, err := rightsOf(tx, other.ID)
		if err != nil {
			return err
		}
		for _, roles := range held {
			if (access.Actor{Roles: roles}).Has(access.RoleAdministrator) {
				to = append(to, other.ID)
				break
			}
		}
	}
	for _, id := range to {
		if err := Tell(tx, id, what); err != nil {
			return err
		}
	}
	return nil
}

// RefuseRecovery implements Service.
func (s *service) RefuseRecovery(ctx context.Context, q Me) (Account, error) {
	var a Account
	if err := signedIn(q.By); err != nil {
		return a, err
	}
	err := s.Store.Update(ctx, func(tx Tx) error {
		m, err := tx.Member(q.By.ID)
		if err != nil {
			return err
		}
		if m.Recovery.AskedBy != "" {
			m.Recovery = Recovery{}
			if err := errors.Join(tx.PutMember(m), endInvitations(tx, m.ID), s.tellAll(tx, m, "staff_recovery_refused"),
				s.journal(tx, m.ID, "staff_recovery_refused", nil)); err != nil {
				return err
			}
		}
		a, err = s.account(tx, q.By)
		return err
	})
	return a, err
}
