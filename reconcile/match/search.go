package match

import (
	"runtime"
	"slices"
)

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
	s := search{run: r, texts: make([]string, len(r.unread))}
	for u, i := range r.unread {
		s.texts[u] = typed(r.text(i))
		s.file(int32(u))
	}
	if len(s.keys) == 0 {
		return
	}
	slices.Sort(s.keys)
	parts := make([]part, runtime.GOMAXPROCS(0))
	onCores(len(r.Sales), func(p, from, to int) { parts[p] = s.among(from, to) })
	for u, i := range r.unread {
		var found []Candidate
		for p := range parts {
			found = append(found, parts[p].found[u]...)
		}
		r.propose(i, s.texts[u], found)
	}
}

// search is for the sales that unread lines may mean.
type search struct {
	*run
	texts []string
	keys  []uint64 // block and its number, then the index in unread
	bits  [blocks][1 << (5 * blockLen) / 64]uint64
}

// part is what one core finds.
type part struct {
	*search
	seen  []int32 // for each unread line the sale it was last compared with
	found [][]Candidate
}

// among compares some of the sales.
func (s *search) among(from, to int) part {
	p := part{s, make([]int32, len(s.unread)), make([][]Candidate, len(s.unread))}
	for u := range p.seen {
		p.seen[u] = None
	}
	for n := from; n < to; n++ {
		if !s.Sales[n].Gone {
			p.sale(int32(n))
		}
	}
	return p
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

// folded are the numbers of two characters, those that look alike as one.
var folded = func() (f [1 << 10]uint32) {
	one := func(v int) uint32 { return uint32(values[alike[alphabet[v]]]) }
	for i := range f {
		f[i] = one(i>>5)<<5 | one(i&31)
	}
	return f
}()

// block returns the number of the four characters of a block, folded.
func (s Serial) block(b int) uint64 {
	four := s.tail
	if b < blocks-1 {
		four = uint32(s.head>>(5*blockLen*(blocks-2-b))) & (1<<(5*blockLen) - 1)
	}
	return uint64(folded[four>>10]<<10 | folded[four&(1<<10-1)])
}

// sale compares a sale with the unread lines that share a block with it.
func (p *part) sale(n int32) {
	serial := p.Sales[n].Serial
	for b := range blocks {
		key := serial.block(b)
		if p.bits[b][key>>6]&(1<<(key&63)) == 0 {
			continue
		}
		from := (uint64(b)<<(5*blockLen) | key) << keyShift
		at, _ := slices.BinarySearch(p.keys, from)
		for ; at < len(p.keys) && p.keys[at]>>keyShift == from>>keyShift; at++ {
			p.compare(n, int32(uint32(p.keys[at])))
		}
	}
}

// compare adds the sale to what the line may mean.
func (p *part) compare(n, u int32) {
	if p.seen[u] == n {
		return
	}
	p.seen[u] = n
	text, printed := p.texts[u], p.Sales[n].Serial.printed()
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
	l, sale := &p.Lines[p.unread[u]], &p.Sales[n]
	p.found[u] = append(p.found[u], Candidate{Sales: []int32{n}, Slips: uint8(d),
		Own: sale.Vendor == l.Vendor && sale.Round == l.Round, Sum: sale.Amount == l.Amount, Dated: l.Dated(sale)})
	if c := p.found[u]; len(c) > 4*candidatesMax {
		slices.SortStableFunc(c, Candidate.compare)
		p.found[u] = c[:2*candidatesMax]
	}
}
