package match

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// Half slips: taking one character for another that looks like it counts
	// one, every other slip two.
	halfConfused = 1
	halfSlip     = 2

	slipsAlone    = halfSlip     // a line with no more is matched by itself
	slipsNear     = 2 * halfSlip // a sale this near makes another one doubtful
	slipsProposed = 3 * halfSlip // no sale that is farther is shown to anybody

	typedMin, typedMax = serialLen - 3, printedLen + 3
	searchedMax        = 50_000 // lines of one run whose serials are compared with all sales
	candidatesMax      = 5
)

// Candidate is what a line may have meant.
type Candidate struct {
	Sales []int32 // one, or those that a merged line sums up
	Slips uint8   // halves of a slip: 2 for a wrong character, 1 for one that looks like the right one
	Free  bool    // no line has any of them
	Own   bool    // of the line's vendor and round
	Sum   bool    // the sum agrees
	Dated bool    // the day agrees
}

// Why says why a proposal is made.
type Why uint8

// The reasons.
const (
	Slips  Why = iota // the serial is no voucher's, and near to those of the candidates
	Split             // the lines together ask for one sale
	Merged            // the line asks for several sales of one day
)

// Proposal is what a person has to decide.
type Proposal struct {
	Lines      []int32     // ascending; together they are one candidate's sales
	Candidates []Candidate // the likeliest first, at most five
	Why        Why
}

// alike are the characters that are taken for one another, by the one that
// stands for them. What package voucher already reads as another, O for 0, I
// and L for 1, is so here too.
var alike = func() (to [256]byte) {
	for i := range to {
		to[i] = byte(i)
	}
	for _, class := range []string{"0OQD", "1IL", "2Z", "5S", "6G", "8B", "VU"} {
		for i := range len(class) {
			to[class[i]] = class[0]
		}
	}
	return to
}()

// typed returns what a person typed in capitals, without anything that is no
// letter or digit, O for 0 and I and L for 1.
func typed(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z':
			b.WriteByte(plain(c - 'a' + 'A'))
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z':
			b.WriteByte(plain(c))
		}
	}
	return b.String()
}

func plain(c byte) byte {
	switch c {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return c
}

// distance returns how many half slips lead from one text to the other:
// characters that are wrong, missing, too many, or exchanged with their
// neighbour. Texts are at most typedMax long; more than slipsProposed may be any
// such number.
func distance(a, b string) int {
	var rows [3][typedMax + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j * halfSlip
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i * halfSlip
		least := row[0]
		for j := 1; j <= len(b); j++ {
			swap := last[j-1]
			switch x, y := a[i-1], b[j-1]; {
			case x == y:
			case alike[x] == alike[y]:
				swap += halfConfused
			default:
				swap += halfSlip
			}
			row[j] = min(swap, last[j]+halfSlip, row[j-1]+halfSlip)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+halfSlip)
			}
			least = min(least, row[j])
		}
		if least > slipsProposed+halfSlip { // an exchange may go back two rows
			return least
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// text returns what stands on a line.
func (r *run) text(i int32) string {
	if s := r.Lines[i].Serial; !s.IsZero() {
		return string(s.Voucher())
	}
	return r.texts[i]
}

// compare orders candidates: the nearest serial first, then whose sum, day and
// vendor agree, then what nobody else has.
func (c Candidate) compare(o Candidate) int {
	yes := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(c.Slips, o.Slips), yes(c.Sum, o.Sum), yes(c.Dated, o.Dated), yes(c.Own, o.Own), yes(c.Free, o.Free),
		slices.Compare(c.Sales, o.Sales))
}

// propose gives an unread line the one sale that it can mean, or proposes what
// there is.
func (r *run) propose(i int32, text string, found []Candidate) {
	if len(found) == 0 {
		return
	}
	for j := range found { // a line before this one may have taken it
		found[j].Free = r.TakenBy[found[j].Sales[0]] == None
	}
	slices.SortStableFunc(found, Candidate.compare)
	r.Results[i] = Result{None, None, Ambiguous}
	if n := r.only(text, found); n != None {
		by := r.TakenBy[n]
		if by == None {
			r.TakenBy[n] = i
			r.Results[i] = Result{n, None, Read}
			return
		}
		r.Results[i] = Result{n, by, Ambiguous}
	}
	found = found[:min(len(found), candidatesMax)]
	r.Proposals = append(r.Proposals, Proposal{Lines: []int32{i}, Candidates: found, Why: Slips})
}

// only returns the sale that the line must mean, whether another line has it or
// not, or None. Of several that are near, the check digits choose; without check
// digits nothing speaks for any.
func (r *run) only(text string, found []Candidate) int32 {
	if len(text) < printedLen-1 {
		return None
	}
	var near, agree []Candidate
	for _, c := range found {
		if !c.Own || c.Slips > slipsNear {
			continue
		}
		near = append(near, c)
		if p := r.Sales[c.Sales[0]].Serial.printed(); looksLike(p[serialLen:], text[len(text)-2:]) {
			agree = append(agree, c)
		}
	}
	if len(agree) > 0 {
		near = agree
	}
	if len(near) != 1 {
		return None
	}
	c := near[0]
	if c.Sum && c.Dated && c.Slips <= slipsAlone {
		return c.Sales[0]
	}
	return None
}

// looksLike reports whether two texts differ only in characters that look
// alike.
func looksLike(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if alike[a[i]] != alike[b[i]] {
			return false
		}
	}
	return true
}

// finish gives back the sales of lines that wait for a person, says of each
// candidate whether any line has it, and sorts the proposals.
func (r *run) finish() {
	for n, by := range r.TakenBy {
		if by != None && r.Results[by].Outcome == Ambiguous {
			r.TakenBy[n] = None
		}
	}
	for _, p := range r.Proposals {
		for j := range p.Candidates {
			c := &p.Candidates[j]
			c.Free = !slices.ContainsFunc(c.Sales, func(n int32) bool { return r.TakenBy[n] != None })
		}
		if p.Why == Slips {
			slices.SortStableFunc(p.Candidates, Candidate.compare)
		}
	}
	slices.SortStableFunc(r.Proposals, func(a, b Proposal) int { return cmp.Compare(a.Lines[0], b.Lines[0]) })
}
