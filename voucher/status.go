package voucher

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/jate-cva/jate/fault"
)

// ListStatus is what the zone bundle says about a voucher: two bits.
type ListStatus uint8

// The statuses, with the values of the IETF Token Status List draft;
// redeemed is its application-specific one.
const (
	ListValid     ListStatus = 0
	ListVoid      ListStatus = 1
	ListSuspended ListStatus = 2 // a spare, or under inquiry
	ListRedeemed  ListStatus = 3
)

// ErrStatusList refuses bytes that are not a status list of the length given,
// or an index outside it.
var ErrStatusList = fault.New(fault.Invalid, "status_list",
	"The list of voucher statuses is damaged or belongs to another lot.",
	"La liste des statuts de coupons est abîmée ou appartient à un autre lot.")

// StatusList holds the status of every voucher of a lot by its index. The
// layout is that of the Token Status List draft: index i is bits 2(i mod 4)
// and up of byte i/4.
type StatusList struct {
	n    int
	bits []byte
}

// NewStatusList returns a list of n valid vouchers, n from 1 to 2,097,152. It
// returns ErrStatusList for another n.
func NewStatusList(n int) (*StatusList, error) {
	if n < 1 || n > lotMax {
		return nil, ErrStatusList.At("n", "%d vouchers", n)
	}
	return &StatusList{n: n, bits: make([]byte, (n+3)/4)}, nil
}

// Len returns the number of vouchers.
func (l *StatusList) Len() int { return l.n }

// Set records the status of a voucher. It returns ErrStatusList for an index
// outside the list or a status that two bits do not hold.
func (l *StatusList) Set(index uint32, s ListStatus) error {
	if int64(index) >= int64(l.n) || s > ListRedeemed {
		return ErrStatusList.At("index", "%d of %d", index, l.n)
	}
	at, shift := index/4, index%4*2
	l.bits[at] = l.bits[at]&^(3<<shift) | byte(s)<<shift
	return nil
}

// At returns the status of a voucher. An index outside the list is void: what
// nobody vouches for is refused.
func (l *StatusList) At(index uint32) ListStatus {
	if int64(index) >= int64(l.n) {
		return ListVoid
	}
	return ListStatus(l.bits[index/4] >> (index % 4 * 2) & 3)
}

// Encode returns the bits compressed with zlib (RFC 1950).
func (l *StatusList) Encode() ([]byte, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("encode a status list: %w", err)
	}
	if err := errors.Join(writeAll(w, l.bits), w.Close()); err != nil {
		return nil, fmt.Errorf("encode a status list: %w", err)
	}
	return b.Bytes(), nil
}

func writeAll(w io.Writer, b []byte) error {
	_, err := w.Write(b)
	return err
}

// DecodeStatusList reads the list of a lot of n vouchers. It unpacks no more
// than the lot needs, and returns ErrStatusList where the bytes hold more,
// less or something else.
func DecodeStatusList(b []byte, n int) (*StatusList, error) {
	l, err := NewStatusList(n)
	if err != nil {
		return nil, err
	}
	rest := bytes.NewReader(b)
	z, err := zlib.NewReader(rest)
	if err != nil {
		return nil, ErrStatusList.At("list", "not zlib")
	}
	if _, err := io.ReadFull(z, l.bits); err != nil {
		return nil, ErrStatusList.At("list", "too short")
	}
	// The end must follow at once: it is there that zlib compares checksums.
	var more [1]byte
	if k, err := z.Read(more[:]); k != 0 || err != io.EOF || rest.Len() != 0 {
		return nil, ErrStatusList.At("list", "does not end where it should")
	}
	if used := uint(n % 4 * 2); used != 0 && l.bits[len(l.bits)-1]>>used != 0 {
		return nil, ErrStatusList.At("list", "says something about vouchers that do not exist")
	}
	return l, nil
}
