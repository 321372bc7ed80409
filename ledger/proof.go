package ledger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

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
	hashesMax     = 63 // of a proof in a log of at most 2^63 entries
)

// Format returns the file.
func (p Proof) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%sindex %d\n", proofHeader, p.Index)
	writeHashes(&b, p.Hashes)
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
	var err error
	if p.Index, err = sizeAfter(line, "index "); err != nil {
		return p, err
	}
	p.Hashes, p.Checkpoint, err = readHashes(rest)
	return p, err
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

// Growth shows off line that a log only grew since an earlier checkpoint. Its
// file is the body of add-checkpoint (C2SP tlog-witness): "old N", a hash a
// line, an empty line, the later checkpoint.
type Growth struct {
	Old        uint64         // size of the earlier log
	Hashes     tlog.TreeProof // RFC 6962, 2.1.2
	Checkpoint string         // the later signed note
}

// growthMax bounds a file: 63 hashes, and a note with more signatures than
// anybody has witnesses.
const growthMax = 64 << 10

// Format returns the file.
func (g Growth) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", g.Old)
	writeHashes(&b, g.Hashes)
	fmt.Fprintf(&b, "\n%s", g.Checkpoint)
	return b.Bytes()
}

// ParseGrowth reads a file of at most 64 KiB; what it accepts, Format writes
// again. It returns ErrProof and verifies nothing.
func ParseGrowth(file []byte) (Growth, error) {
	var g Growth
	if len(file) > growthMax {
		return g, ErrProof.At("file", "more than %d bytes", growthMax)
	}
	line, rest, _ := bytes.Cut(file, []byte("\n"))
	var err error
	if g.Old, err = sizeAfter(line, "old "); err != nil {
		return g, err
	}
	g.Hashes, g.Checkpoint, err = readHashes(rest)
	return g, err
}

// Verify returns the later checkpoint, once the log with the origin has signed
// it, each of the witnesses has cosigned it, and it extends the earlier one.
func (g Growth) Verify(earlier Checkpoint, origin string, log note.Verifier, witnesses ...note.Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(g.Checkpoint, origin, log, witnesses...)
	if err != nil {
		return Checkpoint{}, err
	}
	if earlier.Size != g.Old {
		return Checkpoint{}, ErrProof.At("old", "from %d entries, not from %d", g.Old, earlier.Size)
	}
	return c, CheckConsistency(earlier, c, g.Hashes)
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

func writeHashes(b *bytes.Buffer, hashes []tlog.Hash) {
	for _, h := range hashes {
		fmt.Fprintf(b, "%s\n", h)
	}
}

// readHashes reads a hash a line, up to an empty line, and what follows.
func readHashes(rest []byte) (hashes []tlog.Hash, after string, err error) {
	for {
		line, next, ended := bytes.Cut(rest, []byte("\n"))
		rest = next
		if !ended {
			return nil, "", ErrProof.At("checkpoint", "there is none after an empty line")
		}
		if len(line) == 0 {
			return hashes, string(rest), nil
		}
		h, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil || len(h) != tlog.HashSize || len(line) != base64.StdEncoding.EncodedLen(tlog.HashSize) || len(hashes) == hashesMax {
			return nil, "", ErrProof.At("hashes", "not at most %d hashes in base64", hashesMax)
		}
		hashes = append(hashes, tlog.Hash(h))
	}
}

// sizeAfter reads a whole number, without leading zeros, after a word.
func sizeAfter(line []byte, word string) (uint64, error) {
	digits, ok := bytes.CutPrefix(line, []byte(word))
	n, err := strconv.ParseUint(string(digits), 10, 63)
	if !ok || err != nil || strconv.FormatUint(n, 10) != string(digits) {
		return 0, ErrProof.At(strings.TrimSpace(word), "want %q and a whole number", strings.TrimSpace(word))
	}
	return n, nil
}
