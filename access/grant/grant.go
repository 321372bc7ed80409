package grant

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// State is how far a proposal is.
type State string

// The states of a proposal.
const (
	Open    State = "open"
	Granted State = "granted"
	Refused State = "refused"
)

// DeputyMost is how long somebody may stand in for another at most.
const DeputyMost = 92 * 24 * time.Hour

// Content is what two people agree to. Its digest is in the journal, with all of
// it, so that a monitor computes it again; people go by their pseudonyms.
type Content struct {
	Programme string      `json:"programme"`
	Person    string      `json:"person"` // pseudonym in the programme
	Role      access.Role `json:"role"`
	From      string      `json:"from,omitempty"`  // RFC 3339; "" for the moment of the approval
	Until     string      `json:"until,omitempty"` // "" for without an end
	DeputyOf  string      `json:"deputy_of,omitempty"`
	Keys      string      `json:"keys,omitempty"` // see KeysHash; "" for somebody without a passkey
}

// Words are the content as a person agrees to it.
func (c Content) Words() access.Content {
	return access.Content{What: "grant", ID: c.Person, Programme: c.Programme, Lines: []access.Line{{"role", string(c.Role)}, {"from", c.From},
		{"until", c.Until}, {"deputy-of", c.DeputyOf}, {"keys", c.Keys}}}
}

// Digest is that of the content's words.
func (c Content) Digest() [32]byte { return c.Words().Digest() }

// Facts are the content and its digest as an entry of the journal names them.
func (c Content) Facts(digest [32]byte) map[string]string {
	facts := map[string]string{"programme": c.Programme, "role": string(c.Role), "digest": hex.EncodeToString(digest[:])}
	for name, text := range map[string]string{"from": c.From, "until": c.Until, "deputy-of": c.DeputyOf, "keys": c.Keys} {
		if text != "" {
			facts[name] = text
		}
	}
	return facts
}

// KeysHash is how the journal names a person's passkeys: a SHA-256 with a salt,
// so that nobody finds by their public keys which pseudonyms of two programmes are
// one person. The order of the keys does not matter. It is "" for no key.
func KeysHash(salt []byte, keys [][]byte) string {
	if len(keys) == 0 {
		return ""
	}
	keys = slices.Clone(keys)
	slices.SortFunc(keys, slices.Compare)
	b := append([]byte("jate-keys-v1\n"), salt...)
	for _, k := range keys {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(k))), k...) // #nosec G115 -- keys are short
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Proposal is a role that somebody is to hold.
type Proposal struct {
	ID         string
	Member     string // who is to hold it
	DeputyOf   string // member; "" for nobody
	Content    Content
	Salt       []byte // of Content.Keys
	Digest     [32]byte
	ProposedBy string // member
	Proposed   time.Time
	State      State
	ClosedBy   string // member who approved or refused
	Console    bool   // approved with a code of the console
	Closed     time.Time
	Entry      uint64 // of the journal, that granted it
}

func (p Proposal) times() (from, until time.Time) {
	from, _ = time.Parse(time.RFC3339, p.Content.From)
	until, _ = time.Parse(time.RFC3339, p.Content.Until)
	return from, until
}

// Lapsed reports whether nobody may approve the proposal any more.
func (p Proposal) Lapsed(now time.Time) bool {
	return p.State == Open && now.Sub(p.Proposed) >= access.ApprovalLife
}

// Lead is the organisation that answers for a programme.
type Lead struct {
	Programme    string
	Organisation string
	Entry        uint64
	Two          uint64 // entry that last gave or took one of two administrators' role; 0 where there never were two
}

// Keys are the passkeys that a grant named, which the journal has as a hash.
type Keys struct {
	Programme string
	Person    string // pseudonym
	Salt      []byte
	Keys      [][]byte // COSE_Key
	Entry     uint64   // of the journal, that named them
}

// overlaps reports whether two spans of time have an instant in common. A zero
// until is without an end.
func overlaps(from, until, otherFrom, otherUntil time.Time) bool {
	return (otherUntil.IsZero() || from.Before(otherUntil)) && (until.IsZero() || otherFrom.Before(until))
}

// incompatible returns access.ErrIncompatible where what a member holds, or will
// hold, does not go with the role at some instant of the span.
func incompatible(tx Tx, member, programme string, role access.Role, from, until time.Time) error {
	for g, err := range tx.Grants(member) {
		if err != nil {
			return err
		}
		if g.Programme == programme && access.Incompatible(g.Role, role) && overlaps(from, until, g.From, g.Until) {
			return access.ErrIncompatible.At("role", "%s and %s", g.Role, role)
		}
	}
	return nil
}

// holders returns who holds a role of a programme now.
func holders(tx Tx, programme string, role access.Role) ([]staff.Member, error) {
	var all []staff.Member
	for m, err := range tx.Members() {
		if err != nil {
			return nil, err
		}
		held, err := holds(tx, m.ID, programme, role)
		if err != nil {
			return nil, err
		}
		if held && m.State == staff.Active {
			all = append(all, m)
		}
	}
	return all, nil
}

func holds(tx Tx, member, programme string, role access.Role) (bool, error) {
	for g, err := range tx.Grants(member) {
		if err != nil {
			return false, err
		}
		if g.Programme == programme && g.Role == role && g.InForce(tx.Now()) {
			return true, nil
		}
	}
	return false, nil
}
