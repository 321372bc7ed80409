package finance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// Errors of periods.
var (
	ErrPeriod = fault.New(fault.Invalid, "period_invalid",
		"A period is a month such as 2026-03 that has ended, and to open one again takes a reason.",
		"Une période est un mois tel que 2026-03 qui est terminé, et pour la rouvrir il faut un motif.")
	ErrPeriodChanged = fault.New(fault.Conflict, "period_changed",
		"The books of this month are no longer what was prepared, or nothing is prepared for it. Prepare it again.",
		"Les comptes de ce mois ne sont plus ceux qui ont été préparés, ou rien n'est préparé. Préparez-les à nouveau.")
	ErrPeriodTies = fault.New(fault.Internal, "period_ties",
		"The journal does not come to the balances. Nothing was closed.",
		"Le journal ne correspond pas aux soldes. Rien n'a été clos.")
)

// PeriodState is where a month is.
type PeriodState string

// The states.
const (
	PeriodOpen   PeriodState = "open"
	PeriodClosed PeriodState = "closed"
)

// Period is a month of the books, which all programmes of a server share.
type Period struct {
	Month  string // "2026-03"
	State  PeriodState
	Digest [32]byte // SHA-256 of its report, as it was closed last
	// Proposed is what one person proposes, to be approved by another.
	Proposed Proposed
	Before   time.Time       // up to where was closed before it
	Approval access.Approval // of the last change
	Entry    uint64          // that journalled it
}

// Proposed is a change of a period that waits for another person; the zero one
// is none.
type Proposed struct {
	State      PeriodState
	Digest     [32]byte // of the month's report, and of the reason
	Reason     string   // to open it again; it is not in the journal
	Programme  string   // of who proposed it
	PreparedBy string   // staff id
	At         time.Time
}

// PreparePeriod is the command to propose that a month is closed, or opened
// again for a reason.
type PreparePeriod struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Month  string
	Reopen bool
	Reason string // 1 to 128 bytes where it is opened again
}

// ApprovePeriod is the command to make the proposed change whose digest is
// given.
type ApprovePeriod struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Month  string
	Digest [32]byte
}

// ReadPeriod asks for a month.
type ReadPeriod struct {
	By    access.Actor
	Month string
}

// last returns the last second of a month, or ErrPeriod.
func last(month string) (time.Time, error) {
	start, err := time.Parse("2006-01", month)
	if err != nil || !monthForm.MatchString(month) {
		return time.Time{}, ErrPeriod.At("month", "not a month")
	}
	return start.AddDate(0, 1, 0).Add(-time.Second), nil
}

func (s *service) PreparePeriod(ctx context.Context, cmd PreparePeriod) (Period, error) {
	if _, err := acting(MethodPreparePeriod, cmd.By); err != nil {
		return Period{}, err
	}
	end, err := last(cmd.Month)
	if err != nil {
		return Period{}, err
	}
	// Reading the journal is long work, and none for the one writer.
	r, err := s.report(ctx, cmd.Month)
	if err != nil {
		return Period{}, err
	}
	return once(ctx, s, MethodPreparePeriod, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Period, error) {
		p, err := tx.Period(cmd.Month)
		if errors.Is(err, ErrNotFound) {
			p, err = Period{Month: cmd.Month, State: PeriodOpen}, nil
		}
		if err != nil {
			return Period{}, err
		}
		n := Proposed{State: PeriodClosed, Programme: cmd.By.Programme, PreparedBy: cmd.By.ID, At: tx.Now()}
		switch closed, err := tx.ClosedThrough(); {
		case err != nil:
			return Period{}, err
		case cmd.Reopen && (!plain(cmd.Reason) || p.State != PeriodClosed || !closed.Equal(end)):
			return Period{}, ErrPeriod.At("month", "the last closed month is opened again, for a reason")
		case !cmd.Reopen && (cmd.Reason != "" || p.State == PeriodClosed || !end.Before(tx.Now()) || !end.After(closed)):
			return Period{}, ErrPeriod.At("month", "a month that has ended and is open is closed, without a reason")
		}
		what := "close-proposed"
		if cmd.Reopen {
			n.State, n.Reason, what = PeriodOpen, cmd.Reason, "reopening-proposed"
		}
		said := access.Content{What: "period", ID: cmd.Month, Programme: cmd.By.Programme, Lines: []access.Line{{"is", string(n.State)},
			{"reason", n.Reason}, {"report", fmt.Sprintf("%x", r.Digest)}}}
		n.Digest = said.Digest()
		p.Proposed, p.Digest = n, r.Digest
		_, err = ledger.Decide(tx, as, "", what, cmd.Month, map[string]string{"digest": fmt.Sprintf("%x", n.Digest), "report": fmt.Sprintf("%x", r.Digest)})
		return p, errors.Join(err, tx.PutPrepared(said.Prepare(cmd.By, Roles[MethodApprovePeriod])), tx.PutPeriod(p))
	})
}

func (s *service) ApprovePeriod(ctx context.Context, cmd ApprovePeriod) (Period, error) {
	proof, err := s.prove(ctx, MethodApprovePeriod, cmd.By, cmd.Digest)
	if err != nil {
		return Period{}, err
	}
	end, err := last(cmd.Month)
	if err != nil {
		return Period{}, err
	}
	r, err := s.report(ctx, cmd.Month)
	if err != nil {
		return Period{}, err
	}
	return once(ctx, s, MethodApprovePeriod, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Period, error) {
		p, err := tx.Period(cmd.Month)
		if err != nil {
			return Period{}, err
		}
		n := p.Proposed
		if n.State == "" || n.Digest != cmd.Digest || p.Digest != r.Digest {
			return Period{}, ErrPeriodChanged
		}
		if err := unmoved(tx, r.Size, end); err != nil {
			return Period{}, err
		}
		a := access.Proposal{Programme: n.Programme, Digest: n.Digest, PreparedBy: n.PreparedBy, Roles: Roles[MethodApprovePeriod]}
		if a, err = a.Approve(cmd.By, proof, tx.Now()); err != nil {
			return Period{}, err
		}
		facts := proof.Facts(map[string]string{"report": fmt.Sprintf("%x", r.Digest), "entries": strconv.FormatUint(r.Size, 10), "month": cmd.Month})
		var e ledger.Entry
		if n.State == PeriodClosed {
			if p.Before, err = tx.ClosedThrough(); err != nil {
				return Period{}, err
			}
			e, err = ledger.Close(tx, as, end, facts)
		} else {
			e, err = ledger.Reopen(tx, as, end, p.Before, facts)
		}
		if err != nil {
			return Period{}, err
		}
		p.State, p.Proposed, p.Approval, p.Entry = n.State, Proposed{}, a.Approvals[0], e.Seq
		return p, tx.PutPeriod(p)
	})
}

// unmoved returns ErrPeriodChanged where an entry that came after the report
// was made counts in the month.
func unmoved(tx Tx, size uint64, end time.Time) error {
	for r, err := range tx.Journal(size) {
		if err != nil {
			return err
		}
		if e := r.Entry; len(e.Postings) > 0 && !e.Booked().After(end) {
			return ErrPeriodChanged
		}
	}
	return nil
}

func (s *service) Period(ctx context.Context, q ReadPeriod) (Period, error) {
	return read(ctx, s, MethodPeriod, q.By, func(tx Tx) (Period, error) { return tx.Period(q.Month) })
}

func (s *service) PeriodReport(ctx context.Context, q ReadPeriod) (PeriodReport, error) {
	if _, err := acting(MethodPeriodReport, q.By); err != nil {
		return PeriodReport{}, err
	}
	return s.report(ctx, q.Month)
}
