package distribution_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func (w *world) step(do func(distribution.ChangeRound) (distribution.Round, error)) (distribution.Round, error) {
	return do(distribution.ChangeRound{By: planner, Key: w.Key(), ID: "r"})
}

// closing moves the clock and takes the first two steps.
func (w *world) closing() {
	w.t.Helper()
	ctx := w.t.Context()
	w.Clock.Now = vouchertest.SalesEnd
	_, err := w.step(func(c distribution.ChangeRound) (distribution.Round, error) { return w.service.EndSales(ctx, c) })
	w.must(err)
	w.Clock.Now = vouchertest.Grace
	_, err = w.step(func(c distribution.ChangeRound) (distribution.Round, error) { return w.service.CloseRound(ctx, c) })
	w.must(err)
}

// giveBack prepares and approves a return.
func (w *world) giveBack(cmd distribution.PrepareReturn) (distribution.Return, error) {
	w.t.Helper()
	cmd.By, cmd.Key, cmd.ID = preparer, w.Key(), "r"
	r, err := w.service.PrepareReturn(w.t.Context(), cmd)
	if err != nil {
		return distribution.Return{}, err
	}
	_, err = w.service.ApproveReturn(as(w.t, finance), distribution.ApproveReturn{By: finance, Key: w.Key(), ID: "r", Digest: r.Return.Digest})
	return r.Return, err
}

func (w *world) book(i int) distribution.Book {
	w.t.Helper()
	s, err := w.service.Summary(w.t.Context(), distribution.ReadRound{By: finance, Round: "r"})
	w.must(err)
	b := s.Books[i]
	if b.Issued.Minor() != b.Redeemed.Minor()+b.Void.Minor()+b.Expired.Minor()+b.Outstanding.Minor() {
		w.t.Errorf("issued is not where it went: %+v", b)
	}
	return b
}

// A round ends in three steps, and every franc is where the summary says.
func TestService_CloseRound(t *testing.T) {
	w, l := issued(t, 10, nil)
	ctx := t.Context()
	w.fund("g2", 500_000)
	w.allocate("r", distribution.Draw{Fund: "g2", Vouchers: money.Francs(33_333), Fees: money.Francs(1001)})

	w.Clock.Now = vouchertest.Opens.AddDate(0, 0, 1)
	var sold, lost voucher.Serial
	w.view(func(tx distribution.Tx) error {
		for v, err := range tx.Vouchers(1) {
			if err != nil {
				return err
			}
			if v.Value.Minor() == 1000 && v.Home == "h1" && sold == "" {
				sold = v.Serial
			} else if v.Value.Minor() == 5000 && !v.Spare {
				lost = v.Serial
			}
		}
		return nil
	})
	w.Refresh("h1")
	w.Refresh("d1")
	w.Activate(sold)
	w.Expect(w.Send("h1", w.Sale("h1", sold))[0], voucher.Payable, "")
	_, err := w.World.Service.Void(ctx, w.Change(lost))
	w.must(err)

	if _, err := w.step(func(c distribution.ChangeRound) (distribution.Round, error) { return w.service.EndSales(ctx, c) }); !errors.Is(err, distribution.ErrRoundState) {
		t.Errorf("sales ended early: %v, want ErrRoundState", err)
	}
	if _, err := w.giveBack(distribution.PrepareReturn{}); !errors.Is(err, distribution.ErrRoundState) {
		t.Errorf("a return before the close: %v, want ErrRoundState", err)
	}
	w.Clock.Now = vouchertest.SalesEnd
	r, err := w.step(func(c distribution.ChangeRound) (distribution.Round, error) { return w.service.EndSales(ctx, c) })
	w.must(err)
	if r.State != distribution.RoundGrace {
		t.Errorf("state %s, want grace", r.State)
	}
	if _, err := w.step(func(c distribution.ChangeRound) (distribution.Round, error) { return w.service.CloseRound(ctx, c) }); !errors.Is(err, voucher.ErrGrace) {
		t.Errorf("closed in the grace period: %v, want ErrGrace", err)
	}
	_, err = w.service.PrepareLot(ctx, distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: l.ID})
	if !errors.Is(err, distribution.ErrRoundState) {
		t.Errorf("a lot after sales: %v, want ErrRoundState", err)
	}
	w.Clock.Now = vouchertest.Grace
	r, err = w.step(func(c distribution.ChangeRound) (distribution.Round, error) { return w.service.CloseRound(ctx, c) })
	w.must(err)
	if r.State != distribution.RoundClosed {
		t.Errorf("state %s, want closed", r.State)
	}
	b := w.book(0)
	for name, c := range map[string]struct {
		got  money.Amount
		want int64
	}{
		"allocated": {b.Allocated, 133_333}, "issued": {b.Issued, 80_000}, "redeemed": {b.Redeemed, 1000}, "void": {b.Void, 5000},
		"expired": {b.Expired, 74_000}, "outstanding": {b.Outstanding, 0}, "available": {b.Available, 132_333}, "returned": {b.Returned, 0},
		"contingency left": {b.ContingencyLeft, 5000}, "fees left": {b.FeesLeft, 3001},
	} {
		if c.got.Minor() != c.want {
			t.Errorf("%s %s, want %d", name, c.got, c.want)
		}
	}

	t.Run("the rest goes back in proportion, to the franc, by two people", func(t *testing.T) {
		before := map[string]int64{"g1": w.balance(ledger.Fund("g1"), money.XOF), "g2": w.balance(ledger.Fund("g2"), money.XOF)}
		both := preparer
		both.Roles = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover}
		prepared, err := w.service.PrepareReturn(ctx, distribution.PrepareReturn{By: both, Key: w.Key(), ID: "r", KeepFees: money.Francs(501)})
		w.must(err)
		_, err = w.service.ApproveReturn(as(t, both), distribution.ApproveReturn{By: both, Key: w.Key(), ID: "r", Digest: prepared.Return.Digest})
		if !errors.Is(err, access.ErrSamePerson) {
			t.Errorf("its preparer approves: %v, want ErrSamePerson", err)
		}
		_, err = w.service.ApproveReturn(as(t, finance), distribution.ApproveReturn{By: finance, Key: w.Key(), ID: "r", Digest: prepared.Return.Digest})
		w.must(err)
		// Of 132,333 the funds gave 100,000 and 33,333; of 2,500 in fees 2,000 and 1,001.
		want := map[string]int64{"g1": before["g1"] + 99_250 + 1666, "g2": before["g2"] + 33_083 + 834}
		got := map[string]int64{"g1": w.balance(ledger.Fund("g1"), money.XOF), "g2": w.balance(ledger.Fund("g2"), money.XOF)}
		same(t, "funds", got, want)
		if left := w.balance(ledger.Round("r"), money.XOF); left != 0 {
			t.Errorf("the round holds %d", left)
		}
		if left := w.balance(ledger.Fees("r"), money.XOF); left != 501 {
			t.Errorf("the fees hold %d, want what was kept", left)
		}
		if left := w.balance(ledger.Contingency("r"), money.XOF); left != 5000 {
			t.Errorf("the contingency holds %d", left)
		}
	})
	t.Run("the contingency goes back when it is released", func(t *testing.T) {
		_, err := w.giveBack(distribution.PrepareReturn{Contingency: true})
		w.must(err)
		if left := w.balance(ledger.Contingency("r"), money.XOF) + w.balance(ledger.Fees("r"), money.XOF); left != 0 {
			t.Errorf("%d is left", left)
		}
		b := w.book(0)
		if b.Returned.Minor() != 132_333+3001+5000 || !b.ContingencyUsed.IsZero() {
			t.Errorf("returned %s, contingency used %s", b.Returned, b.ContingencyUsed)
		}
		if _, err := w.giveBack(distribution.PrepareReturn{Contingency: true}); !errors.Is(err, distribution.ErrReturn) {
			t.Errorf("nothing: %v, want ErrReturn", err)
		}
	})
}

// A commodity round promises kilos, reserves what they cost at the ceiling
// price, and keeps that for kilos that were handed over and not yet claimed.
func TestService_commodity(t *testing.T) {
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	kilos := func(n int64) money.Amount { return money.FromMinor(n*100, rice) }
	w := newWorld(t)
	ctx := t.Context()
	w.importing(village("Konna", 4))
	w.point("pt", "Konna", "Konna/Konna")
	w.round("r", func(c *distribution.CreateRound) {
		c.Asset, c.Ceiling, c.Basket = rice, money.Francs(400), []string{"rice"}
		c.Rule = distribution.Rule{PerHousehold: kilos(60), Denominations: []money.Amount{kilos(50), kilos(10)}}
	})
	w.fund("g1", 1_000_000)
	allocate := func(francs int64) error {
		_, err := w.service.Allocate(ctx, distribution.Allocate{By: finance, Key: w.Key(), Round: "r", Kilos: kilos(240), KilosContingency: kilos(5),
			Draws: []distribution.Draw{{Fund: "g1", Vouchers: money.Francs(francs), Contingency: money.Francs(2000)}}})
		return err
	}
	if err := allocate(95_999); !errors.Is(err, distribution.ErrBudget) {
		t.Errorf("a franc short of the ceiling price: %v, want ErrBudget", err)
	}
	w.must(allocate(96_000))
	if got := w.balance(ledger.Pledge("r"), rice); got != 24_500 {
		t.Errorf("promised %d", got)
	}
	l := w.prepare("r", "pt")
	if !l.Total.Equal(kilos(240)) || l.Exposure.Asset() != money.XOF {
		t.Errorf("%+v", l)
	}
	w.must(second(w.approve(approver, l)))
	l, err = w.issue(l)
	w.must(err)
	pdf(t, must(t)(w.service.PrintCards(ctx, distribution.Print{By: planner, Lot: l.ID})))
	pdf(t, must(t)(w.service.PrintPackingList(ctx, distribution.Print{By: planner, Lot: l.ID, Point: "pt"})))

	// One voucher of 10 kg is redeemed and not claimed.
	var v voucher.Voucher
	w.must(w.store.Update(ctx, func(tx distribution.Tx) error {
		for x, err := range tx.Vouchers(1) {
			if err != nil {
				return err
			}
			if x.Value.Equal(kilos(10)) && !x.Spare {
				v = x
			}
		}
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindRedeem, Actor: ledger.Actor{Role: "server", Name: "rules"}, Round: "r", Ref: "receipt",
			Postings: []ledger.Posting{{Debit: v.Account(), Credit: ledger.Redeemed("v1"), Amount: v.Value}}})
		v.RedeemedAt = tx.Now()
		return errors.Join(err, tx.PutVoucher(v))
	}))
	w.closing()
	before := w.balance(ledger.Fund("g1"), money.XOF)
	_, err = w.giveBack(distribution.PrepareReturn{})
	w.must(err)
	if got := w.balance(ledger.Round("r"), money.XOF); got != 4000 {
		t.Errorf("the round keeps %d, want 10 kg at 400", got)
	}
	if got := w.balance(ledger.Fund("g1"), money.XOF) - before; got != 92_000 {
		t.Errorf("%d came back", got)
	}
	if got := w.balance(ledger.Pledge("r"), rice); got != 1500 { // 10 kg to claim, 5 kg of contingency
		t.Errorf("still promised %d", got)
	}
	b := w.book(0)
	if !b.Redeemed.Equal(kilos(10)) || !b.Expired.Equal(kilos(230)) || !b.Returned.Equal(kilos(230)) {
		t.Errorf("%+v", b)
	}
	if x := w.book(1); x.Asset != money.XOF || x.Allocated.Minor() != 96_000 || x.Available.Minor() != 4000 {
		t.Errorf("%+v", x)
	}
}

// Whatever was drawn and whatever is left, a return loses no franc, gives no
// fund more than it gave, and is off the exact proportion by less than one.
func TestService_PrepareReturn_shares(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.round("r", nil)
		drawn := rapid.SliceOfN(rapid.Int64Range(1, 9_000_000_000), 1, 6).Draw(rt, "drawn")
		total := int64(0)
		for i, d := range drawn {
			id := string(rune('a' + i))
			w.fund(id, d)
			w.allocate("r", distribution.Draw{Fund: id, Vouchers: money.Francs(d)})
			total += d
		}
		spent := rapid.Int64Range(0, total-1).Draw(rt, "spent")
		w.must(w.store.Update(t.Context(), func(tx distribution.Tx) error {
			if spent == 0 {
				return nil
			}
			_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindClaim, Actor: ledger.Actor{Role: "server", Name: "rules"}, Round: "r", Ref: "c",
				Postings: []ledger.Posting{{Debit: ledger.Round("r"), Credit: ledger.Claimed("v1"), Amount: money.Francs(spent)}}})
			return err
		}))
		w.closing()
		back, err := w.giveBack(distribution.PrepareReturn{})
		if err != nil {
			rt.Fatal(err)
		}
		left, sum := total-spent, int64(0)
		for _, p := range back.Parts {
			d := drawn[p.To.ID()[0]-'a']
			sum += p.Amount.Minor()
			if p.Amount.Minor() > d {
				rt.Errorf("%s gave %d and gets %s", p.To, d, p.Amount)
			}
			exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(left), big.NewInt(d)), big.NewInt(total))
			off := exact.Sub(exact, new(big.Rat).SetInt64(p.Amount.Minor()))
			if off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				rt.Errorf("%s gets %s of %d, having given %d of %d", p.To, p.Amount, left, d, total)
			}
		}
		if sum != left {
			rt.Errorf("%d of %d came back", sum, left)
		}
	})
}
