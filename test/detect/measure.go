package main

import (
	"math"
	"slices"

	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
)

// tally adds up what findings are right and wrong about, in francs and counts.
type tally struct {
	findings, right int   // a finding is right where half of its value was diverted
	value, hit      int64 // what findings are about, and what of it was diverted
}

func (t tally) precision() float64     { return ratio(t.hit, t.value) }
func (t tally) findingsRight() float64 { return ratio(int64(t.right), int64(t.findings)) }

func ratio(part, of int64) float64 {
	if of == 0 {
		return 1
	}
	return float64(part) / float64(of)
}

// result is what one or more rounds came to.
type result struct {
	honest    int64 // redemptions that are nobody's diversion
	diverted  map[simulate.Kind]int64
	found     map[simulate.Kind]int64
	detectors map[string]tally                   // by detector; signals by whether the vendor took part in anything
	by        map[string]map[simulate.Kind]int64 // found, by detector
	overall   tally                              // of findings that can freeze money, each record and line once
	named     int                                // vendors that have a finding that can freeze money
	frozen    int                                // vendors that took part in nothing and have such a finding
	single    int                                // of those findings, such as rest on one signal
	vendors   int                                // that took part in nothing
	sought    int                                // households called for their sales
	episodes  map[simulate.Kind]int              // vendors in each kind
	noticed   map[simulate.Kind]int              // of those, with any finding
}

func newResult() *result {
	return &result{diverted: map[simulate.Kind]int64{}, found: map[simulate.Kind]int64{}, detectors: map[string]tally{},
		by: map[string]map[simulate.Kind]int64{}, episodes: map[simulate.Kind]int{}, noticed: map[simulate.Kind]int{}}
}

// recall is by value, of the kinds given, or of all.
func (r *result) recall(kinds ...simulate.Kind) float64 {
	var found, all int64
	for k, v := range r.diverted {
		if len(kinds) == 0 || slices.Contains(kinds, k) {
			all += v
			found += r.found[k]
		}
	}
	return ratio(found, all)
}

// falsePer10000 is how many wrong findings come with 10,000 honest redemptions.
func (r *result) falsePer10000(t tally) float64 {
	return float64(t.findings-t.right) * 10_000 / float64(max(r.honest, 1))
}

// add runs the detectors over a round and compares with the truth.
func (r *result) add(round *simulate.Round, t detect.Thresholds) {
	f, truth := &round.Facts, &round.Truth
	for i, x := range f.Records {
		if truth.Records[i] == "" {
			if x.Paid {
				r.honest++
			}
			continue
		}
		r.diverted[truth.Records[i]] += truth.Taken[i]
	}
	for i, k := range truth.Lines {
		r.diverted[k] += truth.TakenLines[i]
	}
	c := claims{round: round, records: make([]int64, len(f.Records)), lines: make([]bool, len(f.Lines))}
	for _, fork := range f.Forks {
		c.forked = append(append(c.forked, fork.Twins...), fork.Later...)
	}
	slices.Sort(c.forked)
	signal := map[string]bool{}
	for _, d := range detect.Detectors() {
		signal[d.Name] = d.Signal()
	}
	guilty, named, frozen, seen := truth.Vendors, map[int32]bool{}, map[int32]bool{}, map[int32]bool{}
	for _, x := range detect.Run(f, t) {
		seen[x.Vendor] = true
		one := c.look(x)
		if signal[x.Detector] {
			one.right = 0
			if len(guilty[x.Vendor]) > 0 {
				one.right = 1
			}
		}
		sum := r.detectors[x.Detector]
		r.detectors[x.Detector] = tally{sum.findings + 1, sum.right + one.right, sum.value + one.value, sum.hit + one.hit}
		if x.Score < t.FreezeMin {
			continue
		}
		named[x.Vendor] = true
		r.overall.findings++
		r.overall.right += one.right
		if r.by[x.Detector] == nil {
			r.by[x.Detector] = map[simulate.Kind]int64{}
		}
		c.mark(x, r.by[x.Detector])
		if len(guilty[x.Vendor]) == 0 {
			frozen[x.Vendor] = true
			if signal[x.Detector] || x.Detector == "combined" && len(x.Signals) < 2 {
				r.single++
			}
		}
	}
	r.named += len(named)
	r.frozen += len(frozen)
	r.vendors += len(f.Vendors) - len(guilty)
	for v, kinds := range guilty {
		for _, k := range kinds {
			r.episodes[k]++
			if seen[v] {
				r.noticed[k]++
			}
		}
	}
	c.sum(r)
}

// claims is what findings say of a round.
type claims struct {
	round   *simulate.Round
	records []int64 // francs of each record that are in question
	lines   []bool
	forked  []int32
}

// of says how much of a record a finding is about: nothing of what a cloned
// handheld sold beside the fork, and of the others the part that the finding's value
// is of its records.
func (c *claims) of(x detect.Finding, i int32) int64 {
	value := c.round.Facts.Records[i].Value
	if _, forked := slices.BinarySearch(c.forked, i); x.Detector == "cloned-handheld" && !forked {
		return 0
	}
	var all int64
	for _, j := range x.Records {
		all += c.round.Facts.Records[j].Value
	}
	if x.Detector == "cloned-handheld" || all == 0 {
		return value
	}
	return min(int64(math.Round(float64(x.Value)/float64(all)*float64(value))), value)
}

func (c *claims) look(x detect.Finding) tally {
	t := tally{findings: 1}
	for _, i := range x.Records {
		v := c.of(x, i)
		t.value += v
		t.hit += min(v, c.round.Truth.Taken[i])
	}
	for _, i := range x.Lines {
		l := c.round.Facts.Lines[i]
		t.value += l.Claimed - l.Redeemed
		t.hit += min(c.round.Truth.TakenLines[i], l.Claimed-l.Redeemed)
	}
	if 2*t.hit >= t.value && t.hit > 0 {
		t.right = 1
	}
	return t
}

func (c *claims) mark(x detect.Finding, by map[simulate.Kind]int64) {
	for _, i := range x.Records {
		v := c.of(x, i)
		c.records[i] = max(c.records[i], v)
		by[c.round.Truth.Records[i]] += min(v, c.round.Truth.Taken[i])
	}
	for _, i := range x.Lines {
		c.lines[i] = true
		by[c.round.Truth.Lines[i]] += c.round.Truth.TakenLines[i]
	}
}

func (c *claims) sum(r *result) {
	t := &c.round.Truth
	for i, v := range c.records {
		hit := min(v, t.Taken[i])
		r.overall.value += v
		r.overall.hit += hit
		if t.Records[i] != "" {
			r.found[t.Records[i]] += hit
		}
	}
	for i, in := range c.lines {
		if !in {
			continue
		}
		l := c.round.Facts.Lines[i]
		r.overall.value += l.Claimed - l.Redeemed
		r.overall.hit += t.TakenLines[i]
		r.found[t.Lines[i]] += t.TakenLines[i]
	}
}
