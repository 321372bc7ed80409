package cards

import (
	"fmt"
	"io"
	"iter"
	"strings"
)

// Slip is the PIN of one household's vouchers, folded so that nobody reads it
// on the way.
type Slip struct {
	PIN     string   // 6 decimal digits
	Serials []string // of the cards it opens, 1 to 12; several are printed by their last four characters
}

// SlipsMax is the most slips that one document holds.
const SlipsMax = 20_000

// A slip has three panels side by side: a shield, the PIN, and the outside.
// The first fold lays the shield's pattern over the PIN, the second brings
// the outside to the back. One side of the paper is printed, so nothing has to
// register; whichever way it is held to the light, a pattern covers the PIN.
const (
	panelWidth  = 62.0
	slipHeight  = 45.0
	slipsASheet = 6
	slipsLeft   = (a4Short - 3*panelWidth) / 2
	slipsTop    = (a4Long - slipsASheet*slipHeight) / 2
)

// WriteSlips writes PIN slips, six to a sheet of A4 in the order given. The
// document holds secrets in clear: w must encrypt. It returns ErrInput naming
// the slip, ErrTooMany, or the error of the sequence or of w.
func WriteSlips(w io.Writer, j Job, slips iter.Seq2[Slip, error]) error {
	if err := j.check(); err != nil {
		return err
	}
	s, err := newSheet(false, "Slips "+j.Round, j.Made)
	if err != nil {
		return err
	}
	var n int
	for l, err := range slips {
		if err != nil {
			return fmt.Errorf("slips: %w", err)
		}
		if n == SlipsMax {
			return ErrTooMany
		}
		if err := l.check(fmt.Sprintf("slips[%d]", n)); err != nil {
			return err
		}
		if n%slipsASheet == 0 {
			s.AddPage()
		}
		s.slip(j, l, slipsLeft, slipsTop+float64(n%slipsASheet)*slipHeight)
		n++
	}
	if n == 0 {
		return ErrInput.At("slips", "there are none")
	}
	s.numberPages(func(page, pages int) {
		s.ink(0)
		s.font(bold, 7.5)
		s.left(slipsLeft, slipsTop-4.5, "SECRET   "+j.Round)
		s.font(sans, 7)
		s.centre(a4Short/2, slipsTop-4.5, fmt.Sprintf("PIN   %d / %d", page, pages))
		s.right(a4Short-slipsLeft, slipsTop-4.5, date(j.Made))
		s.centre(a4Short/2, a4Long-slipsTop+5.5, j.Lang.words(
			"Couper. Plier 1 : le motif sur le PIN. Plier 2 : en arrière. Agrafer ou coller.",
			"Cut. Fold 1: pattern over the PIN. Fold 2: backwards. Staple or glue."))
	})
	return s.finish(w)
}

func (l Slip) check(at string) error {
	c := check{at: at}
	c.digits("pin", l.PIN, 6, 6)
	if len(l.Serials) < 1 || len(l.Serials) > 12 {
		c.fail("serials", "are not 1 to 12")
	}
	for _, serial := range l.Serials {
		c.text("serials", serial, 4, 32)
	}
	return c.result()
}

// which names the cards in one or two lines.
func (l Slip) which() []string {
	if len(l.Serials) == 1 {
		return l.Serials
	}
	lines := make([]string, 1, 2)
	for i, serial := range l.Serials {
		if i == 6 {
			lines = append(lines, "")
		}
		last := &lines[len(lines)-1]
		*last = strings.TrimSpace(*last + " " + tail(serial))
	}
	return lines
}

func (s *sheet) slip(j Job, l Slip, x, y float64) {
	which := l.which()
	s.pattern(x+1, y+1, panelWidth-2, slipHeight-2)
	s.slipInside(j, l.PIN, which, x+panelWidth, y)
	s.slipOutside(j, which, x+2*panelWidth, y)

	s.ink(150)
	s.SetLineWidth(0.15)
	s.Rect(x, y, 3*panelWidth, slipHeight, "D")
	s.SetDashPattern([]float64{1.5, 1.2}, 0)
	for i := 1.0; i <= 2; i++ {
		s.rule(0.2, x+i*panelWidth, y, x+i*panelWidth, y+slipHeight)
	}
	s.SetDashPattern(nil, 0)
	s.ink(0)
	s.font(bold, 6)
	for i := 1.0; i <= 2; i++ {
		s.SetFillColor(255, 255, 255)
		s.Circle(x+i*panelWidth, y+3.4, 1.7, "F")
		s.SetDrawColor(0, 0, 0)
		s.SetLineWidth(0.2)
		s.Circle(x+i*panelWidth, y+3.4, 1.7, "D")
		s.centre(x+i*panelWidth, y+4.2, fmt.Sprint(i))
	}
}

// slipInside is the PIN in digits and in pictures.
func (s *sheet) slipInside(j Job, pin string, which []string, x, y float64) {
	const step, size = 9.6, 8.0
	s.ink(0)
	s.font(bold, 7)
	s.centre(x+panelWidth/2, y+6, j.Lang.words("Code secret", "Secret code"))
	left := x + (panelWidth-6*step)/2
	for i, d := range pin {
		mid := left + (float64(i)+0.5)*step
		pic := pictures[d-'0']
		s.ink(0)
		s.font(bold, 22)
		s.centre(mid, y+16, string(d))
		s.stamp(pic.en, pic.draw, mid-size/2, y+18.5, size)
		for k, t := range j.Lang.lines(pic.fr, pic.en) {
			s.fit(sans, 5.5, step-0.4, t)
			s.centre(mid, y+29.3+float64(k)*2.3, t)
		}
	}
	advice := j.Lang.lines("Ne le dites qu'au moment d'acheter. Jamais au téléphone.",
		"Say it only when you buy. Never on the phone.")
	s.fit(sans, 6, panelWidth-6, advice[0])
	for k, t := range advice {
		s.centre(x+panelWidth/2, y+35.2+float64(k)*2.7, t)
	}
	for k, t := range which {
		s.fit(mono, 6, panelWidth-6, t)
		s.centre(x+panelWidth/2, y+slipHeight-2+float64(k-len(which)+1)*2.4, t)
	}
}

// slipOutside is what shows when the slip is closed.
func (s *sheet) slipOutside(j Job, which []string, x, y float64) {
	s.pattern(x+1, y+1, panelWidth-2, slipHeight-2)
	s.SetFillColor(255, 255, 255)
	s.RoundedRect(x+6, y+10, panelWidth-12, slipHeight-20, 2, "1234", "F")
	s.ink(0)
	s.font(bold, 9)
	s.centre(x+panelWidth/2, y+16.5, "PIN")
	for k, t := range which {
		s.fit(mono, 9, panelWidth-16, t)
		s.centre(x+panelWidth/2, y+22+float64(k)*3.2, t)
	}
	s.font(sans, 6)
	for k, t := range j.Lang.lines("À ouvrir par la famille seulement", "For the family alone to open") {
		s.centre(x+panelWidth/2, y+29.4+float64(k)*2.6, t)
	}
}

// pattern fills a rectangle with digits over one another, as on the inside of
// a bank's envelope. It is the same for every slip and so tells nothing.
func (s *sheet) pattern(x, y, w, h float64) {
	s.ClipRect(x, y, w, h, false)
	s.ink(45)
	s.font(bold, 20)
	const row = "80693852718946038257961480392685714098365280714963"
	for i := range 10 {
		from := (i * 7) % 20
		s.left(x-float64(i%4)*1.3, y+3+float64(i)*4.8, row[from:from+22])
	}
	s.ink(120)
	for i := -h; i < w; i += 1.6 {
		s.rule(0.35, x+i, y+h, x+i+h, y)
	}
	s.ClipEnd()
	s.ink(0)
}
