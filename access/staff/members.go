package staff

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

var organisationForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$`)

// Listed is a member as administrators see one.
type Listed struct {
	ID           string
	Name         string // "" where none is chosen yet
	Organisation string
	State        State
	Created      time.Time
	Kinds        []CredentialKind
	Roles        map[string][]access.Role
	Recovery     Recovery
}

// Members asks who there is.
type Members struct{ By access.Actor }

// acting returns the administrator's member, and the actor as the journal names
// him.
func (s *service) acting(tx Tx, by access.Actor) (Member, ledger.Actor, error) {
	if _, err := by.As(access.RoleAdministrator); err != nil {
		return Member{}, ledger.Actor{}, err
	}
	m, err := tx.Member(by.ID)
	return m, ledger.Actor{Role: string(access.RoleAdministrator), Name: s.pseudonym(by.ID)}, err
}

// Members implements Service.
func (s *service) Members(ctx context.Context, q Members) ([]Listed, error) {
	var all []Listed
	if err := signedIn(q.By); err != nil {
		return nil, err
	}
	err := s.Store.View(ctx, func(tx Tx) error {
		own, _, err := s.acting(tx, q.By)
		if err != nil {
			return err
		}
		for m, err := range tx.Members() {
			if err != nil {
				return err
			}
			seen, err := sees(tx, own, m)
			if err != nil {
				return err
			}
			if !seen {
				continue
			}
			l, err := s.listed(tx, m)
			if err != nil {
				return err
			}
			if l.Name, err = s.nameOf(m); err != nil {
				return err
			}
			all = append(all, l)
		}
		return nil
	})
	return all, err
}

// sees reports whether somebody of own's organisation may know of a member: one of
// the same organisation, or one that it has invited from another.
func sees(tx Tx, own, m Member) (bool, error) {
	if m.Organisation == own.Organisation {
		return true, nil
	}
	if m.InvitedBy == "" {
		return false, nil
	}
	host, err := tx.Member(m.InvitedBy)
	return host.Organisation == own.Organisation, err
}

// listed returns a member without the name, which no stored outcome holds.
func (s *service) listed(tx Tx, m Member) (Listed, error) {
	l := Listed{ID: m.ID, Organisation: m.Organisation, State: m.State, Created: m.Created, Recovery: m.Recovery}
	var err error
	if l.Roles, err = rightsOf(tx, m.ID); err != nil {
		return l, err
	}
	for c, err := range tx.Credentials(m.ID) {
		if err != nil {
			return l, err
		}
		l.Kinds = append(l.Kinds, c.Kind)
	}
	return l, nil
}

// Invite makes a member, or another code for one who has not accepted.
type Invite struct {
	By           access.Actor
	Key          string
	Member       string // whose code is to be another; "" for a new member
	Organisation string // "" for the caller's
	Language     string // "en" or "fr"; "" for "en"
}

// Invitee is somebody who was invited.
type Invitee struct {
	Member Listed
	Code   string // shown once; "" in the answer to a repeated command
	Link   string // the page that takes the code; the code stands behind a #, so that no server is told it
	Until  time.Time
}

// request is the content that an idempotency key stands for.
type request struct {
	Method                         string
	Member, Organisation, Language string
	State                          State
}

func keyOf(by access.Actor, key string) ledger.CommandKey {
	return ledger.CommandKey{Actor: "staff/" + by.ID, Key: key}
}

// Invite implements Service.
func (s *service) Invite(ctx context.Context, cmd Invite) (Invitee, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Invitee{}, err
	}
	if cmd.Language == "" {
		cmd.Language = "en"
	}
	if cmd.Language != "en" && cmd.Language != "fr" {
		return Invitee{}, ErrMember.At("language", "en or fr")
	}
	if cmd.Organisation != "" && !organisationForm.MatchString(cmd.Organisation) {
		return Invitee{}, ErrMember.At("organisation", "up to 64 letters, digits and ._-")
	}
	code, digest := newCode()
	id, made := newMemberID(), false
	r := request{Method: "invite", Member: cmd.Member, Organisation: cmd.Organisation, Language: cmd.Language}
	in, err := ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), r, func(tx Tx) (Invitee, error) {
		own, as, err := s.acting(tx, cmd.By)
		if err != nil {
			return Invitee{}, err
		}
		m := Member{ID: id, Organisation: cmd.Organisation, State: Invited, Language: cmd.Language, InvitedBy: cmd.By.ID, Created: tx.Now()}
		if m.Organisation == "" {
			m.Organisation = own.Organisation
		}
		if err := mayJoin(tx, own, m.Organisation); err != nil {
			return Invitee{}, err
		}
		if cmd.Member != "" {
			if m, err = Managed(tx, own, cmd.Member); err != nil {
				return Invitee{}, err
			}
			if m.State != Invited || m.InvitedBy == "" {
				return Invitee{}, ErrMemberState
			}
			if err := endInvitations(tx, m.ID); err != nil {
				return Invitee{}, err
			}
		}
		until := tx.Now().Add(InvitationLife)
		if err := errors.Join(tx.PutMember(m), tx.PutInvitation(Invitation{Digest: digest, Member: m.ID, Until: until})); err != nil {
			return Invitee{}, err
		}
		if _, err := ledger.Decide(tx, as, "", "staff_invited", s.pseudonym(m.ID), map[string]string{"organisation": m.Organisation}); err != nil {
			return Invitee{}, err
		}
		l, err := s.listed(tx, m)
		made = true
		return Invitee{Member: l, Until: until}, err
	})
	if err == nil && made {
		in.Code, in.Link = code, s.URL+"/office/#invitation?code="+code
	}
	return in, errors.Join(err, s.name(ctx, &in.Member))
}

// mayJoin refuses to invite somebody into another organisation that has people of
// its own here: whom that one takes in is its administrators' matter.
func mayJoin(tx Tx, own Member, organisation string) error {
	if organisation == own.Organisation {
		return nil
	}
	for m, err := range tx.Members() {
		if err != nil {
			return err
		}
		if m.Organisation != organisation || m.State != Active {
			continue
		}
		seen, err := sees(tx, own, m)
		if err != nil {
			return err
		}
		if !seen {
			return ErrMember.At("organisation", "it has people of its own here, who invite theirs")
		}
	}
	return nil
}

// Turn puts a member into a state, within the caller's transaction: sessions and
// codes end, and the member is told.
func Turn(tx Tx, m Member, to State) error {
	m.State = to
	return errors.Join(tx.PutMember(m), EndSessions(tx, m.ID, ""), endInvitations(tx, m.ID), Tell(tx, m.ID, "state_"+string(to)))
}

// Managed returns a member whom an administrator of own's organisation looks
// after. Whoever was invited from another organisation is that one's own, but for
// the code that has not been used. Errors: ErrNotFound.
func Managed(tx Tx, own Member, id string) (Member, error) {
	m, err := tx.Member(id)
	if err != nil {
		return m, err
	}
	seen, err := sees(tx, own, m)
	if err != nil {
		return m, err
	}
	if !seen || m.Organisation != own.Organisation && m.State != Invited {
		return m, ErrNotFound
	}
	return m, nil
}

// SetState disables a member or enables one again.
type SetState struct {
	By     access.Actor
	Key    string
	Member string
	State  State // Active or Disabled
}

// SetState implements Service. Nobody disables the own account: with it would go
// the last administrator.
func (s *service) SetState(ctx context.Context, cmd SetState) (Listed, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Listed{}, err
	}
	if cmd.State != Active && cmd.State != Disabled {
		return Listed{}, ErrMember.At("state", "active or disabled")
	}
	l, err := ledger.Once(ctx, s.Store.Update, keyOf(cmd.By, cmd.Key), request{Method: "set_state", Member: cmd.Member, State: cmd.State}, func(tx Tx) (Listed, error) {
		own, as, err := s.acting(tx, cmd.By)
		if err != nil {
			return Listed{}, err
		}
		m, err := Managed(tx, own, cmd.Member)
		if err != nil {
			return Listed{}, err
		}
		if m.ID == cmd.By.ID || m.State == cmd.State || cmd.State == Active && m.Name == nil {
			return Listed{}, ErrMemberState
		}
		err = Turn(tx, m, cmd.State)
		m.State = cmd.State
		_, wrong := ledger.Decide(tx, as, "", "staff_"+string(cmd.State), s.pseudonym(m.ID), nil)
		if err := errors.Join(err, wrong); err != nil {
			return Listed{}, err
		}
		return s.listed(tx, m)
	})
	return l, errors.Join(err, s.name(ctx, &l))
}

// name fills in the sign-in name of a member who was found.
func (s *service) name(ctx context.Context, l *Listed) error {
	if l.ID == "" {
		return nil
	}
	return s.Store.View(ctx, func(tx Tx) error {
		m, err := tx.Member(l.ID)
		if err != nil {
			return err
		}
		l.Name, err = s.nameOf(m)
		return err
	})
}
