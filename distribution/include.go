package distribution

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// ErrEntitled refuses to serve a household twice in one round.
var ErrEntitled = fault.New(fault.Conflict, "already_entitled",
	"The household is in a lot of this round already, or was excluded.",
	"Le ménage est déjà dans un lot de ce cycle, ou a été exclu.")

// Include serves a household that came late from the spares of an issued lot.
type Include struct {
	By          access.Actor `json:"-"`
	Key         string       `json:"-"`
	Lot         string
	Beneficiary BeneficiaryID
}

// inclusion is what a late household is to receive.
type inclusion struct {
	Amounts []money.Amount
	Spares  []voucher.Serial // one for each amount
	Home    vendors.HandheldID
}

// Include is documented at Service. The household counts as served from the
// first proposal on, so that no other lot takes it meanwhile.
func (s *service) Include(ctx context.Context, cmd Include) ([]voucher.Proposal, error) {
	in, err := once(ctx, s, MethodInclude, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (inclusion, error) {
		return s.include(tx, actor, cmd)
	})
	if err != nil {
		return nil, err
	}
	// Each proposal has a key of its own, made of the command's.
	key := sha256.Sum256([]byte(cmd.Key))
	proposals := make([]voucher.Proposal, len(in.Amounts))
	for i, m := range in.Amounts {
		proposals[i], err = s.cfg.Vouchers.Propose(ctx, voucher.Propose{By: cmd.By, Key: fmt.Sprintf("include/%x/%d", key[:16], i+1),
			Kind: voucher.ProposeBind, Lot: cmd.Lot, Spare: in.Spares[i], Beneficiary: string(cmd.Beneficiary), Value: m, Home: in.Home})
		if err != nil {
			return proposals[:i], fmt.Errorf("voucher %d of %d: %w", i+1, len(in.Amounts), err)
		}
	}
	return proposals, nil
}

func (s *service) include(tx Tx, actor ledger.Actor, cmd Include) (inclusion, error) {
	l, err := lotOf(tx, cmd.By, cmd.Lot)
	if err != nil {
		return inclusion{}, err
	}
	b, err := householdOf(tx, cmd.By, cmd.Beneficiary)
	if err != nil {
		return inclusion{}, err
	}
	r, err := tx.Round(l.Round)
	if err != nil {
		return inclusion{}, err
	}
	switch _, err := tx.EntitledIn(r.ID, b.ID); {
	case l.State != LotIssued:
		return inclusion{}, ErrLotState.At("lot", "it is %s", l.State)
	case r.State != RoundOpen:
		return inclusion{}, ErrRoundState.At("round", "it is %s", r.State)
	case err == nil, b.Excluded != "":
		return inclusion{}, ErrEntitled
	case !errors.Is(err, ErrNotFound):
		return inclusion{}, err
	}
	p, err := s.cfg.Sealer.personOf(tx, b)
	if err != nil {
		return inclusion{}, err
	}
	var in inclusion
	if in.Amounts, err = r.Rule.entitlement(p, r.Asset); err != nil {
		return in, ErrRule.At("household", "%s", reasonOf(err))
	}
	if len(in.Amounts) == 0 {
		return in, ErrRule.At("household", "it is entitled to nothing")
	}
	if in.Spares, err = freeSpares(tx, l, b.Point, in.Amounts); err != nil {
		return in, err
	}
	if in.Home, err = homeFor(tx, l, b, p); err != nil {
		return in, err
	}
	_, err = ledger.Decide(tx, actor, r.ID, "include", s.cfg.Sealer.pseudonym(b.ID), map[string]string{"lot": l.ID, "vouchers": number(len(in.Amounts))})
	return in, errors.Join(err, tx.PutEntitledIn(r.ID, b.ID, l.ID))
}

// homeFor picks a home as a lot would, in the zone of the household's point or
// else of the lot's first.
func homeFor(tx Tx, l Lot, b Beneficiary, p Person) (vendors.HandheldID, error) {
	code := b.Point
	if code == "" {
		code = l.Points[0]
	}
	at, err := tx.Point(l.Programme, code)
	if err != nil {
		return "", err
	}
	open, err := openShops(tx, l.Programme, map[string]vendors.Policy{at.Zone: {}})
	return open.pick(at.Zone, p.Home), err
}

// freeSpares picks a spare for each amount, those packed for the household's
// point first. It returns voucher.ErrSpares where there are too few.
func freeSpares(tx Tx, l Lot, point string, amounts []money.Amount) ([]voucher.Serial, error) {
	is, err := tx.Issue(l.ID)
	if err != nil {
		return nil, err
	}
	here, elsewhere := map[money.Amount][]voucher.Serial{}, map[money.Amount][]voucher.Serial{}
	for v, err := range tx.Vouchers(is.Last + 1 - voucher.Number(is.Spares)) { // signed last
		if err != nil {
			return nil, err
		}
		if v.Number > is.Last {
			break
		}
		if !v.Spare || v.Beneficiary != "" || v.Life() != voucher.Issued {
			continue
		}
		if v.Point == point {
			here[v.Value] = append(here[v.Value], v.Serial)
		} else {
			elsewhere[v.Value] = append(elsewhere[v.Value], v.Serial)
		}
	}
	var picked []voucher.Serial
	for _, m := range amounts {
		pool := here
		if len(here[m]) == 0 {
			pool = elsewhere
		}
		if len(pool[m]) == 0 {
			return nil, voucher.ErrSpares.At("value", "%s", m)
		}
		picked, pool[m] = append(picked, pool[m][0]), pool[m][1:]
	}
	return picked, nil
}
