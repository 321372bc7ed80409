package finance_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func (w *world) change(month string, reason string) (finance.Period, error) {
	w.Helper()
	p, err := w.s.PreparePeriod(w.Context(), finance.PreparePeriod{By: preparer, Key: w.key(), Month: month, Reopen: reason != "", Reason: reason})
	if err != nil {
		return p, err
	}
	return w.s.ApprovePeriod(w.Context(), finance.ApprovePeriod{By: approver, Key: w.key(), Month: month, Digest: p.Proposed.Digest})
}

func (w *world) report(month string) finance.PeriodReport {
	w.Helper()
	r, err := w.s.PeriodReport(w.Context(), finance.ReadPeriod{By: auditor, Month: month})
	w.must(err)
	return r
}

func closing(r finance.PeriodReport, a ledger.Account) int64 {
	for _, l := range r.Lines {
		if l.Account == a {
			return l.Closing.Minor()
		}
	}
	return 0
}

// Two people close a month. Until then a sale of the month that arrives late
// counts in it; after that nothing does: it counts in the open one, with a note
// of its day. Two people, and a reason, open it again.
func TestService_Period(t *testing.T) {
	w := newWorld(t) // 2 March
	w.sell("v1", 1_000, 0)
	if _, err := w.change("2026-03", ""); !errors.Is(err, finance.ErrPeriod) {
		t.Errorf("a month that has not ended: %v", err)
	}
	w.now = time.Date(2026, 4, 2, 9, 0, 0, 0, time.UTC)
	w.sell("v1", 200, 3*24*time.Hour) // on 30 March
	w.sell("v1", 30, 0)
	if got := closing(w.report("2026-03"), "vendor:v1:redeemed"); got != 1_200 {
		t.Errorf("March closes with %d", got)
	}

	p, err := w.s.PreparePeriod(t.Context(), finance.PreparePeriod{By: preparer, Key: w.key(), Month: "2026-03"})
	w.must(err)
	w.sell("v1", 4, 4*24*time.Hour) // on 29 March, after the close was prepared
	approve := func(by access.Actor) error {
		_, err := w.s.ApprovePeriod(t.Context(), finance.ApprovePeriod{By: by, Key: w.key(), Month: "2026-03", Digest: p.Proposed.Digest})
		return err
	}
	if err := approve(approver); !errors.Is(err, finance.ErrPeriodChanged) {
		t.Errorf("other books than were prepared: %v", err)
	}
	alone := person("approver", "mopti", access.RoleFinanceApprover)
	p, err = w.s.PreparePeriod(t.Context(), finance.PreparePeriod{By: alone, Key: w.key(), Month: "2026-03"})
	w.must(err)
	if err := approve(approver); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("alone: %v", err)
	}
	w.must(approve(second))
	closed := w.report("2026-03")
	if got := closing(closed, "vendor:v1:redeemed"); got != 1_204 {
		t.Errorf("March closes with %d", got)
	}

	late := w.sell("v1", 5_000, 5*24*time.Hour) // on 28 March
	if again := w.report("2026-03"); again.Digest != closed.Digest {
		t.Error("a closed month has changed")
	}
	w.must(w.db.Finance().View(t.Context(), func(tx finance.Tx) error {
		e, err := tx.Entry(late)
		if e.Facts[ledger.FactLate] != "2026-03-28" {
			t.Errorf("a late entry: %+v", e)
		}
		return err
	}))
	april := w.report("2026-04")
	if april.Late != 1 || closing(april, "vendor:v1:redeemed") != 6_234 {
		t.Errorf("April: %d late, closes with %d", april.Late, closing(april, "vendor:v1:redeemed"))
	}
	for _, l := range april.Lines {
		if was := closing(closed, l.Account); l.Opening.Minor() != was {
			t.Errorf("%s opens with %s, March closed with %d", l.Account, l.Opening, was)
		}
	}

	if _, err := w.change("2026-03", ""); !errors.Is(err, finance.ErrPeriod) {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := w.s.PreparePeriod(t.Context(), finance.PreparePeriod{By: preparer, Key: w.key(), Month: "2026-03", Reopen: true}); !errors.Is(err, finance.ErrPeriod) {
		t.Errorf("opened without a reason: %v", err)
	}
	o, err := w.change("2026-03", "the bank's charge of March was forgotten")
	w.must(err)
	if o.State != finance.PeriodOpen {
		t.Errorf("%+v", o)
	}
	w.sell("v1", 60_000, 5*24*time.Hour)
	if got := closing(w.report("2026-03"), "vendor:v1:redeemed"); got != 61_204 {
		t.Errorf("reopened, March closes with %d", got)
	}
	_, err = w.change("2026-03", "")
	w.must(err)
}

// Debits equal credits in every report, and a cut-off for now is the balances.
func TestService_CutOff(t *testing.T) {
	w := newWorld(t)
	w.fund()
	_, err := w.advance("v1", 7_000, 100)
	w.must(err)
	w.sell("v1", 10_000, 0)
	w.claimed("v1")
	st, err := w.approve(w.settle())
	w.must(err)
	w.sell("v1", 3_000, 0)
	w.claimed("v1")
	w.sell("v1", 500, 0)
	w.sell("v2", 40, 0)
	w.now = time.Date(2026, 4, 2, 9, 0, 0, 0, time.UTC)
	w.sell("v2", 2, 3*24*time.Hour) // on 30 March
	_, err = w.vendors.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.key(), Settlement: st.ID,
		File: []byte("Référence;Montant;Statut;ID transaction\n" + st.Payments[0].Reference + ";9000;ok;T1\n")})
	w.must(err)
	show := func(day time.Time) string {
		c, err := w.s.CutOff(t.Context(), finance.ReadCutOff{By: auditor, Day: day})
		w.must(err)
		text := ""
		for _, l := range c.Lines {
			text += fmt.Sprint(l.Vendor, l.Delivered, l.Claimed, l.InTransit, l.Advance, "; ")
		}
		return text
	}
	if got, want := show(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)), "v1[500 XOF] 3000 XOF 9000 XOF 6000 XOF; v2[42 XOF] 0 XOF 0 XOF 0 XOF; "; got != want {
		t.Errorf("31 March: %s, want %s", got, want)
	}
	if got, want := show(time.Time{}), "v1[500 XOF] 3000 XOF 0 XOF 6000 XOF; v2[42 XOF] 0 XOF 0 XOF 0 XOF; "; got != want {
		t.Errorf("now: %s, want %s", got, want)
	}
	r := w.report("2026-03")
	var debit, credit int64
	for _, l := range r.Lines {
		c, err := l.Account.Class()
		w.must(err)
		if l.Closing.Asset() != money.XOF {
			continue
		}
		if c.DebitNormal() {
			debit += l.Closing.Minor()
		} else {
			credit += l.Closing.Minor()
		}
	}
	if debit != credit || debit == 0 {
		t.Errorf("March closes with debits of %d and credits of %d", debit, credit)
	}
	// Books that were tampered with close nothing.
	w.must(w.db.Finance().Update(t.Context(), func(tx finance.Tx) error { return tx.PutBalance("vendor:v1:redeemed", money.Francs(1)) }))
	if _, err := w.s.PeriodReport(t.Context(), finance.ReadPeriod{By: auditor, Month: "2026-03"}); !errors.Is(err, finance.ErrPeriodTies) {
		t.Errorf("a balance that was edited: %v", err)
	}
}
