package samplelist

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// namesCSV holds names of Mali with the spellings found beside each, written
// from general knowledge. Columns: kind (given_f, given_m, second_f, second_m,
// family), name, cercles where a family name is common (split by |), other
// spellings (at least one, split by |).
//
//go:embed names.csv
var namesCSV []byte

// name is one name and the ways it is misspelt.
type name struct {
	text     string
	variants []string
	commonIn []string // cercles
}

// names is the stock that households are named from.
type names struct {
	womenGiven, menGiven   []name
	womenSecond, menSecond []name
	families               []name
	local                  map[string][]int // indices of the families common in a cercle
}

// stock reads names.csv once. It panics if the embedded file is malformed,
// which a test rules out.
var stock = sync.OnceValue(func() *names {
	rows, err := csv.NewReader(bytes.NewReader(namesCSV)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("samplelist: names.csv: %v", err))
	}
	s := &names{local: map[string][]int{}}
	lists := map[string]*[]name{
		"given_f": &s.womenGiven, "given_m": &s.menGiven,
		"second_f": &s.womenSecond, "second_m": &s.menSecond, "family": &s.families,
	}
	for _, row := range rows[1:] {
		list, n := lists[row[0]], name{text: row[1], variants: strings.Split(row[3], "|")}
		if row[2] != "" {
			n.commonIn = strings.Split(row[2], "|")
		}
		for _, cercle := range n.commonIn {
			s.local[cercle] = append(s.local[cercle], len(s.families))
		}
		*list = append(*list, n)
	}
	return s
})

// family picks a family name; in three of four cases, one that is common in
// the cercle.
func (s *names) family(r *rand.Rand, cercle string) name {
	if local := s.local[cercle]; len(local) > 0 && r.IntN(4) > 0 {
		return s.families[local[r.IntN(len(local))]]
	}
	return pick(r, s.families)
}

// given picks a given name and, for one in four, a second one.
func (s *names) given(r *rand.Rand, woman bool) (first, second name) {
	firsts, seconds := s.menGiven, s.menSecond
	if woman {
		firsts, seconds = s.womenGiven, s.womenSecond
	}
	first = pick(r, firsts)
	if r.IntN(4) == 0 {
		second = pick(r, seconds)
	}
	return first, second
}

// misspelt returns n with another of its spellings as its text.
func (n name) misspelt(r *rand.Rand) name {
	others := slices.DeleteFunc(slices.Clone(n.variants), func(v string) bool { return v == n.text })
	n.text = pick(r, others)
	return n
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// withoutAccents is how a name comes out of a keyboard that has none.
var withoutAccents = strings.NewReplacer("é", "e", "è", "e", "ê", "e", "ë", "e",
	"ï", "i", "î", "i", "ô", "o", "à", "a", "â", "a", "ç", "c", "û", "u",
	"É", "E", "È", "E", "Ï", "I")
