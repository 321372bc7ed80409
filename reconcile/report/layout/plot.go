package layout

import (
	"slices"
	"strings"
)

// Plot is a picture of numbers that are not below zero.
type Plot struct {
	Upright bool   // columns from left to right, else bars from top to bottom
	Title   string // what is seen, in a sentence: it is read to who does not see
	Points  []Point
}

// Point is one bar or column.
type Point struct {
	Label string
	Value int64
	Text  string // the value as people read it
}

// barsMax bounds the bars of a plot; what is left is one bar.
const barsMax = 15

// Fold keeps the first bars and makes one of the rest, under the label.
func (p *Plot) Fold(label func(n int) string, text func(int64) string) {
	if p.Upright || len(p.Points) <= barsMax {
		return
	}
	rest := Point{Label: label(len(p.Points) - barsMax + 1)}
	for _, x := range p.Points[barsMax-1:] {
		rest.Value += x.Value
	}
	rest.Text = text(rest.Value)
	p.Points = append(slices.Clone(p.Points[:barsMax-1]), rest)
}

// pen draws in units of a third of a millimetre; y grows downwards and texts
// stand on y.
type pen interface {
	box(x, y, w, h float64)
	rule(x1, y1, x2, y2 float64, dark bool)
	text(x, y, size float64, at anchor, s string)
	width(size float64, s string) float64
}

type anchor int

const (
	begin anchor = iota
	middle
	end
)

// The measures of plots.
const (
	plotWidth  = 480.0
	barPitch   = 22.0
	barHigh    = 14.0
	fontSize   = 10.5
	labelWidth = 170.0
	upHigh     = 190.0 // of an upright plot, without its labels
	gap        = 6.0
)

// height returns how high the plot is.
func (p *Plot) height() float64 {
	if p.Upright {
		return upHigh + 34
	}
	return float64(len(p.Points))*barPitch + 6
}

func (p *Plot) most() int64 {
	var m int64 = 1
	for _, x := range p.Points {
		m = max(m, x.Value)
	}
	return m
}

func (p *Plot) draw(c pen) {
	if p.Upright {
		p.columns(c)
		return
	}
	p.bars(c)
}

func (p *Plot) bars(c pen) {
	room := 0.0
	for _, x := range p.Points {
		room = max(room, c.width(fontSize, x.Text))
	}
	span := plotWidth - labelWidth - 2*gap - room
	for i, x := range p.Points {
		y := float64(i)*barPitch + 4
		c.text(labelWidth-gap, y+barHigh-3.2, fontSize, end, fitted(c, x.Label, labelWidth-2*gap))
		w := span * float64(x.Value) / float64(p.most())
		if x.Value > 0 {
			c.box(labelWidth, y, max(w, 0.8), barHigh)
		}
		c.text(labelWidth+w+gap, y+barHigh-3.2, fontSize, begin, x.Text)
	}
	c.rule(labelWidth, 0, labelWidth, p.height()-2, true)
}

// fitted cuts a label to the width.
func fitted(c pen, s string, w float64) string {
	if c.width(fontSize, s) <= w {
		return s
	}
	rs := []rune(s)
	for len(rs) > 1 && c.width(fontSize, string(rs)+"…") > w {
		rs = rs[:len(rs)-1]
	}
	return strings.TrimSpace(string(rs)) + "…"
}

// step is a round distance between lines of a scale of at most five.
func step(most int64) int64 {
	s := int64(1)
	for most/s > 5 {
		switch lead := leading(s); lead {
		case 2:
			s = s / 2 * 5
		default:
			s *= 2
		}
	}
	return s
}

func leading(n int64) int64 {
	for n >= 10 {
		n /= 10
	}
	return n
}

func (p *Plot) columns(c pen) {
	most := p.most()
	by := step(most)
	top := (most + by - 1) / by * by
	left := c.width(fontSize, grouped(top, 0, "fr")) + 2*gap
	y := func(v int64) float64 { return upHigh - (upHigh-12)*float64(v)/float64(top) }
	for v := int64(0); v <= top; v += by {
		c.rule(left, y(v), plotWidth, y(v), v == 0)
		c.text(left-gap, y(v)+3.5, fontSize, end, p.scale(v))
	}
	pitch := (plotWidth - left) / float64(max(len(p.Points), 1))
	broad := min(pitch*0.72, 40)
	every := 1
	for float64(every)*pitch < 42 {
		every++
	}
	for i, x := range p.Points {
		mid := left + pitch*(float64(i)+0.5)
		if x.Value > 0 {
			c.box(mid-broad/2, y(x.Value), broad, upHigh-y(x.Value))
		}
		if i%every == 0 {
			c.rule(mid, upHigh, mid, upHigh+4, true)
			half := c.width(fontSize, x.Label) / 2
			c.text(min(mid, plotWidth-half), upHigh+16, fontSize, middle, x.Label)
		}
	}
}

// scale writes a number of the scale as the points are written.
func (p *Plot) scale(v int64) string {
	for _, x := range p.Points {
		if strings.ContainsRune(x.Text, '\u202f') {
			return grouped(v, 0, "fr")
		}
	}
	return grouped(v, 0, "en")
}
