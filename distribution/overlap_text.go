package distribution

import (
	"fmt"
	"io"
	"strings"

	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
)

// writeCompared writes what a lot was compared with and what was found, in the text
// that the approval covers; nothing where no list was compared. See lot_content.go.
func (l Lot) writeCompared(w io.Writer) {
	for _, id := range l.Lists {
		fmt.Fprintf(w, "overlap-list %s\n", id)
	}
	for _, o := range l.Overlaps {
		fmt.Fprintf(w, "overlap %s %d %s %d %d %s %s %s %t %d %d %d %q %q %q %q\n", o.Sure, o.Level, o.List, o.Row, o.Rows, o.Kind,
			day(o.From), day(o.To), o.Assumed, o.Households, o.Planned, o.Reached, o.Source, o.Organisation, o.Activity, o.Place)
	}
	if l.OverlapsMore > 0 {
		fmt.Fprintf(w, "overlap-more %d\n", l.OverlapsMore)
	}
	if l.Coordination != "" {
		fmt.Fprintf(w, "coordination %q\n", l.Coordination)
	}
}

// kindWords are the kinds of assistance in English and French.
var kindWords = map[presence.Kind][2]string{
	presence.Food: {"food", "des vivres"}, presence.Cash: {"cash", "de l'argent"}, presence.Items: {"household items", "des articles ménagers"},
	presence.Inputs: {"seeds, tools or fodder", "des semences, des outils ou des aliments pour bétail"}, presence.Nutrition: {"nutrition", "une aide nutritionnelle"},
	presence.Unknown: {"assistance of a kind that is not known", "une assistance de nature inconnue"},
}

var sureWords = map[Sureness][2]string{Sure: {"Sure", "Certain"}, Likely: {"Likely", "Probable"}, Possible: {"Possible", "Possible"}}

// Text says the overlap in English.
func (o Overlap) Text() string { return o.say(0) }

// Texte says the overlap in French.
func (o Overlap) Texte() string { return o.say(1) }

func (o Overlap) say(lang int) string {
	pick := func(en, fr string) string { return []string{en, fr}[lang] }
	var b strings.Builder
	fmt.Fprintf(&b, pick("%s: %s gives %s in %s from %s to %s", "%s : %s apporte %s à %s du %s au %s"), sureWords[o.Sure][lang], o.Organisation,
		kindWords[o.Kind][lang], o.Place, day(o.From), day(o.To.AddDate(0, 0, -1)))
	if o.Reached > 0 {
		fmt.Fprintf(&b, pick(", %d households reached", ", %d ménages servis"), o.Reached)
	} else if o.Planned > 0 {
		fmt.Fprintf(&b, pick(", %d households planned", ", %d ménages prévus"), o.Planned)
	}
	fmt.Fprintf(&b, pick(". This lot has %d households there. Source: %s, row %d", ". Ce lot y a %d ménages. Source : %s, ligne %d"), o.Households, o.Source, o.Row)
	if o.Rows > 1 {
		fmt.Fprintf(&b, pick(" and %d more", " et %d de plus"), o.Rows-1)
	}
	b.WriteString(".")
	switch o.Level {
	case places.Commune:
		b.WriteString(pick(" The source names only the commune.", " La source ne nomme que la commune."))
	case places.Cercle:
		b.WriteString(pick(" The source names only the cercle.", " La source ne nomme que le cercle."))
	}
	if o.Assumed {
		b.WriteString(pick(" The source does not give the whole period.", " La source ne donne pas toute la période."))
	}
	return b.String()
}
