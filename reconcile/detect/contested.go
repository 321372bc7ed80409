package detect

import "slices"

// doubles makes one finding of each card and vendor that lost against another
// receipt. Of one card nobody knows who cheated, so that it can freeze nothing,
// unless it was paid twice: it takes several with which this vendor lost, and no
// fewer than those with which the other won, who would have the cards of others
// otherwise. Whoever kept every rule is not to blame, which lowers the score.
func doubles(r *run) []Finding {
	type key struct{ vendor, card int32 }
	var g gathering[key]
	lost, won := r.contested()
	for i, x := range r.Records {
		if x.Card < 0 || x.Why != whyDouble && x.Why != whyLoss {
			continue
		}
		rivals := r.byCard(x.Card)
		if len(rivals) < 2 {
			continue
		}
		paid, same := 0, 0
		for _, j := range rivals {
			if r.Records[j].Paid {
				paid++
			}
			if r.Records[j].Vendor == x.Vendor {
				same++
			}
		}
		score := signalMax
		switch winner := r.winner(x); {
		case x.Why == whyLoss && paid < 2:
			continue
		case x.Why == whyLoss:
			score = 30
		case same > 1:
			score = 90
		case x.Paid || winner < 0 || lost[x.Vendor] >= r.MarksMin && lost[x.Vendor] >= won[r.Records[winner].Vendor]:
			score = 60
		}
		one := g.of(key{x.Vendor, x.Card}, x.Vendor, x.Handheld)
		one.Records = append(one.Records, int32(i))
		for _, j := range rivals {
			if j != int32(i) {
				one.Others = append(one.Others, j)
			}
		}
		one.Score = max(one.Score, score)
		one.Value += x.Value
	}
	return g.found
}

// winner returns the payable sale at another vendor that a lost receipt lost
// against, -1 for none.
func (r *run) winner(lost Record) int32 {
	for _, j := range r.byCard(lost.Card) {
		if x := r.Records[j]; x.State == Good && x.Vendor != lost.Vendor {
			return j
		}
	}
	return -1
}

// contested counts by vendor with how many receipts it lost and won against others.
func (r *run) contested() (lost, won []int) {
	lost, won = make([]int, len(r.Vendors)), make([]int, len(r.Vendors))
	for _, x := range r.Records {
		if x.Card < 0 || x.Why != whyDouble {
			continue
		}
		if j := r.winner(x); j >= 0 {
			lost[x.Vendor]++
			won[r.Records[j].Vendor]++
		}
	}
	return lost, won
}

// shownElsewhere makes one finding of each vendor that won against several others
// more often than chance explains, and than those lost: its sales of those cards.
func shownElsewhere(r *run) []Finding {
	lost, won := r.contested()
	all := 0
	for _, n := range won {
		all += n
	}
	var g gathering[int32]
	for _, x := range r.Records {
		if x.Card < 0 || x.Why != whyDouble {
			continue
		}
		j := r.winner(x)
		if j < 0 {
			continue
		}
		w := r.Records[j].Vendor
		usual := float64(all-won[w]+1) * float64(len(r.byVendor[w])) / float64(max(len(r.sales)-len(r.byVendor[w]), 1))
		if won[w] < r.MarksMin || won[w] <= lost[x.Vendor] || gammaPoissonTail(won[w], usual, 2) > r.FalseDiscoveries/float64(len(won)) {
			continue
		}
		one := g.of(w, w, -1)
		one.Records = append(one.Records, j)
		one.Score = 60
	}
	for i := range g.found {
		one := &g.found[i]
		slices.Sort(one.Records)
		one.Records = slices.Compact(one.Records)
		for _, j := range one.Records {
			one.Value += r.Records[j].Value
		}
	}
	return g.found
}
