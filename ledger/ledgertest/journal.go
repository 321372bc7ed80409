package ledgertest

import (
	"bytes"
	"errors"
	"math/bits"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

func testEntry(t *testing.T, s ledger.Store) {
	full := ledger.Entry{Kind: ledger.KindClaim, Actor: ledger.Actor{Role: "finance", Name: "p<&>é"}, Round: "r1", Ref: "claim \"7\" \\ é😀",
		From: at.Add(-time.Hour), To: at, Facts: map[string]string{"price": "400 XOF", "b": "", "a": "<é>"},
		Postings: []ledger.Posting{
			{Debit: ledger.Redeemed("v1"), Credit: ledger.Pledge("r1"), Amount: money.FromMinor(1250, rice(t))},
			{Debit: ledger.Round("r1"), Credit: ledger.Claimed("v1"), Amount: money.Francs(5000)},
			{Debit: ledger.Round("r1"), Credit: ledger.Claimed("v1"), Amount: money.Francs(1)}}}
	var issued, decided ledger.Entry
	update(t, s, func(tx ledger.Tx) error {
		if err := fund(tx, 10_000); err != nil {
			return err
		}
		for _, b := range []struct {
			a ledger.Account
			m money.Amount
		}{{ledger.Redeemed("v1"), money.FromMinor(2000, rice(t))}, {ledger.Pledge("r1"), money.FromMinor(2000, rice(t))}} {
			if err := tx.PutBalance(b.a, b.m); err != nil {
				return err
			}
		}
		var err error
		if issued, err = issue(tx, 1, 700); err != nil {
			return err
		}
		if full, err = ledger.Post(tx, full); err != nil {
			return err
		}
		decided, err = ledger.Decide(tx, finance, "", "period-closed", "2025-02", nil)
		return err
	})
	view(t, s, func(tx ledger.Tx) error {
		for _, want := range []ledger.Entry{issued, full, decided} {
			same(t, want)(tx.Entry(want.Seq))
			leaf, err := tx.Leaf(want.Seq)
			if err != nil {
				return err
			}
			hidden := want
			hidden.Postings = nil
			for _, p := range want.Postings {
				if p.Credit == voucher(1) {
					p.Credit = ledger.Pseudonym([]byte("salt-000000000001"), "S000001")
				}
				hidden.Postings = append(hidden.Postings, p)
			}
			same(t, hidden)(ledger.ParseLeaf(leaf))
			if bytes.Contains(leaf, []byte("beneficiary")) || strings.Contains(string(leaf), "S000001") {
				t.Errorf("the leaf names a beneficiary or a serial: %s", leaf)
			}
		}
		return nil
	})
}

func testGapless(t *testing.T, s ledger.Store) {
	update(t, s, func(tx ledger.Tx) error { return fund(tx, 100) })
	for _, wrong := range []uint64{0, 1, 3, 1 << 40} {
		err := s.Update(t.Context(), func(tx ledger.Tx) error {
			var r ledger.Record
			for got, err := range tx.Journal(1) {
				if err != nil {
					return err
				}
				r = got
			}
			r.Entry.Seq = wrong
			return tx.AppendEntry(r, nil, nil)
		})
		if err == nil {
			t.Errorf("entry %d was appended to a journal of 2", wrong)
		}
	}
	view(t, s, func(tx ledger.Tx) error {
		same[uint64](t, 2)(tx.Size())
		checkLog(t, tx, 2)
		return nil
	})
}

func testJournal(t *testing.T, s ledger.Store) {
	check := func(tx ledger.Tx) error {
		for _, from := range []uint64{0, 1, 3, 9, 10, 1 << 40} {
			next := from
			for r, err := range tx.Journal(from) {
				if err != nil {
					return err
				}
				same(t, r.Entry)(tx.Entry(next))
				same(t, string(r.Leaf))(text(tx.Leaf(next)))
				same(t, string(r.Leaf))(text(ledger.AppendLeaf(nil, r.Entry, r.Hidden)))
				next++
			}
			if want := max(from, 9); next != want {
				t.Errorf("from %d it ends before %d, want %d", from, next, want)
			}
		}
		for range tx.Journal(0) {
			break // a walk that is left early must not panic
		}
		return nil
	}
	update(t, s, func(tx ledger.Tx) error {
		if err := fund(tx, 1000); err != nil {
			return err
		}
		for n := range 7 {
			if _, err := issue(tx, n, 2); err != nil {
				return err
			}
		}
		return check(tx) // before the commit
	})
	view(t, s, check)
}

func text(b []byte, err error) (string, error) { return string(b), err }

func testAccounts(t *testing.T, s ledger.Store) {
	update(t, s, func(tx ledger.Tx) error {
		err := fund(tx, 100)
		for n := range 2 {
			err = errors.Join(err, second(issue(tx, n, 10)))
		}
		return errors.Join(err, second(redeem(tx, 1, 4, "v1")), tx.PutVoucherSalt(voucher(9), []byte{}),
			tx.PutBalance(voucher(9), money.FromMinor(7, rice(t))), tx.PutBalance(voucher(9), money.Francs(0)))
	})
	view(t, s, func(tx ledger.Tx) error {
		francs := func(n int64) []money.Amount { return []money.Amount{money.Francs(n)} }
		want := []ledger.Held{
			{Account: ledger.Bank("main"), Balances: francs(100)},
			{Account: voucher(0), Balances: francs(10), Salt: []byte("salt-000000000000"), Entries: []uint64{2}},
			{Account: voucher(1), Balances: francs(6), Salt: []byte("salt-000000000001"), Entries: []uint64{3, 4}},
			{Account: voucher(9), Balances: []money.Amount{money.FromMinor(7, rice(t)), money.Francs(0)}, Salt: []byte{}},
			{Account: ledger.Fund("f1"), Balances: francs(0)},
			{Account: ledger.Round("r1"), Balances: francs(80)},
			{Account: ledger.Redeemed("v1"), Balances: francs(4)},
			{Account: ledger.Control("r1"), Balances: francs(16)},
		}
		same(t, want)(collect(t, tx.Accounts()), nil)
		for _, h := range want {
			same(t, h)(tx.Held(h.Account))
		}
		for a, want := range map[ledger.Account]bool{voucher(9): false, voucher(8): true, ledger.Bank("main"): true} {
			if h, err := tx.Held(a); err != nil || (h.Salt == nil) != want {
				t.Errorf("the salt of %s is %v, %v", a, h.Salt, err)
			}
		}
		same(t, ledger.Held{Account: ledger.Bank("other")})(tx.Held(ledger.Bank("other")))
		for range tx.Accounts() {
			break
		}
		return nil
	})
}

// The log is grown by one and by many entries in an update: 70 entries cross
// the borders of any small page of hashes.
func testHashes(t *testing.T, s ledger.Store) {
	const size = 70
	update(t, s, func(tx ledger.Tx) error { return fund(tx, 1000) })
	for n := 2; n < size; {
		step := min(1+n%7, size-n)
		update(t, s, func(tx ledger.Tx) error {
			for range step {
				if _, err := issue(tx, n, 1); err != nil {
					return err
				}
				n++
			}
			return nil
		})
	}
	view(t, s, func(tx ledger.Tx) error {
		checkLog(t, tx, size)
		if _, err := tx.ReadHashes([]int64{tlog.StoredHashCount(size)}); err == nil {
			t.Error("a hash past the last one was read")
		}
		if _, err := tx.ReadHashes([]int64{-1}); err == nil {
			t.Error("hash -1 was read")
		}
		return nil
	})
}

// checkLog recomputes the root at each size from the leaves alone, as RFC 6962
// defines it, and compares it with that of the stored hashes.
func checkLog(t testing.TB, tx ledger.Tx, size uint64) {
	t.Helper()
	same(t, size)(tx.Size())
	var leaves []tlog.Hash
	for seq := range size {
		leaf, err := tx.Leaf(seq)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, tlog.RecordHash(leaf))
		same(t, treeHash(leaves))(ledger.Root(tx, seq+1))
	}
}

// treeHash is the Merkle tree hash of RFC 6962, section 2.1, of at least one leaf.
func treeHash(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1) // the largest power of two below
	return tlog.NodeHash(treeHash(leaves[:k]), treeHash(leaves[k:]))
}

func testPostingsOf(t *testing.T, s ledger.Store) {
	const vouchers = 300 // sequences that sort otherwise as texts or single bytes
	update(t, s, func(tx ledger.Tx) error {
		if err := fund(tx, 1000); err != nil { // entries 0 and 1
			return err
		}
		for n := range vouchers {
			if _, err := issue(tx, n, 2); err != nil { // entries 2 to 301
				return err
			}
		}
		if _, err := redeem(tx, 3, 1, "v1"); err != nil { // 302
			return err
		}
		if _, err := redeem(tx, 3, 1, "v11"); err != nil { // 303
			return err
		}
		same(t, []uint64{5, 302, 303})(tx.PostingsOf(voucher(3), 0, 10)) // before the commit
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindVoid, Actor: finance, Round: "r1", Postings: []ledger.Posting{
			{Debit: voucher(4), Credit: ledger.Round("r1"), Amount: money.Francs(1)},
			{Debit: voucher(4), Credit: ledger.Round("r1"), Amount: money.Francs(1)}}}) // 304
		return err
	})
	view(t, s, func(tx ledger.Tx) error {
		for _, c := range []struct {
			name  string
			a     ledger.Account
			from  uint64
			limit int
			want  []uint64
		}{
			{"a voucher", voucher(3), 0, 10, []uint64{5, 302, 303}},
			{"a voucher from an entry", voucher(3), 302, 10, []uint64{302, 303}},
			{"a voucher from between", voucher(3), 6, 1, []uint64{302}},
			{"a voucher after the last", voucher(3), 304, 10, nil},
			{"an entry that posts twice", voucher(4), 0, 10, []uint64{6, 304}},
			{"an account with many", ledger.Round("r1"), 254, 4, []uint64{254, 255, 256, 257}},
			{"the last ones", ledger.Round("r1"), 300, 10, []uint64{300, 301, 304}},
			{"a prefix of another", ledger.Redeemed("v1"), 0, 10, []uint64{302}},
			{"none asked for", ledger.Round("r1"), 0, 0, nil},
			{"a control account", ledger.Control("r1"), 0, 10, nil},
			{"an account never used", ledger.Fund("f"), 0, 10, nil},
		} {
			t.Run(c.name, func(t *testing.T) { same(t, c.want)(tx.PostingsOf(c.a, c.from, c.limit)) })
		}
		return nil
	})
}

func testReadOnly(t *testing.T, s ledger.Store) {
	update(t, s, func(tx ledger.Tx) error { return tx.PutVoucherSalt(voucher(1), []byte("salt")) })
	for name, put := range map[string]func(ledger.Tx) error{
		"balance": func(tx ledger.Tx) error { return tx.PutBalance(ledger.Fund("f1"), money.Francs(1)) },
		"salt":    func(tx ledger.Tx) error { return tx.PutVoucherSalt(voucher(2), []byte("salt")) },
		"outcome": func(tx ledger.Tx) error {
			return tx.PutOutcome(ledger.CommandKey{Actor: "a", Key: "k"}, ledger.Outcome{})
		},
		"closing":    func(tx ledger.Tx) error { return tx.PutClosedThrough(at) },
		"checkpoint": func(tx ledger.Tx) error { return tx.PutCheckpoint(ledger.Checkpoint{Size: 1}) },
		"entry":      func(tx ledger.Tx) error { return tx.AppendEntry(ledger.Record{}, nil, nil) },
		"decision": func(tx ledger.Tx) error {
			_, err := ledger.Decide(tx, finance, "", "nothing", "", nil)
			return err
		},
	} {
		if err := s.View(t.Context(), put); err == nil {
			t.Errorf("a view stored a %s", name)
		}
	}
	view(t, s, func(tx ledger.Tx) error {
		same[uint64](t, 0)(tx.Size())
		same[[]ledger.Balance](t, nil)(collect(t, tx.Balances("")), nil)
		return nil
	})
}

func testClock(t *testing.T, s ledger.Store) {
	var last time.Time
	read := func(tx ledger.Tx) {
		t.Helper()
		now := tx.Now()
		if again := tx.Now(); !again.Equal(now) {
			t.Errorf("one transaction read the clock as %s and as %s", now, again)
		}
		if now.Location() != time.UTC || now.Nanosecond() != 0 {
			t.Errorf("%s is not in UTC seconds", now)
		}
		if !now.After(last) {
			t.Errorf("%s after %s: open the store with a clock that moves, or this proves nothing", now, last)
		}
		last = now
	}
	view(t, s, func(tx ledger.Tx) error { read(tx); return nil })
	update(t, s, func(tx ledger.Tx) error {
		read(tx)
		first, err := ledger.Decide(tx, finance, "", "one", "", nil)
		if err != nil {
			return err
		}
		second, err := ledger.Decide(tx, finance, "", "two", "", nil)
		if err != nil {
			return err
		}
		if !first.Posted.Equal(last) || !second.Posted.Equal(last) {
			t.Errorf("entries posted at %s and %s in a transaction of %s", first.Posted, second.Posted, last)
		}
		return nil
	})
}
