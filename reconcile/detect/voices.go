package detect

// said is what a household says that was called.
type said uint8

const (
	nothing  said = iota // it was not called, or not reached
	received             // all of it
	less                 // than was sold
	deniedIt             // that it received anything
)

// answers returns what the household of each record says, the last word where it
// was called twice.
func (r *run) answers() []said {
	if r.heard != nil {
		return r.heard
	}
	r.heard = make([]said, len(r.Records))
	r.missing = map[int32]float64{}
	for _, a := range r.Answers {
		switch x := r.Records[a.Record]; {
		case a.Unreached:
		case !a.Received:
			r.heard[a.Record] = deniedIt
		case a.Missing > 0 && x.Value > 0:
			r.heard[a.Record] = less
			r.missing[a.Record] = min(float64(a.Missing)/float64(x.Value), 1)
		default:
			r.heard[a.Record] = received
		}
	}
	return r.heard
}

// word is what the households of some sales say together.
type word struct {
	reached, denied int
	shares          []float64 // of those who say that they got less: the part that is missing
}

func (r *run) word(records []int32) word {
	var w word
	for _, i := range records {
		switch r.answers()[i] {
		case nothing:
			continue
		case deniedIt:
			w.denied++
		case less:
			w.shares = append(w.shares, r.missing[i])
		}
		w.reached++
	}
	return w
}

// part says which share of sales was taken, where their households tell it: several
// say that a part is missing, and fewer that all is.
func (r *run) part(w word) (share float64, told bool) {
	if n := len(w.shares); n < r.PartMin || n <= w.denied {
		return 1, false
	}
	return median(w.shares), true
}

// clears reports whether so many say that they received all of it that diverted
// sales are hardly among them.
func (r *run) clears(w word) bool {
	return binomialHead(w.denied+len(w.shares), w.reached, float64(r.SpeaksUp)/100) < clearBelow
}

// clearBelow is how unlikely such words must be of diverted sales: calls are few.
const clearBelow = 0.15
