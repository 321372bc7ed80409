package reconcile

import (
	"cmp"
	"maps"
	"slices"

	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
)

// claimedBefore is what claims of the round ask for that were brought already: their
// lines as the engine reads them.
type claimedBefore struct {
	claims []vendors.Claim // without refused ones, in order
	from   []int           // by claim, its first line
	of     []int32         // by line, the claim that it is of
	lines  []engine.Line
	texts  map[int32]string
}

// linesOf returns where the lines of a claim are, false where it has none here.
func (b *claimedBefore) linesOf(id vendors.ClaimID) (from, to int, ok bool) {
	n, ok := slices.BinarySearchFunc(b.claims, id, func(c vendors.Claim, id vendors.ClaimID) int { return cmp.Compare(c.ID, id) })
	switch {
	case !ok:
		return 0, 0, false
	case n+1 < len(b.from):
		return b.from[n], b.from[n+1], true
	}
	return b.from[n], len(b.lines), true
}

// same reports whether nothing changed since.
func (b *claimedBefore) same(o *claimedBefore) bool {
	return b == o || slices.Equal(b.claims, o.claims) && slices.Equal(b.lines, o.lines) && maps.Equal(b.texts, o.texts)
}

// brought reads the claims that were brought. Of one that was decided only the
// lines count that have a redemption: what was left out of it can be claimed
// anew. Lines that were read before, of claims that were not written since, are
// kept: a line has the redemption of an entry that was there before it.
func (r *Redemptions) brought(tx Tx) (*claimedBefore, error) {
	was, b := &claimedBefore{}, &claimedBefore{texts: map[int32]string{}}
	written, known := tx.Written(r.mark)
	r.mark = tx.Mark()
	switch {
	case known && len(written.Claims) == 0:
		return r.before, nil
	case known:
		was = r.before
	}
	for c, err := range tx.Claims(r.programme, "") {
		if err != nil {
			return nil, err
		}
		if c.Round != r.round || c.State == vendors.ClaimRefused {
			continue
		}
		n, vendor := int32(len(b.claims)), r.vendor(c.Vendor)
		b.claims, b.from = append(b.claims, c), append(b.from, len(b.lines))
		if from, to, ok := was.linesOf(c.ID); ok && !written.Claims[c.ID] {
			b.keep(was, from, to, n)
			continue
		}
		for l, err := range tx.ClaimLines(c.ID, 0) {
			if err != nil {
				return nil, err
			}
			sale, ok := slices.BinarySearch(r.entries, l.Entry)
			x, text := lineAsked(c, l, int32(sale), ok)
			if x.Holds == engine.None && (x.Late || x.Closed) {
				continue
			}
			// A file's lines are of claim 0, and of those before it.
			x.Vendor, x.Claim, x.Late = vendor, n+1, false
			if text != "" {
				b.texts[int32(len(b.lines))] = text
			}
			if b.of, b.lines = append(b.of, n), append(b.lines, x); len(b.lines) > factsMax {
				return nil, ErrTooLarge
			}
		}
	}
	return b, nil
}

// keep appends lines that were read before, as those of claim n.
func (b *claimedBefore) keep(was *claimedBefore, from, to int, n int32) {
	at := len(b.lines)
	b.lines, b.of = append(b.lines, was.lines[from:to]...), append(b.of, was.of[from:to]...)
	for i := at; i < len(b.lines); i++ {
		b.of[i], b.lines[i].Claim = n, n+1
		if text, ok := was.texts[int32(from+i-at)]; ok {
			b.texts[int32(i)] = text
		}
	}
}

// load gives the engine what was claimed before, and then the file's lines: who
// asked first has the redemption.
func (r *Redemptions) load(b *claimedBefore) {
	if b == nil {
		b = &claimedBefore{}
	}
	r.before = b
	if len(b.lines) == 0 {
		r.engine.Load(r.file.lines, r.file.texts)
		return
	}
	texts := maps.Clone(b.texts)
	for i, text := range r.file.texts {
		texts[i+int32(len(b.lines))] = text
	}
	r.engine.Load(slices.Concat(b.lines, r.file.lines), texts)
}

// had returns the claim that has what a line of the file asks for, by the
// engine's result.
func (r *Redemptions) had(res engine.Result) (vendors.Claim, bool) {
	if res.Outcome != engine.Taken && res.Outcome != engine.Ambiguous || res.By == engine.None || int(res.By) >= len(r.before.of) {
		return vendors.Claim{}, false
	}
	return r.before.claims[r.before.of[res.By]], true
}

// lineAsked puts a line of a claim as the engine reads it, without whose it is; sale
// is that of its entry, where known. The text is what it says where that is no
// serial.
func lineAsked(c vendors.Claim, l vendors.ClaimLine, sale int32, known bool) (x engine.Line, text string) {
	x = engine.Line{Amount: l.Amount.Minor(), Holds: engine.None, Late: c.State != vendors.ClaimProposed,
		Closed: closed(c, l.Reversed, l.Problem)}
	if !l.Date.IsZero() {
		x.Day = l.Date.Unix()
	}
	if known && l.Matched && !l.Reversed {
		x.Holds = sale
	}
	var err error
	if x.Serial, err = engine.Parse(l.Serial); err != nil {
		return x, l.Serial
	}
	return x, ""
}

// closed reports whether a line of a claim can take no sale any more.
func closed(c vendors.Claim, reversed bool, problem string) bool {
	return reversed || c.Kind == vendors.SelfBilled || problem == vendors.ReadAsNone || problem == vendors.ReadTogether
}
