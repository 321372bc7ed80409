package staff

import (
	"time"

	"github.com/jate-cva/jate/access"
)

// State is what may be done in a member's name.
type State string

// The states of a member.
const (
	Invited  State = "invited"  // nobody has accepted yet
	Active   State = "active"   // may sign in
	Disabled State = "disabled" // may not, until somebody enables the member again
)

// Member is one person of an organisation.
type Member struct {
	ID           string // opaque: the staff identifier of access.Actor
	Organisation string // whose person this is, such as "ngo.example"
	Name         []byte // the sign-in name, sealed; nil until it is chosen
	NameDigest   [32]byte
	State        State
	Language     string // "en" or "fr"
	InvitedBy    string // member; "" for the first administrator
	Created      time.Time
	Recovery     Recovery
	Rescued      uint64 // entry of the journal by which a rescue last ended; 0 for never
}

// Recovery is how a member who lost every factor gets new ones: two
// administrators agree, and a day passes in which everybody concerned can
// object.
type Recovery struct {
	AskedBy    string // member; "" where nothing was asked
	ApprovedBy string // member; "" until a second one agreed
	From       time.Time
}

// CredentialKind is a way to prove who one is.
type CredentialKind string

// The kinds of credential.
const (
	Password CredentialKind = "password" // Argon2id, as a PHC string
	TOTP     CredentialKind = "totp"     // RFC 6238; the secret is sealed
	Passkey  CredentialKind = "passkey"  // WebAuthn, with user verification
	Codes    CredentialKind = "recovery" // recovery codes, hashed, each good once
	Identity CredentialKind = "identity" // an OpenID provider's (iss, sub)
)

// Credential is one of a member's.
type Credential struct {
	Member  string
	ID      string // of the member's credentials
	Kind    CredentialKind
	Secret  []byte // what it is checked with; see the kinds
	Counter uint64 // TOTP: the last step that was used
	Created time.Time
	Used    time.Time // zero until it was used
}

// Session is one sign-in that lasts. Its secret, of which the store has the
// hash, is in a cookie or in a file of a person's computer.
type Session struct {
	ID        string // not secret
	Member    string
	Program   bool     // of the command line, with tokens; else of a browser, with a cookie
	Programme string   // that its tokens speak for; of a browser each request names it
	Passkey   bool     // it was opened with one
	Secret    [32]byte // SHA-256
	Rotation  [32]byte // SHA-256 of the part of the refresh token that changes
	Created   time.Time
	Seen      time.Time // the last use, to a minute
	Proved    time.Time // when a factor was last presented
	Ended     time.Time // zero while it is alive
}

// Grant is a role that is in force.
type Grant struct {
	Member    string
	Programme string
	Role      access.Role
	From      time.Time // zero: from ever
	Until     time.Time // zero: without an end
	Entry     uint64    // of the journal, that gave it
}

// InForce reports whether the grant counts at a time.
func (g Grant) InForce(now time.Time) bool {
	return !now.Before(g.From) && (g.Until.IsZero() || now.Before(g.Until))
}

// Invitation is a code that is good once.
type Invitation struct {
	Digest    [32]byte // SHA-256 of the code
	Member    string
	Programme string // which the first administrator will administer; "" for others
	Recovers  bool   // new factors for a member who has lost them
	Until     time.Time
	Used      time.Time
}

// Throttle counts what was presented in vain, for an account or an address.
type Throttle struct {
	Key      [32]byte // keyed digest of what is counted
	Failures uint64
	Last     time.Time
	Until    time.Time // nothing is looked at before
}

// Notice tells a member at the next sign-in what happened to the account.
type Notice struct {
	What string // a code, such as "factor_added"
	At   time.Time
}
