// Package simulate invents rounds at the level of facts, with diversion of
// known kinds and the oddities of honest people, to measure detectors by. The
// same configuration gives the same round.
//
// What an invented round proves is bounded by what was thought of: it says
// which patterns detectors tell apart, not how often they occur in Mali.
package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/jate-cva/jate/reconcile/detect"
)

// Config says what to invent.
type Config struct {
	Seed       uint64
	Households int     // 100 to 2,000,000
	Vendors    int     // 4 to 20,000
	Points     int     // 1 to 2,000
	Share      float64 // of the cards that go into each round's diversion, 0 to 0.5
	Subtlety   float64 // 0 careless to 1 as careful as can be
	Kinds      []Kind  // of diversion; none where empty
	Oddities   bool    // honest people behave oddly
	Strange    bool    // and in ways that were kept out of tuning
	Calls      int     // households of each vendor called by lot after the round
	Sought     int     // and then those called for their sales
}

// Default is the round that docs/detection.md measures: 60,000 households, 150
// vendors, 40 points, a twentieth of the cards diverted by people who are a
// little careful.
func Default(seed uint64) Config {
	return Config{Seed: seed, Households: 60_000, Vendors: 150, Points: 40, Share: 0.05, Subtlety: 0.3, Kinds: Kinds(), Oddities: true, Calls: 15}
}

// Kind names one way of diverting.
type Kind string

// Truth says what of the facts is diversion; no detector sees it.
type Truth struct {
	Records []Kind `json:"records"` // by record; "" for honest ones
	Lines   []Kind `json:"lines"`
	// Taken is what was diverted by each record or line, in francs: its value, or
	// what was too much.
	Taken      []int64          `json:"taken"`
	TakenLines []int64          `json:"taken_lines"`
	Vendors    map[int32][]Kind `json:"vendors"` // who took part in what
}

// Round is an invented round.
type Round struct {
	Facts detect.Facts `json:"facts"`
	Truth Truth        `json:"truth"`

	says []detect.Answer // by record: what its household would say
}

// New invents a round. It fails for a configuration out of bounds and an
// unknown kind.
func New(c Config) (*Round, error) {
	switch {
	case c.Households < 100 || c.Households > 2_000_000, c.Vendors < 4 || c.Vendors > 20_000, c.Points < 1 || c.Points > 2000:
		return nil, fmt.Errorf("simulate: 100 to 2,000,000 households, 4 to 20,000 vendors, 1 to 2000 points")
	case !(c.Share >= 0 && c.Share <= 0.5), !(c.Subtlety >= 0 && c.Subtlety <= 1), c.Calls < 0:
		return nil, fmt.Errorf("simulate: share must be 0 to 0.5, subtlety 0 to 1, calls 0 or more")
	}
	for _, k := range c.Kinds {
		if _, ok := schemes[k]; !ok {
			return nil, fmt.Errorf("simulate: there is no kind %q", k)
		}
	}
	w := &world{Config: c, rand: rand.New(rand.NewPCG(c.Seed, 0x6a617465)), lots: rand.New(rand.NewPCG(c.Seed, 0x6c657373)), truth: Truth{Vendors: map[int32][]Kind{}}} // #nosec G404 -- a seed invents the same round again
	w.people()
	w.trade()
	if c.Oddities {
		w.oddities()
	}
	if c.Strange {
		w.strange()
	}
	w.syncs()
	w.divert()
	return w.finish(), nil
}

// Kinds returns the kinds that thresholds were chosen with.
func Kinds() []Kind { return slices.Clone(tuned) }

// Former returns kinds that were held out until they had been judged once; the
// general signals that followed were chosen with them in mind.
func Former() []Kind { return slices.Clone(former) }

// Holdout returns the kinds that nobody looked at while choosing detectors and
// thresholds.
func Holdout() []Kind { return slices.Clone(holdout) }

// Seeds of rounds: what was tuned with is never judged with.
var (
	TuningSeeds  = []uint64{101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112}
	JudgingSeeds = []uint64{9401, 9402, 9403, 9404, 9405, 9406, 9407, 9408, 9409, 9410, 9411, 9412}
)
