package grant

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

var programmeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Propose proposes a role for a member.
type Propose struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	Member    string
	Programme string // "" for the caller's; another one only where it has no administrator
	Role      access.Role
	From      time.Time // zero for the moment of the approval
	Until     time.Time // zero for without an end
	DeputyOf  string    // member whom the other stands in for, with Until; "" for nobody
}

// saltOf draws the salt of a person's keys.
func newSalt() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return b
}

// check refuses a command that is wrong by itself.
func (cmd Propose) check(now time.Time) error {
	if err := access.CheckRoles([]access.Role{cmd.Role}); err != nil {
		return err
	}
	switch {
	case !programmeForm.MatchString(cmd.Programme):
		return ErrGrant.At("programme", "up to 64 letters, digits and ._-, a letter or digit first")
	case !cmd.Until.IsZero() && (!cmd.Until.After(now) || !cmd.Until.After(cmd.From)):
		return ErrGrant.At("until", "after now and after from")
	case cmd.From.After(now.AddDate(1, 0, 0)):
		return ErrGrant.At("from", "within a year")
	case cmd.DeputyOf == "":
		return nil
	case cmd.DeputyOf == cmd.Member || cmd.Until.IsZero():
		return ErrGrant.At("deputy_of", "another person, and until a date")
	case cmd.Role == access.RoleMonitor:
		return ErrGrant.At("deputy_of", "a monitor has no deputy")
	}
	from := cmd.From
	if from.Before(now) {
		from = now
	}
	if cmd.Until.Sub(from) > DeputyMost {
		return ErrGrant.At("until", "a deputy for at most %d days", int(DeputyMost/(24*time.Hour)))
	}
	return nil
}

// Propose implements Service.
func (s *service) Propose(ctx context.Context, cmd Propose) (Proposal, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Proposal{}, err
	}
	if _, err := cmd.By.As(Roles[MethodPropose]...); err != nil {
		return Proposal{}, err
	}
	if cmd.Programme == "" {
		cmd.Programme = cmd.By.Programme
	}
	if err := cmd.check(s.Now()); err != nil {
		return Proposal{}, err
	}
	id, salt := newID(), newSalt()
	return ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), cmd, func(tx Tx) (Proposal, error) {
		m, err := s.named(tx, cmd.By, cmd.Member)
		if err != nil {
			return Proposal{}, err
		}
		if cmd.Programme != cmd.By.Programme {
			there, err := holders(tx, cmd.Programme, access.RoleAdministrator)
			if err != nil {
				return Proposal{}, err
			}
			if len(there) > 0 || cmd.Role != access.RoleAdministrator {
				return Proposal{}, access.ErrProgramme
			}
		}
		if err := s.lead(tx, cmd, m); err != nil {
			return Proposal{}, err
		}
		p := Proposal{ID: id, Member: m.ID, DeputyOf: cmd.DeputyOf, Salt: salt, ProposedBy: cmd.By.ID, Proposed: tx.Now(), State: Open}
		p.Content = Content{Programme: cmd.Programme, Person: s.Authority.Pseudonym(cmd.Programme, m.ID), Role: cmd.Role}
		if !cmd.From.IsZero() {
			p.Content.From = cmd.From.UTC().Truncate(time.Second).Format(time.RFC3339)
		}
		if !cmd.Until.IsZero() {
			p.Content.Until = cmd.Until.UTC().Truncate(time.Second).Format(time.RFC3339)
		}
		if cmd.DeputyOf != "" {
			held, err := holds(tx, cmd.DeputyOf, cmd.Programme, cmd.Role)
			if err != nil {
				return Proposal{}, err
			}
			if !held {
				return Proposal{}, ErrGrant.At("deputy_of", "does not hold the role")
			}
			p.Content.DeputyOf = s.Authority.Pseudonym(cmd.Programme, cmd.DeputyOf)
		}
		if err := s.fits(tx, &p, m); err != nil {
			return Proposal{}, err
		}
		p.Digest = p.Content.Digest()
		as := s.journal(cmd.By, cmd.Programme, access.RoleAdministrator)
		_, err = ledger.Decide(tx, as, "", "role-proposed", p.Content.Person, p.Content.Facts(p.Digest))
		roles := []access.Role{access.RoleAdministrator}
		if cmd.Role == access.RoleMonitor {
			roles = nil // the first member of the monitor's organisation, whatever he holds
		}
		return p, errors.Join(err, tx.PutPrepared(p.Content.Words().Prepare(cmd.By, roles)), tx.PutGrantProposal(p))
	})
}

// named returns an active member whom the caller's organisation knows: one of its
// own, or one that it has invited from another.
func (s *service) named(tx Tx, by access.Actor, id string) (staff.Member, error) {
	m, err := tx.Member(id)
	if errors.Is(err, staff.ErrNotFound) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, err
	}
	own, err := tx.Member(by.ID)
	if err != nil {
		return m, err
	}
	if m.Organisation != own.Organisation {
		if m.InvitedBy == "" {
			return m, ErrNotFound
		}
		host, err := tx.Member(m.InvitedBy)
		if err != nil {
			return m, err
		}
		if host.Organisation != own.Organisation {
			return m, ErrNotFound
		}
	}
	if m.State != staff.Active {
		return m, ErrGrant.At("member", "has not accepted the invitation, or is disabled")
	}
	return m, nil
}

// lead makes sure that a programme has a lead organisation. It is that of its
// first administrator, whose passkeys are named with it: that grant came from the
// console, and no other entry says whose word the next ones rest on.
func (s *service) lead(tx Tx, cmd Propose, m staff.Member) error {
	_, err := tx.Lead(cmd.Programme)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	first := m
	if cmd.Programme == cmd.By.Programme {
		if first, err = tx.Member(cmd.By.ID); err != nil {
			return err
		}
	}
	as := s.journal(cmd.By, cmd.Programme, access.RoleAdministrator)
	e, err := ledger.Decide(tx, as, "", "programme-lead", cmd.Programme, map[string]string{"organisation": first.Organisation})
	if err != nil {
		return err
	}
	if err := tx.PutLead(Lead{Programme: cmd.Programme, Organisation: first.Organisation, Entry: e.Seq}); err != nil {
		return err
	}
	if cmd.Programme != cmd.By.Programme {
		return nil // this very proposal is the first administrator's
	}
	p := Proposal{Salt: newSalt(), Content: Content{Programme: cmd.Programme, Person: as.Name, Role: access.RoleAdministrator}}
	keys, err := staff.PublicKeys(tx, first.ID)
	if err != nil {
		return err
	}
	p.Content.Keys = KeysHash(p.Salt, keys)
	p.Digest = p.Content.Digest()
	_, err = s.announce(tx, as, p, keys, "first-administrator", access.Proof{})
	return err
}

// announce journals a grant and keeps the keys that it names.
func (s *service) announce(tx Tx, as ledger.Actor, p Proposal, keys [][]byte, by string, proof access.Proof) (ledger.Entry, error) {
	facts := proof.Facts(p.Content.Facts(p.Digest))
	facts["by"] = by
	e, err := ledger.Decide(tx, as, "", "role-granted", p.Content.Person, facts)
	if err != nil || len(keys) == 0 {
		return e, err
	}
	return e, tx.PutApproverKeys(Keys{Programme: p.Content.Programme, Person: p.Content.Person, Salt: p.Salt, Keys: keys, Entry: e.Seq})
}

// fits checks that a member may hold what is proposed, and names the passkeys that
// the member has.
func (s *service) fits(tx Tx, p *Proposal, m staff.Member) error {
	l, err := tx.Lead(p.Content.Programme)
	if err != nil {
		return err
	}
	role := p.Content.Role
	switch {
	case leadOnly(role) && m.Organisation != l.Organisation:
		return ErrLead
	case role == access.RoleMonitor && m.Organisation == l.Organisation:
		return ErrMonitor
	case role == access.RoleDonor && m.Organisation == l.Organisation:
		return ErrDonor
	}
	from, until := p.times()
	if from.Before(tx.Now()) {
		from = tx.Now()
	}
	if err := incompatible(tx, m.ID, p.Content.Programme, role, from, until); err != nil {
		return err
	}
	keys, err := staff.PublicKeys(tx, m.ID)
	if err != nil {
		return err
	}
	if len(keys) == 0 && access.NeedsPasskey(role) {
		return ErrKeys
	}
	p.Content.Keys = KeysHash(p.Salt, slices.Clip(keys))
	return nil
}
