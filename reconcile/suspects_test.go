package reconcile

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// sold is a round in which twenty vendors sell, and v07 works through a pile of
// cards at night: in the order of the list, every ten seconds, without secrets.
func sold(rounds ...string) *Facts {
	f := &Facts{Rounds: map[string]bool{}, Zones: map[vendors.ID]string{}}
	opens := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	for v := range 20 {
		f.Vendors = append(f.Vendors, vendors.ID(fmt.Sprintf("v%02d", v)))
	}
	for n, round := range rounds {
		f.Rounds[round] = true
		r := rand.New(rand.NewPCG(uint64(n), 1))
		cards := r.Perm(2000)
		for v, id := range f.Vendors {
			at := opens
			for i := range 90 {
				at = at.Add(time.Duration(r.ExpFloat64() * float64(40*time.Minute)))
				if at.Hour() > 18 {
					at = at.Add(14 * time.Hour)
				}
				card, full := cards[v*90+i], r.Float64() > 0.03
				if v == 7 && i >= 60 {
					card, full = 5000+2*i, false
					at = time.Date(2026, 1, 14, 22, 0, 10*i, 0, time.UTC)
				}
				f.sell(round, id, uint64(n*100_000+v*90+i+1), voucher.Number(n*100_000+card+1), at, full)
			}
		}
	}
	return f
}

func (f *Facts) sell(round string, v vendors.ID, entry uint64, number voucher.Number, at time.Time, full bool) {
	f.Cards = append(f.Cards, CardFacts{Number: number, Point: f.points.id("p1")})
	r := ReceiptFacts{Hash: voucher.Hash{byte(entry), byte(entry >> 8), byte(entry >> 16), 1}, Handheld: vendors.HandheldID("h-" + v), Vendor: v, Seq: entry,
		Number: number, Round: round, Value: money.Francs(12_500), At: voucher.Interval{From: at.Add(-20 * time.Hour), To: at.Add(20 * time.Hour)}, Said: at,
		State: voucher.Payable, Full: full, Kept: true, Entry: entry, Paid: true, Card: len(f.Cards) - 1}
	f.keep(r)
	f.add(Sale{Entry: entry, Vendor: v, Round: round, Quantity: r.Value, Amount: r.Value})
}

// What detectors find among the store's facts has its entries as evidence, is
// about the vendor in question and no other, and is the same on every run.
func TestFind(t *testing.T) {
	limits := detect.Defaults()
	found := find(sold("r1"), Lines{}, limits, nil)
	strong := 0
	for _, f := range found {
		if f.Score < limits.FreezeMin {
			continue
		}
		strong++
		if f.Detector != "combined" || f.Vendor != "v07" || f.Round != "r1" || !strings.HasPrefix(f.ID, "f") {
			t.Errorf("%s of %s: %s", f.Detector, f.Vendor, f.Says)
		}
		entries := 0
		for _, ref := range f.Evidence {
			if _, ok := entryOf(ref); ok {
				entries++
			}
		}
		if entries < 25 || entries > 40 || f.Value.Minor() != int64(entries)*12_500 {
			t.Errorf("%d entries worth %s, want the pile of 30, give or take", entries, f.Value)
		}
	}
	if strong != 1 {
		t.Errorf("%d findings that could freeze money, want 1: %+v", strong, found)
	}
	if again := find(sold("r1"), Lines{}, limits, nil); !reflect.DeepEqual(found, again) {
		t.Error("the second run found something else")
	}
}

// A round's findings are the same whether it is asked for alone or with others.
func TestFind_rounds(t *testing.T) {
	limits := detect.Defaults()
	alone := map[string]bool{}
	for _, round := range []string{"r1", "r2"} {
		f := sold("r1", "r2")
		f.Rounds = map[string]bool{round: true}
		for _, x := range find(f, Lines{}, limits, nil) {
			alone[x.ID] = true
		}
	}
	f := sold("r1", "r2")
	f.Rounds = map[string]bool{"r1": true, "r2": true}
	together := find(f, Lines{}, limits, nil)
	for _, x := range together {
		if !alone[x.ID] {
			t.Errorf("%s of %s in %s is found in both rounds alone", x.Detector, x.Vendor, x.Round)
		}
	}
	if len(together) != len(alone) || len(alone) == 0 {
		t.Errorf("%d findings together, %d alone", len(together), len(alone))
	}
}
