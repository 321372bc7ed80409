package voucher_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func newWorld(t testing.TB) *vouchertest.World {
	return vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store { return mem.Open(now).Vouchers() })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A voucher is worth what its account holds, from issue to the vendor.
func TestService_Redeem(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 1, voucher.ModeSecret)
	if got := w.Balance(ledger.Control("r1")); got != 4_000 {
		t.Fatalf("issued %d, want 4000", got)
	}
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Refresh("h1")
	w.Expect(w.Activate(cards[:4]...), voucher.Accepted, "")

	first := w.Sale("h1", cards[0])
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	o := w.Send("h1", first)[0]
	w.Expect(o, voucher.Payable, "")
	if got := w.Balance(ledger.Redeemed("v1")); got != 1_000 {
		t.Errorf("the vendor is owed %d, want 1000", got)
	}

	t.Run("a resend gets the same answer and leaf", func(t *testing.T) {
		again := w.Send("h1", first)[0]
		if again.State != o.State || *again.Leaf != *o.Leaf || w.Balance(ledger.Redeemed("v1")) != 1_000 {
			t.Errorf("got %+v, want %+v", again, o)
		}
	})
	t.Run("a second sale of the card is contested", func(t *testing.T) {
		w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Contested, voucher.ReasonDouble)
	})
	t.Run("without the factor it is for people", func(t *testing.T) {
		w.Expect(w.Send("h1", w.SaleWith("h1", cards[1], voucher.Factor{}))[0], voucher.Contested, voucher.ReasonFactorMissing)
	})
	t.Run("with a wrong factor it is refused", func(t *testing.T) {
		w.Expect(w.Send("h1", w.SaleWith("h1", cards[1], voucher.Factor{Secret: "0000000000000000"}))[0], voucher.Rejected, voucher.ReasonFactorWrong)
	})
	t.Run("a spare is worth nothing", func(t *testing.T) {
		w.Expect(w.Send("h1", w.Sale("h1", cards[4]))[0], voucher.Rejected, voucher.ReasonUnknown)
	})
	t.Run("a record with another's signature is refused and not kept", func(t *testing.T) {
		jws := w.Sale("h2", cards[2])
		w.Expect(w.Send("h1", jws)[0], voucher.Rejected, voucher.ReasonRecord)
	})
	t.Run("a record after a gap waits", func(t *testing.T) {
		lost := w.Sale("h1", cards[2])
		late := w.Sale("h1", cards[3])
		w.Expect(w.Send("h1", late)[0], voucher.Waiting, voucher.ReasonGap)
		os := w.Send("h1", lost, late)
		w.Expect(os[0], voucher.Payable, "")
		w.Expect(os[1], voucher.Payable, "")
	})
}

// A handheld that was enrolled again is believed with its new key, and with its
// old one no more, whatever the service remembers.
func TestService_Redeem_keyChanged(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 2, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Refresh("h1")
	w.Expect(w.Activate(cards...), voucher.Accepted, "")
	w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Payable, "")

	before := w.Sale("h1", cards[1])
	w.Handheld("h1", "v1", vendors.ForSales)
	w.Expect(w.Send("h1", before)[0], voucher.Rejected, voucher.ReasonRecord)
	w.Refresh("h1")
	w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Payable, "")
}

// A valid sale of a card that was not activated waits, and is settled by the
// activation whichever comes first.
func TestService_Redeem_waiting(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 6, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Refresh("h1")
	w.Refresh("d1")
	activation := w.Record("d1", voucher.Activation{Serials: cards[:1], By: voucher.TakerHead})
	sale := w.Sale("h1", cards[0])
	w.Expect(w.Send("h1", sale)[0], voucher.Waiting, voucher.ReasonNotActivated)
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	w.Expect(w.Send("d1", activation)[0], voucher.Accepted, "")
	w.Expect(w.Send("h1", sale)[0], voucher.Payable, "")

	t.Run("a sale that ended before the hand-over began is contested", func(t *testing.T) {
		sale := w.Sale("h1", cards[1])
		w.Send("h1", sale)
		w.Clock.Now = w.Clock.Now.Add(24 * time.Hour)
		w.Refresh("d1")
		w.Activate(cards[1])
		w.Expect(w.Send("h1", sale)[0], voucher.Contested, voucher.ReasonBefore)
	})
	t.Run("the programme pays when the activation does not come", func(t *testing.T) {
		sale := w.Sale("h1", cards[2])
		w.Expect(w.Send("h1", sale)[0], voucher.Waiting, voucher.ReasonNotActivated)
		w.Clock.Now = w.Clock.Now.Add(13 * 24 * time.Hour)
		if n, err := w.Service.Sweep(t.Context()); n != 0 || err != nil {
			t.Fatalf("Sweep = %d, %v before its time", n, err)
		}
		w.Clock.Now = w.Clock.Now.Add(2 * 24 * time.Hour)
		if n, err := w.Service.Sweep(t.Context()); n != 1 || err != nil {
			t.Fatalf("Sweep = %d, %v", n, err)
		}
		w.Expect(w.Send("h1", sale)[0], voucher.Payable, voucher.ReasonNoActivation)
	})
}

// Of two receipts the home handheld's wins, and the value moves.
func TestService_Redeem_conflict(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	w.Refresh("h2")
	w.Clock.Now = w.Clock.Now.Add(time.Hour)

	t.Run("a visitor below the floor is paid", func(t *testing.T) {
		w.Expect(w.Send("h2", w.Sale("h2", cards[0]))[0], voucher.Payable, "")
	})
	t.Run("then the home comes: the visitor kept the rules and bears no loss", func(t *testing.T) {
		w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Payable, "")
		if got := w.Balance(ledger.Contingency("r1")); got != 11_000 {
			t.Errorf("contingency %d, want 11000", got)
		}
		if v1, v2 := w.Balance(ledger.Redeemed("v1")), w.Balance(ledger.Redeemed("v2")); v1 != 1_000 || v2 != 1_000 {
			t.Errorf("owed %d and %d", v1, v2)
		}
	})
	t.Run("a later visitor does not take it from the home", func(t *testing.T) {
		w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Payable, "")
		o := w.Send("h2", w.Sale("h2", cards[1]))[0]
		w.Expect(o, voucher.Payable, voucher.ReasonLoss)
		if w.Voucher(cards[1]).Home != "h1" || w.Balance(ledger.Contingency("r1")) != 10_000 {
			t.Error("the loss was not paid from the contingency")
		}
	})
	t.Run("when the contingency is used up people decide", func(t *testing.T) {
		w.Update(func(tx voucher.Tx) error {
			_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindReturn, Actor: ledger.Actor{Role: "finance-approver", Name: "p8"}, Round: "r1",
				Postings: []ledger.Posting{{Debit: ledger.Contingency("r1"), Credit: ledger.Fund("f1"), Amount: money.Francs(10_000)}}})
			return err
		})
		w.Expect(w.Send("h1", w.Sale("h1", cards[2]))[0], voucher.Payable, "")
		w.Expect(w.Send("h2", w.Sale("h2", cards[2]))[0], voucher.Contested, voucher.ReasonDouble)
	})
	t.Run("a stale bundle breaks the rules of a visitor", func(t *testing.T) {
		w.Clock.Now = w.Clock.Now.Add(80 * time.Hour)
		w.Expect(w.Send("h2", w.Sale("h2", cards[3]))[0], voucher.Contested, voucher.ReasonNotHome)
		w.Expect(w.Send("h1", w.Sale("h1", cards[3]))[0], voucher.Payable, "")
	})
}

// Two records that claim one place prove a clone, and stop the handheld.
func TestService_Redeem_clone(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Payable, "")
	clone := *w.Phones["h1"]
	w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Payable, "")
	honest := w.Phones["h1"]
	w.Phones["h1"] = &clone
	w.Expect(w.Send("h1", w.Sale("h1", cards[2]))[0], voucher.InQuarantine, voucher.ReasonFork)
	w.Phones["h1"] = honest
	w.Expect(w.Send("h1", w.Sale("h1", cards[3]))[0], voucher.InQuarantine, voucher.ReasonFork)
	if got := w.Balance(ledger.Redeemed("v1")); got != 2_000 {
		t.Errorf("owed %d, want what came before the fork", got)
	}
}

func TestService_Redeem_cancel(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 2, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	sale := w.Sale("h1", cards[0])
	w.Send("h1", sale)
	cancel := w.Record("h1", voucher.Cancellation{Of: voucher.HashOf(sale), Reason: voucher.CancelMistake})
	w.Expect(w.Send("h1", cancel)[0], voucher.Accepted, "")
	if got := w.Voucher(cards[0]).Life(); got != voucher.Active {
		t.Errorf("the voucher is %s, want active", got)
	}
	w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Payable, "")
	t.Run("not on another day", func(t *testing.T) {
		sale := w.Sale("h1", cards[1])
		w.Send("h1", sale)
		w.Clock.Now = w.Clock.Now.Add(24 * time.Hour)
		w.Refresh("h1")
		w.Expect(w.Send("h1", w.Record("h1", voucher.Cancellation{Of: voucher.HashOf(sale), Reason: voucher.CancelMistake}))[0],
			voucher.Rejected, voucher.ReasonNotCancelled)
	})
}

// A PIN that was wrong three times holds the voucher.
func TestService_Redeem_pin(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 2, 0, voucher.ModeBoth)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	good := w.Room.Lines[cards[0]]
	w.Expect(w.Send("h1", w.SaleWith("h1", cards[1], voucher.Factor{Secret: w.Room.Lines[cards[1]].Secret}))[0],
		voucher.Contested, voucher.ReasonFactorMissing)
	wrong := voucher.Factor{Secret: good.Secret, PIN: "390571"}
	for range 3 {
		w.Expect(w.Send("h1", w.SaleWith("h1", cards[0], wrong))[0], voucher.Rejected, voucher.ReasonFactorWrong)
	}
	if got := w.Voucher(cards[0]).Life(); got != voucher.Held {
		t.Errorf("the voucher is %s, want held", got)
	}
}

// What two people do to a card, and that one cannot.
func TestService_Propose(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 2, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards[:4]...)
	ctx := t.Context()
	p, err := w.Service.Propose(ctx, voucher.Propose{By: vouchertest.Issuer, Key: w.Key(), Kind: voucher.ProposeReissue, Serial: cards[0]})
	must(t, err)
	if _, err := w.Service.Agree(ctx, voucher.Agree{By: vouchertest.Issuer, Key: w.Key(), Proposal: p.ID}); !errors.Is(err, vendors.ErrSamePerson) {
		t.Fatalf("the proposer agreed: %v", err)
	}
	agree := voucher.Agree{By: vouchertest.Second, Key: w.Key(), Proposal: p.ID}
	v, err := w.Service.Agree(ctx, agree)
	must(t, err)
	if v.Beneficiary != "b0" || v.Life() != voucher.Active || w.Voucher(cards[0]).Life() != voucher.Replaced {
		t.Errorf("reissued %s to %s, old card %s", v.Life(), v.Beneficiary, w.Voucher(cards[0]).Life())
	}
	if got := w.Balance(ledger.Control("r1")); got != 4_000 {
		t.Errorf("outstanding %d, want 4000", got)
	}
	again, err := w.Service.Agree(ctx, agree)
	if err != nil || again.Serial != v.Serial {
		t.Errorf("repeated: %s, %v", again.Serial, err)
	}

	t.Run("the lost card sells no more, the spare does", func(t *testing.T) {
		w.Clock.Now = w.Clock.Now.Add(time.Second)
		w.Refresh("h1")
		w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Rejected, voucher.ReasonVoid)
		w.Expect(w.Send("h1", w.Sale("h1", v.Serial))[0], voucher.Payable, "")
	})
	t.Run("a household that came late gets a spare", func(t *testing.T) {
		p, err := w.Service.Propose(ctx, voucher.Propose{By: vouchertest.Issuer, Key: w.Key(), Kind: voucher.ProposeBind, Lot: "l1",
			Beneficiary: "b99", Value: money.Francs(1_000), Home: "h1"})
		must(t, err)
		_, err = w.Service.Agree(ctx, voucher.Agree{By: vouchertest.Second, Key: w.Key(), Proposal: p.ID})
		must(t, err)
		if got := w.Balance(ledger.Voucher("b99", string(p.Spare))); got != 1_000 {
			t.Errorf("the spare holds %d", got)
		}
		if _, err := w.Service.Propose(ctx, voucher.Propose{By: vouchertest.Issuer, Key: w.Key(), Kind: voucher.ProposeBind, Lot: "l1",
			Beneficiary: "b98", Value: money.Francs(1_000)}); !errors.Is(err, voucher.ErrSpares) {
			t.Errorf("no spare is left: %v", err)
		}
	})
	t.Run("a stub is paid on its secret and two people's word", func(t *testing.T) {
		ask := voucher.Propose{By: vouchertest.Issuer, Key: w.Key(), Kind: voucher.ProposeStub, Serial: cards[1], Vendor: "v2",
			Secret: "1111111111111111", SoldOn: w.Clock.Now}
		if _, err := w.Service.Propose(ctx, ask); !errors.Is(err, voucher.ErrFactor) {
			t.Fatalf("a wrong secret: %v", err)
		}
		ask.Key, ask.Secret = w.Key(), w.Room.Lines[cards[1]].Secret
		p, err := w.Service.Propose(ctx, ask)
		must(t, err)
		_, err = w.Service.Agree(ctx, voucher.Agree{By: vouchertest.Second, Key: w.Key(), Proposal: p.ID})
		must(t, err)
		if got := w.Balance(ledger.Redeemed("v2")); got != 1_000 {
			t.Errorf("v2 is owed %d", got)
		}
	})
}

// What is left of a lot goes back to its round, and late rule-keeping receipts
// are still paid.
func TestService_Expire(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 1, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards[0], cards[1])
	w.Refresh("h1")
	late := w.Sale("h1", cards[0])
	waits := w.Sale("h1", cards[2])
	ctx := t.Context()
	w.Clock.Now = vouchertest.SalesEnd.Add(time.Hour)
	if _, err := w.Service.Expire(ctx, voucher.ExpireLot{By: vouchertest.Issuer, Lot: "l1"}); !errors.Is(err, voucher.ErrGrace) {
		t.Fatalf("before the grace period ends: %v", err)
	}
	w.Clock.Now = vouchertest.Grace.Add(time.Hour)
	is, err := w.Service.Expire(ctx, voucher.ExpireLot{By: vouchertest.Issuer, Lot: "l1"})
	must(t, err)
	if len(is.FactorKey) != 0 || w.Balance(ledger.Control("r1")) != 0 || w.Balance(ledger.Round("r1")) != 900_000 {
		t.Errorf("factor key of %d bytes, outstanding %d, round %d", len(is.FactorKey),
			w.Balance(ledger.Control("r1")), w.Balance(ledger.Round("r1")))
	}
	os := w.Send("h1", late, waits)
	w.Expect(os[0], voucher.Payable, voucher.ReasonLoss)
	w.Expect(os[1], voucher.Contested, voucher.ReasonLate) // its card was never handed over
}

// An interrupted issue leaves no value behind and can be begun again.
func TestService_IssueLot_interrupted(t *testing.T) {
	w := newWorld(t)
	w.Room.Fail = true
	if _, err := w.Service.IssueLot(t.Context(), vouchertest.Lot("l1", 4, 1, voucher.ModeSecret)); err == nil {
		t.Fatal("issued without a print job")
	}
	w.Room.Fail = false
	cards := w.Issue("l1", 4, 1, voucher.ModeSecret)
	if got := w.Balance(ledger.Control("r1")); got != 4_000 {
		t.Errorf("outstanding %d, want 4000", got)
	}
	if v := w.Voucher(cards[0]); v.Number != 6 {
		t.Errorf("the second run starts at %d, want 6", v.Number)
	}
	if _, err := w.Service.IssueLot(t.Context(), vouchertest.Lot("l1", 4, 1, voucher.ModeSecret)); !errors.Is(err, voucher.ErrIssued) {
		t.Errorf("issued twice: %v", err)
	}
}

// Void and hold tell the vendor who could know from the one who could not.
func TestService_Void(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	_, err := w.Service.Void(t.Context(), w.Change(cards[0]))
	must(t, err)
	_, err = w.Service.Hold(t.Context(), w.Change(cards[1]))
	must(t, err)
	w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Payable, voucher.ReasonLoss)
	w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Contested, voucher.ReasonHeld)
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	w.Refresh("h1")
	w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Rejected, voucher.ReasonVoid)
	_, err = w.Service.Release(t.Context(), w.Change(cards[1]))
	must(t, err)
	w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Payable, "")
	if _, err := w.Service.Void(t.Context(), w.Change(cards[1])); !errors.Is(err, voucher.ErrLife) {
		t.Errorf("voided after it was redeemed: %v", err)
	}
}

// A vendor who sells what his own bundle lists as used or suspended has broken
// a rule: he takes no card from anybody, and the programme bears no loss. What
// happened in the second that the bundle was made in he may not have known.
func TestService_Redeem_listed(t *testing.T) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		happens func(*vouchertest.World, voucher.Serial)
		by      vendors.HandheldID
		reason  string
	}{
		"redeemed, to a visitor": {func(w *vouchertest.World, s voucher.Serial) {
			w.Expect(w.Send("h1", w.Sale("h1", s))[0], voucher.Payable, "")
		}, "h2", voucher.ReasonDouble},
		"redeemed at a visitor, to its home": {func(w *vouchertest.World, s voucher.Serial) {
			w.Expect(w.Send("h2", w.Sale("h2", s))[0], voucher.Payable, "")
		}, "h1", voucher.ReasonDouble},
		"held, and void since": {func(w *vouchertest.World, s voucher.Serial) {
			_, err := w.Service.Hold(ctx, w.Change(s))
			must(t, err)
		}, "h1", voucher.ReasonVoid},
	} {
		for _, late := range []time.Duration{0, time.Second} {
			t.Run(fmt.Sprintf("%s, %s before", name, late), func(t *testing.T) {
				w := newWorld(t)
				card := w.Issue("l1", 1, 0, voucher.ModeSecret)[0]
				w.Clock.Now = vouchertest.Opens.Add(time.Hour)
				w.Activate(card)
				w.Refresh("h1")
				w.Refresh("h2")
				w.Clock.Now = w.Clock.Now.Add(time.Hour)
				c.happens(w, card)
				w.Clock.Now = w.Clock.Now.Add(late)
				w.Refresh(c.by)
				if c.reason == voucher.ReasonVoid {
					w.Clock.Now = w.Clock.Now.Add(time.Hour)
					_, err := w.Service.Void(ctx, w.Change(card))
					must(t, err)
				}
				got := w.Send(c.by, w.Sale(c.by, card))[0]
				if late > 0 {
					w.Expect(got, voucher.Rejected, c.reason)
				} else if got.State != voucher.Payable {
					t.Errorf("blamed for what he could not know: %s (%s)", got.State, got.Reason)
				}
			})
		}
	}
}

// Nobody is paid twice for one card, from wherever the money would come.
func TestService_Redeem_once(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 4, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Handheld("h3", "v1", vendors.ForSales)
	for _, h := range []vendors.HandheldID{"h1", "h2", "h3"} {
		w.Refresh(h)
	}
	t.Run("a visitor who repeats a lost sale is paid one loss", func(t *testing.T) {
		w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Payable, "")
		w.Expect(w.Send("h2", w.Sale("h2", cards[0]))[0], voucher.Payable, voucher.ReasonLoss)
		for range 5 {
			w.Expect(w.Send("h2", w.Sale("h2", cards[0]))[0], voucher.Contested, voucher.ReasonDouble)
		}
	})
	t.Run("two handhelds of one shop are one vendor", func(t *testing.T) {
		w.Expect(w.Send("h3", w.Sale("h3", cards[1]))[0], voucher.Payable, "")
		w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Contested, voucher.ReasonDouble)
	})
	t.Run("a void card is lost to one vendor once", func(t *testing.T) {
		w.Clock.Now = w.Clock.Now.Add(time.Hour)
		_, err := w.Service.Void(t.Context(), w.Change(cards[2]))
		must(t, err)
		w.Expect(w.Send("h1", w.Sale("h1", cards[2]))[0], voucher.Payable, voucher.ReasonLoss)
		w.Expect(w.Send("h1", w.Sale("h1", cards[2]))[0], voucher.Contested, voucher.ReasonDouble)
	})
	if got := w.Balance(ledger.Redeemed("v1")) + w.Balance(ledger.Redeemed("v2")); got != 4_000 {
		t.Errorf("owed %d in all, want 4000", got)
	}
}

// A handheld cannot go back to a bundle or a beacon older than one that its
// chain has named.
func TestService_Redeem_backdated(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 2, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	old := *w.Phones["h1"]
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	_, err := w.Service.Void(t.Context(), w.Change(cards[0]))
	must(t, err)
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	w.Refresh("h1")
	w.Expect(w.Send("h1", w.Sale("h1", cards[1]))[0], voucher.Payable, "")
	w.Phones["h1"].Bundle, w.Phones["h1"].Beacon = old.Bundle, old.Beacon
	w.Expect(w.Send("h1", w.Sale("h1", cards[0]))[0], voucher.Rejected, voucher.ReasonVoid)
}

// An issue that failed before it stored anything leaves other lots alone.
func TestService_IssueLot_numbers(t *testing.T) {
	w := newWorld(t)
	failed := vouchertest.Lot("l1", 4, 0, voucher.ModeSecret)
	failed.Items = func(yield func(voucher.Item, error) bool) { yield(voucher.Item{}, errors.New("the list is away")) }
	if _, err := w.Service.IssueLot(t.Context(), failed); err == nil {
		t.Fatal("issued nothing")
	}
	cards := w.Issue("l2", 4, 0, voucher.ModeSecret)
	w.Issue("l1", 4, 0, voucher.ModeSecret)
	for _, s := range cards {
		if l := w.Voucher(s).Life(); l != voucher.Issued {
			t.Errorf("a card of the other lot is %s", l)
		}
	}
	if got := w.Balance(ledger.Control("r1")); got != 8_000 {
		t.Errorf("outstanding %d, want 8000", got)
	}
}

// After the close a card that needs a PIN is for people: only its secret could
// still be checked.
func TestService_Expire_pin(t *testing.T) {
	w := newWorld(t)
	cards := w.Issue("l1", 2, 0, voucher.ModeBoth)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(cards...)
	w.Refresh("h1")
	late := w.Sale("h1", cards[0])
	w.Clock.Now = vouchertest.Grace.Add(time.Hour)
	_, err := w.Service.Expire(t.Context(), voucher.ExpireLot{By: vouchertest.Issuer, Lot: "l1"})
	must(t, err)
	w.Expect(w.Send("h1", late)[0], voucher.Contested, voucher.ReasonFactorMissing)
}
