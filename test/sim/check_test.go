package sim

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// allEvery is how often, in steps, every balance of the store is compared.
// In between only those that something should have moved are.
const allEvery = 10

// check holds the invariants of the package's comment after a step.
func (s *sim) check(ctx context.Context) {
	s.checks++
	var bad error
	err := s.db.Vouchers().View(ctx, func(tx voucher.Tx) error {
		bad = s.audit(tx)
		return nil
	})
	s.must(errors.Join(err, bad))
}

// audit reads the new leaves as somebody outside would who has nothing else,
// and compares what they give with the store and the model.
func (s *sim) audit(tx voucher.Tx) error {
	size, err := tx.Size()
	if err != nil {
		return err
	}
	if size < s.auditor.Size() {
		return fmt.Errorf("the journal had %d entries and has %d", s.auditor.Size(), size)
	}
	for seq := s.auditor.Size(); seq < size; seq++ {
		leaf, err := tx.Leaf(seq)
		if err != nil {
			return err
		}
		if _, err := s.auditor.Add(leaf); err != nil {
			return err
		}
		s.leaves = append(s.leaves, leaf)
		if err := s.paidOnce(tx, seq); err != nil {
			return err
		}
	}
	if root, err := ledger.Root(tx, size); err != nil || root != s.auditor.Root() {
		return fmt.Errorf("the root is %s, the leaves give %s (%w)", root, s.auditor.Root(), err)
	}
	if _, err := s.auditor.Rounds(); err != nil {
		return err
	}
	return errors.Join(s.sameAsLeaves(tx), s.sameAsStore(tx))
}

// paidOnce checks that an entry that pays names a receipt that is stored,
// proved, and named by no other payment of its kind.
func (s *sim) paidOnce(tx voucher.Tx, seq uint64) error {
	e, err := tx.Entry(seq)
	if err != nil {
		return err
	}
	s.m.saw("entry: %s", e.Kind)
	for _, p := range e.Postings {
		s.m.touched[p.Debit], s.m.touched[p.Credit] = true, true
	}
	if e.Kind != ledger.KindRedeem && e.Kind != ledger.KindAcceptLoss {
		return nil
	}
	if err := voucher.CheckEntry(tx, e); err != nil {
		return fmt.Errorf("entry %d: %w", seq, err)
	}
	named := string(e.Kind) + " " + e.Ref
	if s.seen[named] {
		return fmt.Errorf("entry %d: a second %s for receipt %s", seq, e.Kind, e.Ref)
	}
	s.seen[named] = true
	return nil
}

// balances are the model's that are not zero, the vouchers' together included.
func (m *model) balances() (map[ledger.Account]int64, error) {
	all := map[ledger.Account]int64{}
	var cards int64
	for a, n := range m.books {
		if n < 0 {
			return nil, fmt.Errorf("the model has %d on %s", n, a)
		}
		if n > 0 {
			all[a] = n
		}
		if a.IsVoucher() {
			cards += n
		}
	}
	if cards > 0 {
		all[ledger.Control(theRound)] = cards
	}
	return all, nil
}

// sameAsLeaves compares what the leaves give with the model.
func (s *sim) sameAsLeaves(tx voucher.Tx) error {
	left, err := s.m.balances()
	if err != nil {
		return err
	}
	hidden := make(map[ledger.Account]int64, len(left))
	for a, n := range left {
		if a.IsVoucher() && s.pseudonyms[a] == "" {
			salt, err := tx.VoucherSalt(a)
			if err != nil {
				return fmt.Errorf("salt of %s: %w", a, err)
			}
			s.pseudonyms[a] = ledger.Pseudonym(salt, a.Serial())
		}
		if p := s.pseudonyms[a]; p != "" {
			a = p
		}
		hidden[a] = n
	}
	for b := range s.auditor.Balances() {
		if b.Amount.Minor() != hidden[b.Account] {
			return fmt.Errorf("%s holds %d by the leaves, the model says %d", b.Account, b.Amount.Minor(), hidden[b.Account])
		}
		delete(hidden, b.Account)
	}
	for a, n := range hidden {
		return fmt.Errorf("%s holds nothing by the leaves, the model says %d", a, n)
	}
	return nil
}

// sameAsStore compares the store's balances with the model's: those that were
// touched, and at times all.
func (s *sim) sameAsStore(tx voucher.Tx) error {
	if s.checks%allEvery == 1 {
		return s.allAsStore(tx)
	}
	s.m.touched[ledger.Control(theRound)] = true
	all, err := s.m.balances()
	if err != nil {
		return err
	}
	for a := range s.m.touched {
		b, err := tx.Balance(a, money.XOF)
		if err != nil {
			return err
		}
		if b.Minor() != all[a] {
			return fmt.Errorf("%s holds %d, the model says %d", a, b.Minor(), all[a])
		}
	}
	clear(s.m.touched)
	return nil
}

func (s *sim) allAsStore(tx voucher.Tx) error {
	left, err := s.m.balances()
	if err != nil {
		return err
	}
	for b, err := range tx.Balances("") {
		if err != nil {
			return err
		}
		if b.Amount.Minor() != left[b.Account] || b.Amount.Asset() != money.XOF {
			return fmt.Errorf("%s holds %s, the model says %d", b.Account, b.Amount, left[b.Account])
		}
		delete(left, b.Account)
	}
	for a, n := range left {
		return fmt.Errorf("the store has no balance of %s, the model has %d", a, n)
	}
	return nil
}

// verify has the ledger read everything.
func (s *sim) verify(ctx context.Context, check func(voucher.Tx, ledger.Entry) error) (tlog.Hash, error) {
	var r ledger.Report
	err := s.db.Vouchers().View(ctx, func(tx voucher.Tx) (err error) {
		r, err = ledger.Verify(tx, ledger.Proofs{}, check)
		return err
	})
	return r.Root, err
}
