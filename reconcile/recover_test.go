package reconcile_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// owes checks what the books say that v1 has to pay back.
func (w *world) owes(want int64) {
	w.Helper()
	if debt, back := w.Balance(ledger.Debt("v1")), w.Balance(ledger.Recoverable("r1")); debt != want || back != want {
		w.Errorf("v1 owes %d, of which %d comes back, want %d", debt, back, want)
	}
}

// charged is a case that was upheld after its two redemptions were paid.
func (w *world) charged(permille int) reconcile.Case {
	w.Helper()
	w.cash()
	c := w.cloned(2, 2, 1)
	w.accept(w.bill("v1"))
	w.pay()
	c = w.hear(w.freeze(c))
	c, err := w.s.Uphold(w.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest, Permille: permille})
	w.must(err)
	return c
}

// What was paid before it was upheld is owed, kept of later claims by the
// permille, paid at the bank, and the rest written off by two; to the franc.
func TestService_Recover(t *testing.T) {
	w := newWorld(t, 9)
	c := w.charged(300)
	w.owes(2_000)
	if left, err := c.Debt.Left(); err != nil || !left.Equal(francs(2_000)) || c.Money[0].Outcome != reconcile.Charged || c.State != reconcile.CaseUpheld {
		t.Errorf("%s of %+v", left, c)
	}
	round := w.Balance(ledger.Round("r1"))
	w.run()

	w.revive()
	w.sell("h2", w.cards[5]) // another trader's claim is not touched
	w.accept(w.bill("v2"))
	w.owes(2_000)
	w.sell("h1", w.cards[6:8]...)
	claim := w.accept(w.bill("v1"))
	if !claim.Recovered.Equal(francs(600)) {
		t.Errorf("kept %s of %s", claim.Recovered, claim.Accepted)
	}
	w.owes(1_400)
	w.wantBalances("v1", 0, 1_400, 0)
	if got := w.Balance(ledger.Round("r1")); got != round+600 {
		t.Errorf("the round has %d, had %d", got, round)
	}
	w.run()
	for name, cmd := range map[string]reconcile.Recover{
		"twice of one claim":          {Claim: claim.ID},
		"of another's claim":          {Claim: "c0"},
		"more than is owed":           {Bank: "b1", Amount: francs(1_401), Reference: "x"},
		"nothing":                     {Bank: "b1", Reference: "x"},
		"less than nothing":           {Bank: "b1", Amount: francs(-1), Reference: "x"},
		"to the bank by no reference": {Bank: "b1", Amount: francs(1)},
	} {
		cmd.Decide = decide(preparer, w, c)
		if _, err := w.s.Recover(t.Context(), cmd); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	w.owes(1_400)
	w.pay()
	w.run()

	bank := w.Balance(ledger.Bank("b1"))
	back := reconcile.Recover{Decide: decide(preparer, w, c), Bank: "b1", Amount: francs(400), Reference: "deposit 12"}
	for range 2 {
		_, err := w.s.Recover(t.Context(), back)
		w.must(err)
	}
	w.owes(1_000)
	if got := w.Balance(ledger.Bank("b1")); got != bank+400 {
		t.Errorf("the bank has %d, had %d", got, bank)
	}

	give := func(by access.Actor, digest [32]byte) (reconcile.Case, error) {
		return w.s.GiveUp(t.Context(), reconcile.GiveUp{Decide: decide(by, w, c), Digest: digest})
	}
	c, err := w.s.Case(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	sum, err := c.GiveUpDigest()
	w.must(err)
	if _, err := give(judge, sum); !errors.Is(err, reconcile.ErrCaseChanged) {
		t.Errorf("nobody proposed it: %v", err)
	}
	if _, err := give(both, [32]byte{}); err != nil {
		t.Error(err)
	}
	if _, err := give(both, sum); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("one person gives it up: %v", err)
	}
	if _, err := give(approver, sum); !errors.Is(err, reconcile.ErrInvolved) {
		t.Errorf("one who accepted the claim: %v", err)
	}
	c, err = give(judge, sum)
	w.must(err)
	w.owes(0)
	if c.Debt.GivenUp.Minor() != 1_000 || c.Debt.Recovered.Minor() != 1_000 {
		t.Errorf("%+v", c.Debt)
	}
	w.run()
	p, err := func() (any, error) {
		key := w.sign()
		p, err := w.s.CasePack(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
		w.must(err)
		if _, err := p.Verify(logName, key); err != nil {
			t.Errorf("its pack: %v", err)
		}
		lie := francs(1)
		p.Case.Recovered = &lie
		return p.Verify(logName, key)
	}()
	if err == nil {
		t.Errorf("a pack that says he paid back otherwise is believed: %v", p)
	}
}

// revive puts the handheld that was copied back to work.
func (w *world) revive() {
	w.Helper()
	w.must(w.db.Vendors().Update(w.Context(), func(tx vendors.Tx) error {
		h, err := tx.Handheld("h1")
		h.State = vendors.Active
		return errors.Join(err, tx.PutHandheld(h))
	}))
	w.Phones["h1"] = w.original
}

// Whatever is frozen, released, charged, recovered and written off in whatever
// order, the reports tie, and each account holds what the cases say.
func TestCases_model(t *testing.T) {
	did := map[string]int{}
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &caseModel{world: newWorld(t, 24), r: rand.New(rand.NewPCG(seed, 5)), did: did}
			m.cash()
			m.c = m.cloned(2, 8, 1)
			m.revive()
			m.next = 11
			for step := range 45 {
				what := m.step()
				m.check(fmt.Sprintf("seed %d, step %d, %s", seed, step, what))
			}
		})
	}
	for _, what := range []string{"sell", "claim", "pay", "freeze", "release", "uphold", "repay", "give up", "keep"} {
		if did[what] == 0 {
			t.Errorf("it never came to %s: %v", what, did)
		}
	}
}

type caseModel struct {
	*world
	r    *rand.Rand
	c    reconcile.Case
	next int // card
	did  map[string]int
}

// step does something that may be refused, and returns what.
func (m *caseModel) step() string {
	what, err := "", error(nil)
	act := func(name string, do func() (reconcile.Case, error)) {
		what = name
		_, err = do()
	}
	ctx := m.Context()
	switch m.r.IntN(10) {
	case 0, 1:
		what = "sell"
		if m.next < len(m.cards)-1 {
			m.sell("h1", m.cards[m.next])
			m.next++
		}
	case 2, 3:
		what = "claim"
		var c vendors.Claim
		c, err = m.vendors.PrepareClaim(ctx, vendors.PrepareClaim{By: preparer, Key: m.Key(), Vendor: "v1", Round: "r1"})
		m.Clock.Now = m.Clock.Now.Add(time.Second)
		if err == nil {
			c, err = m.s.AcceptMatched(ctx, reconcile.AcceptMatched{By: approver, Key: m.Key(), Claim: c.ID, VendorProof: signed})
			if c.Recovered.Sign() > 0 {
				m.did["keep"]++
			}
		}
	case 4:
		what = "pay"
		var st vendors.Settlement
		if st, err = m.vendors.PrepareSettlement(ctx, vendors.PrepareSettlement{By: preparer, Key: m.Key(), Method: "mobile-money"}); err == nil {
			m.confirm(m.approve(st))
		}
	case 5:
		act("freeze", func() (reconcile.Case, error) { return m.s.Freeze(ctx, decide(preparer, m.world, m.c)) })
	case 6:
		if len(m.some()) == 0 {
			return "nothing"
		}
		act("release", func() (reconcile.Case, error) {
			return m.s.Release(ctx, reconcile.Release{Decide: decide(judge, m.world, m.c), Entries: m.some()})
		})
	case 7:
		act("uphold", func() (reconcile.Case, error) {
			if m.c.State == reconcile.CaseFrozen && m.c.Hearing.Answered.IsZero() {
				m.hear(m.c)
			}
			return m.s.Uphold(ctx, reconcile.Uphold{Decide: decide(judge, m.world, m.c), Digest: m.c.Digest, Entries: m.some(), Permille: 1 + m.r.IntN(1000)})
		})
	case 8:
		act("repay", func() (reconcile.Case, error) {
			return m.s.Recover(ctx, reconcile.Recover{Decide: decide(preparer, m.world, m.c), Bank: "b1", Amount: money.Francs(1 + m.r.Int64N(900)), Reference: "r"})
		})
	case 9:
		if m.r.IntN(2) > 0 {
			return "nothing"
		}
		act("give up", func() (reconcile.Case, error) {
			c, err := m.s.GiveUp(ctx, reconcile.GiveUp{Decide: decide(preparer, m.world, m.c)})
			if err != nil {
				return c, err
			}
			sum, err := c.GiveUpDigest()
			m.must(err)
			return m.s.GiveUp(ctx, reconcile.GiveUp{Decide: decide(judge, m.world, m.c), Digest: sum})
		})
	}
	if err == nil {
		m.did[what]++
	}
	var err2 error
	if m.c, err2 = m.s.Case(ctx, reconcile.CaseByID{By: auditor, ID: m.c.ID}); err2 != nil {
		m.Fatal(err2)
	}
	return fmt.Sprintf("%s: %v", what, err)
}

// some are one or two of the redemptions that wait for a decision.
func (m *caseModel) some() (out []uint64) {
	for _, h := range m.c.Money {
		if h.Outcome == "" && len(out) < 2 && m.r.IntN(2) == 0 {
			out = append(out, h.Entry)
		}
	}
	if len(out) == 0 {
		for _, h := range m.c.Money {
			if h.Outcome == "" {
				return []uint64{h.Entry}
			}
		}
	}
	return out
}

func (m *caseModel) check(after string) {
	m.Helper()
	m.run()
	frozen := int64(0)
	for _, h := range m.c.Money {
		if h.Outcome == "" && !h.Paid {
			frozen += h.Value.Minor()
		}
	}
	left, err := m.c.Debt.Left()
	m.must(err)
	if got := m.Balance(ledger.Contested("v1")); got != frozen {
		m.Fatalf("%s: %d frozen in the books, %d by the case", after, got, frozen)
	}
	if debt, back := m.Balance(ledger.Debt("v1")), m.Balance(ledger.Recoverable("r1")); debt != left.Minor() || back != left.Minor() {
		m.Fatalf("%s: %d owed, %d to come back, %s by the case", after, debt, back, left)
	}
}
