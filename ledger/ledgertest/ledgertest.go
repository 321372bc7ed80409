// Package ledgertest holds the contract of ledger.Store as tests that every
// store runs: missing values, round trips, order, copies, the gapless journal
// and its hashes, that a failed update leaves nothing, one effect per command
// key, and one winner among racing spends.
package ledgertest

import (
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// TestStore runs the contract against stores that open returns, each empty and
// with a clock that moves at every reading, such as Clock returns.
func TestStore(t *testing.T, open func(testing.TB) ledger.Store) {
	for _, c := range []struct {
		promise string
		test    func(*testing.T, ledger.Store)
	}{
		{"what is not there is not found", testMissing},
		{"what is put is read back, whole and newest", testRoundTrip},
		{"command keys never meet", testOutcomeKeys},
		{"an entry is read back as posted, with its leaf", testEntry},
		{"an entry is appended at the end and nowhere else", testGapless},
		{"the journal is read in order, with its leaves", testJournal},
		{"what is kept of accounts is listed in order", testAccounts},
		{"the stored hashes are those of the leaves", testHashes},
		{"an account's entries are listed in order", testPostingsOf},
		{"balances are listed by account and asset", testBalances},
		{"what is read, and what was put, is a copy", testCopies},
		{"a failed update leaves nothing", testRollback},
		{"a view writes nothing", testReadOnly},
		{"the clock is read once per transaction", testClock},
		{"a repeated command is answered with the first result", testReplay},
		{"a final refusal stays one", testStoredRefusal},
		{"what may turn out otherwise is not stored", testNotStored},
		{"one key, one content", testKeyReused},
		{"racing repeats of a command have one effect", testRacingRepeats},
		{"racing spends of a voucher have one winner", testRacingSpends},
	} {
		t.Run(c.promise, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// Clock returns a clock that starts on 1 March 2025 and is one second later
// at each reading. It is safe for concurrent use.
func Clock() func() time.Time {
	var readings atomic.Int64
	return func() time.Time {
		return time.Date(2025, 3, 1, 8, 0, 0, 500, time.UTC).Add(time.Duration(readings.Add(1)) * time.Second)
	}
}

var (
	at      = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)
	finance = ledger.Actor{Role: "finance", Name: "p7"}
)

func update(t testing.TB, s ledger.Store, fn func(ledger.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s ledger.Store, fn func(ledger.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless a value was read without error and is the
// wanted. Nil and empty facts and postings are the same.
func same[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{}), cmpopts.EquateEmpty())
		if err != nil || diff != "" {
			t.Errorf("%T: %v, differs (-want +got):\n%s", want, err, diff)
		}
	}
}

func collect[V any](t testing.TB, seq iter.Seq2[V, error]) []V {
	t.Helper()
	var out []V
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func rice(t testing.TB) money.Asset {
	t.Helper()
	a, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fund receives francs on fund f1 and allocates them to round r1.
func fund(tx ledger.Tx, francs int64) error {
	if _, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFund, Actor: finance, Ref: "transfer-1",
		Postings: []ledger.Posting{{Debit: ledger.Bank("main"), Credit: ledger.Fund("f1"), Amount: money.Francs(francs)}}}); err != nil {
		return err
	}
	_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Actor: finance, Round: "r1", Ref: "r1",
		Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money.Francs(francs)}}})
	return err
}

// issue gives the n-th voucher its value.
func issue(tx ledger.Tx, n int, francs int64) (ledger.Entry, error) {
	v := voucher(n)
	if err := tx.PutVoucherSalt(v, fmt.Appendf(nil, "salt-%012d", n)); err != nil {
		return ledger.Entry{}, err
	}
	return ledger.Post(tx, ledger.Entry{Kind: ledger.KindIssue, Actor: finance, Round: "r1", Ref: "lot-1",
		Postings: []ledger.Posting{{Debit: ledger.Round("r1"), Credit: v, Amount: money.Francs(francs)}}})
}

// redeem spends the n-th voucher at a vendor.
func redeem(tx ledger.Tx, n int, francs int64, vendor string) (ledger.Entry, error) {
	return ledger.Post(tx, ledger.Entry{Kind: ledger.KindRedeem, Actor: finance, Round: "r1", Ref: "receipt-" + vendor,
		Postings: []ledger.Posting{{Debit: voucher(n), Credit: ledger.Redeemed(vendor), Amount: money.Francs(francs)}}})
}

func voucher(n int) ledger.Account {
	return ledger.Voucher(fmt.Sprintf("b%d", n), fmt.Sprintf("S%06d", n))
}
