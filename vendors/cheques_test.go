package vendors_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func (w *world) book(first, last string) error {
	w.Helper()
	_, err := w.s.RegisterChequeBook(w.Context(), vendors.RegisterChequeBook{By: preparer, Key: w.key(), Bank: "main", First: first, Last: last})
	return err
}

func (w *world) write(number, payment string) (vendors.Cheque, error) {
	w.Helper()
	return w.s.IssueCheque(w.Context(), vendors.IssueCheque{By: preparer, Key: w.key(), Bank: "main", Number: number, Payment: payment})
}

func (w *world) say(by access.Actor, number string, is vendors.ChequeState) error {
	w.Helper()
	_, err := w.s.SayCheque(w.Context(), vendors.SayCheque{By: by, Key: w.key(), Bank: "main", Number: number, Is: is, Reason: "the paper is here"})
	return err
}

func (w *world) register1() vendors.ChequeRegister {
	w.Helper()
	r, err := w.s.ChequeRegister(w.Context(), vendors.ChequeRegisterOf{By: approver, Bank: "main"})
	w.must(err)
	return r
}

func (w *world) answer(by access.Actor, number string, refuse bool) (vendors.Cheque, error) {
	w.Helper()
	var digest [32]byte
	for _, c := range w.register1().Cheques {
		if c.No() == number {
			var err error
			digest, err = c.Digest()
			w.must(err)
		}
	}
	return w.s.AnswerCheque(w.Context(), vendors.AnswerCheque{By: by, Key: w.key(), Bank: "main", Number: number, Digest: digest, Refuse: refuse})
}

// paidByCheque orders a payment of each sum, to vendors c1, c2, ..., and returns
// their references.
func (w *world) paidByCheque(sums ...int64) (refs []string) {
	w.Helper()
	for i, n := range sums {
		id := vendors.ID("c" + string(rune('1'+i)))
		w.registerAs(id, "cheque")
		refs = append(refs, w.ordered("cheque", map[vendors.ID]int64{id: n}).ID+"-1")
	}
	return refs
}

func (w *world) payment(ref string) vendors.PaymentLine {
	w.Helper()
	id, _, _ := strings.Cut(ref, "-")
	st, err := w.s.Settlement(w.Context(), vendors.ByID{By: approver, ID: id})
	w.must(err)
	return st.Payments[0]
}

// A number is of a registered book, belongs to one payment, and is never used
// again; what is written on a cheque is what two people approved.
func TestService_IssueCheque(t *testing.T) {
	w := newWorld(t)
	refs := w.paidByCheque(5000, 7000)
	if _, err := w.write("0000101", refs[0]); !errors.Is(err, vendors.ErrCheque) {
		t.Fatalf("of no book: %v", err)
	}
	w.must(w.book("0000101", "0000125"))
	for name, err := range map[string]error{
		"a book that overlaps":     w.book("0000125", "0000130"),
		"numbers of other lengths": w.book("200", "0225"),
		"too long a book":          w.book("0002000", "0003000"),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	c, err := w.write("0000101", refs[0])
	w.must(err)
	want := vendors.Cheque{Programme: "mopti", Bank: "main", Number: 101, Width: 7, Payment: refs[0], Vendor: "c1", Round: "r1", Payee: "Boutique c1",
		Amount: money.Francs(5000), Date: w.day(), State: vendors.ChequeIssued, By: preparer.ID, Created: w.now}
	if d := cmp.Diff(want, c); d != "" {
		t.Fatal(d)
	}
	_, err = w.s.SpoilCheque(t.Context(), vendors.SpoilCheque{By: preparer, Key: w.key(), Bank: "main", Number: "102", Reason: "ink"})
	w.must(err)
	late := vendors.IssueCheque{By: preparer, Key: w.key(), Bank: "main", Number: "0000103", Payment: refs[1], Date: w.now.AddDate(0, 0, 1)}
	for name, tt := range map[string]struct {
		issue func() error
		want  error
	}{
		"a number twice":  {func() error { _, err := w.write("0000101", refs[1]); return err }, vendors.ErrChequeUsed},
		"a spoilt number": {func() error { _, err := w.write("0000102", refs[1]); return err }, vendors.ErrChequeUsed},
		"a payment twice": {func() error { _, err := w.write("0000103", refs[0]); return err }, vendors.ErrCheque},
		"no payment":      {func() error { _, err := w.write("0000103", refs[0]+"0"); return err }, vendors.ErrNotFound},
		"a date to come":  {func() error { _, err := w.s.IssueCheque(t.Context(), late); return err }, vendors.ErrVendor},
		"a payment by wire": {func() error {
			w.registerAs("v9", "bank")
			_, err := w.write("0000103", w.ordered("bank", map[vendors.ID]int64{"v9": 9}).ID+"-1")
			return err
		}, vendors.ErrCheque},
		"by who may not": {func() error { c := late; c.By = approver; _, err := w.s.IssueCheque(t.Context(), c); return err }, access.ErrDenied},
		"of another programme": {func() error {
			_, err := w.s.IssueCheque(t.Context(), vendors.IssueCheque{By: stranger, Key: w.key(), Bank: "main", Number: "0000103", Payment: refs[1]})
			return err
		}, vendors.ErrNotFound},
	} {
		if err := tt.issue(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What becomes of a cheque is said by the bank's statement, or by two people;
// never by a file that one person typed.
func TestService_AnswerCheque(t *testing.T) {
	w := newWorld(t)
	refs := w.paidByCheque(5000, 7000, 9000)
	w.must(w.book("0000101", "0000125"))
	st := func(ref string) vendors.Settlement {
		id, _, _ := strings.Cut(ref, "-")
		return vendors.Settlement{ID: id}
	}
	if _, err := w.results(st(refs[0]), refs[0]+";5000;success;B1;"); !errors.Is(err, vendors.ErrResult) {
		t.Errorf("a payment whose cheque nobody has seen: %v", err)
	}
	for i, ref := range refs {
		_, err := w.write([]string{"0000101", "0000102", "0000103"}[i], ref)
		w.must(err)
	}
	for _, said := range []string{"success", "error"} {
		if _, err := w.results(st(refs[0]), refs[0]+";5000;"+said+";B1;"); !errors.Is(err, vendors.ErrResult) {
			t.Errorf("%s typed by one person: %v", said, err)
		}
	}
	t.Run("void by two: the payment failed and can be prepared again", func(t *testing.T) {
		if _, err := w.answer(approver, "0000101", false); !errors.Is(err, vendors.ErrCheque) {
			t.Errorf("nobody said anything: %v", err)
		}
		w.must(w.say(both, "0000101", vendors.ChequeVoid))
		if _, err := w.answer(both, "0000101", false); !errors.Is(err, access.ErrSamePerson) {
			t.Fatal(err)
		}
		stale := vendors.AnswerCheque{By: approver, Key: w.key(), Bank: "main", Number: "0000101"}
		if _, err := w.s.AnswerCheque(t.Context(), stale); !errors.Is(err, vendors.ErrCheque) {
			t.Fatalf("without having read it: %v", err)
		}
		byNobody := approver
		byNobody.TokenID = ""
		if _, err := w.answer(byNobody, "0000101", false); !errors.Is(err, access.ErrUnauthenticated) {
			t.Fatalf("without a proof: %v", err)
		}
		c, err := w.answer(approver, "0000101", false)
		w.must(err)
		if c.State != vendors.ChequeVoid || c.AgreedBy != approver.ID || w.payment(refs[0]).Result != vendors.NotPaid {
			t.Fatalf("%+v", c)
		}
		w.holds(map[ledger.Account]int64{"vendor:c1:claimed": 5000, ledger.Transit(st(refs[0]).ID): 0})
		again, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "cheque"})
		w.must(err)
		again = w.approve(again)
		if _, err := w.write("0000101", again.ID+"-1"); !errors.Is(err, vendors.ErrChequeUsed) {
			t.Fatal(err)
		}
	})
	t.Run("cleared by two, then seen on the statement", func(t *testing.T) {
		w.must(w.say(preparer, "0000102", vendors.ChequeCleared))
		_, err := w.answer(approver, "0000102", false)
		w.must(err)
		w.holds(map[ledger.Account]int64{"bank:main": bankStart - 7000})
		if w.payment(refs[1]).Result != vendors.PaidOut {
			t.Fatal("not paid")
		}
	})
	t.Run("what is refused stays as it was", func(t *testing.T) {
		w.must(w.say(preparer, "0000103", vendors.ChequeCleared))
		c, err := w.answer(approver, "0000103", true)
		if w.must(err); c.State != vendors.ChequeIssued || c.Said != "" || w.payment(refs[2]).Result != "" {
			t.Fatalf("%+v", c)
		}
	})
}

// The bank's lines find their cheques by number, what is out stands in the
// monthly statement line by line, and the register says what is odd.
func TestService_ChequeRegister(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	refs := w.paidByCheque(5000, 7000, 9000, 11000)
	w.must(w.book("0000101", "0000125"))
	for number, ref := range map[string]string{"0000101": refs[0], "0000102": refs[1], "0000105": refs[2], "0000109": refs[3]} {
		_, err := w.write(number, ref)
		w.must(err)
	}
	w.must(w.say(preparer, "0000105", vendors.ChequeVoid))
	_, err := w.answer(approver, "0000105", false)
	w.must(err)
	w.now = time.Date(2026, 3, 31, 18, 0, 0, 0, time.UTC)
	first := movement(-5000, "", "T1", "")
	first.Cheque = "101" // as banks write it
	r, err := w.statement(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), bankStart, first, movement(-7100, "", "T2", "CHQ N° 0000102"),
		movement(-9000, "", "T3", "Chèque 105 BOUTIQUE"), movement(-10, "", "T4", "cheque 777"))
	w.must(err)
	if r.Matched != 1 || r.Open != 4 {
		t.Fatalf("%+v", r)
	}
	reg := w.register1()
	want := []vendors.ChequeFinding{
		{Kind: vendors.ChequeGap, First: "0000103", Last: "0000104", Amount: money.Francs(0)},
		{Kind: vendors.ChequeGap, First: "0000106", Last: "0000108", Amount: money.Francs(0)},
		{Kind: vendors.ChequeAmount, First: "0000102", Last: "0000102", Line: 3, Amount: money.Francs(7100)},
		{Kind: vendors.ChequePresented, First: "0000105", Last: "0000105", Line: 4, Amount: money.Francs(9000)},
		{Kind: vendors.ChequeStrange, First: "777", Last: "777", Line: 5, Amount: money.Francs(10)},
	}
	if d := cmp.Diff(want, reg.Findings); d != "" || reg.Outstanding != money.Francs(18000) {
		t.Fatalf("%s %v", d, reg.Outstanding)
	}
	if c := reg.Cheques[0]; c.State != vendors.ChequeCleared || c.Line != 2 || !c.Ended.Equal(w.day()) || w.payment(refs[0]).Result != vendors.PaidOut {
		t.Errorf("%+v", c)
	}
	if err := w.explain(3, vendors.IsPayment, func(c *vendors.ExplainLine) { c.Payment = refs[3] }); !errors.Is(err, vendors.ErrBankLine) {
		t.Errorf("a line about another cheque: %v", err)
	}
	m := w.month()
	var out []string
	for _, d := range m.Cheques {
		out = append(out, d.Ref+" "+d.Amount.Text())
	}
	if d := cmp.Diff([]string{"0000102 7000", "0000109 11000"}, out); d != "" || m.ChequesOut != money.Francs(18000) || !m.Ties {
		t.Error(d)
	}
	t.Run("as files", func(t *testing.T) {
		var text, list bytes.Buffer
		if err := errors.Join(m.Write(&text, "text"), reg.Write(&list, "csv")); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "0000109") || !strings.Contains(list.String(), "0000103;0000104;gap in the numbers / numéros manquants") {
			t.Errorf("%s\n%s", &text, &list)
		}
	})
	t.Run("six months later it is stale, and still out", func(t *testing.T) {
		w.now = time.Date(2026, 9, 20, 9, 0, 0, 0, time.UTC)
		if c := w.register1().Cheques[1]; c.On(w.day()) != vendors.ChequeIssued {
			t.Errorf("on the last day: %s", c.On(w.day()))
		}
		w.now = w.now.AddDate(0, 0, 1)
		reg := w.register1()
		if reg.Findings[0].Kind != vendors.ChequeIsStale || reg.Findings[1].First != "0000109" || reg.Outstanding != money.Francs(18000) {
			t.Errorf("%+v", reg.Findings)
		}
	})
}
