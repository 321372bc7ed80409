package vendors

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// PrepareAdvance is the command to propose money for a vendor beforehand.
type PrepareAdvance struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Vendor   ID
	Amount   money.Amount  // in XOF
	Permille int           // of each payment that is kept until it is worked off
	Plan     []Installment `json:",omitempty"` // instead: days on which parts are due, at most 24
	Bank     string        // that pays; the configured one where empty
}

// ApproveAdvance is the command to pay an advance.
type ApproveAdvance struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Advance string
	Digest  [32]byte // of the advance, as the approver saw it
}

func (s *service) PrepareAdvance(ctx context.Context, cmd PrepareAdvance) (AdvanceLine, error) {
	seed, err := s.seed()
	if err != nil {
		return AdvanceLine{}, err
	}
	if cmd.Bank == "" {
		cmd.Bank = s.bank
	}
	return once(ctx, s, MethodPrepareAdvance, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (AdvanceLine, error) {
		var f findings
		f.add(francs(cmd.Amount, 1), "amount", "XOF, more than zero")
		cmd.checkPlan(&f, tx.Now())
		f.add(idForm.MatchString(cmd.Bank), "bank", "lower-case letters, digits and -")
		if err := f.err(); err != nil {
			return AdvanceLine{}, err
		}
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return AdvanceLine{}, err
		}
		if v.Suspended {
			return AdvanceLine{}, ErrSuspended
		}
		a := AdvanceLine{ID: newID("a", tx.Now(), seed), Programme: v.Programme, Vendor: v.ID, Bank: cmd.Bank, Amount: cmd.Amount,
			Permille: cmd.Permille, Plan: cmd.Plan, State: AdvancePrepared, Created: tx.Now(), By: cmd.By.ID}
		_, err = ledger.Decide(tx, as, "", "advance-prepared", a.ID, map[string]string{"digest": fmt.Sprintf("%x", a.Digest()),
			"vendor": string(a.Vendor), "amount": a.Amount.Text(), "permille": strconv.Itoa(a.Permille), "days": strconv.Itoa(len(a.Plan))})
		return a, errors.Join(err, offer(tx, a.content(), cmd.By, MethodApproveAdvance), tx.PutAdvance(a))
	})
}

func (s *service) ApproveAdvance(ctx context.Context, cmd ApproveAdvance) (AdvanceLine, error) {
	proof, err := s.agreement(ctx, MethodApproveAdvance, cmd.By, cmd.Digest, false)
	if err != nil {
		return AdvanceLine{}, err
	}
	return once(ctx, s, MethodApproveAdvance, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (AdvanceLine, error) {
		a, err := tx.Advance(cmd.Advance)
		a, err = own(a, err, func(a AdvanceLine) string { return a.Programme }, cmd.By)
		if err != nil {
			return AdvanceLine{}, err
		}
		if a.State != AdvancePrepared {
			return AdvanceLine{}, ErrAdvanceState.At("state", "it is %s", a.State)
		}
		if a.Digest() != cmd.Digest {
			return AdvanceLine{}, ErrAdvanceState.At("digest", "it is another one")
		}
		p := access.Proposal{Programme: a.Programme, Digest: cmd.Digest, PreparedBy: a.By, Roles: Roles[MethodApproveAdvance]}
		if _, err := p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return AdvanceLine{}, err
		}
		if err := a.within(tx); err != nil {
			return AdvanceLine{}, err
		}
		if err := a.documented(tx); err != nil {
			return AdvanceLine{}, err
		}
		e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindAdvance, Actor: as, Ref: a.ID,
			Facts:    proof.Facts(map[string]string{"permille": strconv.Itoa(a.Permille)}),
			Postings: []ledger.Posting{{Debit: ledger.Advance(string(a.Vendor)), Credit: ledger.Bank(a.Bank), Amount: a.Amount}}})
		if err != nil {
			return AdvanceLine{}, err
		}
		a.State, a.Given, a.ApprovedBy, a.Entry = AdvanceGiven, tx.Now(), cmd.By.ID, e.Seq
		return a, tx.PutAdvance(a)
	})
}

func (s *service) Advances(ctx context.Context, q ByID) (Page[AdvanceLine], error) {
	return read(ctx, s, MethodAdvances, q.By, func(tx Tx) (Page[AdvanceLine], error) {
		if _, err := ownVendor(tx, ID(q.ID), q.By); err != nil {
			return Page[AdvanceLine]{}, err
		}
		return page(tx.Advances(ID(q.ID)), 1000, func(a AdvanceLine) string { return a.ID })
	})
}
