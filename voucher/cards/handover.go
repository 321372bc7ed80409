package cards

import (
	"fmt"
	"io"
)

// HandOver is the list on which a point's cards are handed over and signed
// for. With names it is the one paper on which they leave the office, so
// every sheet is numbered and says who took it out and that it must be brought
// back and destroyed.
type HandOver struct {
	Point string     // opaque code; 1 to 16 letters
	Place string     // the point's name for the team, may be empty; at most 60 letters
	Copy  int        // 1 for the first print, at most 99
	Lines []HandLine // 1 to HandLinesMax
}

// HandLine is one household.
type HandLine struct {
	Number    int      // in the point's list, 1 to 999999
	Household string   // pseudonymous code; 1 to 20 letters
	Name      string   // optional; the column is printed if any line has one; at most 60 letters
	Serials   []string // of its cards, 1 to 24; the last four characters are printed
}

// HandLinesMax is the most households on one list.
const HandLinesMax = 10_000

const (
	handMargin  = 12.0
	handTop     = 44.0 // of the first line
	handLine    = 14.6 // room for a thumb
	handASheet  = 9
	handSerials = 6 // tails in a row of a cell
	handBottom  = handTop + handASheet*handLine
)

// Columns of a hand-over sheet; the name may be missing, the last takes what
// is left.
const (
	handName = 2 + iota
	handCount
	handTails
	handHead
	handAlternate
	handThird
	handAbsent
	handSign
)

func handColumns(names bool) []column {
	cols := []column{
		{"N°", "No.", 11, true}, {"Ménage", "Household", 29, false}, {"Nom", "Name", 52, false},
		{"Cartes", "Cards", 14, true}, {"Séries (4 derniers)", "Serials (last 4)", 51, false},
		{"Chef", "Head", 12, false}, {"Suppléant", "Alternate", 15, false}, {"Tiers, motif", "Third party, why", 24, false},
		{"Non remis", "Not given", 15, false}, {"Signature ou pouce", "Signature or thumb", 0, false},
	}
	if !names {
		cols[handName].width = 0
	}
	left := a4Long - 2*handMargin
	for _, c := range cols {
		left -= c.width
	}
	cols[handSign].width = left
	return cols
}

// WriteHandOver writes numbered hand-over sheets, nine households to a sheet
// of A4 landscape. It returns ErrInput naming the field, ErrTooMany, or the
// error of w. A document with names is personal data: w must be a place where
// it may lie.
func WriteHandOver(w io.Writer, j Job, h HandOver) error {
	if err := j.check(); err != nil {
		return err
	}
	if err := h.check(); err != nil {
		return err
	}
	s, err := newSheet(true, "Hand-over "+j.Round+" "+h.Point, j.Made)
	if err != nil {
		return err
	}
	names := false
	for _, l := range h.Lines {
		names = names || l.Name != ""
	}
	sheets := (len(h.Lines) + handASheet - 1) / handASheet
	for n := range sheets {
		s.AddPage()
		s.handOver(j, h, h.Lines[n*handASheet:min(len(h.Lines), (n+1)*handASheet)], names, n+1, sheets)
	}
	return s.finish(w)
}

func (h HandOver) check() error {
	if len(h.Lines) > HandLinesMax {
		return ErrTooMany
	}
	c := check{at: "hand_over"}
	c.text("point", h.Point, 1, 16)
	c.text("place", h.Place, 0, 60)
	if h.Copy < 1 || h.Copy > 99 {
		c.fail("copy", "is not 1 to 99")
	}
	if len(h.Lines) == 0 {
		c.fail("lines", "are missing")
	}
	for i, l := range h.Lines {
		c.at = fmt.Sprintf("hand_over.lines[%d]", i)
		if l.Number < 1 || l.Number > 999_999 {
			c.fail("number", "is not 1 to 999999")
		}
		c.text("household", l.Household, 1, 20)
		c.text("name", l.Name, 0, 60)
		if len(l.Serials) < 1 || len(l.Serials) > 24 {
			c.fail("serials", "are not 1 to 24")
		}
		for _, serial := range l.Serials {
			c.text("serials", serial, 4, 32)
		}
		if c.err != nil {
			break
		}
	}
	return c.result()
}

func (s *sheet) handOver(j Job, h HandOver, lines []HandLine, names bool, n, sheets int) {
	s.banner(handMargin, "Liste de remise des cartes", "Card hand-over sheet",
		fmt.Sprintf("Feuille · Sheet %d / %d", n, sheets),
		fmt.Sprintf("Copie · Copy %d    %s", h.Copy, date(j.Made)))
	s.font(bold, 10)
	s.left(100, 16, j.Round+"   "+h.Point)
	s.fit(sans, 10, 90, h.Place)
	s.left(100, 21, h.Place)
	s.handNotice(names)

	cols, y := handColumns(names), handTop
	shown := withoutEmpty(cols)
	s.heads(shown, handMargin, handTop-9.5, 9.5)
	cards := 0
	for _, l := range lines {
		s.frames(shown, handMargin, y, handLine)
		s.handLine(cols, l, y)
		cards += len(l.Serials)
		y += handLine
	}
	s.ink(0)
	s.font(sans, 7.5)
	s.left(handMargin, handBottom+4.2, fmt.Sprintf("Cette feuille · This sheet:  %d ménages · households,  %d cartes · cards", len(lines), cards))
	s.handFoot()
}

// handNotice is one line that says what must become of the sheet.
func (s *sheet) handNotice(names bool) {
	fr, en := "À rendre au bureau.", "Return to the office."
	if names {
		fr = "Données personnelles. Ne pas copier ni photographier. À rendre au bureau, puis à détruire."
		en = "Personal data. Do not copy or photograph. Return to the office, then destroy."
	}
	s.fit(bold, 8, a4Long-2*handMargin, fr+"  ·  "+en)
	s.left(handMargin, 31.6, fr+"  ·  "+en)
}

func withoutEmpty(cols []column) []column {
	var shown []column
	for _, c := range cols {
		if c.width > 0 {
			shown = append(shown, c)
		}
	}
	return shown
}

// handLine fills one line; the thumb's place is a faint box.
func (s *sheet) handLine(cols []column, l HandLine, y float64) {
	at := make([]float64, len(cols)+1)
	at[0] = handMargin
	for i, c := range cols {
		at[i+1] = at[i] + c.width
	}
	mid := y + handLine/2 + 1.2
	s.font(bold, 9)
	s.right(at[1]-cellPad, mid, fmt.Sprint(l.Number))
	s.fit(mono, 9, cols[1].width-2*cellPad, l.Household)
	s.left(at[1]+cellPad, mid, l.Household)
	if l.Name != "" {
		s.fit(sans, 10, cols[handName].width-2*cellPad, l.Name)
		s.left(at[handName]+cellPad, mid, l.Name)
	}
	s.font(bold, 11)
	s.right(at[handCount+1]-cellPad, mid+0.3, fmt.Sprint(len(l.Serials)))
	s.font(mono, 8)
	rows := (len(l.Serials) + handSerials - 1) / handSerials
	for i, serial := range l.Serials {
		s.left(at[handTails]+cellPad+float64(i%handSerials)*8, mid+(float64(i/handSerials)-float64(rows-1)/2)*3.5, tail(serial))
	}
	s.font(sans, 6)
	for _, c := range []int{handHead, handAlternate, handAbsent} {
		s.tick((at[c]+at[c+1])/2-2.5, y+handLine/2+2.5, 5, "")
	}
	s.tick(at[handThird]+cellPad, y+7, 5, "")
	s.rule(0.15, at[handThird]+cellPad, y+12, at[handThird+1]-cellPad, y+12)
	s.ink(190)
	s.SetLineWidth(0.15)
	s.Rect(at[handSign+1]-19, y+1, 18, handLine-2, "D")
	s.ink(0)
}

// handFoot says who took the sheet out, brought it back and destroyed it.
func (s *sheet) handFoot() {
	wide := (a4Long - 2*handMargin - 4*3) / 5
	for i, w := range [][2]string{
		{"Sortie", "Signed out"}, {"Remise 1", "Handed over by 1"}, {"Remise 2", "Handed over by 2"},
		{"Rendue", "Returned"}, {"Détruite", "Destroyed"},
	} {
		s.signature(handMargin+float64(i)*(wide+3), handBottom+6, wide, 21.5, w[0], w[1])
	}
}
