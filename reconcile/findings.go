package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// find runs every detector over each reconciled round by itself, so that a
// round has the same findings whether it is asked for alone or with others.
// lines are those of match over the same facts. Findings are sorted by detector
// as package detect lists them, then vendor, round, and id. It forgets what
// detectors alone look at.
func find(f *Facts, lines Lines, t detect.Thresholds, progress Progress) []Finding {
	return findWith(f, lines, t, progress, func(Finding, detect.Finding) {})
}

// findWith is find, and tells of each finding what the detector said.
func findWith(f *Facts, lines Lines, t detect.Thresholds, progress Progress, told func(Finding, detect.Finding)) []Finding {
	var out []Finding
	rounds := slices.Sorted(maps.Keys(f.Rounds))
	for i, round := range rounds {
		s := suspectsOf(f, lines, round)
		if i == len(rounds)-1 {
			f.Cards, f.Baskets = nil, nil // translated
		}
		tell := func(done, of int) {
			progress.at(atFind + (reportSteps-atFind)*(i*of+done)/(of*len(rounds)))
		}
		for _, d := range detect.Watched(&s.facts, t, tell) {
			out = append(out, s.finding(d))
			told(out[len(out)-1], d)
		}
	}
	f.forgetRecords()
	rank := map[string]int{}
	for i, d := range detect.Detectors() {
		rank[d.Name] = i
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Detector], rank[b.Detector]), cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Round, b.Round),
			cmp.Compare(a.ID, b.ID))
	})
	return out
}

// complete sorts the evidence and derives the id from it.
func (f *Finding) complete() {
	slices.Sort(f.Evidence)
	f.Evidence = slices.Compact(f.Evidence)
	sum := sha256.Sum256([]byte(strings.Join(append([]string{f.Detector, string(f.Vendor), f.Round}, f.Evidence...), "\n")))
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

// francs prices what a receipt is for: kilos at what their sale was worth, and
// at nothing where there was none.
func (f *Facts) francs(r ReceiptFacts) money.Amount {
	if r.Value.Asset() == money.XOF {
		return r.Value
	}
	if i, ok := f.saleAt(r.Entry, f.sellers.known(string(r.Vendor))); ok && r.Paid {
		return money.Francs(f.sales[i].value())
	}
	return money.Francs(0)
}
