package cards

import (
	"fmt"
	"io"

	"github.com/jate-cva/jate/money"
)

// PackingList is what a point's parcel holds, so that whoever opens it can
// count it.
type PackingList struct {
	Point string     // opaque code; 1 to 16 letters
	Packs []PackLine // 1 to 20, one for each denomination
	// Sheets and pieces packed beside the cards, 0 to a million each.
	CardSheets, Labels, Slips, HandOverSheets int
}

// PackLine is the cards of one denomination.
type PackLine struct {
	Value  money.Amount // of one card
	Goods  Goods        // required where Value is a commodity
	Cards  int          // for households; 0 to a million
	Spares int          // counted apart, worth nothing until bound; 0 to a million
}

const packedMax = 1_000_000

// WritePackingList writes the one-page list packed with a point's cards. It
// returns ErrInput naming the field, money.ErrRange when a total does not fit,
// or the error of w.
func WritePackingList(w io.Writer, j Job, p PackingList) error {
	if err := j.check(); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	rows, err := p.rows()
	if err != nil {
		return err
	}
	s, err := newSheet(false, "Packing "+j.Round+" "+p.Point, j.Made)
	if err != nil {
		return err
	}
	s.AddPage()
	s.banner(officeMargin, "Bordereau de colisage", "Packing list", j.Round+"   "+p.Point, date(j.Made))
	cols := []column{
		{"Valeur d'une carte", "Value of one card", 60, false}, {"Cartes", "Cards", 27, true},
		{"Réserve", "Spares", 27, true}, {"Total (sans réserve)", "Total (without spares)", 60, true},
	}
	y := 36.0
	s.heads(cols, officeMargin, y, 9.5)
	y += 9.5
	for _, r := range rows {
		s.cells(cols, r.face, officeMargin, y, 9, r.texts...)
		y += 9
	}
	s.contents(p, y+12)
	wide := (a4Short - 2*officeMargin - 2*4) / 3
	for i, who := range [][2]string{{"Préparé", "Packed"}, {"Contrôlé", "Checked"}, {"Reçu au site", "Received at the point"}} {
		s.signature(officeMargin+float64(i)*(wide+4), 245, wide, 30, who[0], who[1])
	}
	return s.finish(w)
}

func (p PackingList) check() error {
	c := check{at: "packing_list"}
	c.text("point", p.Point, 1, 16)
	if n := len(p.Packs); n < 1 || n > 20 {
		c.fail("packs", "are not 1 to 20")
	}
	for _, n := range []int{p.CardSheets, p.Labels, p.Slips, p.HandOverSheets} {
		if n < 0 || n > packedMax {
			c.fail("counts", "are not 0 to a million")
		}
	}
	for i, l := range p.Packs {
		c.at = fmt.Sprintf("packing_list.packs[%d]", i)
		c.text("goods.name", l.Goods.Name, 0, 28)
		c.text("goods.unit", l.Goods.Unit, 0, 8)
		if l.Value.Sign() <= 0 {
			c.fail("value", "is not positive")
		}
		if l.Cards < 0 || l.Cards > packedMax || l.Spares < 0 || l.Spares > packedMax {
			c.fail("cards", "are not 0 to a million")
		}
	}
	return c.result()
}

type packRow struct {
	face
	texts []string
}

// rows are the denominations and then one total for each asset, in the order
// the assets first appear.
func (p PackingList) rows() ([]packRow, error) {
	type total struct {
		value         money.Amount
		unit          string
		cards, spares int
	}
	var (
		rows   []packRow
		order  []money.Asset
		totals = map[money.Asset]total{}
	)
	for _, l := range p.Packs {
		worth, err := l.Value.Mul(int64(l.Cards))
		if err != nil {
			return nil, err
		}
		name := show(l.Value, l.Goods.Unit)
		if l.Goods.Name != "" {
			name += "  " + l.Goods.Name
		}
		rows = append(rows, packRow{sans, []string{name, count(l.Cards), count(l.Spares), show(worth, l.Goods.Unit)}})

		t, ok := totals[l.Value.Asset()]
		if !ok {
			order = append(order, l.Value.Asset())
			t = total{value: money.FromMinor(0, l.Value.Asset()), unit: l.Goods.Unit}
		}
		if t.value, err = t.value.Add(worth); err != nil {
			return nil, err
		}
		t.cards, t.spares = t.cards+l.Cards, t.spares+l.Spares
		totals[l.Value.Asset()] = t
	}
	for _, a := range order {
		t := totals[a]
		rows = append(rows, packRow{bold, []string{"Total", count(t.cards), count(t.spares), show(t.value, t.unit)}})
	}
	return rows, nil
}

// show is an amount as quantity splits it, in one text.
func show(a money.Amount, unit string) string {
	number, unit := quantity(a, unit)
	return number + "\u00a0" + unit
}

// count sets thousands apart, as amounts are.
func count(n int) string {
	number, _ := quantity(money.Francs(int64(n)), "")
	return number
}

// contents lists what lies beside the cards, with a box to tick for each.
func (s *sheet) contents(p PackingList, y float64) {
	s.font(bold, 10)
	s.left(officeMargin, y, "Dans le colis · In the parcel")
	for _, c := range []struct {
		n      int
		fr, en string
	}{
		{p.CardSheets, "feuilles de cartes", "sheets of cards"},
		{p.Labels, "étiquettes à gratter, enveloppe scellée à part", "scratch labels, in a sealed envelope of their own"},
		{p.Slips, "plis PIN fermés, enveloppe scellée à part", "closed PIN slips, in a sealed envelope of their own"},
		{p.HandOverSheets, "feuilles de remise numérotées", "numbered hand-over sheets"},
	} {
		y += 8.5
		s.font(bold, 10)
		s.right(officeMargin+27, y, count(c.n))
		s.fit(sans, 9, 140, c.fr+" · "+c.en)
		s.left(officeMargin+31, y, c.fr+" · "+c.en)
		s.tick(officeMargin, y+0.8, 4.6, "")
	}
}
