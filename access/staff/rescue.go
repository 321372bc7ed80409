package staff

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// Where too few administrators are left to recover each other, the console and the
// custodian of the root key do it: who opens the folder, and who has the root key,
// which belongs off the machine. It is slow, everybody is told, and the journal has
// the root key's word on it, which a monitor verifies without believing the server.

// Consoles are who asks and agrees in a rescue, where members do in a Recovery.
const (
	ByConsole   = "console"
	ByCustodian = "root key"
)

// Rescue asks for new factors of an administrator, or for the code once a day has
// passed. It is given at the console alone, never over the network.
type Rescue struct {
	Member string
	Root   ed25519.PrivateKey // of the server, opened by its custodian for this
}

// RescueStatement is what the root key signs: of which log, for whom, from when.
func RescueStatement(origin, pseudonym string, from time.Time) []byte {
	return []byte("jate-rescue-v1\n" + origin + "\n" + pseudonym + "\n" + from.UTC().Format(time.RFC3339) + "\n")
}

// Rescued says how far that is.
type Rescued struct {
	From time.Time // when a code is given
	Code string    // shown once; "" before
}

// Rescue implements Service.
func (s *service) Rescue(ctx context.Context, cmd Rescue) (Rescued, error) {
	code, digest := newCode()
	var r Rescued
	err := s.Store.Update(ctx, func(tx Tx) error {
		r = Rescued{}
		m, err := tx.Member(cmd.Member)
		if err != nil {
			return err
		}
		held, err := rightsOf(tx, m.ID)
		if err != nil {
			return err
		}
		if !held.holds(access.RoleAdministrator) {
			return ErrRecovery // others have administrators
		}
		if m.State != Active {
			return ErrMemberState
		}
		now, what, facts := tx.Now(), "", map[string]string(nil)
		switch rec := &m.Recovery; {
		case rec.AskedBy != ByConsole:
			from := now.Add(RecoveryDelay).Truncate(time.Second)
			*rec = Recovery{AskedBy: ByConsole, ApprovedBy: ByCustodian, From: from}
			what = "staff_rescue_asked"
			facts = map[string]string{"from": from.UTC().Format(time.RFC3339),
				"root_signature": base64.RawURLEncoding.EncodeToString(ed25519.Sign(cmd.Root, RescueStatement(s.Authority.Issuer(), s.pseudonym(m.ID), from)))}
		case now.Before(rec.From):
			r.From = rec.From
			return nil
		default:
			what, r.Code = "staff_rescue_code", code
			if err := errors.Join(endInvitations(tx, m.ID),
				tx.PutInvitation(Invitation{Digest: digest, Member: m.ID, Recovers: true, Until: now.Add(InvitationLife)})); err != nil {
				return err
			}
		}
		r.From = m.Recovery.From
		if err := errors.Join(tx.PutMember(m), s.tellColleagues(tx, m, held, what)); err != nil {
			return err
		}
		_, err = ledger.Decide(tx, ledger.Actor{Role: string(access.RoleAdministrator), Name: "console.office"}, "", what, s.pseudonym(m.ID), facts)
		return err
	})
	return r, err
}

// holds reports whether a role is held anywhere.
func (r rights) holds(role access.Role) bool {
	for _, roles := range r {
		if (access.Actor{Roles: roles}).Has(role) {
			return true
		}
	}
	return false
}

// tellColleagues tells the member, the organisation, and everybody with a role in
// a programme of the member's.
func (s *service) tellColleagues(tx Tx, m Member, held rights, what string) error {
	var to []string
	for other, err := range tx.Members() {
		if err != nil {
			return err
		}
		theirs, err := rightsOf(tx, other.ID)
		if err != nil {
			return err
		}
		concerned := other.Organisation == m.Organisation
		for p := range theirs {
			concerned = concerned || held[p] != nil
		}
		if concerned && other.State == Active {
			to = append(to, other.ID)
		}
	}
	for _, id := range to {
		if err := Tell(tx, id, what); err != nil {
			return err
		}
	}
	return nil
}
