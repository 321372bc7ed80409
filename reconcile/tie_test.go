package reconcile_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// The report says where records, entries and balances part.
func TestService_Run_untied(t *testing.T) {
	for name, tamper := range map[string]func(voucher.Tx, vendors.Claim) error{
		"a balance that was edited": func(tx voucher.Tx, _ vendors.Claim) error {
			return tx.PutBalance(ledger.Redeemed("v1"), francs(1))
		},
		"a claim that asks for more than was accepted": func(tx voucher.Tx, c vendors.Claim) error {
			c.Accepted = francs(3_000)
			return tx.PutClaim(c)
		},
		"a redemption that left its claim": func(tx voucher.Tx, c vendors.Claim) error {
			for l, err := range tx.ClaimLines(c.ID, 0) {
				if err != nil {
					return err
				}
				return tx.PutClaimOf(l.Entry, "")
			}
			return nil
		},
		"a case's money moved by hand": func(tx voucher.Tx, _ vendors.Claim) error {
			_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFreeze, Actor: ledger.Actor{Role: "x", Name: "y"}, Round: "r1", Ref: "nothing",
				Postings: []ledger.Posting{{Debit: ledger.Claimed("v1"), Credit: ledger.Contested("v1"), Amount: francs(1)}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 4)
			w.sell("h1", w.cards[:2]...)
			c := w.accept(w.bill("v1"))
			w.run()
			w.Update(func(tx voucher.Tx) error { return tamper(tx, c) })
			r, err := w.s.Run(t.Context(), reconcile.Query{By: auditor})
			w.must(err)
			if r.Ties || len(r.TieErrors) == 0 {
				t.Error("the report says that it ties")
			}
		})
	}
}

// Whatever is sold and claimed, honestly, inflated, doubled, borrowed or
// invented, every line is in exactly one class, the sums tie, and no more is
// accepted than was redeemed.
func TestService_Run_random(t *testing.T) {
	matched, found := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		w := bareWorld(t)
		w.issue(8, voucher.ModePIN) // without secrets, which are slow to make
		for i := range rapid.IntRange(1, 2).Draw(rt, "days") {
			w.day(rt, w.cards[4*i:4*i+4])
		}
		r := w.run()
		matched += counts(r)["matched"]
		found += len(r.Findings)
	})
	if matched == 0 || found == 0 {
		t.Errorf("nothing happened: %d matched, %d findings", matched, found)
	}
}

var (
	shops    = []vendors.ID{"v1", "v2"}
	handheld = map[vendors.ID]vendors.HandheldID{"v1": "h1", "v2": "h2"}
)

// day sells some of four cards, and claims them in some way.
func (w *world) day(rt *rapid.T, cards []voucher.Serial) {
	w.sync()
	sold := map[vendors.ID][]voucher.Serial{}
	for _, c := range cards {
		if who := rapid.IntRange(0, 2).Draw(rt, "seller"); who < len(shops) {
			w.sell(handheld[shops[who]], c)
			sold[shops[who]] = append(sold[shops[who]], c)
		}
	}
	for _, v := range shops {
		if len(sold[v]) > 0 && rapid.IntRange(0, 3).Draw(rt, "billing") == 0 {
			c := w.bill(v)
			if rapid.Bool().Draw(rt, "accept") {
				w.accept(c)
			}
		}
	}
	for range rapid.IntRange(0, 2).Draw(rt, "invoices") {
		v := rapid.SampledFrom(shops).Draw(rt, "who")
		var lines []row
		for range rapid.IntRange(1, 6).Draw(rt, "lines") {
			l := row{serial: rapid.SampledFrom(cards).Draw(rt, "card").Printed(), amount: 1_000}
			if rapid.IntRange(0, 3).Draw(rt, "inflate") == 0 {
				l.amount += rapid.IntRange(-500, 5_000).Draw(rt, "by")
			}
			lines = append(lines, l)
		}
		w.claimSome(rt, v, lines)
	}
	w.run()
}

func (w *world) claimSome(rt *rapid.T, v vendors.ID, lines []row) {
	c := w.bring(v, lines...)
	m, err := w.s.MatchClaim(w.Context(), reconcile.MatchClaim{By: auditor, Claim: c.ID})
	w.must(err)
	if len(m.Entries)+len(m.Problems) != len(lines) {
		rt.Fatalf("%d matched and %d not, of %d", len(m.Entries), len(m.Problems), len(lines))
	}
	if len(m.Entries) == 0 || rapid.IntRange(0, 2).Draw(rt, "leave") == 0 {
		return
	}
	before := w.balances(v)
	got := w.accept(c)
	after := w.balances(v)
	if moved := after[1] - before[1]; moved != int64(len(m.Entries))*1_000 || before[0]-after[0] != moved || got.Accepted.Minor() != moved {
		rt.Fatalf("%d matched, accepted %s, from %v to %v", len(m.Entries), got.Accepted, before, after)
	}
}
