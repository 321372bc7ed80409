package handheld

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// Pending is the state of a sale that the server has not answered yet.
const Pending voucher.ReceiptState = "pending"

// Entry is one of the handheld's own records, with its present state.
type Entry struct {
	Seq    uint64
	Hash   voucher.Hash
	Kind   voucher.RecordKind
	At     time.Time
	Serial voucher.Serial       // of a receipt
	Value  money.Amount         // of a receipt
	State  voucher.ReceiptState // Pending until the server answered
	Reason string               // the server's code; "" where there is nothing to explain
}

// Status is what the screen shows all the time.
type Status struct {
	Identity      Identity
	Time          time.Time // the floor; see the package's comment
	Records       uint64    // how many were made
	Unsynced      int       // how many the server is not known to have
	UnsyncedSince time.Time // of the oldest of them; zero for none
	Snapshot      time.Time // when the bundle was made; zero for none
	Freshness     Freshness
	Sealed        int // lots under embargo, which wait for an officer's code
	// Totals is the value of the sales in each state, an amount for each asset
	// in ascending order of its text.
	Totals   map[voucher.ReceiptState][]money.Amount
	Locked   []voucher.Serial // cards with three wrong tries, ascending; to be told to the office
	Warnings []*fault.Error   // sentences for a person, the gravest first
}

// warnAfter is how long records may wait before the screen says so.
const warnAfter = 24 * time.Hour

// Status returns how the handheld stands.
func (h *Handheld) Status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Status{Identity: h.id, Time: h.chain.floor(h.cfg.Now()), Records: uint64(len(h.chain.records)), Freshness: Missing}
	if waiting := h.chain.pending(); len(waiting) > 0 {
		s.Unsynced, s.UnsyncedSince = len(waiting), waiting[0].Time.Time()
	}
	if h.bundle != nil {
		s.Snapshot, s.Freshness, s.Sealed = h.bundle.made(), h.bundle.freshness(s.Time), h.bundle.sealed
	}
	for serial, n := range h.chain.tries {
		if n >= triesMax {
			s.Locked = append(s.Locked, serial)
		}
	}
	slices.Sort(s.Locked)
	s.Totals = h.chain.totals()
	s.Warnings = h.warnings(s)
	return s
}

func (h *Handheld) warnings(s Status) []*fault.Error {
	var list []*fault.Error
	warn := func(when bool, what *fault.Error) {
		if when {
			list = append(list, what)
		}
	}
	warn(h.broken, ErrStorage)
	warn(h.chain.lost, ErrStateLost)
	warn(h.chain.quarantined, ErrQuarantined)
	if h.bundle == nil {
		list = append(list, fault.Of(h.unfit))
	}
	warn(s.Freshness == Stale, ErrBundleStale)
	warn(s.Unsynced > 0 && s.Time.Sub(s.UnsyncedSince) >= warnAfter, WarnUnsynced)
	warn(h.nearLimit(), WarnLimit)
	warn(s.Freshness == Degraded, ErrBundleDegraded)
	return list
}

// nearLimit reports whether four fifths of a limit are used.
func (h *Handheld) nearLimit() bool {
	if h.bundle == nil {
		return false
	}
	count, sum := h.chain.exposure()
	p := h.bundle.Policy
	return count >= p.Count-p.Count/5 || sum >= p.Sum-p.Sum/5
}

// Entries returns the handheld's own records in their order.
func (h *Handheld) Entries() []Entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Entry, len(h.chain.records))
	for i, m := range h.chain.records {
		list[i] = h.chain.entry(m)
	}
	return list
}

func (c *chain) entry(m made) Entry {
	e := Entry{Seq: m.Seq, Hash: m.hash, Kind: m.Kind(), At: m.Time.Time(), State: Pending}
	if r, ok := m.Body.(voucher.Receipt); ok {
		e.Serial, e.Value = r.Serial, money.FromMinor(r.Amount, m.asset)
	}
	if o, ok := c.outcomes[m.hash]; ok {
		e.State, e.Reason = o.State, o.Reason
	}
	if c.undone[m.hash] {
		e.State, e.Reason = voucher.Cancelled, ""
	}
	return e
}

// totals adds up the sales of each state.
func (c *chain) totals() map[voucher.ReceiptState][]money.Amount {
	sums := map[voucher.ReceiptState]map[money.Asset]int64{}
	for _, m := range c.records {
		if m.Kind() != voucher.RecordReceipt {
			continue
		}
		e := c.entry(m)
		if sums[e.State] == nil {
			sums[e.State] = map[money.Asset]int64{}
		}
		sums[e.State][m.asset] += e.Value.Minor()
	}
	out := map[voucher.ReceiptState][]money.Amount{}
	for state, assets := range sums {
		for _, a := range slices.SortedFunc(maps.Keys(assets), func(a, b money.Asset) int { return cmp.Compare(a.String(), b.String()) }) {
			out[state] = append(out[state], money.FromMinor(assets[a], a))
		}
	}
	return out
}
