package grant

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
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
	// ErrNotFound, ErrGrant, ErrLead, ErrMonitor, ErrKeys.
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
}

// Config is what a Service needs. All of it is required.
type Config struct {
	Store     Store
	Authority *access.Authority
	Prover    access.Prover
	Console   []byte // see ConsoleKey
	Now       func() time.Time
}

type service struct{ Config }

// New returns the service.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Authority == nil || c.Prover == nil || c.Now == nil || len(c.Console) != sha256.Size {
		return nil, errors.New("grant: Store, Authority, Prover, Now and a Console key are required")
	}
	return &service{c}, nil
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
