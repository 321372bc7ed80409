package distribution

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// ErrReturn refuses the approval of a return that is not the one prepared.
var ErrReturn = fault.New(fault.Conflict, "return_changed",
	"The return is not the one that was prepared, or there is nothing to return. Prepare it again.",
	"Le remboursement n'est pas celui qui a été préparé, ou il n'y a rien à rendre. Préparez-le à nouveau.")

// newReturn fixes the exact parts under a digest. The time is part of it, so
// that an old approval never fits a new return of the same amount.
func newReturn(tx Tx, ref string, parts []ReturnPart, by access.Actor, m Method) (Return, error) {
	c := access.Content{What: "return", ID: ref, Programme: by.Programme, Lines: []access.Line{{"proposed", stamp(tx.Now())}}}
	for _, p := range parts {
		c.Lines = append(c.Lines, access.Line{"posting", string(p.From), string(p.To), p.Amount.String()})
	}
	return Return{Parts: parts, Digest: c.Digest(), PreparedBy: by.ID, At: tx.Now()}, tx.PutPrepared(c.Prepare(by, Roles[m]))
}

func decideReturn(tx Tx, actor ledger.Actor, round, what, ref string, r Return) error {
	_, err := ledger.Decide(tx, actor, round, what, ref, map[string]string{"digest": hex.EncodeToString(r.Digest[:])})
	return err
}

// covered returns ErrBudget where an account does not hold what leaves it.
func covered(tx Tx, parts []ReturnPart) error {
	type pot struct {
		account ledger.Account
		asset   money.Asset
	}
	leaving := map[pot]int64{}
	for _, p := range parts {
		k := pot{p.From, p.Amount.Asset()}
		sum, ok := money.AddMinor(leaving[k], p.Amount.Minor())
		if !ok {
			return ErrBudget.At("amount", "too large")
		}
		leaving[k] = sum
	}
	for k, sum := range leaving {
		held, err := tx.Balance(k.account, k.asset)
		if err != nil {
			return err
		}
		if held.Minor() < sum {
			return ErrBudget.At(string(k.account), "holds %s", held)
		}
	}
	return nil
}

// ApproveReturn is the second person's word on a return.
type ApproveReturn struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	ID     string       // the round's, or the fund's
	Digest [32]byte     // of the return, as prepared
}

// prove obtains the actor's proof, outside of any transaction.
func (s *service) prove(ctx context.Context, by access.Actor, m Method, digest [32]byte) (access.Proof, error) {
	if _, err := acting(by, m); err != nil {
		return access.Proof{}, err
	}
	return s.cfg.Prover.Prove(ctx, digest)
}

func (r Return) approve(tx Tx, cmd ApproveReturn, m Method, proof access.Proof) error {
	if len(r.Parts) == 0 || r.Digest != cmd.Digest {
		return ErrReturn
	}
	p := access.Proposal{Programme: cmd.By.Programme, Digest: r.Digest, PreparedBy: r.PreparedBy, Roles: Roles[m]}
	p, err := p.Approve(cmd.By, proof, tx.Now())
	if err != nil {
		return err
	}
	return p.Approved(1, tx.Now())
}

func (r Return) post(tx Tx, actor ledger.Actor, round, ref string, proof access.Proof) error {
	e := ledger.Entry{Kind: ledger.KindReturn, Actor: actor, Round: round, Ref: ref,
		Facts: proof.Facts(nil)}
	for _, p := range r.Parts {
		e.Postings = append(e.Postings, ledger.Posting{Debit: p.From, Credit: p.To, Amount: p.Amount})
	}
	_, err := ledger.Post(tx, e)
	return err
}

// PrepareReturn computes what a closed round gives back. It may be repeated:
// for what was kept at first.
type PrepareReturn struct {
	By  access.Actor `json:"-"`
	Key string       `json:"-"`
	ID  string       // the round's
	// KeepFees is what of the fees stays for claims that are still to come.
	KeepFees money.Amount
	// Contingency releases what accepted losses did not need; until then it
	// stays, for receipts that arrive after the close.
	Contingency bool
}

// PrepareReturn is documented at Service.
func (s *service) PrepareReturn(ctx context.Context, cmd PrepareReturn) (Round, error) {
	return once(ctx, s, MethodPrepareReturn, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		r, err := roundOf(tx, cmd.By, cmd.ID)
		if err != nil {
			return Round{}, err
		}
		if r.State != RoundClosed {
			return Round{}, ErrRoundState.At("round", "it is %s", r.State)
		}
		if cmd.KeepFees.Sign() < 0 || !cmd.KeepFees.IsZero() && cmd.KeepFees.Asset() != money.XOF {
			return Round{}, ErrCommand.At("keep_fees", "an amount of XOF, not negative")
		}
		parts, err := planReturn(tx, r, cmd)
		if err != nil {
			return Round{}, err
		}
		if len(parts) == 0 {
			return Round{}, ErrReturn.At("round", "nothing is left")
		}
		if r.Return, err = newReturn(tx, r.ID, parts, cmd.By, MethodApproveReturn); err != nil {
			return Round{}, err
		}
		if err := decideReturn(tx, actor, r.ID, "prepare-return", r.ID, r.Return); err != nil {
			return Round{}, err
		}
		return r, tx.PutRound(r)
	})
}

// ApproveReturn is documented at Service.
func (s *service) ApproveReturn(ctx context.Context, cmd ApproveReturn) (Round, error) {
	proof, err := s.prove(ctx, cmd.By, MethodApproveReturn, cmd.Digest)
	if err != nil {
		return Round{}, err
	}
	return once(ctx, s, MethodApproveReturn, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		r, err := roundOf(tx, cmd.By, cmd.ID)
		if err != nil {
			return Round{}, err
		}
		if err := r.Return.approve(tx, cmd, MethodApproveReturn, proof); err != nil {
			return Round{}, err
		}
		left, err := returnable(tx, r)
		if err != nil {
			return Round{}, err
		}
		leaving := int64(0)
		for _, p := range r.Return.Parts {
			if p.From == ledger.Round(r.ID) && p.Amount.Asset() == money.XOF {
				leaving += p.Amount.Minor()
			}
		}
		if leaving > left.Minor() {
			return Round{}, ErrReturn.At("round", "only %s may leave it by now", left)
		}
		if err := r.Return.post(tx, actor, r.ID, r.ID, proof); err != nil {
			return Round{}, err
		}
		r.Return = Return{}
		return r, tx.PutRound(r)
	})
}

// planReturn splits what is left among the funds by what was drawn on each for
// the same account, and takes the promise of kilos back.
func planReturn(tx Tx, r Round, cmd PrepareReturn) ([]ReturnPart, error) {
	left, err := returnable(tx, r)
	if err != nil {
		return nil, err
	}
	fees, err := tx.Balance(ledger.Fees(r.ID), money.XOF)
	if err != nil {
		return nil, err
	}
	fees = money.Francs(max(fees.Minor()-cmd.KeepFees.Minor(), 0))
	pots := []pot{{ledger.Round(r.ID), left}, {ledger.Fees(r.ID), fees}}
	kilos := []ledger.Account{ledger.Round(r.ID)}
	if cmd.Contingency {
		reserve, err := tx.Balance(ledger.Contingency(r.ID), money.XOF)
		if err != nil {
			return nil, err
		}
		pots = append(pots, pot{ledger.Contingency(r.ID), reserve})
		kilos = append(kilos, ledger.Contingency(r.ID))
	}
	var parts []ReturnPart
	for _, p := range pots {
		drawn, err := draws(tx, r, p.account)
		if err != nil {
			return nil, err
		}
		back, err := share(p, drawn)
		if err != nil {
			return nil, err
		}
		parts = append(parts, back...)
	}
	if r.Kind == CommodityRound {
		for _, a := range kilos {
			m, err := tx.Balance(a, r.Asset)
			if err != nil {
				return nil, err
			}
			if m.Sign() > 0 {
				parts = append(parts, ReturnPart{From: a, To: ledger.Pledge(r.ID), Amount: m})
			}
		}
	}
	return parts, nil
}

// pot is what may leave one account.
type pot struct {
	account ledger.Account
	left    money.Amount
}

// returnable returns the francs that may leave the round's account. A
// commodity round keeps what kilos that were handed over and not yet claimed
// cost at the ceiling price. How many they are follows from the promise: what
// of it is neither in the round, nor in its contingency, nor on a voucher.
func returnable(tx Tx, r Round) (money.Amount, error) {
	francs, err := tx.Balance(ledger.Round(r.ID), money.XOF)
	if err != nil || r.Kind != CommodityRound {
		return francs, err
	}
	owed, err := tx.Balance(ledger.Pledge(r.ID), r.Asset)
	if err != nil {
		return francs, err
	}
	for _, a := range []ledger.Account{ledger.Round(r.ID), ledger.Contingency(r.ID), ledger.Control(r.ID)} {
		held, err := tx.Balance(a, r.Asset)
		if err != nil {
			return francs, err
		}
		if owed, err = owed.Sub(held); err != nil {
			return francs, err
		}
	}
	kept, err := owed.Price(r.Ceiling)
	if err != nil {
		return francs, err
	}
	return money.Francs(max(francs.Minor()-kept.Minor(), 0)), nil
}

// draws returns what each fund gave to one account of the round, from the
// journal.
func draws(tx Tx, r Round, account ledger.Account) (map[string]int64, error) {
	drawn := map[string]int64{}
	for f, err := range tx.DonorFunds(r.Programme) {
		if err != nil {
			return nil, err
		}
		for e, err := range entriesOf(tx, ledger.Fund(f.ID)) {
			if err != nil {
				return nil, err
			}
			if e.Kind != ledger.KindAllocate {
				continue
			}
			for _, p := range e.Postings {
				if p.Debit == ledger.Fund(f.ID) && p.Credit == account {
					drawn[f.ID] += p.Amount.Minor()
				}
			}
		}
	}
	return drawn, nil
}

// share splits what is left among the funds in proportion to what each gave:
// whole francs first, then one more to the largest remainders, ties in the
// order of the funds' ids. The parts sum to what is left.
func share(p pot, drawn map[string]int64) ([]ReturnPart, error) {
	total := int64(0)
	for _, d := range drawn {
		total += d
	}
	if p.left.Sign() <= 0 {
		return nil, nil
	}
	if total < p.left.Minor() {
		return nil, fmt.Errorf("%s holds %s and was given %d", p.account, p.left, total)
	}
	type part struct {
		fund        string
		whole, rest int64
	}
	var parts []part
	spread := int64(0)
	for _, f := range slices.Sorted(maps.Keys(drawn)) {
		product := new(big.Int).Mul(big.NewInt(p.left.Minor()), big.NewInt(drawn[f]))
		whole, rest := product.QuoRem(product, big.NewInt(total), new(big.Int))
		parts = append(parts, part{f, whole.Int64(), rest.Int64()})
		spread += whole.Int64()
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.rest, a.rest) })
	for i := range p.left.Minor() - spread {
		parts[i].whole++
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.fund, b.fund) })
	var out []ReturnPart
	for _, s := range parts {
		if s.whole > 0 {
			out = append(out, ReturnPart{From: p.account, To: ledger.Fund(s.fund), Amount: money.Francs(s.whole)})
		}
	}
	return out, nil
}

// entriesOf yields the entries that post to an account, oldest first.
func entriesOf(tx Tx, a ledger.Account) func(func(ledger.Entry, error) bool) {
	return func(yield func(ledger.Entry, error) bool) {
		const page = 1000
		for from := uint64(0); ; {
			seqs, err := tx.PostingsOf(a, from, page)
			if err != nil {
				yield(ledger.Entry{}, err)
				return
			}
			for _, seq := range seqs {
				if e, err := tx.Entry(seq); !yield(e, err) || err != nil {
					return
				}
				from = seq + 1
			}
			if len(seqs) < page {
				return
			}
		}
	}
}
