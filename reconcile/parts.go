package reconcile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jate-cva/jate/money"
)

// Part sums up what one point, or one day, of a round has, in XOF. The parts of
// a round come to the totals of its vendors, which the report compares with the
// ledger.
type Part struct {
	Round     string
	Point     string // of the vouchers; "" in parts by day
	Day       string // of the sale, as 2026-11-05 in UTC, which is Mali's time; "" in parts by point
	Sales     int
	Redeemed  money.Amount
	Matched   money.Amount // of it, on lines that match
	Unclaimed money.Amount // of it, in no claim
}

// partKey is what one Part is of.
type partKey struct{ round, point, day string }

// sumParts sums up the redemptions by point and by day. Each stands on exactly
// one line.
func sumParts(lines Lines) (points, days []Part, err error) {
	byPoint, byDay := map[partKey]*Part{}, map[partKey]*Part{}
	plain := map[plainPart]*plainSums{} // of lines with nothing particular about them
	for i := range lines.rows {
		r := &lines.rows[i]
		if r.odd < 0 {
			s := &lines.facts.sales[r.sale]
			k := plainPart{s.round, s.point, int32(floorDiv(s.from, 24*60*60))}
			sums := plain[k]
			if sums == nil {
				sums = &plainSums{}
				plain[k] = sums
			}
			sums.redeemed.add(s.value())
			if r.claim >= 0 {
				sums.matched.add(s.value())
			} else {
				sums.unclaimed.add(s.value())
			}
			continue
		}
		l := &lines.odds[r.odd]
		if !l.HasEntry {
			continue
		}
		day := l.SoldAt.From.UTC().Format(time.DateOnly)
		for _, add := range []error{addPart(byPoint, partKey{l.Round, l.Point, ""}, l), addPart(byDay, partKey{l.Round, "", day}, l)} {
			if add != nil {
				return nil, nil, add
			}
		}
	}
	for k, sums := range plain {
		if err := errors.Join(sums.redeemed.err, sums.matched.err, sums.unclaimed.err); err != nil {
			return nil, nil, err
		}
		round, day := lines.facts.rounds.text(k.round), time.Unix(int64(k.day)*24*60*60, 0).UTC().Format(time.DateOnly)
		for _, p := range []*Part{partOf(byPoint, partKey{round, lines.facts.points.text(k.point), ""}), partOf(byDay, partKey{round, "", day})} {
			p.Sales += sums.redeemed.n
			s := summing{}
			s.add(&p.Redeemed, sums.redeemed.amount())
			s.add(&p.Matched, sums.matched.amount())
			s.add(&p.Unclaimed, sums.unclaimed.amount())
			if s.err != nil {
				return nil, nil, s.err
			}
		}
	}
	return sortedParts(byPoint), sortedParts(byDay), nil
}

// plainPart is a round's point on one day, in days of Unix.
type plainPart struct{ round, point, day int32 }

type plainSums struct{ redeemed, matched, unclaimed francs }

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

func partOf(parts map[partKey]*Part, k partKey) *Part {
	p := parts[k]
	if p == nil {
		none := money.Francs(0)
		p = &Part{Round: k.round, Point: k.point, Day: k.day, Redeemed: none, Matched: none, Unclaimed: none}
		parts[k] = p
	}
	return p
}

func addPart(parts map[partKey]*Part, k partKey, l *Line) error {
	p := partOf(parts, k)
	p.Sales++
	s := summing{}
	s.add(&p.Redeemed, l.Redeemed)
	switch {
	case l.Matched:
		s.add(&p.Matched, l.Redeemed)
	case l.Exception == RedeemedNotClaimed:
		s.add(&p.Unclaimed, l.Redeemed)
	}
	return s.err
}

func sortedParts(parts map[partKey]*Part) []Part {
	var out []Part
	for _, k := range slices.SortedFunc(maps.Keys(parts), func(a, b partKey) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.point, b.point), cmp.Compare(a.day, b.day))
	}) {
		out = append(out, *parts[k])
	}
	return out
}

// tieParts says where what the points or the days of a round come to is not
// what its vendors redeemed, who are compared with the ledger.
func tieParts(r Report) []string {
	want := map[string]int64{}
	for _, t := range r.Totals {
		want[t.Round] += t.Redeemed.Minor()
	}
	var wrong []string
	for _, of := range []struct {
		name  string
		parts []Part
	}{{"points", r.Points}, {"days", r.Days}} {
		got := map[string]int64{}
		for _, p := range of.parts {
			got[p.Round] += p.Redeemed.Minor()
		}
		for _, round := range slices.Sorted(maps.Keys(want)) {
			if got[round] != want[round] {
				wrong = append(wrong, fmt.Sprintf("round %s: by its %s %s, by its vendors %s", round, of.name,
					money.Francs(got[round]), money.Francs(want[round])))
			}
		}
	}
	return wrong
}
