package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/detect"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
)

// Keeper makes reports, and keeps what the latest ones were made from: the next
// report of a round, in whatever form, reads only what came since. It never
// answers from what it has kept alone; whatever it cannot follow makes it read
// everything again, so that a report is that of reading everything.
type Keeper struct {
	limits detect.Thresholds
	turn   chan struct{} // holds one: reports are made one at a time
	kept   []*kept       // the latest first
}

// NewKeeper returns a keeper that has nothing yet. limits are as Config has
// them.
func NewKeeper(limits detect.Thresholds) *Keeper {
	return &Keeper{limits: limits, turn: make(chan struct{}, 1)}
}

// keptMax bounds the redemptions and claim lines of all reports that are kept
// beside the latest.
const keptMax = factsMax

// Ask says which report is made.
type Ask struct {
	Programme string
	Round     string // "" for all
	// Quick leaves the findings out, which take most of the time: they compare
	// everybody with everybody, so that one receipt may change any of them.
	Quick    bool
	Progress Progress
}

// Report makes the report of what tx, a View, sees. Errors are those of
// Service.Run, and ctx's while others are made.
func (k *Keeper) Report(ctx context.Context, tx Tx, a Ask) (Report, error) {
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	defer func() { <-k.turn }()
	at := slices.IndexFunc(k.kept, func(p *kept) bool { return p.Programme == a.Programme && p.Round == a.Round })
	p := &kept{Programme: a.Programme, Round: a.Round}
	if at >= 0 {
		if k.kept[at].mark > tx.Mark() { // somebody with a later View was before us
			return p.report(tx, k.limits, a)
		}
		p = k.kept[at]
		k.kept = slices.Delete(k.kept, at, at+1)
	}
	r, err := p.report(tx, k.limits, a)
	if err != nil {
		return Report{}, err // and what it was made from is not kept
	}
	k.kept = slices.Insert(k.kept, 0, p)
	for rows, i := 0, 1; i < len(k.kept); i++ {
		if rows += k.kept[i].rows(); rows > keptMax {
			clear(k.kept[i:])
			k.kept = k.kept[:i]
		}
	}
	return r, nil
}

// Make makes the report of what tx sees, of one round or of all where round is
// "", and keeps nothing. Errors are those of Service.Run.
func Make(tx Tx, programme, round string, limits detect.Thresholds, progress Progress) (Report, error) {
	return makeOnce(tx, limits, Ask{Programme: programme, Round: round, Progress: progress})
}

// makeOnce makes the report of what tx sees, and keeps nothing.
func makeOnce(tx Tx, limits detect.Thresholds, a Ask) (Report, error) {
	p := kept{Programme: a.Programme, Round: a.Round, once: true}
	return p.report(tx, limits, a)
}

// kept is a report and what it was made from.
type kept struct {
	Programme, Round string
	mark             Mark
	facts            *Facts
	matcher          *matcher
	made             Report // without cases
	found            bool   // its findings were looked for
	once             bool   // no report is made of it again
}

func (p *kept) rows() int {
	n := len(p.facts.sales)
	for i := range p.facts.Claims {
		n += len(p.facts.Claims[i].lines)
	}
	return n
}

// report brings what is kept to what tx sees, and makes the report of it.
func (p *kept) report(tx Tx, limits detect.Thresholds, a Ask) (Report, error) {
	of := scope{programme: p.Programme, round: p.Round, records: !a.Quick, progress: a.Progress}
	l, changed, err := p.follow(tx, of)
	if err != nil {
		return Report{}, err
	}
	if changed {
		if err := p.match(a.Progress); err != nil {
			return Report{}, err
		}
	}
	if p.once { // room for what detectors need
		p.matcher = nil
		p.facts.engine, p.facts.filed, p.facts.ofSale = engine.Engine{}, nil, nil
	}
	if !a.Quick && !p.found {
		if err := l.do(l.evidence()...); err != nil {
			return Report{}, err
		}
		p.made.Findings, p.found = find(p.facts, p.made.Lines, limits, a.Progress), true
	}
	r := p.made
	if a.Quick {
		r.Findings, r.Quick = nil, true
	}
	a.Progress.at(reportSteps)
	if r.Size, r.Checkpoint, r.At, err = journal(tx); err != nil {
		return Report{}, err
	}
	for c, err := range tx.Cases(p.Programme) {
		if err != nil {
			return Report{}, err
		}
		if p.Round == "" || c.Round == p.Round {
			r.Cases = append(r.Cases, c)
		}
	}
	return r, nil
}

// match makes everything of the report that the facts of matching are enough
// for.
func (p *kept) match(progress Progress) (err error) {
	f := p.facts
	r := Report{Programme: p.Programme, Round: p.Round}
	progress.at(atMatch)
	if p.matcher == nil {
		p.matcher = newMatcher(f)
	}
	r.Lines = p.matcher.run()
	if r.Totals, err = totalsOf(f, r.Lines); err != nil {
		return err
	}
	if r.Points, r.Days, err = sumParts(r.Lines); err != nil {
		return err
	}
	if r.TieErrors, err = tie(f); err != nil {
		return err
	}
	r.TieErrors = append(r.TieErrors, tieParts(r)...)
	r.Ties = len(r.TieErrors) == 0
	progress.at(atFind)
	p.made, p.found = r, false
	return nil
}

// follow reads what tx sees and the facts do not have yet, and says whether they
// changed. Facts of before a mistake are lost with it.
func (p *kept) follow(tx Tx, of scope) (*loader, bool, error) {
	f, since := p.facts, p.mark
	p.facts, p.mark = nil, tx.Mark()
	if f == nil {
		return p.load(tx, of)
	}
	w, known := tx.Written(since)
	size, err := tx.Size()
	if err != nil {
		return nil, false, err
	}
	if !known || size < f.size {
		return p.load(tx, of)
	}
	l := newLoader(tx, of, f)
	rounds, before := maps.Clone(f.Rounds), f.folded
	l.written, l.read.sales = w.Claims, len(f.sales)
	if err := errors.Join(l.issues(), l.vendors()); err != nil {
		return nil, false, err
	}
	if !maps.Equal(rounds, f.Rounds) {
		return p.load(tx, of)
	}
	was := f.Vouchers
	if len(w.Claims) > 0 {
		f.orphans = nil
	}
	if err := l.do(l.journal, func() error { return l.claimed(w.Entries) }, l.claims, l.settlements, l.vouchers); err != nil {
		return nil, false, err
	}
	if len(w.Claims) > 0 || !maps.EqualFunc(was, f.Vouchers, func(VoucherFacts, VoucherFacts) bool { return true }) {
		p.matcher = nil // lines, or what is known of them, are others
	}
	p.facts = f
	return l, w.Else || len(w.Claims)+len(w.Entries) > 0 || f.folded > before, nil
}

// load reads everything.
func (p *kept) load(tx Tx, of scope) (*loader, bool, error) {
	l := newLoader(tx, of, newFacts(of.programme))
	if err := l.do(l.matching()...); err != nil {
		return nil, false, err
	}
	p.facts, p.matcher, p.found = l.facts, nil, false
	return l, true, nil
}

// claimed sets the claims that entries are in.
func (l *loader) claimed(entries []uint64) error {
	for _, seq := range entries {
		claim, err := l.tx.ClaimOf(seq)
		if err != nil && !errors.Is(err, vendors.ErrNotFound) {
			return err
		}
		for i := l.facts.saleFrom(seq); i < len(l.facts.sales) && l.facts.sales[i].entry == seq; i++ {
			l.facts.sales[i].claim = l.facts.words.id(string(claim))
		}
	}
	return nil
}

// journal returns the size and root of the journal, and when its last entry
// was written: the clock has no part in a report.
func journal(tx Tx) (size uint64, root string, at time.Time, err error) {
	if size, err = tx.Size(); err != nil || size == 0 {
		return 0, "", time.Time{}, err
	}
	hash, err := ledger.Root(tx, size)
	if err != nil {
		return 0, "", time.Time{}, err
	}
	last, err := tx.Entry(size - 1)
	return size, hash.String(), last.Posted, err
}
