package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
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

	// OpenCase opens a case on findings about one vendor in one round. Errors:
	// ErrNotFound for a finding that there is not (any more), ErrCase.
	OpenCase(ctx context.Context, cmd OpenCase) (Case, error)
	// Freeze moves the money of the redemptions in the case's evidence, and no
	// other, from the vendor's redeemed or claimed account to his contested
	// one, as far as it is still there. Only findings that score enough count as
	// evidence for it: a single weak signal freezes nobody. Errors: ErrNotFound,
	// ErrCaseState, ErrWeak, ErrNothingFrozen.
	Freeze(ctx context.Context, cmd Decide) (Case, error)
	// Release ends a case in the vendor's favour and moves the money back where
	// it was. Where the claim that it was taken from has been paid without it,
	// an accepted claim of its own asks for it. Errors: ErrNotFound,
	// ErrCaseState.
	Release(ctx context.Context, cmd Decide) (Case, error)
	// Uphold writes the frozen money off: each redemption is reversed, back to
	// its voucher, so that the household can buy with it, or to the round once
	// the lot is closed; an accepted loss, and kilos that were bought, back to
	// the contingency. It takes another person than who froze the money, and
	// the case's digest. Errors: ErrNotFound, ErrCaseState, ErrCaseChanged,
	// access.ErrSamePerson, access.ErrProof.
	Uphold(ctx context.Context, cmd Uphold) (Case, error)

	// Case returns a case.
	Case(ctx context.Context, q CaseByID) (Case, error)
	// Cases lists a programme's cases whose ids sort above After.
	Cases(ctx context.Context, q ListCases) (CasePage, error)
}

// Query asks for the reconciliation of a round, of all where Round is "".
type Query struct {
	By    access.Actor
	Round string
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

// Config is what a Service needs; every field is required.
type Config struct {
	Store   Store
	Vendors vendors.Service // accepts what was matched
	Prover  access.Prover   // of the approval of write-offs
	// Limits are what detectors compare with; detect.Defaults() unless an
	// operator has others.
	Limits detect.Thresholds
}

type service struct {
	store   Store
	vendors vendors.Service
	prover  access.Prover
	limits  detect.Thresholds
}

// New returns the service. It fails where the configuration lacks something.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Vendors == nil || c.Prover == nil || c.Limits == (detect.Thresholds{}) {
		return nil, errors.New("reconcile: Store, Vendors, Prover and Limits are required")
	}
	return &service{c.Store, c.Vendors, c.Prover, c.Limits}, nil
}

// Run is documented at Service.
func (s *service) Run(ctx context.Context, q Query) (Report, error) {
	return read(ctx, s, MethodRun, q.By, func(tx Tx) (Report, error) { return s.report(tx, q.By.Programme, q.Round) })
}

// report makes the report of what tx sees.
func (s *service) report(tx Tx, programme, round string) (Report, error) {
	r := Report{Programme: programme, Round: round}
	f, err := load(tx, scope{programme: programme, round: round, records: true})
	if err != nil {
		return Report{}, err
	}
	if r.Size, r.Checkpoint, r.At, err = journal(tx); err != nil {
		return Report{}, err
	}
	r.Lines = match(f)
	if r.Totals, err = totalsOf(f, r.Lines); err != nil {
		return Report{}, err
	}
	r.Findings = find(f, r.Lines, s.limits)
	for c, err := range tx.Cases(programme) {
		if err != nil {
			return Report{}, err
		}
		if round == "" || c.Round == round {
			r.Cases = append(r.Cases, c)
		}
	}
	if r.TieErrors, err = tie(f); err != nil {
		return Report{}, err
	}
	r.Ties = len(r.TieErrors) == 0
	return r, nil
}

// journal returns the size and root of the journal, and when its last entry
// was written: the clock has no part in a report.
func journal(tx Tx) (size uint64, root string, at time.Time, err error) {
	if size, err = tx.Size(); err != nil || size == 0 {
		return 0, "", time.Time{}, err
	}
	hash, err := ledger.Root(tx, size)
	if err != nil {
		return 0, "", time.Time{}, err
	}
	last, err := tx.Entry(size - 1)
	return size, hash.String(), last.Posted, err
}

// MatchClaim is documented at Service.
func (s *service) MatchClaim(ctx context.Context, q MatchClaim) (Match, error) {
	return read(ctx, s, MethodMatchClaim, q.By, func(tx Tx) (Match, error) { return matchClaim(tx, q) })
}

func matchClaim(tx Tx, q MatchClaim) (Match, error) {
	c, err := tx.Claim(q.Claim)
	switch {
	case err != nil:
		return Match{}, err
	case c.Programme != q.By.Programme:
		return Match{}, vendors.ErrNotFound
	case c.State == vendors.ClaimRefused:
		return Match{}, vendors.ErrClaimState.At("state", "it is %s", c.State)
	}
	f, err := load(tx, scope{programme: c.Programme, round: c.Round, vendor: c.Vendor})
	if err != nil {
		return Match{}, err
	}
	m := Match{Claim: c, Entries: map[int]uint64{}, Problems: map[int]string{}, Matched: money.Francs(0), ByReason: map[Exception]Problem{}}
	for _, l := range match(f) {
		if l.Claim != c.ID {
			continue
		}
		if err := m.add(l); err != nil {
			return Match{}, err
		}
	}
	return m, nil
}

func (m *Match) add(l Line) (err error) {
	m.Lines = append(m.Lines, l)
	if l.Matched {
		m.Entries[l.N] = l.Entry
		m.Matched, err = m.Matched.Add(l.Claimed)
		return err
	}
	m.Problems[l.N] = string(l.Exception)
	p, ok := m.ByReason[l.Exception]
	if !ok {
		p.Value = money.Francs(0)
	}
	p.Lines++
	p.Value, err = p.Value.Add(l.Claimed)
	m.ByReason[l.Exception] = p
	return err
}

// AcceptMatched is documented at Service.
func (s *service) AcceptMatched(ctx context.Context, cmd AcceptMatched) (vendors.Claim, error) {
	accept := vendors.AcceptClaim{By: cmd.By, Key: cmd.Key, Claim: cmd.Claim, VendorProof: cmd.VendorProof}
	frozen, err := read(ctx, s, MethodAcceptMatched, cmd.By, func(tx Tx) ([]uint64, error) { return complete(tx, &accept) })
	if err != nil {
		return vendors.Claim{}, err
	}
	if len(frozen) > 0 {
		if err := s.store.Update(ctx, func(tx Tx) error { return takeOut(tx, cmd.Claim, frozen) }); err != nil {
			return vendors.Claim{}, err
		}
	}
	// Between the two transactions a redemption may be undone or claimed:
	// AcceptClaim looks at each entry again and refuses all if one fails.
	return s.vendors.AcceptClaim(ctx, accept)
}

// complete adds to the command what matches. A self-billed claim carries its
// entries itself: complete returns those of them that a case has frozen.
func complete(tx Tx, cmd *vendors.AcceptClaim) (frozen []uint64, err error) {
	m, err := matchClaim(tx, MatchClaim{By: cmd.By, Claim: cmd.Claim})
	switch {
	case err != nil:
		return nil, err
	case m.Claim.Kind == vendors.SelfBilled:
		for _, l := range m.Lines {
			if l.HasEntry && !l.Matched {
				frozen = append(frozen, l.Entry)
			}
		}
		return frozen, nil
	case m.Claim.State != vendors.ClaimProposed:
		return nil, asAccepted(tx, cmd)
	case len(m.Entries) == 0:
		return nil, ErrMatched
	}
	cmd.Entries, cmd.Problems = m.Entries, m.Problems
	return nil, nil
}

// takeOut takes redemptions out of a proposed claim, so that a later one can
// ask for them once they are released.
func takeOut(tx Tx, id vendors.ClaimID, entries []uint64) error {
	c, err := tx.Claim(id)
	if err != nil || c.State != vendors.ClaimProposed {
		return err
	}
	for _, seq := range entries {
		switch in, err := tx.ClaimOf(seq); {
		case errors.Is(err, vendors.ErrNotFound), err == nil && in != id:
			continue // taken out meanwhile
		case err != nil:
			return err
		}
		if _, err := vendors.ReverseInClaim(tx, seq); err != nil {
			return err
		}
	}
	return nil
}

// asAccepted makes the command what it was when the claim was accepted, so that
// a repetition under the same key is answered as before, whatever came since.
func asAccepted(tx Tx, cmd *vendors.AcceptClaim) error {
	cmd.Entries, cmd.Problems = map[int]uint64{}, map[int]string{}
	for l, err := range tx.ClaimLines(cmd.Claim, 0) {
		switch {
		case err != nil:
			return err
		case l.Problem == "":
			cmd.Entries[l.N] = l.Entry
		default:
			cmd.Problems[l.N] = l.Problem
		}
	}
	return nil
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
