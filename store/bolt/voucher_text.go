package bolt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
)

// A signed text in its compact form (RFC 7515) is stored without its base64,
// its two JSON parts as codes: what every such text repeats is one byte, and
// hashes, serials and numbers are bytes, not text. It comes back byte for
// byte, whatever it was; what cannot be a JWS is stored as it is.
//
// The form is a byte, 0 for a text as it is, and the text; or 1, the length of
// the header's codes, these, the length of the payload's codes, these, and the
// signature's bytes. A byte of the codes below 0x80 stands for itself, others
// as follows.
const (
	codePhrase = 0x80 // + i: phrases[i]
	codeName   = 0xf0 // + i: the i-th name that the record says elsewhere
	codeBase64 = 0xfa // length, bytes: their base64url
	codeSerial = 0xfb // 10 bytes: their 16 characters
	codeNumber = 0xfc // varint: its decimal digits
	codeByte   = 0xff // a byte of 0x80 or more
)

// phrases are what payloads and headers of package voucher repeat, in the order
// in which they follow each other. Stores hold their places: phrases are added
// at the end and none is ever changed.
var phrases = []string{
	// Token.
	`{"alg":"EdDSA","kid":"`, `","typ":"ev+jwt"}`,
	`{"iss":"`, `","aud":"rd","jti":"`, `","nbf":`, `,"exp":`, `,"v":`, `,"b":"`, `","x":`, `,"h":"`, `","p":`, `,"p":`,
	// Record.
	`","typ":"evr+jwt"}`, `","typ":"evc+jwt"}`, `","typ":"eva+jwt"}`,
	`{"dev":"`, `","seq":`, `,"prev":"`, `","t":`, `,"bcn":"`, `","snap":`,
	// Receipt.
	`,"jti":"`, `","amt":`, `,"lines":[{"item":"`, `","qty":"`, `","price":`, `}],"cash":0,"short":0,"ev":"`, `","risk":[]}`,
	`},{"item":"`, `}],"cash":`, `,"short":`, `,"ev":"`, `","risk":[`, `"degraded"`, `"no-hint"`, `"not-home"`, `"pace"`, `]}`,
	`,"lines":[`, `],"cash":`, `,"short":0,"ev":"`,
	// Cancellation and activation.
	`,"of":"`, `","reason":"`, `,"jtis":["`, `","`, `"],"by":"`, `"}`,
}

// phrasesBy are places in phrases by first byte, longer ones before shorter.
var phrasesBy = func() (by [256][]int) {
	for i, s := range phrases {
		by[s[0]] = append(by[s[0]], i)
	}
	for _, places := range by {
		slices.SortFunc(places, func(a, b int) int { return len(phrases[b]) - len(phrases[a]) })
	}
	return by
}()

const (
	base64Min = 22      // fewer characters are hardly a hash
	numberMin = 4       // fewer digits take as many bytes
	numberMax = 19      // more may not fit in 64 bits
	textMax   = 1 << 20 // of any signed text
)

// signedText adds a text, which must be the record's last part. Names are what
// the record says elsewhere and the text probably too: at most 8.
func (p *packer) signedText(s string, names ...string) {
	at := len(p.b)
	p.u8(1)
	if !p.parts(s, names) {
		p.b = append(append(p.b[:at], 0), s...)
	}
}

// parts adds the three parts, or reports that s has others.
func (p *packer) parts(s string, names []string) bool {
	var text, plain, codes [1024]byte
	rest := append(text[:0], s...)
	for i := range 3 {
		n := bytes.IndexByte(rest, '.')
		if (n < 0) != (i == 2) || len(s) > textMax {
			return false
		}
		segment := rest
		if i < 2 {
			segment, rest = rest[:n], rest[n+1:]
		}
		part, ok := appendDecoded(plain[:0], segment)
		switch {
		case !ok:
			return false
		case i == 2:
			p.fixed(part)
			return true
		}
		c := appendCodes(codes[:0], part, names)
		p.u64(uint64(len(c)))
		p.fixed(c)
	}
	return false
}

// appendDecoded appends the bytes of a segment, if it is what they are encoded
// as: the decoder skips line ends and forgives needless bits.
func appendDecoded(to, segment []byte) ([]byte, bool) {
	to, err := strictURL.AppendDecode(to, segment)
	return to, err == nil && len(to) == base64.RawURLEncoding.DecodedLen(len(segment))
}

var strictURL = base64.RawURLEncoding.Strict()

// appendCodes appends the codes of a part.
func appendCodes(to, part []byte, names []string) []byte {
	next := 0 // the phrase that probably comes next
	for len(part) > 0 {
		i, ok := phraseAt(part, next)
		if !ok {
			if part[0] >= 0x80 {
				to = append(to, codeByte)
			}
			to = append(to, part[0])
			part = part[1:]
			continue
		}
		to = append(to, codePhrase+byte(i))
		part = part[len(phrases[i]):]
		n := 0
		to, n = appendValue(to, part, names)
		part, next = part[n:], (i+1)%len(phrases)
	}
	return to
}

func phraseAt(part []byte, next int) (int, bool) {
	if startsWith(part, phrases[next]) {
		return next, true
	}
	for _, i := range phrasesBy[part[0]] {
		if startsWith(part, phrases[i]) {
			return i, true
		}
	}
	return 0, false
}

func startsWith(part []byte, s string) bool { return len(part) >= len(s) && string(part[:len(s)]) == s }

// appendValue appends the code of the value that stands at the beginning of
// part, and returns how many of its bytes that says: 0 where there is none.
func appendValue(to, part []byte, names []string) ([]byte, int) {
	n := 0
	for n < len(part) && isBase64URL(part[n]) {
		n++
	}
	value := part[:n]
	for i, name := range names {
		if name != "" && string(value) == name {
			return append(to, codeName+byte(i)), n
		}
	}
	if n == serialChars {
		if b, ok := serialBytes(value); ok {
			return append(append(to, codeSerial), b[:]...), n
		}
	}
	if number, ok := numberOf(value); ok {
		return binary.AppendUvarint(append(to, codeNumber), number), n
	}
	if n >= base64Min && base64.RawURLEncoding.DecodedLen(n) <= math.MaxUint8 {
		long, err := strictURL.AppendDecode(append(to, codeBase64, 0), value)
		if err == nil {
			long[len(to)+1] = byte(len(long) - len(to) - 2)
			return long, n
		}
	}
	return to, 0
}

// numberOf returns the number that the digits are, or false for what would not
// come back as it is or is too short. A text of digits and others is met far
// more often than a number, and an error of strconv is made in memory.
func numberOf(value []byte) (number uint64, ok bool) {
	if len(value) < numberMin || len(value) > numberMax || value[0] == '0' {
		return 0, false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		number = number*10 + uint64(c-'0')
	}
	return number, true
}

func isBase64URL(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// signedText returns the text that the rest of the record is.
func (u *unpacker) signedText(names ...string) string {
	switch u.u8() {
	case 0:
		return string(u.rest())
	case 1:
		var buf, room [1024]byte
		text := room[:0]
		for range 2 {
			part, ok := appendPlain(buf[:0], u.take(u.u64()), names)
			if !ok {
				u.fail()
				return ""
			}
			text = append(strictURL.AppendEncode(text, part), '.')
		}
		return string(strictURL.AppendEncode(text, u.rest()))
	}
	u.fail()
	return ""
}

// appendPlain appends what the codes stand for, or reports that they are none.
func appendPlain(to, codes []byte, names []string) ([]byte, bool) {
	u := unpacker{b: codes}
	for len(u.b) > 0 && len(to) <= textMax {
		switch c := u.u8(); {
		case c < codePhrase:
			to = append(to, c)
		case int(c-codePhrase) < len(phrases):
			to = append(to, phrases[c-codePhrase]...)
		case c >= codeName && int(c-codeName) < len(names):
			to = append(to, names[c-codeName]...)
		case c == codeBase64:
			to = strictURL.AppendEncode(to, u.take(uint64(u.u8())))
		case c == codeSerial:
			to = crockford.AppendEncode(to, u.take(serialSize))
		case c == codeNumber:
			to = strconv.AppendUint(to, u.u64(), 10)
		case c == codeByte:
			if c = u.u8(); c < 0x80 {
				return nil, false
			}
			to = append(to, c)
		default:
			return nil, false
		}
	}
	return to, !u.broken && len(to) <= textMax
}

// jws is a record that is a signed text.
type jws string

func (j jws) pack(p *packer) { p.signedText(string(j)) }

func (j *jws) unpack(u *unpacker) { *j = jws(u.signedText()) }
