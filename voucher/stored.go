package voucher

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Lines returns the goods that a stored receipt says were handed over, none for
// a typed stub and for other records. The record was verified when it arrived;
// its signature is not looked at again.
func (r StoredReceipt) Lines() ([]Line, error) {
	if r.Kind != RecordReceipt || r.JWS == "" {
		return nil, nil
	}
	payload, err := r.payload()
	if err != nil {
		return nil, err
	}
	// Of a million records the lines alone are decoded: the payload has one form,
	// and neither an item's code nor a quantity can hold a bracket.
	const name = `"lines":`
	from := bytes.Index(payload, []byte(name))
	if from < 0 {
		return nil, ErrSignedForm
	}
	payload = payload[from+len(name):]
	var lines []Line
	if err := json.Unmarshal(payload[:bytes.IndexByte(payload, ']')+1], &lines); err != nil {
		return nil, ErrSignedForm
	}
	return lines, nil
}

// Activation returns what a stored activation says, and ErrSignedForm of a
// record that is none.
func (r StoredReceipt) Activation() (Activation, error) {
	var a Activation
	if r.Kind != RecordActivation {
		return a, ErrSignedForm
	}
	payload, err := r.payload()
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(payload, &a); err != nil {
		return a, ErrSignedForm
	}
	return a, nil
}

// payload decodes the middle part of the stored record.
func (r StoredReceipt) payload() ([]byte, error) {
	_, rest, _ := strings.Cut(r.JWS, ".")
	middle, _, ok := strings.Cut(rest, ".")
	if !ok || len(r.JWS) > recordMax {
		return nil, ErrSignedSegments
	}
	return decodeSegment(middle)
}
