package reconcile

import (
	"cmp"
	"context"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// proposalsMax bounds the cases that are proposed for one round, and opened at
// once.
const proposalsMax = 1_000

// ProposeCases asks which cases the findings of a round make.
type ProposeCases struct {
	By    access.Actor
	Round string
}

// CaseProposal is a case that could be opened, or more for one that is open.
type CaseProposal struct {
	Vendor   vendors.ID // "" where it is about a team or a point, and several traders
	Round    string
	About    Subject
	Joins    string    // the open case about the same thing; "" for a new one
	Refers   string    // a closed case about the same thing; "" for none
	Findings []Finding // that are in no case, strongest first, at most 100
	Score    int       // of the strongest
	Value    money.Amount
	Freezes  bool // one of them is strong enough to freeze money
}

// OpenProposed is the command to open, or add to, the cases that the findings of
// a round make.
type OpenProposed struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Round    string
	Vendor   vendors.ID // one trader's alone; all where empty
	ScoreMin int        // of the strongest finding, 0 to 100
	Note     string     // at most 500 bytes; no personal data
}

// OpenedCase is what became of one proposal.
type OpenedCase struct {
	Case   string
	Vendor vendors.ID
	About  Subject
	Joined bool // it was open
	Added  int  // findings
}

// ProposeCases is documented at Service.
func (s *service) ProposeCases(ctx context.Context, q ProposeCases) ([]CaseProposal, error) {
	return read(ctx, s, MethodProposeCases, q.By, func(tx Tx) ([]CaseProposal, error) {
		all, err := s.findings(tx, q.By.Programme, q.Round)
		if err != nil {
			return nil, err
		}
		return s.propose(tx, q.By.Programme, all)
	})
}

// OpenProposed is documented at Service.
func (s *service) OpenProposed(ctx context.Context, cmd OpenProposed) ([]OpenedCase, error) {
	if err := checkNote(cmd.Note); err != nil {
		return nil, err
	}
	if cmd.Round == "" || cmd.ScoreMin < 0 || cmd.ScoreMin > 100 {
		return nil, ErrCase.At("round", "a round, and a score of 0 to 100")
	}
	look := func(tx Tx) (found, error) { return s.findings(tx, cmd.By.Programme, cmd.Round) }
	return prepared(ctx, s, MethodOpenProposed, cmd.By, cmd.Key, cmd, look, func(tx Tx, as ledger.Actor, all found) ([]OpenedCase, error) {
		ps, err := s.propose(tx, cmd.By.Programme, all)
		if err != nil {
			return nil, err
		}
		b, err := bundlesOf(tx, cmd.By.Programme)
		if err != nil {
			return nil, err
		}
		out := []OpenedCase{}
		for _, p := range ps {
			if p.Score < cmd.ScoreMin || cmd.Vendor != "" && !p.touches(cmd.Vendor) {
				continue
			}
			of := topic{p.Vendor, p.Round, p.About}
			c, err := b.file(&desk{tx: tx, by: cmd.By, as: as}, of, p.Findings, caseID(cmd.By, cmd.Key, string(p.Vendor)+" "+string(p.About)), cmd.Note)
			if err != nil {
				return nil, err
			}
			out = append(out, OpenedCase{Case: c.ID, Vendor: p.Vendor, About: p.About, Joined: p.Joins != "", Added: len(p.Findings)})
		}
		return out, nil
	})
}

// propose groups the findings that are in no case by what they are about,
// strongest first.
func (s *service) propose(tx Tx, programme string, all found) ([]CaseProposal, error) {
	b, err := bundlesOf(tx, programme)
	if err != nil {
		return nil, err
	}
	groups := map[topic][]Finding{}
	for _, f := range all.list {
		of := all.topicOf(f)
		if !b.known(of, f) {
			groups[of] = append(groups[of], f)
		}
	}
	var out []CaseProposal
	for of, fs := range groups {
		slices.SortFunc(fs, func(x, y Finding) int {
			return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(y.Value.Minor(), x.Value.Minor()), cmp.Compare(x.ID, y.ID))
		})
		open, joins := b.open[of]
		fs = fs[:min(len(fs), findingsMax-len(open.Findings))]
		if len(fs) == 0 {
			continue
		}
		p := CaseProposal{Vendor: of.vendor, Round: of.round, About: of.about, Refers: b.closed[of].ID, Findings: fs, Score: fs[0].Score,
			Freezes: fs[0].Score >= s.limits.FreezeMin}
		if joins {
			p.Joins, p.Refers = open.ID, open.Refers
		}
		if p.Value, err = worthOf(fs); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y CaseProposal) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(y.Value.Minor(), x.Value.Minor()), cmp.Compare(x.Vendor, y.Vendor), cmp.Compare(x.About, y.About))
	})
	return out[:min(len(out), proposalsMax)], nil
}

// touches reports whether one of the findings is about the vendor.
func (p CaseProposal) touches(v vendors.ID) bool {
	return slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Vendor == v })
}

// known reports whether a case of the topic, open or closed, says what the
// finding says.
func (b bundles) known(of topic, f Finding) bool {
	for t, cs := range b.all {
		// What somebody put into a trader's own case is not proposed for a ring.
		if t != of && (of.vendor != "" || t.round != of.round) {
			continue
		}
		if slices.ContainsFunc(cs, func(c Case) bool { return t != of && c.has(f.ID) }) {
			return true
		}
	}
	for _, c := range b.all[of] {
		if slices.ContainsFunc(c.Findings, func(g Finding) bool { return g.ID == f.ID || f.within(g) }) {
			return true
		}
	}
	return false
}
