package distribution

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// CreateRound plans a round.
type CreateRound struct {
	By            access.Actor `json:"-"`
	Key           string       `json:"-"`
	ID            string       // lower-case letters, digits and "-", at most 24; unique on the server
	Name          string
	Asset         money.Asset  // XOF, or the commodity of a commodity round
	Ceiling       money.Amount // of one unit of the commodity, in XOF
	Categories    []string     // of goods; none: any
	Basket        []string     // items; none: any
	Rule          Rule
	Mode          voucher.Mode // S where ""
	PINAbove      money.Amount // a larger voucher needs the PIN too; zero: all by Mode
	Opens         time.Time
	SalesEnd      time.Time // excluded
	GraceUntil    time.Time
	SparePermille int          // 20 where 0, at most 500
	ThirdAbove    money.Amount // a larger lot needs a third person; zero: never
	EmbargoUntil  time.Time    // dates and places stay hidden until then; zero: no embargo
	// AnswerOverlaps keeps lots that overlap with another organisation's work from
	// being approved until PrepareLot.Coordination answers to it.
	AnswerOverlaps bool
}

// spareDefault is how many spares are signed for a thousand vouchers.
const spareDefault = 20

// CreateRound is documented at Service.
func (s *service) CreateRound(ctx context.Context, cmd CreateRound) (Round, error) {
	return once(ctx, s, MethodCreateRound, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		r, err := cmd.round(tx.Now())
		if err != nil {
			return Round{}, err
		}
		_, err = tx.Round(r.ID)
		if err := free("id", err); err != nil {
			return Round{}, err
		}
		terms := r.digest()
		_, err = ledger.Decide(tx, actor, r.ID, "create-round", r.ID, map[string]string{"terms": hex.EncodeToString(terms[:])})
		return r, errors.Join(err, tx.PutRound(r))
	})
}

// round checks the command and returns the round that it plans.
func (c CreateRound) round(now time.Time) (Round, error) {
	r := Round{ID: c.ID, Programme: c.By.Programme, Name: c.Name, Kind: ValueRound, Asset: c.Asset, Ceiling: c.Ceiling,
		Categories: codeSet(c.Categories), Basket: codeSet(c.Basket), Rule: c.Rule, Mode: c.Mode, PINAbove: c.PINAbove,
		Opens: second(c.Opens), SalesEnd: second(c.SalesEnd), GraceUntil: second(c.GraceUntil), SparePermille: c.SparePermille,
		ThirdAbove: c.ThirdAbove, EmbargoUntil: second(c.EmbargoUntil), AnswerOverlaps: c.AnswerOverlaps, State: RoundOpen, PreparedBy: c.By.ID, Created: now}
	if r.Mode == "" {
		r.Mode = voucher.ModeSecret
	}
	if r.SparePermille == 0 {
		r.SparePermille = spareDefault
	}
	if err := errors.Join(checkID("id", r.ID), checkText("name", r.Name, 1)); err != nil {
		return r, err
	}
	if err := r.checkAsset(); err != nil {
		return r, err
	}
	return r, errors.Join(r.checkTerms(now), r.Rule.check(r.Asset), r.checkCeiling())
}

func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// codeSet sorts codes and drops repetitions, as a manifest wants them.
func codeSet(codes []string) []string {
	set := slices.Clone(codes)
	slices.Sort(set)
	return slices.Compact(set)
}

func (r *Round) checkAsset() error {
	switch {
	case r.Asset == money.XOF:
		if !r.Ceiling.IsZero() {
			return ErrCommand.At("ceiling", "only a commodity has a ceiling price")
		}
		return nil
	case r.Asset.IsZero() || r.Asset.IsCurrency():
		return ErrCommand.At("asset", "XOF or a commodity such as RICE-KG/2")
	case r.Ceiling.Asset() != money.XOF || r.Ceiling.Sign() <= 0:
		return ErrCommand.At("ceiling", "the highest price of one unit, in XOF")
	}
	r.Kind = CommodityRound
	return nil
}

// checkCeiling wants every denomination to cost whole francs at the ceiling
// price, so that what is reserved for it need not be rounded.
func (r Round) checkCeiling() error {
	if r.Kind != CommodityRound {
		return nil
	}
	for i, d := range r.Rule.Denominations {
		if _, err := d.Price(r.Ceiling); err != nil {
			return ErrRule.At(where("rule.denominations", i), "%s at %s is not a whole number of francs", d, r.Ceiling)
		}
	}
	return nil
}

func (r Round) checkTerms(now time.Time) error {
	switch {
	case !r.Opens.Before(r.SalesEnd) || r.GraceUntil.Before(r.SalesEnd):
		return ErrCommand.At("opens", "it opens, then sales end, then the grace period")
	case !r.SalesEnd.After(now):
		return ErrCommand.At("sales_end", "in the future")
	case r.Mode != voucher.ModeSecret && r.Mode != voucher.ModePIN && r.Mode != voucher.ModeBoth:
		return ErrCommand.At("mode", "S, P or SP")
	case r.SparePermille < 0 || r.SparePermille > 500:
		return ErrCommand.At("spare_permille", "1 to 500")
	}
	for _, a := range []struct {
		field  string
		amount money.Amount
	}{{"pin_above", r.PINAbove}, {"third_above", r.ThirdAbove}} {
		if a.amount.Sign() < 0 || !a.amount.IsZero() && a.amount.Asset() != r.Asset {
			return ErrCommand.At(a.field, "an amount of %s, not negative", r.Asset.Code())
		}
	}
	for field, codes := range map[string][]string{"categories": r.Categories, "basket": r.Basket} {
		if len(codes) > 64 {
			return ErrCommand.At(field, "at most 64")
		}
		for i, c := range codes {
			if err := checkCode(where(field, i), c, 40); err != nil {
				return err
			}
		}
	}
	return nil
}

// modeOf returns the factors that a voucher of the amount needs.
func (r Round) modeOf(m money.Amount) voucher.Mode {
	if r.PINAbove.IsZero() || m.Minor() <= r.PINAbove.Minor() || r.Mode.PIN() {
		return r.Mode
	}
	return voucher.ModeBoth
}

// worth returns an amount of the round's asset in francs, a commodity at its
// ceiling price.
func (r Round) worth(m money.Amount) (money.Amount, error) {
	if r.Kind == ValueRound {
		return m, nil
	}
	return m.Price(r.Ceiling)
}

// Rounds is documented at Service.
func (s *service) Rounds(ctx context.Context, q Query) ([]Round, error) {
	seen := looks{}
	rs, err := read(ctx, s, MethodRounds, q.By, func(tx Tx) ([]Round, error) {
		clear(seen)
		rs, err := collect(tx.Rounds(q.By.Programme))
		if err != nil {
			return nil, err
		}
		for i, r := range rs {
			may, err := seen.may(tx, q.By, r)
			if err != nil {
				return nil, err
			}
			if !may {
				rs[i] = r.hidden()
			}
		}
		return rs, nil
	})
	if err != nil {
		return nil, err
	}
	return rs, seen.journal(ctx, s, q.By, MethodRounds)
}

// Allocate draws on funds for a round. For a commodity round it promises kilos
// too, and what they cost at the ceiling price must be drawn with them.
type Allocate struct {
	By    access.Actor `json:"-"`
	Key   string       `json:"-"`
	Round string
	Draws []Draw // 1 to 20
	// Kilos are promised for vouchers, KilosContingency for accepted losses.
	Kilos, KilosContingency money.Amount
}

const drawsMax = 20

// Allocate is documented at Service.
func (s *service) Allocate(ctx context.Context, cmd Allocate) (Round, error) {
	return once(ctx, s, MethodAllocate, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		r, err := roundOf(tx, cmd.By, cmd.Round)
		if err != nil {
			return Round{}, err
		}
		if r.State != RoundOpen {
			return Round{}, ErrRoundState.At("round", "it is %s", r.State)
		}
		postings, err := cmd.postings(tx, r)
		if err != nil {
			return Round{}, err
		}
		if _, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Actor: actor, Round: r.ID, Ref: r.ID, Postings: postings}); err != nil {
			return Round{}, err
		}
		if err := knows(tx, cmd.By, r); errors.Is(err, ErrEmbargoed) {
			return r.hidden(), nil
		} else if err != nil {
			return Round{}, err
		}
		return r, nil
	})
}

// postings moves each draw to what it is for, if the fund holds it.
func (c Allocate) postings(tx Tx, r Round) ([]ledger.Posting, error) {
	if len(c.Draws) < 1 || len(c.Draws) > drawsMax {
		return nil, ErrCommand.At("draws", "1 to %d", drawsMax)
	}
	var parts []ReturnPart // from an account to another, as covered wants them
	for i, d := range c.Draws {
		if _, err := fundOf(tx, c.By, d.Fund); err != nil {
			return nil, err
		}
		for _, m := range []struct {
			to     ledger.Account
			amount money.Amount
		}{{ledger.Round(r.ID), d.Vouchers}, {ledger.Contingency(r.ID), d.Contingency}, {ledger.Fees(r.ID), d.Fees}} {
			if m.amount.Sign() < 0 || !m.amount.IsZero() && m.amount.Asset() != money.XOF {
				return nil, ErrCommand.At(where("draws", i), "amounts of XOF, not negative")
			}
			if m.amount.Sign() > 0 {
				parts = append(parts, ReturnPart{From: ledger.Fund(d.Fund), To: m.to, Amount: m.amount})
			}
		}
	}
	if len(parts) == 0 {
		return nil, ErrCommand.At("draws", "they come to nothing")
	}
	if err := covered(tx, parts); err != nil {
		return nil, err
	}
	postings := make([]ledger.Posting, len(parts))
	for i, p := range parts {
		postings[i] = ledger.Posting{Debit: p.From, Credit: p.To, Amount: p.Amount}
	}
	kilos, err := c.kilos(r, postings)
	return append(postings, kilos...), err
}

// kilos promises the commodity, if the francs drawn with it cover its ceiling
// price.
func (c Allocate) kilos(r Round, drawn []ledger.Posting) ([]ledger.Posting, error) {
	var postings []ledger.Posting
	for _, k := range []struct {
		field  string
		to     ledger.Account
		amount money.Amount
	}{{"kilos", ledger.Round(r.ID), c.Kilos}, {"kilos_contingency", ledger.Contingency(r.ID), c.KilosContingency}} {
		if k.amount.IsZero() {
			continue
		}
		if r.Kind != CommodityRound || k.amount.Asset() != r.Asset || k.amount.Sign() < 0 {
			return nil, ErrCommand.At(k.field, "an amount of the round's commodity")
		}
		price, err := k.amount.Price(r.Ceiling)
		if err != nil {
			return nil, ErrCommand.At(k.field, "it does not cost a whole number of francs at the ceiling price")
		}
		francs := int64(0)
		for _, p := range drawn {
			if p.Credit == k.to {
				francs += p.Amount.Minor()
			}
		}
		if francs < price.Minor() {
			return nil, ErrBudget.At(k.field, "%s costs up to %s, and %d XOF are drawn for it", k.amount, price, francs)
		}
		postings = append(postings, ledger.Posting{Debit: ledger.Pledge(r.ID), Credit: k.to, Amount: k.amount})
	}
	return postings, nil
}
