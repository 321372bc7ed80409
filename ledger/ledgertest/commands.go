package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// receive is a command that moves money: each effect is one more entry.
type receive struct{ Francs int64 }

// received is its result.
type received struct {
	Seq   uint64
	Notes []string
}

var errBusy = fault.New(fault.Unavailable, "busy", "Busy.", "Occupé.")

func run(ctx context.Context, s ledger.Store, k ledger.CommandKey, cmd receive) (received, error) {
	return ledger.Once(ctx, s.Update, k, cmd, func(tx ledger.Tx) (received, error) {
		e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFund, Actor: finance,
			Postings: []ledger.Posting{{Debit: ledger.Bank("main"), Credit: ledger.Fund("f1"), Amount: money.Francs(cmd.Francs)}}})
		return received{Seq: e.Seq, Notes: []string{"received"}}, err
	})
}

func testReplay(t *testing.T, s ledger.Store) {
	k := ledger.CommandKey{Actor: "staff-1", Key: "k1"}
	want := received{Seq: 0, Notes: []string{"received"}}
	for range 3 {
		same(t, want)(run(t.Context(), s, k, receive{100}))
	}
	other := ledger.CommandKey{Actor: "staff-2", Key: "k1"}
	same(t, received{Seq: 1, Notes: want.Notes})(run(t.Context(), s, other, receive{100}))
	same(t, want)(run(t.Context(), s, k, receive{100}))
	holds(t, s, 2, 200)
}

// holds fails the test unless the journal has so many entries and fund f1 so
// many francs.
func holds(t testing.TB, s ledger.Store, entries uint64, francs int64) {
	t.Helper()
	view(t, s, func(tx ledger.Tx) error {
		t.Helper()
		same(t, entries)(tx.Size())
		same(t, money.Francs(francs))(tx.Balance(ledger.Fund("f1"), money.XOF))
		return nil
	})
}

func testStoredRefusal(t *testing.T, s ledger.Store) {
	k := ledger.CommandKey{Actor: "staff-1", Key: "k1"}
	give := func() (received, error) {
		return ledger.Once(t.Context(), s.Update, k, receive{60}, func(tx ledger.Tx) (received, error) {
			if err := tx.PutVoucherSalt(voucher(9), []byte("lost")); err != nil {
				return received{}, err
			}
			e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Actor: finance, Round: "r1",
				Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money.Francs(60)}}})
			return received{Seq: e.Seq, Notes: []string{"half done"}}, err
		})
	}
	got, err := give()
	if !errors.Is(err, ledger.ErrOverdrawn) {
		t.Fatalf("an empty fund gave: %v", err)
	}
	if same(t, received{})(got, nil); len(fault.Of(err).Fields) == 0 {
		t.Error("the refusal does not say where")
	}
	same(t, received{Seq: 0, Notes: []string{"received"}})(
		run(t.Context(), s, ledger.CommandKey{Actor: "staff-1", Key: "k2"}, receive{100}))
	// There is enough now, but the answer was given.
	again, stored := give()
	if !errors.Is(stored, ledger.ErrOverdrawn) {
		t.Fatalf("the second answer is %v", stored)
	}
	same(t, received{})(again, nil)
	same(t, fault.Of(err))(fault.Of(stored), nil)
	view(t, s, func(tx ledger.Tx) error {
		if _, err := tx.VoucherSalt(voucher(9)); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("the refused command left something behind: %v", err)
		}
		return nil
	})
	holds(t, s, 1, 100)
}

func testNotStored(t *testing.T, s ledger.Store) {
	k := ledger.CommandKey{Actor: "staff-1", Key: "k1"}
	for _, passing := range []error{errBusy, errors.New("disk on fire"), context.DeadlineExceeded} {
		_, err := ledger.Once(t.Context(), s.Update, k, receive{100}, func(tx ledger.Tx) (received, error) {
			return received{}, errors.Join(fund(tx, 1), passing)
		})
		if !errors.Is(err, passing) {
			t.Errorf("got %v, want %v", err, passing)
		}
	}
	same(t, received{Seq: 0, Notes: []string{"received"}})(run(t.Context(), s, k, receive{100}))
	holds(t, s, 1, 100)
}

func testKeyReused(t *testing.T, s ledger.Store) {
	k := ledger.CommandKey{Actor: "staff-1", Key: "k1"}
	want := received{Seq: 0, Notes: []string{"received"}}
	same(t, want)(run(t.Context(), s, k, receive{100}))
	if _, err := run(t.Context(), s, k, receive{101}); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("other content under the same key: %v", err)
	}
	same(t, want)(run(t.Context(), s, k, receive{100})) // the conflict was not stored over the result
	for _, key := range []string{"", fmt.Sprintf("%0129d", 1)} {
		if _, err := run(t.Context(), s, ledger.CommandKey{Actor: "staff-1", Key: key}, receive{1}); !errors.Is(err, ledger.ErrKeyMissing) {
			t.Errorf("a key of %d characters: %v", len(key), err)
		}
	}
	holds(t, s, 1, 100)
}

const racers = 20

// race runs fn at once in all racers and returns their errors.
func race(fn func(i int) error) []error {
	errs := make([]error, racers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func testRacingRepeats(t *testing.T, s ledger.Store) {
	k := ledger.CommandKey{Actor: "staff-1", Key: "k1"}
	results := make([]received, racers)
	for i, err := range race(func(i int) (err error) {
		results[i], err = run(t.Context(), s, k, receive{100})
		return err
	}) {
		same(t, received{Seq: 0, Notes: []string{"received"}})(results[i], err)
	}
	holds(t, s, 1, 100)
}

func testRacingSpends(t *testing.T, s ledger.Store) {
	update(t, s, func(tx ledger.Tx) error {
		if err := fund(tx, 1000); err != nil {
			return err
		}
		for n := 1; n <= 2; n++ {
			if _, err := issue(tx, n, 500); err != nil {
				return err
			}
		}
		return nil
	})
	winner := ""
	for i, err := range race(func(i int) error {
		return s.Update(t.Context(), func(tx ledger.Tx) error {
			_, err := redeem(tx, 1, 500, fmt.Sprintf("v%d", i))
			return err
		})
	}) {
		switch {
		case err == nil && winner == "":
			winner = fmt.Sprintf("v%d", i)
		case err == nil:
			t.Errorf("v%d won as well as %s", i, winner)
		case !errors.Is(err, ledger.ErrOverdrawn):
			t.Errorf("v%d: %v, want ErrOverdrawn", i, err)
		}
	}
	if winner == "" {
		t.Fatal("nobody won")
	}
	view(t, s, func(tx ledger.Tx) error {
		same(t, money.Francs(0))(tx.Balance(voucher(1), money.XOF))
		same(t, money.Francs(500))(tx.Balance(voucher(2), money.XOF))
		same(t, money.Francs(500))(tx.Balance(ledger.Control("r1"), money.XOF))
		same(t, []ledger.Balance{{Account: ledger.Redeemed(winner), Amount: money.Francs(500)}})(collect(t, tx.Balances("vendor:")), nil)
		checkLog(t, tx, 5)
		return nil
	})
}
