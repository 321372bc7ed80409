package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
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
	Size uint64
	Root tlog.Hash
}

// Verify recomputes everything that the store holds of the ledger from the
// leaves: that each is canonical and follows the one before, that the entry
// behind it says the same, that no rule was broken by it, the balances, the
// index of postings, the hashes and the root, the sums of each round, and that
// the journal extends what was signed. check looks at what other packages know
// of an entry; nil looks at nothing.
//
// It returns a *Broken for the first thing wrong, and other errors where the
// store could not be read. Memory grows with the number of accounts that hold
// something, not with the journal.
func Verify[T Tx](tx T, p Proofs, check func(T, Entry) error) (Report, error) {
	size, err := tx.Size()
	if err != nil {
		return Report{}, err
	}
	signed, err := signedRoots(tx, p, size)
	if err != nil {
		return Report{}, err
	}
	v := &verifier{tx: tx, balances: map[balanceKey]money.Amount{}, flows: map[roundKey]int64{}}
	for seq := range size {
		if err := v.signed(signed, seq); err != nil {
			return Report{}, err
		}
		e, err := v.entry(seq)
		if err != nil {
			return Report{}, err
		}
		if check == nil {
			continue
		}
		if err := check(tx, e); err != nil {
			return Report{}, broken(seq, 7, "%v", err)
		}
	}
	if err := v.signed(signed, size); err != nil {
		return Report{}, err
	}
	if err := v.hashes(true); err != nil {
		return Report{}, err
	}
	if err := v.stored(); err != nil {
		return Report{}, err
	}
	if err := v.rounds(); err != nil {
		return Report{}, err
	}
	return Report{Size: size, Root: v.tree.root()}, nil
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

type roundKey struct {
	round string
	asset money.Asset
}

// verifier folds the journal.
type verifier struct {
	tx       Tx
	tree     tree
	balances map[balanceKey]money.Amount // those that are not zero
	// flows is, per round and asset, allocated - returned - redeemed and
	// accepted losses + reversals: what must still be there.
	flows map[roundKey]int64

	pending []tlog.Hash // recomputed and not compared yet
	owners  []uint64    // the entry that each belongs to
	at      int64       // index of the first pending one
}

// signed compares the root so far with the one that was signed at this size.
// Where they differ, a stored hash may say which entry is to blame.
func (v *verifier) signed(roots map[uint64]tlog.Hash, size uint64) error {
	root, ok := roots[size]
	if !ok || size == 0 || v.tree.root() == root {
		return nil
	}
	if err := v.hashes(true); err != nil {
		return err
	}
	return &Broken{Invariant: 3, Why: fmt.Sprintf("the root of the first %d entries is not the one that was signed", size)}
}

// entry verifies one entry and folds it in.
func (v *verifier) entry(seq uint64) (Entry, error) {
	leaf, err := v.tx.Leaf(seq)
	if errors.Is(err, ErrNotFound) {
		return Entry{}, broken(seq, 3, "its leaf is missing")
	}
	if err != nil {
		return Entry{}, err
	}
	said, err := ParseLeaf(leaf)
	if err != nil {
		return Entry{}, broken(seq, 3, "%v", err)
	}
	if said.Seq != seq {
		return Entry{}, broken(seq, 3, "its leaf is that of entry %d", said.Seq)
	}
	e, err := v.tx.Entry(seq)
	if errors.Is(err, ErrNotFound) {
		return Entry{}, broken(seq, 3, "it is missing")
	}
	if err != nil {
		return Entry{}, broken(seq, 3, "it cannot be read: %v", err)
	}
	if err := v.sameAs(e, said, leaf); err != nil {
		return Entry{}, err
	}
	if err := e.check(); err != nil {
		return Entry{}, broken(seq, 1, "%v", err)
	}
	if err := v.fold(e); err != nil {
		return Entry{}, err
	}
	for _, h := range v.tree.add(leaf) {
		v.pending, v.owners = append(v.pending, h), append(v.owners, seq)
	}
	return e, v.hashes(false)
}

// sameAs reports whether the entry, hidden again, is the leaf. Where a salt was
// erased, the leaf's own pseudonym stands for the account that nobody can name
// any more.
func (v *verifier) sameAs(e, said Entry, leaf []byte) error {
	i := 0
	again, err := encodeLeaf(e, func(a Account) (Account, error) {
		side := i
		i++
		hidden, err := hide(v.tx, a)
		if !errors.Is(err, ErrNotFound) || side/2 >= len(said.Postings) {
			return hidden, err
		}
		if p := said.Postings[side/2]; side%2 == 0 {
			return p.Debit, nil
		}
		return said.Postings[side/2].Credit, nil
	})
	if err != nil {
		return broken(e.Seq, 3, "%v", err)
	}
	if !bytes.Equal(again, leaf) {
		return broken(e.Seq, 3, "it does not say what its leaf says")
	}
	return nil
}

// fold applies the entry's postings, and checks the index that leads to it.
func (v *verifier) fold(e Entry) error {
	moved := map[balanceKey]money.Amount{}
	err := fold(moved, e, func(a Account, asset money.Asset) (money.Amount, error) {
		if b, ok := v.balances[balanceKey{a, asset}]; ok {
			return b, nil
		}
		return money.FromMinor(0, asset), nil
	})
	if err != nil {
		return broken(e.Seq, 1, "%v", err)
	}
	for k, b := range moved {
		if b.Sign() < 0 {
			return broken(e.Seq, 2, "%s falls to %s", shown(k.account), b)
		}
		if b.IsZero() {
			delete(v.balances, k)
			continue
		}
		v.balances[k] = b
	}
	for _, p := range e.Postings {
		v.flow(e, p)
		for _, a := range []Account{p.Debit, p.Credit} {
			found, err := v.tx.PostingsOf(a, e.Seq, 1)
			if err != nil {
				return err
			}
			if len(found) != 1 || found[0] != e.Seq {
				return broken(e.Seq, 5, "the index of %s does not lead to it", shown(a))
			}
		}
	}
	return nil
}

// flow adds what the posting does to its round's own money.
func (v *verifier) flow(e Entry, p Posting) {
	k := roundKey{e.Round, p.Amount.Asset()}
	own := func(a Account) bool {
		c, err := a.Class()
		return err == nil && (c == ClassRound || c == ClassContingency || c == ClassVoucher)
	}
	switch debit, credit := own(p.Debit), own(p.Credit); {
	case credit && !debit:
		v.flows[k] += p.Amount.Minor()
	case debit && !credit:
		v.flows[k] -= p.Amount.Minor()
	}
}

// hashes compares recomputed log hashes with those stored, in batches.
func (v *verifier) hashes(all bool) error {
	if len(v.pending) == 0 || len(v.pending) < 1024 && !all {
		return nil
	}
	indexes := make([]int64, len(v.pending))
	for i := range indexes {
		indexes[i] = v.at + int64(i)
	}
	stored, err := v.tx.ReadHashes(indexes)
	if err != nil {
		return broken(v.owners[0], 3, "log hashes from here on: %v", err)
	}
	for i, h := range v.pending {
		if stored[i] != h {
			return broken(v.owners[i], 3, "log hash %d is not that of the leaves", indexes[i])
		}
	}
	v.at += int64(len(v.pending))
	v.pending, v.owners = v.pending[:0], v.owners[:0]
	return nil
}

// stored compares the balances kept with the fold, both ways.
func (v *verifier) stored() error {
	for b, err := range v.tx.Balances("") {
		if err != nil {
			return err
		}
		k := balanceKey{b.Account, b.Amount.Asset()}
		want, ok := v.balances[k]
		if !ok {
			want = money.FromMinor(0, k.asset)
		}
		if !b.Amount.Equal(want) {
			return &Broken{Invariant: 5, Why: fmt.Sprintf("%s is kept as %s, the journal gives %s", shown(k.account), b.Amount, want)}
		}
		delete(v.balances, k)
	}
	for k, b := range v.balances {
		return &Broken{Invariant: 5, Why: fmt.Sprintf("the balance of %s, %s by the journal, is missing", shown(k.account), b)}
	}
	return nil
}

// rounds checks that what each round was given is still there or was spent.
func (v *verifier) rounds() error {
	for k, want := range v.flows {
		if k.round == "" {
			continue
		}
		sum := int64(0)
		for _, a := range []Account{Round(k.round), Contingency(k.round), Control(k.round)} {
			b, err := v.tx.Balance(a, k.asset)
			if err != nil {
				return err
			}
			sum += b.Minor()
		}
		if sum != want {
			return &Broken{Invariant: 6, Why: fmt.Sprintf("round %s holds %s, it should hold %s", k.round,
				money.FromMinor(sum, k.asset), money.FromMinor(want, k.asset))}
		}
	}
	return nil
}

// tree is a Merkle tree that grows by one leaf at a time and keeps only the
// roots of its complete subtrees.
type tree struct {
	size  uint64
	roots []tlog.Hash // of complete subtrees, the largest first
}

// add appends a leaf and returns the hashes that the log stores for it, in the
// order in which it stores them.
func (t *tree) add(leaf []byte) []tlog.Hash {
	h := tlog.RecordHash(leaf)
	made := []tlog.Hash{h}
	for range bits.TrailingZeros64(^t.size) {
		left := t.roots[len(t.roots)-1]
		t.roots = t.roots[:len(t.roots)-1]
		h = tlog.NodeHash(left, h)
		made = append(made, h)
	}
	t.roots = append(t.roots, h)
	t.size++
	return made
}

// root returns the root of the tree as it is.
func (t *tree) root() tlog.Hash {
	if len(t.roots) == 0 {
		return sha256.Sum256(nil) // RFC 6962, 2.1
	}
	h := t.roots[len(t.roots)-1]
	for i := len(t.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.roots[i], h)
	}
	return h
}
