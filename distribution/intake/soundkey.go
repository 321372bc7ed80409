package intake

import (
	"slices"
	"strings"

	"github.com/jate-cva/jate/internal/table"
)

// spelling writes one sound one way, whether a name is spelt the French or
// the English way of West Africa. At each letter the first pair that fits is
// taken, so that longer ones stand first.
var spelling = strings.NewReplacer(
	"oua", "wa", "oue", "we", "oui", "wi", "ouo", "wo", "ou", "u", "oo", "u", "ow", "o",
	"dia", "ja", "die", "je", "dio", "jo", "diu", "ju", "dj", "j",
	"gue", "ge", "gui", "gi", "ge", "je", "gi", "ji", "gn", "ni", "gh", "g",
	"sch", "s", "ch", "s", "sh", "s", "ce", "se", "ci", "si", "cy", "si", "ck", "k", "c", "k", "qu", "k", "q", "k", "kh", "k",
	"ph", "f", "th", "t", "x", "ks", "z", "s", "v", "w",
	"ai", "a", "ay", "a", "ei", "e", "ey", "e",
)

// apostrophes join: N'Diaye is one word, Mohamed-Lamine is two.
var apostrophes = strings.NewReplacer("'", "", "’", "", "ʼ", "", "`", "")

// SoundKey returns a key that spellings of one name share: Coulibaly and
// Koulibali, Diallo and Jallow, Ouologuem and Wologuem. The words of a name
// keep their order. Different names may share a key too, so that a match is a
// question to a person and never an answer.
func SoundKey(name string) string {
	var keys []string
	for _, word := range strings.Fields(table.Fold(apostrophes.Replace(name))) {
		if k := squeeze(spelling.Replace(word)); k != "" {
			keys = append(keys, k)
		}
	}
	return strings.Join(keys, " ")
}

// NameKey is SoundKey of a whole name, with its words in alphabetical order:
// lists differ in whether the family or the given name comes first.
func NameKey(family, given string) string {
	words := strings.Fields(SoundKey(given + " " + family))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// squeeze keeps three vowels of five (a and o, e and i, u), no letter twice
// in a row, and h between vowels only: that is where writers agree.
func squeeze(word string) string {
	out := make([]rune, 0, len(word))
	for i, r := range word {
		switch r {
		case 'o':
			r = 'a'
		case 'e', 'y':
			r = 'i'
		case 'h':
			if i+1 == len(word) || len(out) == 0 || !strings.ContainsRune("aiu", out[len(out)-1]) {
				continue
			}
		}
		if len(out) == 0 || out[len(out)-1] != r {
			out = append(out, r)
		}
	}
	return string(out)
}
