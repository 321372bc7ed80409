package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

// leavesOf returns every leaf of the journal.
func leavesOf(t testing.TB, s ledger.Store) [][]byte {
	t.Helper()
	var out [][]byte
	if err := s.View(t.Context(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		for seq := range size {
			leaf, err := tx.Leaf(seq)
			if err != nil {
				return err
			}
			out = append(out, leaf)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// audit adds the leaves and returns the first violation.
func audit(t testing.TB, leaves [][]byte) (*ledger.Auditor, *ledger.Broken) {
	t.Helper()
	a := ledger.NewAuditor()
	for _, leaf := range leaves {
		if _, err := a.Add(leaf); err != nil {
			b, ok := errors.AsType[*ledger.Broken](err)
			if !ok {
				t.Fatalf("refused with %v, which is not Broken", err)
			}
			return a, b
		}
	}
	return a, nil
}

// Leaves alone give the root, the balances and the sums that the server keeps.
func TestAuditor(t *testing.T) {
	s, _ := filled(t)
	a, b := audit(t, leavesOf(t, s))
	if b != nil {
		t.Fatal(b)
	}
	view(t, s, func(tx ledger.Tx) error {
		root, err := ledger.Root(tx, 16)
		if err != nil || a.Root() != root || a.Size() != 16 {
			t.Errorf("size %d, root %s; the store has %s, %v", a.Size(), a.Root(), root, err)
		}
		want := map[ledger.Account]money.Amount{}
		for b, err := range tx.Balances("") {
			if err != nil {
				return err
			}
			if b.Account.IsVoucher() {
				salt, err := tx.VoucherSalt(b.Account)
				if err != nil {
					return err
				}
				b.Account = ledger.Pseudonym(salt, b.Account.Serial())
			}
			if !b.Amount.IsZero() {
				want[b.Account] = b.Amount
			}
		}
		equal(t, want, maps.Collect(func(yield func(ledger.Account, money.Amount) bool) {
			for b := range a.Balances() {
				if !yield(b.Account, b.Amount) {
					return
				}
			}
		}))
		return nil
	})
	rounds, err := a.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	f := money.Francs
	equal(t, []ledger.RoundTotals{{Round: "r1", Vouchers: 8, Redeemed: f(20_000), Losses: f(0), RoundSum: ledger.RoundSum{
		Allocated: f(50_000), Returned: f(0), Issued: f(40_000), Voided: f(0), Expired: f(0),
		Unissued: f(10_000), Contingency: f(0), Fees: f(0), Outstanding: f(20_000), Spent: f(20_000)}}}, rounds)
}

// A leaf that is not the next canonical one is found, and so is an entry that
// should have been refused, whatever hashes and signatures say.
func TestAuditor_finds(t *testing.T) {
	s, _ := filled(t)
	sound := leavesOf(t, s)
	replace := func(seq int, pairs ...string) func([][]byte) [][]byte {
		return func(ls [][]byte) [][]byte {
			for i := 0; i < len(pairs); i += 2 {
				if !bytes.Contains(ls[seq], []byte(pairs[i])) {
					t.Fatalf("leaf %d has no %s", seq, pairs[i])
				}
				ls[seq] = bytes.Replace(ls[seq], []byte(pairs[i]), []byte(pairs[i+1]), 1)
			}
			return ls
		}
	}
	for _, c := range []struct {
		name      string
		damage    func([][]byte) [][]byte
		entry     uint64
		invariant int
	}{
		{"a gap", func(ls [][]byte) [][]byte { return slices.Delete(ls, 5, 6) }, 5, 3},
		{"a leaf twice", func(ls [][]byte) [][]byte { return slices.Insert(ls, 5, ls[4]) }, 5, 3},
		{"a space", replace(3, `:{`, `: {`), 3, 3},
		{"a flow that is none", replace(1, `"debit":"fund:f1"`, `"debit":"bank:f1"`), 1, 1},
		{"more than the fund has", replace(1, `"50000"`, `"150000"`), 1, 2},
		{"more than the voucher has", replace(3, `"5000"`, `"5001"`), 3, 2},
		{"another round's voucher", replace(3, `"round":"r1"`, `"round":"r2"`), 3, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := audit(t, c.damage(slices.Clone(sound)))
			if b == nil || !b.HasEntry || b.Entry != c.entry || b.Invariant != c.invariant {
				t.Fatalf("found %v; want entry %d, invariant %d", b, c.entry, c.invariant)
			}
			if _, err := a.Add(sound[c.entry]); !errors.Is(err, b) {
				t.Errorf("it goes on after a violation: %v", err)
			}
		})
	}
}

// A voucher is redeemed once, net of reversals, however it came to hold value
// again.
func TestAuditor_redeemedTwice(t *testing.T) {
	s := mem.Open(ledgertest.Clock()).Ledger()
	v := ledger.Voucher("h1", "S1")
	post := func(k ledger.Kind, debit, credit ledger.Account) {
		t.Helper()
		if err := s.Update(t.Context(), func(tx ledger.Tx) error {
			_, err := ledger.Post(tx, ledger.Entry{Kind: k, Actor: clerk, Round: "r1",
				Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Francs(10)}}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Update(t.Context(), func(tx ledger.Tx) error {
		return errors.Join(tx.PutVoucherSalt(v, []byte("salt")), tx.PutBalance(ledger.Bank("b"), money.Francs(0)))
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		post(ledger.KindFund, ledger.Bank("b"), ledger.Fund("f"))
		post(ledger.KindAllocate, ledger.Fund("f"), ledger.Round("r1"))
	}
	post(ledger.KindIssue, ledger.Round("r1"), v)
	post(ledger.KindRedeem, v, ledger.Redeemed("v1"))
	post(ledger.KindReverse, ledger.Redeemed("v1"), v)
	post(ledger.KindRedeem, v, ledger.Redeemed("v2"))
	if _, b := audit(t, leavesOf(t, s)); b != nil {
		t.Fatalf("a reversed redemption counts: %v", b)
	}
	post(ledger.KindIssue, ledger.Round("r1"), v)
	post(ledger.KindRedeem, v, ledger.Redeemed("v1"))
	if _, b := audit(t, leavesOf(t, s)); b == nil || b.Entry != 9 || b.Invariant != 7 {
		t.Errorf("found %v; want entry 9, invariant 7", b)
	}
}

func BenchmarkAuditor(b *testing.B) {
	leaves := leavesOf(b, manyRedeemed(b, 5_000))
	b.ReportAllocs()
	for b.Loop() {
		audit(b, leaves)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(leaves)), "ns/leaf")
}

// manyRedeemed returns a store with so many vouchers, issued and redeemed.
func manyRedeemed(t testing.TB, vouchers int) ledger.Store {
	t.Helper()
	s := mem.Open(ledgertest.Clock()).Ledger()
	by := ledger.Actor{Role: "server", Name: "rules"}
	post := func(tx ledger.Tx, k ledger.Kind, debit, credit ledger.Account, francs int64) error {
		round := "mopti-2026-1"
		if k == ledger.KindFund {
			round = ""
		}
		_, err := ledger.Post(tx, ledger.Entry{Kind: k, Actor: by, Round: round, Ref: "lot-17",
			Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Francs(francs)}}})
		return err
	}
	if err := s.Update(t.Context(), func(tx ledger.Tx) error {
		total := int64(vouchers) * 1000
		err := errors.Join(post(tx, ledger.KindFund, ledger.Bank("b1"), ledger.Fund("f1"), total),
			post(tx, ledger.KindAllocate, ledger.Fund("f1"), ledger.Round("mopti-2026-1"), total))
		for i := range vouchers {
			salt := sha256.Sum256(fmt.Append(nil, i))
			v := ledger.Voucher(fmt.Sprintf("h%07d", i), fmt.Sprintf("%016d", i))
			err = errors.Join(err, tx.PutVoucherSalt(v, salt[:16]), post(tx, ledger.KindIssue, ledger.Round("mopti-2026-1"), v, 1000))
			if err == nil {
				err = post(tx, ledger.KindRedeem, v, ledger.Redeemed(fmt.Sprintf("v%d", i%50)), 1000)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return s
}
