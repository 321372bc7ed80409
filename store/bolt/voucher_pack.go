package bolt

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// The records that are read and written most are written by hand: a tenth of
// the time of CBOR and two thirds of its bytes. Numbers are varints in their
// shortest form, texts follow their length, an instant is the seconds since
// another one of the record. Each such record has a pack and an unpack, which
// encode and decode call, and a fuzz target.

// packed is a record that writes itself.
type packed interface{ pack(*packer) }

// unpacked is a record that reads itself.
type unpacked interface{ unpack(*unpacker) }

// packer appends the parts of a record.
type packer struct{ b []byte }

func (p *packer) u8(n byte)      { p.b = append(p.b, n) }
func (p *packer) u64(n uint64)   { p.b = binary.AppendUvarint(p.b, n) }
func (p *packer) i64(n int64)    { p.b = binary.AppendVarint(p.b, n) }
func (p *packer) fixed(s []byte) { p.b = append(p.b, s...) }

func (p *packer) text(s string) {
	p.u64(uint64(len(s)))
	p.b = append(p.b, s...)
}

// since adds an instant. Differences of any two instants come back, even where
// they overflow.
func (p *packer) since(from, t time.Time) { p.i64(int64(instantOf(t) - instantOf(from))) }

// word adds a text that is probably one of words.
func (p *packer) word(s string) {
	if code, ok := wordCodes[s]; ok {
		p.u8(code)
		return
	}
	p.u8(0)
	p.text(s)
}

// serial adds a text that is probably a voucher's serial.
func (p *packer) serial(s string) {
	if b, ok := serialBytes(s); ok {
		p.u8(1)
		p.fixed(b[:])
		return
	}
	p.u8(0)
	p.text(s)
}

func (p *packer) amount(m money.Amount) {
	p.i64(m.Minor())
	if m.Asset() == money.XOF {
		p.u8(wordXOF)
		return
	}
	p.word(m.Asset().String())
}

// unpacker takes a record apart in the order in which it was packed. After a
// part that is not there, or that packer writes otherwise, every part reads as
// zero, and done says so.
type unpacker struct {
	b      []byte // not yet read; never written to
	broken bool
	cut    *pieces // for what is read; nil where it is little
	room   []byte  // for a text that is put together
}

var errPacked = errors.New("the record has other parts")

// done returns an error if a part was missing or bytes are left over.
func (u *unpacker) done() error {
	if u.broken || len(u.b) > 0 {
		return errPacked
	}
	return nil
}

func (u *unpacker) fail() { u.b, u.broken = nil, true }

// take returns the next n bytes, which are the record's own; nil where there
// are fewer.
func (u *unpacker) take(n uint64) []byte {
	if n > uint64(len(u.b)) {
		u.fail()
		return nil
	}
	p := u.b[:n:n]
	u.b = u.b[n:]
	return p
}

// rest returns all that is left.
func (u *unpacker) rest() []byte { return u.take(uint64(len(u.b))) }

func (u *unpacker) u8() byte {
	if p := u.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (u *unpacker) u64() uint64 {
	n, size := binary.Uvarint(u.b)
	if size <= 0 || size > 1 && u.b[size-1] == 0 { // missing, too long, or not the shortest form
		u.fail()
		return 0
	}
	u.b = u.b[size:]
	return n
}

func (u *unpacker) i64() int64 {
	n := u.u64()
	return int64(n>>1) ^ -int64(n&1)
}

// upTo returns a number that is at most limit.
func (u *unpacker) upTo(limit uint64) uint64 {
	n := u.u64()
	if n > limit {
		u.fail()
		return 0
	}
	return n
}

// fixed fills to.
func (u *unpacker) fixed(to []byte) { copy(to, u.take(uint64(len(to)))) }

func (u *unpacker) text() string { return u.cut.text(u.take(u.u64())) }

func (u *unpacker) since(from time.Time) time.Time {
	return (instantOf(from) + instant(u.i64())).time()
}

func (u *unpacker) word() string {
	code := u.u8()
	switch {
	case code == 0:
		s := u.text()
		if _, known := wordCodes[s]; known {
			u.fail()
			return ""
		}
		return s
	case int(code) > len(words):
		u.fail()
		return ""
	}
	return words[code-1]
}

func (u *unpacker) serial() string {
	u.room = u.appendSerial(u.room[:0])
	return u.cut.text(u.room)
}

func (u *unpacker) appendSerial(to []byte) []byte {
	switch u.u8() {
	case 0:
		s := u.take(u.u64())
		if _, ok := serialBytes(s); ok {
			u.fail()
			return to
		}
		return append(to, s...)
	case 1:
		if b := u.take(serialSize); b != nil {
			return appendSerial(to, [serialSize]byte(b))
		}
		return to
	}
	u.fail()
	return to
}

func (u *unpacker) amount() money.Amount {
	minor, word := u.i64(), u.word()
	switch word {
	case "":
		return money.FromMinor(minor, money.Asset{})
	case words[wordXOF-1]:
		return money.FromMinor(minor, money.XOF)
	}
	var a money.Asset
	if err := a.UnmarshalText([]byte(word)); err != nil || a.String() != word {
		u.fail()
	}
	return money.FromMinor(minor, a)
}

// words are the texts of closed sets, and others that every record repeats,
// which are stored as their place here, from 1. Stores hold these places: words
// are added at the end and none is ever changed.
var words = []string{
	"", "XOF/0", "S", "P", "SP",
	"evr+jwt", "evc+jwt", "eva+jwt",
	"payable", "waiting", "contested", "rejected", "quarantined", "cancelled", "accepted",
	"https", "file", "stub",
	"unknown-serial", "amount", "handheld-purpose", "handheld-revoked", "zone", "expired", "not-yet-valid",
	"void", "held", "factor-missing", "factor-wrong", "not-home", "bundle-too-old", "not-activated",
	"before-activation", "already-redeemed", "loss-accepted", "activation-missed", "chain-broken", "gap",
	"after-close", "second-person", "not-cancellable", "contract", "record-invalid",
	"mistake", "goods-returned", "goods-missing",
	// Kinds of entries, and who causes them.
	"pledge-fund", "fund", "allocate", "issue", "redeem", "expire", "reissue", "accept-loss", "claim", "freeze",
	"release", "settle", "confirm", "advance", "recover", "return", "reverse", "decision",
	"server", "rules", "handheld", "registrar", "list-approver", "issuer", "distribution-officer", "vendor-manager",
	"handheld-manager", "finance-preparer", "finance-approver", "monitor", "dpo", "auditor", "administrator",
}

const wordXOF = 2

var wordCodes = func() map[string]byte {
	codes := make(map[string]byte, len(words))
	for i, w := range words {
		codes[w] = byte(i + 1)
	}
	return codes
}()

// A serial is 16 characters of Crockford's base 32: 10 bytes.
const (
	serialChars = 16
	serialSize  = 10
)

var crockford = base32.NewEncoding(serialAlphabet).WithPadding(base32.NoPadding)

// serialBytes returns the bytes of a serial, or false for another text.
func serialBytes[T string | []byte](s T) (b [serialSize]byte, ok bool) {
	if len(s) != serialChars {
		return b, false
	}
	// Eight characters are 40 bits.
	for half := range 2 {
		bits := uint64(0)
		for _, c := range []byte(s[8*half : 8*half+8]) {
			v := serialValues[c]
			if v < 0 {
				return b, false
			}
			bits = bits<<5 | uint64(v)
		}
		for i := range 5 {
			b[5*half+i] = byte(bits >> (32 - 8*i))
		}
	}
	return b, true
}

const serialAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// serialValues are the characters' values, -1 for others.
var serialValues = func() (values [256]int8) {
	for c := range values {
		values[c] = int8(strings.IndexByte(serialAlphabet, byte(c)))
	}
	return values
}()

func serialText(b [serialSize]byte) string { return string(appendSerial(nil, b)) }

func appendSerial(to []byte, b [serialSize]byte) []byte {
	// Eight characters are 40 bits.
	for half := range 2 {
		bits := uint64(0)
		for _, c := range b[5*half : 5*half+5] {
			bits = bits<<8 | uint64(c)
		}
		for i := range 8 {
			to = append(to, serialAlphabet[bits>>(35-5*i)&31])
		}
	}
	return to
}
