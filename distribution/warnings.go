package distribution

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jate-cva/jate/distribution/places"
)

// warningsMax bounds the warnings of a lot; the last one counts the rest.
const warningsMax = 2000

// located is a vendor's place.
type located struct {
	zone  string
	place places.Place
}

// settlement is a village of the lot at one of its points.
type settlement struct {
	place      places.Place
	name       string
	point      string
	households int
}

// live notes that a household of the programme lives where its list says. It
// returns nil where there is nothing to look that up in.
func (sv *survey) live(p Person) *placed {
	if sv.resolver.list == nil || p.Village == "" {
		return nil
	}
	at := sv.resolver.find(p)
	if at.problem == nil {
		sv.homes[at.place.Code]++
	}
	return at
}

// settle notes that a household of the lot goes from its village to the point.
func (sv *survey) settle(point string, at *placed) {
	if at == nil {
		return
	}
	if at.problem != nil {
		sv.doubtful++
		return
	}
	key := point + "/" + at.place.Code
	if sv.settled[key] == nil {
		sv.settled[key] = &settlement{place: at.place, name: at.place.Name, point: point}
	}
	sv.settled[key].households++
}

// warningsOf says what an approver should know: how far people have to go,
// which villages were forgotten, what is still open.
func warningsOf(d draft, sv survey) []Warning {
	var ws []Warning
	add := func(code string, n int, en, fr string) {
		if n > 0 {
			ws = append(ws, Warning{Code: code, Text: fmt.Sprintf(en, n), Texte: fmt.Sprintf(fr, n)})
		}
	}
	inLot := map[BeneficiaryID]bool{}
	for _, l := range d.lines {
		inLot[l.id] = true
	}
	pairs := 0
	for _, dup := range sv.open {
		if inLot[dup.A] || inLot[dup.B] {
			pairs++
		}
	}
	add("duplicates-open", pairs, "%d open questions whether two households are one concern this lot.",
		"%d questions ouvertes de doublons concernent ce lot.")
	for _, code := range slices.Sorted(maps.Keys(sv.leftOut)) {
		ws = append(ws, leftOut(code, sv.leftOut[code]))
	}
	add("home-unknown", sv.shops.unknown, "%d households chose a trader who has no active handheld in the zone; they were given another.",
		"%d ménages ont choisi un commerçant sans terminal actif dans la zone ; un autre leur a été attribué.")
	for _, zone := range slices.Sorted(maps.Keys(sv.zones)) {
		if len(sv.shops.byZone[zone]) == 0 {
			ws = append(ws, Warning{Code: "no-handheld", Text: fmt.Sprintf("Zone %s has no active sales handheld: its vouchers have no home.", zone),
				Texte: fmt.Sprintf("La zone %s n'a aucun terminal de vente actif : ses coupons n'ont pas de terminal attitré.", zone)})
		}
	}
	add("place-unknown", sv.doubtful, "The villages of %d households are not in the place list, or several times.",
		"Les villages de %d ménages ne sont pas dans la liste des lieux, ou y sont plusieurs fois.")
	ws = append(ws, distances(d, sv)...)
	ws = append(ws, emptyVillages(sv)...)
	if len(ws) > warningsMax {
		more := len(ws) - warningsMax + 1
		ws = append(ws[:warningsMax-1], Warning{Code: "more", Text: fmt.Sprintf("And %d more.", more), Texte: fmt.Sprintf("Et %d de plus.", more)})
	}
	return ws
}

// leftOut names the first households that the rule gives nothing printable.
func leftOut(code string, ids []BeneficiaryID) Warning {
	shown := make([]string, min(len(ids), 20))
	for i := range shown {
		shown[i] = string(ids[i])
	}
	why := map[string][2]string{}
	for _, f := range []struct{ code, en, fr string }{
		{errSizeUnknown.Code, errSizeUnknown.EN, errSizeUnknown.FR}, {errQuantityUnknown.Code, errQuantityUnknown.EN, errQuantityUnknown.FR},
		{errIndivisible.Code, errIndivisible.EN, errIndivisible.FR}, {errVouchers.Code, errVouchers.EN, errVouchers.FR},
	} {
		why[f.code] = [2]string{f.en, f.fr}
	}
	list := strings.Join(shown, ", ")
	return Warning{Code: code,
		Text:  fmt.Sprintf("%d households are left out. %s The first: %s.", len(ids), why[code][0], list),
		Texte: fmt.Sprintf("%d ménages sont exclus. %s Les premiers : %s.", len(ids), why[code][1], list)}
}

// distances lists how far each village of the lot is from its point and from
// the nearest vendor of the point's zone, the farthest first.
func distances(d draft, sv survey) []Warning {
	points := map[string]Point{}
	sites := map[string]places.Place{}
	for _, p := range d.points {
		points[p.Code] = p
		if at, ok := sv.resolver.byCode(p.PlaceCode); ok && at.Located() {
			sites[p.Code] = at
		}
	}
	var ws []Warning
	for _, key := range slices.Sorted(maps.Keys(sv.settled)) {
		v := sv.settled[key]
		if !v.place.Located() {
			continue
		}
		if site, ok := sites[v.point]; ok {
			m := int(places.Distance(v.place, site))
			ws = append(ws, Warning{Code: "point-distance", Metres: m,
				Text:  fmt.Sprintf("%s (%d households) is %d m from point %s.", v.name, v.households, m, v.point),
				Texte: fmt.Sprintf("%s (%d ménages) est à %d m du site %s.", v.name, v.households, m, v.point)})
		}
		if m, ok := nearest(v.place, points[v.point].Zone, sv.shopsAt); ok {
			ws = append(ws, Warning{Code: "vendor-distance", Metres: m,
				Text:  fmt.Sprintf("%s (%d households) is %d m from the nearest trader.", v.name, v.households, m),
				Texte: fmt.Sprintf("%s (%d ménages) est à %d m du commerçant le plus proche.", v.name, v.households, m)})
		}
	}
	slices.SortStableFunc(ws, func(a, b Warning) int { return cmp.Or(cmp.Compare(a.Code, b.Code), b.Metres-a.Metres) })
	return ws
}

func nearest(from places.Place, zone string, shops []located) (metres int, ok bool) {
	for _, s := range shops {
		if m := int(places.Distance(from, s.place)); s.zone == zone && (!ok || m < metres) {
			metres, ok = m, true
		}
	}
	return metres, ok
}

// emptyVillages lists the villages of the communes concerned in which the
// programme has no household at all.
func emptyVillages(sv survey) []Warning {
	var ws []Warning
	looked := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(sv.settled)) {
		v := sv.settled[key]
		if commune := v.place.Within + "/" + v.place.Commune; looked[commune] || v.place.Level != places.Settlement {
			continue
		} else {
			looked[commune] = true
		}
		for p := range sv.resolver.list.InCommune(v.place) {
			if sv.homes[p.Code] == 0 {
				ws = append(ws, Warning{Code: "village-empty",
					Text:  fmt.Sprintf("No household of %s, %s (%s).", p.Name, p.Commune, p.Code),
					Texte: fmt.Sprintf("Aucun ménage de %s, %s (%s).", p.Name, p.Commune, p.Code)})
			}
		}
	}
	return ws
}
