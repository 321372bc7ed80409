package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jate-cva/jate/money"
)

// Unit says what a figure counts.
type Unit string

// The units. A figure of Amounts is in the smallest unit of its asset.
const (
	Amounts    Unit = "amount"
	Households Unit = "households"
	Vouchers   Unit = "vouchers"
	Receipts   Unit = "receipts"
	Lines      Unit = "lines"
	Claims     Unit = "claims"
	Payments   Unit = "payments"
	Findings   Unit = "findings"
	Cases      Unit = "cases"
)

// Key names a figure: what it is of, and where it is a part of a whole, by what
// and of which. Its text, "redeemed.value/day/2026-11-02", is the figure's id.
type Key struct{ Name, By, Of string }

// String returns the id.
func (k Key) String() string {
	if k.By == "" {
		return k.Name
	}
	return k.Name + "/" + k.By + "/" + k.Of
}

// ParseKey reads an id.
func ParseKey(id string) Key {
	name, rest, _ := strings.Cut(id, "/")
	by, of, _ := strings.Cut(rest, "/")
	return Key{name, by, of}
}

// Figure is one number of a report.
type Figure struct {
	Key
	Unit  Unit
	Asset money.Asset // of Amounts
	Value int64
	Terms int // how many entries, records or figures it is made of
	Parts []Part
	told  func(Term) error // of each term; nil for nobody
}

// Part is a figure that another one adds up, or takes off where Sign is -1.
type Part struct {
	Key
	Sign int64
}

// Term is one thing that a figure counts, and what it adds.
type Term struct {
	// Ref is "entry:" and a sequence of the journal, or names a record:
	// "voucher:<number>", "household:<id>", "receipt:<hash>", "claim:<id>",
	// "claim:<id>/<line>", "settlement:<id>/<payment>", "finding:<id>",
	// "case:<id>"; of a figure that adds up others, "figure:<id>".
	Ref    string
	Amount int64 // smallest units, or how many
}

// Figures are all numbers of a report. There is one way to count: whoever adds
// to a figure says what for, and asking for an explanation counts again.
type Figures struct {
	all   map[Key]*Figure
	terms func(Key) func(Term) error
	wrong error // the first error
}

func (f *Figures) fail(err error) {
	if f.wrong == nil {
		f.wrong = err
	}
}

// of returns the figure, which is made where it is not there.
func (f *Figures) of(k Key, u Unit, a money.Asset) *Figure {
	x := f.all[k]
	if x == nil {
		x = &Figure{Key: k, Unit: u, Asset: a}
		if f.terms != nil {
			x.told = f.terms(k)
		}
		f.all[k] = x
	}
	if x.Unit != u || x.Asset != a {
		f.fail(fmt.Errorf("figure %s counts %s of %s, not %s of %s", k, x.Unit, x.Asset, u, a))
	}
	return x
}

// ref is how a term is called; it is put together only where somebody asks.
type ref struct {
	kind string
	id   string
	n    uint64 // 0 where the id says it all
}

func (r ref) String() string {
	switch {
	case r.id == "":
		return fmt.Sprintf("%s:%d", r.kind, r.n)
	case r.n == 0:
		return r.kind + ":" + r.id
	}
	return fmt.Sprintf("%s:%s/%d", r.kind, r.id, r.n)
}

func (f *Figures) add(x *Figure, r ref, n int64) {
	sum, ok := money.AddMinor(x.Value, n)
	if !ok {
		f.fail(fmt.Errorf("figure %s: %w", x.Key, money.ErrRange))
	}
	x.Value = sum
	x.Terms++
	if x.told != nil && f.wrong == nil {
		if err := x.told(Term{r.String(), n}); err != nil {
			f.fail(err)
		}
	}
}

// count adds one of a unit.
func (f *Figures) count(k Key, u Unit, r ref) { f.add(f.of(k, u, money.Asset{}), r, 1) }

// sum adds an amount, above or below zero.
func (f *Figures) sum(k Key, m money.Amount, r ref, sign int64) {
	if m.Asset().IsZero() {
		return
	}
	f.add(f.of(k, Amounts, m.Asset()), r, sign*m.Minor())
}

// derive makes a figure of others, which must all be of one unit and asset.
// Those that are not there count nothing.
func (f *Figures) derive(k Key, u Unit, a money.Asset, parts ...Part) {
	x := f.of(k, u, a)
	for _, p := range parts {
		part := f.of(p.Key, u, a)
		x.Parts = append(x.Parts, p)
		f.add(x, ref{kind: "figure", id: p.Key.String()}, p.Sign*part.Value)
	}
}

// Get returns the figure, nothing of it where it was never added to.
func (f *Figures) Get(k Key) Figure {
	if x := f.all[k]; x != nil {
		return *x
	}
	return Figure{Key: k}
}

// Whole returns the figure of that name that is part of no other.
func (f *Figures) Whole(name string) Figure { return f.Get(Key{Name: name}) }

// Split returns the parts of a figure, in the order of what they are of.
func (f *Figures) Split(name, by string) []Figure {
	var out []Figure
	for k, x := range f.all {
		if k.Name == name && k.By == by {
			out = append(out, *x)
		}
	}
	slices.SortFunc(out, func(a, b Figure) int { return cmp.Compare(a.Of, b.Of) })
	return out
}

// All returns every figure, in the order of their ids.
func (f *Figures) All() []Figure {
	out := make([]Figure, 0, len(f.all))
	for _, x := range f.all {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Figure) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.By, b.By), cmp.Compare(a.Of, b.Of))
	})
	return out
}
