package distribution

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// ChangeRound is a step of a round's close.
type ChangeRound struct {
	By  access.Actor `json:"-"`
	Key string       `json:"-"`
	ID  string
}

// EndSales is documented at Service.
func (s *service) EndSales(ctx context.Context, cmd ChangeRound) (Round, error) {
	return once(ctx, s, MethodEndSales, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		r, err := roundOf(tx, cmd.By, cmd.ID)
		if err != nil {
			return Round{}, err
		}
		// Cards say until when they are good: sales cannot end before.
		if r.State != RoundOpen || tx.Now().Before(r.SalesEnd) {
			return Round{}, ErrRoundState.At("round", "it is %s, and sales end on %s", r.State, day(r.SalesEnd))
		}
		for l, err := range tx.Lots(r.ID) {
			if err != nil {
				return Round{}, err
			}
			if l.State == LotIssuing {
				return Round{}, ErrLotState.At("lot", "the issue of %s was interrupted: finish it first", l.ID)
			}
		}
		r.State = RoundGrace
		_, err = ledger.Decide(tx, actor, r.ID, "end-sales", r.ID, nil)
		return r, errors.Join(err, tx.PutRound(r))
	})
}

// CloseRound is documented at Service.
func (s *service) CloseRound(ctx context.Context, cmd ChangeRound) (Round, error) {
	if _, err := acting(cmd.By, MethodCloseRound); err != nil {
		return Round{}, err
	}
	done, err := s.done(ctx, cmd.By, cmd.Key)
	if err != nil {
		return Round{}, err
	}
	if !done {
		if err := s.expire(ctx, cmd); err != nil {
			return Round{}, fmt.Errorf("close round %s: %w", cmd.ID, err)
		}
	}
	return once(ctx, s, MethodCloseRound, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		r, err := roundOf(tx, cmd.By, cmd.ID)
		if err != nil {
			return Round{}, err
		}
		r.State = RoundClosed
		_, err = ledger.Decide(tx, actor, r.ID, "close-round", r.ID, nil)
		return r, errors.Join(err, tx.PutRound(r))
	})
}

// expire ends the vouchers of every issued lot of a round in grace.
func (s *service) expire(ctx context.Context, cmd ChangeRound) error {
	var lots []Lot
	err := s.store.View(ctx, func(tx Tx) error {
		r, err := roundOf(tx, cmd.By, cmd.ID)
		if err != nil {
			return err
		}
		if r.State != RoundGrace {
			return ErrRoundState.At("round", "it is %s", r.State)
		}
		if tx.Now().Before(r.GraceUntil) {
			return voucher.ErrGrace.At("round", "until %s", day(r.GraceUntil))
		}
		lots, err = collect(tx.Lots(r.ID))
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range lots {
		if l.State != LotIssued {
			continue
		}
		if _, err := s.cfg.Vouchers.Expire(ctx, voucher.ExpireLot{By: cmd.By, Lot: l.ID}); err != nil {
			return fmt.Errorf("lot %s: %w", l.ID, err)
		}
	}
	return nil
}

// ReadRound asks for one round.
type ReadRound struct {
	By    access.Actor
	Round string
}

// RoundSummary says where a round's money is, or its kilos: all from the
// ledger. Issued = Redeemed + Void + Expired + Outstanding.
type RoundSummary struct {
	Round Round
	Books []Book // in the round's asset; for a commodity round in francs too
}

// Book is what became of one asset in a round.
type Book struct {
	Asset       money.Asset
	Allocated   money.Amount // to the round, for what vouchers pay
	Available   money.Amount // allocated and not issued
	Issued      money.Amount
	Redeemed    money.Amount // net of reversals
	Void        money.Amount
	Expired     money.Amount
	Outstanding money.Amount
	Spent       money.Amount // francs of a commodity round paid for claims, less what vendors gave back
	Returned    money.Amount // to the funds, or taken off the promise
	// Of the contingency: what was allocated, used for losses, and is left.
	Contingency, ContingencyUsed, ContingencyLeft money.Amount
	Fees, FeesLeft                                money.Amount
}

// Summary is documented at Service.
func (s *service) Summary(ctx context.Context, q ReadRound) (RoundSummary, error) {
	return read(ctx, s, MethodSummary, q.By, func(tx Tx) (RoundSummary, error) {
		r, err := roundOf(tx, q.By, q.Round)
		if err != nil {
			return RoundSummary{}, err
		}
		books, err := ledger.BooksOf(tx, r.ID)
		if err != nil {
			return RoundSummary{}, err
		}
		assets := []money.Asset{r.Asset}
		if r.Kind == CommodityRound {
			assets = append(assets, money.XOF)
		}
		sum := RoundSummary{Round: r}
		for _, a := range assets {
			b, err := bookOf(books, a)
			if err != nil {
				return sum, err
			}
			sum.Books = append(sum.Books, b)
		}
		return sum, nil
	})
}

// bookOf is the ledger's book of an asset, in the words of a round; zeros where
// the round was never given any.
func bookOf(books []ledger.RoundBook, asset money.Asset) (Book, error) {
	z := money.FromMinor(0, asset)
	b := Book{asset, z, z, z, z, z, z, z, z, z, z, z, z, z, z}
	i := slices.IndexFunc(books, func(b ledger.RoundBook) bool { return b.Asset == asset })
	if i < 0 {
		return b, nil
	}
	s := books[i].Sum
	vouchers, reserve, fees := books[i].Parts[ledger.PartVouchers], books[i].Parts[ledger.PartContingency], books[i].Parts[ledger.PartFees]
	redeemed, err := books[i].Redeemed()
	return Book{Asset: asset, Allocated: vouchers.Allocated, Available: vouchers.Left, Issued: s.Issued, Redeemed: redeemed, Void: s.Voided,
		Expired: s.Expired, Outstanding: s.Outstanding, Spent: vouchers.Spent, Returned: s.Returned, Contingency: reserve.Allocated,
		ContingencyUsed: reserve.Spent, ContingencyLeft: reserve.Left, Fees: fees.Allocated, FeesLeft: fees.Left}, err
}
