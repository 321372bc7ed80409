package presence

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/table"
)

// openEnded is how long work lasts that has a start and no end.
const openEnded = 90 * 24 * time.Hour

// period returns when a row's work takes place. wrong names the field that cannot
// be read, or that is missing.
func (l *list) period(row table.Row) (from, to time.Time, assumed bool, wrong field) {
	get := func(f field) string { return l.cols.get(row, f) }
	switch {
	case get(start) != "":
		var upTo time.Time
		var ok bool
		if from, upTo, ok = span(get(start)); !ok {
			return from, to, false, start
		}
		if get(end) == "" {
			if upTo.Sub(from) > 24*time.Hour {
				return from, upTo, false, ""
			}
			return from, from.Add(openEnded), true, ""
		}
		if _, to, ok = span(get(end)); !ok || !to.After(from) {
			return from, to, false, end
		}
		return from, to, false, ""
	case get(month) != "":
		text := get(month)
		if !fourDigits.MatchString(text) {
			text += " " + get(year)
		}
		var ok bool
		if from, to, ok = span(text); !ok {
			return from, to, false, month
		}
		return from, to, false, ""
	case get(period) != "":
		var ok bool
		if from, to, ok = span(get(period)); !ok {
			return from, to, false, period
		}
		return from, to, false, ""
	case get(year) != "":
		// A year does not say when in it.
		var ok bool
		if from, to, ok = span(get(year)); !ok {
			return from, to, false, year
		}
		return from, to, true, ""
	case !l.opt.From.IsZero() && l.opt.To.After(l.opt.From):
		return l.opt.From, l.opt.To, true, ""
	}
	return from, to, false, period
}

var (
	fourDigits = regexp.MustCompile(`\b(19|20)\d\d\b`)
	isoDay     = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?$`)
	isoMonth   = regexp.MustCompile(`^(\d{4})[-/](\d{1,2})$`)
	monthFirst = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{4})$`)
	numeric    = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$`)
	quarterly  = regexp.MustCompile(`^(?:t|q)(?:rimestre |uarter )?([1-4])[ -]?(\d{4})$`)
	worded     = regexp.MustCompile(`^(?:(\d{1,2}) )?([a-z]+)(?: (?:a |au |to |et |and )?([a-z]+))?[ -]*(\d{4}|\d{2})$`)
)

// months are the first letters of months in French and English, folded.
var months = map[string]time.Month{"jan": 1, "fev": 2, "feb": 2, "mar": 3, "avr": 4, "apr": 4, "mai": 5, "may": 5, "juin": 6, "jun": 6,
	"juil": 7, "jul": 7, "aou": 8, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}

func monthOf(word string) (time.Month, bool) {
	for n := min(4, len(word)); n >= 3; n-- {
		if m, ok := months[word[:n]]; ok {
			return m, true
		}
	}
	return 0, false
}

// span reads a day, a month, several months, a quarter or a year, to excluded.
// Days come before months where both readings are possible, as in Mali.
func span(text string) (from, to time.Time, ok bool) {
	s := strings.TrimSpace(text)
	num := func(s string) int { n, _ := strconv.Atoi(s); return n }
	day := func(y, m, d int) (time.Time, time.Time, bool) {
		at := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		return at, at.AddDate(0, 0, 1), m >= 1 && m <= 12 && at.Day() == d && sane(y)
	}
	months := func(y, m, n int) (time.Time, time.Time, bool) {
		at := time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC)
		return at, at.AddDate(0, n, 0), m >= 1 && m <= 12 && n >= 1 && sane(y)
	}
	if g := isoDay.FindStringSubmatch(s); g != nil {
		return day(num(g[1]), num(g[2]), num(g[3]))
	}
	if g := isoMonth.FindStringSubmatch(s); g != nil {
		return months(num(g[1]), num(g[2]), 1)
	}
	if g := numeric.FindStringSubmatch(s); g != nil {
		if num(g[2]) > 12 {
			return day(num(g[3]), num(g[1]), num(g[2]))
		}
		return day(num(g[3]), num(g[2]), num(g[1]))
	}
	if g := monthFirst.FindStringSubmatch(s); g != nil {
		return months(num(g[2]), num(g[1]), 1)
	}
	s = table.Fold(s)
	if g := quarterly.FindStringSubmatch(s); g != nil {
		return months(num(g[2]), num(g[1])*3-2, 3)
	}
	if g := worded.FindStringSubmatch(s); g != nil {
		m, known := monthOf(g[2])
		y := num(g[4])
		if len(g[4]) == 2 {
			y += 2000
		}
		switch {
		case !known:
			return from, to, false
		case g[1] != "" && g[3] == "":
			return day(y, int(m), num(g[1]))
		case g[3] == "":
			return months(y, int(m), 1)
		}
		last, known := monthOf(g[3])
		return orNot(known && g[1] == "")(months(y, int(m), int(last-m)+1))
	}
	if y := num(s); len(s) == 4 && sane(y) {
		return months(y, 1, 12)
	}
	return from, to, false
}

func orNot(known bool) func(from, to time.Time, ok bool) (time.Time, time.Time, bool) {
	return func(from, to time.Time, ok bool) (time.Time, time.Time, bool) { return from, to, ok && known }
}

func sane(year int) bool { return year >= 2000 && year < 2100 }

// Span reads a day, a month, a quarter or a year as people write them in French or
// English, days before months; to is excluded.
func Span(text string) (from, to time.Time, ok bool) { return span(text) }
