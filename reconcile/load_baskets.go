package reconcile

import (
	"errors"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// quantityDigits is how many digits after the point a line's quantity has.
const quantityDigits = 3

// basket reads the goods of the receipt that comes next, with what the vendor's
// price list of that day allows. A line that gives no whole francs is left out:
// it is the handheld that refuses it.
func (l *loader) basket(r voucher.StoredReceipt) error {
	lines, err := r.Lines()
	if err != nil || len(lines) == 0 {
		return err
	}
	unit, err := money.NewAsset("GOODS", quantityDigits)
	if err != nil {
		return err
	}
	list, err := l.priceList(r)
	if err != nil {
		return err
	}
	for _, line := range lines {
		quantity, err := money.Parse(line.Quantity, unit)
		if err != nil {
			continue
		}
		paid, err := quantity.Price(money.Francs(line.Price))
		if err != nil {
			continue
		}
		g := GoodsFacts{Receipt: int32(len(l.facts.receipts)), Item: l.items.of("item " + line.Item), Amount: paid.Minor()}
		ceiling := int64(0)
		if item, ok := list.Ceiling(line.Item); ok {
			if item.Ceiling.Asset() == money.XOF {
				ceiling = item.Ceiling.Minor()
			}
			if most, err := quantity.Price(item.Ceiling); err == nil && most.Asset() == money.XOF {
				g.Listed = most.Minor()
			}
		}
		if g.Market, err = l.marketOf(r, line.Item, ceiling, quantity.Minor()); err != nil {
			return err
		}
		l.facts.Baskets = append(l.facts.Baskets, g)
	}
	return nil
}

// priceList returns the vendor's list of the day of the sale, an empty one
// where there was none.
func (l *loader) priceList(r voucher.StoredReceipt) (vendors.PriceList, error) {
	lists, known := l.prices[r.Vendor]
	if !known {
		for version := 0; len(lists) == 0 || version > 0; {
			list, err := l.tx.PriceList(r.Vendor, version)
			if errors.Is(err, vendors.ErrNotFound) {
				break
			}
			if err != nil {
				return list, err
			}
			lists, version = append(lists, list), list.Version-1
		}
		l.prices[r.Vendor] = lists
	}
	for _, list := range lists {
		if !list.From.After(r.Said) {
			return list, nil
		}
	}
	return vendors.PriceList{}, nil
}
