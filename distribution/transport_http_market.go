package distribution

import (
	"context"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func marketRoutes(e Endpoints, opts []httpkit.Option) map[string]http.Handler {
	upload := with(opts, httpkit.MaxBody(market.FileMost), httpkit.Within(slowly))
	return map[string]http.Handler{
		"POST /api/v1/calendar":      spooled(httpkit.Shown(e.ImportCalendar, wireOfMarketReport, decodeMarket, http.StatusOK, upload)),
		"GET /api/v1/calendar":       httpkit.Shown(e.Calendar, wireList(wireOfOccasion), decodeQuery, http.StatusOK, opts),
		"POST /api/v1/market-prices": spooled(httpkit.Shown(e.ImportPrices, wireOfMarketReport, decodeMarket, http.StatusOK, upload)),
		"GET /api/v1/market-prices":  httpkit.Shown(e.MarketPrices, wireList(wireOfMarketPrice), decodeQuery, http.StatusOK, opts),
	}
}

func decodeMarket(ctx context.Context, r *http.Request) (ImportMarket, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return ImportMarket{}, err
	}
	q, err := httpkit.Query(r, "dry_run")
	if err != nil {
		return ImportMarket{}, err
	}
	cmd := ImportMarket{By: by}
	if cmd.DryRun, err = flag(q.Get("dry_run"), "dry_run"); err != nil {
		return ImportMarket{}, err
	}
	if !cmd.DryRun {
		if cmd.Key, err = httpkit.IdempotencyKey(r); err != nil {
			return ImportMarket{}, err
		}
	}
	u, err := receiveUpload(ctx, r)
	cmd.File, cmd.Size = u.file, u.size
	return cmd, err
}

type marketReportWire struct {
	DryRun      bool            `json:"dry_run"`
	File        string          `json:"file"`
	Rows        int             `json:"rows"`
	New         int             `json:"new"`
	Changed     int             `json:"changed"`
	Same        int             `json:"same"`
	Refused     int             `json:"refused"`
	Other       int             `json:"other"`
	Unknown     []string        `json:"unknown"`
	Remarks     []market.Remark `json:"remarks"`
	RemarksMore int             `json:"remarks_more,omitempty"`
}

func wireOfMarketReport(r MarketReport) marketReportWire {
	return marketReportWire{r.DryRun, hexOf(r.File), r.Rows, r.New, r.Changed, r.Same, r.Refused, r.Other, r.Unknown, r.Remarks, r.RemarksMore}
}

// occasionWire gives days, the last one included, and days of the week by their
// English names.
type occasionWire struct {
	Kind      market.Kind `json:"kind"`
	Point     string      `json:"point"`
	Vendor    vendors.ID  `json:"vendor,omitempty"`
	Weekdays  []string    `json:"weekdays,omitempty"`
	First     string      `json:"first_day,omitempty"`
	Last      string      `json:"last_day,omitempty"`
	CalledOff bool        `json:"called_off,omitempty"`
	At        time.Time   `json:"at"`
}

func wireOfOccasion(o Occasion) occasionWire {
	w := occasionWire{Kind: o.Kind, Point: o.Point, Vendor: o.Vendor, CalledOff: o.CalledOff, At: o.At}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if o.Weekdays>>d&1 == 1 {
			w.Weekdays = append(w.Weekdays, d.String())
		}
	}
	if o.Kind != market.Weekly {
		w.First, w.Last = day(o.From), day(o.To.AddDate(0, 0, -1))
	}
	return w
}

// marketPriceWire gives the price of For thousandths of the item's unit.
type marketPriceWire struct {
	Item   string       `json:"item"`
	Market string       `json:"market"`
	Zones  []string     `json:"zones"`
	Day    string       `json:"day"`
	Price  money.Amount `json:"price"`
	For    money.Amount `json:"for"`
	At     time.Time    `json:"at"`
}

func wireOfMarketPrice(p MarketPrice) marketPriceWire {
	return marketPriceWire{p.Item, p.Market, p.Zones, day(p.Day), p.Price, p.For, p.At}
}
