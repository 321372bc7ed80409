package export_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

// books is a store with a random journal in it.
type books struct {
	ledger.Store
	t     testing.TB
	r     *rand.Rand
	now   time.Time
	rice  money.Asset
	kinds map[ledger.Kind]int // how many entries of each were posted
}

// odd identifiers are those that some dialect cannot hold as they are.
var (
	rounds  = []string{"r1", "R.2", "Id-r1", "r_3"}
	vendors = []string{"v1", "V1", "v-1", "v--1", "7"}
)

func newBooks(t testing.TB, seed uint64, steps int) *books {
	t.Helper()
	b := &books{t: t, r: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC), kinds: map[ledger.Kind]int{}}
	b.Store = mem.Open(func() time.Time { return b.now }).Ledger()
	var err error
	if b.rice, err = money.NewAsset("RICE-KG", 2); err != nil {
		t.Fatal(err)
	}
	for i := range 13 {
		err := b.Update(t.Context(), func(tx ledger.Tx) error { return tx.PutVoucherSalt(voucher(i), []byte{byte(i)}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range steps {
		b.now = b.now.Add(time.Duration(b.r.IntN(40)) * time.Hour)
		b.step()
	}
	return b
}

func voucher(i int) ledger.Account {
	return ledger.Voucher(fmt.Sprintf("h%d", i/2), fmt.Sprintf("S%015d", i))
}

func pick[T any](b *books, of ...T) T { return of[b.r.IntN(len(of))] }

// step posts one random entry, if the balances allow it.
func (b *books) step() {
	round, vendor := pick(b, rounds...), pick(b, vendors...)
	own := []ledger.Account{ledger.Round(round), ledger.Contingency(round), ledger.Fees(round)}
	v := voucher(b.r.IntN(12))
	francs := func(n int) money.Amount { return money.Francs(1 + b.r.Int64N(int64(n))) }
	kilos := money.FromMinor(1+b.r.Int64N(5_000), b.rice)
	some := pick(b, francs(5_000), kilos)
	p := func(debit, credit ledger.Account, m money.Amount) ledger.Posting {
		return ledger.Posting{Debit: debit, Credit: credit, Amount: m}
	}
	choices := []ledger.Entry{
		{Kind: ledger.KindPledgeFund, Postings: []ledger.Posting{p(ledger.Receivable("f1"), ledger.Fund("f1"), francs(900_000))}},
		{Kind: ledger.KindFund, Postings: []ledger.Posting{p(ledger.Bank("b1"), ledger.Fund("f2"), francs(900_000))}},
		{Kind: ledger.KindFund, Postings: []ledger.Posting{p(ledger.Bank("b1"), ledger.Receivable("f1"), francs(900_000))}},
		{Kind: ledger.KindAllocate, Round: round, Postings: []ledger.Posting{p(ledger.Fund("f1"), pick(b, own...), francs(90_000))}},
		{Kind: ledger.KindAllocate, Round: round, Postings: []ledger.Posting{p(ledger.Pledge(round), ledger.Round(round), kilos)}},
		{Kind: ledger.KindIssue, Round: round, Postings: []ledger.Posting{p(ledger.Round(round), v, some), p(ledger.Round(round), voucher(0), some)}},
		{Kind: ledger.KindRedeem, Round: round, Postings: []ledger.Posting{p(v, ledger.Redeemed(vendor), some)}},
		{Kind: ledger.KindVoid, Round: round, Postings: []ledger.Posting{p(v, ledger.Round(round), some)}},
		{Kind: ledger.KindReissue, Round: round, Postings: []ledger.Posting{p(v, voucher(12), some)}},
		{Kind: ledger.KindAcceptLoss, Round: round, Postings: []ledger.Posting{p(ledger.Contingency(round), ledger.Redeemed(vendor), francs(2_000))}},
		{Kind: ledger.KindClaim, Round: round, Postings: []ledger.Posting{p(ledger.Redeemed(vendor), ledger.Pledge(round), kilos),
			p(ledger.Round(round), ledger.Claimed(vendor), francs(2_000))}},
		{Kind: ledger.KindClaim, Round: round, Postings: []ledger.Posting{p(ledger.Redeemed(vendor), ledger.Claimed(vendor), francs(2_000))}},
		{Kind: ledger.KindFreeze, Round: round, Postings: []ledger.Posting{p(ledger.Claimed(vendor), ledger.Contested(vendor), francs(500))}},
		{Kind: ledger.KindSettle, Postings: []ledger.Posting{p(ledger.Claimed(vendor), ledger.Transit("t1"), francs(2_000))}},
		{Kind: ledger.KindConfirm, Postings: []ledger.Posting{p(ledger.Transit("t1"), ledger.Bank("b1"), francs(2_000))}},
		{Kind: ledger.KindAdvance, Postings: []ledger.Posting{p(ledger.Advance(vendor), ledger.Bank("b1"), francs(2_000))}},
		{Kind: ledger.KindTransfer, Postings: []ledger.Posting{p(ledger.Bank("b1"), ledger.Bank("b2"), francs(900))}},
		{Kind: ledger.KindTransfer, Postings: []ledger.Posting{p(ledger.Bank("b2"), ledger.Bank("b1"), francs(900))}},
		{Kind: ledger.KindCharge, Round: round, Postings: []ledger.Posting{p(ledger.Fees(round), ledger.Bank("b1"), francs(300))}},
		{Kind: ledger.KindSuspend, Postings: []ledger.Posting{p(ledger.Unexplained("b1"), ledger.Bank("b1"), francs(500))}},
		{Kind: ledger.KindSuspend, Postings: []ledger.Posting{p(ledger.Bank("b1"), ledger.Suspense("b1"), francs(500))}},
		{Kind: ledger.KindReverse, Postings: []ledger.Posting{p(ledger.Suspense("b1"), ledger.Bank("b1"), francs(100))}},
		{Kind: ledger.KindRecover, Postings: []ledger.Posting{p(ledger.Claimed(vendor), ledger.Advance(vendor), francs(500))}},
		{Kind: ledger.KindReturn, Round: round, Postings: []ledger.Posting{p(ledger.Round(round), ledger.Fund("f1"), francs(500))}},
		{Kind: ledger.KindDecision, Facts: map[string]string{"what": "a; note"}},
	}
	e := pick(b, choices...)
	e.Actor = ledger.Actor{Role: "finance-preparer", Name: "p1"}
	// What dialects read as tags, dates, comments, payees and ends of texts.
	e.Ref = pick(b, "", "plain", `date:2025-99-99, ; "x" \ | [2025-01-01] :a:b: é {1} @@ =`)
	err := b.Update(b.t.Context(), func(tx ledger.Tx) error { _, err := ledger.Post(tx, e); return err })
	if err != nil && !errors.Is(err, ledger.ErrOverdrawn) {
		b.t.Fatalf("%s: %v", e.Kind, err)
	}
	if err == nil {
		b.kinds[e.Kind]++
	}
}
