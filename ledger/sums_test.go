package ledger_test

import (
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

// What each part of a round's budget was given, spent, had undone, gave back and has
// left is what its entries say, and the parts add up to the round.
func TestBooksOf(t *testing.T) {
	db := mem.Open(ledgertest.Clock())
	f := money.Francs
	fund, round, reserve, fees := ledger.Fund("f1"), ledger.Round("r1"), ledger.Contingency("r1"), ledger.Fees("r1")
	redeemed, claimed := ledger.Redeemed("v1"), ledger.Claimed("v1")
	err := db.Ledger().Update(t.Context(), func(tx ledger.Tx) error {
		card := ledger.Voucher("h1", "S1")
		if err := tx.PutVoucherSalt(card, []byte{1}); err != nil {
			return err
		}
		for _, e := range []ledger.Entry{
			{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank("b"), Credit: fund, Amount: f(10_000)}}},
			{Kind: ledger.KindAllocate, Round: "r1", Postings: []ledger.Posting{{Debit: fund, Credit: round, Amount: f(5_000)}, {Debit: fund, Credit: reserve, Amount: f(400)}, {Debit: fund, Credit: fees, Amount: f(300)}}},
			{Kind: ledger.KindIssue, Round: "r1", Postings: []ledger.Posting{{Debit: round, Credit: card, Amount: f(2_000)}}},
			{Kind: ledger.KindRedeem, Round: "r1", Ref: "receipt", Postings: []ledger.Posting{{Debit: card, Credit: redeemed, Amount: f(2_000)}}},
			{Kind: ledger.KindAcceptLoss, Round: "r1", Ref: "receipt", Postings: []ledger.Posting{{Debit: reserve, Credit: redeemed, Amount: f(50)}}},
			{Kind: ledger.KindClaim, Round: "r1", Postings: []ledger.Posting{{Debit: redeemed, Credit: claimed, Amount: f(2_050)}, {Debit: fees, Credit: claimed, Amount: f(20)}}},
			{Kind: ledger.KindCharge, Round: "r1", Postings: []ledger.Posting{{Debit: fees, Credit: ledger.Bank("b"), Amount: f(9)}}},
			{Kind: ledger.KindCharge, Round: "r1", Postings: []ledger.Posting{{Debit: ledger.Bank("b"), Credit: fees, Amount: f(2)}}},
			{Kind: ledger.KindReturn, Round: "r1", Postings: []ledger.Posting{{Debit: round, Credit: fund, Amount: f(1_000)}, {Debit: reserve, Credit: fund, Amount: f(300)}}},
		} {
			e.Actor = approver
			if _, err := ledger.Post(tx, e); err != nil {
				return err
			}
		}
		books, err := ledger.BooksOf(tx, "r1")
		if err != nil {
			return err
		}
		equal(t, []ledger.RoundBook{{Asset: money.XOF,
			Sum: ledger.RoundSum{Allocated: f(5_700), Returned: f(1_300), Issued: f(2_000), Voided: f(0), Expired: f(0),
				Unissued: f(2_000), Contingency: f(50), Fees: f(273), Outstanding: f(0), Spent: f(2_077)},
			Parts: map[ledger.RoundPart]ledger.PartSum{
				ledger.PartVouchers:    {Allocated: f(5_000), Returned: f(1_000), Spent: f(0), Left: f(2_000)},
				ledger.PartContingency: {Allocated: f(400), Returned: f(300), Spent: f(50), Left: f(50)},
				ledger.PartFees:        {Allocated: f(300), Returned: f(0), Spent: f(27), Left: f(273)}}}}, books)
		if got, err := books[0].Redeemed(); err != nil || got != f(2_000) {
			t.Errorf("redeemed %s, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
