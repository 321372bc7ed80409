package ledger

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/durable"
)

// Checkpoint is the log's size and root, signed (C2SP tlog-checkpoint).
type Checkpoint struct {
	Size uint64
	Root tlog.Hash
	Note string // the signed note, as it leaves the machine
}

// ErrFork says that the log contradicts what was signed before.
var ErrFork = fault.New(fault.Internal, "log_fork",
	"The journal contradicts a checkpoint that was signed before.",
	"Le journal contredit un point de contrôle déjà signé.")

// Root returns the log's root at the size, which must not exceed the number
// of entries.
func Root(tx Tx, size uint64) (tlog.Hash, error) {
	if size == 0 {
		return tlog.TreeHash(0, tx)
	}
	return tlog.TreeHash(int64(size), tx)
}

// Notary signs checkpoints. It never signs two that contradict each other: it
// keeps what it last signed in a file of its own, outside the store, written
// before the signature leaves, and refuses to go back.
type Notary struct {
	mu     sync.Mutex
	origin string
	sign   []note.Signer
	guard  string
}

// NewNotary returns a notary for the log with the origin. Each of the keys
// signs, so that others can change from one to the next in their own time. The
// guard file is made on the first signature.
func NewNotary(origin, guard string, keys ...note.Signer) *Notary {
	return &Notary{origin: origin, sign: keys, guard: guard}
}

type guardJSON struct {
	Size uint64
	Root string
}

// Check returns ErrFork if the journal as tx sees it is shorter than, or differs
// from, what was signed before; Sign would refuse it.
func (n *Notary) Check(tx Tx) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	size, err := tx.Size()
	if err != nil {
		return err
	}
	return n.extends(tx, size)
}

// LastSigned returns size and root of what was last signed, by the notary's
// guard file; the zero Checkpoint where there is no such file.
func LastSigned(guard string) (Checkpoint, error) {
	g, root, err := readGuard(guard)
	return Checkpoint{Size: g.Size, Root: root}, err
}

// Sign returns the checkpoint of the journal as tx sees it. It returns ErrFork
// if the journal is shorter than, or differs from, what was signed before.
func (n *Notary) Sign(tx Tx) (Checkpoint, error) {
	size, err := tx.Size()
	if err != nil {
		return Checkpoint{}, err
	}
	return n.SignAt(tx, size)
}

// SignAt is Sign for the first size entries, where those that follow are not
// to be vouched for yet.
func (n *Notary) SignAt(tx Tx, size uint64) (Checkpoint, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	root, err := Root(tx, size)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := n.extends(tx, size); err != nil {
		return Checkpoint{}, err
	}
	if err := n.remember(size, root); err != nil {
		return Checkpoint{}, fmt.Errorf("remember the checkpoint: %w", err)
	}
	text := FormatCheckpoint(n.origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, n.sign...)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign the checkpoint: %w", err)
	}
	return Checkpoint{Size: size, Root: root, Note: string(signed)}, nil
}

func (n *Notary) extends(tx Tx, size uint64) error {
	b, err := os.ReadFile(n.guard)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var last guardJSON
	if err := json.Unmarshal(b, &last); err != nil {
		return fmt.Errorf("%s: %w", n.guard, err)
	}
	if last.Size > size {
		return ErrFork.At("size", "%d entries, but %d were signed", size, last.Size)
	}
	root, err := Root(tx, last.Size)
	if err != nil {
		return err
	}
	if root.String() != last.Root {
		return ErrFork.At("root", "at %d entries it is not the one signed", last.Size)
	}
	return nil
}

func (n *Notary) remember(size uint64, root tlog.Hash) error {
	b, err := json.Marshal(guardJSON{size, root.String()})
	if err != nil {
		return err
	}
	// An older guard that came back after a power cut would let an older
	// journal be signed.
	return durable.Replace(n.guard, b)
}

// FormatCheckpoint returns the text that a checkpoint's signature covers.
func FormatCheckpoint(origin string, size uint64, root tlog.Hash) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

// ParseCheckpoint reads the text that a checkpoint's signature covers (C2SP
// tlog-checkpoint). It verifies nothing.
func ParseCheckpoint(text string) (origin string, size uint64, root tlog.Hash, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" || lines[len(lines)-1] != "" {
		return "", 0, root, fmt.Errorf("checkpoint: not three lines or more")
	}
	size, err = strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return "", 0, root, fmt.Errorf("checkpoint: size %q", lines[1])
	}
	if root, err = tlog.ParseHash(lines[2]); err != nil {
		return "", 0, root, fmt.Errorf("checkpoint: %w", err)
	}
	return lines[0], size, root, nil
}

// OpenCheckpoint verifies a signed checkpoint of the log with the origin: the
// log must have signed it, and each of the witnesses have cosigned it.
func OpenCheckpoint(text, origin string, log note.Verifier, witnesses ...note.Verifier) (Checkpoint, error) {
	needed := append([]note.Verifier{log}, witnesses...)
	n, err := note.Open([]byte(text), note.VerifierList(needed...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	for _, v := range needed {
		if !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == v.Name() && s.Hash == v.KeyHash() }) {
			return Checkpoint{}, fmt.Errorf("checkpoint: no signature of %s", v.Name())
		}
	}
	of, size, root, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if of != origin {
		return Checkpoint{}, fmt.Errorf("checkpoint of another log, %q", of)
	}
	return Checkpoint{Size: size, Root: root, Note: text}, nil
}
