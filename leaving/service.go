package leaving

import (
	"context"
	"errors"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// Service lists and hands over what somebody leaves behind.
type Service interface {
	// Work returns what is open in a member's name, and what the programmes would
	// lack. Errors: staff.ErrNotFound, access.ErrDenied.
	Work(ctx context.Context, q Work) (Left, error)
	// Leave disables the member and ends or hands over all of it. Errors:
	// staff.ErrNotFound, staff.ErrStepUp, grant.ErrLast, ErrSelf, ErrSuccessor,
	// ErrShort.
	Leave(ctx context.Context, cmd Leave) (Left, error)
}

// Work asks what is open in a member's name.
type Work struct {
	By     access.Actor
	Member string
}

type service struct {
	store Store
	names *access.Authority
	now   func() time.Time
}

// New returns the service. All is required.
func New(store Store, names *access.Authority, now func() time.Time) (Service, error) {
	if store == nil || names == nil || now == nil {
		return nil, errors.New("leaving: store, names and now are required")
	}
	return &service{store, names, now}, nil
}

// freshly refuses a caller whose last proof is too old for what changes who can
// act (ASVS 7.5.3).
func (s *service) freshly(by access.Actor) error {
	if by.ID == "" || by.Session == "" {
		return access.ErrUnauthenticated
	}
	if s.now().Sub(by.Proved) > staff.StepUpLife {
		return staff.ErrStepUp
	}
	return nil
}

// managed returns a member whom the caller, an administrator, looks after.
func managed(tx Tx, by access.Actor, id string) (staff.Member, error) {
	if _, err := by.As(Roles[MethodLeave]...); err != nil {
		return staff.Member{}, err
	}
	own, err := tx.Member(by.ID)
	if err != nil {
		return own, err
	}
	return staff.Managed(tx, own, id)
}

// Work implements Service.
func (s *service) Work(ctx context.Context, q Work) (Left, error) {
	var out Left
	err := s.store.View(ctx, func(tx Tx) error {
		m, err := managed(tx, q.By, q.Member)
		if err != nil {
			return err
		}
		all, held, err := s.find(tx, m)
		if err != nil {
			return err
		}
		out = Left{Member: m.ID}
		for _, t := range all[:min(len(all), itemsMost)] {
			out.Items = append(out.Items, t.Item)
		}
		out.More = len(all) - len(out.Items)
		out.Gaps, err = gaps(tx, m.ID, held.Grants)
		return err
	})
	return out, err
}
