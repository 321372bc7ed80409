package match

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/jate-cva/jate/voucher"
)

// model says what an engine must answer. It is written to be read: every line
// is compared with every sale, and nothing is indexed, hashed or cut short.
type model struct {
	sales []Sale
	lines []Line
	texts map[int32]string
	Answer
}

func modelOf(e *Engine) Answer {
	m := model{sales: e.Sales, lines: e.Lines, texts: e.texts}
	m.Results, m.TakenBy = make([]Result, len(m.lines)), slices.Repeat([]int32{None}, len(m.sales))
	for i, l := range m.lines {
		if m.held(l) && m.TakenBy[l.Holds] == None {
			m.TakenBy[l.Holds] = int32(i)
		}
	}
	m.named(false)
	m.split()
	m.misread()
	m.merged()
	m.named(true)
	m.release()
	return m.Answer
}

func (m *model) held(l Line) bool {
	return l.Holds != None && !m.sales[l.Holds].Gone && m.own(l, l.Holds)
}

func (m *model) own(l Line, n int32) bool {
	return m.sales[n].Vendor == l.Vendor && m.sales[n].Round == l.Round
}

// of returns the standing sales of a serial, in order.
func (m *model) of(s Serial) (ns []int32) {
	for n, sale := range m.sales {
		if sale.Serial == s && !sale.Gone {
			ns = append(ns, int32(n))
		}
	}
	return ns
}

func (m *model) named(late bool) {
	for i, l := range m.lines {
		if l.Late == late {
			m.Results[i] = m.name(int32(i), l)
		}
	}
}

func (m *model) name(i int32, l Line) Result {
	if m.held(l) {
		if m.TakenBy[l.Holds] == i {
			return Result{l.Holds, None, Matched}
		}
		return Result{l.Holds, m.TakenBy[l.Holds], Taken}
	}
	var free, taken, elsewhere []int32
	if !l.Serial.IsZero() {
		for _, n := range m.of(l.Serial) {
			switch {
			case !m.own(l, n):
				elsewhere = append(elsewhere, n)
			case m.TakenBy[n] != None:
				taken = append(taken, n)
			default:
				free = append(free, n)
			}
		}
	}
	// The sum counts for more than the day, and the earlier sale for more than a later one.
	slices.SortStableFunc(free, func(a, b int32) int {
		x, y := m.sales[a], m.sales[b]
		return cmp.Or(yes(x.Amount == l.Amount, y.Amount == l.Amount), yes(near(l, x), near(l, y)))
	})
	switch {
	case len(free) == 0 && len(taken) == 0 && len(elsewhere) == 0:
		return Result{None, None, NoSale}
	case len(free) == 0 && len(taken) == 0:
		return Result{elsewhere[0], None, NoSale}
	case l.Closed && len(free) == 0:
		return Result{taken[0], None, LeftOut}
	case l.Closed && len(taken) == 0:
		return Result{free[0], None, LeftOut}
	case l.Closed:
		return Result{max(free[0], taken[0]), None, LeftOut}
	case len(free) == 0:
		return Result{taken[0], m.TakenBy[taken[0]], Taken}
	}
	n := free[0]
	if m.sales[n].Amount == l.Amount && l.Late {
		return Result{n, None, LeftOut}
	}
	m.TakenBy[n] = i
	if m.sales[n].Amount == l.Amount {
		return Result{n, None, Matched}
	}
	return Result{n, None, AmountDiffers}
}

func yes(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// near reports whether a line's day is within two days of the sale.
func near(l Line, s Sale) bool {
	return l.Day == 0 || s.From-l.Day <= 2*day && l.Day-s.To <= 2*day
}

func (m *model) split() {
	for i, l := range m.lines {
		out := m.Results[i]
		if out.Outcome != AmountDiffers || l.Late || l.Amount >= m.sales[out.Sale].Amount {
			continue
		}
		p := Proposal{Lines: []int32{int32(i)}, Why: Split, Candidates: []Candidate{{Sales: []int32{out.Sale}, Free: true, Own: true, Sum: true, Dated: true}}}
		sum := l.Amount
		for j, o := range m.lines {
			if m.Results[j].Outcome == Taken && m.Results[j].Sale == out.Sale && o.Claim == l.Claim && !o.Late && !o.Closed {
				p.Lines, sum = append(p.Lines, int32(j)), sum+o.Amount
			}
		}
		if len(p.Lines) > 1 && sum == m.sales[out.Sale].Amount {
			m.doubt(p)
		}
	}
}

func (m *model) doubt(p Proposal) {
	for _, i := range p.Lines {
		m.Results[i] = Result{None, None, Ambiguous}
	}
	m.Proposals = append(m.Proposals, p)
}

func (m *model) misread() {
	for i, l := range m.lines {
		if out := m.Results[i]; l.Late || l.Known || l.Closed || out.Outcome != NoSale || out.Sale != None {
			continue
		}
		text := m.texts[int32(i)]
		if !l.Serial.IsZero() {
			text = string(l.Serial.Voucher())
		}
		m.read(int32(i), l, typedPlainly(text))
	}
}

// typedPlainly is what stands on a line, without what nobody types on purpose.
func typedPlainly(text string) string {
	text = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("0123456789ABCDEFGHJKMNPQRSTUVWXYZ", c) {
			return c
		}
		return -1
	}, text)
}

// lookAlike puts characters that are taken for one another into one form.
func lookAlike(text string) string {
	b := []byte(text)
	for i, c := range b {
		if at := strings.IndexByte("QDZSGBU", c); at >= 0 {
			b[i] = "002568V"[at]
		}
	}
	return string(b)
}

func (m *model) read(i int32, l Line, text string) {
	if len(text) < 13 || len(text) > 21 {
		return
	}
	var found []Candidate
	for n, s := range m.sales {
		printed := strings.ReplaceAll(s.Serial.Voucher().Printed(), "-", "")
		if s.Gone || !shareBlock(lookAlike(text), lookAlike(printed)) {
			continue
		}
		d := slipsBetween(text, printed)
		if len(text) <= 17 {
			d = min(d, slipsBetween(text, printed[:16]))
		}
		if lookAlike(text) == lookAlike(printed) {
			d = min(d, 2)
		}
		if d <= 6 {
			found = append(found, Candidate{Sales: []int32{int32(n)}, Slips: uint8(d), Free: m.TakenBy[n] == None, Own: m.own(l, int32(n)),
				Sum: s.Amount == l.Amount, Dated: near(l, s)})
		}
	}
	if len(found) == 0 {
		return
	}
	m.Results[i] = Result{None, None, Ambiguous}
	var may, fit []Candidate // within two slips; and of those whose check digits are as typed
	for _, c := range found {
		if c.Own && c.Slips <= 4 && len(text) >= 17 {
			may = append(may, c)
			check := m.sales[c.Sales[0]].Serial.Voucher().Printed()
			if lookAlike(check[len(check)-2:]) == lookAlike(text[len(text)-2:]) {
				fit = append(fit, c)
			}
		}
	}
	if len(fit) > 0 {
		may = fit
	}
	if len(may) == 1 && may[0].Sum && may[0].Dated && may[0].Slips <= 2 {
		n := may[0].Sales[0]
		if m.TakenBy[n] == None {
			m.TakenBy[n] = i
			m.Results[i] = Result{n, None, Read}
			return
		}
		m.Results[i] = Result{n, m.TakenBy[n], Ambiguous}
	}
	rank(found)
	m.Proposals = append(m.Proposals, Proposal{Lines: []int32{i}, Candidates: found[:min(5, len(found))], Why: Slips})
}

// rank sorts candidates as docs/matching.md says.
func rank(c []Candidate) {
	slices.SortFunc(c, func(a, b Candidate) int {
		return cmp.Or(int(a.Slips)-int(b.Slips), yes(a.Sum, b.Sum), yes(a.Dated, b.Dated), yes(a.Own, b.Own), yes(a.Free, b.Free),
			slices.Compare(a.Sales, b.Sales))
	})
}

// shareBlock reports whether four characters of the serial, from the first,
// fifth, ninth or thirteenth on, stand in the text at most two places away.
func shareBlock(text, printed string) bool {
	for b := 0; b < 16; b += 4 {
		for at := max(0, b-2); at <= b+2 && at+4 <= len(text); at++ {
			if text[at:at+4] == printed[b:b+4] {
				return true
			}
		}
	}
	return false
}

// slipsBetween counts the halves of slips between two texts: two for each
// character that is wrong, missing or too many and for two that are exchanged,
// one for a character that looks like the right one.
func slipsBetween(a, b string) int {
	known := make([]int, len(a)*len(b))
	alikeA, alikeB := lookAlike(a), lookAlike(b)
	var from func(i, j int) int
	from = func(i, j int) int {
		if i == len(a) || j == len(b) {
			return 2 * (len(a) - i + len(b) - j)
		}
		k := &known[i*len(b)+j]
		if *k > 0 {
			return *k - 1
		}
		cost := 2
		switch {
		case a[i] == b[j]:
			cost = 0
		case alikeA[i] == alikeB[j]:
			cost = 1
		}
		least := min(cost+from(i+1, j+1), 2+from(i+1, j), 2+from(i, j+1))
		if i+1 < len(a) && j+1 < len(b) && a[i] == b[j+1] && a[i+1] == b[j] {
			least = min(least, 2+from(i+2, j+2))
		}
		*k = least + 1
		return least
	}
	return from(0, 0)
}

func (m *model) merged() {
	var doubted []int32
	for _, p := range m.Proposals {
		for _, c := range p.Candidates {
			doubted = append(doubted, c.Sales...)
		}
	}
	// What nobody asks for is what nobody asks for before the first of these is decided.
	var free []int32
	for n, s := range m.sales {
		if !s.Gone && m.TakenBy[n] == None && !slices.Contains(doubted, int32(n)) {
			free = append(free, int32(n))
		}
	}
	for i, l := range m.lines {
		out := m.Results[i]
		if out.Outcome != AmountDiffers || l.Late || l.Amount <= m.sales[out.Sale].Amount {
			continue
		}
		s, more := m.sales[out.Sale], l.Amount-m.sales[out.Sale].Amount
		var together [2][]int32 // of the household, and of everybody
		for _, n := range free {
			if o := m.sales[n]; o.Vendor == s.Vendor && o.Round == s.Round && o.From/day == s.From/day {
				if s.Household != None && o.Household == s.Household {
					together[0] = append(together[0], n)
				}
				together[1] = append(together[1], n)
			}
		}
		sets := append(m.whole(together[0], more), m.some(together[0], more)...)
		sets = append(sets, m.whole(together[1], more)...)
		p := Proposal{Lines: []int32{int32(i)}, Why: Merged}
		for _, set := range sets {
			set = slices.Sorted(slices.Values(append([]int32{out.Sale}, set...)))
			if !slices.ContainsFunc(p.Candidates, func(c Candidate) bool { return slices.Equal(c.Sales, set) }) && len(p.Candidates) < 5 {
				p.Candidates = append(p.Candidates, Candidate{Sales: set, Free: true, Own: true, Sum: true, Dated: true})
			}
		}
		if len(p.Candidates) > 0 {
			m.doubt(p)
		}
	}
}

// whole is the sales as the one set, where they come to the sum.
func (m *model) whole(sales []int32, sum int64) [][]int32 {
	if len(sales) > 0 && m.total(sales) == sum {
		return [][]int32{sales}
	}
	return nil
}

// some are sets of fewer than all that come to the sum, the smaller first.
func (m *model) some(sales []int32, sum int64) (sets [][]int32) {
	var masks []uint
	for mask := range uint(1) << len(sales) {
		masks = append(masks, mask)
	}
	slices.SortStableFunc(masks, func(a, b uint) int { return bits.OnesCount(a) - bits.OnesCount(b) })
	for _, mask := range masks {
		var set []int32
		for j, n := range sales {
			if mask>>j&1 == 1 {
				set = append(set, n)
			}
		}
		if len(set) > 0 && len(set) < len(sales) && m.total(set) == sum {
			sets = append(sets, set)
		}
	}
	return sets
}

func (m *model) total(sales []int32) (sum int64) {
	for _, n := range sales {
		sum += m.sales[n].Amount
	}
	return sum
}

// release gives back what lines that wait for a person kept from others.
func (m *model) release() {
	for n, by := range m.TakenBy {
		if by != None && m.Results[by].Outcome == Ambiguous {
			m.TakenBy[n] = None
		}
	}
	slices.SortFunc(m.Proposals, func(a, b Proposal) int { return int(a.Lines[0] - b.Lines[0]) })
	for i := range m.Proposals {
		p := &m.Proposals[i]
		for j := range p.Candidates {
			c := &p.Candidates[j]
			c.Free = true
			for _, n := range c.Sales {
				c.Free = c.Free && m.TakenBy[n] == None
			}
		}
		if p.Why == Slips {
			rank(p.Candidates)
		}
	}
}

// choices are made by the bytes that a test or the fuzzer gives; when there are
// none left, the first is taken.
type choices []byte

func (c *choices) of(n int) int {
	if len(*c) == 0 {
		return 0
	}
	b := (*c)[0]
	*c = (*c)[1:]
	return int(b) % n
}

func (c *choices) one(in int) bool { return c.of(in) == in-1 }

// tables makes a few sales and lines that have much to do with one another.
func (c *choices) tables() *Engine {
	e := &Engine{}
	cards := []string{"0123456789ABCDEF", "S5Z2G6B8V0Q1DJKM", "MNPQRSTVWXYZ4567"}
	for range 1 + c.of(5) {
		cards = append(cards, slipOf(c, cards[c.of(len(cards))], alphabet)[:])
	}
	cards = slices.DeleteFunc(cards, func(s string) bool { return !voucher.Serial(s).Valid() })
	for range 1 + c.of(9) {
		s := Sale{From: noon + []int64{0, 3_600, 11 * 3_600, 12 * 3_600, 4 * day}[c.of(5)], Amount: 500 * int64(1+c.of(4)), Household: int32(c.of(3)) - 1}
		s.Serial, _ = Pack(voucher.Serial(cards[c.of(len(cards))]))
		s.To = s.From + []int64{0, 60, 20 * 3_600}[c.of(3)]
		s.Gone = c.one(8)
		if c.one(6) {
			s.Vendor = 1
		}
		if c.one(6) {
			s.Round = 1
		}
		e.Add(s)
	}
	for range 1 + c.of(9) {
		n := int32(c.of(len(e.Sales)))
		s := e.Sales[n]
		if split := c.of(6); split == 5 { // its sale is asked for in two parts
			claim := int32(c.of(2))
			for _, part := range []int64{250, s.Amount - 250} {
				e.Ask(Line{Serial: s.Serial, Amount: part, Vendor: s.Vendor, Round: s.Round, Claim: claim, Holds: None, Late: c.one(8), Closed: c.one(8)}, "")
			}
			continue
		}
		l := Line{Amount: s.Amount, Vendor: s.Vendor, Round: s.Round, Claim: int32(c.of(2)), Holds: None, Known: c.one(6), Late: c.one(6), Closed: c.one(8)}
		switch c.of(6) {
		case 0:
			l.Amount = 250 * int64(1+c.of(16))
		case 1: // that of two
			l.Amount += e.Sales[c.of(len(e.Sales))].Amount
		}
		if c.one(8) {
			l.Vendor = int32(c.of(2))
		}
		if c.one(8) {
			l.Round = int32(c.of(2))
		}
		switch at := int64(c.of(3)) - 1; c.of(6) {
		case 0:
			l.Day = s.From - 2*day + at
		case 1:
			l.Day = s.To + 2*day + at
		case 2:
			l.Day = s.From
		}
		if c.one(8) {
			l.Holds = int32(c.of(len(e.Sales)))
		}
		text := ""
		switch c.of(5) {
		case 0, 1:
			l.Serial = s.Serial
		case 2: // a serial that is perhaps no sale's
			l.Serial, _ = Pack(voucher.Serial(cards[c.of(len(cards))]))
		default:
			text = strings.ReplaceAll(s.Serial.Voucher().Printed(), "-", "")[:18-2*(c.of(8)/6)]
			for range []int{1, 1, 1, 2, 3, 4}[c.of(6)] {
				text = slipOf(c, text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
			}
		}
		e.Ask(l, text)
	}
	return e
}

// slipOf makes one slip.
func slipOf(c *choices, s, with string) string {
	if len(s) < 2 {
		return s
	}
	i, x := c.of(len(s)-1), string(with[c.of(len(with))])
	switch c.of(5) {
	case 0:
		return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
	case 1:
		return s[:i] + s[i+1:]
	case 2:
		return s[:i] + x + s[i:]
	}
	return s[:i] + x + s[i+1:]
}
