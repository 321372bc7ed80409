package layout

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/jate-cva/jate/voucher/cards"
)

// A4 in millimetres.
const (
	paperWidth  = 210.0
	paperHeight = 297.0
	margin      = 16.0
	inner       = paperWidth - 2*margin
	bottom      = paperHeight - 18
	lineHigh    = 5.4
	cellPad     = 1.4
	codeSize    = 44.0 // quiet zone included; 0.7 mm a module at version 10
	codeRise    = 12.0 // by which the code stands above the facts
)

// paper is a document on A4 that is written from the top down.
type paper struct {
	*fpdf.Fpdf
	d Document
	y float64
}

// pdfPen draws a plot on paper, its corner at x and y, a unit as long as scale.
type pdfPen struct {
	*paper
	x, y, scale float64
}

func (p pdfPen) box(x, y, w, h float64) {
	p.SetFillColor(0x1b, 0x4d, 0x6b)
	p.Rect(p.x+x*p.scale, p.y+y*p.scale, w*p.scale, h*p.scale, "F")
}

func (p pdfPen) rule(x1, y1, x2, y2 float64, dark bool) {
	p.SetDrawColor(0xd0, 0xd4, 0xd8)
	if dark {
		p.SetDrawColor(0x1a, 0x1a, 0x1a)
	}
	p.SetLineWidth(0.2)
	p.Line(p.x+x1*p.scale, p.y+y1*p.scale, p.x+x2*p.scale, p.y+y2*p.scale)
}

// points is a font size of the plot's units in points.
func (p pdfPen) points(size float64) float64 { return size * p.scale * 72 / 25.4 }

func (p pdfPen) text(x, y, size float64, at anchor, s string) {
	p.SetFont("sans", "", p.points(size))
	p.SetTextColor(0x1a, 0x1a, 0x1a)
	at0 := p.x + x*p.scale
	switch at {
	case middle:
		at0 -= p.GetStringWidth(s) / 2
	case end:
		at0 -= p.GetStringWidth(s)
	}
	p.Text(at0, p.y+y*p.scale, s)
}

func (p pdfPen) width(size float64, s string) float64 {
	p.SetFont("sans", "", p.points(size))
	return p.GetStringWidth(s) / p.scale
}

// WritePDF writes the document as PDF on A4. The same document gives the same
// bytes.
func WritePDF(w io.Writer, d Document) error {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), d: d}
	if err := cards.AddFonts(p.Fpdf); err != nil {
		return err
	}
	p.SetCreationDate(d.Made.UTC())
	p.SetModificationDate(d.Made.UTC())
	p.SetCatalogSort(true)
	p.SetTitle(d.Title+" – "+d.Subtitle, true)
	p.SetCreator("jate", true)
	p.SetLang(d.Lang)
	p.SetMargins(0, 0, 0)
	p.SetCellMargin(0)
	p.SetAutoPageBreak(false, 0)
	p.SetFooterFunc(p.foot)
	p.turn()
	p.head()
	for _, s := range d.Sections {
		p.section(s)
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

func (p *paper) turn() {
	p.AddPage()
	p.y = margin
}

// need turns the page where less than so much is left on it.
func (p *paper) need(h float64) {
	if p.y+h > bottom {
		p.turn()
	}
}

func (p *paper) foot() {
	p.write(8, false, 0x55)
	p.Text(margin, paperHeight-9, p.d.Title+" – "+p.d.Subtitle)
	n := fmt.Sprintf("%s %d", p.d.Page, p.PageNo())
	p.Text(paperWidth-margin-p.GetStringWidth(n), paperHeight-9, n)
}

// write sets the font and a tone of grey.
func (p *paper) write(pt float64, strong bool, tone int) {
	style := ""
	if strong {
		style = "B"
	}
	p.SetFont("sans", style, pt)
	p.SetTextColor(tone, tone, tone)
}

// para writes a text over as many lines as it needs.
func (p *paper) para(x, w, pitch float64, text string) {
	for _, line := range p.SplitText(text, w) {
		p.need(pitch)
		p.Text(x, p.y+pitch*0.75, line)
		p.y += pitch
	}
}

func (p *paper) head() {
	p.write(20, true, 0)
	p.para(margin, inner, 9, p.d.Title)
	p.write(12, false, 0x44)
	p.para(margin, inner, 6, p.d.Subtitle)
	p.y += 2
	width, below := inner-44, 0.0
	if p.d.Code != "" {
		width -= codeSize
		below = p.y + codeSize
		// What does not fit is found where the document is written out.
		p.SetError(cards.DrawCode(p.Fpdf, p.d.Code, paperWidth-margin-codeSize, p.y-codeRise, codeSize))
	}
	for _, f := range p.d.Facts {
		p.write(8.5, false, 0x55)
		p.Text(margin, p.y+3.6, f[0])
		p.write(8.5, false, 0)
		p.para(margin+44, width, 4.8, f[1])
	}
	p.y = max(p.y, below-codeRise) + 2
	p.verdict()
}

func (p *paper) verdict() {
	p.write(10, true, 0)
	lines := p.SplitText(p.d.Verdict, inner-10)
	var alarms []string
	p.write(9, false, 0)
	for _, a := range p.d.Alarms {
		alarms = append(alarms, p.SplitText("• "+a, inner-10)...)
	}
	h := float64(len(lines)+len(alarms))*5 + 5
	p.SetFillColor(0xee, 0xf3, 0xf6)
	p.Rect(margin, p.y, inner, h, "F")
	p.SetFillColor(0x1b, 0x4d, 0x6b)
	if !p.d.Good {
		p.SetFillColor(0x8c, 0x1d, 0x18)
	}
	p.Rect(margin, p.y, 1.6, h, "F")
	p.y += 2.5
	p.write(10, true, 0)
	for _, l := range lines {
		p.Text(margin+5, p.y+3.7, l)
		p.y += 5
	}
	p.write(9, false, 0)
	for _, l := range alarms {
		p.Text(margin+5, p.y+3.7, l)
		p.y += 5
	}
	p.y += 5
}

func (p *paper) section(s Section) {
	p.need(60)
	p.y += 4
	p.SetFillColor(0x1b, 0x4d, 0x6b)
	p.Rect(margin, p.y, inner, 0.8, "F")
	p.y += 3
	p.write(13, true, 0)
	p.para(margin, inner, 7, s.Title)
	if s.Text != "" {
		p.write(9, false, 0x33)
		p.para(margin, inner, 4.6, s.Text)
	}
	for _, t := range s.Tables {
		p.table(t)
	}
}

func (p *paper) table(t Table) {
	high := 3*lineHigh + 10
	scale := inner / plotWidth * 0.86
	plotted := t.Plot != nil && len(t.Plot.Points) > 0
	if plotted {
		high += t.Plot.height() * scale
	}
	p.y += 3
	p.need(high)
	p.write(10, true, 0)
	p.para(margin, inner, 6, t.Title)
	if plotted {
		t.Plot.draw(pdfPen{p, margin, p.y + 1, scale})
		p.y += t.Plot.height()*scale + 4
	}
	rows, more := p.d.shown(t)
	widths := p.widths(t, rows)
	p.heads(t, widths)
	for _, r := range rows {
		p.row(t, widths, r)
	}
	p.write(8, false, 0x55)
	if more > 0 {
		p.para(margin, inner, 4.4, fmt.Sprintf(p.d.More, more))
	}
	if t.Note != "" {
		p.y++
		p.para(margin, inner, 4.2, t.Note)
	}
}

// widths gives numbers what their longest takes, and texts the rest.
func (p *paper) widths(t Table, rows [][]Cell) []float64 {
	out := make([]float64, len(t.Columns))
	left, texts := inner, 0.0
	for i, c := range t.Columns {
		if !c.Numbers {
			texts += p.textual(t, rows, i)
			continue
		}
		p.write(9, false, 0)
		for _, r := range rows {
			out[i] = max(out[i], p.GetStringWidth(r[i].in(p.d.Lang)))
		}
		p.write(8.5, true, 0)
		for word := range strings.FieldsSeq(c.Title) {
			out[i] = max(out[i], p.GetStringWidth(word))
		}
		out[i] = max(out[i]+2*cellPad, 22)
		left -= out[i]
	}
	for i, c := range t.Columns {
		if !c.Numbers {
			out[i] = max(left*p.textual(t, rows, i)/texts, 12)
		}
	}
	return out
}

// textual is the weight of a column of texts.
func (p *paper) textual(t Table, rows [][]Cell, i int) float64 {
	longest := len(t.Columns[i].Title)
	for _, r := range rows {
		longest = max(longest, min(len(r[i].Text), 60))
	}
	return float64(longest + 2)
}

func (p *paper) heads(t Table, widths []float64) {
	p.write(8.5, true, 0)
	var titles [][]string
	high := 1
	for i, c := range t.Columns {
		ls := p.SplitText(c.Title, widths[i]-cellPad)
		titles = append(titles, ls)
		high = max(high, len(ls))
	}
	p.need(float64(high)*4.2 + lineHigh + 4)
	x := margin
	for i, ls := range titles {
		for k, l := range ls {
			y := p.y + 3.6 + float64(k+high-len(ls))*4.2
			p.put(t.Columns[i], x, widths[i], y, l)
		}
		x += widths[i]
	}
	p.y += float64(high)*4.2 + 1.2
	p.line(0.4, 0x1a)
}

func (p *paper) line(width float64, tone int) {
	p.SetDrawColor(tone, tone, tone)
	p.SetLineWidth(width)
	p.Line(margin, p.y, margin+inner, p.y)
}

func (p *paper) put(c Column, x, w, y float64, s string) {
	if c.Numbers {
		x += w - cellPad - p.GetStringWidth(s)
	}
	p.Text(x, y, s)
}

// row writes a row over as many lines as its texts need.
func (p *paper) row(t Table, widths []float64, r []Cell) {
	p.write(9, false, 0)
	var cells [][]string
	high := 1
	for i, c := range r {
		ls := []string{c.in(p.d.Lang)}
		if c.Is == Word {
			ls = p.SplitText(c.Text, widths[i]-cellPad)
		}
		cells = append(cells, ls)
		high = max(high, len(ls))
	}
	h := lineHigh + float64(high-1)*4.2
	if p.y+h > bottom {
		p.turn()
		p.heads(t, widths)
		p.write(9, false, 0)
	}
	x := margin
	for i, ls := range cells {
		for k, l := range ls {
			p.put(t.Columns[i], x, widths[i], p.y+3.8+float64(k)*4.2, l)
		}
		x += widths[i]
	}
	p.y += h
	p.line(0.1, 0xc4)
}
