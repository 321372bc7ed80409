package cards

import (
	"fmt"
	"io"
	"iter"
)

// Label is the secret that is hidden under a card's scratch panel. It is
// printed apart from the card and stuck on it by two people.
type Label struct {
	Secret string // 16 decimal digits
	Serial string // of the card; its last four characters are printed
}

// LabelsMax is the most labels that one document holds.
const LabelsMax = 20_000

// Eighty labels on A4, columns 2.5 mm apart, rows touching, centred: a size
// that is sold self-adhesive.
const (
	labelWidth    = 35.6
	labelHeight   = 16.9
	labelGap      = 2.5
	labelColumns  = 5
	labelRows     = 16
	labelsASheet  = labelColumns * labelRows
	labelsLeft    = (a4Short - labelColumns*labelWidth - (labelColumns-1)*labelGap) / 2
	labelsTop     = (a4Long - labelRows*labelHeight) / 2
	labelModules  = 21 // QR version 1 holds 34 digits
	labelCodeSize = 15.0
)

// WriteLabels writes labels, eighty to a sheet of A4 in the order given, row
// by row. The document holds secrets in clear: w must encrypt. It returns
// ErrInput naming the label, ErrTooMany, or the error of the sequence or of w.
func WriteLabels(w io.Writer, j Job, labels iter.Seq2[Label, error]) error {
	if err := j.check(); err != nil {
		return err
	}
	s, err := newSheet(false, "Labels "+j.Round, j.Made)
	if err != nil {
		return err
	}
	var first, last []string // tails, by sheet
	n := 0
	for l, err := range labels {
		if err != nil {
			return fmt.Errorf("labels: %w", err)
		}
		if err := l.check(n); err != nil {
			return err
		}
		if n%labelsASheet == 0 {
			s.AddPage()
			first, last = append(first, tail(l.Serial)), append(last, "")
		}
		last[len(last)-1] = tail(l.Serial)
		if err := s.label(l, n%labelsASheet); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return ErrInput.At("labels", "there are none")
	}
	s.numberPages(func(page, pages int) {
		s.ink(0)
		s.font(bold, 7.5)
		s.left(labelsLeft, labelsTop-4.5, "SECRET   "+j.Round)
		s.font(sans, 7)
		s.centre(a4Short/2, labelsTop-4.5, fmt.Sprintf("Étiquettes · Labels   %d / %d   …%s  →  …%s",
			page, pages, first[page-1], last[page-1]))
		s.right(a4Short-labelsLeft, labelsTop-4.5, date(j.Made))
		s.centre(a4Short/2, a4Long-labelsTop+5.5, j.Lang.words(
			"Deux personnes. Vérifier les 4 derniers caractères, coller, couvrir de la pellicule à gratter.",
			"Two people. Match the last 4 characters, stick, cover with scratch film."))
	})
	return s.finish(w)
}

func (l Label) check(n int) error {
	if n == LabelsMax {
		return ErrTooMany
	}
	c := check{at: fmt.Sprintf("labels[%d]", n)}
	c.digits("secret", l.Secret, 16, 16)
	c.text("serial", l.Serial, 4, 32)
	return c.result()
}

// label draws one label in the given position of its sheet.
func (s *sheet) label(l Label, position int) error {
	x := labelsLeft + float64(position%labelColumns)*(labelWidth+labelGap)
	y := labelsTop + float64(position/labelColumns)*labelHeight
	b, err := s.codes.encode(l.Secret, labelModules)
	if err != nil {
		return err
	}
	s.ink(215)
	s.SetLineWidth(0.1)
	s.Rect(x, y, labelWidth, labelHeight, "D")
	s.code(b, x+0.4, y+(labelHeight-labelCodeSize)/2, labelCodeSize)
	s.ink(0)
	s.font(mono, 9)
	s.left(x+15.8, y+5.6, l.Secret[:4]+" "+l.Secret[4:8])
	s.left(x+15.8, y+9.7, l.Secret[8:12]+" "+l.Secret[12:])
	s.ink(70)
	s.font(mono, 6.5)
	s.left(x+15.8, y+14, "…"+tail(l.Serial))
	return nil
}
