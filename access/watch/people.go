package watch

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// held is a role that an entry granted.
type held struct {
	Programme, Person string
	Role              access.Role
	From, Until       time.Time
	Entry             uint64
	Keys              string // hash of the passkeys that it named
	Ended             uint64 // the entry that took it away; 0 for none
	EndedAt           time.Time
}

// at reports whether the role was held at an entry.
func (h held) at(e ledger.Entry) bool {
	return h.Entry < e.Seq && (h.Ended == 0 || h.Ended > e.Seq) && !e.Posted.Before(h.From) && (h.Until.IsZero() || e.Posted.Before(h.Until))
}

// granted notes a grant. It reports whether its approval is to be looked at: the
// first administrator's and that of the second, by the console's code, have none.
func (w *Watch) granted(e ledger.Entry) bool {
	f := e.Facts
	c := grant.Content{Programme: f["programme"], Person: e.Ref, Role: access.Role(f["role"]), From: f["from"], Until: f["until"],
		DeputyOf: f["deputy-of"], Keys: f["keys"]}
	if digest := c.Digest(); hexOf(digest) != f["digest"] {
		w.alarm(e, "The grant of %s is not what its digest is of.", c.Role)
	}
	from, _ := time.Parse(time.RFC3339, c.From)
	if from.Before(e.Posted) {
		from = e.Posted // nobody holds a role before the journal says so
	}
	until, _ := time.Parse(time.RFC3339, c.Until)
	h := held{Programme: c.Programme, Person: c.Person, Role: c.Role, From: from, Until: until, Entry: e.Seq, Keys: c.Keys}
	admins := map[string]bool{}
	any := false
	for _, o := range w.s.Grants {
		if o.Programme != c.Programme {
			continue
		}
		any = true
		if o.Role == access.RoleAdministrator {
			admins[o.Person] = true
		}
		if o.Person == c.Person && o.Ended == 0 && access.Incompatible(o.Role, h.Role) && (o.Until.IsZero() || h.From.Before(o.Until)) && (h.Until.IsZero() || o.From.Before(h.Until)) {
			w.alarm(e, "One person was given %s beside %s, which nobody may hold together.", h.Role, o.Role)
		}
	}
	w.s.Grants = append(w.s.Grants, h)
	switch f["by"] {
	case "first-administrator":
		if any || c.Role != access.RoleAdministrator {
			w.alarm(e, "A first administrator was announced in a programme that had people with roles.")
		}
	case "console":
		if c.Role != access.RoleAdministrator || len(admins) > 1 {
			w.alarm(e, "A role was granted by the console's code, in a programme that has had two administrators.")
		}
	default:
		return true
	}
	if c.Programme == w.cfg.Programme && w.s.FirstAdmin == "" {
		w.s.FirstAdmin, w.s.Keys = c.Person, c.Keys
	}
	return false
}

func (w *Watch) revoke(e ledger.Entry) {
	for i := range w.s.Grants {
		h := &w.s.Grants[i]
		if h.Programme == e.Facts["programme"] && h.Person == e.Ref && string(h.Role) == e.Facts["role"] && h.Ended == 0 {
			h.Ended, h.EndedAt = e.Seq, e.Posted
		}
	}
}

// holds reports whether a person held one of the roles at an entry.
func (w *Watch) holds(person string, roles []access.Role, e ledger.Entry) bool {
	return slices.ContainsFunc(w.s.Grants, func(h held) bool {
		return h.Programme == w.cfg.Programme && h.Person == person && slices.Contains(roles, h.Role) && h.at(e)
	})
}

// known reports whether a person was ever given a role before an entry.
func (w *Watch) known(person string, before uint64) bool {
	return slices.ContainsFunc(w.s.Grants, func(h held) bool { return h.Programme == w.cfg.Programme && h.Person == person && h.Entry < before })
}

// keysOf returns the hash of the passkeys that the last grant before an entry named
// for a person; "" for none.
func (w *Watch) keysOf(person string, before uint64) string {
	hash := ""
	for _, h := range w.s.Grants {
		if h.Programme == w.cfg.Programme && h.Person == person && h.Entry < before && h.Keys != "" {
			hash = h.Keys
		}
	}
	return hash
}

// rescued always asks people, and says besides where no custodian of the root key
// signed what gives an administrator new factors.
func (w *Watch) rescued(e ledger.Entry, what string) {
	w.alarm(e, "A lone administrator's way back was used at the console (%s): ask the person and the organisation whether they wanted it.", what)
	if what != "staff_rescue_asked" || len(w.cfg.Roots) == 0 {
		return
	}
	from, wrong := time.Parse(time.RFC3339, e.Facts["from"])
	signature, err := base64.RawURLEncoding.DecodeString(e.Facts["root_signature"])
	said := staff.RescueStatement(w.cfg.Log, e.Ref, from)
	if wrong != nil || err != nil || !slices.ContainsFunc(w.cfg.Roots, func(k ed25519.PublicKey) bool {
		return len(k) == ed25519.PublicKeySize && ed25519.Verify(k, said, signature)
	}) {
		w.alarm(e, "No root key of the programme signed that an administrator comes back.")
	}
}
