package ledger

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
)

// The wire forms: amounts are {"amount":"5000","asset":"XOF/0"}, instants RFC
// 3339 in UTC, hashes base64 as in checkpoints, sequences and sizes strings.

type statementWire struct {
	Seq     uint64       `json:"seq,string"`
	Posted  time.Time    `json:"posted"`
	From    time.Time    `json:"from"`
	To      time.Time    `json:"to"`
	Kind    Kind         `json:"kind"`
	Round   string       `json:"round,omitempty"`
	Ref     string       `json:"ref,omitempty"`
	Account Account      `json:"account"`
	Other   Account      `json:"other"`
	Amount  money.Amount `json:"amount"`
	Balance money.Amount `json:"balance"`
	Total   money.Amount `json:"total"`
}

func wireOfStatement(s Statement) httpkit.Page[statementWire] {
	items := make([]statementWire, len(s.Lines))
	for i, l := range s.Lines {
		items[i] = statementWire(l)
	}
	return httpkit.NewPage(items, next(s.Next, s.More))
}

// next is a page's cursor: a sequence, or "" at the end.
func next(seq uint64, more bool) string {
	if !more {
		return ""
	}
	return strconv.FormatUint(seq, 10)
}

type sumWire struct {
	Allocated   money.Amount `json:"allocated"`
	Returned    money.Amount `json:"returned"`
	Issued      money.Amount `json:"issued"`
	Voided      money.Amount `json:"voided"`
	Expired     money.Amount `json:"expired"`
	Unissued    money.Amount `json:"unissued"`
	Contingency money.Amount `json:"contingency"`
	Fees        money.Amount `json:"fees"`
	Outstanding money.Amount `json:"outstanding"`
	Spent       money.Amount `json:"spent"`
}

func wireOfSums(sums []RoundSum) httpkit.Page[sumWire] {
	items := make([]sumWire, len(sums))
	for i, s := range sums {
		items[i] = sumWire(s)
	}
	return httpkit.NewPage(items, "")
}

type trialWire struct {
	Account Account      `json:"account"`
	Debit   money.Amount `json:"debit"`
	Credit  money.Amount `json:"credit"`
}

func wireOfTrial(lines []TrialLine) httpkit.Page[trialWire] {
	items := make([]trialWire, len(lines))
	for i, l := range lines {
		items[i] = trialWire(l)
	}
	return httpkit.NewPage(items, "")
}

// leafWire carries the leaf as a string, so that the bytes that were hashed
// survive whatever reads and writes JSON on the way.
type leafWire struct {
	Seq  uint64 `json:"seq,string"`
	Leaf string `json:"leaf"`
}

func wireOfJournal(p JournalPage) httpkit.Page[leafWire] {
	items := make([]leafWire, len(p.Leaves))
	for i, leaf := range p.Leaves {
		items[i] = leafWire{Seq: p.From + uint64(i), Leaf: string(leaf)}
	}
	return httpkit.NewPage(items, next(p.From+uint64(len(p.Leaves)), p.More))
}

// wireOfLeaves is one leaf a line, byte for byte as it was hashed.
func wireOfLeaves(l Leaves) httpkit.Content {
	return httpkit.Content{Type: "application/x-ndjson", Write: func(w io.Writer) error {
		_, err := w.Write(l.Lines)
		return err
	}}
}

type checkpointWire struct {
	Size uint64 `json:"size,string"`
	Root string `json:"root"`
	Note string `json:"note"`
}

func wireOfCheckpoint(c Checkpoint) checkpointWire {
	return checkpointWire{Size: c.Size, Root: c.Root.String(), Note: c.Note}
}

type inclusionWire struct {
	Entry uint64   `json:"entry,string"`
	Size  uint64   `json:"size,string"`
	Root  string   `json:"root"`
	Leaf  string   `json:"leaf"`
	Proof []string `json:"proof"`
}

func wireOfInclusion(i Inclusion) inclusionWire {
	return inclusionWire{Entry: i.Entry, Size: i.Size, Root: i.Root.String(), Leaf: string(i.Leaf), Proof: hashes(i.Proof)}
}

// wireOfProof is a file that proves the entry off line (C2SP tlog-proof).
func wireOfProof(i Inclusion) httpkit.Content {
	return httpkit.Content{Type: "text/plain; charset=utf-8", Filename: fmt.Sprintf("%d.tlog-proof", i.Entry),
		Write: func(w io.Writer) error {
			_, err := w.Write(Proof{Index: i.Entry, Hashes: i.Proof, Checkpoint: i.Note}.Format())
			return err
		}}
}

type consistencyWire struct {
	Old     uint64   `json:"old,string"`
	New     uint64   `json:"new,string"`
	OldRoot string   `json:"old_root"`
	NewRoot string   `json:"new_root"`
	Proof   []string `json:"proof"`
}

func wireOfConsistency(c Consistency) consistencyWire {
	return consistencyWire{Old: c.Old, New: c.New, OldRoot: c.OldRoot.String(), NewRoot: c.NewRoot.String(), Proof: hashes(c.Proof)}
}

func hashes(proof []tlog.Hash) []string {
	out := make([]string, len(proof))
	for i, h := range proof {
		out[i] = h.String()
	}
	return out
}

type lateWire struct {
	Seq    uint64         `json:"seq,string"`
	Posted time.Time      `json:"posted"`
	From   time.Time      `json:"from"`
	To     time.Time      `json:"to"`
	Kind   Kind           `json:"kind"`
	Round  string         `json:"round,omitempty"`
	Ref    string         `json:"ref,omitempty"`
	Moved  []money.Amount `json:"moved"`
}

func wireOfLate(p LatePage) httpkit.Page[lateWire] {
	items := make([]lateWire, len(p.Entries))
	for i, e := range p.Entries {
		items[i] = lateWire(e)
	}
	return httpkit.NewPage(items, next(p.Next, p.More))
}
