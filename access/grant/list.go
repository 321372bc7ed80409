package grant

import (
	"context"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// List asks for the grants of the caller's programme.
type List struct{ By access.Actor }

// Overview is who holds what, and what is proposed.
type Overview struct {
	Lead      string // the organisation that leads the programme; "" before the first proposal
	Held      []Held
	Proposals []Waiting
}

// Waiting is an open proposal.
type Waiting struct {
	Proposal
	Mine bool // it waits for the caller
}

// List implements Service.
func (s *service) List(ctx context.Context, q List) (Overview, error) {
	var o Overview
	if q.By.ID == "" {
		return o, access.ErrUnauthenticated
	}
	all := q.By.Has(overseers...)
	err := s.Store.View(ctx, func(tx Tx) error {
		o = Overview{}
		if l, err := tx.Lead(q.By.Programme); err == nil && all {
			o.Lead = l.Organisation
		}
		deputies := map[uint64]string{}
		for p, err := range tx.GrantProposals() {
			if err != nil {
				return err
			}
			if p.State == Granted && p.DeputyOf != "" {
				deputies[p.Entry] = p.DeputyOf
			}
			if p.State != Open || p.Lapsed(tx.Now()) || p.Content.Programme != q.By.Programme && p.ProposedBy != q.By.ID {
				continue
			}
			mine, err := s.waitsFor(tx, q.By, p)
			if err != nil {
				return err
			}
			if all || mine || p.Member == q.By.ID {
				o.Proposals = append(o.Proposals, Waiting{p, mine})
			}
		}
		for m, err := range tx.Members() {
			if err != nil {
				return err
			}
			if !all && m.ID != q.By.ID {
				continue
			}
			if err := heldBy(tx, m, q.By.Programme, deputies, &o); err != nil {
				return err
			}
		}
		return nil
	})
	return o, err
}

func heldBy(tx Tx, m staff.Member, programme string, deputies map[uint64]string, o *Overview) error {
	for g, err := range tx.Grants(m.ID) {
		if err != nil {
			return err
		}
		if g.Programme == programme && (g.Until.IsZero() || tx.Now().Before(g.Until)) {
			o.Held = append(o.Held, Held{g.Member, g.Programme, g.Role, g.From, g.Until, deputies[g.Entry], g.Entry})
		}
	}
	return nil
}

// waitsFor reports whether somebody may have the last word on a proposal.
func (s *service) waitsFor(tx Tx, by access.Actor, p Proposal) (bool, error) {
	if p.ProposedBy == by.ID || by.In(p.Content.Programme) != nil {
		return false, nil
	}
	if p.Content.Role != access.RoleMonitor {
		return p.Member != by.ID && by.Has(access.RoleAdministrator), nil
	}
	m, err := tx.Member(p.Member)
	if err != nil {
		return false, err
	}
	first, err := firstOf(tx, m.Organisation)
	return first == by.ID, err
}
