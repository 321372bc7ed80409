package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Broken is the first thing that Verify found wrong.
type Broken struct {
	Entry     uint64 // sequence of the entry concerned, if HasEntry
	HasEntry  bool
	Invariant int // of the package's comment; 7 for receipts
	Why       string
}

// Error says which entry breaks which invariant, and how.
func (b *Broken) Error() string {
	if !b.HasEntry {
		return fmt.Sprintf("invariant %d: %s", b.Invariant, b.Why)
	}
	return fmt.Sprintf("entry %d: invariant %d: %s", b.Entry, b.Invariant, b.Why)
}

// Proofs are what Verify compares the journal with besides itself. Each may be
// left out.
type Proofs struct {
	Origin   string
	Verifier note.Verifier // of the stored checkpoint
	Guard    string        // the notary's file
}

// Report is what Verify has recomputed.
type Report struct {
	Size   uint64
	Root   tlog.Hash
	Rounds []RoundTotals // in the order of rounds and assets
	Erased int           // vouchers whose salt is gone; their accounts are taken on trust
}

// Verify recomputes everything that the store holds of the ledger from the
// leaves: that each is canonical and follows the one before, that the entry
// behind it says the same, that no rule was broken by it, the balances, the
// index of postings, the hashes and the root, the sums of each round, and that
// the journal extends what was signed. check looks at what other packages know
// of an entry; nil looks at nothing.
//
// It returns a *Broken for the first entry that is wrong, then for what is
// wrong beside the entries, and other errors where the store could not be read.
// It reads the journal and the accounts once, in order, with an Auditor, whose
// memory it needs. Invariant 4 cannot be verified afterwards: a stored outcome
// holds the digest of its command, and the command is gone.
func Verify[T Tx](tx T, p Proofs, check func(T, Entry) error) (Report, error) {
	v := newVerifier(tx)
	if err := v.start(p); err != nil {
		return Report{}, err
	}
	for r, err := range tx.Journal(0) {
		if err == nil {
			err = v.entry(&r)
		} else {
			err = broken(v.audit.Size(), 3, "it cannot be read: %v", err)
		}
		if err == nil && check != nil {
			if why := check(tx, r.Entry); why != nil {
				err = broken(r.Entry.Seq, 7, "%v", why)
			}
		}
		if err != nil {
			return Report{}, v.first(err)
		}
	}
	if err := v.last(); err != nil {
		return Report{}, v.first(err)
	}
	return v.end()
}

func broken(seq uint64, invariant int, format string, args ...any) error {
	return &Broken{Entry: seq, HasEntry: true, Invariant: invariant, Why: fmt.Sprintf(format, args...)}
}

// signedRoots returns the roots that were signed, by size.
func signedRoots(tx Tx, p Proofs, size uint64) (map[uint64]tlog.Hash, error) {
	roots := map[uint64]tlog.Hash{}
	c, err := tx.Checkpoint()
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, err
	default:
		if p.Verifier != nil {
			opened, err := OpenCheckpoint(c.Note, p.Origin, p.Verifier)
			if err != nil || opened.Size != c.Size || opened.Root != c.Root {
				return nil, &Broken{Invariant: 3, Why: "the stored checkpoint is not what its signature covers"}
			}
		}
		roots[c.Size] = c.Root
	}
	if p.Guard != "" {
		g, root, err := readGuard(p.Guard)
		if err != nil {
			return nil, err
		}
		if other, ok := roots[g.Size]; ok && g.Root != "" && other != root {
			return nil, &Broken{Invariant: 3, Why: fmt.Sprintf("two roots were signed at %d entries", g.Size)}
		}
		if g.Root != "" {
			roots[g.Size] = root
		}
	}
	for n := range roots {
		if n > size {
			return nil, &Broken{Invariant: 3, Why: fmt.Sprintf("%d entries were signed, the journal has %d", n, size)}
		}
	}
	return roots, nil
}

func readGuard(path string) (guardJSON, tlog.Hash, error) {
	var g guardJSON
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return g, tlog.Hash{}, nil
	}
	if err != nil {
		return g, tlog.Hash{}, err
	}
	if err := json.Unmarshal(b, &g); err != nil {
		return g, tlog.Hash{}, fmt.Errorf("%s: %w", path, err)
	}
	root, err := tlog.ParseHash(g.Root)
	return g, root, err
}

// verifier compares a store with what its leaves give.
type verifier struct {
	tx    Tx
	size  uint64
	roots map[uint64]tlog.Hash // that were signed, by size
	audit *Auditor
	seed  maphash.Seed
	made  bool             // leaves are what AppendLeaf writes for the entries
	again []byte           // room for a leaf
	filed map[Account]bool // under which the present entry of several postings is filed

	pending []tlog.Hash // recomputed and not compared yet
	owners  []uint64    // the entry that each belongs to
	at      int64       // index of the first pending one
	indexes []int64     // room for those of all

	found int // how many vouchers' accounts are stored
}

// leafMaker is a Tx of a store that keeps no leaves: its Journal yields what
// AppendLeaf writes for the entries, and to write it again would show nothing.
type leafMaker interface{ MakesLeaves() bool }

func newVerifier(tx Tx) *verifier {
	m, ok := tx.(leafMaker)
	return &verifier{tx: tx, made: ok && m.MakesLeaves(), audit: NewAuditor(), seed: maphash.MakeSeed(), filed: map[Account]bool{}}
}

func (v *verifier) start(p Proofs) (err error) {
	if v.size, err = v.tx.Size(); err != nil {
		return err
	}
	v.roots, err = signedRoots(v.tx, p, v.size)
	return err
}

// first returns what a stored hash says of an entry before the one that err
// names, or else err: hashes are compared in batches.
func (v *verifier) first(err error) error {
	if earlier := v.hashes(true); earlier != nil {
		return earlier
	}
	return err
}

// signed compares the root so far with the one that was signed at this size.
func (v *verifier) signed() error {
	size := v.audit.Size()
	root, ok := v.roots[size]
	if !ok || size == 0 || v.audit.Root() == root {
		return nil
	}
	return &Broken{Invariant: 3, Why: fmt.Sprintf("the root of the first %d entries is not the one that was signed", size)}
}

// entry verifies the next entry.
func (v *verifier) entry(r *Record) error {
	seq := v.audit.Size()
	if err := v.signed(); err != nil {
		return err
	}
	switch {
	case seq == v.size:
		return broken(seq, 3, "it is there though the journal ends before it")
	case r.Entry.Seq > seq:
		return broken(seq, 3, "it is missing")
	}
	var err error
	if !v.made {
		if v.again, err = AppendLeaf(v.again[:0], r.Entry, r.Hidden); err != nil {
			return broken(seq, 3, "%v", err)
		}
		if !bytes.Equal(v.again, r.Leaf) {
			return broken(seq, 3, "it does not say what its leaf says")
		}
	}
	hashes, err := v.audit.addStored(r)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		v.pending, v.owners = append(v.pending, h), append(v.owners, seq)
	}
	if err := v.name(&r.Entry); err != nil {
		return err
	}
	return v.hashes(false)
}

// name notes which account each pseudonym of the entry that was audited last
// stands for, always the same one, and that each account's index must lead to
// the entry, once.
func (v *verifier) name(e *Entry) error {
	mark := v.mark(e.Seq)
	clear(v.filed)
	for i := range e.Postings {
		for j, a := range [2]Account{e.Postings[i].Debit, e.Postings[i].Credit} {
			again := v.filed[a]
			if len(e.Postings) > 1 {
				v.filed[a] = true
			}
			side := &v.audit.sides[2*i+j]
			if side.purse == nil {
				if !again {
					side.open.entries += mark
				}
				continue
			}
			owner := maphash.String(v.seed, string(a))
			if side.purse.owner != 0 && side.purse.owner != owner {
				return broken(e.Seq, 3, "its voucher is another than its pseudonym stood for before")
			}
			if side.purse.owner = owner; !again {
				side.purse.entries += mark
			}
		}
	}
	return nil
}

// mark is a random number for the entry. Two sets of entries of the same sum
// are the same set: nobody knows the seed who could have chosen others.
func (v *verifier) mark(seq uint64) uint64 { return maphash.Comparable(v.seed, seq) }

// hashes compares recomputed log hashes with those stored, in batches.
func (v *verifier) hashes(all bool) error {
	if len(v.pending) == 0 || len(v.pending) < 1024 && !all {
		return nil
	}
	v.indexes = v.indexes[:0]
	for i := range v.pending {
		v.indexes = append(v.indexes, v.at+int64(i))
	}
	stored, err := v.tx.ReadHashes(v.indexes)
	if err != nil {
		return broken(v.owners[0], 3, "log hashes from here on: %v", err)
	}
	for i, h := range v.pending {
		if stored[i] != h {
			return broken(v.owners[i], 3, "log hash %d is not that of the leaves", v.indexes[i])
		}
	}
	v.at += int64(len(v.pending))
	v.pending, v.owners = v.pending[:0], v.owners[:0]
	return nil
}

// last verifies that the journal is as long as it says, and signed to there.
func (v *verifier) last() error {
	if n := v.audit.Size(); n < v.size {
		return broken(n, 3, "it is missing")
	}
	if err := v.signed(); err != nil {
		return err
	}
	return v.hashes(true)
}
