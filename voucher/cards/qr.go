package cards

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"rsc.io/qr/coding"
)

const (
	versionMax = (codeModulesMax - 17) / 4
	masks      = 8
)

// encoder makes the QR codes of one document, at error correction M. It keeps
// the library's plans, which say where each bit of a version and mask goes:
// drawing one up takes longer than using it.
type encoder struct {
	plans [versionMax + 1][masks]*coding.Plan
}

// encode makes the smallest code that holds content, in numeric mode if it is
// all digits and else byte by byte, under the mask of least penalty. It
// returns ErrCode for nothing, or for more than sizeMax modules a side would
// hold.
func (e *encoder) encode(content string, sizeMax int) (*coding.Code, error) {
	if content == "" {
		return nil, ErrCode
	}
	var segment coding.Encoding = coding.Num(content)
	if segment.Check() != nil {
		segment = coding.String(content)
	}
	for v := coding.Version(1); v <= versionMax && 17+4*int(v) <= sizeMax; v++ {
		if segment.Bits(v) <= 8*v.DataBytes(coding.M) {
			return e.leastPenalty(v, segment)
		}
	}
	return nil, ErrCode
}

func (e *encoder) leastPenalty(v coding.Version, segment coding.Encoding) (best *coding.Code, err error) {
	least := 0
	for m := range e.plans[v] {
		plan := &e.plans[v][m]
		if *plan == nil {
			if *plan, err = coding.NewPlan(v, coding.M, coding.Mask(m)); err != nil {
				return nil, fmt.Errorf("plan of a code: %w", err)
			}
		}
		c, err := (*plan).Encode(segment)
		if err != nil {
			return nil, ErrCode // the library's text may quote a secret
		}
		if p := penalty(c); best == nil || p < least {
			best, least = c, p
		}
	}
	return best, nil
}

// penalty is the sum of ISO/IEC 18004, 7.8.3: long runs, blocks of one
// colour, what looks like a finder, and too much or too little ink. The
// library leaves the choice of the mask to its user. As no code here is wider
// than 64 modules, a row is one word.
func penalty(c *coding.Code) int {
	rows, columns := make([]uint64, c.Size), make([]uint64, c.Size)
	for y := range rows {
		rows[y] = binary.BigEndian.Uint64(c.Bitmap[y*c.Stride:]) >> (64 - c.Size)
		for r := rows[y]; r != 0; r &= r - 1 {
			columns[bits.TrailingZeros64(r)] |= 1 << y
		}
	}
	p := penaltyOfLines(rows) + penaltyOfLines(columns)
	dark, pairs := 0, uint64(1)<<(c.Size-1)-1
	for y, r := range rows {
		dark += bits.OnesCount64(r)
		if y > 0 {
			above := rows[y-1]
			p += 3 * bits.OnesCount64(^(r^r>>1)&^(above^above>>1)&^(r^above)&pairs)
		}
	}
	// Ten for each whole twentieth away from one half.
	total := c.Size * c.Size
	return p + 10*(max(2*dark-total, total-2*dark)*10/total)
}

// penaltyOfLines counts runs of five and more, 3 and one for each module after
// the fifth, and finder-like sequences, 40 each.
func penaltyOfLines(lines []uint64) (p int) {
	size := len(lines)
	pairs, elevens := uint64(1)<<(size-1)-1, uint64(1)<<(size-10)-1
	for _, r := range lines {
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
