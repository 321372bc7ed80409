package bolt

import (
	"bytes"
	"fmt"
	"time"

	"github.com/jate-cva/jate/money"
)

// The parts that records are made of. A slice or map that is nil comes back
// nil, and an empty one empty. A record's doc comment names its bucket and key.

// instant is a time in Unix seconds, 0 being the zero time.Time. What is finer
// than a second is cut off, as Tx.Now cuts it; times come back in UTC.
type instant int64

func instantOf(t time.Time) instant {
	if t.IsZero() {
		return 0
	}
	return instant(t.Unix())
}

func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(int64(i), 0).UTC()
}

// sum32 is a SHA-256 or another 32 bytes: a byte string, empty for zero.
type sum32 [32]byte

// MarshalCBOR writes 32 bytes, or none.
func (s sum32) MarshalCBOR() ([]byte, error) { return encodeSum(s[:]) }

// UnmarshalCBOR reads what MarshalCBOR writes, and nothing else.
func (s *sum32) UnmarshalCBOR(p []byte) error { return decodeSum(s[:], p) }

// sum16 is a shortened digest: 16 bytes, or none for zero.
type sum16 [16]byte

// MarshalCBOR writes 16 bytes, or none.
func (s sum16) MarshalCBOR() ([]byte, error) { return encodeSum(s[:]) }

// UnmarshalCBOR reads what MarshalCBOR writes, and nothing else.
func (s *sum16) UnmarshalCBOR(p []byte) error { return decodeSum(s[:], p) }

func encodeSum(s []byte) ([]byte, error) {
	if len(bytes.Trim(s, "\x00")) == 0 {
		s = []byte{}
	}
	return recordEnc.Marshal(s)
}

func decodeSum(to, p []byte) error {
	b, err := decodePart[[]byte](p, cborBytes)
	if err == nil && len(b) != 0 && len(b) != len(to) {
		err = fmt.Errorf("a digest of %d bytes where there are %d", len(b), len(to))
	}
	clear(to)
	copy(to, b)
	return err
}

// The major types of CBOR (RFC 8949, section 3.1) that our own parts are of.
const (
	cborBytes = 2
	cborText  = 3
	cborArray = 4
)

// decodePart reads one item of the type, and nothing that could stand for one.
func decodePart[V any](p []byte, major byte) (v V, err error) {
	if len(p) == 0 || p[0]>>5 != major {
		return v, fmt.Errorf("no CBOR of type %d", major)
	}
	err = recordDec.Unmarshal(p, &v)
	return v, err
}

// asset is a currency or a commodity: the text "XOF/0", or none for no asset.
type asset money.Asset

// MarshalCBOR writes the text.
func (a asset) MarshalCBOR() ([]byte, error) { return recordEnc.Marshal(money.Asset(a).String()) }

// UnmarshalCBOR reads what MarshalCBOR writes.
func (a *asset) UnmarshalCBOR(p []byte) error {
	text, err := decodePart[string](p, cborText)
	if err != nil {
		return err
	}
	return (*money.Asset)(a).UnmarshalText([]byte(text))
}

// amount is a number of an asset's smallest units and the asset, as
// [5000, "XOF/0"].
type amount money.Amount

func amountOf(m money.Amount) amount { return amount(m) }

func (a amount) amount() money.Amount { return money.Amount(a) }

type amountParts struct {
	_     struct{} `cbor:",toarray"`
	Minor int64
	Asset asset
}

// MarshalCBOR writes the two parts.
func (a amount) MarshalCBOR() ([]byte, error) {
	m := money.Amount(a)
	return recordEnc.Marshal(amountParts{Minor: m.Minor(), Asset: asset(m.Asset())})
}

// UnmarshalCBOR reads what MarshalCBOR writes.
func (a *amount) UnmarshalCBOR(p []byte) error {
	parts, err := decodePart[amountParts](p, cborArray)
	if err != nil {
		return err
	}
	*a = amount(money.FromMinor(parts.Minor, money.Asset(parts.Asset)))
	return nil
}

// each returns what to makes of each element; nil of nil.
func each[A, B any](as []A, to func(A) B) []B {
	if as == nil {
		return nil
	}
	bs := make([]B, len(as))
	for i, a := range as {
		bs[i] = to(a)
	}
	return bs
}

// texts converts between kinds of text.
func texts[B, A ~string](as []A) []B { return each(as, func(a A) B { return B(a) }) }
