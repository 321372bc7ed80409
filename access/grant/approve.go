package grant

import (
	"context"
	"crypto/hmac"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// Approve agrees to a proposal.
type Approve struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	ID      string
	Digest  [32]byte // of the content, as the caller saw it
	Console string   // the console's code, where there is no second administrator
}

// Approve implements Service.
func (s *service) Approve(ctx context.Context, cmd Approve) (Proposal, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Proposal{}, err
	}
	var proof access.Proof
	if cmd.Console == "" {
		var err error
		if proof, err = s.Prover.Prove(access.NewContext(ctx, cmd.By), cmd.Digest); err != nil {
			return Proposal{}, err
		}
	}
	return ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), cmd, func(tx Tx) (Proposal, error) {
		p, err := s.open(tx, cmd.ID)
		if err != nil {
			return Proposal{}, err
		}
		if p.Digest != cmd.Digest {
			return Proposal{}, ErrChanged
		}
		m, err := tx.Member(p.Member)
		if err != nil {
			return Proposal{}, err
		}
		if m.State != staff.Active {
			return Proposal{}, ErrGrant.At("member", "is disabled")
		}
		role, how, err := s.agrees(tx, cmd, p, m, proof)
		if err != nil {
			return Proposal{}, err
		}
		// What was proposed is looked at again: other roles may have come since, or
		// another passkey.
		was := p.Content
		if err := s.fits(tx, &p, m); err != nil {
			return Proposal{}, err
		}
		if p.Content != was {
			return Proposal{}, ErrChanged
		}
		return s.grant(tx, cmd.By, p, role, how, proof)
	})
}

// open returns a proposal that can be decided on.
func (s *service) open(tx Tx, id string) (Proposal, error) {
	p, err := tx.GrantProposal(id)
	if err != nil {
		return p, err
	}
	if p.State != Open || p.Lapsed(tx.Now()) {
		return p, ErrState
	}
	return p, nil
}

// agrees checks that the caller may have the last word on a proposal, and returns
// in which role and by what.
func (s *service) agrees(tx Tx, cmd Approve, p Proposal, m staff.Member, proof access.Proof) (access.Role, string, error) {
	if cmd.Console != "" {
		return access.RoleAdministrator, "console", s.console(tx, cmd, p)
	}
	if err := cmd.By.In(p.Content.Programme); err != nil {
		return "", "", ErrNotFound
	}
	role, next := access.RoleAdministrator, cmd.By
	if p.Content.Role == access.RoleMonitor {
		role = access.RoleMonitor
		first, err := firstOf(tx, m.Organisation)
		if err != nil {
			return "", "", err
		}
		if first != cmd.By.ID {
			return "", "", ErrMonitor
		}
		next.Roles = []access.Role{role} // the organisation's own first word needs none
	} else if p.Member == cmd.By.ID {
		return "", "", access.ErrSamePerson
	}
	a := access.Proposal{Programme: p.Content.Programme, Digest: p.Digest, PreparedBy: p.ProposedBy, Roles: []access.Role{role}}
	a, err := a.Approve(next, proof, tx.Now())
	if err != nil {
		return "", "", err
	}
	return role, proof.Kind, a.Approved(1, tx.Now())
}

// console checks the console's code: it stands for the second person only where
// there never was an administrator but the one who proposes. Else an administrator
// would take the other's role away, or shut him out, to appoint a friend. Who is
// left alone needs a rescue first, which the root key's custodian agrees to.
func (s *service) console(tx Tx, cmd Approve, p Proposal) error {
	if _, err := cmd.By.As(access.RoleAdministrator); err != nil {
		return err
	}
	if p.Content.Role != access.RoleAdministrator || p.ProposedBy != cmd.By.ID {
		return ErrConsole
	}
	l, err := tx.Lead(p.Content.Programme)
	if err != nil {
		return err
	}
	others, last, err := administrators(tx, p.Content.Programme, cmd.By.ID)
	if err != nil {
		return err
	}
	me, err := tx.Member(cmd.By.ID)
	if err != nil {
		return err
	}
	if two := max(l.Two, last); others || two > 0 && me.Rescued <= two {
		return ErrConsole
	}
	if !hmac.Equal(plain(cmd.Console), plain(ConsoleCode(s.consoles, p.ID, p.Digest))) {
		return ErrConsole
	}
	return nil
}

// administrators reports whether anybody but a member is administrator of a
// programme, or will be, disabled accounts included, and the last entry by which
// others were whose day is over.
func administrators(tx Tx, programme, but string) (others bool, last uint64, err error) {
	for m, err := range tx.Members() {
		if err != nil {
			return false, 0, err
		}
		for g, err := range tx.Grants(m.ID) {
			if err != nil {
				return false, 0, err
			}
			if m.ID == but || g.Programme != programme || g.Role != access.RoleAdministrator {
				continue
			}
			others = others || g.Until.IsZero() || tx.Now().Before(g.Until)
			last = max(last, g.Entry)
		}
	}
	return others, last, nil
}

// noteTwo notes in which entry a programme had two administrators. It is called
// while it has them: after one was given the role, before it is taken from one.
func noteTwo(tx Tx, g staff.Grant, entry uint64) error {
	if g.Role != access.RoleAdministrator {
		return nil
	}
	others, last, err := administrators(tx, g.Programme, g.Member)
	if err != nil || !others && last == 0 {
		return err
	}
	l, err := tx.Lead(g.Programme)
	if err != nil {
		return err
	}
	l.Two = entry
	return tx.PutLead(l)
}

// firstOf returns the first active member of an organisation, who speaks for it.
func firstOf(tx Tx, organisation string) (string, error) {
	var first staff.Member
	for m, err := range tx.Members() {
		if err != nil {
			return "", err
		}
		if m.Organisation == organisation && m.State == staff.Active && (first.ID == "" || m.Created.Before(first.Created)) {
			first = m
		}
	}
	return first.ID, nil
}

// grant puts the role in force and journals it.
func (s *service) grant(tx Tx, by access.Actor, p Proposal, role access.Role, how string, proof access.Proof) (Proposal, error) {
	keys, err := staff.PublicKeys(tx, p.Member)
	if err != nil {
		return p, err
	}
	e, err := s.announce(tx, s.journal(by, p.Content.Programme, role), p, keys, how, proof)
	if err != nil {
		return p, err
	}
	p.State, p.ClosedBy, p.Closed, p.Entry, p.Console = Granted, by.ID, tx.Now(), e.Seq, how == "console"
	from, until := p.times()
	if from.IsZero() {
		from = tx.Now()
	}
	g := staff.Grant{Member: p.Member, Programme: p.Content.Programme, Role: p.Content.Role, From: from, Until: until, Entry: e.Seq}
	return p, errors.Join(tx.PutGrant(g), noteTwo(tx, g, e.Seq), tx.PutGrantProposal(p), staff.Tell(tx, p.Member, "role_granted:"+string(p.Content.Role)))
}

// Refuse ends a proposal without granting it.
type Refuse struct {
	By  access.Actor `json:"-"`
	Key string       `json:"-"`
	ID  string
}

// Refuse implements Service. An administrator of the programme may, the person
// concerned, and for a monitor's role the first member of the organisation.
func (s *service) Refuse(ctx context.Context, cmd Refuse) (Proposal, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Proposal{}, err
	}
	return ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), cmd, func(tx Tx) (Proposal, error) {
		p, err := tx.GrantProposal(cmd.ID)
		if err != nil {
			return p, err
		}
		role, err := s.concerned(tx, cmd.By, p)
		if err != nil {
			return p, err
		}
		if p.State != Open {
			return p, ErrState
		}
		p.State, p.ClosedBy, p.Closed = Refused, cmd.By.ID, tx.Now()
		_, err = ledger.Decide(tx, s.journal(cmd.By, p.Content.Programme, role), "", "role-refused", p.Content.Person, p.Content.Facts(p.Digest))
		return p, errors.Join(err, tx.PutGrantProposal(p))
	})
}

// concerned returns in which role somebody has a say in a proposal, or
// ErrNotFound.
func (s *service) concerned(tx Tx, by access.Actor, p Proposal) (access.Role, error) {
	switch {
	case by.In(p.Content.Programme) == nil && by.Has(access.RoleAdministrator), p.ProposedBy == by.ID:
		return access.RoleAdministrator, nil
	case p.Member == by.ID:
		return p.Content.Role, nil
	case p.Content.Role == access.RoleMonitor:
		m, err := tx.Member(p.Member)
		if err != nil {
			return "", err
		}
		first, err := firstOf(tx, m.Organisation)
		if err == nil && first == by.ID {
			return access.RoleMonitor, nil
		}
		return "", errors.Join(err, ErrNotFound)
	}
	return "", ErrNotFound
}
