package intake

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jate-cva/jate/internal/table"
	"golang.org/x/text/unicode/norm"
)

// reason says why a value is refused. The zero reason means that it is not.
type reason struct{ en, fr string }

var (
	whyScientific = reason{"a spreadsheet turned this number into scientific notation and lost its digits; make the column text and type the number again",
		"un tableur a mis ce nombre en notation scientifique et en a perdu des chiffres ; mettez la colonne en texte et ressaisissez-le"}
	whyPhone    = reason{"not a telephone number; give one number with all its digits", "pas un numéro de téléphone ; donnez un seul numéro avec tous ses chiffres"}
	whyDate     = reason{"not a date; write day/month/year or year-month-day", "pas une date ; écrivez jour/mois/année ou année-mois-jour"}
	whyFuture   = reason{"the date is in the future or over 120 years ago", "la date est dans le futur ou remonte à plus de 120 ans"}
	whyAge      = reason{"not an age in years from 0 to 120", "pas un âge en années de 0 à 120"}
	whySize     = reason{"not a household size from 1 to 40", "pas une taille de ménage de 1 à 40"}
	whyCount    = reason{"not a number of people from 0 to 40", "pas un nombre de personnes de 0 à 40"}
	whySum      = reason{"women, men, girls and boys do not add up to the household size", "femmes, hommes, filles et garçons ne font pas la taille du ménage"}
	whySex      = reason{"not a sex that is known (M, F, H, homme, femme, masculin, féminin …)", "sexe inconnu (M, F, H, homme, femme, masculin, féminin …)"}
	whyQuantity = reason{"not a quantity such as 12 or 12.5", "pas une quantité comme 12 ou 12,5"}
	whyLong     = reason{"the text is longer than 120 characters", "le texte dépasse 120 caractères"}
	whyNoName   = reason{"the name is missing", "le nom manque"}
	whyNoPlace  = reason{"the village or another place is missing", "le village ou un autre lieu manque"}
	whyMany     = reason{"more than two people are named; keep two", "plus de deux personnes sont nommées ; gardez-en deux"}
)

// textMost is the most characters of a name, a place or an id.
const textMost = 120

// sizeMost is the most people in one household; larger ones are split.
const sizeMost = 40

// clean returns s composed, without invisible characters, each run of spaces
// and line breaks one space.
func clean(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] <= ' ' && s[i] != ' ' || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// none are the words people write where there is no number, folded.
var none = map[string]bool{"": true, "na": true, "n a": true, "nd": true, "non": true, "neant": true, "aucun": true, "aucune": true,
	"sans": true, "pas": true, "none": true, "no": true, "null": true, "nan": true, "0": true, "pas de telephone": true, "sans telephone": true}

var scientific = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$`)

// externalID returns an id, or "" where the list says that there is none.
func externalID(s string) (string, reason) {
	switch {
	case none[table.Fold(s)]:
		return "", reason{}
	case scientific.MatchString(s):
		return "", whyScientific
	case len([]rune(s)) > textMost:
		return "", whyLong
	}
	return s, reason{}
}

// nationalDigits are the digits of a number without its country, by calling
// code, for Mali and its neighbours.
var nationalDigits = map[string]int{"223": 8, "226": 8, "227": 8, "222": 8, "221": 9, "224": 9, "225": 10, "213": 9}

// phone returns a number in E.164 (+ and 8 to 15 digits). One without country
// has the digits that the default country's numbers have.
func phone(s, country string) (string, reason) {
	if none[table.Fold(s)] {
		return "", reason{}
	}
	if scientific.MatchString(s) {
		return "", whyScientific
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-()\u00a0\u202f\u2010\u2011", r) {
			return -1
		}
		return r
	}, s)
	digits, international := strings.CutPrefix(s, "+")
	if !international {
		digits, international = strings.CutPrefix(s, "00")
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", whyPhone
	}
	if strings.Trim(digits, "0") == "" {
		return "", reason{}
	}
	if !international && len(digits) == nationalDigits[country] {
		digits = country + digits
	}
	if len(digits) < 10 || len(digits) > 15 || digits[0] == '0' {
		return "", whyPhone
	}
	if n := nationalDigits[digits[:3]]; n > 0 && len(digits) != 3+n {
		return "", whyPhone
	}
	return "+" + digits, reason{}
}

// whole reads a number of people or years: spaces may part the thousands, and
// a spreadsheet may have added ",0".
func whole(s string) (int, bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, s)
	for _, zero := range []string{".0", ",0", ".00", ",00"} {
		s = strings.TrimSuffix(s, zero)
	}
	if len(s) == 0 || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// people reads a number of people of at most sizeMost.
func people(s string, why reason) (int, reason) {
	n, ok := whole(s)
	if !ok || n > sizeMost {
		return 0, why
	}
	return n, reason{}
}

// birthYearOfAge counts an age back from the year of the listing.
func birthYearOfAge(s string, year int) (int, reason) {
	words := strings.Fields(strings.ToLower(s))
	if n := len(words); n > 1 {
		switch words[n-1] {
		case "ans", "an", "years", "year":
			s = strings.Join(words[:n-1], "")
		}
	}
	n, ok := whole(s)
	if !ok || n > 120 {
		return 0, whyAge
	}
	return year - n, reason{}
}

var dayFirst = regexp.MustCompile(`^([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})$`)

// date reads dd/mm/yyyy, dd-mm-yyyy, dd.mm.yyyy and ISO dates, with or
// without a time of day.
func date(s string) (time.Time, bool) {
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') {
		s = s[:10]
	}
	if m := dayFirst.FindStringSubmatch(s); m != nil {
		d, err := time.Parse("2/1/2006", m[1]+"/"+m[2]+"/"+m[3])
		return d, err == nil
	}
	d, err := time.Parse(time.DateOnly, s)
	return d, err == nil
}

// birthYear reads a birth date, or a year alone.
func birthYear(s string, today time.Time) (int, reason) {
	d, ok := date(s)
	if y, err := strconv.Atoi(s); err == nil && len(s) == 4 {
		d, ok = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC), true
	}
	if !ok {
		return 0, whyDate
	}
	if d.After(today) || today.Year()-d.Year() > 120 {
		return 0, whyFuture
	}
	return d.Year(), reason{}
}

var decimal = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,4})?$`)

// quantity reads a decimal with a comma or a point, and returns it with a point.
func quantity(s string) (string, reason) {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\u00a0' || r == '\u202f':
			return -1
		case r == ',':
			return '.'
		}
		return r
	}, s)
	if !decimal.MatchString(s) {
		return "", whyQuantity
	}
	return s, reason{}
}

// sexes, statuses, languages and consents are the words and codes known, folded.
var sexes = map[string]string{"m": "M", "h": "M", "homme": "M", "masculin": "M", "male": "M", "man": "M", "garcon": "M", "boy": "M",
	"f": "F", "femme": "F", "feminin": "F", "female": "F", "woman": "F", "fille": "F", "girl": "F",
	"other": "", "autre": "", "x": "", "": ""}

var statuses = map[string]string{
	"resident": "resident", "residente": "resident", "residents": "resident", "autochtone": "resident", "autochtoneprivate": "resident",
	"population locale": "resident", "non deplace": "resident", "local": "resident",
	"pdi": "displaced", "idp": "displaced", "deplace": "displaced", "deplacee": "displaced", "deplace e": "displaced", "deplaces": "displaced",
	"deplace interne": "displaced", "deplaces internes": "displaced", "personne deplacee": "displaced", "personne deplacee interne": "displaced",
	"personnes deplacees internes": "displaced", "displaced": "displaced", "internally displaced": "displaced",
	"retourne": "returnee", "retournee": "returnee", "retourne e": "returnee", "retournes": "returnee", "rapatrie": "returnee",
	"rapatriee": "returnee", "rapatrie e": "returnee", "returnee": "returnee", "returned": "returnee",
	"hote": "host", "hotes": "host", "famille hote": "host", "famille d accueil": "host", "menage hote": "host", "population hote": "host",
	"communaute hote": "host", "host": "host", "host family": "host", "host community": "host", "autochtonehost": "host",
	"autre": "other", "autres": "other", "other": "other", "refugie": "other", "refugiee": "other", "refugie e": "other", "refugee": "other",
}

var languages = map[string]string{"francais": "fr", "french": "fr", "anglais": "en", "english": "en", "bambara": "bm", "bamanankan": "bm",
	"peul": "ff", "peulh": "ff", "fulfulde": "ff", "fula": "ff", "songhai": "ses", "songhay": "ses", "sonrhai": "ses", "koyraboro senni": "ses",
	"tamasheq": "taq", "tamachek": "taq", "dogon": "dts", "arabe": "ar", "arabic": "ar", "hassanya": "mey", "soninke": "snk", "sarakole": "snk",
	"malinke": "mlq", "khassonke": "kao", "senoufo": "sef", "minianka": "myk", "bobo": "bwq", "bozo": "bzx"}

var consents = map[string]string{"oui": "yes", "yes": "yes", "o": "yes", "y": "yes", "1": "yes", "true": "yes", "vrai": "yes",
	"non": "no", "no": "no", "n": "no", "0": "no", "false": "no", "faux": "no"}

var languageCode = regexp.MustCompile(`^[a-z]{2,3}$`)

// language returns the code of a language; a code stands for itself.
func language(s string) (string, bool) {
	f := table.Fold(s)
	if code, ok := languages[f]; ok {
		return code, true
	}
	return f, languageCode.MatchString(f)
}
