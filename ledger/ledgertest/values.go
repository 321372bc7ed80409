package ledgertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

func testMissing(t *testing.T, s ledger.Store) {
	view(t, s, func(tx ledger.Tx) error {
		_, entry := tx.Entry(0)
		_, leaf := tx.Leaf(0)
		_, hash := tx.ReadHashes([]int64{0})
		_, salt := tx.VoucherSalt(voucher(1))
		_, outcome := tx.Outcome(ledger.CommandKey{Actor: "a", Key: "k"})
		_, checkpoint := tx.Checkpoint()
		for name, err := range map[string]error{"entry": entry, "leaf": leaf, "hash": hash, "salt": salt,
			"outcome": outcome, "checkpoint": checkpoint} {
			if !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		same[uint64](t, 0)(tx.Size())
		same[[]uint64](t, nil)(tx.PostingsOf(ledger.Fund("f1"), 0, 10))
		same[[]uint64](t, nil)(tx.PostingsOf(voucher(1), 0, 10))
		same(t, money.Francs(0))(tx.Balance(ledger.Fund("f1"), money.XOF))
		same(t, money.FromMinor(0, rice(t)))(tx.Balance(voucher(1), rice(t)))
		same(t, time.Time{})(tx.ClosedThrough())
		same[[]ledger.Balance](t, nil)(collect(t, tx.Balances("")), nil)
		same[[]ledger.Held](t, nil)(collect(t, tx.Accounts()), nil)
		same[[]ledger.Record](t, nil)(collect(t, tx.Journal(0)), nil)
		same(t, ledger.Held{Account: voucher(1)})(tx.Held(voucher(1)))
		return nil
	})
}

func testRoundTrip(t *testing.T, s ledger.Store) {
	k := ledger.CommandKey{Actor: "staff-1", Key: "k1"}
	done := ledger.Outcome{Request: [32]byte{1, 31: 2}, Result: []byte(`{"a":1}`), At: at}
	refused := ledger.Outcome{Request: [32]byte{3}, Refusal: []byte(`{"Kind":5}`), At: at.Add(time.Hour)}
	point := ledger.Checkpoint{Size: 1 << 40, Root: tlog.Hash{7, 31: 9}, Note: "origin\n1\nroot\n\n— sig\n"}
	put := func(tx ledger.Tx, salt string, closed time.Time) error {
		return errors.Join(tx.PutVoucherSalt(voucher(1), []byte(salt)), tx.PutOutcome(k, done), tx.PutCheckpoint(point),
			tx.PutClosedThrough(closed), tx.PutBalance(ledger.Fund("f1"), money.Francs(1<<60)),
			tx.PutBalance(ledger.Fund("f1"), money.FromMinor(0, rice(t))))
	}
	check := func(tx ledger.Tx, salt string, closed time.Time) error {
		same(t, []byte(salt))(tx.VoucherSalt(voucher(1)))
		same(t, done)(tx.Outcome(k))
		same(t, point)(tx.Checkpoint())
		same(t, closed)(tx.ClosedThrough())
		same(t, money.Francs(1<<60))(tx.Balance(ledger.Fund("f1"), money.XOF))
		same(t, money.FromMinor(0, rice(t)))(tx.Balance(ledger.Fund("f1"), rice(t)))
		return nil
	}
	for i, salt := range []string{"first", strings.Repeat("\x00\xff", 16)} {
		closed := at.Add(time.Duration(i) * time.Hour)
		update(t, s, func(tx ledger.Tx) error {
			return errors.Join(put(tx, salt, closed), check(tx, salt, closed))
		})
		view(t, s, func(tx ledger.Tx) error { return check(tx, salt, closed) })
	}
	// A refusal is told from a result by which of the two is nil.
	update(t, s, func(tx ledger.Tx) error { return tx.PutOutcome(k, refused) })
	view(t, s, func(tx ledger.Tx) error {
		same(t, refused)(tx.Outcome(k))
		if o, err := tx.Outcome(k); err != nil || o.Result != nil || o.Refusal == nil {
			t.Errorf("a refusal came back as %+v, %v", o, err)
		}
		return nil
	})
}

// Keys are what clients send: whatever the bytes, no two may meet.
func testOutcomeKeys(t *testing.T, s ledger.Store) {
	keys := []ledger.CommandKey{
		{Actor: "a", Key: "bc"}, {Actor: "ab", Key: "c"}, {Actor: "", Key: "abc"}, {Actor: "abc", Key: "b"},
		{Actor: "a\x00b", Key: "c"}, {Actor: "a", Key: "\x00b\x00c"}, {Actor: "a", Key: "b\x00c"}, {Actor: "a\x00", Key: "bc"},
		{Actor: "a", Key: strings.Repeat("k", 128)}, {Actor: "é", Key: "clé"},
	}
	outcome := func(i int) ledger.Outcome {
		return ledger.Outcome{Request: [32]byte{byte(i)}, Result: fmt.Append(nil, i), At: at}
	}
	update(t, s, func(tx ledger.Tx) error {
		for i, k := range keys {
			if _, err := tx.Outcome(k); !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("%q met another key: %v", k, err)
			}
			if err := tx.PutOutcome(k, outcome(i)); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx ledger.Tx) error {
		for i, k := range keys {
			same(t, outcome(i))(tx.Outcome(k))
		}
		return nil
	})
}

func testBalances(t *testing.T, s ledger.Store) {
	put := []ledger.Balance{ // not in order
		{Account: ledger.Redeemed("v1"), Amount: money.Francs(3)},
		{Account: ledger.Redeemed("v1"), Amount: money.FromMinor(2, rice(t))},
		{Account: ledger.Redeemed("v11"), Amount: money.Francs(4)},
		{Account: ledger.Claimed("v1"), Amount: money.Francs(0)},
		{Account: ledger.Fund("f1"), Amount: money.Francs(5)},
		{Account: ledger.Fund("f1-b"), Amount: money.Francs(6)},
		{Account: ledger.Fund("f1.a"), Amount: money.Francs(7)},
		{Account: voucher(1), Amount: money.Francs(8)},
		{Account: ledger.Control("r1"), Amount: money.Francs(8)},
	}
	update(t, s, func(tx ledger.Tx) error {
		for _, b := range put {
			if err := tx.PutBalance(b.Account, b.Amount); err != nil {
				return err
			}
		}
		same(t, put[4:7])(collect(t, tx.Balances("fund:")), nil) // before the commit
		return nil
	})
	view(t, s, func(tx ledger.Tx) error {
		for _, c := range []struct {
			prefix string
			want   []int
		}{
			{"", []int{7, 4, 5, 6, 2, 3, 1, 0, 8}},
			{"fund:", []int{4, 5, 6}},
			{"fund:f1-", []int{5}},
			{"vendor:v1:", []int{3, 1, 0}},
			{"vendor:v1", []int{2, 3, 1, 0}},
			{"beneficiary:b1:", []int{7}},
			{"fund:f2", nil},
			{"zone", nil},
		} {
			var want []ledger.Balance
			for _, i := range c.want {
				want = append(want, put[i])
			}
			t.Run("prefix "+c.prefix, func(t *testing.T) { same(t, want)(collect(t, tx.Balances(c.prefix)), nil) })
		}
		for range tx.Balances("") {
			break // a walk that is left early must not panic
		}
		return nil
	})
}

func testCopies(t *testing.T, s ledger.Store) {
	salt, result, k := []byte("salt"), []byte(`"ok"`), ledger.CommandKey{Actor: "a", Key: "k"}
	facts := map[string]string{"what": "w", "n": "1"}
	var entry ledger.Entry
	update(t, s, func(tx ledger.Tx) error {
		var err error
		if entry, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindFund, Actor: finance, Facts: facts,
			Postings: []ledger.Posting{{Debit: ledger.Bank("main"), Credit: ledger.Fund("f1"), Amount: money.Francs(9)}}}); err != nil {
			return err
		}
		return errors.Join(tx.PutVoucherSalt(voucher(1), salt), tx.PutOutcome(k, ledger.Outcome{Result: result, At: at}))
	})
	salt[0], result[0], facts["n"] = 'X', 'X', "X" // after they were put
	var leaf string
	view(t, s, func(tx ledger.Tx) error {
		b, err := tx.Leaf(0)
		if err != nil {
			return err
		}
		leaf = string(b)
		b[0] = 'Y'
		e, err := tx.Entry(0)
		if err != nil {
			return err
		}
		e.Postings[0].Amount, e.Facts["n"] = money.Francs(1), "Y"
		h, err := tx.Held(ledger.Bank("main"))
		if err != nil {
			return err
		}
		h.SetBalance(money.Francs(1))
		o, err := tx.Outcome(k)
		if err != nil {
			return err
		}
		o.Result[0] = 'Y'
		return nil
	})
	entry.Facts = map[string]string{"what": "w", "n": "1"}
	view(t, s, func(tx ledger.Tx) error {
		same(t, []byte("salt"))(tx.VoucherSalt(voucher(1)))
		same(t, money.Francs(9))(tx.Balance(ledger.Bank("main"), money.XOF))
		same(t, ledger.Outcome{Result: []byte(`"ok"`), At: at})(tx.Outcome(k))
		same(t, entry)(tx.Entry(0))
		same(t, []byte(leaf))(tx.Leaf(0))
		return nil
	})
}

func testRollback(t *testing.T, s ledger.Store) {
	k, lost := ledger.CommandKey{Actor: "a", Key: "kept"}, ledger.CommandKey{Actor: "a", Key: "lost"}
	kept := ledger.Outcome{Result: []byte("1"), At: at}
	point := ledger.Checkpoint{Size: 2, Note: "kept"}
	update(t, s, func(tx ledger.Tx) error {
		return errors.Join(fund(tx, 100), tx.PutVoucherSalt(voucher(1), []byte("kept")), tx.PutOutcome(k, kept),
			tx.PutCheckpoint(point), tx.PutClosedThrough(at.AddDate(-1, 0, 0)))
	})
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx ledger.Tx) error {
		_, issued := issue(tx, 2, 60)
		_, redeemed := redeem(tx, 2, 60, "v1")
		return errors.Join(issued, redeemed, tx.PutVoucherSalt(voucher(1), []byte("lost")),
			tx.PutOutcome(k, ledger.Outcome{Refusal: []byte("2")}), tx.PutOutcome(lost, kept),
			tx.PutCheckpoint(ledger.Checkpoint{Size: 9}), tx.PutClosedThrough(at), tx.PutBalance(ledger.Bank("main"), money.Francs(1)), stop)
	})
	if err == nil || err.Error() != stop.Error() {
		t.Fatalf("Update = %v, want only the function's own error", err)
	}
	view(t, s, func(tx ledger.Tx) error {
		same[uint64](t, 2)(tx.Size())
		same(t, []byte("kept"))(tx.VoucherSalt(voucher(1)))
		same(t, kept)(tx.Outcome(k))
		same(t, point)(tx.Checkpoint())
		same(t, at.AddDate(-1, 0, 0))(tx.ClosedThrough())
		same(t, []ledger.Balance{{Account: ledger.Bank("main"), Amount: money.Francs(100)},
			{Account: ledger.Fund("f1"), Amount: money.Francs(0)},
			{Account: ledger.Round("r1"), Amount: money.Francs(100)}})(collect(t, tx.Balances("")), nil)
		for name, err := range map[string]error{"outcome": second(tx.Outcome(lost)), "salt": second(tx.VoucherSalt(voucher(2))),
			"entry": second(tx.Entry(2)), "leaf": second(tx.Leaf(2))} {
			if !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("%s was left behind: %v", name, err)
			}
		}
		same[[]uint64](t, nil)(tx.PostingsOf(voucher(2), 0, 10))
		same[[]uint64](t, nil)(tx.PostingsOf(ledger.Redeemed("v1"), 0, 10))
		return nil
	})
	// The journal goes on where it stood, hashes included.
	update(t, s, func(tx ledger.Tx) error { return second(issue(tx, 3, 40)) })
	view(t, s, func(tx ledger.Tx) error { checkLog(t, tx, 3); return nil })
}

func second[V any](_ V, err error) error { return err }
