package vendors

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
)

// numberMax is how many digits a sum or quantity may have: they fit into 64
// bits.
const numberMax = 18

var (
	errFrancs   = errors.New("not a whole sum of francs such as 12500")
	errZero     = errors.New("must be more than zero")
	errQuantity = errors.New("not a quantity such as 12,5")
	errRow      = errors.New("every line names its vendor and its voucher")
	errDate     = errors.New("not a day such as 31/12/2025, 2025-12-31 or 31 déc. 2025")
)

// spaces take every width of space out of a number, and currencies the words
// before or after a sum of XOF.
var (
	spaces     = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "")
	currencies = []string{"FCFA", "FRANCS", "FRANC", "FRS", "CFA", "XOF", "FR", "F"}
)

// readFrancs reads a sum of XOF as people write it: "12 500", "12.500 FCFA",
// "12,500", "12’500 F" and "12500,00" are one sum, because the franc has no
// cents. A sum with cents, below or of zero is refused.
func readFrancs(s string) (money.Amount, error) {
	n := s
	if !isDigits(n) {
		if n = wholeFrancs(s); n == "" {
			return money.Amount{}, errFrancs
		}
	}
	if len(n) > numberMax {
		return money.Amount{}, errFrancs
	}
	minor, err := strconv.ParseInt(n, 10, 64)
	if err != nil || minor <= 0 {
		return money.Amount{}, errZero
	}
	return money.Francs(minor), nil
}

// wholeFrancs returns the digits of a sum that is written with more than
// digits, or "".
func wholeFrancs(s string) string {
	n := strings.TrimSuffix(spaces.Replace(strings.ToUpper(s)), ".") // of "Frs."
	for range 2 {                                                    // "F CFA 500 F" says it twice
		for _, c := range currencies {
			n = strings.TrimSuffix(strings.TrimPrefix(n, c), c)
		}
	}
	if i := strings.LastIndexAny(n, ".,"); i > 0 && len(n)-i <= 3 && i+1 < len(n) && strings.Trim(n[i+1:], "0") == "" {
		n = n[:i]
	}
	return withoutThousands(n)
}

// withoutThousands takes the signs out that stand after each thousand, all of
// one kind. It returns "" for what is then no number, or where they stand
// elsewhere.
func withoutThousands(n string) string {
	n = strings.ReplaceAll(n, "’", "'")
	i := strings.IndexAny(n, ".,'")
	if i < 0 {
		if isDigits(n) {
			return n
		}
		return ""
	}
	groups := strings.Split(n, n[i:i+1])
	for j, g := range groups {
		if !isDigits(g) || j > 0 && len(g) != 3 || len(g) > 3 {
			return ""
		}
	}
	return strings.Join(groups, "")
}

// isDigits reports whether s is decimal digits, at least one.
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// readQuantity reads a quantity of a commodity, with a point or a comma before
// its decimals. "1.250" is refused: it may be a thousand or one and a quarter.
func readQuantity(s string, a money.Asset) (money.Amount, error) {
	n := spaces.Replace(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "kg"))
	whole, decimals, parted := strings.Cut(strings.Replace(n, ",", ".", 1), ".")
	switch {
	case !parted && isDigits(n) && len(n) <= numberMax:
	case withoutThousands(n) != "" && n != withoutThousands(n):
		return money.Amount{}, fmt.Errorf("thousands or decimals? Write 1250 or 1,25")
	case parted && isDigits(whole) && isDigits(decimals) && len(whole) <= 15 && len(decimals) <= 6:
		n = whole + "." + decimals
	default:
		return money.Amount{}, errQuantity
	}
	m, err := money.Parse(n, a)
	if err != nil || m.Sign() <= 0 {
		return money.Amount{}, fmt.Errorf("not more than zero, or more decimals than %s has", a)
	}
	return m, nil
}

// months are the beginnings by which French and English months are known,
// without accents. The longer ones stand before those that they begin with.
var months = []struct {
	word  string
	month time.Month
}{
	{"janv", 1}, {"jan", 1}, {"fev", 2}, {"feb", 2}, {"mars", 3}, {"mar", 3}, {"avr", 4}, {"apr", 4}, {"mai", 5}, {"may", 5}, {"juin", 6}, {"jun", 6},
	{"juil", 7}, {"jul", 7}, {"aout", 8}, {"aou", 8}, {"aug", 8}, {"sept", 9}, {"sep", 9}, {"oct", 10}, {"nov", 11}, {"dec", 12},
}

// The days that a spreadsheet's number may stand for: 2000 to 2099, counted
// from 30 December 1899 as Excel and LibreOffice do.
const (
	serialDayMin = 36_526
	serialDayMax = 73_050
)

// readDate reads a day: 2025-03-01, with or without a time of day, 01/03/2025,
// 1-3-25, 1.3.25, 1 mars 2025, 1er mars, 5 nov. 2026, or a spreadsheet's number
// of a day. The day stands before the month, as in Mali, unless there is no
// such month. Where no year is given the result has year 0; see inYear.
func readDate(s string) (time.Time, error) {
	if t, ok := isoDay(s); ok {
		return t, nil
	}
	if n, err := strconv.Atoi(s); err == nil && n >= serialDayMin && n <= serialDayMax {
		return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC), nil
	}
	words := strings.Fields(table.Fold(s))
	if len(words) > 0 && (words[0] == "le" || slices.Contains(weekdays, words[0])) {
		words = words[1:]
	}
	if n := len(words); n > 3 && isTime(words[3:]) {
		words = words[:3]
	}
	if len(words) == 3 && len(words[0]) == 4 {
		words[0], words[2] = words[2], words[0]
	}
	if len(words) != 3 && len(words) != 2 {
		return time.Time{}, errDate
	}
	day, named := number(strings.TrimSuffix(words[0], "er")), monthOf(words[1])
	month, year := named, 0
	if named == 0 {
		month = time.Month(number(words[1]))
	}
	switch {
	case len(words) == 3:
		if year = yearOf(words[2]); year == 0 {
			return time.Time{}, errDate
		}
	case named == 0: // "5/11" may be a fraction or a fifth of something
		return time.Time{}, errDate
	}
	if named == 0 && month > 12 {
		day, month = int(month), time.Month(day)
	}
	return dayOf(year, month, day)
}

var weekdays = []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}

// isoDay reads the forms that programs write.
func isoDay(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) || s[4] != '-' {
		return time.Time{}, false
	}
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC3339} {
		if len(s) < len(form) {
			continue
		}
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// isTime reports whether the words after a day are a time of it.
func isTime(words []string) bool {
	for _, w := range words {
		if !isDigits(strings.Replace(w, "h", "", 1)) && w != "h" {
			return false
		}
	}
	return len(words) <= 3
}

// monthOf returns the month of a word, 0 for none.
func monthOf(word string) time.Month {
	for _, m := range months {
		if strings.HasPrefix(word, m.word) {
			return m.month
		}
	}
	return 0
}

// number returns what at most two digits say, 0 for anything else.
func number(s string) int {
	if !isDigits(s) || len(s) > 2 {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// yearOf reads a year of four digits or of two, which are of this century.
func yearOf(s string) int {
	switch n := number(s); {
	case len(s) == 2 && isDigits(s):
		return 2000 + n
	case len(s) == 4 && isDigits(s) && (s[:2] == "19" || s[:2] == "20"):
		y, err := strconv.Atoi(s)
		if err != nil {
			return 0
		}
		return y
	}
	return 0
}

// dayOf returns the day, unless there is none such.
func dayOf(year int, month time.Month, day int) (time.Time, error) {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if month < time.January || month > time.December || t.Day() != day || t.Month() != month {
		return time.Time{}, errDate
	}
	return t, nil
}

// inYear gives a day that was written without its year the latest one in which
// it has come by now, or tomorrow. It returns every other day as it is.
func inYear(day, now time.Time) time.Time {
	if day.IsZero() || day.Year() != 0 {
		return day
	}
	for year := now.UTC().Year() + 1; ; year-- {
		t, err := dayOf(year, day.Month(), day.Day())
		if err == nil && !t.After(now.Add(24*time.Hour)) {
			return t
		}
	}
}
