package detect

import "math"

// unlikely marks sales to people who would hardly have chosen the shop: among
// the twentieth of the zone's sales that were least likely, given where the
// household bought in the round before, where its village buys, and where its
// point does. Whoever sells the cards of others takes them from wherever they
// come, and people have habits.
//
// The probability of a sale is a·[same shop as before] + (1-a)·share, of which a
// is how loyal people of the programme are beyond chance, and share that of the
// vendor among the village's other sales, shrunk towards the point's.
func unlikely(r *run, m marks) {
	c := r.choices()
	loyal := c.loyalty()
	extremes(func(r *run, x Record) (int64, bool) {
		p, ok := c.probability(x, loyal)
		return int64(-math.Log(p) * 1e6), ok
	}, r.Unlikely)(r, m)
}

// village is a part of a point's list.
type village struct{ point, block int32 }

func (c Card) village() village { return village{c.Point, c.Rank / blockRanks} }

// choices count where the people of villages and points buy.
type choices struct {
	*run
	byVillage, byPoint map[village]int // of all vendors; of a point block is -1
	villageAt, pointAt map[seller]int
}

// seller is a vendor as one of a village's or point's.
type seller struct {
	village
	vendor int32
}

func (r *run) choices() *choices {
	c := &choices{r, map[village]int{}, map[village]int{}, map[seller]int{}, map[seller]int{}}
	for _, s := range r.sales {
		x := r.Records[s]
		if v, ok := c.of(x); ok {
			p := village{v.point, -1}
			c.byVillage[v]++
			c.byPoint[p]++
			c.villageAt[seller{v, x.Vendor}]++
			c.pointAt[seller{p, x.Vendor}]++
		}
	}
	return c
}

// of returns whose choice a sale was; none of those at an announced fair.
func (c *choices) of(x Record) (village, bool) {
	card := c.Cards[x.Card]
	return card.village(), card.Point >= 0 && !c.planned(x)
}

// pointWeight is how many sales of its village the rest of a point stands for.
const pointWeight = 5

// share is the vendor's part of the village's other sales.
func (c *choices) share(v village, vendor int32) float64 {
	p := village{v.point, -1}
	point := (float64(c.pointAt[seller{p, vendor}]-1) + 0.5) / (float64(c.byPoint[p]-1) + 5)
	return (float64(c.villageAt[seller{v, vendor}]-1) + pointWeight*point) / (float64(c.byVillage[v]-1) + pointWeight)
}

// loyalty estimates how much oftener people buy where they bought before than
// the shares alone would have them.
func (c *choices) loyalty() float64 {
	var same, chance, n float64
	for _, s := range c.sales {
		x := c.Records[s]
		v, ok := c.of(x)
		habit := c.Cards[x.Card].Habit
		if !ok || habit <= 0 {
			continue
		}
		n++
		if habit == x.Vendor+1 {
			same++
		}
		if c.villageAt[seller{v, habit - 1}] > 0 {
			chance += c.share(v, habit-1)
		}
	}
	if n == 0 || same <= chance {
		return 0
	}
	return (same - chance) / (n - chance)
}

func (c *choices) probability(x Record, loyal float64) (float64, bool) {
	v, ok := c.of(x)
	if !ok {
		return 0, false
	}
	share := c.share(v, x.Vendor)
	switch habit := c.Cards[x.Card].Habit; {
	case habit == x.Vendor+1:
		return loyal + (1-loyal)*share, true
	case habit > 0:
		return (1 - loyal) * share, true
	}
	return share, true
}

// burst is how far around a sale others are counted that came with it, and
// around the time in which they would have come anyway.
const (
	burst  = 5 * 60
	around = 90 * 60
)

// bursts marks sales that came with others, to people of other villages, as
// chance hardly brings about among the vendor's sales of those hours: a few
// cards of somebody who uses a quiet moment.
func bursts(r *run, m marks) {
	r.within(around, func(p int, near []int) {
		x := r.ofSale(p)
		close, rest := 0, 0
		for _, q := range near {
			y := r.ofSale(q)
			if q == p || !r.strangers(x.Card, y.Card) {
				continue
			}
			if d := x.Said - y.Said; max(d, -d) <= burst {
				close++
			} else {
				rest++
			}
		}
		expected := (float64(rest) + 0.5) * burst / (around - burst)
		m.set(p, close >= 2 && gammaPoissonTail(close, expected, 4) < 0.01)
	})
}
