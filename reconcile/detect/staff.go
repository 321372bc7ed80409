package detect

// staffMax bounds how many pairs of staff are told apart.
const staffMax = 1 << 14

// staffVendor marks the sales to households whom one team registered, verified
// and approved, at a vendor where far more of them bought than of others of
// the same point.
func staffVendor(r *run, m marks) {
	type pair struct{ team, vendor int32 }
	teams := map[[3]int32]int32{}
	teamOf := make([]int32, len(r.sales))
	type place struct{ point, vendor int32 }
	byPlace, byPoint := map[place]int{}, map[int32]int{}
	byTeam := map[[2]int32]int{} // team, point
	pairs := map[pair][]int{}
	for i, s := range r.sales {
		x := r.Records[s]
		c := r.Cards[x.Card]
		teamOf[i] = -1
		if c.Registrar == 0 || r.planned(x) {
			continue
		}
		staff := [3]int32{c.Registrar, c.Verifier, c.Approver}
		t, ok := teams[staff]
		if !ok && len(teams) < staffMax {
			t = int32(len(teams))
			teams[staff] = t
		}
		teamOf[i] = t
		m[i] = clean
		byPlace[place{c.Point, x.Vendor}]++
		byPoint[c.Point]++
		byTeam[[2]int32{t, c.Point}]++
		pairs[pair{t, x.Vendor}] = append(pairs[pair{t, x.Vendor}], i)
	}
	// Villages have their trader, and teams their villages: how far the numbers
	// are from what is expected says how usual that is.
	expects := map[pair]float64{}
	var l likeness
	for k, list := range pairs {
		expected, own := 0.0, map[int32]int{}
		for _, i := range list {
			own[r.Cards[r.ofSale(i).Card].Point]++
		}
		for p, mine := range own {
			// The others of the point say where its people buy.
			team := byTeam[[2]int32{k.team, p}]
			there, all := byPlace[place{p, k.vendor}]-mine, byPoint[p]-team
			if all < othersMin { // nobody to be compared with
				expected += float64(mine)
				continue
			}
			expected += float64(team) * (float64(there) + 1) / (float64(all) + 4)
		}
		expects[k] = expected
		d := float64(len(list)) - expected
		l.devs = append(l.devs, deviation{d * d / expected, expected})
	}
	strength := l.strength()
	for k, list := range pairs {
		n := r.villagesOf(list)
		if n < r.MarksMin || float64(n) < r.LiftMin*expects[k] || gammaPoissonTail(n, expects[k], strength) > r.FalseDiscoveries/float64(len(pairs)) {
			continue
		}
		for _, i := range list {
			m[i] = marked
		}
	}
}

// othersMin is how many sales to households of other teams a point needs to say
// where its people buy.
const othersMin = 20

// villageMost is how many of one village count: it comes together, and has one
// team.
const villageMost = 6

// villagesOf counts sales, of one village no more than those.
func (r *run) villagesOf(places []int) int {
	type village struct{ point, block int32 }
	of, n := map[village]int{}, 0
	for _, p := range places {
		c := r.Cards[r.ofSale(p).Card]
		v := village{c.Point, c.Rank / blockRanks}
		if of[v]++; of[v] <= villageMost {
			n++
		}
	}
	return n
}

// onePerson marks cards that the same person registered and verified, or
// verified and approved: two people must agree.
func onePerson(r *run, x Record) bool {
	c := r.Cards[x.Card]
	return c.Registrar == c.Verifier || c.Verifier != 0 && c.Verifier == c.Approver
}

func knowsStaff(r *run, x Record) bool { return r.Cards[x.Card].Registrar > 0 }
