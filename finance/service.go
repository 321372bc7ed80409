package finance

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
)

// Service is what a finance office may do here. Every command carries who gives
// it and its idempotency key; a repeated command is answered with the first
// result, and the same key with other content is ledger.ErrKeyReused. Things of
// another programme are not found. Every method returns access.ErrDenied
// without one of the roles that Roles lists for it.
type Service interface {
	// Attach stores a document and says what it belongs to. The same content
	// again is stored once, and attached to one thing once. Errors:
	// documents.ErrDocument, vendors.ErrNotFound for what it should belong to.
	Attach(ctx context.Context, cmd Attach) (documents.Attachment, error)
	// Attachments returns what belongs to one thing, by kind and hash.
	Attachments(ctx context.Context, q AttachedTo) ([]documents.Attachment, error)
	// Document returns a document's content, whose hash was checked. Errors:
	// documents.ErrNotFound where nothing of the programme has it, access.ErrDenied
	// for one with names, documents.ErrDamaged.
	Document(ctx context.Context, q ReadDocument) (Content, error)
	// SetDocumentRules says what the programme requires before it pays. Errors:
	// documents.ErrDocument.
	SetDocumentRules(ctx context.Context, cmd SetDocumentRules) ([]documents.Rule, error)
	DocumentRules(ctx context.Context, q Query) ([]documents.Rule, error)
}

// Config is what a Service needs. All of it is required.
type Config struct {
	Store  Store
	Folder *documents.Folder
}

// Query asks for what there is one of. By is the caller, never the body's.
type Query struct{ By access.Actor }

type service struct {
	store  Store
	folder *documents.Folder
}

// New returns the service. It fails where the configuration lacks something.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Folder == nil {
		return nil, errors.New("finance: Store and Folder are required")
	}
	return &service{store: c.Store, folder: c.Folder}, nil
}

// request is the content that an idempotency key stands for. Who gives the
// command, and the key itself, are no part of it.
type request[C any] struct {
	Method  Method
	Command C
}

// once runs a command at most once for its key, as the actor in the role that
// allows it.
func once[C, R any](ctx context.Context, s *service, m Method, by access.Actor, key string, cmd C, fn func(Tx, ledger.Actor) (R, error)) (R, error) {
	as, err := acting(m, by)
	if err != nil {
		var none R
		return none, err
	}
	k := ledger.CommandKey{Actor: by.Programme + "/" + by.ID, Key: key}
	return ledger.Once(ctx, s.store.Update, k, request[C]{m, cmd}, func(tx Tx) (R, error) { return fn(tx, as) })
}

// read runs a query for an actor who may ask it.
func read[R any](ctx context.Context, s *service, m Method, by access.Actor, fn func(Tx) (R, error)) (R, error) {
	var r R
	if _, err := acting(m, by); err != nil {
		return r, err
	}
	err := s.store.View(ctx, func(tx Tx) (err error) {
		r, err = fn(tx)
		return err
	})
	return r, err
}

// acting returns the actor as the journal names it.
func acting(m Method, by access.Actor) (ledger.Actor, error) {
	if by.ID == "" || by.Programme == "" || by.Pseudonym == "" {
		return ledger.Actor{}, access.ErrUnauthenticated
	}
	role, err := by.As(Roles[m]...)
	if err != nil {
		return ledger.Actor{}, err
	}
	return ledger.Actor{Role: string(role), Name: by.Pseudonym}, nil
}
