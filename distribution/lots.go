package distribution

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// Errors of preparing a lot.
var (
	ErrLotEmpty = fault.New(fault.Conflict, "lot_empty",
		"No household of these points is left to be served in this round.",
		"Aucun ménage de ces sites ne reste à servir dans ce cycle.")
	ErrListMoved = fault.New(fault.Unavailable, "list_changed",
		"Somebody changed the list while the lot was computed. Prepare it again.",
		"Quelqu'un a modifié la liste pendant le calcul du lot. Préparez-le à nouveau.")
)

// PrepareLot is documented at Service.
func (s *service) PrepareLot(ctx context.Context, cmd PrepareLot) (Lot, error) {
	if _, err := acting(cmd.By, MethodPrepareLot); err != nil {
		return Lot{}, err
	}
	done, err := s.done(ctx, cmd.By, cmd.Key)
	if err != nil {
		return Lot{}, err
	}
	var d draft
	if !done {
		if d, err = s.draftLot(ctx, cmd); err != nil {
			return Lot{}, fmt.Errorf("prepare a lot: %w", err)
		}
	}
	return once(ctx, s, MethodPrepareLot, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Lot, error) {
		return d.store(tx, actor, cmd)
	})
}

// store writes the draft if nothing that it rests on has moved.
func (d draft) store(tx Tx, actor ledger.Actor, cmd PrepareLot) (Lot, error) {
	r, points, err := cmd.terms(tx)
	if err != nil {
		return Lot{}, err
	}
	lists, err := comparedLists(tx, r)
	if err != nil {
		return Lot{}, err
	}
	same := func(a, b PresenceList) bool { return a.ID == b.ID }
	if r.digest() != d.round.digest() || !slices.EqualFunc(lists, d.lists, same) || !slices.EqualFunc(points, d.points, func(a, b Point) bool { return a.Zone == b.Zone }) {
		return Lot{}, ErrListMoved
	}
	if len(d.lines) == 0 {
		return Lot{}, ErrLotEmpty
	}
	l, err := lotFor(tx, r, cmd)
	if err != nil {
		return Lot{}, err
	}
	if err := d.put(tx, l); err != nil {
		return Lot{}, err
	}
	l.Lists, l.Overlaps, l.OverlapsMore, l.Coordination = nil, d.overlapping, d.overlapsMore, cmd.Coordination
	for _, list := range d.lists {
		l.Lists = append(l.Lists, list.ID)
	}
	c, err := contentOf(r, l, points, d.entitlements(l.ID))
	if err != nil {
		return Lot{}, err
	}
	for _, p := range points {
		l.Points = append(l.Points, p.Code)
	}
	l.Households, l.Vouchers, l.Total = c.households, c.vouchers, c.total
	l.Exposure, l.Warnings = d.exposure, d.warnings
	said := l.content(r, points, c)
	l.Digest = said.Digest()
	if err := withinBudget(tx, r, l); err != nil {
		return Lot{}, err
	}
	if err := feesCovered(tx, r, l); err != nil {
		return Lot{}, err
	}
	kept := said.Prepare(cmd.By, Roles[MethodApproveLot])
	kept.Lot = l.ID
	_, err = ledger.Decide(tx, actor, r.ID, "prepare-lot", l.ID, l.facts())
	return l, errors.Join(err, tx.PutPrepared(kept), tx.PutLot(l))
}

// facts are what a monitor sees of a lot's preparation and approval.
func (l Lot) facts() map[string]string {
	facts := map[string]string{"digest": hex.EncodeToString(l.Digest[:]), "households": number(l.Households),
		"vouchers": number(l.Vouchers), "total": l.Total.String(), "exposure": l.Exposure.String()}
	if n := len(l.Overlaps) + l.OverlapsMore; n > 0 {
		facts["overlaps"] = number(n)
	}
	return facts
}

// lotFor returns a new lot, or the one to be prepared again with nothing in it.
func lotFor(tx Tx, r Round, cmd PrepareLot) (Lot, error) {
	l := Lot{ID: cmd.Lot, Round: r.ID, Programme: r.Programme, State: LotPrepared, PreparedBy: cmd.By.ID, PreparedAt: tx.Now()}
	if cmd.Lot == "" {
		before, err := collect(tx.Lots(r.ID))
		l.ID = fmt.Sprintf("%s.%03d", r.ID, len(before)+1)
		return l, err
	}
	was, err := lotOf(tx, cmd.By, cmd.Lot)
	switch {
	case err != nil:
		return l, err
	case was.Round != r.ID:
		return l, ErrNotFound
	case was.State != LotPrepared && was.State != LotApproved:
		return l, ErrLotState.At("lot", "it is %s", was.State)
	}
	for e, err := range tx.Entitlements(was.ID, 1) {
		if err != nil {
			return l, err
		}
		if err := tx.PutEntitledIn(r.ID, e.Beneficiary, ""); err != nil {
			return l, err
		}
	}
	return l, tx.DeleteEntitlements(was.ID)
}

// put stores the lines, unless a household has changed since it was read.
func (d draft) put(tx Tx, l Lot) error {
	for i, line := range d.lines {
		b, err := tx.Beneficiary(line.id)
		if err != nil {
			return err
		}
		if b.Content != line.content || b.Point != line.point || b.Excluded != "" {
			return ErrListMoved.At(where("households", i), "%s", b.ID)
		}
		if _, err := tx.EntitledIn(l.Round, line.id); err == nil {
			return ErrListMoved.At(where("households", i), "%s", b.ID)
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := tx.PutEntitledIn(l.Round, line.id, l.ID); err != nil {
			return err
		}
	}
	for e, err := range d.entitlements(l.ID) {
		if err := errors.Join(err, tx.PutEntitlement(e)); err != nil {
			return err
		}
	}
	return nil
}

// withinBudget returns ErrBudget unless the round holds the lot's total beside
// those of the other lots that are not issued yet.
func withinBudget(tx Tx, r Round, l Lot) error {
	left, err := tx.Balance(ledger.Round(r.ID), r.Asset)
	if err != nil {
		return err
	}
	wanted := l.Total
	for o, err := range tx.Lots(r.ID) {
		if err != nil {
			return err
		}
		if o.ID == l.ID || o.State == LotIssued {
			continue
		}
		if wanted, err = wanted.Add(o.Total); err != nil {
			return err
		}
	}
	if wanted.Minor() > left.Minor() {
		return ErrBudget.At("round", "lots that are not issued come to %s, and the round holds %s", wanted, left)
	}
	return nil
}

// ApproveLot is another person's agreement to the exact content of a lot.
type ApproveLot struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Lot    string
	Digest [32]byte // of the lot, as the approver saw it
}

func (l Lot) proposal() access.Proposal {
	return access.Proposal{Programme: l.Programme, Digest: l.Digest, PreparedBy: l.PreparedBy,
		Roles: Roles[MethodApproveLot], Approvals: l.Approvals}
}

// approvalsNeeded is how many people besides the preparer must agree.
func (r Round) approvalsNeeded(l Lot) int {
	if !r.ThirdAbove.IsZero() && l.Total.Minor() > r.ThirdAbove.Minor() {
		return 2
	}
	return 1
}

// ApproveLot is documented at Service.
func (s *service) ApproveLot(ctx context.Context, cmd ApproveLot) (Lot, error) {
	proof, err := s.prove(ctx, cmd.By, MethodApproveLot, cmd.Digest)
	if err != nil {
		return Lot{}, err
	}
	return once(ctx, s, MethodApproveLot, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Lot, error) {
		l, err := lotOf(tx, cmd.By, cmd.Lot)
		if err != nil {
			return Lot{}, err
		}
		r, err := tx.Round(l.Round)
		if err != nil {
			return Lot{}, err
		}
		switch {
		case l.State == LotIssued:
			return Lot{}, ErrLotState.At("lot", "it is %s", l.State)
		case r.State != RoundOpen:
			return Lot{}, ErrRoundState.At("round", "it is %s", r.State)
		case cmd.Digest != l.Digest:
			return Lot{}, ErrLotChanged
		}
		if err := knows(tx, cmd.By, r); err != nil {
			return Lot{}, err
		}
		if _, err := verified(tx, r, l); err != nil {
			return Lot{}, err
		}
		if err := overlapsSeen(tx, r, l); err != nil {
			return Lot{}, err
		}
		// Contracts may have changed since the lot was prepared.
		if err := feesCovered(tx, r, l); err != nil {
			return Lot{}, err
		}
		p, err := l.proposal().Approve(cmd.By, proof, tx.Now())
		if err != nil {
			return Lot{}, err
		}
		l.Approvals = p.Approvals
		if l.State == LotPrepared && p.Approved(r.approvalsNeeded(l), tx.Now()) == nil {
			l.State = LotApproved
		}
		_, err = ledger.Decide(tx, actor, r.ID, "approve-lot", l.ID, proof.Facts(l.facts()))
		return l, errors.Join(err, tx.PutLot(l))
	})
}

// ListLots asks for the lots of a round.
type ListLots struct {
	By    access.Actor
	Round string
}

// Lots is documented at Service.
func (s *service) Lots(ctx context.Context, q ListLots) ([]Lot, error) {
	seen := looks{}
	ls, err := read(ctx, s, MethodLots, q.By, func(tx Tx) ([]Lot, error) {
		clear(seen)
		r, err := roundOf(tx, q.By, q.Round)
		if err != nil {
			return nil, err
		}
		ls, err := collect(tx.Lots(r.ID))
		if err != nil || len(ls) == 0 {
			return ls, err
		}
		may, err := seen.may(tx, q.By, r)
		for i := range ls {
			if !may {
				ls[i] = ls[i].hidden()
			}
		}
		return ls, err
	})
	if err != nil {
		return nil, err
	}
	return ls, seen.journal(ctx, s, q.By, MethodLots)
}

// ReadLot asks for one lot.
type ReadLot struct {
	By  access.Actor
	Lot string
}

// Lot is documented at Service.
func (s *service) Lot(ctx context.Context, q ReadLot) (Lot, error) {
	seen := looks{}
	l, err := read(ctx, s, MethodLot, q.By, func(tx Tx) (Lot, error) {
		clear(seen)
		l, err := lotOf(tx, q.By, q.Lot)
		if err != nil {
			return Lot{}, err
		}
		r, err := tx.Round(l.Round)
		if err != nil {
			return Lot{}, err
		}
		may, err := seen.may(tx, q.By, r)
		if !may {
			l = l.hidden()
		}
		return l, err
	})
	if err != nil {
		return Lot{}, err
	}
	return l, seen.journal(ctx, s, q.By, MethodLot)
}
