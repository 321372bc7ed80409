package bankfile

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// latinRest are letters of Mali's languages, and of French, that are no base
// letter with an accent on it.
var latinRest = strings.NewReplacer("ɛ", "e", "Ɛ", "E", "ɔ", "o", "Ɔ", "O", "ŋ", "ng", "Ŋ", "Ng", "ɲ", "ny", "Ɲ", "Ny",
	"œ", "oe", "Œ", "Oe", "æ", "ae", "Æ", "Ae", "ß", "ss", "ø", "o", "Ø", "O", "’", "'", "‘", "'", "–", "-", "—", "-",
	"&", "+", "_", "-", "\u00a0", " ", "\u202f", " ")

// latinMarks are the characters besides letters, digits and the space that
// every bank takes: the set of SWIFT's character set X.
const latinMarks = "/-?:().,'+"

// Latin writes text in the characters that banks take (SWIFT's set X, which the
// French guide for pain.001 asks for): accents fall off, other characters become
// points, spaces are joined, and what is over max bytes is cut.
func Latin(text string, max int) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(latinRest.Replace(text)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(latinMarks, r)):
			b.WriteRune(r)
		default:
			b.WriteByte('.')
		}
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	return strings.TrimSpace(s[:min(len(s), max)])
}

var (
	ibanForm    = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	ribForm     = regexp.MustCompile(`^[A-Z]{2}[0-9]{22}$`)
	accountForm = regexp.MustCompile(`^[A-Z0-9]{5,34}$`)
	bicForm     = regexp.MustCompile(`^[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?$`)
)

// Account is an account as a bank names it, without spaces: an IBAN (ISO
// 13616), the 24 characters of a RIB of the UEMOA, or another number.
type Account string

// ParseAccount reads an account as people write it. It reports false for what
// no bank could take: other characters, a bad length, or an IBAN whose check
// digits are wrong.
func ParseAccount(text string) (Account, bool) {
	s := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", ".", "").Replace(text))
	if ibanForm.MatchString(s) && !ribForm.MatchString(s) {
		return Account(s), ibanHolds(s)
	}
	return Account(s), accountForm.MatchString(s)
}

// IsIBAN reports whether the account is an IBAN.
func (a Account) IsIBAN() bool {
	return ibanForm.MatchString(string(a)) && !ribForm.MatchString(string(a))
}

// BankCode returns the five characters that name the bank in a RIB or in an
// IBAN of Mali (ML, two check digits, then the RIB), or "".
func (a Account) BankCode() string {
	s := string(a)
	if a.IsIBAN() && strings.HasPrefix(s, "ML") {
		s = s[4:]
	}
	if !ribForm.MatchString(s) {
		return ""
	}
	return s[:5]
}

// ibanHolds checks the check digits (ISO 7064 mod 97-10).
func ibanHolds(s string) bool {
	rest := 0
	for _, r := range s[4:] + s[:4] {
		if r >= 'A' {
			rest = rest*100 + int(r-'A') + 10
		} else {
			rest = rest*10 + int(r-'0')
		}
		rest %= 97
	}
	return rest == 1
}

// IsBIC reports whether the text has the form of a BIC (ISO 9362).
func IsBIC(text string) bool { return bicForm.MatchString(text) }
