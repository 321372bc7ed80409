package grant

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// Service grants roles and takes them away. Commands carry who gives them, and all
// but List need a proof of who that is that is at most five minutes old
// (staff.ErrStepUp).
type Service interface {
	// List returns who holds what in the caller's programme, and what is proposed.
	// Who holds no role to see all of it is shown what concerns him, and what waits
	// for him.
	List(ctx context.Context, q List) (Overview, error)
	// Propose proposes a role. Errors: access.ErrRole, access.ErrIncompatible,
	// ErrNotFound, ErrGrant, ErrLead, ErrMonitor, ErrDonor, ErrKeys.
	Propose(ctx context.Context, cmd Propose) (Proposal, error)
	// Approve grants what another proposed. Errors: ErrNotFound, ErrState,
	// ErrChanged, ErrConsole, ErrMonitor, access.ErrSamePerson, access.ErrDenied,
	// access.ErrProof and those of Propose.
	Approve(ctx context.Context, cmd Approve) (Proposal, error)
	// Refuse ends a proposal. Errors: ErrNotFound, ErrState, access.ErrDenied.
	Refuse(ctx context.Context, cmd Refuse) (Proposal, error)
	// Revoke takes a role away at once; the person's sessions end. Errors:
	// ErrNotFound, ErrLast, ErrMonitor, access.ErrDenied.
	Revoke(ctx context.Context, cmd Revoke) (Held, error)

	// BeginProof gives a challenge to content that the caller wants to approve.
	// Errors: staff.ErrPasskey, ErrKeys.
	BeginProof(ctx context.Context, cmd BeginProof) (Begun, error)
	// EndProof keeps a passkey's answer and journals its hash. The approval itself,
	// of whatever service, follows within access.ProofLife. Errors: access.ErrProof
	// for a challenge that is not the caller's or too old, staff.ErrSignIn for a
	// wrong answer, staff.ErrPasskey, ErrKeyUnnamed.
	EndProof(ctx context.Context, cmd EndProof) (Record, error)
	// Record returns what an entry of the journal has the hash of. Errors:
	// ErrNotFound.
	Record(ctx context.Context, q OneRecord) (Record, error)
	// Content returns what is behind a digest. Errors: access.ErrContent.
	Content(ctx context.Context, q OneContent) (Shown, error)
	// NamedKeys returns the passkeys that the programme's grants named.
	NamedKeys(ctx context.Context, q AllKeys) ([]Keys, error)
}

// People checks what passkeys answer: a staff.Service.
type People interface {
	AssertionOptions(ctx context.Context, member string, challenge [32]byte) (json.RawMessage, error)
	CheckAssertion(ctx context.Context, member string, challenge [32]byte, answer json.RawMessage) (staff.Assertion, error)
}

// Config is what a Service needs. All of it but Knows is required.
type Config struct {
	Store     Store
	Authority *access.Authority
	Prover    access.Prover
	People    People
	Data      []byte // the folder's data key
	Now       func() time.Time
	// Knows returns an error for who may not see a lot's dates and places yet.
	Knows func(tx Tx, by access.Actor, lot string) error
}

type service struct {
	Config
	consoles, nonces []byte // keys
}

// New returns the service.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Authority == nil || c.Prover == nil || c.People == nil || c.Now == nil || len(c.Data) == 0 {
		return nil, errors.New("grant: Store, Authority, Prover, People, Data and Now are required")
	}
	s := &service{Config: c}
	var err error
	if s.consoles, err = ConsoleKey(c.Data); err != nil {
		return nil, err
	}
	s.nonces, err = nonceKey(c.Data)
	return s, err
}

// ConsoleKey derives from a folder's data key that by which the console's codes
// are made.
func ConsoleKey(data []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, data, nil, "jate console code of the second administrator", sha256.Size)
}

// ConsoleCode is the code that approves one proposal where a programme has no
// second administrator: 130 bits of HMAC-SHA-256, in groups that can be read out.
func ConsoleCode(key []byte, id string, digest [32]byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "\x00"))
	mac.Write(digest[:])
	text := base32.StdEncoding.EncodeToString(mac.Sum(nil))[:26]
	var groups []string
	for ; text != ""; text = text[min(5, len(text)):] {
		groups = append(groups, text[:min(5, len(text))])
	}
	return strings.Join(groups, "-")
}

// plain is a code however it was typed.
func plain(code string) []byte {
	return []byte(strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code)))
}

// freshly refuses a caller whose last proof is too old for what changes who can
// act (ASVS 7.5.3).
func (s *service) freshly(by access.Actor) error {
	if by.ID == "" || by.Session == "" {
		return access.ErrUnauthenticated
	}
	if s.Now().Sub(by.Proved) > staff.StepUpLife {
		return staff.ErrStepUp
	}
	return nil
}

func newID() string { return "g" + strings.ToLower(rand.Text()[:16]) }

func keyOf(by access.Actor, key string) ledger.CommandKey {
	return ledger.CommandKey{Actor: "staff/" + by.ID, Key: key}
}

// journal is the actor as the journal of a programme names him.
func (s *service) journal(by access.Actor, programme string, role access.Role) ledger.Actor {
	return ledger.Actor{Role: string(role), Name: s.Authority.Pseudonym(programme, by.ID)}
}
