package places

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// Query is a place as a list gives it. Region, Cercle and Commune may be
// names or p-codes; Edition is that of the p-codes and may be empty without.
type Query struct {
	Edition                          string
	Region, Cercle, Commune, Village string
	Code                             string // p-code of the deepest place given
}

// Unresolved is the error for a Query without one answer.
type Unresolved struct {
	Query      Query
	Candidates []Place // for a person to choose from, the likeliest first; at most ten
	cause      *fault.Error
}

// Error returns the cause's sentence; the query is personal data's neighbour
// and stays out of logs.
func (e *Unresolved) Error() string { return e.cause.Error() }

// Unwrap returns ErrUnknown, ErrAmbiguous, ErrEdition or ErrCodeName.
func (e *Unresolved) Unwrap() error { return e.cause }

// candidatesMost bounds what an Unresolved shows.
const candidatesMost = 10

// onePlace is within how many metres two entries of one name in one commune
// are taken for the same settlement: lists often give its seat of commune and
// its oldest quarter apart.
const onePlace = 5000

// Find returns the place that q names: the deepest of village, commune, cercle
// and region given. Names are compared without case, accents, spaces and words
// such as "commune de". A commune or cercle given must agree; a region only
// decides between several, because the reform of 2023 moved cercles to other
// regions. The error is an *Unresolved.
func (l *List) Find(q Query) (Place, error) {
	units := []string{"", q.Region, q.Cercle, q.Commune, q.Village}
	level := Settlement
	for level > Region && strings.TrimSpace(units[level]) == "" {
		level--
	}
	name := strings.TrimSpace(units[level])
	if name == "" {
		if q.Code != "" {
			return Place{}, &Unresolved{q, nil, ErrCodeName}
		}
		return Place{}, &Unresolved{q, nil, ErrUnknown}
	}
	for _, u := range units[1:] {
		if isCode(u) && q.Edition != l.Edition {
			return Place{}, &Unresolved{q, nil, ErrEdition}
		}
	}
	if isCode(name) {
		return Place{}, &Unresolved{q, nil, ErrCodeName}
	}
	if q.Code != "" && q.Edition == l.Edition {
		return l.byPcode(q, name)
	}
	return l.byNames(q, level, name)
}

// byPcode finds the place of the code, if its name agrees.
func (l *List) byPcode(q Query, name string) (Place, error) {
	i, ok := l.byCode[q.Code]
	if !ok {
		return Place{}, &Unresolved{q, nil, ErrUnknown}
	}
	if p := l.places[i]; l.key(p.Name) != l.key(name) {
		return Place{}, &Unresolved{q, []Place{p}, ErrCodeName}
	}
	return l.places[i], nil
}

func (l *List) byNames(q Query, level Level, name string) (Place, error) {
	var found []Place
	for _, i := range l.byName[nameKey{level, l.key(name)}] {
		if l.agrees(l.places[i], q, level) {
			found = append(found, l.places[i])
		}
	}
	if len(found) == 0 {
		return Place{}, &Unresolved{q, l.similar(q, level, name), ErrUnknown}
	}
	if q.Region != "" {
		if same := slices.DeleteFunc(slices.Clone(found), func(p Place) bool { return !l.isUnit(q.Region, p.Region, p) }); len(same) > 0 {
			found = same
		}
	}
	// The seat of a commune stands before a quarter of the same name.
	slices.SortStableFunc(found, func(a, b Place) int { return a.Class - b.Class })
	for _, p := range found[1:] {
		if p.Within != found[0].Within || !p.Located() || !found[0].Located() || Distance(p, found[0]) > onePlace {
			return Place{}, &Unresolved{q, found[:min(len(found), candidatesMost)], ErrAmbiguous}
		}
	}
	return found[0], nil
}

// agrees reports whether p lies in the commune and the cercle that q gives
// above the level looked for.
func (l *List) agrees(p Place, q Query, level Level) bool {
	return (level <= Commune || q.Commune == "" || l.isUnit(q.Commune, p.Commune, p)) &&
		(level <= Cercle || q.Cercle == "" || l.isUnit(q.Cercle, p.Cercle, p))
}

// isUnit reports whether given, a name or a code, is the unit called name
// that p lies in. A code contains those of the units above it.
func (l *List) isUnit(given, name string, p Place) bool {
	if isCode(given) {
		return strings.HasPrefix(p.Within, strings.TrimSpace(given))
	}
	return l.key(given) == l.key(name)
}

// isCode recognises a p-code: two capital letters and digits.
func isCode(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) >= 4 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && strings.Trim(s[2:], "0123456789") == ""
}

// similar returns the places of the same units whose names differ by a letter
// or two, but not in their first and last letters both; the nearest first.
func (l *List) similar(q Query, level Level, name string) []Place {
	type near struct {
		place int32
		edits int
	}
	var all []near
	key := l.key(name)
	for k, at := range l.byName {
		if k.level != level || len(k.name)*len(key) == 0 || k.name[0] != key[0] && k.name[len(k.name)-1] != key[len(key)-1] {
			continue
		}
		d := edits(key, k.name)
		if d > 2 || d >= len(key) {
			continue
		}
		for _, i := range at {
			if l.agrees(l.places[i], q, level) {
				all = append(all, near{i, d})
			}
		}
	}
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(a.edits-b.edits, int(a.place-b.place)) })
	var out []Place
	for _, n := range all[:min(len(all), candidatesMost)] {
		out = append(out, l.places[n.place])
	}
	return out
}

// edits returns the Levenshtein distance of a and b in bytes, or a number
// above 2 where their lengths alone make it so or they are no names.
func edits(a, b string) int {
	var rows [64]int
	if d := len(a) - len(b); d > 2 || d < -2 || len(b) >= len(rows) {
		return 3
	}
	row := rows[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
