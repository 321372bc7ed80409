package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
)

// simulateCommand writes the facts of an invented round, and apart from them
// what of it is diversion.
func simulateCommand(_ context.Context, env *environment) error {
	fs := env.flags("simulate")
	c := simulate.Default(1)
	fs.Uint64Var(&c.Seed, "seed", c.Seed, "the same seed gives the same round")
	fs.IntVar(&c.Households, "households", c.Households, "how many")
	fs.IntVar(&c.Vendors, "vendors", c.Vendors, "how many traders")
	fs.IntVar(&c.Points, "points", c.Points, "how many distribution points")
	fs.Float64Var(&c.Share, "share", c.Share, "part of the cards that are diverted, 0 to 0.5")
	fs.Float64Var(&c.Subtlety, "subtlety", c.Subtlety, "0 careless to 1 careful")
	fs.BoolVar(&c.Oddities, "oddities", c.Oddities, "honest people behave oddly")
	fs.IntVar(&c.Calls, "calls", c.Calls, "households called for each trader after the round")
	kinds := fs.String("kinds", "", "kinds of diversion, with commas; those of the default round without it")
	facts := fs.String("facts", "", "file to write the facts to")
	truth := fs.String("truth", "", "file to write the truth to")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *facts == "" || *truth == "" {
		return errors.New("--facts and --truth are needed")
	}
	if *kinds != "" {
		c.Kinds = nil
		for k := range strings.SplitSeq(*kinds, ",") {
			c.Kinds = append(c.Kinds, simulate.Kind(strings.TrimSpace(k)))
		}
	}
	round, err := simulate.New(c)
	if err != nil {
		return err
	}
	if err := errors.Join(writeFacts(*facts, round.Facts), writeFacts(*truth, round.Truth)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok records=%d cards=%d traders=%d seed=%d\n", len(round.Facts.Records), len(round.Facts.Cards),
		len(round.Facts.Vendors), c.Seed)
	return err
}

func writeFacts(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

// detectCommand runs the detectors over facts of a file, one JSON object for
// each finding.
func detectCommand(_ context.Context, env *environment) error {
	fs := env.flags("detect")
	path := fs.String("facts", "", "file with facts, as jate simulate writes them")
	limits := fs.String("limits", "", "file with thresholds that replace the defaults")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *path == "" {
		return errors.New("--facts is needed")
	}
	var object []byte
	var err error
	if *limits != "" {
		if object, err = readAtMost(*limits, limitsMax); err != nil {
			return err
		}
	}
	t, err := detect.Override(object)
	if err != nil {
		return err
	}
	f, err := readFacts(*path)
	if err != nil {
		return err
	}
	return writeFound(env.stdout, f, detect.Run(f, t))
}

const (
	// factsMax bounds a file of facts: a million redemptions with all that is
	// known of them have a third of it.
	factsMax = 1 << 30
	// objectsMax bounds their rows, of which a million redemptions have four
	// million: a row of two bytes takes a hundred in memory.
	objectsMax = 10_000_000
	// limitsMax bounds a file of thresholds, which has some fifty short lines.
	limitsMax = 64 << 10
)

// readFacts reads one JSON object and nothing after it.
func readFacts(path string) (*detect.Facts, error) {
	b, err := readAtMost(path, factsMax)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(b, []byte("{")); n > objectsMax {
		return nil, fmt.Errorf("%s: more than %d rows", path, objectsMax)
	}
	var f detect.Facts
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &f, nil
}

// readAtMost reads a file of so many bytes or fewer. What it is asked about may
// be a pipe or grow meanwhile, so that its size is not believed.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%s: more than %d bytes", filepath.Base(path), most)
	}
	return b, err
}

// foundJSON is a finding on the command line; the numbers of its evidence are
// places in the tables of the facts.
type foundJSON struct {
	Detector string   `json:"detector"`
	Vendor   string   `json:"vendor"`
	Handheld string   `json:"handheld,omitempty"`
	Score    int      `json:"score"`
	Value    int64    `json:"value"`
	Signals  []string `json:"signals,omitempty"`
	Records  []int32  `json:"records,omitempty"`
	Lines    []int32  `json:"lines,omitempty"`
	Claims   []int32  `json:"claims,omitempty"`
	Says     string   `json:"says"`
	Dit      string   `json:"dit"`
	Clears   string   `json:"clears"`
}

func writeFound(w io.Writer, f *detect.Facts, found []detect.Finding) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, x := range found {
		one := foundJSON{Detector: x.Detector, Vendor: f.Vendors[x.Vendor].ID, Score: x.Score, Value: x.Value, Signals: x.Signals,
			Records: x.Records, Lines: x.Lines, Claims: x.Claims, Says: x.Says.EN, Dit: x.Says.FR, Clears: x.Clears.EN}
		if x.Handheld >= 0 {
			one.Handheld = f.Handhelds[x.Handheld]
		}
		if err := e.Encode(one); err != nil {
			return err
		}
	}
	return nil
}
