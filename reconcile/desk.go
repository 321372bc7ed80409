package reconcile

import (
	"context"
	"encoding/hex"
	"maps"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/evidence"
)

// desk is a case in the hands of somebody who does something about it.
type desk struct {
	tx Tx
	by access.Actor
	as ledger.Actor
	c  Case

	proof access.Proof // by which what is posted was approved; the zero one for none
}

// request is the content that an idempotency key stands for.
type request[C any] struct {
	Method  Method
	Command C
}

func commandKey(by access.Actor, key string) ledger.CommandKey {
	return ledger.CommandKey{Actor: by.Programme + "/" + by.ID, Key: key}
}

// once runs a command at most once for its key.
func once[C, R any](ctx context.Context, s *service, m Method, by access.Actor, key string, cmd C, fn func(Tx, ledger.Actor) (R, error)) (R, error) {
	as, err := acting(m, by)
	if err != nil {
		var none R
		return none, err
	}
	return ledger.Once(ctx, s.store.Update, commandKey(by, key), request[C]{m, cmd}, func(tx Tx) (R, error) { return fn(tx, as) })
}

// prepared is once for a command that rests on what look reads before, outside
// of the one writer. A repetition is recognised before it looks.
func prepared[C, F, R any](ctx context.Context, s *service, m Method, by access.Actor, key string, cmd C,
	look func(Tx) (F, error), fn func(Tx, ledger.Actor, F) (R, error)) (R, error) {
	var found F
	var result R
	known := false
	_, missed := read(ctx, s, m, by, func(tx Tx) (_ struct{}, err error) {
		if result, known, err = ledger.Known[R](tx, commandKey(by, key), request[C]{m, cmd}); !known {
			found, err = look(tx)
		}
		return struct{}{}, err
	})
	if known {
		return result, missed
	}
	return once(ctx, s, m, by, key, cmd, func(tx Tx, as ledger.Actor) (R, error) {
		if missed != nil {
			var none R
			return none, missed
		}
		return fn(tx, as, found)
	})
}

// onCase runs a command about a case in one of the states, at most once.
func onCase[C any](ctx context.Context, s *service, m Method, d Decide, cmd C, states []CaseState, fn func(*desk) (Case, error)) (Case, error) {
	if err := checkNote(d.Note); err != nil {
		return Case{}, err
	}
	return once(ctx, s, m, d.By, d.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		c, err := ownCase(tx, d.Case, d.By, states...)
		if err != nil {
			return Case{}, err
		}
		if d.Note != "" {
			c.Note = d.Note
		}
		return fn(&desk{tx: tx, by: d.By, as: as, c: c})
	})
}

// undecided are the states of a case that can still be worked on.
var undecided = []CaseState{CaseOpen, CaseFrozen}

// post journals a movement of money, with the case as a fact, and notes it
// among the case's entries.
func (d *desk) post(kind ledger.Kind, ref string, facts map[string]string, ps ...ledger.Posting) (uint64, error) {
	return d.postIn(d.c.Round, kind, ref, facts, ps...)
}

// postIn is post of an entry of another round.
func (d *desk) postIn(round string, kind ledger.Kind, ref string, facts map[string]string, ps ...ledger.Posting) (uint64, error) {
	all := map[string]string{evidence.FactCase: d.c.ID}
	maps.Copy(all, facts)
	e, err := ledger.Post(d.tx, ledger.Entry{Kind: kind, Actor: d.as, Round: round, Ref: ref, Facts: d.proof.Facts(all), Postings: ps})
	if err == nil {
		d.c.Entries = append(d.c.Entries, e.Seq)
	}
	return e.Seq, err
}

// move journals a step of one redemption's money.
func (d *desk) move(kind ledger.Kind, h Held, from, to ledger.Account) error {
	_, err := d.post(kind, refEntry(h.Entry), nil, ledger.Posting{Debit: from, Credit: to, Amount: h.Amount})
	return err
}

// decided journals what became of the case, and stores it.
func (d *desk) decided(what string, facts map[string]string) (Case, error) {
	c := &d.c
	all := map[string]string{"findings": strconv.Itoa(len(c.Findings)), "value": c.Value.Text(), "frozen": c.Frozen.Text()}
	if c.Vendor != "" {
		all["vendor"] = string(c.Vendor)
	}
	if !c.Debt.Charged.Asset().IsZero() {
		all["charged"], all["recovered"], all["given-up"] = c.Debt.Charged.Text(), c.Debt.Recovered.Text(), c.Debt.GivenUp.Text()
	}
	maps.Copy(all, facts)
	e, err := ledger.Decide(d.tx, d.as, c.Round, what, c.ID, d.proof.Facts(all))
	if err != nil {
		return Case{}, err
	}
	c.Entries = append(c.Entries, e.Seq)
	return *c, d.tx.PutCase(*c)
}

// offer fixes what a person approves who upholds what is left of the case.
func (d *desk) offer() error {
	c := d.c.content()
	d.c.Digest = c.Digest()
	return d.tx.PutPrepared(c.Prepare(d.by, Roles[MethodUphold]))
}

// hexadecimal is how digests stand in facts.
func hexadecimal(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
