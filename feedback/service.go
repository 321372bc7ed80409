package feedback

import (
	"context"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
)

// Service takes evidence from people. Every method but Ask returns
// access.ErrDenied without one of the roles that Roles lists for it, and
// ErrNotFound for what is not the actor's programme's or not for his eyes. A
// repeated command with the same key is answered with the first result; the
// same key with other content is ledger.ErrKeyReused.
type Service interface {
	// RecordComplaint records a complaint and returns its author's code, also
	// where the command is repeated. Errors: ErrComplaint, ErrNotFound and
	// voucher.ErrNotFound for what it names.
	RecordComplaint(ctx context.Context, cmd RecordComplaint) (Recorded, error)
	// ReportHeld records that somebody else keeps cards: in one transaction the
	// cards are held, spares are proposed, and where Second is there the spares
	// take the cards' place. A card that is redeemed already cannot be replaced;
	// the complaint then names it. Errors: those of RecordComplaint,
	// voucher.ErrLife, and those of voucher.AgreeToReissue.
	ReportHeld(ctx context.Context, cmd ReportHeld) (HeldReport, error)
	// PrintSlips prints a batch of blank slips, whose codes become good when a
	// complaint is recorded with their number. The same command prints the same.
	// Errors: ErrComplaint, cards.ErrInput.
	PrintSlips(ctx context.Context, cmd PrintSlips) (Slips, error)
	// ComplaintSlip prints the slip of a complaint that was recorded. Errors:
	// ErrCodeForm, ErrCode, ErrComplaint, cards.ErrInput.
	ComplaintSlip(ctx context.Context, q ComplaintSlip) ([]byte, error)
	// AssignComplaint gives a complaint to a person, and may move it to another
	// category; its due date never moves back. Errors: ErrComplaintState.
	AssignComplaint(ctx context.Context, cmd AssignComplaint) (Complaint, error)
	// AnswerComplaint writes what its author is told. Errors: ErrComplaint,
	// ErrComplaintState, ErrErased.
	AnswerComplaint(ctx context.Context, cmd AnswerComplaint) (Complaint, error)
	// CloseComplaint ends a complaint that was answered or withdrawn. Errors:
	// ErrComplaint, ErrComplaintState.
	CloseComplaint(ctx context.Context, cmd CloseComplaint) (Complaint, error)
	// EraseComplaint erases what was said and answered, in any state; what is open
	// can then be withdrawn alone. By the DPO, and of a complaint about exploitation
	// or abuse by its focal point. Errors: ErrComplaint, ErrNotFound, ErrErased.
	EraseComplaint(ctx context.Context, cmd EraseComplaint) (struct{}, error)
	// Complaint returns a complaint with what was said and the sales records on
	// the cards that it names. Each reading is journalled.
	Complaint(ctx context.Context, q ReadComplaint) (ComplaintView, error)
	// Complaints lists complaints whose ids sort above After, without words.
	Complaints(ctx context.Context, q ListComplaints) (ComplaintPage, error)
	// Ask tells whoever has a code the state of the complaint and its answer, and
	// nothing else. Errors: ErrCodeForm, ErrCode.
	Ask(ctx context.Context, q Ask) (Progress, error)
	// CommitSample fixes the SHA-256 of a nonce, best before the lists of the
	// round are fixed. Errors: ErrDesign, distribution.ErrNotFound.
	CommitSample(ctx context.Context, cmd CommitSample) (Sample, error)
	// FreezeSample fixes who can be drawn and how, after the distribution.
	// Errors: ErrDesign, ErrSampleState, ErrFrame.
	FreezeSample(ctx context.Context, cmd FreezeSample) (Sample, error)
	// DrawSample draws by the nonce and the journal's root at the frame, once a
	// checkpoint covers it. Errors: ErrNonce, ErrSampleState, ErrCheckpoint.
	DrawSample(ctx context.Context, cmd DrawSample) (Sample, error)
	Samples(ctx context.Context, q distribution.Query) ([]Sample, error)
	// Frame returns the text with which Redraw draws again. Errors:
	// ErrSampleState.
	Frame(ctx context.Context, q SampleByID) ([]byte, error)
	// CallList returns whom to call, with telephone numbers for
	// access.RoleMEALOfficer alone. Each list is journalled. Errors:
	// ErrSampleState.
	CallList(ctx context.Context, q SampleByID) (CallList, error)
	// ImportAnswers reads a filled call list. A wrong row is reported and stops
	// no other; the same file again changes nothing. Errors: ErrSampleState,
	// ErrAnswers and those of package table.
	ImportAnswers(ctx context.Context, cmd ImportAnswers) (AnswersReport, error)
	// Results says what the answers say, with intervals and without small cells.
	// Errors: ErrSampleState.
	Results(ctx context.Context, q SampleByID) (Results, error)
	// Sweep erases what was said in complaints that were closed RetentionDays
	// ago. It returns how many.
	Sweep(ctx context.Context) (int, error)
}

// Config is what a Service works with; every field is required.
type Config struct {
	Sealer *distribution.Sealer
	Reads  *distribution.ReadCounter // may be nil
	Rand   io.Reader                 // cryptographically secure, safe for concurrent use
	// DueDays are the programmes' own numbers of days for an answer, by id.
	DueDays map[string]DueDays
}

type service struct {
	store  Store
	sealer *distribution.Sealer
	reads  *distribution.ReadCounter
	rand   io.Reader
	days   map[string]DueDays
}

// New returns the service on the store. It fails where the configuration lacks
// something.
func New(store Store, c Config) (Service, error) {
	if store == nil || c.Sealer == nil || c.Rand == nil {
		return nil, errors.New("feedback: a store, Sealer and Rand are required")
	}
	if err := checkDays(c.DueDays); err != nil {
		return nil, err
	}
	return &service{store, c.Sealer, c.Reads, c.Rand, c.DueDays}, nil
}

// request is the content that an idempotency key stands for.
type request struct {
	Method  Method
	Command any
}

// acting returns the actor as the journal names it.
func acting(m Method, by access.Actor) (ledger.Actor, error) {
	if by.ID == "" || by.Programme == "" || by.Pseudonym == "" {
		return ledger.Actor{}, access.ErrUnauthenticated
	}
	role, err := by.As(Roles[m]...)
	return ledger.Actor{Role: string(role), Name: by.Pseudonym}, err
}

// once runs a command at most once for its key, as the actor in the role that
// allows it. What it returns is stored, so it must hold nothing that a person
// said and no code.
func once[R any](ctx context.Context, s *service, m Method, by access.Actor, key string, cmd any, fn func(Tx, ledger.Actor) (R, error)) (R, error) {
	actor, err := acting(m, by)
	if err != nil {
		var none R
		return none, err
	}
	k := ledger.CommandKey{Actor: by.Programme + "/" + by.ID, Key: key}
	return ledger.Once(ctx, s.store.Update, k, request{m, cmd}, func(tx Tx) (R, error) { return fn(tx, actor) })
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

// textMax bounds what a person says, in characters.
const textMax = 4000

// checkText wants text of lines; least is 0 where it may be missing.
func checkText(field, s string, least int) error {
	n := utf8.RuneCountInString(s)
	ok := utf8.ValidString(s) && n >= least && n <= textMax
	for _, r := range s {
		ok = ok && (r == '\n' || r == '\t' || !unicode.IsControl(r))
	}
	if !ok {
		return ErrComplaint.At(field, "%d to %d letters", least, textMax)
	}
	return nil
}
