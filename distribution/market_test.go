package distribution_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

var meal = person("meal", access.RoleMEALOfficer)

func (w *world) calendar(file string) distribution.MarketReport {
	w.t.Helper()
	r, err := w.service.ImportCalendar(w.t.Context(), distribution.ImportMarket{By: planner, Key: w.Key(), File: strings.NewReader(file), Size: int64(len(file))})
	w.must(err)
	return r
}

func (w *world) prices(file []byte) distribution.MarketReport {
	w.t.Helper()
	r, err := w.service.ImportPrices(w.t.Context(), distribution.ImportMarket{By: meal, Key: w.Key(), File: bytes.NewReader(file), Size: int64(len(file))})
	w.must(err)
	return r
}

// decisions counts the journal's entries of a kind of decision.
func (w *world) decisions(what string) (n int) {
	w.t.Helper()
	w.view(func(tx distribution.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		for seq := range size {
			e, err := tx.Entry(seq)
			if err != nil {
				return err
			}
			if e.Kind == ledger.KindDecision && e.Facts["what"] == what {
				n++
			}
		}
		return nil
	})
	return n
}

func numbers(r distribution.MarketReport) [5]int {
	return [5]int{r.New, r.Changed, r.Same, r.Refused, r.Other}
}

// A calendar gives points their market days, and events that count from the day
// after they were recorded on.
func TestService_ImportCalendar(t *testing.T) {
	w := newWorld(t)
	w.point("pk", "Konna", "Konna/Kontza", "Konna/Diamweli")
	w.Clock.Now = vouchertest.Opens
	file := `Calendrier des marchés
Nature;Site;Jours de marché;Début;Fin;Commerçant;Statut
Marché hebdomadaire;Konna;Jeudi;;;;
;kontza;"dimanches et jeudis";;;;
Foire;pk;;01/03/2025;03/03/2025;;
Boutique mobile;Diamweli;;2025-03-10;;v1;prévu
Foire;pk;;2025-02-01;2025-02-03;;
Foire;Sikasso;;2025-03-10;;;
Boutique mobile;pk;;2025-03-10;;v9;
Foire;pk;;2025-03-10;2025-06-10;;
Marché;pk;demain;;;;
`
	r := w.calendar(file)
	if numbers(r) != [5]int{3, 0, 0, 5, 0} || r.Rows != 9 {
		t.Errorf("%v of %d rows; %v", numbers(r), r.Rows, r.Remarks)
	}
	for _, m := range r.Remarks {
		if m.Row < 7 || m.Reason == "" || m.Raison == "" || m.Reason == m.Raison {
			t.Errorf("row %d: %s", m.Row, m.Reason)
		}
	}
	all, err := w.service.Calendar(t.Context(), distribution.Query{By: planner})
	w.must(err)
	opens := vouchertest.Opens.Unix() / (24 * 60 * 60)
	days := map[market.Kind][]int64{}
	for _, o := range all {
		days[o.Kind] = o.Days()
		if o.Kind == market.Weekly && (o.Point != "pk" || o.Weekdays != 1<<time.Sunday|1<<time.Thursday) {
			t.Errorf("market days of %s: %b", o.Point, o.Weekdays)
		}
		if o.Kind == market.MobileShop && o.Vendor != "v1" {
			t.Errorf("mobile shop of %q", o.Vendor)
		}
	}
	want := map[market.Kind][]int64{market.Weekly: nil, market.Fair: {opens + 1, opens + 2}, market.MobileShop: {opens + 9}}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Errorf("days that were announced before: %s", diff)
	}

	w.Clock.Now = w.Clock.Now.AddDate(0, 0, 1)
	if r := w.calendar(file); r.New+r.Changed != 0 || w.decisions("import-calendar") != 1 {
		t.Errorf("the same file again: %v, %d entries", numbers(r), w.decisions("import-calendar"))
	}
	if r := w.calendar("Kind;Point;Weekdays;First day;Last day;Vendor;Status\nmobile shop;pk;;2025-03-10;;v1;cancelled\nmarket;pk;none;;;;\n"); r.Changed != 2 {
		t.Errorf("called off: %v", numbers(r))
	}
	all, err = w.service.Calendar(t.Context(), distribution.Query{By: planner})
	w.must(err)
	for _, o := range all {
		if o.Kind != market.Fair && (o.Weekdays != 0 || len(o.Days()) != 0) {
			t.Errorf("%+v still counts", o)
		}
	}
	_, err = w.service.ImportCalendar(t.Context(), distribution.ImportMarket{By: meal, Key: "k", File: strings.NewReader(file), Size: int64(len(file))})
	if !errors.Is(err, access.ErrDenied) {
		t.Errorf("another role: %v", err)
	}
	bad := "Nom;Prénom\nA;B\n"
	_, err = w.service.ImportCalendar(t.Context(), distribution.ImportMarket{By: planner, Key: "k", File: strings.NewReader(bad), Size: int64(len(bad))})
	if !errors.Is(err, market.ErrNoHeader) {
		t.Errorf("no calendar: %v", err)
	}
}

// wfp has the columns of a country's file on HDX, with HXL tags.
const wfp = `date,admin1,admin2,market,latitude,longitude,category,commodity,unit,priceflag,pricetype,currency,price,usdprice
#date,#adm1+name,#adm2+name,#loc+market+name,#geo+lat,#geo+lon,#item+type,#item+name,#item+unit,#item+price+flag,#item+price+type,#currency,#value,#value+usd
2025-02-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Rice (local),KG,actual,Retail,XOF,412.5,0.67
2025-02-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,100 KG,actual,Retail,XOF,27500.0,45
2025-02-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,100 KG,actual,Wholesale,XOF,22500.0,37
2025-02-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Fonio,KG,actual,Retail,XOF,700.0,1
2025-02-15,Sikasso,Sikasso,Sikasso,11.3,-5.6,cereals and tubers,Millet,KG,actual,Retail,XOF,200.0,0.3
2019-02-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,KG,actual,Retail,XOF,200.0,0.3
2025-02-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,bowl,actual,Retail,XOF,200.0,0.3
2025-02-16,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,KG,actual,Retail,USD,0.5,0.5
2025-12-15,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,KG,actual,Retail,XOF,200.0,0.3
2025-02-17,Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,Millet,KG,actual,Retail,XOF,"12,500",0.3
`

// A bulletin as WFP publishes it gives the prices of our goods and zones, exactly,
// and says why it leaves out others.
func TestService_ImportPrices(t *testing.T) {
	w := newWorld(t)
	w.point("pk", "Konna", "Konna/Kontza")
	w.Update(func(tx voucher.Tx) error {
		return tx.PutPriceList(vendors.PriceList{Vendor: "v1", Version: 1, From: vouchertest.Opens.AddDate(0, -2, 0), Items: []vendors.Item{
			{Code: "rice-local", Category: "food", NameEN: "Rice", NameFR: "Riz", Ceiling: money.Francs(500)},
			{Code: "millet", Category: "food", NameEN: "Millet", NameFR: "Mil", Ceiling: money.Francs(300)}}})
	})
	r := w.prices([]byte(wfp))
	if numbers(r) != [5]int{2, 0, 0, 4, 4} || r.Rows != 10 {
		t.Errorf("%v of %d rows; %v", numbers(r), r.Rows, r.Remarks)
	}
	if diff := cmp.Diff([]string{"Fonio", "Sikasso"}, r.Unknown); diff != "" {
		t.Error(diff)
	}
	if r := w.prices([]byte(wfp)); r.New+r.Changed != 0 || r.Same != 2 || w.decisions("import-prices") != 1 {
		t.Errorf("the same file again: %v, %d entries", numbers(r), w.decisions("import-prices"))
	}

	book := excelize.NewFile()
	for at, row := range []any{&[]any{"Bulletin de mars"}, &[]any{"Mois", "Zone", "Produit", "Unité", "Prix"}, &[]any{"2025-02", "z1", "Riz", "kg", "455,25"}} {
		w.must(book.SetSheetRow("Sheet1", "A"+string(rune('1'+at)), row))
	}
	var sheet bytes.Buffer
	w.must(book.Write(&sheet))
	if r := w.prices(sheet.Bytes()); r.New != 1 || r.Refused != 0 {
		t.Errorf("a workbook: %v, %v", numbers(r), r.Remarks)
	}
	latest, err := w.service.MarketPrices(t.Context(), distribution.Query{By: planner})
	w.must(err)
	asks := map[string]int64{}
	for _, p := range latest {
		francs, ok := p.Of(20_000) // twenty kilos
		if !ok || len(p.Zones) != 1 || p.Zones[0] != "z1" {
			t.Errorf("%+v", p)
		}
		asks[p.Item+" "+p.Market] = francs
	}
	if diff := cmp.Diff(map[string]int64{"rice-local Konna": 8250, "millet Konna": 5500, "rice-local z1": 9105}, asks); diff != "" {
		t.Error(diff)
	}
	dry, err := w.service.ImportPrices(t.Context(), distribution.ImportMarket{By: meal, DryRun: true, File: strings.NewReader(strings.Replace(wfp, "412.5", "500", 1)), Size: int64(len(wfp) - 2)})
	w.must(err)
	if again := w.prices([]byte(wfp)); dry.Changed != 1 || again.Same != 2 {
		t.Errorf("dry run %v, then %v", numbers(dry), numbers(again))
	}
}
