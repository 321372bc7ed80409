package reconcile

import (
	"context"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/reconcile/evidence"
)

// CaseByID asks for one case.
type CaseByID struct {
	By access.Actor
	ID string
}

// ListCases asks for at most Limit cases, 1 to 1000.
type ListCases struct {
	By    access.Actor
	After string
	Limit int
}

// CasePage is a part of the list of cases. Next is "" at its end.
type CasePage struct {
	Items []Case
	Next  string
}

// ownCase returns the case if it is the actor's programme's and in a state.
func ownCase(tx Tx, id string, by access.Actor, states ...CaseState) (Case, error) {
	c, err := tx.Case(id)
	switch {
	case err != nil:
		return Case{}, err
	case c.Programme != by.Programme:
		return Case{}, ErrNotFound
	case len(states) > 0 && !slices.Contains(states, c.State):
		return Case{}, ErrCaseState.At("state", "it is %s", c.State)
	}
	return c, nil
}

// Case is documented at Service.
func (s *service) Case(ctx context.Context, q CaseByID) (Case, error) {
	return read(ctx, s, MethodCase, q.By, func(tx Tx) (Case, error) { return ownCase(tx, q.ID, q.By) })
}

// Cases is documented at Service.
func (s *service) Cases(ctx context.Context, q ListCases) (CasePage, error) {
	limit := min(max(q.Limit, 1), 1000)
	return read(ctx, s, MethodCases, q.By, func(tx Tx) (CasePage, error) {
		var p CasePage
		for c, err := range tx.Cases(q.By.Programme) {
			switch {
			case err != nil:
				return CasePage{}, err
			case c.ID <= q.After:
				continue
			case len(p.Items) == limit:
				p.Next = p.Items[limit-1].ID
				return p, nil
			}
			p.Items = append(p.Items, c)
		}
		return p, nil
	})
}

// CaseHistory is documented at Service.
func (s *service) CaseHistory(ctx context.Context, q CaseByID) ([]evidence.Event, error) {
	return read(ctx, s, MethodCaseHistory, q.By, func(tx Tx) ([]evidence.Event, error) {
		c, err := ownCase(tx, q.ID, q.By)
		if err != nil {
			return nil, err
		}
		return history(tx, c)
	})
}

// history reads the entries of the journal that are about a case.
func history(tx Tx, c Case) ([]evidence.Event, error) {
	var out []evidence.Event
	for _, seq := range c.Entries {
		e, err := tx.Entry(seq)
		if err != nil {
			return nil, err
		}
		ev, err := evidence.EventOf(e)
		if err != nil {
			return nil, err
		}
		out = append(out, ev)
	}
	return out, nil
}

// CaseComments is documented at Service.
func (s *service) CaseComments(ctx context.Context, q CaseByID) ([]Comment, error) {
	return read(ctx, s, MethodCaseComments, q.By, func(tx Tx) ([]Comment, error) {
		if _, err := ownCase(tx, q.ID, q.By); err != nil {
			return nil, err
		}
		return comments(tx, q.ID)
	})
}

func comments(tx Tx, id string) ([]Comment, error) {
	var out []Comment
	for c, err := range tx.CaseComments(id) {
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
