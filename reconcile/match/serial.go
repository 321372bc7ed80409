package match

import (
	"github.com/jate-cva/jate/voucher"
)

// Serial is a voucher's serial as the numbers that its 16 characters stand
// for. The zero value is none: a real one is never all zeros, except once in
// 2^80.
type Serial struct {
	head uint64 // 12 characters
	tail uint32 // 4 characters
	read bool
}

const (
	alphabet   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's, as package voucher has it
	serialLen  = 16
	printedLen = 18 // with its check digits, without dashes
	blockLen   = 4
	blocks     = serialLen / blockLen
)

// values are the numbers of the alphabet's characters, 255 for others.
var values = func() (v [256]byte) {
	for i := range v {
		v[i] = 255
	}
	for i := range len(alphabet) {
		v[alphabet[i]] = byte(i)
	}
	return v
}()

// Pack returns a serial in canonical form as numbers. It reports false for
// anything else.
func Pack(s voucher.Serial) (Serial, bool) {
	b, ok := s.Bits()
	return serial(b, ok), ok
}

// Parse reads a serial as the ledger writes it or as people type it. It returns
// the errors of voucher.ParseSerial.
func Parse(text string) (Serial, error) {
	if b, ok := voucher.PrintedBits(text); ok {
		return serial(b, ok), nil
	}
	s := voucher.Serial(text)
	if !s.Valid() {
		var err error
		if s, err = voucher.ParseSerial(text); err != nil {
			return Serial{}, err
		}
	}
	p, _ := Pack(s)
	return p, nil
}

func serial(b voucher.Bits, ok bool) Serial {
	if !ok {
		return Serial{}
	}
	return Serial{b.Head, b.Tail, true}
}

// IsZero reports whether there is no serial.
func (s Serial) IsZero() bool { return !s.read }

// at returns the number of a character.
func (s Serial) at(i int) byte {
	if i < serialLen-blockLen {
		return byte(s.head>>(5*(serialLen-blockLen-1-i))) & 31
	}
	return byte(s.tail>>(5*(serialLen-1-i))) & 31
}

// Voucher returns the serial in canonical form.
func (s Serial) Voucher() voucher.Serial {
	var b [serialLen]byte
	for i := range b {
		b[i] = alphabet[s.at(i)]
	}
	return voucher.Serial(b[:])
}

// printed returns the characters of the printed form, without dashes.
func (s Serial) printed() string {
	var b [printedLen]byte
	canonical := s.Voucher()
	copy(b[:], canonical)
	check := canonical.Check()
	b[serialLen], b[serialLen+1] = '0'+byte(check/10), '0'+byte(check%10)
	return string(b[:])
}

func (s Serial) hash() uint64 {
	h := (s.head ^ uint64(s.tail)<<40 ^ uint64(s.tail)) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}
