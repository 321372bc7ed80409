package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

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
	Size   uint64
	Root   tlog.Hash
	Rounds []RoundReport // in the order of rounds and assets
	Erased int           // vouchers whose salt is gone; their accounts are taken on trust
}

// RoundReport is invariant 6 for one round and asset:
// Allocated - Returned = Held + Spent.
type RoundReport struct {
	Round     string
	Allocated money.Amount
	Returned  money.Amount
	Spent     money.Amount // redeemed, accepted losses, purchases and fees, net of reversals
	Held      money.Amount // on the round, its contingency, fees and vouchers, as stored
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
// something, not with the journal. Invariant 4 cannot be verified afterwards: a
// stored outcome holds the digest of its command, and the command is gone.
func Verify[T Tx](tx T, p Proofs, check func(T, Entry) error) (Report, error) {
	size, err := tx.Size()
	if err != nil {
		return Report{}, err
	}
	signed, err := signedRoots(tx, p, size)
	if err != nil {
		return Report{}, err
	}
	v := newVerifier(tx)
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
	r := Report{Size: size, Root: v.tree.root(), Erased: len(v.hiddenAs)}
	if r.Rounds, err = v.end(); err != nil {
		return Report{}, err
	}
	return r, nil
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

type sumKey struct {
	round string
	asset money.Asset
}

// verifier folds the journal.
type verifier struct {
	tx       Tx
	tree     tree
	balances map[balanceKey]money.Amount // those that are not zero
	rounds   map[sumKey]*RoundReport     // by the entries so far, Held aside
	homes    map[Account]string          // the round of each voucher that holds something
	indexed  uint64                      // how often an account and an entry belong together

	// hiddenAs is the pseudonym of each voucher without a salt, and named is
	// the voucher of each such pseudonym.
	hiddenAs, named map[Account]Account

	pending []tlog.Hash // recomputed and not compared yet
	owners  []uint64    // the entry that each belongs to
	at      int64       // index of the first pending one
}

func newVerifier(tx Tx) *verifier {
	return &verifier{tx: tx, balances: map[balanceKey]money.Amount{}, rounds: map[sumKey]*RoundReport{},
		homes: map[Account]string{}, hiddenAs: map[Account]Account{}, named: map[Account]Account{}}
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
// erased, the leaf's own pseudonym stands for the account, always the same one.
func (v *verifier) sameAs(e, said Entry, leaf []byte) error {
	if len(e.Postings) != len(said.Postings) {
		return broken(said.Seq, 3, "it has %d postings, its leaf %d", len(e.Postings), len(said.Postings))
	}
	hidden, err := v.hide(e, said)
	if err != nil {
		return broken(said.Seq, 3, "%v", err)
	}
	again, err := AppendLeaf(nil, e, hidden)
	if err != nil {
		return broken(said.Seq, 3, "%v", err)
	}
	if !bytes.Equal(again, leaf) {
		return broken(said.Seq, 3, "it does not say what its leaf says")
	}
	return nil
}

func (v *verifier) hide(e, said Entry) ([]Account, error) {
	var hidden []Account
	for i, p := range e.Postings {
		for _, side := range [2][2]Account{{p.Debit, said.Postings[i].Debit}, {p.Credit, said.Postings[i].Credit}} {
			if !side[0].IsVoucher() {
				continue
			}
			salt, err := v.tx.VoucherSalt(side[0])
			shown := Pseudonym(salt, side[0].Serial())
			if errors.Is(err, ErrNotFound) {
				shown, err = v.unsalted(side[0], side[1])
			}
			if err != nil {
				return nil, err
			}
			hidden = append(hidden, shown)
		}
	}
	return hidden, nil
}

// unsalted returns the pseudonym by which the voucher appears in this leaf, if
// it is the one by which it appeared before, and no other voucher did.
func (v *verifier) unsalted(a, shown Account) (Account, error) {
	before, seen := v.hiddenAs[a]
	voucher, taken := v.named[shown]
	if !isPseudonym(shown) || seen && before != shown || taken && voucher != a {
		return "", errors.New("a voucher without a salt changes its pseudonym")
	}
	v.hiddenAs[a], v.named[shown] = shown, a
	return shown, nil
}

// fold applies the entry's postings.
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
	for _, k := range slices.SortedFunc(maps.Keys(moved), balanceKey.compare) {
		b := moved[k]
		if b.Sign() < 0 {
			return broken(e.Seq, 2, "%s falls to %s", shown(k.account), b)
		}
		if k.account.IsVoucher() {
			if home, ok := v.homes[k.account]; ok && home != e.Round {
				return broken(e.Seq, 6, "it names round %q, its voucher is of round %q", e.Round, home)
			}
			v.homes[k.account] = e.Round
		}
		if b.IsZero() {
			delete(v.balances, k)
			delete(v.homes, k.account)
			continue
		}
		v.balances[k] = b
	}
	for _, p := range e.Postings {
		if err := v.flow(e, p); err != nil {
			return broken(e.Seq, 6, "%v", err)
		}
	}
	return v.index(e)
}

// flow adds what the posting does to its round's own money.
func (v *verifier) flow(e Entry, p Posting) error {
	way := p.crossing()
	if way == 0 {
		return nil
	}
	zero := money.FromMinor(0, p.Amount.Asset())
	k := sumKey{e.Round, p.Amount.Asset()}
	r := v.rounds[k]
	if r == nil {
		r = &RoundReport{Round: e.Round, Allocated: zero, Returned: zero, Spent: zero, Held: zero}
		v.rounds[k] = r
	}
	switch {
	case e.Kind == KindAllocate && way > 0:
		return addTo(&r.Allocated, p.Amount)
	case e.Kind == KindReturn && way < 0:
		return addTo(&r.Returned, p.Amount)
	case way > 0:
		return addTo(&r.Spent, negative(p.Amount))
	}
	return addTo(&r.Spent, p.Amount)
}

// index checks that the index of each account posted to leads to the entry.
func (v *verifier) index(e Entry) error {
	done := map[Account]bool{}
	for _, p := range e.Postings {
		for _, a := range []Account{p.Debit, p.Credit} {
			if done[a] {
				continue
			}
			done[a] = true
			v.indexed++
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
