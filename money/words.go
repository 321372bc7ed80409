package money

import "strings"

var frSmall = [...]string{"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
	"quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"}
var frTens = [...]string{2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 7: "soixante", 8: "quatre-vingt", 9: "quatre-vingt"}

var enSmall = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
	"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
var enTens = [...]string{2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}

// Words writes a whole number of francs CFA from 0 to 999,999,999,999 in words,
// as it stands on a cheque or receipt: "quatre-vingts francs CFA", or in English
// where french is false. It returns "" for other numbers.
func Words(francs int64, french bool) string {
	if francs < 0 || francs >= 1_000_000_000_000 {
		return ""
	}
	if !french {
		return englishWords(francs) + " CFA francs"
	}
	text := frenchWords(francs)
	switch {
	case francs > 1 && francs%1_000_000 == 0:
		return text + " de francs CFA" // million and milliard are nouns
	case francs < 2:
		return text + " franc CFA"
	}
	return text + " francs CFA"
}

func frenchWords(n int64) string {
	if n == 0 {
		return frSmall[0]
	}
	var parts []string
	for _, unit := range []struct {
		size int64
		name string
	}{{1_000_000_000, "milliard"}, {1_000_000, "million"}} {
		if k := n / unit.size; k > 0 {
			name := unit.name
			if k > 1 {
				name += "s"
			}
			parts = append(parts, frenchHundreds(int(k), true), name)
			n %= unit.size
		}
	}
	if k := n / 1000; k > 0 {
		if k > 1 { // "mille" is a numeral: no "un" before it, no plural of what is
			parts = append(parts, frenchHundreds(int(k), false))
		}
		parts = append(parts, "mille")
	}
	if n %= 1000; n > 0 {
		parts = append(parts, frenchHundreds(int(n), true))
	}
	return strings.Join(parts, " ")
}

// frenchHundreds writes 1 to 999. "Cent" and "vingt" take their plural at the
// end of a number, which that before "mille" is not.
func frenchHundreds(n int, end bool) string {
	var parts []string
	if h := n / 100; h > 0 {
		word := "cent"
		if h > 1 {
			parts = append(parts, frSmall[h])
			if n%100 == 0 && end {
				word = "cents"
			}
		}
		parts = append(parts, word)
		n %= 100
	}
	switch ten, one := n/10, n%10; {
	case n == 0:
	case n < 20:
		parts = append(parts, frSmall[n])
	case ten == 7 || ten == 9:
		join := "-"
		if n == 71 {
			join = " et "
		}
		parts = append(parts, frTens[ten]+join+frSmall[10+one])
	case n == 80 && end:
		parts = append(parts, "quatre-vingts")
	case one == 0:
		parts = append(parts, frTens[ten])
	case one == 1 && ten != 8:
		parts = append(parts, frTens[ten]+" et un")
	default:
		parts = append(parts, frTens[ten]+"-"+frSmall[one])
	}
	return strings.Join(parts, " ")
}

func englishWords(n int64) string {
	if n < 20 {
		return enSmall[n]
	}
	if n < 100 {
		if n%10 == 0 {
			return enTens[n/10]
		}
		return enTens[n/10] + "-" + enSmall[n%10]
	}
	for _, unit := range []struct {
		size int64
		name string
	}{{1_000_000_000, "billion"}, {1_000_000, "million"}, {1000, "thousand"}, {100, "hundred"}} {
		if n < unit.size {
			continue
		}
		text, rest := englishWords(n/unit.size)+" "+unit.name, n%unit.size
		switch {
		case rest == 0:
			return text
		case rest < 100:
			return text + " and " + englishWords(rest)
		}
		return text + " " + englishWords(rest)
	}
	return ""
}
