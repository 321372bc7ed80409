package ledger

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
)

// Post writes one entry: it checks it, moves the balances, and appends the
// entry with its leaf and hashes, all in tx. It sets Seq and Posted, and From
// and To where they are zero; times are kept in UTC seconds. An event inside a closed period posts now, in
// the open one, and keeps its own interval and a note of its day: Late finds it.
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
	if !e.To.After(closed) && len(e.Postings) > 0 {
		if e.Facts == nil {
			e.Facts = map[string]string{}
		}
		e.Facts[FactLate] = e.To.Format(time.DateOnly)
	}
	if err := e.Check(); err != nil {
		return Entry{}, err
	}
	b := books{tx: tx}
	if err := b.post(e); err != nil {
		return Entry{}, err
	}
	r := Record{Entry: e}
	if r.Hidden, err = b.hide(e); err != nil {
		return Entry{}, err
	}
	if r.Leaf, err = AppendLeaf(make([]byte, 0, leafUsual), e, r.Hidden); err != nil {
		return Entry{}, err
	}
	hashes, err := tlog.StoredHashesForRecordHash(int64(e.Seq), leafHash(r.Leaf), tx)
	if err != nil {
		return Entry{}, fmt.Errorf("hash entry %d: %w", e.Seq, err)
	}
	if err := tx.AppendEntry(r, hashes, b.held); err != nil {
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

// books are the accounts that one entry touches, each read once.
type books struct {
	tx   Tx
	held []Held
	at   map[Account]int // places in held, where these are many
}

// few is up to how many accounts are found by looking at each.
const few = 8

// account returns the place of the account, which is read if it is new.
func (b *books) account(a Account) (int, error) {
	if b.at != nil {
		if i, ok := b.at[a]; ok {
			return i, nil
		}
	} else {
		for i := range b.held {
			if b.held[i].Account == a {
				return i, nil
			}
		}
	}
	h, err := b.tx.Held(a)
	if err != nil {
		return 0, err
	}
	if b.held == nil {
		b.held = make([]Held, 0, 3)
	}
	b.held = append(b.held, h)
	switch n := len(b.held); {
	case n == few:
		b.at = make(map[Account]int, 2*few)
		for i := range b.held {
			b.at[b.held[i].Account] = i
		}
	case n > few:
		b.at[a] = n - 1
	}
	return len(b.held) - 1, nil
}

// post applies the entry's postings, and files it under its vouchers. A
// voucher's postings move its round's control account as well.
func (b *books) post(e Entry) error {
	var control Account
	for _, p := range e.Postings {
		for i, a := range [2]Account{p.Debit, p.Credit} {
			debit := i == 0
			if err := b.move(e.Seq, a, p.Amount, debit); err != nil {
				return err
			}
			if !a.IsVoucher() {
				continue
			}
			if control == "" {
				control = Control(e.Round)
			}
			if err := b.move(e.Seq, control, p.Amount, debit); err != nil {
				return err
			}
		}
	}
	for _, h := range b.held {
		for _, m := range h.Balances {
			if m.Sign() < 0 {
				return ErrOverdrawn.At("account", "%s would hold %s", shown(h.Account), m)
			}
		}
	}
	return nil
}

func (b *books) move(seq uint64, a Account, m money.Amount, debit bool) error {
	i, err := b.account(a)
	if err != nil {
		return err
	}
	h := &b.held[i]
	now := h.Balance(m.Asset())
	if debit == debitNormal(a) {
		now, err = now.Add(m)
	} else {
		now, err = now.Sub(m)
	}
	if err != nil {
		return ErrEntry.At("amount", "%s: %v", shown(a), err)
	}
	h.SetBalance(now)
	if n := len(h.Entries); a.IsVoucher() && (n == 0 || h.Entries[n-1] != seq) {
		h.Entries = append(h.Entries, seq)
	}
	return nil
}

// hide returns the pseudonyms of the vouchers that e posts to, in the order of
// postings, debit before credit.
func (b *books) hide(e Entry) ([]Account, error) {
	var hidden []Account
	for _, p := range e.Postings {
		for _, a := range [2]Account{p.Debit, p.Credit} {
			if !a.IsVoucher() {
				continue
			}
			i, err := b.account(a)
			if err != nil {
				return nil, err
			}
			salt := b.held[i].Salt
			if salt == nil {
				return nil, fmt.Errorf("salt of a voucher's account: %w", ErrNotFound)
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

// shown keeps beneficiaries and serials out of error texts, which are logged.
func shown(a Account) Account {
	if a.IsVoucher() {
		return "the voucher"
	}
	return a
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
