package vendors

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// InviteHandheld is the command to let one more handheld enrol: for a vendor's
// sales, or for distribution in a zone.
type InviteHandheld struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Purpose Purpose
	Vendor  ID     // of a sales handheld; "" for distribution
	Zone    string // of a distribution handheld; a sales handheld has its vendor's
}

// Invitation is a handheld that may enrol. Code is "" in the answer to a
// repeated command: it was shown once. A lost one is revoked and made anew.
type Invitation struct {
	Handheld Handheld
	Code     string
}

// EnrolHandheld is what a handheld sends with its code: the public key that it
// made, and the signature of EnrolmentText by it.
type EnrolHandheld struct {
	Code      string
	PublicKey ed25519.PublicKey
	Signature []byte
}

// Enrolment is what a handheld learns about itself.
type Enrolment struct {
	Handheld  HandheldID
	Programme string
	Vendor    ID
	Zone      string
	Purpose   Purpose
	State     HandheldState
	Nonce     string // for its first signed request
}

// ActivateHandheld is the command to let an enrolled handheld work.
type ActivateHandheld struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Handheld HandheldID
}

// RevokeHandheld is the command to end a handheld's life. What it signed before
// LostAt still counts; the zero instant is now.
type RevokeHandheld struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Handheld HandheldID
	LostAt   time.Time
}

// ReplaceHandheld is the command to let New take over the role of Old.
type ReplaceHandheld struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Old    HandheldID
	New    HandheldID
	LostAt time.Time // as of RevokeHandheld; an earlier revocation's stands
}

const (
	codeBytes    = 16 // 128 random bits
	codeLife     = 48 * time.Hour
	codeTextMax  = 40 // bytes, with the hyphens and spaces of who types it
	nonceKeySize = 32
)

var codeForm = base32.StdEncoding.WithPadding(base32.NoPadding)

// EnrolmentText returns what a handheld signs to prove that it holds the
// private key to the public one: the line "jate-enrolment/1", the code without
// hyphens and in capitals, and the key in base64url, each ended by a line feed.
func EnrolmentText(code string, key ed25519.PublicKey) []byte {
	return []byte("jate-enrolment/1\n" + BareCode(code) + "\n" + base64.RawURLEncoding.EncodeToString(key) + "\n")
}

// BareCode undoes what people do to a code that PrintCode wrote when they copy
// it: hyphens, spaces and small letters do not matter.
func BareCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// PrintCode writes a secret for people: base 32 (RFC 4648) in groups of five,
// which are easy to read out.
func PrintCode(raw []byte) string {
	code := codeForm.EncodeToString(raw)
	var groups []string
	for len(code) > 5 {
		groups, code = append(groups, code[:5]), code[5:]
	}
	return strings.Join(append(groups, code), "-")
}

func (s *service) InviteHandheld(ctx context.Context, cmd InviteHandheld) (Invitation, error) {
	raw := make([]byte, codeBytes+nonceKeySize+8)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return Invitation{}, fmt.Errorf("draw a code: %w", err)
	}
	code := PrintCode(raw[:codeBytes])
	fresh := Handheld{
		ID:        HandheldID("h" + strings.ToLower(codeForm.EncodeToString(raw[codeBytes+nonceKeySize:]))),
		Programme: cmd.By.Programme, Vendor: cmd.Vendor, Zone: cmd.Zone, Purpose: cmd.Purpose, State: Invited,
		CodeHash: sha256.Sum256([]byte(BareCode(code))), NonceKey: raw[codeBytes : codeBytes+nonceKeySize], InvitedBy: cmd.By.ID,
	}
	// Results of commands are stored, so the code is no part of this one's.
	h, err := once(ctx, s, MethodInviteHandheld, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Handheld, error) {
		h, err := invite(tx, fresh, cmd)
		if err != nil {
			return Handheld{}, err
		}
		_, err = ledger.Decide(tx, as, "", "handheld-invited", string(h.ID), map[string]string{
			"purpose": string(h.Purpose), "vendor": string(h.Vendor), "zone": h.Zone})
		if err != nil {
			return Handheld{}, err
		}
		if err := tx.PutHandheld(h); err != nil {
			return Handheld{}, err
		}
		return h.public(), nil
	})
	if err != nil || h.CodeHash != fresh.CodeHash {
		return Invitation{Handheld: h}, err
	}
	return Invitation{Handheld: h, Code: code}, nil
}

// invite completes a handheld from whom it is for.
func invite(tx Tx, h Handheld, cmd InviteHandheld) (Handheld, error) {
	h.Created, h.CodeExpires = tx.Now(), tx.Now().Add(codeLife)
	switch cmd.Purpose {
	case ForSales:
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return Handheld{}, err
		}
		if v.Suspended {
			return Handheld{}, ErrSuspended
		}
		if cmd.Zone != "" && cmd.Zone != v.Zone {
			return Handheld{}, ErrVendor.At("zone", "a sales handheld has its trader's zone")
		}
		h.Zone = v.Zone
		return h, nil
	case ForDistribution:
		if cmd.Vendor != "" {
			return Handheld{}, ErrVendor.At("vendor", "a trader's handheld activates no cards")
		}
		_, err := tx.Zone(cmd.By.Programme, cmd.Zone)
		return h, err
	}
	return Handheld{}, ErrVendor.At("purpose", "sales or distribution")
}

// public returns the handheld without what only the server may know.
func (h Handheld) public() Handheld {
	h.NonceKey = nil
	return h
}

// EnrolHandheld does not go through the table of outcomes: whoever knows no
// code must not be able to fill it.
func (s *service) EnrolHandheld(ctx context.Context, cmd EnrolHandheld) (Enrolment, error) {
	if len(cmd.Code) > codeTextMax || len(cmd.PublicKey) != ed25519.PublicKeySize ||
		!ed25519.Verify(cmd.PublicKey, EnrolmentText(cmd.Code, cmd.PublicKey), cmd.Signature) {
		return Enrolment{}, ErrCode
	}
	hash := sha256.Sum256([]byte(BareCode(cmd.Code)))
	known := func(tx Tx) error { _, err := invited(tx, hash, cmd.PublicKey); return err }
	if err := s.store.View(ctx, known); err != nil {
		return Enrolment{}, err // a guess never reaches the writer
	}
	var h Handheld
	err := s.store.Update(ctx, func(tx Tx) error {
		var err error
		if h, err = invited(tx, hash, cmd.PublicKey); err != nil || h.State == Enrolled {
			return err
		}
		h.State, h.Key, h.Nonce = Enrolled, cmd.PublicKey, nonceAfter(h.NonceKey, 0)
		print := sha256.Sum256(h.Key)
		by := ledger.Actor{Role: "handheld", Name: string(h.ID)}
		_, err = ledger.Decide(tx, by, "", "handheld-enrolled", string(h.ID), map[string]string{"key": fmt.Sprintf("%x", print)})
		return errors.Join(err, tx.PutHandheld(h))
	})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Handheld: h.ID, Programme: h.Programme, Vendor: h.Vendor, Zone: h.Zone, Purpose: h.Purpose,
		State: h.State, Nonce: h.Nonce}, nil
}

// invited returns the handheld that waits for the code, or that has enrolled
// with it and this very key, so that a lost answer can be asked for again.
func invited(tx Tx, hash [32]byte, key ed25519.PublicKey) (Handheld, error) {
	h, err := tx.HandheldByCode(hash)
	switch {
	case errors.Is(err, ErrNotFound):
		return Handheld{}, ErrCode
	case err != nil:
		return Handheld{}, err
	case h.State == Enrolled && h.Key.Equal(key):
		return h, nil
	case h.State != Invited || !tx.Now().Before(h.CodeExpires):
		return Handheld{}, ErrCode
	}
	return h, nil
}

func (s *service) ActivateHandheld(ctx context.Context, cmd ActivateHandheld) (Handheld, error) {
	return once(ctx, s, MethodActivateHandheld, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Handheld, error) {
		h, err := ownHandheld(tx, cmd.Handheld, cmd.By)
		if err != nil {
			return Handheld{}, err
		}
		if h.State != Enrolled {
			return Handheld{}, ErrHandheldState.At("state", "it is %s", h.State)
		}
		if err := access.Distinct(h.InvitedBy, nil, cmd.By); err != nil {
			return Handheld{}, err
		}
		h.State, h.ActivatedBy = Active, cmd.By.ID
		return decided(tx, as, "handheld-activated", h, nil)
	})
}

func (s *service) RevokeHandheld(ctx context.Context, cmd RevokeHandheld) (Handheld, error) {
	return once(ctx, s, MethodRevokeHandheld, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Handheld, error) {
		h, err := ownHandheld(tx, cmd.Handheld, cmd.By)
		if err != nil {
			return Handheld{}, err
		}
		if h.State == Revoked || h.State == Replaced || !h.LostAt.IsZero() {
			return Handheld{}, ErrHandheldState.At("state", "it is %s", h.State)
		}
		if h.LostAt, err = lostAt(tx, cmd.LostAt); err != nil {
			return Handheld{}, err
		}
		if h.State != Quarantined { // a broken chain stays broken
			h.State = Revoked
		}
		return decided(tx, as, "handheld-revoked", h, nil)
	})
}

func (s *service) ReplaceHandheld(ctx context.Context, cmd ReplaceHandheld) (Handheld, error) {
	return once(ctx, s, MethodReplaceHandheld, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Handheld, error) {
		old, err := ownHandheld(tx, cmd.Old, cmd.By)
		if err != nil {
			return Handheld{}, err
		}
		next, err := ownHandheld(tx, cmd.New, cmd.By)
		if err != nil {
			return Handheld{}, err
		}
		switch {
		case old.State != Active && old.State != Quarantined && old.State != Revoked:
			return Handheld{}, ErrHandheldState.At("old", "it is %s", old.State)
		case next.State != Active && next.State != Enrolled, next.ID == old.ID:
			return Handheld{}, ErrHandheldState.At("new", "it must be another one, enrolled or active")
		case next.Vendor != old.Vendor || next.Purpose != old.Purpose || next.Zone != old.Zone:
			return Handheld{}, ErrHandheldState.At("new", "it must be of the same shop, zone and purpose")
		}
		if old.LostAt.IsZero() {
			if old.LostAt, err = lostAt(tx, cmd.LostAt); err != nil {
				return Handheld{}, err
			}
		}
		old.ReplacedBy = next.ID
		if old.State == Active { // one that is not believed does not become so
			old.State = Replaced
		}
		return decided(tx, as, "handheld-replaced", old, map[string]string{"by": string(next.ID)})
	})
}

// lostAt returns the instant from which a handheld is not believed.
func lostAt(tx Tx, at time.Time) (time.Time, error) {
	if at.IsZero() {
		return tx.Now(), nil
	}
	if at.After(tx.Now()) {
		return time.Time{}, ErrVendor.At("lost_at", "not in the future")
	}
	return at.UTC(), nil
}

// decided journals what became of a handheld and stores it.
func decided(tx Tx, as ledger.Actor, what string, h Handheld, facts map[string]string) (Handheld, error) {
	if !h.LostAt.IsZero() {
		lost := map[string]string{"lost": h.LostAt.Format(time.RFC3339)}
		for k, v := range facts {
			lost[k] = v
		}
		facts = lost
	}
	if _, err := ledger.Decide(tx, as, "", what, string(h.ID), facts); err != nil {
		return Handheld{}, err
	}
	if err := tx.PutHandheld(h); err != nil {
		return Handheld{}, err
	}
	return h.public(), nil
}

func (s *service) Handheld(ctx context.Context, q ByID) (Handheld, error) {
	return read(ctx, s, MethodHandheld, q.By, func(tx Tx) (Handheld, error) {
		h, err := ownHandheld(tx, HandheldID(q.ID), q.By)
		return h.public(), err
	})
}

func (s *service) Handhelds(ctx context.Context, q List) (Page[Handheld], error) {
	return read(ctx, s, MethodHandhelds, q.By, func(tx Tx) (Page[Handheld], error) {
		p, err := page(tx.Handhelds(q.By.Programme, HandheldID(q.After)), q.Limit, func(h Handheld) string { return string(h.ID) })
		for i, h := range p.Items {
			p.Items[i] = h.public()
		}
		return p, err
	})
}
