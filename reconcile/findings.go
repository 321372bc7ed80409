package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Detector looks for one kind of diversion. It is pure, and it speaks of
// vendors and handhelds only: what it finds never stops a household's voucher.
type Detector interface {
	// Name is stable; it is part of a finding's id.
	Name() string
	// Find returns what looks like diversion in the reconciled rounds. lines
	// are those of match over the same facts.
	Find(f *Facts, lines []Line) ([]Finding, error)
}

// detectors are those that run, in the order in which reports list them. A new
// one joins here.
var detectors = []Detector{
	clonedHandheld{},
	doubleSpend{},
	ofClaims("inflated-claim", inflated),
	ofClaims("invented-claim", invented),
	ofClaims("borrowed-claim", borrowed),
	ofClaims("claimed-twice", doubled),
	afterVoid{},
	wrongFactor{},
}

// detect runs every detector. Findings are sorted by detector as listed, then
// vendor, round, and id.
func detect(f *Facts, lines []Line) ([]Finding, error) {
	var out []Finding
	for _, d := range detectors {
		found, err := d.Find(f, lines)
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i].complete(d.Name())
		}
		slices.SortFunc(found, func(a, b Finding) int {
			return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Round, b.Round), cmp.Compare(a.ID, b.ID))
		})
		out = append(out, found...)
	}
	return out, nil
}

// complete sorts the evidence and derives the id from it.
func (f *Finding) complete(detector string) {
	f.Detector = detector
	slices.Sort(f.Evidence)
	f.Evidence = slices.Compact(f.Evidence)
	sum := sha256.Sum256([]byte(strings.Join(append([]string{detector, string(f.Vendor), f.Round}, f.Evidence...), "\n")))
	f.ID = "f" + hex.EncodeToString(sum[:8])
}

// References of evidence.
func receiptRef(h voucher.Hash) string { return "receipt:" + h.String() }

func claimRef(c vendors.ClaimID, n int) string { return "claim:" + string(c) + "/" + strconv.Itoa(n) }

// about adds a line to the evidence.
func (f *Finding) about(l Line) {
	if l.Claim != "" {
		f.Evidence = append(f.Evidence, claimRef(l.Claim, l.N))
	}
	if l.HasEntry {
		f.Evidence = append(f.Evidence, refEntry(l.Entry))
	}
	if l.Receipt != (voucher.Hash{}) {
		f.Evidence = append(f.Evidence, receiptRef(l.Receipt))
	}
}

// record adds a receipt to the evidence, with the entry that pays it.
func (f *Finding) record(r ReceiptFacts) {
	f.Evidence = append(f.Evidence, receiptRef(r.Hash))
	if r.Paid {
		f.Evidence = append(f.Evidence, refEntry(r.Entry))
	}
}

// groups gathers findings by what they are about, in the order of first sight.
type groups[K comparable] struct {
	found []Finding
	at    map[K]int
	err   error
}

func (g *groups[K]) of(k K, fresh Finding) *Finding {
	if i, ok := g.at[k]; ok {
		return &g.found[i]
	}
	if g.at == nil {
		g.at = map[K]int{}
	}
	g.at[k] = len(g.found)
	fresh.Value = money.Francs(0)
	g.found = append(g.found, fresh)
	return &g.found[len(g.found)-1]
}

func (g *groups[K]) add(f *Finding, m money.Amount) {
	sum, err := f.Value.Add(m)
	if err != nil {
		g.err = errors.Join(g.err, err)
		return
	}
	f.Value = sum
}

// francs prices what a receipt is for: kilos at what their sale was worth, and
// at nothing where there was none.
func (r ReceiptFacts) francs(worth map[uint64]money.Amount) money.Amount {
	if r.Value.Asset() == money.XOF {
		return r.Value
	}
	if m, ok := worth[r.Entry]; ok && r.Paid {
		return m
	}
	return money.Francs(0)
}

// worth returns what each sale is worth in XOF.
func (f *Facts) worth() map[uint64]money.Amount {
	out := make(map[uint64]money.Amount, len(f.Sales))
	for _, s := range f.Sales {
		out[s.Entry] = s.value()
	}
	return out
}
