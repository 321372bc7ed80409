package cards

import (
	"io"
	"time"
)

// Enrolment is the paper by which a handheld is enrolled. It opens nothing by
// itself: the code lives for two days and works once, and another person must
// then activate the handheld.
type Enrolment struct {
	Text        string // what the QR code says, at most 250 bytes
	Code        string // to type where there is no camera: as printed, in groups of letters and digits
	Server      string // address of the server, as a person would type it
	Fingerprint string // of the keys, to compare over the telephone
	For         string // whose handheld it will be: an opaque code; at most 24 letters
	Made        time.Time
}

const enrolmentCodeSize = 90.0

// WriteEnrolment writes one sheet of A4 in French and English. It returns
// ErrInput, ErrCode for a text that no code holds, or the error of w.
func WriteEnrolment(w io.Writer, e Enrolment) error {
	c := check{at: "enrolment"}
	c.text("code", e.Code, 1, 64)
	c.text("server", e.Server, 1, 200)
	c.text("fingerprint", e.Fingerprint, 1, 24)
	c.text("for", e.For, 0, 24)
	if err := c.result(); err != nil {
		return err
	}
	s, err := newSheet(false, "Enrolment "+e.For, e.Made)
	if err != nil {
		return err
	}
	qr, err := s.codes.encode(e.Text, codeModulesMax)
	if err != nil {
		return err
	}
	s.AddPage()
	s.ink(0)
	s.font(bold, 20)
	s.centre(a4Short/2, 24, "Enrôler un terminal · Enrol a handheld")
	s.font(mono, 12)
	s.centre(a4Short/2, 32, e.For)
	s.code(qr, (a4Short-enrolmentCodeSize)/2, 36, enrolmentCodeSize)
	y := s.paragraphs(136,
		"1.  Scanner ce code avec l'appareil photo du téléphone, ou ouvrir l'adresse ci-dessous et saisir le code.",
		"Scan this code with the phone's camera, or open the address below and type the code.",
		"2.  Le téléphone montre huit chiffres. Ils doivent être ceux d'ici.",
		"The phone shows eight digits. They must be the ones here.",
		"3.  Une autre personne du bureau active le terminal. Sans elle, il ne vend rien.",
		"Another person of the office activates the handheld. Without them it sells nothing.")
	for _, row := range [][2]string{
		{"Adresse · Address", e.Server + "/handheld/"},
		{"Code", e.Code},
		{"Chiffres · Digits", e.Fingerprint},
	} {
		y += 14
		s.font(sans, 9)
		s.left(25, y, row[0])
		s.fit(mono, 14, a4Short-95, row[1])
		s.left(65, y, row[1])
	}
	s.font(sans, 8)
	s.centre(a4Short/2, a4Long-22, "Valable 48 heures, une seule fois. Ne pas photographier. Détruire ensuite.")
	s.centre(a4Short/2, a4Long-18, "Good for 48 hours, once. Do not take a picture of it. Destroy it afterwards.")
	s.right(a4Short-25, a4Long-12, date(e.Made))
	return s.finish(w)
}

// paragraphs writes pairs of lines, French above English, and returns where the
// last one stands.
func (s *sheet) paragraphs(y float64, lines ...string) float64 {
	for i, t := range lines {
		x, f := 25.0, bold
		if i%2 == 1 {
			x, f = 31, sans
		}
		s.fit(f, 10.5, a4Short-25-x, t)
		s.left(x, y, t)
		if y += 5.5; i%2 == 1 {
			y += 3
		}
	}
	return y
}
