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

// slips looks for sales with serials near to those that nobody knows.
//
// A serial of sixteen characters with three slips has a block of four without
// any, unless a slip spans two blocks. So the blocks of what was typed, moved
// by up to two characters, are filed, and each sale is compared only with the
// lines that share a block with it.
func (r *run) slips() {
	if len(r.unread) > searchedMax {
		r.Unsearched = len(r.unread) - searchedMax
		r.unread = r.unread[:searchedMax]
	}
	s := search{run: r, seen: make([]int32, len(r.unread)), found: make([][]Candidate, len(r.unread)), texts: make([]string, len(r.unread))}
	for u, i := range r.unread {
		s.seen[u] = None
		s.texts[u] = typed(r.text(i))
		s.file(int32(u))
	}
	if len(s.keys) == 0 {
		return
	}
	slices.Sort(s.keys)
	for n := range r.Sales {
		if !r.Sales[n].Gone {
			s.sale(int32(n))
		}
	}
	for u, i := range r.unread {
		r.propose(i, s.texts[u], s.found[u])
	}
}

// text returns what stands on a line.
func (r *run) text(i int32) string {
	if s := r.Lines[i].Serial; !s.IsZero() {
		return string(s.Voucher())
	}
	return r.texts[i]
}

// search is for the sales that unread lines may mean.
type search struct {
	*run
	texts []string
	keys  []uint64 // block and its number, then the index in unread
	bits  [blocks][1 << (5 * blockLen) / 64]uint64
	seen  []int32 // for each unread line the sale it was last compared with
	found [][]Candidate
}

const keyShift = 32

// file adds the blocks of an unread line.
func (s *search) file(u int32) {
	text := s.texts[u]
	if len(text) < typedMin || len(text) > typedMax {
		return
	}
	for b := range blocks {
		for at := max(0, b*blockLen-2); at <= b*blockLen+2 && at+blockLen <= len(text); at++ {
			key, ok := uint64(0), true
			for _, c := range []byte(text[at : at+blockLen]) {
				v := values[alike[c]]
				ok = ok && v != 255
				key = key<<5 | uint64(v&31)
			}
			if ok {
				s.bits[b][key>>6] |= 1 << (key & 63)
				s.keys = append(s.keys, (uint64(b)<<(5*blockLen)|key)<<keyShift|uint64(u))
			}
		}
	}
}

// folded are the numbers of characters that stand for those that look alike.
var folded = func() (f [32]uint64) {
	for i := range f {
		f[i] = uint64(values[alike[alphabet[i]]])
	}
	return f
}()

// sale compares a sale with the unread lines that share a block with it.
func (s *search) sale(n int32) {
	serial := s.Sales[n].Serial
	for b := range blocks {
		key := uint64(0)
		for i := range blockLen {
			key = key<<5 | folded[serial.at(b*blockLen+i)]
		}
		if s.bits[b][key>>6]&(1<<(key&63)) == 0 {
			continue
		}
		from := (uint64(b)<<(5*blockLen) | key) << keyShift
		at, _ := slices.BinarySearch(s.keys, from)
		for ; at < len(s.keys) && s.keys[at]>>keyShift == from>>keyShift; at++ {
			s.compare(n, int32(uint32(s.keys[at])))
		}
	}
}

// compare adds the sale to what the line may mean.
func (s *search) compare(n, u int32) {
	if s.seen[u] == n {
		return
	}
	s.seen[u] = n
	text, printed := s.texts[u], s.Sales[n].Serial.printed()
	d := distance(text, printed)
	if len(text) <= serialLen+1 { // perhaps typed without its check digits
		d = min(d, distance(text, printed[:serialLen]))
	}
	if looksLike(text, printed) { // one habit, however often
		d = min(d, slipsAlone)
	}
	if d > slipsProposed {
		return
	}
	l, sale := &s.Lines[s.unread[u]], &s.Sales[n]
	s.found[u] = append(s.found[u], Candidate{Sales: []int32{n}, Slips: uint8(d), Free: s.TakenBy[n] == None,
		Own: sale.Vendor == l.Vendor && sale.Round == l.Round, Sum: sale.Amount == l.Amount, Dated: l.Dated(sale)})
	if c := s.found[u]; len(c) > 4*candidatesMax {
		slices.SortStableFunc(c, Candidate.compare)
		s.found[u] = c[:candidatesMax]
	}
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
	found = found[:min(len(found), candidatesMax)]
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

func (r *run) sortProposals() {
	slices.SortStableFunc(r.Proposals, func(a, b Proposal) int { return cmp.Compare(a.Lines[0], b.Lines[0]) })
}
