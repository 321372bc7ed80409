package reconcile_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// cloned sells cards on h1, then lets a copy of h1 sell the rest from the place
// in the chain where it was copied. It returns the case on what is found.
func (w *world) cloned(honest, after, copied int) reconcile.Case {
	w.Helper()
	w.sell("h1", w.cards[:honest]...)
	twin := *w.Phones["h1"]
	w.sell("h1", w.cards[honest:honest+after]...)
	w.original, w.Phones["h1"] = w.Phones["h1"], &twin
	for _, c := range w.cards[honest+after : honest+after+copied] {
		w.Expect(w.Send("h1", w.Sale("h1", c))[0], voucher.InQuarantine, voucher.ReasonFork)
	}
	return w.open(finding(w, w.run(), "cloned-handheld"))
}

func (w *world) open(f reconcile.Finding) reconcile.Case {
	w.Helper()
	c, err := w.s.OpenCase(w.Context(), reconcile.OpenCase{By: monitor, Key: w.Key(), Vendor: f.Vendor, Round: f.Round, Findings: []string{f.ID}, Note: "seen"})
	w.must(err)
	return c
}

func (w *world) freeze(c reconcile.Case) reconcile.Case {
	w.Helper()
	c, err := w.s.Freeze(w.Context(), reconcile.Decide{By: preparer, Key: w.Key(), Case: c.ID})
	w.must(err)
	return c
}

func (w *world) release(c reconcile.Case) reconcile.Case {
	w.Helper()
	c, err := w.s.Release(w.Context(), reconcile.Release{Decide: reconcile.Decide{By: judge, Key: w.Key(), Case: c.ID, Note: "explained"}})
	w.must(err)
	return c
}

// hear puts the findings to the vendor, who answers.
func (w *world) hear(c reconcile.Case) reconcile.Case {
	w.Helper()
	_, err := w.s.AskVendor(w.Context(), reconcile.AskVendor{Decide: reconcile.Decide{By: preparer, Key: w.Key(), Case: c.ID}, Until: w.Clock.Now.Add(72 * time.Hour)})
	w.must(err)
	c, err = w.s.AnswerOfVendor(w.Context(), reconcile.AnswerOfVendor{By: preparer, Key: w.Key(), Case: c.ID, Text: "It was my cousin."})
	w.must(err)
	return c
}

func (w *world) uphold(c reconcile.Case) reconcile.Case {
	w.Helper()
	c, err := w.s.Uphold(w.Context(), reconcile.Uphold{Decide: reconcile.Decide{By: judge, Key: w.Key(), Case: c.ID}, Digest: w.hear(c).Digest})
	w.must(err)
	return c
}

func (w *world) wantBalances(v vendors.ID, redeemed, claimed, contested int64) {
	w.Helper()
	if diff := cmp.Diff([3]int64{redeemed, claimed, contested}, w.balances(v)); diff != "" {
		w.Errorf("%s: redeemed, claimed, contested (-want +got):\n%s", v, diff)
	}
}

// Exactly the money of the evidence is frozen, and it comes back to the franc.
func TestService_Freeze(t *testing.T) {
	w := newWorld(t, 6)
	c := w.cloned(2, 2, 1)
	if f := c.Findings[0]; f.Score != 100 || f.Handheld != "h1" {
		t.Errorf("%+v", f)
	}
	w.wantBalances("v1", 4_000, 0, 0)
	c = w.freeze(c)
	w.wantBalances("v1", 2_000, 0, 2_000)
	if !c.Frozen.Equal(francs(2_000)) || c.State != reconcile.CaseFrozen {
		t.Errorf("%+v", c)
	}
	if got := counts(w.run())["not-payable"]; got != 2 {
		t.Errorf("%d lines are frozen, want 2", got)
	}

	t.Run("frozen lines are left out when their invoice is accepted", func(t *testing.T) {
		claim := w.accept(w.bring("v1", rows(w.cards[:4]...)...))
		if !claim.Accepted.Equal(francs(2_000)) {
			t.Errorf("accepted %s", claim.Accepted)
		}
		w.wantBalances("v1", 0, 2_000, 2_000)
		w.run()
	})
	t.Run("it is frozen once", func(t *testing.T) {
		if _, err := w.s.Freeze(t.Context(), reconcile.Decide{By: preparer, Key: w.Key(), Case: c.ID}); !errors.Is(err, reconcile.ErrNothingFrozen) {
			t.Errorf("got %v", err)
		}
		if other := w.open(c.Findings[0]); other.ID != c.ID || len(other.Findings) != 1 {
			t.Errorf("the same finding opens %+v", other)
		}
	})
	t.Run("released, it is where it was", func(t *testing.T) {
		c = w.release(c)
		w.wantBalances("v1", 2_000, 2_000, 0)
		if r := w.run(); len(r.Cases) != 1 || !r.Totals[0].Frozen.IsZero() {
			t.Errorf("%+v", r.Totals)
		}
	})
}

// What is in a claim is frozen out of it, and the rest of the claim is paid.
func TestService_Freeze_claimed(t *testing.T) {
	for name, tt := range map[string]struct {
		paid      bool
		redeemed  int64
		claimed   int64
		contested int64
	}{
		"and released before payment": {false, 0, 4_000, 0},
		"and released after payment":  {true, 0, 2_000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 6)
			w.cash()
			c := w.cloned(2, 2, 1)
			claim := w.accept(w.bill("v1"))
			w.wantBalances("v1", 0, 4_000, 0)
			c = w.freeze(c)
			w.wantBalances("v1", 0, 2_000, 2_000)
			w.run()
			if tt.paid {
				w.pay()
				w.wantBalances("v1", 0, 0, 2_000)
				w.run()
			}
			w.release(c)
			w.wantBalances("v1", tt.redeemed, tt.claimed, tt.contested)
			w.run()
			w.pay()
			r := w.run()
			if got := r.Totals[0]; !got.Settled.Equal(francs(4_000)) || !got.Matched.Equal(francs(4_000)) {
				t.Errorf("of claim %s: %+v", claim.ID, got)
			}
		})
	}
	t.Run("a proposed claim no longer asks for it", func(t *testing.T) {
		w := newWorld(t, 6)
		c := w.cloned(2, 2, 1)
		claim := w.bill("v1")
		w.freeze(c)
		w.run()
		if got := w.accept(claim); !got.Accepted.Equal(francs(2_000)) {
			t.Errorf("accepted %s", got.Accepted)
		}
		w.release(c)
		w.wantBalances("v1", 2_000, 2_000, 0)
		w.run()
		if got := w.accept(w.bill("v1")); !got.Accepted.Equal(francs(2_000)) {
			t.Errorf("claimed anew %s", got.Accepted)
		}
	})
	t.Run("a claim written for him leaves it out", func(t *testing.T) {
		w := newWorld(t, 6)
		c := w.freeze(w.cloned(2, 2, 1))
		claim := w.bill("v1")
		if got := w.accept(claim); !got.Accepted.Equal(francs(2_000)) {
			t.Errorf("accepted %s", got.Accepted)
		}
		w.run()
		w.release(c)
		if got := w.accept(w.bill("v1")); !got.Accepted.Equal(francs(2_000)) {
			t.Errorf("claimed anew %s", got.Accepted)
		}
		w.wantBalances("v1", 0, 4_000, 0)
		w.run()
	})
	t.Run("what was paid is noted and not frozen", func(t *testing.T) {
		w := newWorld(t, 6)
		w.cash()
		c := w.cloned(2, 2, 1)
		w.accept(w.bill("v1"))
		w.pay()
		c = w.freeze(c)
		if len(c.Money) != 2 || !c.Money[0].Paid || !c.Frozen.IsZero() {
			t.Errorf("%+v", c.Money)
		}
		w.wantBalances("v1", 0, 0, 0)
		c = w.release(c)
		if c.State != reconcile.CaseCleared {
			t.Errorf("it is %s", c.State)
		}
	})
}

// A write-off takes two people and the digest, and gives the household its
// voucher back.
func TestService_Uphold(t *testing.T) {
	for name, claimed := range map[string]bool{"of what was redeemed": false, "of what was claimed": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 6)
			c := w.cloned(2, 2, 1)
			if claimed {
				w.accept(w.bill("v1"))
			}
			c = w.freeze(c)
			cmd := reconcile.Uphold{Decide: reconcile.Decide{By: both, Key: w.Key(), Case: c.ID}}
			if _, err := w.s.Uphold(t.Context(), cmd); !errors.Is(err, reconcile.ErrCaseChanged) {
				t.Errorf("another digest: %v", err)
			}
			w.uphold(c)
			if claimed {
				w.wantBalances("v1", 0, 2_000, 0)
			} else {
				w.wantBalances("v1", 2_000, 0, 0)
			}
			r := w.run()
			if r.Totals[0].Redeemed.Minor() != 2_000 {
				t.Errorf("%+v", r.Totals[0])
			}
			for _, card := range w.cards[2:4] {
				if v := w.Voucher(card); v.Life() != voucher.Active || w.Balance(v.Account()) != 1_000 {
					t.Errorf("the card is %s with %d", v.Life(), w.Balance(v.Account()))
				}
			}
			w.Expect(w.Send("h2", w.Sale("h2", w.cards[2]))[0], voucher.Payable, "")
			if claimed {
				return
			}
			if got := w.bill("v1"); got.Lines != 2 || !got.Claimed.Equal(francs(2_000)) {
				t.Errorf("what was written off is claimed again: %+v", got)
			}
		})
	}
	t.Run("not by who froze it", func(t *testing.T) {
		w := newWorld(t, 6)
		c := w.cloned(2, 2, 1)
		c, err := w.s.Freeze(t.Context(), reconcile.Decide{By: both, Key: w.Key(), Case: c.ID})
		w.must(err)
		_, err = w.s.Uphold(t.Context(), reconcile.Uphold{Decide: reconcile.Decide{By: both, Key: w.Key(), Case: c.ID}, Digest: c.Digest})
		if !errors.Is(err, access.ErrSamePerson) {
			t.Errorf("got %v", err)
		}
		w.wantBalances("v1", 2_000, 0, 2_000)
	})
	t.Run("after the close the value goes to the round", func(t *testing.T) {
		w := newWorld(t, 6)
		c := w.freeze(w.cloned(2, 2, 1))
		w.Clock.Now = vouchertest.Grace.Add(time.Hour)
		_, err := w.Service.Expire(t.Context(), voucher.ExpireLot{By: vouchertest.Issuer, Lot: "l1"})
		w.must(err)
		before := w.Balance(ledger.Round("r1"))
		w.uphold(c)
		if got := w.Balance(ledger.Round("r1")); got != before+2_000 {
			t.Errorf("the round has %d, want %d", got, before+2_000)
		}
		w.run()
	})
	t.Run("once another trader was paid from the contingency, that is repaid", func(t *testing.T) {
		w := newWorld(t, 2)
		w.cash()
		w.sell("h2", w.cards[0])
		w.accept(w.bill("v2"))
		st := w.order()
		w.Expect(w.Send("h1", w.Sale("h1", w.cards[0]))[0], voucher.Payable, voucher.ReasonLoss) // its home, too late to undo
		_, err := w.vendors.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.Key(), Settlement: st.ID,
			File: []byte("reference,status\n" + st.Payments[0].Reference + ",error\n")})
		w.must(err)
		before := w.Balance(ledger.Contingency("r1"))
		for _, f := range w.run().Findings {
			if f.Vendor == "v2" {
				w.uphold(w.freeze(w.open(f)))
			}
		}
		w.wantBalances("v2", 0, 0, 0)
		if got := w.Balance(ledger.Contingency("r1")); got != before+1_000 {
			t.Errorf("the contingency has %d, want %d", got, before+1_000)
		}
		w.run()
	})
	t.Run("every entry still names its receipt", func(t *testing.T) {
		w := newWorld(t, 6)
		w.uphold(w.freeze(w.cloned(2, 2, 1)))
		w.must(w.db.Vouchers().View(t.Context(), func(tx voucher.Tx) error {
			size, err := tx.Size()
			for seq := range size {
				e, err := tx.Entry(seq)
				if err != nil {
					return err
				}
				if err := voucher.CheckEntry(tx, e); err != nil {
					t.Errorf("entry %d: %v", seq, err)
				}
			}
			return err
		}))
	})
}

// A redemption that is undone while it is frozen costs the vendor once.
func TestService_Release_undone(t *testing.T) {
	w := newWorld(t, 4)
	w.sell("h2", w.cards[0], w.cards[1], w.cards[3])
	twin := *w.Phones["h2"]
	w.sell("h2", w.cards[2])
	w.Phones["h2"] = &twin
	w.Expect(w.Send("h2", w.Record("h2", voucher.Receipt{Serial: w.cards[0], Amount: 1_000, Lines: []voucher.Line{{Item: "rice", Quantity: "2", Price: 500}}}))[0],
		voucher.InQuarantine, voucher.ReasonFork)
	c := w.freeze(w.open(finding(t, w.run(), "cloned-handheld")))
	w.wantBalances("v2", 3_000, 0, 1_000)
	w.Expect(w.Send("h1", w.Sale("h1", w.cards[2]))[0], voucher.Payable, "") // its home: h2's sale is undone
	before := w.balances("v2")
	w.run()
	w.release(c)
	after := w.balances("v2")
	if after[2] != 0 || after[0]+after[1] != before[0]+before[1]+before[2] {
		t.Errorf("before %v, after %v", before, after)
	}
	w.run()
}

// Kilos are frozen in kilos, and in francs once a claim has bought them.
func TestService_Freeze_kilos(t *testing.T) {
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, bought := range map[string]bool{"still in kilos": false, "bought by a claim": true} {
		t.Run(name, func(t *testing.T) {
			w := bareWorld(t)
			w.issueRice(rice, 4)
			c := w.cloned(1, 1, 1)
			if bought {
				w.accept(w.bill("v1"))
			}
			r := w.run()
			if got := r.Totals[0]; !got.Quantity.Equal(money.FromMinor(2_000, rice)) || !got.Redeemed.Equal(francs(8_000)) {
				t.Errorf("%+v", got)
			}
			c = w.freeze(c)
			if !c.Frozen.Equal(francs(4_000)) {
				t.Errorf("frozen %s", c.Frozen)
			}
			w.run()
			w.uphold(c)
			r = w.run()
			if got := r.Totals[0]; !got.Redeemed.Equal(francs(4_000)) {
				t.Errorf("after the write-off %+v", got)
			}
		})
	}
}

// issueRice issues and hands over n cards of 10 kg at 400 francs.
func (w *world) issueRice(rice money.Asset, n int) {
	w.Helper()
	finance := ledger.Actor{Role: "finance-preparer", Name: "p9"}
	w.Update(func(tx voucher.Tx) error {
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Actor: finance, Round: "r1", Postings: []ledger.Posting{
			{Debit: ledger.Pledge("r1"), Credit: ledger.Round("r1"), Amount: money.FromMinor(100_000, rice)}}})
		return err
	})
	value := money.FromMinor(1_000, rice)
	lot := vouchertest.Lot("l1", n, 0, voucher.ModeSecret)
	lot.Profiles = []voucher.Profile{{Number: 1, Asset: rice, Cap: 10_000}}
	lot.Ceilings = map[int]money.Amount{1: francs(400)}
	lot.Spares = nil
	lot.Items = func(yield func(voucher.Item, error) bool) {
		for range n {
			if !yield(voucher.Item{Beneficiary: "b1", Point: "p1", Zone: "z1", Home: "h1", Profile: 1, Value: value, Mode: voucher.ModeSecret}, nil) {
				return
			}
		}
	}
	_, err := w.Service.IssueLot(w.Context(), lot)
	w.must(err)
	w.cards = w.Room.Order
	w.Clock.Now = vouchertest.Opens.Add(24 * time.Hour)
	w.Activate(w.cards...)
	w.sync()
}

// Cases are commands of a programme's people, once per key.
func TestService_OpenCase(t *testing.T) {
	w := newWorld(t, 4)
	w.sell("h1", w.cards[0])
	w.bring("v1", rows(w.cards[1])...)
	f := finding(t, w.run(), "invented-claim")
	cmd := reconcile.OpenCase{By: monitor, Key: "once", Vendor: "v1", Round: "r1", Findings: []string{f.ID}}
	first, err := w.s.OpenCase(t.Context(), cmd)
	w.must(err)
	again, err := w.s.OpenCase(t.Context(), cmd)
	w.must(err)
	if again.ID != first.ID {
		t.Errorf("two cases for one key: %s, %s", first.ID, again.ID)
	}
	p, err := w.s.Cases(t.Context(), reconcile.ListCases{By: auditor, Limit: 10})
	w.must(err)
	if len(p.Items) != 1 {
		t.Errorf("%d cases", len(p.Items))
	}
	stranger := approver
	stranger.Programme = "gao"
	for name, tt := range map[string]struct {
		err  error
		want error
	}{
		"an invented case freezes nothing":  {second(w.s.Freeze(t.Context(), reconcile.Decide{By: preparer, Key: w.Key(), Case: first.ID})), reconcile.ErrNothingFrozen},
		"a finding about somebody else":     {second(w.s.OpenCase(t.Context(), reconcile.OpenCase{By: monitor, Key: w.Key(), Vendor: "v2", Round: "r1", Findings: []string{f.ID}})), reconcile.ErrNotFound},
		"no finding":                        {second(w.s.OpenCase(t.Context(), reconcile.OpenCase{By: monitor, Key: w.Key(), Vendor: "v1", Round: "r1"})), reconcile.ErrCase},
		"a monitor freezes nothing":         {second(w.s.Freeze(t.Context(), reconcile.Decide{By: monitor, Key: w.Key(), Case: first.ID})), access.ErrDenied},
		"a preparer releases nothing":       {second(w.s.Release(t.Context(), reconcile.Release{Decide: reconcile.Decide{By: preparer, Key: w.Key(), Case: first.ID}})), access.ErrDenied},
		"an open case is not written off":   {second(w.s.Uphold(t.Context(), reconcile.Uphold{Decide: reconcile.Decide{By: approver, Key: w.Key(), Case: first.ID}, Digest: sha256.Sum256(nil)})), reconcile.ErrCaseState},
		"another programme's case":          {second(w.s.Release(t.Context(), reconcile.Release{Decide: reconcile.Decide{By: stranger, Key: w.Key(), Case: first.ID}})), reconcile.ErrNotFound},
		"another programme reads no case":   {second(w.s.Case(t.Context(), reconcile.CaseByID{By: stranger, ID: first.ID})), reconcile.ErrNotFound},
		"another programme's round":         {second(w.s.Run(t.Context(), reconcile.Query{By: stranger, Round: "r1"})), reconcile.ErrNotFound},
		"the same key for another command":  {second(w.s.OpenCase(t.Context(), reconcile.OpenCase{By: monitor, Key: "once", Vendor: "v1", Round: "r1", Findings: []string{f.ID, "f2"}})), ledger.ErrKeyReused},
		"nobody reconciles without a role":  {second(w.s.Run(t.Context(), reconcile.Query{By: person("x", access.RoleRegistrar)})), access.ErrDenied},
		"nobody reconciles without a login": {second(w.s.Run(t.Context(), reconcile.Query{})), access.ErrUnauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("got %v, want %v", tt.err, tt.want)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }
