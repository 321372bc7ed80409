package detect

import (
	"math"
	"slices"
)

// alikeDetector takes what people say further than to themselves.
var alikeDetector = Detector{
	Name:  "like-denied",
	Looks: Text{"sales that are like those that households deny", "des ventes semblables à celles que des ménages démentent"},
	Says: Text{"Households deny having received what was sold to them; {n} sales, worth {value}, are like theirs and unlike those of others.",
		"Des ménages démentent avoir reçu ce qui leur a été vendu ; {n} ventes, pour {value}, ressemblent aux leurs et non à celles des autres."},
	Clears: Text{"Calls and visits to more of these households, who say that they have the goods.",
		"Des appels et visites à d'autres de ces ménages, qui disent avoir les marchandises."},
	find: alike,
}

// What those who were called say, where their goods were kept from them and
// where they were not, as far as the estimate needs it. Some are afraid, and
// some were paid.
const (
	deniesIfDiverted = 0.6
	lessIfDiverted   = 0.3 // of those who do not deny
	saysStrength     = 4   // households that both of these stand for beside those that were called
	unreachedAmong   = 0.3
	honestStrength   = 60 // sales that the zone's rate of a mark stands for beside a vendor's own
	oddStrength      = 3  // the same of what is not known of the others
	alikeRounds      = 25
	alikeFalse       = 20  // as denialsFalse
	alikeMost        = 0.6 // of a vendor's sales, at most
)

// alike looks at vendors of whose customers more deny than mistakes explain. It
// takes their sales for a mixture of honest ones, which carry marks as often as
// those of the zone, and of others, of which nothing is known but that people
// deny them, and estimates both by expectation and maximisation (Dempster,
// Laird and Rubin 1977). Marks are taken to be independent within each; of a
// family only the one that tells most counts, because they are not. In question
// is what is of the others with the probability of the thresholds.
func alike(r *run) []Finding {
	denied, lessened := r.asking()
	doubted := r.surprising(denied, float64(r.DenialError)/100, 100)
	for v, much := range r.surprising(lessened, lessError, lessStrength) {
		doubted[v] = doubted[v] || much
	}
	var out []Finding
	for v, places := range r.scored.placesByVendor() {
		if !doubted[v] {
			continue
		}
		x := r.newMixture(int32(v), places)
		x.fit()
		one := Finding{Vendor: int32(v), Handheld: -1, Score: 60, Records: slices.DeleteFunc(x.above(r.AlikePercent), func(i int32) bool { return r.questioned[i] })}
		r.scored.value(&one)
		if share, told := r.part(r.word(one.Records)); told {
			one.Value = int64(share * float64(one.Value))
		}
		if len(one.Records) >= r.MarksMin {
			out = append(out, one)
		}
	}
	return out
}

// surprising reports of which vendors more households say something than
// mistakes explain.
func (r *run) surprising(asked []count, mistakes, strength float64) []bool {
	surprise, ps := make([]float64, len(asked)), []float64{}
	for v, c := range asked {
		if surprise[v] = betaBinomialTail(c.k, c.n, mistakes, strength); c.n > 0 {
			ps = append(ps, surprise[v])
		}
	}
	limit, out := discoveries(ps, max(len(ps), 1), alikeFalse*r.FalseDiscoveries), make([]bool, len(asked))
	for v, c := range asked {
		out[v] = c.k >= r.DenialsMin && surprise[v] <= limit
	}
	return out
}

// asking counts how many of each vendor's households that were reached deny, and
// how many of those that received something say that it was less. It leaves out
// sales that other findings question already.
func (r *run) asking() (denied, lessened []count) {
	denied, lessened = make([]count, len(r.Vendors)), make([]count, len(r.Vendors))
	for i, a := range r.answers() {
		v := r.Records[i].Vendor
		if a == nothing || r.questioned[i] {
			continue
		}
		switch a {
		case deniedIt:
			denied[v].k++
		case less:
			lessened[v].k++
			lessened[v].n++
		case received:
			lessened[v].n++
		}
		denied[v].n++
	}
	return denied, lessened
}

// refine takes the sales that a combined finding is about for the first guess at
// the others of a mixture, and leaves those that are of them after it was
// fitted: what only stands beside them is no evidence.
func (s *scored) refine(one *Finding, places []int32) {
	x := s.newMixture(one.Vendor, places)
	in := map[int32]bool{}
	for _, i := range one.Records {
		in[i] = true
	}
	for at, p := range places {
		if in[s.sales[p]] {
			x.odd[at] = 0.9
		}
	}
	x.fit()
	var kept []int32
	for at, p := range places {
		i := s.sales[p]
		if in[i] && x.odd[at]*100 >= float64(s.KeptPercent) {
			kept = append(kept, i)
		}
	}
	if len(kept) >= s.CombinedMin {
		one.Records = kept
	}
}

// mixture is what a vendor's sales are taken for.
type mixture struct {
	*run
	places []int32
	said   []said
	zone   []float64 // by signal: rate expected of the vendor
	honest []float64 // by signal
	others []float64
	share  float64   // of the others
	denies float64   // of the others' households
	lacks  float64   // of those that do not deny
	odd    []float64 // by place: the probability that it is one of them
}

func (r *run) newMixture(vendor int32, places []int32) *mixture {
	x := &mixture{run: r, places: places, said: r.answers(), share: 0.15, odd: make([]float64, len(places)), zone: make([]float64, len(signals)),
		honest: make([]float64, len(signals)), others: make([]float64, len(signals))}
	for i := range signals {
		x.zone[i] = r.scored.bases[i].of(vendor, r.zoneOf)
	}
	for i, p := range places {
		x.odd[i] = x.share
		switch x.said[r.sales[p]] {
		case deniedIt:
			x.odd[i] = 0.95
		case less:
			x.odd[i] = 0.8
		}
	}
	return x
}

func (x *mixture) fit() {
	for range alikeRounds {
		x.estimate()
		x.expect()
	}
}

// above returns the records that are of the others with that probability.
func (x *mixture) above(percent int) []int32 {
	var out []int32
	for at, p := range x.places {
		if x.odd[at]*100 >= float64(percent) {
			out = append(out, x.sales[p])
		}
	}
	return out
}

// estimate sets rates and the share by what each sale is taken for.
func (x *mixture) estimate() {
	sum := 0.0
	for _, o := range x.odd {
		sum += o
	}
	var denied, reached, lacked float64
	for at, p := range x.places {
		switch o := x.odd[at]; x.said[x.sales[p]] {
		case nothing:
			continue
		case deniedIt:
			denied += o
			reached += o
		case less:
			lacked += o
			reached += o
		case received:
			reached += o
		}
	}
	x.denies = (denied + saysStrength*deniesIfDiverted) / (reached + saysStrength)
	x.lacks = (lacked + saysStrength*lessIfDiverted) / (reached - denied + saysStrength)
	x.share = min((sum+1)/(float64(len(x.odd))+10), alikeMost)
	for i := range signals {
		var k, n, ko, no float64
		for at, p := range x.places {
			m := x.scored.marks[i][p]
			if m == unknown {
				continue
			}
			n, no = n+1-x.odd[at], no+x.odd[at]
			if m == marked {
				k, ko = k+1-x.odd[at], ko+x.odd[at]
			}
		}
		bound := func(p float64) float64 { return min(max(p, 0.002), 0.98) }
		x.honest[i] = bound((k + honestStrength*x.zone[i]) / (n + honestStrength))
		x.others[i] = bound((ko + oddStrength*x.zone[i]) / (no + oddStrength))
	}
}

// expect sets what each sale is taken for by the rates and the share.
func (x *mixture) expect() {
	says := make([][2]float64, len(signals)) // clean, marked
	for i := range signals {
		says[i] = [2]float64{math.Log((1 - x.others[i]) / (1 - x.honest[i])), math.Log(x.others[i] / x.honest[i])}
	}
	sure, mistaken := math.Log(x.share/(1-x.share)), float64(x.DenialError)/100
	for at, p := range x.places {
		odds := sure
		switch x.said[x.sales[p]] {
		case deniedIt:
			odds += math.Log(x.denies / mistaken)
		case less:
			odds += math.Log((1 - x.denies) * x.lacks / (1 - mistaken) / lessError)
		case received:
			odds += math.Log((1 - x.denies) * (1 - x.lacks) / (1 - mistaken) / (1 - lessError))
		}
		odds += x.tell(p, says)
		x.odd[at] = 1 / (1 + math.Exp(-odds))
	}
}

// tell adds up what a sale's marks say, the strongest of each family.
func (x *mixture) tell(place int32, says [][2]float64) float64 {
	var most [familiesMost]float64
	for i, family := range familyOf {
		m := x.scored.marks[i][place]
		if m == unknown || family < 0 {
			continue
		}
		if l := says[i][m-clean]; math.Abs(l) > math.Abs(most[family]) {
			most[family] = l
		}
	}
	sum := 0.0
	for _, l := range most {
		sum += l
	}
	return sum
}

// familiesMost bounds how many families there are; more do not start.
const familiesMost = 32

// familyOf numbers the families of signals, -1 for what people say.
var familyOf = func() []int {
	names, of := map[string]int{}, make([]int, len(signals))
	for i, d := range signals {
		n, ok := names[d.Family]
		if !ok {
			n = len(names)
			names[d.Family] = n
		}
		if of[i] = n; d.Family == voices {
			of[i] = -1
		}
	}
	return of
}()
