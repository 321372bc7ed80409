package reconcile

import (
	"cmp"
	"slices"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// calendar reads the market days of points, and the days for which fairs and mobile
// shops were announced before they began.
func (l *loader) calendar() error {
	f := l.facts
	f.Days, f.Fairs = map[string]uint8{}, nil
	for o, err := range l.tx.Occasions(l.programme) {
		if err != nil {
			return err
		}
		if o.Kind == market.Weekly {
			f.Days[o.Point] = o.Weekdays
		}
		for _, day := range o.Days() {
			f.Fairs = append(f.Fairs, FairFacts{Way{o.Point, o.Vendor}, day})
		}
	}
	return nil
}

const (
	// priceDays is how old a market price may be at a sale: two monthly bulletins.
	priceDays = 62
	// unitFactor is how far a market price may be from the ceiling that was agreed on
	// for the same item. Beyond it the bulletin means another unit, such as a bag, and
	// is no measure.
	unitFactor = 4
)

// goodsIn is an item as a zone sells it.
type goodsIn struct{ zone, item string }

// marketPrices are what baskets are compared with.
type marketPrices struct {
	of    map[goodsIn][]distribution.MarketPrice // by day, of one day the lowest first
	zones map[vendors.ID]string
}

// marketOf returns what the market asked for so many thousandths of an item before
// a sale, in francs; 0 where no bulletin says it. Of several markets of the zone and
// of one day it is the one in the middle.
func (l *loader) marketOf(r voucher.StoredReceipt, item string, ceiling, thousandths int64) (int64, error) {
	if l.market == nil {
		if err := l.bulletins(); err != nil {
			return 0, err
		}
	}
	if len(l.market.of) == 0 {
		return 0, nil
	}
	zone, known := l.market.zones[r.Vendor]
	if !known {
		v, err := l.tx.Vendor(r.Vendor)
		if err != nil {
			return 0, err
		}
		zone = v.Zone
		l.market.zones[r.Vendor] = zone
	}
	prices := l.market.of[goodsIn{zone, item}]
	to, _ := slices.BinarySearchFunc(prices, r.Said, func(p distribution.MarketPrice, said time.Time) int {
		if p.Day.After(said) {
			return 1
		}
		return -1
	})
	if to == 0 || r.Said.Sub(prices[to-1].Day) > priceDays*24*time.Hour {
		return 0, nil
	}
	from := to - 1
	for from > 0 && prices[from-1].Day.Equal(prices[to-1].Day) {
		from--
	}
	p := prices[(from+to-1)/2]
	if one, ok := p.Of(1000); !ok || ceiling > 0 && (one > unitFactor*ceiling || one*unitFactor < ceiling) {
		return 0, nil
	}
	francs, _ := p.Of(thousandths)
	return francs, nil
}

func (l *loader) bulletins() error {
	l.market = &marketPrices{map[goodsIn][]distribution.MarketPrice{}, map[vendors.ID]string{}}
	for p, err := range l.tx.MarketPrices(l.programme) {
		if err != nil {
			return err
		}
		for _, zone := range p.Zones {
			k := goodsIn{zone, p.Item}
			l.market.of[k] = append(l.market.of[k], p)
		}
	}
	for _, list := range l.market.of {
		slices.SortStableFunc(list, func(a, b distribution.MarketPrice) int {
			one, _ := a.Of(1000)
			other, _ := b.Of(1000)
			return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(one, other))
		})
	}
	return nil
}
