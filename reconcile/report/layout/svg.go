package layout

import (
	"fmt"
	"html"
	"strings"
)

// svgPen draws into an SVG. It sets no style, which the page's policy forbids:
// presentation attributes say all.
type svgPen struct{ b strings.Builder }

const (
	darkTone  = "#1b4d6b"
	lightTone = "#d0d4d8"
	inkTone   = "#1a1a1a"
)

func (s *svgPen) box(x, y, w, h float64) {
	fmt.Fprintf(&s.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, y, w, h, darkTone)
}

func (s *svgPen) rule(x1, y1, x2, y2 float64, dark bool) {
	tone := lightTone
	if dark {
		tone = inkTone
	}
	fmt.Fprintf(&s.b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="0.8"/>`, x1, y1, x2, y2, tone)
}

func (s *svgPen) text(x, y, size float64, at anchor, t string) {
	fmt.Fprintf(&s.b, `<text x="%.1f" y="%.1f" font-size="%.1f" text-anchor="%s" fill="%s">%s</text>`,
		x, y, size, []string{"start", "middle", "end"}[at], inkTone, html.EscapeString(t))
}

// width is what a reader's sans serif takes about.
func (s *svgPen) width(size float64, t string) float64 {
	return size * 0.56 * float64(len([]rune(t)))
}

// svg returns the plot as an element of HTML. Its title is read aloud; the
// numbers are in the table beside it.
func (p *Plot) svg(id string) string {
	var s svgPen
	fmt.Fprintf(&s.b, `<svg viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="%s-plot" font-family="sans-serif"><title id="%s-plot">%s</title>`,
		plotWidth, p.height(), id, id, html.EscapeString(p.Title))
	p.draw(&s)
	s.b.WriteString("</svg>")
	return s.b.String()
}
