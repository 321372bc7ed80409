package vendors

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// Service is what people and handhelds may do here. Every command carries who
// gives it and its idempotency key; a repeated command is answered with the
// first result, and the same key with other content is ledger.ErrKeyReused.
// Things of another programme are ErrNotFound. Every method returns
// access.ErrDenied without one of the roles that Roles lists for it.
type Service interface {
	// RegisterVendor records a trader and his contract. Errors: ErrVendor,
	// ErrTaken, ErrNotFound for the zone.
	RegisterVendor(ctx context.Context, cmd RegisterVendor) (Vendor, error)
	// SuspendVendor suspends a contract, or puts it back in force. What was
	// redeemed before stays payable. Errors: ErrNotFound, ErrVendor.
	SuspendVendor(ctx context.Context, cmd SuspendVendor) (Vendor, error)
	Vendor(ctx context.Context, q ByID) (Vendor, error)
	Vendors(ctx context.Context, q List) (Page[Vendor], error)
	// Summary says what a vendor is owed, has claimed, and owes.
	Summary(ctx context.Context, q ByID) (Summary, error)

	// SetPrices gives a vendor a new version of his price list. Errors:
	// ErrNotFound, ErrVendor.
	SetPrices(ctx context.Context, cmd SetPrices) (PriceList, error)
	// Prices returns the latest version of a vendor's list.
	Prices(ctx context.Context, q ByID) (PriceList, error)
	// SetTerms proposes a new version of what a vendor's contract adds to his
	// claims and keeps from them. Errors: ErrNotFound, ErrVendor.
	SetTerms(ctx context.Context, cmd SetTerms) (Terms, error)
	// ApproveTerms puts the latest version in force. Errors: ErrNotFound,
	// ErrTerms, ErrSamePerson, access.ErrProof.
	ApproveTerms(ctx context.Context, cmd ApproveTerms) (Terms, error)
	// Terms returns the latest version of a vendor's terms.
	Terms(ctx context.Context, q ByID) (Terms, error)
	// ClaimCharges returns what each line of the terms came to on a claim.
	ClaimCharges(ctx context.Context, q ByID) ([]ChargeLine, error)
	// ChangePayment proposes another way or address to pay a vendor. Errors:
	// ErrNotFound, ErrVendor, ErrPaymentChange while one is about to come into force.
	ChangePayment(ctx context.Context, cmd ChangePayment) (PaymentChange, error)
	// AnswerPaymentChange approves it: from then on nothing is prepared or approved
	// for the vendor until it is in force, and then to the new address alone. Or it
	// refuses it. Errors: ErrNotFound, ErrPaymentChange, access.ErrSamePerson,
	// access.ErrProof.
	AnswerPaymentChange(ctx context.Context, cmd AnswerPaymentChange) (PaymentChange, error)
	// PaymentChange returns the last change of a vendor. Errors: ErrNotFound.
	PaymentChange(ctx context.Context, q ByID) (ShownChange, error)
	// SetZone makes a zone or changes its policy. Errors: ErrVendor.
	SetZone(ctx context.Context, cmd SetZone) (Zone, error)
	// Zone returns a zone with its policy's defaults filled in.
	Zone(ctx context.Context, q ByID) (Zone, error)

	// InviteHandheld makes a one-time code for a handheld. The code is in the
	// result of the first call only: nobody can read it again. Errors:
	// ErrNotFound, ErrSuspended, ErrVendor.
	InviteHandheld(ctx context.Context, cmd InviteHandheld) (Invitation, error)
	// EnrolHandheld records the key that the handheld with the code has made.
	// It needs no actor; the code is its own idempotency key. Errors: ErrCode.
	EnrolHandheld(ctx context.Context, cmd EnrolHandheld) (Enrolment, error)
	// ActivateHandheld lets an enrolled handheld sell or hand over. Errors:
	// ErrNotFound, ErrHandheldState, ErrSamePerson for who invited it.
	ActivateHandheld(ctx context.Context, cmd ActivateHandheld) (Handheld, error)
	// RevokeHandheld ends a handheld's life at its loss. Errors: ErrNotFound,
	// ErrHandheldState, ErrVendor for a loss in the future.
	RevokeHandheld(ctx context.Context, cmd RevokeHandheld) (Handheld, error)
	// ReplaceHandheld freezes a handheld and lets another of the same shop take
	// over its role; it returns the old one. Errors: those of RevokeHandheld.
	ReplaceHandheld(ctx context.Context, cmd ReplaceHandheld) (Handheld, error)
	Handheld(ctx context.Context, q ByID) (Handheld, error)
	Handhelds(ctx context.Context, q List) (Page[Handheld], error)

	// PrepareClaim writes a claim from what a vendor redeemed in a round and
	// has in no claim: at most 10,000 lines, the rest is for the next claim.
	// Errors: ErrNotFound, ErrNothingToClaim, ErrClaimLine.
	PrepareClaim(ctx context.Context, cmd PrepareClaim) (Claim, error)
	// BringInvoice reads a vendor's own invoice into a claim whose lines are
	// not matched yet. Errors: ErrNotFound, ErrInvoice with the rows that are
	// wrong, ErrInvoiceTwice, and those of package table.
	BringInvoice(ctx context.Context, cmd BringInvoice) (Claim, error)
	// AcceptClaim posts a claim's matched lines in one entry. Errors:
	// ErrNotFound, ErrClaimState, ErrSamePerson, ErrVendorProof, ErrClaimLine,
	// ErrNothingToClaim, ledger.ErrOverdrawn.
	AcceptClaim(ctx context.Context, cmd AcceptClaim) (Claim, error)
	// RefuseClaim ends a proposed claim; what was in it may be claimed again.
	// Errors: ErrNotFound, ErrClaimState, ErrVendor.
	RefuseClaim(ctx context.Context, cmd RefuseClaim) (Claim, error)
	Claim(ctx context.Context, q ByID) (Claim, error)
	Claims(ctx context.Context, q List) (Page[Claim], error)
	// ClaimLines returns the lines of the claim q.ID, by their numbers.
	ClaimLines(ctx context.Context, q LinesOf) (Page[ClaimLine], error)

	// PrepareSettlement gathers accepted claims into one batch of payments: at
	// most 2,000, the rest is for the next one. Errors: ErrNothingToPay,
	// ErrVendor.
	PrepareSettlement(ctx context.Context, cmd PrepareSettlement) (Settlement, error)
	// ApproveSettlement orders the payments whose digest is given. Errors:
	// ErrNotFound, ErrSettlementState, ErrSettlementChanged, ErrSamePerson,
	// access.ErrProof, documents.ErrMissing, ledger.ErrOverdrawn.
	ApproveSettlement(ctx context.Context, cmd ApproveSettlement) (Settlement, error)
	// RefuseSettlement ends a prepared settlement and frees its claims. Errors:
	// ErrNotFound, ErrSettlementState, ErrVendor.
	RefuseSettlement(ctx context.Context, cmd RefuseSettlement) (Settlement, error)
	Settlement(ctx context.Context, q ByID) (Settlement, error)
	Settlements(ctx context.Context, q List) (Page[Settlement], error)
	// PaymentFile writes the payments that have no result yet, as a bank or
	// operator reads them. Errors: ErrNotFound, ErrSettlementState, ErrTemplate,
	// ErrNothingToPay where none is paid in the way of the file, and for
	// pain.001 ErrBankAccount and bankfile.ErrOrder.
	PaymentFile(ctx context.Context, q PaymentFile) (File, error)
	// ImportResults takes the bank's answers, all of a file or none. The same
	// file again changes nothing. Errors: ErrNotFound, ErrSettlementState,
	// ErrResult with the rows that do not fit, bankfile.ErrStatement, and those
	// of package table.
	ImportResults(ctx context.Context, cmd ImportResults) (Results, error)

	// ImportStatement takes a statement of a bank account and matches its lines
	// with payments, which it confirms, and with entries whose reference the bank
	// repeats. The rest stays open until somebody explains it. The same file again
	// changes nothing. Errors: bankfile.ErrStatement, ErrStatementGap,
	// ErrNotFound for another programme's account, and those of package table.
	ImportStatement(ctx context.Context, cmd ImportStatement) (StatementImport, error)
	// ExplainLine says what a line is. Errors: ErrNotFound, ErrBankLine,
	// ErrVendor.
	ExplainLine(ctx context.Context, cmd ExplainLine) (BankLine, error)
	// AnswerLine agrees to what another person said, and posts it. Errors:
	// ErrNotFound, ErrBankLine, ErrSamePerson, access.ErrProof, ledger.ErrOverdrawn.
	AnswerLine(ctx context.Context, cmd AnswerLine) (BankLine, error)
	BankLines(ctx context.Context, q BankLinesOf) (Page[BankLine], error)
	// BankMonth explains the bank's balance less the books', line by line.
	// Errors: ErrBankMonth, ErrNotFound.
	BankMonth(ctx context.Context, q BankMonthOf) (BankMonth, error)

	// RegisterChequeBook records a book of cheques. Errors: ErrVendor, ErrCheque,
	// ErrNotFound for an account of another programme.
	RegisterChequeBook(ctx context.Context, cmd RegisterChequeBook) (ChequeBook, error)
	// IssueCheque records the cheque written for an ordered payment. Errors:
	// ErrNotFound, ErrVendor, ErrCheque, ErrChequeUsed.
	IssueCheque(ctx context.Context, cmd IssueCheque) (Cheque, error)
	// SpoilCheque records a leaf that became no cheque. Errors: ErrVendor,
	// ErrCheque, ErrChequeUsed.
	SpoilCheque(ctx context.Context, cmd SpoilCheque) (Cheque, error)
	// SayCheque says that a cheque was cleared or is void. Errors: ErrNotFound,
	// ErrVendor, ErrCheque.
	SayCheque(ctx context.Context, cmd SayCheque) (Cheque, error)
	// AnswerCheque agrees to what another person said of a cheque: its payment is
	// made, or failed. Errors: ErrNotFound, ErrCheque, access.ErrSamePerson,
	// access.ErrProof.
	AnswerCheque(ctx context.Context, cmd AnswerCheque) (Cheque, error)
	// ChequeRegister returns an account's books, cheques and what is wrong with
	// them, as on a day. Errors: ErrNotFound.
	ChequeRegister(ctx context.Context, q ChequeRegisterOf) (ChequeRegister, error)

	// PayOut records that the money of a payment in cash was handed over, which
	// does not yet count as paid. Errors: ErrNotFound, ErrCash, ErrVendor.
	PayOut(ctx context.Context, cmd PayOut) (Payout, error)
	// ConfirmCash confirms it by the signed receipt. Errors: ErrNotFound, ErrCash,
	// ErrVendor, access.ErrSamePerson for who paid it out.
	ConfirmCash(ctx context.Context, cmd ConfirmCash) (Settlement, error)

	// PrepareAdvance proposes money for a vendor before he sells. Errors:
	// ErrNotFound, ErrSuspended, ErrVendor.
	PrepareAdvance(ctx context.Context, cmd PrepareAdvance) (AdvanceLine, error)
	// ApproveAdvance pays it. Errors: ErrNotFound, ErrAdvanceState,
	// ErrAdvanceLimit, ErrSamePerson, documents.ErrMissing, ledger.ErrOverdrawn.
	ApproveAdvance(ctx context.Context, cmd ApproveAdvance) (AdvanceLine, error)
	// Advances returns a vendor's advances in the order they were prepared.
	Advances(ctx context.Context, q ByID) (Page[AdvanceLine], error)
}

// Config is what a Service needs. Store, Rand and Prover are required.
type Config struct {
	Store  Store
	Rand   io.Reader     // for codes, ids and nonces: crypto/rand.Reader
	Prover access.Prover // of the approval of settlements
	// Bank is the bank account that pays where a command names none; "main"
	// where empty.
	Bank string
	// Templates are the payment files on offer; DefaultTemplates where nil.
	Templates []Template
	// Banks are the accounts that pay, by the ids of their accounts in the
	// ledger. A pain.001 file needs the one it is drawn on.
	Banks map[string]BankAccount
	// Cooling is how long an approved change of how a vendor is paid waits;
	// CoolingDefault where zero.
	Cooling time.Duration
	// Serial returns a voucher's serial in the form of the ledger, from what an
	// invoice says; false where it is none. Where nil, serials stay as typed.
	Serial func(typed string) (string, bool)
}

// ByID asks for one thing by its id. By is the caller, never the body's.
type ByID struct {
	By access.Actor
	ID string
}

// List asks for a page of a list: at most Limit things, 1 to 1000, whose ids
// sort above After.
type List struct {
	By    access.Actor
	After string
	Limit int
}

// Page is a part of a list. Next is where the next one starts; "" at the end.
type Page[T any] struct {
	Items []T
	Next  string
}

type service struct {
	store     Store
	random    io.Reader
	prover    access.Prover
	bank      string
	templates []Template
	banks     map[string]BankAccount
	serial    func(string) (string, bool)
	cooling   time.Duration
}

// New returns the service. It fails where the configuration lacks something.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Rand == nil || c.Prover == nil {
		return nil, errors.New("vendors: Store, Rand and Prover are required")
	}
	s := &service{store: c.Store, random: c.Rand, prover: c.Prover, bank: c.Bank, templates: c.Templates, banks: c.Banks, serial: c.Serial, cooling: c.Cooling}
	if s.cooling <= 0 {
		s.cooling = CoolingDefault
	}
	if s.bank == "" {
		s.bank = "main"
	}
	if s.templates == nil {
		s.templates = DefaultTemplates()
	}
	for _, t := range s.templates {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	for id, b := range s.banks {
		if err := b.check(id); err != nil {
			return nil, err
		}
	}
	if s.serial == nil {
		s.serial = func(typed string) (string, bool) { return typed, typed != "" }
	}
	return s, nil
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
	err := s.store.View(ctx, func(tx Tx) error {
		var err error
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

// own passes on what was found if it belongs to the actor's programme.
func own[V any](v V, err error, programme func(V) string, by access.Actor) (V, error) {
	if err == nil && programme(v) != by.Programme {
		err = ErrNotFound
	}
	if err != nil {
		var none V
		return none, err
	}
	return v, nil
}

func ownVendor(tx Tx, id ID, by access.Actor) (Vendor, error) {
	v, err := tx.Vendor(id)
	return own(v, err, func(v Vendor) string { return v.Programme }, by)
}

func ownHandheld(tx Tx, id HandheldID, by access.Actor) (Handheld, error) {
	h, err := tx.Handheld(id)
	return own(h, err, func(h Handheld) string { return h.Programme }, by)
}

func ownClaim(tx Tx, id ClaimID, by access.Actor) (Claim, error) {
	c, err := tx.Claim(id)
	return own(c, err, func(c Claim) string { return c.Programme }, by)
}

func ownSettlement(tx Tx, id string, by access.Actor) (Settlement, error) {
	s, err := tx.Settlement(id)
	return own(s, err, func(s Settlement) string { return s.Programme }, by)
}

// page takes the first things of a list.
func page[V any](list iter.Seq2[V, error], limit int, id func(V) string) (Page[V], error) {
	var p Page[V]
	limit = min(max(limit, 1), 1000)
	for v, err := range list {
		if err != nil {
			return Page[V]{}, err
		}
		if len(p.Items) == limit {
			p.Next = id(p.Items[limit-1])
			break
		}
		p.Items = append(p.Items, v)
	}
	return p, nil
}

// idBytes is the random part of an id, 40 bits: enough for ids of one second.
const idBytes = 5

// seed draws the random part of an id, before the transaction, because its
// function may run more than once.
func (s *service) seed() ([]byte, error) {
	b := make([]byte, idBytes)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return nil, fmt.Errorf("draw an id: %w", err)
	}
	return b, nil
}

// newID returns an id of 17 characters that sorts by the second it was made
// in. Base32hex keeps the order of bytes.
func newID(prefix string, at time.Time, seed []byte) string {
	n := at.Unix()
	b := append([]byte{byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, seed...)
	return prefix + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
