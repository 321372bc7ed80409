package detect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/money"
)

// Text is a sentence in both languages. In what a finding says {n} stands for
// how many records, lines or claims it is about, {value} for their francs, and
// {of} for the claim or handheld.
type Text struct{ EN, FR string }

// Detector looks for one kind of diversion. Exactly one of find and mark is
// set: it makes findings of its own, or it is a signal that marks sales.
type Detector struct {
	Name   string // stable: it is part of a finding's id
	Family string // of a signal: families count once
	Looks  Text   // what it looks for
	Says   Text
	Clears Text   // what would clear a finding
	Needs  string // what a programme must import for it to find anything; "" for nothing

	find func(*run) []Finding
	mark func(*run, marks)
}

// Signal reports whether the detector only marks sales, so that it freezes
// nothing by itself.
func (d Detector) Signal() bool { return d.mark != nil }

// Finding is one thing that looks like diversion.
type Finding struct {
	Detector string
	Vendor   int32
	Handheld int32 // -1 where it is about none in particular
	Score    int   // 1 weak to 100 certain
	Value    int64 // francs
	Records  []int32
	Others   []int32 // records of other vendors, as evidence alone
	Lines    []int32
	Claims   []int32  // without their lines
	Signals  []string // of a combined finding: what came together
	Says     Text
	Clears   Text

	n  int    // what {n} stands for; 0 for the records and lines
	of string // what {of} stands for
}

// signalMax is the highest score of a finding that rests on one signal.
const signalMax = 40

// Detectors returns all detectors in the order in which reports list them.
func Detectors() []Detector {
	return slices.Concat(recordDetectors, claimDetectors, []Detector{digitDetector}, priceDetectors, peopleDetectors, signals, []Detector{combined})
}

// Run looks for diversion. Findings are in the order of Detectors, then of
// vendors, then of their first evidence.
func Run(f *Facts, t Thresholds) []Finding { return Watched(f, t, nil) }

// Watched is Run that tells, now and then, how many of how many steps are done;
// progress may be nil.
func Watched(f *Facts, t Thresholds, progress func(done, of int)) []Finding {
	r := newRun(f, t)
	r.tell = func(done int) {
		if progress != nil {
			progress(done, 2*len(signals)+1)
		}
	}
	return r.look()
}

// look runs all detectors once, and leaves in r what they saw.
func (r *run) look() []Finding {
	f, t := r.Facts, r.Thresholds
	found := map[string][]Finding{}
	for _, ds := range [][]Detector{recordDetectors, claimDetectors, {digitDetector}, priceDetectors} {
		for _, d := range ds {
			found[d.Name] = d.find(r)
		}
	}
	s := r.score()
	r.tell(2 * len(signals))
	for i, d := range signals {
		found[d.Name] = s.findings(i)
	}
	found[combined.Name] = s.combine()
	for _, name := range []string{"cloned-handheld", "impossible-way", "redeem-after-void", combined.Name} {
		for _, x := range found[name] {
			if x.Score < t.FreezeMin {
				continue
			}
			for _, i := range x.Records {
				r.questioned[i] = true
			}
		}
	}
	for _, d := range peopleDetectors { // who asks what the others explain
		found[d.Name] = d.find(r)
	}
	var out []Finding
	for _, d := range Detectors() {
		out = append(out, d.finish(f, found[d.Name])...)
	}
	return out
}

// finish sorts findings and writes their sentences.
func (d Detector) finish(f *Facts, found []Finding) []Finding {
	for i := range found {
		one := &found[i]
		one.Detector, one.Clears = d.Name, d.Clears
		for _, list := range []*[]int32{&one.Records, &one.Others, &one.Lines, &one.Claims} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		n := one.n
		if n == 0 {
			n = len(one.Records) + len(one.Lines) + len(one.Claims)
		}
		one.Says = Text{d.say(f, one, n, "en"), d.say(f, one, n, "fr")}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), slices.Compare(a.Records, b.Records), slices.Compare(a.Lines, b.Lines),
			slices.Compare(a.Claims, b.Claims))
	})
	return found
}

func (d Detector) say(f *Facts, one *Finding, n int, lang string) string {
	text, list := d.Says.EN, make([]string, 0, len(one.Signals))
	for _, s := range signals {
		if slices.Contains(one.Signals, s.Name) {
			name := s.Looks.EN
			if lang == "fr" {
				name = s.Looks.FR
			}
			list = append(list, name)
		}
	}
	if lang == "fr" {
		text = d.Says.FR
	}
	of := one.of
	if of == "" && one.Handheld >= 0 {
		of = f.Handhelds[one.Handheld]
	}
	return strings.NewReplacer("{n}", strconv.Itoa(n), "{value}", money.Francs(one.Value).Format(lang), "{of}", of,
		"{signals}", strings.Join(list, "; ")).Replace(text)
}

// gathering collects findings by what they are about, in the order of first sight.
type gathering[K comparable] struct {
	found []Finding
	at    map[K]int
}

func (g *gathering[K]) of(k K, vendor, handheld int32) *Finding {
	if i, ok := g.at[k]; ok {
		return &g.found[i]
	}
	if g.at == nil {
		g.at = map[K]int{}
	}
	g.at[k] = len(g.found)
	g.found = append(g.found, Finding{Vendor: vendor, Handheld: handheld})
	return &g.found[len(g.found)-1]
}
