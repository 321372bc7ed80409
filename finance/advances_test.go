package finance_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func (w *world) advance(vendor vendors.ID, francs int64, permille int, plan ...vendors.Installment) (vendors.AdvanceLine, error) {
	w.Helper()
	a, err := w.vendors.PrepareAdvance(w.Context(), vendors.PrepareAdvance{By: preparer, Key: w.key(), Vendor: vendor, Amount: money.Francs(francs), Permille: permille, Plan: plan})
	if err != nil {
		return a, err
	}
	return w.vendors.ApproveAdvance(w.Context(), vendors.ApproveAdvance{By: approver, Key: w.key(), Advance: a.ID, Digest: a.Digest()})
}

func (w *world) movement(cmd finance.PrepareMovement) finance.Movement {
	w.Helper()
	cmd.By, cmd.Key = preparer, w.key()
	m, err := w.s.PrepareMovement(w.Context(), cmd)
	w.must(err)
	return m
}

func (w *world) decide(m finance.Movement, by access.Actor) (finance.Movement, error) {
	return w.s.ApproveMovement(w.Context(), finance.DecideMovement{By: by, Key: w.key(), ID: m.ID, Digest: m.Digest})
}

func (w *world) balance(a ledger.Account) int64 {
	w.Helper()
	var m money.Amount
	w.must(w.db.Finance().View(w.Context(), func(tx finance.Tx) (err error) {
		m, err = tx.Balance(a, money.XOF)
		return err
	}))
	return m.Minor()
}

// fund makes the ledger's fund f1 one of the programme.
func (w *world) fund() {
	w.must(w.db.Finance().Update(w.Context(), func(tx finance.Tx) error { return tx.PutDonorFund(donor("f1", "mopti")) }))
}

// However advances are given, worked off, paid back and written off: what is
// owed is given less recovered, repaid and written off; never more is kept from
// a claim than its advances' schedules say, or than it holds; and ageing is the
// same sum.
func TestService_Advances_model(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.fund()
		type line struct {
			open, permille int64
			due            []vendors.Installment
		}
		var lines []*line // oldest first
		var given, recovered, repaid, lost int64
		owed := func() int64 { return given - recovered - repaid - lost }
		workOff := func(n int64) {
			for _, l := range lines {
				m := min(n, l.open)
				l.open, n = l.open-m, n-m
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"give": func(rt *rapid.T) {
				w.now = w.now.Add(time.Second) // ids sort by the second
				n, l := rapid.Int64Range(2, 50_000).Draw(rt, "amount"), &line{}
				if rapid.Bool().Draw(rt, "by days") {
					first := rapid.Int64Range(1, n-1).Draw(rt, "first")
					l.due = []vendors.Installment{{Due: w.now.AddDate(0, 0, 10), Amount: money.Francs(first)}, {Due: w.now.AddDate(0, 0, 40), Amount: money.Francs(n - first)}}
				} else {
					l.permille = rapid.Int64Range(1, 1000).Draw(rt, "permille")
				}
				_, err := w.advance("v1", n, int(l.permille), l.due...)
				w.must(err)
				given, l.open, lines = given+n, n, append(lines, l)
			},
			"pay a claim": func(rt *rapid.T) {
				n := rapid.Int64Range(1, 30_000).Draw(rt, "sale")
				w.sell("v1", n, 0)
				w.claimed("v1")
				var most int64
				shared := false
				for _, l := range lines {
					switch {
					case l.open == 0:
					case l.due == nil && !shared:
						most, shared = most+n*l.permille/1000, true
					case l.due != nil:
						later := int64(0)
						for _, p := range l.due {
							if p.Due.After(w.now) {
								later += p.Amount.Minor()
							}
						}
						most += max(l.open-later, 0)
					}
				}
				want := min(most, n, owed())
				st, err := w.approve(w.settle())
				w.must(err)
				if got := st.Payments[0].Recover.Minor(); got != want || st.Payments[0].Amount.Minor() != n-want {
					rt.Fatalf("kept %d of %d, want %d", got, n, want)
				}
				recovered += want
				workOff(want)
			},
			"pay back": func(rt *rapid.T) {
				n := rapid.Int64Range(1, 20_000).Draw(rt, "amount")
				m, err := w.decide(w.movement(finance.PrepareMovement{Kind: finance.Repayment, Vendor: "v1", Amount: money.Francs(n), Bank: "main", Reason: "brought to the office"}), approver)
				if (err == nil) != (n <= owed()) || err != nil && !errors.Is(err, ledger.ErrOverdrawn) {
					rt.Fatalf("%d of %d paid back: %s, %v", n, owed(), m.State, err)
				}
				if err == nil {
					repaid += n
					workOff(n)
				}
			},
			"write off": func(rt *rapid.T) {
				n := rapid.Int64Range(1, 5_000).Draw(rt, "amount")
				_, err := w.decide(w.movement(finance.PrepareMovement{Kind: finance.WriteOff, Vendor: "v1", Amount: money.Francs(n), Fund: "f1", Reason: "the shop burnt down"}), approver)
				if (err == nil) != (n <= owed()) {
					rt.Fatalf("%d of %d written off: %v", n, owed(), err)
				}
				if err == nil {
					lost += n
					workOff(n)
				}
			},
			"days pass": func(rt *rapid.T) { w.now = w.now.AddDate(0, 0, rapid.IntRange(1, 25).Draw(rt, "days")) },
			"": func(rt *rapid.T) {
				if got := w.balance("advance:v1"); got != owed() {
					rt.Fatalf("owed %d, want %d - %d - %d - %d", got, given, recovered, repaid, lost)
				}
				a, err := w.s.Ageing(t.Context(), finance.Query{By: auditor})
				if err != nil || a.Total.Minor() != owed() {
					rt.Fatalf("ageing %v, %v; want %d", a.Total, err, owed())
				}
				at := 0
				for _, l := range lines {
					if l.open > 0 {
						if a.Advances[at].Open.Minor() != l.open {
							rt.Fatalf("open %s, want %d", a.Advances[at].Open, l.open)
						}
						at++
					}
				}
			},
		})
	})
}

// Ages are counted from the day an advance was given, in four buckets.
func TestService_Ageing(t *testing.T) {
	w := newWorld(t)
	start := w.now
	for _, days := range []int{0, 9, 10, 39, 40, 69, 70, 100} { // 100, 91, 90, 61, 60, 31, 30 and 0 days old in the end
		w.now = start.AddDate(0, 0, days)
		_, err := w.advance("v2", int64(1000+days), 100)
		w.must(err)
	}
	a, err := w.s.Ageing(t.Context(), finance.Query{By: auditor})
	w.must(err)
	if got, want := fmt.Sprint(a.Buckets), "[2170 XOF 2109 XOF 2049 XOF 2009 XOF]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestService_AdvanceLimits(t *testing.T) {
	w := newWorld(t)
	_, err := w.s.SetAdvanceLimits(t.Context(), finance.SetAdvanceLimits{By: approver, Key: w.key(), Limits: vendors.AdvanceLimits{Vendor: money.Francs(10_000), Programme: money.Francs(15_000)}})
	w.must(err)
	for _, c := range []struct {
		vendor vendors.ID
		francs int64
		ok     bool
	}{{"v1", 10_001, false}, {"v1", 10_000, true}, {"v1", 1, false}, {"v2", 5_001, false}, {"v2", 5_000, true}} {
		if _, err := w.advance(c.vendor, c.francs, 100); (err == nil) != c.ok || err != nil && !errors.Is(err, vendors.ErrAdvanceLimit) {
			t.Errorf("%s %d: %v", c.vendor, c.francs, err)
		}
	}
}

func TestService_Movement_refuses(t *testing.T) {
	w := newWorld(t)
	w.fund()
	w.must(w.db.Finance().Update(w.Context(), func(tx finance.Tx) error { return tx.PutDonorFund(donor("other", "gao")) }))
	_, err := w.advance("v1", 1_000, 100)
	w.must(err)
	back := finance.PrepareMovement{Kind: finance.Repayment, Vendor: "v1", Amount: money.Francs(10), Bank: "main", Reason: "r"}
	for name, c := range map[string]struct {
		change func(*finance.PrepareMovement)
		want   error
	}{
		"nothing":              {func(c *finance.PrepareMovement) { c.Amount = money.Francs(0) }, finance.ErrMovement},
		"no reason":            {func(c *finance.PrepareMovement) { c.Reason = "" }, finance.ErrMovement},
		"no kind":              {func(c *finance.PrepareMovement) { c.Kind = "gift" }, finance.ErrMovement},
		"no such vendor":       {func(c *finance.PrepareMovement) { c.Vendor = "v9" }, vendors.ErrNotFound},
		"a write-off to bank":  {func(c *finance.PrepareMovement) { c.Kind = finance.WriteOff }, finance.ErrMovement},
		"another's fund":       {func(c *finance.PrepareMovement) { c.Kind, c.Bank, c.Fund = finance.WriteOff, "", "other" }, finance.ErrNotFound},
		"a vendor's remitting": {func(c *finance.PrepareMovement) { c.Kind = finance.Remittance }, finance.ErrMovement},
	} {
		cmd := back
		c.change(&cmd)
		cmd.By, cmd.Key = preparer, w.key()
		if _, err := w.s.PrepareMovement(t.Context(), cmd); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	m := w.movement(back)
	both := person("preparer", "mopti", access.RoleFinancePreparer, access.RoleFinanceApprover)
	if _, err := w.decide(m, both); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("alone: %v", err)
	}
	if _, err := w.decide(finance.Movement{ID: m.ID}, approver); !errors.Is(err, finance.ErrMovementState) {
		t.Errorf("another digest: %v", err)
	}
	if _, err := w.decide(m, stranger); !errors.Is(err, finance.ErrNotFound) {
		t.Errorf("another programme: %v", err)
	}
	_, err = w.decide(m, approver)
	w.must(err)
	if _, err := w.decide(m, second); !errors.Is(err, finance.ErrMovementState) {
		t.Errorf("twice: %v", err)
	}
}

// What was withheld waits until two people say that the treasury has it.
func TestService_Remittance(t *testing.T) {
	w := newWorld(t)
	terms, err := w.vendors.SetTerms(t.Context(), vendors.SetTerms{By: manager, Key: w.key(), Vendor: "v1", Lines: []vendors.Term{{Name: "Retenue", Kind: vendors.Withholding, BasisPoints: 300, On: vendors.OfSales}}})
	w.must(err)
	_, err = w.vendors.ApproveTerms(t.Context(), vendors.ApproveTerms{By: approver, Key: w.key(), Vendor: "v1", Digest: terms.Digest})
	w.must(err)
	w.sell("v1", 10_000, 0)
	w.claimed("v1")
	if got := w.balance("withheld:mopti"); got != 300 {
		t.Fatalf("withheld %d", got)
	}
	if _, err := w.decide(w.movement(finance.PrepareMovement{Kind: finance.Remittance, Amount: money.Francs(301), Bank: "main", Reason: "quittance 7"}), approver); !errors.Is(err, ledger.ErrOverdrawn) {
		t.Errorf("more than was withheld: %v", err)
	}
	before := w.balance("bank:main")
	_, err = w.decide(w.movement(finance.PrepareMovement{Kind: finance.Remittance, Amount: money.Francs(300), Bank: "main", Reason: "quittance 7"}), approver)
	w.must(err)
	if w.balance("withheld:mopti") != 0 || w.balance("bank:main") != before-300 {
		t.Error("the treasury was not paid")
	}
}

// Who owes by a decided case is given so much less beforehand, until he paid it back.
func TestService_AdvanceLimits_debts(t *testing.T) {
	w := newWorld(t)
	_, err := w.s.SetAdvanceLimits(t.Context(), finance.SetAdvanceLimits{By: approver, Key: w.key(), Limits: vendors.AdvanceLimits{Vendor: money.Francs(1_000), Programme: money.Francs(1_500)}})
	w.must(err)
	w.post(ledger.KindOwe, "r1", ledger.Posting{Debit: ledger.Debt("v1"), Credit: ledger.Recoverable("r1"), Amount: money.Francs(600)})
	if _, err := w.advance("v1", 401, 100); !errors.Is(err, vendors.ErrAdvanceLimit) {
		t.Errorf("401 to who owes 600 of 1,000: %v", err)
	}
	_, err = w.advance("v1", 400, 100)
	w.must(err)
	if _, err := w.advance("v2", 501, 100); !errors.Is(err, vendors.ErrAdvanceLimit) {
		t.Errorf("501 to another, where 1,000 of 1,500 are owed: %v", err)
	}
	w.post(ledger.KindRepay, "", ledger.Posting{Debit: ledger.Bank("main"), Credit: ledger.Debt("v1"), Amount: money.Francs(600)})
	_, err = w.advance("v1", 600, 100)
	w.must(err)
}
