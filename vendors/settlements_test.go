package vendors_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func TestService_PrepareSettlement(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("v2", 0)
	_, err := w.s.RegisterVendor(t.Context(), vendors.RegisterVendor{By: manager, Key: w.key(), ID: "v3", Name: "Boutique v3", Zone: "mopti",
		Contract: contract(0, "bank")})
	w.must(err)
	for _, id := range []vendors.ID{"v1", "v2", "v3"} {
		w.francs(id, 1000)
		w.claimed(id, "r1")
	}
	w.francs("v1", 500)
	w.prepare("v1", "r1") // not accepted
	t.Run("one vendor", func(t *testing.T) {
		if st := w.settle("v2"); len(st.Payments) != 1 || st.Payments[0].Vendor != "v2" || st.Payments[0].Reference != st.ID+"-1" {
			t.Errorf("%+v", st)
		}
	})
	t.Run("all who are left and are paid in this way", func(t *testing.T) {
		if st := w.settle(); len(st.Payments) != 1 || st.Payments[0].Vendor != "v1" || st.Total != money.Francs(1000) {
			t.Errorf("%+v", st)
		}
	})
	t.Run("nothing left", func(t *testing.T) {
		_, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "mobile-money"})
		if !errors.Is(err, vendors.ErrNothingToPay) {
			t.Error(err)
		}
	})
	t.Run("a way that there is not", func(t *testing.T) {
		_, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "barter"})
		if !errors.Is(err, vendors.ErrVendor) {
			t.Error(err)
		}
	})
	t.Run("money that a case has frozen is not paid", func(t *testing.T) {
		w.post(ledger.KindFreeze, "r1", "case", ledger.Posting{Debit: ledger.Claimed("v3"), Credit: ledger.Contested("v3"), Amount: money.Francs(1)})
		_, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "bank"})
		if !errors.Is(err, vendors.ErrNothingToPay) {
			t.Error(err)
		}
	})
}

// Several claims of one trader share what he may be paid and what he owes.
func TestService_PrepareSettlement_OneVendor(t *testing.T) {
	claims := func(t *testing.T) *world {
		w := newWorld(t)
		w.register("v1", 0)
		for range 3 {
			w.francs("v1", 1000)
			w.claimed("v1", "r1")
			w.now = w.now.Add(time.Second) // ids sort by it
		}
		return w
	}
	t.Run("a debt is recovered once", func(t *testing.T) {
		w := claims(t)
		a, err := w.s.PrepareAdvance(t.Context(), vendors.PrepareAdvance{By: preparer, Key: w.key(), Vendor: "v1", Amount: money.Francs(700), Permille: 500})
		w.must(err)
		_, err = w.s.ApproveAdvance(t.Context(), vendors.ApproveAdvance{By: approver, Key: w.key(), Advance: a.ID, Digest: a.Digest()})
		w.must(err)
		st := w.approve(w.settle())
		var kept []int64
		for _, p := range st.Payments {
			kept = append(kept, p.Recover.Minor())
		}
		if diff := cmp.Diff([]int64{500, 200, 0}, kept); diff != "" || st.Total != money.Francs(2300) {
			t.Errorf("total %s %s", st.Total, diff)
		}
		w.holds(map[ledger.Account]int64{"advance:v1": 0, "vendor:v1:claimed": 0})
	})
	t.Run("frozen money holds back the claims that it does not cover", func(t *testing.T) {
		w := claims(t)
		w.post(ledger.KindFreeze, "r1", "case", ledger.Posting{Debit: ledger.Claimed("v1"), Credit: ledger.Contested("v1"), Amount: money.Francs(1500)})
		st := w.approve(w.settle())
		if len(st.Payments) != 1 || st.Total != money.Francs(1000) {
			t.Errorf("%+v", st)
		}
		w.post(ledger.KindRelease, "r1", "case", ledger.Posting{Debit: ledger.Contested("v1"), Credit: ledger.Claimed("v1"), Amount: money.Francs(1500)})
		if st := w.approve(w.settle()); len(st.Payments) != 2 {
			t.Errorf("after the release: %+v", st)
		}
	})
}

// No single person moves money, and what is approved is what was looked at.
func TestService_ApproveSettlement_Refuses(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.francs("v1", 5000)
	w.claimed("v1", "r1")
	st, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: both, Key: w.key(), Method: "mobile-money"})
	w.must(err)
	other := st.Digest
	other[0]++
	tokenless := approver
	tokenless.TokenID = ""
	for name, tt := range map[string]struct {
		by     access.Actor
		digest [32]byte
		want   error
	}{
		"who prepared it":             {both, st.Digest, access.ErrSamePerson},
		"who may only prepare":        {preparer, st.Digest, access.ErrDenied},
		"other content":               {approver, other, vendors.ErrSettlementChanged},
		"another programme":           {person("approver", "gao", access.RoleFinanceApprover), st.Digest, vendors.ErrNotFound},
		"nobody that can be shown to": {tokenless, st.Digest, access.ErrUnauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.s.ApproveSettlement(t.Context(), vendors.ApproveSettlement{By: tt.by, Key: w.key(), Settlement: st.ID, Digest: tt.digest})
			if !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 5000, ledger.Transit(st.ID): 0})
	t.Run("no file before it is approved", func(t *testing.T) {
		_, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID})
		if !errors.Is(err, vendors.ErrSettlementState) {
			t.Error(err)
		}
	})
	t.Run("no results before it is approved", func(t *testing.T) {
		if _, err := w.results(st, st.ID+"-1;;ok;T1;"); !errors.Is(err, vendors.ErrSettlementState) {
			t.Error(err)
		}
	})
	approved := w.approve(st)
	if p := approved.Approval.Proof; p.ID != approver.ID || p.Digest != st.Digest || p.Kind != "token" {
		t.Errorf("the proof kept is %+v", p)
	}
	t.Run("not twice", func(t *testing.T) {
		_, err := w.s.ApproveSettlement(t.Context(), vendors.ApproveSettlement{By: approver, Key: w.key(), Settlement: st.ID, Digest: st.Digest})
		if !errors.Is(err, vendors.ErrSettlementState) {
			t.Error(err)
		}
	})
}

// A result file is taken whole or not at all, and as often as it is sent.
func TestService_ImportResults(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("v2", 0)
	w.francs("v1", 5000)
	w.francs("v2", 7000)
	failed := w.claimed("v2", "r1")
	w.claimed("v1", "r1")
	st := w.approve(w.settle())
	ref := map[vendors.ID]string{}
	for _, p := range st.Payments {
		ref[p.Vendor] = p.Reference
	}
	good := ref["v1"] + ";5000;Succès;T1;"
	for name, tt := range map[string]struct {
		lines []string
		want  []string
	}{
		"an unknown payment":          {[]string{good, "nobody;1;ok;T2;"}, []string{"row[3].reference"}},
		"an amount that differs":      {[]string{good, ref["v2"] + ";7001;ok;T2;"}, []string{"row[3].amount"}},
		"an answer nobody knows":      {[]string{good, ref["v2"] + ";7000;peut-être;T2;"}, []string{"row[3].status"}},
		"two answers to one":          {[]string{good, ref["v1"] + ";5000;échec;T1;"}, []string{"row[3].status"}},
		"two bank references for one": {[]string{good, ref["v1"] + ";5000;ok;T9;"}, []string{"row[3].bank-reference"}},
		"no answers":                  {nil, []string{"row[1].reference"}},
	} {
		t.Run(name+" refuses the file", func(t *testing.T) {
			before := w.size()
			_, err := w.results(st, tt.lines...)
			if !errors.Is(err, vendors.ErrResult) {
				t.Fatal(err)
			}
			var got []string
			for _, f := range fault.Of(err).Fields {
				got = append(got, f.Location)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			now, err := w.s.Settlement(t.Context(), vendors.ByID{By: approver, ID: st.ID})
			if diff := cmp.Diff(st, now); err != nil || diff != "" || w.size() != before {
				t.Errorf("something changed: %v %s", err, diff)
			}
		})
	}

	file := resultFile(good, ref["v2"]+";7000;Échec;T2;numéro inconnu")
	answer := func(key string) vendors.Results {
		t.Helper()
		r, err := w.s.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: key, Settlement: st.ID, File: file})
		w.must(err)
		return r
	}
	if r := answer("results"); r.Paid != 1 || r.Failed != 1 || r.Settlement.State != vendors.SettlementDone {
		t.Fatalf("%+v", r)
	}
	want := map[ledger.Account]int64{ledger.Transit(st.ID): 0, "vendor:v1:claimed": 0, "vendor:v2:claimed": 7000, "bank:main": bankStart - 5000}
	w.holds(want)
	after := w.size()
	if r := answer("results"); r.Paid != 1 {
		t.Errorf("the same command is answered with %+v", r)
	}
	if r := answer("results again"); r.Paid != 0 || r.Failed != 0 || r.Same != 2 {
		t.Errorf("the same file under another key: %+v", r)
	}
	if w.size() != after {
		t.Error("the same file was posted again")
	}
	w.holds(want)
	t.Run("what failed can be paid again", func(t *testing.T) {
		if c := w.claim(failed.ID); c.State != vendors.ClaimAccepted || c.Settlement != "" {
			t.Fatalf("claim %+v", c)
		}
		next := w.approve(w.settle())
		if next.Payments[0].Reference == ref["v2"] {
			t.Error("two payments have one reference")
		}
		r, err := w.s.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.key(), Settlement: next.ID,
			File: workbook(t, []any{"Reference", "Status", "Amount"}, []any{next.Payments[0].Reference, "SUCCESS", 7000})})
		w.must(err)
		if r.Paid != 1 {
			t.Errorf("%+v", r)
		}
		w.holds(map[ledger.Account]int64{"vendor:v2:claimed": 0, "bank:main": bankStart - 12_000})
		w.must(func() error { _, err := w.results(st, good); return err }()) // the first file's news are old
		w.holds(map[ledger.Account]int64{"vendor:v2:claimed": 0, "bank:main": bankStart - 12_000})
	})
}

// workbook is an Excel file of rows.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestService_PaymentFile(t *testing.T) {
	w := newWorld(t)
	shop := contract(0, "bank")
	shop.Payment = vendors.Payment{Method: "bank", Provider: "@SUM(A1)", Alias: rib, Payee: "-1+2"}
	_, err := w.s.RegisterVendor(t.Context(), vendors.RegisterVendor{By: manager, Key: w.key(), ID: "v1", Name: `=HYPERLINK("x";"y")`,
		Zone: "mopti", Contract: shop})
	w.must(err)
	w.francs("v1", 5000)
	w.claimed("v1", "r1")
	st, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "bank"})
	w.must(err)
	st = w.approve(st)
	t.Run("no cell is a formula", func(t *testing.T) {
		f, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: "bank"})
		w.must(err)
		r := csv.NewReader(bytes.NewReader(f.Content))
		r.Comma = ';'
		rows, err := r.ReadAll()
		w.must(err)
		want := [][]string{{"Référence", "Bénéficiaire", "Banque", "Compte", "Montant", "Devise"},
			{st.ID + "-1", "'-1+2", "'@SUM(A1)", rib, "5000", "XOF"}}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a form that there is not", func(t *testing.T) {
		_, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: "other"})
		if !errors.Is(err, vendors.ErrTemplate) {
			t.Error(err)
		}
	})
	t.Run("what was answered is not paid again", func(t *testing.T) {
		_, err := w.results(st, st.ID+"-1;5000;ok;T1;")
		w.must(err)
		f, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID})
		w.must(err)
		if n := strings.Count(string(f.Content), "\r\n"); n != 1 {
			t.Errorf("%d rows:\n%s", n, f.Content)
		}
	})
}

// An advance is worked off claim by claim, and never more than is owed.
func TestService_Advance(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	a, err := w.s.PrepareAdvance(t.Context(), vendors.PrepareAdvance{By: both, Key: w.key(), Vendor: "v1", Amount: money.Francs(1500), Permille: 300})
	w.must(err)
	w.holds(map[ledger.Account]int64{"advance:v1": 0})
	approveBy := func(by access.Actor) error {
		_, err := w.s.ApproveAdvance(t.Context(), vendors.ApproveAdvance{By: by, Key: w.key(), Advance: a.ID, Digest: a.Digest()})
		return err
	}
	if err := approveBy(both); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("approved by who prepared it: %v", err)
	}
	w.must(approveBy(approver))
	if err := approveBy(approver); !errors.Is(err, vendors.ErrAdvanceState) {
		t.Errorf("given twice: %v", err)
	}
	w.holds(map[ledger.Account]int64{"advance:v1": 1500, "bank:main": bankStart - 1500})

	w.francs("v1", 3333)
	w.claimed("v1", "r1")
	st := w.approve(w.settle())
	if p := st.Payments[0]; p.Recover != money.Francs(999) || p.Amount != money.Francs(2334) {
		t.Errorf("first payment %+v", p)
	}
	w.holds(map[ledger.Account]int64{"advance:v1": 501, "vendor:v1:claimed": 0, ledger.Transit(st.ID): 2334})
	t.Run("what was worked off stays so when the bank fails", func(t *testing.T) {
		_, err := w.results(st, st.ID+"-1;2334;error;;")
		w.must(err)
		w.holds(map[ledger.Account]int64{"advance:v1": 501, "vendor:v1:claimed": 2334})
		next := w.settle()
		if p := next.Payments[0]; p.Recover != money.Francs(501) || p.Amount != money.Francs(1833) {
			t.Errorf("second payment %+v", p)
		}
		w.approve(next)
		w.holds(map[ledger.Account]int64{"advance:v1": 0, "vendor:v1:claimed": 0})
	})
	t.Run("one that takes all leaves nothing to send", func(t *testing.T) {
		all, err := w.s.PrepareAdvance(t.Context(), vendors.PrepareAdvance{By: preparer, Key: w.key(), Vendor: "v1", Amount: money.Francs(9000), Permille: 1000})
		w.must(err)
		_, err = w.s.ApproveAdvance(t.Context(), vendors.ApproveAdvance{By: approver, Key: w.key(), Advance: all.ID, Digest: all.Digest()})
		w.must(err)
		w.francs("v1", 4000)
		c := w.claimed("v1", "r1")
		st := w.approve(w.settle())
		if st.State != vendors.SettlementDone || !st.Total.IsZero() || w.claim(c.ID).State != vendors.ClaimSettled {
			t.Errorf("settlement %+v", st)
		}
		w.holds(map[ledger.Account]int64{"advance:v1": 5000, "vendor:v1:claimed": 0})
	})
}
