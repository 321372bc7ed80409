package voucher

import (
	"strings"

	"github.com/jate-cva/jate/vendors"
)

// parseReceipt reads the payload of a receipt, whose signature was checked. Of
// all records receipts are nearly all, so those that are written as every
// handheld writes them are read without reflection, in a tenth of the time.
func parseReceipt(payload []byte) (receiptRecord, error) {
	v, ok := readReceipt(payload)
	if !ok {
		return parseDocument[receiptRecord](payload)
	}
	if err := v.check(); err != nil {
		return receiptRecord{}, err
	}
	return v, nil
}

// readReceipt reads what canonical writes of a receipt. It reads no escape, no
// sign and no number of more than 16 digits; what it does not read,
// parseCanonical judges. What it reads, parseCanonical reads alike.
func readReceipt(payload []byte) (receiptRecord, bool) {
	t := textReader{rest: string(payload), ok: true}
	var v receiptRecord
	v.Handheld = readName[vendors.HandheldID](&t, `{"dev":`)
	v.Seq = t.number(`,"seq":`)
	v.Prev = t.hash(`,"prev":`)
	v.Time = Unix(t.number(`,"t":`))
	v.Beacon = t.hash(`,"bcn":`)
	v.Bundle = t.number(`,"snap":`)
	v.Serial = readName[Serial](&t, `,"jti":`)
	v.Amount = int64(t.number(`,"amt":`))
	v.Lines = []Line{}
	for t.each(`,"lines":[`, len(v.Lines)) {
		v.Lines = append(v.Lines, Line{readName[string](&t, `{"item":`), readName[string](&t, `,"qty":`), int64(t.number(`,"price":`))})
		t.take("}")
	}
	v.Cash = int64(t.number(`,"cash":`))
	v.Shortfall = int64(t.number(`,"short":`))
	sealed, err := decodeSegment(readName[string](&t, `,"ev":`))
	v.Factor, v.Risk = sealed, []Risk{}
	for t.each(`,"risk":[`, len(v.Risk)) {
		v.Risk = append(v.Risk, readName[Risk](&t, ""))
	}
	t.take("}")
	return v, t.ok && err == nil && t.rest == ""
}

// textReader reads a text from left to right; ok turns false, for good, where
// something else stands than what was asked for.
type textReader struct {
	rest string
	ok   bool
}

func (t *textReader) take(s string) {
	rest, ok := strings.CutPrefix(t.rest, s)
	t.rest, t.ok = rest, t.ok && ok
}

// each reports whether an element follows in the array that start begins, of
// which n were read, and takes what stands before it, or the array's end.
func (t *textReader) each(start string, n int) bool {
	if n == 0 {
		t.take(start)
		if strings.HasPrefix(t.rest, "]") {
			t.take("]")
			return false
		}
		return t.ok
	}
	if strings.HasPrefix(t.rest, "]") {
		t.take("]")
		return false
	}
	t.take(",")
	return t.ok
}

// number takes before and a number in decimal notation, which is below 10^16.
func (t *textReader) number(before string) uint64 {
	t.take(before)
	n, i := uint64(0), 0
	for ; i < len(t.rest) && i < 17 && isDigit(rune(t.rest[i])); i++ {
		n = n*10 + uint64(t.rest[i]-'0')
	}
	t.ok = t.ok && i > 0 && i < 17 && (i == 1 || t.rest[0] != '0')
	t.rest = t.rest[i:]
	return n
}

// readName takes before and a text of the characters of names, which JSON never
// escapes, in quotes. It may be empty.
func readName[T ~string](t *textReader, before string) T {
	t.take(before)
	t.take(`"`)
	i := 0
	for i < len(t.rest) && (t.rest[i] == '.' || isBase64URL(rune(t.rest[i]))) {
		i++
	}
	name := t.rest[:i]
	t.rest = t.rest[i:]
	t.take(`"`)
	return T(name)
}

// hash takes before and a hash.
func (t *textReader) hash(before string) Hash {
	h, err := ParseHash(readName[string](t, before))
	t.ok = t.ok && err == nil
	return h
}
