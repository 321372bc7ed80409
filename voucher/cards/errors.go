package cards

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/fault"
)

// Errors of this package. They name the field concerned and never its value,
// which may be a secret.
var (
	ErrInput = fault.New(fault.Invalid, "print_input_invalid",
		"The document cannot be printed from these values. Correct the fields named.",
		"Le document ne peut pas être imprimé avec ces valeurs. Corrigez les champs indiqués.")
	ErrCode = fault.New(fault.Invalid, "print_code_too_large",
		"The code would be too dense to read from paper. Shorten its content.",
		"Le code serait trop dense pour être lu sur papier. Raccourcissez son contenu.")
	ErrTooMany = fault.New(fault.Invalid, "print_too_many",
		"The document would be too large. Print it in parts: of a point, or part 1, 2 and so on.",
		"Le document serait trop volumineux. Imprimez-le en parties : d'un site, ou la partie 1, 2 et ainsi de suite.")
)

// check gathers what is wrong with one printed item.
type check struct {
	at  string // "cards[12]"
	err *fault.Error
}

func (c *check) fail(field, message string) {
	if c.err == nil {
		c.err = ErrInput
	}
	c.err = c.err.At(c.at+"."+field, "%s", message)
}

// text wants least to most printable letters.
func (c *check) text(field, s string, least, most int) {
	n := utf8.RuneCountInString(s)
	switch {
	case n < least:
		c.fail(field, "is missing")
	case n > most:
		c.fail(field, fmt.Sprintf("is longer than %d letters", most))
	case !printable(s):
		c.fail(field, "holds what cannot be printed")
	}
}

// digits wants least to most decimal digits.
func (c *check) digits(field, s string, least, most int) {
	ok := len(s) >= least && len(s) <= most
	for i := range len(s) {
		ok = ok && s[i] >= '0' && s[i] <= '9'
	}
	if !ok {
		c.fail(field, fmt.Sprintf("is not %d to %d digits", least, most))
	}
}

// result avoids a nil *fault.Error inside an error.
func (c *check) result() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// printable reports whether s is one line of letters that the embedded fonts
// can be asked for: valid UTF-8 of the basic plane.
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r > 0xFFFF || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}

func (j Job) check() error {
	c := check{at: "job"}
	c.text("round", j.Round, 1, 24)
	c.text("hotline", j.Hotline, 0, 24)
	if j.Made.IsZero() {
		c.fail("made", "is missing")
	}
	if j.Lang > English {
		c.fail("lang", "is unknown")
	}
	return c.result()
}
