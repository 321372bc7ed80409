package bolt

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Records are CBOR in its core deterministic encoding (RFC 8949, section
// 4.2.1), so that equal records are equal bytes. Decoding refuses what encoding
// would not have written: tags, indefinite lengths, unknown fields, fields
// given twice, and anything after the record. What is read and written with
// every sale packs itself instead; see packer.
//
// A record that is written often is a struct whose first field is
//
//	_ struct{} `cbor:",toarray"`
//
// and whose fields then never change their order. A time is an int64 of Unix
// seconds, an amount an int64 of minor units.
var (
	recordEnc = must(encOptions().EncMode())
	recordDec = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		NaN:               cbor.NaNDecodeForbidden,
		Inf:               cbor.InfDecodeForbidden,
		MaxNestedLevels:   16,
		MaxArrayElements:  1 << 20,
		MaxMapPairs:       1 << 16,
	}.DecMode())
)

func encOptions() cbor.EncOptions {
	o := cbor.CoreDetEncOptions()
	o.TagsMd = cbor.TagsForbidden
	o.NaNConvert, o.InfConvert = cbor.NaNConvertReject, cbor.InfConvertReject
	return o
}

// must panics where the options above contradict each other, which only a
// change of this file can bring about.
func must[M any](m M, err error) M {
	if err != nil {
		panic(err)
	}
	return m
}

// encode returns the version byte and the record.
func encode[V any](version byte, v V) ([]byte, error) {
	var p packer
	err := encodeTo(&p, version, v)
	return p.b, err
}

// encodeTo is encode into a packer's memory, in place of what it holds.
func encodeTo[V any](p *packer, version byte, v V) error {
	p.b = append(p.b[:0], version)
	if r, ok := any(&v).(packed); ok {
		r.pack(p)
		return nil
	}
	b, err := recordEnc.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	p.b = append(p.b, b...)
	return nil
}

// decode reads what encode wrote: ErrRecord where the version is another or
// the bytes are not such a record. What it returns shares nothing with p.
func decode[V any](version byte, p []byte) (V, error) { return decodeFrom[V](&unpacker{}, version, p) }

// decodeFrom is decode with an unpacker that can be used again.
func decodeFrom[V any](u *unpacker, version byte, p []byte) (V, error) {
	var v V
	err := decodeInto(u, version, p, &v)
	return v, err
}

// decodeInto is decodeFrom into memory that can be used again, in place of what
// it holds.
func decodeInto[V any](u *unpacker, version byte, p []byte, to *V) error {
	var none V
	*to = none
	if len(p) == 0 {
		return fmt.Errorf("%T: no bytes: %w", none, ErrRecord)
	}
	if p[0] != version && !readsOlder(to, version, p[0]) {
		return fmt.Errorf("%T: version %d where %d is known: %w", none, p[0], version, ErrRecord)
	}
	if r, ok := any(to).(unpacked); ok {
		u.b, u.broken = p[1:], false
		r.unpack(u)
		if err := u.done(); err != nil {
			*to = none
			return fmt.Errorf("%T: %w: %w", none, ErrRecord, err)
		}
		return nil
	}
	if err := recordDec.Unmarshal(p[1:], to); err != nil {
		return fmt.Errorf("%T: %w: %w", none, ErrRecord, err)
	}
	return nil
}

// aged is a record that can be read as earlier versions wrote it: since oldest
// it has only got fields, which an earlier one lacks, in the part of it that is
// a CBOR map.
type aged interface{ oldest() byte }

func readsOlder(to any, version, found byte) bool {
	r, ok := to.(aged)
	return ok && found < version && found >= r.oldest()
}
