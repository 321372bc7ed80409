package reconcile

import (
	"cmp"
	"slices"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
)

// topic is what findings have in common that belong into one case.
type topic struct {
	vendor vendors.ID
	round  string
	about  Subject
}

// ofHandheld names the detectors whose findings are about a handheld: another
// one of the same vendor has nothing to do with them.
var ofHandheld = map[string]bool{"cloned-handheld": true}

// subjectOf says what of its vendor's a finding is about.
func subjectOf(f Finding) Subject {
	if ofHandheld[f.Detector] && f.Handheld != "" {
		return Subject("handheld:" + string(f.Handheld))
	}
	return ""
}

// has reports whether the case has a finding.
func (c Case) has(id string) bool {
	return slices.ContainsFunc(c.Findings, func(f Finding) bool { return f.ID == id })
}

func (c Case) topic() topic { return topic{c.Vendor, c.Round, c.About} }

// bundles are a programme's cases by what they are about.
type bundles struct {
	open   map[topic]Case
	closed map[topic]Case // the latest
	all    map[topic][]Case
}

func bundlesOf(tx Tx, programme string) (bundles, error) {
	b := bundles{open: map[topic]Case{}, closed: map[topic]Case{}, all: map[topic][]Case{}}
	for c, err := range tx.Cases(programme) {
		if err != nil {
			return b, err
		}
		b.all[c.topic()] = append(b.all[c.topic()], c)
		of := b.open
		if c.State.closed() {
			of = b.closed
		}
		if was, ok := of[c.topic()]; !ok || was.Decided.Before(c.Decided) {
			of[c.topic()] = c
		}
	}
	return b, nil
}

// file adds findings to the open case about the topic, or opens one under the
// id. Those that the case has already change nothing.
func (b bundles) file(d *desk, of topic, findings []Finding, id, note string) (Case, error) {
	what := "case-joined"
	c, joins := b.open[of]
	if !joins {
		what = "case-opened"
		c = Case{ID: id, Programme: d.by.Programme, Vendor: of.vendor, Round: of.round, About: of.about, Refers: b.closed[of].ID,
			State: CaseOpen, Frozen: money.Francs(0), OpenedBy: d.by.ID, Opened: d.tx.Now()}
	}
	had := len(c.Findings)
	for _, f := range findings {
		if !slices.ContainsFunc(c.Findings, func(g Finding) bool { return g.ID == f.ID }) {
			c.Findings = append(c.Findings, f)
		}
	}
	switch {
	case len(c.Findings) == had:
		return c, nil
	case len(c.Findings) > findingsMax:
		return Case{}, ErrCase.At("findings", "case %s has %d of at most %d", c.ID, had, findingsMax)
	}
	var err error
	if c.Value, err = worthOf(c.Findings); err != nil {
		return Case{}, err
	}
	if note != "" {
		c.Note = note
	}
	sum, err := evidence.Digest(eachOf(c.Findings, jsonOfFinding))
	if err != nil {
		return Case{}, err
	}
	facts := map[string]string{evidence.FactFindings: hexadecimal(sum)}
	if c.About != "" {
		facts["about"] = string(c.About)
	}
	if c.Refers != "" {
		facts["refers"] = c.Refers
	}
	d.c = c
	return d.decided(what, facts)
}

// worthOf adds up what findings are worth. It leaves out those that a later one
// of the same detector takes in with all their evidence, and those whose every
// redemption is another's that is worth more: the same money is in question
// once. Where two share some redemptions and each has others, it is an upper
// bound. What is frozen is counted by redemption.
func worthOf(fs []Finding) (money.Amount, error) {
	order := make([]Finding, 0, len(fs))
	for i, f := range fs {
		if !slices.ContainsFunc(fs[i+1:], f.within) {
			order = append(order, f)
		}
	}
	slices.SortStableFunc(order, func(a, b Finding) int { return cmp.Compare(b.Value.Minor(), a.Value.Minor()) })
	sum, counted := money.Francs(0), map[string]bool{}
	for _, f := range order {
		refs := slices.DeleteFunc(slices.Clone(f.Evidence), func(ref string) bool { _, ok := entryOf(ref); return !ok })
		if len(refs) == 0 {
			refs = f.Evidence
		}
		if len(refs) > 0 && !slices.ContainsFunc(refs, func(ref string) bool { return !counted[ref] }) {
			continue
		}
		for _, ref := range refs {
			counted[ref] = true
		}
		var err error
		if sum, err = sum.Add(f.Value); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// within reports whether later says all that f says, and more.
func (f Finding) within(later Finding) bool {
	if later.Detector != f.Detector || later.Handheld != f.Handheld {
		return false
	}
	for _, ref := range f.Evidence {
		if _, ok := slices.BinarySearch(later.Evidence, ref); !ok {
			return false
		}
	}
	return true
}
