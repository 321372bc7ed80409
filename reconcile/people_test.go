package reconcile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// What the store holds of people, hand-overs, ways, goods and the round before
// reaches the detectors, as numbers that are nobody's name.
func TestDetectFacts(t *testing.T) {
	w := bareWorld(t)
	w.cards = w.Issue("l1", 8, 1, voucher.ModeSecret)[:8] // two of each of the households b0 to b3
	w.must(w.db.Distribution().Update(t.Context(), w.people))
	handed := w.Clock.Now.Add(48 * time.Hour)
	w.Clock.Now = handed
	hand := func(by voucher.Taker, why voucher.TakerReason, cards ...voucher.Serial) {
		t.Helper()
		w.Expect(w.Send("d1", w.Record("d1", voucher.Activation{Serials: cards, By: by, Reason: why}))[0], voucher.Accepted, "")
	}
	hand(voucher.TakerHead, "", w.cards[0], w.cards[1])
	hand(voucher.TakerThirdParty, voucher.ReasonDistance, w.cards[2:6]...) // of b1 and b2
	hand(voucher.TakerAlternate, "", w.cards[6], w.cards[7])
	w.sync()
	w.sell("h1", w.cards...)
	var f *detect.Facts
	w.must(w.db.Reconcile().View(t.Context(), func(tx reconcile.Tx) (err error) {
		f, err = reconcile.DetectFacts(tx, "mopti", "r1")
		return err
	}))
	if len(f.Cards) != 8 || len(f.Records) != 8 {
		t.Fatalf("%d cards, %d records", len(f.Cards), len(f.Records))
	}
	takers := []detect.Taker{detect.Head, detect.Head, detect.ThirdParty, detect.ThirdParty, detect.ThirdParty, detect.ThirdParty, detect.Alternate, detect.Alternate}
	for i, c := range f.Cards {
		x := f.Records[i]
		if c.Taker != takers[i] || c.Handed != handed.Unix() || c.Distributor == 0 {
			t.Errorf("card %d was taken by %d at %d from %d", i, c.Taker, c.Handed, c.Distributor)
		}
		if (x.Collector > 0) != (i >= 2 && i < 6) || x.Collector != f.Records[max(i-1, 2)].Collector && i < 6 && i > 1 {
			t.Errorf("card %d was collected by %d", i, x.Collector)
		}
		if c.Registrar == 0 || c.Verifier == 0 || c.Registrar == c.Verifier || c.Approver == c.Verifier || c.Approver == 0 {
			t.Errorf("card %d has staff %d, %d, %d", i, c.Registrar, c.Verifier, c.Approver)
		}
		// b0 and b3 share a phone.
		if shares := c.Phone == f.Cards[0].Phone; c.Phone == 0 || shares != (i < 2 || i > 5) {
			t.Errorf("card %d has phone %d", i, c.Phone)
		}
		if x.Metres < 111_000 || x.Metres > 111_500 { // a degree of latitude
			t.Errorf("card %d came %d m", i, x.Metres)
		}
	}
	want := detect.Goods{Record: 0, Item: f.Goods[0].Item, Amount: 1_000, Listed: 1_200}
	if len(f.Goods) != 8 || f.Goods[0] != want || f.Goods[7].Item != want.Item {
		t.Errorf("goods are %+v", f.Goods)
	}
	if diff := cmp.Diff([]detect.Share{{Vendor: 0, Point: 0, Age: 1, Sales: 2_000, Of: 3_000}, {Vendor: 1, Point: 0, Age: 1, Sales: 1_000, Of: 3_000}}, f.History); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if c := f.Cards; c[0].Company == 0 || c[0].Company != c[2].Company || c[4].Company == c[0].Company || c[4].Company == 0 || c[6].Company != 0 {
		t.Errorf("companies are %d, %d, %d, %d", c[0].Company, c[2].Company, c[4].Company, c[6].Company)
	}
	if c := f.Cards; c[0].Habit <= 0 || c[6].Habit != -1 {
		t.Errorf("habits are %d and %d", c[0].Habit, c[6].Habit)
	}
	all, err := json.Marshal(f)
	w.must(err)
	for _, name := range []string{"registrar", "preparer", "lister", "b0", "b1", "d1"} {
		if strings.Contains(string(all), `:"`+name) {
			t.Errorf("the facts name %s", name)
		}
	}
}

// people puts a list, its lot and places into the store, and a round before:
// b0 and b1 were served together at v1, b2 an hour later at v2.
func (w *world) people(tx distribution.Tx) error {
	errs := []error{
		tx.PutImport(distribution.Import{ID: "i1", Programme: "mopti", By: "registrar"}),
		tx.PutLot(distribution.Lot{ID: "l1", Round: "r1", Programme: "mopti", PreparedBy: "preparer",
			Approvals: []access.Approval{{Role: access.RoleListApprover, Proof: access.Proof{ID: "lister"}}}}),
		tx.PutDuplicate(distribution.Duplicate{Programme: "mopti", A: "b0", B: "b3", Reasons: []string{"same-phone"}}),
		tx.PutDuplicate(distribution.Duplicate{Programme: "mopti", A: "b1", B: "b2", Reasons: []string{"similar-name"}}),
		tx.PutPoint(distribution.Point{Code: "p1", Programme: "mopti", PlaceCode: "ML1"}),
		tx.PutPlaces("mopti", []places.Place{{Edition: "2015", Code: "ML1", Lat: 14, Lon: -4}, {Edition: "2015", Code: "ML2", Lat: 15, Lon: -4}}),
		tx.PutRound(distribution.Round{ID: "r0", Programme: "mopti", Opens: w.Clock.Now.AddDate(0, -1, 0)}),
		tx.PutRound(distribution.Round{ID: "r1", Programme: "mopti", Opens: w.Clock.Now}),
		tx.PutPriceList(vendors.PriceList{Vendor: "v1", Version: 1, From: w.Clock.Now.AddDate(0, -2, 0),
			Items: []vendors.Item{{Code: "rice", Ceiling: money.Francs(600)}}}),
		tx.PutPriceList(vendors.PriceList{Vendor: "v1", Version: 2, From: w.Clock.Now.AddDate(1, 0, 0),
			Items: []vendors.Item{{Code: "rice", Ceiling: money.Francs(100)}}}),
	}
	for i := range 4 {
		errs = append(errs, tx.PutBeneficiary(distribution.Beneficiary{ID: distribution.BeneficiaryID(fmt.Sprintf("b%d", i)), Programme: "mopti", Import: "i1"}))
	}
	served := w.Clock.Now.AddDate(0, -1, 5).Truncate(time.Hour)
	for i, v := range []vendors.ID{"v1", "v1", "v2"} {
		card := voucher.Voucher{Number: voucher.Number(1_000 + i), Serial: voucher.Serial(fmt.Sprintf("%016d", i)), Programme: "mopti", Round: "r0", Lot: "l0",
			Point: "p1", Beneficiary: fmt.Sprintf("b%d", i)}
		errs = append(errs, tx.PutVoucher(card), tx.PutReceipt(voucher.StoredReceipt{Hash: voucher.Hash{99, byte(i)}, Kind: voucher.RecordReceipt, Vendor: v,
			Handheld: vendors.HandheldID("h-" + v), Seq: uint64(i + 1), Number: card.Number, Serial: card.Serial, Round: "r0", Value: money.Francs(1_000), State: voucher.Payable,
			Said: served.Add(time.Duration(i/2) * time.Hour)}))
	}
	for _, id := range []vendors.ID{"v1", "v2"} {
		v, err := tx.Vendor(id)
		v.PlaceCode = "ML2"
		errs = append(errs, err, tx.PutVendor(v))
	}
	return errors.Join(errs...)
}
