package reconcile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// fourth is the Tuesday of the world's round on which v2 sells and nobody else.
var fourth = vouchertest.Opens.AddDate(0, 0, 10).Truncate(24 * time.Hour)

// trade has twenty traders sell in one zone, each twenty cards: all
// on Saturday, the market day, but v2, who sells twelve more on a Tuesday, and all at
// twice the price.
func trade(t *testing.T) *world {
	t.Helper()
	w := bareWorld(t)
	shops := []vendors.HandheldID{"h1"}
	for n := 3; n <= 20; n++ {
		v, h := vendors.ID(fmt.Sprintf("v%d", n)), vendors.HandheldID(fmt.Sprintf("h%d", n))
		w.Update(func(tx voucher.Tx) error {
			return tx.PutVendor(vendors.Vendor{ID: v, Programme: "mopti", Zone: "z1",
				Contract: vendors.Contract{From: vouchertest.Opens.AddDate(-1, 0, 0), Until: vouchertest.Opens.AddDate(1, 0, 0)}})
		})
		w.Handheld(h, v, vendors.ForSales)
		shops = append(shops, h)
	}
	w.issue(420, voucher.ModeSecret)
	next := 0
	sell := func(h vendors.HandheldID, at time.Time, line voucher.Line, n int) {
		w.Clock.Now = at
		w.Refresh(h)
		var records []string
		for range n {
			c := w.cards[next]
			next++
			w.Clock.Now = w.Clock.Now.Add(7 * time.Minute)
			l := w.Room.Lines[c]
			sealed, err := voucher.SealFactor(w.Seal.PublicKey(), voucher.Factor{Secret: l.Secret, PIN: l.PIN}, h, c, w.Phones[h].Seq+1)
			w.must(err)
			records = append(records, w.Record(h, voucher.Receipt{Serial: c, Amount: 1_000, Lines: []voucher.Line{line}, Factor: sealed}))
		}
		w.Clock.Now = w.Clock.Now.Add(time.Hour)
		for _, o := range w.Send(h, records...) {
			w.Expect(o, voucher.Payable, "")
		}
	}
	fair, dear := voucher.Line{Item: "rice", Quantity: "2", Price: 500}, voucher.Line{Item: "rice", Quantity: "1", Price: 1000}
	saturday := vouchertest.Opens.AddDate(0, 0, 7)
	sell("h2", saturday, dear, 20)
	for _, h := range shops {
		sell(h, saturday, fair, 20)
	}
	sell("h2", fourth.Add(8*time.Hour), dear, 12)
	w.Clock.Now = fourth.AddDate(0, 0, 5)
	return w
}

// know writes what is known of markets, over what was known before.
func (w *world) know(fn func(distribution.Tx) error) reconcile.Report {
	w.Helper()
	w.must(w.db.Distribution().Update(w.Context(), fn))
	return w.run()
}

// of returns the findings of a detector.
func of(r reconcile.Report, detector string) (found []reconcile.Finding) {
	for _, f := range r.Findings {
		if f.Detector == detector {
			found = append(found, f)
		}
	}
	return found
}

// A market price lets prices be compared; one of another zone, of
// long ago does not. Sales on a day without a market are found,
// unless a mobile shop or a fair was announced before that day.
func TestRun_markets(t *testing.T) {
	goods, err := money.NewAsset("GOODS", 3)
	if err != nil {
		t.Fatal(err)
	}
	w := trade(t)
	before, opens := fourth.AddDate(0, 0, -7), vouchertest.Opens
	price := func(francs int64, day time.Time, zone string) func(distribution.Tx) error {
		return func(tx distribution.Tx) error {
			return tx.PutMarketPrice(distribution.MarketPrice{ID: "rice", Programme: "mopti", Item: "rice", Market: "Konna", Zones: []string{zone}, Day: day,
				Price: money.Francs(francs), For: money.FromMinor(100_000, goods)})
		}
	}
	weekly := func(days uint8) func(distribution.Tx) error {
		return func(tx distribution.Tx) error {
			return tx.PutOccasion(distribution.Occasion{ID: "market p1", Programme: "mopti", Kind: market.Weekly, Point: "p1", Weekdays: days, At: tx.Now()})
		}
	}
	event := func(v vendors.ID, at time.Time, off bool) func(distribution.Tx) error {
		return func(tx distribution.Tx) error {
			return tx.PutOccasion(distribution.Occasion{ID: "event", Programme: "mopti", Kind: market.MobileShop, Point: "p1", Vendor: v,
				From: fourth, To: fourth.AddDate(0, 0, 1), CalledOff: off, At: at})
		}
	}
	for _, tt := range []struct {
		name            string
		know            func(distribution.Tx) error
		dear, offMarket bool
	}{
		{"nothing", func(distribution.Tx) error { return nil }, false, false},
		{"the month's price", price(45_000, opens.AddDate(0, 0, -14), "z1"), true, false},
		{"a price of three months ago", price(45_000, opens.AddDate(0, -3, 0), "z1"), false, false},
		{"a price of another zone", price(45_000, opens.AddDate(0, 0, -14), "z2"), false, false},
		{"market days", weekly(1 << time.Saturday), false, true},
		{"his mobile shop", event("v2", before, false), false, false},
		{"another's mobile shop", event("v3", before, false), false, true},
		{"a fair for all", event("", before, false), false, false},
		{"announced on the day", event("v2", fourth.Add(time.Hour), false), false, true},
		{"called off", event("v2", before, true), false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := w.know(tt.know)
			dear, off := of(r, "over-market"), of(r, "off-market")
			if (len(dear) > 0) != tt.dear || (len(off) > 0) != tt.offMarket {
				t.Errorf("over-market %+v; off-market %+v", dear, 12)
			}
			for _, f := range append(dear, off...) {
				if f.Vendor != "v2" {
					t.Errorf("%s of %s", f.Detector, f.Vendor)
				}
			}
			if tt.dear && dear[0].Value.Minor() != 32*500 {
				t.Errorf("%s too much", dear[0].Value)
			}
		})
	}
}
