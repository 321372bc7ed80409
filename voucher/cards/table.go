package cards

// column is one column of a printed table, headed in both languages.
type column struct {
	fr, en string
	width  float64
	right  bool // numbers
}

const cellPad = 1.8

// heads draws the table's grey head, high millimetres tall.
func (s *sheet) heads(cols []column, x, y, high float64) {
	for _, c := range cols {
		s.SetFillColor(232, 232, 232)
		s.SetDrawColor(90, 90, 90)
		s.SetLineWidth(0.2)
		s.Rect(x, y, c.width, high, "FD")
		s.ink(0)
		s.fit(bold, 7.5, c.width-2*cellPad, c.fr)
		s.align(c, x, y+high/2-0.6, c.fr)
		s.fit(sans, 7, c.width-2*cellPad, c.en)
		s.align(c, x, y+high/2+2.9, c.en)
		x += c.width
	}
}

// frames draws the empty cells of one row.
func (s *sheet) frames(cols []column, x, y, high float64) {
	s.SetDrawColor(90, 90, 90)
	s.SetLineWidth(0.2)
	for _, c := range cols {
		s.Rect(x, y, c.width, high, "D")
		x += c.width
	}
	s.ink(0)
}

// cells draws one row with its texts, each shrunk to its column.
func (s *sheet) cells(cols []column, f face, x, y, high float64, texts ...string) {
	s.frames(cols, x, y, high)
	for i, c := range cols {
		s.fit(f, 9, c.width-2*cellPad, texts[i])
		s.align(c, x, y+high/2+1.2, texts[i])
		x += c.width
	}
}

// align puts text in a cell that begins at x: numbers on the right.
func (s *sheet) align(c column, x, y float64, t string) {
	if c.right {
		s.right(x+c.width-cellPad, y, t)
		return
	}
	s.left(x+cellPad, y, t)
}

// signature draws a box in which somebody signs: who, name, date, signature.
func (s *sheet) signature(x, y, w, h float64, fr, en string) {
	s.SetDrawColor(90, 90, 90)
	s.SetLineWidth(0.2)
	s.Rect(x, y, w, h, "D")
	s.ink(0)
	s.fit(bold, 7.5, w-2*cellPad, fr+" · "+en)
	s.left(x+cellPad, y+4, fr+" · "+en)
	s.font(sans, 6.5)
	s.blank(x+cellPad, y+9.5, x+w-cellPad, "Nom · Name")
	s.blank(x+cellPad, y+15, x+w-cellPad, "Date")
	s.left(x+cellPad, y+19.5, "Signature")
}

// banner is the head of an office paper: what it is, and on the right lines
// that identify it.
func (s *sheet) banner(margin float64, fr, en string, right ...string) {
	s.ink(0)
	s.font(bold, 15)
	s.left(margin, 17, fr)
	s.font(sans, 10)
	s.left(margin, 22, en)
	for i, t := range right {
		s.font(sans, 8)
		if i == 0 {
			s.font(bold, 10)
		}
		s.right(s.width-margin, 16+float64(i)*4.3, t)
	}
	s.rule(0.5, margin, 27, s.width-margin, 27)
}
