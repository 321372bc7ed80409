package presence

import (
	"strings"

	"github.com/jate-cva/jate/internal/table"
)

// Kind is what people are helped with.
type Kind string

// The kinds that may be compared with a round of vouchers. Other is what is never
// compared, such as schooling; Unknown is what no table knows.
const (
	Food      Kind = "food"
	Cash      Kind = "cash" // to be spent on anything
	Items     Kind = "items"
	Inputs    Kind = "inputs" // for fields and herds
	Nutrition Kind = "nutrition"
	Other     Kind = "other"
	Unknown   Kind = "unknown"
)

// Kinds are those that a row may be kept with.
var Kinds = []Kind{Food, Cash, Items, Inputs, Nutrition, Unknown}

// stems are the beginnings of folded words that tell a kind, in the order in which
// they are looked for: "non alimentaire" is not food, and "aliment betail" is none
// for people.
var stems = []struct {
	kind  Kind
	words []string
}{
	{Other, []string{"cantine", "school feeding", "school meal", "repas scolaire", "scolaire"}},
	{Inputs, []string{"aliment betail", "aliments betail", "aliment pour betail", "animal feed", "semence", "seed", "intrant", "betail", "livestock",
		"agricol", "agricultur", "elevage", "moyens d existence", "livelihood", "agr"}},
	{Items, []string{"non alimentaire", "non food", "nfi", "bna", "abri", "shelter", "kit", "kits", "moustiquaire", "articles menagers", "ame"}},
	{Nutrition, []string{"nutrition", "malnutrition", "rutf", "atpe", "plumpy", "supplementation"}},
	{Food, []string{"vivres", "vivre", "aliment", "food", "ration", "cereale", "cereal", "millet", "sorgho", "sorghum", "riz", "rice", "mais", "maize",
		"niebe", "huile", "oil", "dga", "fsc", "fsl", "secal", "secu alim", "panier", "grocer", "fss"}},
	{Cash, []string{"multi purpose", "multipurpose", "usages multiples", "usage multiple", "polyvalent", "mpc", "mpca",
		"cash", "transfert monetaire", "transferts monetaires", "argent", "especes", "multi purpose cash"}},
	{Other, []string{"sante", "health", "medic", "education", "ecole", "school", "protection", "vbg", "gbv", "wash", "eha", "eau", "water", "assainissement",
		"hygiene", "deminage", "mine", "logisti", "coordination", "telecom", "gouvernance", "governance", "cccm", "ccm", "sensibilisation", "awareness",
		"formation", "training", "cohesion", "vaccin", "hea", "edu", "pro", "wsh", "log"}},
	{Nutrition, []string{"nut"}},
	{Items, []string{"shl"}},
}

// KindOf tells the kind from what is done, and where that does not, from the
// sector. A stem of three letters or fewer must be a whole word: sectors are often
// given as codes.
func KindOf(activity, sector string) Kind {
	for _, text := range []string{activity, sector} {
		if k := kindIn(table.Fold(text)); k != Unknown {
			return k
		}
	}
	return Unknown
}

func kindIn(folded string) Kind {
	folded = " " + folded + " "
	for _, s := range stems {
		for _, w := range s.words {
			needle := " " + strings.TrimSpace(w)
			if len(strings.TrimSpace(w)) <= 3 {
				needle += " "
			}
			if strings.Contains(folded, needle) {
				return s.kind
			}
		}
	}
	return Unknown
}

// Likeness says how far two kinds of assistance may serve the same need.
type Likeness int

// Different kinds are never an overlap. Related ones may be: money that can be
// spent on anything, or work whose kind is not known.
const (
	Different Likeness = iota
	Related
	Same
)

// Like compares the kind of one's own round with that of a row.
func (k Kind) Like(other Kind) Likeness {
	switch {
	case k == Other || other == Other:
		return Different
	case k == other && k != Unknown:
		return Same
	case k == Unknown || other == Unknown:
		return Related
	case k == Cash && (other == Food || other == Items), other == Cash && (k == Food || k == Items):
		return Related
	}
	return Different
}
