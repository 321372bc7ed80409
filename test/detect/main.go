// Command detect measures the detectors on invented rounds: precision, recall
// by value, and findings per 10,000 honest redemptions, for each detector and
// kind of diversion, and over how careful the diverters are. It judges on seeds
// that nothing was tuned with; --tuning shows the others.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
)

func main() {
	tuning := flag.Bool("tuning", false, "measure on the seeds that thresholds were chosen with")
	quick := flag.Bool("quick", false, "one table, of two seeds")
	part := flag.String("part", "", "measure that part alone: known, unseen, former, stored, honest or curve")
	svg := flag.String("svg", "", "write the curve over subtlety to this file")
	flag.Parse()
	seeds := simulate.JudgingSeeds
	if *tuning {
		seeds = simulate.TuningSeeds
	}
	if *quick {
		seeds = seeds[:2]
	}
	if err := run(os.Stdout, seeds, *quick, !*tuning, *part, *svg); err != nil {
		fmt.Fprintln(os.Stderr, "detect:", err)
		os.Exit(1)
	}
}

// measure adds up rounds of these seeds, changed as change says.
func measure(seeds []uint64, change func(*simulate.Config), show func(*simulate.Round)) (*result, error) {
	r, t := newResult(), detect.Defaults()
	for _, seed := range seeds {
		c := simulate.Default(seed)
		change(&c)
		round, err := simulate.New(c)
		if err != nil {
			return nil, err
		}
		show(round)
		for wave := 0; wave < waves && c.Sought > 0; wave++ {
			calls := detect.Sought(&round.Facts, t, c.Sought)
			r.sought += len(calls)
			round.Call(calls)
		}
		r.add(round, t)
	}
	return r, nil
}

func asIs(*simulate.Config)      {}
func everything(*simulate.Round) {}

func run(w io.Writer, seeds []uint64, quick, judging bool, part, svg string) error {
	parts := []struct {
		name    string
		measure func() error
	}{
		{"known", func() error { return known(w, seeds) }},
		{"unseen", func() error { return unseen(w, seeds) }},
		{"former", func() error { return formerly(w, seeds) }},
		{"stored", func() error { return stored(w, seeds) }},
		{"honest", func() error { return honest(w) }},
		{"curve", func() error { return curve(w, seeds[:2], svg) }},
	}
	did := false
	for _, p := range parts {
		if part != "" && part != p.name || quick && p.name != "known" || !judging && p.name == "unseen" {
			continue
		}
		did = true
		if err := p.measure(); err != nil {
			return err
		}
	}
	if !did {
		return fmt.Errorf("there is no part %q to measure", part)
	}
	return nil
}

// calls is of how many households of each trader each of the waves asks for their sales.
const (
	calls = 8
	waves = 3
)

func known(w io.Writer, seeds []uint64) error {
	r, err := measure(seeds, asIs, everything)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Default rounds, seeds %v\n\n", seeds)
	table(w, r, simulate.Kinds())
	return nil
}

func unseen(w io.Writer, seeds []uint64) error {
	for _, sought := range []int{0, calls} {
		r, err := measure(seeds, func(c *simulate.Config) {
			c.Kinds, c.Share, c.Sought, c.Strange = simulate.Holdout(), 0.03, sought, true
		}, everything)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\nKinds that were kept out of tuning, three hundredths of the cards; called for their sales: %d\n\n", r.sought)
		table(w, r, simulate.Holdout())
	}
	return nil
}

func formerly(w io.Writer, seeds []uint64) error {
	r, err := measure(seeds, func(c *simulate.Config) { c.Kinds, c.Share = simulate.Former(), 0.02 }, everything)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nKinds that were kept out until they had been judged once, two hundredths of the cards\n\n")
	table(w, r, simulate.Former())
	return nil
}

func stored(w io.Writer, seeds []uint64) error {
	for _, s := range []struct {
		sought int
		voices bool
	}{{0, false}, {0, true}, {calls, true}} {
		r, err := measure(seeds, func(c *simulate.Config) { c.Sought = s.sought }, func(r *simulate.Round) { r.AsStored(s.voices) })
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\nWith those facts alone that the store has (calls by lot and complaints: %v; called for their sales: %d): precision %.3f, recall %.3f by value\n",
			s.voices, r.sought, r.overall.precision(), r.recall())
	}
	return nil
}

// honest runs ten thousand traders who divert nothing.
func honest(w io.Writer) error {
	r, err := measure([]uint64{4242}, func(c *simulate.Config) {
		c.Households, c.Vendors, c.Points, c.Share = 500_000, 10_000, 2_000, 0
	}, everything)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n10,000 honest traders, %d redemptions: %d have a finding that could freeze money; %d of those rest on one signal\n",
		r.honest, r.frozen, r.single)
	return nil
}
