package cards

import "codeberg.org/go-pdf/fpdf"

// grid is the side of the square in which drawings are laid out.
const grid = 24.0

// pen draws on a grid of 24 by 24 units.
// Drawings are black on white, without greys, so that a worn laser printer
// and a dim room leave them readable.
type pen struct {
	s    *sheet
	unit float64 // millimetres
}

// stamp puts a drawing in a square of the given size. It is written into the
// document once, under its name, and referred to wherever it appears: a sheet
// of cards bears fifty.
func (s *sheet) stamp(name string, draw func(pen), x, y, size float64) {
	const natural = 10.0
	t, ok := s.stamps[name]
	if !ok {
		t = s.CreateTemplateCustom(fpdf.PointType{}, fpdf.SizeType{Wd: natural, Ht: natural}, func(tpl *fpdf.Tpl) {
			tpl.SetLineCapStyle("round")
			tpl.SetLineJoinStyle("round")
			draw(pen{s: &sheet{Fpdf: &tpl.Fpdf}, unit: natural / grid})
		})
		s.stamps[name] = t
	}
	s.UseTemplateScaled(t, fpdf.PointType{X: x, Y: y}, fpdf.SizeType{Wd: size, Ht: size})
}

func (p pen) ink()   { p.s.ink(0) }
func (p pen) paper() { p.s.ink(255) }

func (p pen) disc(cx, cy, r float64) {
	p.s.Circle(cx*p.unit, cy*p.unit, r*p.unit, "F")
}

func (p pen) ring(cx, cy, r, width float64) {
	p.s.SetLineWidth(width * p.unit)
	p.s.Circle(cx*p.unit, cy*p.unit, r*p.unit, "D")
}

func (p pen) oval(cx, cy, rx, ry float64) {
	p.s.Ellipse(cx*p.unit, cy*p.unit, rx*p.unit, ry*p.unit, 0, "F")
}

// arc is part of an oval, from one angle to another, counterclockwise from
// three o'clock in degrees.
func (p pen) arc(cx, cy, rx, ry, from, to, width float64) {
	p.s.SetLineWidth(width * p.unit)
	p.s.Arc(cx*p.unit, cy*p.unit, rx*p.unit, ry*p.unit, 0, from, to, "D")
}

func (p pen) box(x, y, w, h, r float64) {
	p.s.RoundedRect(x*p.unit, y*p.unit, w*p.unit, h*p.unit, r*p.unit, "1234", "F")
}

func (p pen) points(xy []float64) []fpdf.PointType {
	pts := make([]fpdf.PointType, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		pts = append(pts, fpdf.PointType{X: xy[i] * p.unit, Y: xy[i+1] * p.unit})
	}
	return pts
}

// area fills the polygon through the points x, y, x, y…
func (p pen) area(xy ...float64) { p.s.Polygon(p.points(xy), "F") }

// line draws through the points x, y, x, y…
func (p pen) line(width float64, xy ...float64) {
	p.s.SetLineWidth(width * p.unit)
	for i, pt := range p.points(xy) {
		if i == 0 {
			p.s.MoveTo(pt.X, pt.Y)
		} else {
			p.s.LineTo(pt.X, pt.Y)
		}
	}
	p.s.DrawPath("D")
}
