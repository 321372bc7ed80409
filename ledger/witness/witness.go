package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger"
)

// Errors of AddCheckpoint, besides *SizeError.
var (
	ErrRequest = fault.New(fault.Invalid, "witness_request",
		"The request is not an old size, a consistency proof and a checkpoint.",
		"La demande n'est pas une ancienne taille, une preuve de cohérence et un point de contrôle.")
	ErrUnknownLog = fault.New(fault.NotFound, "witness_log",
		"The witness does not know this log.",
		"Le témoin ne connaît pas ce journal.")
	ErrSignature = fault.New(fault.Denied, "witness_signature",
		"The checkpoint is not signed by the log's key.",
		"Le point de contrôle n'est pas signé par la clé du journal.")
	ErrProof = fault.New(fault.Conflict, "witness_proof",
		"The proof does not show that the log only grew.",
		"La preuve ne montre pas que le journal n'a fait que croître.")
	ErrState = fault.New(fault.Unavailable, "witness_state",
		"The witness could not write its state. It must be started again.",
		"Le témoin n'a pas pu écrire son état. Il faut le redémarrer.")
	ErrInUse = fault.New(fault.Unavailable, "witness_in_use",
		"Another process has this witness's folder open.",
		"Un autre processus a ouvert le dossier de ce témoin.")
)

// SizeError refuses a request that does not build on the last checkpoint that
// was cosigned, which has Size entries, or contradicts it.
type SizeError struct{ Size uint64 }

// Error names the size to build on.
func (e *SizeError) Error() string {
	return fmt.Sprintf("the last checkpoint cosigned has %d entries", e.Size)
}

// requestMax bounds the body of add-checkpoint, above what ledger.ParseGrowth
// takes.
const requestMax = 64<<10 + 1

// evidenceMax bounds the contradictions kept. Each is signed by the log, so
// that nobody else can fill them.
const evidenceMax = 100

// Witness cosigns checkpoints of the logs it knows. It is safe for concurrent
// use.
type Witness struct {
	dir    string
	lock   *os.File
	signer *Signer
	logs   map[string][]note.Verifier // by origin

	mu     sync.Mutex // held from reading the last size to writing the next
	state  map[string]last
	failed bool
}

// last is the last checkpoint cosigned of a log.
type last struct {
	size uint64
	root tlog.Hash
	note string // as it was signed and cosigned
}

type stateJSON struct {
	Logs map[string]string `json:"logs"` // notes by origin
}

func statePath(dir string) string { return filepath.Join(dir, "state.json") }

// Init makes the empty state of a new witness in the folder. It refuses a
// folder that has a state: to forget it would be to cosign another history.
func Init(dir string) error {
	if _, err := os.Stat(statePath(dir)); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s has a witness already; nothing was changed", dir), err)
	}
	return durable.Replace(statePath(dir), []byte("{\"logs\":{}}\n"))
}

// Open opens the witness in the folder for logs with the keys; a key's name is
// its log's origin, and several keys may have one origin. It returns ErrInUse
// while another process has the folder, and refuses a state that is missing,
// or that the witness did not cosign.
func Open(dir string, signer *Signer, keys []note.Verifier) (*Witness, error) {
	w := &Witness{dir: dir, signer: signer, logs: map[string][]note.Verifier{}, state: map[string]last{}}
	for _, k := range keys {
		w.logs[k.Name()] = append(w.logs[k.Name()], k)
	}
	if len(w.logs) == 0 {
		return nil, errors.New("a witness needs the key of a log at least")
	}
	var err error
	if w.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := durable.Lock(w.lock); err != nil {
		return nil, errors.Join(ErrInUse, w.lock.Close())
	}
	if err := w.read(); err != nil {
		return nil, errors.Join(err, w.lock.Close())
	}
	return w, nil
}

// Close lets other processes open the folder.
func (w *Witness) Close() error { return w.lock.Close() }

func (w *Witness) read() error {
	b, err := os.ReadFile(statePath(w.dir))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: a witness that has lost its state must not go on under its key: %w", w.dir, err)
	}
	if err != nil {
		return err
	}
	var s stateJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("%s: %w", statePath(w.dir), err)
	}
	for origin, text := range s.Logs {
		// The log's own key may have been replaced since, the witness's never.
		c, err := ledger.OpenCheckpoint(text, origin, w.signer.verifier())
		if err != nil {
			return fmt.Errorf("%s: the state of %q: %w", statePath(w.dir), origin, err)
		}
		w.state[origin] = last{size: c.Size, root: c.Root, note: text}
	}
	return nil
}

// AddCheckpoint judges the body of an add-checkpoint request and returns the
// cosignature, a line of a signed note. What it cosigned is on the disk when it
// returns.
//
// It returns ErrRequest, ErrUnknownLog, ErrSignature, ErrProof, ErrState, or a
// *SizeError. A contradiction that the log has signed is kept as evidence.
func (w *Witness) AddCheckpoint(body []byte) (string, error) {
	r, err := ledger.ParseGrowth(body)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrRequest, err)
	}
	text, _, found := strings.Cut(r.Checkpoint, "\n\n")
	origin, _, _, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil || !found {
		return "", ErrRequest.At("checkpoint", "not a signed checkpoint")
	}
	keys := w.logs[origin]
	if len(keys) == 0 {
		return "", ErrUnknownLog
	}
	n, err := note.Open([]byte(r.Checkpoint), note.VerifierList(keys...))
	if _, bad := errors.AsType[*note.InvalidSignatureError](err); bad {
		return "", ErrSignature
	}
	if _, unknown := errors.AsType[*note.UnverifiedNoteError](err); unknown {
		return "", ErrSignature
	}
	if err != nil {
		return "", ErrRequest.At("checkpoint", "not a signed note")
	}
	// What was verified is what is read: a note may hold an empty line.
	origin, size, root, err := ledger.ParseCheckpoint(n.Text)
	if err != nil || origin != keys[0].Name() {
		return "", ErrRequest.At("checkpoint", "not a signed checkpoint")
	}
	if r.Old > size {
		return "", ErrRequest.At("old", "more than the checkpoint's size")
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed {
		return "", ErrState
	}
	had := w.state[origin]
	if err := extends(r, had, size, root); err != nil {
		if size == had.size || errors.Is(err, ErrProof) {
			return "", errors.Join(err, w.keep(origin, had, body))
		}
		return "", err
	}
	return w.cosign(n, origin, last{size: size, root: root})
}

// extends reports whether the checkpoint with the size and root may follow
// what was cosigned last.
func extends(r ledger.Growth, had last, size uint64, root tlog.Hash) error {
	switch {
	case r.Old != had.size:
		return &SizeError{had.size}
	case had.size == 0 && len(r.Hashes) > 0:
		return ErrProof.At("proof", "there is nothing to prove from size 0")
	case size == 0 && root != emptyRoot:
		return ErrProof.At("root", "not that of an empty log")
	case had.size == 0:
		return nil // the first of this log, which is believed
	case size == had.size && root != had.root:
		return &SizeError{had.size}
	}
	if err := tlog.CheckTree(r.Hashes, int64(size), root, int64(had.size), had.root); err != nil {
		return ErrProof.At("proof", "from %d to %d entries", had.size, size)
	}
	return nil
}

// emptyRoot is the root of a log without entries (RFC 6962, 2.1).
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// cosign signs and remembers. A write that failed may have happened all the
// same: nothing is cosigned after it until the state is read again.
func (w *Witness) cosign(n *note.Note, origin string, now last) (string, error) {
	n.UnverifiedSigs = nil
	log := len(n.Sigs)
	signed, err := note.Sign(n, w.signer)
	if err != nil {
		return "", fmt.Errorf("cosign: %w", err)
	}
	lines := strings.SplitAfter(string(signed[len(n.Text)+1:]), "\n")
	cosigned := lines[log]
	now.note = string(signed)
	had := w.state[origin]
	w.state[origin] = now
	if had.note != "" && had.size == now.size {
		return cosigned, nil // the same checkpoint again
	}
	s := stateJSON{Logs: map[string]string{}}
	for o, l := range w.state {
		s.Logs[o] = l.note
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = durable.Replace(statePath(w.dir), append(b, '\n'))
	}
	if err != nil {
		w.failed = true
		return "", fmt.Errorf("%w: %w", ErrState, err)
	}
	return cosigned, nil
}

// keep stores what contradicts the last checkpoint, with it, once.
func (w *Witness) keep(origin string, had last, body []byte) error {
	dir := filepath.Join(w.dir, "evidence")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	kept, err := os.ReadDir(dir)
	if err != nil || len(kept) >= evidenceMax {
		return err
	}
	sum := sha256.Sum256(body)
	path := filepath.Join(dir, hex.EncodeToString(sum[:8])+".txt")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return durable.Replace(path, fmt.Appendf(nil, "What was cosigned of %s:\n\n%s\nWhat was refused:\n\n%s", origin, had.note, body))
}
