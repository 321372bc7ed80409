package reconcile

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

// Service reconciles and keeps cases. Every method returns access.ErrDenied
// without one of the roles that Roles lists for it, and ErrNotFound for what is
// not the actor's programme's. A repeated command with the same key is answered
// with the first result; the same key with other content is
// ledger.ErrKeyReused.
type Service interface {
	// Run reconciles a round, or every round of the programme. It changes
	// nothing. Errors: ErrNotFound for the round, ErrTooLarge.
	Run(ctx context.Context, q Query) (Report, error)

	// MatchClaim says which lines of a claim match which redemptions, and what
	// is wrong with the others. It changes nothing. Errors:
	// vendors.ErrNotFound, vendors.ErrClaimState for a refused claim.
	MatchClaim(ctx context.Context, q MatchClaim) (Match, error)
	// AcceptMatched accepts exactly the matched lines of a claim; the others
	// stay out, each with its exception. Errors: ErrMatched where there are
	// none, and those of vendors.Service.AcceptClaim.
	AcceptMatched(ctx context.Context, cmd AcceptMatched) (vendors.Claim, error)

	// ReadLines says what lines of a proposed invoice mean, where a person has
	// to. The journal has the decision, the claim what was typed. Errors:
	// vendors.ErrNotFound, vendors.ErrClaimState, vendors.ErrClaimLine for what
	// is no line of the claim, no redemption of its vendor and round that
	// stands and is in no claim, or does not come to the same sum.
	ReadLines(ctx context.Context, cmd ReadLines) (vendors.Claim, error)

	// OpenCase opens a case on findings about one vendor in one round, or adds
	// them to the open case about the same thing. Errors: ErrNotFound for a
	// finding that there is not (any more), ErrCase.
	OpenCase(ctx context.Context, cmd OpenCase) (Case, error)
	// ProposeCases groups the findings of a round that are in no case by what
	// they are about: a trader in a round, one handheld of his, or where what was
	// found takes more than traders a team of the staff or a distribution point.
	// It changes nothing. Errors: ErrNotFound for the round, ErrTooLarge.
	ProposeCases(ctx context.Context, q ProposeCases) ([]CaseProposal, error)
	// OpenProposed opens these cases, and adds to those that are open. Errors:
	// those of ProposeCases, ErrCase.
	OpenProposed(ctx context.Context, cmd OpenProposed) ([]OpenedCase, error)
	// SeekCalls makes a sample of the households whose word tells most about what
	// the detectors cannot decide: of each trader those whose sales have what he
	// has too much of, and customers of his by lot where two deny. Who answered, or
	// was not reached, is not called again, so that the next list goes on from the
	// answers to this one. Errors: ErrNotFound for the round, ErrTooLarge,
	// ErrNobodySought, feedback.ErrDesign.
	SeekCalls(ctx context.Context, cmd SeekCalls) (feedback.Sample, error)
	// AssignCase says who looks into a case, and until when. Errors:
	// ErrNotFound, ErrCaseState, ErrCase.
	AssignCase(ctx context.Context, cmd Assign) (Case, error)
	// CommentCase keeps what somebody wrote; the journal has its SHA-256.
	// Errors: ErrNotFound, ErrCaseState, ErrCase.
	CommentCase(ctx context.Context, cmd AddComment) (Comment, error)
	// AskVendor notes that the findings were put to the vendor, and until when
	// he may answer. Errors: ErrNotFound, ErrCaseState, ErrCase.
	AskVendor(ctx context.Context, cmd AskVendor) (Case, error)
	// AnswerOfVendor records what he answered. Errors: ErrNotFound,
	// ErrCaseState, ErrCase, ErrUnheard where he was not asked.
	AnswerOfVendor(ctx context.Context, cmd AnswerOfVendor) (Case, error)
	// Freeze moves the money of the redemptions in the case's evidence, and no
	// other, from the vendor's redeemed or claimed account to his contested
	// one, as far as it is still there; of what the bank has paid, it notes that
	// the case is about it too. Only findings that score enough count as
	// evidence for it: a single weak signal freezes nobody. Repeated after more
	// was found, it adds to what is frozen. Errors: ErrNotFound, ErrCaseState,
	// ErrWeak, ErrNothingFrozen.
	Freeze(ctx context.Context, cmd Decide) (Case, error)
	// Release decides for the vendor, about all that waits for a decision or
	// some of it, and moves the money back where it was. Where the claim that it
	// was taken from has been paid without it, an accepted claim of its own asks
	// for it. Errors: ErrNotFound, ErrCaseState, ErrCase, ErrInvolved.
	Release(ctx context.Context, cmd Release) (Case, error)
	// Uphold decides against the vendor. What he was paid before he owes the
	// programme; see Recover. What is frozen is written off: each redemption is reversed, back to
	// its voucher, so that the household can buy with it, or to the round once
	// the lot is closed; an accepted loss, and kilos that were bought, back to
	// the contingency. It takes another person than who froze the money, who has
	// no part in the case and looked at its digest, and a vendor who was heard.
	// Errors: ErrNotFound, ErrCaseState, ErrCase, ErrCaseChanged, ErrInvolved,
	// ErrUnheard, access.ErrSamePerson, access.ErrProof.
	Uphold(ctx context.Context, cmd Uphold) (Case, error)

	// Recover notes that a vendor paid something of a case's debt back: off an
	// accepted claim that is in no settlement, or at the bank. What comes in goes
	// to the round that it was spent from. AcceptMatched does it of itself.
	// Errors: ErrNotFound, ErrDebt, ErrCase.
	Recover(ctx context.Context, cmd Recover) (Case, error)
	// GiveUp writes off what is left of a case's debt: one person proposes it,
	// and another approves the digest who has no part in the case. Errors:
	// ErrNotFound, ErrDebt, ErrCaseChanged, ErrInvolved, access.ErrSamePerson,
	// access.ErrProof.
	GiveUp(ctx context.Context, cmd GiveUp) (Case, error)

	// Case returns a case.
	Case(ctx context.Context, q CaseByID) (Case, error)
	// Cases lists a programme's cases whose ids sort above After.
	Cases(ctx context.Context, q ListCases) (CasePage, error)
	// CaseHistory returns what was done about a case, from the journal.
	CaseHistory(ctx context.Context, q CaseByID) ([]evidence.Event, error)
	// CasePack returns the evidence of a case with its proofs against the latest
	// checkpoint. Errors: ErrNotFound, ErrUnsigned, ErrTooLarge.
	CasePack(ctx context.Context, q CaseByID) (evidence.Pack, error)
	// AttachToCase keeps a document of a case, by its SHA-256, whatever state the
	// case is in; the journal has the hash, and so has the evidence pack. What is
	// attached already stays as it was. Errors: ErrNotFound,
	// documents.ErrDocument.
	AttachToCase(ctx context.Context, cmd AttachToCase) (documents.Attachment, error)
	// CaseComments returns what was written about a case, the vendor's answers
	// among it.
	CaseComments(ctx context.Context, q CaseByID) ([]Comment, error)
}

// Query asks for the reconciliation of a round, of all where Round is "".
type Query struct {
	By       access.Actor
	Round    string
	Quick    bool // without findings
	Progress Progress
}

// Progress is told how far a report is: done of so many steps, which take about
// as long as each other. It may be nil.
type Progress func(done, of int)

// reportSteps are how far Make counts.
const reportSteps = 200

// Where the parts of a report begin, as parts of reportSteps: about as long as
// they take.
const (
	atReceipts, atJournal, atClaims, atPeople, atMatch, atFind = 0, 50, 80, 90, 110, 112
)

// at tells that so many steps are done.
func (p Progress) at(done int) {
	if p != nil {
		p(done, reportSteps)
	}
}

// tellEach is of how many things progress is told once.
const tellEach = 5_000

// within tells that so much of a part of the report is done, now and then.
func (p Progress) within(from, to, done, of int) {
	if p != nil && done%tellEach == 0 && of > 0 {
		p.at(from + (to-from)*min(done, of)/of)
	}
}

// MatchClaim asks how a claim's lines match.
type MatchClaim struct {
	By    access.Actor
	Claim vendors.ClaimID
}

// Match is how one claim's lines match.
type Match struct {
	Claim    vendors.Claim
	Lines    []Line                // in the order of the claim
	Entries  map[int]uint64        // number of a matched line to its redemption
	Problems map[int]string        // number of another line to its Exception
	Matched  money.Amount          // of the matched lines, in XOF
	ByReason map[Exception]Problem // what the others come to
}

// Problem is what the lines of one exception come to.
type Problem struct {
	Lines int
	Value money.Amount // claimed, in XOF
}

// AcceptMatched is the command to accept a claim's matched lines.
type AcceptMatched struct {
	By          access.Actor
	Key         string
	Claim       vendors.ClaimID
	VendorProof string // as of vendors.AcceptClaim; required of a self-billed claim
}

// Config is what a Service needs; every field but Keeper is required.
type Config struct {
	Store   Store
	Vendors vendors.Service // accepts what was matched
	Prover  access.Prover   // of the approval of write-offs
	// Limits are what detectors compare with; detect.Defaults() unless an
	// operator has others.
	Limits detect.Thresholds
	Papers Papers // keeps what is attached to cases
	// Keeper makes the reports, and keeps what it made the latest from; where nil
	// each is made from everything. Services that share it share what it keeps.
	Keeper *Keeper
}

type service struct {
	store   Store
	vendors vendors.Service
	prover  access.Prover
	limits  detect.Thresholds
	papers  Papers
	keeper  *Keeper                                      // may be nil
	ring    func(Tx, Finding, []string) (Subject, error) // ringOf
}

// New returns the service. It fails where the configuration lacks something.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Vendors == nil || c.Prover == nil || c.Papers == nil || c.Limits == (detect.Thresholds{}) {
		return nil, errors.New("reconcile: Store, Vendors, Prover, Papers and Limits are required")
	}
	return &service{c.Store, c.Vendors, c.Prover, c.Limits, c.Papers, c.Keeper, ringOf}, nil
}

// Run is documented at Service.
func (s *service) Run(ctx context.Context, q Query) (Report, error) {
	return read(ctx, s, MethodRun, q.By, func(tx Tx) (Report, error) {
		a := Ask{q.By.Programme, q.Round, q.Quick, q.Progress}
		if s.keeper == nil {
			return makeOnce(tx, s.limits, a)
		}
		return s.keeper.Report(ctx, tx, a)
	})
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
