package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jate-cva/jate/money"
)

// hashes compares recomputed log hashes with those stored, in batches.
func (v *verifier) hashes(all bool) error {
	if len(v.pending) == 0 || len(v.pending) < 1024 && !all {
		return nil
	}
	indexes := make([]int64, len(v.pending))
	for i := range indexes {
		indexes[i] = v.at + int64(i)
	}
	stored, err := v.tx.ReadHashes(indexes)
	if err != nil {
		return broken(v.owners[0], 3, "log hashes from here on: %v", err)
	}
	for i, h := range v.pending {
		if stored[i] != h {
			return broken(v.owners[i], 3, "log hash %d is not that of the leaves", indexes[i])
		}
	}
	v.at += int64(len(v.pending))
	v.pending, v.owners = v.pending[:0], v.owners[:0]
	return nil
}

// end compares what is stored beside the entries with what they gave.
func (v *verifier) end() ([]RoundReport, error) {
	if err := v.hashes(true); err != nil {
		return nil, err
	}
	if _, err := v.tx.Leaf(v.tree.size); !errors.Is(err, ErrNotFound) {
		return nil, broken(v.tree.size, 3, "its leaf is there though the journal ends before it")
	}
	if err := v.stored(); err != nil {
		return nil, err
	}
	if err := v.indexes(); err != nil {
		return nil, err
	}
	return v.held()
}

// stored compares the balances kept with the fold, both ways.
func (v *verifier) stored() error {
	for b, err := range v.tx.Balances("") {
		if err != nil {
			return err
		}
		k := balanceKey{b.Account, b.Amount.Asset()}
		want, ok := v.balances[k]
		if !ok {
			want = money.FromMinor(0, k.asset)
		}
		if !b.Amount.Equal(want) {
			return &Broken{Invariant: 5, Why: fmt.Sprintf("%s is kept as %s, the journal gives %s", shown(k.account), b.Amount, want)}
		}
		delete(v.balances, k)
	}
	for _, k := range slices.SortedFunc(maps.Keys(v.balances), balanceKey.compare) {
		return &Broken{Invariant: 5, Why: fmt.Sprintf("the balance of %s, %s by the journal, is missing", shown(k.account), v.balances[k])}
	}
	return nil
}

// indexes checks that no index leads to more than the entries gave. Each entry
// was found in the index of its accounts, so it is enough to count, and to
// search only where the numbers differ.
func (v *verifier) indexes() error {
	var found uint64
	err := v.walk(func(Account, uint64) error { found++; return nil })
	if err != nil || found == v.indexed {
		return err
	}
	err = v.walk(func(a Account, seq uint64) error {
		e, err := v.tx.Entry(seq)
		if errors.Is(err, ErrNotFound) {
			return broken(seq, 5, "the index of %s leads to it, and it is missing", shown(a))
		}
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(e.Postings, func(p Posting) bool { return p.Debit == a || p.Credit == a }) {
			return broken(seq, 5, "the index of %s leads to it, and it does not post there", shown(a))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return &Broken{Invariant: 5, Why: "an account that was posted to has no balance, not even zero"}
}

// walk calls fn for every entry that the index of an account with a balance
// leads to.
func (v *verifier) walk(fn func(Account, uint64) error) error {
	var last Account
	for b, err := range v.tx.Balances("") {
		if err != nil {
			return err
		}
		if b.Account == last {
			continue // another asset of the same account
		}
		last = b.Account
		for next := uint64(0); ; {
			seqs, err := v.tx.PostingsOf(b.Account, next, statementMax)
			if err != nil {
				return err
			}
			for _, seq := range seqs {
				if err := fn(b.Account, seq); err != nil {
					return err
				}
			}
			if len(seqs) < statementMax {
				break
			}
			next = seqs[len(seqs)-1] + 1
		}
	}
	return nil
}

// held checks that what each round was given is still there or was spent.
func (v *verifier) held() ([]RoundReport, error) {
	var out []RoundReport
	for _, k := range slices.SortedFunc(maps.Keys(v.rounds), func(a, b sumKey) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.asset.String(), b.asset.String()))
	}) {
		r := *v.rounds[k]
		for _, a := range []Account{Round(k.round), Contingency(k.round), Fees(k.round), Control(k.round)} {
			b, err := v.tx.Balance(a, k.asset)
			if err != nil {
				return nil, err
			}
			if err := addTo(&r.Held, b); err != nil {
				return nil, err
			}
		}
		left := r.Allocated
		if err := errors.Join(addTo(&left, negative(r.Returned)), addTo(&left, negative(r.Spent))); err != nil {
			return nil, err
		}
		if !r.Held.Equal(left) {
			return nil, &Broken{Invariant: 6, Why: fmt.Sprintf("round %s holds %s, it should hold %s", k.round, r.Held, left)}
		}
		out = append(out, r)
	}
	return out, nil
}
