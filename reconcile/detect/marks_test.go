package detect

import (
	"slices"
	"testing"
)

// hundred sales of one shop, two hours apart by day, to people of villages far apart.
func hundred() *Facts {
	f := &Facts{Vendors: []Vendor{{ID: "v1", Zone: "z"}, {ID: "v2", Zone: "z"}}, Points: []Point{{ID: "p1"}}, Handhelds: []string{"h1", "h2"}}
	for i := range 100 {
		said := int64(20_000+i/5)*day + int64(8+2*(i%5))*hour
		f.Cards = append(f.Cards, Card{Rank: int32(i * 100), HandedFrom: said - 30*day, HandedTo: said - 29*day, Handed: said - 29*day - int64(i), Taker: Head, Habit: 1})
		f.Records = append(f.Records, Record{Card: int32(i), Seq: uint64(i + 1), From: said - day, To: said + day, Said: said, Value: 10_000, State: Good})
	}
	return f
}

// at moves a sale to an instant that is so many seconds after the first.
func (f *Facts) at(sale int, seconds int64) {
	x := &f.Records[sale]
	x.Said = f.Records[0].Said + seconds
	x.From, x.To = x.Said-day, x.Said+day
}

// Each signal marks a small case of what it looks for, and nothing of its honest twin.
func TestSignals_twins(t *testing.T) {
	three := []int{0, 1, 2}
	for _, tt := range []struct {
		signal string
		case_  func(f *Facts, honest bool)
	}{
		{"third-party", func(f *Facts, honest bool) {
			if f.Cards[0].Taker = ThirdParty; honest {
				f.Cards[0].Taker = Alternate
			}
		}},
		{"spares", func(f *Facts, honest bool) { f.Cards[0].Spare = !honest }},
		{"newcomers", func(f *Facts, honest bool) {
			if f.Cards[0].Habit = -1; honest {
				f.Cards[0].Habit = 2
			}
		}},
		{"phone-elsewhere", func(f *Facts, honest bool) {
			f.Cards[0].Phone, f.Cards[1].Phone = 7, 7
			if honest {
				f.Cards[1].Rank = 1
			}
		}},
		{"one-buyer", func(f *Facts, honest bool) {
			f.Cards[0].Phone, f.Cards[1].Phone = 7, 7
			if f.at(1, 60); honest {
				f.at(1, 2*hour)
			}
		}},
		{"one-phone-together", func(f *Facts, honest bool) {
			for _, i := range three {
				f.Cards[i].Phone = 7
				if f.at(i, int64(i)*600); honest {
					f.at(i, int64(i)*2*hour)
				}
			}
		}},
		{"one-hand-together", func(f *Facts, honest bool) {
			for _, i := range three {
				f.Records[i].Collector = 7
				if f.at(i, int64(i)*600); honest {
					f.Records[i].Collector = int32(i + 1)
				}
			}
		}},
		{"same-basket", func(f *Facts, honest bool) {
			f.Goods = []Goods{{Record: 0, Item: 1, Amount: 10_000}, {Record: 1, Item: 1, Amount: 10_000}}
			if honest {
				f.Goods[1].Amount = 9_000
			}
		}},
		{"in-one-go", func(f *Facts, honest bool) {
			for i := range 8 {
				if f.Cards[i].Handed = f.Cards[0].Handed; honest {
					f.Cards[i].Distributor = int32(i + 1)
				}
			}
		}},
		{"high-values", func(f *Facts, honest bool) {
			if !honest {
				for i := range 11 {
					f.Records[i].Value = 40_000
				}
			}
		}},
		{"unreached", func(f *Facts, honest bool) { f.Answers = []Answer{{Record: 0, Received: honest, Unreached: !honest}} }},
		{"denied", func(f *Facts, honest bool) { f.Answers = []Answer{{Record: 0, Received: honest}} }},
		{"complained", func(f *Facts, honest bool) {
			if f.Complaints = []Complaint{{Vendor: 0, Record: 0}}; honest {
				f.Complaints[0].Record = -1
			}
		}},
		{"same-company", func(f *Facts, honest bool) {
			for _, i := range three {
				f.at(i, int64(i)*60)
				if f.Cards[i].Company = 5; honest {
					f.Cards[i].Company = int32(i + 1)
				}
			}
		}},
		{"village-at-once", func(f *Facts, honest bool) {
			for _, i := range three {
				f.at(i, int64(i)*60)
				if honest {
					f.at(i, int64(i)*day)
				}
			}
		}},
		{"burst", func(f *Facts, honest bool) {
			for _, i := range three {
				if f.at(i, int64(i)*60); honest {
					f.Cards[i].Rank = int32(i)
				}
			}
		}},
		{"crowd", func(f *Facts, honest bool) {
			for i := range 8 {
				if f.at(i, int64(i)*60); honest {
					f.Cards[i].Rank = int32(i)
				}
			}
		}},
		{"late-hours", func(f *Facts, honest bool) {
			if !honest {
				f.at(0, -5*hour)
			}
		}},
		{"soon-sold", func(f *Facts, honest bool) {
			for i := range f.Cards {
				f.Cards[i].Handed = f.Records[i].Said - 29*day
			}
			if !honest {
				f.Cards[0].Handed = f.Records[0].Said - 600
			}
		}},
		{"out-of-place", func(f *Facts, honest bool) {
			for i := range f.Cards {
				f.Cards[i].Registrar = 1
			}
			if !honest {
				f.Cards[5].Registrar = 2
			}
		}},
		{"handed-apart", func(f *Facts, honest bool) {
			for i := range 30 { // a village, in the order in which it was called
				f.Cards[i].Rank, f.Cards[i].Handed = int32(i), f.Cards[0].Handed+int64(i)*60
			}
			if f.Cards[7].Handed += 3 * hour; !honest {
				f.Cards[7].Handed += day
			}
		}},
	} {
		i := slices.IndexFunc(signals, func(d Detector) bool { return d.Name == tt.signal })
		if i < 0 {
			t.Errorf("there is no %s", tt.signal)
			continue
		}
		for _, honest := range []bool{false, true} {
			f := hundred()
			tt.case_(f, honest)
			r := newRun(f, Defaults())
			m := make(marks, len(r.sales))
			signals[i].mark(r, m)
			if slices.Contains(m, marked) == honest {
				t.Errorf("%s, honest %v: %v", tt.signal, honest, m)
			}
			if honest || !slices.Contains([]string{"crowd", "burst", "same-company", "village-at-once", "one-buyer", "one-phone-together", "one-hand-together", "same-basket"}, tt.signal) {
				continue
			}
			for _, x := range f.Records { // an announced fair explains it
				f.Fairs = append(f.Fairs, Fair{-1, 0, x.Said / day})
			}
			r = newRun(f, Defaults())
			m = make(marks, len(r.sales))
			if signals[i].mark(r, m); slices.Contains(m, marked) {
				t.Errorf("%s at a fair: %v", tt.signal, m)
			}
		}
	}
}
