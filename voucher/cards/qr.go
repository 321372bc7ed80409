package cards

import "math/bits"

// A QR code of ISO/IEC 18004, versions 1 to 11 at error correction M, which is
// all that a card may carry. It is our own because a round prints a hundred
// thousand of them: as no code here is wider than 64 modules, a row is one
// machine word, and the choice of the best of eight masks, the costly part of
// the standard, becomes a few operations a row. The test compares every module
// with an independent encoder's.
type qrCode struct {
	size  int
	rows  [codeModulesMax]uint64 // bit x of rows[y] is the module in column x
	fixed [codeModulesMax]uint64 // modules that carry no data
}

// blocks is how a version's codewords are divided (table 9): checks codewords
// of error correction after each block, few blocks of short data codewords
// and then many of one more.
type blocks struct{ checks, few, short, more int }

var versions = [...]blocks{
	1: {10, 1, 16, 0}, 2: {16, 1, 28, 0}, 3: {26, 1, 44, 0}, 4: {18, 2, 32, 0},
	5: {24, 2, 43, 0}, 6: {16, 4, 27, 0}, 7: {18, 4, 31, 0}, 8: {22, 2, 38, 2},
	9: {22, 3, 36, 2}, 10: {26, 4, 43, 1}, 11: {30, 1, 50, 4},
}

func (b blocks) capacity() int { return b.few*b.short + b.more*(b.short+1) }

// bitWriter appends bits, the highest first.
type bitWriter struct {
	bytes []byte
	n     int
}

func (w *bitWriter) put(value uint32, count int) {
	for i := count - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[w.n/8] |= byte(value>>i&1) << (7 - w.n%8)
		w.n++
	}
}

// encode makes the smallest code that holds content, in numeric mode if it is
// all digits and else byte by byte. It returns ErrCode for nothing, or for
// more than sizeMax modules a side would hold.
func encode(content string, sizeMax int) (*qrCode, error) {
	if content == "" || len(content) > codeDigitsMax {
		return nil, ErrCode
	}
	for v := 1; v < len(versions) && 17+4*v <= sizeMax; v++ {
		w := segment(content, v)
		if room := versions[v].capacity() * 8; w.n <= room {
			w.put(0, min(4, room-w.n)) // terminator
			return draw(v, interleave(versions[v], pad(w.bytes, room/8))), nil
		}
	}
	return nil, ErrCode
}

// segment writes mode, length and content as version v counts them.
func segment(content string, v int) *bitWriter {
	w := &bitWriter{}
	if !numeric(content) {
		w.put(0b0100, 4)
		w.put(uint32(len(content)), 8+v/10*8)
		for i := range len(content) {
			w.put(uint32(content[i]), 8)
		}
		return w
	}
	w.put(0b0001, 4)
	w.put(uint32(len(content)), 10+v/10*2)
	for i := 0; i < len(content); i += 3 {
		part, value := content[i:min(i+3, len(content))], uint32(0)
		for _, d := range part {
			value = value*10 + uint32(d-'0')
		}
		w.put(value, len(part)*3+1) // 4, 7 or 10 bits
	}
	return w
}

func numeric(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func pad(data []byte, n int) []byte {
	for i := byte(0xEC); len(data) < n; i ^= 0xEC ^ 0x11 {
		data = append(data, i)
	}
	return data
}

// interleave deals data into blocks, adds each block's checks, and takes
// first all first codewords, then all second ones.
func interleave(b blocks, data []byte) []byte {
	var parts, checks [][]byte
	divisor := generator(b.checks)
	for i := range b.few + b.more {
		n := b.short
		if i >= b.few {
			n++
		}
		parts = append(parts, data[:n])
		checks = append(checks, remainder(data[:n], divisor))
		data = data[n:]
	}
	var out []byte
	for i := range b.short + 1 {
		for _, p := range parts {
			if i < len(p) {
				out = append(out, p[i])
			}
		}
	}
	for i := range b.checks {
		for _, c := range checks {
			out = append(out, c[i])
		}
	}
	return out
}

// times multiplies in GF(256) modulo x^8+x^4+x^3+x^2+1.
func times(a, b byte) byte {
	var p byte
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		carry := a >> 7
		a = a<<1 ^ carry*0x1D
	}
	return p
}

// generator is the Reed-Solomon divisor of degree n, without its leading 1.
func generator(n int) []byte {
	g := make([]byte, n)
	g[n-1] = 1
	root := byte(1)
	for range n {
		for i := range g {
			g[i] = times(g[i], root)
			if i+1 < n {
				g[i] ^= g[i+1]
			}
		}
		root = times(root, 2)
	}
	return g
}

func remainder(data, divisor []byte) []byte {
	r := make([]byte, len(divisor))
	for _, d := range data {
		factor := d ^ r[0]
		copy(r, r[1:])
		r[len(r)-1] = 0
		for i, g := range divisor {
			r[i] ^= times(g, factor)
		}
	}
	return r
}

// draw lays out the codewords and keeps the mask of least penalty.
func draw(v int, codewords []byte) *qrCode {
	plain := &qrCode{size: 17 + 4*v}
	plain.patterns(v)
	plain.data(codewords)
	var best *qrCode
	least := 0
	for mask := range masks {
		c := *plain
		c.mask(mask)
		if p := c.penalty(); best == nil || p < least {
			best, least = &c, p
		}
	}
	return best
}

func (c *qrCode) dark(x, y int) bool { return c.rows[y]>>x&1 == 1 }

func (c *qrCode) set(x, y int, dark bool) {
	c.rows[y] &^= 1 << x
	if dark {
		c.rows[y] |= 1 << x
	}
}

// fix sets a module that carries no data.
func (c *qrCode) fix(x, y int, dark bool) {
	c.set(x, y, dark)
	c.fixed[y] |= 1 << x
}

// patterns draws finders, alignment, timing and version, and reserves the
// place of the format.
func (c *qrCode) patterns(v int) {
	for i := range c.size {
		c.fix(i, 6, i%2 == 0)
		c.fix(6, i, i%2 == 0)
	}
	for _, at := range [][2]int{{3, 3}, {c.size - 4, 3}, {3, c.size - 4}} {
		c.rings(at[0], at[1], 4)
	}
	places := []int{6, 4*v + 10}
	if v >= 7 {
		places = []int{6, 2*v + 8, 4*v + 10}
	}
	for i, x := range places {
		for k, y := range places {
			last := len(places) - 1
			if v > 1 && !(i == 0 && k == 0 || i == 0 && k == last || i == last && k == 0) {
				c.rings(x, y, 2)
			}
		}
	}
	c.format(0)
	if v < 7 {
		return
	}
	info := v<<12 | bch(v, 12, 0x1F25)
	for i := range 18 {
		far, near := c.size-11+i%3, i/3
		c.fix(far, near, info>>i&1 == 1)
		c.fix(near, far, info>>i&1 == 1)
	}
}

// rings draws squares around a module, dark and light in turn from the middle
// of an alignment pattern, with the broad dark middle of a finder.
func (c *qrCode) rings(cx, cy, radius int) {
	for y := max(0, cy-radius); y <= min(c.size-1, cy+radius); y++ {
		for x := max(0, cx-radius); x <= min(c.size-1, cx+radius); x++ {
			d := max(x-cx, cx-x, y-cy, cy-y)
			if radius == 2 {
				c.fix(x, y, d != 1)
			} else {
				c.fix(x, y, d != 2 && d != 4)
			}
		}
	}
}

// bch is the check of value: the remainder of value·2^n by poly.
func bch(value, n, poly int) int {
	r := value
	for range n {
		r = r<<1 ^ r>>(n-1)*poly
	}
	return r
}

// format writes error correction M and the mask beside the finders.
func (c *qrCode) format(mask int) {
	// M is 00, so that the five bits of data are the mask alone.
	info := (mask<<10 | bch(mask, 10, 0x537)) ^ 0x5412
	for i := range 15 {
		dark := info>>i&1 == 1
		switch { // once around the first finder
		case i < 6:
			c.fix(8, i, dark)
		case i < 8:
			c.fix(8, i+1, dark)
		case i == 8:
			c.fix(7, 8, dark)
		default:
			c.fix(14-i, 8, dark)
		}
		if i < 8 { // and once shared by the other two
			c.fix(c.size-1-i, 8, dark)
		} else {
			c.fix(8, c.size-15+i, dark)
		}
	}
	c.fix(8, c.size-8, true)
}

// data fills the free modules in pairs of columns from the right, up and down
// in turn. What remains after the last codeword stays light.
func (c *qrCode) data(codewords []byte) {
	n := 0
	for right := c.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		upward := (right+1)&2 == 0
		for i := range c.size {
			y := i
			if upward {
				y = c.size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if c.fixed[y]>>x&1 == 0 && n < len(codewords)*8 {
					c.set(x, y, codewords[n/8]>>(7-n%8)&1 == 1)
					n++
				}
			}
		}
	}
}

// masks are the eight conditions of table 10, in column x and row y.
var masks = [8]func(x, y int) bool{
	func(x, y int) bool { return (x+y)%2 == 0 },
	func(_, y int) bool { return y%2 == 0 },
	func(x, _ int) bool { return x%3 == 0 },
	func(x, y int) bool { return (x+y)%3 == 0 },
	func(x, y int) bool { return (x/3+y/2)%2 == 0 },
	func(x, y int) bool { return x*y%2+x*y%3 == 0 },
	func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
	func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
}

// mask turns over the data modules that meet the mask's condition.
func (c *qrCode) mask(mask int) {
	for y := range c.size {
		var flip uint64
		for x := range c.size {
			if masks[mask](x, y) {
				flip |= 1 << x
			}
		}
		c.rows[y] ^= flip &^ c.fixed[y]
	}
	c.format(mask)
}

// penalty is the sum of clause 7.8.3: long runs, blocks of one colour, what
// looks like a finder, and too much or too little ink.
func (c *qrCode) penalty() int {
	var turned qrCode
	turned.size = c.size
	for y := range c.size {
		for r := c.rows[y]; r != 0; r &= r - 1 {
			turned.rows[bits.TrailingZeros64(r)] |= 1 << y
		}
	}
	p := c.penaltyOfRows() + turned.penaltyOfRows()
	dark := 0
	pairs := uint64(1)<<(c.size-1) - 1
	for y := range c.size {
		dark += bits.OnesCount64(c.rows[y])
		if y+1 < c.size {
			a, b := c.rows[y], c.rows[y+1]
			p += 3 * bits.OnesCount64(^(a^a>>1)&^(b^b>>1)&^(a^b)&pairs)
		}
	}
	total := c.size * c.size
	low, high := dark*20/total, (dark*20+total-1)/total
	return p + 10*min(max(low-10, 10-low), max(high-10, 10-high))
}

// penaltyOfRows counts runs of five and more, 3 and one for each module after
// the fifth, and finder-like sequences, 40 each.
func (c *qrCode) penaltyOfRows() int {
	p := 0
	pairs, elevens := uint64(1)<<(c.size-1)-1, uint64(1)<<(c.size-10)-1
	for _, r := range c.rows[:c.size] {
		same := ^(r ^ r>>1) & pairs
		fives := same & (same >> 1) & (same >> 2) & (same >> 3)
		p += bits.OnesCount64(fives) + 2*bits.OnesCount64(fives&^(fives<<1))
		for _, pattern := range [2]uint64{0b00001011101, 0b10111010000} {
			at := elevens
			for i := range 11 {
				at &= r>>i ^ (pattern>>i&1 - 1)
			}
			p += 40 * bits.OnesCount64(at)
		}
	}
	return p
}
