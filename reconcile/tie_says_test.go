package reconcile_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// One trader with a sale in every place where its money can be: paid, on its
// way, accepted, unclaimed and undone. Totals say so to the franc, and whatever
// is changed behind the ledger's back, by one franc in either direction, is
// named with what both sides say.
func TestService_Run_tieSays(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper func(voucher.Tx, *books) error
		want   []string
	}{
		{"nothing", func(voucher.Tx, *books) error { return nil }, nil},
		{"a balance that is a franc too high", balanceOf(ledger.Redeemed("v1"), 1_001), []string{"vendor v1: redeemed by the entries 1000 XOF, by the balance 1001 XOF"}},
		{"and one too low", balanceOf(ledger.Redeemed("v1"), 999), []string{"vendor v1: redeemed by the entries 1000 XOF, by the balance 999 XOF"}},
		{"a balance without entries", balanceOf(ledger.Claimed("v2"), 1), []string{"vendor v2: claimed by the entries 0 XOF, by the balance 1 XOF"}},
		{"entries without a balance", balanceOf(ledger.Claimed("v1"), 0), []string{"vendor v1: claimed by the entries 1000 XOF, by the balance 0 XOF"}},
		{"more was accepted than was entered", claimAs(func(c *vendors.Claim) { c.Accepted = francs(1_001) }),
			[]string{"vendor v1, round r1: claimed by the records 1001 XOF, by the entries 1000 XOF"}},
		{"and less", claimAs(func(c *vendors.Claim) { c.Accepted = francs(999) }),
			[]string{"vendor v1, round r1: claimed by the records 999 XOF, by the entries 1000 XOF"}},
		{"what is taken off a claim", claimAs(func(c *vendors.Claim) { c.Recovered = francs(10) }),
			[]string{"vendor v1, round r1: claimed by the records 990 XOF, by the entries 1000 XOF"}},
		{"what is charged to it", claimAs(func(c *vendors.Claim) { c.Charges = francs(10) }),
			[]string{"vendor v1, round r1: claimed by the records 1010 XOF, by the entries 1000 XOF"}},
		{"a claim that no entry is of", func(tx voucher.Tx, b *books) error {
			c := b.accepted.claim
			c.ID, c.Vendor = "d-invented", "v2"
			return tx.PutClaim(c)
		}, []string{"vendor v2, round r1: claimed by the records 1000 XOF, by the entries 0 XOF"}},
		{"a claim of another round", func(tx voucher.Tx, b *books) error {
			c := b.accepted.claim
			c.ID, c.Round, c.State = "d-other", "r2", vendors.ClaimProposed
			return tx.PutClaim(c)
		}, nil},
		{"a hundred and twenty claims that no entry is of", func(tx voucher.Tx, b *books) (err error) {
			for i := range 120 {
				c := b.accepted.claim
				c.ID, c.Round = vendors.ClaimID(fmt.Sprintf("d%d", i)), fmt.Sprintf("s%03d", i)
				err = errors.Join(err, tx.PutClaim(c))
			}
			return err
		}, hundred()},
		{"a claim that is proposed again", claimAs(func(c *vendors.Claim) { c.State = vendors.ClaimProposed }),
			[]string{"vendor v1, round r1: claimed by the records 0 XOF, by the entries 1000 XOF", "vendor v1, round r1: redeemed by the records 2000 XOF, by the entries 1000 XOF"}},
		{"a redemption that left its claim", func(tx voucher.Tx, b *books) error { return tx.PutClaimOf(b.accepted.entry, "") },
			[]string{"vendor v1, round r1: redeemed by the records 2000 XOF, by the entries 1000 XOF"}},
		{"a redemption in a claim that nobody accepted", func(tx voucher.Tx, b *books) error { return tx.PutClaimOf(b.accepted.entry, "c-none") },
			[]string{"vendor v1, round r1: redeemed by the records 2000 XOF, by the entries 1000 XOF"}},
		{"a payment of a franc more", paymentAs(func(b *books) *vendors.Settlement { return &b.ordered }, func(st *vendors.Settlement) { st.Payments[0].Amount = francs(1_001) }),
			[]string{"settlement ORDERED: in transit by its payments 1001 XOF, by the balance 1000 XOF"}},
		{"one that was prepared alone", paymentAs(func(b *books) *vendors.Settlement { return &b.ordered }, func(st *vendors.Settlement) { st.State = vendors.SettlementPrepared }),
			[]string{"settlement ORDERED: in transit by its payments 0 XOF, by the balance 1000 XOF"}},
		{"two payments of one", paymentAs(func(b *books) *vendors.Settlement { return &b.ordered }, func(st *vendors.Settlement) { st.Payments = append(st.Payments, st.Payments[0]) }),
			[]string{"settlement ORDERED: in transit by its payments 2000 XOF, by the balance 1000 XOF"}},
		{"one that the bank did not pay", paymentAs(func(b *books) *vendors.Settlement { return &b.paid }, func(st *vendors.Settlement) { st.Payments[0].Result = vendors.NotPaid }),
			[]string{"settlement PAID: paid by its payments 0 XOF, by the entries 1000 XOF"}},
		{"one that the bank paid twice", paymentAs(func(b *books) *vendors.Settlement { return &b.paid }, func(st *vendors.Settlement) { st.Payments = append(st.Payments, st.Payments[0]) }),
			[]string{"settlement PAID: paid by its payments 2000 XOF, by the entries 1000 XOF"}},
		{"one that came back was paid before", paymentAs(func(b *books) *vendors.Settlement { return &b.paid }, func(st *vendors.Settlement) { st.Payments[0].Result = vendors.CameBack }), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := bareWorld(t)
			w.issue(5, voucher.ModePIN)
			w.cash()
			w.sell("h1", w.cards[:4]...)
			var b books
			w.accept(w.bring("v1", rows(w.cards[0])...))
			b.paid = w.order()
			w.confirm(b.paid)
			w.accept(w.bring("v1", rows(w.cards[1])...))
			b.ordered = w.order()
			b.accepted.claim = w.accept(w.bring("v1", rows(w.cards[2])...))
			_, err := w.vendors.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.Key(), Method: "mobile-money"})
			w.must(err) // nobody has agreed to it: nothing is on its way
			r := w.run()
			b.accepted.entry = w.entryOf(r, w.cards[2])
			total := r.Totals[0]
			if got := fmt.Sprint(total.Redeemed, total.ClaimedIndependent, total.ClaimedSelfBilled, total.Matched, total.Unclaimed, total.Owed, total.Settled, total.InTransit, total.Frozen); len(r.Totals) != 1 ||
				got != "4000 XOF 3000 XOF 0 XOF 3000 XOF 1000 XOF 1000 XOF 1000 XOF 1000 XOF 0 XOF" || total.Exceptions[reconcile.RedeemedNotClaimed] != 1 {
				t.Fatalf("%d totals, %s, %v", len(r.Totals), got, total.Exceptions)
			}
			w.Update(func(tx voucher.Tx) error { return tt.tamper(tx, &b) })
			r, err = w.s.Run(t.Context(), reconcile.Query{By: auditor, Round: "r1"})
			w.must(err)
			var got []string
			for _, e := range r.TieErrors {
				got = append(got, strings.NewReplacer(b.paid.ID, "PAID", b.ordered.ID, "ORDERED").Replace(e))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || r.Ties != (tt.want == nil) {
				t.Errorf("ties is %t: %s", r.Ties, diff)
			}
			for _, total := range r.Totals {
				if total.Round != "r1" {
					t.Errorf("a total of %s", total.Round)
				}
			}
		})
	}
}

// hundred are what is said of a hundred and twenty mistakes.
func hundred() (out []string) {
	for i := range 100 {
		out = append(out, fmt.Sprintf("vendor v1, round s%03d: claimed by the records 1000 XOF, by the entries 0 XOF", i))
	}
	return append(out, "and 20 more")
}

// books are what TestService_Run_tieSays tampers with.
type books struct {
	paid, ordered vendors.Settlement
	accepted      struct {
		claim vendors.Claim
		entry uint64
	}
}

func balanceOf(a ledger.Account, minor int64) func(voucher.Tx, *books) error {
	return func(tx voucher.Tx, _ *books) error { return tx.PutBalance(a, francs(minor)) }
}

func claimAs(change func(*vendors.Claim)) func(voucher.Tx, *books) error {
	return func(tx voucher.Tx, b *books) error {
		c := b.accepted.claim
		change(&c)
		return tx.PutClaim(c)
	}
}

func paymentAs(of func(*books) *vendors.Settlement, change func(*vendors.Settlement)) func(voucher.Tx, *books) error {
	return func(tx voucher.Tx, b *books) error {
		st, err := tx.Settlement(of(b).ID)
		if err != nil {
			return err
		}
		change(&st)
		return tx.PutSettlement(st)
	}
}

// noBalances is a store that lost its balances.
type noBalances struct{ reconcile.Tx }

func (noBalances) Balances(string) iter.Seq2[ledger.Balance, error] {
	return func(func(ledger.Balance, error) bool) {}
}

// Balances that are not there are named too, and what a case holds is said, and
// is no part of what nobody claims.
func TestService_Run_tieSays_frozen(t *testing.T) {
	w := newWorld(t, 10)
	c := w.freeze(w.cloned(2, 1, 2))
	r := w.run()
	held := w.balances("v1")[2]
	if got := r.Totals[0]; held == 0 || got.Frozen.Minor() != held || got.Unclaimed.Minor() != got.Redeemed.Minor()-held || got.ExceptionValue[reconcile.NotPayable].Minor() != held {
		t.Errorf("case %s holds %d: %+v", c.ID, held, got)
	}
	w.must(w.db.Reconcile().View(t.Context(), func(tx reconcile.Tx) (err error) {
		r, err = reconcile.Make(noBalances{tx}, "mopti", "r1", detect.Defaults(), nil)
		return err
	}))
	want := []string{fmt.Sprintf("vendor v1: contested by the entries %d XOF, by the balance 0 XOF", held),
		fmt.Sprintf("vendor v1: redeemed by the entries %d XOF, by the balance 0 XOF", w.balances("v1")[0])}
	if diff := cmp.Diff(want, r.TieErrors); diff != "" || r.Ties {
		t.Error(diff)
	}
}
