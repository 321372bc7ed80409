package detect

// slot is the part of a day in which sales of a point are compared.
const slot = 3 * hour

// zoneSales is how many sales of the other traders of a point the whole zone
// stands for.
const zoneSales = 30

// ownRhythm marks sales at times at which a vendor has far more of a point's
// trade than at others: when the other shops of the point, whose people have
// the same markets, prayers and roads, sell little. Of one village six count at
// a time, because it comes together.
func ownRhythm(r *run, m marks) {
	type when struct{ place, at int64 } // a point, or a zone below 0
	type cell struct {
		when
		vendor int32
	}
	all, total := map[when]float64{}, map[int64]float64{}
	own, whole := map[cell]float64{}, map[cell]float64{} // of a vendor in a slot; of a vendor in all, at 0
	counted := map[cell]int{}
	known := func(i int) (w when, zone int64, ok bool) {
		x := r.ofSale(i)
		t, ok := r.clock(x)
		p := r.Cards[x.Card].Point
		return when{int64(p), t / slot}, -1 - int64(r.zoneOf[x.Vendor]), ok && p >= 0 && !r.behind[r.sales[i]] && !r.planned(x)
	}
	for i := range r.sales {
		w, zone, ok := known(i)
		if !ok {
			continue
		}
		x := r.ofSale(i)
		v := cell{when{w.place<<32 | int64(r.Cards[x.Card].Rank/blockRanks), w.at}, x.Vendor}
		if counted[v]++; counted[v] > villageMost {
			continue
		}
		all[w]++
		total[w.place]++
		own[cell{w, x.Vendor}]++
		whole[cell{when{w.place, 0}, x.Vendor}]++
		all[when{zone, w.at}]++
		total[zone]++
	}
	odd := map[cell]mark{}
	for i := range r.sales {
		w, zone, ok := known(i)
		if !ok {
			continue
		}
		c := cell{w, r.ofSale(i).Vendor}
		is, seen := odd[c]
		if !seen {
			mine, k := whole[cell{when{w.place, 0}, c.vendor}], own[c]
			rate := (all[w] - k + zoneSales*all[when{zone, w.at}]/total[zone]) / (total[w.place] - mine + zoneSales)
			is = clean
			if k >= 3 && k > 2*mine*rate && gammaPoissonTail(int(k), mine*rate, 3) < 0.02 {
				is = marked
			}
			odd[c] = is
		}
		m[i] = is
	}
}
