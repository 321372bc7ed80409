package leaving

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
)

// Leave ends what somebody can do, and hands over what is open.
type Leave struct {
	By           access.Actor `json:"-"`
	Key          string       `json:"-"`
	Member       string
	Successor    string // member; "" for nobody
	ShortStaffed bool   // the caller knows the gaps
}

// Left is what became of it.
type Left struct {
	Member string
	Items  []Item // at most 1000
	More   int    // that are not in Items
	Gaps   []Gap
}

// leaver is somebody on the way out, in one transaction.
type leaver struct {
	s  *service
	tx Tx
	by access.Actor
	m  staff.Member
}

func (l *leaver) as(programme string) ledger.Actor {
	return ledger.Actor{Role: string(access.RoleAdministrator), Name: l.s.names.Pseudonym(programme, l.by.ID)}
}

// Leave implements Service.
func (s *service) Leave(ctx context.Context, cmd Leave) (Left, error) {
	if err := s.freshly(cmd.By); err != nil {
		return Left{}, err
	}
	key := ledger.CommandKey{Actor: "staff/" + cmd.By.ID, Key: cmd.Key}
	return ledger.Once(ctx, s.store.Update, key, cmd, func(tx Tx) (Left, error) {
		m, err := managed(tx, cmd.By, cmd.Member)
		if err != nil {
			return Left{}, err
		}
		if m.ID == cmd.By.ID {
			return Left{}, ErrSelf
		}
		if err := successor(tx, cmd, m); err != nil {
			return Left{}, err
		}
		all, held, err := s.find(tx, m)
		if err != nil {
			return Left{}, err
		}
		out := Left{Member: m.ID}
		if out.Gaps, err = gaps(tx, m.ID, held.Grants); err != nil {
			return Left{}, err
		}
		for _, g := range out.Gaps {
			if g.Role == access.RoleAdministrator && g.Left == 0 {
				return Left{}, grant.ErrLast.At("programme", "%s", g.Programme)
			}
			if !cmd.ShortStaffed {
				return Left{}, ErrShort.At("short_staffed", "%s: %s, %d of %d", g.Programme, g.Role, g.Left, g.Needs)
			}
		}
		l := &leaver{s: s, tx: tx, by: cmd.By, m: m}
		return out, l.leave(&out, all, held, cmd.Successor)
	})
}

// successor checks who is to take over.
func successor(tx Tx, cmd Leave, m staff.Member) error {
	if cmd.Successor == "" {
		return nil
	}
	to, err := tx.Member(cmd.Successor)
	if errors.Is(err, staff.ErrNotFound) || err == nil && (to.ID == m.ID || to.State != staff.Active || to.Organisation != m.Organisation) {
		return ErrSuccessor
	}
	return err
}

func (l *leaver) leave(out *Left, all []thing, held grant.Holdings, to string) error {
	for _, t := range all {
		next, err := l.takes(t, to)
		if err != nil {
			return err
		}
		item := t.Item
		if item.Outcome = Stays; t.end != nil {
			if item.Outcome, err = t.end(l, next); err != nil {
				return err
			}
		}
		if slices.Contains([]Kind{Role, Proposal, Session}, item.Kind) {
			item.Outcome = Ended
		}
		out.Items = append(out.Items, item)
	}
	taken, err := grant.Strip(l.tx, l.by, l.m, held, l.s.names)
	if err != nil {
		return err
	}
	for i, item := range out.Items {
		if item.Kind == Role && !slices.ContainsFunc(taken, func(g staff.Grant) bool { return g.Programme == item.Programme && string(g.Role) == item.What }) {
			out.Items[i].Outcome = Stays // a monitor's
		}
	}
	if n := len(out.Items); n > itemsMost {
		out.Items, out.More = out.Items[:itemsMost], n-itemsMost
	}
	facts := map[string]string{}
	if to != "" {
		facts["to"] = l.s.names.Pseudonym("", to)
		if err := staff.Tell(l.tx, to, "work_handed_over"); err != nil {
			return err
		}
	}
	_, err = ledger.Decide(l.tx, l.as(""), "", "staff_left", l.s.names.Pseudonym("", l.m.ID), facts)
	return errors.Join(err, staff.Turn(l.tx, l.m, staff.Disabled))
}

// takes returns to if that member may take the thing over, else "".
func (l *leaver) takes(t thing, to string) (string, error) {
	if to == "" || len(t.roles) == 0 {
		return "", nil
	}
	for g, err := range l.tx.Grants(to) {
		if err != nil {
			return "", err
		}
		if g.Programme == t.Programme && slices.Contains(t.roles, g.Role) && g.InForce(l.tx.Now()) {
			return to, nil
		}
	}
	return "", nil
}

// order hands content over that waits, or withdraws it.
func (l *leaver) order(p access.Prepared, c access.Content, o order, to string) (Outcome, error) {
	if to == "" && o.stays {
		return Stays, nil
	}
	// The digest goes by another name than where something is prepared: a monitor
	// would take this for the preparation.
	facts := map[string]string{"content": c.What, "order": hex.EncodeToString(p.Digest[:])}
	what, out := "order-withdrawn", Withdrawn
	if to != "" {
		what, out = "order-handed-over", HandedOver
		facts["to"] = l.s.names.Pseudonym(p.Programme, to)
	}
	e, err := ledger.Decide(l.tx, l.as(p.Programme), "", what, c.ID, facts)
	if err != nil {
		return "", err
	}
	return out, l.tx.PutHanded(grant.Handed{Programme: p.Programme, Digest: p.Digest, From: l.m.ID, To: to, Entry: e.Seq})
}

func (l *leaver) handCase(id, to string) (Outcome, error) {
	c, err := l.tx.Case(id)
	if err != nil {
		return "", err
	}
	name, out := l.name(c.Programme, to)
	return out, reconcile.HandOver(l.tx, l.as(c.Programme), c, name)
}

func (l *leaver) handComplaint(id, to string) (Outcome, error) {
	c, err := l.tx.Complaint(id)
	if err != nil {
		return "", err
	}
	name, out := l.name(c.Programme, to)
	return out, feedback.HandOver(l.tx, l.as(c.Programme), c, name)
}

func (l *leaver) name(programme, to string) (string, Outcome) {
	if to == "" {
		return "", Unassigned
	}
	return l.s.names.Pseudonym(programme, to), HandedOver
}
