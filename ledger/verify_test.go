package ledger_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

// damaged is a transaction whose reads lie in the ways that a test sets.
type damaged struct {
	ledger.Tx
	leaf     func(seq uint64, b []byte) []byte
	entry    func(e ledger.Entry) ledger.Entry
	hash     func(index int64, h tlog.Hash) tlog.Hash
	balances func(b ledger.Balance) (ledger.Balance, bool)
	index    func(a ledger.Account, seqs []uint64) []uint64
}

func (d damaged) Leaf(seq uint64) ([]byte, error) {
	b, err := d.Tx.Leaf(seq)
	if d.leaf != nil {
		b = d.leaf(seq, bytes.Clone(b))
	}
	return b, err
}

func (d damaged) Entry(seq uint64) (ledger.Entry, error) {
	e, err := d.Tx.Entry(seq)
	if d.entry != nil {
		e = d.entry(e)
	}
	return e, err
}

func (d damaged) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hs, err := d.Tx.ReadHashes(indexes)
	if d.hash != nil {
		for i, n := range indexes {
			hs[i] = d.hash(n, hs[i])
		}
	}
	return hs, err
}

func (d damaged) Balances(prefix string) iter.Seq2[ledger.Balance, error] {
	return func(yield func(ledger.Balance, error) bool) {
		for b, err := range d.Tx.Balances(prefix) {
			keep := true
			if d.balances != nil && err == nil {
				b, keep = d.balances(b)
			}
			if keep && !yield(b, err) {
				return
			}
		}
	}
}

func (d damaged) PostingsOf(a ledger.Account, from uint64, limit int) ([]uint64, error) {
	seqs, err := d.Tx.PostingsOf(a, from, limit)
	if d.index != nil {
		seqs = d.index(a, seqs)
	}
	return seqs, err
}

// filled returns a store with a small round in it and a signed checkpoint.
func filled(t *testing.T) (ledger.Store, ledger.Proofs) {
	t.Helper()
	now := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	s := mem.Open(func() time.Time { return now }).Ledger()
	by := ledger.Actor{Role: "finance-preparer", Name: "p1"}
	post := func(tx ledger.Tx, k ledger.Kind, debit, credit ledger.Account, francs int64) {
		t.Helper()
		round := "r1"
		if k == ledger.KindFund {
			round = ""
		}
		_, err := ledger.Post(tx, ledger.Entry{Kind: k, Actor: by, Round: round,
			Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Francs(francs)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	signer, verifier, err := note.GenerateKey(rand.Reader, "ngo.example/test")
	if err != nil {
		t.Fatal(err)
	}
	sign, err := note.NewSigner(signer)
	if err != nil {
		t.Fatal(err)
	}
	check, err := note.NewVerifier(verifier)
	if err != nil {
		t.Fatal(err)
	}
	guard := filepath.Join(t.TempDir(), "guard.json")
	notary := ledger.NewNotary("ngo.example/test", sign, guard)
	err = s.Update(t.Context(), func(tx ledger.Tx) error {
		post(tx, ledger.KindFund, ledger.Bank("b1"), ledger.Fund("f1"), 100_000)
		post(tx, ledger.KindAllocate, ledger.Fund("f1"), ledger.Round("r1"), 50_000)
		for i := range 8 {
			a := ledger.Voucher(fmt.Sprintf("h%d", i), fmt.Sprintf("S%015d", i))
			if err := tx.PutVoucherSalt(a, []byte{byte(i), 2, 3}); err != nil {
				return err
			}
			post(tx, ledger.KindIssue, ledger.Round("r1"), a, 5_000)
			if i%2 == 0 {
				post(tx, ledger.KindRedeem, a, ledger.Redeemed("v1"), 5_000)
			}
		}
		post(tx, ledger.KindClaim, ledger.Redeemed("v1"), ledger.Claimed("v1"), 20_000)
		c, err := notary.Sign(tx)
		if err != nil {
			return err
		}
		if err := tx.PutCheckpoint(c); err != nil {
			return err
		}
		_, err = ledger.Decide(tx, by, "r1", "note", "x", nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, ledger.Proofs{Origin: "ngo.example/test", Verifier: check, Guard: guard}
}

func verify(t *testing.T, s ledger.Store, p ledger.Proofs, d damaged) error {
	t.Helper()
	return s.View(t.Context(), func(tx ledger.Tx) error {
		d.Tx = tx
		_, err := ledger.Verify(ledger.Tx(d), p, nil)
		return err
	})
}

// Every way of damaging what is stored is found, and the first entry that is
// wrong is named.
func TestVerify(t *testing.T) {
	s, p := filled(t)
	if err := verify(t, s, p, damaged{}); err != nil {
		t.Fatalf("a sound store: %v", err)
	}
	replace := func(seq uint64, old, new string) func(uint64, []byte) []byte {
		return func(n uint64, b []byte) []byte {
			if n != seq {
				return b
			}
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("leaf %d has no %s", seq, old)
			}
			return bytes.Replace(b, []byte(old), []byte(new), 1)
		}
	}
	voucher := ledger.Voucher("h1", fmt.Sprintf("S%015d", 1))
	for _, c := range []struct {
		name      string
		d         damaged
		entry     int // -1 where no entry is to blame
		invariant int
	}{
		{"an amount in a leaf", damaged{leaf: replace(2, `"5000"`, `"6000"`)}, 2, 3},
		{"a kind in a leaf", damaged{leaf: replace(2, `"issue"`, `"void"`)}, 2, 3},
		{"a leaf out of canonical form", damaged{leaf: replace(3, `"actor":{`, `"actor": {`)}, 3, 3},
		{"a leaf in another's place", damaged{leaf: replace(4, `"seq":"4"`, `"seq":"5"`)}, 4, 3},
		{"an amount in leaf and entry alike", damaged{
			leaf: replace(1, `"50000"`, `"60000"`),
			entry: func(e ledger.Entry) ledger.Entry {
				if e.Seq == 1 {
					e.Postings = []ledger.Posting{{Debit: e.Postings[0].Debit, Credit: e.Postings[0].Credit, Amount: money.Francs(60_000)}}
				}
				return e
			}}, 1, 3},
		{"an entry that pays somebody else than its leaf", damaged{entry: func(e ledger.Entry) ledger.Entry {
			if e.Seq == 3 {
				e.Postings = []ledger.Posting{{Debit: e.Postings[0].Debit, Credit: ledger.Redeemed("v2"), Amount: e.Postings[0].Amount}}
			}
			return e
		}}, 3, 3},
		{"an entry of another voucher", damaged{entry: func(e ledger.Entry) ledger.Entry {
			if e.Seq == 3 {
				e.Postings = []ledger.Posting{{Debit: voucher, Credit: e.Postings[0].Credit, Amount: e.Postings[0].Amount}}
			}
			return e
		}}, 3, 3},
		{"a stored hash", damaged{hash: func(i int64, h tlog.Hash) tlog.Hash {
			if i == 5 {
				h[0]++
			}
			return h
		}}, 3, 3},
		{"a balance", damaged{balances: func(b ledger.Balance) (ledger.Balance, bool) {
			if b.Account == ledger.Claimed("v1") {
				b.Amount = money.Francs(25_000)
			}
			return b, true
		}}, -1, 5},
		{"a missing balance", damaged{balances: func(b ledger.Balance) (ledger.Balance, bool) {
			return b, b.Account != voucher
		}}, -1, 5},
		{"a balance out of nothing", damaged{balances: func(b ledger.Balance) (ledger.Balance, bool) {
			if b.Account == ledger.Redeemed("v1") {
				b.Account = ledger.Redeemed("v9")
				b.Amount = money.Francs(1)
			}
			return b, true
		}}, -1, 5},
		{"the index of an account", damaged{index: func(a ledger.Account, seqs []uint64) []uint64 {
			if a == voucher {
				return nil
			}
			return seqs
		}}, 4, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := verify(t, s, p, c.d)
			b, ok := errors.AsType[*ledger.Broken](err)
			if !ok {
				t.Fatalf("not found: %v", err)
			}
			if c.entry < 0 && b.HasEntry || c.entry >= 0 && (!b.HasEntry || b.Entry != uint64(c.entry)) || b.Invariant != c.invariant {
				t.Errorf("found %v; want entry %d, invariant %d", b, c.entry, c.invariant)
			}
		})
	}
}

// A journal that lost what was signed contradicts the checkpoint.
func TestVerify_signed(t *testing.T) {
	s, p := filled(t)
	short := mem.Open(time.Now).Ledger()
	if err := verify(t, short, ledger.Proofs{Guard: p.Guard}, damaged{}); err == nil {
		t.Error("an empty journal passed for one that was signed")
	}
	if err := verify(t, s, ledger.Proofs{Origin: "ngo.example/other", Verifier: p.Verifier}, damaged{}); err == nil {
		t.Error("a checkpoint of another log passed")
	}
}
