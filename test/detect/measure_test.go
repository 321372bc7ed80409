package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
)

// The bar: on rounds that nothing was tuned with, of what findings say nine
// tenths are right, and nine tenths of what was diverted is found, by value.
func TestBar(t *testing.T) {
	seeds := simulate.JudgingSeeds
	if testing.Short() || raced {
		seeds = seeds[:2]
	}
	r, err := measure(seeds, asIs, everything)
	if err != nil {
		t.Fatal(err)
	}
	if p, q := r.overall.precision(), r.overall.findingsRight(); p < 0.9 || q < 0.9 {
		t.Errorf("precision is %.3f by value and %.3f by finding, want 0.9", p, q)
	}
	if got := r.recall(); got < 0.9 {
		t.Errorf("recall is %.3f by value, want 0.9", got)
	}
	if r.single > 0 {
		t.Errorf("%d findings that could freeze money rest on one signal", r.single)
	}
}

// Among ten thousand traders who divert nothing, whatever oddities they have,
// nobody can be frozen for a single signal, and hardly anybody for several.
func TestHonest(t *testing.T) {
	if testing.Short() {
		t.Skip("half a million redemptions")
	}
	c, most := simulate.Default(4242), 20
	c.Households, c.Vendors, c.Points, c.Share = 500_000, 10_000, 2_000, 0
	if raced {
		c.Households, c.Vendors, c.Points, most = 50_000, 1_000, 200, 3
	}
	round, err := simulate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := newResult()
	r.add(round, detect.Defaults())
	if r.single > 0 || r.frozen > most {
		t.Errorf("of %d honest traders %d could be frozen, %d by one signal; want %d and 0 at most", r.vendors, r.frozen, r.single, most)
	}
}

// The page has every detector, and the figures of every kind.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/detection.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, d := range detect.Detectors() {
		if row := "| `" + d.Name + "` | " + d.Family + " | " + d.Looks.EN + " | " + d.Needs + " |"; !strings.Contains(page, row) {
			t.Errorf("docs/detection.md lacks %s", row)
		}
	}
	for _, k := range slices.Concat(simulate.Kinds(), simulate.Holdout(), simulate.Former()) {
		if !strings.Contains(page, "\n"+string(k)+" ") {
			t.Errorf("docs/detection.md lacks the figures of %s", k)
		}
	}
}

// A finding of one signal never reaches the score from which a case may freeze,
// and a combined one names several.
func TestSignalsAlone(t *testing.T) {
	round, err := simulate.New(simulate.Default(simulate.TuningSeeds[0]))
	if err != nil {
		t.Fatal(err)
	}
	limits, signal, combined := detect.Defaults(), map[string]bool{}, 0
	for _, d := range detect.Detectors() {
		signal[d.Name] = d.Signal()
	}
	for _, f := range detect.Run(&round.Facts, limits) {
		if signal[f.Detector] && f.Score >= limits.FreezeMin {
			t.Errorf("%s alone scores %d", f.Detector, f.Score)
		}
		if f.Detector == "combined" {
			combined++
			if len(f.Signals) < 2 {
				t.Errorf("combined of %q", f.Signals)
			}
		}
	}
	if combined == 0 {
		t.Error("nothing was combined")
	}
}
