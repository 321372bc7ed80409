package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff/provider"
)

// How long things last (ASVS 7.3.1, 7.3.2; SECURITY.md says why).
const (
	InvitationLife = 72 * time.Hour
	SessionLife    = 10 * time.Hour
	IdlePrivileged = 15 * time.Minute // of who holds a role that needs a passkey
	IdleOthers     = 30 * time.Minute
	RecoveryDelay  = 24 * time.Hour
	StepUpLife     = access.ProofLife
	ceremonyLife   = 5 * time.Minute
	deviceLife     = 10 * time.Minute
	loopbackLife   = time.Minute
)

// Service is what people and administrators may do here. Commands carry who
// gives them, but for those by which somebody becomes known. What is refused for
// what was presented is ErrSignIn, or ErrWait where it was too often.
type Service interface {
	// Authenticate returns ctx with the actor behind r: by its bearer token or its
	// cookie. Session, member and grants are read from the store. Errors:
	// access.ErrUnauthenticated, access.ErrToken, access.ErrExpired, ErrSession.
	Authenticate(ctx context.Context, r *http.Request) (context.Context, error)

	// First returns the one-time code by which the first administrator comes to
	// be, or "" where somebody is active already. Earlier codes end.
	First(ctx context.Context) (string, error)
	// Open looks at an invitation and prepares the factors that may be chosen.
	// Errors: ErrCode, ErrName, ErrWait.
	Open(ctx context.Context, cmd Open) (Opening, error)
	// Accept uses an invitation up. Errors: ErrCode, ErrName, ErrNameTaken,
	// ErrPassword, ErrFactors, ErrFactor, ErrIdentityTaken, ErrMember, ErrWait.
	Accept(ctx context.Context, cmd Accept) (SignedIn, error)

	// Providers returns where people may sign in besides, in the order of the
	// configuration.
	Providers(ctx context.Context, q Providers) ([]Shown, error)
	// Depart begins a sign-in at one of them. Errors: ErrNotFound, ErrWait,
	// provider.ErrUnavailable.
	Depart(ctx context.Context, cmd Depart) (Departure, error)
	// Return takes what a browser came back with, and gives a ticket: a proof of an
	// identity, which counts like a password. Errors: provider.ErrRefused,
	// provider.ErrUnavailable, ErrWait.
	Return(ctx context.Context, cmd Return) (Ticket, error)

	// Challenge begins a sign-in by passkey.
	Challenge(ctx context.Context, cmd Challenge) (Ceremony, error)
	// SignIn opens a session. Errors: ErrSignIn, ErrUnlinked, ErrWait.
	SignIn(ctx context.Context, cmd SignIn) (SignedIn, error)
	// StepUp proves again who has the session, whose secret is changed by it.
	// Errors: ErrSignIn, ErrWait.
	StepUp(ctx context.Context, cmd StepUp) (SignedIn, error)
	// Refresh exchanges a refresh token, a code, or a device code for tokens.
	// Errors: ErrSession, ErrCode, ErrPending, ErrWait.
	Refresh(ctx context.Context, cmd Refresh) (SignedIn, error)
	// BeginDevice gives a program a code that its user types at a page (RFC 8628).
	BeginDevice(ctx context.Context, cmd BeginDevice) (Device, error)
	// Authorize lets a program sign in as the caller: by a code for its loopback
	// address (RFC 8252), or by the code that it shows. Errors: ErrCode, ErrStepUp,
	// ErrMember.
	Authorize(ctx context.Context, cmd Authorize) (Authorized, error)

	// Me returns what the caller is told of the account, and forgets the notices.
	Me(ctx context.Context, q Me) (Account, error)
	// OfferFactors prepares factors to be added. Errors: ErrStepUp.
	OfferFactors(ctx context.Context, cmd OfferFactors) (Offer, error)
	// AddFactor adds or replaces one. Errors: ErrStepUp, ErrFactor, ErrPassword,
	// ErrIdentityTaken, ErrWait.
	AddFactor(ctx context.Context, cmd AddFactor) (Added, error)
	// RemoveFactor removes one. Errors: ErrStepUp, ErrNotFound, ErrLastFactor.
	RemoveFactor(ctx context.Context, cmd RemoveFactor) (Account, error)
	// Sessions returns the caller's live sessions.
	Sessions(ctx context.Context, q Me) ([]Session, error)
	// EndSession ends one of them, or all others. Errors: ErrNotFound.
	EndSession(ctx context.Context, cmd EndSession) ([]Session, error)

	// Members returns who belongs to the caller's organisation, or was invited by
	// it.
	Members(ctx context.Context, q Members) ([]Listed, error)
	// Invite makes a member and a code. A repeated command is answered without
	// the code. Errors: ErrMember, ErrStepUp, ErrMemberState, ErrNotFound.
	Invite(ctx context.Context, cmd Invite) (Invitee, error)
	// SetState disables a member, whose sessions end, or enables one. Errors:
	// ErrNotFound, ErrMemberState, ErrStepUp.
	SetState(ctx context.Context, cmd SetState) (Listed, error)
	// Recover gives a member who lost every factor new ones: the first call asks,
	// another administrator's agrees, and a day later one returns a code. Errors:
	// ErrNotFound, ErrRecovery, ErrMemberState, ErrStepUp.
	Recover(ctx context.Context, cmd Recover) (Recovered, error)
	// Rescue gives an administrator new factors whom no two others can recover, by
	// the console and the root key's custodian: the first call asks, one a day later
	// returns a code. Errors: ErrNotFound, ErrRecovery, ErrMemberState.
	Rescue(ctx context.Context, cmd Rescue) (Rescued, error)
	// RefuseRecovery ends a recovery that the caller did not ask for.
	RefuseRecovery(ctx context.Context, q Me) (Account, error)

	// AssertionOptions returns what a browser's navigator.credentials.get takes, as
	// JSON, for any of the member's passkeys and a challenge of the caller's.
	// Errors: ErrNotFound where there is no passkey.
	AssertionOptions(ctx context.Context, member string, challenge [32]byte) (json.RawMessage, error)
	// CheckAssertion checks the browser's answer, user verification included.
	// Errors: ErrSignIn.
	CheckAssertion(ctx context.Context, member string, challenge [32]byte, answer json.RawMessage) (Assertion, error)

	// Sweep forgets what is over. It returns how many things it forgot.
	Sweep(ctx context.Context) (int, error)
}

// Config is what a Service needs. All of it is required but Wraps, Cost,
// Development and Providers.
type Config struct {
	Store        Store
	Authority    *access.Authority
	Data         []byte   // the data key
	Wraps        [][]byte // the keys that seal instead of it, the newest first; Data opens what is older
	Now          func() time.Time
	URL          string // where browsers reach this server, such as "https://jate.ngo.example"
	Organisation string // of the first administrator
	Cost         Cost   // of passwords; DefaultCost where zero
	Development  bool   // tokens without a session are believed
	Providers    []*provider.Provider
}

type service struct {
	Config
	at      map[string]*provider.Provider
	seal    *sealer
	hasher  *hasher
	web     *webauthn.WebAuthn
	pending *pending
}

// New returns the service. It fails where the configuration lacks something or
// the URL has no host name: a passkey belongs to one, and an address is none.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Authority == nil || c.Now == nil || c.Organisation == "" {
		return nil, errors.New("staff: Store, Authority, Now and Organisation are required")
	}
	if c.Cost == (Cost{}) {
		c.Cost = DefaultCost
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("staff: URL must be an http or https address with a host name")
	}
	s := &service{Config: c, hasher: newHasher(c.Cost), pending: newPending(c.Now), at: map[string]*provider.Provider{}}
	for _, p := range c.Providers {
		if s.at[p.ID] != nil {
			return nil, fmt.Errorf("staff: two providers are called %s", p.ID)
		}
		s.at[p.ID] = p
	}
	if s.seal, err = newSealer(c.Data, c.Wraps...); err != nil {
		return nil, err
	}
	s.web, err = webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Jate", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}})
	return s, err
}

// pseudonym is how a member appears in the journal where no programme is meant.
func (s *service) pseudonym(member string) string { return s.Authority.Pseudonym("", member) }

// signedIn is the member behind a call, whatever the programme.
func signedIn(by access.Actor) error {
	if by.ID == "" || by.Session == "" {
		return access.ErrUnauthenticated
	}
	return nil
}

// freshly refuses a caller whose last proof is too old for what changes who can
// act (ASVS 7.5.3).
func (s *service) freshly(by access.Actor) error {
	if err := signedIn(by); err != nil {
		return err
	}
	if s.Now().Sub(by.Proved) > StepUpLife {
		return ErrStepUp
	}
	return nil
}
