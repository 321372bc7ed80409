package bolt

import (
	"iter"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/vendors"
)

// Occasion returns one of a programme's calendar.
func (tx *Tx) Occasion(programme, id string) (distribution.Occasion, error) {
	return read(tx, occasionTable, ownedKey[string]{programme, id}, distribution.ErrNotFound, occasionRecord.occasion)
}

// PutOccasion stores an occasion.
func (tx *Tx) PutOccasion(o distribution.Occasion) error {
	return occasionTable.put(tx, ownedKey[string]{o.Programme, o.ID}, occasionRecordOf(o))
}

// Occasions yields a programme's calendar in order.
func (tx *Tx) Occasions(programme string) iter.Seq2[distribution.Occasion, error] {
	return within(tx, occasionTable, programme, occasionRecord.occasion)
}

// MarketPrice returns a market price.
func (tx *Tx) MarketPrice(programme, id string) (distribution.MarketPrice, error) {
	return read(tx, marketPriceTable, ownedKey[string]{programme, id}, distribution.ErrNotFound, marketPriceRecord.price)
}

// PutMarketPrice stores a market price.
func (tx *Tx) PutMarketPrice(p distribution.MarketPrice) error {
	return marketPriceTable.put(tx, ownedKey[string]{p.Programme, p.ID}, marketPriceRecordOf(p))
}

// MarketPrices yields a programme's market prices in order.
func (tx *Tx) MarketPrices(programme string) iter.Seq2[distribution.MarketPrice, error] {
	return within(tx, marketPriceTable, programme, marketPriceRecord.price)
}

// occasionRecord is in "occasion" by programme and id.
type occasionRecord struct {
	ID        string
	Programme string
	Kind      string
	Point     string
	Vendor    string
	Weekdays  int
	From, To  instant
	CalledOff bool
	By        string
	At        instant
}

func occasionRecordOf(o distribution.Occasion) occasionRecord {
	return occasionRecord{ID: o.ID, Programme: o.Programme, Kind: string(o.Kind), Point: o.Point, Vendor: string(o.Vendor), Weekdays: int(o.Weekdays),
		From: instantOf(o.From), To: instantOf(o.To), CalledOff: o.CalledOff, By: o.By, At: instantOf(o.At)}
}

func (r occasionRecord) occasion() distribution.Occasion {
	return distribution.Occasion{ID: r.ID, Programme: r.Programme, Kind: market.Kind(r.Kind), Point: r.Point, Vendor: vendors.ID(r.Vendor),
		Weekdays: uint8(r.Weekdays), From: r.From.time(), To: r.To.time(), CalledOff: r.CalledOff, By: r.By, At: r.At.time()}
}

// marketPriceRecord is in "market-price" by programme and id.
type marketPriceRecord struct {
	ID        string
	Programme string
	Item      string
	Market    string
	Zones     []string
	Day       instant
	Price     amount
	For       amount
	By        string
	At        instant
}

func marketPriceRecordOf(p distribution.MarketPrice) marketPriceRecord {
	return marketPriceRecord{ID: p.ID, Programme: p.Programme, Item: p.Item, Market: p.Market, Zones: p.Zones, Day: instantOf(p.Day),
		Price: amount(p.Price), For: amount(p.For), By: p.By, At: instantOf(p.At)}
}

func (r marketPriceRecord) price() distribution.MarketPrice {
	return distribution.MarketPrice{ID: r.ID, Programme: r.Programme, Item: r.Item, Market: r.Market, Zones: r.Zones, Day: r.Day.time(),
		Price: r.Price.amount(), For: r.For.amount(), By: r.By, At: r.At.time()}
}
