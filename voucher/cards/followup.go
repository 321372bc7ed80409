package cards

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// FollowUp is the paper that somebody who complained takes home: the code by
// which he asks for his answer, and until when he must have it. It does not say
// that he complained, nor about what or whom: others may read it.
type FollowUp struct {
	Code   string    // groups of letters and digits; at most 24
	Number string    // of the stub that the desk keeps; at most 24 letters. "" prints no stub
	Due    time.Time // day of the answer; a line to write it on where it is zero
}

// FollowUpDesk is what the slips of one document have in common.
type FollowUpDesk struct {
	Made    time.Time // required
	Hotline string    // number to call; at most 24 letters, may be empty
	Where   string    // where else to ask, in words of the office; at most 60 letters, may be empty
	Lang    Lang
}

// FollowUpsMax is the most slips that one document holds: one batch.
const FollowUpsMax = 1_000

// Slips lie in rows, each a stub and the author's part, cut apart at a dashed
// line.
const (
	followUpsASheet = 4
	followUpHeight  = 66.0
	followUpTop     = (a4Long - followUpsASheet*followUpHeight) / 2
	followUpLeft    = 10.0
	followUpRight   = a4Short - followUpLeft
	stubWidth       = 54.0
)

// WriteFollowUps writes slips, four to a sheet of A4 in the order given. The
// codes are secrets of their authors. It returns ErrInput naming the field,
// ErrTooMany, or the error of w.
func WriteFollowUps(w io.Writer, d FollowUpDesk, slips []FollowUp) error {
	if err := d.check(); err != nil {
		return err
	}
	switch n := len(slips); {
	case n == 0:
		return ErrInput.At("slips", "there are none")
	case n > FollowUpsMax:
		return ErrTooMany
	}
	s, err := newSheet(false, "Slips", d.Made)
	if err != nil {
		return err
	}
	for i, f := range slips {
		c := check{at: fmt.Sprintf("slips[%d]", i)}
		c.text("code", f.Code, 4, 24)
		c.text("number", f.Number, 0, 24)
		if err := c.result(); err != nil {
			return err
		}
		if i%followUpsASheet == 0 {
			s.AddPage()
		}
		y := followUpTop + float64(i%followUpsASheet)*followUpHeight
		s.ink(150)
		s.SetLineWidth(0.15)
		left := followUpLeft + stubWidth
		if f.Number != "" {
			left = followUpLeft
		}
		s.Rect(left, y, followUpRight-left, followUpHeight, "D")
		if f.Number != "" {
			s.stub(d, f, y)
		}
		s.followUp(d, f, y)
	}
	return s.finish(w)
}

func (d FollowUpDesk) check() error {
	c := check{at: "desk"}
	c.text("hotline", d.Hotline, 0, 24)
	c.text("where", d.Where, 0, 60)
	if d.Made.IsZero() {
		c.fail("made", "is missing")
	}
	if d.Lang > English {
		c.fail("lang", "is unknown")
	}
	return c.result()
}

// stub is what the desk keeps. It has no code: who keeps it cannot ask.
func (s *sheet) stub(d FollowUpDesk, f FollowUp, y float64) {
	const x, end = followUpLeft + 4, followUpLeft + stubWidth - 4
	s.SetDashPattern([]float64{2, 2}, 0)
	s.rule(0.2, followUpLeft+stubWidth, y, followUpLeft+stubWidth, y+followUpHeight)
	s.SetDashPattern(nil, 0)
	s.ink(0)
	s.font(bold, 8)
	s.left(x, y+8, strings.ToUpper(d.Lang.words("Souche", "Stub")))
	s.fit(mono, 13, end-x, f.Number)
	s.left(x, y+17, f.Number)
	for i, t := range [][2]string{{"Plainte", "Complaint"}, {"Notée le", "Written down on"}, {"Réponse avant le", "Answer by"}} {
		at := y + 26 + float64(i)*9
		s.font(sans, 7)
		s.blank(x, at, end, d.Lang.words(t[0], t[1]))
	}
	s.font(sans, 6.5)
	at := y + followUpHeight - 12
	for _, t := range d.Lang.lines("À garder au bureau, avec la plainte.", "The office keeps it, with the complaint.") {
		s.fit(sans, 6.5, end-x, t)
		s.left(x, at, t)
		at += 3
	}
}

// followUp is the author's part, in words that are easy to read out and to say
// in another language.
func (s *sheet) followUp(d FollowUpDesk, f FollowUp, y float64) {
	const x, text, end = followUpLeft + stubWidth + 6, followUpLeft + stubWidth + 18, followUpRight - 5
	s.ink(0)
	at := y + 8.0
	for i, t := range d.Lang.lines("Gardez ce papier. Nous vous devons une réponse.", "Keep this paper. We owe you an answer.") {
		face, pt := bold, 11.0
		if i > 0 {
			face, pt = sans, 8.5
		}
		s.fit(face, pt, end-x, t)
		s.left(x, at, t)
		at += 4.4
	}
	s.SetLineWidth(0.5)
	s.Rect(x, y+15.5, end-x, 14, "D")
	s.fit(mono, 24, end-x-6, f.Code)
	s.centre((x+end)/2, y+25.5, f.Code)

	s.stamp("calendar", drawCalendar, x+0.5, y+32.5, 8)
	s.line(text, end, y+36, d.Lang, "Réponse avant le :", "Answer before:")
	s.font(bold, 13)
	if f.Due.IsZero() {
		s.rule(0.3, text+46, y+38.5, end, y+38.5)
	} else {
		s.left(text+46, y+37.5, date(f.Due))
	}
	if d.Hotline == "" {
		s.stamp("house", drawHouse, x+0.5, y+43, 8)
		s.line(text, end, y+46.5, d.Lang, "Demandez, et dites ce code.", "Ask, and say this code.")
	} else {
		s.pictogram(Phone, x+0.5, y+43, 8)
		s.line(text, end, y+46.5, d.Lang, "Appelez, et dites ce code :", "Call, and say this code:")
		s.fit(bold, 13, end-text-46, d.Hotline)
		s.left(text+46, y+48, d.Hotline)
	}
	where := d.Lang.lines("ou au bureau, ou là où les cartes sont données", "or at the office, or where cards are given out")
	if d.Where != "" {
		where = []string{d.Where}
	}
	for i, t := range where {
		s.fit(sans, 7.5, end-text, t)
		s.left(text, y+53+float64(i)*3, t)
	}
	s.closing(d, f, x, end, y)
}

// line is a pair of short sentences, the first one larger.
func (s *sheet) line(x, end, y float64, lang Lang, fr, en string) {
	for i, t := range lang.lines(fr, en) {
		face, pt := bold, 9.0
		if i > 0 {
			face, pt = sans, 7.5
		}
		s.fit(face, pt, end-x, t)
		s.left(x, y+float64(i)*3.4, t)
	}
}

// closing is what protects the author, and when the code begins to be good.
func (s *sheet) closing(d FollowUpDesk, f FollowUp, x, end, y float64) {
	fr, en := "Gardez ce code pour vous. Personne ne doit vous demander de l'argent.", "Keep this code to yourself. Nobody may ask you for money."
	if f.Number != "" {
		fr += " Le code marche dès que le bureau a tout noté."
		en += " The code works once the office has written all down."
	}
	for i, t := range d.Lang.lines(fr, en) {
		s.fit(sans, 7, end-x, t)
		s.left(x, y+60.3+float64(i)*3, t)
	}
}
