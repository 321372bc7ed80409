package vendors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// account is a bank account as the bank has it, and what we were told of it.
type account struct {
	*world
	t       *rapid.T
	balance int64           // at the bank, of which stated were told
	stated  int64           //
	coming  []bankfile.Line // since the last statement
	from    time.Time       // of the next statement
	until   time.Time       // of the last one
	strange map[int]int64   // lines that nobody has said anything of
	waiting map[int]vendors.Explanation
	hung    []int // lines in suspense
	lines   int
	sent    []vendors.PaymentLine // ordered, not paid by the bank
	paid    []vendors.PaymentLine // by the bank, and stated
	refused map[string]bool       // by the operator's own file
}

// However payments, returns, fees, unknown movements and the bank's statements
// follow one another, and whoever has said what of which line: the bank's balance
// less the books' is explained to the franc, and what is called unexplained is
// exactly what nobody has explained.
func TestService_BankMonth_model(t *testing.T) {
	runs, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 12 && !failed { // each is a few months
			return
		}
		failed = true
		defer func() { failed = rt.Failed() }()
		w := newWorld(t)
		a := &account{world: w, t: rt, balance: bankStart, strange: map[int]int64{}, waiting: map[int]vendors.Explanation{}, from: w.day(), refused: map[string]bool{}}
		for i := range 3 {
			a.registerAs(vendors.ID(fmt.Sprintf("v%d", i)), "bank")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"order payments":      a.order,
			"the bank pays":       a.pay,
			"a payment returns":   a.comeBack,
			"something happens":   a.happen,
			"the operator tells":  a.operator,
			"the statement comes": a.bring,
			"somebody explains":   a.say,
			"another agrees":      a.agreeTo,
			"":                    func(*rapid.T) {},
		})
		a.bring(rt)
	})
}

func (a *account) move(amount int64, ref, text string) {
	a.balance += amount
	a.coming = append(a.coming, bankfile.Line{Booked: a.day(), Amount: money.Francs(amount), Reference: ref, Text: text,
		BankRef: fmt.Sprintf("T%d", a.balance), Code: "X"})
}

func (a *account) order(t *rapid.T) {
	sums := map[vendors.ID]int64{}
	for i := range rapid.IntRange(1, 3).Draw(t, "vendors") {
		sums[vendors.ID(fmt.Sprintf("v%d", i))] = rapid.Int64Range(1, 5000).Draw(t, "value")
	}
	a.sent = append(a.sent, a.ordered("bank", sums).Payments...)
}

func (a *account) pay(t *rapid.T) {
	p := take(t, &a.sent)
	if a.refused[p.Reference] {
		return
	}
	if rapid.Bool().Draw(t, "named") {
		a.move(-p.Amount.Minor(), p.Reference, "")
	} else {
		a.move(-p.Amount.Minor(), "", "VIREMENT "+p.Reference)
	}
	if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
		a.move(-p.Amount.Minor(), p.Reference, "divers: the same again")
		return
	}
	a.paid = append(a.paid, p)
}

func (a *account) comeBack(t *rapid.T) {
	p := take(t, &a.paid)
	a.move(p.Amount.Minor(), p.Reference, "retour")
}

func (a *account) happen(t *rapid.T) {
	a.move(rapid.Int64Range(-900, 900).Filter(func(n int64) bool { return n != 0 }).Draw(t, "amount"), "", "divers")
}

// operator has one payment answered before the bank's statement does.
func (a *account) operator(t *rapid.T) {
	if len(a.sent) == 0 {
		t.Skip("nothing is on its way")
	}
	p := rapid.SampledFrom(a.sent).Draw(t, "payment")
	if a.refused[p.Reference] {
		t.Skip("it was refused")
	}
	st, err := a.s.Settlement(a.Context(), vendors.ByID{By: approver, ID: p.Reference[:17]})
	a.must(err)
	word := "ok"
	if rapid.Bool().Draw(t, "refuses") {
		word = "error"
	}
	_, err = a.results(st, fmt.Sprintf("%s;%s;%s;OM%s;", p.Reference, p.Amount.Text(), word, p.Reference))
	if err != nil && word == "error" {
		t.Skip("it was confirmed before")
	}
	a.must(err)
	a.refused[p.Reference] = word == "error"
}

func (a *account) bring(t *rapid.T) {
	opens, open := a.stated, 0
	if a.lines == 0 { // the opening balance is a line
		a.lines, a.strange[1], opens, open = 1, bankStart, bankStart, 1
	}
	r, err := a.statement(a.from, opens, a.coming...)
	a.must(err)
	for _, l := range a.coming {
		if a.lines++; strings.HasPrefix(l.Text, "divers") {
			a.strange[a.lines] = l.Amount.Minor()
			open++
		}
	}
	if r.Open != open {
		t.Fatalf("%+v: %d lines are open", r, open)
	}
	a.stated, a.coming, a.until = a.balance, nil, a.day()
	m := a.check(t)
	a.view(func(tx vendors.Tx) error {
		held, err := tx.Balance(ledger.Bank("main"), money.XOF)
		if m.Ledger != held {
			t.Fatalf("the books hold %s, the statement has %s", held, m.Ledger)
		}
		return err
	})
	a.now = a.now.AddDate(0, 0, 1)
	a.from = a.day()
}

func (a *account) say(t *rapid.T) {
	if a.lines == 0 {
		t.Skip("there is no line")
	}
	var open []int
	for n := range a.lines {
		if _, ok := a.strange[n+1]; ok {
			open = append(open, n+1)
		}
	}
	open = append(open, a.hung...)
	n := take(t, &open)
	what := rapid.SampledFrom([]vendors.Explanation{vendors.IsFee, vendors.IsUnknown, vendors.IsTransfer, vendors.IsEntry}).Draw(t, "what")
	amount, strange := a.strange[n]
	if amount == bankStart {
		what = vendors.IsEntry
	}
	err := a.explain(n, what, func(c *vendors.ExplainLine) { c.Round, c.To, c.Entries = "r1", "caisse", []uint64{0} })
	switch {
	case what == vendors.IsEntry && amount == bankStart:
		a.must(err)
		delete(a.strange, n)
	case what == vendors.IsEntry, what == vendors.IsUnknown && !strange:
		if err == nil {
			t.Fatalf("line %d is %s", n, what)
		}
	default:
		a.must(err)
		a.waiting[n] = what
		delete(a.strange, n)
		for i, h := range a.hung {
			if h == n {
				a.hung = append(append([]int{}, a.hung[:i]...), a.hung[i+1:]...)
				break
			}
		}
	}
	a.check(t)
}

func (a *account) agreeTo(t *rapid.T) {
	if len(a.waiting) == 0 {
		t.Skip("nothing waits")
	}
	for n := range a.lines + 1 {
		what, ok := a.waiting[n]
		if !ok {
			continue
		}
		l, err := a.agree(approver, n)
		if err != nil { // the other account has not so much
			if what != vendors.IsTransfer {
				t.Fatal(err)
			}
			return
		}
		delete(a.waiting, n)
		if what == vendors.IsUnknown {
			a.hung = append(a.hung, n)
		} else if l.State != vendors.LineMatched {
			t.Fatalf("%+v", l)
		}
		break
	}
	a.check(t)
}

// check compares the statement of the last day that the bank told of, which has
// nothing to do with what happens later.
func (a *account) check(t *rapid.T) vendors.BankMonth {
	m, err := a.s.BankMonth(a.Context(), vendors.BankMonthOf{By: approver, Bank: "main", Until: a.until})
	a.must(err)
	var want, sum int64
	for _, n := range a.strange {
		want += n
	}
	for _, d := range m.Differences {
		sum += d.Amount.Minor()
	}
	if !m.Ties || m.Unexplained.Minor() != want || m.BankBalance.Minor() != a.stated || sum != m.Difference.Minor() ||
		m.Difference.Minor() != m.BankBalance.Minor()-m.Ledger.Minor() || len(m.Suspended) != len(a.hung) {
		t.Fatalf("the bank has %d, %d is strange, %d lines hang: %+v", a.stated, want, len(a.hung), m)
	}
	return m
}
