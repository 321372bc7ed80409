package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
)

// Post writes one entry: it checks it, moves the balances, and appends the
// entry with its leaf and hashes, all in tx. It sets Seq and Posted, and From
// and To where they are zero; times are kept in UTC seconds. An event inside a closed period posts now, in
// the open one, and keeps its own interval: Late finds it.
//
// It returns ErrEntry, ErrAccount, ErrFlow, ErrOverdrawn or ErrClosed, and then
// the caller must return the error so that the transaction leaves nothing.
func Post(tx Tx, e Entry) (Entry, error) {
	size, err := tx.Size()
	if err != nil {
		return Entry{}, err
	}
	closed, err := tx.ClosedThrough()
	if err != nil {
		return Entry{}, err
	}
	e.Seq, e.Posted = size, tx.Now()
	if !e.Posted.After(closed) {
		return Entry{}, ErrClosed.At("posted", "the clock stands at %s", stamp(e.Posted))
	}
	if e.From.IsZero() {
		e.From = e.Posted
	}
	if e.To.IsZero() {
		e.To = e.Posted
	}
	e.From, e.To = e.From.UTC().Truncate(time.Second), e.To.UTC().Truncate(time.Second)
	e.Facts, e.Postings = maps.Clone(e.Facts), slices.Clone(e.Postings)
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	moved, err := move(tx, e)
	if err != nil {
		return Entry{}, err
	}
	for k, b := range moved {
		if err := tx.PutBalance(k.account, b); err != nil {
			return Entry{}, err
		}
	}
	hidden, err := hide(tx, e)
	if err != nil {
		return Entry{}, err
	}
	leaf, err := AppendLeaf(make([]byte, 0, leafUsual), e, hidden)
	if err != nil {
		return Entry{}, err
	}
	hashes, err := tlog.StoredHashes(int64(e.Seq), leaf, tx)
	if err != nil {
		return Entry{}, fmt.Errorf("hash entry %d: %w", e.Seq, err)
	}
	if err := tx.AppendEntry(e, leaf, hashes); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// Decide journals a decision that moves no money: what was decided, about
// what, with the facts that a monitor needs.
func Decide(tx Tx, by Actor, round, what, ref string, facts map[string]string) (Entry, error) {
	f := maps.Clone(facts)
	if f == nil {
		f = map[string]string{}
	}
	f["what"] = what
	return Post(tx, Entry{Kind: KindDecision, Actor: by, Round: round, Ref: ref, Facts: f})
}

// hide returns the pseudonyms of the vouchers that e posts to, in the order of
// postings, debit before credit.
func hide(tx Tx, e Entry) ([]Account, error) {
	var hidden []Account
	for _, p := range e.Postings {
		for _, a := range [2]Account{p.Debit, p.Credit} {
			if !a.IsVoucher() {
				continue
			}
			salt, err := tx.VoucherSalt(a)
			if err != nil {
				return nil, fmt.Errorf("salt of a voucher's account: %w", err)
			}
			hidden = append(hidden, Pseudonym(salt, a.Serial()))
		}
	}
	return hidden, nil
}

type balanceKey struct {
	account Account
	asset   money.Asset
}

// move returns the balances after e, or the first rule they would break.
func move(tx Tx, e Entry) (map[balanceKey]money.Amount, error) {
	now := map[balanceKey]money.Amount{}
	load := func(a Account, asset money.Asset) (money.Amount, error) { return tx.Balance(a, asset) }
	if err := fold(now, e, load); err != nil {
		return nil, err
	}
	for _, k := range slices.SortedFunc(maps.Keys(now), balanceKey.compare) {
		if now[k].Sign() < 0 {
			return nil, ErrOverdrawn.At("account", "%s would hold %s", shown(k.account), now[k])
		}
	}
	return now, nil
}

func (k balanceKey) compare(o balanceKey) int {
	return cmp.Or(cmp.Compare(k.account, o.account), strings.Compare(k.asset.String(), o.asset.String()))
}

// shown keeps beneficiaries and serials out of error texts, which are logged.
func shown(a Account) Account {
	if a.IsVoucher() {
		return "the voucher"
	}
	return a
}

// fold applies e's postings to balances, asking load for those not yet there.
// A voucher's postings move its round's control account as well.
func fold(to map[balanceKey]money.Amount, e Entry, load func(Account, money.Asset) (money.Amount, error)) error {
	for _, p := range e.Postings {
		for _, side := range []struct {
			account Account
			debit   bool
		}{{p.Debit, true}, {p.Credit, false}} {
			if err := apply(to, side.account, p.Amount, side.debit, load); err != nil {
				return err
			}
			if !side.account.IsVoucher() && !isPseudonym(side.account) {
				continue
			}
			if err := apply(to, Control(e.Round), p.Amount, side.debit, load); err != nil {
				return err
			}
		}
	}
	return nil
}

func apply(to map[balanceKey]money.Amount, a Account, m money.Amount, debit bool, load func(Account, money.Asset) (money.Amount, error)) error {
	k := balanceKey{a, m.Asset()}
	b, ok := to[k]
	if !ok {
		var err error
		if b, err = load(a, m.Asset()); err != nil {
			return err
		}
	}
	grow := debit == debitNormal(a)
	var err error
	if grow {
		b, err = b.Add(m)
	} else {
		b, err = b.Sub(m)
	}
	if err != nil {
		return ErrEntry.At("amount", "%s: %v", shown(a), err)
	}
	to[k] = b
	return nil
}

func debitNormal(a Account) bool {
	c, err := a.Class()
	return err == nil && c.DebitNormal()
}
