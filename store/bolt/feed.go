package bolt

import (
	"slices"
	"strings"
	"sync"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// feed says what groups wrote, to readers that keep what they read of earlier
// ones. It knows nothing of what was before the process.
type feed struct {
	mu      sync.Mutex
	on      bool     // somebody asked
	last    []uint64 // by bucket, the last group that wrote there
	since   uint64   // the groups after it are in claims and entries
	claims  []fedClaim
	entries []fedEntry
}

type fedClaim struct {
	group uint64
	id    vendors.ClaimID
}

type fedEntry struct{ group, entry uint64 }

// fedMost bounds what a feed remembers of claims, and of their entries: what is
// older is forgotten, and who asks for it reads everything again.
const fedMost = 1 << 20

// quietBuckets hold nothing that a reconciliation reads, or what it reads anew
// each time, or what a feed says by itself.
var quietBuckets = []string{"journal", "log-hash", "account", "posting", "outcome", "ledger", "case", "case-of", "case-comment",
	"claim", "claim-of", "claim-line", "claim-reading", "claim-of-entry", "staff", "grant", "approval"}

// quiet reports whether the bucket is one of those, or of what they begin.
var quiet = sync.OnceValue(func() []bool {
	is := make([]bool, len(bucketNames))
	for b, name := range bucketNames {
		family, _, _ := strings.Cut(name, "-")
		is[b] = slices.Contains(quietBuckets, name) || family == "staff" || family == "grant" || family == "approval"
	}
	return is
})

// add takes in a group that is on the disk, before any reader sees it.
func (f *feed) add(g *group) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		f.last = make([]uint64, len(bucketNames))
	}
	for b, puts := range g.puts {
		if len(puts) > 0 {
			f.last[b] = g.number
		}
	}
	if !f.on {
		f.since = g.number
		return
	}
	claim := func(id vendors.ClaimID) {
		if n := len(f.claims); n == 0 || f.claims[n-1] != (fedClaim{g.number, id}) {
			f.claims = append(f.claims, fedClaim{g.number, id})
		}
	}
	for _, w := range g.puts[claimTable.rows.bucket] {
		claim(claimTable.rows.key.decode(&keyReader{b: w.key}))
	}
	for _, of := range []struct {
		b   bucket
		key keyCodec[numbered[vendors.ClaimID]]
	}{{claimLineTable.bucket, claimLineTable.key}, {readingTable.bucket, readingTable.key}} {
		for _, w := range g.puts[of.b] {
			claim(of.key.decode(&keyReader{b: w.key}).of)
		}
	}
	for _, w := range g.puts[claimOfTable.bucket] {
		f.entries = append(f.entries, fedEntry{g.number, claimOfTable.key.decode(&keyReader{b: w.key})})
	}
	if len(f.claims) > fedMost || len(f.entries) > fedMost {
		f.claims, f.entries, f.since = nil, nil, g.number
	}
}

// Mark names what the transaction sees; 0 in an Update.
func (tx *Tx) Mark() reconcile.Mark {
	tx.mustRun()
	if tx.own != nil || tx.feed == nil {
		return 0
	}
	tx.feed.mu.Lock()
	defer tx.feed.mu.Unlock()
	tx.feed.on = true
	return reconcile.Mark(tx.group() + 1) // no group has no mark
}

// group is the last one that a View sees.
func (tx *Tx) group() uint64 { return tx.views[len(tx.views)-1].group }

// Written says what was written since a mark.
func (tx *Tx) Written(since reconcile.Mark) (reconcile.Written, bool) {
	tx.mustRun()
	if tx.own != nil || tx.feed == nil || since == 0 {
		return reconcile.Written{}, false
	}
	from, to := uint64(since)-1, tx.group()
	f := tx.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if from < f.since || from > to {
		return reconcile.Written{}, false
	}
	w := reconcile.Written{Claims: map[vendors.ClaimID]bool{}}
	for b, last := range f.last {
		w.Else = w.Else || last > from && !quiet()[b]
	}
	for _, c := range slices.Backward(f.claims) {
		if c.group <= from {
			break
		}
		w.Claims[c.id] = true
	}
	for _, e := range slices.Backward(f.entries) {
		if e.group <= from {
			break
		}
		w.Entries = append(w.Entries, e.entry)
	}
	return w, true
}
