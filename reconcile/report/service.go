package report

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
)

// Service makes reports; it changes nothing. Every method returns
// access.ErrDenied without one of the roles that Roles lists for it, and
// reconcile.ErrNotFound for what is not the actor's programme's.
type Service interface {
	// Round counts every figure of a round. Errors: those of reconcile.Make.
	Round(ctx context.Context, q Query) (Round, error)
	// Explain says what a figure of a round is made of. Errors: ErrFigure, and
	// those of Round.
	Explain(ctx context.Context, q Explain) (Explanation, error)
	// Donor says what a fund's money did, with every small count left out. It
	// decrypts the households of the fund's rounds, which the journal says.
	// Errors: distribution.ErrNotFound for the fund, ErrProfiles.
	Donor(ctx context.Context, q DonorQuery) (Donor, error)
	// Activities says who did what, where, when and for whom in each round of
	// the programme, or in one, with every small count left out. Errors: those
	// of Donor.
	Activities(ctx context.Context, q Query) ([]Activity, error)
}

// Query asks for the report on a round.
type Query struct {
	By       access.Actor
	Round    string
	Progress func(done, of int) // called as the work goes on; may be nil
}

// Explain asks what a figure is made of.
type Explain struct {
	Query
	Figure string // its id
}

// Explanation is a figure with all its terms, which add up to its value.
type Explanation struct {
	Figure
	Terms      []Term
	Size       uint64 // of the journal that they were read from
	Checkpoint string // its root, in standard base64
}

// Config is what a Service needs.
type Config struct {
	Store  Store
	Limits detect.Thresholds // as reconcile.Config has them
	Keeper *reconcile.Keeper // as reconcile.Config has it; nil to read everything for each report
	// Profiles says who rounds were for. Without it there is no report to a
	// donor and none of activities.
	Profiles Profiles
}

type service struct{ Config }

// New returns the service. It fails where the configuration lacks something.
func New(c Config) (Service, error) {
	if c.Store == nil || c.Limits == (detect.Thresholds{}) {
		return nil, errors.New("report: Store and Limits are required")
	}
	return &service{c}, nil
}

// Round is documented at Service.
func (s *service) Round(ctx context.Context, q Query) (Round, error) {
	return s.make(ctx, MethodRound, q, nil)
}

// Explain is documented at Service.
func (s *service) Explain(ctx context.Context, q Explain) (Explanation, error) {
	var out Explanation
	k := ParseKey(q.Figure)
	r, err := s.make(ctx, MethodExplain, q.Query, func(of Key) func(Term) error {
		if of != k {
			return nil
		}
		return func(t Term) error {
			out.Terms = append(out.Terms, t)
			return nil
		}
	})
	if err != nil {
		return Explanation{}, err
	}
	if r.all[k] == nil {
		return Explanation{}, ErrFigure.At("figure", "%.80q", q.Figure)
	}
	out.Figure, out.Size, out.Checkpoint = r.Get(k), r.Size, r.Checkpoint
	return out, nil
}

// may reports whether the actor may call the method.
func (s *service) may(m Method, by access.Actor) error {
	if by.ID == "" || by.Programme == "" {
		return access.ErrUnauthenticated
	}
	_, err := by.As(Roles[m]...)
	return err
}

func (s *service) make(ctx context.Context, m Method, q Query, terms func(Key) func(Term) error) (Round, error) {
	if err := s.may(m, q.By); err != nil {
		return Round{}, err
	}
	var r Round
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		r, err = s.round(ctx, tx, q, terms)
		return err
	})
	return r, err
}

// round makes a round's report from what is kept of the last one.
func (s *service) round(ctx context.Context, tx Tx, q Query, terms func(Key) func(Term) error) (Round, error) {
	w := Watch{Progress: q.Progress, Terms: terms}
	if s.Keeper != nil {
		w.Reconcile = func(p reconcile.Progress) (reconcile.Report, error) {
			return s.Keeper.Report(ctx, tx, reconcile.Ask{Programme: q.By.Programme, Round: q.Round, Progress: p})
		}
	}
	return Make(tx, q.By.Programme, q.Round, s.Limits, w)
}
