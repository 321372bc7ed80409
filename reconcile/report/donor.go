package report

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// ErrProfiles says that a report that tells who was served needs the data key.
var ErrProfiles = fault.New(fault.Unavailable, "profiles_locked",
	"This report counts households by what their list says, which needs the server's keys.",
	"Ce rapport compte les ménages d'après leur liste, ce qui demande les clés du serveur.")

// Profiles says who a round was for; distribution.Service does.
type Profiles interface {
	Profile(ctx context.Context, q distribution.ReadRound) (distribution.Profile, error)
}

// DonorQuery asks for the report on a fund.
type DonorQuery struct {
	By       access.Actor
	Fund     string
	Progress func(done, of int) // may be nil
}

// Donor is the report on what a fund's money did. Nothing in it counts fewer
// than 10 households by place or by what they are, nor can be subtracted from
// the rest to tell one that does; it names no place below the cercle.
type Donor struct {
	Programme  distribution.Programme
	Fund       distribution.Fund
	Receipts   []distribution.FundReceipt
	At         time.Time
	Size       uint64
	Checkpoint string
	Rounds     []DonorRound
	Planned    []PlannedRound // of which no voucher is issued yet
}

// PlannedRound is a round that the fund is promised to, of which there is nothing
// to tell yet.
type PlannedRound struct {
	Round           distribution.Round
	Given, Returned money.Amount
}

// DonorRound is a round that the fund paid into.
type DonorRound struct {
	Round           Round
	Given, Returned money.Amount // by the fund, and back to it, in XOF
	Public          Public
}

// Public is who a round was for, as it may be published.
type Public struct {
	Ended  bool // sales have ended: until then nobody is told who was reached
	Enough bool // there are enough households for any table
	Places []Place
	Tables []Disaggregation // households by cercle and one other thing
	People Protected        // people by cercle and women, men, girls, boys; empty where a cercle has too few
	Hidden int64            // households of which nothing is known any more
}

// Place is a cercle, or several that count too few alone.
type Place struct {
	distribution.ProfileKey        // of the place alone
	Name                    string // "" for several together
	Planned                 int64  // households included; -1 where their difference to those reached is too small
	Reached                 int64
	Value                   int64 // redeemed, rounded to 1,000 of the round's asset's unit
}

// Disaggregation is a table of households reached.
type Disaggregation struct {
	By string // sex, age or status
	Protected
}

// Donor is documented at Service.
func (s *service) Donor(ctx context.Context, q DonorQuery) (Donor, error) {
	if err := s.may(MethodDonor, q.By); err != nil {
		return Donor{}, err
	}
	var d Donor
	if err := s.Store.View(ctx, func(tx Tx) error { return s.fund(ctx, tx, q, &d) }); err != nil {
		return Donor{}, err
	}
	for i := range d.Rounds {
		var err error
		if d.Rounds[i].Public, err = s.public(ctx, q.By, d.Rounds[i].Round); err != nil {
			return Donor{}, err
		}
	}
	return d, nil
}

// fund reads what became of the fund's money.
func (s *service) fund(ctx context.Context, tx Tx, q DonorQuery, d *Donor) error {
	*d = Donor{}
	var err error
	if d.Fund, err = tx.DonorFund(q.Fund); err != nil || d.Fund.Programme != q.By.Programme {
		return cmp.Or(err, error(distribution.ErrNotFound))
	}
	if !q.By.Has(donors...) {
		if theirs, err := distribution.Reads(tx, d.Fund, q.By); err != nil || !theirs {
			return cmp.Or(err, error(distribution.ErrNotFound)) // as a fund that is not there
		}
	}
	for r, err := range tx.FundReceipts(q.Fund) {
		if err != nil {
			return err
		}
		d.Receipts = append(d.Receipts, r)
	}
	m := maker{tx: tx}
	account := ledger.Fund(q.Fund)
	given, returned := map[string]money.Amount{}, map[string]money.Amount{}
	add := func(to map[string]money.Amount, round string, m money.Amount) error {
		sum, err := cmp.Or(to[round], money.Francs(0)).Add(m)
		to[round] = sum
		return err
	}
	if err := m.entries(account, func(e ledger.Entry) error {
		for _, p := range e.Postings {
			switch {
			case p.Debit == account && e.Kind == ledger.KindAllocate:
				if err := add(given, e.Round, p.Amount); err != nil {
					return err
				}
			case p.Credit == account && e.Kind == ledger.KindReturn:
				if err := add(returned, e.Round, p.Amount); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	issued, err := issuedRounds(tx, q.By.Programme)
	if err != nil {
		return err
	}
	if err := d.now(tx, q.By.Programme); err != nil {
		return err
	}
	rounds := slices.Sorted(maps.Keys(given))
	for i, id := range rounds {
		if !issued[id] {
			r, err := tx.Round(id)
			if err != nil {
				return err
			}
			d.Planned = append(d.Planned, PlannedRound{r, given[id], cmp.Or(returned[id], money.Francs(0))})
			continue
		}
		r, err := s.round(ctx, tx, Query{By: q.By, Round: id, Progress: within(q.Progress, i, len(rounds))}, nil)
		if err != nil {
			return err
		}
		d.Rounds = append(d.Rounds, DonorRound{Round: r, Given: given[id], Returned: cmp.Or(returned[id], money.Francs(0))})
	}
	return nil
}

// now fills in what the report was made from.
func (d *Donor) now(tx Tx, programme string) error {
	var err error
	if d.Programme, err = tx.Programme(programme); err != nil {
		return err
	}
	if d.Size, err = tx.Size(); err != nil {
		return err
	}
	root, err := ledger.Root(tx, d.Size)
	d.At, d.Checkpoint = tx.Now(), root.String()
	return err
}

// issuedRounds are the rounds of a programme of which vouchers were issued.
func issuedRounds(tx Tx, programme string) (map[string]bool, error) {
	issued := map[string]bool{}
	for is, err := range tx.Issues(programme) {
		if err != nil {
			return nil, err
		}
		issued[is.Round] = true
	}
	return issued, nil
}

// within is the progress of one part of several.
func within(progress func(done, of int), part, of int) func(int, int) {
	if progress == nil {
		return nil
	}
	return func(done, steps int) { progress(part*steps+done, of*steps) }
}

// public counts who a round was for, and leaves out what may not be told. It is
// the same whichever fund the report is on, so that two donors cannot subtract
// theirs from each other.
func (s *service) public(ctx context.Context, by access.Actor, r Round) (Public, error) {
	if s.Profiles == nil {
		return Public{}, ErrProfiles
	}
	p, err := s.Profiles.Profile(ctx, distribution.ReadRound{By: by, Round: r.Round.ID})
	if err != nil {
		return Public{}, err
	}
	return publish(p, r.Round, r.At), nil
}

// amountStep is what published amounts are rounded to.
const amountStep = 1000

// publish makes the tables of a profile. While sales go on there are none of
// who was reached: two reports a day apart would tell who came in between.
func publish(p distribution.Profile, r distribution.Round, at time.Time) Public {
	out := Public{Ended: r.State != distribution.RoundOpen, Hidden: p.Forgotten}
	ks := slices.SortedFunc(maps.Keys(p.Counts), func(a, b distribution.ProfileKey) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Cercle, b.Cercle), cmp.Compare(a.CercleCode, b.CercleCode))
	})
	var places []distribution.ProfileKey
	index := func(k distribution.ProfileKey) int {
		k.Sex, k.Age, k.Status = "", "", ""
		if at.Before(r.EmbargoUntil) {
			k = distribution.ProfileKey{}
		}
		i := slices.Index(places, k)
		if i < 0 {
			i, places = len(places), append(places, k)
		}
		return i
	}
	for _, k := range ks {
		index(k)
	}
	counted := func(c distribution.ProfileCount) int64 {
		if out.Ended {
			return c.Reached
		}
		return c.Included
	}
	totals := make([]int64, len(places))
	for k, c := range p.Counts {
		totals[index(k)] += counted(c)
	}
	gs := groups(totals)
	if out.Enough = gs != nil; !out.Enough {
		return out
	}
	out.Places = placesOf(places, gs, p, index, out.Ended)
	if !out.Ended {
		return out
	}
	table := func(column func(distribution.ProfileKey) string, count func(distribution.ProfileCount) int64) crosstab {
		return tabulate(p, len(places), index, column, count).joined(gs, "")
	}
	reached := func(c distribution.ProfileCount) int64 { return c.Reached }
	for _, d := range []struct {
		by     string
		column func(distribution.ProfileKey) string
	}{{"sex", func(k distribution.ProfileKey) string { return k.Sex }}, {"age", func(k distribution.ProfileKey) string { return string(k.Age) }},
		{"status", func(k distribution.ProfileKey) string { return k.Status }}} {
		out.Tables = append(out.Tables, Disaggregation{d.by, protect(table(d.column, reached), joinedColumns)})
	}
	out.People = people(p, len(places), index, gs)
	return out
}

// joinedColumns names what counts too little alone.
const joinedColumns = "*"

// tabulate counts a profile by place and column.
func tabulate(p distribution.Profile, rows int, index func(distribution.ProfileKey) int, column func(distribution.ProfileKey) string,
	count func(distribution.ProfileCount) int64) crosstab {
	t := crosstab{rows: make([]string, rows)}
	names := map[string]bool{}
	for k := range p.Counts {
		names[column(k)] = true
	}
	t.columns = slices.Sorted(maps.Keys(names))
	for range rows {
		t.n = append(t.n, make([]int64, len(t.columns)))
	}
	for k, c := range p.Counts {
		t.n[index(k)][slices.Index(t.columns, column(k))] += count(c)
	}
	return t
}

// placesOf sums up the groups of places.
func placesOf(places []distribution.ProfileKey, gs [][]int, p distribution.Profile, index func(distribution.ProfileKey) int, ended bool) []Place {
	out := make([]Place, len(gs))
	of := map[int]int{}
	for g, members := range gs {
		for _, i := range members {
			of[i] = g
		}
		if len(members) == 1 {
			out[g].ProfileKey = places[members[0]]
			out[g].Name = places[members[0]].Cercle
		}
	}
	near := false
	for k, c := range p.Counts {
		g, ok := of[index(k)]
		if !ok {
			continue // a place where nobody was reached
		}
		out[g].Planned += c.Included
		if ended {
			out[g].Reached += c.Reached
			out[g].Value += c.Redeemed
		}
	}
	for g := range out {
		out[g].Value = (out[g].Value + amountStep/2) / amountStep * amountStep
		missed := out[g].Planned - out[g].Reached
		near = near || ended && missed > 0 && missed < smallest
	}
	for g := range out {
		if near { // who was not reached would be told
			out[g].Planned = -1
		}
	}
	return out
}

// people counts women, men, girls and boys by place, and those of whom the list
// gives the number alone: nothing where a place has too few.
func people(p distribution.Profile, rows int, index func(distribution.ProfileKey) int, gs [][]int) Protected {
	t := crosstab{rows: make([]string, rows), columns: []string{"women", "men", "girls", "boys", ""}}
	for range rows {
		t.n = append(t.n, make([]int64, len(t.columns)))
	}
	for k, c := range p.Counts {
		known := c.Women + c.Men + c.Girls + c.Boys
		for j, n := range []int64{c.Women, c.Men, c.Girls, c.Boys, max(c.People-known, 0)} {
			t.n[index(k)][j] += n
		}
	}
	t = t.joined(gs, "")
	for _, n := range t.rowTotals() {
		if n < smallest {
			return Protected{}
		}
	}
	return protect(t, joinedColumns)
}

// headline is a number of households of the whole round as it may be published
// beside the tables, which give those that were reached: -1 for none.
func (p Public) headline(name string, f *Figures) int64 {
	included, reached, served := f.Whole("included").Value, f.Whole("reached").Value, f.Whole("served").Value
	n, beside := included, included-reached
	switch name {
	case "reached":
		n, beside = reached, 0
	case "served":
		n, beside = served, reached-served
	}
	few := func(n int64) bool { return n > 0 && n < smallest }
	if few(n) || p.Ended && few(beside) || !p.Ended && name != "included" {
		return -1
	}
	return n
}
