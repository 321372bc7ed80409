package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

var approver = ledger.Actor{Role: "finance-approver", Name: "p2"}

// A statement's lines add up to what the accounts hold, page by page as in one
// go, and show no household to whoever may not see one.
func TestService_Statement(t *testing.T) {
	store, _ := filled(t)
	s := ledger.New(store)
	for _, q := range []ledger.StatementQuery{{Of: ledger.OneVendor, ID: "v1"}, {Of: ledger.OneRound, ID: "r1"}, {Of: ledger.OneFund, ID: "f1"}} {
		t.Run(string(q.Of), func(t *testing.T) {
			q.Limit = 1000
			whole, err := s.Statement(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if len(whole.Lines) < 2 || whole.More {
				t.Fatalf("%d lines, more %v", len(whole.Lines), whole.More)
			}
			paged, err := everyPage(q, func(q ledger.StatementQuery) (ledger.Statement, error) { return s.Statement(t.Context(), q) })
			if err != nil {
				t.Fatal(err)
			}
			equal(t, whole.Lines, paged)
			for _, l := range whole.Lines {
				if l.Account.IsVoucher() || l.Other.IsVoucher() {
					t.Errorf("entry %d shows %s and %s", l.Seq, l.Account, l.Other)
				}
			}
			last := map[ledger.Account]money.Amount{}
			for _, l := range whole.Lines {
				last[l.Account] = l.Balance
			}
			view(t, store, func(tx ledger.Tx) error {
				for a, b := range last {
					held, err := tx.Balance(a, money.XOF)
					if err != nil {
						return err
					}
					if !held.Equal(b) {
						t.Errorf("the statement leaves %s on %s, the ledger %s", b, a, held)
					}
				}
				return nil
			})
		})
	}
	for name, q := range map[string]ledger.StatementQuery{
		"no subject":       {ID: "v1", Limit: 1},
		"an id with a ':'": {Of: ledger.OneVendor, ID: "v1:redeemed", Limit: 1},
		"no id":            {Of: ledger.OneVendor, Limit: 1},
		"no limit":         {Of: ledger.OneVendor, ID: "v1"},
		"too many":         {Of: ledger.OneVendor, ID: "v1", Limit: 1001},
	} {
		if _, err := s.Statement(t.Context(), q); !errors.Is(err, ledger.ErrQuery) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func everyPage(q ledger.StatementQuery, get func(ledger.StatementQuery) (ledger.Statement, error)) ([]ledger.StatementLine, error) {
	var lines []ledger.StatementLine
	for q.Limit = 1; ; {
		page, err := get(q)
		if err != nil {
			return nil, err
		}
		lines = append(lines, page.Lines...)
		if !page.More {
			return lines, nil
		}
		q.From = page.Next
	}
}

// A household's statement holds its own vouchers, in order, and no other's.
func TestService_HouseholdStatement(t *testing.T) {
	store, _ := filled(t)
	got, err := ledger.New(store).HouseholdStatement(t.Context(), ledger.StatementQuery{ID: "h2", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range got.Lines {
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s", l.Kind, l.Account, l.Other, l.Amount, l.Balance))
	}
	serial := "beneficiary:h2:" + fmt.Sprintf("S%015d", 2)
	equal(t, []string{
		"issue " + serial + " round:r1 5000 XOF 5000 XOF",
		"redeem " + serial + " vendor:v1:redeemed -5000 XOF 0 XOF",
	}, lines)
	for _, id := range []string{"", ":", "h2:S1"} {
		if _, err := ledger.New(store).HouseholdStatement(t.Context(), ledger.StatementQuery{ID: id, Limit: 10}); !errors.Is(err, ledger.ErrQuery) {
			t.Errorf("household %q: %v", id, err)
		}
	}
}

// A round's sums say where its money went, and the trial balance balances.
func TestService_RoundSums(t *testing.T) {
	store, _ := filled(t)
	s := ledger.New(store)
	sums, err := s.RoundSums(t.Context(), ledger.RoundQuery{Round: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	f := money.Francs
	equal(t, []ledger.RoundSum{{Allocated: f(50_000), Returned: f(0), Issued: f(40_000), Voided: f(0), Expired: f(0),
		Unissued: f(10_000), Contingency: f(0), Fees: f(0), Outstanding: f(20_000), Spent: f(20_000)}}, sums)

	lines, err := s.TrialBalance(t.Context(), ledger.TrialQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var debit, credit int64
	var accounts []ledger.Account
	for _, l := range lines {
		debit, credit = debit+l.Debit.Minor(), credit+l.Credit.Minor()
		accounts = append(accounts, l.Account)
	}
	if debit != credit || debit != 100_000 {
		t.Errorf("debits %d, credits %d", debit, credit)
	}
	equal(t, []ledger.Account{"bank:b1", "fund:f1", "round:r1", "vouchers:r1", "vendor:v1:claimed"}, accounts)
}

// The leaves and proofs that leave the server convince somebody who has only
// the checkpoint.
func TestService_Proofs(t *testing.T) {
	store, p := filled(t)
	s := ledger.New(store)
	c, err := s.Checkpoint(t.Context(), ledger.CheckpointQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.OpenCheckpoint(c.Note, p.Origin, p.Verifier); err != nil {
		t.Fatal(err)
	}
	var leaves [][]byte
	for q := (ledger.JournalQuery{Limit: 4}); ; q.From += 4 {
		page, err := s.Journal(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, page.Leaves...)
		if !page.More {
			break
		}
	}
	if want := int(c.Size) + 1; len(leaves) != want {
		t.Fatalf("%d leaves, want %d", len(leaves), want)
	}
	for n := range c.Size {
		i, err := s.Inclusion(t.Context(), ledger.InclusionQuery{Entry: n})
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(i.Proof, int64(c.Size), c.Root, int64(n), tlog.RecordHash(leaves[n])); err != nil {
			t.Errorf("entry %d: %v", n, err)
		}
		k, err := s.Consistency(t.Context(), ledger.ConsistencyQuery{Old: n + 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(k.Proof, int64(c.Size), c.Root, int64(n+1), k.OldRoot); err != nil {
			t.Errorf("size %d: %v", n+1, err)
		}
	}
	for name, ask := range map[string]func() error{
		"a leaf after the checkpoint": func() error {
			_, err := s.Inclusion(t.Context(), ledger.InclusionQuery{Entry: c.Size})
			return err
		},
		"a size that is not yet": func() error {
			_, err := s.Inclusion(t.Context(), ledger.InclusionQuery{Size: 1 << 62})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Consistency(t.Context(), ledger.ConsistencyQuery{Old: 5, New: 3}); !errors.Is(err, ledger.ErrQuery) {
		t.Errorf("backwards: %v", err)
	}
}

// A period closes once, in order, after its end; what happened in it and comes
// later is posted in the open one and listed.
func TestClose(t *testing.T) {
	now := time.Date(2025, 4, 2, 9, 0, 0, 0, time.UTC)
	store := mem.Open(func() time.Time { return now }).Ledger()
	s := ledger.New(store)
	march := time.Date(2025, 3, 31, 23, 59, 59, 0, time.UTC)
	end := func(_ string, through time.Time) error {
		return store.Update(t.Context(), func(tx ledger.Tx) error {
			_, err := ledger.Close(tx, approver, through, nil)
			return err
		})
	}
	for key, through := range map[string]time.Time{"k1": now, "k2": now.AddDate(1, 0, 0)} {
		if err := end(key, through); !errors.Is(err, ledger.ErrPeriodFuture) {
			t.Errorf("closing %s at %s: %v", through, now, err)
		}
	}
	if err := end("k3", march); err != nil {
		t.Fatal(err)
	}
	if err := end("k4", march); !errors.Is(err, ledger.ErrPeriodOrder) {
		t.Errorf("closing twice: %v", err)
	}
	if err := end("k5", time.Time{}); !errors.Is(err, ledger.ErrPeriodOrder) {
		t.Errorf("closing no period: %v", err)
	}

	receive := func(at time.Time) error {
		return store.Update(t.Context(), func(tx ledger.Tx) error {
			_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFund, Actor: approver, From: at, To: at,
				Postings: []ledger.Posting{{Debit: ledger.Bank("b1"), Credit: ledger.Fund("f1"), Amount: money.Francs(500)}}})
			return err
		})
	}
	for _, at := range []time.Time{march, march.Add(time.Second)} {
		if err := receive(at); err != nil {
			t.Fatal(err)
		}
	}
	late, err := s.Late(t.Context(), ledger.LateQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, ledger.LatePage{Through: march, Next: 3, Entries: []ledger.LateEntry{
		{Seq: 1, Posted: now, From: march, To: march, Kind: ledger.KindFund, Moved: []money.Amount{money.Francs(500)}}}}, late)

	for seq, want := range map[uint64]time.Time{1: now, 2: march.Add(time.Second)} {
		err := store.View(t.Context(), func(tx ledger.Tx) error {
			e, err := tx.Entry(seq)
			if got := e.Booked(); !got.Equal(want) || (e.Facts[ledger.FactLate] == "2025-03-31") != (seq == 1) {
				t.Errorf("entry %d is booked at %s, facts %v", seq, got, e.Facts)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	now = march
	if err := receive(march); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("posting in a closed period: %v", err)
	}
}
