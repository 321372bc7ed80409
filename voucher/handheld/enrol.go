package handheld

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"

	"github.com/jate-cva/jate/vendors"
)

// Enrolment is what a handheld is enrolled with.
type Enrolment struct {
	Code   string // from the office, once
	Trust  Trust
	Server string // address, kept in the Identity; may be ""
}

// Enrol makes the handheld's key, proves to the server that it holds it, and
// keeps what it learns about itself. Somebody else must then activate it at
// the office. After a failure the same call may be repeated: it uses the same
// key. It returns ErrEnrolled, vendors.ErrCode, and the errors of server and
// storage.
func Enrol(ctx context.Context, store Storage, cfg Config, server Server, e Enrolment) (*Handheld, error) {
	if len(e.Trust.Root) != ed25519.PublicKeySize || len(e.Trust.Beacon) != ed25519.PublicKeySize {
		return nil, ErrFile.At("trust", "not two Ed25519 keys")
	}
	known, err := store.Load(docIdentity)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	if known != nil {
		return nil, ErrEnrolled
	}
	key, err := loadKey(store)
	if err == nil && key == nil {
		key, err = makeKey(store, cfg.Rand)
	}
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	public := key.Public().(ed25519.PublicKey)
	got, err := server.EnrolHandheld(ctx, vendors.EnrolHandheld{Code: e.Code, PublicKey: public,
		Signature: ed25519.Sign(key, vendors.EnrolmentText(e.Code, public))})
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	if err := keepIdentity(store, e, got); err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return Open(store, cfg)
}

// keepIdentity saves the session first: the handheld is enrolled once its
// identity is there.
func keepIdentity(store Storage, e Enrolment, got vendors.Enrolment) error {
	sess, err := json.Marshal(session{Nonce: got.Nonce})
	if err != nil {
		return err
	}
	id, err := json.Marshal(Identity{Handheld: got.Handheld, Programme: got.Programme, Vendor: got.Vendor,
		Purpose: got.Purpose, Server: e.Server, Root: []byte(e.Trust.Root), Beacon: []byte(e.Trust.Beacon)})
	if err != nil {
		return err
	}
	if err := store.Save(docSession, sess); err != nil {
		return err
	}
	return store.Save(docIdentity, id)
}
