package detect

import (
	"cmp"
	"maps"
	"slices"
)

// partOf names a part of a vendor's sales: by what they are divided, and which.
type partOf struct{ by, value int64 }

// whereFalse is how often chance may find a part in one vendor's answers.
const whereFalse = 0.05

// partsOf returns the parts that a sale belongs to: its handheld, its customer's
// point and registrar, the third of its day, and the days since and until which
// something was done.
func (r *run) partsOf(x Record, days []int64) []partOf {
	card := r.Cards[x.Card]
	out := []partOf{{0, int64(x.Handheld)}, {1, int64(card.Point)}}
	if card.Registrar > 0 {
		out = append(out, partOf{2, int64(card.Registrar)})
	}
	if t, ok := r.clock(x); ok {
		out = append(out, partOf{3, t % day / (8 * hour)})
		for _, d := range days {
			if t/day >= d {
				out = append(out, partOf{4, d})
			} else {
				out = append(out, partOf{5, d})
			}
		}
	}
	return out
}

// where says in which part of a vendor's sales those are that households speak
// badly of, if one part has far more of them than the rest: something that was done
// since a day, on one handheld, or to the people of one point. It compares what
// those say who were called, by Fisher's exact test of each part, and allows for
// how many parts were looked at. Without such a part it returns all of the sales.
func (r *run) where(records []int32, bad func(said) bool) []int32 {
	answers, days := r.answers(), r.daysOf(records)
	var all count
	byPart := map[partOf]*count{}
	for _, i := range records {
		if answers[i] == nothing {
			continue
		}
		all.say(bad(answers[i]))
		for _, p := range r.partsOf(r.Records[i], days) {
			if byPart[p] == nil {
				byPart[p] = &count{}
			}
			byPart[p].say(bad(answers[i]))
		}
	}
	var best partOf
	least := 1.0
	for _, p := range slices.SortedFunc(maps.Keys(byPart), func(a, b partOf) int { return cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(a.value, b.value)) }) {
		if chance := hypergeometricTail(*byPart[p], all); chance < least {
			best, least = p, chance
		}
	}
	if least*float64(len(byPart)) > whereFalse {
		return records
	}
	var out []int32
	for _, i := range records {
		if slices.Contains(r.partsOf(r.Records[i], days), best) {
			out = append(out, i)
		}
	}
	return out
}

// daysOf returns the days of sales after the first, at most whereDays of them.
func (r *run) daysOf(records []int32) []int64 {
	var days []int64
	for _, i := range records {
		if t, ok := r.clock(r.Records[i]); ok {
			days = append(days, t/day)
		}
	}
	slices.Sort(days)
	if days = slices.Compact(days); len(days) == 0 {
		return nil
	}
	return days[1:min(len(days), whereDays)]
}

// whereDays bounds how many days are tried.
const whereDays = 60

// say adds one that was asked.
func (c *count) say(bad bool) {
	c.n++
	if bad {
		c.k++
	}
}
