package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/jate-cva/jate/access/staff/provider"
)

// A member may sign in at a provider of the organisation instead of knowing a
// password here. The provider says who somebody is and no more: whose account it
// is was said by the member, with an invitation or signed in; what the account may
// do is granted here; and a second factor is ours, unless the configuration names
// what of the provider's counts as one. It is never a passkey.
//
//	Depart ──► the provider ──► Return ──ticket──► SignIn, StepUp, AddFactor, Accept
//
// The page of ours to which the provider sends the browser gives the answer to
// Return: no GET opens a session.

// identityPrefix begins the id of an identity's credential, before its provider's.
const identityPrefix = "identity-"

// How long a sign-in at a provider may take, and a ticket counts.
const (
	departureLife = 10 * time.Minute
	ticketLife    = ceremonyLife
)

// thenMost bounds what a page asks to be reminded of.
const thenMost = 2 << 10

// ProviderCookie binds a departure to the browser that departed: an answer that
// somebody else's browser brought counts for nothing (RFC 6749, 10.12).
const ProviderCookie = "__Host-provider"

var binderForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// Providers asks where one may sign in besides.
type Providers struct{}

// Shown is a provider as people see it.
type Shown struct{ ID, Name string }

// Providers implements Service.
func (s *service) Providers(context.Context, Providers) ([]Shown, error) {
	var all []Shown
	for _, p := range s.Config.Providers {
		all = append(all, Shown{p.ID, p.Name})
	}
	return all, nil
}

// Depart begins a sign-in at a provider.
type Depart struct {
	Provider string
	Then     string // a fragment that the page is told again after the return
	Binder   string // of the browser's cookie; "" where it has none
	From     string
}

// Departure says where the browser goes, and what its cookie is.
type Departure struct{ Location, Binder string }

// departed is a departure as the server remembers it.
type departed struct {
	provider string
	binder   [32]byte
	flow     provider.Flow
	then     string
}

// Depart implements Service.
func (s *service) Depart(ctx context.Context, cmd Depart) (Departure, error) {
	p := s.at[cmd.Provider]
	if p == nil {
		return Departure{}, ErrNotFound
	}
	if cmd.Then != "" && !strings.HasPrefix(cmd.Then, "#") || len(cmd.Then) > thenMost {
		return Departure{}, ErrMember.At("then", "a fragment of this page")
	}
	d := departed{provider: p.ID, then: cmd.Then, binder: sha256.Sum256([]byte(cmd.Binder))}
	if !binderForm.MatchString(cmd.Binder) {
		cmd.Binder, d.binder = newSecret()
	}
	state := rand.Text()
	to, flow, err := p.Begin(ctx, state, s.URL+"/office/provider-"+p.ID, StepUpLife)
	if err != nil {
		return Departure{}, err
	}
	d.flow = flow
	s.pending.set(state, d, departureLife)
	return Departure{to, cmd.Binder}, nil
}

// Return is what a browser came back with.
type Return struct {
	Provider string // whose page it came to: each has its own (RFC 9700, 4.4.2.2)
	Binder   string
	Answer   provider.Answer
	From     string
}

// Ticket is a proof of an identity, good once and for five minutes.
type Ticket struct {
	ID     string
	Linked bool // somebody's account is linked to it
	Code   bool // a code must come with it: the provider saw no second factor that counts
	Then   string
}

// vouched is a ticket as the server remembers it.
type vouched struct{ provider.Identity }

// Return implements Service.
func (s *service) Return(ctx context.Context, cmd Return) (Ticket, error) {
	a := s.attemptOn("", cmd.From)
	if err := s.begin(ctx, a); err != nil {
		return Ticket{}, err
	}
	d, ok := take[departed](s.pending, cmd.Answer.State)
	p := s.at[cmd.Provider]
	if !ok || p == nil || d.provider != p.ID || !matches(cmd.Binder, d.binder) {
		return Ticket{}, provider.ErrRefused
	}
	id, err := p.Finish(ctx, d.flow, cmd.Answer)
	if errors.Is(err, provider.ErrUnavailable) { // nobody's guess: it must not make signing in here wait
		return Ticket{}, errors.Join(err, s.Store.Update(ctx, a.succeed))
	}
	if err != nil {
		return Ticket{}, err
	}
	t := Ticket{Code: !id.Second, Then: d.then}
	if err := s.Store.Update(ctx, func(tx Tx) error {
		_, err := tx.Handle(s.identityDigest(id))
		if t.Linked = err == nil; err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		return a.succeed(tx)
	}); err != nil {
		return Ticket{}, err
	}
	t.ID = s.pending.put(vouched{id}, ticketLife)
	return t, nil
}

// identityDigest is what somebody at a provider is filed under: the pair of issuer
// and subject (ASVS 6.8.1).
func (s *service) identityDigest(id provider.Identity) [32]byte {
	return s.seal.digest("identity", id.Issuer, id.Subject)
}

// identity makes the credential of somebody at a provider: the digest, and behind
// it issuer and subject, sealed, so that another key can make another digest.
func (s *service) identity(member string, id provider.Identity) Credential {
	d := s.identityDigest(id)
	return Credential{ID: identityPrefix + id.Provider, Kind: Identity,
		Secret: append(d[:], s.seal.seal("identity", member, []byte(id.Issuer+"\x00"+id.Subject))...)}
}

// link files a new credential under what it is found by, or refuses an identity
// that is somebody else's. One of the same provider is replaced.
func link(tx Tx, c Credential) error {
	if c.Kind != Identity {
		return nil
	}
	if owner, err := tx.Handle([32]byte(c.Secret)); err == nil && owner != c.Member {
		return ErrIdentityTaken
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	former, err := tx.Credential(c.Member, c.ID)
	if err == nil {
		err = unlink(tx, former)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return tx.PutHandle([32]byte(c.Secret), c.Member)
}

// unlink forgets what a removed credential was found by.
func unlink(tx Tx, c Credential) error {
	if c.Kind != Identity {
		return nil
	}
	return tx.RemoveHandle([32]byte(c.Secret))
}

// proveIdentity checks a ticket, and a code where the provider saw no second
// factor that counts. A code may be typed again, as often as with a password.
func (s *service) proveIdentity(ctx context.Context, p Presented, member, from string) (proven, attempt, error) {
	v, ok := look[vouched](s.pending, p.Ticket)
	digest := s.identityDigest(v.Identity)
	account := ""
	if ok {
		account = "identity " + hex.EncodeToString(digest[:])
	}
	a := s.attemptOn(account, from)
	if err := s.begin(ctx, a); err != nil {
		return proven{}, a, err
	}
	if !ok || len(p.Code) > 64 {
		return proven{}, a, ErrSignIn
	}
	var cs []Credential
	active := false
	err := s.Store.View(ctx, func(tx Tx) error {
		id, err := tx.Handle(digest)
		if errors.Is(err, ErrNotFound) {
			return ErrUnlinked
		}
		if err != nil {
			return err
		}
		if member != "" && id != member {
			return ErrSignIn
		}
		m, err := tx.Member(id)
		if err != nil {
			return err
		}
		for c, err := range tx.Credentials(id) {
			if err != nil {
				return err
			}
			cs = append(cs, c)
		}
		member, active = m.ID, m.State == Active
		return nil
	})
	if err != nil {
		return proven{}, a, err
	}
	proof := proven{member: member}
	second, found := s.secondFactor(cs, p.Code)
	switch {
	case found: // the code was presented now
	case v.Second && !v.Authenticated.IsZero():
		proof.at = v.Authenticated
	case v.Second: // nobody knows when: signed in, and to be proved again for more
		proof.at = s.Now().Add(-SessionLife)
	default:
		return proven{}, a, ErrSignIn
	}
	if _, ok := take[vouched](s.pending, p.Ticket); !ok || !active {
		return proven{}, a, ErrSignIn
	}
	proof.use = func(tx Tx) error {
		if second != nil {
			if err := second(tx); err != nil {
				return err
			}
		}
		c, err := tx.Credential(member, identityPrefix+v.Provider)
		if errors.Is(err, ErrNotFound) || err == nil && [32]byte(c.Secret) != digest {
			return ErrSignIn // it was unlinked meanwhile
		}
		if err != nil {
			return err
		}
		c.Used = tx.Now()
		return tx.PutCredential(c)
	}
	return proof, a, nil
}
