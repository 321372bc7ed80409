package cards

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// Card is what one voucher card shows.
type Card struct {
	Code       string // content of the QR code: 1 to 604 decimal digits
	Serial     string // as printed, groups separated by "-" or spaces; at most 32 letters
	Value      money.Amount
	Goods      Goods       // required where Value is a commodity
	Pictograms []Pictogram // at most 4, or 2 beside the name of goods; none is a coin
	Ends       time.Time   // an instant on the last day of validity; that day is printed in its zone
	Point      string      // opaque code of the distribution point, printed in the margin only; at most 16 letters
	Scratch    bool        // leave room for a scratch label
	PIN        bool        // show that a PIN is asked for

	// Blank leaves the position empty; everything but Point is ignored. It
	// lets a caller keep a household's cards on one sheet.
	Blank bool
}

// Goods names what a voucher is for.
type Goods struct {
	Name string // "Riz / Rice"; at most 28 letters
	Unit string // of a commodity's quantity: "kg"; at most 8 letters
}

// CardsMax is the most positions, blank ones included, that one document
// holds. They take about 40 MB on disk and 600 MB of memory while they are made.
const CardsMax = 10_000

// An ID-1 card (ISO/IEC 7810) and ten of them, edge to edge, centred on A4.
const (
	cardWidth   = 85.60
	cardHeight  = 53.98
	cardColumns = 2
	cardRows    = 5
	cardsASheet = cardColumns * cardRows
	cardsLeft   = (a4Short - cardColumns*cardWidth) / 2 // 19.4 mm
	cardsTop    = (a4Long - cardRows*cardHeight) / 2    // 13.55 mm
)

// Places on a card, from its top left corner.
const (
	codeSize   = 43.0 // quiet zone included; 0.62 mm a module at version 11
	columnLeft = 46.2 // of what stands beside the code
	columnWide = 36.6
	stripLeft  = 4.2 // of what stands below it
)

// WriteCards writes voucher cards, ten to a sheet of A4 in the order given,
// row by row. A card of another point than the one before starts a new sheet.
// It returns ErrInput or ErrCode naming the card, ErrTooMany, or the error of
// the sequence or of w.
func WriteCards(w io.Writer, j Job, cards iter.Seq2[Card, error]) error {
	if err := j.check(); err != nil {
		return err
	}
	s, err := newSheet(false, "Cards "+j.Round, j.Made)
	if err != nil {
		return err
	}
	run := cardRun{s: s, job: j}
	for c, err := range cards {
		if err != nil {
			return fmt.Errorf("cards: %w", err)
		}
		if err := run.add(c); err != nil {
			return err
		}
	}
	if len(run.sheets) == 0 {
		return ErrInput.At("cards", "there are none")
	}
	run.margins()
	return s.finish(w)
}

// cardRun places cards and remembers what the margins must say.
type cardRun struct {
	s      *sheet
	job    Job
	sheets []cardSheet
	seen   int
}

type cardSheet struct {
	point       string
	used        int // positions, blank ones included
	cards       int
	first, last string // serials
}

func (r *cardRun) add(c Card) error {
	at := fmt.Sprintf("cards[%d]", r.seen)
	if r.seen++; r.seen > CardsMax {
		return ErrTooMany
	}
	if err := c.check(at); err != nil {
		return err
	}
	n := len(r.sheets)
	if n == 0 || r.sheets[n-1].used == cardsASheet || r.sheets[n-1].point != c.Point {
		r.s.AddPage()
		r.s.cropMarks()
		r.sheets = append(r.sheets, cardSheet{point: c.Point})
		n++
	}
	sh := &r.sheets[n-1]
	pos := sh.used
	sh.used++
	if c.Blank {
		return nil
	}
	if sh.cards++; sh.cards == 1 {
		sh.first = c.Serial
	}
	sh.last = c.Serial
	x := cardsLeft + float64(pos%cardColumns)*cardWidth
	y := cardsTop + float64(pos/cardColumns)*cardHeight
	if err := r.s.card(r.job, c, x, y, fmt.Sprintf("%03d/%02d", n, pos+1)); err != nil {
		return ErrCode.At(at+".code", "does not fit in %d by %d modules", codeModulesMax, codeModulesMax)
	}
	return nil
}

func (c Card) check(at string) error {
	k := check{at: at}
	k.text("point", c.Point, 0, 16)
	if c.Blank {
		return k.result()
	}
	if len(c.Code) > codeDigitsMax {
		return ErrCode.At(at+".code", "is longer than %d digits", codeDigitsMax)
	}
	k.digits("code", c.Code, 1, codeDigitsMax)
	k.text("serial", c.Serial, 4, 32)
	k.text("goods.name", c.Goods.Name, 0, 28)
	k.text("goods.unit", c.Goods.Unit, 0, 8)
	if c.Value.Sign() <= 0 {
		k.fail("value", "is not positive")
	} else if !c.Value.Asset().IsCurrency() && (c.Goods.Name == "" || c.Goods.Unit == "") {
		k.fail("goods", "is missing for a commodity")
	}
	if c.Ends.IsZero() {
		k.fail("ends", "is missing")
	}
	if n := len(c.Pictograms); n > 4 || n > 2 && c.Goods.Name != "" {
		k.fail("pictograms", "are more than 4, or more than 2 beside the name of goods")
	}
	for _, p := range c.Pictograms {
		if int(p) >= len(pictograms) {
			k.fail("pictograms", "holds an unknown one")
		}
	}
	return k.result()
}

// card draws one card with its corner at x, y.
func (s *sheet) card(j Job, c Card, x, y float64, position string) error {
	b, err := s.codes.encode(c.Code, codeModulesMax)
	if err != nil {
		return err
	}
	s.code(b, x+1, y+1, codeSize)
	s.cardHead(j, c, x+columnLeft, y, position)
	s.cardGoods(j, c, x+columnLeft, y)
	s.cardEnd(j, c, x+columnLeft, y)
	if c.Scratch {
		s.scratchRoom(j, x+columnLeft+(columnWide-labelWidth)/2, y+27.3)
	}
	s.cardStrip(j, c, x+stripLeft, y)
	return nil
}

// cardHead is the word voucher, the position in the job, and the value.
func (s *sheet) cardHead(j Job, c Card, x, y float64, position string) {
	s.ink(0)
	s.font(bold, 6.5)
	s.left(x, y+4.9, strings.ToUpper(j.Lang.words("Coupon", "Voucher")))
	s.ink(110)
	s.font(mono, 5)
	s.right(x+columnWide, y+4.9, position)
	s.ink(0)
	s.rule(0.35, x, y+6.1, x+columnWide, y+6.1)

	number, unit := quantity(c.Value, c.Goods.Unit)
	// The unit is set at half the size of the number, as on price labels.
	const gap = 1.2
	pt := 27.0
	s.font(bold, pt)
	wide := s.GetStringWidth(number) + gap
	s.font(bold, pt/2)
	if wide += s.GetStringWidth(unit); wide > columnWide {
		pt *= columnWide / wide
	}
	s.font(bold, pt)
	s.left(x-0.3, y+14.9, number)
	after := x - 0.3 + s.GetStringWidth(number) + gap
	s.font(bold, pt/2)
	s.left(after, y+14.9, unit)
}

// quantity splits an amount into its number, thousands apart, and its unit. A
// fraction of nothing is left out: "25,00" is too easily read as 2500.
func quantity(a money.Amount, unit string) (string, string) {
	number, code, _ := strings.Cut(a.Format("fr"), "\u00a0")
	if whole, fraction, ok := strings.Cut(number, ","); ok && strings.Trim(fraction, "0") == "" {
		number = whole
	}
	if a.Asset().IsCurrency() {
		return number, code
	}
	return number, unit
}

// cardGoods is what the card buys: drawings, the goods' name, and a lock where
// a PIN is asked for. Without a scratch label the drawings take its room.
func (s *sheet) cardGoods(j Job, c Card, x, y float64) {
	list := c.Pictograms
	if len(list) == 0 {
		list = []Pictogram{Coin}
	}
	right := x + columnWide
	if c.PIN {
		right = s.pinMark(right, y+16.8)
	}
	if !c.Scratch {
		n := float64(len(list))
		size := min(11, (columnWide-n+1)/n)
		left := x + (columnWide-n*(size+1)+1)/2
		for i, p := range list {
			s.pictogram(p, left+float64(i)*(size+1), y+30, size)
		}
		s.goodsName(x, y+18.5, right-x, c.Goods.Name)
		return
	}
	const size = 5.2
	for _, p := range list {
		s.pictogram(p, x, y+16.6, size)
		x += size + 0.9
	}
	s.goodsName(x+0.4, y+18.5, right-x-0.4, c.Goods.Name)
}

// goodsName sets a name in one line, or two where one would be too small to
// read, centred on height y.
func (s *sheet) goodsName(x, y, width float64, name string) {
	cut := strings.LastIndexByte(name[:min(len(name), len(name)/2+1)], ' ')
	if pt := s.fit(bold, 9, width, name); pt >= 7 || cut < 0 {
		s.left(x, y+pt*0.36*0.3528, name)
		return
	}
	upper, lower := name[:cut], name[cut+1:]
	wider := upper
	if s.GetStringWidth(lower) > s.GetStringWidth(upper) {
		wider = lower
	}
	s.fit(bold, 7, width, wider)
	s.left(x, y-0.4, upper)
	s.left(x, y+2.2, lower)
}

// pinMark draws a key and "PIN" in a frame that ends at right, and returns
// where it begins.
func (s *sheet) pinMark(right, y float64) float64 {
	const wide, high = 12.2, 4.8
	s.SetLineWidth(0.35)
	s.RoundedRect(right-wide, y, wide, high, 1, "1234", "D")
	s.stamp(pictures[4].en, pictures[4].draw, right-wide+0.9, y+0.2, 4.4)
	s.ink(0)
	s.font(bold, 7.5)
	s.left(right-6.2, y+3.35, "PIN")
	return right - wide - 0.8
}

// cardEnd is the last day, with no word needed to read it.
func (s *sheet) cardEnd(j Job, c Card, x, y float64) {
	s.stamp("calendar", drawCalendar, x, y+22.7, 4.1)
	lines := j.Lang.lines("Jusqu'au", "Until")
	s.font(sans, 5.6)
	for i, t := range lines {
		s.left(x+5.1, y+25.7+(float64(i)-float64(len(lines)-1)/2)*2.25, t)
	}
	s.font(bold, 11)
	s.right(x+columnWide, y+26.3, date(c.Ends))
}

// scratchRoom marks where the label goes, in the size of a label.
func (s *sheet) scratchRoom(j Job, x, y float64) {
	s.ink(130)
	s.SetLineWidth(0.2)
	s.SetDashPattern([]float64{1, 0.8}, 0)
	s.RoundedRect(x, y, labelWidth, labelHeight, 1.2, "1234", "D")
	s.SetDashPattern(nil, 0)
	lines := j.Lang.lines("Étiquette ici. Grattez chez le commerçant.", "Label here. Scratch at the shop.")
	s.fit(sans, 6, labelWidth-3, lines[0])
	for i, t := range lines {
		s.centre(x+labelWidth/2, y+9.1+(float64(i)-float64(len(lines)-1)/2)*3, t)
	}
	s.ink(0)
}

// cardStrip is the serial and whom to call.
func (s *sheet) cardStrip(j Job, c Card, x, y float64) {
	s.ink(0)
	s.fit(mono, 10.5, cardWidth-2*stripLeft, c.Serial)
	s.left(x, y+48, c.Serial)
	if j.Hotline == "" {
		return
	}
	s.pictogram(Phone, x-0.6, y+48.9, 3.8)
	s.font(sans, 6.5)
	help := j.Lang.words("Aide, plainte", "Help, complaint")
	s.left(x+3.6, y+51.7, help)
	at := x + 3.6 + s.GetStringWidth(help) + 1.6
	s.fit(bold, 9.5, cardWidth-stripLeft-(at-(x-stripLeft)), j.Hotline)
	s.left(at, y+51.8, j.Hotline)
}

// cropMarks draws where to cut: marks outside the cards for a guillotine and
// a faint line between them for scissors.
func (s *sheet) cropMarks() {
	const from, to = 2.0, 7.0
	right, bottom := cardsLeft+cardColumns*cardWidth, cardsTop+cardRows*cardHeight
	for i := range cardColumns + 1 {
		x := cardsLeft + float64(i)*cardWidth
		s.ink(0)
		s.rule(0.15, x, cardsTop-to, x, cardsTop-from)
		s.rule(0.15, x, bottom+from, x, bottom+to)
		s.ink(205)
		s.rule(0.1, x, cardsTop, x, bottom)
	}
	for i := range cardRows + 1 {
		y := cardsTop + float64(i)*cardHeight
		s.ink(0)
		s.rule(0.15, cardsLeft-to, y, cardsLeft-from, y)
		s.rule(0.15, right+from, y, right+to, y)
		s.ink(205)
		s.rule(0.1, cardsLeft, y, right, y)
	}
	s.ink(0)
}

// margins puts on every sheet, outside the cut lines, what lets a pack be
// counted without opening it: point, sheet of the point, cards, serials.
func (r *cardRun) margins() {
	of := map[string]int{}
	for _, sh := range r.sheets {
		of[sh.point]++
	}
	nth := map[string]int{}
	r.s.numberPages(func(page, pages int) {
		s, sh := r.s, r.sheets[page-1]
		nth[sh.point]++
		s.ink(0)
		// Between the crop marks, where a printer still reaches.
		const inset = 3
		left, middle, right := cardsLeft+inset, a4Short/2+inset, a4Short-cardsLeft-inset
		top, bottom := cardsTop-3.6, cardsTop+cardRows*cardHeight+5.2
		s.font(bold, 8)
		s.left(left, top, strings.TrimSpace(r.job.Round+"   "+sh.point))
		s.font(sans, 7)
		sheet := fmt.Sprintf("Feuille · Sheet %d / %d", nth[sh.point], of[sh.point])
		if len(of) > 1 {
			sheet += fmt.Sprintf("   (%d / %d)", page, pages)
		}
		s.left(middle, top, sheet)
		s.right(right, top, fmt.Sprintf("Cartes · Cards: %d", sh.cards))
		if sh.cards > 0 {
			s.left(left, bottom, sh.first+"  →  "+sh.last)
		}
		s.right(right, bottom, date(r.job.Made))
	})
}
