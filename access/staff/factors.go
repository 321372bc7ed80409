package staff

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"

	"github.com/go-webauthn/webauthn/webauthn"
	"golang.org/x/text/unicode/norm"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// OfferFactors prepares a new authenticator application and a new passkey.
type OfferFactors struct{ By access.Actor }

// Offer is what may be chosen from. Ceremony names it when one is added.
type Offer struct {
	Ceremony string
	Secret   string          // of an authenticator application, in base32
	URI      string          // the same to be scanned
	Passkey  json.RawMessage // what navigator.credentials.create takes
}

// offered is an offer as the server remembers it.
type offered struct {
	person  person
	secret  string
	session webauthn.SessionData
}

func (s *service) offer(p person, label string) (Offer, error) {
	session, options, err := s.offerPasskey(p)
	if err != nil {
		return Offer{}, err
	}
	o := offered{p, newTOTP(), *session}
	return Offer{s.pending.put(o, 2*ceremonyLife), o.secret, totpURI(o.secret, label), options}, nil
}

// OfferFactors implements Service.
func (s *service) OfferFactors(ctx context.Context, cmd OfferFactors) (Offer, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Offer{}, err
	}
	p := person{id: cmd.By.ID}
	err := s.Store.View(ctx, func(tx Tx) error {
		m, err := tx.Member(cmd.By.ID)
		if err != nil {
			return err
		}
		if p.name, err = s.nameOf(m); err != nil {
			return err
		}
		p.keys, err = keysOf(tx, m.ID)
		return err
	})
	if err != nil {
		return Offer{}, err
	}
	return s.offer(p, p.name)
}

// AddFactor adds what was offered, links an identity, or replaces the password or
// the recovery codes: exactly one of the five.
type AddFactor struct {
	By       access.Actor
	Ceremony string
	Code     string          // of the authenticator application that was offered
	Passkey  json.RawMessage // the browser's answer
	Password string
	Codes    bool   // new recovery codes, in place of the old ones
	Ticket   string // of Return: the identity is linked from now on
}

// Added is what came of it.
type Added struct {
	Account Account
	Codes   []string // shown once
}

// AddFactor implements Service.
func (s *service) AddFactor(ctx context.Context, cmd AddFactor) (Added, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Added{}, err
	}
	c, codes, err := s.newFactor(ctx, cmd)
	if err != nil {
		return Added{}, err
	}
	added := Added{Codes: codes}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := mayChange(tx, cmd.By); err != nil {
			return err
		}
		c.Member, c.Created = cmd.By.ID, tx.Now()
		if err := link(tx, c); err != nil {
			return err
		}
		if err := tx.PutCredential(c); err != nil {
			return err
		}
		if err := Tell(tx, cmd.By.ID, "factor_added:"+string(c.Kind)); err != nil {
			return err
		}
		if c.Kind == Password { // whoever knew the old one is out (ASVS 7.4.3)
			if err := EndSessions(tx, cmd.By.ID, cmd.By.Session); err != nil {
				return err
			}
		}
		if err := s.journal(tx, cmd.By.ID, "staff_factor_added", map[string]string{"kind": string(c.Kind)}); err != nil {
			return err
		}
		added.Account, err = s.account(tx, cmd.By)
		return err
	})
	return added, err
}

// newFactor makes the credential that a command adds.
func (s *service) newFactor(ctx context.Context, cmd AddFactor) (Credential, []string, error) {
	switch {
	case cmd.Ticket != "":
		v, ok := take[vouched](s.pending, cmd.Ticket)
		if !ok {
			return Credential{}, nil, ErrFactor
		}
		return s.identity(cmd.By.ID, v.Identity), nil, nil
	case cmd.Codes:
		codes, hashes := newCodes()
		return Credential{ID: string(Codes), Kind: Codes, Secret: hashes}, codes, nil
	case cmd.Password != "":
		var name, organisation string
		if err := s.Store.View(ctx, func(tx Tx) error {
			m, err := tx.Member(cmd.By.ID)
			if err != nil {
				return err
			}
			organisation = m.Organisation
			name, err = s.nameOf(m)
			return err
		}); err != nil {
			return Credential{}, nil, err
		}
		c, err := s.password(ctx, cmd.Password, name, organisation)
		return c, nil, err
	}
	o, ok := take[offered](s.pending, cmd.Ceremony)
	if !ok || o.person.id != cmd.By.ID {
		return Credential{}, nil, ErrFactor
	}
	if len(cmd.Passkey) > 0 {
		c, err := s.takePasskey(o.person, o.session, cmd.Passkey)
		return c, nil, err
	}
	c, err := s.takeTOTP(o, cmd.Code)
	return c, nil, err
}

// password makes a password's credential.
func (s *service) password(ctx context.Context, text, name, organisation string) (Credential, error) {
	text = norm.NFC.String(text)
	if err := checkPassword(text, name, organisation); err != nil {
		return Credential{}, err
	}
	phc, err := s.hasher.hash(ctx, text)
	return Credential{ID: string(Password), Kind: Password, Secret: []byte(phc)}, err
}

// takeTOTP makes the credential of an authenticator application that showed the
// code of this moment, which is used up by it.
func (s *service) takeTOTP(o offered, code string) (Credential, error) {
	step := totpStep(o.secret, code, 0, s.Now())
	if step == 0 {
		return Credential{}, ErrFactor
	}
	return Credential{ID: "totp-" + strings.ToLower(rand.Text()[:8]), Kind: TOTP, Counter: step,
		Secret: s.seal.seal("totp", o.person.id, []byte(o.secret))}, nil
}

// RemoveFactor removes one of the caller's.
type RemoveFactor struct {
	By access.Actor
	ID string
}

// RemoveFactor implements Service. Other sessions end: one may be whoever has the
// factor (ASVS 6.5.6).
func (s *service) RemoveFactor(ctx context.Context, cmd RemoveFactor) (Account, error) {
	var a Account
	if err := s.freshly(cmd.By); err != nil {
		return a, err
	}
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := mayChange(tx, cmd.By); err != nil {
			return err
		}
		c, err := tx.Credential(cmd.By.ID, cmd.ID)
		if err != nil {
			return err
		}
		if err := tx.RemoveCredential(cmd.By.ID, cmd.ID); err != nil {
			return err
		}
		if err := unlink(tx, c); err != nil {
			return err
		}
		ok, err := s.canSignIn(tx, cmd.By.ID)
		if err != nil {
			return err
		}
		if !ok {
			return ErrLastFactor
		}
		if err := errors.Join(EndSessions(tx, cmd.By.ID, cmd.By.Session), Tell(tx, cmd.By.ID, "factor_removed:"+string(c.Kind)),
			s.journal(tx, cmd.By.ID, "staff_factor_removed", map[string]string{"kind": string(c.Kind)})); err != nil {
			return err
		}
		a, err = s.account(tx, cmd.By)
		return err
	})
	return a, err
}

// mayChange refuses, with ErrPasskey, to change the factors of somebody who has
// roles that need a passkey, and has one, to whoever came with less: a password
// and a code that a page has phished must not become a passkey.
func mayChange(tx Tx, by access.Actor) error {
	session, m, held, err := live(tx, by.Session)
	if err != nil || session.Passkey || !held.privileged() {
		return err
	}
	keys, err := keysOf(tx, m.ID)
	if err == nil && len(keys) > 0 {
		err = ErrPasskey
	}
	return err
}

// canSignIn reports whether a member has a passkey, or a password or an identity
// at a provider together with a second factor that lasts: an authenticator
// application, or one that the provider sees.
func (s *service) canSignIn(tx Tx, member string) (bool, error) {
	has, whole := map[CredentialKind]bool{}, false
	for c, err := range tx.Credentials(member) {
		if err != nil {
			return false, err
		}
		if c.Kind == Identity {
			p := s.at[strings.TrimPrefix(c.ID, identityPrefix)]
			if p == nil {
				continue // nobody can sign in there any more
			}
			whole = whole || len(p.ACR)+len(p.AMR) > 0
		}
		has[c.Kind] = true
	}
	return has[Passkey] || whole || has[TOTP] && (has[Password] || has[Identity]), nil
}

// journal writes what a member did to the own account.
func (s *service) journal(tx Tx, member, what string, facts map[string]string) error {
	_, err := ledger.Decide(tx, ledger.Actor{Role: "staff", Name: s.pseudonym(member)}, "", what, s.pseudonym(member), facts)
	return err
}
