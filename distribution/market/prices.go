package market

import (
	"context"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
)

// Price is one row of a bulletin: what a quantity of a commodity cost.
type Price struct {
	Row            int
	Day            time.Time
	Zone           string // as written; "" where the bulletin has no such column
	Market, Cercle string // as written
	Commodity      string // as written: an item's code or name
	// Price, in XOF, was paid for the quantity For, in thousandths of a kilo, a litre
	// or a piece: a price with decimals is that of ten or a hundred times as much.
	Price money.Amount
	For   money.Amount
}

// PriceSummary says how a bulletin was read. Other counts rows that are not
// compared: wholesale, and without a price.
type PriceSummary struct{ Rows, Other int }

const (
	date      field = "date"
	zone      field = "zone"
	market    field = "market"
	cercle    field = "cercle"
	commodity field = "commodity"
	unit      field = "unit"
	currency  field = "currency"
	priceType field = "price-type"
	price     field = "price"
)

// The titles, of which WFP's ("date, admin1, admin2, market, …, commodity, unit,
// priceflag, pricetype, currency, price, usdprice", as on HDX) are some.
var priceTitles = titles(map[field][]string{
	date:      {"date", "mois", "month", "jour", "day", "periode", "date de collecte", "survey date", "date releve"},
	zone:      {"zone", "code zone", "zone code"},
	market:    {"marche", "market", "market name", "nom du marche", "nom marche"},
	cercle:    {"cercle", "admin2", "adm2", "admin 2", "adm2 name", "district"},
	commodity: {"produit", "denree", "commodity", "article", "item", "code article", "item code", "cm name", "product"},
	unit:      {"unite", "unit", "um name", "unite de mesure"},
	currency:  {"devise", "currency", "cur name", "monnaie"},
	priceType: {"pricetype", "price type", "type de prix", "pt name"},
	price:     {"prix", "price", "prix moyen", "mp price", "average price", "prix unitaire", "prix fcfa", "prix xof"},
})

// thousandths is how many digits after the point a quantity has.
const thousandths = 3

// ReadPrices reads a bulletin and hands each row on. Errors: ErrNoHeader, those of
// package table, and those of each and remark.
func ReadPrices(ctx context.Context, r io.ReaderAt, size int64, each func(Price) error, remark func(Remark) error) (sum PriceSummary, err error) {
	need := func(at map[field]int) bool {
		for _, f := range []field{date, commodity, price} {
			if _, ok := at[f]; !ok {
				return false
			}
		}
		_, where := at[market]
		_, in := at[zone]
		return where || in
	}
	sum.Rows, err = rows(ctx, r, size, priceTitles, need, remark, func(s *sheet) error {
		if kind := table.Fold(s.get(priceType)); s.get(price) == "" || kind != "" && kind != "retail" && kind != "detail" && kind != "consommateur" {
			sum.Other++
			return nil
		}
		p := Price{Row: s.row.N}
		for _, x := range []struct {
			of     field
			needed bool
			into   *string
		}{{zone, false, &p.Zone}, {market, s.get(zone) == "", &p.Market}, {cercle, false, &p.Cercle}, {commodity, true, &p.Commodity}} {
			text, ok, err := s.name(x.of, x.needed)
			if !ok {
				return err
			}
			*x.into = text
		}
		var ok bool
		if p.Day, _, ok, err = s.day(date); !ok {
			return err
		}
		if p.Day.IsZero() {
			return s.wrong(date, "This is missing.", "Cette donnée manque.")
		}
		switch table.Fold(s.get(currency)) {
		case "", "xof", "fcfa", "f cfa", "cfa", "franc cfa", "francs cfa":
		default:
			return s.wrong(currency, "Prices are in XOF.", "Les prix sont en FCFA.")
		}
		count, ok := unitOf(s.get(unit))
		if !ok {
			return s.wrong(unit, "Write KG, 100 KG, L, 500 G, 750 ML or piece.", "Écrivez KG, 100 KG, L, 500 G, 750 ML ou pièce.")
		}
		if p.Price, p.For, ok = priced(s.get(price), count); !ok {
			return s.wrong(price, "This is no price between 1 and 10,000,000 francs.", "Ce n'est pas un prix entre 1 et 10 000 000 de francs.")
		}
		return each(p)
	})
	return sum, err
}

var unitForm = regexp.MustCompile(`^(\d{1,4})?(kg|kilo|kilogramme|g|gramme|l|litre|liter|ml|piece|pc|unite|unit)?s?$`)

// unitOf reads a unit in thousandths of a kilo, a litre or a piece; without one it
// is one piece.
func unitOf(text string) (int64, bool) {
	g := unitForm.FindStringSubmatch(strings.ReplaceAll(table.Fold(text), " ", ""))
	if g == nil {
		return 0, false
	}
	n := int64(1)
	if g[1] != "" {
		n, _ = strconv.ParseInt(g[1], 10, 64)
	}
	switch g[2] {
	case "g", "gramme", "ml":
		return n, n > 0
	}
	return n * 1000, n > 0
}

var priceForm = regexp.MustCompile(`^(\d{1,8})(?:[.,](\d{1,4}))?$`)

// priced reads a price for so many thousandths without losing a digit.
func priced(text string, count int64) (amount, quantity money.Amount, ok bool) {
	text = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, text)
	g := priceForm.FindStringSubmatch(text)
	if g == nil || len(g[2]) == 3 { // "12,500" is twelve francs and a half to some, and not to others
		return amount, quantity, false
	}
	whole, err := strconv.ParseInt(g[1], 10, 64)
	if err != nil || whole < 1 || whole > 10_000_000 {
		return amount, quantity, false
	}
	digits := strings.TrimRight(g[2], "0")
	n, err := strconv.ParseInt(g[1]+digits, 10, 64)
	for range digits {
		count *= 10
	}
	goods, bad := money.NewAsset("GOODS", thousandths)
	return money.Francs(n), money.FromMinor(count, goods), err == nil && bad == nil
}
