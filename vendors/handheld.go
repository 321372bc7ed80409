package vendors

import (
	"crypto/ed25519"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
)

// HandheldID names a handheld, at most 16 characters; it is the kid of what
// the handheld signs.
type HandheldID string

// Purpose says what a handheld is for.
type Purpose string

// The purposes: selling, or activating cards at a distribution.
const (
	ForSales        Purpose = "sales"
	ForDistribution Purpose = "distribution"
)

// HandheldState is where a handheld is in its life.
type HandheldState string

// The states of a handheld. Only an active one is believed; what a revoked,
// replaced or quarantined one signed before LostAt still counts.
const (
	Invited     HandheldState = "invited"     // a code is out
	Enrolled    HandheldState = "enrolled"    // its key is known; somebody else must activate it
	Active      HandheldState = "active"      //
	Quarantined HandheldState = "quarantined" // two records claim one place in its chain
	Revoked     HandheldState = "revoked"     //
	Replaced    HandheldState = "replaced"    // another took over
)

// Errors about handhelds.
var (
	ErrCode = fault.New(fault.Denied, "enrolment_code",
		"The enrolment code is wrong, used or too old. Ask for a new one.",
		"Le code d'enrôlement est faux, déjà utilisé ou trop ancien. Demandez-en un autre.")
	ErrHandheldState = fault.New(fault.Conflict, "handheld_state",
		"The handheld is not in the state that this needs.",
		"Le terminal n'est pas dans l'état requis.")
	ErrHandheldProof = fault.New(fault.Unauthenticated, "handheld_proof",
		"The request is not signed by a known, active handheld.",
		"La requête n'est pas signée par un terminal connu et actif.")
	ErrNonce = fault.New(fault.Unauthenticated, "handheld_nonce",
		"The request is signed over an old nonce or counter. Sign it again over the nonce named.",
		"La requête est signée avec un nonce ou un compteur ancien. Signez-la de nouveau avec le nonce indiqué.")
)

// ErrSamePerson refuses a second step by whoever took the first.
var ErrSamePerson = access.ErrSamePerson

// Handheld is a phone that sells against vouchers or activates cards.
type Handheld struct {
	ID        HandheldID
	Programme string
	Vendor    ID // "" for a distribution officer's
	Zone      string
	Purpose   Purpose
	State     HandheldState

	CodeHash    [32]byte // SHA-256 of the one-time code
	CodeExpires time.Time
	InvitedBy   string // staff ids, for the rule of two people
	ActivatedBy string
	Key         ed25519.PublicKey

	// The head of its chain of records, as the server has accepted it.
	Seq  uint64
	Head [32]byte

	// The last beacon and bundle given out, to bound the time of its records.
	BeaconAt   time.Time
	BeaconHash [32]byte
	Snapshot   uint64 // number of its last bundle
	NonceKey   []byte // makes its nonces; never leaves the server
	Nonce      string // expected in its next signed request; changes with each answer
	Counter    uint64 // of its last signed request

	// The latest that its chain has named: a record cannot go back behind it.
	TopBundle uint64
	TopFrom   time.Time

	LostAt     time.Time // declared loss; records that may be later do not count
	ReplacedBy HandheldID
	Created    time.Time
}

// Believes reports whether a record that the handheld made no earlier than
// from counts: it is active, or was then.
func (h Handheld) Believes(from time.Time) bool {
	switch h.State {
	case Active:
		return true
	case Revoked, Replaced:
		return !h.LostAt.IsZero() && from.Before(h.LostAt)
	}
	return false
}
