package witness

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
)

const (
	// requestMax bounds the body of add-checkpoint: 63 hashes, and a note with
	// more signatures than anybody has witnesses.
	requestMax = 64 << 10
	proofMax   = 63 // lines; what the protocol allows
)

// ErrRequest refuses a body that is not of the form of add-checkpoint.
var ErrRequest = fault.New(fault.Invalid, "witness_request",
	"The request is not an old size, a consistency proof and a checkpoint.",
	"La demande n'est pas une ancienne taille, une preuve de cohérence et un point de contrôle.")

// request is the body of add-checkpoint.
type request struct {
	old   uint64
	proof tlog.TreeProof
	note  string
}

// format returns the body: "old N", a hash a line, an empty line, the note.
func (r request) format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", r.old)
	for _, h := range r.proof {
		fmt.Fprintf(&b, "%s\n", h)
	}
	fmt.Fprintf(&b, "\n%s", r.note)
	return b.Bytes()
}

// parseRequest reads a body; what it accepts, format writes again.
func parseRequest(body []byte) (request, error) {
	var r request
	if len(body) > requestMax {
		return r, ErrRequest.At("body", "more than %d bytes", requestMax)
	}
	line, rest, _ := bytes.Cut(body, []byte("\n"))
	digits, ok := bytes.CutPrefix(line, []byte("old "))
	var err error
	if r.old, err = strconv.ParseUint(string(digits), 10, 63); !ok || err != nil || strconv.FormatUint(r.old, 10) != string(digits) {
		return r, ErrRequest.At("old", "the first line is not the old size")
	}
	for {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		if !ended {
			return r, ErrRequest.At("body", "there is no empty line before the checkpoint")
		}
		if len(line) == 0 {
			break
		}
		if len(r.proof) == proofMax {
			return r, ErrRequest.At("proof", "more than %d lines", proofMax)
		}
		b, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil || len(b) != tlog.HashSize || len(line) != base64.StdEncoding.EncodedLen(tlog.HashSize) {
			return r, ErrRequest.At("proof", "line %d is not a hash in base64", len(r.proof)+1)
		}
		r.proof = append(r.proof, tlog.Hash(b))
	}
	r.note = string(rest)
	return r, nil
}
