package finance

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
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

	// SetAdvanceLimits bounds what vendors may owe the programme at one time.
	// Errors: ErrMovement.
	SetAdvanceLimits(ctx context.Context, cmd SetAdvanceLimits) (vendors.AdvanceLimits, error)
	AdvanceLimits(ctx context.Context, q Query) (vendors.AdvanceLimits, error)
	// Ageing returns what vendors owe, by age. It sums to the ledger.
	Ageing(ctx context.Context, q Query) (Ageing, error)
	// PrepareMovement proposes a repayment, a write-off or a remittance. Errors:
	// ErrMovement, ErrNotFound, vendors.ErrNotFound.
	PrepareMovement(ctx context.Context, cmd PrepareMovement) (Movement, error)
	// ApproveMovement posts it. Errors: ErrNotFound, ErrMovementState,
	// access.ErrSamePerson, access.ErrProof, ledger.ErrOverdrawn.
	ApproveMovement(ctx context.Context, cmd DecideMovement) (Movement, error)
	// RefuseMovement ends it. Errors: ErrNotFound, ErrMovementState.
	RefuseMovement(ctx context.Context, cmd DecideMovement) (Movement, error)
	Movements(ctx context.Context, q List) (Page[Movement], error)

	// PreparePeriod proposes to close a month, or to open the last closed one
	// again. Errors: ErrPeriod.
	PreparePeriod(ctx context.Context, cmd PreparePeriod) (Period, error)
	// ApprovePeriod does it. What counts in the month must be what it was when it
	// was prepared. Errors: ErrNotFound, ErrPeriodChanged, access.ErrSamePerson,
	// access.ErrProof.
	ApprovePeriod(ctx context.Context, cmd ApprovePeriod) (Period, error)
	// Period returns a month that was proposed or closed. Errors: ErrNotFound.
	Period(ctx context.Context, q ReadPeriod) (Period, error)
	// PeriodReport returns the books of a month, open or closed. Errors:
	// ErrPeriod, ErrPeriodTies.
	PeriodReport(ctx context.Context, q ReadPeriod) (PeriodReport, error)
	// CutOff returns how the programme's vendors stood at the end of a day.
	// Errors: ErrPeriodTies.
	CutOff(ctx context.Context, q ReadCutOff) (CutOff, error)
	// Statement returns a vendor's statement as a PDF. Errors:
	// vendors.ErrNotFound, ErrPeriod, ErrPeriodTies, cards.ErrTooMany.
	Statement(ctx context.Context, q ReadStatement) (Statement, error)
	// Receipts returns receipts for a settlement's payments in cash. Errors:
	// vendors.ErrNotFound, vendors.ErrSettlementState, vendors.ErrNothingToPay.
	Receipts(ctx context.Context, q ReadReceipts) (Receipts, error)
}

// Config is what a Service needs. All of it but Contested is required.
type Config struct {
	Store  Store
	Folder *documents.Folder
	Rand   io.Reader     // for ids: crypto/rand.Reader
	Prover access.Prover // of approvals
	// Contested returns what cases hold of a vendor's money, and why; statements
	// give no reasons where it is nil. Cases are above this package.
	Contested func(tx Tx, programme string, vendor vendors.ID) ([]Held, error)
}

// Query asks for what there is one of. By is the caller, never the body's.
type Query struct{ By access.Actor }

type service struct {
	store  Store
	folder *documents.Folder
	random io.Reader
	prover access.Prover

	contested func(Tx, string, vendors.ID) ([]Held, error)

	foldMu sync.Mutex
	fold   *books // as far as it was read; nil before
}

// New returns the service. It fails where the configuration lacks something.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Folder == nil || c.Rand == nil || c.Prover == nil {
		return nil, errors.New("finance: Store, Folder, Rand and Prover are required")
	}
	return &service{store: c.Store, folder: c.Folder, random: c.Rand, prover: c.Prover, contested: c.Contested}, nil
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

// prove obtains the actor's proof, outside of any transaction.
func (s *service) prove(ctx context.Context, m Method, by access.Actor, digest [32]byte) (access.Proof, error) {
	if _, err := acting(m, by); err != nil {
		return access.Proof{}, err
	}
	return s.prover.Prove(access.NewContext(ctx, by), digest)
}

// seed draws the random part of an id, before the transaction, because its
// function may run more than once.
func (s *service) seed() ([]byte, error) {
	b := make([]byte, 5)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return nil, fmt.Errorf("draw an id: %w", err)
	}
	return b, nil
}

// newID returns an id of 17 characters that sorts by the second it was made in.
func newID(prefix string, at time.Time, seed []byte) string {
	n := at.Unix()
	b := append([]byte{byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, seed...)
	return prefix + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// digestOf returns the SHA-256 of v as JSON.
func digestOf(v any) ([32]byte, error) {
	b, err := json.Marshal(v)
	return sha256.Sum256(b), err
}
