package distribution

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// MarketPrice is what an item of the price lists cost on a market on a day.
type MarketPrice struct {
	ID        string // of item, market and day
	Programme string
	Item      string // code of the price lists
	Market    string // as the bulletin names it
	Zones     []string
	Day       time.Time
	Price     money.Amount // XOF, for the quantity For
	For       money.Amount // thousandths of the unit that the item is sold in
	By        string       // staff id
	At        time.Time
}

// Of returns what a quantity in thousandths would have cost, in whole francs; false
// where that is more than money can be.
func (p MarketPrice) Of(thousandths int64) (int64, bool) {
	if thousandths < 0 || p.Price.Minor() < 0 || p.For.Minor() <= 0 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(thousandths), uint64(p.Price.Minor()))
	if hi >= uint64(p.For.Minor()) {
		return 0, false
	}
	francs, _ := bits.Div64(hi, lo, uint64(p.For.Minor()))
	return int64(francs), francs < 1<<62
}

const (
	pricesMax  = 200_000 // of a programme
	pricesLast = 2       // years that a price is kept from on import
)

// ImportPrices is documented at Service.
func (s *service) ImportPrices(ctx context.Context, cmd ImportMarket) (MarketReport, error) {
	read := func(tx Tx, r *MarketReport) ([]MarketPrice, error) { return readPrices(ctx, tx, cmd, r) }
	return importMarket(ctx, s, MethodImportPrices, cmd, read, func(tx Tx, p MarketPrice) (fresh, changed bool, err error) {
		was, err := tx.MarketPrice(p.Programme, p.ID)
		switch p.By, p.At = cmd.By.ID, tx.Now(); {
		case errors.Is(err, ErrNotFound):
			return true, false, tx.PutMarketPrice(p)
		case err != nil:
			return false, false, err
		case p.Price.Equal(was.Price) && p.For.Equal(was.For) && slices.Equal(p.Zones, was.Zones):
			return false, false, nil
		}
		return false, true, tx.PutMarketPrice(p)
	})
}

// readPrices finds what the names in a bulletin stand for. Bulletins are of whole
// countries: what is not of our goods, zones and years is counted and left out.
func readPrices(ctx context.Context, tx Tx, cmd ImportMarket, r *MarketReport) ([]MarketPrice, error) {
	names, err := namesOf(tx, cmd.By.Programme)
	if err != nil {
		return nil, err
	}
	if err := names.sold(tx, cmd.By.Programme); err != nil {
		return nil, err
	}
	var all []MarketPrice
	at := map[string]int{}
	now := tx.Now()
	each := func(x market.Price) error {
		p := MarketPrice{Programme: cmd.By.Programme, Market: x.Market, Zones: names.zonesOf(x), Day: x.Day, Price: x.Price, For: x.For}
		items := names.items[table.Fold(x.Commodity)]
		switch {
		case len(items) > 1:
			return r.remark(market.Wrong(x.Row, "", x.Commodity, "Several items of the price lists have this name; write the item's code.",
				"Plusieurs articles des listes de prix portent ce nom ; écrivez le code de l'article."))
		case x.Day.After(now):
			return r.remark(market.Wrong(x.Row, "", day(x.Day), "The day has not come yet.", "Ce jour n'est pas encore venu."))
		case x.Day.Before(now.AddDate(-pricesLast, 0, 0)):
			r.other("")
			return nil
		case len(p.Zones) == 0:
			if x.Zone != "" {
				return r.remark(market.Wrong(x.Row, "", x.Zone, "No point is in this zone.", "Aucun site n'est dans cette zone."))
			}
			r.other(x.Market)
			return nil
		case len(items) == 0:
			r.other(x.Commodity)
			return nil
		}
		if p.Market == "" {
			p.Market = x.Zone
		}
		p.Item = items[0]
		p.ID = p.Item + " " + day(p.Day) + " " + table.Fold(p.Market)
		if i, twice := at[p.ID]; !twice {
			at[p.ID] = len(all)
			all = append(all, p)
		} else if !all[i].Price.Equal(p.Price) || !all[i].For.Equal(p.For) {
			return r.remark(market.Wrong(x.Row, "", x.Commodity, "The file has another price of the same goods, market and day.",
				"Le fichier donne un autre prix du même produit, marché et jour."))
		}
		if len(all) > market.RowsMost {
			return market.ErrTooMany
		}
		return nil
	}
	sum, err := market.ReadPrices(ctx, cmd.File, cmd.Size, each, r.remark)
	if err != nil {
		return nil, fmt.Errorf("import market prices: %w", err)
	}
	r.Rows, r.Other = sum.Rows, r.Other+sum.Other
	known := 0
	for _, err := range tx.MarketPrices(cmd.By.Programme) {
		if err != nil {
			return nil, err
		}
		known++
	}
	if known+len(all) > pricesMax {
		return nil, ErrCalendar.At("prices", "at most %d", pricesMax)
	}
	return all, nil
}

// zonesOf returns the zones that a market is in: those of its own column, else the
// nearest meaning of its name, else its cercle's.
func (n localNames) zonesOf(x market.Price) []string {
	if x.Zone != "" {
		return n.zones[0][table.Fold(x.Zone)]
	}
	for _, meaning := range n.zones {
		if zones := meaning[table.Fold(x.Market)]; len(zones) > 0 {
			return zones
		}
	}
	return n.zones[4][table.Fold(x.Cercle)]
}

// sold finds the items of the traders' latest price lists.
func (n localNames) sold(tx Tx, programme string) error {
	for v, err := range tx.Vendors(programme, "") {
		if err != nil {
			return err
		}
		list, err := tx.PriceList(v.ID, 0)
		if errors.Is(err, vendors.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, it := range list.Items {
			for _, name := range []string{it.Code, it.NameEN, it.NameFR} {
				addTo(n.items, table.Fold(name), it.Code)
			}
		}
	}
	return nil
}

// MarketPrices is documented at Service.
func (s *service) MarketPrices(ctx context.Context, q Query) ([]MarketPrice, error) {
	return read(ctx, s, MethodMarketPrices, q.By, func(tx Tx) ([]MarketPrice, error) {
		latest := map[[2]string]int{}
		var out []MarketPrice
		for p, err := range tx.MarketPrices(q.By.Programme) {
			if err != nil {
				return nil, err
			}
			k := [2]string{p.Item, table.Fold(p.Market)}
			switch i, known := latest[k]; {
			case !known:
				latest[k] = len(out)
				out = append(out, p)
			case p.Day.After(out[i].Day):
				out[i] = p
			}
		}
		return out, nil
	})
}
