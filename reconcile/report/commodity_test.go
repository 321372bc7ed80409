package report_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// A round in kilos has two budgets: what was promised in kilos, and the francs
// that buy them. Both tie, and kilos never count as francs.
func TestMake_commodity(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	db := mem.Open(func() time.Time { return now })
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	kilos := func(n int64) money.Amount { return money.FromMinor(n*100, rice) }
	c := commodity{now: now, rice: rice, kilos: kilos, serials: []voucher.Serial{"AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB", "CCCCCCCCCCCCCCCC"}}
	if err := db.Distribution().Update(t.Context(), c.fill); err != nil {
		t.Fatal(err)
	}
	if err := db.Reports().View(t.Context(), func(tx report.Tx) error {
		r, err := report.Make(tx, "p", "r1", detect.Defaults(), report.Watch{})
		if err != nil {
			return err
		}
		if !r.Ties {
			t.Errorf("it does not tie: %v", r.TieErrors)
		}
		for id, want := range map[string]int64{"budget": 100_000, "left": 100_000, "used": 0, "budget.RICE-KG": 20_000, "used.RICE-KG": 5_000,
			"left.RICE-KG": 15_000, "issued.value.RICE-KG": 15_000, "outstanding.value": 10_000, "redeemed.value": 25_000, "redeemed.quantity": 5_000,
			"vouchers.issued": 3, "redeemed.vouchers/modality/commodity": 1, "redeemed.vouchers/arrival/online": 1, "redeemed.vouchers/delay/0": 1, "served": 1,
			"included": 1} {
			if f := r.Get(report.ParseKey(id)); f.Value != want {
				t.Errorf("%s is %d, want %d", id, f.Value, want)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// commodity is a round of three cards of 50 kg, of which one was sold at 500
// francs a kilo.
type commodity struct {
	now     time.Time
	rice    money.Asset
	kilos   func(int64) money.Amount
	serials []voucher.Serial
}

func (c commodity) fill(tx distribution.Tx) error {
	err := errors.Join(
		tx.PutProgramme(distribution.Programme{ID: "p", Name: "P"}),
		tx.PutRound(distribution.Round{ID: "r1", Programme: "p", Kind: distribution.CommodityRound, Asset: c.rice, Opens: c.now, SalesEnd: c.now.AddDate(0, 1, 0), State: distribution.RoundOpen}),
		tx.PutDonorFund(distribution.Fund{ID: "f1", Programme: "p", Currency: money.XOF, Pledged: money.Francs(0)}),
		tx.PutVendor(vendors.Vendor{ID: "v1", Programme: "p", Zone: "z1"}),
		tx.PutBeneficiary(distribution.Beneficiary{ID: "h1", Programme: "p"}),
		tx.PutIssue(voucher.Issue{Lot: "l1", Round: "r1", Programme: "p", First: 1, Last: 3, Count: 3, Ceilings: map[int]money.Amount{}}))
	if err != nil {
		return err
	}
	post := func(kind ledger.Kind, ref string, facts map[string]string, ps ...ledger.Posting) error {
		round := "r1"
		if kind == ledger.KindPledgeFund {
			round = ""
		}
		_, err := ledger.Post(tx, ledger.Entry{Kind: kind, Round: round, Ref: ref, Facts: facts, From: c.now, To: c.now,
			Actor: ledger.Actor{Role: "finance-preparer", Name: "p1"}, Postings: ps})
		return err
	}
	p := func(debit, credit ledger.Account, m money.Amount) ledger.Posting {
		return ledger.Posting{Debit: debit, Credit: credit, Amount: m}
	}
	account := func(s voucher.Serial) ledger.Account { return ledger.Voucher("h1", string(s)) }
	var cards []ledger.Posting
	for _, s := range c.serials {
		if err := tx.PutVoucherSalt(account(s), []byte(s)); err != nil {
			return err
		}
		cards = append(cards, p(ledger.Round("r1"), account(s), c.kilos(50)))
	}
	sold := voucher.HashOf("a receipt")
	err = errors.Join(
		post(ledger.KindPledgeFund, "", nil, p(ledger.Receivable("f1"), ledger.Fund("f1"), money.Francs(200_000))),
		post(ledger.KindAllocate, "", nil, p(ledger.Fund("f1"), ledger.Round("r1"), money.Francs(100_000)), p(ledger.Pledge("r1"), ledger.Round("r1"), c.kilos(200))),
		post(ledger.KindIssue, "l1", nil, cards...),
		post(ledger.KindRedeem, sold.String(), map[string]string{vendors.FactPrice: "500"}, p(account(c.serials[0]), ledger.Redeemed("v1"), c.kilos(50))))
	if err != nil {
		return err
	}
	for i, s := range c.serials {
		v := voucher.Voucher{Number: voucher.Number(i + 1), Serial: s, Programme: "p", Round: "r1", Lot: "l1", Beneficiary: "h1", Value: c.kilos(50),
			Mode: voucher.ModeSecret, ActivatedAt: voucher.Interval{From: c.now.Add(-time.Hour), To: c.now.Add(-time.Hour)}}
		if i == 0 {
			v.RedeemedAt, v.ReceiptHash, v.RedeemEntry = c.now, sold, 3
		}
		if err := tx.PutVoucher(v); err != nil {
			return err
		}
	}
	return tx.PutReceipt(voucher.StoredReceipt{Hash: sold, Kind: voucher.RecordReceipt, Handheld: "d1", Vendor: "v1", Seq: 1, Serial: c.serials[0], Number: 1, Round: "r1",
		Value: c.kilos(50), At: voucher.Interval{From: c.now, To: c.now}, Said: c.now, State: voucher.Payable, Full: true, KeptRules: true, Entry: 3, HasEntry: true, Channel: "https"})
}
