package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
)

// newCode returns a one-time code of 130 random bits (ASVS 6.5.4 asks for 64), in
// groups that can be read out, and its digest.
func newCode() (string, [32]byte) {
	text := rand.Text()
	var groups []string
	for g := text; g != ""; g = g[min(5, len(g)):] {
		groups = append(groups, g[:min(5, len(g))])
	}
	return strings.Join(groups, "-"), codeDigest(text)
}

// codeDigest is what a code is filed under, however it was typed.
func codeDigest(text string) [32]byte {
	text = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(text))
	return sha256.Sum256([]byte(text))
}

func newMemberID() string { return "m" + strings.ToLower(rand.Text()[:16]) }

// First implements Service.
func (s *service) First(ctx context.Context) (string, error) {
	code, digest := newCode()
	id, needed := newMemberID(), false
	err := s.Store.Update(ctx, func(tx Tx) error {
		needed = true
		for m, err := range tx.Members() {
			if err != nil {
				return err
			}
			if m.State != Invited {
				needed = false
				return nil
			}
			if m.InvitedBy == "" {
				id = m.ID
			}
		}
		if err := endInvitations(tx, id); err != nil {
			return err
		}
		if err := tx.PutMember(Member{ID: id, Organisation: s.Organisation, State: Invited, Language: "en", Created: tx.Now()}); err != nil {
			return err
		}
		return tx.PutInvitation(Invitation{Digest: digest, Member: id, Until: tx.Now().Add(InvitationLife)})
	})
	if err != nil || !needed {
		return "", err
	}
	return code, nil
}

// endInvitations takes a member's codes back.
func endInvitations(tx Tx, member string) error {
	var old [][32]byte
	for i, err := range tx.Invitations() {
		if err != nil {
			return err
		}
		if i.Member == member {
			old = append(old, i.Digest)
		}
	}
	for _, d := range old {
		if err := tx.RemoveInvitation(d); err != nil {
			return err
		}
	}
	return nil
}

// Open looks at an invitation.
type Open struct {
	Code string
	Name string // the sign-in name that a passkey will be shown with; may be empty
	From string
}

// Opening is what an invitation is to, and what may be chosen.
type Opening struct {
	Organisation string
	Language     string
	First        bool // the first administrator, who names a programme
	Recovers     bool // new factors for an account that is there
	Name         string
	Offer        Offer
}

// invitation returns a usable invitation and its member, or ErrCode.
func (s *service) invitation(tx Tx, code string) (Invitation, Member, error) {
	i, err := tx.Invitation(codeDigest(code))
	if errors.Is(err, ErrNotFound) {
		return i, Member{}, ErrCode
	}
	if err != nil {
		return i, Member{}, err
	}
	m, err := tx.Member(i.Member)
	if err != nil {
		return i, m, err
	}
	if !i.Used.IsZero() || !tx.Now().Before(i.Until) || !i.Recovers && m.State != Invited || i.Recovers && m.State != Active {
		return i, m, ErrCode
	}
	return i, m, nil
}

// Open implements Service.
func (s *service) Open(ctx context.Context, cmd Open) (Opening, error) {
	if cmd.Name != "" && !nameForm.MatchString(canonical(cmd.Name)) {
		return Opening{}, ErrName
	}
	a := s.attemptOn("", cmd.From)
	if err := s.begin(ctx, a); err != nil {
		return Opening{}, err
	}
	var o Opening
	var m Member
	err := s.Store.Update(ctx, func(tx Tx) error {
		var i Invitation
		var err error
		if i, m, err = s.invitation(tx, cmd.Code); err != nil {
			return err
		}
		o = Opening{Organisation: m.Organisation, Language: m.Language, First: m.InvitedBy == "" && !i.Recovers, Recovers: i.Recovers}
		if o.Name, err = s.nameOf(m); err != nil {
			return err
		}
		return a.succeed(tx)
	})
	if err != nil {
		return Opening{}, err
	}
	if o.Name == "" {
		o.Name = canonical(cmd.Name)
	}
	label := o.Name
	if label == "" {
		label = m.Organisation
	}
	o.Offer, err = s.offer(person{id: m.ID, name: label}, label)
	return o, err
}
