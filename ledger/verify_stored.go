package ledger

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"github.com/jate-cva/jate/money"
)

// end compares what is stored of accounts with what the entries gave. It takes
// from the audit what it has found, so that what is left is missing.
func (v *verifier) end() (Report, error) {
	r := Report{Size: v.audit.Size(), Root: v.audit.Root()}
	var err error
	if r.Rounds, err = v.audit.Rounds(); err != nil {
		return Report{}, err
	}
	unsalted := map[uint64]Held{}
	var before Account
	for h, err := range v.tx.Accounts() {
		if err == nil && h.Account <= before {
			err = &Broken{Invariant: 5, Why: "accounts are out of order"}
		}
		before = h.Account
		switch {
		case err != nil:
		case !h.Account.IsVoucher():
			err = v.account(h)
		case h.Salt == nil:
			unsalted[maphash.String(v.seed, string(h.Account))] = h
		default:
			err = v.salted(h)
		}
		if err != nil {
			return Report{}, err
		}
	}
	if r.Erased, err = v.unsalted(unsalted); err != nil {
		return Report{}, err
	}
	return r, v.missing()
}

// account compares an account that is no voucher's.
func (v *verifier) account(h Held) error {
	o := v.audit.accounts[h.Account]
	if o == nil {
		o = &open{}
	}
	for _, m := range h.Balances {
		held := int64(0)
		if asset, ok := v.audit.assets.numbers[m.Asset()]; ok && int(asset) < len(o.held) {
			held, o.held[asset] = o.held[asset], 0
		}
		if err := sameBalance(h.Account, m, held); err != nil {
			return err
		}
	}
	o.found = true
	var entries uint64
	for from := uint64(0); ; {
		seqs, err := v.tx.PostingsOf(h.Account, from, statementMax)
		if err != nil {
			return err
		}
		if entries += v.marks(seqs); len(seqs) < statementMax {
			break
		}
		from = seqs[len(seqs)-1] + 1
	}
	if entries != o.entries {
		return v.index(h)
	}
	return nil
}

func sameBalance(a Account, kept money.Amount, held int64) error {
	if kept.Minor() != held {
		return &Broken{Invariant: 5, Why: fmt.Sprintf("%s is kept as %s, the journal gives %s", shown(a), kept, money.FromMinor(held, kept.Asset()))}
	}
	return nil
}

func (v *verifier) marks(seqs []uint64) (sum uint64) {
	for _, seq := range seqs {
		sum += v.mark(seq)
	}
	return sum
}

// salted compares the account of a voucher whose salt is known.
func (v *verifier) salted(h Held) error {
	hash := pseudonymOf(h.Salt, h.Account.Serial())
	n, known := v.audit.vouchers[hash]
	if !known {
		if len(h.Entries) > 0 {
			return v.blame(h)
		}
		return v.voucher(h, hash, &purse{})
	}
	voucher := v.audit.purses.at(n)
	if voucher.owner != maphash.String(v.seed, string(h.Account)) {
		return v.blame(h)
	}
	return v.voucher(h, hash, voucher)
}

// unsalted compares the accounts of vouchers without a salt, by what the
// entries call them, and returns how many are in the journal.
func (v *verifier) unsalted(accounts map[uint64]Held) (erased int, err error) {
	for hash, n := range v.audit.vouchers {
		if len(accounts) == 0 {
			break
		}
		voucher := v.audit.purses.at(n)
		h, ok := accounts[voucher.owner]
		if !ok {
			continue
		}
		delete(accounts, voucher.owner)
		if err := v.voucher(h, hash, voucher); err != nil {
			return 0, err
		}
		erased++
	}
	for _, h := range accounts { // that are in no entry
		if err := v.voucher(h, pseudonym{}, &purse{}); err != nil {
			return 0, err
		}
	}
	return erased, nil
}

// voucher compares a voucher's account.
func (v *verifier) voucher(h Held, hash pseudonym, voucher *purse) error {
	left := voucher.held
	for _, m := range h.Balances {
		held := int64(0)
		asset, ok := v.audit.assets.numbers[m.Asset()]
		switch k := (purseKey{hash, asset}); {
		case !ok:
		case asset == voucher.asset:
			held, left = left, 0
		default:
			held = v.audit.more[k]
			delete(v.audit.more, k)
		}
		if err := sameBalance(h.Account, m, held); err != nil {
			return err
		}
	}
	if left != 0 {
		return &Broken{Invariant: 5, Why: "the balance of a voucher is missing"}
	}
	if v.marks(h.Entries) != voucher.entries {
		return v.index(h)
	}
	if voucher.owner != 0 && !voucher.found {
		voucher.found = true
		v.found++
	}
	return nil
}

// missing reports what the journal gave and the store has not.
func (v *verifier) missing() error {
	for _, a := range slices.Sorted(maps.Keys(v.audit.accounts)) {
		o := v.audit.accounts[a]
		for asset, held := range o.held {
			if held != 0 {
				return &Broken{Invariant: 5, Why: fmt.Sprintf("the balance of %s, %s by the journal, is missing",
					a, money.FromMinor(held, v.audit.assets.values[asset]))}
			}
		}
		if !o.found {
			return &Broken{Invariant: 5, Why: fmt.Sprintf("%s was posted to and has no balance, not even zero", a)}
		}
	}
	if v.found < len(v.audit.vouchers) {
		return v.each(func(seq uint64, _, hidden Account) error {
			hash, _ := hidden.pseudonym()
			if n, known := v.audit.vouchers[hash]; known && !v.audit.purses.at(n).found {
				return broken(seq, 5, "its voucher has no account, or one that goes by another pseudonym")
			}
			return nil
		})
	}
	for _, held := range v.audit.more {
		if held != 0 {
			return &Broken{Invariant: 5, Why: "the balance of a voucher is missing"}
		}
	}
	return nil
}

// index says where the index of an account is wrong, reading the journal again.
func (v *verifier) index(h Held) error {
	wrong := func(seq uint64, why string) error { return broken(seq, 5, "the index of %s %s", shown(h.Account), why) }
	seqs := h.Entries
	if !h.Account.IsVoucher() {
		var err error
		if seqs, err = v.tx.PostingsOf(h.Account, 0, int(v.size)+1); err != nil {
			return err
		}
	}
	for r, err := range v.tx.Journal(0) {
		if err != nil {
			return err
		}
		seq := r.Entry.Seq
		posts := slices.ContainsFunc(r.Entry.Postings, func(p Posting) bool { return p.Debit == h.Account || p.Credit == h.Account })
		leads := len(seqs) > 0 && seqs[0] == seq
		switch {
		case posts && !leads:
			return wrong(seq, "does not lead to it")
		case leads && !posts:
			return wrong(seq, "leads to it, and it does not post there")
		case leads:
			seqs = seqs[1:]
		}
	}
	if len(seqs) > 0 {
		return wrong(seqs[0], "leads to it, and it is missing")
	}
	return &Broken{Invariant: 5, Why: fmt.Sprintf("the index of %s is not what the journal gives", shown(h.Account))}
}

// blame says which entry names a voucher by another pseudonym than its salt
// gives, or another voucher by that one, reading the journal again.
func (v *verifier) blame(h Held) error {
	hash := pseudonymOf(h.Salt, h.Account.Serial()).account()
	err := v.each(func(seq uint64, a, hidden Account) error {
		if (a == h.Account) != (hidden == hash) {
			return broken(seq, 3, "its voucher is another than its leaf says")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return &Broken{Invariant: 5, Why: "the index of a voucher leads to entries, and none posts there"}
}

// each calls fn for each voucher that an entry of the journal posts to, with
// its pseudonym there.
func (v *verifier) each(fn func(seq uint64, a, hidden Account) error) error {
	for r, err := range v.tx.Journal(0) {
		if err != nil {
			return err
		}
		hidden := r.Hidden
		for _, p := range r.Entry.Postings {
			for _, a := range [2]Account{p.Debit, p.Credit} {
				if !a.IsVoucher() {
					continue
				}
				if err := fn(r.Entry.Seq, a, hidden[0]); err != nil {
					return err
				}
				hidden = hidden[1:]
			}
		}
	}
	return nil
}
