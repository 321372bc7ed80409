package grant

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// challengeLife is how long a challenge may be answered.
const challengeLife = 5 * time.Minute

// BeginProof asks for a challenge to content that the caller wants to approve.
type BeginProof struct {
	By     access.Actor
	Digest [32]byte
}

// Begun is a challenge: its nonce, and what navigator.credentials.get takes under
// publicKey, as JSON.
type Begun struct {
	Nonce   [32]byte
	Options json.RawMessage
}

// nonceKey derives from a folder's data key that by which nonces are known again.
func nonceKey(data []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, data, nil, "jate nonce of an approval", sha256.Size)
}

// nonceFor is a nonce that only this caller may use, for this content, for a while:
// the time, 64 random bits, and half an HMAC-SHA-256 over all of it. Nothing has to
// be kept for a challenge that nobody answers.
func (s *service) nonceFor(by access.Actor, digest [32]byte, begin [16]byte) [32]byte {
	mac := hmac.New(sha256.New, s.nonces)
	mac.Write(begin[:])
	mac.Write(digest[:])
	mac.Write([]byte(by.ID + "\x00" + by.Programme))
	return [32]byte(append(begin[:], mac.Sum(nil)[:16]...))
}

// BeginProof implements Service.
func (s *service) BeginProof(ctx context.Context, cmd BeginProof) (Begun, error) {
	if err := proving(cmd.By); err != nil {
		return Begun{}, err
	}
	var begin [16]byte
	binary.BigEndian.PutUint64(begin[:], uint64(s.Now().Unix())) // #nosec G115 -- no clock is before 1970
	_, _ = rand.Read(begin[8:])                                  // never fails
	b := Begun{Nonce: s.nonceFor(cmd.By, cmd.Digest, begin)}
	var err error
	b.Options, err = s.People.AssertionOptions(ctx, cmd.By.ID, Challenge(cmd.Digest, b.Nonce))
	if errors.Is(err, staff.ErrNotFound) {
		err = ErrKeys
	}
	return b, err
}

// proving refuses who has no session that a passkey opened.
func proving(by access.Actor) error {
	switch {
	case by.ID == "" || by.Session == "" || by.Programme == "":
		return access.ErrUnauthenticated
	case !by.Passkey:
		return staff.ErrPasskey
	}
	return nil
}

// EndProof is a passkey's answer to a challenge.
type EndProof struct {
	By     access.Actor
	Digest [32]byte
	Nonce  [32]byte
	Answer json.RawMessage
}

// EndProof implements Service.
func (s *service) EndProof(ctx context.Context, cmd EndProof) (Record, error) {
	if err := proving(cmd.By); err != nil {
		return Record{}, err
	}
	begun := time.Unix(int64(binary.BigEndian.Uint64(cmd.Nonce[:8])), 0) // #nosec G115 -- what wraps around is out of the time allowed
	age := s.Now().Sub(begun)
	if want := s.nonceFor(cmd.By, cmd.Digest, [16]byte(cmd.Nonce[:16])); !hmac.Equal(want[:], cmd.Nonce[:]) || age < 0 || age > challengeLife {
		return Record{}, access.ErrProof
	}
	person := s.Authority.Pseudonym(cmd.By.Programme, cmd.By.ID)
	// Sent again after a broken line, it is answered again: an authenticator that
	// counts would be taken for a copy.
	var before Record
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		before, err = tx.LatestRecord(cmd.By.Programme, person, cmd.Digest)
		return err
	})
	if err == nil && before.Nonce == cmd.Nonce {
		return before, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Record{}, err
	}
	a, err := s.People.CheckAssertion(ctx, cmd.By.ID, Challenge(cmd.Digest, cmd.Nonce), cmd.Answer)
	if err != nil {
		return Record{}, err
	}
	r := Record{Programme: cmd.By.Programme, Person: person, Digest: cmd.Digest, Nonce: cmd.Nonce, PublicKey: a.PublicKey,
		AuthenticatorData: a.AuthenticatorData, ClientData: a.ClientData, Signature: a.Signature}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := errors.Join(handed(tx, cmd.By, cmd.Digest), s.namedKey(tx, cmd, person, a.PublicKey)); err != nil {
			return err
		}
		r.At = tx.Now().UTC().Truncate(time.Second)
		hash := r.Hash()
		_, err := ledger.Decide(tx, s.journal(cmd.By, cmd.By.Programme, "approver"), "", "approval-proved", hex.EncodeToString(hash[:]),
			map[string]string{"programme": r.Programme, "digest": hex.EncodeToString(r.Digest[:])})
		return errors.Join(err, tx.PutRecord(r))
	})
	if err == nil {
		_, err = r.Verify() // what a monitor will find
	}
	return r, err
}

// namedKey refuses a passkey that no grant has named: two people have to agree to
// it first. The first member of a monitor's organisation agrees to the own role
// with the passkey that the proposal names.
func (s *service) namedKey(tx Tx, cmd EndProof, person string, key []byte) error {
	var last Keys
	for k, err := range tx.ApproverKeys(cmd.By.Programme) {
		if err != nil {
			return err
		}
		if k.Person == person {
			last = k
		}
	}
	if slices.ContainsFunc(last.Keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
		return nil
	}
	for p, err := range tx.GrantProposals() {
		if err != nil {
			return err
		}
		if p.State == Open && p.Member == cmd.By.ID && p.Digest == cmd.Digest && p.Content.Role == access.RoleMonitor {
			return nil
		}
	}
	return ErrKeyUnnamed
}

// PasskeyProver finds the proof that the actor gave of content with a digest at
// most access.ProofLife ago. A proof may be found twice: what it agrees to is the
// same content, and a command that is repeated must be answered again.
type PasskeyProver struct {
	Store Store
	Now   func() time.Time
}

// Kind returns "passkey".
func (PasskeyProver) Kind() string { return "passkey" }

// Prove implements access.Prover. Errors: access.ErrUnauthenticated,
// staff.ErrPasskey, ErrProofMissing.
func (p PasskeyProver) Prove(ctx context.Context, digest [32]byte) (access.Proof, error) {
	a, err := access.FromContext(ctx)
	if err != nil {
		return access.Proof{}, err
	}
	if err := proving(a); err != nil {
		return access.Proof{}, err
	}
	var r Record
	err = p.Store.View(ctx, func(tx Tx) (err error) {
		r, err = tx.LatestRecord(a.Programme, a.Pseudonym, digest)
		return err
	})
	if errors.Is(err, ErrNotFound) || err == nil && p.Now().Sub(r.At) > access.ProofLife {
		err = ErrProofMissing
	}
	if err != nil {
		return access.Proof{}, err
	}
	hash := r.Hash()
	return access.Proof{Kind: p.Kind(), ID: a.ID, Pseudonym: a.Pseudonym, Digest: digest, At: r.At, Reference: hex.EncodeToString(hash[:])}, nil
}

// OneRecord asks for the record that an entry of the journal names.
type OneRecord struct {
	By   access.Actor
	Hash [32]byte
}

// Record implements Service.
func (s *service) Record(ctx context.Context, q OneRecord) (Record, error) {
	var r Record
	if _, err := q.By.As(Roles[MethodRecord]...); err != nil {
		return r, err
	}
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		r, err = tx.Record(q.By.Programme, q.Hash)
		return err
	})
	return r, err
}

// AllKeys asks for the passkeys that the grants of the caller's programme named.
type AllKeys struct{ By access.Actor }

// NamedKeys implements Service.
func (s *service) NamedKeys(ctx context.Context, q AllKeys) ([]Keys, error) {
	if _, err := q.By.As(Roles[MethodKeys]...); err != nil {
		return nil, err
	}
	var all []Keys
	err := s.Store.View(ctx, func(tx Tx) error {
		all = nil
		for k, err := range tx.ApproverKeys(q.By.Programme) {
			if err != nil {
				return err
			}
			all = append(all, k)
		}
		return nil
	})
	return all, err
}
