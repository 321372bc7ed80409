package detect

import (
	"slices"
	"testing"
)

// twoShops has a hundred sales at each of two shops of one point.
func twoShops() *Facts {
	f := hundred()
	for i := range 100 {
		c, x := f.Cards[i], f.Records[i]
		c.Rank += 50
		x.Card, x.Vendor, x.Handheld = int32(100+i), 1, 1
		c.Habit = 2
		f.Cards, f.Records = append(f.Cards, c), append(f.Records, x)
	}
	return f
}

// Signals that compare a trader with the other of the point mark a small case of
// what they look for, and nothing of its honest twin.
func TestSignals_twinsOfShops(t *testing.T) {
	for signal, case_ := range map[string]func(f *Facts, honest bool){
		"unlikely-customer": func(f *Facts, honest bool) { // people who bought at the other shop the last time
			for i := range 3 {
				if f.Cards[i].Habit = 2; honest {
					f.Cards[i].Habit = 1
				}
			}
		},
		"own-rhythm": func(f *Facts, honest bool) { // ten of them an evening on which the other shop is closed
			for i := range 10 {
				f.at(i, 10*hour+int64(i)*600)
				if honest {
					f.at(100+i, 10*hour+int64(i)*600)
				}
			}
		},
	} {
		i := slices.IndexFunc(signals, func(d Detector) bool { return d.Name == signal })
		if i < 0 {
			t.Errorf("there is no %s", signal)
			continue
		}
		for _, honest := range []bool{false, true} {
			f := twoShops()
			case_(f, honest)
			r := newRun(f, Defaults())
			m := make(marks, len(r.sales))
			signals[i].mark(r, m)
			var at []int
			for p, x := range m {
				if x == marked {
					at = append(at, int(r.sales[p]))
				}
			}
			if (len(at) > 0) == honest || slices.ContainsFunc(at, func(i int) bool { return i > 10 }) {
				t.Errorf("%s, honest %v: %v", signal, honest, at)
			}
		}
	}
}

// Where households deny what was sold on cards that somebody else took for them,
// the other sales on such cards are like theirs; where they say that they
// received, nothing is.
func TestLikeDenied_twin(t *testing.T) {
	for _, honest := range []bool{false, true} {
		f := twoShops()
		for i := range 30 {
			f.Cards[i].Taker = ThirdParty
			if i%3 == 0 {
				f.Answers = append(f.Answers, Answer{Record: int32(i), Received: honest})
			}
		}
		for i := 30; i < 40; i++ {
			f.Answers = append(f.Answers, Answer{Record: int32(i), Received: true}, Answer{Record: int32(100 + i), Received: true})
		}
		found := Run(f, Defaults())
		found = slices.DeleteFunc(found, func(x Finding) bool { return x.Detector != "like-denied" })
		if honest {
			if len(found) > 0 {
				t.Errorf("honest: %+v", found)
			}
			continue
		}
		if len(found) != 1 || found[0].Vendor != 0 || len(found[0].Records) != 30 || slices.ContainsFunc(found[0].Records, func(i int32) bool { return i >= 30 }) {
			t.Errorf("guilty: %+v", found)
		}
	}
}
