package ledger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
)

// ErrProof refuses what is not a proof, or does not prove what it should.
var ErrProof = fault.New(fault.Invalid, "proof_invalid",
	"The proof does not show this.",
	"La preuve ne le montre pas.")

// Proof shows off line that a leaf is in the log (C2SP tlog-proof), to whoever
// has the log's key and those of the witnesses he demands.
type Proof struct {
	Index      uint64           // of the entry
	Hashes     tlog.RecordProof // RFC 6962, 2.1.1
	Checkpoint string           // the signed note
}

const (
	proofHeader = "c2sp.org/tlog-proof@v1\n"
	// proofBytesMax bounds a file: 63 hashes, a note, and extra data that we
	// neither write nor read.
	proofBytesMax = 1 << 20
)

// Format returns the file.
func (p Proof) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%sindex %d\n", proofHeader, p.Index)
	for _, h := range p.Hashes {
		fmt.Fprintf(&b, "%s\n", h)
	}
	fmt.Fprintf(&b, "\n%s", p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads a file of at most 1 MiB. It returns ErrProof and verifies
// nothing.
func ParseProof(file []byte) (Proof, error) {
	var p Proof
	rest, ok := bytes.CutPrefix(file, []byte(proofHeader))
	if !ok || len(file) > proofBytesMax {
		return p, ErrProof.At("header", "not a c2sp.org/tlog-proof@v1 of at most %d bytes", proofBytesMax)
	}
	line, rest, _ := bytes.Cut(rest, []byte("\n"))
	if extra, is := bytes.CutPrefix(line, []byte("extra ")); is {
		if _, err := base64.StdEncoding.Strict().DecodeString(string(extra)); err != nil {
			return p, ErrProof.At("extra", "not base64")
		}
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	digits, ok := bytes.CutPrefix(line, []byte("index "))
	var err error
	p.Index, err = strconv.ParseUint(string(digits), 10, 63)
	if !ok || err != nil || strconv.FormatUint(p.Index, 10) != string(digits) {
		return p, ErrProof.At("index", "not a sequence number")
	}
	for {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		if !ended {
			return p, ErrProof.At("checkpoint", "there is none")
		}
		if len(line) == 0 {
			break
		}
		h, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil || len(h) != tlog.HashSize || len(p.Hashes) == 63 {
			return p, ErrProof.At("hashes", "not at most 63 hashes in base64")
		}
		p.Hashes = append(p.Hashes, tlog.Hash(h))
	}
	p.Checkpoint = string(rest)
	return p, nil
}

// Verify returns the checkpoint of the proof, once the log with the origin has
// signed it, each of the witnesses has cosigned it, and the leaf is the entry
// Index of it. It returns ErrProof where the leaf is not, and other errors
// where the checkpoint is not believed.
func (p Proof) Verify(leaf []byte, origin string, log note.Verifier, witnesses ...note.Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, origin, log, witnesses...)
	if err != nil {
		return Checkpoint{}, err
	}
	if p.Index >= c.Size {
		return Checkpoint{}, ErrProof.At("index", "the log had %d entries", c.Size)
	}
	if err := tlog.CheckRecord(p.Hashes, int64(c.Size), c.Root, int64(p.Index), tlog.RecordHash(leaf)); err != nil {
		return Checkpoint{}, ErrProof.At("leaf", "entry %d of the log is another one", p.Index)
	}
	return c, nil
}

// CheckConsistency reports whether the log of the later checkpoint begins with
// that of the earlier one. It returns ErrProof if it does not.
func CheckConsistency(earlier, later Checkpoint, proof tlog.TreeProof) error {
	if earlier.Size == 0 && later.Size > 0 && len(proof) == 0 {
		return nil
	}
	if err := tlog.CheckTree(proof, int64(later.Size), later.Root, int64(earlier.Size), earlier.Root); err != nil {
		return ErrProof.At("hashes", "the log of %d entries does not begin with that of %d", later.Size, earlier.Size)
	}
	return nil
}
