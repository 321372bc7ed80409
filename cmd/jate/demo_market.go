package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/durable"
)

// markets imports what the organisation knows of markets: the weekly days of the
// first point, a fair that is announced there, and a bulletin of prices in the
// layout in which WFP publishes them.
func (d *demo) markets(ctx context.Context) error {
	now, market := d.clock.Now(), d.truth.Points[0].Name
	calendar := "Nature;Site;Jours de marché;Début;Fin\nMarché;p01;lundi, jeudi, samedi;;\nFoire;p01;;" + now.AddDate(0, 0, 10).Format(time.DateOnly) + ";" +
		now.AddDate(0, 0, 11).Format(time.DateOnly) + "\n"
	prices := "date,market,category,commodity,unit,pricetype,currency,price\n#date,#loc+market+name,#item+type,#item+name,#item+unit,#item+price+type,#currency,#value\n"
	for _, p := range []struct{ item, unit, francs string }{{"Rice", "KG", "487.5"}, {"Millet", "100 KG", "24500"}, {"Oil", "L", "980"}} {
		prices += fmt.Sprintf("%s,%s,food,%s,%s,Retail,XOF,%s\n", now.AddDate(0, 0, -7).Format(time.DateOnly), market, p.item, p.unit, p.francs)
	}
	for _, f := range []struct {
		name, content, by string
		read              func(context.Context, distribution.ImportMarket) (distribution.MarketReport, error)
		rows              int
	}{
		{"calendar.csv", calendar, "issuer", d.app.distributions.ImportCalendar, 2},
		{"prices.csv", prices, "meal", d.app.distributions.ImportPrices, 3},
	} {
		if err := durable.Replace(filepath.Join(d.dir, f.name), []byte(f.content)); err != nil {
			return err
		}
		r, err := f.read(ctx, distribution.ImportMarket{By: d.staff[f.by], Key: d.key(), File: bytes.NewReader([]byte(f.content)), Size: int64(len(f.content))})
		if err != nil {
			return err
		}
		if r.New != f.rows {
			return fmt.Errorf("%s: %d of %d rows are kept, unknown %q, remarks %v", f.name, r.New, f.rows, r.Unknown, r.Remarks)
		}
	}
	d.out.step("market days and a fair, calendar.csv, and market prices, prices.csv, for detectors")
	return nil
}
