package samplelist

import (
	"math/rand/v2"
	"slices"
	"time"
)

// generator makes the household of any row from the seed and the row's
// number alone, so that a row can repeat an earlier one without a memory of
// the list.
type generator struct {
	opt    Options
	names  *names
	places []place
	points []Point
	reach  []int // cumulative weights of the places
	closed time.Time
}

// household is one household before it is written down.
type household struct {
	place          int
	family         name
	given, second  name // second has no text for most
	woman          bool // heads it
	age, size      int
	phone          int // eight digits, 0 for none
	register       int // number in the social register, 0 for none
	status         int // index of statuses
	registered     time.Time
	trader         int // index of the point's traders, -1 for none
	uuidHi, uuidLo uint64
}

// sizeWeights are the frequencies of household sizes 1 to 25, with a mean of
// 7.3. A household in rural Mali counts those who eat from one pot.
var sizeWeights = []int{20, 40, 70, 95, 115, 130, 120, 100, 80, 60, 40, 30, 22,
	16, 12, 9, 7, 5, 4, 3, 3, 2, 2, 1, 1}

// Streams keep the random numbers of different decisions apart, so that a new
// decision in one leaves the others as they were.
const (
	forHousehold = iota
	forPlace
	forPoint
	forStyle
	forMistake
	forLink
	forMembers
	forNumbers
)

func newGenerator(opt Options) (*generator, error) {
	if int(opt.Format) >= len(layouts) {
		return nil, ErrOptions.At("format", "no format %d", opt.Format)
	}
	if limit := layouts[opt.Format].householdsMax; opt.Households < 1 || opt.Households > limit {
		return nil, ErrOptions.At("households", "must be 1 to %d", limit)
	}
	list := opt.Places
	if list == nil {
		list = placesCSV
	}
	places, err := parsePlaces(list)
	if err != nil {
		return nil, err
	}
	g := &generator{opt: opt, names: stock(), places: places, closed: opt.Closed.UTC()}
	if opt.Closed.IsZero() {
		g.closed = time.Date(2025, time.May, 31, 0, 0, 0, 0, time.UTC)
	}
	g.assignPoints()
	total := 0
	for i, p := range g.places {
		weight := 10 + g.random(forPlace, i).IntN(40)
		if p.opensCommune {
			weight *= 2
		}
		if p.empty {
			weight = 0
		}
		total += weight
		g.reach = append(g.reach, total)
	}
	return g, nil
}

// random returns the random numbers of one decision about one thing.
func (g *generator) random(stream, i int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(g.opt.Seed+uint64(stream)<<56), mix(uint64(i)))) // #nosec G404 -- a seed invents the same list again
}

// mix is the finalizer of SplitMix64: it spreads neighbouring numbers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// household makes the household of row i.
func (g *generator) household(i int) household {
	r := g.random(forHousehold, i)
	at, _ := slices.BinarySearch(g.reach, 1+r.IntN(g.reach[len(g.reach)-1]))
	h := household{
		place:  at,
		woman:  r.IntN(100) < 22,
		age:    18 + r.IntN(35) + r.IntN(34),
		size:   1 + weighted(r, sizeWeights),
		status: weighted(r, []int{45, 30, 15, 10}),
		trader: -1,
		uuidHi: r.Uint64(), uuidLo: r.Uint64(),
	}
	h.family = g.names.family(r, g.places[at].cercle)
	h.given, h.second = g.names.given(r, h.woman)
	if r.IntN(100) >= 35 {
		h.phone = g.phone(i)
	}
	if r.IntN(100) < 70 {
		h.register = 1 + g.unique(i, registerNumbers)
	}
	h.registered = g.closed.AddDate(0, 0, -r.IntN(30))
	if traders := g.points[g.places[at].point].Traders; r.IntN(100) < 12 {
		h.trader = r.IntN(len(traders))
	}
	return h
}

// weighted picks an index with the given frequency.
func weighted(r *rand.Rand, weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	at := r.IntN(total)
	for i, w := range weights {
		if at < w {
			return i
		}
		at -= w
	}
	return len(weights) - 1
}

const (
	phoneNumbers    = 40_000_000 // 50000000 to 89999999, the mobile ranges
	registerNumbers = 10_000_000
	// stride shares no factor with either range, so that multiples of it
	// visit every number before one comes back.
	stride = 27_644_437
)

// unique returns a number below n that no other row of the list has, for
// fewer than n rows.
func (g *generator) unique(i, n int) int {
	offset := g.random(forNumbers, n).IntN(n)
	return int((int64(i)*stride + int64(offset)) % int64(n))
}

// phone returns the phone number that belongs to row i.
func (g *generator) phone(i int) int { return 50_000_000 + g.unique(i, phoneNumbers) }
