package staff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// passkeysMost bounds how many passkeys a member has, and answerMax what a
// browser answers with.
const (
	passkeysMost = 10
	answerMax    = 16 << 10
)

// person is a member as package webauthn sees one.
type person struct {
	id, name string
	keys     []webauthn.Credential
}

func (p person) WebAuthnID() []byte                         { return []byte(p.id) }
func (p person) WebAuthnName() string                       { return p.name }
func (p person) WebAuthnDisplayName() string                { return p.name }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.keys }

// passkeyID is a passkey's id among a member's credentials.
func passkeyID(rawID []byte) string {
	h := sha256.Sum256(rawID)
	return "passkey-" + hex.EncodeToString(h[:8])
}

// keysOf returns a member's passkeys.
func keysOf(tx Tx, member string) ([]webauthn.Credential, error) {
	var keys []webauthn.Credential
	for c, err := range tx.Credentials(member) {
		if err != nil {
			return nil, err
		}
		if c.Kind != Passkey {
			continue
		}
		var k webauthn.Credential
		if err := json.Unmarshal(c.Secret, &k); err != nil {
			return nil, fmt.Errorf("passkey %s of %s: %w", c.ID, member, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Challenge begins a sign-in or a step-up by passkey.
type Challenge struct{ From string }

// Ceremony is a challenge that was given out: its id, and what
// navigator.credentials.create or get takes under publicKey, as JSON.
type Ceremony struct {
	ID      string
	Options json.RawMessage
}

// Challenge implements Service. It does not say whose passkeys it takes, so that
// nobody learns by it who has one.
func (s *service) Challenge(_ context.Context, _ Challenge) (Ceremony, error) {
	a, session, err := s.web.BeginDiscoverableLogin()
	if err != nil {
		return Ceremony{}, err
	}
	options, err := json.Marshal(a.Response)
	if err != nil {
		return Ceremony{}, err
	}
	return Ceremony{s.pending.put(challenged{*session}, ceremonyLife), options}, nil
}

type challenged struct{ webauthn.SessionData }

// provePasskey checks an answer to a challenge.
func (s *service) provePasskey(ctx context.Context, p Presented, member string) (proven, error) {
	c, ok := take[challenged](s.pending, p.Ceremony)
	if !ok || len(p.Passkey) > answerMax {
		return proven{}, ErrSignIn
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(p.Passkey)
	if err != nil {
		return proven{}, ErrSignIn
	}
	var owner person
	key := &webauthn.Credential{}
	err = s.Store.View(ctx, func(tx Tx) error {
		find := func(_, handle []byte) (webauthn.User, error) {
			m, err := tx.Member(string(handle))
			if err != nil || m.State != Active || member != "" && m.ID != member {
				return nil, ErrSignIn
			}
			keys, err := keysOf(tx, m.ID)
			owner = person{id: m.ID, keys: keys}
			return owner, err
		}
		_, key, err = s.web.ValidatePasskeyLogin(find, c.SessionData, parsed)
		return err
	})
	if err != nil || key.Authenticator.CloneWarning {
		return proven{}, ErrSignIn
	}
	return proven{member: owner.id, passkey: true, use: func(tx Tx) error { return usePasskey(tx, owner.id, key) }}, nil
}

// usePasskey stores what a passkey's use has changed, or fails with ErrSignIn where
// it was removed meanwhile.
func usePasskey(tx Tx, member string, key *webauthn.Credential) error {
	c, err := tx.Credential(member, passkeyID(key.ID))
	if errors.Is(err, ErrNotFound) {
		return ErrSignIn
	}
	if err != nil {
		return err
	}
	if c.Secret, err = json.Marshal(key); err != nil {
		return err
	}
	c.Used = tx.Now()
	return tx.PutCredential(c)
}

// offerPasskey begins the registration of a passkey.
func (s *service) offerPasskey(p person) (*webauthn.SessionData, json.RawMessage, error) {
	var have []protocol.CredentialDescriptor
	for _, k := range p.keys {
		have = append(have, k.Descriptor())
	}
	c, session, err := s.web.BeginRegistration(p, webauthn.WithExclusions(have))
	if err != nil {
		return nil, nil, err
	}
	options, err := json.Marshal(c.Response)
	return session, options, err
}

// takePasskey checks the answer to an offer.
func (s *service) takePasskey(p person, session webauthn.SessionData, answer json.RawMessage) (Credential, error) {
	if len(answer) > answerMax || len(p.keys) >= passkeysMost {
		return Credential{}, ErrFactor
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Credential{}, ErrFactor
	}
	key, err := s.web.CreateCredential(p, session, parsed)
	if err != nil || !key.Flags.UserVerified {
		return Credential{}, ErrFactor
	}
	secret, err := json.Marshal(key)
	return Credential{Member: p.id, ID: passkeyID(key.ID), Kind: Passkey, Secret: secret}, err
}

// Assertion is a passkey's agreement to a challenge, with all that somebody else
// needs to check it (WebAuthn Level 3, 7.2).
type Assertion struct {
	Credential        string // among the member's credentials
	PublicKey         []byte // COSE_Key
	AuthenticatorData []byte
	ClientData        []byte // JSON
	Signature         []byte // over AuthenticatorData and the SHA-256 of ClientData
}

// AssertionOptions implements Service.
func (s *service) AssertionOptions(ctx context.Context, member string, challenge [32]byte) (json.RawMessage, error) {
	p, err := s.personOf(ctx, member)
	if err != nil {
		return nil, err
	}
	a, _, err := s.web.BeginLogin(p, webauthn.WithChallenge(challenge[:]))
	if err != nil {
		return nil, err
	}
	return json.Marshal(a.Response)
}

// CheckAssertion implements Service. It keeps no challenge: whoever calls it knows
// that this one is its own and was not answered before.
func (s *service) CheckAssertion(ctx context.Context, member string, challenge [32]byte, answer json.RawMessage) (Assertion, error) {
	if len(answer) > answerMax {
		return Assertion{}, ErrSignIn
	}
	p, err := s.personOf(ctx, member)
	if err != nil {
		return Assertion{}, err
	}
	_, session, err := s.web.BeginLogin(p, webauthn.WithChallenge(challenge[:]))
	if err != nil {
		return Assertion{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Assertion{}, ErrSignIn
	}
	key, err := s.web.ValidateLogin(p, *session, parsed)
	if err != nil || key.Authenticator.CloneWarning {
		return Assertion{}, ErrSignIn
	}
	if err := s.Store.Update(ctx, func(tx Tx) error { return usePasskey(tx, member, key) }); err != nil {
		return Assertion{}, err
	}
	return Assertion{passkeyID(key.ID), key.PublicKey, parsed.Raw.AssertionResponse.AuthenticatorData, parsed.Raw.AssertionResponse.ClientDataJSON,
		parsed.Raw.AssertionResponse.Signature}, nil
}

// personOf is an active member with at least one passkey.
func (s *service) personOf(ctx context.Context, member string) (person, error) {
	p := person{id: member}
	err := s.Store.View(ctx, func(tx Tx) error {
		m, err := tx.Member(member)
		if err != nil {
			return err
		}
		p.keys, err = keysOf(tx, member)
		if err == nil && (m.State != Active || len(p.keys) == 0) {
			err = ErrNotFound
		}
		return err
	})
	return p, err
}

// PublicKeys returns the public keys of a member's passkeys, as COSE_Keys, within
// the caller's transaction.
func PublicKeys(tx Tx, member string) ([][]byte, error) {
	keys, err := keysOf(tx, member)
	var public [][]byte
	for _, k := range keys {
		public = append(public, k.PublicKey)
	}
	return public, err
}
