package cards

import "github.com/jate-cva/jate/fault"

// Pictogram is a drawing on a card that says what the card is for to a person
// who does not read. The set is closed: a drawing must have been tried with
// people before it is printed on sixty thousand cards.
type Pictogram uint8

// The pictograms. The zero Pictogram is a coin: any goods of the round.
const (
	Coin  Pictogram = iota // money: whatever the round allows
	Bag                    // a sack: dry staples such as millet or flour
	Rice                   // a bowl of grain: cooked staples, rice
	Oil                    // a bottle
	Soap                   // hygiene
	Tool                   // a hoe: seeds and tools
	Phone                  // a number to call
	Scan                   // show this code
)

// pictograms holds name and drawing of each, by value.
var pictograms = [...]struct {
	name string
	draw func(pen)
}{
	Coin:  {"coin", drawCoin},
	Bag:   {"bag", drawBag},
	Rice:  {"rice", drawRice},
	Oil:   {"oil", drawOil},
	Soap:  {"soap", drawSoap},
	Tool:  {"tool", drawHoe},
	Phone: {"phone", drawPhone},
	Scan:  {"scan", drawScan},
}

// ErrPictogram is returned for a name or value outside the set.
var ErrPictogram = fault.New(fault.Invalid, "pictogram_unknown",
	"There is no such pictogram.", "Ce pictogramme n'existe pas.")

// ParsePictogram returns the pictogram of that name, or ErrPictogram.
func ParsePictogram(name string) (Pictogram, error) {
	for i, p := range pictograms {
		if p.name == name {
			return Pictogram(i), nil
		}
	}
	return 0, ErrPictogram
}

// String returns the name that ParsePictogram reads.
func (p Pictogram) String() string {
	if int(p) >= len(pictograms) {
		return "unknown"
	}
	return pictograms[p].name
}

func (s *sheet) pictogram(p Pictogram, x, y, size float64) {
	s.stamp(pictograms[p].name, pictograms[p].draw, x, y, size)
}

// drawCoin is a pile of coins seen from the side and one from the front.
func drawCoin(p pen) {
	p.ink()
	for _, y := range []float64{20.2, 16.2, 12.2} {
		p.box(1, y, 11, 3, 1.5)
	}
	p.disc(15.5, 8.5, 7.5)
	p.paper()
	p.ring(15.5, 8.5, 5.3, 1.1)
	p.line(1.6, 13.6, 7, 15.8, 5.6, 15.8, 11.4)
	p.line(1.6, 13.9, 11.6, 17.7, 11.6)
}

func drawBag(p pen) {
	p.ink()
	p.area(8, 2, 16, 2, 14.5, 6, 9.5, 6)
	p.box(8.2, 6, 7.6, 1.6, 0.8)
	p.area(9.2, 7.4, 14.8, 7.4, 19.6, 13, 20.8, 18.5, 19.4, 22.3, 4.6, 22.3, 3.2, 18.5, 4.4, 13)
	p.paper()
	p.grain(9.5, 15)
	p.grain(14.5, 15)
	p.grain(12, 18.6)
}

// grain is one seed, upright.
func (p pen) grain(x, y float64) { p.oval(x, y, 1.05, 1.75) }

func drawRice(p pen) {
	p.ink()
	for _, g := range [][2]float64{{12, 4}, {8.6, 6}, {15.4, 6}, {12, 8}, {5.6, 9}, {18.4, 9}, {8.9, 10}, {15.1, 10}} {
		p.grain(g[0], g[1])
	}
	p.area(1.5, 12.5, 22.5, 12.5, 21.6, 16, 19.4, 19, 16, 21, 8, 21, 4.6, 19, 2.4, 16)
	p.box(7.5, 20.6, 9, 2, 0.6)
}

func drawOil(p pen) {
	p.ink()
	p.box(9.6, 1, 4.8, 2.6, 0.6)
	p.area(10.2, 4.2, 13.8, 4.2, 14, 7, 17.5, 10.5, 6.5, 10.5, 10, 7)
	p.box(6.5, 9.6, 11, 13.4, 1.6)
	p.paper()
	p.disc(12, 17.4, 2.9)
	p.area(12, 11.6, 14.4, 15.9, 9.6, 15.9)
}

func drawSoap(p pen) {
	p.ink()
	p.box(2, 12, 20, 10.5, 3.4)
	p.ring(7, 6.6, 2.6, 1.2)
	p.ring(13.2, 4.2, 2.0, 1.2)
	p.ring(17.6, 8.2, 1.5, 1.1)
	p.paper()
	p.box(6, 15.4, 12, 3.7, 1.8)
}

func drawHoe(p pen) {
	p.ink()
	p.line(2.4, 4.5, 22, 15.5, 3.5)
	p.area(13, 1.6, 17.4, 2.4, 21.8, 9.6, 21, 14.6, 16.6, 12.4)
}

func drawPhone(p pen) {
	p.ink()
	p.box(6.2, 1, 11.6, 22, 2)
	p.paper()
	p.box(7.8, 4, 8.4, 13.4, 0.4)
	p.disc(12, 20.2, 1.2)
	p.ink()
	p.arc(9.4, 12.8, 2.2, 2.2, 0, 90, 1.2)
	p.arc(9.4, 12.8, 4.6, 4.6, 0, 90, 1.2)
	p.disc(9.6, 12.8, 1)
}

func drawScan(p pen) {
	p.ink()
	for _, c := range [][4]float64{{2, 2, 1, 1}, {22, 2, -1, 1}, {2, 22, 1, -1}, {22, 22, -1, -1}} {
		p.line(1.8, c[0]+5*c[2], c[1], c[0], c[1], c[0], c[1]+5*c[3])
	}
	for _, c := range [][2]float64{{6, 6}, {13, 6}, {6, 13}} {
		p.box(c[0], c[1], 5, 5, 0)
	}
	p.box(13.2, 13.2, 2, 2, 0)
	p.box(16, 16, 2, 2, 0)
	p.paper()
	for _, c := range [][2]float64{{7.6, 7.6}, {14.6, 7.6}, {7.6, 14.6}} {
		p.box(c[0], c[1], 1.8, 1.8, 0)
	}
}

// drawCalendar is a leaf of a calendar with its last day crossed.
func drawCalendar(p pen) {
	p.ink()
	p.box(1, 3, 22, 20, 2)
	p.line(2.6, 7, 1.4, 7, 5)
	p.line(2.6, 17, 1.4, 17, 5)
	p.paper()
	p.box(3, 9, 18, 12, 0.8)
	p.ink()
	p.line(2.2, 9, 12, 15, 18)
	p.line(2.2, 15, 12, 9, 18)
}
