package cards

import (
	"embed"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// A4 in millimetres, as all lengths and positions here; y grows downwards.
const (
	a4Short = 210.0
	a4Long  = 297.0
)

//go:embed fonts/*.ttf
var fonts embed.FS

// face is one of the embedded fonts.
type face struct{ family, style string }

var (
	sans = face{"sans", ""}
	bold = face{"sans", "B"}
	mono = face{"mono", "B"}
)

// sheet is a document on A4 with the embedded fonts.
type sheet struct {
	*fpdf.Fpdf
	width, height float64
	stamps        map[string]fpdf.Template
	codes         encoder
}

// AddFonts gives a document the embedded fonts, with every letter of French and
// of Mali's languages: "sans" in the styles "" and "B", and "mono" in "B".
func AddFonts(d *fpdf.Fpdf) error {
	for _, f := range []struct {
		face
		file string
	}{
		{sans, "DejaVuSansCondensed.ttf"},
		{bold, "DejaVuSansCondensed-Bold.ttf"},
		{mono, "DejaVuSansMono-Bold.ttf"},
	} {
		b, err := fonts.ReadFile("fonts/" + f.file)
		if err != nil {
			return fmt.Errorf("font: %w", err)
		}
		d.AddUTF8FontFromBytes(f.family, f.style, b)
	}
	return d.Error()
}

func newSheet(landscape bool, title string, made time.Time) (*sheet, error) {
	s := &sheet{Fpdf: fpdf.New("P", "mm", "A4", ""), width: a4Short, height: a4Long, stamps: map[string]fpdf.Template{}}
	if landscape {
		s.Fpdf, s.width, s.height = fpdf.New("L", "mm", "A4", ""), a4Long, a4Short
	}
	if err := AddFonts(s.Fpdf); err != nil {
		return nil, err
	}
	// Dates and orders that fpdf would take from the clock and from maps.
	s.SetCreationDate(made.UTC())
	s.SetModificationDate(made.UTC())
	s.SetCatalogSort(true)
	s.SetTitle(title, true)
	s.SetCreator("jate", true)
	s.SetMargins(0, 0, 0)
	s.SetAutoPageBreak(false, 0)
	return s, s.Error()
}

// finish writes the document to w.
func (s *sheet) finish(w io.Writer) error {
	if err := s.Output(w); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

func (s *sheet) font(f face, pt float64) { s.SetFont(f.family, f.style, pt) }

// left, right and centre put one line of text on the baseline y.
func (s *sheet) left(x, y float64, t string)  { s.Text(x, y, t) }
func (s *sheet) right(x, y float64, t string) { s.Text(x-s.GetStringWidth(t), y, t) }
func (s *sheet) centre(x, y float64, t string) {
	s.Text(x-s.GetStringWidth(t)/2, y, t)
}

// fit sets the font at the largest size up to pt at which t is no wider than
// width, and returns that size.
func (s *sheet) fit(f face, pt, width float64, t string) float64 {
	s.font(f, pt)
	if w := s.GetStringWidth(t); w > width {
		pt *= width / w
		s.font(f, pt)
	}
	return pt
}

func (s *sheet) ink(grey int) {
	s.SetTextColor(grey, grey, grey)
	s.SetDrawColor(grey, grey, grey)
	s.SetFillColor(grey, grey, grey)
}

func (s *sheet) rule(width, x1, y1, x2, y2 float64) {
	s.SetLineWidth(width)
	s.Line(x1, y1, x2, y2)
}

// tick draws an empty box to tick or fill in, with words after it.
func (s *sheet) tick(x, y, size float64, t string) {
	s.SetLineWidth(0.25)
	s.Rect(x, y-size, size, size, "D")
	s.left(x+size+1.2, y-size*0.18, t)
}

// blank draws words and a line to write on up to x2.
func (s *sheet) blank(x, y, x2 float64, t string) {
	s.left(x, y, t)
	s.rule(0.2, x+s.GetStringWidth(t)+1.5, y+0.6, x2, y+0.6)
}

// numberPages goes back to every page and puts what text returns for it.
func (s *sheet) numberPages(put func(page, pages int)) {
	pages := s.PageCount()
	for n := 1; n <= pages; n++ {
		s.SetPage(n)
		// fpdf leaves out a font change it believes is in force, but it
		// remembers the last page's font, not this one's.
		s.font(mono, 1)
		s.font(sans, 1)
		put(n, pages)
	}
}

// date is a day as it is written in Mali.
func date(t time.Time) string { return t.Format("02/01/2006") }

// tail is the last four characters of a serial, enough to match papers by eye.
func tail(serial string) string {
	r := []rune(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, serial))
	return string(r[max(0, len(r)-4):])
}
