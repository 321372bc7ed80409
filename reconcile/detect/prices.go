package detect

import (
	"math"
	"slices"
)

// priceDetectors look at baskets and at who has a market.
var priceDetectors = []Detector{
	{
		Name:  "over-list",
		Looks: Text{"goods sold above the price list", "des marchandises vendues au-dessus de la liste des prix"},
		Says: Text{"In {n} sales goods cost {value} more than the price list allows.",
			"Dans {n} ventes, les marchandises ont coûté {value} de plus que la liste des prix."},
		Clears: Text{"A newer price list that was agreed for those days.", "Une liste de prix plus récente, convenue pour ces jours."},
		find:   overList,
	},
	{
		Name:  "over-market",
		Looks: Text{"prices above the market's and above those of other traders of the zone", "des prix au-dessus du marché et des autres commerçants de la zone"},
		Says: Text{"In {n} sales goods cost {value} more than on the market, more than other traders of the zone take.",
			"Dans {n} ventes, les marchandises ont coûté {value} de plus qu'au marché, plus que chez les autres commerçants de la zone."},
		Clears: Text{"Receipts of what the trader paid for the goods and for their transport.", "Les reçus d'achat et de transport du commerçant."},
		Needs:  "market prices", find: overMarket,
	},
	{
		Name:  "taking-the-market",
		Looks: Text{"one trader who takes a point's market from round to round", "un commerçant qui prend le marché d'un point de cycle en cycle"},
		Says: Text{"{of}: this trader made {n} sales, most of the point's, and the share has grown since earlier rounds.",
			"{of} : ce commerçant a fait {n} ventes, la plupart de celles du point, et sa part a grandi depuis les cycles précédents."},
		Clears: Text{"Others left, were suspended or had no stock; households say that they chose freely.",
			"Les autres sont partis, suspendus ou sans stock ; les ménages disent avoir choisi librement."},
		find: taking,
	},
}

// overList adds up what a vendor took above the list. A line or two may be a
// slip; a share of lines that matters is a breach of contract.
func overList(r *run) []Finding {
	lines := make([]count, len(r.Vendors))
	var g gathering[int32]
	for _, x := range r.Goods {
		v := r.Records[x.Record].Vendor
		if x.Listed <= 0 {
			continue
		}
		lines[v].n++
		if over := x.Amount - x.Listed; over*1000 > x.Listed*r.OverList {
			lines[v].k++
			one := g.of(v, v, -1)
			one.Records = append(one.Records, x.Record)
			one.Value += over
		}
	}
	for i := range g.found {
		one := &g.found[i]
		c := lines[one.Vendor]
		one.Score = 30
		if c.n >= r.BasketLinesMin && betaBinomialTail(c.k, c.n, 0.01, 100) < 1e-4 {
			one.Score = 70
		}
	}
	return g.found
}

// overMarket compares a vendor's mean ratio of price to market with that of the
// median vendor of its zone, in units of how much vendors differ.
func overMarket(r *run) []Finding {
	type sum struct {
		log float64
		n   int
	}
	sums := make([]sum, len(r.Vendors))
	for _, x := range r.Goods {
		if x.Market > 0 && x.Amount > 0 {
			s := &sums[r.Records[x.Record].Vendor]
			s.log, s.n = s.log+math.Log(float64(x.Amount)/float64(x.Market)), s.n+1
		}
	}
	byZone := make([][]float64, r.zones)
	for v, s := range sums {
		if s.n >= r.BasketLinesMin {
			byZone[r.zoneOf[v]] = append(byZone[r.zoneOf[v]], s.log/float64(s.n))
		}
	}
	usual, spread := make([]float64, r.zones), 0.02
	var away []float64
	for z, logs := range byZone {
		usual[z] = median(logs)
		for _, l := range logs {
			away = append(away, math.Abs(l-usual[z]))
		}
	}
	spread = max(spread, 1.48*median(away))
	high := map[int32]float64{}
	for v, s := range sums {
		z := r.zoneOf[v]
		over := s.log/float64(max(s.n, 1)) - usual[z]
		if s.n >= r.BasketLinesMin && over > math.Log(1+float64(r.OverMarket)/1000) && over > 4*spread {
			high[int32(v)] = over
		}
	}
	var g gathering[int32]
	for _, x := range r.Goods {
		v := r.Records[x.Record].Vendor
		fair := float64(x.Market) * math.Exp(usual[r.zoneOf[v]])
		if _, ok := high[v]; ok && float64(x.Amount) > fair && x.Market > 0 {
			one := g.of(v, v, -1)
			one.Records, one.Score = append(one.Records, x.Record), 60
			one.Value += x.Amount - int64(fair)
		}
	}
	return g.found
}

// median sorts xs and returns their middle; 0 of nothing.
func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// taking compares a vendor's share of a point's sales with that of the oldest
// round that is known. It is never more than a signal: being chosen is no fraud.
func taking(r *run) []Finding {
	type at struct{ vendor, point int32 }
	now, all := map[at]int64{}, map[int32]int64{}
	for _, i := range r.sales {
		x := r.Records[i]
		p := r.Cards[x.Card].Point
		now[at{x.Vendor, p}] += x.Value
		all[p] += x.Value
	}
	old := map[at]Share{}
	for _, h := range r.History {
		if k := (at{h.Vendor, h.Point}); h.Of > 0 && h.Age > old[k].Age {
			old[k] = h
		}
	}
	var g gathering[at]
	for _, i := range r.sales {
		x := r.Records[i]
		k := at{x.Vendor, r.Cards[x.Card].Point}
		h, known := old[k]
		if !known || k.point < 0 || all[k.point] == 0 || now[k]*100 < all[k.point]*r.SharePercent {
			continue
		}
		if now[k]*100/all[k.point]-h.Sales*100/h.Of < r.ShareGrowth {
			continue
		}
		one := g.of(k, x.Vendor, -1)
		one.Records, one.Score, one.of = append(one.Records, i), 25, r.Points[k.point].ID
		one.Value += x.Value
	}
	return g.found
}
