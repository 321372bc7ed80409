//go:build linux

package crash

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// told is what the clients of one day were told, and what audits have shown:
// all that must stay true.
type told struct {
	mu       sync.Mutex
	day      day
	verifier note.Verifier
	sales    map[string]place // by the receipt's hash

	Outcomes map[string]voucher.Outcome // that were acknowledged, by hash
	Shown    map[string]answered        // by audits, by hash
	Roots    map[uint64]string          // of checkpoints and audits, by size
	Seqs     map[vendors.HandheldID]uint64

	Acks     int // answers to receipts, repeated ones included
	Unknown  int // requests whose answer never came
	Resolved int // receipts whose answer never came, and that were answered when they were sent again
	After    int // ... of which the audit had shown an entry
	Wrong    []wrong

	unanswered map[string]bool
}

// place is where a receipt stands in the day.
type place struct {
	till vendors.HandheldID
	seq  uint64
	sale sale
}

// harm is the kind of a wrong.
type harm string

const (
	lost    harm = "lost"
	twice   harm = "twice"
	corrupt harm = "corrupt"
)

type wrong struct {
	Harm harm
	What string
}

func newTold(d day) (*told, error) {
	v, err := note.NewVerifier(d.Keys.Verifier)
	t := &told{day: d, verifier: v, sales: map[string]place{}, Outcomes: map[string]voucher.Outcome{},
		Shown: map[string]answered{}, Roots: map[uint64]string{}, Seqs: map[vendors.HandheldID]uint64{}, unanswered: map[string]bool{}}
	for _, l := range d.Tills {
		for i, s := range l.Sales {
			t.sales[voucher.HashOf(s.JWS).String()] = place{l.Handheld, uint64(i + 1), s}
		}
	}
	return t, err
}

func (t *told) wrong(h harm, format string, args ...any) {
	if len(t.Wrong) < 100 {
		t.Wrong = append(t.Wrong, wrong{h, fmt.Sprintf(format, args...)})
	}
}

// ack takes a signed answer to some of a till's sales, from the index.
func (t *told) ack(l till, from int, sales []sale, a voucher.Ack) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.Handheld != l.Handheld || len(a.Outcomes) != len(sales) {
		t.wrong(corrupt, "%s sent %d receipts and was answered %d, for %s", l.Handheld, len(sales), len(a.Outcomes), a.Handheld)
		return
	}
	if a.Seq < t.Seqs[l.Handheld] {
		t.wrong(lost, "%s has a chain of %d, and was told %d before", l.Handheld, a.Seq, t.Seqs[l.Handheld])
	}
	t.Seqs[l.Handheld] = max(t.Seqs[l.Handheld], a.Seq)
	for i, o := range a.Outcomes {
		t.outcome(voucher.HashOf(sales[i].JWS).String(), sales[i], o)
	}
	if a.Checkpoint == "" {
		return
	}
	c, err := ledger.OpenCheckpoint(a.Checkpoint, origin, t.verifier)
	if err != nil {
		t.wrong(corrupt, "%s was given a checkpoint that nobody signed: %v", l.Handheld, err)
		return
	}
	t.root("a checkpoint", c.Size, c.Root.String())
}

// root takes a root that somebody saw.
func (t *told) root(what string, size uint64, root string) {
	if before, ok := t.Roots[size]; ok && before != root {
		t.wrong(corrupt, "%s of %d entries has the root %s, and %s was seen before", what, size, root, before)
		return
	}
	t.Roots[size] = root
}

func (t *told) outcome(hash string, s sale, o voucher.Outcome) {
	t.Acks++
	switch {
	case o.Hash.String() != hash:
		t.wrong(corrupt, "the receipt %s was answered as %s", hash, o.Hash)
		return
	case o.State == voucher.Waiting && o.Reason == voucher.ReasonGap:
		t.wrong(lost, "the receipt %s comes after a gap: the server has forgotten those before", hash)
		return
	case o.Leaf == nil:
		t.wrong(corrupt, "the receipt %s was answered %s (%s) without an entry", hash, o.State, o.Reason)
		return
	case !s.Twice && (o.State != voucher.Payable || o.Reason != ""):
		t.wrong(corrupt, "the receipt %s was answered %s (%s), want payable", hash, o.State, o.Reason)
	}
	if before, ok := t.Outcomes[hash]; ok && (before.State != o.State || before.Reason != o.Reason || *before.Leaf != *o.Leaf || before.Seq != o.Seq) {
		t.wrong(lost, "the receipt %s was answered %s, and %s before", hash, describe(o), describe(before))
	}
	shown, isShown := t.Shown[hash]
	if isShown && shown.Seq != *o.Leaf {
		t.wrong(lost, "the receipt %s was answered %s, and an audit has shown entry %d", hash, describe(o), shown.Seq)
	}
	if t.unanswered[hash] {
		delete(t.unanswered, hash)
		t.Resolved++
		if isShown {
			t.After++
		}
	}
	t.Outcomes[hash] = o
}

func describe(o voucher.Outcome) string {
	return fmt.Sprintf("%s (%s) by entry %d", o.State, o.Reason, *o.Leaf)
}

// silence notes that an answer did not come.
func (t *told) silence(sales []sale) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Unknown++
	for _, s := range sales {
		hash := voucher.HashOf(s.JWS).String()
		if _, ok := t.Outcomes[hash]; !ok {
			t.unanswered[hash] = true
		}
	}
}

// sizes are those at which an audit must give the root: the largest last.
// Roots of smaller logs follow from larger ones that are the same, so the
// latest few are enough.
func (t *told) sizes() []uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []uint64
	for size := range t.Roots {
		all = append(all, size)
	}
	slices.Sort(all)
	return all[max(0, len(all)-8):]
}

// kindOf is the entry that an outcome promises.
func kindOf(o voucher.Outcome) ledger.Kind {
	switch {
	case o.State == voucher.Payable && o.Reason == voucher.ReasonLoss:
		return ledger.KindAcceptLoss
	case o.State == voucher.Payable:
		return ledger.KindRedeem
	}
	return ledger.KindDecision
}

// audit compares what a folder holds with what was told, and keeps what it
// shows: a store that shows an entry has promised it.
func (t *told) audit(a audit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.Broken != "" {
		t.wrong(corrupt, "%s", a.Broken)
		return
	}
	for size, root := range t.Roots {
		if size > a.Size {
			t.wrong(lost, "a log of %d entries was seen, there are %d", size, a.Size)
		} else if got, ok := a.Roots[size]; ok && got != root {
			t.wrong(corrupt, "the log's root at %d entries is %s, and %s was seen", size, got, root)
		}
	}
	t.root("an audit", a.Size, a.Roots[a.Size])
	found := t.answers(a)
	for hash, o := range t.Outcomes {
		n, ok := found[hash]
		if !ok {
			t.wrong(lost, "the receipt %s was answered %s, and there is no entry", hash, describe(o))
		} else if n.Seq != *o.Leaf || n.Kind != kindOf(o) {
			t.wrong(lost, "the receipt %s was answered %s, and entry %d (%s) stands", hash, describe(o), n.Seq, n.Kind)
		}
	}
	for hash, before := range t.Shown {
		if n, ok := found[hash]; !ok || n != before {
			t.wrong(lost, "entry %d for the receipt %s was shown by an audit, and is not there", before.Seq, hash)
		}
	}
	t.Shown = found
	for _, l := range t.day.Tills {
		h := a.Heads[l.Handheld]
		if h.Seq < t.Seqs[l.Handheld] {
			t.wrong(lost, "%s has a chain of %d, and was told %d", l.Handheld, h.Seq, t.Seqs[l.Handheld])
		}
		if h.Seq > uint64(len(l.Sales)) || h.Seq > 0 && h.Hash != voucher.HashOf(l.Sales[h.Seq-1].JWS) {
			t.wrong(corrupt, "the head of %s's chain is not its record %d", l.Handheld, h.Seq)
		}
		for i, s := range l.Sales {
			hash := voucher.HashOf(s.JWS).String()
			if _, ok := found[hash]; ok != (uint64(i) < h.Seq) {
				t.wrong(corrupt, "record %d of %s has an entry: %v, and its chain is at %d", i+1, l.Handheld, ok, h.Seq)
			}
		}
	}
}

// answers returns the audit's entries by receipt, after looking at what they
// moved.
func (t *told) answers(a audit) map[string]answered {
	found := map[string]answered{}
	emptied := map[ledger.Account]uint64{}
	owed := map[vendors.ID]int64{}
	for _, n := range a.Answers {
		p, known := t.sales[n.Ref]
		if !known {
			t.wrong(corrupt, "entry %d rests on the receipt %s, which nobody sent", n.Seq, n.Ref)
			continue
		}
		if before, ok := found[n.Ref]; ok {
			t.wrong(twice, "entries %d and %d rest on the receipt %s", before.Seq, n.Seq, n.Ref)
		}
		found[n.Ref] = n
		if n.Kind == ledger.KindDecision {
			continue
		}
		vendor := t.vendorOf(p.till)
		owed[vendor] += valueMinor
		if n.Credit != ledger.Redeemed(string(vendor)) || n.Kind == ledger.KindRedeem && n.Debit != p.sale.Account {
			t.wrong(corrupt, "entry %d for the receipt %s moves %s to %s", n.Seq, n.Ref, n.Debit, n.Credit)
		}
		if n.Kind != ledger.KindRedeem {
			continue
		}
		if before, ok := emptied[n.Debit]; ok {
			t.wrong(twice, "entries %d and %d pay for the voucher %s", before, n.Seq, n.Debit)
		}
		emptied[n.Debit] = n.Seq
	}
	for v, sum := range a.Redeemed {
		if owed[v] != sum {
			t.wrong(corrupt, "%s is owed %d, and its entries sum to %d", v, sum, owed[v])
		}
	}
	return found
}

func (t *told) vendorOf(id vendors.HandheldID) vendors.ID {
	for _, l := range t.day.Tills {
		if l.Handheld == id {
			return l.Vendor
		}
	}
	return ""
}

// all reports whether every receipt of the day has been answered.
func (t *told) all() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.Outcomes) == len(t.sales)
}

// ok reports whether nothing is wrong so far.
func (t *told) ok() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.Wrong) == 0
}
