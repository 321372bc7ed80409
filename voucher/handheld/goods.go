package handheld

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// goodsDigits is how many digits after the point a quantity may have, in a
// receipt's line.
const goodsDigits = 3

// checkGoods judges the goods against price list, basket and value. For a
// voucher in francs, goods and shortfall are worth the voucher and the cash
// together; only one of cash and shortfall can be. A voucher in kind is handed
// over to its last unit, for no cash.
func (b *carried) checkGoods(c Card, s Sale) error {
	if len(s.Lines) == 0 {
		return ErrLines
	}
	unit, err := money.NewAsset("GOODS", goodsDigits)
	if err != nil {
		return err
	}
	francs, quantity := money.Francs(0), money.FromMinor(0, unit)
	for i, l := range s.Lines {
		if err := b.checkLine(c, l); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		q, worth, err := worthOf(l, unit)
		if err == nil {
			francs, err = francs.Add(worth)
		}
		if err == nil {
			quantity, err = quantity.Add(q)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if c.Value.Asset() != money.XOF {
		return s.checkKind(c.Value, quantity)
	}
	return s.checkFrancs(c.Value, francs)
}

// checkLine looks a line up in the price list.
func (b *carried) checkLine(c Card, l voucher.Line) error {
	it, ok := b.items[l.Item]
	switch {
	case !ok:
		return ErrItem.At("item", "%.40q", l.Item)
	case l.Price < 0 || l.Price > it.Ceiling:
		return ErrCeiling.At("price", "%d, at most %d", l.Price, it.Ceiling)
	case len(c.Items)+len(c.Categories) > 0 && !slices.Contains(c.Items, it.Code) && !slices.Contains(c.Categories, it.Category):
		return ErrBasket.At("item", "%.40q", l.Item)
	}
	return nil
}

// worthOf returns a line's quantity, in thousandths, and what it costs.
func worthOf(l voucher.Line, unit money.Asset) (money.Amount, money.Amount, error) {
	q, err := money.Parse(l.Quantity, unit)
	if err != nil || q.Sign() <= 0 {
		return q, q, ErrLines.At("quantity", "%.20q is none", l.Quantity)
	}
	worth, err := q.Price(money.Francs(l.Price))
	if errors.Is(err, money.ErrDigits) {
		return q, worth, ErrFraction.At("quantity", "%s at %d", l.Quantity, l.Price)
	}
	return q, worth, err
}

func (s Sale) checkFrancs(value, goods money.Amount) error {
	have, err := value.Add(money.Francs(s.Cash))
	if err != nil {
		return err
	}
	need, err := goods.Add(money.Francs(s.Shortfall))
	if err != nil {
		return err
	}
	if s.Cash < 0 || s.Shortfall < 0 || s.Cash > 0 && s.Shortfall > 0 || !have.Equal(need) {
		return ErrTotal.At("lines", "goods %s, card %s, cash %d, shortfall %d", goods.Text(), value.Text(), s.Cash, s.Shortfall)
	}
	return nil
}

func (s Sale) checkKind(value, quantity money.Amount) error {
	if s.Cash != 0 || s.Shortfall != 0 || !quantity.Decimal().Equal(value.Decimal()) {
		return ErrTotal.At("lines", "goods %s, card %s", quantity.Decimal(), value.Text())
	}
	return nil
}
