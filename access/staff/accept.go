package staff

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// Accept uses an invitation up: a passkey, or a password or an identity at a
// provider, and the code of an authenticator application, or all of it.
type Accept struct {
	Code      string
	Name      string // not looked at where the invitation recovers an account
	Language  string // "en", "fr", or "" for that of the invitation
	Programme string // of the first administrator; of the tokens else
	Password  string
	Ceremony  string
	TOTP      string
	Passkey   json.RawMessage
	Program   bool // wants tokens, not a cookie
	From      string
	Ticket    string // of Return
}

// Accept implements Service.
func (s *service) Accept(ctx context.Context, cmd Accept) (SignedIn, error) {
	a := s.attemptOn("", cmd.From)
	if err := s.begin(ctx, a); err != nil {
		return SignedIn{}, err
	}
	var i Invitation
	var m Member
	if err := s.Store.View(ctx, func(tx Tx) (err error) {
		i, m, err = s.invitation(tx, cmd.Code)
		return err
	}); err != nil {
		return SignedIn{}, err
	}
	cs, codes, err := s.chosen(ctx, cmd, i, m)
	if err != nil {
		return SignedIn{}, err
	}
	o := newOpening()
	var session Session
	var held rights
	err = s.Store.Update(ctx, func(tx Tx) error {
		i, m, err := s.invitation(tx, cmd.Code)
		if err != nil {
			return err
		}
		if err := s.accepted(tx, cmd, i, m, cs); err != nil {
			return err
		}
		if err := a.succeed(tx); err != nil {
			return err
		}
		if held, err = rightsOf(tx, m.ID); err != nil {
			return err
		}
		session, err = s.open(tx, o, m.ID, wanted{Program: cmd.Program, Programme: cmd.Programme, Passkey: len(cmd.Passkey) > 0})
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	_, _ = take[vouched](s.pending, cmd.Ticket)
	in, err := s.shown(session, o.secret, o.rotation, held)
	in.Codes = codes
	return in, err
}

// chosen makes the credentials that somebody accepts with.
func (s *service) chosen(ctx context.Context, cmd Accept, i Invitation, m Member) ([]Credential, []string, error) {
	if !i.Recovers && !nameForm.MatchString(canonical(cmd.Name)) {
		return nil, nil, ErrName
	}
	if cmd.Language != "" && cmd.Language != "en" && cmd.Language != "fr" {
		return nil, nil, ErrMember.At("language", "en or fr")
	}
	if cmd.Programme != "" && !programmeForm.MatchString(cmd.Programme) {
		return nil, nil, ErrMember.At("programme", "up to 64 letters, digits and ._-, a letter or digit first")
	}
	if m.InvitedBy == "" && !i.Recovers && cmd.Programme == "" {
		return nil, nil, ErrMember.At("programme", "the first administrator names a programme")
	}
	var cs []Credential
	v, vouches := look[vouched](s.pending, cmd.Ticket)
	if cmd.Ticket != "" && !vouches {
		return nil, nil, ErrFactor
	}
	if len(cmd.Passkey) == 0 && !v.Second && (cmd.TOTP == "" || cmd.Password == "" && !vouches) {
		return nil, nil, ErrFactors
	}
	if vouches {
		cs = append(cs, s.identity(m.ID, v.Identity))
	}
	if cmd.Password != "" {
		c, err := s.password(ctx, cmd.Password, canonical(cmd.Name), m.Organisation)
		if err != nil {
			return nil, nil, err
		}
		cs = append(cs, c)
	}
	offer, ok := take[offered](s.pending, cmd.Ceremony)
	if !ok || offer.person.id != m.ID {
		return nil, nil, ErrFactor
	}
	if cmd.TOTP != "" {
		c, err := s.takeTOTP(offer, cmd.TOTP)
		if err != nil {
			return nil, nil, err
		}
		cs = append(cs, c)
	}
	if len(cmd.Passkey) > 0 {
		c, err := s.takePasskey(person{id: m.ID}, offer.session, cmd.Passkey)
		if err != nil {
			return nil, nil, err
		}
		cs = append(cs, c)
	}
	codes, hashes := newCodes()
	return append(cs, Credential{ID: string(Codes), Kind: Codes, Secret: hashes}), codes, nil
}

// accepted writes what accepting an invitation changes.
func (s *service) accepted(tx Tx, cmd Accept, i Invitation, m Member, cs []Credential) error {
	now := tx.Now()
	i.Used = now
	what, rescued := "staff_accepted", i.Recovers && m.Recovery.AskedBy == ByConsole
	if i.Recovers {
		what = "staff_recovered"
		m.Recovery = Recovery{}
		if err := s.forgetFactors(tx, m.ID); err != nil {
			return err
		}
	} else {
		m.NameDigest = s.nameDigest(cmd.Name)
		if _, err := tx.Handle(m.NameDigest); err == nil {
			return ErrNameTaken
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		m.Name = s.seal.seal("name", m.ID, []byte(canonical(cmd.Name)))
		if err := tx.PutHandle(m.NameDigest, m.ID); err != nil {
			return err
		}
	}
	m.State = Active
	if cmd.Language != "" {
		m.Language = cmd.Language
	}
	for _, c := range cs {
		c.Member, c.Created = m.ID, now
		if err := errors.Join(link(tx, c), tx.PutCredential(c)); err != nil {
			return err
		}
	}
	e, err := ledger.Decide(tx, ledger.Actor{Role: "staff", Name: s.pseudonym(m.ID)}, "", what, s.pseudonym(m.ID), nil)
	if err != nil {
		return err
	}
	if rescued {
		m.Rescued = e.Seq
	}
	if m.InvitedBy == "" && !i.Recovers {
		if err := tx.PutGrant(Grant{Member: m.ID, Programme: cmd.Programme, Role: access.RoleAdministrator, Entry: e.Seq}); err != nil {
			return err
		}
	}
	return errors.Join(tx.PutInvitation(i), tx.PutMember(m))
}

// forgetFactors removes every credential of a member and ends the sessions.
func (s *service) forgetFactors(tx Tx, member string) error {
	var all []Credential
	for c, err := range tx.Credentials(member) {
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	for _, c := range all {
		if err := tx.RemoveCredential(member, c.ID); err != nil {
			return err
		}
		if err := unlink(tx, c); err != nil {
			return err
		}
	}
	return EndSessions(tx, member, "")
}
