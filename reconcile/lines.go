package reconcile

import (
	"iter"
	"maps"
	"slices"

	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
)

// Lines are the lines of a report. A line with nothing particular about it, as
// nearly all are, is made out when it is asked for.
type Lines struct {
	facts  *Facts // as they were; of a sale only what never changes is read
	rounds []string
	rows   []lineRow
	odds   []Line
}

// lineRow is one line: of a claim that matches its sale, a sale that nobody
// claims, or any other.
type lineRow struct {
	part        int32 // of the report: its vendor and round
	sale        int32
	claim, line int32 // -1 for none
	odd         int32 // -1 for none
}

// Len returns how many lines there are.
func (l Lines) Len() int { return len(l.rows) }

// All yields the lines in order.
func (l Lines) All() iter.Seq2[int, Line] { return l.from(0, len(l.rows)) }

func (l Lines) from(from, to int) iter.Seq2[int, Line] {
	return func(yield func(int, Line) bool) {
		for i := from; i < to; i++ {
			if !yield(i, l.At(i)) {
				return
			}
		}
	}
}

// At returns one line.
func (l Lines) At(i int) Line {
	r := l.rows[i]
	switch {
	case r.odd >= 0:
		return l.odds[r.odd]
	case r.claim < 0:
		return unclaimed(l.facts.sold(r.sale))
	}
	c := &l.facts.Claims[r.claim]
	line := l.facts.claimLine(c, r.line)
	return Line{Vendor: c.Vendor, Round: c.Round, Claim: c.ID, Kind: c.Kind, N: line.N, Row: line.N, Claimed: line.Amount,
		Settlement: c.Settlement}.with(l.facts.sold(r.sale))
}

// matches reports whether a line matches.
func (l Lines) matches(i int) bool {
	if odd := l.rows[i].odd; odd >= 0 {
		return l.odds[odd].Matched
	}
	return l.rows[i].claim >= 0
}

// keep yields the lines that match, or the others.
func (l Lines) keep(matching bool) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for i := range l.rows {
			if l.matches(i) == matching && !yield(l.At(i)) {
				return
			}
		}
	}
}

// lining makes Lines.
type lining struct {
	Lines
	vendorAt, roundAt map[int32]int32 // rank by number
}

func newLines(f *Facts, room int) *lining {
	was := *f // rows are appended to and put in the place of others, never changed
	was.engine, was.filed, was.ofSale, was.Vouchers = engine.Engine{}, nil, nil, nil
	was.forgetRecords()
	l := &lining{Lines: Lines{facts: &was, rounds: slices.Sorted(maps.Keys(f.Rounds)), rows: make([]lineRow, 0, room)},
		vendorAt: map[int32]int32{}, roundAt: map[int32]int32{}}
	for i, id := range f.Vendors {
		l.vendorAt[f.sellers.known(string(id))] = int32(i)
	}
	for i, round := range l.rounds {
		l.roundAt[f.rounds.known(round)] = int32(i)
	}
	return l
}

func (l *lining) part(vendor, round int32) int32 {
	return l.vendorAt[vendor]*int32(len(l.rounds)) + l.roundAt[round]
}

// matched adds a claim's line that matches its sale.
func (l *lining) matched(a place, sale int32) {
	s := &l.facts.sales[sale]
	l.rows = append(l.rows, lineRow{l.part(s.vendor, s.round), sale, a.claim, a.line, -1})
}

// unclaimed adds a sale that nobody claims.
func (l *lining) unclaimed(sale int32) {
	s := &l.facts.sales[sale]
	l.rows = append(l.rows, lineRow{l.part(s.vendor, s.round), sale, -1, -1, -1})
}

// odd adds any other line.
func (l *lining) odd(line Line) {
	part := l.part(l.facts.sellers.known(string(line.Vendor)), l.facts.rounds.known(line.Round))
	l.rows = append(l.rows, lineRow{part, -1, -1, -1, int32(len(l.odds))})
	l.odds = append(l.odds, line)
}

// sort puts lines of one vendor and round together, and leaves those in their
// order.
func (l *lining) sort() {
	parts := len(l.facts.Vendors) * len(l.rounds)
	at := make([]int, parts+1)
	for i := range l.rows {
		at[l.rows[i].part+1]++
	}
	for i := range parts {
		at[i+1] += at[i]
	}
	sorted := make([]lineRow, len(l.rows))
	for _, r := range l.rows {
		sorted[at[r.part]] = r
		at[r.part]++
	}
	l.rows = sorted
}

// partOf names the vendor and round of a part.
func (l Lines) partOf(part int32) (vendors.ID, string) {
	n := int32(len(l.rounds))
	return l.facts.Vendors[part/n], l.rounds[part%n]
}
