// Package places resolves the place names of a beneficiary list to places
// with coordinates, from a list of administrative units that the programme
// loads.
//
// It guarantees that a place is never guessed: Find returns the one place
// that fits what was written, or an error that says whether there is none or
// several, with candidates for a person to choose from.
//
// P-codes are no keys. The 2015 and 2021 editions of Mali's use the same code
// for different cercles, so that a code counts only beside the edition it is
// from and together with a name that agrees.
package places

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
)

// Level is how deep a place stands in the administration.
type Level int

// The levels of Mali's administration.
const (
	Region Level = iota + 1
	Cercle
	Commune
	Settlement
)

// Place is one place of an edition of a place list.
type Place struct {
	Edition string // of the list, such as "2015"
	Code    string // p-code, meaningful in its edition only
	Name    string
	Commune string // "" for a cercle or a region
	Cercle  string
	Region  string
	Within  string // p-code of the commune, cercle or region it lies in
	// Lat and Lon are degrees north and east (WGS 84); both 0 if unknown.
	Lat, Lon float64
	Level    Level
	// Class is the size class of a settlement: 1 the capital, 2 the seat of a
	// region, 3 of a cercle, 4 of a commune, 5 any other, 0 unknown.
	Class int
}

// Located reports whether the coordinates are known.
func (p Place) Located() bool { return p.Lat != 0 || p.Lon != 0 }

// The reasons why a place is not found; Find wraps them in *Unresolved.
var (
	ErrUnknown = fault.New(fault.NotFound, "place_unknown", "The place list has no such place.",
		"La liste des lieux ne connaît pas ce lieu.")
	ErrAmbiguous = fault.New(fault.Conflict, "place_ambiguous", "Several places of the list have this name. Add the commune and the cercle.",
		"Plusieurs lieux de la liste portent ce nom. Ajoutez la commune et le cercle.")
	ErrEdition = fault.New(fault.Invalid, "place_edition", "The p-codes are of another edition than the place list, or of none that was named. Give place names.",
		"Les p-codes sont d'une autre édition que la liste des lieux, ou d'aucune nommée. Donnez les noms des lieux.")
	ErrCodeName = fault.New(fault.Conflict, "place_code_name", "The p-code and the name are of two different places, or there is no name beside the code.",
		"Le p-code et le nom désignent deux lieux différents, ou aucun nom n'accompagne le code.")
	ErrPlaceList = fault.New(fault.Invalid, "place_list", "The place list has a row that cannot be read.",
		"La liste des lieux a une ligne illisible.")
)

// List is the places of one edition. It is safe for use by several
// goroutines once its aliases are set.
type List struct {
	Edition string
	places  []Place
	byName  map[nameKey][]int32
	byCode  map[string]int32
	within  map[string][]int32 // settlements by commune
	alias   map[string]string
}

type nameKey struct {
	level Level
	name  string
}

// spellings are names that one administration writes in two ways, folded.
var spellings = [][2]string{{"koulikouro", "koulikoro"}, {"baroueli", "baraoueli"}, {"timbuktu", "tombouctou"}}

// Load reads a place list (CSV or XLSX): settlements, or communes, cercles
// and regions, with the column titles of OCHA's and HDX's files. Edition must
// name the edition, because p-codes mean nothing without one. A row that
// cannot be read is ErrPlaceList: a place list is repaired, not half used.
func Load(ctx context.Context, r io.ReaderAt, size int64, edition string) (*List, error) {
	if edition == "" {
		return nil, ErrEdition
	}
	f, err := table.Open(r, size, table.Lists)
	if err != nil {
		return nil, err
	}
	sheet, err := f.Sheet("", func(cells []string) int { return len(columnsOf(cells)) / 2 })
	if err != nil {
		return nil, err
	}
	var all []Place
	cols := columnsOf(sheet.Header.Cells)
	for row, err := range sheet.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if row.Kind != table.Data {
			continue
		}
		p, err := placeOf(row, cols)
		if err != nil {
			return nil, err
		}
		p.Edition = edition
		all = append(all, p)
	}
	return New(edition, all), nil
}

// New makes a List of places read before. It keeps the slice.
func New(edition string, all []Place) *List {
	l := &List{Edition: edition, places: all, byName: map[nameKey][]int32{}, byCode: map[string]int32{},
		within: map[string][]int32{}, alias: map[string]string{}}
	for _, s := range spellings {
		l.Alias(s[0], s[1])
	}
	l.index()
	return l
}

// roles are the column titles known, folded.
var roles = map[string]string{
	"pcode": "code", "p code": "code", "code": "code", "name": "name", "nom": "name", "village": "name",
	"admin1pcod": "code1", "admin2pcod": "code2", "admin3pcod": "code3",
	"admin1pcode": "code1", "admin2pcode": "code2", "admin3pcode": "code3",
	"admin1name": "name1", "admin2name": "name2", "admin3name": "name3", "region": "name1", "cercle": "name2", "commune": "name3",
	"parent p code": "parent", "admin level": "level", "class": "class",
	"lat": "lat", "latitude": "lat", "lon": "lon", "longitude": "lon",
}

func columnsOf(header []string) map[string]int {
	cols := map[string]int{}
	for i, h := range header {
		if role := roles[table.Fold(h)]; role != "" {
			if _, twice := cols[role]; !twice {
				cols[role] = i
			}
		}
	}
	return cols
}

func placeOf(row table.Row, cols map[string]int) (Place, error) {
	if row.Flaw != nil {
		return Place{}, ErrPlaceList.At(fmt.Sprintf("row[%d]", row.N), "%s", row.Flaw.EN)
	}
	cell := func(role string) string {
		if i, ok := cols[role]; ok {
			return strings.TrimSpace(row.Cell(i))
		}
		return ""
	}
	p := Place{Code: cell("code"), Name: cell("name"), Region: cell("name1"), Cercle: cell("name2"), Commune: cell("name3"), Level: Settlement}
	codes := []string{"", cell("code1"), cell("code2"), cell("code3"), p.Code}
	names := []string{"", p.Region, p.Cercle, p.Commune, p.Name}
	for p.Level > Region && names[p.Level] == "" {
		p.Level--
	}
	p.Name, p.Code, p.Within = names[p.Level], codes[p.Level], codes[p.Level-1]
	var err error
	number := func(role string, most float64) float64 {
		s := cell(role)
		if s == "" || err != nil {
			return 0
		}
		x, e := strconv.ParseFloat(s, 64)
		if e != nil || !(math.Abs(x) <= most) {
			err = ErrPlaceList.At(fmt.Sprintf("row[%d].%s", row.N, role), "%q", table.Short(s))
		}
		return x
	}
	if level := Level(number("level", 4)); level >= Region {
		p.Level, p.Code, p.Within = level, cell("code"), cell("parent")
	}
	p.Lat, p.Lon, p.Class = number("lat", 90), number("lon", 180), int(number("class", 9))
	if err == nil && p.Name == "" {
		err = ErrPlaceList.At(fmt.Sprintf("row[%d]", row.N), "no name")
	}
	return p, err
}

// index builds the maps, and names the units above a place where the list
// gives only their codes.
func (l *List) index() {
	for i, p := range l.places {
		if _, twice := l.byCode[p.Code]; p.Code != "" && !twice {
			l.byCode[p.Code] = int32(i)
		}
	}
	for i := range l.places {
		p := &l.places[i]
		l.nameUnits(p)
		k := nameKey{p.Level, l.key(p.Name)}
		l.byName[k] = append(l.byName[k], int32(i))
		if p.Level == Settlement {
			l.within[l.communeKey(*p)] = append(l.within[l.communeKey(*p)], int32(i))
		}
	}
}

// nameUnits fills in the names of the units p lies in, and its own.
func (l *List) nameUnits(p *Place) {
	for at, steps := *p, 0; steps < int(Settlement); steps++ {
		switch at.Level {
		case Region:
			p.Region = at.Name
		case Cercle:
			p.Cercle = at.Name
		case Commune:
			p.Commune = at.Name
		}
		i, ok := l.byCode[at.Within]
		if at.Within == "" || !ok {
			return
		}
		at = l.places[i]
	}
}

func (l *List) communeKey(p Place) string {
	if p.Within != "" {
		return p.Within
	}
	return table.Fold(p.Region) + "/" + table.Fold(p.Cercle) + "/" + table.Fold(p.Commune)
}

// fillers are words that some lists put beside a name and others do not.
var fillers = map[string]bool{"commune": true, "cercle": true, "region": true, "de": true, "du": true, "d": true,
	"rurale": true, "urbaine": true, "village": true, "ville": true}

// Key is what the spellings of one name have in common: case, accents, spaces and
// words such as "commune de" do not count, and aliases are followed.
func (l *List) Key(name string) string { return l.key(name) }

// key is what two spellings of one name have in common.
func (l *List) key(name string) string {
	folded := table.Fold(name)
	words := slices.DeleteFunc(strings.Fields(folded), func(w string) bool { return fillers[w] })
	k := strings.Join(words, "")
	if k == "" {
		k = strings.ReplaceAll(folded, " ", "")
	}
	if a, ok := l.alias[k]; ok {
		return a
	}
	return k
}

// Alias makes other mean the same as name wherever a place is written, for
// names that changed between editions or have a second spelling. Call it
// before the list is used; an alias of an alias is not followed.
func (l *List) Alias(other, name string) {
	from, to := l.key(other), l.key(name)
	if from == to {
		return
	}
	l.alias[from] = to
	// Places already indexed under the other spelling move along.
	for level := Region; level <= Settlement; level++ {
		k := nameKey{level, to}
		l.byName[k] = append(l.byName[k], l.byName[nameKey{level, from}]...)
		delete(l.byName, nameKey{level, from})
	}
}

// Len returns the number of places.
func (l *List) Len() int { return len(l.places) }

// All yields every place in the order of the file.
func (l *List) All() iter.Seq[Place] { return slices.Values(l.places) }

// InCommune yields the settlements of the commune that p, a settlement of
// this list, lies in; p is among them.
func (l *List) InCommune(p Place) iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for _, i := range l.within[l.communeKey(p)] {
			if !yield(l.places[i]) {
				return
			}
		}
	}
}

// earthRadius is the mean radius of the Earth in metres (IUGG).
const earthRadius = 6_371_008.8

// Distance returns the length of the great circle between two located places
// in metres. It is within 0.6 % of the way a bird flies; roads are longer.
func Distance(a, b Place) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	lat, lon := math.Sin(rad(b.Lat-a.Lat)/2), math.Sin(rad(b.Lon-a.Lon)/2)
	h := lat*lat + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*lon*lon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}
