package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// key builds a key whose bytes sort as its parts do: numbers big-endian, texts
// ended by a zero byte so that no text runs into what follows, and bytes of a
// fixed length as they are. The zero key is empty; methods return a longer one
// and leave the receiver alone. The first part that cannot be in a key is
// remembered, and bytes, get, put, delete and scan report it.
type key struct {
	b     []byte
	err   error
	alone bool // nothing else is made from this beginning
}

// grow returns the key with room for more, so that two keys made from one
// beginning never share memory.
func (k key) grow(n int) key {
	if k.alone {
		return k
	}
	return key{b: append(make([]byte, 0, len(k.b)+n), k.b...), err: k.err}
}

// u64 adds 8 bytes.
func (k key) u64(n uint64) key {
	k = k.grow(8)
	k.b = binary.BigEndian.AppendUint64(k.b, n)
	return k
}

// u8 adds one byte.
func (k key) u8(n uint8) key {
	k = k.grow(1)
	k.b = append(k.b, n)
	return k
}

// seconds adds an instant as 8 bytes of Unix seconds. What is before 1970 is
// ErrKey: it would sort last.
func (k key) seconds(t time.Time) key {
	s := t.Unix()
	if s < 0 && k.err == nil {
		k.err = ErrKey
	}
	return k.u64(uint64(s))
}

// str adds a text and the zero byte that ends it. A text that holds a zero
// byte is ErrKey. An empty text is allowed: it sorts first.
func (k key) str(s string) key {
	k = k.open(s)
	k.b = append(k.b, 0)
	return k
}

// open adds the beginning of a text, not ended. It is for the last part of a
// prefix.
func (k key) open(s string) key {
	if strings.IndexByte(s, 0) >= 0 && k.err == nil {
		k.err = ErrKey
	}
	k = k.grow(len(s) + 1)
	k.b = append(k.b, s...)
	return k
}

// fixed adds bytes whose number is the same in every key of the bucket: a hash.
func (k key) fixed(p []byte) key {
	k = k.grow(len(p))
	k.b = append(k.b, p...)
	return k
}

// bytes returns the key's bytes, or ErrKey.
func (k key) bytes() ([]byte, error) { return k.b, k.err }

// errKeyBytes says that a stored key does not have the parts it should.
var errKeyBytes = errors.New("the key has other parts")

// keyReader takes a stored key apart in the order in which it was built. After
// a part that is not there every part reads as zero, and done says so.
type keyReader struct {
	b      []byte
	broken bool
}

func (r *keyReader) take(n int) []byte {
	if r.broken || n > len(r.b) {
		r.broken = true
		return make([]byte, n)
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *keyReader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *keyReader) u8() uint8 { return r.take(1)[0] }

func (r *keyReader) seconds() time.Time { return time.Unix(int64(r.u64()), 0).UTC() }

func (r *keyReader) str() string {
	i := bytes.IndexByte(r.b, 0)
	if i < 0 {
		r.broken = true
		return ""
	}
	return string(r.take(i + 1)[:i])
}

func (r *keyReader) fixed(n int) []byte { return bytes.Clone(r.take(n)) }

// done returns an error if a part was missing or bytes are left over.
func (r *keyReader) done() error {
	if r.broken || len(r.b) > 0 {
		return errKeyBytes
	}
	return nil
}

// span is the keys from from to before to; a nil to is the end of the bucket.
type span struct {
	from, to []byte
	err      error
}

// under returns the span of keys that begin with k; all keys where k is empty.
func under(k key) span {
	s := span{from: k.b, err: k.err}
	for i := len(k.b) - 1; i >= 0; i-- {
		if k.b[i] < 0xff {
			s.to = append(bytes.Clone(k.b[:i]), k.b[i]+1)
			break
		}
	}
	return s
}

// since returns the part of s at and after k.
func (s span) since(k key) span {
	if bytes.Compare(k.b, s.from) > 0 {
		s.from = k.b
	}
	return s.failing(k.err)
}

// after returns the part of s after k and every key that begins with k.
func (s span) after(k key) span {
	switch past := under(k).to; {
	case past == nil: // nothing sorts after k
		s.from, s.to = k.b, k.b
	case bytes.Compare(past, s.from) > 0:
		s.from = past
	}
	return s.failing(k.err)
}

// before returns the part of s before k.
func (s span) before(k key) span {
	if s.to == nil || bytes.Compare(k.b, s.to) < 0 {
		s.to = append([]byte{}, k.b...) // not nil, which would be the end
	}
	return s.failing(k.err)
}

func (s span) failing(err error) span {
	if s.err == nil {
		s.err = err
	}
	return s
}
