package distribution

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/fault"
)

// Where another organisation's list says that it serves a village of a lot in a
// period that overlaps the round's, with the same kind of assistance, the lot
// carries an Overlap. It is a warning and never a refusal; the lot's digest covers
// it, so that nobody approves a lot without it. It counts households and names none.

// Errors about overlaps.
var (
	ErrOverlapMoved = fault.New(fault.Conflict, "overlap_moved",
		"A list of other organisations was imported or withdrawn since the lot was prepared. Prepare it again, to see what overlaps.",
		"Une liste d'autres organisations a été importée ou retirée depuis la préparation du lot. Préparez-le à nouveau pour voir ce qui se recoupe.")
	ErrOverlapAnswer = fault.New(fault.Conflict, "overlap_unanswered",
		"Other organisations serve the same places, and this round wants an answer to that. Prepare the lot again and say with whom it was coordinated.",
		"D'autres organisations servent les mêmes lieux, et ce cycle exige une réponse. Préparez le lot à nouveau en disant avec qui cela a été coordonné.")
)

// Sureness is how sure it is that two organisations serve the same people.
type Sureness string

// Sure is the village itself, the same kind of assistance and a period that the
// list gives. Likely is the village by its names alone, or a period or a kind that
// is assumed. Possible is a list that only names the commune or the cercle.
const (
	Sure     Sureness = "sure"
	Likely   Sureness = "likely"
	Possible Sureness = "possible"
)

var surenesses = []Sureness{Sure, Likely, Possible}

// Overlap says that somebody else serves a place of the lot.
type Overlap struct {
	Sure             Sureness
	List             string // id of the PresenceList
	Source           string // its name
	Row              int    // of the list, the first one that says it
	Rows             int    // that say it
	Organisation     string
	Kind             presence.Kind
	Activity         string // as the list has it
	From, To         time.Time
	Assumed          bool // the list does not give the whole period
	Level            places.Level
	Place            string // village, commune and cercle as far as known
	Households       int    // of the lot, there
	Planned, Reached int    // households of the other, the most that one row says
}

const (
	overlapsMax     = 500
	coordinationMax = 400 // letters
)

// area is where households of a lot live. The names are keys of places.List.
type area struct {
	cercle, commune, village string
	code                     string // of the place list; "" where it has none
	shown                    [3]string
}

// dwell returns the area of a person, one for each place.
func (sv *survey) dwell(p Person, at *placed) *area {
	a := area{shown: [3]string{p.Village, p.Commune, p.Cercle}}
	if at != nil && at.problem == nil {
		a.code = at.place.Code
		a.shown = [3]string{at.place.Name, at.place.Commune, at.place.Cercle}
	}
	a.village, a.commune, a.cercle = sv.names.Key(a.shown[0]), sv.names.Key(a.shown[1]), sv.names.Key(a.shown[2])
	id := strings.Join([]string{a.code, a.village, a.commune, a.cercle}, "/")
	if sv.areas[id] == nil {
		sv.areas[id] = &a
	}
	return sv.areas[id]
}

// rival is what a row of a list says of one place; the names are keys.
type rival struct {
	list                     PresenceList
	row                      presence.Row
	level                    places.Level
	cercle, commune, village string
	code                     string // of the place list
}

// comparedLists returns the programme's lists that say something of the round's
// time, in the order of their ids.
func comparedLists(tx Tx, r Round) ([]PresenceList, error) {
	var all []PresenceList
	for l, err := range tx.PresenceLists(r.Programme) {
		if err != nil {
			return nil, err
		}
		if l.Withdrawn == "" && l.Rows > 0 && l.From.Before(r.SalesEnd) && r.Opens.Before(l.To) {
			all = append(all, l)
		}
	}
	return all, nil
}

// rivalsOf reads the rows that may overlap the round: its time, its kind.
func rivalsOf(tx Tx, r Round, sv survey) ([]rival, error) {
	var all []rival
	for _, l := range sv.lists {
		for row, err := range tx.PresenceRows(l.Programme, l.ID) {
			if err != nil {
				return nil, err
			}
			if row.From.Before(r.SalesEnd) && r.Opens.Before(row.To) && r.assists().Like(row.Kind) != presence.Different {
				all = append(all, sv.rival(l, row))
			}
		}
	}
	return all, nil
}

func (sv survey) rival(l PresenceList, row presence.Row) rival {
	v := rival{list: l, row: row, level: places.Settlement}
	names := [3]string{row.Village, row.Commune, row.Cercle}
	switch {
	case row.Village == "" && row.Commune == "":
		v.level = places.Cercle
	case row.Village == "":
		v.level = places.Commune
	}
	if sv.resolver.list != nil {
		if at := sv.resolver.look(placeOf(row, l.Edition)); at.problem == nil && at.place.Level == v.level {
			v.code = at.place.Code
			names = [3]string{at.place.Name, at.place.Commune, at.place.Cercle}
			switch v.level {
			case places.Commune:
				names = [3]string{"", at.place.Name, at.place.Cercle}
			case places.Cercle:
				names = [3]string{"", "", at.place.Name}
			}
		}
	}
	v.village, v.commune, v.cercle = sv.names.Key(names[0]), sv.names.Key(names[1]), sv.names.Key(names[2])
	return v
}

// assists is the kind of assistance that the round's vouchers are: what they are
// limited to, or money for anything.
func (r Round) assists() presence.Kind {
	if len(r.Categories)+len(r.Basket) == 0 && r.Kind == ValueRound {
		return presence.Cash
	}
	text := strings.Join(append(append([]string{r.Asset.Code()}, r.Categories...), r.Basket...), " ")
	return presence.KindOf(text, "")
}

// name is the key of the deepest place that the list gives.
func (v rival) name() string {
	switch v.level {
	case places.Settlement:
		return v.village
	case places.Commune:
		return v.commune
	}
	return v.cercle
}

// meets reports whether the rival's place is the area or the unit that it lies in,
// and whether names alone say so.
func (v rival) meets(a *area) (yes, byName bool) {
	agree := func(x, y string) bool { return x == "" || y == "" || x == y }
	both := func(x, y string) bool { return x != "" && x == y }
	switch v.level {
	case places.Settlement:
		if v.code != "" && a.code != "" {
			return v.code == a.code, false
		}
		// A village's name alone may be that of several.
		return both(v.village, a.village) && (both(v.commune, a.commune) || both(v.cercle, a.cercle)) &&
			agree(v.commune, a.commune) && agree(v.cercle, a.cercle), true
	case places.Commune:
		return both(v.commune, a.commune) && agree(v.cercle, a.cercle), true
	}
	return both(v.cercle, a.cercle), true
}

func (v rival) overlap(a *area, kind presence.Kind, byName bool) Overlap {
	o := Overlap{Sure: Sure, List: v.list.ID, Source: v.list.Source, Row: v.row.N, Organisation: v.row.Organisation, Kind: v.row.Kind,
		Activity: v.row.Activity, From: v.row.From, To: v.row.To, Assumed: v.row.Assumed, Level: v.level}
	shown := a.shown[int(places.Settlement-v.level):]
	o.Place = strings.Join(slices.DeleteFunc(slices.Clone(shown), func(s string) bool { return s == "" }), ", ")
	switch {
	case v.level != places.Settlement || v.row.Kind == presence.Unknown:
		o.Sure = Possible
	case byName || v.row.Assumed || kind.Like(v.row.Kind) != presence.Same:
		o.Sure = Likely
	}
	return o
}

// overlaps compares where the lot's households live with what others do, the
// surest first; more is how many there are beyond the bound.
func (d draft) overlaps(sv survey) (found []Overlap, more int) {
	homes := map[*area]int{}
	near := map[places.Level]map[string][]*area{places.Settlement: {}, places.Commune: {}, places.Cercle: {}}
	for _, l := range d.lines {
		if homes[l.area]++; homes[l.area] == 1 {
			for level, name := range map[places.Level]string{places.Settlement: l.area.village, places.Commune: l.area.commune, places.Cercle: l.area.cercle} {
				near[level][name] = append(near[level][name], l.area)
			}
		}
	}
	type seen struct {
		Overlap
		areas map[*area]bool
		row   int // that was counted last
	}
	byKey := map[string]*seen{}
	for _, v := range sv.rivals {
		for _, a := range near[v.level][v.name()] {
			yes, byName := v.meets(a)
			if !yes {
				continue
			}
			o := v.overlap(a, d.round.assists(), byName)
			key := strings.Join([]string{v.list.ID, sv.names.Key(o.Organisation), string(o.Kind), o.Place, number(int(o.Level))}, "\x00")
			s := byKey[key]
			if s == nil {
				s = &seen{Overlap: o, areas: map[*area]bool{}}
				byKey[key] = s
			}
			if s.merge(o, v.row); s.row != v.row.N {
				s.Rows, s.row = s.Rows+1, v.row.N
			}
			if !s.areas[a] {
				s.areas[a] = true
				s.Households += homes[a]
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		found = append(found, byKey[key].Overlap)
	}
	slices.SortStableFunc(found, func(a, b Overlap) int {
		return cmp.Or(slices.Index(surenesses, a.Sure)-slices.Index(surenesses, b.Sure), b.Households-a.Households,
			cmp.Compare(a.Place, b.Place), cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.List, b.List))
	})
	if len(found) > overlapsMax {
		found, more = found[:overlapsMax], len(found)-overlapsMax
	}
	return found, more
}

// merge takes in a row that says the same of the place.
func (o *Overlap) merge(other Overlap, row presence.Row) {
	if slices.Index(surenesses, other.Sure) < slices.Index(surenesses, o.Sure) {
		o.Sure = other.Sure
	}
	if other.From.Before(o.From) {
		o.From = other.From
	}
	if other.To.After(o.To) {
		o.To = other.To
	}
	o.Assumed = o.Assumed && other.Assumed
	o.Planned, o.Reached = max(o.Planned, row.Planned), max(o.Reached, row.Reached)
}

// overlapsSeen refuses an approval of what was compared with other lists than those
// of now, or whose overlaps must be answered and are not.
func overlapsSeen(tx Tx, r Round, l Lot) error {
	lists, err := comparedLists(tx, r)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(lists, l.Lists, func(a PresenceList, id string) bool { return a.ID == id }) {
		return ErrOverlapMoved
	}
	if r.AnswerOverlaps && len(l.Overlaps) > 0 && l.Coordination == "" {
		return ErrOverlapAnswer.At("coordination", "%d overlaps", len(l.Overlaps)+l.OverlapsMore)
	}
	return nil
}
