package ledger_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
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
	leaf    func(seq uint64, b []byte) []byte
	entry   func(e ledger.Entry) ledger.Entry
	hash    func(index int64, h tlog.Hash) tlog.Hash
	account func(h *ledger.Held) bool // whether to keep it
	index   func(a ledger.Account, from uint64, seqs []uint64) []uint64
	held    func(a ledger.Account) bool // whether an account is said to hold much more
	missing func(seq uint64) bool       // whether the entry is gone
	size    uint64                      // what is added to it, as a two's complement
}

func (d damaged) Size() (uint64, error) {
	n, err := d.Tx.Size()
	return n + d.size, err
}

func (d damaged) Held(a ledger.Account) (ledger.Held, error) {
	h, err := d.Tx.Held(a)
	if d.held != nil && d.held(a) {
		h.SetBalance(money.Francs(1_000_000))
	}
	return h, err
}

func (d damaged) Journal(from uint64) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for r, err := range d.Tx.Journal(from) {
			if d.missing != nil && d.missing(r.Entry.Seq) {
				continue
			}
			if d.leaf != nil {
				r.Leaf = d.leaf(r.Entry.Seq, bytes.Clone(r.Leaf))
			}
			if d.entry != nil {
				r.Entry = d.entry(r.Entry)
			}
			if !yield(r, err) {
				return
			}
		}
	}
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

func (d damaged) Accounts() iter.Seq2[ledger.Held, error] {
	return func(yield func(ledger.Held, error) bool) {
		for h, err := range d.Tx.Accounts() {
			if d.index != nil && h.Account.IsVoucher() {
				h.Entries = d.index(h.Account, 0, h.Entries)
			}
			if (d.account == nil || d.account(&h)) && !yield(h, err) {
				return
			}
		}
	}
}

func (d damaged) PostingsOf(a ledger.Account, from uint64, limit int) ([]uint64, error) {
	seqs, err := d.Tx.PostingsOf(a, from, limit)
	if d.index != nil {
		seqs = d.index(a, from, seqs)
	}
	return seqs, err
}

// filled returns a store with a small round in it and a signed checkpoint.
func filled(t *testing.T) (ledger.Store, ledger.Proofs) { return filledWith(t, 100_000) }

func filledWith(t *testing.T, francs int64) (ledger.Store, ledger.Proofs) {
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
	notary := ledger.NewNotary("ngo.example/test", guard, sign)
	err = s.Update(t.Context(), func(tx ledger.Tx) error {
		post(tx, ledger.KindFund, ledger.Bank("b1"), ledger.Fund("f1"), francs)
		post(tx, ledger.KindAllocate, ledger.Fund("f1"), ledger.Round("r1"), 50_000)
		for i := range 8 {
			a := nth(i)
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

// nth is one of the vouchers that filled issues.
func nth(i int) ledger.Account {
	return ledger.Voucher(fmt.Sprintf("h%d", i), fmt.Sprintf("S%015d", i))
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
	var size uint64
	leaves := map[uint64][]byte{}
	view(t, s, func(tx ledger.Tx) (err error) {
		if size, err = tx.Size(); err != nil {
			return err
		}
		for seq := range size {
			if leaves[seq], err = tx.Leaf(seq); err != nil {
				return err
			}
		}
		return nil
	})
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
	voucher := nth(1)
	swapped := map[ledger.Account]ledger.Account{nth(2): nth(4), nth(4): nth(2)}
	swap := func(n uint64) uint64 { return map[uint64]uint64{2: 4, 4: 2}[n] }
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
		{"a balance", damaged{account: func(h *ledger.Held) bool {
			if h.Account == ledger.Claimed("v1") {
				h.SetBalance(money.Francs(25_000))
			}
			return true
		}}, -1, 5},
		{"a voucher's balance", damaged{account: func(h *ledger.Held) bool {
			if h.Account == voucher {
				h.SetBalance(money.Francs(4_999))
			}
			return true
		}}, -1, 5},
		{"a balance of an asset it never had", damaged{account: func(h *ledger.Held) bool {
			h.SetBalance(money.FromMinor(1, rice))
			return true
		}}, -1, 5},
		{"a missing balance", damaged{account: func(h *ledger.Held) bool {
			if h.Account == voucher {
				h.Balances = nil
			}
			return true
		}}, -1, 5},
		{"a missing balance of the chart", damaged{account: func(h *ledger.Held) bool {
			return h.Account != ledger.Claimed("v1")
		}}, -1, 5},
		{"a missing account, empty", damaged{account: func(h *ledger.Held) bool {
			return h.Account != ledger.Redeemed("v1")
		}}, -1, 5},
		{"a voucher's missing account", damaged{account: func(h *ledger.Held) bool {
			return h.Account != voucher
		}}, 4, 5},
		{"a spent voucher's missing account", damaged{account: func(h *ledger.Held) bool {
			return h.Account != nth(0)
		}}, 2, 5},
		{"a balance out of nothing", damaged{account: func(h *ledger.Held) bool {
			if h.Account == ledger.Redeemed("v1") {
				h.Account = ledger.Redeemed("v9")
				h.SetBalance(money.Francs(1))
			}
			return true
		}}, -1, 5},
		{"another salt", damaged{account: func(h *ledger.Held) bool {
			if h.Account == voucher {
				h.Salt = []byte("other")
			}
			return true
		}}, 4, 3},
		{"two vouchers under each other's pseudonym all along", damaged{
			entry: func(e ledger.Entry) ledger.Entry {
				e.Postings = slices.Clone(e.Postings)
				for i, p := range e.Postings {
					if to := swapped[p.Debit]; to != "" {
						e.Postings[i].Debit = to
					}
					if to := swapped[p.Credit]; to != "" {
						e.Postings[i].Credit = to
					}
				}
				return e
			}}, 5, 3},
		{"an entry that is gone", damaged{missing: func(n uint64) bool { return n == 6 }}, 6, 3},
		{"two leaves in each other's place", damaged{leaf: func(n uint64, b []byte) []byte {
			if to := swap(n); to != 0 {
				return leaves[to]
			}
			return b
		}}, 2, 3},
		{"a last entry that the size hides", damaged{size: ^uint64(0)}, int(size) - 1, 3},
		{"an entry too many in an index", damaged{index: func(a ledger.Account, from uint64, seqs []uint64) []uint64 {
			if a == voucher && from == 0 {
				return append([]uint64{1}, seqs...)
			}
			return seqs
		}}, 1, 5},
		{"an index that leads past the end", damaged{index: func(a ledger.Account, from uint64, seqs []uint64) []uint64 {
			if a == voucher && from == 0 {
				return append(seqs, 999)
			}
			return seqs
		}}, 999, 5},
		{"two vouchers exchanged after their salts were erased", damaged{
			account: func(h *ledger.Held) bool {
				if h.Account == nth(2) || h.Account == nth(4) {
					h.Salt = nil
				}
				return true
			},
			entry: func(e ledger.Entry) ledger.Entry {
				if e.Kind == ledger.KindRedeem && e.Postings[0].Debit == nth(2) {
					e.Postings = []ledger.Posting{{Debit: nth(4), Credit: e.Postings[0].Credit, Amount: e.Postings[0].Amount}}
				}
				return e
			}}, 6, 3},
		{"the index of an account", damaged{index: func(a ledger.Account, _ uint64, seqs []uint64) []uint64 {
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

// A sound store is reported with what became of each round, also after salts
// were erased.
func TestVerify_report(t *testing.T) {
	s, p := filled(t)
	for _, erased := range []int{0, 8} {
		view(t, s, func(tx ledger.Tx) error {
			d := damaged{Tx: tx, account: func(h *ledger.Held) bool {
				if erased > 0 {
					h.Salt = nil
				}
				return true
			}}
			r, err := ledger.Verify(ledger.Tx(d), p, nil)
			if err != nil {
				return err
			}
			root, err := ledger.Root(tx, r.Size)
			if err != nil {
				return err
			}
			f := money.Francs
			equal(t, ledger.Report{Size: 16, Root: root, Erased: erased, Rounds: []ledger.RoundTotals{
				{Round: "r1", Vouchers: 8, Redeemed: f(20_000), Losses: f(0), RoundSum: ledger.RoundSum{
					Allocated: f(50_000), Returned: f(0), Issued: f(40_000), Voided: f(0), Expired: f(0),
					Unissued: f(10_000), Contingency: f(0), Fees: f(0), Outstanding: f(20_000), Spent: f(20_000)}}}}, r)
			return nil
		})
	}
}

// A server that was made to accept what it should have refused has leaves,
// hashes and balances that agree, and still the entry is found.
func TestVerify_forged(t *testing.T) {
	for _, c := range []struct {
		name      string
		e         ledger.Entry
		lie       func(ledger.Account) bool
		invariant int
	}{
		{"spent twice", ledger.Entry{Kind: ledger.KindRedeem, Round: "r1",
			Postings: []ledger.Posting{{Debit: nth(0), Credit: ledger.Redeemed("v1"), Amount: money.Francs(5_000)}}},
			func(a ledger.Account) bool { return a == nth(0) }, 2},
		{"another round's voucher", ledger.Entry{Kind: ledger.KindRedeem, Round: "r2",
			Postings: []ledger.Posting{{Debit: nth(1), Credit: ledger.Redeemed("v1"), Amount: money.Francs(5_000)}}},
			func(a ledger.Account) bool { return a == ledger.Control("r2") }, 6},
		{"more of a voucher than its round has", ledger.Entry{Kind: ledger.KindIssue, Round: "r1",
			Postings: []ledger.Posting{{Debit: ledger.Round("r1"), Credit: nth(3), Amount: money.Francs(10_001)}}},
			func(a ledger.Account) bool { return a == ledger.Round("r1") }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, p := filled(t)
			c.e.Actor = approver
			err := s.Update(t.Context(), func(tx ledger.Tx) error {
				_, err := ledger.Post(damaged{Tx: tx, held: c.lie}, c.e)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			b, ok := errors.AsType[*ledger.Broken](verify(t, s, p, damaged{}))
			if !ok || !b.HasEntry || b.Entry != 16 || b.Invariant != c.invariant {
				t.Errorf("found %v; want entry 16, invariant %d", b, c.invariant)
			}
		})
	}
}

// A journal that was written anew from its first entry on is sound in itself
// and not the one that was signed.
func TestVerify_rewritten(t *testing.T) {
	_, p := filled(t)
	other, q := filledWith(t, 100_001)
	if err := verify(t, other, q, damaged{}); err != nil {
		t.Fatal(err)
	}
	for name, proofs := range map[string]ledger.Proofs{
		"the guard's root":     {Guard: p.Guard},
		"the checkpoint's key": {Origin: p.Origin, Verifier: p.Verifier},
	} {
		b, ok := errors.AsType[*ledger.Broken](verify(t, other, proofs, damaged{}))
		if !ok || b.Invariant != 3 {
			t.Errorf("%s: found %v", name, b)
		}
	}
}
