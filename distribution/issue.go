package distribution

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// profile is the number of the one profile that all vouchers of a lot have.
const profile = 1

// entitlementPage is how many lines one View reads while a lot is issued.
const entitlementPage = 500

// IssueLot issues an approved lot.
type IssueLot struct {
	By       access.Actor       `json:"-"`
	Key      string             `json:"-"`
	Lot      string             //
	Progress func(done, of int) `json:"-"` // may be nil
}

// atWork keeps two calls from issuing one lot at the same time: the second
// would take the first for an interrupted one, and void it.
type atWork struct {
	mu   sync.Mutex
	lots map[string]bool
}

func (w *atWork) begin(lot string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lots[lot] {
		return false
	}
	if w.lots == nil {
		w.lots = map[string]bool{}
	}
	w.lots[lot] = true
	return true
}

func (w *atWork) end(lot string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.lots, lot)
}

// IssueLot is documented at Service.
func (s *service) IssueLot(ctx context.Context, cmd IssueLot) (Lot, error) {
	if _, err := acting(cmd.By, MethodIssueLot); err != nil {
		return Lot{}, err
	}
	if cmd.Key == "" {
		return Lot{}, ledger.ErrKeyMissing
	}
	done, err := s.done(ctx, cmd.By, cmd.Key)
	if err != nil {
		return Lot{}, err
	}
	if !done {
		if err := s.issue(ctx, cmd); err != nil {
			return Lot{}, fmt.Errorf("issue lot %s: %w", cmd.Lot, err)
		}
	}
	return once(ctx, s, MethodIssueLot, cmd.By, cmd.Key, cmd, func(tx Tx, _ ledger.Actor) (Lot, error) {
		l, err := lotOf(tx, cmd.By, cmd.Lot)
		if err != nil {
			return Lot{}, err
		}
		l.State, l.IssuedAt = LotIssued, tx.Now()
		if err := tx.PutLot(l); err != nil {
			return Lot{}, err
		}
		r, err := tx.Round(l.Round)
		if err != nil {
			return Lot{}, err
		}
		if err := knows(tx, cmd.By, r); errors.Is(err, ErrEmbargoed) {
			return l.hidden(), nil
		} else if err != nil {
			return Lot{}, err
		}
		return l, nil
	})
}

// issue has package voucher sign the lot. Nothing is held open meanwhile.
func (s *service) issue(ctx context.Context, cmd IssueLot) error {
	if !s.issuing.begin(cmd.Lot) {
		return ErrLotState.At("lot", "it is being issued")
	}
	defer s.issuing.end(cmd.Lot)
	var plan voucher.IssueLot
	again := false
	err := s.store.Update(ctx, func(tx Tx) error {
		l, err := lotOf(tx, cmd.By, cmd.Lot)
		if err != nil {
			return err
		}
		again = l.State == LotIssuing
		if plan, err = issuePlan(tx, l); err != nil {
			return err
		}
		l.State = LotIssuing
		return tx.PutLot(l)
	})
	if err != nil {
		return err
	}
	plan.By, plan.Issuer, plan.Progress = cmd.By, s.cfg.Issuer, cmd.Progress
	plan.Items = s.items(ctx, plan)
	_, err = s.cfg.Vouchers.IssueLot(ctx, plan)
	if again && errors.Is(err, voucher.ErrIssued) {
		return nil // it was finished, and interrupted before the lot said so
	}
	return err
}

// issuePlan checks everything that was approved and returns what to sign.
func issuePlan(tx Tx, l Lot) (voucher.IssueLot, error) {
	r, err := tx.Round(l.Round)
	if err != nil {
		return voucher.IssueLot{}, err
	}
	switch {
	case l.State == LotIssued:
		return voucher.IssueLot{}, ErrLotState.At("lot", "it is %s", l.State)
	case r.State != RoundOpen:
		return voucher.IssueLot{}, ErrRoundState.At("round", "it is %s", r.State)
	}
	if err := l.proposal().Approved(r.approvalsNeeded(l), tx.Now()); err != nil {
		return voucher.IssueLot{}, err
	}
	c, err := verified(tx, r, l)
	if err != nil {
		return voucher.IssueLot{}, err
	}
	plan := voucher.IssueLot{Programme: l.Programme, Round: r.ID, Lot: l.ID, NotBefore: r.Opens, Expires: r.SalesEnd,
		GraceUntil: r.GraceUntil, EmbargoUntil: r.EmbargoUntil, Count: c.vouchers, Spares: c.spares,
		Profiles: []voucher.Profile{{Number: profile, Asset: r.Asset, Basket: r.Basket, Categories: r.Categories, Cap: r.Rule.Denominations[0].Minor()}}}
	if r.Kind == CommodityRound {
		plan.Ceilings = map[int]money.Amount{profile: r.Ceiling}
	}
	return plan, nil
}

// items yields the lot's vouchers page by page. No View is open while package
// voucher stores what it was given.
func (s *service) items(ctx context.Context, plan voucher.IssueLot) iter.Seq2[voucher.Item, error] {
	return func(yield func(voucher.Item, error) bool) {
		var r Round
		zones := map[string]string{}
		err := s.store.View(ctx, func(tx Tx) (err error) {
			if r, err = tx.Round(plan.Round); err != nil {
				return err
			}
			for p, err := range tx.Points(plan.Programme) {
				if err != nil {
					return err
				}
				zones[p.Code] = p.Zone
			}
			return nil
		})
		if err != nil {
			yield(voucher.Item{}, err)
			return
		}
		for e, err := range s.entitlements(ctx, plan.Lot) {
			if err != nil {
				yield(voucher.Item{}, err)
				return
			}
			for i, m := range e.Amounts {
				it := voucher.Item{Beneficiary: string(e.Beneficiary), Point: e.Point, Zone: zones[e.Point],
					Home: e.Homes[i], Profile: profile, Value: m, Mode: r.modeOf(m)}
				if !yield(it, nil) {
					return
				}
			}
		}
	}
}

// entitlements yields a lot's lines, reading each page in a View of its own.
func (s *service) entitlements(ctx context.Context, lot string) iter.Seq2[Entitlement, error] {
	return func(yield func(Entitlement, error) bool) {
		for from := 1; ; {
			var page []Entitlement
			err := s.store.View(ctx, func(tx Tx) error {
				page = page[:0]
				for e, err := range tx.Entitlements(lot, from) {
					if err != nil {
						return err
					}
					if page = append(page, e); len(page) == entitlementPage {
						break
					}
				}
				return nil
			})
			if err != nil {
				yield(Entitlement{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				from = e.N + 1
			}
			if len(page) < entitlementPage {
				return
			}
		}
	}
}
